#include "api/request.h"

#include <assert.h>
#include <inttypes.h>
#include <json.h>
#include <stdlib.h>
#include <string.h>

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

/*
 * The request's filters and ours behind an "and" each. A single condition may stand bare in a
 * request, so it is wrapped first.
 */
static void add_filters(struct json_object *task, const char *filters)
{
    CLEANUP(put_json) struct json_object *ours = parse(filters);
    struct json_object *all = json_object_new_array(), *users;

    if (json_object_object_get_ex(task, "filters", &users) && json_object_array_length(users) > 0)
        json_object_array_add(all, json_object_get(users));
    for (size_t i = 0; i < json_object_array_length(ours); i++) {
        if (json_object_array_length(all) > 0)
            json_object_array_add(all, json_object_new_string("and"));
        json_object_array_add(all, json_object_get(json_object_array_get_idx(ours, i)));
    }
    json_object_object_add(task, "filters", all);
}

char *request_body(const char *request, const struct request_page *page)
{
    CLEANUP(put_json) struct json_object *tasks = json_object_new_array();
    struct json_object *task = parse(request);

    json_object_array_add(tasks, task);
    json_object_object_add(task, "target", json_object_new_string(page->target));
    json_object_object_add(task, "limit", json_object_new_int64(page->limit));
    json_object_object_add(task, "tag", json_object_new_string(page->tag));
    json_object_object_del(task, "order_by");
    if (page->order_by != NULL)
        json_object_object_add(task, "order_by", parse(page->order_by));
    if (page->filters != NULL)
        add_filters(task, page->filters);
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

int64_t request_limit(const struct endpoint *endpoint, const char *request, int64_t max_rows)
{
    CLEANUP(put_json) struct json_object *task = parse(request);
    struct json_object *value;
    int64_t limit = endpoint->limit_max;

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

    if (is_cut && !json_object_object_get_ex(task, "order_by", &users))
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

const char *request_walk_column(const struct endpoint *endpoint, const char *request,
                                const char *order_by, const char **ret_why)
{
    CLEANUP(put_json) struct json_object *task = parse(request);
    CLEANUP(mem_free_string) char *ours = request_order(endpoint, request, /* is_cut= */ false);
    const struct param *param = endpoint_param(endpoint, "filters");
    const char *rule = endpoint->walk_order[0];
    struct json_object *filters = NULL;

    json_object_object_get_ex(task, "filters", &filters);
    *ret_why = NULL;
    if (order_by == NULL || strcmp(order_by, ours) != 0)
        *ret_why = "it is in an order of the job's own";
    else if (is_grouped(task))
        *ret_why = "its links are grouped (mode)";
    else if (count_conditions(filters) >= param->max)
        *ret_why = "its filters have no room for one more condition";
    if (*ret_why != NULL)
        return NULL;
    for (size_t i = 0; i < endpoint->n_columns; i++)
        if (strlen(endpoint->columns[i].name) == strcspn(rule, ",") &&
            strncmp(endpoint->columns[i].name, rule, strcspn(rule, ",")) == 0)
            return endpoint->columns[i].name;
    assert(!"the walk order names a column");
    return NULL;
}
