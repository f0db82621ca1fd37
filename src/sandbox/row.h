/*
 * The made-up links to a target.
 *
 * Row `number` of a target is a pure function of (seed, target, number): the same rows come in
 * every order, on every machine, however many the target has. What a row needs for filters is cheap
 * to make (some numbers); its texts are written when they are asked for. So an index over millions
 * of rows takes seconds, and no rendered row is kept.
 *
 * Rows 0 .. n_live - 1 are live, the n_lost behind them are lost. url_from is unique in a target.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sandbox/value.h"

#define ROW_SOURCE_ITEMS_MAX INT64_C(1000000000)
#define ROW_HOST_MAX 254

/* The rows of one target. */
struct row_source {
    const char *target; /* not owned */
    uint64_t seed;      /* of the program's seed and the target */
    uint64_t n_live, n_lost;
    uint64_t n_sites;        /* referring sites that the rows come from */
    char host[ROW_HOST_MAX]; /* of the target */
    bool is_page;            /* the target is a page, so every link goes there */
    bool is_rank_in_hundred; /* rank_scale one_hundred */
};

enum row_kind {
    ROW_ANCHOR,
    ROW_IMAGE,
    ROW_REDIRECT,
    ROW_CANONICAL,
    ROW_ALTERNATE,
    ROW_META,
    ROW_LINK
};

/* A row of anything is in one place at once: a value's text lives here until the next is asked for.
 */
#define ROW_TEXT_MAX 24576

struct row {
    const struct row_source *source;
    uint64_t number;
    uint64_t bits; /* what its values are drawn from */
    uint64_t site; /* the same for the referring site */
    uint64_t site_no;
    int64_t group_count; /* set by the listing */
    enum row_kind kind;
    bool is_lost, is_new, is_https, is_ip_host;
    bool is_plain_shape; /* false: some rare oddity is printed (item.h) */
    int null_field;      /* the rare null in a field that has none usually; -1: none */
    int64_t first_seen, prev_seen, last_seen;
    char text[ROW_TEXT_MAX];
};

/* `target` is kept, not copied. `n_items` of 0: a number that hangs on seed and name. */
void row_source_init(struct row_source *source, uint64_t seed, const char *target,
                     uint64_t n_items);

void row_make(struct row *row, const struct row_source *source, uint64_t number);

enum field_nesting { FIELD_FLAT, FIELD_OPENS, FIELD_INSIDE };

/* One value of a row. Fields stand in the order of the endpoint's columns (api/endpoint.h). */
struct field {
    const char *path;
    const char *key; /* as it stands before the value, "\"rank\":", with what opens an object */
    size_t key_size;
    struct value (*value)(struct row *row);
    enum field_nesting nesting; /* of an object inside the item */
    bool closes;                /* ... of which it is the last */
    int since;                  /* the year it came; missing in items of older shapes */
    bool may_be_null;           /* rarely, though the vendor's examples have none */
};

extern const struct field row_fields[];
extern const size_t n_row_fields;

/* The value; its text lasts until the row's next value is asked for. */
struct value row_value(struct row *row, size_t field);
