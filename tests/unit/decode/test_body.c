#include "decode/body.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "unit/decode/decoded.h"

TestSuite(body, .timeout = 60);

/* A page of many items, so that its gzip form has several blocks and the windows slide. */
static char *large_body(unsigned n_items)
{
    struct buf items = BUF_WITH_CEILING(64 << 20);
    char *body;

    srand(7);
    for (unsigned i = 0; i < n_items; i++)
        buf_printf(&items,
                   "%s{\"url_from\":\"https://a.example/%u\",\"url_to\":\"https://moz.com/%x%x\","
                   "\"rank\":%u}",
                   i == 0 ? "" : ",", i, (unsigned)rand(), (unsigned)rand(), i);
    body = body_of(buf_text(&items));
    buf_deinit(&items);
    return body;
}

static bool is_same(const struct decoded *a, const struct decoded *b)
{
    return a->is_fine && b->is_fine && a->rows_bytes.size == b->rows_bytes.size &&
           memcmp(a->rows_bytes.data, b->rows_bytes.data, a->rows_bytes.size) == 0;
}

Test(body, gives_the_same_rows_plain_or_gzip_however_its_bytes_come)
{
    static const size_t pieces[] = {0, 1, 2, 3, 7, 4095, 65536};
    char *body = large_body(2000);
    size_t size = strlen(body), gzip_size;
    char *zipped = gzip(body, size, &gzip_size);
    struct decoded wanted = decode(body, size);

    cr_assert(wanted.is_fine, "%s", wanted.err.text);
    cr_assert(eq(sz, wanted.rows.n_rows, 2000));
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct memory plain = {.data = body, .size = size, .piece = pieces[i]};
        struct memory packed = {.data = zipped, .size = gzip_size, .piece = pieces[i]};
        struct decoded a = decode_memory(&plain), b = decode_memory(&packed);

        cr_expect(is_same(&wanted, &a), "plain, pieces of %zu: %s", pieces[i], a.err.text);
        cr_expect(is_same(&wanted, &b), "gzip, pieces of %zu: %s", pieces[i], b.err.text);
        decoded_deinit(&a);
        decoded_deinit(&b);
    }
    decoded_deinit(&wanted);
    free(body);
    free(zipped);
}

Test(body, reads_a_gzip_stream_of_several_members_as_one)
{
    char *body = large_body(10), *joined;
    size_t size = strlen(body), half = size / 2, size_a, size_b;
    char *a = gzip(body, half, &size_a), *b = gzip(body + half, size - half, &size_b);
    struct decoded decoded;

    joined = mem_resize(NULL, size_a + size_b, 1);
    memcpy(joined, a, size_a);
    memcpy(joined + size_a, b, size_b);
    decoded = decode(joined, size_a + size_b);
    cr_assert(decoded.is_fine, "%s", decoded.err.text);
    cr_expect(eq(sz, decoded.rows.n_rows, 10));
    decoded_deinit(&decoded);
    free(a);
    free(b);
    free(body);
    free(joined);
}

Test(body, refuses_a_gzip_stream_that_is_cut)
{
    char *body = large_body(500);
    size_t size;
    char *zipped = gzip(body, strlen(body), &size);

    for (size_t cut = 0; cut < size; cut += cut < 30 || cut > size - 130 ? 1 : 97) {
        struct decoded decoded = decode(zipped, cut);

        cr_expect(not(decoded.is_fine), "%zu bytes", cut);
        cr_expect(eq(int, decoded.err.kind, ERR_DATA), "%zu bytes", cut);
        decoded_deinit(&decoded);
    }
    free(body);
    free(zipped);
}

Test(body, refuses_a_gzip_stream_that_is_damaged_or_followed_by_something)
{
    char *body = large_body(50);
    size_t size;
    char *zipped = gzip(body, strlen(body), &size);
    struct decoded decoded;

    zipped = mem_resize(zipped, size + 1, 1);
    zipped[size] = 'x';
    decoded = decode(zipped, size + 1);
    cr_expect(eq(int, decoded.err.kind, ERR_DATA));
    decoded_deinit(&decoded);
    for (size_t i = size - 8; i < size; i++) { /* checksum and length */
        zipped[i] = (char)(zipped[i] ^ 0x10);
        decoded = decode(zipped, size);
        cr_expect(not(decoded.is_fine), "byte %zu", i);
        cr_expect(eq(int, decoded.err.kind, ERR_DATA), "byte %zu", i);
        decoded_deinit(&decoded);
        zipped[i] = (char)(zipped[i] ^ 0x10);
    }
    free(body);
    free(zipped);
}

Test(body, hands_on_the_error_of_its_source)
{
    char *body = large_body(2000);
    size_t size = strlen(body);

    for (size_t at = 1; at < size; at += size / 7) {
        struct memory memory = {.data = body, .size = size, .piece = 1000, .fails_at = at};
        struct decoded decoded = decode_memory(&memory);

        cr_expect(not(decoded.is_fine));
        cr_expect(eq(int, decoded.err.kind, ERR_IO));
        cr_expect_str_eq(decoded.err.text, "the disk is gone");
        decoded_deinit(&decoded);
    }
    free(body);
}
