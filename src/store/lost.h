/*
 * What a fail-over to a standby that was behind has taken from the database, and its way back from
 * the spool: calls of a run, or a run as a whole.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

/*
 * Which of these runs the database does not know, in their order, and what the tags of this
 * installation's calls begin with. Both last for the call.
 */
typedef void store_lost_runs_fn(void *data, const struct uuid *uids, size_t n, const char *tag,
                                const struct err *err);
void store_find_lost_runs(struct store *store, const struct uuid uids[], size_t n,
                          store_lost_runs_fn *done, void *data);

/* What the spool is to keep of a listing's slices once one has begun, as store_run.memo keeps the
 * rest; lasts for the call. */
typedef void store_memo_fn(void *data, const char *memo, const struct err *err);
void store_read_slices_memo(struct store *store, int64_t listing_id, store_memo_fn *done,
                            void *data);

enum store_return {
    STORE_RETURNED,
    STORE_RETURN_FOREIGN, /* it belongs to another installation, or the memos tell of no run */
    STORE_RETURN_WAITS,   /* another run of the job is open, and goes first */
    STORE_RETURN_TAKEN,   /* its numbers were given out anew: it cannot come back */
};

struct store_returned {
    enum store_return what;
    int64_t run_id;
    const char *job, *night; /* "" where no run is told of */
};

/*
 * Brings a run back from its memos, in their order, as it was before its first page: open, without
 * rows or calls. Its numbers stay what they were. ERR_DATA or ERR_INTERNAL where the memos do not
 * fit this schema.
 */
typedef void store_returned_fn(void *data, const struct store_returned *returned,
                               const struct err *err);
void store_restore_run(struct store *store, char *const memos[], size_t n, store_returned_fn *done,
                       void *data);

/*
 * Slices of a run's open listings that its memos, in their order, know and the database does not:
 * they come back as they were before their first pages. `n` is how many have; what was read of the
 * run before is then out of date.
 */
typedef void store_restored_fn(void *data, size_t n, const struct err *err);
void store_restore_slices(struct store *store, int64_t run_id, char *const memos[], size_t n,
                          store_restored_fn *done, void *data);

/*
 * Calls that the spool knows and the database does not: they come back as unknown, so that no cap
 * refuses what has happened. All are of one run. `n` is of those that came back: a call whose slice
 * is not there cannot.
 */
void store_restore_attempts(struct store *store, const struct store_attempt *attempts,
                            const int64_t sent_ms[], size_t n, store_restored_fn *done, void *data);
