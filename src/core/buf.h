/*
 * A growing run of bytes that is given its ceiling when it is made.
 *
 * An append that would pass the ceiling appends nothing and marks the buffer as overfull; every
 * later append then fails too, so a caller may append several times and ask once at the end.
 * The bytes are always followed by a NUL that is not counted in `size`.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data; /* NULL until the first append */
    size_t size;
    size_t capacity;
    size_t size_max;
    bool is_overfull;
};

#define BUF_WITH_CEILING(bytes_max)                                                                \
    {                                                                                              \
        .size_max = (bytes_max)                                                                    \
    }

void buf_init(struct buf *buf, size_t size_max);

/* All of these return false where the ceiling was passed, now or before. */
bool buf_append(struct buf *buf, const void *data, size_t size);
bool buf_append_string(struct buf *buf, const char *text);
bool buf_append_char(struct buf *buf, char c);
bool buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Room for `size` more bytes at data + size, or NULL; the caller adds to `size` what it used. */
char *buf_reserve(struct buf *buf, size_t size);

/* The text, "" where nothing was appended. */
const char *buf_text(const struct buf *buf);

/* Empties it and keeps its memory. */
void buf_clear(struct buf *buf);

/* Frees the memory; the buffer is then as after buf_init. */
void buf_deinit(struct buf *buf);

/* Gives the text away (free() it); the buffer is then as after buf_init. */
char *buf_take(struct buf *buf);
