/*
 * The elements of a body's array of items, one after the other, each in memory as a whole.
 *
 * A window slides over the body. What balances is an element, also where it is no JSON; so a broken
 * item takes none of its neighbours with it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "decode/body.h"
#include "decode/fields.h"

/* Of an item's text more than this is not kept. */
#define ITEM_SIZE_MAX ((size_t)16 * 1024 * 1024)

/* One item; until the next call. */
struct item {
    int64_t index;         /* from 0 */
    const char *text;      /* as it came */
    size_t size;           /* at most ITEM_SIZE_MAX */
    const char *complaint; /* why it is no object that can be read, or NULL: `fields` has it */
};

struct items {
    struct body body;
    struct fields fields; /* of the item handed out last */
    char *window;
    size_t capacity, start, end; /* what has not been handed out is [start, end) */
    int64_t n_seen;
    bool is_at_end; /* the bracket that closes the array has been read */
};

/* Starts behind the array's opening bracket, which is `offset` bytes into the body. */
bool items_open(struct items *items, const struct page_source *source, uint64_t offset,
                struct err *err);

/*
 * The next item, or `ret_is_end`. One that is not wanted is stepped over: it has no text. ERR_DATA
 * where the body ends or breaks within the array.
 */
bool items_next(struct items *items, bool is_wanted, struct item *ret_item, bool *ret_is_end,
                struct err *err);

/* Frees what the others took. A zeroed one is fine. */
void items_close(struct items *items);
