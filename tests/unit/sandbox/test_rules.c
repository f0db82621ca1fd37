/* What the vendor's API refuses, and how; what it answers, and for how much. */
#include "unit/sandbox/fixture.h"

#include "api/endpoint.h"

TestSuite(rules, .timeout = 30);

static void expect_refused(const char *body, int code, const char *message)
{
    char text[512];
    struct json_object *json = live(body);

    cr_expect(eq(int, code_of(body, text, sizeof(text)), code), "%s", body);
    if (message != NULL)
        cr_expect_str_eq(text, message, "%s: %s", body, text);
    cr_expect_str_eq(text_at(json, "cost"), "0", "%s", body);
    json_object_put(json);
}

Test(rules, refuses_without_the_right_login)
{
    static const char *const headers[] = {
        NULL, "", "Basic", "Basic c2FuZGJveDp3cm9uZw==", "Bearer c2FuZGJveDpzYW5kYm94"};

    START("--seed", "1");
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        struct reply reply = ask_raw("POST", LIVE, headers[i], "[{\"target\":\"a.com\"}]");

        cr_expect(eq(int, reply.http, 401));
        cr_expect(strstr(buf_text(&reply.body), "\"status_code\":40100") != NULL);
        buf_deinit(&reply.body);
    }
    cr_expect(eq(u64, sandbox->n_paid_calls, 0));
    stop();
}

Test(rules, takes_the_login_it_was_given)
{
    struct reply reply;

    START("--login", "me@example.com", "--password", "p:ss");
    reply = ask_raw("GET", "/v3/appendix/errors", "Basic bWVAZXhhbXBsZS5jb206cDpzcw==", "");
    cr_expect(eq(int, reply.http, 200));
    buf_deinit(&reply.body);
    reply = ask_raw("GET", "/v3/appendix/errors", AUTHORIZATION, "");
    cr_expect(eq(int, reply.http, 401));
    buf_deinit(&reply.body);
    stop();
}

Test(rules, knows_no_other_paths_and_methods)
{
    static const char *const asked[][2] = {{"POST", "/v3/backlinks/nothing/live"},
                                           {"GET", LIVE},
                                           {"POST", LIVE "/"},
                                           {"POST", "/v3/appendix/user_data"},
                                           {"GET", "/"}};

    START("--seed", "1");
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        struct reply reply =
            ask_raw(asked[i][0], asked[i][1], AUTHORIZATION, "[{\"target\":\"a.com\"}]");

        cr_expect(eq(int, reply.http, 404), "%s", asked[i][1]);
        cr_expect(strstr(buf_text(&reply.body), "\"status_code\":40402") != NULL);
        buf_deinit(&reply.body);
    }
    stop();
}

Test(rules, refuses_bodies_that_are_no_array_of_a_task)
{
    static const char *const invalid[] = {
        "{\"target\":\"a.com\"}",      "[{\"target\":", "x", "[1]", "[null]", "[{}] trailing",
        "[{\"target\":\"a\xff.com\"}]"};

    START("--seed", "1");
    for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++)
        expect_refused(invalid[i], 40503, NULL);
    expect_refused("", 40502, NULL);
    expect_refused("[]", 40502, NULL);
    stop();
}

Test(rules, names_the_field_that_is_wrong)
{
    static const char *const wrong[][2] = {
        {"target", "{\"limit\":1}"},
        {"target", "{\"target\":5}"},
        {"target", "{\"target\":\"www.a.com\"}"},
        {"target", "{\"target\":\"localhost\"}"},
        {"target", "{\"target\":\"a.com/page\"}"},
        {"target", "{\"target\":\"ftp://a.com/\"}"},
        {"target", "{\"target\":\"10.0.0.1\"}"},
        {"limit", "{\"target\":\"a.com\",\"limit\":0}"},
        {"limit", "{\"target\":\"a.com\",\"limit\":1001}"},
        {"limit", "{\"target\":\"a.com\",\"limit\":\"10\"}"},
        {"limit", "{\"target\":\"a.com\",\"limit\":1.5}"},
        {"offset", "{\"target\":\"a.com\",\"offset\":-1}"},
        {"offset", "{\"target\":\"a.com\",\"offset\":20001}"},
        {"mode", "{\"target\":\"a.com\",\"mode\":\"one_per_page\"}"},
        {"custom_mode", "{\"target\":\"a.com\",\"custom_mode\":{\"field\":\"rank\",\"value\":1}}"},
        {"custom_mode", "{\"target\":\"a.com\",\"custom_mode\":{\"field\":\"anchor\"}}"},
        {"backlinks_status_type", "{\"target\":\"a.com\",\"backlinks_status_type\":\"dead\"}"},
        {"include_subdomains", "{\"target\":\"a.com\",\"include_subdomains\":\"true\"}"},
        {"include_indirect_links", "{\"target\":\"a.com\",\"include_indirect_links\":1}"},
        {"rank_scale", "{\"target\":\"a.com\",\"rank_scale\":100}"},
        {"tag", "{\"target\":\"a.com\",\"tag\":7}"},
        {"order_by", "{\"target\":\"a.com\",\"order_by\":\"rank,desc\"}"},
        {"order_by", "{\"target\":\"a.com\",\"order_by\":[\"rank\"]}"},
        {"order_by", "{\"target\":\"a.com\",\"order_by\":[\"rank,down\"]}"},
        {"order_by", "{\"target\":\"a.com\",\"order_by\":[\"attributes,asc\"]}"},
        {"order_by", "{\"target\":\"a.com\",\"order_by\":[\"type,asc\"]}"},
        {"order_by",
         "{\"target\":\"a.com\",\"order_by\":[\"rank,asc\",\"alt,asc\",\"anchor,asc\","
         "\"url_to,asc\"]}"},
        {"search_after_token", "{\"target\":\"a.com\",\"search_after_token\":\"x\"}"},
        {"search_after_token", "{\"target\":\"a.com\",\"search_after_token\":\"e30=\"}"},
    };

    START("--seed", "1");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char message[128], body[512];

        snprintf(message, sizeof(message), "Invalid Field: '%s'.", wrong[i][0]);
        snprintf(body, sizeof(body), "[%s]", wrong[i][1]);
        expect_refused(body, 40501, message);
    }
    stop();
}

Test(rules, lists_all_unknown_fields)
{
    START("--seed", "1");
    expect_refused("[{\"target\":\"a.com\",\"limt\":1,\"limit\":0,\"ofset\":2}]", 40506,
                   "Unknown Fields in POST Data: limt, ofset");
    stop();
}

Test(rules, takes_null_for_a_field_that_was_not_sent)
{
    START("--seed", "1");
    cr_expect(eq(int,
                 code_of("[{\"target\":\"a.com\",\"limit\":null,\"filters\":null,\"mode\":null,"
                         "\"search_after_token\":null,\"tag\":null}]",
                         NULL, 0),
                 20000));
    stop();
}

Test(rules, executes_and_bills_only_the_first_of_several_tasks)
{
    struct json_object *json;

    START("--seed", "1");
    json =
        live("[{\"target\":\"a.com\",\"limit\":3},{\"target\":\"b.com\"},{\"target\":\"c.com\"}]");
    cr_expect(eq(i64, int_at(json, "tasks_count"), 3));
    cr_expect(eq(i64, int_at(json, "tasks_error"), 2));
    cr_expect(eq(i64, int_at(json, "tasks.0.status_code"), 20000));
    cr_expect(eq(i64, int_at(json, "tasks.0.result.0.items_count"), 3));
    cr_expect(eq(i64, int_at(json, "tasks.2.status_code"), 40000));
    cr_expect_str_eq(text_at(json, "tasks.2.cost"), "0");
    cr_expect_str_eq(text_at(json, "tasks.2.data.target"), "c.com");
    cr_expect_str_eq(text_at(json, "cost"), "0.024108");
    cr_expect(eq(i64, spent(), 24108000));
    json_object_put(json);
    stop();
}

Test(rules, asks_the_list_price_to_the_nano_dollar)
{
    struct json_object *json;

    START("--items", "a.com=2500");
    json = live("[{\"target\":\"a.com\",\"limit\":1000}]");
    cr_expect_str_eq(text_at(json, "cost"), "0.06");
    cr_expect_str_eq(text_at(json, "tasks.0.cost"), "0.06");
    json_object_put(json);
    json = live("[{\"target\":\"a.com\",\"limit\":1000,\"offset\":2500}]");
    cr_expect_str_eq(text_at(json, "cost"), "0.024");
    cr_expect(at(json, ITEMS) == NULL);
    cr_expect(at(json, TOKEN) == NULL);
    cr_expect(eq(i64, int_at(json, "tasks.0.result.0.total_count"), 2500));
    json_object_put(json);
    json = live("[{\"target\":\"a.com\"}]");
    cr_expect(eq(i64, int_at(json, "tasks.0.result.0.items_count"), 100));
    cr_expect_str_eq(text_at(json, "cost"), "0.0276");
    json_object_put(json);
    cr_expect(eq(i64, spent(), 60000000 + 24000000 + 27600000));
    stop();
}

Test(rules, answers_a_target_by_name_and_seed_with_the_same_bytes_again)
{
    static const char body[] = "[{\"target\":\"example.com\",\"limit\":200}]";
    char *items[3];

    for (int i = 0; i < 3; i++) {
        struct json_object *json;

        START("--seed", i == 2 ? "8" : "7");
        json = live(body);
        items[i] = mem_strdup(text_at(json, ITEMS));
        json_object_put(json);
        stop();
    }
    cr_expect(strcmp(items[0], items[1]) == 0);
    cr_expect(strcmp(items[0], items[2]) != 0);
    for (int i = 0; i < 3; i++)
        free(items[i]);
}

Test(rules, gives_the_sample_answer_byte_for_byte)
{
    static const char *const asked[] = {
        "[{\"target\":\"forbes.com\",\"filters\":[\"dofollow\",\"=\",true],\"limit\":5}]",
        "[{\"limit\":5,\"target\":\"forbes.com\",\"filters\":[[\"dofollow\",\"=\",true]],"
        "\"offset\":0,\"tag\":\"mine\",\"order_by\":[\"first_seen,asc\"],\"mode\":\"as_is\"}]"};
    static const char *const others[] = {
        "[{\"target\":\"forbes.com\",\"filters\":[\"dofollow\",\"=\",true],\"limit\":6}]",
        "[{\"target\":\"forbes.com\",\"filters\":[\"dofollow\",\"=\",false],\"limit\":5}]",
        "[{\"target\":\"forbes.com\",\"filters\":[\"dofollow\",\"=\",true],\"limit\":5,\"offset\":5}]",
        ("[{\"target\":\"forbes.com\",\"filters\":[\"dofollow\",\"=\",true],\"limit\":5,"
         "\"mode\":\"one_per_domain\"}]"),
        "[{\"target\":\"forbes.org\",\"filters\":[\"dofollow\",\"=\",true],\"limit\":5}]"};
    char sample[32768];
    FILE *file = fopen(SOURCE_DIR "/tests/data/backlinks/sample.json", "rb");
    size_t size = fread(sample, 1, sizeof(sample), file);

    fclose(file);
    START("--seed", "1");
    for (size_t i = 0; i < 2; i++) {
        struct reply reply = ask_raw("POST", LIVE, AUTHORIZATION, asked[i]);

        cr_assert(eq(sz, reply.body.size, size));
        cr_expect(memcmp(reply.body.data, sample, size) == 0);
        buf_deinit(&reply.body);
    }
    cr_expect(eq(i64, spent(), 2 * 20150000));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct reply reply = ask_raw("POST", LIVE, AUTHORIZATION, others[i]);

        cr_expect(strstr(buf_text(&reply.body), "\"status_code\":20000") != NULL);
        cr_expect(strstr(buf_text(&reply.body), "www.opencart.com") == NULL, "%s", others[i]);
        buf_deinit(&reply.body);
    }
    stop();
}

Test(rules, tells_prices_and_what_is_left_of_the_balance)
{
    static const char price[] = "tasks.0.result.0.price.backlinks.backlinks.live.priority_normal";
    struct json_object *json;

    START("--login", "sandbox", "--items", "a.com=10");
    json_object_put(live("[{\"target\":\"a.com\"}]"));
    json = ask("GET", "/v3/appendix/user_data", "");
    cr_expect_str_eq(text_at(json, "tasks.0.result.0.login"), "sandbox");
    cr_expect_str_eq(text_at(json, "tasks.0.result.0.money.balance"), "9999.97564");
    cr_expect_str_eq(text_at(at(json, price), "0.cost_type"), "per_request");
    cr_expect_str_eq(text_at(at(json, price), "0.cost"), "0.024");
    cr_expect_str_eq(text_at(at(json, price), "1.cost_type"), "per_result");
    cr_expect_str_eq(text_at(at(json, price), "1.cost"), "0.000036");
    json_object_put(json);
    stop();
}

Test(rules, answers_user_data_six_times_a_minute)
{
    START("--seed", "1");
    for (int i = 0; i < 7; i++) {
        struct json_object *json = ask("GET", "/v3/appendix/user_data", "");

        cr_expect(eq(i64, int_at(json, TASK_CODE), i < 6 ? 20000 : 40202));
        json_object_put(json);
    }
    stop();
}

Test(rules, lists_every_field_that_can_be_filtered)
{
    struct json_object *json, *fields;
    const struct endpoint *endpoint = endpoint_find("backlinks");
    int n = 0;

    START("--seed", "1");
    json = ask("GET", "/v3/backlinks/available_filters", "");
    fields = at(json, "tasks.0.result.0.backlinks");
    for (size_t i = 0; i < endpoint->n_columns; i++)
        n += endpoint->columns[i].filter != FILTER_NONE;
    cr_expect(eq(int, json_object_object_length(fields), n));
    cr_expect_str_eq(text_at(fields, "first_seen"), "time");
    cr_expect_str_eq(text_at(fields, "attributes"), "array.str");
    json_object_put(json);
    stop();
}

Test(rules, remembers_the_tasks_with_what_was_asked_and_what_it_cost)
{
    static const char list[] =
        "[{\"datetime_from\":\"2020-01-01 00:00:00 +00:00\","
        "\"datetime_to\":\"2099-01-01 00:00:00 +00:00\",\"sort\":\"asc\","
        "\"include_metadata\":true,\"limit\":2,\"offset\":1}]";
    struct json_object *paid, *json;

    START("--items", "a.com=10");
    json_object_put(live("[{\"target\":\"a.com\",\"tag\":\"one\"}]"));
    paid = live("[{\"target\":\"a.com\",\"tag\":\"two\",\"limit\":4}]");
    json_object_put(live("[{\"target\":\"a.com\",\"tag\":\"three\",\"limit\":0}]"));
    json_object_put(live("[{\"target\":\"a.com\",\"tag\":\"four\"}]"));
    json = ask("POST", "/v3/backlinks/id_list", list);
    cr_expect(eq(i64, int_at(json, "tasks.0.result_count"), 2));
    cr_expect_str_eq(text_at(json, "tasks.0.result.0.id"), text_at(paid, "tasks.0.id"));
    cr_expect_str_eq(text_at(json, "tasks.0.result.0.metadata.tag"), "two");
    cr_expect(eq(i64, int_at(json, "tasks.0.result.0.metadata.limit"), 4));
    cr_expect_str_eq(text_at(json, "tasks.0.result.0.cost"), "0.024144");
    cr_expect(eq(i64, int_at(json, "tasks.0.result.1.status"), 40501));
    cr_expect_str_eq(text_at(json, "tasks.0.result.1.cost"), "0");
    json_object_put(json);
    json_object_put(paid);

    json = ask("POST", "/v3/backlinks/id_list",
               "[{\"datetime_from\":\"2020-01-01\",\"datetime_to\":\"2020-01-02\"}]");
    cr_expect(eq(i64, int_at(json, TASK_CODE), 20000));
    cr_expect(eq(i64, int_at(json, "tasks.0.result_count"), 0));
    json_object_put(json);
    json = ask("POST", "/v3/backlinks/id_list", "[{\"datetime_from\":\"2020-13-01\"}]");
    cr_expect(eq(i64, int_at(json, TASK_CODE), 40501));
    json_object_put(json);
    stop();
}
