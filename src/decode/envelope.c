#include "decode/envelope.h"

#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/money.h"
#include "core/text.h"
#include "decode/clean.h"
#include "decode/page.h"
#include "decode/scan.h"

/*
 * The grammar is checked by scan.h, which is stricter than json-c: json-c takes NaN and control
 * characters. Then json-c makes the tree, and each thing is looked up where the vendor has it
 * (docs.dataforseo.com/v3/appendix/response_format/), tolerating that anything is missing.
 *
 * - Not one whole object: ERR_DATA; the charge is unknown then.
 * - Something of the wrong type: as if it were missing, but for the items and the token, without
 *   which rows would silently be lost: ERR_DATA.
 */

#define AROUND_DEPTH_MAX 256

static void put_json(struct json_object **tree)
{
    json_object_put(*tree);
}

static void free_tokener(struct json_tokener **tokener)
{
    json_tokener_free(*tokener);
}

static bool parse(const char *text, size_t size, struct json_object **ret_tree, struct err *err)
{
    CLEANUP(free_tokener) struct json_tokener *tokener = json_tokener_new_ex(AROUND_DEPTH_MAX);
    const char *at = scan_space(text, text + size), *end = text + size;
    struct raw raw;

    if (tokener == NULL)
        return err_set(err, ERR_INTERNAL, "json-c cannot be set up");
    switch (scan_value(&at, end, &raw)) {
    case SCAN_CUT:
        return err_set(err, ERR_DATA, "the body is cut short");
    case SCAN_BAD:
        return err_set(err, ERR_DATA, "the body is not valid JSON around its items");
    case SCAN_OK:
        break;
    }
    if (raw.type != RAW_OBJECT)
        return err_set(err, ERR_DATA, "the body is no JSON object");
    if (scan_space(at, end) != end)
        return err_set(err, ERR_DATA, "something stands behind the body's JSON object");
    *ret_tree = json_tokener_parse_ex(tokener, raw.text, (int)raw.size);
    if (*ret_tree == NULL)
        return err_set(err, ERR_DATA, "the body cannot be read: %s",
                       json_tokener_error_desc(json_tokener_get_error(tokener)));
    return true;
}

static struct json_object *get(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;

    if (json_object_is_type(object, json_type_object))
        json_object_object_get_ex(object, key, &value);
    return value;
}

static struct json_object *first_of(struct json_object *array)
{
    if (!json_object_is_type(array, json_type_array) || json_object_array_length(array) == 0)
        return NULL;
    return json_object_array_get_idx(array, 0);
}

static int get_code(struct json_object *object)
{
    struct json_object *value = get(object, "status_code");
    int64_t code;

    if (!json_object_is_type(value, json_type_int))
        return 0;
    code = json_object_get_int64(value);
    return code > 0 && code <= INT_MAX ? (int)code : 0;
}

/* json-c saturates what does not fit 64 bits; its limit itself is therefore no count. */
static int64_t get_count(struct json_object *object, const char *key)
{
    struct json_object *value = get(object, key);
    int64_t count;

    if (!json_object_is_type(value, json_type_int))
        return -1;
    count = json_object_get_int64(value);
    return count >= 0 && count < INT64_MAX ? count : -1;
}

/* json-c keeps the digits of a number with a point as they came, and prints an integer exactly. */
static int64_t get_cost(struct json_object *object)
{
    struct json_object *value = get(object, "cost");
    const char *text;
    int64_t cost_nanousd;

    if (!json_object_is_type(value, json_type_double) && !json_object_is_type(value, json_type_int))
        return -1;
    text = json_object_get_string(value);
    return money_parse(text, strlen(text), &cost_nanousd) ? cost_nanousd : -1;
}

static bool is_string(struct json_object *value)
{
    return json_object_is_type(value, json_type_string) && json_object_get_string_len(value) > 0;
}

/* A string into `into`, clean and cut between two characters; false where there is none. */
static bool copy_text(struct json_object *value, char *into, size_t into_size)
{
    char cleaned[CLEAN_SIZE(ENVELOPE_TEXT_MAX)];
    bool is_changed = false;
    size_t size, kept = 0, length;

    if (!is_string(value))
        return false;
    size = (size_t)json_object_get_string_len(value);
    size = size < ENVELOPE_TEXT_MAX ? size : ENVELOPE_TEXT_MAX;
    size = clean_text(json_object_get_string(value), size, cleaned, &is_changed);
    while (kept < size) {
        length = text_utf8_length(cleaned + kept, size - kept);
        if (kept + length >= into_size)
            break;
        kept += length;
    }
    memcpy(into, cleaned, kept);
    into[kept] = '\0';
    return true;
}

/* Items stand in the text as [] where the reader before us found them. */
static bool check_items(struct json_object *result, struct err *err)
{
    struct json_object *items = get(result, "items");

    if (items == NULL || json_object_is_type(items, json_type_null))
        return true;
    if (json_object_is_type(items, json_type_array) && json_object_array_length(items) == 0)
        return true;
    return err_set(err, ERR_DATA, "the answer's items are %s",
                   json_object_is_type(items, json_type_array) ? "not where they are expected"
                                                               : "no array");
}

static bool copy_token(struct json_object *value, char **ret_token, struct err *err)
{
    const char *text;
    size_t size;

    if (!is_string(value))
        return true;
    text = json_object_get_string(value);
    size = (size_t)json_object_get_string_len(value);
    if (size > ENVELOPE_TOKEN_MAX)
        return err_set(err, ERR_DATA, "search_after_token has %zu bytes, more than %d", size,
                       ENVELOPE_TOKEN_MAX);
    if (strlen(text) != size || text_utf8_valid(text, size) != size)
        return err_set(err, ERR_DATA, "search_after_token is not a text that can be sent back");
    *ret_token = mem_strndup(text, size);
    return true;
}

/*
 * What a gateway in front of the API says instead of an envelope (aisa.one/docs, "Errors"):
 * {"error": {"type", "code", "message", "request_id"}}, or {"error": "…", "message": "…"}.
 */
static void read_error(struct json_object *top, struct envelope *envelope)
{
    struct json_object *error = get(top, "error");
    char id[ENVELOPE_ID_MAX];
    size_t used;

    if (!json_object_is_type(error, json_type_object) && !is_string(error))
        return;
    envelope->has_error = true;
    if (is_string(error)) {
        copy_text(error, envelope->error_code, sizeof(envelope->error_code));
        if (!copy_text(get(top, "message"), envelope->message, sizeof(envelope->message)))
            copy_text(error, envelope->message, sizeof(envelope->message));
        return;
    }
    if (!copy_text(get(error, "code"), envelope->error_code, sizeof(envelope->error_code)))
        copy_text(get(error, "type"), envelope->error_code, sizeof(envelope->error_code));
    if (!copy_text(get(error, "message"), envelope->message, sizeof(envelope->message)))
        snprintf(envelope->message, sizeof(envelope->message), "%s", envelope->error_code);
    used = strlen(envelope->message);
    if (copy_text(get(error, "request_id"), id, sizeof(id)) &&
        used + strlen(id) + sizeof(" (request )") <= sizeof(envelope->message))
        snprintf(envelope->message + used, sizeof(envelope->message) - used, " (request %s)", id);
}

bool envelope_read(const char *text, size_t size, struct envelope *ret_envelope, struct err *err)
{
    CLEANUP(put_json) struct json_object *top = NULL;
    struct envelope envelope = {.token = NULL};
    struct json_object *task, *result;

    if (!parse(text, size, &top, err))
        return false;
    task = first_of(get(top, "tasks"));
    result = first_of(get(task, "result"));
    if (!check_items(result, err))
        return false;
    envelope.status_code = get_code(top);
    envelope.task_status_code = get_code(task);
    if (!copy_text(get(task, "status_message"), envelope.message, sizeof envelope.message))
        copy_text(get(top, "status_message"), envelope.message, sizeof envelope.message);
    copy_text(get(task, "id"), envelope.task_id, sizeof envelope.task_id);
    envelope.cost_nanousd = get_cost(task);
    if (envelope.cost_nanousd < 0)
        envelope.cost_nanousd = get_cost(top);
    envelope.has_result = json_object_is_type(result, json_type_object);
    envelope.total_count = get_count(result, "total_count");
    envelope.items_count = get_count(result, "items_count");
    if (envelope.status_code == 0)
        read_error(top, &envelope);
    if (!copy_token(get(result, "search_after_token"), &envelope.token, err))
        return false;
    *ret_envelope = envelope;
    return true;
}

void envelope_deinit(struct envelope *envelope)
{
    free(envelope->token);
    envelope->token = NULL;
}
