#include "unit/decode/invariants.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/mem.h"
#include "core/text.h"
#include "unit/decode/decoded.h"

static bool is_storable(struct copy_field field)
{
    return field.size < 0 ||
           (memchr(field.data, '\0', (size_t)field.size) == NULL &&
            text_utf8_valid(field.data, (size_t)field.size) == (size_t)field.size);
}

/* Valid JSON as json-c has it, too. */
static bool is_storable_jsonb(struct copy_field field)
{
    struct json_tokener *tokener = json_tokener_new_ex(1000);
    struct json_object *tree;
    char *text;
    bool is_fine;

    if (field.size < 2 || field.data[0] != 1) {
        json_tokener_free(tokener);
        return field.size < 0;
    }
    field.data++;
    field.size--;
    text = mem_strndup(field.data, (size_t)field.size);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    tree = json_tokener_parse_ex(tokener, text, field.size + 1); /* a number ends at the NUL */
    is_fine = is_storable(field) && json_tokener_get_error(tokener) == json_tokener_success;
    json_object_put(tree);
    json_tokener_free(tokener);
    free(text);
    return is_fine;
}

static bool is_array(struct copy_field field)
{
    char *text = copy_field_text_array(field);
    bool is_fine =
        strcmp(text, "malformed") != 0 && text_utf8_valid(text, strlen(text)) == strlen(text);

    free(text);
    return is_fine;
}

static bool has_size(struct copy_field field, int32_t size)
{
    return field.size == size || field.size == -1;
}

static const char *check_column(enum column_type type, struct copy_field field)
{
    switch (type) {
    case COLUMN_TEXT:
        return is_storable(field) ? NULL : "a text that PostgreSQL cannot store";
    case COLUMN_BIGINT:
    case COLUMN_TIMESTAMPTZ:
        return has_size(field, 8) ? NULL : "a number not of 8 bytes";
    case COLUMN_BOOLEAN:
        return has_size(field, 1) ? NULL : "a boolean not of one byte";
    case COLUMN_TEXT_ARRAY:
        return is_array(field) ? NULL : "a malformed array";
    case COLUMN_JSONB:
        return is_storable_jsonb(field) ? NULL : "jsonb that PostgreSQL cannot store";
    }
    return "a column of no type";
}

static const char *check_row(const struct decoded *decoded, size_t row)
{
    const struct endpoint *endpoint = endpoint_find("backlinks");
    const char *complaint = NULL;

    if (decoded->rows.n_columns != 8 + endpoint->n_columns + 1)
        return "another number of columns";
    for (size_t i = 0; i < endpoint->n_columns && complaint == NULL; i++)
        complaint =
            check_column(endpoint->columns[i].type, copy_field_at(&decoded->rows, row, 8 + i));
    if (complaint != NULL)
        return complaint;
    if (row_field(decoded, row, "url_from").size < 0 || row_field(decoded, row, "url_to").size < 0)
        return "a row without its key";
    if (row_field(decoded, row, "link_key").size != 16)
        return "a link_key not of 16 bytes";
    if (!is_storable_jsonb(row_field(decoded, row, "extra")))
        return "extra that PostgreSQL cannot store";
    return NULL;
}

static bool is_rising(const struct copy_reader *reader)
{
    int64_t last = 1000;

    for (size_t row = 0; row < reader->n_rows; row++) {
        int64_t ordinal = copy_field_number(copy_field_at(reader, row, 4));

        if (ordinal <= last)
            return false;
        last = ordinal;
    }
    return true;
}

const char *decoded_complaint(const struct decoded *decoded)
{
    const char *complaint = NULL;

    if (!decoded->is_fine)
        return decoded->err.kind == ERR_DATA && decoded->err.text[0] != '\0'
                   ? NULL
                   : "refused without a reason, or for another than the data";
    if (decoded->counts.n_items != decoded->envelope.n_items ||
        decoded->reject_counts.n_items != decoded->envelope.n_items ||
        decoded->counts.n_rows + decoded->counts.n_rejects != decoded->counts.n_items)
        return "items that are neither rows nor rejects";
    if (decoded->rows.n_rows != (size_t)decoded->counts.n_rows ||
        decoded->rejects.n_rows != (size_t)decoded->counts.n_rejects ||
        decoded->reject_counts.n_rejects != decoded->counts.n_rejects)
        return "rows that were counted and are not there, or the other way round";
    if (!is_rising(&decoded->rows) || !is_rising(&decoded->rejects))
        return "ordinals that do not rise";
    for (size_t row = 0; row < decoded->rows.n_rows && complaint == NULL; row++)
        complaint = check_row(decoded, row);
    for (size_t row = 0; row < decoded->rejects.n_rows && complaint == NULL; row++)
        if (!is_storable(copy_field_at(&decoded->rejects, row, 6)) ||
            !is_storable(copy_field_at(&decoded->rejects, row, 7)))
            complaint = "a reject that PostgreSQL cannot store";
    return complaint;
}
