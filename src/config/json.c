#include "config/json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

/* JSON wants no plus, no leading zeros, and a digit on either side of a point; YAML is milder. */
static void append_number(struct buf *out, const char *text)
{
    bool is_negative = *text == '-';
    size_t n_whole, n_fraction = 0;
    const char *fraction = "";

    text += *text == '-' || *text == '+';
    while (text[0] == '0' && isdigit((unsigned char)text[1]))
        text++;
    n_whole = strspn(text, "0123456789");
    if (text[n_whole] == '.') {
        fraction = text + n_whole + 1;
        n_fraction = strspn(fraction, "0123456789");
    }
    if (is_negative && strcmp(text, "0") != 0)
        buf_append_char(out, '-');
    if (n_whole == 0)
        buf_append_char(out, '0');
    buf_append(out, text, n_whole);
    if (n_fraction > 0) {
        buf_append_char(out, '.');
        buf_append(out, fraction, n_fraction);
    }
    buf_append_string(out, text + strcspn(text, "eE"));
}

static int by_key(const void *left, const void *right)
{
    const struct yaml_node *a = *(const struct yaml_node *const *)left;
    const struct yaml_node *b = *(const struct yaml_node *const *)right;

    return strcmp(a->key, b->key);
}

static bool is_among(const char *const *words, const char *word)
{
    for (; words != NULL && *words != NULL; words++)
        if (strcmp(*words, word) == 0)
            return true;
    return false;
}

void json_append_map_without(struct buf *out, const struct yaml_node *map,
                             const char *const *left_out)
{
    const struct yaml_node **sorted = mem_new_array(map->n_items, sizeof(struct yaml_node *));
    bool is_first = true;

    for (size_t i = 0; i < map->n_items; i++)
        sorted[i] = &map->items[i];
    if (map->n_items > 1)
        qsort(sorted, map->n_items, sizeof(struct yaml_node *), by_key);
    buf_append_char(out, '{');
    for (size_t i = 0; i < map->n_items; i++) {
        if (is_among(left_out, sorted[i]->key))
            continue;
        if (!is_first)
            buf_append_char(out, ',');
        is_first = false;
        json_append_text(out, sorted[i]->key);
        buf_append_char(out, ':');
        json_append_node(out, sorted[i]);
    }
    buf_append_char(out, '}');
    free(sorted);
}

static void append_list(struct buf *out, const struct yaml_node *list)
{
    buf_append_char(out, '[');
    for (size_t i = 0; i < list->n_items; i++) {
        if (i > 0)
            buf_append_char(out, ',');
        json_append_node(out, &list->items[i]);
    }
    buf_append_char(out, ']');
}

void json_append_node(struct buf *out, const struct yaml_node *node)
{
    switch (node->kind) {
    case YAML_BROKEN:
    case YAML_NULL:
        buf_append_string(out, "null");
        return;
    case YAML_BOOL:
        buf_append_string(out, node->text);
        return;
    case YAML_INT:
    case YAML_FLOAT:
        append_number(out, node->text);
        return;
    case YAML_TEXT:
        json_append_text(out, node->text);
        return;
    case YAML_LIST:
        append_list(out, node);
        return;
    case YAML_MAP:
        json_append_map_without(out, node, NULL);
        return;
    }
}
