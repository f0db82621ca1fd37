#include "decode/page.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/mem.h"
#include "unit/decode/decoded.h"

TestSuite(page, .timeout = 60);

static struct {
    char *body;
    struct memory memory;
    struct page_source source;
    struct page *page;
    struct err err;
} f;

/* Items 0 … n-1, of which each tenth has no key; each has about `size` bytes. */
static void setup_page(unsigned n, unsigned size)
{
    struct buf items = BUF_WITH_CEILING(256 << 20);

    for (unsigned i = 0; i < n; i++) {
        if (i > 0)
            buf_append_string(&items, ",");
        if (i % 10 == 9)
            buf_printf(&items, "{\"no_key\":%u}", i);
        else
            buf_printf(&items, "{\"url_from\":\"f%u\",\"url_to\":\"t\",\"alt\":\"%0*u\"}", i,
                       (int)size, i);
    }
    f.body = body_of(buf_text(&items));
    buf_deinit(&items);
    f.memory = (struct memory){.data = f.body, .size = strlen(f.body)};
    f.source = memory_source(&f.memory);
    f.page = page_new(endpoint_find("backlinks"), &f.source);
}

static void teardown_page(void)
{
    page_destroy(f.page);
    free(f.body);
}

/* All chunks of a part as one; checks that each but the last is full and none far beyond. */
static struct copy_reader take(enum page_part part, int64_t first, int64_t n, const char *reason,
                               struct buf *bytes)
{
    struct buf chunk = BUF_WITH_CEILING(PAGE_CHUNK_MAX);
    struct copy_reader reader;
    bool is_end = false;

    *bytes = (struct buf)BUF_WITH_CEILING(1 << 30);
    page_select(f.page, &decoded_front, part, first, n, reason);
    while (!is_end) {
        buf_clear(&chunk);
        cr_assert(page_next(f.page, &chunk, &is_end, &f.err), "%s", f.err.text);
        cr_expect(is_end || chunk.size >= PAGE_CHUNK_SIZE);
        cr_expect(chunk.size < PAGE_CHUNK_SIZE + 10000);
        buf_append(bytes, chunk.data, chunk.size);
    }
    buf_deinit(&chunk);
    cr_assert(copy_read(&reader, bytes->data, bytes->size), "%s", reader.complaint);
    return reader;
}

static void expect_ordinals(enum page_part part, int64_t first, int64_t n, const char *reason,
                            const int64_t *wanted, size_t n_wanted)
{
    struct buf bytes;
    struct copy_reader reader = take(part, first, n, reason, &bytes);

    cr_assert(eq(sz, reader.n_rows, n_wanted));
    for (size_t i = 0; i < n_wanted; i++)
        cr_expect(eq(i64, copy_field_number(copy_field_at(&reader, i, 4)), 1000 + wanted[i]));
    copy_reader_deinit(&reader);
    buf_deinit(&bytes);
}

static int64_t newest_of(const char *items)
{
    struct buf bytes;
    struct copy_reader reader;
    int64_t newest_us;

    f.body = body_of(items);
    f.memory = (struct memory){.data = f.body, .size = strlen(f.body)};
    f.source = memory_source(&f.memory);
    f.page = page_new(endpoint_find("backlinks"), &f.source);
    reader = take(PAGE_ROWS, 0, INT64_MAX, NULL, &bytes);
    newest_us = page_counts(f.page)->newest_us;
    copy_reader_deinit(&reader);
    buf_deinit(&bytes);
    teardown_page();
    return newest_us;
}

#define SEEN(time) "{\"url_from\":\"f\",\"url_to\":\"t\",\"first_seen\":" time "}"

/* So that the crawl knows how far a page reaches. */
Test(page, tells_the_largest_time_of_the_walk)
{
    cr_expect(eq(i64, newest_of(SEEN("\"2000-01-01 00:00:09 +00:00\"")), INT64_C(9000000)));
    cr_expect(eq(i64,
                 newest_of(SEEN("\"2000-01-01 00:00:01 +00:00\"") "," SEEN(
                     "\"2000-01-01 00:00:07 +00:00\"") "," SEEN("null")),
                 INT64_C(7000000)));
    cr_expect(eq(i64, newest_of(SEEN("\"1999-12-31 23:59:59 +00:00\"")), INT64_C(-1000000)));
    cr_expect(eq(i64, newest_of(SEEN("null") "," SEEN("\"soon\"") "," SEEN("17")), PAGE_NO_TIME));
    cr_expect(eq(i64, newest_of("{\"url_from\":\"f\",\"url_to\":\"t\"}"), PAGE_NO_TIME));
    cr_expect(eq(i64, newest_of("{\"first_seen\":\"2000-01-01 00:00:09 +00:00\"}"), PAGE_NO_TIME),
              "no row");
}

Test(page, hands_out_rows_in_bounded_chunks_without_a_hole)
{
    struct buf bytes;
    struct copy_reader reader;
    size_t row = 0;

    setup_page(5000, 400);
    reader = take(PAGE_ROWS, 0, INT64_MAX, NULL, &bytes);
    cr_assert(eq(sz, reader.n_rows, 4500));
    for (int64_t i = 0; i < 5000; i++) {
        char url[32];

        if (i % 10 == 9)
            continue;
        snprintf(url, sizeof url, "f%lld", (long long)i);
        cr_assert(eq(i64, copy_field_number(copy_field_at(&reader, row, 4)), 1001 + i));
        cr_assert(copy_field_is(copy_field_at(&reader, row, 10), url));
        row++;
    }
    cr_expect(eq(i64, page_counts(f.page)->n_items, 5000));
    cr_expect(eq(i64, page_counts(f.page)->n_rows, 4500));
    cr_expect(eq(i64, page_counts(f.page)->n_rejects, 500));
    copy_reader_deinit(&reader);
    buf_deinit(&bytes);
    teardown_page();
}

Test(page, hands_out_any_range_again_and_again)
{
    setup_page(25, 5);
    expect_ordinals(PAGE_ROWS, 7, 5, NULL, (int64_t[]){8, 9, 11, 12}, 4);
    cr_expect(eq(i64, page_counts(f.page)->n_items, 5));
    cr_expect(eq(i64, page_counts(f.page)->n_rejects, 1));
    expect_ordinals(PAGE_REJECTS, 0, INT64_MAX, NULL, (int64_t[]){10, 20}, 2);
    expect_ordinals(PAGE_REJECTS, 10, 5, NULL, NULL, 0);
    expect_ordinals(PAGE_ROWS, 24, 1, NULL, (int64_t[]){25}, 1);
    expect_ordinals(PAGE_ROWS, 25, 10, NULL, NULL, 0);
    expect_ordinals(PAGE_ROWS, 3, 0, NULL, NULL, 0);
    expect_ordinals(PAGE_ROWS, INT64_MAX - 1, INT64_MAX, NULL, NULL, 0);
    expect_ordinals(PAGE_ROWS, 7, 5, NULL, (int64_t[]){8, 9, 11, 12}, 4);
    teardown_page();
}

Test(page, makes_any_item_a_reject_for_a_reason_given)
{
    struct buf bytes;
    struct copy_reader reader;

    setup_page(25, 5);
    reader = take(PAGE_REJECTS, 8, 2, "PostgreSQL refused it", &bytes);
    cr_assert(eq(sz, reader.n_rows, 2));
    cr_expect(eq(sz, reader.n_columns, 9));
    cr_expect(eq(i64, copy_field_number(copy_field_at(&reader, 0, 0)), 9822));
    cr_expect(eq(i64, copy_field_number(copy_field_at(&reader, 0, 1)), 7));
    cr_expect(eq(i64, copy_field_number(copy_field_at(&reader, 0, 2)), 9));
    cr_expect(eq(i64, copy_field_number(copy_field_at(&reader, 0, 3)), 3));
    cr_expect(copy_field_is(copy_field_at(&reader, 0, 6), "PostgreSQL refused it"));
    cr_expect(copy_field_is(copy_field_at(&reader, 0, 7),
                            "{\"url_from\":\"f8\",\"url_to\":\"t\",\"alt\":\"00008\"}"));
    cr_expect(copy_field_is(copy_field_at(&reader, 1, 7), "{\"no_key\":9}"));
    cr_expect(eq(i64, copy_field_number(copy_field_at(&reader, 0, 8)), 848620800000000));
    cr_expect(eq(i64, page_counts(f.page)->n_rejects, 2));
    copy_reader_deinit(&reader);
    buf_deinit(&bytes);
    teardown_page();
}

Test(page, begins_again_in_the_middle_of_a_part)
{
    struct buf chunk = BUF_WITH_CEILING(PAGE_CHUNK_MAX);
    struct copy_reader reader;
    struct buf bytes;
    bool is_end;

    setup_page(5000, 400);
    page_select(f.page, &decoded_front, PAGE_ROWS, 0, INT64_MAX, NULL);
    cr_assert(page_next(f.page, &chunk, &is_end, &f.err));
    cr_assert(not(is_end));
    reader = take(PAGE_ROWS, 0, INT64_MAX, NULL, &bytes);
    cr_expect(eq(sz, reader.n_rows, 4500));
    copy_reader_deinit(&reader);
    buf_deinit(&bytes);
    buf_deinit(&chunk);
    teardown_page();
}

Test(page, notices_a_body_that_changed_between_its_two_readings)
{
    struct buf chunk = BUF_WITH_CEILING(PAGE_CHUNK_MAX);
    struct envelope envelope;
    bool is_end;
    char *comma;

    setup_page(25, 5);
    cr_assert(page_envelope(f.page, 1 << 20, &envelope, &f.err), "%s", f.err.text);
    envelope_deinit(&envelope);
    comma = strstr(f.body, "},{\"url_from\":\"f5\"");
    comma[1] = ' ';
    page_select(f.page, &decoded_front, PAGE_ROWS, 0, INT64_MAX, NULL);
    cr_expect(not(page_next(f.page, &chunk, &is_end, &f.err)));
    cr_expect(eq(int, f.err.kind, ERR_DATA));
    cr_expect(strstr(f.err.text, "fewer") != NULL, "%s", f.err.text);
    buf_deinit(&chunk);
    teardown_page();
}

Test(page, names_in_the_copy_statement_as_many_columns_as_rows_have)
{
    const struct endpoint *endpoint = endpoint_find("backlinks");
    char *sql = page_copy_statement(endpoint, PAGE_ROWS, "linkhaul");
    size_t n_commas = 0;

    for (const char *c = sql; *c != '\0'; c++)
        n_commas += *c == ',';
    cr_expect(eq(sz, n_commas, 8 + endpoint->n_columns));
    cr_expect(strncmp(sql, "COPY \"linkhaul\".backlink (night, run_id, ", 41) == 0, "%s", sql);
    cr_expect(strstr(sql, "loaded_at, \"type\", \"domain_from\"") != NULL, "%s", sql);
    cr_expect(strstr(sql, "\"indirect_link_path\", extra) FROM STDIN (FORMAT binary)") != NULL);
    free(sql);
    sql = page_copy_statement(endpoint, PAGE_REJECTS, "linkhaul");
    cr_expect(strncmp(sql, "COPY \"linkhaul\".reject (night, ", 31) == 0, "%s", sql);
    free(sql);
}

static char *read_sample(size_t *ret_size)
{
    FILE *file = fopen(SOURCE_DIR "/tests/data/backlinks/sample.json", "rb");
    char *text = mem_new(1 << 20);

    cr_assert(file != NULL);
    *ret_size = fread(text, 1, 1 << 20, file);
    fclose(file);
    return text;
}

Test(page, reads_the_vendors_sample_without_a_reject_or_an_extra)
{
    size_t size;
    char *text = read_sample(&size), *path;
    struct decoded decoded = decode(text, size);

    cr_assert(decoded.is_fine, "%s", decoded.err.text);
    cr_expect(eq(i64, decoded.envelope.total_count, 42671699));
    cr_expect(eq(i64, decoded.envelope.cost_nanousd, 20150000));
    cr_expect(eq(i64, decoded.envelope.n_items, 5));
    cr_expect(decoded.envelope.token != NULL);
    cr_expect(eq(i64, decoded.counts.n_rows, 5));
    cr_expect(eq(i64, decoded.counts.n_extra, 0));
    cr_expect(eq(i64, decoded.counts.n_cleaned, 0));
    cr_expect(copy_field_is(row_field(&decoded, 0, "domain_from"), "www.opencart.com"));
    cr_expect(
        eq(i64, copy_field_number(row_field(&decoded, 0, "first_seen")), INT64_C(601409821000000)));
    cr_expect(eq(i64, copy_field_number(row_field(&decoded, 0, "page_from_keywords_count_top_100")),
                 2034));
    cr_expect(copy_field_is(row_field(&decoded, 0, "anchor"), NULL));
    path = copy_field_text_array(row_field(&decoded, 1, "domain_from_platform_type"));
    cr_expect_str_eq(path, "{cms,blogs}");
    free(path);
    free(text);
    decoded_deinit(&decoded);
}
