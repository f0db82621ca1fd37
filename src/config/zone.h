/* Time zones by their IANA names, as far as the machine knows them. */
#pragma once

#include <stdbool.h>

#include "core/err.h"

/*
 * False with ERR_CONFIG where there is no such zone. Where the machine has no zone files any
 * well-formed name is taken; PostgreSQL brings its own and has the last word.
 */
bool zone_check(const char *name, struct err *err);
