#include "config/job_notes.h"

#include <string.h>

#include "api/endpoint.h"
#include "config/config.h"
#include "config/yaml.h"

/* Only a complete listing of all links says that one vanished: linkhaul.keep_state() in sql/. */

static void note(struct source *source, const struct yaml_node *node, const char *key,
                 const char *text)
{
    complain(source, COMPLAINT_NOTE, node->line, node->column, "%s: %s", key, text);
}

/* One link stands for many, and a domain can be told from its absence, another group cannot. */
static bool is_group_without_end(const struct yaml_node *mode, const struct yaml_node *custom_mode)
{
    const struct yaml_node *field = custom_mode == NULL ? NULL : yaml_get(custom_mode, "field");

    if (custom_mode != NULL && custom_mode->kind == YAML_MAP)
        return field == NULL || field->text == NULL || strcmp(field->text, "domain_from") != 0;
    return mode != NULL && mode->text != NULL && strcmp(mode->text, "as_is") != 0 &&
           strcmp(mode->text, "one_per_domain") != 0;
}

void job_note_what_is_never_lost(struct source *source, const struct yaml_node *document,
                                 const struct config_job *job)
{
    const struct yaml_node *request = yaml_get(document, "request");
    const struct yaml_node *mode = request == NULL ? NULL : yaml_get(request, "mode");
    const struct yaml_node *custom_mode = request == NULL ? NULL : yaml_get(request, "custom_mode");

    if (job->endpoint->takes_list)
        return;
    if (job->max_rows > 0)
        note(source, yaml_get(document, "max_rows"), "max_rows",
             "a listing that it cuts is `limited`: what is not in it is never told as lost");
    if (is_group_without_end(mode, custom_mode))
        note(source, custom_mode != NULL ? custom_mode : mode,
             custom_mode != NULL ? "request.custom_mode" : "request.mode",
             "other links stand for a group every night: none of them is ever told as lost, unless "
             "the vendor says so");
}
