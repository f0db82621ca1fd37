/* A row as the JSON of an item, without blanks. */
#pragma once

#include "core/buf.h"
#include "sandbox/row.h"

/* The longest item; an item of the data has about 1,500 bytes. */
#define ITEM_SIZE_MAX 131072

/*
 * Appends the item. About one in five hundred is odd in a way that the vendor's data is, or was:
 * an older shape with fields missing, the other form of a timestamp, a field nobody announced, a
 * value of another type, every possible escape.
 */
bool item_append(struct buf *buf, struct row *row);

/* Appends bytes as a JSON string; lone surrogates and U+0000 become escapes. */
bool item_append_string(struct buf *buf, const char *text, size_t size);
