/*
 * A condition is read once and then asked of every row. An operator is a test and perhaps its
 * opposite, as the table says; which operators a field takes is the endpoint's (api/endpoint.h).
 *
 * The documents write numbers and booleans as strings too ("80", "true"), so these are taken.
 */
#include "sandbox/condition.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/mem.h"
#include "core/text.h"
#include "sandbox/when.h"

#define REGEX_SIZE_MAX 1000 /* docs.dataforseo.com/v3/backlinks/filters */
#define IN_VALUES_MAX 1000

static const struct {
    const char *name;
    enum condition_test test;
    bool is_negated;
    bool is_case_ignored;
} operators[] = {
    {"=", TEST_EQUAL},
    {"<>", TEST_EQUAL, .is_negated = true},
    {"<", TEST_LESS},
    {"<=", TEST_LESS_OR_EQUAL},
    {">", TEST_GREATER},
    {">=", TEST_GREATER_OR_EQUAL},
    {"in", TEST_IN},
    {"not_in", TEST_IN, .is_negated = true},
    {"like", TEST_LIKE},
    {"not_like", TEST_LIKE, .is_negated = true},
    {"ilike", TEST_LIKE, .is_case_ignored = true},
    {"not_ilike", TEST_LIKE, .is_negated = true, .is_case_ignored = true},
    {"regex", TEST_REGEX},
    {"not_regex", TEST_REGEX, .is_negated = true},
    {"match", TEST_MATCH},
    {"not_match", TEST_MATCH, .is_negated = true},
    {"has", TEST_HAS},
    {"has_not", TEST_HAS, .is_negated = true},
};

enum filter_type fields_find(const struct fields_of *of, const char *path, size_t size,
                             struct place *place)
{
    const struct column *column;

    if (!place_find(place, of->shape, of->n_targets, path, size))
        return FILTER_NONE;
    if (place->field == PLACE_INTERSECTIONS)
        return FILTER_NUM;
    column = endpoint_column(endpoint_find(of->shape->columns_of), place_path(place, of->shape));
    return column == NULL ? FILTER_NONE : column->filter;
}

static bool find_operator(struct condition *condition, const char *name)
{
    const char *const *allowed = filter_operators(condition->type);

    while (*allowed != NULL && strcmp(*allowed, name) != 0)
        allowed++;
    if (*allowed == NULL)
        return false;
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        if (strcmp(operators[i].name, name) == 0) {
            condition->test = operators[i].test;
            condition->is_negated = operators[i].is_negated;
            condition->is_case_ignored = operators[i].is_case_ignored;
            return true;
        }
    }
    return false;
}

static bool read_number(struct operand *operand, struct json_object *json)
{
    if (json_object_is_type(json, json_type_string))
        return text_parse_int64(json_object_get_string(json),
                                (size_t)json_object_get_string_len(json), &operand->number);
    operand->number = json_object_get_int64(json);
    /* No field has fractions, so one in a filter is a mistake. */
    return json_object_is_type(json, json_type_int) ||
           (json_object_is_type(json, json_type_double) &&
            (double)operand->number == json_object_get_double(json));
}

static bool read_bool(struct operand *operand, struct json_object *json)
{
    const char *text = json_object_get_string(json);

    operand->number = text != NULL && strcmp(text, "true") == 0;
    return text != NULL && (operand->number || strcmp(text, "false") == 0);
}

static bool read_operand(struct operand *operand, enum filter_type type, struct json_object *json)
{
    switch (type) {
    case FILTER_NUM:
        return read_number(operand, json);
    case FILTER_BOOL:
        return read_bool(operand, json);
    case FILTER_TIME:
        return json_object_is_type(json, json_type_string) &&
               when_parse(json_object_get_string(json), &operand->number);
    default:
        if (!json_object_is_type(json, json_type_string))
            return false;
        operand->text = mem_strdup(json_object_get_string(json));
        return true;
    }
}

static const char *read_operands(struct condition *condition, struct json_object *json)
{
    bool is_list = condition->test == TEST_IN;
    size_t n = 1;

    if (is_list && !json_object_is_type(json, json_type_array))
        return "in takes an array";
    if (is_list)
        n = json_object_array_length(json);
    if (n == 0 || n > IN_VALUES_MAX)
        return "in takes an array of 1 to 1000 values";
    condition->operands = mem_new_array(n, sizeof(struct operand));
    condition->n_operands = n;
    if (json == NULL && condition->test == TEST_EQUAL) {
        condition->operands[0].is_null = true;
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        if (!read_operand(&condition->operands[i], condition->type,
                          is_list ? json_object_array_get_idx(json, i) : json))
            return "the value does not fit the field";
    return NULL;
}

const char *condition_read(struct condition *condition, const struct fields_of *of,
                           struct json_object *json)
{
    struct json_object *path = json_object_array_get_idx(json, 0);
    const char *name, *wrong;

    *condition = (struct condition){0};
    if (json_object_array_length(json) != 3 ||
        !json_object_is_type(json_object_array_get_idx(json, 1), json_type_string))
        return "a condition is [\"field\", \"operator\", value]";
    condition->type = fields_find(of, json_object_get_string(path),
                                  (size_t)json_object_get_string_len(path), &condition->place);
    if (condition->type == FILTER_NONE)
        return "unknown field";
    name = json_object_get_string(json_object_array_get_idx(json, 1));
    if (!find_operator(condition, name))
        return "the field does not have this operator";
    wrong = read_operands(condition, json_object_array_get_idx(json, 2));
    if (wrong != NULL || condition->test != TEST_REGEX)
        return wrong;
    if (strlen(condition->operands[0].text) > REGEX_SIZE_MAX)
        return "the regular expression is too long";
    if (regcomp(&condition->regex, condition->operands[0].text, REG_EXTENDED | REG_NOSUB) != 0)
        return "no regular expression";
    condition->has_regex = true;
    return NULL;
}

void condition_deinit(struct condition *condition)
{
    for (size_t i = 0; i < condition->n_operands; i++)
        free(condition->operands[i].text);
    free(condition->operands);
    if (condition->has_regex)
        regfree(&condition->regex);
    *condition = (struct condition){0};
}

static bool is_same_letter(char a, char b, bool is_case_ignored)
{
    if (a == b)
        return true;
    return is_case_ignored && (a | 0x20) == (b | 0x20) && (a | 0x20) >= 'a' && (a | 0x20) <= 'z';
}

/* "%" stands for any text. On a mismatch the last "%" takes one more byte. */
static bool is_like(const struct value *value, const char *pattern, bool is_case_ignored)
{
    const char *at = value->text, *end = value->text + value->size;
    const char *retry_at = NULL, *retry_pattern = NULL;

    while (at < end) {
        if (*pattern == '%') {
            retry_pattern = ++pattern;
            retry_at = at;
        } else if (*pattern != '\0' && is_same_letter(*at, *pattern, is_case_ignored)) {
            at++;
            pattern++;
        } else if (retry_pattern != NULL) {
            pattern = retry_pattern;
            at = ++retry_at;
        } else {
            return false;
        }
    }
    while (*pattern == '%')
        pattern++;
    return *pattern == '\0';
}

/* A text to a regular expression ends at its first U+0000, as C has it. */
static bool is_regex_match(const struct condition *condition, const struct value *value)
{
    char *text = mem_strndup(value->text, value->size);
    bool is_match = regexec(&condition->regex, text, 0, NULL, 0) == 0;

    free(text);
    return is_match;
}

/* The vendor does not say what "match" is; here the text holds the word, whatever its case. */
static bool is_match(const struct value *value, const char *word)
{
    size_t size = strlen(word);

    for (size_t i = 0; i + size <= value->size; i++)
        if (strncasecmp(value->text + i, word, size) == 0)
            return true;
    return false;
}

static bool is_equal(const struct value *value, const struct operand *operand)
{
    if (operand->text == NULL)
        return value->number == operand->number;
    return value->size == strlen(operand->text) &&
           memcmp(value->text, operand->text, value->size) == 0;
}

static bool is_any(const struct condition *condition, const struct value *value)
{
    for (size_t i = 0; i < condition->n_operands; i++)
        if (is_equal(value, &condition->operands[i]))
            return true;
    return false;
}

static bool has_text(const struct value *value, const char *text)
{
    for (size_t i = 0; value->texts[i] != NULL; i++)
        if (strcmp(value->texts[i], text) == 0)
            return true;
    return false;
}

static bool passes(const struct condition *condition, const struct value *value)
{
    const struct operand *operand = &condition->operands[0];

    switch (condition->test) {
    case TEST_EQUAL:
    case TEST_IN:
        return is_any(condition, value);
    case TEST_LESS:
        return value->number < operand->number;
    case TEST_LESS_OR_EQUAL:
        return value->number <= operand->number;
    case TEST_GREATER:
        return value->number > operand->number;
    case TEST_GREATER_OR_EQUAL:
        return value->number >= operand->number;
    case TEST_LIKE:
        return is_like(value, operand->text, condition->is_case_ignored);
    case TEST_REGEX:
        return is_regex_match(condition, value);
    case TEST_MATCH:
        return is_match(value, operand->text);
    case TEST_HAS:
        return has_text(value, operand->text);
    }
    return false;
}

bool condition_holds(const struct condition *condition, struct item *item)
{
    struct value value = item_value(item, condition->place);

    if (condition->operands[0].is_null)
        return (value.kind == VALUE_NULL) != condition->is_negated;
    if (value.kind == VALUE_NULL)
        return condition->is_negated;
    return passes(condition, &value) != condition->is_negated;
}

bool condition_bounds(const struct condition *condition, struct place place, int64_t *min,
                      int64_t *max)
{
    int64_t number = condition->operands[0].number, least = INT64_MIN, most = INT64_MAX;

    if (condition->is_negated || condition->operands[0].is_null ||
        condition->place.key != place.key || condition->place.field != place.field ||
        (condition->type != FILTER_NUM && condition->type != FILTER_TIME))
        return false;
    if (condition->test == TEST_EQUAL || condition->test == TEST_GREATER_OR_EQUAL)
        least = number;
    else if (condition->test == TEST_GREATER && number < INT64_MAX)
        least = number + 1;
    if (condition->test == TEST_EQUAL || condition->test == TEST_LESS_OR_EQUAL)
        most = number;
    else if (condition->test == TEST_LESS && number > INT64_MIN)
        most = number - 1;
    *min = least > *min ? least : *min;
    *max = most < *max ? most : *max;
    return least != INT64_MIN || most != INT64_MAX;
}
