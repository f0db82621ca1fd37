#include "decode/extra.h"

#include <stdio.h>
#include <string.h>

#include "decode/clean.h"
#include "decode/copy.h"
#include "decode/fields.h"

/*
 * The marked fields are written in the order in which they came; unknown keys that come twice are
 * only found here. Room that runs out is remembered by the buffers, and by the row at the end.
 */

/* One object's fields are [first, end); the names given in it begin at `names_from`. */
struct range {
    size_t first, end;
    size_t names_from;
};

static bool is_equal(const struct field *a, const struct field *b)
{
    return a->key_size == b->key_size && memcmp(a->key, b->key, a->key_size) == 0;
}

/* The last of equal unknown keys counts; columns' keys have been looked at before. */
static void mark_superseded(struct field *fields, struct range range)
{
    for (size_t i = range.first; i < range.end; i++) {
        if (!fields[i].is_extra || fields[i].is_superseded)
            continue;
        for (size_t j = i + 1; j < range.end && !fields[i].is_superseded; j++)
            fields[i].is_superseded = is_equal(&fields[i], &fields[j]);
    }
}

static bool is_given_name(const struct buf *names, size_t at, const char *name, size_t size)
{
    while (at < names->size) {
        size_t length = strlen(names->data + at);

        if (length == size && memcmp(names->data + at, name, size) == 0)
            return true;
        at += length + 1;
    }
    return false;
}

static bool is_name_taken(const struct extra *extra, struct range range, const char *name,
                          size_t size)
{
    const struct field probe = {.key = name, .key_size = size};

    for (size_t i = range.first; i < range.end; i++)
        if (is_equal(&extra->fields->fields[i], &probe))
            return true;
    return is_given_name(extra->names, range.names_from, name, size);
}

/* Puts the name of a superseded value behind `names`; it begins where they ended. */
static void name_superseded(struct extra *extra, struct range range, size_t at)
{
    struct field *fields = extra->fields->fields;
    struct buf name = BUF_WITH_CEILING(extra->names->size_max);
    size_t place = 1;

    for (size_t i = range.first; i < at; i++)
        place += is_equal(&fields[i], &fields[at]);
    buf_append(&name, fields[at].key, fields[at].key_size);
    buf_printf(&name, "#%zu", place);
    while (!name.is_overfull && is_name_taken(extra, range, name.data, name.size))
        buf_append_string(&name, "#1");
    buf_append(extra->names, name.data, name.size + 1);
    buf_deinit(&name);
}

static void put_quoted(struct buf *json, const char *text, size_t size)
{
    char *room = buf_reserve(json, 2 + 6 * size);

    if (room != NULL)
        json->size += clean_quote(text, size, room);
}

static void put_key(struct extra *extra, struct range range, size_t at)
{
    const struct field *field = &extra->fields->fields[at];
    size_t names_end = extra->names->size;

    if (!field->is_superseded) {
        put_quoted(extra->json, field->key, field->key_size);
        return;
    }
    name_superseded(extra, range, at);
    if (!extra->names->is_overfull)
        put_quoted(extra->json, extra->names->data + names_end, extra->names->size - names_end - 1);
}

static void put_value(struct extra *extra, const struct field *field)
{
    bool is_cleaned = field->is_key_cleaned;
    char *room = buf_reserve(extra->json, CLEAN_SIZE(field->value.size));

    if (room != NULL)
        extra->json->size += clean_json(&field->value, room, &is_cleaned);
    extra->n_values++;
    extra->n_cleaned += is_cleaned;
}

static bool has_extra(const struct field *fields, struct range range)
{
    for (size_t i = range.first; i < range.end; i++) {
        const struct field *field = &fields[i];
        struct range inner = {.first = field->inner, .end = field->inner + field->n_inner};

        if (field->is_extra || (field->n_inner > 0 && has_extra(fields, inner)))
            return true;
    }
    return false;
}

/* Two levels at most: fields of an inner object have none of their own. */
static void put_object(struct extra *extra, struct range range)
{
    struct field *fields = extra->fields->fields;
    char separator = '{';

    mark_superseded(fields, range);
    for (size_t i = range.first; i < range.end; i++) {
        struct range inner = {.first = fields[i].inner, .end = fields[i].inner + fields[i].n_inner};

        if (!fields[i].is_extra && !has_extra(fields, inner))
            continue;
        buf_append_char(extra->json, separator);
        separator = ',';
        put_key(extra, range, i);
        buf_append_char(extra->json, ':');
        inner.names_from = extra->names->size;
        if (fields[i].is_extra)
            put_value(extra, &fields[i]);
        else
            put_object(extra, inner);
    }
    buf_append_char(extra->json, '}');
}

/* Behind what `json` holds already. */
static void append_object(struct extra *extra, size_t n_top)
{
    struct range top = {.end = n_top};

    buf_clear(extra->names);
    put_object(extra, top);
}

bool extra_json(struct extra *extra, size_t n_top)
{
    struct range top = {.end = n_top};

    buf_clear(extra->json);
    if (!has_extra(extra->fields->fields, top))
        return false;
    append_object(extra, n_top);
    return true;
}

void extra_put(struct extra *extra, size_t n_top, struct buf *out)
{
    struct range top = {.end = n_top};

    if (!has_extra(extra->fields->fields, top)) {
        copy_null(out);
        return;
    }
    buf_clear(extra->json);
    buf_append_char(extra->json, 1); /* the version of jsonb's wire form */
    append_object(extra, n_top);
    if (extra->json->is_overfull || extra->names->is_overfull)
        out->is_overfull = true;
    else
        copy_bytes(out, extra->json->data, extra->json->size);
}
