/*
 * Where an element of an array ends, told by brackets and strings alone.
 *
 * This is how items are counted and skipped, and how one that is no JSON is kept whole: the text
 * may come in pieces, and nothing but balance is asked of it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed at an element's first byte; kept from one piece to the next. */
struct lex {
    uint64_t depth; /* brackets open within the element */
    bool is_in_string;
    bool is_escaped; /* the piece before ended behind a backslash */
};

/*
 * How many bytes of the piece come before the comma or closing bracket that ends the element;
 * `size` where it is not in this piece.
 */
size_t lex_to_separator(struct lex *lex, const char *text, size_t size);
