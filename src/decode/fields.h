/*
 * The keys of one object with their values' raw text, in the order in which they came.
 *
 * Keys are compared as PostgreSQL would store them, so they stand here unescaped and clean.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "decode/scan.h"

/* An object with more keys is refused: comparing them takes the square of their number. */
#define FIELDS_MAX 1024

struct field {
    const char *key; /* not NUL-terminated; in the scanned text, or in `keys` below */
    size_t key_size;
    struct raw value;
    size_t inner, n_inner; /* for who maps them: the fields of the object that is its value */
    bool is_key_cleaned;   /* it held what PostgreSQL cannot store */
    bool is_superseded;    /* for who maps them: an equal key comes later */
    bool is_extra;         /* for who maps them: it goes to extra */
    bool is_added;         /* by fields_add() */
};

struct fields {
    struct field *fields;
    size_t n;
    size_t capacity;
    struct buf keys;       /* keys that had to be unescaped or cleaned; it does not move */
    size_t text_size;      /* of the first object's text at most: it holds all others */
    const char *complaint; /* of the last SCAN_BAD; a constant */
};

void fields_init(struct fields *fields);
void fields_deinit(struct fields *fields);

/* Forgets all fields and keeps the memory. */
void fields_clear(struct fields *fields);

/* Adds one that did not come in the text; `key` and `value` have to last as long as the others. */
void fields_add(struct fields *fields, const char *key, const struct raw *value);

/*
 * Adds the fields of the object at `*at`, which is a brace, and moves `*at` behind it. A second
 * object has to be a value within the first; its fields begin at the old `n`. Keys stay in place
 * until the next fields_clear(), fields until the next fields_scan(). Where the result is not
 * SCAN_OK, what was added is of no use.
 */
enum scan_result fields_scan(struct fields *fields, const char **at, const char *end);
