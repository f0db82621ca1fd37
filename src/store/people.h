/*
 * The store's verbs for people: what is told of the work and its money, and what a person says to
 * it. Each is one statement on `control`, and needs no lock.
 *
 * Rows and their texts last for the callback; a text is "" where there is nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct store;

/* --- who works ------------------------------------------------------------------------------- */

/* The process that calls the API for this database; NULL: none does. */
struct store_holder {
    const char *name; /* "linkhaul[123] control" */
    const char *since;
};

typedef void store_holder_fn(void *data, const struct store_holder *holder, const struct err *err);
void store_who_holds(struct store *store, store_holder_fn *done, void *data);

/* --- a run ----------------------------------------------------------------------------------- */

/* A run and how many of its listings are in which state. */
struct store_found_run {
    int64_t run_id;
    const char *job, *night;
    bool is_open;
    int64_t n_open, n_held, n_published, n_abandoned;
};

/* The run of that number, or the newest of these jobs; `run` is NULL where there is none. */
typedef void store_found_run_fn(void *data, const struct store_found_run *run,
                                const struct err *err);
void store_find_run(struct store *store, const char *const numbers_or_jobs[], size_t n,
                    store_found_run_fn *done, void *data);

struct store_stopped_run {
    int64_t run_id;
    const char *job;
};

/* No more calls are reserved for the open runs of that number or these jobs, until their next
 * start.
 */
typedef void store_stopped_fn(void *data, const struct store_stopped_run *runs, size_t n_runs,
                              const struct err *err);
void store_stop(struct store *store, const char *const numbers_or_jobs[], size_t n,
                store_stopped_fn *done, void *data);

struct store_stop {
    int64_t run_id;
    const char *why; /* for people */
};

/* Those of these runs that somebody has stopped since their start. */
typedef void store_stops_fn(void *data, const struct store_stop *stops, size_t n_stops,
                            const struct err *err);
void store_read_stops(struct store *store, const int64_t run_ids[], size_t n_runs,
                      store_stops_fn *done, void *data);

struct store_accepted {
    const char *target, *completeness;
    int64_t n_rows;
    bool is_late; /* a newer listing of its feed is published, and stays what analysts see */
};

/* Publishes all that a guard held back in that run; nothing where there is none. */
typedef void store_accepted_fn(void *data, const struct store_accepted *listings, size_t n_listings,
                               const struct err *err);
void store_accept(struct store *store, int64_t run_id, store_accepted_fn *done, void *data);

/* --- reports --------------------------------------------------------------------------------- */

/* One line of `status`: a feed with its last listing. */
struct store_status_row {
    const char *job, *project, *target, *endpoint;
    int64_t run_id;            /* the last that was about it; 0: there was none */
    const char *run_state;     /* of that run: open, done */
    const char *account;       /* likewise */
    const char *night;         /* of that run */
    const char *visible_night; /* the last that it is current with, or has a published listing of */
    const char *way;           /* full, changes, unmoved: what that run took */
    const char *state; /* of the last listing; of changes of the first that is not published */
    const char *completeness; /* of the last listing */
    const char *reason;       /* why it is not published */
    const char *published_at; /* with its zone */
    int64_t n_items, n_rows, n_duplicates, n_missing;
    int64_t n_new, n_lost; /* links, or domains; these, and what was spent, of all its listings in
                              the run, as the items and rows are of changes */
    int64_t total_count;   /* -1: never told */
    int64_t max_rows;      /* 0: all */
    /* of the last listing, all its nights */
    int64_t settled_nanousd, undelivered_nanousd, unknown_nanousd, reserved_nanousd;
};

typedef void store_status_fn(void *data, const struct store_status_row *rows, size_t n_rows,
                             const struct err *err);
void store_status(struct store *store, store_status_fn *done, void *data);

/* A table with its indexes and long values; of facts each partition. */
struct store_size {
    const char *kind; /* facts, state, ledger, operations */
    const char *table, *partition;
    uint64_t bytes;
    int64_t n_rows; /* as the planner believes */
};

typedef void store_sizes_fn(void *data, const struct store_size *sizes, size_t n_sizes,
                            const struct err *err);
void store_read_sizes(struct store *store, store_sizes_fn *done, void *data);

/* What a ledger is summed by. */
enum store_sum_by {
    STORE_BY_JOB,
    STORE_BY_ENDPOINT,
    STORE_BY_TARGET,
    STORE_BY_LABEL,
    STORE_BY_ACCOUNT
};

/* Calls and their money. An unknown charge counts as it was reserved. */
struct store_cost {
    const char
        *name; /* of the job, endpoint, target, account; "name=value" of a label, "" for none */
    int64_t n_calls, n_items;
    int64_t n_undelivered, n_unknown, n_reserved; /* calls among n_calls */
    int64_t settled_nanousd, undelivered_nanousd, unknown_nanousd, reserved_nanousd;
};

/*
 * The ledger of a month ("2026-11"; NULL: this one in `timezone`), the dearest first. `total` has
 * each call once (a run with two labels stands in two rows), and the month as its name.
 */
typedef void store_costs_fn(void *data, const struct store_cost *rows, size_t n_rows,
                            const struct store_cost *total, const struct err *err);
void store_sum_costs(struct store *store, const char *month, const char *timezone,
                     enum store_sum_by by, store_costs_fn *done, void *data);
