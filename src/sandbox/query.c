/*
 * query_read() asks of each name in the task whether the endpoint knows it, then reads each known
 * parameter (params.c). What is wrong with a value is left to one line: "Invalid Field: 'limit'.",
 * which is all that the vendor says too.
 */
#include "sandbox/query.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "api/endpoint.h"
#include "sandbox/params.h"
#include "sandbox/random.h"

#define LIMIT_DEFAULT 100
#define LIST_LIMIT_DEFAULT 10

static bool refuse(struct refusal *refusal, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool refuse(struct refusal *refusal, int code, const char *format, ...)
{
    va_list arguments;

    refusal->code = code;
    va_start(arguments, format);
    vsnprintf(refusal->text, sizeof(refusal->text), format, arguments);
    va_end(arguments);
    return false;
}

static bool check_names(const struct endpoint *endpoint, struct json_object *task,
                        struct refusal *refusal)
{
    size_t n_unknown = 0, size;

    snprintf(refusal->text, sizeof(refusal->text), "Unknown Fields in POST Data: ");
    json_object_object_foreach(task, name, value)
    {
        (void)value;
        if (endpoint_param(endpoint, name) != NULL)
            continue;
        size = strlen(refusal->text);
        snprintf(refusal->text + size, sizeof(refusal->text) - size, "%s%s",
                 n_unknown++ > 0 ? ", " : "", name);
    }
    if (n_unknown > 0)
        refusal->code = CODE_UNKNOWN_FIELDS;
    return n_unknown == 0;
}

static void note_value(struct query *query, const struct param *param, struct json_object *json,
                       enum param_say say)
{
    const char *text = json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN);

    if (say == SAY_POSITION)
        return;
    query->digest = random_hash(query->digest, param->name, strlen(param->name) + 1);
    query->digest = random_hash(query->digest, text, strlen(text));
    if (say == SAY_ORDER)
        buf_printf(&query->order_key, "%s=%s\n", param->name, text);
    if (say == SAY_ORDER || say == SAY_FILTER)
        buf_printf(&query->listing_key, "%s=%s\n", param->name, text);
}

static void settle_place(const struct query *query, struct place *place, const char *path)
{
    place_find(place, query->shape, 1, path, strlen(path));
}

/* custom_mode goes before mode. */
static void settle_grouping(struct query *query)
{
    const char *mode = query->mode == NULL ? "as_is" : json_object_get_string(query->mode);
    const char *field = strcmp(mode, "one_per_domain") == 0   ? "domain_from"
                        : strcmp(mode, "one_per_anchor") == 0 ? "anchor"
                                                              : NULL;

    if (query->group_size > 0 || field == NULL)
        return;
    settle_place(query, &query->group_place, field);
    query->group_size = 1;
}

/*
 * The vendor's own order, as its tokens show: by rank, then by last visit, both descending. Where
 * there are no tokens to tell, by rank and the first visit.
 */
static void settle_order(struct query *query)
{
    static const char *const paths[][2] = {
        {"rank", "last_seen"}, {"1.rank", "1.first_seen"}, {"rank", "first_seen"}};
    const char *const *path = paths[query->shape->is_keyed ? 1 : query->shape->is_per_site ? 2 : 0];

    if (query->n_rules > 0)
        return;
    for (size_t i = 0; i < 2; i++) {
        query->rules[i].is_descending = true;
        settle_place(query, &query->rules[i].place, path[i]);
    }
    query->n_rules = 2;
}

static bool read_param(struct query *query, const struct param *param, struct json_object *task,
                       struct refusal *refusal)
{
    struct json_object *json;
    enum param_say say;

    if (!json_object_object_get_ex(task, param->name, &json) || json == NULL)
        return true;
    if (!param_read(query, param, json, &say))
        return refuse(refusal, CODE_FIELD, "Invalid Field: '%s'.", param->name);
    note_value(query, param, json, say);
    return true;
}

/* The targets decide which fields there are, so they go first. */
static bool read_params(struct query *query, struct json_object *task, struct refusal *refusal)
{
    const struct endpoint *endpoint = query->endpoint;

    for (int is_second = 0; is_second <= 1; is_second++)
        for (size_t i = 0; i < endpoint->n_params; i++) {
            const char *name = endpoint->params[i].name;
            bool is_target = strcmp(name, "target") == 0 || strcmp(name, "targets") == 0;

            if (is_target != is_second && !read_param(query, &endpoint->params[i], task, refusal))
                return false;
        }
    return true;
}

bool query_read(struct query *query, const struct endpoint *endpoint, const struct shape *shape,
                struct json_object *task, uint64_t seed, struct refusal *refusal)
{
    *query = (struct query){.endpoint = endpoint,
                            .shape = shape,
                            .limit = LIMIT_DEFAULT,
                            .list_limit = endpoint_param(endpoint, "internal_list_limit") == NULL
                                              ? 0
                                              : LIST_LIMIT_DEFAULT,
                            .status = STATUS_LIVE,
                            .digest = seed,
                            .names = BUF_WITH_CEILING(1 << 20),
                            .order_key = BUF_WITH_CEILING(1 << 20),
                            .listing_key = BUF_WITH_CEILING(1 << 20)};
    buf_printf(&query->order_key, "%s\n", endpoint->name);
    buf_printf(&query->listing_key, "%s\n", endpoint->name);
    if (!check_names(endpoint, task, refusal) || !read_params(query, task, refusal))
        return false;
    if (query->target == NULL)
        return refuse(refusal, CODE_FIELD, "Invalid Field: '%s'.",
                      endpoint_param(endpoint, "target") != NULL ? "target" : "targets");
    if (!endpoint->has_token && endpoint_param(endpoint, "offset") != NULL &&
        query->offset + query->limit > endpoint->offset_reach)
        return refuse(refusal, CODE_FIELD, "Invalid Field: 'offset'.");
    if (query->token != NULL && query->offset > 0)
        return refuse(refusal, CODE_FIELD,
                      "Invalid Field: 'search_after_token'. It cannot stand beside an offset.");
    settle_grouping(query);
    settle_order(query);
    return true;
}

void query_deinit(struct query *query)
{
    filter_destroy(query->filter);
    filter_destroy(query->links_filter);
    buf_deinit(&query->names);
    buf_deinit(&query->order_key);
    buf_deinit(&query->listing_key);
}
