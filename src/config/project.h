/* Projects: whom a job is for, and whose targets `$own` and `$competitors` are in it. */
#pragma once

#include <stddef.h>

#include "config/yaml.h"

struct config;
struct config_project;

/*
 * Reads the targets of a project, whose name is there, from its map in the main file. One with a
 * mistake is flawed, which its jobs are refused for without a word.
 */
void project_read(struct source *source, const struct yaml_node *node,
                  struct config_project *project);
void project_deinit(struct config_project *project);

/*
 * The projects that a job's document names, in its order; one NULL where it names none. An unknown
 * one is complained of and left out; where that leaves none there is a flawed one without a name.
 * The array is the caller's.
 */
const struct config_project **projects_of(struct source *source, const struct config *config,
                                          const struct yaml_node *document, size_t *ret_n);

/*
 * A copy of a job's document in which targets of `project` stand for `$own` and `$competitors`, in
 * `targets`, and in `targets` and `exclude_targets` of `request` and of each of `feeds`. What
 * cannot be replaced is complained of, and broken in the copy. The copy is the caller's.
 */
struct yaml_node project_expand(struct source *source, const struct yaml_node *document,
                                const struct config_project *project);
