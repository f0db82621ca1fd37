/*
 * The engine: runs of jobs from their start to their end, on one loop.
 *
 * It joins the crawl, which decides, to http, spool, decode and store, which do. It opens the
 * database, asks for the account's prices, takes up each job's open run or begins one, lets the
 * crawl work, and closes everything again. A database that is lost on the way is waited for.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct config;
struct config_job;
struct engine;
struct uv_loop_s;

/* How a listing ended, for a summary. */
struct engine_listing {
    const char *job, *target;
    const char *kind; /* full, new, lost, refresh, count */
    bool is_published;
    bool is_held;             /* it has shrunk too much: `linkhaul publish` accepts it */
    const char *completeness; /* complete, limited, capped, short; budget, error; NULL: stopped */
    const char *reason;       /* "" */
    int64_t n_items, n_rows, n_duplicates, n_missing; /* of the published listing */
};

/* Where things stand; for progress while it runs, and for a summary at its end. */
struct engine_progress {
    int64_t n_items;          /* received for the listings that were open, also by earlier starts */
    int64_t n_items_expected; /* -1: not known yet for some listing */
    size_t n_in_flight;
    int64_t n_calls;       /* of this process */
    int64_t n_items_here;  /* received by this process */
    int64_t n_undelivered; /* calls that were billed and whose answers never came */
    int64_t undelivered_nanousd;
    int64_t booked_nanousd; /* tonight: settled, unknown, reserved */
    int64_t budget_nanousd; /* sum over the runs */
    size_t n_listings, n_over;
    size_t n_unmoved; /* feeds that nothing was asked for, since nothing had moved */
};

struct engine_settings {
    const struct config *config;
    const struct config_job *const *jobs;
    size_t n_jobs;
    /* By job and feed: those that are only to be counted, with one call for a single item each;
     * NULL: listings are taken whole, of all feeds. */
    const bool *const *counted;
    bool is_fresh;     /* open runs are not gone on with: they are closed as they are */
    const char *night; /* yyyy-mm-dd; NULL: today where the job is */
    /* Once everything is closed, on the loop. `err` is NULL unless the whole broke off. */
    void (*done)(void *data, const struct err *err);
    void *data;
};

/* Starts; the settings' texts stay the caller's until `done`. */
struct engine *engine_new(struct uv_loop_s *loop, const struct engine_settings *settings);

/* No new calls; what is paid for lands. Then `done`. */
void engine_stop(struct engine *engine);

/* Zeros before the runs have begun. */
void engine_progress(const struct engine *engine, struct engine_progress *ret_progress);

/* The listings of all runs, one after the other; false behind the last. Valid until destroy. */
bool engine_listing_at(const struct engine *engine, size_t i, struct engine_listing *ret_listing);

/*
 * The exit code, after `done`: 0; 1 stopped before its end; 2 a listing ended by budget or error;
 * 69 no call was answered at all; 75 or 77 where the account stopped it; otherwise that of the
 * error, also of one that kept a single job from starting.
 */
int engine_exit_code(const struct engine *engine);

/* After `done`. */
void engine_destroy(struct engine *engine);
