#include "config/at_least.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "config/targets.h"
#include "core/mem.h"
#include "core/text.h"

#define CONDITION_SIZE 3

static struct yaml_node scalar(const struct yaml_node *place, enum yaml_kind kind, const char *text)
{
    return (struct yaml_node){
        .kind = kind, .line = place->line, .column = place->column, .text = mem_strdup(text)};
}

static struct yaml_node condition(const struct yaml_node *at_least)
{
    struct yaml_node list = {.kind = YAML_LIST, .line = at_least->line, .column = at_least->column};

    list.items = mem_new_array(CONDITION_SIZE, sizeof(*list.items));
    list.items[list.n_items++] = scalar(at_least, YAML_TEXT, intersections_count_column.path);
    list.items[list.n_items++] = scalar(at_least, YAML_TEXT, ">=");
    list.items[list.n_items++] = scalar(at_least, YAML_INT, at_least->text);
    return list;
}

/* Whether more conditions can stand behind those of the list. */
static bool is_of_and(const struct yaml_node *filters)
{
    if (filters->items[0].kind != YAML_LIST)
        return false;
    for (size_t i = 1; i < filters->n_items; i += 2)
        if (filters->items[i].kind != YAML_TEXT || strcmp(filters->items[i].text, "and") != 0)
            return false;
    return filters->n_items % 2 == 1;
}

struct yaml_node at_least_join(const struct yaml_node *filters, const struct yaml_node *at_least)
{
    struct yaml_node joined = filters == NULL ? condition(at_least) : yaml_node_copy(filters), all;

    if (filters == NULL) {
        joined.key = mem_strdup("filters");
        joined.key_line = at_least->key_line;
        joined.key_column = at_least->key_column;
    }
    if (filters == NULL || filters->kind != YAML_LIST || filters->n_items == 0)
        return joined;
    if (!is_of_and(&joined)) { /* it becomes the first of a list */
        all = joined;
        all.items = mem_new_array(1, sizeof(*all.items));
        all.n_items = 1;
        joined.key = NULL;
        all.items[0] = joined;
        joined = all;
    }
    joined.items = mem_resize(joined.items, joined.n_items + 2, sizeof(*joined.items));
    joined.items[joined.n_items++] = scalar(at_least, YAML_TEXT, "and");
    joined.items[joined.n_items++] = condition(at_least);
    return joined;
}

void at_least_check(struct source *source, const struct yaml_node *at_least,
                    const struct endpoint *endpoint, const struct yaml_node *request)
{
    const struct yaml_node *targets = yaml_get(request, "targets");
    CLEANUP(mem_free_string) char *names = NULL;
    int64_t n;

    if (endpoint->wrapper == NULL) {
        complain(source, COMPLAINT_ERROR, at_least->key_line, at_least->key_column,
                 "at_least: %s lists one target at a time; what links to several of them is told "
                 "by domain_intersection and page_intersection",
                 endpoint->name);
        return;
    }
    if (targets == NULL || targets->kind != YAML_MAP ||
        !text_parse_int64(at_least->text, strlen(at_least->text), &n) ||
        n <= (int64_t)targets->n_items)
        return;
    names = targets_name(targets);
    yaml_complain(source, at_least,
                  "at_least: found %" PRId64 ", which is more than the targets: %s", n, names);
}
