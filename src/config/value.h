/* One value of a map, checked by its key's type, into its place in a struct. */
#pragma once

#include "config/key.h"
#include "config/yaml.h"

#define KEYS_MAX 64            /* of one map, with room to grow */
#define KEY_PATH_BYTES_MAX 256 /* of a path such as api.in_flight */

/* One value on its way into the struct. */
struct slot {
    struct source *source;
    const struct key *key;
    const struct yaml_node *node;
    const char *path; /* "api.in_flight" */
    void *base;       /* of the struct that key->offset counts in */
};

/* Any type but KEY_MAP and KEY_BUDGET, which may be maps. A broken node is passed over in silence.
 */
void value_read(const struct slot *slot);

/* Whether it is a name as jobs and projects have it. */
bool value_is_name(const char *text);

/* Complains that something else was found than expected. */
void value_refuse(const struct slot *slot);

char **value_text_at(void *base, const struct key *key);
int64_t *value_number_at(void *base, const struct key *key);

/* A dollar amount above 0 into the number; any other is complained about. */
void value_read_money(const struct slot *slot);

/* A sibling of `file`: "dir/x" for "x" and "dir/linkhaul.yaml"; absolute paths stay. Free it. */
char *path_beside(const char *file, const char *path);
