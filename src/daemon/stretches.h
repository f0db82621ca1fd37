/*
 * Stretches of time that are dealt with, for a job whose clock may be set.
 *
 * Normally that is one stretch, which grows. Each time that the clock jumps begins another; where
 * there are too many the oldest two become one, what lies between included.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STRETCHES_MAX 8

struct stretch {
    int64_t from_s, to_s; /* both in it */
};

struct stretches {
    struct stretch items[STRETCHES_MAX]; /* ascending, with something between two */
    size_t n;
};

/* Adds all from `from_s` to `to_s`, which is below INT64_MAX; what touches becomes one. */
void stretches_add(struct stretches *stretches, int64_t from_s, int64_t to_s);

/* Whether a time is in one; `ret_to_s` is where that ends. */
bool stretches_hold(const struct stretches *stretches, int64_t at_s, int64_t *ret_to_s);
