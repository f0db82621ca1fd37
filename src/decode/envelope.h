/* What stands around the items, read as JSON: struct envelope of page.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

struct envelope;

/*
 * Reads the text around the items. ERR_DATA where it is not one JSON object, where its items are
 * neither an array nor null, or where its token cannot be used. `n_items` is left at 0.
 */
bool envelope_read(const char *text, size_t size, struct envelope *ret_envelope, struct err *err);
