/*
 * What the files of this folder share: an answer with what only the spool knows of it, and
 * the group of bytes that is being written.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <uv.h>

#include "core/buf.h"
#include "core/err.h"
#include "spool/frame.h"
#include "spool/spool.h"

/* Pieces of a body are collected up to this size, so that a dripping server makes no tiny frames.
 */
#define SPOOL_PIECE_SIZE ((size_t)16 * 1024)
/* Bodies are written without waiting for an end record once this much has come together. */
#define SPOOL_GROUP_SIZE ((size_t)256 * 1024)
/* From here on senders should pause, until half of it is left. */
#define SPOOL_FULL_SIZE ((size_t)2 * 1024 * 1024)
/* What is accepted behind a full spool; who passes this does not ask, which is a defect. */
#define SPOOL_WAITING_MAX ((size_t)8 * 1024 * 1024)
/* A longer piece becomes several frames. */
#define SPOOL_FRAME_MAX ((size_t)1024 * 1024)

/* The name of a run's segment, from the run's uid. */
#define SEGMENT_NAME "run-%s.segment"

/* What an error of the disk is told in. */
#define SPOOL_REASON_MAX 256

struct statvfs;

/* A stretch of a body in the segment. */
struct spool_span {
    uint64_t position; /* in the body */
    uint64_t offset;   /* in the segment */
    size_t size;
};

struct spool_entry {
    struct spool_answer answer; /* first: the caller holds its address */
    struct spool *spool;
    struct spool_span *spans; /* ascending, without gaps */
    size_t n_spans, spans_room;
    uint64_t request_offset; /* in the segment */
    size_t request_size;
    struct buf piece; /* of the body, not yet framed */
    bool is_over;     /* an end or abandon record was made */
    spool_synced_fn *synced;
    TAILQ_ENTRY(spool_entry) of_spool;
    TAILQ_ENTRY(spool_entry) of_ends;
    LIST_ENTRY(spool_entry) of_bucket;
};

TAILQ_HEAD(spool_entries, spool_entry);
LIST_HEAD(spool_bucket, spool_entry);

/* Entries by their attempt: as many chains as entries at least, so that each chain is short. */
struct spool_index {
    struct spool_bucket *buckets;
    size_t n_buckets; /* a power of two; 0 before the first entry */
    size_t n_entries;
};

/* What is asked of the kernel; tests put their own here. */
struct spool_io {
    ssize_t (*pwrite)(int fd, const void *data, size_t size, off_t offset);
    int (*fdatasync)(int fd);
};

/* What one turn of a worker writes. The worker owns all of it while `is_under_way`. */
struct spool_group {
    uv_work_t work;
    bool is_under_way;
    bool must_write; /* false: the spool is dead, there is only bad news to bring */
    bool must_sync;
    struct buf bytes;
    uint64_t offset;               /* where they go */
    struct spool_entries ends;     /* whose end record is among them; the loop's */
    int error;                     /* errno, 0 where all went well */
    char reason[SPOOL_REASON_MAX]; /* in words, where it did not */
};

struct spool {
    uv_loop_t *loop;
    struct spool_events events;
    const struct spool_io *io;
    char *path;
    int fd;
    bool is_read_only;
    struct spool_entries entries; /* in the order in which they began */
    struct spool_index index;     /* the same ones */
    struct spool_span *notes;     /* in their order; `position` is their number */
    size_t n_notes;
    struct buf waiting;        /* frames that no group has taken */
    struct spool_entries ends; /* whose end record is in `waiting` */
    struct spool_group group;
    uint64_t size; /* of the segment, with what waits */
    bool is_full;
    struct err err;      /* ERR_NONE while all goes well; nothing is written after it */
    bool has_told_error; /* on_failed was called */
    bool is_closing;
    void (*closed)(void *data);
    void *closed_data;
};

/* A new entry at the end of the list; `begin`'s request is not looked at. */
struct spool_entry *spool_entry_new(struct spool *spool, const struct spool_begin *begin);

/* The attempt's entry, or NULL. */
struct spool_entry *spool_entry_find(const struct spool *spool, const struct uuid *attempt);

void spool_entry_destroy(struct spool_entry *entry);

/* A note's text stands at `offset` of the segment. */
void spool_note_add(struct spool *spool, uint64_t offset, size_t size);

/* The body goes on with `size` bytes that stand at `offset` of the segment. */
void spool_entry_grow(struct spool_entry *entry, uint64_t offset, size_t size);

/*
 * "no space left on device (12 KiB free): free some space, ...", from an errno; `path` is on that
 * disk. Returns `text`.
 */
const char *spool_reason(int error, const char *path, char *text, size_t size);

/* Makes what was made, renamed or removed in a folder last. */
bool disk_sync_directory(const char *dir, struct err *err);

/* What spool_has_room() makes of what the kernel says. */
bool disk_has_room(const char *dir, const struct statvfs *disk, uint64_t free_min,
                   uint64_t *ret_free, struct err *err);

/*
 * Opens, locks and reads the segment, by `is_read_only`: fills fd, path, size and entries. Where it
 * fails the caller frees what was filled.
 */
bool segment_open(struct spool *spool, const char *dir, const struct uuid *run_uid,
                  struct err *err);

/* Bytes in memory that are not yet on disk. For tests of the ceiling. */
size_t spool_bytes_in_memory(const struct spool *spool);

/* For tests: from now on `io` stands for the kernel. */
void spool_set_io(struct spool *spool, const struct spool_io *io);
