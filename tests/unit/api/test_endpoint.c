#include "api/endpoint.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <ctype.h>
#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

TestSuite(endpoint, .timeout = 10);

static bool is_identifier(const char *name)
{
    if (!islower((unsigned char)name[0]) || strlen(name) > 63)
        return false;
    for (const char *c = name; *c != '\0'; c++)
        if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && *c != '_')
            return false;
    return true;
}

/* What stands in `rule` before its comma is a column that the API sorts by. */
static bool is_sortable(const struct endpoint *endpoint, const char *rule)
{
    char path[128];
    const struct column *column;

    snprintf(path, sizeof(path), "%.*s", (int)strcspn(rule, ","), rule);
    column = endpoint_field(endpoint, path);
    return column != NULL && column->filter != FILTER_NONE && column->filter != FILTER_ARRAY;
}

Test(endpoint, is_found_by_its_name_and_nothing_else_is)
{
    cr_assert(ne(ptr, (void *)(uintptr_t)endpoints[0], NULL));
    for (size_t i = 0; endpoints[i] != NULL; i++) {
        cr_expect(endpoint_find(endpoints[i]->name) == endpoints[i]);
        if (i > 0)
            cr_expect(lt(int, strcmp(endpoints[i - 1]->name, endpoints[i]->name), 0));
    }
    cr_expect(endpoint_find("") == NULL);
    cr_expect(endpoint_find("Backlinks") == NULL);
    cr_expect(endpoint_find("backlink") == NULL);
}

Test(endpoint, has_a_complete_table)
{
    for (size_t i = 0; endpoints[i] != NULL; i++) {
        const struct endpoint *e = endpoints[i];

        cr_expect(is_identifier(e->table), "%s", e->name);
        cr_expect(eq(int, strncmp(e->url_path, "/v3/", 4), 0), "%s", e->name);
        cr_expect(gt(i64, e->limit_max, 0), "%s", e->name);
        cr_expect(ge(i64, e->offset_reach, e->limit_max), "%s", e->name);
        for (size_t k = 0; e->walk_order[k] != NULL; k++)
            cr_expect(is_sortable(e, e->walk_order[k]), "%s by %s", e->name, e->walk_order[k]);
        cr_assert(e->key_columns != NULL && e->key_columns[0] != NULL, "%s", e->name);
        for (size_t k = 0; e->key_columns[k] != NULL; k++)
            cr_expect(endpoint_column(e, e->key_columns[k]) != NULL, "%s.%s", e->name,
                      e->key_columns[k]);
    }
}

Test(endpoint, names_each_column_once_and_says_what_it_is)
{
    for (size_t i = 0; endpoints[i] != NULL; i++) {
        const struct endpoint *e = endpoints[i];

        for (size_t a = 0; a < e->n_columns; a++) {
            const struct column *column = &e->columns[a];

            cr_expect(is_identifier(column->name), "%s.%s", e->name, column->name);
            cr_expect(column->doc != NULL && column->doc[0] != '\0', "%s.%s", e->name,
                      column->name);
            cr_expect(endpoint_column(e, column->path) == column, "%s: path %s twice", e->name,
                      column->path);
            for (size_t b = 0; b < a; b++)
                cr_expect_str_neq(e->columns[b].name, column->name);
        }
    }
}

Test(endpoint, names_each_parameter_once_and_says_what_it_is)
{
    for (size_t i = 0; endpoints[i] != NULL; i++) {
        const struct endpoint *e = endpoints[i];

        for (size_t a = 0; a < e->n_params; a++) {
            const struct param *param = &e->params[a];
            bool needs_words = param->type == PARAM_WORD || param->type == PARAM_CUSTOM_MODE;

            cr_expect(endpoint_param(e, param->name) == param, "%s: %s twice", e->name,
                      param->name);
            cr_expect(param->doc != NULL && param->doc[0] != '\0', "%s.%s", e->name, param->name);
            cr_expect(le(i64, param->min, param->max), "%s.%s", e->name, param->name);
            cr_expect(eq(int, needs_words, param->words != NULL), "%s.%s", e->name, param->name);
        }
    }
}

/* A token and an offset in a job would break the walk: no endpoint may let them through. */
Test(endpoint, keeps_the_position_to_itself)
{
    for (size_t i = 0; endpoints[i] != NULL; i++) {
        const struct param *offset = endpoint_param(endpoints[i], "offset");
        const struct param *token = endpoint_param(endpoints[i], "search_after_token");

        cr_expect(endpoints[i]->takes_list || (offset != NULL && offset->type == PARAM_OURS), "%s",
                  endpoints[i]->name);
        cr_expect(eq(int, endpoints[i]->has_token, token != NULL), "%s", endpoints[i]->name);
        if (token != NULL)
            cr_expect(eq(int, token->type, PARAM_OURS), "%s", endpoints[i]->name);
    }
}

static size_t n_paths_under(const struct endpoint *endpoint, const char *key)
{
    size_t length = strlen(key), n = 0;

    for (size_t i = 0; i < endpoint->n_columns; i++) {
        const char *path = endpoint->columns[i].path;

        n += strcmp(path, key) == 0 || (strncmp(path, key, length) == 0 && path[length] == '.');
    }
    return n;
}

/* The vendor's own sample: every key of its items has a column, or, being an object, columns. */
Test(endpoint, has_a_column_for_every_field_of_the_vendors_sample)
{
    const struct endpoint *backlinks = endpoint_find("backlinks");
    struct json_object *answer =
        json_object_from_file(SOURCE_DIR "/tests/data/backlinks/sample.json");
    struct json_object *items, *item;

    cr_assert(ne(ptr, answer, NULL));
    cr_assert(eq(int, json_pointer_get(answer, "/tasks/0/result/0/items", &items), 0));
    cr_assert(eq(sz, json_object_array_length(items), 5));
    item = json_object_array_get_idx(items, 0);
    cr_expect(eq(int, json_object_object_length(item), 47));
    json_object_object_foreach(item, key, value)
    {
        size_t n_expected = 1;

        if (json_object_is_type(value, json_type_object))
            n_expected = (size_t)json_object_object_length(value);
        cr_expect(eq(sz, n_paths_under(backlinks, key), n_expected), "%s", key);
    }
    cr_expect(eq(sz, backlinks->n_columns, 49));
    json_object_put(answer);
}

Test(endpoint, knows_the_operators_that_a_type_takes)
{
    cr_expect(filter_operators(FILTER_NONE)[0] == NULL);
    cr_expect_str_eq(filter_operators(FILTER_BOOL)[0], "=");
    cr_expect_str_eq(filter_operators(FILTER_ARRAY)[1], "has_not");
    for (int type = FILTER_NONE; type <= FILTER_ARRAY; type++)
        for (size_t i = 0; filter_operators((enum filter_type)type)[i] != NULL; i++)
            cr_expect(lt(sz, i, 20));
}

Test(endpoint, shares_neither_path_nor_table_with_another)
{
    for (size_t a = 0; endpoints[a] != NULL; a++)
        for (size_t b = 0; b < a; b++) {
            cr_expect_str_neq(endpoints[a]->url_path, endpoints[b]->url_path);
            cr_expect_str_neq(endpoints[a]->table, endpoints[b]->table);
        }
}

/* link_key is a hash over texts, and whoever makes it again in SQL has the texts of the columns. */
Test(endpoint, has_keys_of_text)
{
    for (size_t i = 0; endpoints[i] != NULL; i++)
        for (size_t k = 0; endpoints[i]->key_columns[k] != NULL; k++) {
            const char *name = endpoints[i]->key_columns[k];
            const struct column *column = endpoint_column(endpoints[i], name);

            cr_assert(column != NULL, "%s.%s", endpoints[i]->name, name);
            cr_expect(eq(int, column->type, COLUMN_TEXT), "%s.%s", endpoints[i]->name, name);
        }
}
