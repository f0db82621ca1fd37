/*
 * A referring domain and what it has of one target: every field in the vendor's order, the table at
 * the end, the values above it (docs.dataforseo.com/v3/backlinks/domain_intersection/live).
 *
 * The row is the link that the domain has for certain (row.h); its dates are the domain's too, and
 * when it is lost, the domain is.
 */
#include "sandbox/domain.h"

#include "sandbox/pen.h"
#include "sandbox/random.h"
#include "sandbox/row_private.h"
#include "sandbox/value.h"

static uint64_t draw(const struct row *row, uint64_t which)
{
    return random_draw(random_draw(row->bits, SALT_DOMAIN), which);
}

static struct value number(uint64_t n)
{
    return (struct value){.kind = VALUE_NUM, .number = (int64_t)n};
}

static struct value null(void)
{
    return (struct value){.kind = VALUE_NULL};
}

static struct value type(struct row *row)
{
    const char *text = row->source->shape->type;

    return (struct value){.kind = VALUE_TEXT, .text = text, .size = strlen(text)};
}

static struct value rank(struct row *row)
{
    return row_rank(row, draw(row, 1));
}

/* Most have some, few have very many. */
static uint64_t n_pages(const struct row *row)
{
    uint64_t bits = draw(row, 2);

    return 1 + random_below(bits, UINT64_C(4) << (bits & 15));
}

static struct value referring_pages(struct row *row)
{
    return number(n_pages(row));
}

static struct value backlinks(struct row *row)
{
    return number(n_pages(row) + random_below(draw(row, 3), n_pages(row) + 1));
}

static struct value first_seen(struct row *row)
{
    return (struct value){.kind = VALUE_TIME, .number = row->first_seen};
}

static struct value lost_date(struct row *row)
{
    if (!row->is_lost)
        return null();
    return (struct value){.kind = VALUE_TIME, .number = row->lost_at};
}

static struct value backlinks_spam_score(struct row *row)
{
    uint64_t bits = draw(row, 4);

    return number(bits & 1 ? 0 : random_below(bits, 101));
}

static struct value broken_backlinks(struct row *row)
{
    uint64_t bits = draw(row, 5);

    return number((bits & 7) == 0 ? random_below(bits, n_pages(row) + 1) : 0);
}

static struct value broken_pages(struct row *row)
{
    uint64_t n = (uint64_t)broken_backlinks(row).number;

    return number(n == 0 ? 0 : 1 + random_below(draw(row, 6), n));
}

static struct value one(struct row *row)
{
    (void)row;
    return number(1);
}

static struct value one_or_none(struct row *row)
{
    return number((draw(row, 7) & 3) == 0);
}

static struct value referring_ips(struct row *row)
{
    return number(1 + (draw(row, 8) & 1));
}

/* The vendor counts something else here than pages: its sample has more of these than of pages. */
static struct value referring_pages_nofollow(struct row *row)
{
    return number(random_below(draw(row, 9), n_pages(row) * 2));
}

/* {"word":count,...}: the first has most, the others ever fewer. */
static struct value map(struct row *row, const char *const *words, size_t n_words)
{
    struct pen pen = {row->text, row->text + sizeof(row->text)};
    size_t limit = row->source->list_limit;
    uint64_t n = n_pages(row);

    pen_char(&pen, '{');
    for (size_t i = 0; i < n_words && n > 0 && (limit == 0 || i < limit); i++, n /= 2) {
        pen_text(&pen, i == 0 ? "\"" : ",\"");
        pen_text(&pen, words[i]);
        pen_text(&pen, "\":");
        pen_number(&pen, (int64_t)n);
    }
    pen_char(&pen, '}');
    return (struct value){
        .kind = VALUE_JSON, .text = row->text, .size = (size_t)(pen.at - row->text)};
}

/* Some of the words, from one on. */
#define SOME(row, salt, words, n_most)                                                             \
    some((row), (salt), (words), sizeof(words) / sizeof((words)[0]), n_most)

static struct value some(struct row *row, uint64_t salt, const char *const *words, size_t n_words,
                         size_t n_most)
{
    uint64_t bits = draw(row, salt);
    size_t n = 1 + random_below(bits, n_most), first = random_below(bits << 16, n_words - n + 1);

    return map(row, words + first, n);
}

static struct value links_tld(struct row *row)
{
    struct value tld = row_tld_from(row);
    const char *word = tld.kind == VALUE_NULL ? "" : tld.text;

    return map(row, &word, 1);
}

static struct value links_types(struct row *row)
{
    static const char *const words[] = {"anchor",    "image",     "redirect",
                                        "canonical", "alternate", "meta"};

    return SOME(row, 10, words, 3);
}

/* Anybody may write any word, and one in forty sites has more of them than a list by default. */
static struct value links_attributes(struct row *row)
{
    static const char *const words[] = {
        "noopener", "nofollow",    "noreferrer", "external",  "ugc",       "sponsored",
        "me",       "tag",         "bookmark",   "author",    "nofollow,", "next",
        "prev",     "lightbox[1]", "category",   "norewrite", "größe",
    };
    uint64_t bits = draw(row, 11);

    if ((bits & 3) == 0)
        return null();
    if (random_below(bits, 40) == 0)
        return map(row, words, sizeof(words) / sizeof(words[0]));
    return SOME(row, 11, words, 3);
}

static struct value links_platform_types(struct row *row)
{
    static const char *const words[] = {"unknown", "cms",   "blogs",         "ecommerce",
                                        "news",    "wikis", "message-boards"};

    return SOME(row, 12, words, 2);
}

static struct value links_semantic_locations(struct row *row)
{
    static const char *const words[] = {"", "article", "section", "footer", "nav", "aside", ""};

    return SOME(row, 13, words, 3);
}

static struct value links_countries(struct row *row)
{
    static const char *const words[] = {"WW", "US", "DE", "", "GB", "FR"};

    return (draw(row, 14) & 3) != 0 ? null() : SOME(row, 14, words, 2);
}

#define FIELD(name, make, ...)                                                                     \
    {                                                                                              \
#name, "\"" #name "\":", sizeof("\"" #name "\":") - 1, make, __VA_ARGS__                   \
    }

// clang-format off
#define METRICS \
    FIELD(rank,                              rank, 0), \
    FIELD(backlinks,                         backlinks, 0), \
    FIELD(first_seen,                        first_seen, 0), \
    FIELD(lost_date,                         lost_date, 0), \
    FIELD(backlinks_spam_score,              backlinks_spam_score, .may_be_null = true), \
    FIELD(broken_backlinks,                  broken_backlinks, .may_be_null = true), \
    FIELD(broken_pages,                      broken_pages, .may_be_null = true), \
    FIELD(referring_domains,                 one, 0), \
    FIELD(referring_domains_nofollow,        one_or_none, 0), \
    FIELD(referring_main_domains,            one, 0), \
    FIELD(referring_main_domains_nofollow,   one_or_none, .may_be_null = true), \
    FIELD(referring_ips,                     referring_ips, .may_be_null = true), \
    FIELD(referring_subnets,                 one, .may_be_null = true), \
    FIELD(referring_pages,                   referring_pages, 0), \
    FIELD(referring_links_tld,               links_tld, 0), \
    FIELD(referring_links_types,             links_types, 0), \
    FIELD(referring_links_attributes,        links_attributes, 0), \
    FIELD(referring_links_platform_types,    links_platform_types, 0), \
    FIELD(referring_links_semantic_locations, links_semantic_locations, 0), \
    FIELD(referring_links_countries,         links_countries, 0), \
    FIELD(referring_pages_nofollow,          referring_pages_nofollow, .since = 2025)
// clang-format on

static const struct field intersection_fields[] = {
    FIELD(type, type, 0),
    FIELD(target, row_domain_from, 0),
    METRICS,
};

static const struct field referring_fields[] = {
    FIELD(type, type, 0),
    FIELD(domain, row_domain_from, 0),
    METRICS,
};

const struct shape shape_domain_intersection = {
    .type = "backlinks_domain_intersection",
    .columns_of = "domain_intersection",
    .fields = intersection_fields,
    .n_fields = sizeof(intersection_fields) / sizeof(intersection_fields[0]),
    .is_per_site = true,
    .is_keyed = true,
    .wrapper = "domain_intersection",
};

const struct shape shape_referring_domains = {
    .type = "backlinks_referring_domain",
    .columns_of = "referring_domains",
    .fields = referring_fields,
    .n_fields = sizeof(referring_fields) / sizeof(referring_fields[0]),
    .is_per_site = true,
};
