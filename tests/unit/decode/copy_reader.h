/*
 * COPY BINARY read back, for tests: written from PostgreSQL's manual, not from our writer.
 * postgresql.org/docs/15/sql-copy.html
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct copy_field {
    const char *data; /* in the bytes that were read */
    int32_t size;     /* -1: NULL */
};

struct copy_reader {
    struct copy_field *fields; /* of all rows, one row after the other */
    size_t capacity;
    size_t n_rows;
    size_t n_columns;
    const char *complaint; /* why the bytes are not COPY BINARY */
};

/* False with `complaint` where the bytes are malformed, or rows differ in their number of fields.
 */
bool copy_read(struct copy_reader *reader, const char *bytes, size_t size);
void copy_reader_deinit(struct copy_reader *reader);

struct copy_field copy_field_at(const struct copy_reader *reader, size_t row, size_t column);

/* A field of 1, 4 or 8 bytes as a number; INT64_MIN where it is none. */
int64_t copy_field_number(struct copy_field field);

/* Whether the field is this text; NULL is for NULL. */
bool copy_field_is(struct copy_field field, const char *text);

/*
 * A field of type text[] as text: "{a,b}", NULL as it is, nothing quoted; "malformed" where it is
 * no such array. free() it.
 */
char *copy_field_text_array(struct copy_field field);
