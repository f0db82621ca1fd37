/* The jobs that a command line names. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct config;
struct config_job;

/* Says that there is no such job, and which was probably meant; returns the exit code. */
int jobs_unknown(const struct config *config, const char *name);

/*
 * The jobs that are named in words[1 .. n_words - 1], each once and in their order, or all of them.
 * Returns 0 with an array to free(), else the exit code; what is wrong has been said then.
 */
int jobs_pick(const struct config *config, int n_words, char **words, bool is_all,
              const struct config_job ***ret_jobs, size_t *ret_n_jobs);
