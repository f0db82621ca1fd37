/*
 * Eight bytes of text at once: finding what ends a run of ordinary characters.
 *
 * Each test gives a word whose lowest set bit is in the first byte that matches, 0 where none does;
 * bits above the lowest may be set without reason.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WORD_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))
#define WORD_HIGH_BITS WORD_EACH(0x80u)

/* The first byte lowest, whatever the machine's order. */
static inline uint64_t word_load(const char *text)
{
    uint64_t word;

    memcpy(&word, text, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline uint64_t word_has(uint64_t word, unsigned char byte)
{
    uint64_t zero_where = word ^ WORD_EACH((uint64_t)byte);

    return (zero_where - WORD_EACH(1u)) & ~zero_where & WORD_HIGH_BITS;
}

/* Bytes below `limit`, which is at most 0x80. */
static inline uint64_t word_has_below(uint64_t word, unsigned char limit)
{
    return (word - WORD_EACH((uint64_t)limit)) & ~word & WORD_HIGH_BITS;
}

/* The index of the first byte that a test found. */
static inline size_t word_first(uint64_t found)
{
    return (size_t)__builtin_ctzll(found) / 8;
}
