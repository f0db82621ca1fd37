#include "config/job_notes.h"

#include <string.h>

#include "api/endpoint.h"
#include "config/config.h"
#include "config/yaml.h"

/* Only a complete listing of all links says that one vanished: linkhaul.keep_state() in sql/. */

/* One link stands for many, and a domain can be told from its absence, another group cannot. */
static bool is_group_without_end(const struct yaml_node *mode, const struct yaml_node *custom_mode)
{
    const struct yaml_node *field = custom_mode == NULL ? NULL : yaml_get(custom_mode, "field");

    if (custom_mode != NULL && custom_mode->kind == YAML_MAP)
        return field == NULL || field->text == NULL || strcmp(field->text, "domain_from") != 0;
    return mode != NULL && mode->text != NULL && strcmp(mode->text, "as_is") != 0 &&
           strcmp(mode->text, "one_per_domain") != 0;
}

/* `key`: what the request is called, "request" or "feeds". */
static void note_groups(struct source *source, const struct yaml_node *request, const char *key)
{
    const struct yaml_node *mode = yaml_get(request, "mode");
    const struct yaml_node *custom_mode = yaml_get(request, "custom_mode");
    const struct yaml_node *at = custom_mode != NULL ? custom_mode : mode;

    if (is_group_without_end(mode, custom_mode))
        complain(source, COMPLAINT_NOTE, at->line, at->column,
                 "%s.%s: other links stand for a group every night: none of them is ever told as "
                 "lost, unless the vendor says so",
                 key, at->key);
}

void job_note_what_is_never_lost(struct source *source, const struct yaml_node *document,
                                 const struct config_job *job)
{
    const struct yaml_node *max_rows = yaml_get(document, "max_rows");
    const struct yaml_node *request = yaml_get(document, "request");
    const struct yaml_node *feeds = yaml_get(document, "feeds");

    if (job->endpoint->takes_list)
        return;
    if (job->max_rows > 0)
        complain(
            source, COMPLAINT_NOTE, max_rows->line, max_rows->column,
            "max_rows: a listing that it cuts is `limited`: what is not in it is never told as "
            "lost");
    if (request != NULL)
        note_groups(source, request, "request");
    for (size_t i = 0; feeds != NULL && i < feeds->n_items; i++)
        note_groups(source, &feeds->items[i], "feeds");
}
