#include "core/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

void buf_init(struct buf *buf, size_t size_max)
{
    *buf = (struct buf){.size_max = size_max};
}

char *buf_reserve(struct buf *buf, size_t size)
{
    size_t wanted;

    if (buf->is_overfull || size > buf->size_max - buf->size) {
        buf->is_overfull = true;
        return NULL;
    }
    wanted = buf->size + size + 1;
    if (wanted > buf->capacity) {
        size_t doubled = buf->capacity < 64 ? 64 : buf->capacity * 2;

        if (doubled > buf->size_max + 1)
            doubled = buf->size_max + 1;
        buf->capacity = doubled > wanted ? doubled : wanted;
        buf->data = mem_resize(buf->data, buf->capacity, 1);
    }
    return buf->data + buf->size;
}

bool buf_append(struct buf *buf, const void *data, size_t size)
{
    char *room = buf_reserve(buf, size);

    if (room == NULL)
        return false;
    if (size > 0)
        memcpy(room, data, size);
    buf->size += size;
    buf->data[buf->size] = '\0';
    return true;
}

bool buf_append_string(struct buf *buf, const char *text)
{
    return buf_append(buf, text, strlen(text));
}

bool buf_append_char(struct buf *buf, char c)
{
    return buf_append(buf, &c, 1);
}

bool buf_printf(struct buf *buf, const char *format, ...)
{
    va_list arguments, again;
    char *room;
    int length;

    va_start(arguments, format);
    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    room = length < 0 ? NULL : buf_reserve(buf, (size_t)length);
    if (room != NULL) {
        vsnprintf(room, (size_t)length + 1, format, again);
        buf->size += (size_t)length;
    }
    va_end(again);
    return room != NULL;
}

const char *buf_text(const struct buf *buf)
{
    return buf->data == NULL ? "" : buf->data;
}

void buf_clear(struct buf *buf)
{
    buf->size = 0;
    buf->is_overfull = false;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

void buf_deinit(struct buf *buf)
{
    free(buf->data);
    buf_init(buf, buf->size_max);
}

char *buf_take(struct buf *buf)
{
    char *text = buf->data == NULL ? mem_strdup("") : buf->data;

    buf_init(buf, buf->size_max);
    return text;
}
