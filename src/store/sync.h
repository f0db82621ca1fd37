/*
 * What decides how a job's feeds are synced: how current each is, how many links it has, how much
 * moves, and what the vendor told tonight. One statement on `control`.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/uuid.h"

struct store;

struct store_sync_job {
    const char *project, *job, *timezone, *account, *account_timezone;
    const char *night;        /* NULL: today; else yyyy-mm-dd */
    int64_t resume_within_ms; /* an open run that is older does not count */
    int64_t refresh_days;     /* each link is to be taken anew within so many; 0: never */
    int64_t overlap_days;     /* what changed is asked for from so long before the last sync on */
    const char *bulk_job;     /* whose runs make the account's bulk calls, of project default */
    const struct uuid *taken_up; /* its run that this process has begun, be it over; NULL: none */
    const struct uuid *keys;     /* of its feeds */
    size_t n_keys;
};

struct store_sync_feed {
    bool is_begun;            /* the run that a start would go on with has it already */
    bool is_narrowed;         /* its request leaves out links that are alive */
    int64_t n_live;           /* links live or missing */
    int64_t n_missing;        /* of these missing */
    bool is_synced;           /* there was a good sync, and a complete listing */
    int64_t nights_since;     /* since that */
    int64_t synced_as_of_s;   /* the moment it was of, in seconds since 1970 */
    int64_t nights_refreshed; /* since links were last taken anew */
    int64_t moved_a_night;    /* links found or lost, on the average; -1: not known */
    bool is_told;             /* a bulk call of tonight asked for it */
    int64_t n_new, n_lost;    /* what that told; -1: nothing, or what cannot be */
    int64_t nights_counted;   /* since a whole listing or a count that led to a good sync */
    bool is_count_night; /* its weekday (by its number), or a night since then did not add up */
    /* The range that is next to be taken anew, and its links; STORE_FROM_OPEN, STORE_TO_OPEN. */
    int64_t refresh_from_s, refresh_to_s, n_refresh;
};

/* A feed for each key, in their order, for the callback; and the account's night, yyyy-mm-dd. */
typedef void store_sync_fn(void *data, const struct store_sync_feed *feeds, size_t n_feeds,
                           const char *account_night, const struct err *err);
void store_read_sync(struct store *store, const struct store_sync_job *job, store_sync_fn *done,
                     void *data);

/* A feed whose changes did not add up: it is to be taken whole, in the same run. */
struct store_fallback {
    const char *target, *why;
};

/*
 * Ends a run that has nothing open, and notes which of its feeds are current with it. Those that
 * its count shows not to be get a full listing in it, once: then it stays open for that. They last
 * for the callback.
 */
typedef void store_run_ended_fn(void *data, const struct store_fallback *fallbacks, size_t n,
                                const struct err *err);
void store_end_run(struct store *store, int64_t run_id, store_run_ended_fn *done, void *data);
