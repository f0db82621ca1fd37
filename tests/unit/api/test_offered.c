#include "api/offered.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/buf.h"

TestSuite(offered, .timeout = 10);

static const struct column columns[] = {
    {"rank", "rank", COLUMN_BIGINT, FILTER_NUM, ""},
    {"attributes", "attributes", COLUMN_TEXT_ARRAY, FILTER_ARRAY, ""},
    {"top_3", "info.top_3", COLUMN_BIGINT, FILTER_NUM, ""},
    {"type", "type", COLUMN_TEXT, FILTER_NONE, ""},
};
static const struct endpoint endpoint = {.name = "links", .columns = columns, .n_columns = 4};

static void note(void *data, enum offered_change change, const char *field, const char *our_type,
                 const char *their_type)
{
    static const char *const words[] = {
        [OFFERED_NEW] = "new", [OFFERED_GONE] = "gone", [OFFERED_RETYPED] = "retyped"};

    buf_printf(data, "%s %s %s/%s; ", words[change], field, our_type, their_type);
}

/* The differences from an answer whose result is this. */
static void expect(const char *result, bool is_told, const char *differences)
{
    char text[1024], got[1024];
    struct buf found = BUF_WITH_CEILING(sizeof(got));
    bool is_named = !is_told;
    struct err err;

    snprintf(text, sizeof(text),
             "{\"status_code\":20000,\"tasks\":[{\"status_code\":20000,\"result\":[%s]}]}", result);
    cr_assert(offered_compare(text, strlen(text), &endpoint, note, &found, &is_named, &err), "%s",
              err.text);
    cr_expect(eq(int, is_named, is_told));
    snprintf(got, sizeof(got), "%s", buf_text(&found));
    cr_expect_str_eq(got, differences, "%s gives %s", result, got);
    buf_deinit(&found);
}

Test(offered, says_nothing_where_nothing_differs)
{
    expect("{\"links\":{\"rank\":\"num\",\"attributes\":\"array.str\",\"info.top_3\":\"num\"}}",
           true, "");
}

Test(offered, tells_what_is_new_what_is_gone_and_what_is_of_another_type)
{
    expect("{\"links\":{\"rank\":\"str\",\"attributes\":\"array.num\",\"color\":\"str\"}}", true,
           "retyped rank num/str; new color /str; gone info.top_3 num/; ");
    expect("{\"links\":{\"rank\":\"num\",\"attributes\":\"str\",\"info.top_3\":7}}", true,
           "retyped attributes array.str/str; retyped info.top_3 num/; ");
}

Test(offered, a_field_that_we_do_not_filter_by_is_a_change_where_the_api_does)
{
    expect(
        "{\"links\":{\"rank\":\"num\",\"attributes\":\"array.str\",\"info.top_3\":\"num\","
        "\"type\":\"str\"}}",
        true, "retyped type /str; ");
}

Test(offered, looks_at_the_first_number_of_an_intersection)
{
    expect(
        "{\"links\":{\"1.rank\":\"num\",\"2.rank\":\"str\",\"1.attributes\":\"array.str\","
        "\"1.info.top_3\":\"num\"}}",
        true, "");
    expect("{\"links\":{\"2.rank\":\"num\",\"1.color\":\"str\"}}", true,
           "new 1.color /str; gone rank num/; gone attributes array.str/; gone info.top_3 num/; ");
}

Test(offered, knows_where_the_api_is_silent)
{
    expect("{\"anchors\":{\"rank\":\"num\"}}", false, "");
    expect("{\"links\":null}", false, "");
    expect("null", false, "");
}

Test(offered, tells_a_refusal_and_what_is_no_answer_apart)
{
    const char *refusal = "{\"status_code\":40100,\"status_message\":\"no such login\"}";
    bool is_told;
    struct err err;

    cr_expect(
        not(offered_compare(refusal, strlen(refusal), &endpoint, note, NULL, &is_told, &err)));
    cr_expect(eq(int, err.kind, ERR_API));
    cr_expect_str_eq(err.text, "about filters: 40100 no such login");
    cr_expect(not(offered_compare("<html>", 6, &endpoint, note, NULL, &is_told, &err)));
    cr_expect(eq(int, err.kind, ERR_DATA));
}
