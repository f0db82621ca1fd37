/*
 * search_after_token: base64 of JSON in the vendor's form of 2023, as its sample answer shows it.
 * It says how far the pages before have come, and which parameters it is good for; where tokens do
 * not live for ever, also when it was handed out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "sandbox/item.h"

struct query;

struct token {
    size_t position;  /* where the page behind it begins */
    uint64_t call_no; /* of the paid call that handed it out; 0: it does not say */
};

/* Appends a token; `last` is the last item of the page in front of it. */
bool token_append(struct buf *buf, const struct query *query, struct item *last,
                  const struct token *token);

/* Reads the query's token; false where it is none, or another query's. */
bool token_read(const struct query *query, struct token *ret_token);
