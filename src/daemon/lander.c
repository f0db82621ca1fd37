#include "daemon/lander.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "api/endpoint.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/point.h"
#include "core/text.h"

/*
 * All goes well:
 *
 *   begin ─▶ copy rows ─▶ (copy rejects) ─▶ (what is known?) ─▶ commit
 *               │ ▲
 *          decode chunk ⇄ hand it over
 *
 * PostgreSQL refuses the rows (ERR_DATA): abort, begin again, and go through ranges of items:
 *
 *   savepoint ─▶ copy rows of a range ─▶ next range ─▶ … ─▶ copy rejects ─▶ commit
 *                     │ refused: back to the savepoint
 *                     ├──▶ two halves, or
 *                     └──▶ a single item: copied to reject, with the reason
 *
 * Any other error: abort, and the page is not landed; its answer stays in the spool. The store
 * refuses the next page of its chain then, whose checkpoint would pass over this one for ever.
 */

/* PostgreSQL counts from 2000-01-01, 946,684,800 seconds after 1970-01-01. */
#define EPOCH_2000_S INT64_C(946684800)

/* Halving 64 bits' worth of items needs no more open ranges than this. */
#define RANGES_MAX 64

struct range {
    int64_t first, n;
};

struct lander {
    uv_loop_t *loop;
    struct store *store;
    struct lander_books books;
    struct landing *head, *tail; /* the head is being landed */

    /* of the head */
    char *rows_statement, *rejects_statement;
    bool is_bisecting;
    struct range ranges[RANGES_MAX]; /* a stack of what is still to be copied, when bisecting */
    size_t n_ranges;
    struct range range; /* what is being copied */
    enum page_part part;
    bool is_forced; /* the range is one item that PostgreSQL refused */
    char reason[256];

    /* of the COPY under way */
    uv_work_t work;
    struct buf chunk;
    bool is_last_chunk;
    bool is_decoded; /* page_next() did not fail */
    struct err decode_err;
    struct err err; /* why the page is given up */
};

static void land_next(struct lander *lander);
static void on_begun(void *data, const struct err *err);
static void copy_part(struct lander *lander, enum page_part part, struct range range);
static void on_copy_begun(void *data, const struct err *err);
static void decode_chunk(struct lander *lander);
static void work(uv_work_t *request);
static void on_decoded(uv_work_t *request, int status);
static void on_chunk_taken(void *data, const struct err *err);
static void on_copied(void *data, const struct err *err);
static void copy_next_range(struct lander *lander);
static void on_savepoint(void *data, const struct err *err);
static void on_rolled_back(void *data, const struct err *err);
static void copy_rejects_or_commit(struct lander *lander);
static void end_page(struct lander *lander);
static void commit(struct lander *lander);
static void on_committed(void *data, const struct err *err);
static void give_up(struct lander *lander, const struct err *err);
static void on_aborted(void *data, const struct err *err);

static void commit_page(struct store *store, const struct landing *landing, store_done_fn *done,
                        void *data)
{
    store_load_commit(store, &landing->outcome, &landing->checkpoint, done, data);
}

struct lander *lander_new(struct uv_loop_s *loop, struct store *store)
{
    static const struct lander_books books = {.schema = "linkhaul",
                                              .begin = store_load_begin,
                                              .commit = commit_page,
                                              .abort = store_load_abort};

    return lander_new_with(loop, store, &books);
}

struct lander *lander_new_with(struct uv_loop_s *loop, struct store *store,
                               const struct lander_books *books)
{
    struct lander *lander = mem_new(sizeof(*lander));

    lander->loop = loop;
    lander->store = store;
    lander->books = *books;
    lander->work.data = lander;
    buf_init(&lander->chunk, PAGE_CHUNK_MAX);
    return lander;
}

void lander_destroy(struct lander *lander)
{
    if (lander == NULL)
        return;
    assert(lander->head == NULL);
    buf_deinit(&lander->chunk);
    free(lander);
}

void lander_add(struct lander *lander, struct landing *landing)
{
    landing->next = NULL;
    if (lander->head == NULL)
        lander->head = landing;
    else
        lander->tail->next = landing;
    lander->tail = landing;
    if (lander->head == landing)
        land_next(lander);
}

static void land_next(struct lander *lander)
{
    struct landing *landing = lander->head;

    landing->front.loaded_at_us = (clock_wall_ms() - EPOCH_2000_S * 1000) * 1000;
    lander->rows_statement =
        page_copy_statement(landing->endpoint, PAGE_ROWS, lander->books.schema);
    lander->rejects_statement =
        page_copy_statement(landing->endpoint, PAGE_REJECTS, lander->books.schema);
    lander->is_bisecting = false;
    lander->n_ranges = 0;
    lander->books.begin(lander->store, on_begun, lander);
}

static void end_landing(struct lander *lander, const struct err *err)
{
    struct landing *landing = lander->head;
    bool is_more = landing->next != NULL; /* else whoever adds one meanwhile begins it */

    lander->head = landing->next;
    free(lander->rows_statement);
    free(lander->rejects_statement);
    landing->landed(landing, err);
    if (is_more)
        land_next(lander);
}

static void on_begun(void *data, const struct err *err)
{
    struct lander *lander = data;
    struct landing *landing = lander->head;

    if (err != NULL) {
        give_up(lander, err);
        return;
    }
    landing->outcome.n_items = landing->n_items;
    landing->outcome.n_rows = 0;
    landing->outcome.n_rejects = 0;
    landing->outcome.n_extra = 0;
    landing->outcome.n_cleaned = 0;
    if (landing->n_items == 0)
        end_page(lander);
    else if (lander->is_bisecting)
        copy_next_range(lander);
    else
        copy_part(lander, PAGE_ROWS, (struct range){0, landing->n_items});
}

/* --- one COPY -------------------------------------------------------------------------------- */

static void copy_part(struct lander *lander, enum page_part part, struct range range)
{
    struct landing *landing = lander->head;

    lander->part = part;
    lander->range = range;
    page_select(landing->page, &landing->front, part, range.first, range.n,
                lander->is_forced ? lander->reason : NULL);
    store_copy_begin(lander->store,
                     part == PAGE_ROWS ? lander->rows_statement : lander->rejects_statement,
                     on_copy_begun, lander);
}

static void on_copy_begun(void *data, const struct err *err)
{
    struct lander *lander = data;

    if (err != NULL)
        give_up(lander, err);
    else
        decode_chunk(lander);
}

static void decode_chunk(struct lander *lander)
{
    buf_clear(&lander->chunk);
    uv_queue_work(lander->loop, &lander->work, work, on_decoded);
}

/* In a worker: nothing but the page and the chunk is touched. */
static void work(uv_work_t *request)
{
    struct lander *lander = request->data;

    lander->is_decoded =
        page_next(lander->head->page, &lander->chunk, &lander->is_last_chunk, &lander->decode_err);
}

static void on_decoded(uv_work_t *request, int status)
{
    struct lander *lander = request->data;

    (void)status; /* work requests are never cancelled */
    if (!lander->is_decoded)
        give_up(lander, &lander->decode_err);
    else
        store_copy_chunk(lander->store, lander->chunk.data, lander->chunk.size, on_chunk_taken,
                         lander);
}

static void on_chunk_taken(void *data, const struct err *err)
{
    struct lander *lander = data;

    if (err == NULL)
        point("in-copy");
    /* What is wrong with the data is told at the COPY's end, together with what is to be done. */
    if (err != NULL && err->kind != ERR_DATA)
        give_up(lander, err);
    else if (err != NULL || lander->is_last_chunk)
        store_copy_end(lander->store, on_copied, lander);
    else
        decode_chunk(lander);
}

static void count(struct lander *lander)
{
    const struct page_counts *counts = page_counts(lander->head->page);
    struct store_outcome *outcome = &lander->head->outcome;

    if (lander->part == PAGE_ROWS) {
        outcome->n_rows += counts->n_rows;
        outcome->n_rejects += counts->n_rejects;
        outcome->n_extra += counts->n_extra;
        outcome->n_cleaned += counts->n_cleaned;
        if (counts->newest_us > lander->head->newest_us)
            lander->head->newest_us = counts->newest_us;
    } else if (lander->is_forced) {
        outcome->n_rejects++;
    }
}

static void on_copied(void *data, const struct err *err)
{
    struct lander *lander = data;
    bool may_bisect = err != NULL && err->kind == ERR_DATA && lander->part == PAGE_ROWS;

    if (err == NULL)
        count(lander);
    if (may_bisect && !lander->is_bisecting) {
        log_event(LOG_WARNING, log_folded(lander->head->fields), "%s; landing it in parts",
                  err->text);
        lander->is_bisecting = true;
        lander->ranges[lander->n_ranges++] = (struct range){0, lander->head->n_items};
        lander->books.abort(lander->store, on_aborted, lander);
    } else if (may_bisect) {
        lander->err = *err;
        store_rollback_to_savepoint(lander->store, on_rolled_back, lander);
    } else if (err != NULL) {
        give_up(lander, err);
    } else if (lander->is_bisecting && (lander->part == PAGE_ROWS || lander->is_forced)) {
        lander->is_forced = false;
        copy_next_range(lander);
    } else if (lander->part == PAGE_ROWS) {
        copy_rejects_or_commit(lander);
    } else {
        end_page(lander);
    }
}

/* --- in parts -------------------------------------------------------------------------------- */

static void copy_next_range(struct lander *lander)
{
    if (lander->n_ranges == 0)
        copy_rejects_or_commit(lander);
    else
        store_savepoint(lander->store, on_savepoint, lander);
}

static void on_savepoint(void *data, const struct err *err)
{
    struct lander *lander = data;

    if (err != NULL)
        give_up(lander, err);
    else
        copy_part(lander, PAGE_ROWS, lander->ranges[--lander->n_ranges]);
}

static void on_rolled_back(void *data, const struct err *err)
{
    struct lander *lander = data;
    struct range range = lander->range;
    int64_t half = range.n / 2;

    if (err != NULL) {
        give_up(lander, err);
    } else if (range.n == 1) {
        lander->is_forced = true;
        snprintf(lander->reason, sizeof(lander->reason), "%.255s", lander->err.text);
        text_end_torn(lander->reason);
        copy_part(lander, PAGE_REJECTS, range);
    } else {
        lander->ranges[lander->n_ranges++] = (struct range){range.first + half, range.n - half};
        lander->ranges[lander->n_ranges++] = (struct range){range.first, half};
        copy_next_range(lander);
    }
}

/* --- the end of a page ----------------------------------------------------------------------- */

/* The items that are no rows by themselves; those that PostgreSQL refused are in already. */
static void copy_rejects_or_commit(struct lander *lander)
{
    if (lander->head->outcome.n_rejects == 0)
        end_page(lander);
    else
        copy_part(lander, PAGE_REJECTS, (struct range){0, lander->head->n_items});
}

/* Whether this page is the last one is decided where its rows are seen, and stands or falls with
 * them. */
static void on_known(void *data, int64_t n_known, const struct err *err)
{
    struct lander *lander = data;
    struct landing *landing = lander->head;

    if (err != NULL) {
        give_up(lander, err);
        return;
    }
    landing->is_end = n_known >= landing->known_max;
    if (landing->is_end) {
        landing->checkpoint.is_ended = true;
        landing->checkpoint.token = NULL;
        landing->checkpoint.total_count = landing->front.items_before + landing->n_items;
    }
    commit(lander);
}

static void end_page(struct lander *lander)
{
    const struct landing *landing = lander->head;

    if (landing->known_max == 0)
        commit(lander);
    else
        store_count_known(lander->store, landing->checkpoint.listing_id,
                          landing->checkpoint.slice_no, landing->known_max, on_known, lander);
}

static void commit(struct lander *lander)
{
    point("before-commit");
    lander->head->commit_us = -(int64_t)(uv_hrtime() / 1000);
    lander->books.commit(lander->store, lander->head, on_committed, lander);
}

static void on_committed(void *data, const struct err *err)
{
    struct lander *lander = data;

    lander->head->commit_us += (int64_t)(uv_hrtime() / 1000);
    if (err == NULL)
        point("after-commit");
    if (err != NULL)
        give_up(lander, err);
    else
        end_landing(lander, NULL);
}

static void give_up(struct lander *lander, const struct err *err)
{
    lander->err = *err;
    lander->is_bisecting = false;
    lander->books.abort(lander->store, on_aborted, lander);
}

static void on_aborted(void *data, const struct err *err)
{
    struct lander *lander = data;

    if (lander->is_bisecting && err == NULL)
        lander->books.begin(lander->store, on_begun, lander);
    else
        end_landing(lander, lander->is_bisecting ? err : &lander->err);
}
