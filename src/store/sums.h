/* What came of a run or one of its listings, for the line that tells so. */
#pragma once

#include <stdint.h>

#include "core/err.h"

struct store;

/* Over all starts of the run. */
struct store_sums {
    int64_t n_listings, n_published;
    int64_t n_items, n_rows, n_duplicates, n_missing; /* of all but those that only count */
    int64_t n_new, n_lost;                            /* links, or domains */
    int64_t n_calls;                                  /* sent, as far as one can tell */
    int64_t booked_nanousd; /* settled, undelivered, and what may yet be: unknown, reserved */
};

/* `sums` is NULL where there is an error. */
typedef void store_sums_fn(void *data, const struct store_sums *sums, const struct err *err);

/* `listing_id` 0: of all its listings. */
void store_sum_up(struct store *store, int64_t run_id, int64_t listing_id, store_sums_fn *done,
                  void *data);
