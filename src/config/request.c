#include "config/request.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/endpoint.h"
#include "config/host.h"
#include "config/targets.h"
#include "core/text.h"

#define NAMES_MAX 256
#define PATH_BYTES_MAX 128

static void check_text(const struct request_value *value)
{
    char found[YAML_FOUND_MAX];
    const struct yaml_node *node = value->node;

    if (node->kind == YAML_INT || node->kind == YAML_FLOAT || node->kind == YAML_BOOL)
        yaml_complain(value->source, node, "%s: found %s, expected a text; quote it", value->path,
                      yaml_found(node, found));
    else if (node->kind != YAML_TEXT ||
             (value->param->max > 0 && strlen(node->text) > (size_t)value->param->max))
        yaml_complain(value->source, node,
                      "%s: found %s, expected a text of at most %" PRId64 " bytes", value->path,
                      yaml_found(node, found), value->param->max);
}

static void check_bool(const struct request_value *value)
{
    char found[YAML_FOUND_MAX];

    if (value->node->kind != YAML_BOOL)
        yaml_complain(value->source, value->node,
                      "%s: found %s, expected true or false, without quotes", value->path,
                      yaml_found(value->node, found));
}

static void check_int(const struct request_value *value)
{
    const struct yaml_node *node = value->node;
    char found[YAML_FOUND_MAX];
    int64_t number;

    if (node->kind != YAML_INT || !text_parse_int64(node->text, strlen(node->text), &number) ||
        number < value->param->min || number > value->param->max)
        yaml_complain(value->source, node,
                      "%s: found %s, expected a whole number from %" PRId64 " to %" PRId64,
                      value->path, yaml_found(node, found), value->param->min, value->param->max);
}

/* "a, b or c", or what was probably meant. */
static void check_word(const struct request_value *value, const struct yaml_node *node,
                       const char *path)
{
    const char *const *words = value->param->words;
    char found[YAML_FOUND_MAX], list[512] = "";
    const char *meant = NULL;
    size_t n = 0;

    for (; words[n] != NULL; n++) {
        size_t used = strlen(list);

        if (node->kind == YAML_TEXT && strcmp(words[n], node->text) == 0)
            return;
        snprintf(list + used, sizeof(list) - used, "%s%s",
                 n == 0                 ? ""
                 : words[n + 1] == NULL ? " or "
                                        : ", ",
                 words[n]);
    }
    if (node->kind == YAML_TEXT)
        meant = text_near_miss(node->text, words, n);
    if (meant != NULL)
        yaml_complain(value->source, node, "%s: found %s; did you mean %s?", path,
                      yaml_found(node, found), meant);
    else
        yaml_complain(value->source, node, "%s: found %s, expected %s", path,
                      yaml_found(node, found), list);
}

static void check_target(const struct request_value *value)
{
    char found[YAML_FOUND_MAX];
    bool is_bare;
    struct err err;

    if (value->node->kind != YAML_TEXT)
        yaml_complain(value->source, value->node, "%s: found %s, expected a target", value->path,
                      yaml_found(value->node, found));
    else if (!target_check(value->node->text, &is_bare, &err))
        yaml_complain(value->source, value->node, "%s: %s", value->path, err.text);
}

/* {field: one of the words, value: min .. max} */
static void check_custom_mode(const struct request_value *value)
{
    const struct yaml_node *node = value->node;
    const struct yaml_node *field = yaml_get(node, "field"), *number = yaml_get(node, "value");
    char path[PATH_BYTES_MAX], shown[YAML_SHORT_MAX];

    if (node->kind != YAML_MAP || field == NULL || number == NULL) {
        yaml_complain(value->source, node, "%s: expected {field: %s, value: %" PRId64 "}",
                      value->path, value->param->words[0], value->param->min);
        return;
    }
    for (size_t i = 0; i < node->n_items; i++)
        if (&node->items[i] != field && &node->items[i] != number)
            complain(value->source, COMPLAINT_ERROR, node->items[i].key_line,
                     node->items[i].key_column, "%s.%s: unknown key; known are field, value",
                     value->path, yaml_short(node->items[i].key, shown));
    snprintf(path, sizeof(path), "%s.field", value->path);
    if (field->kind != YAML_BROKEN)
        check_word(value, field, path);
    snprintf(path, sizeof(path), "%s.value", value->path);
    if (number->kind != YAML_BROKEN)
        check_int(&(struct request_value){value->source, value->endpoint, value->param, number,
                                          path, false});
}

/* What was probably meant by a field that there is not: its path, or NULL. */
static const char *near_field(const struct endpoint *endpoint, const char *name)
{
    const char *names[NAMES_MAX] = {NULL}, *meant;
    size_t n = 0;

    for (size_t i = 0; i < endpoint->n_columns && n < NAMES_MAX; i++)
        if (endpoint->columns[i].filter != FILTER_NONE)
            names[n++] = endpoint->columns[i].path;
    meant = text_near_miss(name, names, n);
    for (size_t i = 0; i < n && meant == NULL; i++) { /* a nested field by its last name */
        const char *dot = strrchr(names[i], '.');

        if (dot != NULL && strcmp(dot + 1, name) == 0)
            meant = names[i];
    }
    return meant;
}

/* The length of "1." and the like in front of an intersection's field; 0: there is none. */
static size_t number_size(const struct endpoint *endpoint, const char *name)
{
    size_t n = strspn(name, "0123456789");

    return endpoint->wrapper != NULL && n > 0 && name[n] == '.' ? n + 1 : 0;
}

const struct column *request_column(const struct request_value *value, const struct yaml_node *node,
                                    const char *what)
{
    const struct endpoint *endpoint = value->endpoint;
    const struct column *column = endpoint_field(endpoint, node->text);
    size_t n_number = number_size(endpoint, node->text);
    char shown[YAML_SHORT_MAX];
    const char *meant;

    if (column != NULL && column->filter != FILTER_NONE)
        return column;
    yaml_short(node->raw != NULL ? node->raw : node->text, shown);
    if (column != NULL) {
        yaml_complain(value->source, node, "%s: %s cannot be %s", value->path, shown, what);
        return NULL;
    }
    if (n_number > 0 && endpoint_column(endpoint, node->text + n_number) != NULL) {
        yaml_complain(value->source, node, "%s: %s: the number is that of a target, from 1 to %d",
                      value->path, shown, TARGETS_MAX);
        return NULL;
    }
    meant = near_field(endpoint, node->text + n_number);
    if (meant != NULL && endpoint->wrapper != NULL && n_number == 0)
        yaml_complain(value->source, node,
                      "%s: %s: in front of a field stands the number of a target; did you mean "
                      "1.%s?",
                      value->path, shown, meant);
    else if (meant != NULL)
        yaml_complain(value->source, node, "%s: %s has no field %s; did you mean %.*s%s?",
                      value->path, endpoint->name, shown, (int)n_number, node->text, meant);
    else
        yaml_warn(value->source, node,
                  "%s: linkhaul knows no field %s of %s; the API will judge it (a refusal is free)",
                  value->path, shown, endpoint->name);
    return NULL;
}

static void refuse_unknown(struct source *source, const struct endpoint *endpoint,
                           const struct yaml_node *node)
{
    const char *names[NAMES_MAX], *meant;
    char shown[YAML_SHORT_MAX];
    size_t n = 0;

    for (size_t i = 0; i < endpoint->n_params && n < NAMES_MAX; i++)
        if (endpoint->params[i].type != PARAM_OURS)
            names[n++] = endpoint->params[i].name;
    meant = text_near_miss(node->key, names, n);
    yaml_short(node->key, shown);
    if (meant == NULL)
        complain(source, COMPLAINT_ERROR, node->key_line, node->key_column,
                 "request.%s: %s has no such parameter", shown, endpoint->name);
    else
        complain(source, COMPLAINT_ERROR, node->key_line, node->key_column,
                 "request.%s: %s has no such parameter; did you mean %s?", shown, endpoint->name,
                 meant);
}

static void check_param(const struct request_value *value)
{
    switch (value->param->type) {
    case PARAM_TEXT:
        check_text(value);
        return;
    case PARAM_BOOL:
        check_bool(value);
        return;
    case PARAM_INT:
        check_int(value);
        return;
    case PARAM_WORD:
        check_word(value, value->node, value->path);
        return;
    case PARAM_TARGET:
        check_target(value);
        return;
    case PARAM_TARGETS:
        targets_check(value);
        return;
    case PARAM_EXCLUDED:
        excluded_check(value);
        return;
    case PARAM_FILTERS:
        filters_check(value);
        return;
    case PARAM_ORDER_BY:
        order_by_check(value);
        return;
    case PARAM_CUSTOM_MODE:
        check_custom_mode(value);
        return;
    case PARAM_OURS:
        complain(value->source, COMPLAINT_ERROR, value->node->key_line, value->node->key_column,
                 "%s: %s", value->path, value->param->doc);
        return;
    }
}

void request_check(struct source *source, const struct endpoint *endpoint,
                   const struct yaml_node *request, bool is_bounded)
{
    const struct yaml_node *mode = yaml_get(request, "mode");

    for (size_t i = 0; i < request->n_items; i++) {
        const struct yaml_node *node = &request->items[i];
        const struct param *param = endpoint_param(endpoint, node->key);
        char path[PATH_BYTES_MAX];

        if (param == NULL) {
            refuse_unknown(source, endpoint, node);
            continue;
        }
        snprintf(path, sizeof(path), "request.%s", param->name);
        if (node->kind != YAML_BROKEN || param->type == PARAM_OURS)
            check_param(&(struct request_value){source, param->of != NULL ? param->of : endpoint,
                                                param, node, path,
                                                is_bounded && strcmp(param->name, "filters") == 0});
    }
    excluded_refuse_targets(source, yaml_get(request, "exclude_targets"),
                            yaml_get(request, "targets"));
    if (mode != NULL && yaml_get(request, "custom_mode") != NULL)
        yaml_warn(source, mode, "request.mode: the API ignores it where custom_mode is set");
}
