#include "config/formerly.h"

#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/value.h"
#include "core/mem.h"

static bool has(const struct config_texts *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++)
        if (strcmp(names->items[i], name) == 0)
            return true;
    return false;
}

static void add(struct source *source, const struct yaml_node *node, struct config_job *job)
{
    char found[YAML_FOUND_MAX];

    if (node->kind == YAML_BROKEN)
        return;
    if (node->text == NULL || !value_is_name(node->text))
        yaml_complain(source, node, "formerly: found %s, expected the name that the job had",
                      yaml_found(node, found));
    else if (job->name != NULL && strcmp(job->name, node->text) == 0)
        yaml_complain(source, node, "formerly: %s is the name that the job has",
                      yaml_found(node, found));
    else if (has(&job->formerly, node->text))
        yaml_complain(source, node, "formerly: %s stands twice", yaml_found(node, found));
    else
        job->formerly.items[job->formerly.n++] = mem_strdup(node->text);
}

void formerly_read(struct source *source, const struct yaml_node *document, struct config_job *job)
{
    const struct yaml_node *node = yaml_get(document, "formerly");

    if (node == NULL)
        return;
    job->formerly.items = mem_new_array(node->n_items + 1, sizeof(*job->formerly.items));
    if (node->kind != YAML_LIST)
        add(source, node, job);
    else if (node->n_items == 0)
        yaml_complain(source, node,
                      "formerly: found an empty list, expected the name that the job "
                      "had");
    for (size_t i = 0; node->kind == YAML_LIST && i < node->n_items; i++)
        add(source, &node->items[i], job);
}

const char *formerly_clash(const struct config_job *job, const struct config_job *other)
{
    for (size_t i = 0; i < job->formerly.n; i++) {
        const char *name = job->formerly.items[i];

        if (strcmp(job->project, other->project) == 0 &&
            (strcmp(other->name, name) == 0 || has(&other->formerly, name)))
            return name;
    }
    return NULL;
}
