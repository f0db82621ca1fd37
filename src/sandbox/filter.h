/*
 * Filters of a request: read, checked against the endpoint's columns, and applied to items.
 *
 * The grammar is that of docs.dataforseo.com/v3/backlinks/filters: a condition ["field",
 * "operator", value], alone or joined to others by "and" and "or", nested as deep as one likes, at
 * most eight conditions. Of mixed words on one level, which the vendor leaves open, the left one
 * binds first.
 *
 * A null fulfils "<>" and the operators that begin with "not", and no other; only "=" and "<>" can
 * ask for null itself.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "sandbox/condition.h"

struct filter;
struct json_object;

/*
 * NULL where `json` is no filter; `ret_wrong` then says what is wrong, briefly. An empty array or
 * null is not for this function.
 */
struct filter *filter_new(const struct fields_of *of, struct json_object *json,
                          size_t conditions_max, const char **ret_wrong);
void filter_destroy(struct filter *filter);

/* NULL holds for every item. */
bool filter_holds(const struct filter *filter, struct item *item);

/*
 * Narrows [min, max] to the values of `place` that an item may have that the filter lets through.
 * True where the filter asks for nothing else.
 */
bool filter_bounds(const struct filter *filter, struct place place, int64_t *min, int64_t *max);
