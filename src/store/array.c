#include "store/array.h"

#include <inttypes.h>

void array_init(struct buf *array)
{
    buf_init(array, ARRAY_BYTES_MAX);
}

static void begin_element(struct buf *array)
{
    buf_append_char(array, array->size == 0 ? '{' : ',');
}

void array_text(struct buf *array, const char *text)
{
    begin_element(array);
    if (text == NULL) {
        buf_append_string(array, "NULL");
        return;
    }
    buf_append_char(array, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            buf_append_char(array, '\\');
        buf_append_char(array, *text);
    }
    buf_append_char(array, '"');
}

void array_int(struct buf *array, int64_t value)
{
    begin_element(array);
    buf_printf(array, "%" PRId64, value);
}

void array_int_or_null(struct buf *array, int64_t value, bool is_null)
{
    if (is_null)
        array_text(array, NULL);
    else
        array_int(array, value);
}

void array_uuid(struct buf *array, const struct uuid *uuid)
{
    char text[UUID_TEXT_MAX];

    array_text(array, uuid_format(uuid, text));
}

const char *array_end(struct buf *array)
{
    buf_append_string(array, array->size == 0 ? "{}" : "}");
    return buf_text(array);
}
