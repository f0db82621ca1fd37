/*
 * What stands around the items of an answer, collected while the body runs by in pieces.
 *
 * The array at tasks[0].result[0].items is counted and left out: an empty one stands in its place.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "decode/lex.h"

#define AROUND_SIZE_MAX (1024 * 1024)

/* Brackets and braces from the top to the array of items. */
#define AROUND_PATH_DEPTH 6

#define AROUND_KEY_MAX 8 /* longer than any key of the path */

enum around_state {
    AROUND_TEXT,        /* outside strings and items */
    AROUND_STRING,      /* within a string */
    AROUND_ITEMS_FIRST, /* in front of the first item or the array's end */
    AROUND_ITEMS,       /* within the items */
};

struct around {
    struct buf text;
    enum around_state state;
    bool is_escaped;                   /* in a string: behind a backslash */
    unsigned depth;                    /* brackets open */
    unsigned n_on_path;                /* how many of them are those of the path */
    bool has_comma[AROUND_PATH_DEPTH]; /* per bracket of the path: an element has ended */
    char key[AROUND_KEY_MAX];          /* the last string, cut; the key where a value begins */
    size_t key_size;                   /* one more than fits where it was longer */
    struct lex lex;                    /* in the item */
    uint64_t position;                 /* in the body, of the next byte */
    uint64_t items_offset;             /* in the body, of the byte behind the items' bracket */
    int64_t n_items;
    bool has_items;
};

void around_init(struct around *around);
void around_deinit(struct around *around);

/* The next piece of the body. ERR_DATA where it cannot be an answer. */
bool around_feed(struct around *around, const char *text, size_t size, struct err *err);

/* The body is at its end: ERR_DATA where something is still open. */
bool around_finish(const struct around *around, struct err *err);
