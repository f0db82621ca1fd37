/*
 * The happy path: each key of a map is looked up in the table, its value checked by the key's type
 * and put into its place in the struct; keys that are not there get their defaults.
 *
 * What is wrong is complained about where it stands; its place in the struct stays empty, or keeps
 * its default. Caps that cannot all be reached are a warning. An unknown key (with what was
 * probably meant) is an error.
 */
#include "config/read.h"

#include <stdio.h>
#include <string.h>

#include "config/account.h"
#include "config/config.h"
#include "config/project.h"
#include "config/value.h"
#include "core/mem.h"
#include "core/money.h"
#include "core/text.h"

static void read_map(struct source *source, const struct yaml_node *map, const char *prefix,
                     const struct key *keys, size_t n_keys, void *base);
static void read_one(const struct slot *slot);
static void set_numbers(const struct key *keys, size_t n_keys, void *base);
static void set_texts(const struct key *keys, size_t n_keys, void *base);

void read_map_into(struct source *source, const struct yaml_node *map, const char *prefix,
                   const struct key_table *table, void *base)
{
    set_numbers(table->keys, table->n_keys, base);
    read_map(source, map, prefix, table->keys, table->n_keys, base);
    set_texts(table->keys, table->n_keys, base);
}

void read_defaults(const struct key_table *table, void *base)
{
    set_numbers(table->keys, table->n_keys, base);
    set_texts(table->keys, table->n_keys, base);
}

/* --- keys ------------------------------------------------------------------------------------ */

static void refuse_unknown(struct source *source, const struct yaml_node *value, const char *prefix,
                           const struct key *keys, size_t n_keys)
{
    const char *names[KEYS_MAX], *meant;
    char shown[YAML_SHORT_MAX], known[512] = "";
    size_t n = 0;

    for (size_t i = 0; i < n_keys && n < KEYS_MAX; i++) {
        size_t used = strlen(known);

        snprintf(known + used, sizeof(known) - used, "%s%s", n == 0 ? "" : ", ", keys[i].name);
        names[n++] = keys[i].name;
    }
    meant = text_near_miss(value->key, names, n);
    if (meant != NULL)
        complain(source, COMPLAINT_ERROR, value->key_line, value->key_column,
                 "%s%s: unknown key; did you mean %s?", prefix, yaml_short(value->key, shown),
                 meant);
    else
        complain(source, COMPLAINT_ERROR, value->key_line, value->key_column,
                 "%s%s: unknown key; known are %s", prefix, yaml_short(value->key, shown), known);
}

static void require_keys(struct source *source, const struct yaml_node *map, const char *prefix,
                         const struct key *keys, size_t n_keys)
{
    for (size_t i = 0; i < n_keys; i++) {
        const struct key *key = &keys[i];
        char expected[KEY_EXPECTED_MAX];

        if (!key->is_required || key->fit != FIT_ANY || yaml_get(map, key->name) != NULL ||
            (key->twin != NULL && yaml_get(map, key->twin) != NULL))
            continue;
        if (key->twin != NULL)
            yaml_complain(source, map, "%s%s or %s is missing", prefix, key->name, key->twin);
        else
            yaml_complain(source, map, "%s%s is missing; it is %s", prefix, key->name,
                          key_expected(key, expected));
    }
}

static void read_map(struct source *source, const struct yaml_node *map, const char *prefix,
                     const struct key *keys, size_t n_keys, void *base)
{
    for (size_t i = 0; i < map->n_items; i++) {
        const struct yaml_node *value = &map->items[i];
        const struct key *key = key_find(keys, n_keys, value->key);
        char path[KEY_PATH_BYTES_MAX];

        if (key == NULL) {
            refuse_unknown(source, value, prefix, keys, n_keys);
            continue;
        }
        snprintf(path, sizeof(path), "%s%s", prefix, key->name);
        read_one(&(struct slot){source, key, value, path, base});
    }
    require_keys(source, map, prefix, keys, n_keys);
}

/* Before the map is read: 0 may be a value, so it does not tell that there was none. */
static void set_numbers(const struct key *keys, size_t n_keys, void *base)
{
    for (size_t i = 0; i < n_keys; i++) {
        const struct key *key = &keys[i];

        if (key->type == KEY_MAP)
            set_numbers(key->keys, key->n_keys, base);
        if (key->fallback != NULL && key_is_number(key))
            key_parse_number(key, key->fallback, value_number_at(base, key));
    }
}

/* Behind it: a text that is there already would be taken for that of a key's twin. */
static void set_texts(const struct key *keys, size_t n_keys, void *base)
{
    for (size_t i = 0; i < n_keys; i++) {
        const struct key *key = &keys[i];

        if (key->type == KEY_MAP)
            set_texts(key->keys, key->n_keys, base);
        if (key->fallback != NULL && !key_is_number(key) && key->type != KEY_SYNC &&
            *value_text_at(base, key) == NULL)
            *value_text_at(base, key) = mem_strdup(key->fallback);
    }
}

static void read_submap(const struct slot *slot)
{
    char prefix[KEY_PATH_BYTES_MAX];

    if (slot->node->kind != YAML_MAP) {
        value_refuse(slot);
        return;
    }
    snprintf(prefix, sizeof(prefix), "%s.", slot->path);
    read_map(slot->source, slot->node, prefix, slot->key->keys, slot->key->n_keys, slot->base);
}

/* A cap that another one of its level makes pointless. `longer` counts more than `shorter`. */
static void warn_of_order(const struct slot *slot, const struct key *shorter,
                          const struct key *longer, void *budget)
{
    int64_t above = *value_number_at(budget, shorter), below = *value_number_at(budget, longer);
    char much[MONEY_TEXT_MAX], little[MONEY_TEXT_MAX];

    if (above > below && below > 0)
        yaml_warn(slot->source, yaml_get(slot->node, shorter->name),
                  "%s.%s: %s is more than the %s of %s.%s, and can never be spent", slot->path,
                  shorter->name, money_format(above, much), money_format(below, little), slot->path,
                  longer->name);
}

/* A number means per_run. */
static void read_budget(const struct slot *slot)
{
    void *budget = (char *)slot->base + slot->key->offset;
    const struct key *keys = slot->key->keys; /* the longer a time it counts, the later */
    char prefix[KEY_PATH_BYTES_MAX], expected[KEY_EXPECTED_MAX];

    if (slot->node->kind != YAML_MAP) {
        value_read_money(slot);
        return;
    }
    if (slot->node->n_items == 0)
        yaml_complain(slot->source, slot->node, "%s: found an empty map, expected %s", slot->path,
                      key_expected(slot->key, expected));
    snprintf(prefix, sizeof(prefix), "%s.", slot->path);
    read_map(slot->source, slot->node, prefix, keys, slot->key->n_keys, budget);
    for (size_t i = 0; i < slot->key->n_keys; i++)
        for (size_t j = i + 1; j < slot->key->n_keys; j++)
            warn_of_order(slot, &keys[i], &keys[j], budget);
}

/* Each with its name as the key. */
static void read_projects(const struct slot *slot)
{
    struct config *config = slot->base;
    char prefix[KEY_PATH_BYTES_MAX], shown[YAML_SHORT_MAX], found[YAML_FOUND_MAX];

    if (slot->node->kind != YAML_MAP || slot->node->n_items == 0) {
        value_refuse(slot);
        return;
    }
    config->projects = mem_new_array(slot->node->n_items, sizeof(*config->projects));
    for (size_t i = 0; i < slot->node->n_items; i++) {
        const struct yaml_node *node = &slot->node->items[i];
        struct config_project *project = &config->projects[config->n_projects++];
        size_t n_errors = slot->source->n_errors;

        project->name = mem_strdup(node->key);
        if (!value_is_name(node->key) || strcmp(node->key, PROJECT_DEFAULT) == 0)
            complain(slot->source, COMPLAINT_ERROR, node->key_line, node->key_column,
                     "projects: %s is no name for one; write lower-case letters, digits, _ . - (63 "
                     "at most), beginning with a letter or digit, and not " PROJECT_DEFAULT
                     ", which is the project of jobs that name none",
                     yaml_short(node->key, shown));
        else if (node->kind != YAML_MAP && node->kind != YAML_BROKEN)
            yaml_complain(slot->source, node,
                          "projects.%s: found %s, expected a map: own, competitors", node->key,
                          yaml_found(node, found));
        snprintf(prefix, sizeof(prefix), "projects.%s.", node->key);
        if (node->kind == YAML_MAP)
            read_map(slot->source, node, prefix, slot->key->keys, slot->key->n_keys, project);
        if (node->kind == YAML_MAP)
            project_read(slot->source, node, project);
        project->is_flawed = node->kind != YAML_MAP || slot->source->n_errors > n_errors;
    }
}

static void read_one(const struct slot *slot)
{
    if (slot->node->kind == YAML_BROKEN)
        return;
    if (slot->key->type == KEY_MAP)
        read_submap(slot);
    else if (slot->key->type == KEY_ACCOUNT)
        account_read(slot);
    else if (slot->key->type == KEY_ACCOUNTS)
        account_read_all(slot);
    else if (slot->key->type == KEY_BUDGET)
        read_budget(slot);
    else if (slot->key->type == KEY_PROJECTS)
        read_projects(slot);
    else
        value_read(slot);
}
