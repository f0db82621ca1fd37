#include "cli/compare.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/money.h"

TestSuite(compare, .timeout = 20);

#define NIGHTLY 3044
#define WEEKLY 435
#define FOLLOW "{\"filters\":[\"dofollow\",\"=\",true]}"

static struct estimate whole;

/* A feed of 100,000 links of 12,000 domains, of which 300 a night are new and 200 lost: at list
 * price. */
static struct compare_facts feed(const char *request)
{
    whole =
        (struct estimate){.kind = ESTIMATE_KNOWN, .n_rows = 100000, .nanousd = INT64_C(6000000000)};
    return (struct compare_facts){.endpoint = endpoint_find("backlinks"),
                                  .request = request,
                                  .price = PRICE_LISTED,
                                  .limit = 1000,
                                  .whole = &whole,
                                  .runs_a_month = NIGHTLY,
                                  .refresh_days = 0,
                                  .n_live = 100000,
                                  .n_domains = 12000,
                                  .new_a_night = 300,
                                  .lost_a_night = 200,
                                  .n_nights = 14,
                                  .n_unfiltered = -1};
}

/* "as is *$6.00, changes $0.30": `-` where it is not known. */
static char *shapes_of(const struct compare_facts *facts)
{
    static const char *const names[] = {"as is", "unfiltered", "per domain", "changes"};
    struct shape shapes[N_SHAPES];
    size_t n = compare_shapes(facts, shapes), size;
    char *text, money[MONEY_TEXT_MAX];
    FILE *out = open_memstream(&text, &size);

    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s%s %s%s%s", i > 0 ? ", " : "", names[shapes[i].kind],
                shapes[i].is_taken ? "*" : "", shapes[i].is_at_most ? "<= " : "",
                shapes[i].is_known ? money_format(shapes[i].night_nanousd, money) : "-");
    fclose(out);
    return text;
}

static void expect(const struct compare_facts *facts, const char *expected)
{
    char *text = shapes_of(facts);

    cr_expect_str_eq(text, expected);
    free(text);
}

static void expect_basis(const struct compare_facts *facts, enum shape_kind kind, const char *words)
{
    struct shape shapes[N_SHAPES];
    size_t n = compare_shapes(facts, shapes);

    for (size_t i = 0; i < n; i++)
        if (shapes[i].kind == kind)
            cr_expect(strstr(shapes[i].basis, words) != NULL, "%s", shapes[i].basis);
}

/* New: 300 of a night and of each of three before it, $0.0912; lost: 200 each and the 1,000 that
 * are known, 2 pages, $0.12; the count: $0.024036. */
Test(compare, prices_the_shapes_of_a_feed_that_is_known)
{
    struct compare_facts facts = feed("{}");

    expect(&facts, "as is $6.00, per domain $0.72, changes *$0.235236");
    facts.sync = CONFIG_SYNC_FULL;
    expect(&facts, "as is *$6.00, per domain $0.72, changes $0.235236");
    facts.sync = CONFIG_SYNC_AUTO;
    facts.n_live = 1000;
    facts.new_a_night = facts.lost_a_night = 3;
    whole.nanousd = 60000000;
    expect(&facts, "as is *$0.06, per domain $0.72, changes $0.168468");
    facts.sync = CONFIG_SYNC_CHANGES;
    expect(&facts, "as is $0.06, per domain $0.72, changes *$0.168468");
    facts.new_a_night = facts.lost_a_night =
        0; /* the bulk call says so, and nothing is asked for */
    expect(&facts, "as is $0.06, per domain $0.72, changes *$0.00");
}

/* Each link within 30 days: 3,334 a night, 4 pages; of 6,000 links a page each fifth night. */
Test(compare, counts_what_is_taken_anew)
{
    struct compare_facts facts = feed("{}");

    facts.refresh_days = 30;
    expect(&facts, "as is $6.00, per domain $0.72, changes *$0.45126");
    facts.n_live = 6000;
    facts.new_a_night = facts.lost_a_night = 1;
    whole.nanousd = 360000000;
    expect(&facts, "as is $0.36, per domain $0.72, changes *$0.18018");
}

Test(compare, says_what_is_not_known_yet)
{
    struct compare_facts facts = feed(FOLLOW);

    facts.n_live = facts.n_domains = facts.new_a_night = facts.lost_a_night = -1;
    whole.kind = ESTIMATE_OPEN;
    expect(&facts, "as is *-, unfiltered -, per domain -, changes -");
    for (enum shape_kind kind = SHAPE_AS_IS; kind < N_SHAPES; kind++)
        expect_basis(&facts, kind, "not known yet: ");
    facts = feed("{}");
    facts.new_a_night = facts.lost_a_night = -1;
    expect(&facts, "as is *$6.00, per domain $0.72, changes -");
    expect_basis(&facts, SHAPE_CHANGES, "not known yet: how much comes and goes");
    whole.kind = ESTIMATE_AT_MOST;
    expect(&facts, "as is *<= $6.00, per domain $0.72, changes -");
}

Test(compare, says_where_changes_cannot_be)
{
    struct compare_facts facts = feed("{\"mode\":\"one_per_domain\"}");

    expect(&facts, "as is *$6.00, changes -");
    expect_basis(&facts, SHAPE_CHANGES, "not possible: its links are grouped");
    facts = feed("{}");
    facts.endpoint = endpoint_find("referring_domains");
    expect(&facts, "as is *$6.00, changes -");
    facts = feed("{}");
    facts.max_rows = 100000;
    expect(&facts, "as is *$6.00, per domain $0.72, changes -");
    expect_basis(&facts, SHAPE_CHANGES, "max_rows");
    facts.max_rows = 200000;
    expect(&facts, "as is $6.00, per domain $0.72, changes *$0.235236");
    facts.max_rows = 0;
    facts.refresh_days = 1;
    expect(&facts, "as is *$6.00, per domain $0.72, changes -");
    expect_basis(&facts, SHAPE_CHANGES, "anew");
}

/* Its full listings have a list of what is lost beside them, 2 pages, unless it is `sync: full`. */
Test(compare, counts_the_list_of_what_is_lost_where_links_are_left_out)
{
    struct compare_facts facts = feed(FOLLOW);

    facts.is_narrowed = true;
    facts.n_unfiltered = 200000;
    expect(&facts, "as is $6.12, unfiltered $12.168, per domain $0.72, changes *$0.235236");
    facts.sync = CONFIG_SYNC_FULL;
    expect(&facts, "as is *$6.00, unfiltered $12.168, per domain $0.72, changes $0.235236");
}

/* Seven nights' worth and three before, and twice a night one night's each. */
Test(compare, goes_by_the_schedule)
{
    struct compare_facts facts = feed("{}");
    struct shape shapes[N_SHAPES];

    facts.runs_a_month = WEEKLY;
    expect(&facts, "as is $6.00, per domain $0.72, changes *$0.384036");
    compare_shapes(&facts, shapes);
    cr_expect(eq(i64, shapes[0].month_nanousd, INT64_C(26100000000)));
    facts.runs_a_month = 2 * NIGHTLY;
    expect(&facts, "as is $6.00, per domain $0.72, changes *$0.235236");
    facts.runs_a_month = 100; /* the gap is too long to trust */
    expect(&facts, "as is *$6.00, per domain $0.72, changes -");
    expect_basis(&facts, SHAPE_CHANGES, "not possible in any run: the last good sync is 30 nights");
}
