#include "decode/items.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "decode/lex.h"

/*
 * An item is read by JSON's grammar where it stands. Where the window ends within it, the window is
 * filled up, or doubled, and it is read again.
 *
 * - It is not valid, or no object: its end is told by brackets and strings alone (lex.h).
 * - It is longer than ITEM_SIZE_MAX: its head stays, the rest runs through the window's tail.
 * - The body ends first, or brackets do not match: ERR_DATA; no item after that can be told.
 */

#define WINDOW_SIZE ((size_t)64 * 1024)
#define WINDOW_SIZE_MAX (ITEM_SIZE_MAX + WINDOW_SIZE)

void items_close(struct items *items)
{
    body_close(&items->body);
    fields_deinit(&items->fields);
    free(items->window);
    items->window = NULL;
    items->capacity = 0;
}

bool items_open(struct items *items, const struct page_source *source, uint64_t offset,
                struct err *err)
{
    body_open(&items->body, source);
    if (items->window == NULL) {
        items->window = mem_new(WINDOW_SIZE);
        items->capacity = WINDOW_SIZE;
        fields_init(&items->fields);
    }
    items->n_seen = 0;
    items->is_at_end = false;
    items->start = items->end = 0;
    while (offset > 0) {
        size_t wanted = offset < WINDOW_SIZE ? (size_t)offset : WINDOW_SIZE, n;

        if (!body_read(&items->body, items->window, wanted, &n, err))
            return false;
        if (n == 0)
            return err_set(err, ERR_DATA, "the body ends in front of its items");
        offset -= n;
    }
    return true;
}

/* Adds at least a byte behind the window's text, which may move. */
static bool read_more(struct items *items, struct err *err)
{
    size_t n, n_kept = items->end - items->start;

    memmove(items->window, items->window + items->start, n_kept);
    items->start = 0;
    items->end = n_kept;
    if (n_kept > items->capacity / 2) {
        items->capacity =
            items->capacity * 2 < WINDOW_SIZE_MAX ? items->capacity * 2 : WINDOW_SIZE_MAX;
        items->window = mem_resize(items->window, items->capacity, 1);
    }
    if (!body_read(&items->body, items->window + n_kept, items->capacity - n_kept, &n, err))
        return false;
    if (n == 0)
        return err_set(err, ERR_DATA, "the body ends within item %" PRId64, items->n_seen + 1);
    items->end += n;
    return true;
}

/* White space, then the byte at `start`. */
static bool skip_space(struct items *items, struct err *err)
{
    for (;;) {
        const char *end = items->window + items->end;
        const char *at = scan_space(items->window + items->start, end);

        items->start = (size_t)(at - items->window);
        if (at < end)
            return true;
        if (!read_more(items, err))
            return false;
    }
}

/* The end of the item at `start` by balance alone; `start` moves with the window. */
static bool find_separator(struct items *items, size_t *ret_size, struct err *err)
{
    struct lex lex = {.depth = 0};
    size_t seen = 0; /* bytes behind `start` that have been looked at */

    for (;;) {
        size_t n_new = items->end - items->start - seen;

        seen += lex_to_separator(&lex, items->window + items->start + seen, n_new);
        if (items->start + seen < items->end) {
            *ret_size = seen;
            return true;
        }
        if (seen > ITEM_SIZE_MAX) {
            seen = ITEM_SIZE_MAX + 1;
            items->end = items->start + seen;
        }
        if (!read_more(items, err))
            return false;
    }
}

/* Steps behind the comma or bracket that ends the item, `size` bytes behind `start`. */
static bool step_over(struct items *items, size_t size, struct err *err)
{
    char separator = items->window[items->start + size];

    if (separator == '}')
        return err_set(err, ERR_DATA, "the brackets around item %" PRId64 " do not match",
                       items->n_seen + 1);
    items->is_at_end = separator == ']';
    items->start += size + 1;
    items->n_seen++;
    return true;
}

static size_t trimmed(const char *text, size_t size)
{
    while (size > 0 && scan_space(text + size - 1, text + size) == text + size)
        size--;
    return size;
}

static const char too_long[] = "longer than 16 MiB; what is here is its beginning";

/* The item as bytes that balance, whatever they are. */
static bool take_balanced(struct items *items, bool is_wanted, struct item *item, struct err *err)
{
    size_t size;

    if (!find_separator(items, &size, err))
        return false;
    if (is_wanted) {
        item->text = items->window + items->start;
        item->size = trimmed(item->text, size < ITEM_SIZE_MAX ? size : ITEM_SIZE_MAX);
        if (size > ITEM_SIZE_MAX)
            item->complaint = too_long;
    }
    return step_over(items, size, err);
}

/* Reads the object at `start` with the comma or bracket behind it. */
static enum scan_result scan_item(struct items *items, size_t *ret_size, size_t *ret_size_spaced)
{
    const char *text = items->window + items->start, *at = text;
    const char *end = items->window + items->end;
    enum scan_result result;

    fields_clear(&items->fields);
    items->fields.complaint = "not valid JSON: something stands behind the object";
    result = fields_scan(&items->fields, &at, end);
    if (result != SCAN_OK)
        return result;
    *ret_size = (size_t)(at - text);
    at = scan_space(at, end);
    *ret_size_spaced = (size_t)(at - text);
    if (at == end)
        return SCAN_CUT;
    return *at == ',' || *at == ']' ? SCAN_OK : SCAN_BAD;
}

static bool take_object(struct items *items, struct item *item, struct err *err)
{
    size_t size = 0, size_spaced = 0;
    enum scan_result result = scan_item(items, &size, &size_spaced);

    while (result == SCAN_CUT && items->end - items->start <= ITEM_SIZE_MAX) {
        if (!read_more(items, err))
            return false;
        result = scan_item(items, &size, &size_spaced);
    }
    if (result != SCAN_OK || size_spaced > ITEM_SIZE_MAX) {
        item->complaint = result == SCAN_BAD ? items->fields.complaint : too_long;
        return take_balanced(items, true, item, err);
    }
    item->text = items->window + items->start;
    item->size = size;
    return step_over(items, size_spaced, err);
}

static const char *not_an_object(char first)
{
    switch (first) {
    case '"':
        return "not an object but a string";
    case '[':
        return "not an object but an array";
    case 'n':
        return "not an object but null";
    case 't':
    case 'f':
        return "not an object but true or false";
    case ',':
    case ']':
        return "nothing between two commas";
    default:
        return "not an object";
    }
}

bool items_next(struct items *items, bool is_wanted, struct item *ret_item, bool *ret_is_end,
                struct err *err)
{
    struct item item = {.index = items->n_seen};
    char first;

    *ret_is_end = items->is_at_end;
    if (items->is_at_end)
        return true;
    if (!skip_space(items, err))
        return false;
    first = items->window[items->start];
    if (first == ']' && items->n_seen == 0) {
        *ret_is_end = items->is_at_end = true;
        return true;
    }
    if (is_wanted && first == '{') {
        if (!take_object(items, &item, err))
            return false;
    } else {
        item.complaint = is_wanted ? not_an_object(first) : NULL;
        if (!take_balanced(items, is_wanted, &item, err))
            return false;
    }
    *ret_item = item;
    return true;
}
