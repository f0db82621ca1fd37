/* Rows and strings as JSON. */
#pragma once

#include "core/buf.h"
#include "sandbox/row.h"

/* The longest row; one of the data has about 1,500 bytes. */
#define PRINT_ROW_MAX 131072

bool print_row(struct buf *buf, struct row *row);

/* Bytes as a JSON string; lone surrogates and U+0000 become escapes. */
bool print_string(struct buf *buf, const char *text, size_t size);
