#include "decode/fields.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "decode/clean.h"

/*
 * Key, colon, value, comma, until the brace closes. A key without escapes and with ASCII alone
 * stays where it stands; any other is made anew in `keys`, which is reserved whole for an object at
 * its first such key, so that no key moves.
 */

void fields_init(struct fields *fields)
{
    *fields = (struct fields){.keys = BUF_WITH_CEILING(SIZE_MAX / 2)};
}

void fields_deinit(struct fields *fields)
{
    free(fields->fields);
    buf_deinit(&fields->keys);
    fields_init(fields);
}

void fields_clear(struct fields *fields)
{
    fields->n = 0;
    buf_clear(&fields->keys);
}

static struct field *add(struct fields *fields)
{
    if (fields->n == fields->capacity) {
        fields->capacity = fields->capacity == 0 ? 64 : fields->capacity * 2;
        fields->fields = mem_resize(fields->fields, fields->capacity, sizeof *fields->fields);
    }
    return &fields->fields[fields->n++];
}

void fields_add(struct fields *fields, const char *key, const struct raw *value)
{
    *add(fields) =
        (struct field){.key = key, .key_size = strlen(key), .value = *value, .is_added = true};
}

static void set_key(struct fields *fields, struct field *field, const struct raw *raw)
{
    const char *inner = raw->text + 1;
    size_t size = raw->size - 2;
    struct buf *keys = &fields->keys;
    char *room;

    *field = (struct field){.key = inner, .key_size = size};
    if (raw->is_plain)
        return;
    if (keys->size == 0)
        buf_reserve(keys, CLEAN_SIZE(fields->text_size));
    room = buf_reserve(keys, CLEAN_SIZE(size));
    field->key = room;
    field->key_size = clean_string(inner, size, room, &field->is_key_cleaned);
    keys->size += field->key_size;
}

static enum scan_result complain(struct fields *fields, const char *complaint)
{
    fields->complaint = complaint;
    return SCAN_BAD;
}

/* White space, then one of two bytes. */
static enum scan_result skip_to(struct fields *fields, const char **at, const char *end, char a,
                                char b)
{
    *at = scan_space(*at, end);
    if (*at == end)
        return SCAN_CUT;
    if (**at != a && **at != b)
        return complain(fields, "not valid JSON: a comma, a colon, a quote or a brace is missing");
    return SCAN_OK;
}

/* Stands on the key's quote; behind the value then. */
static enum scan_result scan_field(struct fields *fields, const char **at, const char *end)
{
    struct raw key;
    struct field *field;
    enum scan_result result = scan_value(at, end, &key);

    if (result == SCAN_BAD)
        return complain(fields, "not valid JSON: a key is malformed");
    if (result == SCAN_OK)
        result = skip_to(fields, at, end, ':', ':');
    if (result != SCAN_OK)
        return result;
    field = add(fields);
    set_key(fields, field, &key);
    *at = scan_space(*at + 1, end);
    result = scan_value(at, end, &field->value);
    if (result == SCAN_BAD)
        return complain(fields, "not valid JSON: a value is malformed");
    return result;
}

enum scan_result fields_scan(struct fields *fields, const char **at, const char *end)
{
    enum scan_result result;
    size_t n_before = fields->n;

    if (n_before == 0)
        fields->text_size = (size_t)(end - *at);
    ++*at;
    result = skip_to(fields, at, end, '"', '}');
    while (result == SCAN_OK && **at != '}') {
        if (fields->n - n_before == FIELDS_MAX)
            return complain(fields, "more than 1,024 keys in one object");
        result = scan_field(fields, at, end);
        if (result == SCAN_OK)
            result = skip_to(fields, at, end, ',', '}');
        if (result == SCAN_OK && **at == ',') {
            ++*at;
            result = skip_to(fields, at, end, '"', '"');
        }
    }
    if (result == SCAN_OK)
        ++*at;
    return result;
}
