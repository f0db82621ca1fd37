/*
 * A job's `request` against the endpoint's table of parameters: names, types, ranges, words, the
 * grammar of filters and order_by. All of it offline, so that a mistake costs no call.
 */
#pragma once

#include "config/yaml.h"

struct endpoint;
struct param;

/* With `is_bounded` the last of the filters' conditions is that of `at_least`. */
void request_check(struct source *source, const struct endpoint *endpoint,
                   const struct yaml_node *request, bool is_bounded);

/* --- for the files of this folder that share the work ----------------------------------------- */

/* A value with its path, as "request.filters[2]", for complaints. */
struct request_value {
    struct source *source;
    const struct endpoint *endpoint;
    const struct param *param;
    const struct yaml_node *node;
    const char *path;
    bool is_bounded; /* its last condition is that of `at_least` */
};

void filters_check(const struct request_value *value);
void order_by_check(const struct request_value *value);

/*
 * The column that a rule or condition names, or NULL and a complaint at `node`, with what was
 * probably meant. A field that is close to none of ours is warned about only: the vendor filters by
 * some that are not in its items (docs.dataforseo.com/v3/backlinks/available_filters). `what` is
 * "filtered" or "sorted by".
 */
struct column;
const struct column *request_column(const struct request_value *value, const struct yaml_node *node,
                                    const char *what);
