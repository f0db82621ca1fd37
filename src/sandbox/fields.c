/*
 * Every field of a link, in the vendor's order (docs.dataforseo.com/v3/backlinks/backlinks/live):
 * the table at the end, the values above it in the same order.
 */
#include "sandbox/row_private.h"

#include <math.h>

#include "sandbox/random.h"
#include "sandbox/words.h"

static struct value null(void)
{
    return (struct value){.kind = VALUE_NULL};
}

static struct value flag(bool is_set)
{
    return (struct value){.kind = VALUE_BOOL, .number = is_set};
}

static struct value number(uint64_t n)
{
    return (struct value){.kind = VALUE_NUM, .number = (int64_t)n};
}

static struct value at_time(int64_t seconds)
{
    return (struct value){.kind = VALUE_TIME, .number = seconds};
}

static struct value text(const char *words)
{
    return (struct value){.kind = VALUE_TEXT, .text = words, .size = strlen(words)};
}

static struct value texts(const struct row *row, const char *const *words)
{
    return (struct value){.kind = VALUE_TEXTS, .texts = words, .size = row->source->list_limit};
}

static uint64_t draw(const struct row *row, enum row_salt salt)
{
    return random_draw(row->bits, salt);
}

static uint64_t draw_page(const struct row *row, enum row_salt salt)
{
    return random_draw(row->page, salt);
}

static struct value type(struct row *row)
{
    return text(row->source->shape->type);
}

static struct value url_from_https(struct row *row)
{
    return flag(row->is_https);
}

static struct value url_to_https(struct row *row)
{
    return flag(row_is_to_https(row));
}

static struct value is_new(struct row *row)
{
    return flag(row->is_new);
}

static struct value is_lost(struct row *row)
{
    return flag(row->is_lost);
}

static struct value backlink_spam_score(struct row *row)
{
    uint64_t bits = draw(row, SALT_SPAM);

    return number(bits & 1 ? 0 : night_drift(row->night, bits, random_below(bits, 101), 100, 3));
}

/*
 * 0 to 1000, for most rows 0 and for few of them high. The other scale is sin(rank / 636.62) * 100
 * (dataforseo.com/help-center/what_is_rank_in_backlinks_api).
 */
struct value row_rank(const struct row *row, uint64_t bits)
{
    uint64_t place = night_drift(row->night, bits, random_below(bits, 1001), 1000, 20);
    uint64_t rank = (bits & 15) < 9 ? 0 : place * place / 1000;

    if (row->source->is_rank_in_hundred)
        return number((uint64_t)lround(sin((double)rank / 636.62) * 100));
    return number(rank);
}

static struct value rank(struct row *row)
{
    return row_rank(row, draw(row, SALT_RANK));
}

static struct value page_from_rank(struct row *row)
{
    return row_rank(row, draw_page(row, SALT_PAGE_RANK));
}

static struct value domain_from_rank(struct row *row)
{
    return row_rank(row, random_draw(row->site, SALT_SITE_RANK));
}

static struct value domain_from_platform_type(struct row *row)
{
    static const char *const platforms[][4] = {
        {"unknown"},      {"unknown"},
        {"cms", "blogs"}, {"cms"},
        {"news"},         {"ecommerce"},
        {"wikis"},        {"message-boards"},
        {"organization"}, {"cms", "ecommerce", "blogs"},
    };
    uint64_t place = random_below(random_draw(row->site, SALT_PLATFORM),
                                  sizeof(platforms) / sizeof(platforms[0]) + 1);

    if (place == sizeof(platforms) / sizeof(platforms[0]))
        return null();
    return texts(row, platforms[place]);
}

static struct value domain_from_is_ip(struct row *row)
{
    return flag(row->is_ip_host);
}

static struct value domain_from_country(struct row *row)
{
    static const char *const countries[] = {"US", "US", "WW", "WW", "DE", "GB", "FR",
                                            "RU", "JP", "BR", "NO", "PL", "IN", NULL};
    const char *country = countries[random_below(random_draw(row->site, SALT_COUNTRY),
                                                 sizeof(countries) / sizeof(countries[0]))];

    return country == NULL ? null() : text(country);
}

/* Mostly some dozens; once in three thousand rows more than 32 bits hold. */
static struct value count(const struct row *row, uint64_t bits)
{
    if (row->kind == ROW_REDIRECT)
        return number(0);
    if (random_below(bits, 3000) == 0)
        return number((UINT64_C(1) << 32) + (bits >> 20));
    return number((bits & 0x7f) + (bits >> 40 & 7) * (bits >> 43 & 7));
}

static struct value page_from_external_links(struct row *row)
{
    return count(row, draw_page(row, SALT_COUNTS));
}

static struct value page_from_internal_links(struct row *row)
{
    return count(row, random_mix(draw_page(row, SALT_COUNTS)));
}

static struct value page_from_size(struct row *row)
{
    return number(
        row->kind == ROW_REDIRECT ? 0 : 900 + random_below(draw_page(row, SALT_PAGE_SIZE), 900000));
}

static struct value page_from_encoding(struct row *row)
{
    static const char *const encodings[] = {"utf-8",        "utf-8",      "utf-8", "utf-8",
                                            "windows-1251", "iso-8859-1", "utf-8", NULL};
    const char *encoding = encodings[random_draw(row->site, SALT_LANGUAGE) >> 8 & 7];

    return encoding == NULL || row->kind == ROW_REDIRECT ? null() : text(encoding);
}

static struct value page_from_language(struct row *row)
{
    bool is_known = (draw_page(row, SALT_LANGUAGE) & 15) != 0;

    return !is_known || row->kind == ROW_REDIRECT ? null()
                                                  : text(words_text[row_language_no(row)].language);
}

static struct value page_from_status_code(struct row *row)
{
    uint64_t bits = draw_page(row, SALT_STATUS);

    if (row->kind == ROW_REDIRECT)
        return number((bits & 3) == 0 ? 302 : 301);
    return number((bits & 0x3f) == 0 ? 404 : 200);
}

static struct value first_seen(struct row *row)
{
    return at_time(row->first_seen);
}

static struct value prev_seen(struct row *row)
{
    return row->is_new ? null() : at_time(row->prev_seen);
}

static struct value last_seen(struct row *row)
{
    return at_time(row->last_seen);
}

static struct value item_type(struct row *row)
{
    static const char *const types[] = {[ROW_ANCHOR] = "anchor",
                                        [ROW_IMAGE] = "image",
                                        [ROW_REDIRECT] = "redirect",
                                        [ROW_CANONICAL] = "canonical",
                                        [ROW_ALTERNATE] = "alternate",
                                        [ROW_META] = "meta",
                                        [ROW_LINK] = "link"};

    return text(types[row->kind]);
}

static const char *const *attributes_of(const struct row *row)
{
    static const char *const attributes[8][4] = {
        {NULL},
        {"noopener"},
        {"nofollow"},
        {"nofollow", "noopener", "ugc"},
        {NULL},
        {NULL},
        {"nofollow", "sponsored"},
        {"noopener", "noreferrer", "me"},
    };

    uint64_t bits = draw(row, SALT_ATTRIBUTES);

    /* Two lines up or down most others follow where these do not, and the reverse. */
    return attributes[(bits & 7) ^ (night_is_flipped(row->night, bits) ? 2 : 0)];
}

static struct value attributes(struct row *row)
{
    const char *const *words = attributes_of(row);

    return words[0] == NULL ? null() : texts(row, words);
}

static struct value dofollow(struct row *row)
{
    const char *const *words = attributes_of(row);

    return flag(words[0] == NULL || strcmp(words[0], "nofollow") != 0);
}

static struct value original(struct row *row)
{
    return flag((draw(row, SALT_ORIGINAL) & 3) == 0);
}

static struct value semantic_location(struct row *row)
{
    static const char *const places[] = {"article", "section", "main", "footer",
                                         "aside",   "nav",     NULL,   NULL};
    const char *place = places[draw(row, SALT_LOCATION) & 7];

    return place == NULL || row->kind == ROW_REDIRECT ? null() : text(place);
}

static struct value links_count(struct row *row)
{
    uint64_t bits = draw(row, SALT_LINKS);

    if (random_below(bits, 4000) == 0)
        return number((UINT64_C(1) << 33) + (bits & 0xffffff));
    return number((bits & 7) == 0 ? 2 + (bits >> 3 & 15) : 1);
}

static struct value group_count(struct row *row)
{
    return (struct value){.kind = VALUE_NUM, .number = row->group_count};
}

static uint64_t url_to_status(const struct row *row)
{
    uint64_t bits = random_mix(draw(row, SALT_URL_TO_STATUS));

    if (row_has_redirect(row))
        return 301 + (bits & 1);
    if (random_below(bits, 30) == 0)
        return (bits & 3) == 0 ? 503 : 404;
    return 200;
}

static struct value is_broken(struct row *row)
{
    return flag(url_to_status(row) >= 400);
}

/* Null where the vendor has not been there yet. */
static struct value url_to_status_code(struct row *row)
{
    uint64_t status = url_to_status(row);

    return status == 200 && (draw(row, SALT_URL_TO_SPAM) & 15) == 0 ? null() : number(status);
}

static struct value url_to_spam_score(struct row *row)
{
    uint64_t bits = draw(row, SALT_URL_TO_SPAM);

    return (bits & 15) == 0 ? null() : number(random_below(bits, 30));
}

static struct value keywords(struct row *row, unsigned top)
{
    uint64_t bits = draw_page(row, SALT_KEYWORDS);
    uint64_t n = bits & 3 ? 0 : random_below(bits, 300);

    if ((bits >> 2 & 31) == 0)
        return null();
    return number(top == 3 ? n : top == 10 ? n * 3 : n * 17 + (bits >> 8 & 7));
}

static struct value keywords_top_3(struct row *row)
{
    return keywords(row, 3);
}

static struct value keywords_top_10(struct row *row)
{
    return keywords(row, 10);
}

static struct value keywords_top_100(struct row *row)
{
    return keywords(row, 100);
}

static struct value is_indirect_link(struct row *row)
{
    return flag(row_is_indirect(row));
}

#define FIELD(name, make, ...)                                                                     \
    {                                                                                              \
#name, "\"" #name "\":", sizeof("\"" #name "\":") - 1, make, __VA_ARGS__                   \
    }
#define KEYWORDS(name, make, opener, ...)                                                          \
    {                                                                                              \
        "ranked_keywords_info." #name,                                                             \
            opener "\"" #name "\":", sizeof(opener "\"" #name "\":") - 1, make,                    \
            .since = 2023, .is_link_only = true, __VA_ARGS__                                       \
    }

// clang-format off
static const struct field fields[] = {
    FIELD(type,                      type, 0),
    FIELD(domain_from,               row_domain_from, 0),
    FIELD(url_from,                  row_url_from, 0),
    FIELD(url_from_https,            url_from_https, 0),
    FIELD(domain_to,                 row_domain_to, 0),
    FIELD(url_to,                    row_url_to, 0),
    FIELD(url_to_https,              url_to_https, 0),
    FIELD(tld_from,                  row_tld_from, 0),
    FIELD(is_new,                    is_new, 0),
    FIELD(is_lost,                   is_lost, 0),
    FIELD(backlink_spam_score,       backlink_spam_score, .may_be_null = true, .since = 2022),
    FIELD(rank,                      rank, 0),
    FIELD(page_from_rank,            page_from_rank, .may_be_null = true),
    FIELD(domain_from_rank,          domain_from_rank, 0),
    FIELD(domain_from_platform_type, domain_from_platform_type, 0),
    FIELD(domain_from_is_ip,         domain_from_is_ip, .may_be_null = true),
    FIELD(domain_from_ip,            row_domain_from_ip, 0),
    FIELD(domain_from_country,       domain_from_country, .since = 2023),
    FIELD(page_from_external_links,  page_from_external_links, .may_be_null = true),
    FIELD(page_from_internal_links,  page_from_internal_links, .may_be_null = true),
    FIELD(page_from_size,            page_from_size, .may_be_null = true),
    FIELD(page_from_encoding,        page_from_encoding, 0),
    FIELD(page_from_language,        page_from_language, 0),
    FIELD(page_from_title,           row_page_from_title, 0),
    FIELD(page_from_status_code,     page_from_status_code, .may_be_null = true),
    FIELD(first_seen,                first_seen, 0),
    FIELD(prev_seen,                 prev_seen, 0),
    FIELD(last_seen,                 last_seen, .may_be_null = true),
    FIELD(item_type,                 item_type, .may_be_null = true),
    FIELD(attributes,                attributes, 0),
    FIELD(dofollow,                  dofollow, 0),
    FIELD(original,                  original, .may_be_null = true),
    FIELD(alt,                       row_alt, 0),
    FIELD(image_url,                 row_image_url, .since = 2023, .is_link_only = true),
    FIELD(anchor,                    row_anchor, 0),
    FIELD(text_pre,                  row_text_pre, 0),
    FIELD(text_post,                 row_text_post, 0),
    FIELD(semantic_location,         semantic_location, 0),
    FIELD(links_count,               links_count, .may_be_null = true),
    FIELD(group_count,               group_count, 0),
    FIELD(is_broken,                 is_broken, .may_be_null = true),
    FIELD(url_to_status_code,        url_to_status_code, 0),
    FIELD(url_to_spam_score,         url_to_spam_score, .since = 2022),
    FIELD(url_to_redirect_target,    row_url_to_redirect_target, .since = 2022),
    KEYWORDS(page_from_keywords_count_top_3,   keywords_top_3, "\"ranked_keywords_info\":{", .nesting = FIELD_OPENS),
    KEYWORDS(page_from_keywords_count_top_10,  keywords_top_10, "", .nesting = FIELD_INSIDE),
    KEYWORDS(page_from_keywords_count_top_100, keywords_top_100, "", .nesting = FIELD_INSIDE, .closes = true),
    FIELD(is_indirect_link,          is_indirect_link, .since = 2023),
    FIELD(indirect_link_path,        row_indirect_link_path, .since = 2023),
};
// clang-format on

#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

const struct shape shape_backlinks = {
    .type = "backlink", .columns_of = "backlinks", .fields = fields, .n_fields = N_FIELDS};
const struct shape shape_page_intersection = {
    .type = "backlinks_page_intersection",
    .columns_of = "page_intersection",
    .fields = fields,
    .n_fields = N_FIELDS,
    .is_per_site = true,
    .is_keyed = true,
    .wrapper = "page_intersection",
    .has_lists = true,
};
