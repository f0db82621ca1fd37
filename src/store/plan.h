/*
 * What the database knows that helps to plan: how big feeds are, how far an open run is, how calls
 * went of late, what is spent. Each verb is one statement on `control`, and needs no lock.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/uuid.h"

struct store;

struct store_plan_job {
    const char *project, *job, *timezone, *account;
    const char *const *former_names;
    size_t n_former_names;
    const char *table; /* of its endpoint */
    int64_t resume_within_ms;
    const struct uuid *keys; /* of its feeds */
    size_t n_keys;
};

/* Where a feed stands. Numbers that nobody knows are -1. */
struct store_plan_feed {
    int64_t run_id;      /* the open run that the job's next start goes on with; 0: it begins one */
    int64_t run_nanousd; /* what of that run counts tonight: settled, unknown, reserved */
    int64_t last_total_count; /* as the newest listing that was told one */
    bool is_probed;           /* that was a listing that only counted */
    bool is_open;             /* it has a listing in that run that is to be gone on with */
    bool is_over;             /* it has one, and that is at its end */
    int64_t limit;            /* items of a page of that listing; 0: its first call is to come */
    int64_t max_rows;         /* of that listing; 0: all */
    int64_t n_covered;        /* items of its pages that are in */
    /* Of recent calls of the feed, else of the account. */
    int64_t call_ms, body_bytes; /* of a call; of an item */
    int64_t row_bytes;           /* of a row in its table, indexes included */
};

/* A feed for each key, in their order, for the callback. */
typedef void store_plan_feeds_fn(void *data, const struct store_plan_feed *feeds, size_t n_feeds,
                                 const struct err *err);
void store_plan_feeds(struct store *store, const struct store_plan_job *job,
                      store_plan_feeds_fn *done, void *data);

/* What the shapes of a feed hang on. Numbers that nobody knows are -1. */
struct store_compare_feed {
    bool is_narrowed;          /* it leaves out links that are alive */
    int64_t n_live, n_domains; /* links of its state, live or missing; referring domains, live */
    int64_t new_a_night, lost_a_night; /* links that came and that went, of the last 14 nights */
    int64_t n_nights;                  /* that this is known of */
    int64_t n_unfiltered;              /* items, as the feed without its filters was told */
};

/* A feed for each key, in their order, for the callback. */
typedef void store_compare_feeds_fn(void *data, const struct store_compare_feed *feeds,
                                    size_t n_feeds, const struct err *err);
void store_compare_feeds(struct store *store, const struct uuid keys[], size_t n_keys,
                         store_compare_feeds_fn *done, void *data);

/* Settled, unknown and reserved. */
struct store_spent {
    int64_t day_nanousd, month_nanousd;
};

/* Of each scope ("all", "account:NAME", "job:PROJECT/JOB"), today in `timezone`. */
typedef void store_spent_fn(void *data, const struct store_spent *spent, size_t n,
                            const struct err *err);
void store_read_spent(struct store *store, const char *const scopes[], size_t n_scopes,
                      const char *timezone, store_spent_fn *done, void *data);
