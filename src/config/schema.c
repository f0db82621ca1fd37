/*
 * JSON Schemas (draft 7, which editors' YAML plug-ins speak) from the tables of keys and of API
 * parameters. Wherever a number or a word is wanted, ${VAR} is right as well.
 */
#include <inttypes.h>
#include <string.h>

#include "api/endpoint.h"
#include "config/config.h"
#include "config/json.h"
#include "config/key.h"
#include "config/quantity.h"
#include "core/buf.h"
#include "core/mem.h"

/* A JSON text on its way out. */
struct writer {
    struct buf *out;
    int depth;
    bool is_first; /* of its object or list */
};

static void begin_member(struct writer *writer, const char *name)
{
    if (!writer->is_first)
        buf_append_char(writer->out, ',');
    if (writer->depth > 0)
        buf_printf(writer->out, "\n%*s", 2 * writer->depth, "");
    writer->is_first = false;
    if (name != NULL) {
        json_append_text(writer->out, name);
        buf_append_string(writer->out, ": ");
    }
}

/* `name` is NULL in a list. */
static void open_in(struct writer *writer, const char *name, char bracket)
{
    begin_member(writer, name);
    buf_append_char(writer->out, bracket);
    writer->depth++;
    writer->is_first = true;
}

static void close_with(struct writer *writer, char bracket)
{
    writer->depth--;
    if (!writer->is_first)
        buf_printf(writer->out, "\n%*s", 2 * writer->depth, "");
    buf_append_char(writer->out, bracket);
    writer->is_first = false;
}

static void put_text(struct writer *writer, const char *name, const char *text)
{
    begin_member(writer, name);
    json_append_text(writer->out, text);
}

static void put_int(struct writer *writer, const char *name, int64_t number)
{
    begin_member(writer, name);
    buf_printf(writer->out, "%" PRId64, number);
}

static void put_false(struct writer *writer, const char *name)
{
    begin_member(writer, name);
    buf_append_string(writer->out, "false");
}

static void put_words(struct writer *writer, const char *name, const char *const *words)
{
    open_in(writer, name, '[');
    for (; *words != NULL; words++)
        put_text(writer, NULL, *words);
    close_with(writer, ']');
}

/* {"type": "string", "pattern": ...}: one more choice wherever a variable may stand. */
static void put_variable(struct writer *writer)
{
    open_in(writer, NULL, '{');
    put_text(writer, "type", "string");
    put_text(writer, "pattern", "\\$\\{");
    close_with(writer, '}');
}

static void put_int_or_variable(struct writer *writer, int64_t min, int64_t max)
{
    open_in(writer, "anyOf", '[');
    open_in(writer, NULL, '{');
    put_text(writer, "type", "integer");
    put_int(writer, "minimum", min);
    put_int(writer, "maximum", max);
    close_with(writer, '}');
    put_variable(writer);
    close_with(writer, ']');
}

/* --- API parameters -------------------------------------------------------------------------- */

static void put_order_by(struct writer *writer, const struct param *param)
{
    put_text(writer, "type", "array");
    put_int(writer, "minItems", 1);
    put_int(writer, "maxItems", param->max);
    open_in(writer, "items", '{');
    put_text(writer, "type", "string");
    put_text(writer, "pattern", "^[a-z0-9_.]+,(asc|desc)$|\\$\\{");
    close_with(writer, '}');
}

static void put_custom_mode(struct writer *writer, const struct param *param)
{
    static const char *const required[] = {"field", "value", NULL};

    put_text(writer, "type", "object");
    put_false(writer, "additionalProperties");
    put_words(writer, "required", required);
    open_in(writer, "properties", '{');
    open_in(writer, "field", '{');
    put_words(writer, "enum", param->words);
    close_with(writer, '}');
    open_in(writer, "value", '{');
    put_int_or_variable(writer, param->min, param->max);
    close_with(writer, '}');
    close_with(writer, '}');
}

/* {"1": a target, ...} */
static void put_numbered(struct writer *writer)
{
    put_text(writer, "type", "object");
    put_int(writer, "minProperties", 1);
    put_int(writer, "maxProperties", TARGETS_MAX);
    open_in(writer, "propertyNames", '{');
    put_text(writer, "pattern", "^([1-9]|1[0-9]|20)$");
    close_with(writer, '}');
    open_in(writer, "additionalProperties", '{');
    put_text(writer, "type", "string");
    close_with(writer, '}');
}

static void put_excluded(struct writer *writer, const struct param *param)
{
    put_text(writer, "type", "array");
    put_int(writer, "minItems", param->min);
    put_int(writer, "maxItems", param->max);
    open_in(writer, "items", '{');
    put_text(writer, "type", "string");
    close_with(writer, '}');
}

static void put_param(struct writer *writer, const struct param *param)
{
    open_in(writer, param->name, '{');
    put_text(writer, "description", param->doc);
    switch (param->type) {
    case PARAM_TEXT:
        put_text(writer, "type", "string");
        put_int(writer, "maxLength", param->max);
        break;
    case PARAM_BOOL:
        put_text(writer, "type", "boolean");
        break;
    case PARAM_INT:
        put_int_or_variable(writer, param->min, param->max);
        break;
    case PARAM_WORD:
        put_words(writer, "enum", param->words);
        break;
    case PARAM_TARGET:
        put_text(writer, "type", "string");
        break;
    case PARAM_TARGETS:
        put_numbered(writer);
        break;
    case PARAM_EXCLUDED:
        put_excluded(writer, param);
        break;
    case PARAM_FILTERS:
        put_text(writer, "type", "array");
        put_int(writer, "minItems", 1);
        break;
    case PARAM_ORDER_BY:
        put_order_by(writer, param);
        break;
    case PARAM_CUSTOM_MODE:
        put_custom_mode(writer, param);
        break;
    case PARAM_OURS:
        break;
    }
    close_with(writer, '}');
}

/* What `request` may hold depends on the endpoint: one rule for each. */
static void put_requests(struct writer *writer)
{
    static const char *const targets[] = {"targets", NULL};

    for (size_t i = 0; endpoints[i] != NULL; i++) {
        bool is_numbered = endpoints[i]->wrapper != NULL; /* in request, or in each of feeds */

        open_in(writer, NULL, '{');
        open_in(writer, "if", '{');
        open_in(writer, "properties", '{');
        open_in(writer, "endpoint", '{');
        put_text(writer, "const", endpoints[i]->name);
        close_with(writer, '}');
        close_with(writer, '}');
        close_with(writer, '}');
        open_in(writer, "then", '{');
        if (!is_numbered)
            put_words(writer, "required", targets);
        open_in(writer, "properties", '{');
        open_in(writer, "request", '{');
        put_false(writer, "additionalProperties");
        open_in(writer, "properties", '{');
        for (size_t j = 0; j < endpoints[i]->n_params; j++)
            if (endpoints[i]->params[j].type != PARAM_OURS)
                put_param(writer, &endpoints[i]->params[j]);
        for (int level = 0; level < 5; level++)
            close_with(writer, '}');
    }
}

/* --- keys ------------------------------------------------------------------------------------ */

static void put_keys(struct writer *writer, const struct key *keys, size_t n_keys);

static void put_money(struct writer *writer)
{
    open_in(writer, NULL, '{');
    put_text(writer, "type", "number");
    put_int(writer, "exclusiveMinimum", 0);
    close_with(writer, '}');
    put_variable(writer);
}

static void put_budget(struct writer *writer, const struct key *key)
{
    open_in(writer, "anyOf", '[');
    put_money(writer);
    if (key->type == KEY_BUDGET) {
        open_in(writer, NULL, '{');
        put_keys(writer, key->keys, key->n_keys);
        put_int(writer, "minProperties", 1);
        close_with(writer, '}');
    }
    close_with(writer, ']');
}

/* A number with one of the units, and a bare one where it may be. */
static void put_quantity(struct writer *writer, const struct key *key)
{
    CLEANUP(buf_deinit) struct buf pattern = BUF_WITH_CEILING(256);
    const struct unit *units = key_units(key);
    bool may_be_bare = false;

    buf_append_string(&pattern, "^[0-9]+(\\.[0-9]+)? ?(");
    for (size_t i = 0; units[i].name != NULL; i++) {
        may_be_bare = may_be_bare || units[i].name[0] == '\0';
        if (units[i].name[0] != '\0')
            buf_printf(&pattern, "%s%s", i == 0 ? "" : "|", units[i].name);
    }
    buf_append_string(&pattern, ")$|\\$\\{");
    open_in(writer, "anyOf", '[');
    open_in(writer, NULL, '{');
    put_text(writer, "type", "string");
    put_text(writer, "pattern", buf_text(&pattern));
    close_with(writer, '}');
    if (may_be_bare || key->min == 0) {
        open_in(writer, NULL, '{');
        put_text(writer, "type", "integer");
        put_int(writer, "minimum", key->min);
        put_int(writer, "maximum", may_be_bare ? key->max : 0);
        close_with(writer, '}');
    }
    close_with(writer, ']');
}

static void put_word_or_variable(struct writer *writer, const char *const *words)
{
    open_in(writer, "anyOf", '[');
    open_in(writer, NULL, '{');
    put_words(writer, "enum", words);
    close_with(writer, '}');
    put_variable(writer);
    close_with(writer, ']');
}

static void put_targets(struct writer *writer, const struct key *key)
{
    put_text(writer, "type", "array");
    put_int(writer, "minItems", key->min);
    put_int(writer, "maxItems", key->max);
    open_in(writer, "items", '{');
    put_text(writer, "type", "string");
    close_with(writer, '}');
}

/* What may stand in each depends on the endpoint. */
static void put_feeds(struct writer *writer, const struct key *key)
{
    put_text(writer, "type", "array");
    put_int(writer, "minItems", key->min);
    put_int(writer, "maxItems", key->max);
    open_in(writer, "items", '{');
    put_text(writer, "type", "object");
    close_with(writer, '}');
}

static void put_labels(struct writer *writer, const struct key *key)
{
    static const char *const types[] = {"string", "number", "boolean", NULL};

    put_text(writer, "type", "object");
    put_int(writer, "maxProperties", key->max);
    open_in(writer, "propertyNames", '{');
    put_text(writer, "pattern", "^[a-z][a-z0-9_]{0,62}$");
    close_with(writer, '}');
    open_in(writer, "additionalProperties", '{');
    put_words(writer, "type", types);
    close_with(writer, '}');
}

static void put_endpoints(struct writer *writer)
{
    open_in(writer, "enum", '[');
    for (size_t i = 0; endpoints[i] != NULL; i++)
        put_text(writer, NULL, endpoints[i]->name);
    close_with(writer, ']');
}

static void put_type(struct writer *writer, const struct key *key)
{
    switch (key->type) {
    case KEY_MAP:
        put_keys(writer, key->keys, key->n_keys);
        return;
    case KEY_TEXT:
    case KEY_SECRET:
    case KEY_FILE:
    case KEY_DATABASE:
    case KEY_URL:
    case KEY_PATH:
    case KEY_ZONE:
    case KEY_SCHEDULE:
        put_text(writer, "type", "string");
        return;
    case KEY_NAME:
        put_text(writer, "type", "string");
        put_text(writer, "pattern", "^[a-z0-9][a-z0-9_.-]{0,62}$|\\$\\{");
        return;
    case KEY_WORD:
        put_word_or_variable(writer, key->words);
        return;
    case KEY_INT:
        put_int_or_variable(writer, key->min, key->max);
        return;
    case KEY_SIZE:
    case KEY_DURATION:
    case KEY_PERCENT:
        put_quantity(writer, key);
        return;
    case KEY_MONEY:
    case KEY_BUDGET:
        put_budget(writer, key);
        return;
    case KEY_ENDPOINT:
        put_endpoints(writer);
        return;
    case KEY_TARGETS:
        put_targets(writer, key);
        return;
    case KEY_REQUEST:
        put_text(writer, "type", "object");
        return;
    case KEY_FEEDS:
        put_feeds(writer, key);
        return;
    case KEY_LABELS:
        put_labels(writer, key);
        return;
    }
}

/* A required key, or else its twin; in a job also the endpoint's parameters. */
static void put_required(struct writer *writer, const struct key *keys, size_t n_keys)
{
    open_in(writer, "allOf", '[');
    for (size_t i = 0; i < n_keys; i++) {
        if (!keys[i].is_required)
            continue;
        open_in(writer, NULL, '{');
        open_in(writer, "anyOf", '[');
        for (const char *name = keys[i].name; name != NULL;
             name = name == keys[i].name ? keys[i].twin : NULL) {
            const char *const names[] = {name, NULL};

            open_in(writer, NULL, '{');
            put_words(writer, "required", names);
            close_with(writer, '}');
        }
        close_with(writer, ']');
        close_with(writer, '}');
    }
    if (keys == job_keys.keys)
        put_requests(writer);
    close_with(writer, ']');
}

static bool has_required(const struct key *keys, size_t n_keys)
{
    for (size_t i = 0; i < n_keys; i++)
        if (keys[i].is_required)
            return true;
    return false;
}

/* The members of an object's schema. */
static void put_keys(struct writer *writer, const struct key *keys, size_t n_keys)
{
    put_text(writer, "type", "object");
    put_false(writer, "additionalProperties");
    open_in(writer, "properties", '{');
    for (size_t i = 0; i < n_keys; i++) {
        if (keys[i].is_later)
            continue;
        open_in(writer, keys[i].name, '{');
        put_text(writer, "description", keys[i].doc);
        if (keys[i].fallback != NULL && keys[i].type == KEY_INT) {
            begin_member(writer, "default");
            buf_append_string(writer->out, keys[i].fallback);
        } else if (keys[i].fallback != NULL) {
            put_text(writer, "default", keys[i].fallback);
        }
        put_type(writer, &keys[i]);
        close_with(writer, '}');
    }
    close_with(writer, '}');
    if (has_required(keys, n_keys))
        put_required(writer, keys, n_keys);
}

static void put_schema(struct buf *out, const struct key_table *table, const char *title)
{
    struct writer writer = {.out = out, .is_first = true};

    open_in(&writer, NULL, '{');
    put_text(&writer, "$schema", "http://json-schema.org/draft-07/schema#");
    put_text(&writer, "title", title);
    put_keys(&writer, table->keys, table->n_keys);
    close_with(&writer, '}');
    buf_append_char(out, '\n');
}

void config_schema(struct buf *out)
{
    put_schema(out, &main_keys, "The main file of linkhaul");
}

void config_job_schema(struct buf *out)
{
    put_schema(out, &job_keys, "A job of linkhaul: one document of a job file");
}
