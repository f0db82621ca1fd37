/* Targets as the vendor takes them. */
#pragma once

#include <stdbool.h>

#define TARGET_SIZE_MAX 2048

/*
 * A domain or subdomain without scheme and "www.", or a page as an absolute URL
 * (docs.dataforseo.com/v3/backlinks/backlinks/live).
 */
bool target_is_valid(const char *target);
