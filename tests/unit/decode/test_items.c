#include "decode/items.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/mem.h"
#include "unit/decode/decoded.h"

TestSuite(items, .timeout = 60);

enum { REJECT_ORDINAL = 4, REJECT_TARGET, REJECT_REASON, REJECT_RAW };

static void expect_reject(const char *item, const char *reason, const char *raw)
{
    char *good = item_of(""), *items = mem_printf("%s, %s ,%s", good, item, good);
    struct decoded decoded = decode_items(items);

    cr_assert(decoded.is_fine, "%s: %s", item, decoded.err.text);
    cr_expect(eq(i64, decoded.envelope.n_items, 3), "%s", item);
    cr_expect(eq(i64, decoded.counts.n_items, 3), "%s", item);
    cr_expect(eq(i64, decoded.counts.n_rows, 2), "%s", item);
    cr_expect(eq(i64, decoded.counts.n_rejects, 1), "%s", item);
    cr_assert(eq(sz, decoded.rows.n_rows, 2), "%s", item);
    cr_expect(eq(i64, copy_field_number(row_field(&decoded, 1, "ordinal")), 1003), "%s", item);
    cr_assert(eq(sz, decoded.rejects.n_rows, 1), "%s", item);
    cr_assert(eq(sz, decoded.rejects.n_columns, 9));
    cr_expect(eq(i64, copy_field_number(copy_field_at(&decoded.rejects, 0, REJECT_ORDINAL)), 1002));
    cr_expect(copy_field_is(copy_field_at(&decoded.rejects, 0, REJECT_TARGET), "moz.com"));
    cr_expect(copy_field_is(copy_field_at(&decoded.rejects, 0, REJECT_REASON), reason), "%s: %.*s",
              item, copy_field_at(&decoded.rejects, 0, REJECT_REASON).size,
              copy_field_at(&decoded.rejects, 0, REJECT_REASON).data);
    cr_expect(copy_field_is(copy_field_at(&decoded.rejects, 0, REJECT_RAW), raw), "%s", item);
    decoded_deinit(&decoded);
    free(good);
    free(items);
}

Test(items, rejects_what_is_no_item_and_keeps_its_text_and_its_neighbours)
{
    expect_reject("7", "not an object", "7");
    expect_reject("\"a,]}\"", "not an object but a string", "\"a,]}\"");
    expect_reject("[{}]", "not an object but an array", "[{}]");
    expect_reject("null", "not an object but null", "null");
    expect_reject("true", "not an object but true or false", "true");
    expect_reject("", "nothing between two commas", "");
    expect_reject("hello", "not an object", "hello");
    expect_reject("{}", "url_from is missing", "{}");
    expect_reject("{\"url_from\":\"a\"}", "url_to is missing", "{\"url_from\":\"a\"}");
    expect_reject("{\"url_from\":\"a\",\"url_to\":null}", "url_to is null",
                  "{\"url_from\":\"a\",\"url_to\":null}");
    expect_reject("{\"url_from\":7,\"url_to\":\"b\"}", "url_from is not a string",
                  "{\"url_from\":7,\"url_to\":\"b\"}");
}

Test(items, rejects_an_item_with_a_syntax_error_alone)
{
    expect_reject("{\"a\":nul}", "not valid JSON: a value is malformed", "{\"a\":nul}");
    expect_reject("{\"a\":01}", "not valid JSON: a comma, a colon, a quote or a brace is missing",
                  "{\"a\":01}");
    expect_reject("{\"a\" 1}", "not valid JSON: a comma, a colon, a quote or a brace is missing",
                  "{\"a\" 1}");
    expect_reject("{\"\\x\":1}", "not valid JSON: a key is malformed", "{\"\\x\":1}");
    expect_reject("{\"a\":1,}", "not valid JSON: a comma, a colon, a quote or a brace is missing",
                  "{\"a\":1,}");
    expect_reject("{\"a\":[1,{2}]}", "not valid JSON: a value is malformed", "{\"a\":[1,{2}]}");
    expect_reject("{} {}", "not valid JSON: something stands behind the object", "{} {}");
    expect_reject("{\"a\":\"\n\"}", "not valid JSON: a value is malformed", "{\"a\":\"\n\"}");
    expect_reject("{\"a\":\"\xff\x01\"}", "not valid JSON: a value is malformed",
                  "{\"a\":\"\xef\xbf\xbd\x01\"}");
}

Test(items, counts_elements_the_same_way_in_both_passes)
{
    static const struct {
        const char *items;
        int64_t n;
    } cases[] = {
        {"", 0},   {" \n", 0}, {",", 2},       {" , ,", 3},
        {"1,", 2}, {"{},", 2}, {"[],[[]]", 2}, {"\"", -1},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct decoded decoded = decode_items(cases[i].items);

        cr_expect(eq(int, decoded.is_fine, cases[i].n >= 0), "%s", cases[i].items);
        if (cases[i].n >= 0) {
            cr_expect(eq(i64, decoded.envelope.n_items, cases[i].n), "%s", cases[i].items);
            cr_expect(eq(i64, decoded.counts.n_items, cases[i].n), "%s", cases[i].items);
            cr_expect(eq(i64, decoded.counts.n_rejects, cases[i].n), "%s", cases[i].items);
        }
        decoded_deinit(&decoded);
    }
}

Test(items, rejects_an_item_with_too_many_keys)
{
    for (unsigned n = FIELDS_MAX - 2; n <= FIELDS_MAX - 1; n++) {
        struct buf more = BUF_WITH_CEILING(1 << 20);
        struct decoded decoded;
        char *item;

        for (unsigned i = 0; i < n; i++)
            buf_printf(&more, ",\"k%u\":%u", i, i);
        item = item_of(buf_text(&more));
        decoded = decode_items(item);
        cr_assert(decoded.is_fine, "%s", decoded.err.text);
        cr_expect(eq(i64, decoded.counts.n_rejects, n == FIELDS_MAX - 1));
        cr_expect(eq(i64, decoded.counts.n_extra, n == FIELDS_MAX - 1 ? 0 : n));
        decoded_deinit(&decoded);
        buf_deinit(&more);
        free(item);
    }
}

/* A long item between two others; its text has `size` bytes. */
static struct decoded decode_long(size_t size)
{
    char *filler = mem_new(size + 1), *empty = item_of(",\"alt\":\"\""), *more, *item, *items;
    struct decoded decoded;

    memset(filler, 'x', size - strlen(empty));
    more = mem_printf(",\"alt\":\"%s\"", filler);
    item = item_of(more);
    cr_assert(eq(sz, strlen(item), size));
    items = mem_printf("%s,%s\n,%s", empty, item, empty);
    decoded = decode_items(items);
    free(filler);
    free(empty);
    free(more);
    free(item);
    free(items);
    return decoded;
}

Test(items, takes_an_item_of_16_mib_and_keeps_the_head_of_a_longer_one)
{
    struct decoded decoded = decode_long(ITEM_SIZE_MAX - 1);

    cr_assert(decoded.is_fine, "%s", decoded.err.text);
    cr_expect(eq(i64, decoded.counts.n_rows, 3));
    cr_expect(row_field(&decoded, 1, "alt").size > (int)ITEM_SIZE_MAX - 100);
    decoded_deinit(&decoded);

    for (size_t more = 1; more < 300000; more += 200000) {
        struct copy_field raw;

        decoded = decode_long(ITEM_SIZE_MAX + more);
        cr_assert(decoded.is_fine, "%s", decoded.err.text);
        cr_expect(eq(i64, decoded.counts.n_rows, 2));
        cr_assert(eq(sz, decoded.rejects.n_rows, 1));
        cr_expect(copy_field_is(copy_field_at(&decoded.rejects, 0, REJECT_REASON),
                                "longer than 16 MiB; what is here is its beginning"));
        raw = copy_field_at(&decoded.rejects, 0, REJECT_RAW);
        cr_expect(eq(sz, (size_t)raw.size, ITEM_SIZE_MAX));
        cr_expect(eq(int, memcmp(raw.data, "{\"url_from\"", 11), 0));
        decoded_deinit(&decoded);
    }
}

static void expect_same(const struct item *a, const struct item *b)
{
    cr_expect(eq(sz, a->size, b->size));
    cr_expect(eq(int, memcmp(a->text, b->text, a->size), 0));
}

Test(items, are_the_same_wherever_the_window_ends)
{
    struct buf items = BUF_WITH_CEILING(1 << 22);
    struct err err;

    srand(3);
    for (unsigned i = 0; i < 300; i++)
        buf_printf(&items, "%s{\"a\":\"%0*d\",\"b\":[%u]}", i == 0 ? "" : " , ", rand() % 3000 + 1,
                   0, i);
    buf_append_string(&items, "]");
    for (size_t piece = 1; piece < 200000; piece = piece * 7 + 1) {
        struct memory whole_memory = {.data = items.data, .size = items.size};
        struct memory memory = {.data = items.data, .size = items.size, .piece = piece};
        struct page_source whole_source = memory_source(&whole_memory);
        struct page_source source = memory_source(&memory);
        struct items *a = mem_new(sizeof *a), *b = mem_new(sizeof *b);
        bool is_end = false;

        cr_assert(items_open(a, &whole_source, 0, &err) && items_open(b, &source, 0, &err));
        for (int64_t i = 0; i < 300; i++) {
            struct item item_a, item_b;

            cr_assert(items_next(a, true, &item_a, &is_end, &err) && !is_end);
            cr_assert(items_next(b, i % 3 != 1, &item_b, &is_end, &err) && !is_end);
            cr_expect(item_a.complaint == NULL);
            cr_expect(eq(i64, item_b.index, i));
            if (i % 3 != 1)
                expect_same(&item_a, &item_b);
        }
        cr_assert(items_next(a, true, &(struct item){0}, &is_end, &err) && is_end);
        items_close(a);
        items_close(b);
        free(a);
        free(b);
    }
    buf_deinit(&items);
}
