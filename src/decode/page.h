/*
 * One answer of the API, from its bytes to COPY BINARY.
 *
 * Two passes over the same bytes, both called from a worker thread and from one thread at a time:
 * page_envelope() reads what stands around the items and lets the crawl go on; then page_select()
 * and page_next() hand out the items as rows, one bounded chunk at a time. Between two calls
 * nothing runs, so whoever calls decides how fast rows come: that is the back-pressure.
 *
 * No connection, no file and no clock is known here. A body is read through `struct page_source`
 * and may be read again from its start, so a page that PostgreSQL refuses is decoded again in
 * parts.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"

struct drift;
struct endpoint;
struct page;
struct request_targets;

/* Chunks are handed out when they have passed this size; a row is never split over two, but the
 * rows of an item may be. */
#define PAGE_CHUNK_SIZE (256 * 1024)

/* The ceiling of a chunk, and so of a row. An item that needs more goes to reject. */
#define PAGE_CHUNK_MAX (64 * 1024 * 1024)

/* The bytes of a body as they were received, gzip or not; told by the first two bytes. */
struct page_source {
    /* Up to `size` bytes from `position` on into `into`; 0 bytes are the end. From a worker. */
    bool (*read)(void *data, uint64_t position, void *into, size_t size, size_t *ret_size,
                 struct err *err);
    void *data;
};

/* What stands in front of every row, the same for a whole page. */
struct page_front {
    int32_t night;        /* days since 2000-01-01, as PostgreSQL counts dates */
    int64_t loaded_at_us; /* microseconds since 2000-01-01 UTC, as PostgreSQL counts times */
    int64_t run_id;
    int64_t listing_id;
    int32_t slice_no;
    int64_t items_before;                  /* ordinal of the page's first item, less one */
    const char *target;                    /* what the job asked for; lasts as long as the page */
    const struct request_targets *targets; /* of an intersection; they last as long */
};

#define ENVELOPE_TEXT_MAX 512
#define ENVELOPE_ID_MAX 64
#define ENVELOPE_TOKEN_MAX 16384

/* What an answer says about itself. Absent numbers are -1, absent texts "". */
struct envelope {
    int status_code;                 /* top level; 0 where there is none */
    int task_status_code;            /* tasks[0]; 0 where there is no task */
    char message[ENVELOPE_TEXT_MAX]; /* of the task where it has one, else of the top level; clean
                                        UTF-8 */
    char task_id[ENVELOPE_ID_MAX];
    bool has_error;                   /* the body is no envelope, but the error of a gateway */
    char error_code[ENVELOPE_ID_MAX]; /* its code, else its type; "": none */
    bool has_result;                  /* tasks[0].result[0] is there, with or without items */
    int64_t cost_nanousd; /* tasks[0].cost, else the top level's; -1: the answer names none */
    int64_t total_count;  /* of tasks[0].result[0] */
    int64_t items_count;  /* as the API counts */
    int64_t n_items;      /* elements that stand in `items`; 0 where it is null, empty or missing */
    char *token;          /* search_after_token, NULL where null, missing or empty */
};

void envelope_deinit(struct envelope *envelope);

struct page_counts {
    int64_t n_items;   /* seen, rejects among them */
    int64_t n_rows;    /* of the endpoint's table; 0 in PAGE_REJECTS */
    int64_t n_rejects; /* no item at all, or no key; of an intersection also parts of an item; in
                          bisecting also what PostgreSQL refused */
    int64_t n_extra;   /* values that went to extra: unknown, or not fitting their column */
    int64_t n_cleaned; /* values changed because PostgreSQL cannot store them */
    int64_t newest_us; /* the largest time of the rows in the column that listings are walked by,
                          from 2000-01-01 UTC; PAGE_NO_TIME where there is none */
};

#define PAGE_NO_TIME INT64_MIN

enum page_part {
    PAGE_ROWS,    /* rows of the endpoint's table */
    PAGE_REJECTS, /* rows of linkhaul.reject, for the items that are none of the above */
};

/* `endpoint` and the source's `data` are used during every call; NULL is never returned. */
struct page *page_new(const struct endpoint *endpoint, const struct page_source *source);
void page_destroy(struct page *page);

/*
 * The first pass. False with ERR_DATA where the body is not one whole JSON object (the charge is
 * then unknown), or with the source's error. A body over `body_bytes_max` inflated is ERR_DATA.
 */
bool page_envelope(struct page *page, uint64_t body_bytes_max, struct envelope *ret_envelope,
                   struct err *err);

/*
 * Starts the second pass: `part` of the items [first, first + n), counted from 0. For PAGE_REJECTS
 * a `reason` forces every item of the range to be a reject with that reason; NULL gives those that
 * page_next() left out of PAGE_ROWS. Counts start at 0 again. `front` and `reason` are copied, what
 * `front->target` points at is not. Without a first pass before it, the second makes one.
 */
void page_select(struct page *page, const struct page_front *front, enum page_part part,
                 int64_t first, int64_t n, const char *reason);

/*
 * Appends whole rows to `chunk` until it holds PAGE_CHUNK_SIZE or the part is at its end; COPY's
 * header comes with the first chunk and its trailer with the last. `chunk` has the ceiling
 * PAGE_CHUNK_MAX. ERR_DATA where the body is not what the first pass saw, or the source's error;
 * then page_select() has to come first again.
 */
bool page_next(struct page *page, struct buf *chunk, bool *ret_is_end, struct err *err);

const struct page_counts *page_counts(const struct page *page);

/* What the items of all second passes so far have shown that is not as in the endpoint's table. */
const struct drift *page_drift(const struct page *page);

/*
 * The COPY statement for a part, its columns in the order in which the rows have them: for
 * PAGE_ROWS night, run_id, listing_id, slice_no, ordinal, target, (target_key), link_key,
 * (link_no), loaded_at, (intersections_count), the endpoint's columns, extra; for PAGE_REJECTS
 * night, run_id, listing_id, slice_no, ordinal, target, reason, raw, loaded_at. Its tables are in
 * `schema`, which has no quote in its name. free() it.
 */
char *page_copy_statement(const struct endpoint *endpoint, enum page_part part, const char *schema);
