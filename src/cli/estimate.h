/*
 * What a listing takes: rows, calls, dollars, time, space. Arithmetic only; every sum and product
 * stops at INT64_MAX, since an API may promise any number of items.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "api/price.h"

struct endpoint;

enum estimate_kind {
    ESTIMATE_KNOWN,   /* as far as the last listing tells */
    ESTIMATE_AT_MOST, /* so many it can be, for max_rows bounds it */
    ESTIMATE_OPEN,    /* at least so many: of a part of it nothing is known */
};

struct estimate {
    enum estimate_kind kind;
    int64_t n_rows, n_calls, nanousd, bytes;
    int64_t slots_ms; /* of all calls, one after the other */
    int64_t alone_ms; /* of those that must come one after the other */
};

/* How a listing is bought. */
struct estimate_way {
    const struct endpoint *endpoint;
    struct price price;
    int64_t limit, max_rows; /* items of a page; of the listing, 0: all */
    int64_t call_ms;         /* of a call */
    int64_t item_bytes;      /* of an item, in the table and in the archive */
    bool may_be_cut;         /* into slices, where offsets do not reach all of it */
};

/*
 * The items that come where there are `total_count`: pages are whole, so max_rows is rounded up to
 * the page.
 */
int64_t estimate_items(const struct estimate_way *way, int64_t total_count);

/*
 * A listing of `total_count` items, of which `n_covered` are in (0: it begins, and makes a call
 * even where there are no items). Below 0, total_count is not known: it is what max_rows allows, or
 * ESTIMATE_OPEN and nothing. Beyond the reach of offsets one call after the other is made, or where
 * it may be cut calls side by side, half a call more for each slice.
 */
struct estimate estimate_listing(const struct estimate_way *way, int64_t total_count,
                                 int64_t n_covered);

/* Takes `part` in; the two go on side by side. */
void estimate_add(struct estimate *sum, const struct estimate *part);

/* `n_times / of` of it; they come one after the other. */
struct estimate estimate_times(const struct estimate *estimate, int64_t n_times, int64_t of);

/* How long it takes with so many calls at once, and in a minute. */
int64_t estimate_ms(const struct estimate *estimate, int64_t in_flight, int64_t calls_per_minute);

/* `value * n_times / of` without passing INT64_MAX; none may be negative, `of` not 0. */
int64_t estimate_scale(int64_t value, int64_t n_times, int64_t of);
