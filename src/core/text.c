#include "core/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WORD_MAX 64

size_t text_utf8_length(const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text;
    unsigned char low = 0x80, high = 0xbf;
    size_t length;

    if (size == 0)
        return 0;
    if (at[0] < 0x80)
        return 1;
    if (at[0] < 0xc2 || at[0] > 0xf4)
        return 0;
    length = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    if (at[0] == 0xe0)
        low = 0xa0; /* overlong */
    else if (at[0] == 0xed)
        high = 0x9f; /* surrogates */
    else if (at[0] == 0xf0)
        low = 0x90; /* overlong */
    else if (at[0] == 0xf4)
        high = 0x8f; /* above U+10FFFF */
    if (size < length || at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

size_t text_utf8_valid(const char *text, size_t size)
{
    size_t at = 0;

    while (at < size) {
        size_t length = text_utf8_length(text + at, size - at);

        if (length == 0)
            break;
        at += length;
    }
    return at;
}

void text_end_torn(char *text)
{
    text[text_utf8_valid(text, strlen(text))] = '\0';
}

/* Levenshtein's distance over one row; words longer than WORD_MAX are far from everything. */
static size_t distance(const char *a, const char *b)
{
    size_t n_a = strlen(a), n_b = strlen(b);
    size_t row[WORD_MAX + 1];

    if (n_a > WORD_MAX || n_b > WORD_MAX)
        return WORD_MAX;
    for (size_t j = 0; j <= n_b; j++)
        row[j] = j;
    for (size_t i = 1; i <= n_a; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            size_t above = row[j];
            size_t best = diagonal + (a[i - 1] != b[j - 1]);

            if (above + 1 < best)
                best = above + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
            diagonal = above;
        }
    }
    return row[n_b];
}

const char *text_near_miss(const char *word, const char *const *names, size_t n_names)
{
    const char *nearest = NULL;
    size_t nearest_distance = 3;

    for (size_t i = 0; i < n_names; i++) {
        size_t d = distance(word, names[i]);

        if (d < nearest_distance && d * 2 < strlen(word)) {
            nearest = names[i];
            nearest_distance = d;
        }
    }
    return nearest;
}

bool text_parse_int64(const char *text, size_t length, int64_t *ret_value)
{
    bool is_negative = length > 0 && text[0] == '-';
    size_t at = length > 0 && (text[0] == '-' || text[0] == '+');
    uint64_t limit = is_negative ? UINT64_C(1) << 63 : (UINT64_C(1) << 63) - 1;
    uint64_t value = 0;

    if (at == length)
        return false;
    for (; at < length; at++) {
        unsigned digit = (unsigned)(text[at] - '0');

        if (text[at] < '0' || text[at] > '9' || value > (limit - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *ret_value = is_negative ? (int64_t)(UINT64_C(0) - value) : (int64_t)value;
    return true;
}

const char *text_bytes(uint64_t bytes, char text[TEXT_BYTES_MAX])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    uint64_t whole = bytes, rest = 0; /* of 1024 */
    size_t unit = 0;

    for (; whole >= 1024; unit++) {
        rest = whole % 1024;
        whole /= 1024;
    }
    if (unit > 0 && whole < 10)
        snprintf(text, TEXT_BYTES_MAX, "%" PRIu64 ".%" PRIu64 " %s", whole, rest * 10 / 1024,
                 units[unit]);
    else
        snprintf(text, TEXT_BYTES_MAX, "%" PRIu64 " %s", whole, units[unit]);
    return text;
}
