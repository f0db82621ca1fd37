#include "sandbox/params.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "api/endpoint.h"
#include "sandbox/query.h"
#include "sandbox/target.h"
#include "sandbox/when.h"

#define TAG_SIZE_MAX 255 /* docs.dataforseo.com/v3/backlinks/backlinks/live */
#define OFFSET_MAX                                                                                 \
    20000 /* the same; offset 20,000 with 1,000 items is the last page of that kind */
#define TOKEN_SIZE_MAX 65536
#define BULK_MAX 1000 /* docs.dataforseo.com/v3/backlinks/bulk_new_lost_backlinks/live */

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

static bool read_text(const char **ret_text, struct json_object *json, int size_max)
{
    if (!json_object_is_type(json, json_type_string) || json_object_get_string_len(json) > size_max)
        return false;
    *ret_text = json_object_get_string(json);
    return true;
}

static bool put_target(struct query *query, struct json_object *json)
{
    const char *text;

    if (!read_text(&text, json, TARGET_SIZE_MAX) || !target_is_valid(text))
        return false;
    buf_printf(&query->names, "%s%s", query->n_targets > 0 ? "+" : "", text);
    query->targets[query->n_targets++] = text;
    query->names_size += strlen(text) + 1;
    query->target = buf_text(&query->names);
    return true;
}

static bool read_target(struct query *query, const struct param *param, struct json_object *json)
{
    (void)param;
    return put_target(query, json);
}

/* A thousand targets of a bulk. */
static bool read_bulk(struct query *query, struct json_object *json)
{
    size_t n = json_object_array_length(json);
    const char *text;

    for (size_t i = 0; i < n; i++)
        if (!read_text(&text, json_object_array_get_idx(json, i), TARGET_SIZE_MAX) ||
            !target_is_valid(text))
            return false;
    query->bulk = json;
    query->limit = (int64_t)n;
    query->target = "";
    return n > 0 && n <= BULK_MAX;
}

/* An object with the keys "1", "2", ...; an array is what people send first. */
static bool read_targets(struct query *query, const struct param *param, struct json_object *json)
{
    struct json_object *target;
    size_t n;
    char key[8];

    (void)param;
    if (!query->shape->is_keyed)
        return json_object_is_type(json, json_type_array) && read_bulk(query, json);
    if (!json_object_is_type(json, json_type_object))
        return false;
    n = (size_t)json_object_object_length(json);
    if (n == 0 || n > TARGETS_MAX)
        return false;
    for (size_t i = 1; i <= n; i++) {
        snprintf(key, sizeof(key), "%zu", i);
        if (!json_object_object_get_ex(json, key, &target) || !put_target(query, target))
            return false;
    }
    return true;
}

/* A target, or all that begins like "https://example.com/blog/" where "*" stands behind it. */
static bool is_pattern(const char *text)
{
    char name[TARGET_SIZE_MAX + 1];
    size_t size = strlen(text);

    if (size == 0 || text[size - 1] != '*')
        return target_is_valid(text);
    memcpy(name, text, size - 1);
    name[size - 1] = '\0';
    return strstr(name, "://") != NULL && target_is_valid(name);
}

static bool read_excluded(struct query *query, const struct param *param, struct json_object *json)
{
    (void)param;
    if (!json_object_is_type(json, json_type_array) ||
        json_object_array_length(json) > EXCLUDED_MAX)
        return false;
    for (size_t i = 0; i < json_object_array_length(json); i++) {
        const char **excluded = &query->excluded[query->n_excluded++];

        if (!read_text(excluded, json_object_array_get_idx(json, i), TARGET_SIZE_MAX) ||
            !is_pattern(*excluded))
            return false;
    }
    return true;
}

static bool read_status(struct query *query, const struct param *param, struct json_object *json)
{
    int word = word_index(json, param->words);

    if (word < 0)
        return false;
    query->status = strcmp(param->words[word], "live") == 0   ? STATUS_LIVE
                    : strcmp(param->words[word], "lost") == 0 ? STATUS_LOST
                                                              : STATUS_ALL;
    return true;
}

static bool read_scale(struct query *query, const struct param *param, struct json_object *json)
{
    int word = word_index(json, param->words);

    query->is_rank_in_hundred = word >= 0 && strcmp(param->words[word], "one_hundred") == 0;
    return word >= 0;
}

/* The documents of 2022 print "partical". */
static bool read_intersection(struct query *query, const struct param *param,
                              struct json_object *json)
{
    static const char *const words[] = {"all", "partial", "partical", NULL};
    int word = word_index(json, words);

    (void)param;
    query->is_partial = word > 0;
    return word >= 0;
}

static bool read_mode(struct query *query, const struct param *param, struct json_object *json)
{
    query->mode = json;
    return word_index(json, param->words) >= 0;
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
    query->custom_mode = json;
    return place_find(&query->group_place, query->shape, 1, json_object_get_string(field),
                      (size_t)json_object_get_string_len(field));
}

/* An empty array is no filter. */
static bool read_conditions(struct filter **filter, const struct fields_of *of,
                            const struct param *param, struct json_object *json)
{
    const char *wrong;

    if (!json_object_is_type(json, json_type_array))
        return false;
    if (json_object_array_length(json) == 0)
        return true;
    *filter = filter_new(of, json, (size_t)param->max, &wrong);
    return *filter != NULL;
}

static bool read_filters(struct query *query, const struct param *param, struct json_object *json)
{
    struct fields_of of = {query->shape, query->n_targets};

    return read_conditions(&query->filter, &of, param, json);
}

static bool read_links_filters(struct query *query, const struct param *param,
                               struct json_object *json)
{
    struct fields_of of = {&shape_backlinks, 1};

    return read_conditions(&query->links_filter, &of, param, json);
}

/* The documents also order by "rank,desc", where a filter must say "1.rank"; that is the first's.
 */
static bool read_rule(struct query *query, struct json_object *json)
{
    struct fields_of of = {query->shape, query->n_targets};
    struct query_rule *rule = &query->rules[query->n_rules++];
    const char *text = json_object_get_string(json);
    const char *comma = json_object_is_type(json, json_type_string) ? strchr(text, ',') : NULL;
    enum filter_type type;
    char keyed[80];

    if (comma == NULL)
        return false;
    type = fields_find(&of, text, (size_t)(comma - text), &rule->place);
    if (type == FILTER_NONE && query->shape->is_keyed &&
        memchr(text, '.', (size_t)(comma - text)) == NULL) {
        snprintf(keyed, sizeof(keyed), "1.%.*s", (int)(comma - text), text);
        type = fields_find(&of, keyed, strlen(keyed), &rule->place);
    }
    if (type == FILTER_NONE || type == FILTER_ARRAY)
        return false;
    rule->is_text = type == FILTER_STR;
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

static bool read_limit(struct query *query, const struct param *param, struct json_object *json)
{
    return read_int(json, param->min, param->max, &query->limit);
}

static bool read_list_limit(struct query *query, const struct param *param,
                            struct json_object *json)
{
    return read_int(json, param->min, param->max, &query->list_limit);
}

static bool read_offset(struct query *query, const struct param *param, struct json_object *json)
{
    (void)param;
    return read_int(json, 0, OFFSET_MAX, &query->offset);
}

static bool read_token(struct query *query, const struct param *param, struct json_object *json)
{
    (void)param;
    return read_text(&query->token, json, TOKEN_SIZE_MAX);
}

static bool read_tag(struct query *query, const struct param *param, struct json_object *json)
{
    (void)param;
    return read_text(&query->tag, json, TAG_SIZE_MAX);
}

static bool read_date(struct query *query, const struct param *param, struct json_object *json)
{
    (void)param;
    return json_object_is_type(json, json_type_string) && json_object_get_string_len(json) == 10 &&
           when_parse(json_object_get_string(json), &query->date_from);
}

static const struct {
    const char *name;
    bool (*read)(struct query *query, const struct param *param, struct json_object *json);
    enum param_say say;
} params[] = {
    {"target", read_target, SAY_ORDER},
    {"targets", read_targets, SAY_ORDER},
    {"exclude_targets", read_excluded, SAY_FILTER},
    {"filters", read_filters, SAY_FILTER},
    {"backlinks_filters", read_links_filters, SAY_FILTER},
    {"order_by", read_order_by, SAY_ORDER},
    {"limit", read_limit, SAY_NOTHING},
    {"offset", read_offset, SAY_POSITION},
    {"search_after_token", read_token, SAY_POSITION},
    {"internal_list_limit", read_list_limit, SAY_ORDER},
    {"backlinks_status_type", read_status, SAY_ORDER},
    {"rank_scale", read_scale, SAY_ORDER},
    {"intersection_mode", read_intersection, SAY_ORDER},
    {"mode", read_mode, SAY_ORDER},
    {"custom_mode", read_custom_mode, SAY_ORDER},
    {"tag", read_tag, SAY_NOTHING},
    {"date_from", read_date, SAY_ORDER},
};

/* All others are switches, which change nothing here. */
bool param_read(struct query *query, const struct param *param, struct json_object *json,
                enum param_say *ret_say)
{
    for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
        if (strcmp(params[i].name, param->name) == 0) {
            *ret_say = params[i].say;
            return params[i].read(query, param, json);
        }
    }
    *ret_say = SAY_NOTHING;
    return json_object_is_type(json, json_type_boolean);
}
