/*
 * query_read() asks of each name in the task whether the endpoint knows it, then reads each known
 * parameter by its type. What is wrong with a value is left to one line: "Invalid Field: 'limit'.",
 * which is all that the vendor says too.
 */
#include "sandbox/query.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "api/endpoint.h"
#include "sandbox/random.h"
#include "sandbox/row.h"
#include "sandbox/target.h"

#define LIMIT_DEFAULT 100
#define TAG_SIZE_MAX 255 /* docs.dataforseo.com/v3/backlinks/backlinks/live */
#define OFFSET_MAX                                                                                 \
    20000 /* the same; offset 20,000 with 1,000 items is the last page of that kind */
#define TOKEN_SIZE_MAX 65536

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

static size_t field_index(const char *path, size_t size)
{
    for (size_t i = 0; i < n_row_fields; i++)
        if (strlen(row_fields[i].path) == size && memcmp(row_fields[i].path, path, size) == 0)
            return i;
    return n_row_fields;
}

static const struct column *column_of(const struct endpoint *endpoint, size_t field)
{
    return field < n_row_fields ? endpoint_column(endpoint, row_fields[field].path) : NULL;
}

static bool read_int(struct json_object *json, int64_t min, int64_t max, int64_t *ret_value)
{
    int64_t value = json_object_get_int64(json);

    if (!json_object_is_type(json, json_type_int) || value < min || value > max)
        return false;
    *ret_value = value;
    return true;
}

/* The index of a word, or -1. */
static int word_index(struct json_object *json, const char *const *words)
{
    const char *text = json_object_get_string(json);

    if (!json_object_is_type(json, json_type_string))
        return -1;
    for (int i = 0; words[i] != NULL; i++)
        if (strcmp(words[i], text) == 0)
            return i;
    return -1;
}

static bool read_word(struct query *query, const struct param *param, struct json_object *json)
{
    int word = word_index(json, param->words);

    if (word < 0)
        return false;
    if (strcmp(param->name, "backlinks_status_type") == 0) {
        const char *text = param->words[word];

        query->status = text[0] == 'a' ? STATUS_ALL : text[1] == 'i' ? STATUS_LIVE : STATUS_LOST;
    } else if (strcmp(param->name, "rank_scale") == 0) {
        query->is_rank_in_hundred = strcmp(param->words[word], "one_hundred") == 0;
    } else {
        query->mode = json;
    }
    return true;
}

static bool read_custom_mode(struct query *query, const struct param *param,
                             struct json_object *json)
{
    struct json_object *field, *value;

    if (!json_object_is_type(json, json_type_object) || json_object_object_length(json) != 2 ||
        !json_object_object_get_ex(json, "field", &field) || word_index(field, param->words) < 0 ||
        !json_object_object_get_ex(json, "value", &value) ||
        !read_int(value, param->min, param->max, &query->group_size))
        return false;
    query->group_field =
        field_index(json_object_get_string(field), (size_t)json_object_get_string_len(field));
    query->custom_mode = json;
    return true;
}

static bool read_filters(struct query *query, const struct param *param, struct json_object *json)
{
    const char *wrong;

    if (!json_object_is_type(json, json_type_array))
        return false;
    if (json_object_array_length(json) == 0)
        return true;
    query->filter = filter_new(query->endpoint, json, (size_t)param->max, &wrong);
    return query->filter != NULL;
}

static bool read_rule(struct query *query, struct json_object *json)
{
    struct query_rule *rule = &query->rules[query->n_rules++];
    const char *text = json_object_get_string(json);
    const char *comma = json_object_is_type(json, json_type_string) ? strchr(text, ',') : NULL;
    const struct column *column;

    if (comma == NULL)
        return false;
    rule->field = field_index(text, (size_t)(comma - text));
    column = column_of(query->endpoint, rule->field);
    if (column == NULL || column->filter == FILTER_NONE || column->filter == FILTER_ARRAY)
        return false;
    rule->is_text = column->filter == FILTER_STR;
    rule->is_descending = strcmp(comma, ",desc") == 0;
    return rule->is_descending || strcmp(comma, ",asc") == 0;
}

static bool read_order_by(struct query *query, const struct param *param, struct json_object *json)
{
    if (!json_object_is_type(json, json_type_array) ||
        json_object_array_length(json) > (size_t)param->max ||
        json_object_array_length(json) > QUERY_RULES_MAX)
        return false;
    for (size_t i = 0; i < json_object_array_length(json); i++)
        if (!read_rule(query, json_object_array_get_idx(json, i)))
            return false;
    return true;
}

static bool read_text(const char **ret_text, struct json_object *json, int size_max)
{
    if (!json_object_is_type(json, json_type_string) || json_object_get_string_len(json) > size_max)
        return false;
    *ret_text = json_object_get_string(json);
    return true;
}

/* The three that the vendor has and a job does not set: each by its name. */
static bool read_ours(struct query *query, const struct param *param, struct json_object *json)
{
    if (strcmp(param->name, "offset") == 0)
        return read_int(json, 0, OFFSET_MAX, &query->offset);
    if (strcmp(param->name, "search_after_token") == 0)
        return read_text(&query->token, json, TOKEN_SIZE_MAX);
    return read_text(&query->target, json, TARGET_SIZE_MAX) && target_is_valid(query->target);
}

static bool read_value(struct query *query, const struct param *param, struct json_object *json)
{
    switch (param->type) {
    case PARAM_TEXT:
        return read_text(&query->tag, json, TAG_SIZE_MAX);
    case PARAM_BOOL:
        return json_object_is_type(json, json_type_boolean);
    case PARAM_INT:
        return read_int(json, param->min, param->max, &query->limit);
    case PARAM_WORD:
        return read_word(query, param, json);
    case PARAM_TARGET:
    case PARAM_TARGETS:
    case PARAM_EXCLUDED:
    case PARAM_OURS:
        return read_ours(query, param, json);
    case PARAM_FILTERS:
        return read_filters(query, param, json);
    case PARAM_ORDER_BY:
        return read_order_by(query, param, json);
    case PARAM_CUSTOM_MODE:
        return read_custom_mode(query, param, json);
    }
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

/* What a parameter has its say in: all but the position in the digest, fewer in the rows. */
static void note_value(struct query *query, const struct param *param, struct json_object *json)
{
    static const char *const key_names[] = {"target",    "filters", "backlinks_status_type",
                                            "order_by",  "mode",    "custom_mode",
                                            "rank_scale"};
    const char *text = json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN);

    if (strcmp(param->name, "offset") == 0 || strcmp(param->name, "search_after_token") == 0)
        return;
    query->digest = random_hash(query->digest, param->name, strlen(param->name) + 1);
    query->digest = random_hash(query->digest, text, strlen(text));
    for (size_t i = 0; i < sizeof(key_names) / sizeof(key_names[0]); i++)
        if (strcmp(key_names[i], param->name) == 0)
            buf_printf(&query->listing_key, "%s=%s\n", param->name, text);
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
    query->group_field = field_index(field, strlen(field));
    query->group_size = 1;
}

/* The vendor's own order, as its tokens show: by rank, then by last visit, both descending. */
static void settle_order(struct query *query)
{
    if (query->n_rules > 0)
        return;
    query->is_default_order = true;
    query->rules[0] = (struct query_rule){.field = field_index("rank", 4), .is_descending = true};
    query->rules[1] =
        (struct query_rule){.field = field_index("last_seen", 9), .is_descending = true};
    query->n_rules = 2;
}

static bool is_usual(const struct query *query, const struct param *param, struct json_object *json)
{
    return param->type == PARAM_FILTERS || param->type == PARAM_ORDER_BY ||
           param->type == PARAM_INT || param->type == PARAM_TEXT || param->type == PARAM_OURS ||
           (query->mode == json && strcmp(json_object_get_string(json), "as_is") == 0) ||
           (strcmp(param->name, "backlinks_status_type") == 0 && query->status == STATUS_LIVE);
}

bool query_read(struct query *query, const struct endpoint *endpoint, struct json_object *task,
                uint64_t seed, struct refusal *refusal)
{
    *query = (struct query){.endpoint = endpoint,
                            .limit = LIMIT_DEFAULT,
                            .status = STATUS_LIVE,
                            .is_default_otherwise = true,
                            .digest = seed,
                            .listing_key = BUF_WITH_CEILING(1 << 20)};
    if (!check_names(endpoint, task, refusal))
        return false;
    for (size_t i = 0; i < endpoint->n_params; i++) {
        const struct param *param = &endpoint->params[i];
        struct json_object *json;

        if (!json_object_object_get_ex(task, param->name, &json) || json == NULL)
            continue;
        if (!read_value(query, param, json))
            return refuse(refusal, CODE_FIELD, "Invalid Field: '%s'.", param->name);
        query->is_default_otherwise &= is_usual(query, param, json);
        note_value(query, param, json);
    }
    if (query->target == NULL)
        return refuse(refusal, CODE_FIELD, "Invalid Field: 'target'.");
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
    buf_deinit(&query->listing_key);
}
