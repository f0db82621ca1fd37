/*
 * How the work stands, for people: jobs and their nights. Each verb is one statement on `control`,
 * which reads sums that are kept anyway, so it may be asked every minute. Texts last for the
 * callback.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "store/service.h"
#include "store/store.h"

/* A job with its last run, and the last start of it that was not made since. */
struct store_job_row {
    const char *project, *job;
    int64_t run_id; /* 0: it has never run */
    bool is_open;   /* the run is */
    const char *night, *account;
    int64_t started_s, ended_s; /* since 1970; STORE_NEVER */
    /* complete, limited, capped, short, unmoved; held, abandoned; of an open run budget, error,
     * stopped, open; "" where there was none. */
    const char *result;
    int64_t n_feeds, n_done;           /* of the run; those that are published or have not moved */
    int64_t n_unended;                 /* listings that nothing has ended so far */
    int64_t n_items, n_items_expected; /* -1: not known */
    int64_t n_rows, n_new, n_lost, n_missing;
    const char *reason; /* of a listing that is not published; "" where none has any */
    /* Of the night that its calls are counted in. */
    int64_t budget_nanousd; /* 0: no cap */
    int64_t settled_nanousd, unknown_nanousd, reserved_nanousd;
    int64_t undelivered_nanousd; /* of all its nights; among what is settled */
    int64_t n_reserved;          /* calls under way */
    int64_t idle_s;              /* since its start or the last news of a call of it */
    int64_t missed_s;            /* scheduled time of that start; STORE_NEVER: there is none */
    int64_t n_missed;            /* how many of its night it stands for */
    const char *missed_night, *missed_reason;
};

/* Of `busy`, as project/job, the run before the one that is open. */
typedef void store_job_rows_fn(void *data, const struct store_job_row *rows, size_t n_rows,
                               const struct err *err);
void store_read_job_rows(struct store *store, const char *const busy[], size_t n_busy,
                         store_job_rows_fn *done, void *data);

/* Whether somebody seems to be at the run; it takes a holder of the database besides. */
bool store_is_at_work(const struct store_job_row *row);

/* The row of a job, by the names that it has and had; NULL where there is none. */
const struct store_job_row *store_find_job_row(const struct store_job_row *rows, size_t n_rows,
                                               const struct store_job *job);

/* What the runs of a job brought and cost in a night. */
struct store_night_row {
    const char *project, *job;
    const char *night; /* yyyy-mm-dd */
    int64_t n_rows, n_new, n_lost;
    int64_t nanousd; /* settled and unknown */
};

/*
 * The last 30 nights up to the newest one of any job, by job, the oldest first; a night without a
 * run is not among them.
 */
typedef void store_night_rows_fn(void *data, const struct store_night_row *rows, size_t n_rows,
                                 const struct err *err);
void store_read_night_rows(struct store *store, store_night_rows_fn *done, void *data);

/* Something that went wrong. */
struct store_trouble {
    int64_t at_s;
    const char *project, *job;
    const char *text;
};

/* The newest ones, the newest first: starts that were not made, listings that are not published,
 * calls that failed. */
typedef void store_troubles_fn(void *data, const struct store_trouble *troubles, size_t n,
                               const struct err *err);
void store_read_troubles(struct store *store, size_t n_max, store_troubles_fn *done, void *data);
