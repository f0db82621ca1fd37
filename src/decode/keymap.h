/*
 * Which key of an item belongs to which column, from the columns' paths.
 *
 * Keys mostly come in the order of the columns, so a search begins behind the last hit.
 */
#pragma once

#include <stddef.h>

struct endpoint;
struct keymap;

#define KEY_NO_FIELD ((size_t)-1)

struct key {
    const char *name; /* the endpoint's, not NUL-terminated */
    size_t size;
    size_t column;        /* of the endpoint; of no meaning where there is `inner` */
    struct keymap *inner; /* the keys one level down, of a path "outer.inner"; else NULL */
    size_t field;         /* for who reads an item: its field with this key, or KEY_NO_FIELD */
};

struct keymap {
    struct key *keys;
    size_t n;
    size_t next; /* where the next search begins */
};

struct keymap *keymap_new(const struct endpoint *endpoint);
void keymap_destroy(struct keymap *map);

/* NULL where the endpoint knows no such key. */
struct key *keymap_find(struct keymap *map, const char *name, size_t size);

/* Sets every `field` to KEY_NO_FIELD, one level down as well. */
void keymap_reset(struct keymap *map);
