/* What a job asks for: its targets, its request and its `feeds`, which become feeds. */
#pragma once

#include "config/yaml.h"

struct config_job;

/*
 * Reads `targets`, `request` and `feeds` of a job, whose other keys are read already, into its
 * feeds. Without a name or an endpoint, which was complained of, the feeds stay without a key.
 */
void feeds_read(struct source *source, const struct yaml_node *document, struct config_job *job);

void feeds_deinit(struct config_job *job);
