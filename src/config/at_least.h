/* `at_least`: of an intersection, only what belongs to so many of its targets. */
#pragma once

#include "config/yaml.h"

struct endpoint;

/*
 * The filters of a request whose feed is bounded by the node `at_least`, a whole number, as a node
 * of its own: `filters` (NULL: none) and the condition that the number means. Filters that are no
 * list are left as they are, to be complained of.
 */
struct yaml_node at_least_join(const struct yaml_node *filters, const struct yaml_node *at_least);

/* Complains where an endpoint has no such thing, or the request's targets are fewer. */
void at_least_check(struct source *source, const struct yaml_node *at_least,
                    const struct endpoint *endpoint, const struct yaml_node *request);
