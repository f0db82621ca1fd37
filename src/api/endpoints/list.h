/* Every endpoint once, in alphabetical order; each is defined in the file of that name. */
#pragma once

#include "api/endpoint.h"

#define ENDPOINTS(X)                                                                               \
    X(backlinks)                                                                                   \
    X(bulk_new_lost_backlinks)                                                                     \
    X(domain_intersection)                                                                         \
    X(page_intersection)                                                                           \
    X(referring_domains)

#define DECLARE_ENDPOINT(name) extern const struct endpoint endpoint_##name;
ENDPOINTS(DECLARE_ENDPOINT)
