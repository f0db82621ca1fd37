/*
 * Writing text into memory of a known size, fast: what does not fit is left out, nothing is ever
 * written past `end`, and no NUL is put behind it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct pen {
    char *at;
    char *end;
};

static inline void pen_bytes(struct pen *pen, const void *bytes, size_t size)
{
    if (size > (size_t)(pen->end - pen->at))
        return;
    memcpy(pen->at, bytes, size);
    pen->at += size;
}

static inline void pen_text(struct pen *pen, const char *text)
{
    pen_bytes(pen, text, strlen(text));
}

static inline void pen_char(struct pen *pen, char c)
{
    if (pen->at < pen->end)
        *pen->at++ = c;
}

static inline void pen_number(struct pen *pen, int64_t number)
{
    char digits[20], *at = digits + sizeof(digits);
    uint64_t rest = number < 0 ? UINT64_C(0) - (uint64_t)number : (uint64_t)number;

    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        pen_char(pen, '-');
    pen_bytes(pen, at, (size_t)(digits + sizeof(digits) - at));
}

/* `n_digits` digits, with zeros in front. */
static inline void pen_digits(struct pen *pen, uint64_t number, int n_digits)
{
    char digits[20];

    for (int i = n_digits; i-- > 0; number /= 10)
        digits[i] = (char)('0' + number % 10);
    pen_bytes(pen, digits, (size_t)n_digits);
}

/* Eight hexadecimal digits. */
static inline void pen_hex32(struct pen *pen, uint32_t number)
{
    char digits[8];

    for (int i = 0; i < 8; i++)
        digits[i] = "0123456789abcdef"[number >> (28 - 4 * i) & 15];
    pen_bytes(pen, digits, sizeof(digits));
}

/* "2023-03-12T15:06:53+00:00" where `is_iso`, else "2023-03-12 15:06:53 +00:00". */
void pen_time(struct pen *pen, int64_t seconds, int is_iso);
