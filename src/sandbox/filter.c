/*
 * filter_new() makes a tree of what it reads; a joined level leans to the left: (a and b) or c.
 *
 * What can be wrong: the shape (no condition, no array), the word between two conditions, an
 * unknown field, an operator that its type does not have, a value of another type, a regular
 * expression that is none, too many conditions, and nesting without end.
 */
#include "sandbox/filter.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

#define DEPTH_MAX 32

struct filter {
    bool is_join;
    bool is_or;
    struct filter *left, *right; /* of a join */
    struct condition condition;  /* of a leaf */
};

struct reading {
    const struct fields_of *of;
    size_t n_left; /* conditions that may still come */
    const char *wrong;
};

static struct filter *fail(struct reading *reading, const char *wrong)
{
    if (reading->wrong == NULL)
        reading->wrong = wrong;
    return NULL;
}

static struct filter *read_condition(struct reading *reading, struct json_object *json)
{
    struct filter *filter;

    if (reading->n_left == 0)
        return fail(reading, "too many conditions");
    reading->n_left--;
    filter = mem_new(sizeof(*filter));
    reading->wrong = condition_read(&filter->condition, reading->of, json);
    if (reading->wrong != NULL) {
        filter_destroy(filter);
        return NULL;
    }
    return filter;
}

static bool is_word(struct json_object *json, const char *word)
{
    return json_object_is_type(json, json_type_string) &&
           strcmp(json_object_get_string(json), word) == 0;
}

static struct filter *read_expression(struct reading *reading, struct json_object *json, int depth);

static struct filter *read_joined(struct reading *reading, struct json_object *json, int depth)
{
    size_t n = json_object_array_length(json);
    struct filter *left;

    if (n % 2 == 0)
        return fail(reading, "a condition is missing");
    left = read_expression(reading, json_object_array_get_idx(json, 0), depth + 1);
    for (size_t i = 1; left != NULL && i < n; i += 2) {
        struct json_object *word = json_object_array_get_idx(json, i);
        struct filter *join = mem_new(sizeof(*join));

        *join = (struct filter){.is_join = true, .is_or = is_word(word, "or"), .left = left};
        if (join->is_or || is_word(word, "and"))
            join->right =
                read_expression(reading, json_object_array_get_idx(json, i + 1), depth + 1);
        else
            fail(reading, "neither and nor or between two conditions");
        left = join;
        if (join->right == NULL) {
            filter_destroy(join);
            left = NULL;
        }
    }
    return left;
}

static struct filter *read_expression(struct reading *reading, struct json_object *json, int depth)
{
    if (depth > DEPTH_MAX)
        return fail(reading, "nested too deep");
    if (!json_object_is_type(json, json_type_array) || json_object_array_length(json) == 0)
        return fail(reading, "no condition");
    if (json_object_is_type(json_object_array_get_idx(json, 0), json_type_string))
        return read_condition(reading, json);
    return read_joined(reading, json, depth);
}

struct filter *filter_new(const struct fields_of *of, struct json_object *json,
                          size_t conditions_max, const char **ret_wrong)
{
    struct reading reading = {.of = of, .n_left = conditions_max};
    struct filter *filter = read_expression(&reading, json, 0);

    if (filter == NULL)
        *ret_wrong = reading.wrong;
    return filter;
}

void filter_destroy(struct filter *filter)
{
    if (filter == NULL)
        return;
    filter_destroy(filter->left);
    filter_destroy(filter->right);
    condition_deinit(&filter->condition);
    free(filter);
}

bool filter_holds(const struct filter *filter, struct item *item)
{
    if (filter == NULL)
        return true;
    if (!filter->is_join)
        return condition_holds(&filter->condition, item);
    if (filter->is_or)
        return filter_holds(filter->left, item) || filter_holds(filter->right, item);
    return filter_holds(filter->left, item) && filter_holds(filter->right, item);
}

bool filter_bounds(const struct filter *filter, struct place place, int64_t *min, int64_t *max)
{
    bool is_left, is_right;

    if (filter == NULL)
        return true;
    if (!filter->is_join)
        return condition_bounds(&filter->condition, place, min, max);
    if (filter->is_or)
        return false;
    is_left = filter_bounds(filter->left, place, min, max);
    is_right = filter_bounds(filter->right, place, min, max);
    return is_left && is_right;
}
