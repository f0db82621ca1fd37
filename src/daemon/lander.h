/*
 * Lands answered pages, one after the other: items decoded in a worker, a chunk at a time, each
 * handed to COPY when the one before has gone; then checkpoint and charge, in one transaction.
 *
 * A page that PostgreSQL refuses (its data, not itself) is landed in halves under savepoints until
 * the items at fault stand alone; those go to reject with PostgreSQL's reason. Still one
 * transaction.
 */
#pragma once

#include <stddef.h>

#include "core/err.h"
#include "core/log.h"
#include "decode/page.h"
#include "store/store.h"

struct lander;
struct uv_loop_s;

/* One page to land. The caller keeps it and all that it points to until `landed`. */
struct landing {
    struct page *page; /* its envelope has been read */
    const struct endpoint *endpoint;
    struct page_front front;      /* loaded_at_us is set by the lander */
    int64_t n_items;              /* 0: there is no COPY */
    struct store_outcome outcome; /* the lander fills the counts */
    int64_t newest_us;            /* of its rows, as in struct page_counts: filled by the lander */
    int64_t commit_us;            /* how long booking and commit took: filled by the lander */
    struct store_checkpoint checkpoint;
    int64_t known_max; /* so many items in a row without news end its slice; 0: nothing does */
    bool is_end;       /* they did, and the checkpoint says so: filled by the lander */
    struct log_fields fields; /* of its page, for lines of the log */
    /*
     * Committed, or with `err` rolled back: ERR_DB, ERR_IO (the spool), ERR_DATA (should not be).
     */
    void (*landed)(struct landing *landing, const struct err *err);
    void *data; /* the caller's own */

    struct landing *next; /* private */
};

/*
 * Where pages go, and how the transaction of each begins and ends; of store.h or alike. `abort`
 * takes back what has come since `begin`, also where that failed or a COPY is under way.
 */
struct lander_books {
    const char *schema; /* of the rows */
    void (*begin)(struct store *store, store_done_fn *done, void *data);
    void (*commit)(struct store *store, const struct landing *landing, store_done_fn *done,
                   void *data);
    void (*abort)(struct store *store, store_done_fn *done, void *data);
};

/* The pages of a run: a transaction each, with checkpoint and charge. */
struct lander *lander_new(struct uv_loop_s *loop, struct store *store);

/* With books of its own, which are copied; their texts are not. */
struct lander *lander_new_with(struct uv_loop_s *loop, struct store *store,
                               const struct lander_books *books);

/* Queues it. `landed` is called once, later. */
void lander_add(struct lander *lander, struct landing *landing);

/* Nothing may be queued any more. NULL is fine. */
void lander_destroy(struct lander *lander);
