#include "sandbox/item.h"

#include <limits.h>

#include "sandbox/random.h"
#include "sandbox/row_private.h"

enum oddity {
    ODD_NOTHING,
    ODD_OLD_SHAPE,   /* as in 2021 or 2022: fields are missing */
    ODD_TIMES,       /* the other form of a timestamp */
    ODD_NEW_FIELD,   /* a field nobody announced */
    ODD_TYPE,        /* a value of another type */
    ODD_ESCAPES,     /* slashes and all that is not ASCII as escapes */
    ODD_NO_KEYWORDS, /* null for the whole object */
    ODD_EMPTY_LISTS, /* [] where others have null */
    N_ODDITIES,
};

/* Bytes that a JSON string cannot hold as they are; 2: it hangs on the byte behind. */
static const unsigned char must_escape[256] = {
    ['"'] = 1,  ['\\'] = 1, [0x00] = 1, [0x01] = 1, [0x02] = 1, [0x03] = 1, [0x04] = 1,
    [0x05] = 1, [0x06] = 1, [0x07] = 1, [0x08] = 1, [0x09] = 1, [0x0a] = 1, [0x0b] = 1,
    [0x0c] = 1, [0x0d] = 1, [0x0e] = 1, [0x0f] = 1, [0x10] = 1, [0x11] = 1, [0x12] = 1,
    [0x13] = 1, [0x14] = 1, [0x15] = 1, [0x16] = 1, [0x17] = 1, [0x18] = 1, [0x19] = 1,
    [0x1a] = 1, [0x1b] = 1, [0x1c] = 1, [0x1d] = 1, [0x1e] = 1, [0x1f] = 1, [0xed] = 2,
};

static void put_unit(struct pen *pen, unsigned unit)
{
    pen_text(pen, "\\u");
    for (int shift = 12; shift >= 0; shift -= 4)
        pen_char(pen, "0123456789abcdef"[unit >> shift & 15]);
}

static void put_escape(struct pen *pen, unsigned char c)
{
    static const char short_forms[] = "\"\"\\\\\bb\ff\nn\rr\tt";

    for (size_t i = 0; i < sizeof(short_forms) - 1; i += 2) {
        if (c == (unsigned char)short_forms[i]) {
            pen_char(pen, '\\');
            pen_char(pen, short_forms[i + 1]);
            return;
        }
    }
    put_unit(pen, c);
}

/* Runs without an escape are copied whole. */
static void put_string(struct pen *pen, const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + size, *run = at;

    pen_char(pen, '"');
    while (at < end) {
        unsigned char c = *at;

        if (must_escape[c] == 0 || (c == 0xed && (end - at < 3 || at[1] < 0xa0))) {
            at++;
            continue;
        }
        pen_bytes(pen, run, (size_t)(at - run));
        if (c == 0xed) {
            put_unit(pen, 0xd000U | (at[1] & 0x3fU) << 6 | (at[2] & 0x3fU));
            at += 3;
        } else {
            put_escape(pen, c);
            at++;
        }
        run = at;
    }
    pen_bytes(pen, run, (size_t)(at - run));
    pen_char(pen, '"');
}

/* The code point at `at`, which is well-formed or a surrogate in three bytes. */
static unsigned code_point(const unsigned char *at, size_t *ret_size)
{
    if (at[0] < 0x80) {
        *ret_size = 1;
        return at[0];
    }
    if (at[0] < 0xe0) {
        *ret_size = 2;
        return (at[0] & 0x1fU) << 6 | (at[1] & 0x3fU);
    }
    if (at[0] < 0xf0) {
        *ret_size = 3;
        return (at[0] & 0x0fU) << 12 | (at[1] & 0x3fU) << 6 | (at[2] & 0x3fU);
    }
    *ret_size = 4;
    return (at[0] & 0x07U) << 18 | (at[1] & 0x3fU) << 12 | (at[2] & 0x3fU) << 6 | (at[3] & 0x3fU);
}

static void put_string_escaped(struct pen *pen, const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + size;

    pen_char(pen, '"');
    while (at < end) {
        size_t length;
        unsigned c = code_point(at, &length);

        if (c == '/')
            pen_text(pen, "\\/");
        else if (c < 0x80 && !must_escape[c])
            pen_char(pen, (char)c);
        else if (c < 0x80)
            put_escape(pen, (unsigned char)c);
        else if (c < 0x10000)
            put_unit(pen, c);
        else {
            put_unit(pen, 0xd800 | (c - 0x10000) >> 10);
            put_unit(pen, 0xdc00 | ((c - 0x10000) & 0x3ff));
        }
        at += length;
    }
    pen_char(pen, '"');
}

static void put_texts(struct pen *pen, const char *const *texts)
{
    pen_char(pen, '[');
    for (size_t i = 0; texts[i] != NULL; i++) {
        if (i > 0)
            pen_char(pen, ',');
        put_string(pen, texts[i], strlen(texts[i]));
    }
    pen_char(pen, ']');
}

static void put_value(struct pen *pen, const struct value *value, enum oddity oddity)
{
    switch (value->kind) {
    case VALUE_NULL:
        pen_bytes(pen, "null", 4);
        break;
    case VALUE_BOOL:
        pen_text(pen, value->number ? "true" : "false");
        break;
    case VALUE_NUM:
        pen_number(pen, value->number);
        break;
    case VALUE_TIME:
        pen_char(pen, '"');
        pen_time(pen, value->number, oddity == ODD_TIMES);
        pen_char(pen, '"');
        break;
    case VALUE_TEXT:
        if (oddity == ODD_ESCAPES)
            put_string_escaped(pen, value->text, value->size);
        else
            put_string(pen, value->text, value->size);
        break;
    case VALUE_TEXTS:
        put_texts(pen, value->texts);
        break;
    case VALUE_JSON:
        pen_bytes(pen, value->text, value->size);
        break;
    }
}

/* A value that does not fit the field's type, of those that other services have sent. */
static void put_odd_value(struct pen *pen, const struct value *value, uint64_t bits)
{
    static const char *const for_number[] = {"\"12\"", "12.5", "1e3", "99999999999999999999",
                                             "-1",     "true", "{}",  "\"n/a\""};
    static const char *const for_bool[] = {"\"true\"", "1", "\"\"", "[false]"};
    static const char *const for_time[] = {"\"0000-00-00 00:00:00 +00:00\"",
                                           "\"2023-03-12 15:06:53.25 +00:00\"", "1678633613",
                                           "\"soon\""};
    static const char *const for_text[] = {"17", "false", "[\"a\",\"b\"]", "{\"raw\":\"x\"}"};
    static const char *const for_list[] = {"\"cms\"", "[1,2]", "[null,\"blogs\"]",
                                           "{\"0\":\"cms\"}"};

    switch (value->kind) {
    case VALUE_NUM:
        pen_text(pen, for_number[bits & 7]);
        break;
    case VALUE_BOOL:
        pen_text(pen, for_bool[bits & 3]);
        break;
    case VALUE_TIME:
        pen_text(pen, for_time[bits & 3]);
        break;
    case VALUE_TEXT:
        pen_text(pen, for_text[bits & 3]);
        break;
    default:
        pen_text(pen, for_list[bits & 3]);
        break;
    }
}

/* What names the link and what it is walked by keeps its type: url_from, url_to, first_seen. */
static bool may_be_odd(const char *path)
{
    return strcmp(path, "url_from") != 0 && strcmp(path, "url_to") != 0 &&
           strcmp(path, "first_seen") != 0 && strchr(path, '.') == NULL;
}

static void put_fields(struct pen *pen, struct row *row, enum oddity oddity, uint64_t bits)
{
    size_t odd_field = oddity == ODD_TYPE ? random_below(bits, n_row_fields) : n_row_fields;
    int year = oddity != ODD_OLD_SHAPE ? INT_MAX : (bits & 1) != 0 ? 2021 : 2022;

    for (size_t i = 0; i < n_row_fields; i++) {
        const struct field *field = &row_fields[i];
        struct value value;

        if (field->since > year || (oddity == ODD_NO_KEYWORDS && field->nesting == FIELD_INSIDE))
            continue;
        if (i > 0)
            pen_char(pen, ',');
        if (oddity == ODD_NO_KEYWORDS && field->nesting == FIELD_OPENS) {
            pen_text(pen, "\"ranked_keywords_info\":null");
            continue;
        }
        pen_bytes(pen, field->key, field->key_size);
        value = row_value(row, i);
        if (i == odd_field && may_be_odd(field->path))
            put_odd_value(pen, &value, bits);
        else if (oddity == ODD_EMPTY_LISTS && strcmp(field->path, "attributes") == 0)
            pen_text(pen, "[]");
        else
            put_value(pen, &value, oddity);
        if (field->closes)
            pen_char(pen, '}');
    }
}

bool item_append(struct buf *buf, struct row *row)
{
    struct pen pen;
    uint64_t bits = random_draw(row->bits, SALT_ODDITY);
    enum oddity oddity =
        row->is_plain_shape ? ODD_NOTHING : 1 + (enum oddity)random_below(bits, N_ODDITIES - 1);
    char *room = buf_reserve(buf, ITEM_SIZE_MAX);

    if (room == NULL)
        return false;
    pen = (struct pen){room, room + ITEM_SIZE_MAX};
    pen_char(&pen, '{');
    put_fields(&pen, row, oddity, random_mix(bits));
    if (oddity == ODD_NEW_FIELD)
        pen_text(&pen, ",\"page_from_topics\":[\"news\",{\"score\":0.75,\"note\":null}]");
    pen_char(&pen, '}');
    buf->size += (size_t)(pen.at - room);
    buf->data[buf->size] = '\0';
    return true;
}

bool item_append_string(struct buf *buf, const char *text, size_t size)
{
    struct pen pen;
    char *room = buf_reserve(buf, size * 6 + 2);

    if (room == NULL)
        return false;
    pen = (struct pen){room, room + size * 6 + 2};
    put_string(&pen, text, size);
    buf->size += (size_t)(pen.at - room);
    buf->data[buf->size] = '\0';
    return true;
}
