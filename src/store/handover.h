/*
 * The store's verbs for starts that somebody asks the service for, and for its nights: those of
 * `run` beside the service, which asks and follows, and those of the service. Each is one statement
 * on `control`. Texts last for the callback; one is "" where there is nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "store/store.h"

/* How far a start is; as `struct engine_progress` has it. */
struct store_progress {
    int64_t n_items, n_items_expected; /* -1: not known */
    int64_t n_in_flight, n_calls, n_items_here;
    int64_t n_undelivered, undelivered_nanousd, booked_nanousd, budget_nanousd;
    int64_t n_listings, n_over, n_unmoved;
};

/* --- whoever asks ---------------------------------------------------------------------------- */

struct store_job_name {
    const char *project, *name;
};

/* One start of each job; `ids` in their order. `night`: yyyy-mm-dd, or NULL. The service is woken.
 */
typedef void store_asked_fn(void *data, const int64_t ids[], size_t n, const struct err *err);
void store_ask_starts(struct store *store, const struct store_job_name jobs[], size_t n,
                      const char *night, bool is_fresh, store_asked_fn *done, void *data);

/* Those of them that nobody has taken are over, with the exit code 75. */
void store_withdraw_starts(struct store *store, const int64_t ids[], size_t n, const char *why,
                           store_done_fn *done, void *data);

struct store_start {
    int64_t start_id;
    const char *job; /* its title */
    bool is_taken;
    int64_t run_id;     /* 0: none yet */
    const char *note;   /* what whoever asked should know */
    bool is_over;       /* with... */
    int exit_code;      /* ...as `linkhaul run` ends with, and... */
    const char *reason; /* ...why it is not 0 */
    struct store_progress progress;
};

/* `has_service`: the connection by which a service holds the database is there. */
typedef void store_starts_fn(void *data, const struct store_start *starts, size_t n,
                             bool has_service, const struct err *err);
void store_read_starts(struct store *store, const int64_t ids[], size_t n, store_starts_fn *done,
                       void *data);

struct store_start_listing {
    const char *job, *target, *kind;
    bool is_published, is_held;
    const char *completeness, *reason;
    int64_t n_items, n_rows, n_duplicates, n_missing;
};

/* What they were at, but for listings that were published before. */
typedef void store_start_listings_fn(void *data, const struct store_start_listing *listings,
                                     size_t n, const struct err *err);
void store_read_start_listings(struct store *store, const int64_t ids[], size_t n,
                               store_start_listings_fn *done, void *data);

/* --- the service ----------------------------------------------------------------------------- */

/* Calls `wake` whenever somebody has asked for starts, as long as the connection lasts. */
void store_listen(struct store *store, void (*wake)(void *data), store_done_fn *done, void *data);

struct store_wanted {
    int64_t start_id;
    const char *project, *job;
    const char *night;
    bool is_fresh;
};

/* What is asked for and not taken: it is now. */
typedef void store_wanted_fn(void *data, const struct store_wanted *wanted, size_t n,
                             const struct err *err);
void store_take_starts(struct store *store, store_wanted_fn *done, void *data);

/*
 * Behind a (new) connection: of what was taken and is not over, other than `ids`, what goes on with
 * its run; the rest of it is over. `is_first`: so is what was asked of the process before.
 */
void store_adopt_starts(struct store *store, const int64_t ids[], size_t n, bool is_first,
                        store_wanted_fn *done, void *data);

/* The job's run is under way. */
void store_begin_start(struct store *store, int64_t start_id, const char *note, store_done_fn *done,
                       void *data);
void store_note_start(struct store *store, int64_t start_id, const struct store_progress *progress,
                      store_done_fn *done, void *data);

/* `progress`: NULL where it never began. */
void store_end_start(struct store *store, int64_t start_id, int exit_code, const char *reason,
                     const struct store_progress *progress, store_done_fn *done, void *data);

/*
 * Of the nights before `first_open` (days since 1970), the newest that nobody was told of:
 * yyyy-mm-dd, and what there is to tell, as a JSON object. From now on it is told. NULL where there
 * is none.
 */
typedef void store_night_fn(void *data, const char *night, const char *summary,
                            const struct err *err);
void store_claim_night(struct store *store, int64_t first_open, store_night_fn *done, void *data);
