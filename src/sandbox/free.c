/*
 * The pages that cost nothing: the account (appendix/user_data), what it did (id_list.c), and what
 * there is to know about the API. Each has its own calls per minute.
 */
#include "sandbox/sandbox_private.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "sandbox/codes.h"
#include "sandbox/condition.h"
#include "sandbox/envelope.h"
#include "sandbox/id_list.h"
#include "sandbox/odd.h"
#include "sandbox/pen.h"
#include "sandbox/print.h"

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

static void put_money(struct buf *buf, const struct account *account)
{
    char day[40];
    struct pen pen = {day, day + sizeof(day) - 1};

    pen_time(&pen, clock_wall_ms() / 1000, false);
    *pen.at = '\0';
    buf_append_string(buf, "{\"total\":");
    envelope_cost(buf, account->paid_in_nanousd);
    buf_append_string(buf, ",\"balance\":");
    envelope_cost(buf, account_balance(account));
    buf_append_string(buf, ",\"limits\":{\"day\":{\"total\":");
    envelope_cost(buf, account_day_limit(account));
    buf_append_string(buf, "},\"minute\":{\"total\":0}},\"statistics\":{\"day\":{\"total\":");
    envelope_cost(buf, account->spent_today_nanousd);
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
    print_string(buf, sandbox->options->login, strlen(sandbox->options->login));
    buf_append_string(buf, ",\"timezone\":\"UTC\",\"rates\":{\"limits\":{\"day\":");
    put_per_function(buf, "0");
    buf_append_string(buf, ",\"minute\":");
    put_per_function(buf, limit);
    buf_append_string(buf,
                      "},\"statistics\":{\"day\":{\"value\":null},\"minute\":"
                      "{\"value\":null}}},\"money\":");
    put_money(buf, &sandbox->account);
    buf_append_string(buf, ",\"price\":");
    put_prices(buf, account_price(&sandbox->account, sandbox->n_paid_calls));
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
        print_string(buf, code_texts[i].text, strlen(code_texts[i].text));
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

/* One field, but for what --odd wants of it: gone, or of another type. */
static void put_filter(const struct odds *odds, const struct fields_of *of, const char *path,
                       const char *name, struct buf *buf)
{
    static const char *const names[] = {[FILTER_BOOL] = "bool",
                                        [FILTER_NUM] = "num",
                                        [FILTER_STR] = "str",
                                        [FILTER_TIME] = "time",
                                        [FILTER_ARRAY] = "array.str"};
    const char *gone = odds_field(odds, ODD_FILTER_GONE);
    const char *other = odds_field(odds, ODD_FILTER_TYPE);
    struct place place;
    enum filter_type type = fields_find(of, path, strlen(path), &place);

    if (type == FILTER_NONE || (gone != NULL && strcmp(name, gone) == 0))
        return;
    if (other != NULL && strcmp(name, other) == 0)
        type = type == FILTER_STR ? FILTER_NUM : FILTER_STR;
    buf_printf(buf, "%s\"%s\":\"%s\"", buf->data[buf->size - 1] == '{' ? "" : ",", path,
               names[type]);
}

/*
 * "rank", or "1.rank" to "20.rank" where an item has a key for each target: as filters write it.
 * How the vendor lists those is not documented.
 */
static void put_filters_of(const struct odds *odds, const struct shape *shape, struct buf *buf)
{
    struct fields_of of = {shape, TARGETS_MAX};
    char path[80];

    for (size_t key = 1; key <= (shape->is_keyed ? TARGETS_MAX : 1); key++)
        for (size_t i = 0; i < shape->n_fields; i++) {
            const char *name = shape->fields[i].path;

            if (shape->is_keyed)
                snprintf(path, sizeof(path), "%zu.%s", key, name);
            put_filter(odds, &of, shape->is_keyed ? path : name, name, buf);
        }
    put_filter(odds, &of, "intersections_count", "intersections_count", buf);
}

static bool put_filters(struct sandbox *sandbox, struct json_object *task, struct buf *buf,
                        size_t *ret_n_results)
{
    (void)task;
    buf_append_string(buf, "[{");
    for (size_t i = 0; i < n_offers; i++) {
        if (endpoint_param(endpoint_find(offers[i].endpoint), "filters") == NULL)
            continue;
        buf_printf(buf, "%s\"%s\":{", buf->data[buf->size - 1] == '{' ? "" : ",",
                   offers[i].endpoint);
        put_filters_of(&sandbox->options->odds, offers[i].shape, buf);
        buf_append_char(buf, '}');
    }
    buf_append_string(buf, "}]");
    *ret_n_results = 1;
    return true;
}

/* How much there is in all (docs.dataforseo.com/v3/backlinks/index). */
static bool put_index(struct sandbox *sandbox, struct json_object *task, struct buf *buf,
                      size_t *ret_n_results)
{
    (void)sandbox;
    (void)task;
    buf_append_string(buf,
                      "[{\"total_backlinks\":2870473128765,\"total_pages\":409842618531,"
                      "\"index_history\":[]}]");
    *ret_n_results = 1;
    return true;
}

/* The limits are those of dataforseo.com/help-center/rate-limits-and-request-limits. */
const struct free_page free_pages[] = {
    {"GET", "/v3/appendix/user_data", "appendix", "user_data", 6, put_user_data},
    {"GET", "/v3/appendix/errors", "appendix", "errors", 10, put_errors},
    {"GET", "/v3/appendix/status", "appendix", "status", 10, put_status},
    {"GET", "/v3/backlinks/available_filters", "backlinks", "available_filters", 10, put_filters},
    {"GET", "/v3/backlinks/index", "backlinks", "index", 10, put_index},
    {"POST", "/v3/backlinks/id_list", "backlinks", "id_list", 10, id_list_put},
};
const size_t n_free_pages = sizeof(free_pages) / sizeof(free_pages[0]);
