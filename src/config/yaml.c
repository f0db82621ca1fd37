/*
 * The happy path: the text is UTF-8 and not too long; libyaml makes events of it; each document's
 * events become nodes, each scalar gets its variables and its type.
 *
 * What stops the reading of a file: a text that is no UTF-8 or too long, a syntax error, a nesting
 * too deep. The documents in front of it are kept.
 * What does not: an alias, an anchor, a tag, a key twice or that is no text, a variable that is not
 * set. Each is complained about where it stands; the node is dropped or marked YAML_BROKEN.
 */
#include "config/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "config/expand.h"
#include "config/yaml_scalar.h"
#include "core/mem.h"
#include "core/text.h"

struct parse {
    yaml_parser_t parser;
    yaml_event_t event; /* the one in hand */
    const char *text;
    size_t size;
    struct source *source;
    unsigned depth;
};

static bool check_text(struct parse *parse);
static bool next(struct parse *parse);
static bool read_node(struct parse *parse, struct yaml_node *node);
static void refuse_duplicates(struct parse *parse, struct yaml_node *map);

static void parse_deinit(struct parse *parse)
{
    yaml_event_delete(&parse->event);
    yaml_parser_delete(&parse->parser);
}

static bool read_documents(struct parse *parse, struct yaml_file *file)
{
    for (;;) {
        size_t n_errors = parse->source->complaints->n_errors;
        struct yaml_node *document;

        if (!next(parse))
            return false;
        if (parse->event.type == YAML_STREAM_END_EVENT)
            return true;
        if (parse->event.type != YAML_DOCUMENT_START_EVENT)
            continue;
        file->documents =
            mem_resize(file->documents, file->n_documents + 1, sizeof(*file->documents));
        document = &file->documents[file->n_documents];
        *document = (struct yaml_node){.kind = YAML_BROKEN};
        if (!next(parse) || !read_node(parse, document)) {
            yaml_node_deinit(document);
            return false;
        }
        document->is_flawed = parse->source->complaints->n_errors > n_errors;
        file->n_documents++;
    }
}

bool yaml_parse(const char *text, size_t size, struct source *source, struct yaml_file *ret_file)
{
    CLEANUP(parse_deinit)
    struct parse parse = {.text = text, .size = size, .source = source};

    *ret_file = (struct yaml_file){.n_documents = 0};
    if (!yaml_parser_initialize(&parse.parser)) {
        complain(source, COMPLAINT_ERROR, 0, 0, "no memory left to read it");
        return false;
    }
    if (!check_text(&parse))
        return false;
    yaml_parser_set_encoding(&parse.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parse.parser, (const unsigned char *)parse.text, parse.size);
    return read_documents(&parse, ret_file);
}

/* --- the text -------------------------------------------------------------------------------- */

/* Line and column of a byte, both from 1; a column is a character, as libyaml counts. */
static void locate(const char *text, size_t at, unsigned *line, unsigned *column)
{
    *line = *column = 1;
    for (size_t i = 0; i < at; i++) {
        if (text[i] == '\n') {
            (*line)++;
            *column = 1;
        } else if (((unsigned char)text[i] & 0xc0) != 0x80) {
            (*column)++;
        }
    }
}

static bool is_control(char c)
{
    unsigned char byte = (unsigned char)c;

    return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f;
}

static bool check_text(struct parse *parse)
{
    struct source *source = parse->source;
    const char *text = parse->text;
    unsigned line, column;
    size_t at;

    if (parse->size > YAML_BYTES_MAX) {
        complain(source, COMPLAINT_ERROR, 0, 0,
                 "is larger than 1 MiB; is this a configuration or job file?");
        return false;
    }
    if (parse->size >= 2 &&
        (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0)) {
        complain(source, COMPLAINT_ERROR, 0, 0, "is UTF-16; save it as UTF-8");
        return false;
    }
    at = text_utf8_valid(text, parse->size);
    if (at < parse->size) {
        locate(text, at, &line, &column);
        complain(source, COMPLAINT_ERROR, line, column,
                 "byte 0x%02X is not UTF-8; save the file as UTF-8", (unsigned char)text[at]);
        return false;
    }
    for (at = 0; at < parse->size && !is_control(text[at]); at++)
        ;
    if (at < parse->size) {
        locate(text, at, &line, &column);
        complain(source, COMPLAINT_ERROR, line, column,
                 "control character U+%04X; take it out, or write it as an escape in double quotes",
                 (unsigned char)text[at]);
        return false;
    }
    if (parse->size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark */
        parse->text += 3;
        parse->size -= 3;
    }
    return true;
}

/* --- events ---------------------------------------------------------------------------------- */

/* The character at a mark; NUL at the end. */
static char at_mark(const struct parse *parse, const yaml_mark_t *mark)
{
    size_t at = 0;

    for (size_t line = 0; line < mark->line && at < parse->size; at++)
        line += parse->text[at] == '\n';
    for (size_t column = 0; column < mark->column && at < parse->size; column++)
        at += text_utf8_length(parse->text + at, parse->size - at);
    return at < parse->size ? parse->text[at] : '\0';
}

/* What helps against a syntax error whose cause is not what libyaml says. */
static const char *hint(const struct parse *parse, const char *context)
{
    if (strstr(context, "alias") != NULL)
        return "; `*` begins an alias in YAML: quote the value, as in \"* * * * *\"";
    if (strstr(context, "anchor") != NULL)
        return "; `&` begins an anchor in YAML: quote the value";
    if (strstr(context, "tag") != NULL)
        return "; `!` begins a tag in YAML: quote the value";
    switch (at_mark(parse, &parse->parser.problem_mark)) {
    case '\t':
        return "; a tab cannot indent in YAML: use spaces";
    case '@':
    case '%':
    case '`':
    case '>':
    case '|':
        return "; a value cannot begin with this character in YAML: quote it";
    }
    return "";
}

static bool next(struct parse *parse)
{
    const yaml_parser_t *parser = &parse->parser;
    const char *context, *help;
    yaml_mark_t mark;

    yaml_event_delete(&parse->event);
    if (yaml_parser_parse(&parse->parser, &parse->event))
        return true;
    context = parser->context == NULL ? "" : parser->context;
    help = hint(parse, context);
    mark = strncmp(help, "; `", 3) == 0 ? parser->context_mark : parser->problem_mark;
    complain(parse->source, COMPLAINT_ERROR, (unsigned)mark.line + 1, (unsigned)mark.column + 1,
             "not YAML: %s%s%s%s", context, context[0] == '\0' ? "" : ", ",
             parser->problem == NULL ? "it cannot be read" : parser->problem, help);
    return false;
}

/* --- nodes ----------------------------------------------------------------------------------- */

static void refuse_extras(struct parse *parse, const yaml_char_t *anchor, const yaml_char_t *tag,
                          const struct yaml_node *node)
{
    char shown[YAML_SHORT_MAX];

    if (anchor != NULL)
        yaml_complain(parse->source, node,
                      "anchors (&%s) are not supported; write the value where it is needed",
                      yaml_short((const char *)anchor, shown));
    if (tag != NULL)
        yaml_complain(parse->source, node,
                      "tags (%s) are not supported; quote a value to make it a text",
                      yaml_short((const char *)tag, shown));
}

/* Takes the scalar in hand into `node`. */
static void read_scalar(struct parse *parse, struct yaml_node *node)
{
    const char *text = (const char *)parse->event.data.scalar.value;
    size_t length = parse->event.data.scalar.length;
    bool is_plain = parse->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    struct err err;

    node->kind = YAML_BROKEN;
    refuse_extras(parse, parse->event.data.scalar.anchor, parse->event.data.scalar.tag, node);
    if (memchr(text, '\0', length) != NULL) {
        yaml_complain(parse->source, node, "the character U+0000 cannot stand in a value");
        return;
    }
    if (!expand(text, &node->text, &err)) {
        yaml_complain(parse->source, node, "%s", err.text);
        return;
    }
    if (node->text == NULL)
        node->text = mem_strndup(text, length);
    else
        node->raw = mem_strndup(text, length);
    node->kind = is_plain ? yaml_scalar_kind(node->text) : YAML_TEXT;
}

/* A new item behind the others; the old ones move. */
static struct yaml_node *add_item(struct yaml_node *node)
{
    size_t n = node->n_items;

    if ((n & (n - 1)) == 0) /* full at each power of two */
        node->items = mem_resize(node->items, n == 0 ? 1 : 2 * n, sizeof(*node->items));
    node->items[n] = (struct yaml_node){.kind = YAML_BROKEN};
    node->n_items++;
    return &node->items[n];
}

static bool read_list(struct parse *parse, struct yaml_node *node)
{
    for (;;) {
        if (!next(parse))
            return false;
        if (parse->event.type == YAML_SEQUENCE_END_EVENT)
            return true;
        if (!read_node(parse, add_item(node)))
            return false;
    }
}

/* The key in hand; NULL and complained about where it is none. */
static char *read_key(struct parse *parse, unsigned line, unsigned column)
{
    const yaml_event_t *event = &parse->event;
    const char *key;

    if (event->type == YAML_ALIAS_EVENT)
        return NULL; /* read_node() complains */
    if (event->type != YAML_SCALAR_EVENT) {
        complain(parse->source, COMPLAINT_ERROR, line, column, "a key must be a text");
        return NULL;
    }
    key = (const char *)event->data.scalar.value;
    if (event->data.scalar.length == 0 || strlen(key) != event->data.scalar.length)
        complain(parse->source, COMPLAINT_ERROR, line, column, "a key must be a text, not empty");
    else if (event->data.scalar.anchor != NULL || event->data.scalar.tag != NULL)
        complain(parse->source, COMPLAINT_ERROR, line, column,
                 "a key with an anchor or a tag is not supported");
    else if (strcmp(key, "<<") == 0 && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        complain(parse->source, COMPLAINT_ERROR, line, column,
                 "merge keys (<<) are not supported; write the keys out");
    else
        return mem_strdup(key);
    return NULL;
}

static bool read_map(struct parse *parse, struct yaml_node *node)
{
    for (;;) {
        struct yaml_node *value;
        unsigned line, column;
        char *key;

        if (!next(parse))
            return false;
        if (parse->event.type == YAML_MAPPING_END_EVENT)
            break;
        line = (unsigned)parse->event.start_mark.line + 1;
        column = (unsigned)parse->event.start_mark.column + 1;
        key = read_key(parse, line, column);
        value = add_item(node);
        value->key = key;
        value->key_line = line;
        value->key_column = column;
        if (parse->event.type != YAML_SCALAR_EVENT) { /* a list or map as key: pass over it */
            struct yaml_node passed = {.kind = YAML_BROKEN};
            bool is_read = read_node(parse, &passed);

            yaml_node_deinit(&passed);
            if (!is_read)
                return false;
        }
        if (!next(parse) || !read_node(parse, value))
            return false;
        if (key == NULL) {
            yaml_node_deinit(value);
            node->n_items--;
        }
    }
    refuse_duplicates(parse, node);
    return true;
}

/* Takes the node that begins with the event in hand; ends with its last event in hand. */
static bool read_node(struct parse *parse, struct yaml_node *node)
{
    const yaml_event_t *event = &parse->event;
    char shown[YAML_SHORT_MAX];
    bool is_read;

    node->line = (unsigned)event->start_mark.line + 1;
    node->column = (unsigned)event->start_mark.column + 1;
    if (event->type == YAML_SCALAR_EVENT) {
        read_scalar(parse, node);
        return true;
    }
    if (event->type == YAML_ALIAS_EVENT) {
        yaml_complain(parse->source, node,
                      "aliases (*%s) are not supported; write the value out, or quote it where it "
                      "is meant as a text",
                      yaml_short((const char *)event->data.alias.anchor, shown));
        return true;
    }
    if (++parse->depth > YAML_DEPTH_MAX) {
        yaml_complain(parse->source, node, "is nested more than %d levels deep", YAML_DEPTH_MAX);
        return false;
    }
    if (event->type == YAML_SEQUENCE_START_EVENT) {
        refuse_extras(parse, event->data.sequence_start.anchor, event->data.sequence_start.tag,
                      node);
        node->kind = YAML_LIST;
        is_read = read_list(parse, node);
    } else {
        refuse_extras(parse, event->data.mapping_start.anchor, event->data.mapping_start.tag, node);
        node->kind = YAML_MAP;
        is_read = read_map(parse, node);
    }
    parse->depth--;
    return is_read;
}

static int by_key_and_place(const void *left, const void *right)
{
    const struct yaml_node *a = *(const struct yaml_node *const *)left;
    const struct yaml_node *b = *(const struct yaml_node *const *)right;
    int order = strcmp(a->key, b->key);

    return order != 0 ? order : a < b ? -1 : a > b;
}

/* Complains about each key that stands a second time, and leaves the first. */
static void refuse_duplicates(struct parse *parse, struct yaml_node *map)
{
    struct yaml_node **sorted;
    char shown[YAML_SHORT_MAX];
    size_t n_kept = 0;

    if (map->n_items < 2)
        return;
    sorted = mem_new_array(map->n_items, sizeof(struct yaml_node *));
    for (size_t i = 0; i < map->n_items; i++)
        sorted[i] = &map->items[i];
    qsort(sorted, map->n_items, sizeof(struct yaml_node *), by_key_and_place);
    for (size_t first = 0, i = 1; i < map->n_items; i++) {
        if (strcmp(sorted[first]->key, sorted[i]->key) != 0) {
            first = i;
            continue;
        }
        complain(parse->source, COMPLAINT_ERROR, sorted[i]->key_line, sorted[i]->key_column,
                 "the key %s stands twice; the first is in line %u",
                 yaml_short(sorted[i]->key, shown), sorted[first]->key_line);
        sorted[i]->key_line = 0; /* marks it for the sweep */
    }
    free(sorted);
    for (size_t i = 0; i < map->n_items; i++) {
        if (map->items[i].key_line == 0)
            yaml_node_deinit(&map->items[i]);
        else
            map->items[n_kept++] = map->items[i];
    }
    map->n_items = n_kept;
}

struct yaml_node yaml_node_copy(const struct yaml_node *node)
{
    struct yaml_node copy = *node;

    copy.key = mem_strdup(node->key);
    copy.text = mem_strdup(node->text);
    copy.raw = mem_strdup(node->raw);
    copy.items = node->n_items == 0 ? NULL : mem_new_array(node->n_items, sizeof(*copy.items));
    for (size_t i = 0; i < node->n_items; i++)
        copy.items[i] = yaml_node_copy(&node->items[i]);
    return copy;
}

void yaml_node_deinit(struct yaml_node *node)
{
    for (size_t i = 0; i < node->n_items; i++)
        yaml_node_deinit(&node->items[i]);
    free(node->items);
    free(node->key);
    free(node->text);
    free(node->raw);
    *node = (struct yaml_node){.kind = YAML_BROKEN};
}

void yaml_file_deinit(struct yaml_file *file)
{
    for (size_t i = 0; i < file->n_documents; i++)
        yaml_node_deinit(&file->documents[i]);
    free(file->documents);
    *file = (struct yaml_file){.n_documents = 0};
}
