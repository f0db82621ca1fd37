/* How often something happens that the command line asks for. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct rate {
    uint64_t in_2_32; /* of 2^32 times it happens so many times */
    uint64_t nth;     /* or exactly this time, from 1; 0: by rate */
};

/* Reads "0.01" or "@7". */
bool rate_parse(struct rate *rate, const char *text, struct err *err);

/* Whether it happens the `nth` time, for which these bits were drawn. */
bool rate_hits(const struct rate *rate, uint64_t bits, uint64_t nth);
