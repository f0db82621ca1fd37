/* The parameters of a task, each by its name: whether the value is right, and what it is. */
#pragma once

#include <stdbool.h>

struct json_object;
struct param;
struct query;

/* What a parameter has its say in. */
enum param_say {
    SAY_NOTHING,  /* of what stands here; a token still is good for one value of it only */
    SAY_POSITION, /* where in the listing the page begins */
    SAY_ORDER,    /* which items there are, and how they are ordered and printed */
    SAY_FILTER,   /* which of them are left */
};

/* False: the value is wrong. Targets are to be read before all else. */
bool param_read(struct query *query, const struct param *param, struct json_object *json,
                enum param_say *ret_say);
