#include "api/request.h"

#include <assert.h>
#include <inttypes.h>
#include <json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/endpoint.h"
#include "api/endpoints/list.h"
#include "core/mem.h"
#include "core/uuid.h"

#define RUN_MARK_LENGTH 6  /* of a tag */
#define N_CONDITIONS_NEW 3 /* of request_new() */
#define DATE_LENGTH 10     /* "2026-01-31" */
#define TIME_LENGTH 26     /* "2026-01-31 00:00:00 +00:00" */
#define JSON_FLAGS (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

static void put_json(struct json_object **tree)
{
    json_object_put(*tree);
}

/* Our own texts: the job loader wrote them. */
static struct json_object *parse(const char *text)
{
    struct json_object *tree = json_tokener_parse(text);

    assert(tree != NULL);
    return tree;
}

static void put_condition(struct json_object *all, const char *joint, struct json_object *condition)
{
    if (json_object_array_length(all) > 0)
        json_object_array_add(all, json_object_new_string(joint));
    json_object_array_add(all, condition);
}

/* [field, operator, value]; takes the value. */
static struct json_object *condition_of(const char *field, const char *operator,
                                        struct json_object * value)
{
    struct json_object *condition = json_object_new_array();

    json_object_array_add(condition, json_object_new_string(field));
    json_object_array_add(condition, json_object_new_string(operator));
    json_object_array_add(condition, value);
    return condition;
}

/* As filters have it, or its first `length` characters. */
static struct json_object *time_value(int64_t value_s, int length)
{
    time_t seconds = (time_t)value_s;
    struct tm utc;
    char text[64];

    gmtime_r(&seconds, &utc);
    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S +00:00", &utc);
    return json_object_new_string_len(text, length);
}

/* Times are compared strictly, to the second. Source: docs.dataforseo.com/v3/backlinks/filters. */
static struct json_object *since(const char *field, int64_t from_s)
{
    return condition_of(field, ">", time_value(from_s - 1, TIME_LENGTH));
}

static struct json_object *before(const char *field, int64_t to_s)
{
    return condition_of(field, "<", time_value(to_s, TIME_LENGTH));
}

/* The request's filters, to be put into it with more behind. A single condition may stand bare in a
 * request, so they are wrapped. */
static struct json_object *begin_filters(struct json_object *task)
{
    struct json_object *all = json_object_new_array(), *users;

    if (json_object_object_get_ex(task, "filters", &users) && json_object_array_length(users) > 0)
        json_object_array_add(all, json_object_get(users));
    return all;
}

static void add_range(struct json_object *task, const char *field,
                      const struct request_range *range)
{
    struct json_object *all;

    if (range->from_s == REQUEST_FROM_OPEN && range->to_s == REQUEST_TO_OPEN)
        return;
    all = begin_filters(task);
    if (range->from_s != REQUEST_FROM_OPEN)
        put_condition(all, "and", since(field, range->from_s));
    if (range->to_s != REQUEST_TO_OPEN)
        put_condition(all, "and", before(field, range->to_s));
    json_object_object_add(task, "filters", all);
}

/* The field that a listing is walked by first: "first_seen" of "first_seen,asc"; NULL: none. */
static char *walk_field(const struct endpoint *endpoint)
{
    const char *rule = endpoint->walk_order[0];

    return rule == NULL ? NULL : mem_printf("%.*s", (int)strcspn(rule, ","), rule);
}

char *request_body(const struct endpoint *endpoint, const char *request,
                   const struct request_page *page)
{
    CLEANUP(put_json) struct json_object *tasks = json_object_new_array();
    CLEANUP(mem_free_string) char *field = walk_field(endpoint);
    struct json_object *task = parse(request);

    json_object_array_add(tasks, task);
    if (endpoint_param(endpoint, "target") != NULL) /* else the request has its targets */
        json_object_object_add(task, "target", json_object_new_string(page->target));
    if (endpoint_param(endpoint, "limit") != NULL)
        json_object_object_add(task, "limit", json_object_new_int64(page->limit));
    json_object_object_add(task, "tag", json_object_new_string(page->tag));
    json_object_object_del(task, "order_by");
    if (page->order_by != NULL)
        json_object_object_add(task, "order_by", parse(page->order_by));
    add_range(task, field, &page->range);
    if (page->token != NULL)
        json_object_object_add(task, "search_after_token", json_object_new_string(page->token));
    else if (page->position > 0)
        json_object_object_add(task, "offset", json_object_new_int64(page->position));
    return mem_strdup(json_object_to_json_string_ext(page->is_object ? task : tasks, JSON_FLAGS));
}

void request_read_body(const char *body, char **ret_tag, char **ret_token)
{
    CLEANUP(put_json) struct json_object *tasks = parse(body);
    bool is_object = json_object_is_type(tasks, json_type_object);
    struct json_object *task = is_object ? tasks : json_object_array_get_idx(tasks, 0), *tag,
                       *token;

    json_object_object_get_ex(task, "tag", &tag);
    json_object_object_get_ex(task, "search_after_token", &token);
    *ret_tag = mem_strdup(json_object_get_string(tag));
    *ret_token = mem_strdup(json_object_get_string(token)); /* NULL stays NULL */
}

void request_targets_read(const char *request, struct request_targets *ret_targets)
{
    CLEANUP(put_json) struct json_object *tree = parse(request);
    struct json_object *targets = NULL, *target;
    char key[16];

    *ret_targets = (struct request_targets){.n = 0};
    json_object_object_get_ex(
        json_object_is_type(tree, json_type_array) ? json_object_array_get_idx(tree, 0) : tree,
        "targets", &targets);
    for (size_t i = 0; i < TARGETS_MAX; i++) {
        snprintf(key, sizeof(key), "%zu", i + 1);
        if (!json_object_is_type(targets, json_type_object) ||
            !json_object_object_get_ex(targets, key, &target))
            return;
        ret_targets->keys[i] = mem_strdup(key);
        ret_targets->targets[i] = mem_strdup(json_object_get_string(target));
        ret_targets->n++;
    }
}

void request_targets_deinit(struct request_targets *targets)
{
    for (size_t i = 0; i < targets->n; i++) {
        free(targets->keys[i]);
        free(targets->targets[i]);
    }
    targets->n = 0;
}

int64_t request_limit(const struct endpoint *endpoint, const char *request, int64_t max_rows)
{
    CLEANUP(put_json) struct json_object *task = parse(request);
    struct json_object *value;
    int64_t limit = endpoint->limit_max;

    if (endpoint->takes_list && json_object_object_get_ex(task, "targets", &value))
        return (int64_t)json_object_array_length(value);
    if (json_object_object_get_ex(task, "limit", &value))
        limit = json_object_get_int64(value);
    return max_rows > 0 && max_rows < limit ? max_rows : limit;
}

static bool has_rule_for(struct json_object *rules, const char *rule)
{
    size_t length = strcspn(rule, ",");

    for (size_t i = 0; i < json_object_array_length(rules); i++) {
        const char *other = json_object_get_string(json_object_array_get_idx(rules, i));

        if (strcspn(other, ",") == length && strncmp(other, rule, length) == 0)
            return true;
    }
    return false;
}

char *request_order(const struct endpoint *endpoint, const char *request, bool is_cut)
{
    CLEANUP(put_json) struct json_object *task = parse(request);
    CLEANUP(put_json) struct json_object *rules = json_object_new_array();
    const struct param *param = endpoint_param(endpoint, "order_by");
    struct json_object *users;
    const char *last = NULL;

    if (param == NULL || (is_cut && !json_object_object_get_ex(task, "order_by", &users)))
        return NULL; /* the API's own order is what a user who names none has asked for */
    for (size_t i = 0; is_cut && i < json_object_array_length(users); i++)
        json_object_array_add(rules, json_object_get(json_object_array_get_idx(users, i)));
    for (size_t i = 0; endpoint->walk_order[i] != NULL; i++) {
        last = endpoint->walk_order[i];
        if (!is_cut)
            json_object_array_add(rules, json_object_new_string(last));
    }
    if (is_cut && !has_rule_for(rules, last) &&
        (int64_t)json_object_array_length(rules) < param->max)
        json_object_array_add(rules, json_object_new_string(last));
    return mem_strdup(json_object_to_json_string_ext(rules, JSON_FLAGS));
}

char *request_tag(const char *request, const char *install, const struct uuid *run_uid,
                  int64_t listing_id, int slice_no)
{
    char uid[UUID_TEXT_MAX];
    CLEANUP(put_json) struct json_object *task = parse(request);
    struct json_object *users;
    bool has_own = json_object_object_get_ex(task, "tag", &users);

    uuid_format(run_uid, uid);
    return mem_printf("lh/%s/%s-%" PRId64 ".%d%s%s", install, uid + strlen(uid) - RUN_MARK_LENGTH,
                      listing_id, slice_no, has_own ? " " : "",
                      has_own ? json_object_get_string(users) : "");
}

/* Conditions of a filters array; one that begins with a text is itself a condition. */
static int64_t count_conditions(struct json_object *filters)
{
    int64_t n = 0;

    if (!json_object_is_type(filters, json_type_array) || json_object_array_length(filters) == 0)
        return 0;
    if (json_object_is_type(json_object_array_get_idx(filters, 0), json_type_string))
        return 1;
    for (size_t i = 0; i < json_object_array_length(filters); i++)
        n += count_conditions(json_object_array_get_idx(filters, i));
    return n;
}

/* Whether what is grouped would be grouped anew behind a filter. */
static bool is_grouped(struct json_object *task)
{
    struct json_object *mode;

    if (json_object_object_get_ex(task, "custom_mode", NULL))
        return true;
    return json_object_object_get_ex(task, "mode", &mode) &&
           strcmp(json_object_get_string(mode), "as_is") != 0;
}

bool request_is_grouped(const char *request)
{
    CLEANUP(put_json) struct json_object *task = parse(request);

    return is_grouped(task);
}

bool request_is_filtered(const char *request)
{
    CLEANUP(put_json) struct json_object *task = parse(request);
    struct json_object *filters;

    return json_object_object_get_ex(task, "filters", &filters) && count_conditions(filters) > 0;
}

/* Why a filter of `n_more` conditions would bring other items than the walk; NULL: it would not. */
static const char *why_not_by_value(const struct endpoint *endpoint, const char *request,
                                    const char *order_by, int64_t n_more)
{
    CLEANUP(put_json) struct json_object *task = parse(request);
    CLEANUP(mem_free_string) char *ours = request_order(endpoint, request, /* is_cut= */ false);
    const struct param *param = endpoint_param(endpoint, "filters");
    struct json_object *filters = NULL;

    json_object_object_get_ex(task, "filters", &filters);
    if (order_by == NULL || strcmp(order_by, ours) != 0)
        return "it is in an order of the job's own";
    if (is_grouped(task))
        return "its links are grouped (mode)";
    if (count_conditions(filters) + n_more > param->max)
        return n_more == 1 ? "its filters have no room for one more condition"
                           : "its filters have no room for two more conditions";
    return NULL;
}

const char *request_walk_column(const struct endpoint *endpoint, const char *request,
                                const char *order_by, const char **ret_why)
{
    CLEANUP(mem_free_string) char *field = walk_field(endpoint);

    *ret_why = why_not_by_value(endpoint, request, order_by, 1);
    if (*ret_why != NULL)
        return NULL;
    for (size_t i = 0; i < endpoint->n_columns; i++)
        if (strcmp(endpoint->columns[i].name, field) == 0)
            return endpoint->columns[i].name;
    assert(!"the walk order names a column");
    return NULL;
}

bool request_may_be_cut(const struct endpoint *endpoint, const char *request, const char *order_by,
                        const char **ret_why)
{
    *ret_why = why_not_by_value(endpoint, request, order_by, 2);
    return *ret_why == NULL;
}

/* --- changes --------------------------------------------------------------------------------- */

bool request_can_change(const struct endpoint *endpoint, const char *request, const char **ret_why)
{
    CLEANUP(put_json) struct json_object *task = parse(request);
    struct json_object *status = NULL, *filters = NULL;

    json_object_object_get_ex(task, "backlinks_status_type", &status);
    json_object_object_get_ex(task, "filters", &filters);
    *ret_why = NULL;
    if (endpoint != &endpoint_backlinks)
        *ret_why = "only the endpoint backlinks tells what is new and what is lost";
    else if (is_grouped(task))
        *ret_why = "its links are grouped (mode)";
    else if (status != NULL && strcmp(json_object_get_string(status), "live") != 0)
        *ret_why = "it asks for lost links itself (backlinks_status_type)";
    else if (count_conditions(filters) + N_CONDITIONS_NEW >
             endpoint_param(endpoint, "filters")->max)
        *ret_why = "its filters have no room for three more conditions";
    return *ret_why == NULL;
}

static char *text_of(struct json_object *task)
{
    return mem_strdup(json_object_to_json_string_ext(task, JSON_FLAGS));
}

char *request_new(const char *request, int64_t since_s)
{
    CLEANUP(put_json) struct json_object *task = parse(request);
    struct json_object *returned = json_object_new_array(), *either = json_object_new_array();
    struct json_object *all = begin_filters(task);
    bool is_alone = json_object_array_length(all) == 0;

    put_condition(returned, "and", condition_of("is_new", "=", json_object_new_boolean(true)));
    put_condition(returned, "and", since("last_seen", since_s));
    put_condition(either, "or", since("first_seen", since_s));
    put_condition(either, "or", returned);
    put_condition(all, "and", either);
    json_object_object_add(task, "filters",
                           is_alone ? json_object_get(either) : json_object_get(all));
    json_object_put(all);
    return text_of(task);
}

char *request_lost(const char *request)
{
    CLEANUP(put_json) struct json_object *task = parse(request);

    json_object_object_add(task, "backlinks_status_type", json_object_new_string("lost"));
    json_object_object_add(task, "order_by", parse("[\"last_seen,desc\",\"url_from,asc\"]"));
    return text_of(task);
}

char *request_in_range(const char *request, int64_t from_s, int64_t to_s)
{
    CLEANUP(put_json) struct json_object *task = parse(request);

    add_range(task, "first_seen", &(struct request_range){from_s, to_s});
    return text_of(task);
}

char *request_since(const char *request, int64_t since_s)
{
    CLEANUP(put_json) struct json_object *task = parse(request);

    json_object_object_add(task, "date_from", time_value(since_s, DATE_LENGTH));
    return text_of(task);
}
