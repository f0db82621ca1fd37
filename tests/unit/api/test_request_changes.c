/* The requests of a night that asks for what changed. */
#include "api/request.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"

TestSuite(request_changes, .timeout = 10);

#define SINCE_S 1767323046 /* 2026-01-02 03:04:06 UTC */
#define SEEN "[\"first_seen\",\">\",\"2026-01-02 03:04:05 +00:00\"]"
#define BELOW_NEXT "[\"first_seen\",\"<\",\"2026-01-02 03:04:07 +00:00\"]"
#define RETURNED                                                                                   \
    "[[\"is_new\",\"=\",true],\"and\",[\"last_seen\",\">\",\"2026-01-02 03:04:05 +00:00\"]]"
#define FOLLOW "[\"dofollow\",\"=\",true]"
#define CONDITION "[\"rank\",\">\",1]"
#define FIVE                                                                                       \
    CONDITION ",\"and\"," CONDITION ",\"and\"," CONDITION ",\"and\",[" CONDITION                   \
              ",\"or\"," CONDITION "]"

/* Both as JSON, whatever the order of their keys; takes `actual`. */
static void expect_json(char *actual, const char *expected)
{
    struct json_object *is = json_tokener_parse(actual), *should = json_tokener_parse(expected);

    cr_assert(is != NULL && should != NULL, "%s", actual);
    cr_expect(json_object_equal(is, should), "%s\n%s", actual, expected);
    json_object_put(is);
    json_object_put(should);
    free(actual);
}

Test(request_changes, asks_for_what_is_new_with_the_filters_of_the_feed)
{
    static const char *const cases[][2] = {
        {"{}", "{\"filters\":[" SEEN ",\"or\"," RETURNED "]}"},
        {"{\"filters\":[]}", "{\"filters\":[" SEEN ",\"or\"," RETURNED "]}"},
        {"{\"filters\":" FOLLOW "}",
         "{\"filters\":[" FOLLOW ",\"and\",[" SEEN ",\"or\"," RETURNED "]]}"},
        {"{\"filters\":[" FOLLOW "]}",
         "{\"filters\":[[" FOLLOW "],\"and\",[" SEEN ",\"or\"," RETURNED "]]}"},
        {"{\"filters\":[" FOLLOW ",\"or\"," CONDITION "],\"limit\":500,\"mode\":\"as_is\","
         "\"include_subdomains\":false}",
         "{\"filters\":[[" FOLLOW ",\"or\"," CONDITION "],\"and\",[" SEEN ",\"or\"," RETURNED
         "]],\"limit\":500,\"mode\":\"as_is\",\"include_subdomains\":false}"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_json(request_new(cases[i][0], SINCE_S), cases[i][1]);
}

/* The order is the request's, so it is asked for as one that the user cuts. */
Test(request_changes, asks_for_what_is_lost_the_latest_first)
{
    char *lost = request_lost("{\"filters\":" FOLLOW ",\"limit\":10,\"order_by\":[\"rank,asc\"]}");
    char *order = request_order(endpoint_find("backlinks"), lost, /* is_cut= */ true);

    cr_expect_str_eq(order, "[\"last_seen,desc\",\"url_from,asc\"]");
    free(order);
    expect_json(lost, "{\"filters\":" FOLLOW
                      ",\"limit\":10,\"backlinks_status_type\":\"lost\","
                      "\"order_by\":[\"last_seen,desc\",\"url_from,asc\"]}");
    expect_json(request_lost("{\"backlinks_status_type\":\"live\"}"),
                "{\"backlinks_status_type\":\"lost\","
                "\"order_by\":[\"last_seen,desc\",\"url_from,asc\"]}");
}

Test(request_changes, asks_for_a_range_with_open_ends)
{
    static const struct {
        const char *request;
        int64_t from_s, to_s;
        const char *expected;
    } cases[] = {
        {"{\"limit\":5}", REQUEST_FROM_OPEN, REQUEST_TO_OPEN, "{\"limit\":5}"},
        {"{\"filters\":" FOLLOW "}", REQUEST_FROM_OPEN, REQUEST_TO_OPEN,
         "{\"filters\":" FOLLOW "}"},
        {"{}", SINCE_S, REQUEST_TO_OPEN, "{\"filters\":[" SEEN "]}"},
        {"{}", REQUEST_FROM_OPEN, SINCE_S + 1, "{\"filters\":[" BELOW_NEXT "]}"},
        {"{\"filters\":[" FOLLOW ",\"or\"," CONDITION "]}", SINCE_S, SINCE_S + 1,
         "{\"filters\":[[" FOLLOW ",\"or\"," CONDITION "],\"and\"," SEEN ",\"and\"," BELOW_NEXT
         "]}"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_json(request_in_range(cases[i].request, cases[i].from_s, cases[i].to_s),
                    cases[i].expected);
}

/* Whether what is asked for apart may be gone on with by value, and cut into slices. */
static void expect_walk(char *request, bool goes_on, bool is_cuttable)
{
    const struct endpoint *endpoint = endpoint_find("backlinks");
    char *order = request_order(endpoint, request, /* is_cut= */ false);
    const char *why;

    cr_expect(eq(int, request_walk_column(endpoint, request, order, &why) != NULL, goes_on), "%s",
              request);
    cr_expect(eq(int, request_may_be_cut(endpoint, request, order, &why), is_cuttable), "%s",
              request);
    free(order);
    free(request);
}

Test(request_changes, is_cut_into_slices_where_there_is_room_and_else_walked_as_a_chain)
{
    static const char five[] = "{\"filters\":[" FIVE "]}";

    expect_walk(request_in_range("{}", SINCE_S, SINCE_S + 9), true, true);
    expect_walk(request_new("{}", SINCE_S), true, true);
    expect_walk(request_in_range(five, SINCE_S, SINCE_S + 9), true, false);
    expect_walk(request_in_range(five, SINCE_S, REQUEST_TO_OPEN), true, true);
    expect_walk(request_new(five, SINCE_S), false, false);
}

Test(request_changes, counts_from_a_day)
{
    expect_json(request_since("{\"targets\":[\"a.com\",\"b.com\"]}", SINCE_S),
                "{\"targets\":[\"a.com\",\"b.com\"],\"date_from\":\"2026-01-02\"}");
    expect_json(request_since("{\"date_from\":\"2020-01-01\"}", SINCE_S - SINCE_S % 86400 - 1),
                "{\"date_from\":\"2026-01-01\"}");
}

Test(request_changes, says_where_it_cannot_be)
{
    static const struct {
        const char *endpoint, *request, *why; /* NULL: it can */
    } cases[] = {
        {"backlinks", "{}", NULL},
        {"backlinks", "{\"mode\":\"as_is\",\"backlinks_status_type\":\"live\"}", NULL},
        {"backlinks", "{\"order_by\":[\"rank,desc\"],\"limit\":10}", NULL},
        {"backlinks", "{\"filters\":[" FIVE "]}", NULL},
        {"backlinks", "{\"filters\":[" FIVE ",\"and\"," CONDITION "]}", "three more conditions"},
        {"backlinks", "{\"mode\":\"one_per_domain\"}", "grouped"},
        {"backlinks", "{\"custom_mode\":{\"field\":\"anchor\",\"value\":1}}", "grouped"},
        {"backlinks", "{\"backlinks_status_type\":\"all\"}", "backlinks_status_type"},
        {"backlinks", "{\"backlinks_status_type\":\"lost\"}", "backlinks_status_type"},
        {"page_intersection", "{\"targets\":{\"1\":\"a.com\"}}", "endpoint backlinks"},
        {"referring_domains", "{}", "endpoint backlinks"},
        {"bulk_new_lost_backlinks", "{}", "endpoint backlinks"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *why;
        bool can = request_can_change(endpoint_find(cases[i].endpoint), cases[i].request, &why);

        cr_expect(eq(int, can, cases[i].why == NULL), "%s", cases[i].request);
        cr_expect(can ? why == NULL : strstr(why, cases[i].why) != NULL, "%s: %s", cases[i].request,
                  why);
    }
}
