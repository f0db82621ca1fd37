/* `formerly`: the names that a job had, whose history it goes on with. */
#pragma once

#include "config/yaml.h"

struct config_job;

/* Reads them into the job, whose name is read already. */
void formerly_read(struct source *source, const struct yaml_node *document, struct config_job *job);

/*
 * Whether `other` has, or had too, one of the names that `job` had; returns that name, and NULL
 * where it is not so. A history belongs to one job.
 */
const char *formerly_clash(const struct config_job *job, const struct config_job *other);
