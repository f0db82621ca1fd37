#include "config/yaml_scalar.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

static const char *past_digits(const char *at)
{
    while (isdigit((unsigned char)*at))
        at++;
    return at;
}

/* [-+]? digits [. digits]? [e [-+]? digits]?; a digit on either side of a point is enough. */
static enum yaml_kind number_kind(const char *text)
{
    const char *first = text + (*text == '-' || *text == '+');
    const char *at = past_digits(first);
    enum yaml_kind kind = YAML_INT;
    bool has_digits = at > first;

    if (*at == '.') {
        const char *fraction = ++at;

        at = past_digits(at);
        has_digits = has_digits || at > fraction;
        kind = YAML_FLOAT;
    }
    if (!has_digits)
        return YAML_TEXT;
    if (*at == 'e' || *at == 'E') {
        const char *exponent;

        at++;
        at += *at == '-' || *at == '+';
        exponent = at;
        at = past_digits(at);
        if (at == exponent)
            return YAML_TEXT;
        kind = YAML_FLOAT;
    }
    return *at == '\0' ? kind : YAML_TEXT;
}

enum yaml_kind yaml_scalar_kind(const char *text)
{
    if (text[0] == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0)
        return YAML_NULL;
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        return YAML_BOOL;
    return number_kind(text);
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    if (map->kind != YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->n_items; i++)
        if (strcmp(map->items[i].key, key) == 0)
            return &map->items[i];
    return NULL;
}

const char *yaml_short(const char *text, char ret_short[YAML_SHORT_MAX])
{
    size_t size = strlen(text), at = 0;

    while (at < size) {
        size_t length = text_utf8_length(text + at, size - at);

        if (length == 0 || at + length >= YAML_SHORT_MAX - strlen("..."))
            break;
        if (length == 1 && iscntrl((unsigned char)text[at]))
            ret_short[at] = '?';
        else
            memcpy(ret_short + at, text + at, length);
        at += length;
    }
    snprintf(ret_short + at, YAML_SHORT_MAX - at, "%s", at < size ? "..." : "");
    return ret_short;
}

const char *yaml_found(const struct yaml_node *node, char ret_found[YAML_FOUND_MAX])
{
    char shown[YAML_SHORT_MAX];

    if (node->kind == YAML_LIST)
        snprintf(ret_found, YAML_FOUND_MAX, "a list");
    else if (node->kind == YAML_MAP)
        snprintf(ret_found, YAML_FOUND_MAX, "a map");
    else if (node->raw != NULL)
        snprintf(ret_found, YAML_FOUND_MAX, "what %s expands to", yaml_short(node->raw, shown));
    else if (node->kind == YAML_BROKEN || node->kind == YAML_NULL)
        snprintf(ret_found, YAML_FOUND_MAX, "nothing");
    else
        snprintf(ret_found, YAML_FOUND_MAX, node->kind == YAML_TEXT ? "\"%s\"" : "%s",
                 yaml_short(node->text, shown));
    return ret_found;
}
