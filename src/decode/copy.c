#include "decode/copy.h"

#include <string.h>

/* Nothing here can fail but for the buffer's ceiling, which the buffer remembers. */

static char *write_big_endian(char *at, uint64_t value, unsigned n_bytes)
{
    for (unsigned i = n_bytes; i > 0; i--)
        *at++ = (char)(unsigned char)(value >> (8 * (i - 1)));
    return at;
}

char *copy_write_int16(char *at, int16_t value)
{
    return write_big_endian(at, (uint16_t)value, 2);
}

char *copy_write_int32(char *at, int32_t value)
{
    return write_big_endian(at, (uint32_t)value, 4);
}

char *copy_write_int64(char *at, int64_t value)
{
    return write_big_endian(at, (uint64_t)value, 8);
}

void copy_header(struct buf *out)
{
    static const char header[COPY_HEADER_SIZE] = "PGCOPY\n\377\r\n"; /* flags and extension: 0 */

    buf_append(out, header, sizeof header);
}

void copy_trailer(struct buf *out)
{
    char bytes[2];

    copy_write_int16(bytes, -1);
    buf_append(out, bytes, sizeof bytes);
}

void copy_row(struct buf *out, size_t n_fields)
{
    char bytes[2];

    copy_write_int16(bytes, (int16_t)n_fields);
    buf_append(out, bytes, sizeof bytes);
}

void copy_null(struct buf *out)
{
    buf_append(out, "\377\377\377\377", 4); /* the length -1 */
}

void copy_int32(struct buf *out, int32_t value)
{
    char bytes[8];

    copy_write_int32(copy_write_int32(bytes, 4), value);
    buf_append(out, bytes, sizeof bytes);
}

void copy_int64(struct buf *out, int64_t value)
{
    char bytes[12];

    copy_write_int64(copy_write_int32(bytes, 8), value);
    buf_append(out, bytes, sizeof bytes);
}

void copy_bytes(struct buf *out, const void *data, size_t size)
{
    char *room = buf_reserve(out, 4 + size);

    if (room == NULL)
        return;
    room = copy_write_int32(room, (int32_t)size);
    memcpy(room, data, size);
    out->size += 4 + size;
    out->data[out->size] = '\0';
}
