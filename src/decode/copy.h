/*
 * COPY BINARY, PostgreSQL's own wire form of rows: every field is its length and its bytes.
 * postgresql.org/docs/15/sql-copy.html, "Binary Format"
 *
 * Whether everything fitted its buffer is asked once, at the buffer.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

#define COPY_HEADER_SIZE 19

void copy_header(struct buf *out);
void copy_trailer(struct buf *out);

void copy_row(struct buf *out, size_t n_fields);
void copy_null(struct buf *out);
void copy_int32(struct buf *out, int32_t value);
void copy_int64(struct buf *out, int64_t value);
void copy_bytes(struct buf *out, const void *data, size_t size);

/* Numbers as the wire has them, into memory that is there. Returns what stands behind them. */
char *copy_write_int16(char *at, int16_t value);
char *copy_write_int32(char *at, int32_t value);
char *copy_write_int64(char *at, int64_t value);
