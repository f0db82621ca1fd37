/* Pages by offset, pages by token, and the whole in order: they must be the same rows. */
#include "unit/sandbox/fixture.h"

TestSuite(paging, .timeout = 60);

struct walk {
    char **urls;
    size_t n;
};

static void take_items(struct walk *walk, struct json_object *json)
{
    struct json_object *items = at(json, ITEMS);
    size_t n = items == NULL ? 0 : json_object_array_length(items);

    walk->urls = mem_resize(walk->urls, walk->n + n, sizeof(char *));
    for (size_t i = 0; i < n; i++)
        walk->urls[walk->n++] =
            mem_strdup(text_at(json_object_array_get_idx(items, i), "url_from"));
    cr_expect(eq(i64, int_at(json, "tasks.0.result.0.items_count"), (int64_t)n));
}

static void free_walk(struct walk *walk)
{
    for (size_t i = 0; i < walk->n; i++)
        free(walk->urls[i]);
    free(walk->urls);
}

static struct walk by_offset(const char *parameters, int limit)
{
    struct walk walk = {0};
    size_t n_before;

    do {
        char *body = mem_printf("[{%s,\"limit\":%d,\"offset\":%zu}]", parameters, limit, walk.n);
        struct json_object *json = live(body);

        cr_assert(eq(i64, int_at(json, TASK_CODE), 20000), "%s", body);
        n_before = walk.n;
        take_items(&walk, json);
        cr_expect(eq(int, at(json, TOKEN) != NULL, walk.n > n_before));
        json_object_put(json);
        free(body);
    } while (walk.n > n_before);
    return walk;
}

/* Follows tokens until a page is empty. */
static struct walk by_token(const char *parameters, int limit)
{
    struct walk walk = {0};
    char *token = NULL;
    size_t n_before;

    do {
        char *body = token == NULL ? mem_printf("[{%s,\"limit\":%d}]", parameters, limit)
                                   : mem_printf("[{%s,\"limit\":%d,\"search_after_token\":\"%s\"}]",
                                                parameters, limit, token);
        struct json_object *json = live(body);

        cr_assert(eq(i64, int_at(json, TASK_CODE), 20000), "%s", body);
        n_before = walk.n;
        take_items(&walk, json);
        free(token);
        token = mem_strdup(json_object_get_string(at(json, TOKEN)));
        json_object_put(json);
        free(body);
    } while (walk.n > n_before);
    cr_expect(token == NULL);
    return walk;
}

static void expect_same(const struct walk *a, const struct walk *b)
{
    cr_assert(eq(sz, a->n, b->n));
    for (size_t i = 0; i < a->n; i++)
        cr_assert_str_eq(a->urls[i], b->urls[i], "row %zu", i);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void expect_no_repeats(struct walk *walk)
{
    qsort(walk->urls, walk->n, sizeof(char *), compare_texts);
    for (size_t i = 1; i < walk->n; i++)
        cr_assert_str_neq(walk->urls[i - 1], walk->urls[i]);
}

static void expect_both_ways(const char *parameters, int limit, size_t n)
{
    struct walk offsets = by_offset(parameters, limit), tokens = by_token(parameters, limit);

    cr_expect(eq(sz, offsets.n, n), "%s", parameters);
    expect_same(&offsets, &tokens);
    expect_no_repeats(&tokens);
    free_walk(&offsets);
    free_walk(&tokens);
}

Test(paging, gives_the_same_rows_by_offset_and_by_token)
{
    START("--items", "a.com=2500", "--items", "b.com=1000", "--items", "https://c.com/x?a=b=7");
    expect_both_ways("\"target\":\"a.com\"", 1000, 2500);
    expect_both_ways("\"target\":\"a.com\",\"order_by\":[\"first_seen,asc\",\"url_from,asc\"]", 333,
                     2500);
    expect_both_ways("\"target\":\"a.com\",\"backlinks_status_type\":\"lost\"", 100, 125);
    expect_both_ways("\"target\":\"a.com\",\"backlinks_status_type\":\"all\"", 1000, 2625);
    expect_both_ways("\"target\":\"b.com\"", 1000, 1000);
    expect_both_ways("\"target\":\"https://c.com/x?a=b\"", 3, 7);
    stop();
}

Test(paging, walks_in_the_order_that_was_asked_for)
{
    struct walk walk = {0}, sorted;
    size_t n_bytes;

    START("--items", "a.com=3000");
    walk = by_token("\"target\":\"a.com\",\"order_by\":[\"url_from,asc\"]", 700);
    n_bytes = walk.n * sizeof(char *);
    sorted = (struct walk){mem_resize(NULL, walk.n, sizeof(char *)), walk.n};
    memcpy(sorted.urls, walk.urls, n_bytes);
    qsort(sorted.urls, sorted.n, sizeof(char *), compare_texts);
    expect_same(&walk, &sorted);
    free(sorted.urls);
    free_walk(&walk);
    stop();
}

/* Every rule of an order binds where the ones before it tie; nulls stand last either way. */
Test(paging, breaks_ties_by_the_next_rule)
{
    struct json_object *json, *items;

    START("--items", "a.com=1000");
    json = live(
        "[{\"target\":\"a.com\",\"limit\":1000,\"order_by\":[\"page_from_status_code,asc\","
        "\"page_from_language,desc\",\"page_from_size,desc\"]}]");
    items = at(json, ITEMS);
    for (size_t i = 1; i < 1000; i++) {
        struct json_object *a = json_object_array_get_idx(items, i - 1);
        struct json_object *b = json_object_array_get_idx(items, i);
        struct json_object *status_a = at(a, "page_from_status_code");
        struct json_object *status_b = at(b, "page_from_status_code");
        const char *language_a = text_at(a, "page_from_language");
        const char *language_b = text_at(b, "page_from_language");
        int64_t by_status = json_object_get_int64(status_b) - json_object_get_int64(status_a);

        if (!json_object_is_type(status_a, json_type_int) ||
            !json_object_is_type(status_b, json_type_int) || strlen(language_a) > 2 ||
            strlen(language_b) > 2)
            continue; /* null, or one of the rare values of another type */
        cr_assert(by_status >= 0, "row %zu", i);
        if (by_status > 0)
            continue;
        cr_assert(strcmp(language_a, language_b) >= 0, "row %zu", i);
        if (strcmp(language_a, language_b) == 0)
            cr_assert(int_at(a, "page_from_size") >= int_at(b, "page_from_size") ||
                          !json_object_is_type(at(a, "page_from_size"), json_type_int) ||
                          !json_object_is_type(at(b, "page_from_size"), json_type_int),
                      "row %zu", i);
    }
    json_object_put(json);
    stop();
}

Test(paging, reaches_the_last_page_by_offset_and_nothing_behind_it)
{
    struct json_object *json;

    START("--items", "a.com=30000");
    json = live("[{\"target\":\"a.com\",\"offset\":20000,\"limit\":1000}]");
    cr_expect(eq(i64, int_at(json, "tasks.0.result.0.items_count"), 1000));
    json_object_put(json);
    cr_expect(
        eq(int, code_of("[{\"target\":\"a.com\",\"offset\":20001,\"limit\":1}]", NULL, 0), 40501));
    stop();
}

static int code_with(const char *token, const char *more, char *message, size_t size)
{
    char *body = mem_printf("[{\"target\":\"a.com\",\"limit\":10,\"search_after_token\":\"%s\"%s}]",
                            token, more);
    int code = code_of(body, message, size);

    free(body);
    return code;
}

Test(paging, takes_a_token_for_the_same_parameters_only)
{
    static const char *const changed[] = {
        ",\"tag\":\"other\"",
        ",\"filters\":[\"dofollow\",\"=\",true]",
        ",\"order_by\":[\"rank,asc\"]",
        ",\"mode\":\"one_per_domain\"",
        ",\"backlinks_status_type\":\"all\"",
        ",\"include_subdomains\":false",
        ",\"rank_scale\":\"one_hundred\"",
        ",\"limit\":11",
        ",\"target\":\"b.com\"",
    };
    char token[4096], message[256];
    struct json_object *json;

    START("--items", "a.com=100");
    json = live("[{\"target\":\"a.com\",\"limit\":10}]");
    snprintf(token, sizeof(token), "%s", text_at(json, TOKEN));
    json_object_put(json);
    cr_expect(eq(int, code_with(token, "", NULL, 0), 20000));
    cr_expect(eq(int, code_with(token, ",\"offset\":0", NULL, 0), 20000));
    for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++) {
        cr_expect(eq(int, code_with(token, changed[i], message, sizeof(message)), 40501), "%s",
                  changed[i]);
        cr_expect(strstr(message, "'search_after_token'") != NULL, "%s", message);
    }
    cr_expect(eq(int, code_with(token, ",\"offset\":10", message, sizeof(message)), 40501));
    cr_expect(strstr(message, "'search_after_token'") != NULL, "%s", message);
    stop();

    START("--items", "a.com=100", "--seed", "2");
    cr_expect(eq(int, code_with(token, "", NULL, 0), 40501));
    stop();
}

/* Each of the tries below is a paid call of its own, whatever comes of it. */
Test(paging, takes_a_token_for_so_many_calls_only)
{
    struct json_object *json;
    char message[256];

    START("--items", "a.com=100", "--token-life", "3");
    json = live("[{\"target\":\"a.com\",\"limit\":10}]");
    cr_expect(eq(int, code_with(text_at(json, TOKEN), "", NULL, 0), 20000));
    cr_expect(eq(int, code_of("[{\"target\":\"other.com\"}]", NULL, 0), 20000));
    cr_expect(eq(int, code_with(text_at(json, TOKEN), "", NULL, 0), 20000));
    cr_expect(eq(int, code_with(text_at(json, TOKEN), "", message, sizeof(message)), 40501));
    cr_expect_str_eq(message, "Invalid Field: 'search_after_token'.");
    json_object_put(json);
    stop();
}

Test(paging, gives_as_many_rows_of_a_group_as_were_asked_for)
{
    struct json_object *json, *items;
    int64_t n_in_groups = 0;

    START("--items", "a.com=800");
    json = live(
        "[{\"target\":\"a.com\",\"limit\":1000,\"mode\":\"one_per_domain\","
        "\"order_by\":[\"domain_from,asc\"]}]");
    items = at(json, ITEMS);
    cr_expect(json_object_array_length(items) < 800 && json_object_array_length(items) > 50);
    cr_expect_str_eq(text_at(json, "tasks.0.result.0.mode"), "one_per_domain");
    for (size_t i = 0; i < json_object_array_length(items); i++) {
        struct json_object *item = json_object_array_get_idx(items, i);

        n_in_groups += int_at(item, "group_count");
        if (i > 0)
            cr_assert_str_neq(text_at(item, "domain_from"),
                              text_at(json_object_array_get_idx(items, i - 1), "domain_from"));
    }
    cr_expect(eq(i64, n_in_groups, 800));
    json_object_put(json);

    /* custom_mode goes before mode. */
    json = live(
        "[{\"target\":\"a.com\",\"limit\":1000,\"mode\":\"one_per_domain\","
        "\"custom_mode\":{\"field\":\"item_type\",\"value\":5}}]");
    items = at(json, ITEMS);
    cr_expect(json_object_array_length(items) >= 30 && json_object_array_length(items) <= 40);
    json_object_put(json);
    stop();
}

Test(paging, tells_live_links_from_lost_ones)
{
    static const struct {
        const char *status;
        size_t n, n_lost;
    } cases[] = {{"live", 400, 0}, {"lost", 20, 20}, {"all", 420, 20}};

    START("--items", "a.com=400");
    for (size_t i = 0; i < 3; i++) {
        char *body = mem_printf(
            "[{\"target\":\"a.com\",\"limit\":1000,"
            "\"backlinks_status_type\":\"%s\"}]",
            cases[i].status);
        struct json_object *json = live(body), *items = at(json, ITEMS);
        size_t n_lost = 0;

        cr_expect(eq(sz, json_object_array_length(items), cases[i].n));
        for (size_t j = 0; j < json_object_array_length(items); j++)
            n_lost += json_object_get_boolean(at(json_object_array_get_idx(items, j), "is_lost"));
        cr_expect(eq(sz, n_lost, cases[i].n_lost));
        json_object_put(json);
        free(body);
    }
    stop();
}

Test(paging, scales_ranks_to_a_hundred)
{
    struct json_object *thousand, *hundred;

    START("--items", "a.com=500");
    thousand = live("[{\"target\":\"a.com\",\"limit\":500,\"order_by\":[\"first_seen,asc\"]}]");
    hundred = live(
        "[{\"target\":\"a.com\",\"limit\":500,\"order_by\":[\"first_seen,asc\"],"
        "\"rank_scale\":\"one_hundred\"}]");
    for (size_t i = 0; i < 500; i++) {
        int64_t big = int_at(json_object_array_get_idx(at(thousand, ITEMS), i), "rank");
        int64_t small = int_at(json_object_array_get_idx(at(hundred, ITEMS), i), "rank");

        if (big < 0 || big > 1000)
            continue; /* one of the rare values that are no rank */
        cr_expect(small >= 0 && small <= 100);
        cr_expect(eq(int, small == 0, big < 4), "%d", (int)big);
        cr_expect(big != 1000 || small == 100);
    }
    json_object_put(thousand);
    json_object_put(hundred);
    stop();
}
