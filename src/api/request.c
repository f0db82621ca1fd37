#include "api/request.h"

#include <assert.h>
#include <inttypes.h>
#include <json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/endpoint.h"
#include "core/mem.h"
#include "core/uuid.h"

#define RUN_MARK_LENGTH 6 /* of a tag */
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

/* The field that a listing is walked by first: "first_seen" of "first_seen,asc". */
static size_t walk_field_size(const struct endpoint *endpoint)
{
    return strcspn(endpoint->walk_order[0], ",");
}

/* One bound, behind an "and" where it is not the first. */
static void add_bound(struct json_object *all, const struct endpoint *endpoint,
                      const char *operator, int64_t value_s)
{
    struct json_object *condition = json_object_new_array();
    time_t seconds = (time_t)value_s;
    struct tm utc;
    char text[64];

    gmtime_r(&seconds, &utc);
    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S +00:00", &utc);
    json_object_array_add(condition, json_object_new_string_len(endpoint->walk_order[0],
                                                                (int)walk_field_size(endpoint)));
    json_object_array_add(condition, json_object_new_string(operator));
    json_object_array_add(condition, json_object_new_string(text));
    if (json_object_array_length(all) > 0)
        json_object_array_add(all, json_object_new_string("and"));
    json_object_array_add(all, condition);
}

/*
 * The request's filters and the range behind an "and" each. A single condition may stand bare in a
 * request, so it is wrapped first. Times are compared strictly, to the second: [a, b) is "> a - 1 s
 * and < b". Source: docs.dataforseo.com/v3/backlinks/filters.
 */
static void add_range(struct json_object *task, const struct endpoint *endpoint,
                      const struct request_range *range)
{
    struct json_object *all = json_object_new_array(), *users;

    if (json_object_object_get_ex(task, "filters", &users) && json_object_array_length(users) > 0)
        json_object_array_add(all, json_object_get(users));
    if (range->from_s != REQUEST_FROM_OPEN)
        add_bound(all, endpoint, ">", range->from_s - 1);
    if (range->to_s != REQUEST_TO_OPEN)
        add_bound(all, endpoint, "<", range->to_s);
    json_object_object_add(task, "filters", all);
}

char *request_body(const struct endpoint *endpoint, const char *request,
                   const struct request_page *page)
{
    CLEANUP(put_json) struct json_object *tasks = json_object_new_array();
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
    if (page->range.from_s != REQUEST_FROM_OPEN || page->range.to_s != REQUEST_TO_OPEN)
        add_range(task, endpoint, &page->range);
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
    const char *rule = endpoint->walk_order[0];

    *ret_why = why_not_by_value(endpoint, request, order_by, 1);
    if (*ret_why != NULL)
        return NULL;
    for (size_t i = 0; i < endpoint->n_columns; i++)
        if (strlen(endpoint->columns[i].name) == walk_field_size(endpoint) &&
            strncmp(endpoint->columns[i].name, rule, walk_field_size(endpoint)) == 0)
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
