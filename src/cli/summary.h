/* The table of listings at the end of a run, and what it has cost: on standard output. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct engine_listing;
struct engine_progress;

/* `listing_at` gives the listings, one after the other; false behind the last. Nothing is printed
 * where there was nothing to do. */
typedef bool summary_listing_fn(const void *from, size_t i, struct engine_listing *ret_listing);
void summary_print(const struct engine_progress *progress, summary_listing_fn *listing_at,
                   const void *from);
