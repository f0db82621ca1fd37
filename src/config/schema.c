/*
 * JSON Schemas (draft 7, which editors' YAML plug-ins speak) from the tables of keys and of API
 * parameters. Wherever a number or a word is wanted, ${VAR} is right as well.
 */
#include <inttypes.h>
#include <string.h>

#include "api/endpoint.h"
#include "api/provider.h"
#include "config/config.h"
#include "config/json.h"
#include "config/key.h"
#include "config/quantity.h"
#include "config/schema_writer.h"
#include "core/buf.h"
#include "core/mem.h"

#define NAME_PATTERN "[a-z0-9][a-z0-9_.-]{0,62}"

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
    buf_printf(&pattern, ")$|%s\\$\\{", key->type == KEY_DAYS ? "^" DAYS_NEVER "$|" : "");
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

static void put_catch_up(struct writer *writer)
{
    put_text(writer, "type", "string");
    put_text(writer, "pattern", "^until ([01][0-9]|2[0-3]):[0-5][0-9]$|\\$\\{");
}

static void put_endpoints(struct writer *writer)
{
    open_in(writer, "enum", '[');
    for (size_t i = 0; endpoints[i] != NULL; i++)
        put_text(writer, NULL, endpoints[i]->name);
    close_with(writer, ']');
}

static void put_name(struct writer *writer)
{
    put_text(writer, "type", "string");
    put_text(writer, "pattern", "^" NAME_PATTERN "$|\\$\\{");
}

static void put_names(struct writer *writer)
{
    put_text(writer, "type", "array");
    put_int(writer, "minItems", 1);
    open_in(writer, "items", '{');
    put_name(writer);
    close_with(writer, '}');
}

static void put_formerly(struct writer *writer)
{
    open_in(writer, "anyOf", '[');
    open_in(writer, NULL, '{');
    put_name(writer);
    close_with(writer, '}');
    open_in(writer, NULL, '{');
    put_names(writer);
    close_with(writer, '}');
    close_with(writer, ']');
}

static void put_projects(struct writer *writer, const struct key *key)
{
    put_text(writer, "type", "object");
    put_int(writer, "minProperties", 1);
    open_in(writer, "propertyNames", '{');
    put_text(writer, "pattern", "^" NAME_PATTERN "$");
    close_with(writer, '}');
    open_in(writer, "additionalProperties", '{');
    put_keys(writer, key->keys, key->n_keys);
    close_with(writer, '}');
}

static void put_accounts(struct writer *writer, const struct key *key)
{
    put_text(writer, "type", "object");
    put_int(writer, "minProperties", 1);
    open_in(writer, "additionalProperties", '{');
    put_keys(writer, key->keys, key->n_keys);
    close_with(writer, '}');
}

static void put_type(struct writer *writer, const struct key *key)
{
    switch (key->type) {
    case KEY_MAP:
    case KEY_ACCOUNT:
        put_keys(writer, key->keys, key->n_keys);
        return;
    case KEY_ACCOUNTS:
        put_accounts(writer, key);
        return;
    case KEY_TEXT:
    case KEY_SECRET:
    case KEY_FILE:
    case KEY_DATABASE:
    case KEY_URL:
    case KEY_PATH:
    case KEY_LISTEN:
    case KEY_ZONE:
    case KEY_SCHEDULE:
        put_text(writer, "type", "string");
        return;
    case KEY_CATCH_UP:
        put_catch_up(writer);
        return;
    case KEY_NAME:
    case KEY_ACCOUNT_OF:
    case KEY_PROJECT:
        put_name(writer);
        return;
    case KEY_WORD:
    case KEY_SYNC:
    case KEY_PROVIDER:
        put_word_or_variable(writer, key->words);
        return;
    case KEY_INT:
        put_int_or_variable(writer, key->min, key->max);
        return;
    case KEY_SIZE:
    case KEY_DURATION:
    case KEY_DAYS:
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
    case KEY_COMMAND:
        put_strings(writer, key->min, key->max);
        return;
    case KEY_REQUEST:
        put_text(writer, "type", "object");
        return;
    case KEY_PROJECTS:
        put_projects(writer, key);
        return;
    case KEY_FORMERLY:
        put_formerly(writer);
        return;
    case KEY_PROJECT_LIST:
        put_names(writer);
        return;
    case KEY_FEEDS:
        put_feeds(writer, key);
        return;
    case KEY_LABELS:
        put_labels(writer, key);
    }
}

/* True of an account whose provider needs no such key. */
static void put_unfit(struct writer *writer, const struct key *key)
{
    static const char *const required[] = {"provider", NULL};

    open_in(writer, NULL, '{');
    open_in(writer, "properties", '{');
    open_in(writer, "provider", '{');
    open_in(writer, "enum", '[');
    for (size_t i = 0; providers[i] != NULL; i++)
        if (!key_fits(key, providers[i]))
            put_text(writer, NULL, providers[i]->name);
    close_with(writer, ']');
    close_with(writer, '}');
    close_with(writer, '}');
    if (key_fits(key, providers[0])) /* which it is where none is named */
        put_words(writer, "required", required);
    close_with(writer, '}');
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
        if (keys[i].fit != FIT_ANY)
            put_unfit(writer, &keys[i]);
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
