/* A body taken through both passes, for tests: its envelope, its rows, its rejects. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "decode/page.h"
#include "unit/decode/copy_reader.h"

/* A source over bytes in memory, which hands out at most `piece` bytes at a time. */
struct memory {
    const char *data;
    size_t size;
    size_t piece;    /* 0: as many as asked for */
    size_t fails_at; /* a position from which on reading fails; 0: never */
};

struct page_source memory_source(struct memory *memory);

struct decoded {
    const struct endpoint *endpoint;
    bool is_fine; /* every step was */
    struct err err;
    struct envelope envelope;
    struct buf rows_bytes, rejects_bytes;
    struct copy_reader rows, rejects;
    struct page_counts counts; /* of the rows */
    struct page_counts reject_counts;
};

/* Of the endpoint backlinks; run 7, listing 9, slice 3, 1000 items before, target "moz.com". */
struct decoded decode(const char *body, size_t size);
struct decoded decode_memory(struct memory *memory);
void decoded_deinit(struct decoded *decoded);

/* The body of an answer with these items, which are the text between the brackets. free() it. */
char *body_of(const char *items);

/* One item with both URLs and what `more` has, which begins with a comma or is "". free() it. */
char *item_of(const char *more);

/* decode() of a body with these items; and as another endpoint, whose targets by number are moz.com
 * and ahrefs.com. */
struct decoded decode_items(const char *items);
struct decoded decode_items_of(const char *endpoint, const char *items);

/* The row's field of that column: of the endpoint's, or ordinal, link_key, extra, … */
struct copy_field row_field(const struct decoded *decoded, size_t row, const char *column);

/* The row's extra without its version byte; NULL where it is NULL. free() it. */
char *row_extra(const struct decoded *decoded, size_t row);

/* The front that decode() uses, for tests that call page_select() themselves. */
extern const struct page_front decoded_front;

/* gzip as one member. free() what it returns. */
char *gzip(const char *data, size_t size, size_t *ret_size);
