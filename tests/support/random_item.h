/*
 * Random items of an endpoint, for the test that holds the decoder against PostgreSQL: every kind
 * of value in every field, most of them sound.
 *
 * Each item is written twice: as an API might send it, and with what PostgreSQL cannot store
 * replaced as the decoder promises (src/decode/clean.h), so that PostgreSQL can be asked about it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

struct endpoint;

/* A generator of its own, so that a seed gives the same items on every machine. */
struct random_item {
    const struct endpoint *endpoint;
    uint64_t state;
    bool may_be_odd, is_sound; /* of the item being made; a sound one may be damaged at its end */

    /* of the item made last */
    struct buf sent, storable;
    size_t n_fields; /* keys of the item, equal ones counted each */
    bool is_odd;     /* it has values of which PostgreSQL's jsonb no longer tells what they were */
};

void random_item_init(struct random_item *random, const struct endpoint *endpoint, uint64_t seed);
void random_item_deinit(struct random_item *random);

void random_item_next(struct random_item *random);
