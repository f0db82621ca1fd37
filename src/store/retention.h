/*
 * Taking out what need not be kept any longer: partitions of facts whose nights are all over. Only
 * a holder may ask; all of it happens on `publisher`.
 */
#pragma once

#include <stddef.h>

#include "core/err.h"

struct store;

/* A partition whose retention is over. Its texts last for the callback. */
struct store_retired {
    const char *part, *first_night,
        *last_night;   /* the nights: "" where one has been taken out before */
    const char *hangs; /* what of a user's hangs on it, so that it stays; NULL: nothing does */
    const char *shows; /* whose newest listing it has, so that it stays; NULL: nobody's */
    struct err err;    /* what kept it from going now; ERR_NONE: it stays, or is gone */
};

/*
 * Takes them out one by one: detached without making a reader wait, then dropped. What waits for
 * more than 5 seconds is left as it is and told, and goes the next time. Nothing is done while a
 * run is being loaded again.
 */
typedef void store_retired_fn(void *data, const struct store_retired *parts, size_t n_parts,
                              const struct err *err);
void store_retire(struct store *store, store_retired_fn *done, void *data);
