/*
 * What the tests of spool share: a loop, a folder of its own, a segment, and a kernel whose writes
 * and syncs can be told to fail. Criterion runs each test in a process of its own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "core/buf.h"
#include "spool/spool.h"
#include "spool/spool_private.h"

struct fixture {
    uv_loop_t loop;
    char dir[256], path[512];
    struct uuid run_uid;
    struct spool *spool;
    unsigned n_synced, n_sync_errors, n_failed, n_room;
    bool is_closed;
    struct err err; /* of on_failed */

    /* The kernel's: which call fails, counted from 1 (0: none), and with which errno. */
    unsigned n_writes, n_syncs, failing_write, failing_sync;
    int error;

    /* Or the disk has room for so many bytes more, once `is_disk_small`. */
    bool is_disk_small;
    size_t disk_left;
};

extern struct fixture f;

/* A folder, a loop and an empty segment. */
void fixture_start(void);

/* Opens the segment; false with `err` where it is refused. */
bool fixture_open(struct err *err);

/* Opens it to be read again, beside whoever else has it open. */
bool fixture_open_archived(struct spool **ret_spool, struct err *err);

/* Closes the spool and turns the loop until it is closed. */
void fixture_close(void);

/* Closes what is open, and removes the folder. */
void fixture_finish(void);

/* The n-th attempt: its begin record, and pieces of a body that only it has. */
struct spool_answer *begin(unsigned n);
void put_body(struct spool_answer *answer, unsigned n, size_t from, size_t size);

/* An end record, with status 200 + n. */
void end(struct spool_answer *answer, unsigned n);

/* A whole answer; waits until it is on disk. */
struct spool_answer *put_answer(unsigned n, size_t size);

void run_until_synced(unsigned n_synced);

/* The answer of the n-th attempt, or NULL. */
struct spool_answer *find(unsigned n);

/* Reads the answer's body through and compares it with what put_body() made. */
void expect_body(struct spool_answer *answer, unsigned n, size_t size);

/* The segment's file as it is, and put back in its place. */
void read_segment(struct buf *ret_bytes);
void write_segment(const char *bytes, size_t size);
