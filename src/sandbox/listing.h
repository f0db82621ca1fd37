/*
 * Listings that have been asked for. Each is made once and kept for its other pages, up to a
 * ceiling; the one that was not asked for longest goes first. Several may be made at once, each by
 * one thread.
 */
#pragma once

#include <stddef.h>

#include "sandbox/item.h"
#include "sandbox/order.h"

struct listings;
struct options;
struct query;

struct listing {
    struct source source;
    struct order order;
};

/* `options` must last. */
struct listings *listings_new(const struct options *options);
void listings_destroy(struct listings *listings);

/* Give it back by listings_release(). */
const struct listing *listings_get(struct listings *listings, const struct query *query);
void listings_release(struct listings *listings, const struct listing *listing);

/* Begins the item at `place` of a listing, from 0. */
void listing_item(const struct listing *listing, size_t place, struct item *item);
