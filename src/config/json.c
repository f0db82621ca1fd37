#include "config/json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"

/* The character of well-formed UTF-8 at `at`, where it has at most three bytes; else 0. */
static unsigned character_at(const char *at, size_t length)
{
    const unsigned char *byte = (const unsigned char *)at;

    if (length == 1)
        return byte[0];
    if (length == 2)
        return (byte[0] & 0x1fu) << 6 | (byte[1] & 0x3fu);
    if (length == 3)
        return (byte[0] & 0x0fu) << 12 | (byte[1] & 0x3fu) << 6 | (byte[2] & 0x3fu);
    return 0;
}

/* Control characters, line separators and non-characters: not for a terminal, nor for YAML. */
static bool is_escaped(unsigned character, size_t length)
{
    if (length == 4)
        return false;
    return character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0x2028 ||
           character == 0x2029 || character == 0xfeff || character >= 0xfffe;
}

void json_append_text(struct buf *out, const char *text)
{
    size_t size = strlen(text), length;

    buf_append_char(out, '"');
    for (size_t at = 0; at < size; at += length) {
        unsigned character;

        length = text_utf8_length(text + at, size - at);
        length = length == 0 ? 1 : length;
        character = character_at(text + at, length);
        if (is_escaped(character, length))
            buf_printf(out, "\\u%04x", character);
        else if (text[at] == '"' || text[at] == '\\')
            buf_printf(out, "\\%c", text[at]);
        else
            buf_append(out, text + at, length);
    }
    buf_append_char(out, '"');
}

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
