/*
 * search_after_token: base64 of JSON in the vendor's form of 2023, as its sample answer shows it.
 * It says how far the pages before have come, and which parameters it is good for.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "sandbox/row.h"

struct query;

/* Appends the token of a page that ends before `position`; `last` is the page's last row. */
bool token_append(struct buf *buf, const struct query *query, struct row *last, size_t position);

/* Where the page behind the query's token begins; false where it is none, or another query's. */
bool token_read(const struct query *query, size_t *ret_position);
