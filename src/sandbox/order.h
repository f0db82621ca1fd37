/* The items that a query finds, in its order: nothing but their numbers. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "sandbox/source.h"

struct query;

struct order {
    uint32_t *numbers;
    uint32_t *group_counts; /* NULL where links are not grouped */
    size_t n;
};

/* Looks at every item of the source. */
void order_make(struct order *order, const struct source *source, const struct query *query);

/*
 * The same from `whole`, which has been made for the query without its filters: nothing is sorted,
 * and where the filter is a range of what the order begins with, few items are looked at. Not where
 * links are grouped.
 */
void order_narrow(struct order *order, const struct order *whole, const struct source *source,
                  const struct query *query);

void order_deinit(struct order *order);
