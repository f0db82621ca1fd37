/*
 * The store's verbs for loading a run again from its answers, at no charge.
 *
 * A store for that has one connection, and a lock that is not the holder's: it makes no calls, so
 * it may work beside a `run`, but not beside another replay. On it, in this order:
 *
 *   store_read_replay
 *   a listing of a new run:   begin_listing ─▶ pages ─▶ publish_replay       (a transaction each)
 *   into a scratch schema:    begin_scratch ─▶ pages of all ─▶ end_scratch   (one transaction)
 *   a page:                   page_begin ─▶ copies ─▶ page_book, page_keep or page_abort
 *
 * The copies are those of store.h (store_copy_begin() and so on, with savepoints). A page that is
 * aborted leaves the transaction as it was before the page. Anything else that fails, and a death
 * of the process, takes the whole transaction back: close the store then.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/uuid.h"
#include "store/store.h"

/* As store_open(), for the verbs of this header. ERR_BUSY names the replay that is at work. */
struct store *store_open_replay(struct uv_loop_s *loop, const char *url, store_done_fn *done,
                                void *data);

/* A call whose page is in. */
struct store_replay_page {
    struct uuid attempt;
    int32_t slice_no;
    int64_t position; /* items of the slice before it */
};

struct store_replay_listing {
    int64_t listing_id;
    const char *target, *request; /* JSON */
    bool is_published;
    const char *completeness;              /* "" where there is none */
    const struct store_replay_page *pages; /* by slice and position */
    size_t n_pages;
};

/* A run that is over, as the database knows it. */
struct store_replay {
    int64_t run_id;
    struct uuid uid; /* names its spool segment */
    const char *project, *job, *endpoint;
    int32_t night_days; /* since 2000-01-01 */
    const struct store_replay_listing *listings;
    size_t n_listings;
    size_t n_pages; /* of all listings */
};

/*
 * `run` lasts until store_replay_free(); NULL where `err` is set: ERR_USAGE where there is no such
 * run, or it is a replay itself, ERR_BUSY where it is not over.
 */
typedef void store_replay_fn(void *data, struct store_replay *run, const struct err *err);
void store_read_replay(struct store *store, int64_t run_id, store_replay_fn *done, void *data);
void store_replay_free(struct store_replay *run);

/*
 * Begins a listing of the original again, in the run `uid`, which is made with its first listing
 * and is over from the start: a `run` of the job neither goes on with it nor is kept from its own.
 */
typedef void store_replay_begun_fn(void *data, int64_t run_id, int64_t listing_id,
                                   const struct err *err);
void store_replay_begin_listing(struct store *store, const struct uuid *uid, int64_t original_id,
                                store_replay_begun_fn *done, void *data);

/*
 * Counts the listing and publishes it with the word of the original, unless it has shrunk by more
 * than `max_shrink` (parts per million) against what is published: then it is held. Commits.
 * `is_shown`: it is what analysts see now, and not a newer listing of its feed.
 */
typedef void store_replayed_fn(void *data, const struct store_published *published, bool is_shown,
                               const struct err *err);
void store_publish_replay(struct store *store, int64_t listing_id, const char *completeness,
                          int64_t max_shrink, store_replayed_fn *done, void *data);

/*
 * Makes the tables `facts` and `reject` in the schema, and that where it is missing. Tables of an
 * earlier replay are replaced, which their comments tell; ERR_USAGE where another is in the way.
 */
void store_begin_scratch(struct store *store, const char *schema, const char *facts,
                         store_done_fn *done, void *data);

/* Takes repeats out of the listings of which the original had them taken out, and commits. */
typedef void store_scratch_fn(void *data, int64_t n_repeats, const struct err *err);
void store_end_scratch(struct store *store, const char *schema, int64_t run_id,
                       store_scratch_fn *done, void *data);

void store_replay_page_begin(struct store *store, store_done_fn *done, void *data);

/* A row of the ledger for the page: void, with the counts; `outcome->attempt` is the original's. */
void store_replay_page_book(struct store *store, int64_t listing_id,
                            const struct store_outcome *outcome, store_done_fn *done, void *data);

/* No row: it is not linkhaul's own tables that it went to. */
void store_replay_page_keep(struct store *store, store_done_fn *done, void *data);

void store_replay_page_abort(struct store *store, store_done_fn *done, void *data);
