/* What --odd asks for, and that nothing is odd without it. */
#include "unit/sandbox/fixture.h"

TestSuite(odd, .timeout = 60);

#define N 400
#define BOTH "\"targets\":{\"1\":\"moz.com\",\"2\":\"ahrefs.com\"}"
#define DOMAINS "[{" BOTH ",\"limit\":400,\"backlinks_status_type\":\"all\"}]"
#define PAGES "[{" BOTH ",\"limit\":400}]"
#define LINKS "[{\"target\":\"moz.com\",\"limit\":400}]"

enum seen { MISSING, IS_NULL, EMPTY_LIST, LIST, OBJECT, NUMBER, TEXT, OTHER, N_SEEN };

static enum seen seen_at(struct json_object *json, const char *object, const char *name)
{
    struct json_object *value;

    if (!json_object_object_get_ex(at(json, object), name, &value))
        return MISSING;
    if (value == NULL)
        return IS_NULL;
    if (json_object_is_type(value, json_type_array))
        return json_object_array_length(value) == 0 ? EMPTY_LIST : LIST;
    return json_object_is_type(value, json_type_object)   ? OBJECT
           : json_object_is_type(value, json_type_int)    ? NUMBER
           : json_object_is_type(value, json_type_string) ? TEXT
                                                          : OTHER;
}

/* What a place of each item is seen to be, under one oddity ("": under none). */
static void look(const char *odd, const char *endpoint, const char *body, const char *object,
                 const char *name, size_t n_seen[N_SEEN])
{
    const char *const with[] = {"--items", "moz.com+ahrefs.com=400", "--odd", odd, NULL};
    const char *const without[] = {"--items", "moz.com+ahrefs.com=400", NULL};
    struct json_object *json;

    memset(n_seen, 0, N_SEEN * sizeof(*n_seen));
    start_with(*odd == '\0' ? without : with);
    json = ask_of(endpoint, body);
    cr_assert(eq(i64, int_at(json, TASK_CODE), 20000), "%s", body);
    for (size_t i = 0; i < json_object_array_length(at(json, ITEMS)); i++)
        n_seen[seen_at(json_object_array_get_idx(at(json, ITEMS), i), object, name)]++;
    json_object_put(json);
    stop();
}

Test(odd, changes_what_it_says)
{
    static const struct {
        const char *odd, *endpoint, *body, *object, *name;
        enum seen seen;
    } cases[] = {
        {"key_missing", "domain_intersection", DOMAINS, "domain_intersection", "1", MISSING},
        {"key_null", "domain_intersection", DOMAINS, "domain_intersection", "2", IS_NULL},
        {"key_null", "page_intersection", PAGES, "page_intersection", "2", IS_NULL},
        {"key_shape", "domain_intersection", DOMAINS, "domain_intersection", "1", LIST},
        {"key_shape", "page_intersection", PAGES, "page_intersection", "1", OBJECT},
        {"list_empty", "page_intersection", PAGES, "page_intersection", "1", EMPTY_LIST},
        {"summary_missing", "page_intersection", PAGES, "", "summary", MISSING},
        {"summary_null", "page_intersection", PAGES, "", "summary", IS_NULL},
        {"flat", "domain_intersection", DOMAINS, "", "domain_intersection", MISSING},
        {"flat", "domain_intersection", DOMAINS, "", "1", OBJECT},
        {"flat", "page_intersection", PAGES, "", "2", LIST},
        {"flat", "page_intersection", PAGES, "", "summary", MISSING},
        {"old_fields", "domain_intersection", DOMAINS, "domain_intersection.1",
         "referring_pages_nofollow", MISSING},
        {"field_gone:rank", "domain_intersection", DOMAINS, "domain_intersection.1", "rank",
         MISSING},
        {"field_gone:anchor", "backlinks", LINKS, "", "anchor", MISSING},
        {"field_type:rank", "backlinks", LINKS, "", "rank", OTHER},
        {"new_field", "backlinks", LINKS, "", "page_from_topics", LIST},
        {"new_field", "domain_intersection", DOMAINS, "domain_intersection.2", "page_from_topics",
         LIST},
        {"list_empty", "backlinks", LINKS, "", "attributes", EMPTY_LIST},
        {"list_null", "backlinks", LINKS, "", "domain_from_platform_type", IS_NULL},
        {"list_missing", "backlinks", LINKS, "", "indirect_link_path", MISSING},
    };
    size_t n_odd[N_SEEN], n_usual[N_SEEN];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        look(cases[i].odd, cases[i].endpoint, cases[i].body, cases[i].object, cases[i].name, n_odd);
        look("", cases[i].endpoint, cases[i].body, cases[i].object, cases[i].name, n_usual);
        /* Some field is odd once in some hundred rows anyway; half of the keys are the other one.
         */
        cr_expect(gt(sz, n_odd[cases[i].seen], n_usual[cases[i].seen] + 20), "%s of %s: %s",
                  cases[i].odd, cases[i].endpoint, cases[i].name);
    }
}

Test(odd, happens_as_often_as_is_said)
{
    size_t n_seen[N_SEEN];

    look("summary_null=0.25", "page_intersection", PAGES, "", "summary", n_seen);
    cr_expect(n_seen[IS_NULL] > 60 && n_seen[IS_NULL] < 140, "%zu", n_seen[IS_NULL]);
    look("summary_null=0", "page_intersection", PAGES, "", "summary", n_seen);
    cr_expect(eq(sz, n_seen[IS_NULL], 0));
}

/* Only what is lost has a date. */
Test(odd, makes_a_number_of_the_date)
{
    size_t n_seen[N_SEEN];

    look("", "domain_intersection", DOMAINS, "domain_intersection.1", "lost_date", n_seen);
    cr_expect(gt(sz, n_seen[TEXT], 5));
    cr_expect(le(sz, n_seen[NUMBER], 1));
    look("lost_date", "domain_intersection", DOMAINS, "domain_intersection.1", "lost_date", n_seen);
    cr_expect(gt(sz, n_seen[NUMBER], 5));
    cr_expect(eq(sz, n_seen[TEXT], 0));
}

Test(odd, calls_a_domain_by_two_names)
{
    struct json_object *json;

    START("--odd", "www");
    json = ask_of("domain_intersection", DOMAINS);
    for (size_t i = 0; i < 100; i++) {
        struct json_object *item = json_object_array_get_idx(at(json, ITEMS), i);
        const char *a = text_at(item, "domain_intersection.1.target");
        const char *b = text_at(item, "domain_intersection.2.target");
        bool has_www = strncmp(a, "www.", 4) == 0;

        cr_assert_str_eq(has_www ? a + 4 : a, has_www ? b : b + 4);
    }
    json_object_put(json);
    stop();
}

static struct json_object *page(int offset, const char *more)
{
    char *body = mem_printf(
        "[{\"target\":\"moz.com\",\"order_by\":[\"rank,desc\"],\"limit\":100,"
        "\"offset\":%d%s}]",
        offset, more);
    struct json_object *json = live(body);

    cr_assert(eq(i64, int_at(json, TASK_CODE), 20000));
    free(body);
    return json;
}

Test(odd, repeats_the_last_item_and_skips_the_next)
{
    struct json_object *first, *second, *again, *plain;

    START("--items", "moz.com=500", "--odd", "ties");
    first = page(0, "");
    second = page(100, "");
    again = page(100, "");
    stop();
    START("--items", "moz.com=500");
    plain = page(100, "");
    stop();
    cr_expect_str_eq(text_at(first, ITEMS ".99.url_from"), text_at(second, ITEMS ".0.url_from"));
    cr_expect_str_neq(text_at(plain, ITEMS ".0.url_from"), text_at(second, ITEMS ".0.url_from"));
    cr_expect_str_eq(text_at(plain, ITEMS ".1.url_from"), text_at(second, ITEMS ".1.url_from"));
    cr_expect(json_object_equal(at(second, ITEMS), at(again, ITEMS)) == 1);
    json_object_put(first);
    json_object_put(second);
    json_object_put(again);
    json_object_put(plain);
}

Test(odd, lets_rows_through_that_the_filter_forbids)
{
    struct json_object *json;
    size_t n_wrong = 0;

    START("--items", "moz.com=500", "--odd", "filter=0.1");
    json = live(
        "[{\"target\":\"moz.com\",\"limit\":1000,\"order_by\":[\"first_seen,asc\"],"
        "\"filters\":[\"first_seen\",\">\",\"2020-01-01 00:00:00 +00:00\"]}]");
    for (size_t i = 0; i < json_object_array_length(at(json, ITEMS)); i++)
        n_wrong += strcmp(text_at(json_object_array_get_idx(at(json, ITEMS), i), "first_seen"),
                          "2020") < 0;
    cr_expect(n_wrong > 5 && n_wrong < 100, "%zu", n_wrong);
    json_object_put(json);
    stop();
}

Test(odd, promises_more_than_there_is)
{
    struct json_object *json;

    START("--items", "moz.com=500", "--odd", "total");
    json = page(0, "");
    cr_expect(eq(i64, int_at(json, "tasks.0.result.0.total_count"), 626));
    json_object_put(json);
    json = page(500, "");
    cr_expect(at(json, ITEMS) == NULL);
    json_object_put(json);
    stop();
}

Test(odd, spoils_one_call)
{
    struct json_object *json;
    char *token, *more;

    START("--items", "moz.com=500", "--odd", "items_null=@1", "--odd", "token_null=@2", "--odd",
          "token_repeated=@4");
    json = page(0, "");
    cr_expect(at(json, ITEMS) == NULL);
    cr_expect(eq(i64, spent(), 24000000));
    json_object_put(json);
    json = page(0, "");
    cr_expect(eq(sz, json_object_array_length(at(json, ITEMS)), 100));
    cr_expect(at(json, TOKEN) == NULL);
    json_object_put(json);
    json = page(0, "");
    token = mem_strdup(text_at(json, TOKEN));
    json_object_put(json);
    more = mem_printf(",\"search_after_token\":\"%s\"", token);
    for (int call_no = 4; call_no <= 5; call_no++) {
        json = page(0, more);
        cr_expect(eq(int, strcmp(text_at(json, TOKEN), token) == 0, call_no == 4));
        json_object_put(json);
    }
    stop();
    free(token);
    free(more);
}

Test(odd, changes_the_list_of_filters)
{
    struct json_object *json;

    START("--odd", "filter_gone:rank", "--odd", "filter_type:first_seen");
    json = ask("GET", "/v3/backlinks/available_filters", "");
    cr_expect(seen_at(json, "tasks.0.result.0.backlinks", "rank") == MISSING);
    cr_expect(seen_at(json, "tasks.0.result.0.domain_intersection", "2.rank") == MISSING);
    cr_expect_str_eq(text_at(json, "tasks.0.result.0.backlinks.first_seen"), "str");
    cr_expect_str_eq(text_at(json, "tasks.0.result.0.backlinks.last_seen"), "time");
    json_object_put(json);
    stop();
}

Test(odd, has_a_list_of_filters_for_every_function)
{
    struct json_object *json, *filters, *type;

    START("--seed", "1");
    json = ask("GET", "/v3/backlinks/available_filters", "");
    json_object_object_get_ex(at(json, "tasks.0.result.0.domain_intersection"), "20.backlinks",
                              &type);
    cr_expect_str_eq(json_object_get_string(type), "num");
    filters = at(json, "tasks.0.result.0.page_intersection");
    cr_expect(json_object_object_get_ex(filters, "1.attributes", &type));
    cr_expect_str_eq(json_object_get_string(type), "array.str");
    cr_expect(json_object_object_get_ex(filters, "1.image_url", &type) == 0);
    cr_expect(json_object_object_get_ex(filters, "intersections_count", &type));
    json_object_put(json);
    json = ask("GET", "/v3/backlinks/index", "");
    cr_expect(gt(i64, int_at(json, "tasks.0.result.0.total_backlinks"), 0));
    json_object_put(json);
    stop();
}

Test(odd, is_told_what_is_wrong_with_it)
{
    static const struct {
        const char *odd, *says;
    } cases[] = {
        {"nonsense", "no such oddity; there are key_missing"},
        {"key_null=2", "a rate is a number from 0 to 1"},
        {"key_null=@2", "key_null is not of a call"},
        {"key_null:rank", "key_null takes no field"},
        {"filter_gone", "filter_gone needs a field"},
        {"items_null=@0", "the number of a call, from 1"},
        {"", "no such oddity"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct options read;
        struct err err = {0};
        const char *const arguments[] = {"--odd", cases[i].odd};

        options_init(&read);
        cr_assert(not(options_parse(&read, 2, arguments, &err)), "%s", cases[i].odd);
        cr_expect(strstr(err.text, cases[i].says) != NULL, "%s", err.text);
    }
}
