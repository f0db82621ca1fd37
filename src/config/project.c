/*
 * The happy path: the main file's projects are read; a job's document is copied for each project it
 * names, and the project's targets put in, in the order of the file, where `$own` or `$competitors`
 * stood. A target keeps the place of the word, so what is wrong with it is told of there.
 */
#include "config/project.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "config/config.h"
#include "config/targets.h"
#include "core/mem.h"
#include "core/text.h"

#define PATH_BYTES_MAX 128

/* --- in the main file ------------------------------------------------------------------------ */

static void read_list(struct source *source, const struct yaml_node *list, const char *path,
                      struct config_texts *targets)
{
    const struct yaml_node **good;
    char found[YAML_FOUND_MAX];

    if (list == NULL)
        return;
    if (list->kind != YAML_LIST || list->n_items == 0) {
        if (list->kind != YAML_BROKEN)
            yaml_complain(source, list, "%s: found %s, expected a list such as [moz.com]", path,
                          list->kind == YAML_LIST ? "an empty list" : yaml_found(list, found));
        return;
    }
    good = mem_new_array(list->n_items, sizeof(struct yaml_node *));
    targets->items = mem_new_array(list->n_items, sizeof(*targets->items));
    for (size_t i = 0; i < list->n_items; i++)
        if (target_node_check(source, &list->items[i], path)) {
            good[targets->n] = &list->items[i];
            targets->items[targets->n++] = mem_strdup(list->items[i].text);
        }
    targets_refuse_repeats(source, good, targets->n, path);
    free(good);
}

static bool has_target(const struct config_texts *targets, const char *target)
{
    for (size_t i = 0; i < targets->n; i++)
        if (strcmp(targets->items[i], target) == 0)
            return true;
    return false;
}

void project_read(struct source *source, const struct yaml_node *node,
                  struct config_project *project)
{
    size_t n_errors = source->n_errors;
    const struct yaml_node *competitors = yaml_get(node, "competitors");
    char path[PATH_BYTES_MAX], found[YAML_FOUND_MAX];

    snprintf(path, sizeof(path), "projects.%s.own", project->name);
    read_list(source, yaml_get(node, "own"), path, &project->own);
    snprintf(path, sizeof(path), "projects.%s.competitors", project->name);
    read_list(source, competitors, path, &project->competitors);
    for (size_t i = 0;
         source->n_errors == n_errors && competitors != NULL && i < competitors->n_items; i++)
        if (competitors->items[i].text != NULL &&
            has_target(&project->own, competitors->items[i].text))
            yaml_complain(source, &competitors->items[i], "%s: %s is one of own too; keep one",
                          path, yaml_found(&competitors->items[i], found));
    project->is_flawed = source->n_errors > n_errors;
}

void project_deinit(struct config_project *project)
{
    config_texts_deinit(&project->own);
    config_texts_deinit(&project->competitors);
    free(project->name);
}

/* --- of a job -------------------------------------------------------------------------------- */

static void refuse_unknown(struct source *source, const struct config *config,
                           const struct yaml_node *node, const char *path)
{
    const char **names = mem_new_array(config->n_projects, sizeof(*names));
    char found[YAML_FOUND_MAX];
    const char *meant;

    for (size_t i = 0; i < config->n_projects; i++)
        names[i] = config->projects[i].name;
    meant = text_near_miss(node->text, names, config->n_projects);
    if (meant != NULL)
        yaml_complain(source, node, "%s: found %s; did you mean %s?", path, yaml_found(node, found),
                      meant);
    else
        yaml_complain(source, node, "%s: found %s, which projects of the main file does not have",
                      path, yaml_found(node, found));
    free(names);
}

static void add_project(struct source *source, const struct config *config,
                        const struct yaml_node *node, const char *path,
                        const struct config_project **projects, size_t *n)
{
    char found[YAML_FOUND_MAX];

    if (node->kind == YAML_BROKEN)
        return;
    if (node->kind == YAML_LIST || node->kind == YAML_MAP || node->kind == YAML_NULL) {
        yaml_complain(source, node, "%s: found %s, expected the name of a project", path,
                      yaml_found(node, found));
        return;
    }
    for (size_t i = 0; i < config->n_projects; i++) {
        if (strcmp(config->projects[i].name, node->text) != 0)
            continue;
        for (size_t j = 0; j < *n; j++)
            if (projects[j] == &config->projects[i]) {
                yaml_complain(source, node, "%s: %s stands twice", path, yaml_found(node, found));
                return;
            }
        projects[(*n)++] = &config->projects[i];
        return;
    }
    refuse_unknown(source, config, node, path);
}

const struct config_project **projects_of(struct source *source, const struct config *config,
                                          const struct yaml_node *document, size_t *ret_n)
{
    const struct yaml_node *one = yaml_get(document, "project");
    const struct yaml_node *list = yaml_get(document, "projects");
    size_t n_most = list != NULL && list->kind == YAML_LIST ? list->n_items : 0;
    static const struct config_project unknown = {.name = NULL, .is_flawed = true};
    const struct config_project **projects = mem_new_array(n_most + 1, sizeof(*projects));
    char found[YAML_FOUND_MAX];

    *ret_n = 0;
    if (one != NULL && list != NULL)
        complain(source, COMPLAINT_ERROR, list->key_line, list->key_column,
                 "project and projects are both there; keep one");
    else if (one != NULL)
        add_project(source, config, one, "project", projects, ret_n);
    else if (list == NULL)
        projects[(*ret_n)++] = NULL;
    else if (n_most == 0 && list->kind != YAML_BROKEN)
        yaml_complain(source, list, "projects: found %s, expected a list of names of projects",
                      list->kind == YAML_LIST ? "an empty list" : yaml_found(list, found));
    for (size_t i = 0; one == NULL && i < n_most; i++)
        add_project(source, config, &list->items[i], "projects", projects, ret_n);
    if (*ret_n == 0)
        projects[(*ret_n)++] = &unknown;
    return projects;
}

/* --- $own and $competitors ------------------------------------------------------------------- */

struct expansion {
    struct source *source;
    const struct config_project *project; /* NULL: none */
};

static bool is_word(const struct yaml_node *node)
{
    return node->kind == YAML_TEXT &&
           (strcmp(node->text, "$own") == 0 || strcmp(node->text, "$competitors") == 0);
}

/* What the word at `node` stands for, or NULL and a complaint. */
static const struct config_texts *meaning(const struct expansion *expansion,
                                          const struct yaml_node *node, const char *path)
{
    const struct config_project *project = expansion->project;
    const struct config_texts *targets;

    if (project == NULL) {
        yaml_complain(expansion->source, node,
                      "%s: %s is of a project; write project: and the name of one, from projects "
                      "of the main file",
                      path, node->text);
        return NULL;
    }
    if (project->is_flawed)
        return NULL;
    targets = strcmp(node->text, "$own") == 0 ? &project->own : &project->competitors;
    if (targets->n > 0)
        return targets;
    yaml_complain(expansion->source, node, "%s: %s: project %s has no %s in the main file", path,
                  node->text, project->name, node->text + 1);
    return NULL;
}

/* It has been complained of; its key stays. */
static void break_node(struct yaml_node *node)
{
    struct yaml_node broken = {.line = node->line,
                               .column = node->column,
                               .key = node->key,
                               .key_line = node->key_line,
                               .key_column = node->key_column};

    node->key = NULL;
    yaml_node_deinit(node);
    *node = broken;
}

static void refuse_number(const struct expansion *expansion, struct yaml_node *node,
                          const char *path, int max)
{
    yaml_complain(expansion->source, node,
                  "%s: are %zu with those of project %s, the API takes at "
                  "most %d",
                  path, node->n_items, expansion->project->name, max);
    break_node(node);
}

static struct yaml_node target_at(const struct yaml_node *place, const char *target)
{
    return (struct yaml_node){.kind = YAML_TEXT,
                              .line = place->line,
                              .column = place->column,
                              .text = mem_strdup(target)};
}

/* `node` becomes a node of that kind in the same place, without items. */
static void empty(struct yaml_node *node, enum yaml_kind kind, size_t n_most)
{
    free(node->text);
    free(node->raw);
    node->text = node->raw = NULL;
    node->kind = kind;
    node->items = mem_new_array(n_most, sizeof(*node->items));
    node->n_items = 0;
}

/* $competitors becomes {"1": ..., "2": ...}. */
static void expand_numbered(const struct expansion *expansion, struct yaml_node *node,
                            const char *path)
{
    const struct config_texts *targets;

    if (!is_word(node))
        return;
    targets = meaning(expansion, node, path);
    if (targets == NULL) {
        break_node(node);
        return;
    }
    empty(node, YAML_MAP, targets->n);
    for (size_t i = 0; i < targets->n; i++) {
        struct yaml_node *item = &node->items[node->n_items++];

        *item = target_at(node, targets->items[i]);
        item->key = mem_printf("%zu", i + 1);
        item->key_line = node->line;
        item->key_column = node->column;
    }
    if (node->n_items > TARGETS_MAX)
        refuse_number(expansion, node, path, TARGETS_MAX);
}

/* Takes `from`: its target, or those it stands for, go behind the others of `list`. */
static bool take_item(const struct expansion *expansion, struct yaml_node *list,
                      struct yaml_node *from, const char *path)
{
    const struct config_texts *targets = is_word(from) ? meaning(expansion, from, path) : NULL;
    size_t n = targets == NULL ? 1 : targets->n;

    list->items = mem_resize(list->items, list->n_items + n, sizeof(*list->items));
    if (targets == NULL) {
        list->items[list->n_items++] = *from;
        if (is_word(from))
            break_node(&list->items[list->n_items - 1]);
        return false;
    }
    for (size_t i = 0; i < n; i++)
        list->items[list->n_items++] = target_at(from, targets->items[i]);
    yaml_node_deinit(from);
    return true;
}

/* Items of the list, or the word alone, become targets; more than `max`, if not 0, are an error. */
static void expand_list(const struct expansion *expansion, struct yaml_node *node, const char *path,
                        int max)
{
    struct yaml_node word = *node, *items = node->items;
    size_t n_items = node->n_items;
    bool is_expanded = false;

    if (is_word(node)) {
        word.key = NULL;
        items = &word;
        n_items = 1;
    } else if (node->kind != YAML_LIST) {
        return;
    }
    node->kind = YAML_LIST;
    node->text = node->raw = NULL;
    node->items = NULL;
    node->n_items = 0;
    for (size_t i = 0; i < n_items; i++)
        is_expanded = take_item(expansion, node, &items[i], path) || is_expanded;
    if (items != &word)
        free(items);
    if (is_expanded && max > 0 && node->n_items > (size_t)max)
        refuse_number(expansion, node, path, max);
}

static struct yaml_node *find(struct yaml_node *map, const char *key)
{
    for (size_t i = 0; map->kind == YAML_MAP && i < map->n_items; i++)
        if (strcmp(map->items[i].key, key) == 0)
            return &map->items[i];
    return NULL;
}

static void expand_request(const struct expansion *expansion, struct yaml_node *request)
{
    struct yaml_node *targets = find(request, "targets");
    struct yaml_node *excluded = find(request, "exclude_targets");

    if (targets != NULL)
        expand_numbered(expansion, targets, "request.targets");
    if (excluded != NULL)
        expand_list(expansion, excluded, "request.exclude_targets", EXCLUDED_MAX);
}

struct yaml_node project_expand(struct source *source, const struct yaml_node *document,
                                const struct config_project *project)
{
    struct expansion expansion = {source, project};
    struct yaml_node copy = yaml_node_copy(document);
    struct yaml_node *targets = find(&copy, "targets"), *request = find(&copy, "request");
    struct yaml_node *feeds = find(&copy, "feeds");

    if (targets != NULL && targets->kind == YAML_LIST)
        expand_list(&expansion, targets, "targets", 0);
    if (request != NULL)
        expand_request(&expansion, request);
    for (size_t i = 0; feeds != NULL && feeds->kind == YAML_LIST && i < feeds->n_items; i++)
        expand_request(&expansion, &feeds->items[i]);
    return copy;
}
