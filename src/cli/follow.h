/*
 * Beside the service: `run` hands its jobs over and follows them to their end, as it would its own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct config;
struct config_job;

struct follow_settings {
    const struct config *config;
    const struct config_job *const *jobs;
    size_t n_jobs;
    const char *night; /* yyyy-mm-dd; NULL: today where the job is */
    bool is_fresh;
};

/* False where no service works on the database; then nothing has happened. */
bool follow(const struct follow_settings *settings, int *ret_exit_code);
