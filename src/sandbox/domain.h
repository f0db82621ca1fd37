/* The items of domain_intersection and referring_domains: a referring domain, with the sums of the
 * links that it has to a target. */
#pragma once

#include "sandbox/row.h"

extern const struct shape shape_domain_intersection, shape_referring_domains;
