/*
 * The parts of an intersection's item that become rows, one after the other.
 *
 * Under a wrapper, or before 2023 bare, an item has a numbered key per target with an object, or an
 * array of them (docs.dataforseo.com/v3/backlinks/page_intersection/live). Keys may be missing,
 * null, in any order; an object may stand where arrays do, and the reverse. Of equal keys the last
 * counts.
 *
 * What an item has beside these parts and the number of its intersections is left over: an object
 * with the item's own keys, which goes to the extra of the first part that becomes a row, under the
 * key "item".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "decode/fields.h"

struct drift;
struct endpoint;

struct keyed {
    const struct endpoint *endpoint;
    struct drift *drift;  /* what its items show beside their parts */
    struct fields *item;  /* the item's, those of its wrapper and its summary behind them */
    struct fields fields; /* of the part handed out last */
    size_t at, end;       /* the keys still to come are [at, end) of `item` */
    const struct field *key;
    const char *element, *array_end; /* within the array of `key`; NULL: in none */
    int32_t link_no;                 /* of the part handed out last */
    const struct raw *count;         /* of intersections; NULL: not told */
    struct buf left_over, names;
    int64_t n_left_over, n_cleaned; /* values in there */
    bool is_left_over;              /* and no row has taken it yet */
};

/* One part; until the next call. */
struct keyed_part {
    const struct field *key;
    int32_t link_no;       /* its place under the key, from 1 */
    struct raw value;      /* as it came */
    const char *complaint; /* why it is no object that can be read, or NULL: `fields` has it */
};

void keyed_init(struct keyed *keyed, const struct endpoint *endpoint, struct drift *drift);
void keyed_deinit(struct keyed *keyed);

/* `item` is that of one object, and lasts as long as its parts are handed out. */
void keyed_begin(struct keyed *keyed, struct fields *item);

/* The next part; false where there is none left. */
bool keyed_next(struct keyed *keyed, struct keyed_part *ret_part);
