/* One condition of a filter: ["field", "operator", value]. */
#pragma once

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/endpoint.h"
#include "sandbox/item.h"

struct json_object;

enum condition_test {
    TEST_EQUAL,
    TEST_LESS,
    TEST_LESS_OR_EQUAL,
    TEST_GREATER,
    TEST_GREATER_OR_EQUAL,
    TEST_IN,
    TEST_LIKE,
    TEST_REGEX,
    TEST_MATCH,
    TEST_HAS,
};

struct operand {
    bool is_null;
    int64_t number; /* of num, bool and time */
    char *text;     /* of str and array; owned */
};

struct condition {
    struct place place;
    enum filter_type type;
    enum condition_test test;
    bool is_negated;          /* <>, not_in, not_like, ... */
    bool is_case_ignored;     /* ilike */
    struct operand *operands; /* one, or those of in; owned */
    size_t n_operands;
    bool has_regex;
    regex_t regex;
};

/* Whose fields a condition or an order may name. */
struct fields_of {
    const struct shape *shape;
    size_t n_targets;
};

/* What the endpoint lets be done with the field at a path; FILTER_NONE where there is none. */
enum filter_type fields_find(const struct fields_of *of, const char *path, size_t size,
                             struct place *place);

/* NULL, or what is wrong with it; condition_deinit() is right in both cases. */
const char *condition_read(struct condition *condition, const struct fields_of *of,
                           struct json_object *json);
void condition_deinit(struct condition *condition);

bool condition_holds(const struct condition *condition, struct item *item);

/*
 * Narrows [min, max] to the values of `place` that the condition lets through. False where it says
 * more than that, or something else.
 */
bool condition_bounds(const struct condition *condition, struct place place, int64_t *min,
                      int64_t *max);
