/*
 * One JSON value for other programs, written front to back. A name is that of the enclosing
 * object's key; NULL in an array, and for the outermost value.
 *
 * Counts are numbers; dollars are decimal strings ("0.024036"), since a reader's floating point
 * would not keep them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/buf.h"

struct writer {
    struct buf text;
    bool is_first; /* of the object or array that is open */
};

void writer_init(struct writer *writer);
void writer_deinit(struct writer *writer);

void writer_begin(struct writer *writer, const char *name, char bracket); /* '{' or '[' */
void writer_end(struct writer *writer, char bracket);                     /* '}' or ']' */

void writer_text(struct writer *writer, const char *name, const char *value);
void writer_text_or_null(struct writer *writer, const char *name, const char *value); /* "" */
void writer_int(struct writer *writer, const char *name, int64_t value);
void writer_int_or_null(struct writer *writer, const char *name, int64_t value); /* below 0 */
/* `value` over 10 to the power of `n_digits`: 123 with 2 is 1.23. */
void writer_decimal(struct writer *writer, const char *name, int64_t value, int n_digits);
void writer_bool(struct writer *writer, const char *name, bool value);
void writer_null(struct writer *writer, const char *name);
void writer_dollars(struct writer *writer, const char *name, int64_t nanousd);

/* Writes it as one line. */
void writer_print(const struct writer *writer, FILE *out);
