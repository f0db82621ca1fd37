#include "decode/tasks.h"

#include <inttypes.h>
#include <json.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/mem.h"
#include "core/money.h"
#include "decode/timestamp.h"

#define DEPTH_MAX 64
#define OK 20000

/* Microseconds since 2000-01-01 and milliseconds since 1970-01-01. */
#define EPOCH_2000_MS INT64_C(946684800000)

static void put_json(struct json_object **tree)
{
    json_object_put(*tree);
}

static void free_tokener(struct json_tokener **tokener)
{
    json_tokener_free(*tokener);
}

static void format_time(int64_t ms, char text[32])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;

    gmtime_r(&seconds, &parts);
    strftime(text, 32, "%Y-%m-%d %H:%M:%S +00:00", &parts);
}

char *tasks_request(int64_t from_ms, int64_t to_ms, size_t offset)
{
    char from[32], to[32];

    format_time(from_ms, from);
    format_time(to_ms + 999, to); /* no second is cut off */
    return mem_printf(
        "[{\"datetime_from\":\"%s\",\"datetime_to\":\"%s\",\"limit\":%d,"
        "\"offset\":%zu,\"sort\":\"asc\",\"include_metadata\":true}]",
        from, to, TASKS_PER_PAGE, offset);
}

static struct json_object *get(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;

    if (json_object_is_type(object, json_type_object))
        json_object_object_get_ex(object, key, &value);
    return value;
}

/* What the call was made with; it may stand in an array of one, as it was sent. */
static struct json_object *metadata_of(struct json_object *row)
{
    struct json_object *metadata = get(row, "metadata");

    if (json_object_is_type(metadata, json_type_array) && json_object_array_length(metadata) == 1)
        return json_object_array_get_idx(metadata, 0);
    return metadata;
}

static const char *text_of(struct json_object *value)
{
    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

/* What it cost; -1: nobody says, or it costs nothing so far and is not over. */
static int64_t cost_of(struct json_object *row)
{
    const char *text = json_object_get_string(get(row, "cost")); /* a number's own digits */
    int64_t nanousd;

    if (text == NULL || !money_parse(text, strlen(text), &nanousd))
        return -1;
    return nanousd == 0 && text_of(get(row, "datetime_done")) == NULL ? -1 : nanousd;
}

/* False where the row is none that we could have made. */
static bool read_row(struct json_object *row, struct tasks_task *task)
{
    struct json_object *metadata = metadata_of(row);
    const char *id = text_of(get(row, "id")), *tag = text_of(get(metadata, "tag"));
    const char *posted = text_of(get(row, "datetime_posted"));
    int64_t posted_us;

    if (id == NULL || tag == NULL || posted == NULL ||
        !timestamp_parse(posted, strlen(posted), &posted_us))
        return false;
    task->id = mem_strdup(id);
    task->tag = mem_strdup(tag);
    task->offset = json_object_get_int64(get(metadata, "offset")); /* 0 where there is none */
    task->token = mem_strdup(text_of(get(metadata, "search_after_token")));
    task->cost_nanousd = cost_of(row);
    task->posted_ms = posted_us / 1000 + EPOCH_2000_MS;
    return true;
}

static void add_rows(struct tasks *tasks, struct json_object *rows, size_t n)
{
    tasks->tasks = mem_resize(tasks->tasks, tasks->n_tasks + n, sizeof(*tasks->tasks));
    for (size_t i = 0; i < n; i++)
        if (read_row(json_object_array_get_idx(rows, i), &tasks->tasks[tasks->n_tasks]))
            tasks->n_tasks++;
    tasks->n_listed += n;
}

bool tasks_add(struct tasks *tasks, const char *text, size_t size, size_t *ret_n_listed,
               struct err *err)
{
    CLEANUP(free_tokener) struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
    CLEANUP(put_json) struct json_object *tree = NULL;
    struct json_object *list, *task, *rows;
    const char *message;
    int code;

    if (size > INT_MAX)
        return err_set(err, ERR_DATA, "the list of tasks is too long");
    tree = json_tokener_parse_ex(tokener, text, (int)size);
    if (!json_object_is_type(get(tree, "status_code"), json_type_int))
        return err_set(err, ERR_DATA, "the list of tasks is not what the API sends");
    list = get(tree, "tasks");
    task = json_object_is_type(list, json_type_array) && json_object_array_length(list) > 0
               ? json_object_array_get_idx(list, 0)
               : NULL;
    code = json_object_get_int(get(tree, "status_code"));
    message = text_of(get(tree, "status_message"));
    if (code == OK && task != NULL) {
        code = json_object_get_int(get(task, "status_code"));
        message = text_of(get(task, "status_message"));
    }
    if (code != OK || task == NULL)
        return err_set(err, ERR_API, "%d %s", code, message != NULL ? message : "");
    rows = get(task, "result");
    *ret_n_listed = json_object_is_type(rows, json_type_array) ? json_object_array_length(rows) : 0;
    add_rows(tasks, rows, *ret_n_listed);
    return true;
}

void tasks_deinit(struct tasks *tasks)
{
    for (size_t i = 0; i < tasks->n_tasks; i++) {
        free(tasks->tasks[i].id);
        free(tasks->tasks[i].tag);
        free(tasks->tasks[i].token);
    }
    free(tasks->tasks);
    *tasks = (struct tasks){.n_tasks = 0};
}
