#include "decode/around.h"

#include <inttypes.h>
#include <string.h>

/*
 * Bytes are copied one by one and brackets counted, which is enough to know where on the path to
 * the items we are; whether the text is valid JSON is asked of the whole of it afterwards. Items
 * run through lex.h.
 *
 * - The items come twice, end in the wrong bracket, or not at all: ERR_DATA.
 * - More than AROUND_SIZE_MAX around them: ERR_DATA.
 */

/* Every second bracket of the path is an array's; each is the value of a key, or a first element.
 */
static const char path_brackets[AROUND_PATH_DEPTH + 1] = "{[{[{[";
static const char *const path_keys[AROUND_PATH_DEPTH] = {
    [1] = "tasks", [3] = "result", [5] = "items"};

void around_init(struct around *around)
{
    *around = (struct around){.text = BUF_WITH_CEILING(AROUND_SIZE_MAX)};
}

void around_deinit(struct around *around)
{
    buf_deinit(&around->text);
}

static bool is_on_path(const struct around *around, char bracket)
{
    unsigned depth = around->depth;
    const char *key;

    if (depth != around->n_on_path || depth == AROUND_PATH_DEPTH || path_brackets[depth] != bracket)
        return false;
    key = path_keys[depth];
    if (key != NULL)
        return around->key_size == strlen(key) && memcmp(around->key, key, around->key_size) == 0;
    return depth == 0 || !around->has_comma[depth - 1];
}

static bool open_bracket(struct around *around, char bracket, struct err *err)
{
    bool is_match = is_on_path(around, bracket);

    around->depth++;
    if (!is_match)
        return true;
    around->has_comma[around->n_on_path++] = false;
    if (around->n_on_path < AROUND_PATH_DEPTH)
        return true;
    if (around->has_items)
        return err_set(err, ERR_DATA, "the answer has its items twice");
    around->has_items = true;
    around->items_offset = around->position;
    around->state = AROUND_ITEMS_FIRST;
    return true;
}

static bool close_bracket(struct around *around, struct err *err)
{
    if (around->depth == 0)
        return err_set(err, ERR_DATA, "the body is not JSON: a bracket closes that never opened");
    around->depth--;
    if (around->n_on_path > around->depth)
        around->n_on_path = around->depth;
    return true;
}

static void feed_string(struct around *around, char c)
{
    if (c == '"' && !around->is_escaped) {
        around->state = AROUND_TEXT;
        return;
    }
    around->is_escaped = c == '\\' && !around->is_escaped;
    if (around->key_size < AROUND_KEY_MAX)
        around->key[around->key_size] = c;
    if (around->key_size <= AROUND_KEY_MAX)
        around->key_size++;
}

static bool feed_text(struct around *around, char c, struct err *err)
{
    switch (c) {
    case '"':
        around->state = AROUND_STRING;
        around->is_escaped = false;
        around->key_size = 0;
        return true;
    case '{':
    case '[':
        return open_bracket(around, c, err);
    case '}':
    case ']':
        return close_bracket(around, err);
    case ',':
        if (around->depth > 0 && around->depth == around->n_on_path)
            around->has_comma[around->depth - 1] = true;
        return true;
    default:
        return true;
    }
}

/* Eats items from the piece; returns how many bytes. The array's end is left to feed_text. */
static bool feed_items(struct around *around, const char *text, size_t size, size_t *ret_size,
                       struct err *err)
{
    size_t n;

    if (around->state == AROUND_ITEMS_FIRST) {
        *ret_size = 1;
        if (*text == ' ' || *text == '\n' || *text == '\r' || *text == '\t')
            return true;
        around->state = *text == ']' ? AROUND_TEXT : AROUND_ITEMS;
        around->n_items = *text != ']';
        around->lex = (struct lex){.depth = 0};
        *ret_size = 0;
        return true;
    }
    n = lex_to_separator(&around->lex, text, size);
    *ret_size = n;
    if (n == size)
        return true;
    if (text[n] == '}')
        return err_set(err, ERR_DATA, "the brackets around item %" PRId64 " do not match",
                       around->n_items);
    if (text[n] == ']') {
        around->state = AROUND_TEXT;
        return true;
    }
    around->n_items++;
    *ret_size = n + 1;
    return true;
}

static bool is_in_items(const struct around *around)
{
    return around->state == AROUND_ITEMS_FIRST || around->state == AROUND_ITEMS;
}

bool around_feed(struct around *around, const char *text, size_t size, struct err *err)
{
    const char *at = text, *end = text + size;

    while (at < end) {
        size_t n = 1;

        if (is_in_items(around)) {
            if (!feed_items(around, at, (size_t)(end - at), &n, err))
                return false;
            at += n;
            around->position += n;
            continue;
        }
        if (!buf_append_char(&around->text, *at))
            return err_set(err, ERR_DATA, "more than %d bytes stand around the answer's items",
                           AROUND_SIZE_MAX);
        around->position++;
        if (around->state == AROUND_STRING)
            feed_string(around, *at);
        else if (!feed_text(around, *at, err))
            return false;
        at++;
    }
    return true;
}

bool around_finish(const struct around *around, struct err *err)
{
    if (around->depth > 0 || around->state == AROUND_STRING)
        return err_set(err, ERR_DATA, "the body is cut short%s",
                       is_in_items(around) ? " within its items" : "");
    return true;
}
