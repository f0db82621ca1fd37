/* A generator of its own for tests, so that a seed gives the same on every machine: splitmix64. */
#pragma once

#include <stdint.h>

/* Below `n`, which is not 0. */
static inline unsigned random_below(uint64_t *state, unsigned n)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (unsigned)((z ^ (z >> 31)) % n);
}
