#include "decode/page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/mem.h"
#include "decode/around.h"
#include "decode/clean.h"
#include "decode/copy.h"
#include "decode/drift.h"
#include "decode/envelope.h"
#include "decode/items.h"
#include "decode/keyed.h"
#include "decode/row.h"

/*
 *   envelope: source ─▶ body ─▶ around ─▶ envelope         items are counted, not read
 *   items:    source ─▶ body ─▶ items ─▶ row ─▶ chunk      from where the first pass found them
 *
 * The body is inflated twice: that costs less than holding every page that waits for its turn.
 *
 * - The first pass fails: ERR_DATA or the source's error, and there is no second one.
 * - An item that gives no row: a reject, and the next item goes on.
 * - The second pass meets fewer or more items than the first counted: ERR_DATA; the source has
 *   changed, and nothing may be taken for whole.
 */

#define PIECE_SIZE ((size_t)64 * 1024)

struct page {
    const struct endpoint *endpoint;
    struct page_source source;
    struct page_counts counts;
    struct items items;
    struct drift drift;
    struct row row;
    struct keyed keyed; /* of an intersection only */

    /* of the first pass */
    bool has_envelope;
    bool has_items;
    uint64_t items_offset;
    int64_t n_items;

    /* of the second */
    struct page_front front;
    enum page_part part;
    int64_t first, end; /* items [first, end) */
    char *reason;       /* every item is a reject for it; NULL: those that are */
    bool is_started;    /* the body is open and the header is out */
    struct buf raw;     /* a reject's text, clean */

    /* the item of an intersection whose parts are being handed out */
    bool is_in_item;
    struct item item;
    int64_t n_item_rows, n_item_rejects;
};

struct page *page_new(const struct endpoint *endpoint, const struct page_source *source)
{
    struct page *page = mem_new(sizeof *page);

    page->endpoint = endpoint;
    page->source = *source;
    drift_init(&page->drift, endpoint);
    row_init(&page->row, endpoint, &page->drift);
    if (endpoint->wrapper != NULL)
        keyed_init(&page->keyed, endpoint, &page->drift);
    buf_init(&page->raw, CLEAN_SIZE(ITEM_SIZE_MAX));
    return page;
}

void page_destroy(struct page *page)
{
    if (page == NULL)
        return;
    items_close(&page->items);
    row_deinit(&page->row);
    keyed_deinit(&page->keyed);
    drift_deinit(&page->drift);
    buf_deinit(&page->raw);
    free(page->reason);
    free(page);
}

/* --- the first pass -------------------------------------------------------------------------- */

static void close_body(struct body **body)
{
    body_close(*body);
    free(*body);
}

/* The body's beginning has to be that of an object; anything else is told by its own words. */
static bool check_beginning(const char *text, size_t size, struct err *err)
{
    const char *at = scan_space(text, text + size);
    char shown[CLEAN_SIZE(60) + 1];
    bool is_changed = false;
    size_t n = (size_t)(text + size - at);

    if (n == 0)
        return err_set(err, ERR_DATA, "the body is empty");
    if (*at == '{')
        return true;
    shown[clean_text(at, n < 60 ? n : 60, shown, &is_changed)] = '\0';
    for (char *c = shown; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    return err_set(err, ERR_DATA, "the body is no JSON object; it begins with: %s", shown);
}

/* White space alone may fill pieces before the object begins. */
static bool feed_piece(struct around *around, const char *piece, size_t size, bool *is_begun,
                       struct err *err)
{
    if (!*is_begun && scan_space(piece, piece + size) == piece + size) {
        around->position += size;
        return true;
    }
    if (!*is_begun && !check_beginning(piece, size, err))
        return false;
    *is_begun = true;
    return around_feed(around, piece, size, err);
}

static bool read_around(struct body *body, uint64_t body_bytes_max, struct around *around,
                        struct err *err)
{
    CLEANUP(mem_free_string) char *piece = mem_new(PIECE_SIZE);
    bool is_begun = false;
    size_t size, n_mark = 0;

    do {
        if (!body_read(body, piece, PIECE_SIZE, &size, err))
            return false;
        if (around->position == 0 && size >= 3 && memcmp(piece, "\xef\xbb\xbf", 3) == 0)
            n_mark = around->position = 3; /* a byte order mark */
        if (!feed_piece(around, piece + n_mark, size - n_mark, &is_begun, err))
            return false;
        if (around->position > body_bytes_max)
            return err_set(err, ERR_DATA, "the body is longer than %" PRIu64 " bytes",
                           body_bytes_max);
        n_mark = 0;
    } while (size > 0);
    if (!is_begun)
        return err_set(err, ERR_DATA, "the body is empty");
    return around_finish(around, err);
}

bool page_envelope(struct page *page, uint64_t body_bytes_max, struct envelope *ret_envelope,
                   struct err *err)
{
    CLEANUP(close_body) struct body *body = mem_new(sizeof *body);
    CLEANUP(around_deinit) struct around around;

    around_init(&around);
    body_open(body, &page->source);
    if (!read_around(body, body_bytes_max, &around, err) ||
        !envelope_read(around.text.data, around.text.size, ret_envelope, err))
        return false;
    ret_envelope->n_items = around.n_items;
    page->has_envelope = true;
    page->has_items = around.has_items;
    page->items_offset = around.items_offset;
    page->n_items = around.n_items;
    return true;
}

/* --- the second pass ------------------------------------------------------------------------- */

void page_select(struct page *page, const struct page_front *front, enum page_part part,
                 int64_t first, int64_t n, const char *reason)
{
    page->front = *front;
    page->part = part;
    page->first = first;
    page->end = n > INT64_MAX - first ? INT64_MAX : first + n;
    free(page->reason);
    page->reason = mem_strdup(reason);
    page->counts = (struct page_counts){.newest_us = PAGE_NO_TIME};
    page->is_started = page->is_in_item = false;
}

static bool start(struct page *page, struct buf *chunk, struct err *err)
{
    struct envelope envelope;

    if (!page->has_envelope) {
        if (!page_envelope(page, UINT64_MAX, &envelope, err))
            return false;
        envelope_deinit(&envelope);
    }
    if (page->has_items && !items_open(&page->items, &page->source, page->items_offset, err))
        return false;
    copy_header(chunk);
    page->is_started = true;
    return true;
}

static void put_reject(struct page *page, int64_t ordinal, const char *text, size_t size,
                       const char *reason, struct buf *chunk)
{
    const struct page_front *front = &page->front;
    bool is_cleaned = false;

    page->counts.n_rejects++;
    if (page->part != PAGE_REJECTS)
        return;
    buf_clear(&page->raw);
    if (buf_reserve(&page->raw, CLEAN_SIZE(size)) != NULL)
        page->raw.size = clean_text(text, size, page->raw.data, &is_cleaned);
    page->counts.n_cleaned += is_cleaned;
    copy_row(chunk, 9);
    copy_int32(chunk, front->night);
    copy_int64(chunk, front->run_id);
    copy_int64(chunk, front->listing_id);
    copy_int32(chunk, front->slice_no);
    copy_int64(chunk, ordinal);
    copy_bytes(chunk, front->target, strlen(front->target));
    copy_bytes(chunk, reason, strlen(reason));
    copy_bytes(chunk, page->raw.data, page->raw.size);
    copy_int64(chunk, front->loaded_at_us);
}

/* The row that was made last. An intersection is walked by what stands under the first key. */
static void put_row(struct page *page, const struct row_place *place, struct buf *chunk)
{
    bool is_walked = place->key == NULL || (place->key_size == 1 && place->key[0] == '1');

    if (page->part != PAGE_ROWS)
        return;
    page->counts.n_rows++;
    page->counts.n_extra += page->row.n_extra;
    page->counts.n_cleaned += page->row.n_cleaned;
    if (is_walked && page->row.walk_us > page->counts.newest_us)
        page->counts.newest_us = page->row.walk_us;
    buf_append(chunk, page->row.bytes.data, page->row.bytes.size);
}

static void put_item(struct page *page, const struct item *item, struct buf *chunk)
{
    const char *complaint = page->reason != NULL ? page->reason : item->complaint;
    struct row_place place = {.ordinal = page->front.items_before + item->index + 1};

    page->counts.n_items++;
    if (complaint == NULL && page->endpoint->wrapper != NULL) {
        keyed_begin(&page->keyed, &page->items.fields);
        page->item = *item;
        page->is_in_item = true;
        page->n_item_rows = page->n_item_rejects = 0;
        return;
    }
    if (complaint == NULL && !row_make(&page->row, &page->front, &place, &page->items.fields))
        complaint = page->row.reason;
    if (complaint != NULL)
        put_reject(page, place.ordinal, item->text, item->size, complaint, chunk);
    else
        put_row(page, &place, chunk);
}

/* An item whose parts are all through. One without a row still stands somewhere as a whole. */
static void end_item(struct page *page, struct buf *chunk)
{
    page->is_in_item = false;
    if (page->n_item_rows == 0 && (page->n_item_rejects == 0 || page->keyed.is_left_over))
        put_reject(page, page->front.items_before + page->item.index + 1, page->item.text,
                   page->item.size, "no target's key has an object", chunk);
}

/* What the item has beside its parts goes with the first that becomes a row. */
static bool make_part(struct page *page, const struct row_place *place)
{
    struct keyed *keyed = &page->keyed;
    struct raw left_over = {
        .text = keyed->left_over.data, .size = keyed->left_over.size, .type = RAW_OBJECT};

    if (keyed->is_left_over)
        fields_add(&keyed->fields, "item", &left_over);
    if (!row_make(&page->row, &page->front, place, &keyed->fields))
        return false;
    if (keyed->is_left_over) {
        page->row.n_extra += keyed->n_left_over - 1;
        page->row.n_cleaned += keyed->n_cleaned;
    }
    keyed->is_left_over = false;
    return true;
}

/* One part of the item, or its end. */
static void put_part(struct page *page, struct buf *chunk)
{
    struct row_place place = {.ordinal = page->front.items_before + page->item.index + 1};
    const char *complaint;
    struct keyed_part part;

    if (!keyed_next(&page->keyed, &part)) {
        end_item(page, chunk);
        return;
    }
    place.key = part.key->key;
    place.key_size = part.key->key_size;
    place.link_no = part.link_no;
    place.count = page->keyed.count;
    complaint = part.complaint;
    if (complaint == NULL && !make_part(page, &place))
        complaint = page->row.reason;
    if (complaint == NULL) {
        page->n_item_rows++;
        put_row(page, &place, chunk);
    } else {
        page->n_item_rejects++;
        put_reject(page, place.ordinal, part.value.text, part.value.size, complaint, chunk);
    }
}

/* One item of the body, or a part of it; `ret_is_end` where none of the range is left. */
static bool take_item(struct page *page, struct buf *chunk, bool *ret_is_end, struct err *err)
{
    struct item item;
    bool is_wanted = page->items.n_seen >= page->first;

    if (page->is_in_item) {
        put_part(page, chunk);
        return true;
    }
    *ret_is_end = !page->has_items || page->items.n_seen >= page->end;
    if (*ret_is_end)
        return true;
    if (!items_next(&page->items, is_wanted, &item, ret_is_end, err))
        return false;
    if (!*ret_is_end && is_wanted)
        put_item(page, &item, chunk);
    if (*ret_is_end ? page->items.n_seen != page->n_items : page->items.n_seen > page->n_items)
        return err_set(err, ERR_DATA,
                       "the body had %" PRId64 " items when it was read first, and now has %s",
                       page->n_items, *ret_is_end ? "fewer" : "more");
    return true;
}

bool page_next(struct page *page, struct buf *chunk, bool *ret_is_end, struct err *err)
{
    bool is_end = false;

    if (!page->is_started && !start(page, chunk, err))
        return false;
    while (!is_end && chunk->size < PAGE_CHUNK_SIZE && !chunk->is_overfull)
        if (!take_item(page, chunk, &is_end, err))
            return false;
    if (is_end) {
        copy_trailer(chunk);
        items_close(&page->items);
    }
    if (chunk->is_overfull)
        return err_set(err, ERR_INTERNAL, "a chunk of rows has too low a ceiling");
    *ret_is_end = is_end;
    return true;
}

const struct page_counts *page_counts(const struct page *page)
{
    return &page->counts;
}

const struct drift *page_drift(const struct page *page)
{
    return &page->drift;
}

char *page_copy_statement(const struct endpoint *endpoint, enum page_part part, const char *schema)
{
    struct buf sql = BUF_WITH_CEILING(64 * 1024);

    if (part == PAGE_REJECTS)
        return mem_printf(
            "COPY \"%s\".reject (night, run_id, listing_id, slice_no, ordinal, target, "
            "reason, raw, loaded_at) FROM STDIN (FORMAT binary)",
            schema);
    buf_printf(&sql,
               "COPY \"%s\".%s (night, run_id, listing_id, slice_no, ordinal, %s%slink_key, "
               "%sloaded_at%s",
               schema, endpoint->table, endpoint->takes_list ? "" : "target, ",
               endpoint->wrapper != NULL ? "target_key, " : "",
               endpoint->has_link_no ? "link_no, " : "",
               endpoint->wrapper != NULL ? ", intersections_count" : "");
    for (size_t i = 0; i < endpoint->n_columns; i++)
        buf_printf(&sql, ", \"%s\"", endpoint->columns[i].name);
    buf_append_string(&sql, ", extra) FROM STDIN (FORMAT binary)");
    return buf_take(&sql);
}
