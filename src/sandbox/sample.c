#include "sandbox/sample.h"

#include <stdbool.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/mem.h"
#include "sandbox/odd.h"
#include "sandbox/query.h"

#define SAMPLE(name)                                                                               \
    extern const unsigned char name[];                                                             \
    extern const size_t name##_size;
SAMPLE(sample_backlinks)
SAMPLE(sample_domain_intersection)
SAMPLE(sample_domain_intersection_old)
SAMPLE(sample_page_intersection)

#define COST INT64_C(20150000)
#define BODY(name) name, &name##_size

/* The older of two stands behind the newer. */
static const struct sample samples[] = {
    {"backlinks", "forbes.com", "[\"dofollow\",\"=\",true]", "04301435-1535-0269-0000-f29dcb15157f",
     5, COST, BODY(sample_backlinks)},
    {"domain_intersection", "moz.com+ahrefs.com", NULL, "09291837-1535-0268-0000-0020bcf36b3e", 5,
     COST, BODY(sample_domain_intersection)},
    {"domain_intersection", "moz.com+ahrefs.com", NULL, "09291837-1535-0268-0000-0020bcf36b3e", 5,
     COST, BODY(sample_domain_intersection_old)},
    {"page_intersection", "football.com+fifa.com",
     "[[\"2.domain_from_rank\",\">\",400],\"and\",[\"1.dofollow\",\"=\",true]]",
     "03211912-1535-0287-0000-fd766e2cbfdc", 5, COST, BODY(sample_page_intersection)},
};

/* As it stands in the sample, or in one more pair of brackets. */
static bool has_filters(const struct query *query, const char *filters)
{
    CLEANUP(mem_free_string) char *plain = mem_printf("\nfilters=%s\n", filters);
    CLEANUP(mem_free_string) char *nested = mem_printf("\nfilters=[%s]\n", filters);
    const char *key = buf_text(&query->listing_key);

    return strstr(key, plain) != NULL || strstr(key, nested) != NULL;
}

static bool answers(const struct sample *sample, const struct query *query)
{
    return strcmp(sample->endpoint, query->endpoint->name) == 0 &&
           strcmp(sample->target, query->target) == 0 && query->limit == (int64_t)sample->n_items &&
           query->offset == 0 && query->token == NULL && query->status == STATUS_LIVE &&
           query->group_size == 0 && !query->is_rank_in_hundred && !query->is_partial &&
           query->links_filter == NULL &&
           (sample->filters == NULL ? query->filter == NULL : has_filters(query, sample->filters));
}

const struct sample *sample_of(const struct query *query, const struct odds *odds)
{
    const struct sample *found = NULL;

    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
        if (answers(&samples[i], query) && (found == NULL || odds_is_asked(odds, ODD_OLD_FIELDS)))
            found = &samples[i];
    return found;
}
