#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/endpoint.h"
#include "config/request.h"
#include "core/mem.h"

static bool is_direction(const struct yaml_node *node)
{
    return node->kind == YAML_TEXT &&
           (strcmp(node->text, "asc") == 0 || strcmp(node->text, "desc") == 0);
}

/* "field,asc" or "field,desc", of a field that can be sorted by. */
static void check_rule(const struct request_value *value, const struct yaml_node *node)
{
    const char *comma = node->kind == YAML_TEXT ? strchr(node->text, ',') : NULL;
    const struct column *column;
    struct yaml_node field = *node;
    char found[YAML_FOUND_MAX];

    if (comma == NULL || (strcmp(comma, ",asc") != 0 && strcmp(comma, ",desc") != 0)) {
        yaml_complain(value->source, node, "%s: found %s, expected \"field,asc\" or \"field,desc\"",
                      value->path, yaml_found(node, found));
        return;
    }
    CLEANUP(mem_free_string)
    char *name = mem_strndup(node->text, (size_t)(comma - node->text));

    field.text = name;
    column = request_column(value, &field, "sorted by");
    if (column != NULL && column->filter == FILTER_ARRAY)
        yaml_complain(value->source, node, "%s: %s cannot be sorted by", value->path, name);
}

void order_by_check(const struct request_value *value)
{
    const struct yaml_node *node = value->node, *items = node->items;
    char found[YAML_FOUND_MAX], shown[YAML_SHORT_MAX];

    if (node->kind != YAML_LIST || node->n_items == 0) {
        yaml_complain(value->source, node, "%s: found %s, expected a list such as [\"rank,desc\"]",
                      value->path,
                      node->kind == YAML_LIST ? "an empty list" : yaml_found(node, found));
        return;
    }
    if (node->n_items % 2 == 0 && items[0].kind == YAML_TEXT && is_direction(&items[1])) {
        yaml_complain(value->source, node,
                      "%s: [%s,%s] is a list of two in YAML; quote the rule: [\"%s,%s\"]",
                      value->path, yaml_short(items[0].text, shown), items[1].text, shown,
                      items[1].text);
        return;
    }
    if (node->n_items > (size_t)value->param->max)
        yaml_complain(value->source, node, "%s: found %zu rules, the API takes at most %" PRId64,
                      value->path, node->n_items, value->param->max);
    for (size_t i = 0; i < node->n_items; i++)
        if (items[i].kind != YAML_BROKEN)
            check_rule(value, &items[i]);
}
