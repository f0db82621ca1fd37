/*
 * backlinks/id_list: the account's tasks in the order in which they were posted. The history keeps
 * them in that order, so a page is found by one walk over it.
 */
#include "sandbox/id_list.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "sandbox/envelope.h"
#include "sandbox/pen.h"
#include "sandbox/print.h"
#include "sandbox/sandbox_private.h"
#include "sandbox/when.h"

#define ID_LIST_MAX 1000 /* docs.dataforseo.com/v3/backlinks/id_list */

struct id_list {
    int64_t from, to, limit, offset;
    bool is_descending, has_metadata;
};

static bool read_number(struct json_object *task, const char *name, int64_t min, int64_t max,
                        int64_t *ret_value)
{
    struct json_object *json;

    if (!json_object_object_get_ex(task, name, &json) || json == NULL)
        return true;
    *ret_value = json_object_get_int64(json);
    return json_object_is_type(json, json_type_int) && *ret_value >= min && *ret_value <= max;
}

static bool read_time(struct json_object *task, const char *name, int64_t *ret_value)
{
    struct json_object *json;

    char text[64];

    if (!json_object_object_get_ex(task, name, &json) ||
        !json_object_is_type(json, json_type_string))
        return false;
    snprintf(text, sizeof(text), "%s +00:00", json_object_get_string(json));
    return when_parse(json_object_get_string(json), ret_value) || when_parse(text, ret_value);
}

static bool read_id_list(struct json_object *task, struct id_list *list)
{
    struct json_object *json;

    *list = (struct id_list){.limit = ID_LIST_MAX, .is_descending = true};
    if (json_object_object_get_ex(task, "sort", &json)) {
        const char *sort = json_object_get_string(json);

        if (sort == NULL || (strcmp(sort, "asc") != 0 && strcmp(sort, "desc") != 0))
            return false;
        list->is_descending = sort[0] == 'd';
    }
    if (json_object_object_get_ex(task, "include_metadata", &json)) {
        if (!json_object_is_type(json, json_type_boolean))
            return false;
        list->has_metadata = json_object_get_boolean(json);
    }
    return read_time(task, "datetime_from", &list->from) &&
           read_time(task, "datetime_to", &list->to) &&
           read_number(task, "limit", 1, ID_LIST_MAX, &list->limit) &&
           read_number(task, "offset", 0, INT64_MAX, &list->offset);
}

static void put_time(struct buf *buf, int64_t seconds)
{
    char text[40];
    struct pen pen = {text, text + sizeof(text)};

    pen_time(&pen, seconds, false);
    print_string(buf, text, (size_t)(pen.at - text));
}

static void put_id(struct buf *buf, const struct sandbox *sandbox, const struct history_task *done,
                   bool has_metadata)
{
    buf_printf(buf, "{\"id\":\"%s\",\"url\":\"%s%s\",\"datetime_posted\":", done->id, sandbox->url,
               done->path);
    put_time(buf, done->posted_s);
    buf_append_string(buf, ",\"datetime_done\":");
    put_time(buf, done->done_s);
    buf_printf(buf, ",\"status\":%d,\"cost\":", done->code);
    envelope_cost(buf, done->cost_nanousd);
    buf_append_string(buf, ",\"metadata\":");
    buf_append_string(buf, has_metadata ? done->metadata : "null");
    buf_append_char(buf, '}');
}

static bool is_listed(const struct history_task *done, const struct id_list *list, int64_t now_ms)
{
    return done->metadata != NULL && done->listed_from_ms <= now_ms &&
           done->posted_s >= list->from && done->posted_s <= list->to;
}

bool id_list_put(struct sandbox *sandbox, struct json_object *task, struct buf *buf,
                 size_t *ret_n_results)
{
    const struct history *history = &sandbox->history;
    size_t n = sandbox->options->is_id_list_blind ? 0 : history_size(history);
    int64_t now_ms = clock_mono_ms(), n_found = 0, n_put = 0;
    struct id_list list;

    if (!read_id_list(task, &list))
        return false;
    for (size_t i = 0; i < n && n_put < list.limit; i++) {
        const struct history_task *done = history_at(history, list.is_descending ? n - 1 - i : i);

        if (!is_listed(done, &list, now_ms) || n_found++ < list.offset)
            continue;
        buf_append_char(buf, n_put++ == 0 ? '[' : ',');
        put_id(buf, sandbox, done, list.has_metadata);
    }
    buf_append_string(buf, n_put == 0 ? "null" : "]");
    *ret_n_results = (size_t)n_put;
    return true;
}
