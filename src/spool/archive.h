/*
 * The archive: the segments of a spool's folder, most of them of runs that are over. They stay for
 * as long as the configuration says, so that what was paid for can be loaded again.
 *
 * All of it blocks and touches nothing but the disk, so it belongs into a worker of libuv.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/uuid.h"

struct spool_file {
    struct uuid run_uid;
    uint64_t bytes;
    int64_t written_at_ms; /* last, since 1970 */
};

/* The segments of `dir`, the oldest first; none where there is no such folder. Free `*ret_files`.
 */
bool spool_list(const char *dir, struct spool_file **ret_files, size_t *ret_n_files,
                struct err *err);

/* What may stay. */
struct spool_prune {
    const char *dir;
    int64_t now_ms;     /* since 1970 */
    int64_t age_max_s;  /* since a segment was written last; 0: what may go goes at once */
    uint64_t bytes_max; /* of all segments of the folder, in use or not; 0: any amount */
    /* Whether a run is known and over; no other one's segment is touched. */
    bool (*may_go)(const struct uuid *run_uid, void *data);
    void *data;
};

/* What is gone. */
struct spool_pruned {
    struct spool_file *files; /* in the order in which they went, which is oldest first */
    size_t n_files;
    uint64_t bytes;
};

/*
 * Removes what is too old, and then the oldest until the rest fits `bytes_max`; never a segment
 * that somebody has open, here or in another process. `ret_pruned` is filled in either case: one
 * that cannot be removed does not keep the others. False with ERR_IO and the first thing that went
 * wrong.
 */
bool spool_prune(const struct spool_prune *prune, struct spool_pruned *ret_pruned, struct err *err);

/* A line in the log for each; to be called where the log may be written, on the loop. */
void spool_log_pruned(const struct spool_pruned *pruned, int64_t now_ms);

void spool_pruned_deinit(struct spool_pruned *pruned);
