/*
 * The pages that cost nothing: the account (appendix/user_data), what it did (backlinks/id_list),
 * and what there is to know about the API. Each has its own calls per minute.
 */
#include "sandbox/sandbox_private.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/clock.h"
#include "sandbox/codes.h"
#include "sandbox/envelope.h"
#include "sandbox/item.h"
#include "sandbox/pen.h"
#include "sandbox/when.h"

#define ID_LIST_MAX 1000 /* docs.dataforseo.com/v3/backlinks/id_list */

static void put_time(struct buf *buf, int64_t seconds)
{
    char text[40];
    struct pen pen = {text, text + sizeof(text)};

    pen_time(&pen, seconds, false);
    item_append_string(buf, text, (size_t)(pen.at - text));
}

/* {"backlinks":{"backlinks":{"live":...},...}}, with the same for every function on offer. */
static void put_per_function(struct buf *buf, const char *what)
{
    buf_append_string(buf, "{\"backlinks\":{");
    for (size_t i = 0; i < n_offers; i++)
        buf_printf(buf, "%s\"%s\":{\"live\":%s}", i > 0 ? "," : "", offers[i].endpoint, what);
    buf_append_string(buf, "}}");
}

static void put_prices(struct buf *buf, struct price price)
{
    struct buf types = BUF_WITH_CEILING(4096), what = BUF_WITH_CEILING(4096);

    buf_append_string(&types, "[{\"cost_type\":\"per_request\",\"cost\":");
    envelope_cost(&types, price.per_call_nanousd);
    buf_append_string(&types, "},{\"cost_type\":\"per_result\",\"cost\":");
    envelope_cost(&types, price.per_item_nanousd);
    buf_append_string(&types, "}]");
    buf_printf(&what, "{\"priority_low\":%s,\"priority_normal\":%s,\"priority_high\":%s}",
               buf_text(&types), buf_text(&types), buf_text(&types));
    put_per_function(buf, buf_text(&what));
    buf_deinit(&types);
    buf_deinit(&what);
}

static void put_money(struct buf *buf, const struct sandbox *sandbox)
{
    char day[40];
    struct pen pen = {day, day + sizeof(day) - 1};

    pen_time(&pen, clock_wall_ms() / 1000, false);
    *pen.at = '\0';
    buf_append_string(buf, "{\"total\":");
    envelope_cost(buf, BALANCE_NANOUSD);
    buf_append_string(buf, ",\"balance\":");
    envelope_cost(buf, BALANCE_NANOUSD - sandbox->spent_nanousd);
    buf_append_string(buf,
                      ",\"limits\":{\"day\":{\"total\":0},\"minute\":{\"total\":0}},"
                      "\"statistics\":{\"day\":{\"total\":");
    envelope_cost(buf, sandbox->spent_nanousd);
    buf_printf(buf, ",\"value\":\"%.10s\"},\"minute\":{\"total\":0,\"value\":\"%.16s\"}}}", day,
               day);
}

static bool put_user_data(struct sandbox *sandbox, struct json_object *task, struct buf *buf,
                          size_t *ret_n_results)
{
    char limit[32];

    (void)task;
    snprintf(limit, sizeof(limit), "%zu", sandbox->options->per_minute);
    buf_append_string(buf, "[{\"login\":");
    item_append_string(buf, sandbox->options->login, strlen(sandbox->options->login));
    buf_append_string(buf, ",\"timezone\":\"UTC\",\"rates\":{\"limits\":{\"day\":");
    put_per_function(buf, "0");
    buf_append_string(buf, ",\"minute\":");
    put_per_function(buf, limit);
    buf_append_string(buf,
                      "},\"statistics\":{\"day\":{\"value\":null},\"minute\":"
                      "{\"value\":null}}},\"money\":");
    put_money(buf, sandbox);
    buf_append_string(buf, ",\"price\":");
    put_prices(buf, sandbox->price);
    buf_append_string(buf, ",\"backlinks_subscription_expiry_date\":null}]");
    *ret_n_results = 1;
    return true;
}

static bool put_errors(struct sandbox *sandbox, struct json_object *task, struct buf *buf,
                       size_t *ret_n_results)
{
    (void)sandbox;
    (void)task;
    for (size_t i = 0; i < n_code_texts; i++) {
        buf_printf(buf, "%c{\"code\":%d,\"message\":", i == 0 ? '[' : ',', code_texts[i].code);
        item_append_string(buf, code_texts[i].text, strlen(code_texts[i].text));
        buf_append_char(buf, '}');
    }
    buf_append_char(buf, ']');
    *ret_n_results = n_code_texts;
    return true;
}

static bool put_status(struct sandbox *sandbox, struct json_object *task, struct buf *buf,
                       size_t *ret_n_results)
{
    (void)sandbox;
    (void)task;
    buf_append_string(buf, "[{\"api\":\"backlinks\",\"status\":null,\"endpoints\":[");
    for (size_t i = 0; i < n_offers; i++)
        buf_printf(buf, "%s{\"endpoint\":\"%s/live\",\"status\":null}", i > 0 ? "," : "",
                   offers[i].endpoint);
    buf_append_string(buf, "]}]");
    *ret_n_results = 1;
    return true;
}

static bool put_filters(struct sandbox *sandbox, struct json_object *task, struct buf *buf,
                        size_t *ret_n_results)
{
    static const char *const names[] = {[FILTER_BOOL] = "bool",
                                        [FILTER_NUM] = "num",
                                        [FILTER_STR] = "str",
                                        [FILTER_TIME] = "time",
                                        [FILTER_ARRAY] = "array.str"};

    (void)sandbox;
    (void)task;
    buf_append_string(buf, "[{");
    for (size_t i = 0; i < n_offers; i++) {
        const struct endpoint *endpoint = endpoint_find(offers[i].endpoint);
        bool is_first = true;

        buf_printf(buf, "%s\"%s\":{", i > 0 ? "," : "", endpoint->name);
        for (size_t j = 0; j < endpoint->n_columns; j++) {
            const struct column *column = &endpoint->columns[j];

            if (column->filter == FILTER_NONE)
                continue;
            buf_printf(buf, "%s\"%s\":\"%s\"", is_first ? "" : ",", column->path,
                       names[column->filter]);
            is_first = false;
        }
        buf_append_char(buf, '}');
    }
    buf_append_string(buf, "}]");
    *ret_n_results = 1;
    return true;
}

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

    return json_object_object_get_ex(task, name, &json) &&
           json_object_is_type(json, json_type_string) &&
           when_parse(json_object_get_string(json), ret_value);
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

static bool put_id_list(struct sandbox *sandbox, struct json_object *task, struct buf *buf,
                        size_t *ret_n_results)
{
    const struct history *history = &sandbox->history;
    struct id_list list;
    int64_t n_found = 0, n_put = 0;

    if (!read_id_list(task, &list))
        return false;
    for (size_t i = 0; i < history->n && n_put < list.limit; i++) {
        const struct history_task *done =
            history_at(history, list.is_descending ? history->n - 1 - i : i);

        if (done->posted_s < list.from || done->posted_s > list.to || n_found++ < list.offset)
            continue;
        buf_append_char(buf, n_put++ == 0 ? '[' : ',');
        put_id(buf, sandbox, done, list.has_metadata);
    }
    buf_append_string(buf, n_put == 0 ? "null" : "]");
    *ret_n_results = (size_t)n_put;
    return true;
}

/* The limits are those of dataforseo.com/help-center/rate-limits-and-request-limits. */
const struct free_page free_pages[] = {
    {"GET", "/v3/appendix/user_data", "appendix", "user_data", 6, put_user_data},
    {"GET", "/v3/appendix/errors", "appendix", "errors", 10, put_errors},
    {"GET", "/v3/appendix/status", "appendix", "status", 10, put_status},
    {"GET", "/v3/backlinks/available_filters", "backlinks", "available_filters", 10, put_filters},
    {"POST", "/v3/backlinks/id_list", "backlinks", "id_list", 10, put_id_list},
};
const size_t n_free_pages = sizeof(free_pages) / sizeof(free_pages[0]);
