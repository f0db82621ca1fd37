/* One document of a job file to a job with its feeds. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config/complaint.h"

struct config;
struct config_job;
struct config_project;
struct yaml_node;

/*
 * Reads the job. False where there was an error about it; `*ret_job` then holds what could be read,
 * its title above all, so that a second job of that title is found. The caps and defaults of
 * `config` hold for the job too, it is for `project` (NULL: none), and `is_budget_missed` says to
 * complain where the job has no caps either.
 */
bool job_read(struct source *source, const struct yaml_node *document, const struct config *config,
              const struct config_project *project, bool is_budget_missed,
              struct config_job *ret_job);

void job_deinit(struct config_job *job);
