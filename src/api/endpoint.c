#include "api/endpoint.h"

#include <string.h>

#include "api/endpoints/list.h"

#define ENDPOINT_ADDRESS(name) &endpoint_##name,

const struct endpoint *const endpoints[] = {ENDPOINTS(ENDPOINT_ADDRESS) NULL};

size_t endpoint_count(void)
{
    size_t n = 0;

    while (endpoints[n] != NULL)
        n++;
    return n;
}

size_t endpoint_no(const struct endpoint *endpoint)
{
    size_t i = 0;

    while (endpoints[i] != endpoint)
        i++;
    return i;
}

const struct endpoint *endpoint_find(const char *name)
{
    for (size_t i = 0; endpoints[i] != NULL; i++)
        if (strcmp(endpoints[i]->name, name) == 0)
            return endpoints[i];
    return NULL;
}

const struct column *endpoint_column(const struct endpoint *endpoint, const char *path)
{
    for (size_t i = 0; i < endpoint->n_columns; i++)
        if (strcmp(endpoint->columns[i].path, path) == 0)
            return &endpoint->columns[i];
    return NULL;
}

const struct column intersections_count_column = {"intersections_count", "intersections_count",
                                                  COLUMN_BIGINT, FILTER_NUM,
                                                  "targets that the item belongs to"};

const struct column *endpoint_field(const struct endpoint *endpoint, const char *name)
{
    unsigned number = 0;
    size_t n_digits = 0;

    if (endpoint->wrapper == NULL)
        return endpoint_column(endpoint, name);
    if (strcmp(name, intersections_count_column.path) == 0)
        return &intersections_count_column;
    for (; n_digits < 2 && name[n_digits] >= '0' && name[n_digits] <= '9'; n_digits++)
        number = number * 10 + (unsigned)(name[n_digits] - '0');
    if (name[0] == '0' || number == 0 || number > TARGETS_MAX || name[n_digits] != '.')
        return NULL;
    return endpoint_column(endpoint, name + n_digits + 1);
}

const struct param *endpoint_param(const struct endpoint *endpoint, const char *name)
{
    for (size_t i = 0; i < endpoint->n_params; i++)
        if (strcmp(endpoint->params[i].name, name) == 0)
            return &endpoint->params[i];
    return NULL;
}

const char *column_type_name(enum column_type type)
{
    static const char *const names[] = {
        [COLUMN_TEXT] = "text",         [COLUMN_BIGINT] = "bigint",
        [COLUMN_BOOLEAN] = "boolean",   [COLUMN_TIMESTAMPTZ] = "timestamp with time zone",
        [COLUMN_TEXT_ARRAY] = "text[]", [COLUMN_JSONB] = "jsonb",
    };

    return names[type];
}

const char *const *filter_operators(enum filter_type type)
{
    static const char *const none[] = {NULL};
    static const char *const boolean[] = {"=", "<>", NULL};
    static const char *const number[] = {"<", "<=", ">", ">=", "=", "<>", "in", "not_in", NULL};
    static const char *const string[] = {
        "=",         "<>",    "in",        "not_in", "like",      "not_like", "ilike",
        "not_ilike", "regex", "not_regex", "match",  "not_match", NULL};
    static const char *const time[] = {"<", ">", NULL};
    static const char *const array[] = {"has", "has_not", NULL};
    static const char *const *const by_type[] = {
        [FILTER_NONE] = none,  [FILTER_BOOL] = boolean, [FILTER_NUM] = number,
        [FILTER_STR] = string, [FILTER_TIME] = time,    [FILTER_ARRAY] = array,
    };

    return by_type[type];
}
