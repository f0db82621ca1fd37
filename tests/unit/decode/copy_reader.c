#include "unit/decode/copy_reader.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"

struct bytes {
    const char *at, *end;
};

static bool take(struct bytes *bytes, size_t size, const char **ret_data)
{
    if ((size_t)(bytes->end - bytes->at) < size)
        return false;
    *ret_data = bytes->at;
    bytes->at += size;
    return true;
}

static bool take_number(struct bytes *bytes, unsigned size, int64_t *ret_number)
{
    const char *data;
    uint64_t number = 0;

    if (!take(bytes, size, &data))
        return false;
    for (unsigned i = 0; i < size; i++)
        number = number << 8 | (unsigned char)data[i];
    if (size < 8 && number >> (8 * size - 1) != 0)
        number |= UINT64_MAX << (8 * size);
    *ret_number = (int64_t)number;
    return true;
}

static bool complain(struct copy_reader *reader, const char *complaint)
{
    reader->complaint = complaint;
    return false;
}

static bool read_row(struct copy_reader *reader, struct bytes *bytes, size_t n_columns)
{
    size_t n = reader->n_rows * n_columns;
    int64_t size;

    if (n + n_columns > reader->capacity) {
        reader->capacity = 2 * (n + n_columns);
        reader->fields = mem_resize(reader->fields, reader->capacity, sizeof *reader->fields);
    }
    for (size_t i = 0; i < n_columns; i++) {
        struct copy_field *field = &reader->fields[n + i];

        if (!take_number(bytes, 4, &size) || size < -1)
            return complain(reader, "a field has no length");
        *field = (struct copy_field){.size = (int32_t)size};
        if (size >= 0 && !take(bytes, (size_t)size, &field->data))
            return complain(reader, "a field is cut");
    }
    reader->n_rows++;
    return true;
}

bool copy_read(struct copy_reader *reader, const char *data, size_t size)
{
    struct bytes bytes = {data, data + size};
    const char *signature;
    int64_t flags, n_extension, n_columns;

    *reader = (struct copy_reader){.n_rows = 0};
    if (!take(&bytes, 11, &signature) || memcmp(signature, "PGCOPY\n\377\r\n\0", 11) != 0 ||
        !take_number(&bytes, 4, &flags) || flags != 0 || !take_number(&bytes, 4, &n_extension) ||
        n_extension != 0)
        return complain(reader, "the header is wrong");
    for (;;) {
        if (!take_number(&bytes, 2, &n_columns))
            return complain(reader, "there is no trailer");
        if (n_columns == -1)
            break;
        if (n_columns <= 0 || (reader->n_rows > 0 && reader->n_columns != (size_t)n_columns))
            return complain(reader, "a row has another number of fields");
        reader->n_columns = (size_t)n_columns;
        if (!read_row(reader, &bytes, (size_t)n_columns))
            return false;
    }
    return bytes.at == bytes.end || complain(reader, "something stands behind the trailer");
}

void copy_reader_deinit(struct copy_reader *reader)
{
    free(reader->fields);
    reader->fields = NULL;
    reader->n_rows = 0;
}

struct copy_field copy_field_at(const struct copy_reader *reader, size_t row, size_t column)
{
    if (row >= reader->n_rows || column >= reader->n_columns)
        abort();
    return reader->fields[row * reader->n_columns + column];
}

int64_t copy_field_number(struct copy_field field)
{
    struct bytes bytes;
    int64_t number;

    if (field.size != 1 && field.size != 4 && field.size != 8)
        return INT64_MIN;
    bytes = (struct bytes){field.data, field.data + field.size};
    return take_number(&bytes, (unsigned)field.size, &number) ? number : INT64_MIN;
}

bool copy_field_is(struct copy_field field, const char *text)
{
    if (text == NULL || field.size < 0)
        return text == NULL && field.size < 0;
    return (size_t)field.size == strlen(text) && memcmp(field.data, text, strlen(text)) == 0;
}

/* The array's header and elements; false where anything is not as PostgreSQL sends it. */
static bool print_array(struct bytes *bytes, struct buf *text)
{
    int64_t n_dimensions, has_null, oid, n = 0, lower, size;
    bool has_seen_null = false;
    const char *data;

    if (!take_number(bytes, 4, &n_dimensions) || !take_number(bytes, 4, &has_null) ||
        !take_number(bytes, 4, &oid) || oid != 25 || n_dimensions < 0 || n_dimensions > 1)
        return false;
    if (n_dimensions == 1 &&
        (!take_number(bytes, 4, &n) || !take_number(bytes, 4, &lower) || lower != 1 || n < 1))
        return false;
    buf_append_char(text, '{');
    for (int64_t i = 0; i < n; i++) {
        if (i > 0)
            buf_append_char(text, ',');
        if (!take_number(bytes, 4, &size) || size < -1)
            return false;
        has_seen_null = has_seen_null || size < 0;
        if (size >= 0 && !take(bytes, (size_t)size, &data))
            return false;
        buf_append(text, size < 0 ? "NULL" : data, size < 0 ? 4 : (size_t)size);
    }
    buf_append_char(text, '}');
    return bytes->at == bytes->end && has_null == has_seen_null;
}

char *copy_field_text_array(struct copy_field field)
{
    struct bytes bytes;
    struct buf text = BUF_WITH_CEILING(64 << 20);

    if (field.size < 0)
        return mem_strdup("NULL");
    bytes = (struct bytes){field.data, field.data + field.size};
    if (!print_array(&bytes, &text)) {
        buf_deinit(&text);
        return mem_strdup("malformed");
    }
    return buf_take(&text);
}
