/* Timestamps as the API writes them, as PostgreSQL counts them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Microseconds since 2000-01-01 UTC. False where the text is no timestamp of years 1 to 9999 with
 * an offset: "2019-01-21 18:17:01 +00:00", "2023-03-12T15:06:53.25Z".
 */
bool timestamp_parse(const char *text, size_t size, int64_t *ret_us);
