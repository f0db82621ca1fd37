/*
 * The store's verbs for the service: its place at the database, and the starts of its schedule.
 * Each is one statement on `control`. Texts last for the callback.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "store/store.h"

/*
 * The connection by which a process holds the database for stores that work side by side
 * (store_open_beside). ERR_BUSY names who has it. `is_again`: the process had it before and lost
 * the connection; others of it may still be there.
 */
struct store *store_open_service(struct uv_loop_s *loop, const char *url, bool is_again,
                                 store_done_fn *done, void *data);

/* A job, by the names that it has and had. */
struct store_job {
    const char *project, *name;
    const char *const *former_names;
    size_t n_former_names;
};

/* Nothing of it was ever started by schedule, or recorded. */
#define STORE_NEVER INT64_MIN

/*
 * The last scheduled time of a job that is dealt with, in seconds since 1970, or STORE_NEVER. Where
 * its run was cut short by the end of the process, `open_night` is the night that it counts in, in
 * days since 1970; else STORE_NEVER.
 */
typedef void store_scheduled_fn(void *data, int64_t last_s, int64_t open_night,
                                const struct err *err);
void store_read_scheduled(struct store *store, const struct store_job *job,
                          store_scheduled_fn *done, void *data);

/* A start that was not made. */
struct store_missed {
    const char *project, *job;
    int64_t scheduled_s; /* since 1970; of several the last */
    int64_t night;       /* days since 1970 */
    int64_t n_starts;
    const char *reason;
};

void store_record_missed(struct store *store, const struct store_missed *missed,
                         store_done_fn *done, void *data);

/* Dollars of calls since this day began in UTC: settled, unknown, undelivered, reserved. */
typedef void store_spent_fn(void *data, int64_t nanousd, const struct err *err);
void store_read_spent_today(struct store *store, store_spent_fn *done, void *data);
