/* The items of intersections: several rows each, and every shape in which they have been seen. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/mem.h"
#include "decode/page.h"
#include "unit/decode/decoded.h"

TestSuite(keyed, .timeout = 60);

static void put_text(struct buf *out, const struct decoded *decoded, size_t row, const char *column)
{
    struct copy_field field = row_field(decoded, row, column);

    buf_printf(out, " %.*s", field.size < 0 ? 1 : field.size, field.size < 0 ? "-" : field.data);
}

static void put_number(struct buf *out, const struct decoded *decoded, size_t row,
                       const char *column)
{
    struct copy_field field = row_field(decoded, row, column);

    if (field.size < 0)
        buf_append_string(out, " -");
    else
        buf_printf(out, " %" PRId64, copy_field_number(field));
}

/* A line per row: ordinal, key, target, number of the link, count, what its key is over, extra;
 * then a line per reject, its reason and raw text. */
static char *told(const struct decoded *decoded)
{
    struct buf out = BUF_WITH_CEILING(1 << 20);

    for (size_t row = 0; row < decoded->rows.n_rows; row++) {
        char *extra = row_extra(decoded, row);

        put_number(&out, decoded, row, "ordinal");
        put_text(&out, decoded, row, "target_key");
        put_text(&out, decoded, row, "target");
        if (decoded->endpoint->has_link_no)
            put_number(&out, decoded, row, "link_no");
        put_number(&out, decoded, row, "intersections_count");
        for (size_t i = 0; decoded->endpoint->key_columns[i] != NULL; i++)
            put_text(&out, decoded, row,
                     endpoint_column(decoded->endpoint, decoded->endpoint->key_columns[i])->name);
        buf_printf(&out, " %s\n", extra == NULL ? "-" : extra);
        free(extra);
    }
    for (size_t row = 0; row < decoded->rejects.n_rows; row++) {
        struct copy_field reason = copy_field_at(&decoded->rejects, row, 6);
        struct copy_field raw = copy_field_at(&decoded->rejects, row, 7);

        buf_printf(&out, " reject: %.*s: %.*s\n", reason.size, reason.data, raw.size, raw.data);
    }
    return buf_take(&out);
}

static void expect(const char *endpoint, const char *items, int64_t n_extra, const char *expected)
{
    struct decoded decoded = decode_items_of(endpoint, items);
    CLEANUP(mem_free_string) char *text = NULL;

    cr_assert(decoded.is_fine, "%s: %s", items, decoded.err.text);
    text = told(&decoded);
    cr_expect_str_eq(text, expected, "%s\n--- gives\n%s--- but should\n%s", items, text, expected);
    cr_expect(eq(i64, decoded.counts.n_extra, n_extra), "%s", items);
    cr_expect(eq(i64, decoded.counts.n_items, decoded.envelope.n_items), "%s", items);
    cr_expect(eq(i64, decoded.reject_counts.n_items, decoded.envelope.n_items), "%s", items);
    cr_expect(eq(i64, decoded.counts.n_rows, (int64_t)decoded.rows.n_rows), "%s", items);
    cr_expect(eq(i64, decoded.counts.n_rejects, (int64_t)decoded.rejects.n_rows), "%s", items);
    decoded_deinit(&decoded);
}

struct shape {
    const char *items;
    int64_t n_extra;
    const char *rows;
};

#define D(more) "{\"target\":\"a.example\"" more "}"

static const struct shape domains[] = {
    {"{\"domain_intersection\":{\"1\":" D("") ",\"2\":" D("") "},\"summary\":{\"intersections_"
                                                              "count\":2}}",
     0, " 1001 1 moz.com 2 a.example -\n 1001 2 ahrefs.com 2 a.example -\n"},
    /* keys in any order, one missing, one that nobody asked for */
    {"{\"summary\":{\"intersections_count\":1},\"domain_intersection\":{\"7\":" D(
         "") "}},"
             "{\"domain_intersection\":{\"2\":" D("") ",\"1\":" D("") "}}",
     0,
     " 1001 7  1 a.example -\n"
     " 1002 2 ahrefs.com - a.example -\n 1002 1 moz.com - a.example -\n"},
    /* null keys, null or missing summary, a count that stands in the item itself */
    {"{\"domain_intersection\":{\"1\":null,\"2\":" D("") "},\"summary\":null},"
                                                         "{\"domain_intersection\":{\"1\":" D(
                                                             "") "},\"intersections_count\":3}",
     0, " 1001 2 ahrefs.com - a.example -\n 1002 1 moz.com 3 a.example -\n"},
    /* before 2023: no wrapper, no summary */
    {"{\"1\":" D("") ",\"2\":" D(",\"rank\":5") "}", 0,
     " 1001 1 moz.com - a.example -\n 1001 2 ahrefs.com - a.example -\n"},
    {"{\"domain_intersection\":null,\"2\":" D("") "}", 0, " 1001 2 ahrefs.com - a.example -\n"},
    /* an array where an object stands as a rule */
    {"{\"domain_intersection\":{\"1\":[" D("") ",null," D(",\"rank\":1") "]}}", 0,
     " 1001 1 moz.com - a.example -\n 1001 1 moz.com - a.example -\n"},
    /* what is left over: of a part, of the item, of the wrapper, of the summary */
    {"{\"domain_intersection\":{\"1\":" D(",\"new\":1") ",\"2\":" D(
         "") ",\"x\":{\"y\":[1]}},"
             "\"color\":\"red\",\"summary\":{\"intersections_count\":\"2\",\"more\":null}}",
     5,
     " 1001 1 moz.com - a.example {\"new\":1,\"item\":{\"domain_intersection\":{\"x\":{\"y\":[1]}},"
     "\"color\":\"red\",\"summary\":{\"intersections_count\":\"2\",\"more\":null}}}\n"
     " 1001 2 ahrefs.com - a.example -\n"},
    /* both counts: the summary's holds */
    {"{\"intersections_count\":9,\"summary\":{\"intersections_count\":2},\"domain_intersection\":{"
     "\"1\":" D("") "}}",
     1, " 1001 1 moz.com 2 a.example {\"item\":{\"intersections_count\":9}}\n"},
    /* of equal keys the last counts */
    {"{\"domain_intersection\":{\"1\":{\"target\":\"old.example\"},\"1\":" D("") "}}", 1,
     " 1001 1 moz.com - a.example {\"item\":{\"domain_intersection\":{\"1#1\":{\"target\":\"old."
     "example\"}}}}\n"},
    {"{\"domain_intersection\":{\"1\":{\"target\":\"old.example\"}},\"domain_intersection\":{\"2\":" D(
         "") "}}",
     1,
     " 1001 2 ahrefs.com - a.example {\"item\":{\"domain_intersection#1\":{\"1\":{\"target\":\"old."
     "example\"}}}}\n"},
    /* a part of its own that is called item */
    {"{\"domain_intersection\":{\"1\":" D(",\"item\":7") "},\"more\":1}", 2,
     " 1001 1 moz.com - a.example {\"item#1\":7,\"item\":{\"more\":1}}\n"},
    /* no key, no object, nothing at all */
    {"{\"domain_intersection\":{\"1\":{\"rank\":5},\"2\":" D("") "}}", 0,
     " 1001 2 ahrefs.com - a.example -\n reject: target is missing: {\"rank\":5}\n"},
    {"{\"domain_intersection\":{\"1\":5}}", 0,
     " reject: under a target's key stands no object: 5\n"},
    {"{\"domain_intersection\":{}},{\"domain_intersection\":{\"1\":null}},{},{\"summary\":null}", 0,
     " reject: no target's key has an object: {\"domain_intersection\":{}}\n"
     " reject: no target's key has an object: {\"domain_intersection\":{\"1\":null}}\n"
     " reject: no target's key has an object: {}\n"
     " reject: no target's key has an object: {\"summary\":null}\n"},
    /* what is left over goes with the first row, be it the second part; without any, with the item
     */
    {"{\"domain_intersection\":{\"1\":{},\"2\":" D("") "},\"more\":1}", 1,
     " 1001 2 ahrefs.com - a.example {\"item\":{\"more\":1}}\n reject: target is missing: {}\n"},
    {"{\"domain_intersection\":{\"1\":{}},\"more\":1}", 0,
     " reject: target is missing: {}\n reject: no target's key has an object: "
     "{\"domain_intersection\":{\"1\":{}},\"more\":1}\n"},
    {"7,{\"domain_intersection\":{\"1\":" D("") "}}", 0,
     " 1002 1 moz.com - a.example -\n reject: not an object: 7\n"},
};

#define L(to, more) "{\"url_from\":\"u\",\"url_to\":\"" to "\"" more "}"

static const struct shape pages[] = {
    {"{\"page_intersection\":{\"1\":[" L("x", "") "," L("y", "") "],\"2\":[" L(
         "z", "") "]},"
                  "\"summary\":{\"intersections_count\":2}}",
     0, " 1001 1 moz.com 1 2 u x -\n 1001 1 moz.com 2 2 u y -\n 1001 2 ahrefs.com 1 2 u z -\n"},
    {"{\"page_intersection\":{\"1\":[],\"2\":" L("z", "") ",\"3\":null}}", 0,
     " 1001 2 ahrefs.com 1 - u z -\n"},
    /* a link without a key stands alone; the others keep their numbers */
    {"{\"page_intersection\":{\"1\":[" L("x", "") ",{\"url_from\":\"u\"},[]," L("y", "") "]}}", 0,
     " 1001 1 moz.com 1 - u x -\n 1001 1 moz.com 4 - u y -\n"
     " reject: url_to is missing: {\"url_from\":\"u\"}\n"
     " reject: under a target's key stands no object: []\n"},
    {"{\"page_intersection\":{\"1\":[],\"2\":[null]}}", 0,
     " reject: no target's key has an object: {\"page_intersection\":{\"1\":[],\"2\":[null]}}\n"},
};

#define EXPECT_ALL(endpoint, shapes)                                                               \
    for (size_t i = 0; i < sizeof(shapes) / sizeof((shapes)[0]); i++)                              \
    expect(endpoint, (shapes)[i].items, (shapes)[i].n_extra, (shapes)[i].rows)

Test(keyed, domains_are_rows_in_whatever_shape_they_come)
{
    EXPECT_ALL("domain_intersection", domains);
}

Test(keyed, links_are_rows_in_whatever_shape_they_come)
{
    EXPECT_ALL("page_intersection", pages);
}

/* A link_key is the link's alone, whatever target it is for: repeats are found by both. */
Test(keyed, a_key_is_the_same_under_every_target)
{
    struct decoded decoded =
        decode_items_of("domain_intersection", "{\"domain_intersection\":{\"1\":" D("") ",\"2\":" D(
                                                   "") ",\"3\":{\"target\":\"b.example\"}}}");
    struct copy_field first = row_field(&decoded, 0, "link_key");
    struct copy_field second = row_field(&decoded, 1, "link_key");
    struct copy_field third = row_field(&decoded, 2, "link_key");

    cr_expect(eq(int, memcmp(first.data, second.data, 16), 0));
    cr_expect(ne(int, memcmp(first.data, third.data, 16), 0));
    decoded_deinit(&decoded);
}

/* An item with very many links is handed out in bounded chunks, and is still one item. */
Test(keyed, an_item_of_many_links_comes_in_chunks)
{
    const size_t n_links = 200000;
    struct buf items = BUF_WITH_CEILING(64 << 20), chunk;
    CLEANUP(mem_free_string) char *body = NULL;
    struct memory memory;
    struct page_source source = memory_source(&memory);
    struct page *page = page_new(endpoint_find("page_intersection"), &source);
    size_t largest = 0, n_chunks = 0;
    bool is_end = false;
    struct err err;

    buf_append_string(&items, "{\"page_intersection\":{\"1\":[");
    for (size_t i = 0; i < n_links; i++)
        buf_printf(&items, "%s" L("y", ""), i > 0 ? "," : "");
    buf_append_string(&items, "]}}");
    body = body_of(buf_text(&items));
    memory = (struct memory){.data = body, .size = strlen(body)};
    page_select(page, &decoded_front, PAGE_ROWS, 0, INT64_MAX, NULL);
    buf_init(&chunk, PAGE_CHUNK_MAX);
    while (!is_end) {
        buf_clear(&chunk);
        cr_assert(page_next(page, &chunk, &is_end, &err), "%s", err.text);
        largest = chunk.size > largest ? chunk.size : largest;
        n_chunks++;
    }
    cr_expect(eq(i64, page_counts(page)->n_rows, (int64_t)n_links));
    cr_expect(eq(i64, page_counts(page)->n_items, 1));
    cr_expect(gt(sz, n_chunks, 100));
    cr_expect(lt(sz, largest, 2 * PAGE_CHUNK_SIZE));
    buf_deinit(&chunk);
    buf_deinit(&items);
    page_destroy(page);
}
