/* The largest page that the API can send: an intersection of pages for twenty targets. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <string.h>

#include "api/endpoint.h"
#include "decode/items.h"
#include "decode/page.h"
#include "unit/decode/decoded.h"

TestSuite(large_page, .timeout = 110);

#define ITEMS 1000
#define KEYS 20
#define LINKS 3 /* under each key */
#define TEXT_SIZE 1600

static const char before[] = "{\"tasks\":[{\"result\":[{\"items\":[", behind[] = "]}]}]}";

/* A body that is nowhere whole: the same item again and again, with a comma behind it. */
struct repeated {
    struct buf item;
    uint64_t size;
    uint64_t n_read;
};

static void make_item(struct buf *item)
{
    char text[TEXT_SIZE + 1];

    memset(text, 'a', TEXT_SIZE);
    text[TEXT_SIZE] = '\0';
    *item = (struct buf)BUF_WITH_CEILING(ITEM_SIZE_MAX);
    buf_append_string(item, "{\"page_intersection\":{");
    for (int key = 1; key <= KEYS; key++) {
        buf_printf(item, "%s\"%d\":[", key > 1 ? "," : "", key);
        for (int i = 0; i < LINKS; i++)
            buf_printf(item, "%s{\"url_from\":\"u\",\"url_to\":\"%d.%d\",\"text_pre\":\"%s\"}",
                       i > 0 ? "," : "", key, i, text);
        buf_append_string(item, "]");
    }
    buf_append_string(item, "},\"summary\":{\"intersections_count\":20}},");
}

static size_t piece(const char *text, size_t text_size, size_t at, char *into, size_t size)
{
    size_t n = text_size - at < size ? text_size - at : size;

    memcpy(into, text + at, n);
    return n;
}

/* The last item has no comma. */
static bool read_repeated(void *data, uint64_t position, void *into, size_t size, size_t *ret_size,
                          struct err *err)
{
    struct repeated *body = data;
    uint64_t items = (uint64_t)ITEMS * body->item.size - 1, at = position;

    (void)err;
    if (at < strlen(before)) {
        *ret_size = piece(before, strlen(before), (size_t)at, into, size);
    } else if ((at -= strlen(before)) < items) {
        size_t in_item = (size_t)(at % body->item.size);

        *ret_size = piece(body->item.data, body->item.size, in_item, into,
                          size < items - at ? size : (size_t)(items - at));
    } else {
        at -= items;
        *ret_size = at < strlen(behind) ? piece(behind, strlen(behind), (size_t)at, into, size) : 0;
    }
    body->n_read += *ret_size;
    return true;
}

Test(large_page, comes_in_bounded_chunks_and_is_read_twice)
{
    struct repeated body = {.n_read = 0};
    struct page_source source = {.read = read_repeated, .data = &body};
    struct page *page = page_new(endpoint_find("page_intersection"), &source);
    struct buf chunk = BUF_WITH_CEILING(PAGE_CHUNK_MAX);
    uint64_t size;
    size_t largest = 0, row_size = TEXT_SIZE + 1024;
    int64_t ahead_most = 0;
    struct envelope envelope;
    struct err err;
    bool is_end = false;

    make_item(&body.item);
    size = strlen(before) + (uint64_t)ITEMS * body.item.size - 1 + strlen(behind);
    cr_expect(gt(u64, size, UINT64_C(95000000)));
    cr_assert(page_envelope(page, UINT64_MAX, &envelope, &err), "%s", err.text);
    cr_expect(eq(u64, body.n_read, size));
    cr_expect(eq(i64, envelope.n_items, ITEMS));
    page_select(page, &decoded_front, PAGE_ROWS, 0, INT64_MAX, NULL);
    while (!is_end) {
        uint64_t rows_read;
        int64_t ahead;

        buf_clear(&chunk);
        cr_assert(page_next(page, &chunk, &is_end, &err), "%s", err.text);
        largest = chunk.size > largest ? chunk.size : largest;
        rows_read = (uint64_t)page_counts(page)->n_rows * body.item.size / (KEYS * LINKS);
        ahead = (int64_t)(body.n_read - size - rows_read);
        ahead_most = ahead > ahead_most ? ahead : ahead_most;
    }
    cr_expect(eq(i64, page_counts(page)->n_items, ITEMS));
    cr_expect(eq(i64, page_counts(page)->n_rows, (int64_t)ITEMS * KEYS * LINKS));
    cr_expect(eq(i64, page_counts(page)->n_rejects, 0));
    cr_expect(lt(sz, largest, PAGE_CHUNK_SIZE + row_size));
    /* What is held beyond the chunk: at most the piece that was read and the item in it. */
    cr_expect(lt(i64, ahead_most, (int64_t)1 << 20), "%" PRId64, ahead_most);
    cr_expect(le(u64, body.n_read, 2 * size));
    envelope_deinit(&envelope);
    page_destroy(page);
    buf_deinit(&chunk);
    buf_deinit(&body.item);
}
