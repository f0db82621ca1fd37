/* ${VAR} and ${VAR:-default} in a scalar; `$${` stands for a literal `${`, any other $ for itself.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

#define EXPANDED_BYTES_MAX ((size_t)1 << 16)

/*
 * `*ret_text` is the expanded text (free() it), or NULL where there was nothing to expand. A
 * default is used where the variable is unset or empty, as in a shell. False with ERR_CONFIG where
 * a variable is unset and has no default; the text names the variable and never its value.
 */
bool expand(const char *text, char **ret_text, struct err *err);
