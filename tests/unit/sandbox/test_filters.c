/*
 * Filters against an evaluation of their own: the whole listing is fetched once, each condition is
 * judged here on the JSON of the items, and what remains must be what the filter gives.
 */
#include "unit/sandbox/fixture.h"

#include <strings.h>

TestSuite(filters, .timeout = 60);

#define N_ITEMS 900

static struct json_object *whole; /* the answer with all rows, by first_seen */

static void fetch_whole(void)
{
    START("--items", "a.com=900");
    whole = live("[{\"target\":\"a.com\",\"limit\":1000,\"order_by\":[\"first_seen,asc\"]}]");
    cr_assert(eq(sz, json_object_array_length(at(whole, ITEMS)), N_ITEMS));
}

static void done(void)
{
    json_object_put(whole);
    stop();
}

typedef bool holds_fn(struct json_object *item);

/* Compares row by row; rows of the rare odd shapes are left out on both sides. */
static void expect_filter(const char *filter, holds_fn *holds)
{
    char *body = mem_printf(
        "[{\"target\":\"a.com\",\"limit\":1000,\"order_by\":[\"first_seen,asc\"],"
        "\"filters\":%s}]",
        filter);
    struct json_object *json = live(body), *all = at(whole, ITEMS), *some = at(json, ITEMS);
    size_t n_some = some == NULL ? 0 : json_object_array_length(some), next = 0;

    cr_assert(eq(i64, int_at(json, TASK_CODE), 20000), "%s", filter);
    cr_expect(eq(i64, int_at(json, "tasks.0.result.0.total_count"), (int64_t)n_some));
    cr_expect(n_some > 0 && n_some < N_ITEMS, "%s finds %zu: a filter that shows nothing", filter,
              n_some);
    for (size_t i = 0; i < N_ITEMS; i++) {
        struct json_object *item = json_object_array_get_idx(all, i);
        struct json_object *found = next < n_some ? json_object_array_get_idx(some, next) : NULL;
        bool is_found =
            found != NULL && strcmp(text_at(item, "url_from"), text_at(found, "url_from")) == 0;

        next += is_found;
        if (json_object_object_length(item) == 47)
            cr_expect(eq(int, is_found, holds(item)), "%s: %s", filter, text_at(item, "url_from"));
    }
    cr_expect(eq(sz, next, n_some), "%s", filter);
    json_object_put(json);
    free(body);
}

static bool is_null(struct json_object *item, const char *name)
{
    return at(item, name) == NULL;
}

static bool is_text(struct json_object *item, const char *name, const char *text)
{
    return !is_null(item, name) && strcmp(text_at(item, name), text) == 0;
}

static bool has(struct json_object *item, const char *name, const char *text)
{
    struct json_object *list = at(item, name);

    for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++)
        if (strcmp(json_object_get_string(json_object_array_get_idx(list, i)), text) == 0)
            return true;
    return false;
}

static bool is_dofollow(struct json_object *item)
{
    return json_object_get_boolean(at(item, "dofollow"));
}

static bool is_not_dofollow(struct json_object *item)
{
    return !is_dofollow(item);
}

static bool has_rank(struct json_object *item)
{
    return int_at(item, "rank") > 0;
}

static bool has_rank_to_100(struct json_object *item)
{
    return int_at(item, "rank") >= 1 && int_at(item, "rank") <= 100;
}

static bool is_301_or_404(struct json_object *item)
{
    return int_at(item, "page_from_status_code") == 301 ||
           int_at(item, "page_from_status_code") == 404;
}

static bool is_com_or_org(struct json_object *item)
{
    return is_text(item, "tld_from", "com") || is_text(item, "tld_from", "org");
}

static bool is_not_com(struct json_object *item)
{
    return !is_text(item, "tld_from", "com");
}

static bool is_www(struct json_object *item)
{
    return strncmp(text_at(item, "domain_from"), "www.", 4) == 0;
}

static bool is_shop_page(struct json_object *item)
{
    const char *url = text_at(item, "url_from"), *shop = strstr(url, "/shop/");

    return shop != NULL && strlen(url) > 5 && strcmp(url + strlen(url) - 5, ".html") == 0;
}

static bool holds_garden(struct json_object *item)
{
    const char *url = text_at(item, "url_to");

    for (; *url != '\0'; url++)
        if (strncasecmp(url, "gArDeN", 6) == 0)
            return true;
    return false;
}

static bool ends_in_digit_tld(struct json_object *item)
{
    const char *domain = text_at(item, "domain_from");
    size_t stem = strcspn(domain, "0123456789");

    return domain[stem] != '\0' && strspn(domain + stem, "0123456789") > 0 &&
           strcmp(domain + stem + strspn(domain + stem, "0123456789"), ".com") == 0;
}

static bool is_before_2020(struct json_object *item)
{
    return strncmp(text_at(item, "first_seen"), "2020", 4) < 0;
}

static bool is_in_2019(struct json_object *item)
{
    return strncmp(text_at(item, "first_seen"), "2019", 4) == 0;
}

static bool has_nofollow(struct json_object *item)
{
    return has(item, "attributes", "nofollow");
}

static bool has_not_nofollow(struct json_object *item)
{
    return !has_nofollow(item);
}

static bool has_no_title(struct json_object *item)
{
    return is_null(item, "page_from_title");
}

static bool has_title(struct json_object *item)
{
    return !has_no_title(item);
}

static bool has_keywords(struct json_object *item)
{
    return int_at(item, "ranked_keywords_info.page_from_keywords_count_top_3") > 50;
}

static bool is_com_and_dofollow_or_ranked(struct json_object *item)
{
    return is_text(item, "tld_from", "com") && (is_dofollow(item) || has_rank(item));
}

static bool is_com_and_dofollow_or_ranked_left(struct json_object *item)
{
    return (is_text(item, "tld_from", "com") && is_dofollow(item)) || has_rank(item);
}

Test(filters, gives_what_each_operator_says)
{
    static const struct {
        const char *filter;
        holds_fn *holds;
    } cases[] = {
        {"[\"dofollow\",\"=\",true]", is_dofollow},
        {"[[\"dofollow\",\"=\",true]]", is_dofollow},
        {"[\"dofollow\",\"=\",\"true\"]", is_dofollow},
        {"[\"dofollow\",\"<>\",true]", is_not_dofollow},
        {"[\"rank\",\">\",0]", has_rank},
        {"[\"rank\",\"<>\",0]", has_rank},
        {"[\"rank\",\">\",\"0\"]", has_rank},
        {"[[\"rank\",\">=\",1],\"and\",[\"rank\",\"<=\",100]]", has_rank_to_100},
        {"[[\"rank\",\">\",0],\"and\",[\"rank\",\"<\",101]]", has_rank_to_100},
        {"[\"page_from_status_code\",\"in\",[301,404]]", is_301_or_404},
        {"[\"tld_from\",\"in\",[\"com\",\"org\"]]", is_com_or_org},
        {"[[\"tld_from\",\"=\",\"com\"],\"or\",[\"tld_from\",\"=\",\"org\"]]", is_com_or_org},
        {"[\"tld_from\",\"<>\",\"com\"]", is_not_com},
        {"[\"tld_from\",\"not_in\",[\"com\"]]", is_not_com},
        {"[\"domain_from\",\"like\",\"www.%\"]", is_www},
        {"[\"domain_from\",\"ilike\",\"WWW.%\"]", is_www},
        {"[\"url_from\",\"like\",\"%/shop/%.html\"]", is_shop_page},
        {"[\"url_to\",\"ilike\",\"%Garden%\"]", holds_garden},
        {"[\"url_to\",\"match\",\"garden\"]", holds_garden},
        {"[\"domain_from\",\"regex\",\"^[^0-9]*[0-9]+\\\\.com$\"]", ends_in_digit_tld},
        {"[\"first_seen\",\"<\",\"2020-01-01 00:00:00 +00:00\"]", is_before_2020},
        {"[[\"first_seen\",\">\",\"2018-12-31 23:59:59 +00:00\"],\"and\","
         "[\"first_seen\",\"<\",\"2020-01-01 00:00:00 +00:00\"]]",
         is_in_2019},
        {"[\"attributes\",\"has\",\"nofollow\"]", has_nofollow},
        {"[\"attributes\",\"has_not\",\"nofollow\"]", has_not_nofollow},
        {"[\"page_from_title\",\"=\",null]", has_no_title},
        {"[\"page_from_title\",\"<>\",null]", has_title},
        {"[\"ranked_keywords_info.page_from_keywords_count_top_3\",\">\",50]", has_keywords},
        {"[[\"tld_from\",\"=\",\"com\"],\"and\",[[\"dofollow\",\"=\",true],\"or\","
         "[\"rank\",\">\",0]]]",
         is_com_and_dofollow_or_ranked},
        {"[[[\"tld_from\",\"=\",\"com\"],\"and\",[\"dofollow\",\"=\",true]],\"or\","
         "[\"rank\",\">\",0]]",
         is_com_and_dofollow_or_ranked_left},
        {"[[\"tld_from\",\"=\",\"com\"],\"and\",[\"dofollow\",\"=\",true],\"or\",[\"rank\",\">\",0]]",
         is_com_and_dofollow_or_ranked_left},
    };

    fetch_whole();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_filter(cases[i].filter, cases[i].holds);
    done();
}

/* A range cut in pieces of [a, b) at whole seconds has every row in one piece. */
Test(filters, cuts_first_seen_into_pieces_without_a_gap)
{
    static const char *const cuts[] = {"2000-01-01", "2016-05-04", "2019-12-31", "2024-02-29",
                                       "2030-01-01"};
    int64_t n = 0;

    START("--items", "a.com=5000");
    for (size_t i = 0; i + 1 < sizeof(cuts) / sizeof(cuts[0]); i++) {
        char *body = mem_printf(
            "[{\"target\":\"a.com\",\"limit\":1,\"filters\":[[\"first_seen\","
            "\">\",\"%s 11:59:59 +00:00\"],\"and\",[\"first_seen\",\"<\","
            "\"%s 12:00:00 +00:00\"]]}]",
            cuts[i], cuts[i + 1]);
        struct json_object *json = live(body);
        int64_t n_piece = int_at(json, "tasks.0.result.0.total_count");

        cr_expect(n_piece > 0, "%s", body);
        n += n_piece;
        json_object_put(json);
        free(body);
    }
    cr_expect(eq(i64, n, 5000));
    stop();
}

Test(filters, refuses_what_the_grammar_does_not_have)
{
    static const char eight[] =
        "[\"rank\",\">\",0],\"and\",[\"rank\",\">\",0],\"and\",[\"rank\",\">\",0],\"and\","
        "[\"rank\",\">\",0],\"and\",[\"rank\",\">\",0],\"and\",[\"rank\",\">\",0],\"and\","
        "[\"rank\",\">\",0],\"and\",[\"rank\",\">\",0]";
    static const char *const wrong[] = {
        "{}",
        "5",
        "[[]]",
        "[\"rank\"]",
        "[\"rank\",\">\"]",
        "[\"rank\",\">\",0,1]",
        "[\"no_such_field\",\"=\",1]",
        "[\"type\",\"=\",\"backlink\"]",
        "[\"rank\",\"like\",\"1%\"]",
        "[\"dofollow\",\">\",true]",
        "[\"dofollow\",\"=\",\"yes\"]",
        "[\"first_seen\",\"=\",\"2020-01-01 00:00:00 +00:00\"]",
        "[\"first_seen\",\"<\",\"yesterday\"]",
        "[\"first_seen\",\"<\",\"2021-02-31 00:00:00 +00:00 \"]",
        "[\"attributes\",\"=\",\"nofollow\"]",
        "[\"rank\",\"=\",\"ten\"]",
        "[\"rank\",\"=\",1.5]",
        "[\"rank\",\">\",null]",
        "[\"tld_from\",\"in\",\"com\"]",
        "[\"tld_from\",\"in\",[]]",
        "[\"tld_from\",\"in\",[1]]",
        "[\"tld_from\",\"regex\",\"(\"]",
        "[[\"rank\",\">\",0],[\"rank\",\"<\",9]]",
        "[[\"rank\",\">\",0],\"xor\",[\"rank\",\"<\",9]]",
        "[[\"rank\",\">\",0],\"and\"]",
        "[\"and\",[\"rank\",\">\",0]]",
    };
    char *body, message[256];

    START("--items", "a.com=50");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        body = mem_printf("[{\"target\":\"a.com\",\"filters\":%s}]", wrong[i]);
        cr_expect(eq(int, code_of(body, message, sizeof(message)), 40501), "%s", wrong[i]);
        cr_expect_str_eq(message, "Invalid Field: 'filters'.");
        free(body);
    }
    body = mem_printf("[{\"target\":\"a.com\",\"filters\":[%s]}]", eight);
    cr_expect(eq(int, code_of(body, NULL, 0), 20000));
    free(body);
    body =
        mem_printf("[{\"target\":\"a.com\",\"filters\":[%s,\"and\",[\"rank\",\">\",0]]}]", eight);
    cr_expect(eq(int, code_of(body, NULL, 0), 40501));
    free(body);
    stop();
}

Test(filters, refuses_nesting_without_end)
{
    struct buf body = BUF_WITH_CEILING(1 << 20);

    START("--items", "a.com=50");
    buf_append_string(&body, "[{\"target\":\"a.com\",\"filters\":");
    for (int i = 0; i < 20000; i++)
        buf_append_char(&body, '[');
    for (int i = 0; i < 20000; i++)
        buf_append_char(&body, ']');
    buf_append_string(&body, "}]");
    cr_expect(eq(int, code_of(buf_text(&body), NULL, 0), 40503));
    buf_deinit(&body);
    stop();
}
