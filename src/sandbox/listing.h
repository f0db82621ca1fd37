/*
 * The rows that a query finds, in its order: nothing but their numbers.
 *
 * A listing is made once per query and kept for its other pages, up to a ceiling; the one that was
 * not asked for longest goes first. Several may be made at once, each by one thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "sandbox/row.h"

struct query;
struct listings;

struct listing {
    struct row_source source;
    uint32_t *rows;
    uint32_t *group_counts; /* NULL where rows are not grouped */
    size_t n;
};

struct listings *listings_new(uint64_t seed);
void listings_destroy(struct listings *listings);

/* `n_items`: the target's rows; 0: as seed and name have it. Give it back by listings_release(). */
const struct listing *listings_get(struct listings *listings, const struct query *query,
                                   uint64_t n_items);
void listings_release(struct listings *listings, const struct listing *listing);

/* Makes row `place` of a listing. */
void listing_row(const struct listing *listing, size_t place, struct row *row);
