/* Arrays as parameters of a statement: text that PostgreSQL reads as {1,2,"a \"b\"",NULL}. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/uuid.h"

/* A statement has a few dozen elements, of which the longest are tokens of some kB. */
#define ARRAY_BYTES_MAX (64 * 1024 * 1024)

/* One array; buf_deinit() it in the end. An element is put behind those before. */
void array_init(struct buf *array);
void array_text(struct buf *array, const char *text); /* NULL for SQL's NULL */
void array_int(struct buf *array, int64_t value);
void array_int_or_null(struct buf *array, int64_t value, bool is_null);
void array_uuid(struct buf *array, const struct uuid *uuid);

/* Closes it and gives the text, which lasts until buf_deinit(). Nothing may follow. */
const char *array_end(struct buf *array);
