/*
 * filters := condition | [ expression, "and"|"or", expression, ... ]
 * expression := condition | filters
 * condition := [ field, operator, value ]
 *
 * At most eight conditions in all (docs.dataforseo.com/v3/backlinks/filters). How the API reads
 * "and" and "or" side by side is nowhere said, so one level takes one of them.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/endpoint.h"
#include "config/request.h"
#include "core/text.h"

#define REGEX_LENGTH_MAX 1000
#define OPERATORS_TEXT_MAX 256

static bool is_word(const struct yaml_node *node, const char *word)
{
    return node->kind == YAML_TEXT && strcmp(node->text, word) == 0;
}

/* "yyyy-mm-dd hh:mm:ss +00:00", a date and time that can be. */
static bool is_time(const char *text)
{
    static const char form[] = "0000-00-00 00:00:00 +00:00";
    static const struct {
        unsigned at, min, max;
    } parts[] = {{5, 1, 12}, {8, 1, 31}, {11, 0, 23}, {14, 0, 59}, {17, 0, 59}};

    if (strlen(text) != strlen(form))
        return false;
    for (size_t i = 0; form[i] != '\0'; i++)
        if (form[i] == '0' ? !isdigit((unsigned char)text[i]) : text[i] != form[i])
            return false;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        unsigned part =
            (unsigned)(text[parts[i].at] - '0') * 10 + (unsigned)(text[parts[i].at + 1] - '0');

        if (part < parts[i].min || part > parts[i].max)
            return false;
    }
    return strcmp(text + strlen(form) - 6, "+00:00") == 0;
}

/* One value, or one of a list for `in`. */
static void check_scalar(const struct request_value *value, const struct column *column,
                         const struct yaml_node *node)
{
    static const char *const expected[] = {
        [FILTER_NONE] = "nothing",
        [FILTER_BOOL] = "true or false, without quotes",
        [FILTER_NUM] = "a number, without quotes",
        [FILTER_STR] = "a text; quote it",
        [FILTER_TIME] = "a time such as \"2026-01-31 00:00:00 +00:00\"",
        [FILTER_ARRAY] = "a text; quote it",
    };
    char found[YAML_FOUND_MAX];
    bool fits = false;

    switch (column->filter) {
    case FILTER_NONE:
        break;
    case FILTER_BOOL:
        fits = node->kind == YAML_BOOL;
        break;
    case FILTER_NUM:
        fits = node->kind == YAML_INT || node->kind == YAML_FLOAT;
        break;
    case FILTER_STR:
    case FILTER_ARRAY:
        fits = node->kind == YAML_TEXT;
        break;
    case FILTER_TIME:
        fits = node->kind == YAML_TEXT && is_time(node->text);
        break;
    }
    if (!fits && node->kind != YAML_BROKEN)
        yaml_complain(value->source, node, "%s: %s: found %s, expected %s", value->path,
                      column->path, yaml_found(node, found), expected[column->filter]);
}

static void check_value(const struct request_value *value, const struct column *column,
                        const char *operator, const struct yaml_node * node)
{
    char found[YAML_FOUND_MAX];

    if (strcmp(operator, "in") == 0 || strcmp(operator, "not_in") == 0) {
        if (node->kind != YAML_LIST || node->n_items == 0) {
            yaml_complain(value->source, node, "%s: %s: found %s, expected a list of values",
                          value->path, operator, yaml_found(node, found));
            return;
        }
        for (size_t i = 0; i < node->n_items; i++)
            check_scalar(value, column, &node->items[i]);
        return;
    }
    check_scalar(value, column, node);
    if ((strcmp(operator, "regex") == 0 || strcmp(operator, "not_regex") == 0) &&
        node->kind == YAML_TEXT && strlen(node->text) > REGEX_LENGTH_MAX)
        yaml_complain(value->source, node, "%s: a regex is at most %d characters long", value->path,
                      REGEX_LENGTH_MAX);
}

static bool has_operator(const char *const *operators, const struct yaml_node *node)
{
    for (; *operators != NULL; operators++)
        if (is_word(node, *operators))
            return true;
    return false;
}

static void check_condition(const struct request_value *value, const struct yaml_node *node)
{
    const struct yaml_node *items = node->items;
    char found[YAML_FOUND_MAX], known[OPERATORS_TEXT_MAX] = "";
    const struct column *column;
    const char *const *operators;

    if (node->n_items != 3 || items[0].kind != YAML_TEXT) {
        yaml_complain(
            value->source, node,
            "%s: a condition is [field, operator, value], such as [dofollow, \"=\", true]",
            value->path);
        return;
    }
    column = request_column(value, &items[0], "filtered");
    if (column == NULL || items[1].kind == YAML_BROKEN)
        return;
    operators = filter_operators(column->filter);
    if (has_operator(operators, &items[1])) {
        check_value(value, column, items[1].text, &items[2]);
        return;
    }
    for (; *operators != NULL; operators++) {
        size_t used = strlen(known);

        snprintf(known + used, sizeof(known) - used, " %s", *operators);
    }
    yaml_complain(value->source, &items[1], "%s: %s: found %s, expected one of:%s", value->path,
                  column->path, yaml_found(&items[1], found), known);
}

static void check_expression(const struct request_value *value, const struct yaml_node *node,
                             int64_t *n_conditions);

/* Expressions with "and" or "or" between them. */
static void check_combination(const struct request_value *value, const struct yaml_node *node,
                              int64_t *n_conditions)
{
    const char *joint = NULL;

    for (size_t i = 0; i < node->n_items; i++) {
        const struct yaml_node *item = &node->items[i];

        if (i % 2 == 0) {
            check_expression(value, item, n_conditions);
            continue;
        }
        if (item->kind == YAML_BROKEN)
            continue;
        if (!is_word(item, "and") && !is_word(item, "or")) {
            yaml_complain(value->source, item,
                          "%s: between two conditions stands \"and\" or \"or\"", value->path);
            return;
        }
        if (joint != NULL && strcmp(joint, item->text) != 0)
            yaml_complain(value->source, item,
                          "%s: \"and\" and \"or\" at one level; put one of them into a list of its "
                          "own",
                          value->path);
        joint = item->text;
    }
    if (node->n_items % 2 == 0)
        yaml_complain(value->source, node, "%s: ends with \"and\" or \"or\"", value->path);
}

static void check_expression(const struct request_value *value, const struct yaml_node *node,
                             int64_t *n_conditions)
{
    char found[YAML_FOUND_MAX];

    if (node->kind == YAML_BROKEN)
        return;
    if (node->kind != YAML_LIST || node->n_items == 0) {
        yaml_complain(value->source, node,
                      "%s: found %s, expected a condition such as [dofollow, "
                      "\"=\", true]",
                      value->path,
                      node->kind == YAML_LIST ? "an empty list" : yaml_found(node, found));
    } else if (node->items[0].kind == YAML_LIST) {
        check_combination(value, node, n_conditions);
    } else {
        (*n_conditions)++;
        check_condition(value, node);
    }
}

void filters_check(const struct request_value *value)
{
    int64_t n_conditions = 0;

    check_expression(value, value->node, &n_conditions);
    if (n_conditions > value->param->max)
        yaml_complain(value->source, value->node,
                      "%s: found %" PRId64 " conditions%s, the API takes at most %" PRId64,
                      value->path, n_conditions,
                      value->is_bounded ? " with the one that at_least takes" : "",
                      value->param->max);
}
