#include "config/targets.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "config/host.h"
#include "config/request.h"
#include "core/buf.h"
#include "core/mem.h"

#define PATH_BYTES_MAX 128
#define NAME_BYTES_MAX (64 * 1024)
#define EXAMPLE "{ \"1\": moz.com, \"2\": ahrefs.com }"

/* `text` is the node's, or what is left of it. */
static bool check_text(struct source *source, const struct yaml_node *node, const char *text,
                       const char *path)
{
    char found[YAML_FOUND_MAX];
    bool is_bare = false;
    struct err err;

    if (target_check(text, &is_bare, &err)) {
        if (is_bare)
            yaml_warn(source, node,
                      "%s: %s is one page, the home page; for the whole domain write it without "
                      "the scheme",
                      path, yaml_found(node, found));
        return true;
    }
    if (node->raw != NULL) /* without what the variable holds */
        yaml_complain(source, node, "%s: found %s, expected a target such as moz.com", path,
                      yaml_found(node, found));
    else
        yaml_complain(source, node, "%s: found %s; %s", path, yaml_found(node, found), err.text);
    return false;
}

bool target_node_check(struct source *source, const struct yaml_node *node, const char *path)
{
    char found[YAML_FOUND_MAX];

    if (node->kind == YAML_BROKEN)
        return false;
    if (node->kind == YAML_TEXT && node->text[0] != '\0')
        return check_text(source, node, node->text, path);
    yaml_complain(source, node, "%s: found %s, expected a target such as moz.com", path,
                  yaml_found(node, found));
    return false;
}

static int by_text_and_place(const void *left, const void *right)
{
    const struct yaml_node *a = *(const struct yaml_node *const *)left;
    const struct yaml_node *b = *(const struct yaml_node *const *)right;
    int order = strcmp(a->text, b->text);

    return order != 0 ? order : a < b ? -1 : a > b;
}

void targets_refuse_repeats(struct source *source, const struct yaml_node **targets, size_t n,
                            const char *path)
{
    char found[YAML_FOUND_MAX];

    if (n > 1)
        qsort(targets, n, sizeof(struct yaml_node *), by_text_and_place);
    for (size_t first = 0, i = 1; i < n; i++) {
        if (strcmp(targets[first]->text, targets[i]->text) == 0)
            yaml_complain(source, targets[i], "%s: %s stands twice; the first is in line %u", path,
                          yaml_found(targets[i], found), targets[first]->line);
        else
            first = i;
    }
}

/* --- of a request ---------------------------------------------------------------------------- */

/* The target with that number, from 1, or NULL. */
static const struct yaml_node *numbered(const struct yaml_node *targets, size_t number)
{
    char key[24];

    snprintf(key, sizeof(key), "%zu", number);
    return yaml_get(targets, key);
}

static void refuse_keys(const struct request_value *value)
{
    const struct yaml_node *targets = value->node;
    char shown[YAML_SHORT_MAX];

    for (size_t i = 0; i < targets->n_items; i++) {
        const struct yaml_node *target = &targets->items[i];
        bool is_number = false;

        for (size_t number = 1; number <= targets->n_items && !is_number; number++)
            is_number = numbered(targets, number) == target;
        if (!is_number)
            complain(value->source, COMPLAINT_ERROR, target->key_line, target->key_column,
                     "%s: found the key %s; the keys are numbers from \"1\" on, without a gap: %s",
                     value->path, yaml_short(target->key, shown), EXAMPLE);
    }
}

void targets_check(const struct request_value *value)
{
    const struct yaml_node *node = value->node;
    char found[YAML_FOUND_MAX], path[PATH_BYTES_MAX];
    const struct yaml_node *good[TARGETS_MAX];
    size_t n_good = 0;

    if (node->kind != YAML_MAP || node->n_items == 0) {
        yaml_complain(value->source, node, "%s: found %s, expected a map of numbers to targets: %s",
                      value->path,
                      node->kind == YAML_MAP ? "an empty map" : yaml_found(node, found), EXAMPLE);
        return;
    }
    if (node->n_items > TARGETS_MAX) {
        yaml_complain(value->source, node, "%s: found %zu targets, the API takes at most %d",
                      value->path, node->n_items, TARGETS_MAX);
        return;
    }
    refuse_keys(value);
    for (size_t i = 0; i < node->n_items; i++) {
        snprintf(path, sizeof(path), "%s.%.24s", value->path, node->items[i].key);
        if (target_node_check(value->source, &node->items[i], path))
            good[n_good++] = &node->items[i];
    }
    targets_refuse_repeats(value->source, good, n_good, value->path);
}

/* A target, or the beginning of a page's URL with a * behind it. */
static void check_excluded(const struct request_value *value, const struct yaml_node *node)
{
    size_t length = node->kind == YAML_TEXT ? strlen(node->text) : 0;

    if (length == 0 || node->text[length - 1] != '*') {
        target_node_check(value->source, node, value->path);
        return;
    }
    CLEANUP(mem_free_string) char *beginning = mem_strndup(node->text, length - 1);

    if (strstr(beginning, "://") == NULL)
        yaml_complain(value->source, node,
                      "%s: a * stands only behind a page's URL, such as "
                      "https://example.com/blog/*",
                      value->path);
    else
        check_text(value->source, node, beginning, value->path);
}

void excluded_check(const struct request_value *value)
{
    const struct yaml_node *node = value->node;
    char found[YAML_FOUND_MAX];

    if (node->kind != YAML_LIST || node->n_items < (size_t)value->param->min) {
        yaml_complain(value->source, node, "%s: found %s, expected a list such as [semrush.com]",
                      value->path,
                      node->kind == YAML_LIST ? "an empty list" : yaml_found(node, found));
        return;
    }
    if (node->n_items > (size_t)value->param->max)
        yaml_complain(value->source, node, "%s: found %zu of them, the API takes at most %" PRId64,
                      value->path, node->n_items, value->param->max);
    for (size_t i = 0; i < node->n_items; i++)
        check_excluded(value, &node->items[i]);
}

/* Whether an exclusion means the target; one with a * behind it, all that begins so. */
static bool excludes(const char *excluded, const char *target)
{
    size_t length = strlen(excluded);

    if (length > 0 && excluded[length - 1] == '*')
        return strncmp(excluded, target, length - 1) == 0;
    return strcmp(excluded, target) == 0;
}

void excluded_refuse_targets(struct source *source, const struct yaml_node *excluded,
                             const struct yaml_node *targets)
{
    char found[YAML_FOUND_MAX], shown[YAML_SHORT_MAX];

    if (excluded == NULL || excluded->kind != YAML_LIST || targets == NULL ||
        targets->kind != YAML_MAP)
        return;
    for (size_t i = 0; i < excluded->n_items; i++)
        for (size_t j = 0; j < targets->n_items; j++) {
            const struct yaml_node *node = &excluded->items[i], *target = &targets->items[j];

            if (node->kind == YAML_TEXT && target->kind == YAML_TEXT &&
                excludes(node->text, target->text))
                yaml_complain(source, node,
                              "request.exclude_targets: %s leaves out all that links to target %s, "
                              "in line %u; take it out of one of them",
                              yaml_found(node, found), yaml_short(target->key, shown),
                              target->line);
        }
}

char *targets_name(const struct yaml_node *targets)
{
    struct buf name = BUF_WITH_CEILING(NAME_BYTES_MAX);

    for (size_t number = 1; number <= targets->n_items; number++) {
        const struct yaml_node *target = numbered(targets, number);

        if (target != NULL && target->text != NULL)
            buf_printf(&name, "%s%s", number > 1 ? " + " : "", target->text);
    }
    return buf_take(&name);
}
