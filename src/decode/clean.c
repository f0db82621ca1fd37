#include "decode/clean.h"

#include <stdint.h>
#include <string.h>

#include "core/text.h"
#include "decode/scan.h"
#include "decode/word.h"

/*
 * All of them copy runs of ordinary bytes whole and look closer only at what ends a run. What is
 * scanned is valid JSON, so an escape here is a whole one.
 */

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define REPLACEMENT_SIZE 3

static char *put(char *at, const char *text, size_t size)
{
    memcpy(at, text, size);
    return at + size;
}

/* The first byte of [at, end) that is `a`, `b`, NUL or not ASCII. */
static const char *find_special(const char *at, const char *end, char a, char b)
{
    while (end - at >= 8) {
        uint64_t word = word_load(at);
        uint64_t found = word_has(word, (unsigned char)a) | word_has(word, (unsigned char)b) |
                         word_has(word, 0) | (word & WORD_HIGH_BITS);

        if (found != 0)
            return at + word_first(found);
        at += 8;
    }
    while (at < end && *at != a && *at != b && (unsigned char)(*at - 1) < 0x7f)
        at++;
    return at;
}

/* One character that is not ASCII, or what stands for it; returns how many bytes it was. */
static size_t put_character(const char *at, const char *end, char **into, bool *is_changed)
{
    size_t length = *at == '\0' ? 0 : text_utf8_length(at, (size_t)(end - at));

    if (length > 0) {
        *into = put(*into, at, length);
        return length;
    }
    *into = put(*into, REPLACEMENT, REPLACEMENT_SIZE);
    *is_changed = true;
    return 1;
}

size_t clean_text(const char *text, size_t size, char *into, bool *is_changed)
{
    const char *at = text, *end = text + size;
    char *out = into;

    while (at < end) {
        const char *special = find_special(at, end, '\0', '\0');

        out = put(out, at, (size_t)(special - at));
        at = special;
        if (at < end)
            at += put_character(at, end, &out, is_changed);
    }
    return (size_t)(out - into);
}

static uint32_t hex_digit(char c)
{
    return (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* The four digits behind \u. */
static uint32_t hex_unit(const char *at)
{
    return hex_digit(at[0]) << 12 | hex_digit(at[1]) << 8 | hex_digit(at[2]) << 4 |
           hex_digit(at[3]);
}

/*
 * The code point that the \u escape at `at` means, with the second half of a pair where one
 * follows; 0 for what PostgreSQL cannot store. `ret_size` is how long the escape is.
 */
static uint32_t read_unicode(const char *at, const char *end, size_t *ret_size)
{
    uint32_t unit = hex_unit(at + 2), second;

    *ret_size = 6;
    if (unit < 0xd800 || unit > 0xdfff)
        return unit;
    if (unit > 0xdbff || end - at < 12 || at[6] != '\\' || at[7] != 'u')
        return 0;
    second = hex_unit(at + 8);
    if (second < 0xdc00 || second > 0xdfff)
        return 0;
    *ret_size = 12;
    return 0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00);
}

static char *put_code_point(char *into, uint32_t code)
{
    if (code < 0x80) {
        *into++ = (char)code;
    } else if (code < 0x800) {
        *into++ = (char)(0xc0 | code >> 6);
        *into++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *into++ = (char)(0xe0 | code >> 12);
        *into++ = (char)(0x80 | (code >> 6 & 0x3f));
        *into++ = (char)(0x80 | (code & 0x3f));
    } else {
        *into++ = (char)(0xf0 | code >> 18);
        *into++ = (char)(0x80 | (code >> 12 & 0x3f));
        *into++ = (char)(0x80 | (code >> 6 & 0x3f));
        *into++ = (char)(0x80 | (code & 0x3f));
    }
    return into;
}

/* The escape at `at` as the character it means; returns how long it was. */
static size_t put_meaning(const char *at, const char *end, char **into, bool *is_changed)
{
    static const char meanings[256] = {
        ['b'] = '\b', ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r',
        ['t'] = '\t', ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',
    };
    uint32_t code;
    size_t size;

    if (at[1] != 'u') {
        *(*into)++ = meanings[(unsigned char)at[1]];
        return 2;
    }
    code = read_unicode(at, end, &size);
    if (code == 0) {
        *into = put(*into, REPLACEMENT, REPLACEMENT_SIZE);
        *is_changed = true;
    } else {
        *into = put_code_point(*into, code);
    }
    return size;
}

size_t clean_string(const char *inner, size_t size, char *into, bool *is_changed)
{
    const char *at = inner, *end = inner + size;
    char *out = into;

    while (at < end) {
        const char *special = find_special(at, end, '\\', '\\');

        out = put(out, at, (size_t)(special - at));
        at = special;
        if (at == end)
            break;
        at += *at == '\\' ? put_meaning(at, end, &out, is_changed)
                          : put_character(at, end, &out, is_changed);
    }
    return (size_t)(out - into);
}

/* --- JSON ------------------------------------------------------------------------------------ */

/* Stands behind the opening quote; copies up to and with the closing one and returns its end. */
static const char *clean_inner(const char *at, const char *end, char **into, bool *is_changed)
{
    for (;;) {
        const char *special = find_special(at, end, '\\', '"');
        size_t size = 2;

        *into = put(*into, at, (size_t)(special - at));
        at = special;
        if (*at == '"') {
            *(*into)++ = '"';
            return at + 1;
        }
        if (*at != '\\') {
            at += put_character(at, end, into, is_changed);
        } else if (at[1] == 'u' && read_unicode(at, end, &size) == 0) {
            *into = put(*into, REPLACEMENT, REPLACEMENT_SIZE);
            *is_changed = true;
            at += size;
        } else {
            *into = put(*into, at, size);
            at += size;
        }
    }
}

/* How a number's digits stand to its point. */
struct shape {
    long lead;     /* the power of ten of the first digit that is not 0 */
    long n_behind; /* digits behind the point */
    long exponent; /* held within EXPONENT_MAX and one more */
    bool is_zero;
};

/*
 * postgresql.org/docs/15/datatype-numeric.html: up to 131072 digits before the point, up to 16383
 * behind it. An exponent beyond both together is out of range whatever the digits are.
 */
#define DIGITS_BEFORE_MAX 131072
#define DIGITS_BEHIND_MAX 16383
#define EXPONENT_MAX 20000000

static struct shape read_shape(const char *at, const char *end)
{
    struct shape shape = {.is_zero = true};
    long n_before = 0, n_zeros_behind = 0, n_after_lead = 0;

    at += *at == '-';
    for (; at < end && *at >= '0' && *at <= '9'; at++, n_before++)
        shape.is_zero = shape.is_zero && *at == '0';
    n_after_lead = shape.is_zero ? 0 : n_before - 1;
    if (at < end && *at == '.')
        for (at++; at < end && *at >= '0' && *at <= '9'; at++, shape.n_behind++) {
            n_zeros_behind += shape.is_zero && *at == '0';
            if (shape.is_zero && *at != '0') {
                shape.is_zero = false;
                n_after_lead = -1 - n_zeros_behind;
            }
        }
    shape.lead = n_after_lead;
    if (at < end) {
        bool is_negative = *++at == '-';

        for (at += *at == '-' || *at == '+'; at < end && shape.exponent <= EXPONENT_MAX; at++)
            shape.exponent = shape.exponent * 10 + (*at - '0');
        if (is_negative)
            shape.exponent = -shape.exponent;
    }
    return shape;
}

static bool fits_numeric(const char *text, size_t size)
{
    struct shape shape = read_shape(text, text + size);

    if (shape.n_behind - shape.exponent > DIGITS_BEHIND_MAX || shape.exponent > EXPONENT_MAX)
        return false;
    return shape.is_zero || shape.lead + shape.exponent < DIGITS_BEFORE_MAX;
}

/* A number of which PostgreSQL's numeric has none becomes a string. Returns the number's end. */
static const char *clean_number(const char *at, const char *end, char **into, bool *is_changed)
{
    const char *first = at;
    size_t size;

    while (at < end && *at != '\0' && strchr("+-.0123456789Ee", *at) != NULL)
        at++;
    size = (size_t)(at - first);
    if (fits_numeric(first, size)) {
        *into = put(*into, first, size);
    } else {
        *(*into)++ = '"';
        *into = put(*into, first, size);
        *(*into)++ = '"';
        *is_changed = true;
    }
    return at;
}

static bool is_deep(const struct raw *raw)
{
    unsigned depth = 0;
    const char *end = raw->text + raw->size;

    for (const char *at = raw->text; at < end; at++) {
        if (*at == '"') {
            for (at++; *at != '"'; at++)
                at += *at == '\\';
        } else if (*at == '[' || *at == '{') {
            if (++depth > SCAN_DEPTH_PLAIN)
                return true;
        } else if (*at == ']' || *at == '}') {
            depth--;
        }
    }
    return false;
}

size_t clean_quote(const char *text, size_t size, char *into)
{
    static const char short_forms[32] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
    };
    static const char hex[] = "0123456789abcdef";
    char *out = into;

    *out++ = '"';
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c == '"' || c == '\\' || (c < 0x20 && short_forms[c] != 0)) {
            *out++ = '\\';
            *out++ = c < 0x20 ? short_forms[c] : (char)c;
        } else if (c < 0x20) {
            out = put(out, "\\u00", 4);
            *out++ = hex[c >> 4];
            *out++ = hex[c & 15];
        } else {
            *out++ = (char)c;
        }
    }
    *out++ = '"';
    return (size_t)(out - into);
}

/* The whole value as a string of its text. */
static size_t quote_whole(const struct raw *raw, char *into, bool *is_changed)
{
    const char *at = raw->text, *end = at + raw->size;
    char *out = into;

    *out++ = '"';
    while (at < end) {
        unsigned char c = (unsigned char)*at;

        if (c >= 0x80) {
            at += put_character(at, end, &out, is_changed);
            continue;
        }
        if (c == '"' || c == '\\')
            *out++ = '\\';
        if (c < 0x20) {
            *out++ = '\\';
            c = c == '\n' ? 'n' : c == '\r' ? 'r' : 't'; /* white space: nothing else is valid */
        }
        *out++ = (char)c;
        at++;
    }
    *out++ = '"';
    *is_changed = true;
    return (size_t)(out - into);
}

size_t clean_json(const struct raw *raw, char *into, bool *is_changed)
{
    const char *at = raw->text, *end = at + raw->size;
    char *out = into;

    if (raw->is_plain)
        return (size_t)(put(into, raw->text, raw->size) - into);
    if (is_deep(raw))
        return quote_whole(raw, into, is_changed);
    while (at < end) {
        if (*at == '"') {
            *out++ = *at++;
            at = clean_inner(at, end, &out, is_changed);
        } else if (*at == '-' || (*at >= '0' && *at <= '9')) {
            at = clean_number(at, end, &out, is_changed);
        } else {
            *out++ = *at++;
        }
    }
    return (size_t)(out - into);
}
