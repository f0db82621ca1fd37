#include "decode/keymap.h"

#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/mem.h"

/* Two levels at most: that is what a column's path has. */

static struct key *add(struct keymap *map, const char *name, size_t size, size_t column)
{
    map->keys = mem_resize(map->keys, map->n + 1, sizeof *map->keys);
    map->keys[map->n] =
        (struct key){.name = name, .size = size, .column = column, .field = KEY_NO_FIELD};
    return &map->keys[map->n++];
}

static struct key *find_or_add_outer(struct keymap *map, const char *name, size_t size)
{
    struct key *key = keymap_find(map, name, size);

    if (key == NULL) {
        key = add(map, name, size, 0);
        key->inner = mem_new(sizeof *key->inner);
    }
    return key;
}

struct keymap *keymap_new(const struct endpoint *endpoint)
{
    struct keymap *map = mem_new(sizeof *map);

    for (size_t i = 0; i < endpoint->n_columns; i++) {
        const char *path = endpoint->columns[i].path;
        const char *dot = strchr(path, '.');

        if (dot == NULL)
            add(map, path, strlen(path), i);
        else
            add(find_or_add_outer(map, path, (size_t)(dot - path))->inner, dot + 1, strlen(dot + 1),
                i);
    }
    return map;
}

void keymap_destroy(struct keymap *map)
{
    if (map == NULL)
        return;
    for (size_t i = 0; i < map->n; i++)
        keymap_destroy(map->keys[i].inner);
    free(map->keys);
    free(map);
}

struct key *keymap_find(struct keymap *map, const char *name, size_t size)
{
    size_t at = map->next;

    for (size_t n_seen = 0; n_seen < map->n; n_seen++, at++) {
        struct key *key;

        if (at >= map->n)
            at = 0;
        key = &map->keys[at];
        if (key->size == size && memcmp(key->name, name, size) == 0) {
            map->next = at + 1;
            return key;
        }
    }
    return NULL;
}

void keymap_reset(struct keymap *map)
{
    map->next = 0;
    for (size_t i = 0; i < map->n; i++) {
        map->keys[i].field = KEY_NO_FIELD;
        if (map->keys[i].inner != NULL)
            keymap_reset(map->keys[i].inner);
    }
}
