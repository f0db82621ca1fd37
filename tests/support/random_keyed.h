/*
 * Random items of an intersection, for the test that holds the decoder against PostgreSQL: parts of
 * random_item in every shape in which they may stand under targets' keys. Each is written twice, as
 * there.
 */
#pragma once

#include "support/random_item.h"

struct random_keyed {
    struct random_item part;

    /* of the item made last */
    struct buf sent, storable;
    bool is_odd; /* one of its parts is */
};

void random_keyed_init(struct random_keyed *random, const struct endpoint *endpoint, uint64_t seed);
void random_keyed_deinit(struct random_keyed *random);

void random_keyed_next(struct random_keyed *random);
