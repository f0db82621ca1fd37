/*
 * A row as JSON, without blanks. About one in five hundred is odd in a way that the vendor's data
 * is, or was: an older shape with fields missing, the other form of a timestamp, a field nobody
 * announced, a value of another type, every possible escape. What --odd asks for comes on top.
 */
#include "sandbox/print.h"

#include <limits.h>

#include "sandbox/odd.h"
#include "sandbox/random.h"
#include "sandbox/row_private.h"

enum quirk {
    QUIRK_NOTHING,
    QUIRK_OLD_SHAPE,   /* as in 2021 or 2022: fields are missing */
    QUIRK_TIMES,       /* the other form of a timestamp */
    QUIRK_NEW_FIELD,   /* a field nobody announced */
    QUIRK_TYPE,        /* a value of another type */
    QUIRK_ESCAPES,     /* slashes and all that is not ASCII as escapes */
    QUIRK_NO_KEYWORDS, /* null for the whole object */
    QUIRK_EMPTY_LISTS, /* [] where others have null */
    N_QUIRKS,
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

static void put_texts(struct pen *pen, const struct value *value)
{
    const char *const *texts = value->texts;

    pen_char(pen, '[');
    for (size_t i = 0; texts[i] != NULL && (value->size == 0 || i < value->size); i++) {
        if (i > 0)
            pen_char(pen, ',');
        put_string(pen, texts[i], strlen(texts[i]));
    }
    pen_char(pen, ']');
}

static void put_value(struct pen *pen, const struct value *value, enum quirk quirk)
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
        pen_time(pen, value->number, quirk == QUIRK_TIMES);
        pen_char(pen, '"');
        break;
    case VALUE_TEXT:
        if (quirk == QUIRK_ESCAPES)
            put_string_escaped(pen, value->text, value->size);
        else
            put_string(pen, value->text, value->size);
        break;
    case VALUE_TEXTS:
        put_texts(pen, value);
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

/* What names a row and what it is walked by stays as it is. */
static bool may_be_odd(const char *path)
{
    static const char *const names[] = {"url_from", "url_to", "first_seen", "target", "domain"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(path, names[i]) == 0)
            return false;
    return strchr(path, '.') == NULL;
}

/* Of one row: its quirk, and what --odd wants of it. */
struct printing {
    struct pen pen;
    struct row *row;
    const struct shape *shape;
    enum quirk quirk;
    uint64_t bits;
    int year; /* fields that came later are left out */
    size_t odd_field, gone_field;
};

/* Whether the row is odd in that way; as a site or a page is one item, all rows of it are. */
static bool is_odd(const struct printing *printing, enum odd odd)
{
    return odds_hit(printing->row->source->odds, odd, printing->row->number);
}

/* The field that --odd names, or one that hangs on the row; n_fields: none. */
static size_t odd_field(const struct printing *printing, enum odd odd)
{
    const struct shape *shape = printing->shape;
    const char *name;
    size_t field = 0;

    if (!is_odd(printing, odd))
        return shape->n_fields;
    name = odds_field(printing->row->source->odds, odd);
    if (name == NULL)
        return random_below(random_mix(printing->bits), shape->n_fields);
    while (field < shape->n_fields && strcmp(shape->fields[field].path, name) != 0)
        field++;
    return field;
}

static bool is_left_out(const struct printing *printing, size_t i)
{
    const struct field *field = &printing->shape->fields[i];

    return field->since > printing->year ||
           (printing->quirk == QUIRK_NO_KEYWORDS && field->nesting == FIELD_INSIDE) ||
           (field->is_link_only && printing->shape->is_per_site) ||
           (i == printing->gone_field && may_be_odd(field->path));
}

static bool is_list(const struct field *field)
{
    return strcmp(field->path, "attributes") == 0 ||
           strcmp(field->path, "domain_from_platform_type") == 0 ||
           strcmp(field->path, "indirect_link_path") == 0;
}

/* The name of the referring domain, with www. where it has none and the reverse. */
static void put_other_www(struct pen *pen, const struct value *value)
{
    struct value other = *value;
    char host[ROW_HOST_MAX + 4] = "www.";

    if (value->size >= 4 && memcmp(value->text, "www.", 4) == 0) {
        other.text += 4;
        other.size -= 4;
    } else if (value->size < ROW_HOST_MAX) {
        memcpy(host + 4, value->text, value->size);
        other.text = host;
        other.size += 4;
    }
    put_value(pen, &other, QUIRK_NOTHING);
}

static void put_field(struct printing *printing, size_t i)
{
    const struct field *field = &printing->shape->fields[i];
    struct value value = row_value(printing->row, i);
    struct pen *pen = &printing->pen;

    if (i == printing->odd_field && may_be_odd(field->path))
        put_odd_value(pen, &value, printing->bits);
    else if (is_list(field) && is_odd(printing, ODD_LIST_NULL))
        pen_text(pen, "null");
    else if ((printing->quirk == QUIRK_EMPTY_LISTS && strcmp(field->path, "attributes") == 0) ||
             (is_list(field) && is_odd(printing, ODD_LIST_EMPTY)))
        pen_text(pen, "[]");
    else if (printing->row->has_other_www && strcmp(field->path, "target") == 0)
        put_other_www(pen, &value);
    else if (strcmp(field->path, "lost_date") == 0 && value.kind == VALUE_TIME &&
             is_odd(printing, ODD_LOST_DATE))
        pen_number(pen, value.number);
    else
        put_value(pen, &value, printing->quirk);
}

static void put_fields(struct printing *printing)
{
    struct pen *pen = &printing->pen;
    bool is_first = true, has_no_lists = is_odd(printing, ODD_LIST_MISSING);

    for (size_t i = 0; i < printing->shape->n_fields; i++) {
        const struct field *field = &printing->shape->fields[i];

        if (is_left_out(printing, i) || (has_no_lists && is_list(field)))
            continue;
        if (!is_first)
            pen_char(pen, ',');
        is_first = false;
        if (printing->quirk == QUIRK_NO_KEYWORDS && field->nesting == FIELD_OPENS) {
            pen_text(pen, "\"ranked_keywords_info\":null");
            continue;
        }
        pen_bytes(pen, field->key, field->key_size);
        put_field(printing, i);
        if (field->closes)
            pen_char(pen, '}');
    }
}

static void choose(struct printing *printing)
{
    struct row *row = printing->row;
    uint64_t bits = random_draw(row->bits, SALT_ODDITY);

    if (!row->is_plain_shape)
        printing->quirk = 1 + (enum quirk)random_below(bits, N_QUIRKS - 1);
    printing->bits = random_mix(bits);
    printing->year = is_odd(printing, ODD_OLD_FIELDS) ? 2023 : INT_MAX;
    if (printing->quirk == QUIRK_OLD_SHAPE)
        printing->year = (printing->bits & 1) != 0 ? 2021 : 2022;
    printing->odd_field = odd_field(printing, ODD_FIELD_TYPE);
    printing->gone_field = odd_field(printing, ODD_FIELD_GONE);
    if (printing->quirk == QUIRK_TYPE)
        printing->odd_field = random_below(printing->bits, printing->shape->n_fields);
}

bool print_row(struct buf *buf, struct row *row)
{
    char *room = buf_reserve(buf, PRINT_ROW_MAX);
    struct printing printing = {
        .pen = {room, room + PRINT_ROW_MAX}, .row = row, .shape = row->source->shape};

    if (room == NULL)
        return false;
    choose(&printing);
    pen_char(&printing.pen, '{');
    put_fields(&printing);
    if (printing.quirk == QUIRK_NEW_FIELD || is_odd(&printing, ODD_NEW_FIELD))
        pen_text(&printing.pen, ",\"page_from_topics\":[\"news\",{\"score\":0.75,\"note\":null}]");
    pen_char(&printing.pen, '}');
    buf->size += (size_t)(printing.pen.at - room);
    buf->data[buf->size] = '\0';
    return true;
}

bool print_string(struct buf *buf, const char *text, size_t size)
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
