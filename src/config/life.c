/* What is asked of a configuration that has been read, and its end. */
#include <stdlib.h>
#include <string.h>

#include "config/account.h"
#include "config/config.h"
#include "config/job.h"
#include "config/project.h"

bool config_job_is_named(const struct config_job *job, const char *word)
{
    return strcmp(job->title, word) == 0 || strcmp(job->name, word) == 0;
}

const struct config_job *config_job_find(const struct config *config, const char *project,
                                         const char *name)
{
    for (size_t i = 0; i < config->n_jobs; i++)
        if (strcmp(config->jobs[i].project, project) == 0 &&
            strcmp(config->jobs[i].name, name) == 0)
            return &config->jobs[i];
    return NULL;
}

void config_texts_deinit(struct config_texts *texts)
{
    for (size_t i = 0; i < texts->n; i++)
        free(texts->items[i]);
    free(texts->items);
}

void config_print_complaints(const struct config *config, FILE *out)
{
    complaints_print(&config->complaints, COMPLAINT_ERROR, COMPLAINT_WARNING, out);
}

void config_log_complaints(const struct config *config)
{
    complaints_log(&config->complaints);
}

void config_print_notes(const struct config *config, FILE *out)
{
    complaints_print(&config->complaints, COMPLAINT_NOTE, COMPLAINT_NOTE, out);
}

void config_destroy(struct config *config)
{
    if (config == NULL)
        return;
    for (size_t i = 0; i < config->n_jobs; i++)
        job_deinit(&config->jobs[i]);
    free(config->jobs);
    for (size_t i = 0; i < config->n_projects; i++)
        project_deinit(&config->projects[i]);
    free(config->projects);
    for (size_t i = 0; i < config->n_files; i++)
        free(config->files[i]);
    free(config->files);
    free(config->bad_files);
    complaints_deinit(&config->complaints);
    free(config->file);
    for (size_t i = 0; i < config->n_accounts; i++)
        account_deinit(&config->accounts[i]);
    free(config->accounts);
    free(config->database_url);
    free(config->spool);
    free(config->http);
    free(config->job_files);
    config_texts_deinit(&config->on_night);
    free(config->log);
    free(config->log_level);
    free(config);
}

void config_free(struct config **config)
{
    config_destroy(*config);
    *config = NULL;
}
