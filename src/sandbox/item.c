#include "sandbox/item.h"

#include <string.h>

#include "core/text.h"
#include "sandbox/odd.h"
#include "sandbox/print.h"
#include "sandbox/random.h"

#define INTERSECTIONS "intersections_count"
#define SALT_ODD_KEY UINT64_C(0x0dd2e4)

bool place_find(struct place *place, const struct shape *shape, size_t n_targets, const char *path,
                size_t size)
{
    const char *dot = memchr(path, '.', size);
    int64_t key = 1;

    if (shape->is_keyed && size == strlen(INTERSECTIONS) &&
        memcmp(path, INTERSECTIONS, size) == 0) {
        *place = (struct place){1, PLACE_INTERSECTIONS};
        return true;
    }
    if (shape->is_keyed) {
        if (dot == NULL || !text_parse_int64(path, (size_t)(dot - path), &key) || key < 1 ||
            key > (int64_t)n_targets || path[0] == '0')
            return false;
        size -= (size_t)(dot + 1 - path);
        path = dot + 1;
    }
    for (size_t i = 0; i < shape->n_fields; i++) {
        if (strlen(shape->fields[i].path) == size &&
            memcmp(shape->fields[i].path, path, size) == 0) {
            *place = (struct place){(size_t)key, i};
            return !shape->is_per_site || !shape->fields[i].is_link_only;
        }
    }
    return false;
}

const char *place_path(const struct place *place, const struct shape *shape)
{
    return place->field == PLACE_INTERSECTIONS ? INTERSECTIONS : shape->fields[place->field].path;
}

void item_begin(struct item *item, const struct source *source, uint64_t number)
{
    item->source = source;
    item->number = number;
    item->group_count = 0;
    item->key_offset = 0;
    item->key = 0;
}

static void make_row(struct item *item, size_t key)
{
    if (item->key == key)
        return;
    source_row(item->source, item->number, key, 0, &item->row);
    item->row.group_count = (int64_t)item->group_count;
    item->key = key;
}

static size_t n_keys(const struct item *item)
{
    size_t n = 0;

    for (size_t key = 1; key <= item->source->n_targets; key++)
        n += source_has_key(item->source, item->number, key);
    return n;
}

struct value item_value(struct item *item, struct place place)
{
    if (place.field == PLACE_INTERSECTIONS)
        return (struct value){.kind = VALUE_NUM, .number = (int64_t)n_keys(item)};
    if (!source_has_key(item->source, item->number, place.key + item->key_offset))
        return (struct value){.kind = VALUE_NULL};
    make_row(item, place.key + item->key_offset);
    return row_value(&item->row, place.field);
}

static const struct odds *odds_of(const struct item *item)
{
    return item->source->targets[0].odds;
}

static bool is_odd(const struct item *item, enum odd odd)
{
    return odds_hit(odds_of(item), odd, item->number);
}

static bool append_row(struct buf *buf, struct item *item, size_t key, unsigned link_no)
{
    source_row(item->source, item->number, key, link_no, &item->row);
    item->key = 0; /* it may be another link than the first */
    item->row.has_other_www = key > 1 && is_odd(item, ODD_WWW);
    return print_row(buf, &item->row);
}

/* A row, or the rows, of one target; in the other's shape where it is odd. */
static bool append_rows(struct buf *buf, struct item *item, size_t key, bool is_odd_key)
{
    const struct shape *shape = item->source->shape;
    bool is_list = shape->has_lists != (is_odd_key && is_odd(item, ODD_KEY_SHAPE));
    unsigned n = is_list && shape->has_lists
                     ? row_n_shared(&item->source->targets[key - 1], item->number)
                     : 1;
    bool is_good = true;

    if (is_odd_key && is_odd(item, ODD_KEY_NULL))
        return buf_append_string(buf, "null");
    if (is_odd_key && shape->has_lists && is_odd(item, ODD_LIST_EMPTY))
        return buf_append_string(buf, "[]");
    if (is_list)
        buf_append_char(buf, '[');
    for (unsigned link_no = 0; is_good && link_no < n; link_no++) {
        if (link_no > 0)
            buf_append_char(buf, ',');
        is_good = append_row(buf, item, key, link_no);
    }
    if (is_list)
        buf_append_char(buf, ']');
    return is_good;
}

/* "1":...,"2":... */
static bool append_keys(struct buf *buf, struct item *item, size_t *ret_n_keys)
{
    uint64_t bits = random_draw(SALT_ODD_KEY, item->number);
    size_t odd_key = 1 + random_below(bits, item->source->n_targets);
    bool is_good = true;

    *ret_n_keys = 0;
    for (size_t key = 1; is_good && key <= item->source->n_targets; key++) {
        if (!source_has_key(item->source, item->number, key) ||
            (key == odd_key && is_odd(item, ODD_KEY_MISSING)))
            continue;
        buf_printf(buf, "%s\"%zu\":", ++*ret_n_keys > 1 ? "," : "", key);
        is_good = append_rows(buf, item, key, key == odd_key);
    }
    return is_good;
}

bool item_append(struct buf *buf, struct item *item)
{
    const char *name = item->source->shape->wrapper;
    bool is_flat = is_odd(item, ODD_FLAT), is_good;
    size_t n;

    if (!item->source->shape->is_keyed) {
        make_row(item, 1);
        return print_row(buf, &item->row);
    }
    buf_append_char(buf, '{');
    if (!is_flat)
        buf_printf(buf, "\"%s\":{", name);
    is_good = append_keys(buf, item, &n);
    if (!is_flat) {
        buf_append_char(buf, '}');
        if (is_odd(item, ODD_SUMMARY_NULL))
            buf_append_string(buf, ",\"summary\":null");
        else if (!is_odd(item, ODD_SUMMARY_MISSING))
            buf_printf(buf, ",\"summary\":{\"intersections_count\":%zu}", n);
    }
    return buf_append_char(buf, '}') && is_good;
}
