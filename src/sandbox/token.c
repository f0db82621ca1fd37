#include "sandbox/token.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"
#include "sandbox/base64.h"
#include "sandbox/pen.h"
#include "sandbox/print.h"
#include "sandbox/query.h"

#define ACCOUNT 1535
#define TOKEN_BYTES_MAX 65536
#define TEXT_SIZE_MAX 120 /* of a sort key: it is there to be looked at, not to be used */

static void append_value(struct buf *json, const struct value *value)
{
    char text[64];
    struct pen pen = {text, text + sizeof(text)};
    size_t size = value->size < TEXT_SIZE_MAX ? value->size : TEXT_SIZE_MAX;

    switch (value->kind) {
    case VALUE_TEXT:
        while (size < value->size && size > 0 && (value->text[size] & 0xc0) == 0x80)
            size--;
        print_string(json, value->text, size);
        break;
    case VALUE_TIME:
        pen_time(&pen, value->number, true);
        print_string(json, text, (size_t)(pen.at - text));
        break;
    case VALUE_BOOL:
        buf_append_string(json, value->number ? "true" : "false");
        break;
    case VALUE_NUM:
        buf_printf(json, "%" PRId64, value->number);
        break;
    default:
        buf_append_string(json, "null");
        break;
    }
}

bool token_append(struct buf *buf, const struct query *query, struct item *last,
                  const struct token *token)
{
    struct buf CLEANUP(buf_deinit) json = BUF_WITH_CEILING(TOKEN_BYTES_MAX);

    buf_printf(&json, "{\"CurrentOffset\":0,\"RawRequest\":{\"target\":");
    print_string(&json, query->target, strlen(query->target));
    buf_printf(&json, ",\"query\":\"%016" PRIx64 "\",\"limit\":%" PRId64 ",\"aid\":%d}",
               query->digest, query->limit, ACCOUNT);
    buf_append_string(&json, ",\"SearchAfterData\":{\"Version\":1,\"SearchAfterValues\":{");
    for (size_t i = 0; i < query->n_rules; i++) {
        struct value value = item_value(last, query->rules[i].place);

        buf_printf(&json, "%s\"%s\":", i > 0 ? "," : "",
                   place_path(&query->rules[i].place, query->shape));
        append_value(&json, &value);
    }
    buf_printf(&json, "},\"TokenRealOffset\":%zu", token->position);
    if (token->call_no > 0)
        buf_printf(&json, ",\"Call\":%" PRIu64, token->call_no);
    buf_append_string(&json, "}}");
    return base64_encode(buf, buf_text(&json), json.size);
}

static void put_json(struct json_object **json)
{
    json_object_put(*json);
}

/* The text or number at the end of a path through objects; NULL where there is none. */
static const char *text_at(struct json_object *json, const char *outer, const char *inner)
{
    if (!json_object_object_get_ex(json, outer, &json) ||
        !json_object_object_get_ex(json, inner, &json))
        return NULL;
    return json_object_get_string(json);
}

bool token_read(const struct query *query, struct token *ret_token)
{
    struct buf CLEANUP(buf_deinit) bytes = BUF_WITH_CEILING(TOKEN_BYTES_MAX);
    struct json_object *CLEANUP(put_json) json = NULL;
    const char *digest, *position, *call;
    char expected[17];
    int64_t value, call_no = 0;
    struct pen pen = {expected, expected + 16};

    if (!base64_decode(&bytes, query->token, strlen(query->token)))
        return false;
    json = json_tokener_parse(buf_text(&bytes));
    if (!json_object_is_type(json, json_type_object))
        return false;
    digest = text_at(json, "RawRequest", "query");
    position = text_at(json, "SearchAfterData", "TokenRealOffset");
    pen_hex32(&pen, (uint32_t)(query->digest >> 32));
    pen_hex32(&pen, (uint32_t)query->digest);
    *pen.at = '\0';
    if (digest == NULL || strcmp(digest, expected) != 0 || position == NULL ||
        !text_parse_int64(position, strlen(position), &value) || value < 1 ||
        value > ROW_SOURCE_ITEMS_MAX * 2)
        return false;
    call = text_at(json, "SearchAfterData", "Call");
    if (call != NULL && (!text_parse_int64(call, strlen(call), &call_no) || call_no < 1))
        return false;
    *ret_token = (struct token){.position = (size_t)value, .call_no = (uint64_t)call_no};
    return true;
}
