#include "api/offered.h"

#include <json.h>
#include <string.h>

#include "api/endpoint.h"
#include "api/free_answer.h"
#include "core/mem.h"

static const char *type_word(enum filter_type type)
{
    static const char *const words[] = {
        [FILTER_NONE] = "",   [FILTER_BOOL] = "bool", [FILTER_NUM] = "num",
        [FILTER_STR] = "str", [FILTER_TIME] = "time", [FILTER_ARRAY] = "array.str",
    };

    return words[type];
}

static bool is_same_type(enum filter_type ours, const char *theirs)
{
    if (ours == FILTER_ARRAY)
        return strncmp(theirs, "array.", 6) == 0;
    return strcmp(type_word(ours), theirs) == 0;
}

/* The column's path behind "1."; NULL for the fields of another number, which are the same. */
static const char *path_of(const char *field)
{
    if (strncmp(field, "1.", 2) == 0)
        return field + 2;
    return field[0] >= '0' && field[0] <= '9' ? NULL : field;
}

static void compare_theirs(struct json_object *fields, const struct endpoint *endpoint,
                           offered_fn *differs, void *data)
{
    json_object_object_foreach(fields, field, value)
    {
        const char *path = path_of(field);
        const char *theirs =
            json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
        const struct column *column = path != NULL ? endpoint_column(endpoint, path) : NULL;

        if (path == NULL)
            continue;
        if (endpoint->wrapper != NULL && strcmp(path, intersections_count_column.path) == 0)
            column = &intersections_count_column;
        if (column == NULL)
            differs(data, OFFERED_NEW, field, "", theirs);
        else if (!is_same_type(column->filter, theirs))
            differs(data, OFFERED_RETYPED, field, type_word(column->filter), theirs);
    }
}

static bool is_offered(struct json_object *fields, const char *path)
{
    json_object_object_foreach(fields, field, value)
    {
        const char *theirs = path_of(field);

        (void)value;
        if (theirs != NULL && strcmp(theirs, path) == 0)
            return true;
    }
    return false;
}

bool offered_compare(const char *text, size_t size, const struct endpoint *endpoint,
                     offered_fn *differs, void *data, bool *ret_is_told, struct err *err)
{
    CLEANUP(free_answer_close) struct free_answer answer = {.tree = NULL};
    struct json_object *fields;

    if (!free_answer_open(text, size, &answer, err))
        return err_wrap(err, "about filters");
    if (answer.status_code != 20000)
        return err_set(err, ERR_API, "about filters: %d %s", answer.status_code, answer.message);
    fields = JSON_AT(answer.result, endpoint->name);
    *ret_is_told = json_object_is_type(fields, json_type_object);
    if (!*ret_is_told)
        return true;
    compare_theirs(fields, endpoint, differs, data);
    for (size_t i = 0; i < endpoint->n_columns; i++) {
        const struct column *column = &endpoint->columns[i];

        if (column->filter != FILTER_NONE && !is_offered(fields, column->path))
            differs(data, OFFERED_GONE, column->path, type_word(column->filter), "");
    }
    return true;
}
