/* Maps into structs, by a table of keys. */
#pragma once

#include <stdbool.h>

#include "config/key.h"
#include "config/yaml.h"

/*
 * Reads `map` into `base` by `table`, and gives keys that are not there their defaults; `prefix`
 * stands in front of the keys in complaints. KEY_ACCOUNT_OF, KEY_TARGETS, KEY_REQUEST and
 * KEY_LABELS are left to the reader of jobs, who knows the endpoint.
 */
void read_map_into(struct source *source, const struct yaml_node *map, const char *prefix,
                   const struct key_table *table, void *base);

/* The defaults alone, where there is no map to read. */
void read_defaults(const struct key_table *table, void *base);
