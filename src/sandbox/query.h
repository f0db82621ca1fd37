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

enum query_status { STATUS_LIVE = 1, STATUS_LOST = 2, STATUS_ALL = 3 };

struct query_rule {
    size_t field; /* index in row_fields */
    bool is_descending;
    bool is_text;
};

struct query {
    const struct endpoint *endpoint;
    const char *target; /* the task's */
    const char *tag;    /* the task's; NULL: none */
    const char *token;  /* the task's; NULL: none */
    int64_t limit, offset;
    enum query_status status;
    bool is_rank_in_hundred;
    struct json_object *mode, *custom_mode; /* the task's; NULL: not sent */
    size_t group_field;                     /* index in row_fields */
    int64_t group_size;                     /* rows of a group that are given; 0: not grouped */
    struct filter *filter;                  /* NULL: none */
    struct query_rule rules[QUERY_RULES_MAX];
    size_t n_rules;
    bool is_default_order;
    bool is_default_otherwise; /* nothing is set but target, filters, order_by, limit and tag */
    struct buf listing_key;    /* what decides on the rows and their order, as text */
    uint64_t digest; /* of all parameters but the position: a token is good for these only */
};

/* What is read stays the task's; keep `task` as long. query_deinit() is right in both cases. */
bool query_read(struct query *query, const struct endpoint *endpoint, struct json_object *task,
                uint64_t seed, struct refusal *refusal);
void query_deinit(struct query *query);
