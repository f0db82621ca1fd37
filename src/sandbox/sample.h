/*
 * The vendor's sample answers, byte for byte (docs.dataforseo.com/v3/backlinks/backlinks/live and
 * its neighbours, made in 2023). Built in from tests/data/ENDPOINT/sample.json.
 *
 * A sample answers what asks for its targets, its number of items and its filters, in whatever
 * order. What the documents say was asked for and what the answer repeats of it differ in the
 * excluded targets, so these do not matter.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct odds;
struct query;

struct sample {
    const char *endpoint, *target, *filters;
    const char *task_id;
    size_t n_items;
    int64_t cost_nanousd; /* at the prices of 2023 */
    const unsigned char *body;
    const size_t *body_size;
};

/* NULL: none answers it. With old_fields in `odds` it is the older of two. */
const struct sample *sample_of(const struct query *query, const struct odds *odds);
