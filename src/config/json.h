/*
 * Nodes as canonical JSON: keys sorted by their bytes, no space, numbers in one form, so that equal
 * meanings are equal texts.
 */
#pragma once

#include "config/yaml.h"
#include "core/buf.h"
#include "core/json.h"

/* A whole node. A broken node becomes null; its complaint refuses the job anyway. */
void json_append_node(struct buf *out, const struct yaml_node *node);

/* A map without the keys named in `left_out` (NULL-terminated). */
void json_append_map_without(struct buf *out, const struct yaml_node *map,
                             const char *const *left_out);
