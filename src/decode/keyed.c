#include "decode/keyed.h"

#include <stdio.h>
#include <string.h>

#include "api/endpoint.h"
#include "decode/clean.h"
#include "decode/drift.h"
#include "decode/extra.h"
#include "decode/items.h"
#include "decode/value.h"

#define NONE ((size_t)-1)
#define KEY_DIGITS_MAX 2 /* "20" is the last one there is */

void keyed_init(struct keyed *keyed, const struct endpoint *endpoint, struct drift *drift)
{
    *keyed = (struct keyed){
        .endpoint = endpoint,
        .drift = drift,
        .left_over = BUF_WITH_CEILING(2 * CLEAN_SIZE(ITEM_SIZE_MAX)),
        .names = BUF_WITH_CEILING(2 * CLEAN_SIZE(ITEM_SIZE_MAX)),
    };
    fields_init(&keyed->fields);
}

void keyed_deinit(struct keyed *keyed)
{
    fields_deinit(&keyed->fields);
    buf_deinit(&keyed->left_over);
    buf_deinit(&keyed->names);
}

/* --- what an item holds ---------------------------------------------------------------------- */

static bool is_named(const struct field *field, const char *name)
{
    return field->key_size == strlen(name) && memcmp(field->key, name, field->key_size) == 0;
}

static bool is_number(const struct field *field)
{
    for (size_t i = 0; i < field->key_size; i++)
        if (field->key[i] < '0' || field->key[i] > '9')
            return false;
    return field->key_size > 0 && field->key_size <= KEY_DIGITS_MAX;
}

/* The last of [first, end) with that name, or NONE. It is no extra; what it supersedes is. */
static size_t take_last(struct fields *fields, size_t first, size_t end, const char *name)
{
    size_t found = NONE;

    for (size_t i = first; i < end; i++) {
        if (!is_named(&fields->fields[i], name))
            continue;
        if (found != NONE)
            fields->fields[found].is_superseded = fields->fields[found].is_extra = true;
        fields->fields[i].is_extra = false;
        found = i;
    }
    return found;
}

/* Puts the fields of the object at `at` behind the others. False where that is none. */
static bool open_object(struct fields *fields, size_t at)
{
    const struct raw value = fields->fields[at].value;
    const char *text = value.text;
    size_t first = fields->n;

    if (value.type != RAW_OBJECT)
        return false;
    if (fields_scan(fields, &text, text + value.size) != SCAN_OK) {
        fields->n = first; /* more keys than FIELDS_MAX */
        return false;
    }
    fields->fields[at].inner = first;
    fields->fields[at].n_inner = fields->n - first;
    for (size_t i = first; i < fields->n; i++)
        fields->fields[i].is_extra = true;
    return true;
}

/* An object, of which nothing is known yet; anything else but null is left over. */
static bool open_or_leave(struct fields *fields, size_t at)
{
    if (open_object(fields, at))
        return true;
    fields->fields[at].is_extra = fields->fields[at].value.type != RAW_NULL;
    return false;
}

/* The numbered keys of [first, end) are the ones to come; of equal ones the last. */
static void take_numbered(struct keyed *keyed, size_t first, size_t end)
{
    struct field *fields = keyed->item->fields;

    keyed->at = first;
    keyed->end = end;
    for (size_t i = first; i < end; i++) {
        if (!is_number(&fields[i]))
            continue;
        fields[i].is_extra = false;
        for (size_t j = first; j < i; j++)
            if (!fields[j].is_extra && is_number(&fields[j]) &&
                fields[j].key_size == fields[i].key_size &&
                memcmp(fields[j].key, fields[i].key, fields[i].key_size) == 0)
                fields[j].is_superseded = fields[j].is_extra = true;
    }
}

/* The number at `at`, unless it is none that fits: then it is left over. */
static void take_count(struct keyed *keyed, size_t at)
{
    struct field *field = &keyed->item->fields[at];
    struct buf scratch = BUF_WITH_CEILING(64);
    bool is_cleaned = false;

    if (field->value.type == RAW_NULL)
        field->is_extra = false;
    else if (value_put(intersections_count_column.type, &field->value, &scratch, &is_cleaned))
        keyed->count = &field->value;
    else
        field->is_extra = true;
    buf_deinit(&scratch);
}

static void note(struct keyed *keyed, const char *outer, const struct field *field)
{
    bool is_known = is_named(field, keyed->endpoint->wrapper) || is_named(field, "summary") ||
                    is_named(field, intersections_count_column.path);

    if (field->is_extra && !field->is_superseded)
        drift_note(keyed->drift, is_known ? DRIFT_TYPE : DRIFT_NEW, outer, field);
}

static void note_left_over(struct keyed *keyed, size_t n_top)
{
    const struct field *fields = keyed->item->fields;

    for (size_t i = 0; i < n_top; i++) {
        char outer[sizeof(keyed->drift->notes[0].name)];

        note(keyed, /* outer= */ NULL, &fields[i]);
        snprintf(outer, sizeof outer, "%.*s", (int)fields[i].key_size, fields[i].key);
        for (size_t j = fields[i].inner; j < fields[i].inner + fields[i].n_inner; j++)
            note(keyed, outer, &fields[j]);
    }
}

static void collect_left_over(struct keyed *keyed, size_t n_top)
{
    struct extra extra = {.fields = keyed->item, .json = &keyed->left_over, .names = &keyed->names};

    note_left_over(keyed, n_top);
    keyed->is_left_over = extra_json(&extra, n_top);
    keyed->n_left_over = extra.n_values;
    keyed->n_cleaned = extra.n_cleaned;
}

void keyed_begin(struct keyed *keyed, struct fields *item)
{
    size_t n_top = item->n, wrapper, summary, count;

    keyed->item = item;
    keyed->count = NULL;
    keyed->element = NULL;
    for (size_t i = 0; i < n_top; i++)
        item->fields[i].is_extra = true;
    wrapper = take_last(item, 0, n_top, keyed->endpoint->wrapper);
    summary = take_last(item, 0, n_top, "summary");
    if (wrapper != NONE && open_or_leave(item, wrapper))
        take_numbered(keyed, item->fields[wrapper].inner,
                      item->fields[wrapper].inner + item->fields[wrapper].n_inner);
    else
        take_numbered(keyed, 0, n_top);
    /* Fields do not move any more once the summary is open: `count` points at one. */
    if (summary != NONE && open_or_leave(item, summary)) {
        size_t first = item->fields[summary].inner;

        count = take_last(item, first, first + item->fields[summary].n_inner,
                          intersections_count_column.path);
        if (count != NONE)
            take_count(keyed, count);
    }
    if (keyed->count == NULL) {
        count = take_last(item, 0, n_top, intersections_count_column.path);
        if (count != NONE)
            take_count(keyed, count);
    }
    collect_left_over(keyed, n_top);
}

/* --- part by part ---------------------------------------------------------------------------- */

static void read_part(struct keyed *keyed, const struct raw *value, struct keyed_part *part)
{
    const char *text = value->text;

    *part = (struct keyed_part){.key = keyed->key, .link_no = ++keyed->link_no, .value = *value};
    fields_clear(&keyed->fields);
    if (value->type != RAW_OBJECT)
        part->complaint = "under a target's key stands no object";
    else if (fields_scan(&keyed->fields, &text, text + value->size) != SCAN_OK)
        part->complaint = keyed->fields.complaint;
}

/* The next element of the array that is not null; false at its end. */
static bool next_element(struct keyed *keyed, struct raw *ret_value)
{
    while (keyed->element != NULL) {
        keyed->element = scan_space(keyed->element, keyed->array_end);
        if (*keyed->element == ',')
            keyed->element = scan_space(keyed->element + 1, keyed->array_end);
        if (*keyed->element == ']' ||
            scan_value(&keyed->element, keyed->array_end, ret_value) != SCAN_OK) {
            keyed->element = NULL;
            return false;
        }
        if (ret_value->type != RAW_NULL)
            return true;
    }
    return false;
}

bool keyed_next(struct keyed *keyed, struct keyed_part *ret_part)
{
    struct raw value;

    for (;;) {
        if (next_element(keyed, &value)) {
            read_part(keyed, &value, ret_part);
            return true;
        }
        if (keyed->at == keyed->end)
            return false;
        keyed->key = &keyed->item->fields[keyed->at++];
        if (keyed->key->is_extra || !is_number(keyed->key))
            continue;
        value = keyed->key->value;
        keyed->link_no = 0;
        if (value.type == RAW_ARRAY) {
            keyed->element = value.text + 1;
            keyed->array_end = value.text + value.size;
        } else if (value.type != RAW_NULL) {
            read_part(keyed, &value, ret_part);
            return true;
        }
    }
}
