/*
 * JSON by its grammar (RFC 8259), read in place: a value's type and raw text, no tree.
 *
 * The text may end anywhere (a window over a longer body): that is SCAN_CUT, and the caller comes
 * again with more of it. Bytes above 0x7f are taken as they are; clean.h sees to them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum raw_type { RAW_NULL, RAW_FALSE, RAW_TRUE, RAW_NUMBER, RAW_STRING, RAW_ARRAY, RAW_OBJECT };

/* The text of one value, quotes and brackets with it, in the memory that was scanned. */
struct raw {
    const char *text;
    size_t size;
    enum raw_type type;
    bool is_plain; /* PostgreSQL takes it as it is: ASCII, no escapes, no exponent, not deep */
};

/* Brackets within brackets: what is deeper is SCAN_BAD. */
#define SCAN_DEPTH_MAX 10000

/* What is deeper than this is not plain; PostgreSQL's own limit is its stack (max_stack_depth). */
#define SCAN_DEPTH_PLAIN 500

enum scan_result {
    SCAN_OK,
    SCAN_CUT, /* right so far, and the text is at its end */
    SCAN_BAD,
};

/* The first byte that is no white space, or `end`. */
const char *scan_space(const char *at, const char *end);

/*
 * Reads the value that begins at `*at` and moves `*at` behind it. A number has to be followed by
 * something, or it is cut. Where the result is not SCAN_OK `*at` is where it failed.
 */
enum scan_result scan_value(const char **at, const char *end, struct raw *ret_raw);
