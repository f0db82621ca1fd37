#include "decode/row.h"

#include <assert.h>
#include <md5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "api/request.h"
#include "core/mem.h"
#include "decode/clean.h"
#include "decode/copy.h"
#include "decode/drift.h"
#include "decode/extra.h"
#include "decode/fields.h"
#include "decode/keymap.h"
#include "decode/page.h"
#include "decode/value.h"

/*
 * 1. Each field finds its key; a nested object's fields are read and find theirs.
 * 2. The row is written in the order of its columns; a value that does not fit is marked for extra.
 * 3. link_key is computed over the texts that now stand in their columns, and put in its place.
 * 4. What is marked becomes extra, the row's last field.
 *
 * - A key column without a text: the row is refused, saying which.
 * - The row passes ROW_SIZE_MAX: refused.
 */

/* night, run_id, listing_id, slice_no, ordinal, target, link_key, loaded_at; of an intersection
 * also target_key and intersections_count */
#define N_FRONT_FIELDS 8
#define N_KEYED_FIELDS 2
#define LINK_KEY_SIZE 16

static_assert(ROW_SIZE_MAX + PAGE_CHUNK_SIZE + COPY_HEADER_SIZE < PAGE_CHUNK_MAX,
              "a chunk that is not full yet has room for any row");

/* Where an item has several links nobody knows which of them it was sorted by: then there is none.
 */
static size_t find_walk_column(const struct endpoint *endpoint)
{
    const char *rule = endpoint->walk_order[0];
    CLEANUP(mem_free_string)
    char *field = rule != NULL ? mem_strndup(rule, strcspn(rule, ",")) : NULL;
    const struct column *column = field != NULL ? endpoint_field(endpoint, field) : NULL;

    return column != NULL && column->type == COLUMN_TIMESTAMPTZ && !endpoint->has_link_no
               ? (size_t)(column - endpoint->columns)
               : endpoint->n_columns;
}

void row_init(struct row *row, const struct endpoint *endpoint, struct drift *drift)
{
    *row = (struct row){
        .endpoint = endpoint,
        .drift = drift,
        .keymap = keymap_new(endpoint),
        .column_fields = mem_new_array(endpoint->n_columns, sizeof(size_t)),
        .column_ends = mem_new_array(endpoint->n_columns, sizeof(size_t)),
        .bytes = BUF_WITH_CEILING(ROW_SIZE_MAX),
        .extra = BUF_WITH_CEILING(ROW_SIZE_MAX),
        .names = BUF_WITH_CEILING(ROW_SIZE_MAX),
        .walk_column = find_walk_column(endpoint),
    };
}

void row_deinit(struct row *row)
{
    keymap_destroy(row->keymap);
    free(row->column_fields);
    free(row->column_ends);
    buf_deinit(&row->bytes);
    buf_deinit(&row->extra);
    buf_deinit(&row->names);
}

/* Fields [first, first + n) find their keys; what finds none is for extra. */
static void find_keys(struct keymap *map, struct field *fields, size_t first, size_t n)
{
    for (size_t i = first; i < first + n; i++) {
        struct key *key = keymap_find(map, fields[i].key, fields[i].key_size);

        if (key == NULL) {
            fields[i].is_extra = true;
            continue;
        }
        if (key->field != KEY_NO_FIELD)
            fields[key->field].is_superseded = fields[key->field].is_extra = true;
        key->field = i;
    }
}

/* Reads the object at field `at`, whose keys have columns of their own. False where it cannot. */
static bool read_inner(struct fields *fields, size_t at, struct keymap *map)
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
    find_keys(map, fields->fields, first, fields->n - first);
    return true;
}

static void find_inner_keys(struct row *row, struct fields *fields)
{
    for (size_t i = 0; i < row->keymap->n; i++) {
        const struct key *outer = &row->keymap->keys[i];

        if (outer->inner == NULL || outer->field == KEY_NO_FIELD)
            continue;
        if (!read_inner(fields, outer->field, outer->inner))
            fields->fields[outer->field].is_extra =
                fields->fields[outer->field].value.type != RAW_NULL;
    }
}

/* What is for extra before any value has been looked at: unknown keys, and what is no object where
 * there should be one. */
static void note_extra(struct row *row, const struct fields *fields, size_t n_top)
{
    for (size_t i = 0; i < n_top; i++) {
        const struct field *field = &fields->fields[i];
        char outer[sizeof(row->drift->notes[0].name)];

        if (field->is_extra && !field->is_superseded && !field->is_added)
            drift_note(row->drift,
                       keymap_find(row->keymap, field->key, field->key_size) == NULL ? DRIFT_NEW
                                                                                     : DRIFT_TYPE,
                       /* outer= */ NULL, field);
        if (field->n_inner == 0)
            continue;
        snprintf(outer, sizeof outer, "%.*s", (int)field->key_size, field->key);
        for (size_t j = field->inner; j < field->inner + field->n_inner; j++)
            if (fields->fields[j].is_extra && !fields->fields[j].is_superseded)
                drift_note(row->drift, DRIFT_NEW, outer, &fields->fields[j]);
    }
}

/* A value that does not fit its column. */
static void note_type(struct row *row, const struct column *column, const struct field *field)
{
    const char *dot = strchr(column->path, '.');
    CLEANUP(mem_free_string)
    char *outer = dot != NULL ? mem_strndup(column->path, (size_t)(dot - column->path)) : NULL;

    drift_note(row->drift, DRIFT_TYPE, outer, field);
}

static void collect_columns(struct row *row, const struct keymap *map)
{
    for (size_t i = 0; i < map->n; i++) {
        if (map->keys[i].inner != NULL)
            collect_columns(row, map->keys[i].inner);
        else
            row->column_fields[map->keys[i].column] = map->keys[i].field;
    }
}

/* What the job asked for: under that key, in an intersection; "" where it has not. */
static const char *target_of(const struct page_front *front, const struct row_place *place)
{
    for (size_t i = 0; front->targets != NULL && i < front->targets->n; i++)
        if (strlen(front->targets->keys[i]) == place->key_size &&
            memcmp(front->targets->keys[i], place->key, place->key_size) == 0)
            return front->targets->targets[i];
    return "";
}

static void put_front(struct row *row, const struct page_front *front,
                      const struct row_place *place)
{
    static const char link_key_later[LINK_KEY_SIZE];
    bool is_keyed = row->endpoint->wrapper != NULL, is_cleaned = false;
    const char *target = is_keyed ? target_of(front, place) : front->target;
    size_t n_fields = N_FRONT_FIELDS + row->endpoint->n_columns + 1;

    if (is_keyed)
        n_fields += row->endpoint->has_link_no ? N_KEYED_FIELDS + 1 : N_KEYED_FIELDS;
    if (row->endpoint->takes_list)
        n_fields--;
    copy_row(&row->bytes, n_fields);
    copy_int32(&row->bytes, front->night);
    copy_int64(&row->bytes, front->run_id);
    copy_int64(&row->bytes, front->listing_id);
    copy_int32(&row->bytes, front->slice_no);
    copy_int64(&row->bytes, place->ordinal);
    if (!row->endpoint->takes_list)
        copy_bytes(&row->bytes, target, strlen(target));
    if (is_keyed)
        copy_bytes(&row->bytes, place->key, place->key_size);
    copy_bytes(&row->bytes, link_key_later, sizeof link_key_later);
    row->link_key_at = row->bytes.size - LINK_KEY_SIZE;
    if (row->endpoint->has_link_no)
        copy_int32(&row->bytes, place->link_no);
    copy_int64(&row->bytes, front->loaded_at_us);
    if (is_keyed && (place->count == NULL || !value_put(intersections_count_column.type,
                                                        place->count, &row->bytes, &is_cleaned)))
        copy_null(&row->bytes);
}

static void put_columns(struct row *row, struct fields *fields)
{
    for (size_t i = 0; i < row->endpoint->n_columns; i++) {
        size_t at = row->column_fields[i];
        struct field *field = at == KEY_NO_FIELD ? NULL : &fields->fields[at];
        bool is_cleaned = false;

        if (field == NULL) {
            copy_null(&row->bytes);
        } else if (!value_put(row->endpoint->columns[i].type, &field->value, &row->bytes,
                              &is_cleaned)) {
            copy_null(&row->bytes);
            field->is_extra = true;
            note_type(row, &row->endpoint->columns[i], field);
        }
        row->drift->has_come[i] = row->drift->has_come[i] || field != NULL;
        row->column_ends[i] = row->bytes.size;
        row->n_cleaned += is_cleaned;
    }
}

/* The field is its length and, where it is not null, eight bytes. */
static int64_t walk_time(const struct row *row)
{
    size_t end =
        row->walk_column < row->endpoint->n_columns ? row->column_ends[row->walk_column] : 0;
    uint64_t us = 0;

    if (end < 8 || row->bytes.is_overfull ||
        (row->walk_column > 0 && end - row->column_ends[row->walk_column - 1] < 12))
        return PAGE_NO_TIME;
    for (size_t i = end - 8; i < end; i++)
        us = us << 8 | (unsigned char)row->bytes.data[i];
    return (int64_t)us;
}

static size_t find_column(const struct endpoint *endpoint, const char *path)
{
    return (size_t)(endpoint_column(endpoint, path) - endpoint->columns);
}

static bool refuse_keyless(struct row *row, const struct column *column, const struct field *field)
{
    const char *what = field == NULL                   ? "is missing"
                       : field->value.type == RAW_NULL ? "is null"
                                                       : "is not a string";

    snprintf(row->reason, sizeof row->reason, "%s %s", column->path, what);
    return false;
}

/* `front_end` is where the first column's field begins. */
static bool put_link_key(struct row *row, const struct fields *fields, size_t front_end)
{
    uint8_t *link_key = (uint8_t *)row->bytes.data + row->link_key_at;
    MD5_CTX md5;

    MD5Init(&md5);
    for (size_t i = 0; row->endpoint->key_columns[i] != NULL; i++) {
        size_t column = find_column(row->endpoint, row->endpoint->key_columns[i]);
        size_t at = row->column_fields[column];
        const struct field *field = at == KEY_NO_FIELD ? NULL : &fields->fields[at];
        size_t start = column == 0 ? front_end : row->column_ends[column - 1];

        if (field == NULL || field->value.type != RAW_STRING)
            return refuse_keyless(row, &row->endpoint->columns[column], field);
        if (i > 0)
            MD5Update(&md5, (const uint8_t *)"\n", 1);
        MD5Update(&md5, (const uint8_t *)row->bytes.data + start + 4,
                  row->column_ends[column] - start - 4);
    }
    MD5Final(link_key, &md5);
    return true;
}

bool row_make(struct row *row, const struct page_front *front, const struct row_place *place,
              struct fields *fields)
{
    struct extra extra = {.fields = fields, .json = &row->extra, .names = &row->names};
    size_t n_top = fields->n, front_end;

    buf_clear(&row->bytes);
    row->n_cleaned = 0;
    keymap_reset(row->keymap);
    find_keys(row->keymap, fields->fields, 0, n_top);
    find_inner_keys(row, fields);
    note_extra(row, fields, n_top);
    collect_columns(row, row->keymap);
    put_front(row, front, place);
    front_end = row->bytes.size;
    put_columns(row, fields);
    row->walk_us = walk_time(row);
    if (!row->bytes.is_overfull && !put_link_key(row, fields, front_end))
        return false;
    extra_put(&extra, n_top, &row->bytes);
    row->drift->n_rows++;
    row->n_extra = extra.n_values;
    row->n_cleaned += extra.n_cleaned;
    if (!row->bytes.is_overfull)
        return true;
    snprintf(row->reason, sizeof row->reason, "needs more than %d MiB as a row",
             ROW_SIZE_MAX / 1024 / 1024);
    return false;
}
