#include "decode/value.h"

#include "core/text.h"
#include "decode/clean.h"
#include "decode/copy.h"
#include "decode/scan.h"
#include "decode/timestamp.h"

/*
 * One function per type of column. A buffer that is overfull remembers it; the row is then refused
 * as a whole, so a value that found no room counts as put.
 */

#define OID_TEXT 25

/* Reserves a field of at most `size` bytes. Returns where its bytes go, behind its length. */
static char *begin_field(struct buf *out, size_t size)
{
    char *room = buf_reserve(out, 4 + size);

    return room == NULL ? NULL : room + 4;
}

static void end_field(struct buf *out, char *bytes, const char *end)
{
    size_t size = (size_t)(end - bytes);

    copy_write_int32(bytes - 4, (int32_t)size);
    out->size += 4 + size;
    out->data[out->size] = '\0';
}

static void put_text(const struct raw *raw, struct buf *out, bool *is_cleaned)
{
    const char *inner = raw->text + 1;
    size_t size = raw->size - 2;
    char *bytes;

    if (raw->is_plain) {
        copy_bytes(out, inner, size);
        return;
    }
    bytes = begin_field(out, CLEAN_SIZE(size));
    if (bytes != NULL)
        end_field(out, bytes, bytes + clean_string(inner, size, bytes, is_cleaned));
}

static void put_jsonb(const struct raw *raw, struct buf *out, bool *is_cleaned)
{
    char *bytes = begin_field(out, 1 + CLEAN_SIZE(raw->size));

    if (bytes == NULL)
        return;
    bytes[0] = 1; /* the version of jsonb's wire form; its text follows */
    end_field(out, bytes, bytes + 1 + clean_json(raw, bytes + 1, is_cleaned));
}

static bool put_timestamptz(const struct raw *raw, struct buf *out)
{
    int64_t us;

    if (!timestamp_parse(raw->text + 1, raw->size - 2, &us))
        return false;
    copy_int64(out, us);
    return true;
}

/* Puts the elements of an array behind one another; false where one is no string and no null. */
static bool put_elements(const struct raw *raw, struct buf *out, int32_t *ret_n, bool *ret_has_null,
                         bool *is_cleaned)
{
    const char *at = raw->text + 1, *end = raw->text + raw->size;

    for (*ret_n = 0;; ++*ret_n) {
        struct raw element;

        at = scan_space(at, end);
        if (*at == ',')
            at = scan_space(at + 1, end);
        if (*at == ']')
            return true;
        if (scan_value(&at, end, &element) != SCAN_OK)
            return false;
        if (element.type == RAW_STRING) {
            put_text(&element, out, is_cleaned);
        } else if (element.type == RAW_NULL) {
            copy_null(out);
            *ret_has_null = true;
        } else {
            return false;
        }
    }
}

static void patch(struct buf *out, size_t position, int32_t value)
{
    if (!out->is_overfull)
        copy_write_int32(out->data + position, value);
}

/* An array's header: dimensions (none where it is empty), whether it has nulls, and the type. */
static bool put_text_array(const struct raw *raw, struct buf *out, bool *is_cleaned)
{
    size_t start = out->size;
    char header[24]; /* the field's length, three numbers, then elements and lower bound */
    char *at = header;
    int32_t n;
    bool has_null = false, has_cleaned = false;

    for (unsigned i = 0; i < 6; i++)
        at = copy_write_int32(at, i == 1 || i == 5 ? 1 : i == 3 ? OID_TEXT : 0);
    buf_append(out, header, sizeof header);
    if (!put_elements(raw, out, &n, &has_null, &has_cleaned)) {
        out->size = start;
        return false;
    }
    *is_cleaned = *is_cleaned || has_cleaned;
    if (n == 0) {
        out->size = out->is_overfull ? out->size : start + 16;
        patch(out, start + 4, 0);
    }
    patch(out, start, (int32_t)(out->size - start - 4));
    patch(out, start + 8, has_null);
    if (n > 0)
        patch(out, start + 16, n);
    return true;
}

bool value_put(enum column_type type, const struct raw *raw, struct buf *out, bool *is_cleaned)
{
    int64_t number;

    if (raw->type == RAW_NULL) {
        copy_null(out);
        return true;
    }
    switch (type) {
    case COLUMN_TEXT:
        if (raw->type != RAW_STRING)
            return false;
        put_text(raw, out, is_cleaned);
        return true;
    case COLUMN_BIGINT:
        if (raw->type != RAW_NUMBER || !text_parse_int64(raw->text, raw->size, &number))
            return false;
        copy_int64(out, number);
        return true;
    case COLUMN_BOOLEAN:
        if (raw->type != RAW_TRUE && raw->type != RAW_FALSE)
            return false;
        copy_bytes(out, raw->type == RAW_TRUE ? "\1" : "\0", 1);
        return true;
    case COLUMN_TIMESTAMPTZ:
        return raw->type == RAW_STRING && put_timestamptz(raw, out);
    case COLUMN_TEXT_ARRAY:
        return raw->type == RAW_ARRAY && put_text_array(raw, out, is_cleaned);
    case COLUMN_JSONB:
        put_jsonb(raw, out, is_cleaned);
        return true;
    }
    return false;
}
