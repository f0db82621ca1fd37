/* Who links to several targets: the rules of asking, and a world that fits the links themselves. */
#include "unit/sandbox/fixture.h"

TestSuite(intersections, .timeout = 60);

#define TOTAL "tasks.0.result.0.total_count"
#define BOTH "\"targets\":{\"1\":\"moz.com\",\"2\":\"ahrefs.com\"}"

static void expect_code(const char *endpoint, const char *parameters, int code, const char *says)
{
    char *body = mem_printf("[{%s}]", parameters);
    struct json_object *json = ask_of(endpoint, body);

    cr_expect(eq(i64, int_at(json, TASK_CODE), code), "%s", parameters);
    cr_expect(strstr(text_at(json, "tasks.0.status_message"), says) != NULL, "%s: %s", parameters,
              text_at(json, "tasks.0.status_message"));
    json_object_put(json);
    free(body);
}

Test(intersections, names_what_is_wrong)
{
    static const char *const targets[] = {
        "\"targets\":[\"moz.com\",\"ahrefs.com\"]",
        "\"targets\":\"moz.com\"",
        "\"targets\":{}",
        "\"targets\":{\"0\":\"moz.com\"}",
        "\"targets\":{\"2\":\"moz.com\"}",
        "\"targets\":{\"1\":\"moz.com\",\"3\":\"ahrefs.com\"}",
        "\"targets\":{\"1\":\"moz.com\",\"2\":\"www.ahrefs.com\"}",
        "\"limit\":5"};
    static const struct {
        const char *parameter, *says;
    } wrong[] = {
        {"\"offset\":19001,\"limit\":1000", "'offset'"},
        {"\"offset\":20000", "'offset'"},
        {"\"filters\":[\"rank\",\">\",1]", "'filters'"},
        {"\"filters\":[\"3.rank\",\">\",1]", "'filters'"},
        {"\"filters\":[\"01.rank\",\">\",1]", "'filters'"},
        {"\"filters\":[\"1.\",\">\",1]", "'filters'"},
        {"\"filters\":[\"intersections_count\",\"like\",\"2\"]", "'filters'"},
        {"\"order_by\":[\"3.rank,desc\"]", "'order_by'"},
        {"\"order_by\":[\"nothing,desc\"]", "'order_by'"},
        {"\"intersection_mode\":\"some\"", "'intersection_mode'"},
        {"\"exclude_targets\":\"a.com\"", "'exclude_targets'"},
        {"\"exclude_targets\":[\"a.com/*\"]", "'exclude_targets'"},
        {"\"exclude_targets\":[\"a.co\",\"a.co\",\"a.co\",\"a.co\",\"a.co\",\"a.co\",\"a.co\","
         "\"a.co\",\"a.co\",\"a.co\",\"a.co\"]",
         "'exclude_targets'"},
        {"\"internal_list_limit\":0", "'internal_list_limit'"},
    };

    START("--seed", "1");
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
        expect_code("page_intersection", targets[i], 40501, "'targets'");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char *parameters = mem_printf(BOTH ",%s", wrong[i].parameter);

        expect_code("domain_intersection", parameters, 40501, wrong[i].says);
        free(parameters);
    }
    expect_code("domain_intersection", BOTH ",\"search_after_token\":\"x\"", 40506,
                "search_after_token");
    expect_code("page_intersection", BOTH ",\"backlinks_filters\":[\"rank\",\">\",1]", 40506,
                "backlinks_filters");
    expect_code("page_intersection", BOTH ",\"filters\":[\"1.image_url\",\"=\",null]", 40501,
                "'filters'");
    expect_code("domain_intersection", BOTH ",\"backlinks_filters\":[\"1.rank\",\">\",1]", 40501,
                "'backlinks_filters'");
    cr_expect(eq(i64, spent(), 0));
    stop();
}

Test(intersections, take_what_the_documents_show)
{
    static const char *const right[] = {
        "\"offset\":19000,\"limit\":1000",
        "\"order_by\":[\"1.backlinks,desc\",\"rank,asc\",\"intersections_count,desc\"]",
        "\"filters\":[[\"1.first_seen\",\">\",\"2017-10-23 11:31:45 +00:00\"],\"and\","
        "[[\"2.target\",\"like\",\"%garden%\"],\"or\",[\"1.referring_domains\",\">\",\"10\"]]]",
        "\"filters\":[\"intersections_count\",\"=\",2]",
        "\"exclude_targets\":[\"bbc.com\",\"https://www.apple.com/iphone/*\"]",
        "\"intersection_mode\":\"partical\"",
        "\"internal_list_limit\":1000,\"rank_scale\":\"one_hundred\"",
        "\"backlinks_filters\":[[\"dofollow\",\"=\",true],\"and\",[\"rank\",\">\",0]]",
        "\"include_subdomains\":false,\"exclude_internal_backlinks\":true,\"tag\":\"t\"",
    };

    START("--seed", "1");
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        char *parameters = mem_printf(BOTH ",%s", right[i]);

        expect_code("domain_intersection", parameters, 20000, "Ok.");
        free(parameters);
    }
    stop();
}

/* What the links to a target have in one field, as one text with a blank around each. */
static char *all_of(const char *target, const char *field)
{
    struct buf texts = BUF_WITH_CEILING(1 << 24);

    for (int offset = 0; offset < 3000; offset += 1000) {
        char *body =
            mem_printf("[{\"target\":\"%s\",\"limit\":1000,\"offset\":%d}]", target, offset);
        struct json_object *json = live(body), *items = at(json, ITEMS);

        for (size_t i = 0; items != NULL && i < json_object_array_length(items); i++)
            buf_printf(&texts, " %s ", text_at(json_object_array_get_idx(items, i), field));
        json_object_put(json);
        free(body);
    }
    return buf_take(&texts);
}

static bool has(const char *texts, const char *text)
{
    char *word = mem_printf(" %s ", text);
    bool is = strstr(texts, word) != NULL;

    free(word);
    return is;
}

static void expect_both_have(const char *endpoint, const char *inner, const char *field)
{
    char *of[] = {all_of("moz.com", field), all_of("ahrefs.com", field)};
    struct json_object *json = ask_of(endpoint, "[{" BOTH ",\"limit\":1000}]");
    size_t n = json_object_array_length(at(json, ITEMS));

    cr_expect(eq(i64, int_at(json, TOTAL), 300));
    cr_assert(eq(sz, n, 300));
    for (size_t i = 0; i < n; i++)
        for (int key = 0; key < 2; key++) {
            char *place = mem_printf("%s.%d.%s", endpoint, key + 1, inner);
            const char *text = text_at(json_object_array_get_idx(at(json, ITEMS), i), place);

            cr_assert(strlen(text) > 3);
            cr_assert(has(of[0], text) && has(of[1], text), "item %zu: %s", i, text);
            free(place);
        }
    json_object_put(json);
    free(of[0]);
    free(of[1]);
}

Test(intersections, are_what_the_links_of_both_targets_have_in_common)
{
    START("--items", "moz.com=2900", "--items", "ahrefs.com=1500");
    expect_both_have("domain_intersection", "target", "domain_from");
    expect_both_have("page_intersection", "0.url_from", "url_from");
    stop();
}

/* The first fields of all items under the walk's order, and how many there are. */
static size_t walk(const char *more, char *targets[], size_t room)
{
    size_t n = 0, n_page;

    do {
        char *body = mem_printf("[{" BOTH
                                ",\"order_by\":[\"1.first_seen,asc\",\"1.target,asc\"],"
                                "\"limit\":500,\"offset\":%zu%s}]",
                                n, more);
        struct json_object *json = ask_of("domain_intersection", body);

        cr_assert(eq(i64, int_at(json, TASK_CODE), 20000), "%s", body);
        n_page = (size_t)int_at(json, "tasks.0.result.0.items_count");
        for (size_t i = 0; i < n_page && n < room; i++, n++) {
            struct json_object *item = json_object_array_get_idx(at(json, ITEMS), i);

            targets[n] = mem_printf("%s %s", text_at(item, "domain_intersection.1.first_seen"),
                                    text_at(item, "domain_intersection.1.target"));
            cr_assert(n == 0 || strncmp(targets[n - 1], targets[n], 19) <= 0);
        }
        json_object_put(json);
        free(body);
    } while (n_page > 0);
    return n;
}

/* Cut from the whole by its order or looked through: the slices are the whole. */
Test(intersections, fall_into_slices)
{
    static const char *const slices[] = {
        ",\"filters\":[\"1.first_seen\",\"<\",\"2016-05-01 00:00:00 +00:00\"]",
        ",\"filters\":[[\"1.first_seen\",\">\",\"2016-04-30 23:59:59 +00:00\"],\"and\","
        "[[\"1.first_seen\",\"<\",\"2021-01-01 00:00:00 +00:00\"],\"and\","
        "[\"1.backlinks\",\">=\",0]]]",
        ",\"filters\":[\"1.first_seen\",\">\",\"2020-12-31 23:59:59 +00:00\"]",
    };
    static char *whole[3000], *parts[3000];
    size_t n = 0;

    START("--items", "moz.com+ahrefs.com=2500");
    cr_assert(eq(sz, walk("", whole, 3000), 2500));
    for (size_t i = 0; i < 3; i++) {
        size_t n_slice = walk(slices[i], parts + n, 3000 - n);

        cr_expect(n_slice > 300);
        n += n_slice;
    }
    cr_assert(eq(sz, n, 2500));
    for (size_t i = 0; i < n; i++) {
        cr_assert_str_eq(parts[i], whole[i]);
        free(parts[i]);
        free(whole[i]);
    }
    stop();
}

static int64_t total_of(const char *endpoint, const char *parameters)
{
    char *body = mem_printf("[{" BOTH ",\"limit\":1%s}]", parameters);
    struct json_object *json = ask_of(endpoint, body);
    int64_t total = int_at(json, TOTAL);

    cr_expect(eq(i64, int_at(json, TASK_CODE), 20000), "%s", parameters);
    json_object_put(json);
    free(body);
    return total;
}

Test(intersections, are_fewer_by_what_is_left_out)
{
    int64_t n_one, n_two;

    START("--items", "moz.com+ahrefs.com=2000");
    n_one = total_of("domain_intersection", ",\"exclude_targets\":[\"puma.com\"]");
    n_two = total_of("domain_intersection",
                     ",\"exclude_targets\":[\"puma.com\",\"https://x.com/y/*\"]");
    cr_expect(lt(i64, n_one, 1850));
    cr_expect(gt(i64, n_one, 1650));
    cr_expect(lt(i64, n_two, n_one));
    n_one = total_of("domain_intersection", ",\"backlinks_filters\":[\"dofollow\",\"=\",true]");
    cr_expect(lt(i64, n_one, 1500));
    cr_expect(gt(i64, n_one, 300));
    cr_expect(eq(i64, total_of("page_intersection", ",\"backlinks_status_type\":\"lost\""), 100));
    cr_expect(eq(i64, total_of("page_intersection", ",\"backlinks_status_type\":\"all\""), 2100));
    stop();
}

Test(intersections, in_part_lack_keys)
{
    struct json_object *json;
    size_t n_some = 0;

    START("--items", "moz.com+ahrefs.com=600");
    cr_expect(eq(i64, total_of("domain_intersection", ",\"intersection_mode\":\"partial\""), 900));
    cr_expect(eq(i64,
                 total_of("domain_intersection",
                          ",\"intersection_mode\":\"partial\","
                          "\"filters\":[\"intersections_count\",\"=\",1]"),
                 300));
    json = ask_of("domain_intersection", "[{" BOTH
                                         ",\"intersection_mode\":\"partial\",\"limit\":1000,"
                                         "\"order_by\":[\"1.first_seen,asc\"]}]");
    for (size_t i = 0; i < 900; i++) {
        struct json_object *item = json_object_array_get_idx(at(json, ITEMS), i);
        int n = json_object_object_length(at(item, "domain_intersection"));
        bool has_first = at(item, "domain_intersection.1") != NULL;

        cr_assert(n == 1 || n == 2);
        cr_assert(eq(i64, int_at(item, "summary.intersections_count"), n));
        /* What has no first key stands last. */
        n_some += !has_first;
        cr_assert(n_some == 0 || !has_first);
    }
    cr_expect(n_some > 100 && n_some < 200);
    json_object_put(json);
    stop();
}

Test(intersections, cost_per_item_however_many_links_it_has)
{
    size_t n_links = 0;
    struct json_object *json;

    START("--items", "moz.com+ahrefs.com=400");
    json = ask_of("page_intersection", "[{" BOTH ",\"limit\":400}]");
    for (size_t i = 0; i < 400; i++)
        for (int key = 1; key <= 2; key++) {
            char *path = mem_printf("page_intersection.%d", key);
            struct json_object *links = at(json_object_array_get_idx(at(json, ITEMS), i), path);

            n_links += json_object_array_length(links);
            for (size_t j = 1; j < json_object_array_length(links); j++) {
                cr_assert_str_eq(text_at(json_object_array_get_idx(links, j), "url_from"),
                                 text_at(links, "0.url_from"));
                cr_assert_str_neq(text_at(json_object_array_get_idx(links, j), "url_to"),
                                  text_at(links, "0.url_to"));
            }
            free(path);
        }
    cr_expect(gt(sz, n_links, 850));
    cr_expect(eq(i64, spent(), 24000000 + 400 * 36000));
    json_object_put(json);
    stop();
}

/* Most rows are of the present shape. */
Test(intersections, have_the_fields_of_the_samples_in_their_order)
{
    static const struct {
        const char *endpoint, *sample, *row, *type;
    } cases[] = {
        {"domain_intersection", "domain_intersection/sample", "domain_intersection.1",
         "backlinks_domain_intersection"},
        {"page_intersection", "page_intersection/sample", "page_intersection.1.0",
         "backlinks_page_intersection"},
    };

    START("--items", "moz.com+ahrefs.com=20");
    for (size_t i = 0; i < 2; i++) {
        char *path = mem_printf("%s/tests/data/%s.json", SOURCE_DIR, cases[i].sample);
        struct json_object *sample = json_object_from_file(path);
        struct json_object *json = ask_of(cases[i].endpoint, "[{" BOTH ",\"limit\":20}]");
        struct json_object *theirs = at(at(sample, ITEMS ".0"), cases[i].row);
        size_t n_same = 0;

        cr_assert(theirs != NULL);
        for (size_t j = 0; j < 20; j++) {
            struct json_object *ours =
                at(json_object_array_get_idx(at(json, ITEMS), j), cases[i].row);
            struct json_object_iterator a = json_object_iter_begin(ours),
                                        b = json_object_iter_begin(theirs),
                                        end = json_object_iter_end(ours),
                                        their_end = json_object_iter_end(theirs);

            cr_assert_str_eq(text_at(ours, "type"), cases[i].type);
            while (!json_object_iter_equal(&a, &end) && !json_object_iter_equal(&b, &their_end) &&
                   strcmp(json_object_iter_peek_name(&a), json_object_iter_peek_name(&b)) == 0) {
                json_object_iter_next(&a);
                json_object_iter_next(&b);
            }
            n_same += json_object_iter_equal(&a, &end) && json_object_iter_equal(&b, &their_end);
        }
        cr_expect(gt(sz, n_same, 15), "%s: %zu", cases[i].endpoint, n_same);
        json_object_put(json);
        json_object_put(sample);
        free(path);
    }
    stop();
}

static int longest_map(const char *parameters)
{
    char *body = mem_printf("[{" BOTH ",\"limit\":1000%s}]", parameters);
    struct json_object *json = ask_of("domain_intersection", body);
    int longest = 0;

    for (size_t i = 0; i < 1000; i++) {
        struct json_object *map = at(json_object_array_get_idx(at(json, ITEMS), i),
                                     "domain_intersection.2.referring_links_attributes");
        int n = json_object_is_type(map, json_type_object) ? json_object_object_length(map) : 0;

        longest = n > longest ? n : longest;
    }
    json_object_put(json);
    free(body);
    return longest;
}

Test(intersections, have_lists_as_long_as_is_asked_for)
{
    START("--items", "moz.com+ahrefs.com=1000");
    cr_expect(eq(int, longest_map(",\"internal_list_limit\":1"), 1));
    cr_expect(eq(int, longest_map(""), 10));
    cr_expect(gt(int, longest_map(",\"internal_list_limit\":1000"), 10));
    stop();
}

Test(intersections, hang_on_the_seed_alone)
{
    static const char *const asked[] = {"domain_intersection", "page_intersection"};
    char *texts[2][3];

    for (size_t i = 0; i < 3; i++) {
        START("--seed", i == 2 ? "8" : "7");
        for (size_t j = 0; j < 2; j++) {
            struct json_object *json = ask_of(asked[j], "[{" BOTH "}]");

            texts[j][i] = mem_strdup(text_at(json, ITEMS));
            json_object_put(json);
        }
        stop();
    }
    for (size_t j = 0; j < 2; j++) {
        cr_expect(strcmp(texts[j][0], texts[j][1]) == 0);
        cr_expect(strcmp(texts[j][0], texts[j][2]) != 0);
        for (size_t i = 0; i < 3; i++)
            free(texts[j][i]);
    }
}

static void expect_sample(const char *endpoint, const char *parameters, const char *name)
{
    char *path = mem_printf("%s/tests/data/%s.json", SOURCE_DIR, name);
    struct json_object *sample = json_object_from_file(path);
    char *body = mem_printf("[{%s,\"tag\":\"mine\"}]", parameters);
    struct json_object *json = ask_of(endpoint, body);

    cr_assert(sample != NULL, "%s", path);
    cr_expect(json_object_equal(json, sample) == 1, "%s: %s", endpoint, parameters);
    json_object_put(json);
    json_object_put(sample);
    free(path);
    free(body);
}

#define PAGES                                                                                      \
    "\"targets\":{\"1\":\"football.com\",\"2\":\"fifa.com\"},\"limit\":5,"                         \
    "\"filters\":[[\"2.domain_from_rank\",\">\",400],\"and\",[\"1.dofollow\",\"=\",true]]"

Test(intersections, give_the_sample_answers)
{
    START("--seed", "1");
    expect_sample("domain_intersection",
                  BOTH
                  ",\"limit\":5,\"include_subdomains\":false,"
                  "\"exclude_targets\":[\"semrush.com\"],\"order_by\":[\"1.backlinks,desc\"]",
                  "domain_intersection/sample");
    expect_sample("page_intersection",
                  PAGES ",\"order_by\":[\"1.rank,desc\"],\"exclude_targets\":[\"skysports.com\"]",
                  "page_intersection/sample");
    cr_expect(eq(i64, spent(), 2 * 20150000));
    stop();
    START("--odd", "old_fields");
    expect_sample("domain_intersection", BOTH ",\"limit\":5", "domain_intersection/sample_old");
    stop();
}

Test(intersections, have_plain_neighbours)
{
    struct json_object *json;

    START("--items", "moz.com=1500");
    json = ask_of("referring_domains",
                  "[{\"target\":\"moz.com\",\"limit\":1000,"
                  "\"filters\":[\"first_seen\",\">\",\"2010-01-01\"]}]");
    cr_expect(eq(i64, int_at(json, TOTAL), 300));
    cr_expect_str_eq(text_at(json, ITEMS ".0.type"), "backlinks_referring_domain");
    cr_expect(strlen(text_at(json, ITEMS ".0.domain")) > 3);
    json_object_put(json);
    json = ask_of("bulk_new_lost_backlinks",
                  "[{\"targets\":[\"moz.com\",\"https://b.com/c\"],"
                  "\"date_from\":\"2025-01-01\"}]");
    cr_expect(eq(i64, int_at(json, "tasks.0.result.0.items_count"), 2));
    cr_expect_str_eq(text_at(json, ITEMS ".1.target"), "https://b.com/c");
    cr_expect(gt(i64, int_at(json, ITEMS ".0.new_backlinks"), 0));
    cr_expect(eq(i64, spent(), 2 * 24000000 + 302 * 36000));
    json_object_put(json);
    expect_code("bulk_new_lost_backlinks", "\"targets\":[]", 40501, "'targets'");
    expect_code("bulk_new_lost_backlinks", "\"targets\":[\"a.com\"],\"date_from\":\"May\"", 40501,
                "'date_from'");
    stop();
}
