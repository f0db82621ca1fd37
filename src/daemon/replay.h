/*
 * Loads a run again from its answers in the archive, with the decoder of today. No call is made and
 * no dollar is booked.
 *
 * As a run of its own, its listings take the place of the original's: each published listing of
 * that is landed and published again, with the original's night and word, in one transaction. A
 * listing is shown to analysts unless the feed shows a newer one, of a later night or begun later;
 * and is held where rows are missing beyond the job's max_shrink. Its ledger rows are void, one for
 * each page. A death in the middle leaves the listings that were published, each of them whole.
 *
 * Into a schema, all of its rows, those of unpublished listings too, are copied beside linkhaul's
 * own, to be compared: they are equal in every column but loaded_at. One transaction: it is there
 * as a whole or as it was before.
 *
 * A `run` may work at the same time, on the same job too: the original is over, and neither the
 * holder's lock nor a spool that is being written is touched. One replay at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct config;
struct replay;
struct uv_loop_s;

struct replay_settings {
    const struct config *config; /* the database, the spool, the jobs' max_shrink */
    int64_t run_id;
    const char *into; /* a schema that replay_may_fill(); NULL: as a run of its own */
    /*
     * Once everything is closed, on the loop. `err` is NULL where all went well, held listings
     * among them: ERR_USAGE no such run, none of its listings is published, or a table is in the
     * schema's way; ERR_BUSY it is not over, or another replay is at work; ERR_IO answers are
     * missing, and nothing was loaded.
     */
    void (*done)(void *data, const struct err *err);
    void *data;
};

struct replay_progress {
    int64_t new_run_id; /* 0: none has begun */
    size_t n_listings, n_over, n_held;
    size_t n_pages, n_landed;
    int64_t n_rows; /* of the pages that have landed, less the repeats that were taken out */
};

/*
 * Whether a replay may fill a schema of that name: one that needs no quotes, and none of
 * linkhaul's or PostgreSQL's own. ERR_USAGE says what would be right.
 */
bool replay_may_fill(const char *schema, struct err *err);

/* Starts; the settings' texts stay the caller's until `done`. */
struct replay *replay_new(struct uv_loop_s *loop, const struct replay_settings *settings);

/* Zeros before the run has been read. */
void replay_progress(const struct replay *replay, struct replay_progress *ret_progress);

/* After `done`. NULL is fine. */
void replay_destroy(struct replay *replay);
