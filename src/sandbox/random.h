/*
 * Pseudo-random numbers as pure functions: the same in, the same out, on every machine. Nothing
 * here keeps a state, so a row can be made without the rows before it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Spreads the bits of `x`; a bijection (the finalizer of splitmix64). */
static inline uint64_t random_mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* One number of many that hang on `base`. */
static inline uint64_t random_draw(uint64_t base, uint64_t salt)
{
    return random_mix(base ^ (salt * UINT64_C(0xd1342543de82ef95)));
}

/* A number from 0 to n - 1, from the upper half of `bits`. */
static inline uint64_t random_below(uint64_t bits, uint64_t n)
{
    return ((bits >> 32) * n) >> 32;
}

/* A number of bytes and text. */
static inline uint64_t random_hash(uint64_t base, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint64_t hash = random_mix(base);

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return random_mix(hash);
}
