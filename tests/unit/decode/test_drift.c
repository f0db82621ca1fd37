/* What is not as the endpoint's table has it is noted once, with a name and a sample. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/mem.h"
#include "decode/drift.h"
#include "decode/fields.h"
#include "decode/page.h"
#include "unit/decode/decoded.h"

TestSuite(drift, .timeout = 20);

/* The notes of a page with these items, a line each; then the fields that never came, if asked. */
static char *noted(const char *endpoint, const char *items, bool with_gone)
{
    struct buf out = BUF_WITH_CEILING(1 << 16), chunk = BUF_WITH_CEILING(PAGE_CHUNK_MAX);
    CLEANUP(mem_free_string) char *body = body_of(items);
    struct memory memory = {.data = body, .size = strlen(body)};
    struct page_source source = memory_source(&memory);
    struct page *page = page_new(endpoint_find(endpoint), &source);
    const struct drift *drift = page_drift(page);
    bool is_end = false;
    struct err err;

    page_select(page, &decoded_front, PAGE_ROWS, 0, INT64_MAX, NULL);
    while (!is_end)
        cr_assert(page_next(page, &chunk, &is_end, &err), "%s", err.text);
    for (size_t i = 0; i < drift->n_notes; i++)
        buf_printf(&out, "%s %s %s\n", drift->notes[i].kind == DRIFT_NEW ? "new" : "type",
                   drift->notes[i].name, drift->notes[i].sample);
    if (with_gone)
        drift_list_gone(drift, &out);
    page_destroy(page);
    buf_deinit(&chunk);
    buf_append_string(&out, "");
    return buf_take(&out);
}

static void expect(const char *endpoint, const char *items, const char *expected)
{
    CLEANUP(mem_free_string) char *text = noted(endpoint, items, /* with_gone= */ false);

    cr_expect_str_eq(text, expected, "%s gives %s", items, text);
}

#define KEY "\"url_from\":\"a\",\"url_to\":\"b\""

Test(drift, notes_a_new_field_once_with_the_first_value)
{
    expect("backlinks", "{" KEY "}", "");
    expect("backlinks", "{" KEY ",\"color\":\"red\"},{" KEY ",\"color\":\"blue\"}",
           "new color \"red\"\n");
    expect("backlinks",
           "{" KEY
           ",\"ranked_keywords_info\":{\"page_from_keywords_count_top_3\":1,"
           "\"top_7\":[1]}}",
           "new ranked_keywords_info.top_7 [1]\n");
}

Test(drift, notes_a_value_of_another_type)
{
    expect("backlinks", "{" KEY ",\"rank\":\"high\"},{" KEY ",\"rank\":7}", "type rank \"high\"\n");
    expect("backlinks", "{" KEY ",\"ranked_keywords_info\":5}", "type ranked_keywords_info 5\n");
    expect("backlinks",
           "{" KEY ",\"ranked_keywords_info\":{\"page_from_keywords_count_top_3\":true}}",
           "type ranked_keywords_info.page_from_keywords_count_top_3 true\n");
    expect("backlinks", "{" KEY ",\"rank\":null}", "");
}

Test(drift, a_field_that_comes_twice_is_no_news)
{
    expect("backlinks", "{" KEY ",\"rank\":1,\"rank\":2}", "");
}

Test(drift, notes_what_stands_beside_the_parts_of_an_item)
{
    expect("domain_intersection",
           "{\"domain_intersection\":{\"1\":{\"target\":\"a\",\"color\":1},\"x\":2},\"more\":{},"
           "\"summary\":{\"intersections_count\":\"2\",\"y\":3}}",
           "new domain_intersection.x 2\nnew more {}\ntype summary.intersections_count \"2\"\n"
           "new summary.y 3\nnew color 1\n");
    expect("domain_intersection", "{\"domain_intersection\":{\"1\":{\"target\":\"a\"}}}", "");
}

Test(drift, samples_are_cut_and_fit_a_line)
{
    CLEANUP(mem_free_string) char *long_text = mem_new(400);
    CLEANUP(mem_free_string) char *items = NULL;
    CLEANUP(mem_free_string) char *text = NULL;

    memset(long_text, 'x', 399);
    long_text[399] = '\0';
    items = mem_printf("{" KEY ",\"a\\u0007b\\u00e9\":\"%s\"}", long_text);
    text = noted("backlinks", items, false);
    cr_expect(eq(int, strncmp(text, "new a b\xc3\xa9 \"xxxx", 15), 0), "%s", text);
    cr_expect(lt(sz, strlen(text), 120), "%s", text);
    cr_expect(eq(int, strcmp(text + strlen(text) - 4, "...\n"), 0), "%s", text);
}

Test(drift, knows_which_fields_never_came)
{
    CLEANUP(mem_free_string)
    char *text =
        noted("bulk_new_lost_backlinks",
              "{\"target\":\"a\",\"type\":null},{\"target\":\"b\",\"lost_backlinks\":1}", true);
    CLEANUP(mem_free_string) char *nothing = noted("bulk_new_lost_backlinks", "", true);

    cr_expect_str_eq(text, "new_backlinks");
    cr_expect_str_eq(nothing, "");
}

Test(drift, what_is_joined_is_there_once_and_listed_by_kind)
{
    struct drift all, page;
    struct field field = {.key = "color", .key_size = 5, .value = {.text = "1", .size = 1}};
    struct buf list = BUF_WITH_CEILING(4096);
    char key[2] = "a";

    drift_init(&all, endpoint_find("backlinks"));
    drift_init(&page, endpoint_find("backlinks"));
    drift_note(&page, DRIFT_NEW, NULL, &field);
    drift_note(&page, DRIFT_NEW, "outer", &field);
    drift_join(&all, &page);
    drift_join(&all, &page);
    drift_list(&all, DRIFT_NEW, &list);
    cr_expect_str_eq(buf_text(&list), "color (1), outer.color (1)");
    buf_clear(&list);
    drift_list(&all, DRIFT_TYPE, &list);
    cr_expect(eq(sz, list.size, 0));
    field.key = key;
    field.key_size = 1;
    for (; key[0] <= 'g'; key[0]++)
        drift_note(&all, DRIFT_TYPE, NULL, &field);
    drift_list(&all, DRIFT_TYPE, &list);
    cr_expect_str_eq(buf_text(&list), "a (1), b (1), c (1), d (1), e (1) and 2 more");
    drift_deinit(&all);
    drift_deinit(&page);
    buf_deinit(&list);
}

/* What is not documented, and was met once. */
Test(drift, nobody_wonders_where_a_field_is_lacking_that_may)
{
    CLEANUP(mem_free_string)
    char *text = noted("bulk_new_lost_backlinks",
                       "{\"target\":\"a.com\",\"new_backlinks\":1,\"lost_backlinks\":0}",
                       /* with_gone= */ true);

    cr_expect_str_eq(text, "");
}
