/*
 * One item to one row of COPY BINARY.
 *
 * Each known key goes to its column. What is unknown, does not fit its column's type or is
 * superseded goes to `extra`, a JSON object:
 *
 * - an unknown key, or one whose value does not fit: under the key itself;
 * - of equal keys the last counts, as in PostgreSQL's jsonb; each earlier value stands under
 *   "key#1", "key#2", … by its place among the equal ones (with "#1" behind it again where the item
 *   has a key of that very name);
 * - what is left over of a nested object whose keys have columns: under the object's key, an object
 *   of its own by the same rules. Where it is no object at all it is a value that does not fit.
 *
 * Keys are equal when they are equal as PostgreSQL stores them, after cleaning. Inside a value that
 * is kept whole jsonb's own rule holds: of equal keys the last.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

struct drift;
struct endpoint;
struct fields;
struct keymap;
struct page_counts;
struct page_front;
struct raw;

/* A row needs less than this, or it is refused; a chunk holds PAGE_CHUNK_SIZE and one row. */
#define ROW_SIZE_MAX (63 * 1024 * 1024)

#define ROW_REASON_MAX 128

/* Where a row stands; all but the ordinal is of an intersection only. */
struct row_place {
    int64_t ordinal;
    const char *key; /* of its target, not NUL-terminated */
    size_t key_size;
    int32_t link_no;
    const struct raw *count; /* of intersections; NULL: not told */
};

struct row {
    const struct endpoint *endpoint;
    struct drift *drift; /* what its items show that is not as in the endpoint's table */
    struct keymap *keymap;
    size_t *column_fields;       /* per column: its field in the item, or KEY_NO_FIELD */
    size_t *column_ends;         /* per column: where its bytes end in `bytes` */
    size_t link_key_at;          /* where link_key's bytes stand */
    struct buf bytes;            /* the row, with its number of fields in front */
    struct buf extra;            /* what goes to extra, as JSON text behind jsonb's version */
    struct buf names;            /* names in extra that are not keys of the item, NUL behind each */
    int64_t n_extra, n_cleaned;  /* of this row */
    size_t walk_column;          /* that listings are walked by; none: behind the last */
    int64_t walk_us;             /* this row's time there, or PAGE_NO_TIME */
    char reason[ROW_REASON_MAX]; /* why it was refused */
};

void row_init(struct row *row, const struct endpoint *endpoint, struct drift *drift);
void row_deinit(struct row *row);

/* Makes `bytes` of the fields of an item or a part. False with `reason` where it has no key or
 * needs too much. */
bool row_make(struct row *row, const struct page_front *front, const struct row_place *place,
              struct fields *fields);
