/* Points in time as requests write them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* "yyyy-mm-dd hh:mm:ss +00:00", with a T instead of the first blank, or the date alone. */
bool when_parse(const char *text, int64_t *ret_seconds);
