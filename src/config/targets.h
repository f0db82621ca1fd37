/* What is asked for: a job's list of targets, and those of an intersection by number. */
#pragma once

#include <stddef.h>

#include "config/yaml.h"

struct request_value;

/* Whether the node is a target; complains where it is none. `path` is "targets" or the like. */
bool target_node_check(struct source *source, const struct yaml_node *node, const char *path);

/* Complains of each that an earlier one is equal to; `targets` are good ones, and are sorted. */
void targets_refuse_repeats(struct source *source, const struct yaml_node **targets, size_t n,
                            const char *path);

/* PARAM_TARGETS and PARAM_EXCLUDED of a request. */
void targets_check(const struct request_value *value);
void excluded_check(const struct request_value *value);

/* Complains of each that is excluded and a target as well; either may be NULL, or no good one. */
void excluded_refuse_targets(struct source *source, const struct yaml_node *excluded,
                             const struct yaml_node *targets);

/* The targets of a good PARAM_TARGETS, in the order of their numbers: "moz.com + ahrefs.com". */
char *targets_name(const struct yaml_node *targets);
