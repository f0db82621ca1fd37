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
    struct store_checkpoint checkpoint;
    /*
     * Committed, or with `err` rolled back: ERR_DB, ERR_IO (the spool), ERR_DATA (should not be).
     */
    void (*landed)(struct landing *landing, const struct err *err);
    void *data; /* the caller's own */

    struct landing *next; /* private */
};

struct lander *lander_new(struct uv_loop_s *loop, struct store *store);

/* Queues it. `landed` is called once, later. */
void lander_add(struct lander *lander, struct landing *landing);

/* Nothing may be queued any more. NULL is fine. */
void lander_destroy(struct lander *lander);
