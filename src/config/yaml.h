/*
 * YAML to a tree of nodes, each with its place.
 *
 * A smaller YAML than the full one, so that a file means what it looks like: no anchors, aliases,
 * merge keys or tags, no key twice, maps keyed by text, 64 levels deep at most. Scalars have the
 * types of YAML 1.2: only `true` and `false` are booleans, `no` is a text, what is quoted is a
 * text.
 * ${VAR} and ${VAR:-default} are expanded in scalars behind the parser, so a value with ":" or "#"
 * in it changes nothing but the value.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "config/complaint.h"

#define YAML_BYTES_MAX                                                                             \
    ((size_t)1 << 20) /* of a file; jobs are small, and a wrong path may be big */
#define YAML_DEPTH_MAX 64

enum yaml_kind {
    YAML_BROKEN, /* complained about already; readers pass over it in silence */
    YAML_NULL,
    YAML_BOOL,
    YAML_INT,   /* digits with an optional sign, of any length */
    YAML_FLOAT, /* with a point or an exponent */
    YAML_TEXT,
    YAML_LIST,
    YAML_MAP,
};

struct yaml_node {
    enum yaml_kind kind;
    unsigned line, column; /* from 1 */
    char *key;             /* in a map; NULL elsewhere */
    unsigned key_line, key_column;
    char *text; /* of a scalar, expanded; never holds U+0000 */
    char *raw;  /* as the file has it, where a variable was expanded; NULL elsewhere */
    struct yaml_node *items;
    size_t n_items;
    bool is_flawed; /* a document in which something had to be dropped or is broken */
};

struct yaml_file {
    struct yaml_node *documents;
    size_t n_documents;
};

/*
 * Reads all documents. False where the text cannot be read to its end; `ret_file` then holds the
 * documents in front of that place. What is wrong is told to `source`.
 */
bool yaml_parse(const char *text, size_t size, struct source *source, struct yaml_file *ret_file);

void yaml_file_deinit(struct yaml_file *file);

/* All that hangs below it is the copy's own. */
struct yaml_node yaml_node_copy(const struct yaml_node *node);
void yaml_node_deinit(struct yaml_node *node);

/* The value of a key, or NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);

/* A text for a complaint: cut where it is long, control characters replaced. */
#define YAML_SHORT_MAX 64
const char *yaml_short(const char *text, char ret_short[YAML_SHORT_MAX]);

/*
 * What was found, for a complaint: `5`, `"text"`, `a list`, `nothing`. A value with variables is
 * shown as the file has it.
 */
#define YAML_FOUND_MAX 128
const char *yaml_found(const struct yaml_node *node, char ret_found[YAML_FOUND_MAX]);

/* Complains at the node; an error. */
#define yaml_complain(source, node, ...)                                                           \
    complain((source), COMPLAINT_ERROR, (node)->line, (node)->column, __VA_ARGS__)
#define yaml_warn(source, node, ...)                                                               \
    complain((source), COMPLAINT_WARNING, (node)->line, (node)->column, __VA_ARGS__)
