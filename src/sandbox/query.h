/*
 * A task of a request, checked against the endpoint's parameters as the vendor checks them: unknown
 * names are 40506 and listed, a bad value is 40501 and named, null is as if it were not there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "sandbox/codes.h"
#include "sandbox/filter.h"

struct endpoint;
struct json_object;

#define QUERY_RULES_MAX 3
#define EXCLUDED_MAX 10 /* docs.dataforseo.com/v3/backlinks/domain_intersection/live */

enum query_status { STATUS_LIVE = 1, STATUS_LOST = 2, STATUS_ALL = 3 };

struct query_rule {
    struct place place;
    bool is_descending;
    bool is_text;
};

struct query {
    const struct endpoint *endpoint;
    const struct shape *shape;
    const char *targets[TARGETS_MAX]; /* the task's; of a bulk none */
    size_t n_targets, names_size;     /* bytes of all their names, each with its NUL */
    struct json_object *bulk; /* the task's targets where it may have a thousand; else NULL */
    const char *target;       /* all of them as a text: "a.com+b.com" */
    const char *excluded[EXCLUDED_MAX];
    size_t n_excluded;
    const char *tag;   /* the task's; NULL: none */
    const char *token; /* the task's; NULL: none */
    int64_t limit, offset, list_limit;
    int64_t date_from; /* of a bulk, in seconds since 1970 */
    enum query_status status;
    bool is_rank_in_hundred;
    bool is_partial;                        /* intersection_mode */
    struct json_object *mode, *custom_mode; /* the task's; NULL: not sent */
    struct place group_place;
    int64_t group_size;          /* rows of a group that are given; 0: not grouped */
    struct filter *filter;       /* NULL: none */
    struct filter *links_filter; /* backlinks_filters; NULL: none */
    struct query_rule rules[QUERY_RULES_MAX];
    size_t n_rules;
    struct buf names;       /* where `target` stands */
    struct buf order_key;   /* what decides on the items and their order, as text, but filters */
    struct buf listing_key; /* ... with filters */
    uint64_t digest;        /* of all parameters but the position: a token is good for these only */
};

/* What is read stays the task's; keep `task` as long. query_deinit() is right in both cases. */
bool query_read(struct query *query, const struct endpoint *endpoint, const struct shape *shape,
                struct json_object *task, uint64_t seed, struct refusal *refusal);
void query_deinit(struct query *query);
