#include "api/request.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/uuid.h"

TestSuite(request, .timeout = 10);

#define REQUEST "{\"filters\":[[\"dofollow\",\"=\",true]],\"limit\":500,\"mode\":\"as_is\"}"

static const struct request_page page_1 = {.target = "example.com",
                                           .limit = 1000,
                                           .range = {REQUEST_FROM_OPEN, REQUEST_TO_OPEN},
                                           .tag = "lh/x/1.0"};

static void expect_text(char *actual, const char *expected)
{
    if (expected == NULL || actual == NULL)
        cr_expect(actual == expected, "%s", actual);
    else
        cr_expect_str_eq(actual, expected);
    free(actual);
}

/* The body's one task; the caller puts it. */
static struct json_object *task_of(const char *request, const struct request_page *page)
{
    char *body = request_body(endpoint_find("backlinks"), request, page);
    struct json_object *tasks = json_tokener_parse(body);
    struct json_object *task;

    cr_assert(json_object_is_type(tasks, json_type_array), "%s", body);
    cr_assert(eq(sz, json_object_array_length(tasks), 1), "a live call takes one task");
    task = json_object_get(json_object_array_get_idx(tasks, 0));
    json_object_put(tasks);
    free(body);
    return task;
}

static void expect_value(struct json_object *task, const char *key, const char *json)
{
    struct json_object *value;
    bool has_key = json_object_object_get_ex(task, key, &value);

    cr_expect(eq(int, has_key, json != NULL), "%s", key);
    if (has_key && json != NULL)
        cr_expect_str_eq(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN |
                                                                   JSON_C_TO_STRING_NOSLASHESCAPE),
                         json);
}

Test(request, sends_the_jobs_parameters_and_our_own)
{
    struct json_object *task = task_of(REQUEST, &page_1);

    expect_value(task, "target", "\"example.com\"");
    expect_value(task, "filters", "[[\"dofollow\",\"=\",true]]");
    expect_value(task, "mode", "\"as_is\"");
    expect_value(task, "limit", "1000"); /* the slice's, not the job's */
    expect_value(task, "tag", "\"lh/x/1.0\"");
    cr_expect(eq(int, json_object_object_length(task), 5));
    json_object_put(task);
}

Test(request, holds_a_token_or_an_offset_and_never_both)
{
    for (int64_t position = 0; position <= 20000; position += 1000)
        for (int has_token = 0; has_token <= 1; has_token++) {
            struct request_page page = page_1;
            struct json_object *task;
            char offset[16];

            page.position = position;
            page.token = has_token ? "bmV4dA==" : NULL;
            task = task_of("{}", &page);
            snprintf(offset, sizeof(offset), "%d", (int)position);
            expect_value(task, "offset", has_token || position == 0 ? NULL : offset);
            expect_value(task, "search_after_token", has_token ? "\"bmV4dA==\"" : NULL);
            json_object_put(task);
        }
}

Test(request, changes_nothing_but_the_token_along_a_chain)
{
    struct request_page page = page_1;
    struct json_object *first, *second;

    page.token = "one";
    page.order_by = "[\"first_seen,asc\"]";
    page.position = 1000;
    first = task_of(REQUEST, &page);
    page.token = "two";
    page.position = 2000;
    second = task_of(REQUEST, &page);
    json_object_object_del(first, "search_after_token");
    json_object_object_del(second, "search_after_token");
    cr_expect(json_object_equal(first, second));
    json_object_put(first);
    json_object_put(second);
}

Test(request, sends_the_order_of_the_slice_and_not_that_of_the_job)
{
    struct request_page page = page_1;
    struct json_object *task = task_of("{\"order_by\":[\"rank,desc\"]}", &page);

    expect_value(task, "order_by", NULL);
    json_object_put(task);
    page.order_by = "[\"first_seen,asc\",\"url_from,asc\"]";
    task = task_of("{\"order_by\":[\"rank,desc\"]}", &page);
    expect_value(task, "order_by", "[\"first_seen,asc\",\"url_from,asc\"]");
    json_object_put(task);
}

Test(request, keeps_any_text_as_it_is)
{
    struct request_page page = page_1;
    struct json_object *task;

    page.target = "https://example.com/a\"b\\c/\xc3\xa4?x=[1]&y={2}";
    page.tag = "lh/x/1.0 it's \"mine\"";
    page.token = "a/b+c==\"";
    task = task_of("{}", &page);
    expect_value(task, "target", "\"https://example.com/a\\\"b\\\\c/\xc3\xa4?x=[1]&y={2}\"");
    expect_value(task, "tag", "\"lh/x/1.0 it's \\\"mine\\\"\"");
    expect_value(task, "search_after_token", "\"a/b+c==\\\"\"");
    json_object_put(task);
}

Test(request, takes_the_smallest_page_that_is_asked_for)
{
    static const struct {
        const char *request;
        int64_t max_rows, limit;
    } cases[] = {
        {"{}", 0, 1000},
        {"{}", 1, 1},
        {"{}", 999, 999},
        {"{}", 1000, 1000},
        {"{}", 1001, 1000},
        {"{\"limit\":5}", 0, 5},
        {"{\"limit\":5}", 3, 3},
        {"{\"limit\":5}", 5, 5},
        {"{\"limit\":5}", 200000, 5},
        {"{\"limit\":1}", 0, 1},
        {"{\"limit\":1000}", 0, 1000},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        cr_expect(eq(i64,
                     request_limit(endpoint_find("backlinks"), cases[i].request, cases[i].max_rows),
                     cases[i].limit),
                  "%s, max_rows %d", cases[i].request, (int)cases[i].max_rows);
}

static char *order_of(const char *request, bool is_cut)
{
    return request_order(endpoint_find("backlinks"), request, is_cut);
}

Test(request, walks_a_whole_listing_in_our_order_whatever_the_job_says)
{
    static const char *const requests[] = {"{}", "{\"order_by\":[\"rank,desc\"]}",
                                           "{\"order_by\":[\"a,asc\",\"b,asc\",\"c,asc\"]}"};

    for (size_t i = 0; i < 3; i++)
        expect_text(order_of(requests[i], false), "[\"first_seen,asc\",\"url_from,asc\"]");
}

Test(request, walks_a_cut_listing_in_the_users_order_with_ties_broken)
{
    expect_text(order_of("{}", true), NULL); /* the API's own order is what the user has chosen */
    expect_text(order_of("{\"order_by\":[\"rank,desc\"]}", true),
                "[\"rank,desc\",\"url_from,asc\"]");
    expect_text(order_of("{\"order_by\":[\"rank,desc\",\"last_seen,asc\"]}", true),
                "[\"rank,desc\",\"last_seen,asc\",\"url_from,asc\"]");
    expect_text(order_of("{\"order_by\":[\"rank,desc\",\"last_seen,asc\",\"anchor,asc\"]}", true),
                "[\"rank,desc\",\"last_seen,asc\",\"anchor,asc\"]");
    expect_text(order_of("{\"order_by\":[\"url_from,desc\"]}", true), "[\"url_from,desc\"]");
    expect_text(order_of("{\"order_by\":[\"url_from_https,desc\"]}", true),
                "[\"url_from_https,desc\",\"url_from,asc\"]");
}

Test(request, tags_every_call_of_a_slice_alike_and_within_the_vendors_limit)
{
    struct uuid run, other;
    char request[256];
    char *tag, *of_other;

    cr_assert(uuid_parse("0d6a2f5e-1111-4222-8333-4444449f3c21", &run));
    cr_assert(uuid_parse("0d6a2f5e-1111-4222-8333-4444449f3c22", &other));
    expect_text(request_tag("{}", "a1b2c3d4", &run, 42, 0), "lh/a1b2c3d4/9f3c21-42.0");
    expect_text(request_tag("{\"tag\":\"mine\"}", "a1b2c3d4", &run, 42, 7),
                "lh/a1b2c3d4/9f3c21-42.7 mine");
    snprintf(request, sizeof(request), "{\"tag\":\"%0160d\"}", 0);
    tag = request_tag(request, "a1b2c3d4", &run, INT64_MAX, INT32_MAX);
    of_other = request_tag(request, "a1b2c3d4", &other, INT64_MAX, INT32_MAX);
    cr_expect(le(sz, strlen(tag), 255));
    cr_expect(ne(str, tag, of_other), "a listing's number may be given out twice");
    free(tag);
    free(of_other);
}

/* --- slices that are cut out of a listing ---------------------------------------------------- */

#define FROM_S 1767323046 /* 2026-01-02 03:04:06 UTC */
#define ABOVE "[\"first_seen\",\">\",\"2026-01-02 03:04:05 +00:00\"]"
#define BELOW "[\"first_seen\",\"<\",\"2026-01-02 03:04:06 +00:00\"]"
#define BELOW_NEXT "[\"first_seen\",\"<\",\"2026-01-02 03:04:07 +00:00\"]"

/* The API's > and < are strict, and to the second. */
Test(request, joins_the_range_of_a_slice_to_the_filters_of_the_job)
{
    static const struct {
        const char *request;
        struct request_range range;
        const char *filters;
    } cases[] = {
        {"{}", {FROM_S, REQUEST_TO_OPEN}, "[" ABOVE "]"},
        {"{}", {REQUEST_FROM_OPEN, FROM_S}, "[" BELOW "]"},
        {"{}", {FROM_S, FROM_S + 1}, "[" ABOVE ",\"and\"," BELOW_NEXT "]"},
        {"{\"filters\":[]}", {FROM_S, REQUEST_TO_OPEN}, "[" ABOVE "]"},
        {"{\"filters\":[\"rank\",\">\",1]}",
         {FROM_S, REQUEST_TO_OPEN},
         "[[\"rank\",\">\",1],\"and\"," ABOVE "]"},
        {"{\"filters\":[[\"rank\",\">\",1],\"or\",[\"rank\",\"<\",0]]}",
         {FROM_S, FROM_S + 1},
         "[[[\"rank\",\">\",1],\"or\",[\"rank\",\"<\",0]],\"and\"," ABOVE ",\"and\"," BELOW_NEXT
         "]"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct request_page page = page_1;
        struct json_object *task;

        page.range = cases[i].range;
        task = task_of(cases[i].request, &page);
        expect_value(task, "filters", cases[i].filters);
        json_object_put(task);
    }
}

Test(request, a_body_may_be_the_task_itself)
{
    struct request_page page = page_1, same = page_1;
    char *body, *array, *tag, *token;

    page.is_object = true;
    page.token = same.token = "a/b+c==";
    body = request_body(endpoint_find("backlinks"), REQUEST, &page);
    array = request_body(endpoint_find("backlinks"), REQUEST, &same);
    cr_expect(eq(int, body[0], '{'));
    cr_expect(eq(sz, strlen(array), strlen(body) + 2));
    cr_expect(eq(int, strncmp(array + 1, body, strlen(body)), 0));
    request_read_body(body, &tag, &token);
    expect_text(tag, page.tag);
    expect_text(token, page.token);
    free(body);
    free(array);
}

Test(request, reads_back_what_a_body_was_sent_with)
{
    struct request_page page = page_1;
    char *body, *tag, *token;

    page.tag = "lh/x/1.0 it's \"mine\"";
    body = request_body(endpoint_find("backlinks"), REQUEST, &page);
    request_read_body(body, &tag, &token);
    expect_text(tag, page.tag);
    expect_text(token, NULL);
    free(body);
    page.token = "a/b+c==";
    body = request_body(endpoint_find("backlinks"), REQUEST, &page);
    request_read_body(body, &tag, &token);
    expect_text(tag, page.tag);
    expect_text(token, page.token);
    free(body);
}

#define WALK "[\"first_seen,asc\",\"url_from,asc\"]"
#define SIX                                                                                        \
    "[\"a\",\">\",1],\"and\",[\"a\",\">\",2],\"and\",[[\"a\",\">\",3],\"or\",[\"a\",\">\",4]],"    \
    "\"and\",[\"a\",\">\",5],\"and\",[\"a\",\">\",6]"
#define SEVEN                                                                                      \
    "[\"a\",\">\",1],\"and\",[\"a\",\">\",2],\"and\",[[\"a\",\">\",3],\"or\",[\"a\",\">\",4]],"    \
    "\"and\",[\"a\",\">\",5],\"and\",[\"a\",\">\",6],\"and\",[\"a\",\">\",7]"

Test(request, goes_on_by_value_only_where_the_same_items_come)
{
    static const struct {
        const char *request, *order_by, *why; /* NULL: it can */
        const char *why_not_cut;              /* likewise; where it can be gone on with */
    } cases[] = {
        {"{}", WALK, NULL},
        {"{\"mode\":\"as_is\"}", WALK, NULL},
        {"{\"order_by\":[\"rank,desc\"]}", WALK, NULL}, /* the slice's order counts */
        {"{\"filters\":[\"a\",\">\",1]}", WALK, NULL},
        {"{\"filters\":[" SIX "]}", WALK, NULL},
        {"{\"filters\":[" SEVEN "]}", WALK, NULL, "no room for two more"},
        {"{\"filters\":[" SEVEN ",\"and\",[\"a\",\">\",8]]}", WALK, "no room for one more"},
        {"{\"mode\":\"one_per_domain\"}", WALK, "grouped"},
        {"{\"mode\":\"one_per_anchor\"}", WALK, "grouped"},
        {"{\"custom_mode\":{\"field\":\"anchor\",\"value\":2}}", WALK, "grouped"},
        {"{}", NULL, "order of the job's own"},
        {"{}", "[\"rank,desc\",\"url_from,asc\"]", "order of the job's own"},
        {"{}", "[\"first_seen,desc\",\"url_from,asc\"]", "order of the job's own"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *why = "";
        bool is_cuttable;
        const char *column = request_walk_column(endpoint_find("backlinks"), cases[i].request,
                                                 cases[i].order_by, &why);

        cr_expect(eq(int, column != NULL, cases[i].why == NULL), "%s", cases[i].request);
        if (column != NULL)
            cr_expect_str_eq(column, "first_seen");
        else
            cr_expect(strstr(why, cases[i].why) != NULL, "%s: %s", cases[i].request, why);
        is_cuttable = request_may_be_cut(endpoint_find("backlinks"), cases[i].request,
                                         cases[i].order_by, &why);
        cr_expect(eq(int, is_cuttable, column != NULL && cases[i].why_not_cut == NULL), "%s",
                  cases[i].request);
        if (cases[i].why_not_cut != NULL)
            cr_expect(strstr(why, cases[i].why_not_cut) != NULL, "%s: %s", cases[i].request, why);
    }
}
