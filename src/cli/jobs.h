/* The jobs that a command line names. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct config;
struct config_job;

/* Says that there is no such job, and which was probably meant; returns the exit code. */
int jobs_unknown(const struct config *config, const char *name);

/*
 * What the database may call that which a word names: the word itself, and all names of the jobs
 * that have it or had it, as project/name. A job's runs go over to a new name with its first start
 * under that one. free() the array and each of its texts; `*ret_is_job` is false where there is no
 * such job.
 */
char **jobs_all_names(const struct config *config, const char *word, size_t *ret_n,
                      bool *ret_is_job);

/*
 * The jobs that are named in words[1 .. n_words - 1], each once and in their order, or all of them.
 * Returns 0 with an array to free(), else the exit code; what is wrong has been said then.
 */
int jobs_pick(const struct config *config, int n_words, char **words, bool is_all,
              const struct config_job ***ret_jobs, size_t *ret_n_jobs);
