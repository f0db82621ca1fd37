/* A JSON value's raw text as a field of COPY BINARY, by the type of its column. */
#pragma once

#include <stdbool.h>

#include "api/endpoint.h"
#include "core/buf.h"

struct raw;

/*
 * Appends the field and returns true, or returns false and appends nothing where the value does not
 * fit the type. A JSON null fits every type, as NULL; otherwise:
 *
 * - text: a string
 * - bigint: a number without point and exponent, within 64 bits
 * - boolean: true or false
 * - timestamptz: "yyyy-mm-dd hh:mm:ss +00:00", or with T, a fraction (what is below a microsecond
 *   is dropped), and Z or any offset; the offset has to be there
 * - text[]: an array of strings and nulls
 * - jsonb: anything
 *
 * `is_cleaned` is set where something was replaced (clean.h), and never cleared.
 */
bool value_put(enum column_type type, const struct raw *raw, struct buf *out, bool *is_cleaned);
