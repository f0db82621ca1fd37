/*
 * The store's verbs as calls that wait for their answer, for tests: each runs the loop until the
 * answer is there and returns whether it was a good one; `err` holds what went wrong.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "core/err.h"
#include "core/uuid.h"
#include "store/store.h"
#include "store/sync.h"

struct calls {
    uv_loop_t loop;
    const char *url;
    struct store *store;
    bool is_answered;
    bool is_inside;           /* one of the store's functions: no callback may come */
    enum store_charge charge; /* of calls_commit(): STORE_SETTLED unless a test says otherwise */
    struct store_caps all_caps, account_caps; /* for calls_start_run(), beside the job's */
    int64_t keep_nanousd;                     /* likewise */
    bool is_fresh;                            /* likewise: an open run is closed */
    enum store_scope refusal; /* of the last calls_reserve(); -1: it was not refused */
    struct err err;           /* a refusal is an ERR_BUDGET with its text */
    struct store_run *run;    /* of the last calls_start_run(); calls' own */
    struct store_published published;
    struct store_account account;
};

/* Makes a database with the schema and opens a store on it as its holder. */
void calls_begin(struct calls *calls);

/* Opens a store on `url`; what was opened is to be closed, also where this gives false. */
bool calls_open(struct calls *calls, const char *url, bool is_holder);

/* Closes the store and the loop, and fails the test where a handle is left. */
void calls_end(struct calls *calls);

/* A callback for any verb that ends in a store_done_fn, and waiting for it. */
void calls_on_done(void *data, const struct err *err);
bool calls_wait(struct calls *calls);

/* The same for store_end_run(), of a run where no feed falls back. */
void calls_on_run_ended(void *data, const struct store_fallback *fallbacks, size_t n,
                        const struct err *err);

/* A run of job "walk" in project "default" with these feeds, ended by NULL, for the given night. */
bool calls_start_run(struct calls *calls, const char *night, int64_t budget_nanousd,
                     const char *const targets[]);

/*
 * A run of one feed, example.com, with its listing and its slice of 1,000 items a page: the next
 * one, or the one that is open. Gives the listing; fails the test at an error. And ending that run.
 */
int64_t calls_start_listing(struct calls *calls, const char *night, int64_t budget_nanousd);
void calls_end_run(struct calls *calls);

bool calls_begin_slice(struct calls *calls, int64_t listing_id, int64_t limit);

/* A call for the page at `position` of slice 0. */
bool calls_reserve(struct calls *calls, int64_t listing_id, int64_t position, int64_t worst_nanousd,
                   struct uuid *ret_attempt);
bool calls_settle(struct calls *calls, const struct uuid *attempt, enum store_charge charge,
                  int64_t charged_nanousd);

/* Rows for the listing: ordinals from `position` + 1 on, links by their numbers. Begins a COPY. */
bool calls_copy(struct calls *calls, int64_t listing_id, int64_t position, const int64_t links[],
                size_t n_links);

/* Books the attempt with the rows; the slice is walked by offset. */
bool calls_commit(struct calls *calls, const struct uuid *attempt, int64_t listing_id,
                  int64_t position, int64_t n_items, int64_t total_count, bool is_ended);

/* All of it: reserves $0.06, lands a page of these links, books $0.03. Fails the test at an error.
 */
void calls_land_page(struct calls *calls, int64_t listing_id, int64_t position,
                     const int64_t links[], size_t n_links, int64_t total_count);

bool calls_publish(struct calls *calls, int64_t listing_id, const char *completeness);
