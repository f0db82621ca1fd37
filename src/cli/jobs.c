#include "cli/jobs.h"

#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "config/config.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"

int jobs_unknown(const struct config *config, const char *name)
{
    const char **names = mem_new_array(2 * config->n_jobs, sizeof(*names));
    const char *meant;

    for (size_t i = 0; i < config->n_jobs; i++) {
        names[2 * i] = config->jobs[i].title;
        names[2 * i + 1] = config->jobs[i].name;
    }
    meant = text_near_miss(name, names, 2 * config->n_jobs);
    log_error("%s: no such job in %s%s%s%s", name, config->job_files,
              meant != NULL ? "; did you mean `" : "", meant != NULL ? meant : "",
              meant != NULL ? "`?" : "");
    free(names);
    return err_exit_code(ERR_USAGE);
}

static bool is_or_was_named(const struct config_job *job, const char *word)
{
    bool is_so = config_job_is_named(job, word);

    for (size_t i = 0; i < job->formerly.n && !is_so; i++) {
        CLEANUP(mem_free_string)
        char *title = mem_printf("%s/%s", job->project, job->formerly.items[i]);

        is_so = strcmp(job->formerly.items[i], word) == 0 || strcmp(title, word) == 0;
    }
    return is_so;
}

char **jobs_all_names(const struct config *config, const char *word, size_t *ret_n,
                      bool *ret_is_job)
{
    char **names = mem_new_array(1, sizeof(*names));
    size_t n = 0;

    names[n++] = mem_strdup(word);
    for (size_t i = 0; i < config->n_jobs; i++) {
        const struct config_job *job = &config->jobs[i];

        if (!is_or_was_named(job, word))
            continue;
        names = mem_resize(names, n + 1 + job->formerly.n, sizeof(*names));
        names[n++] = mem_printf("%s/%s", job->project, job->name);
        for (size_t j = 0; j < job->formerly.n; j++)
            names[n++] = mem_printf("%s/%s", job->project, job->formerly.items[j]);
    }
    *ret_n = n;
    *ret_is_job = n > 1;
    return names;
}

/* A timer whose job files have been moved away should not look as if all were well. */
static int no_job(const struct config *config)
{
    struct err err;

    err_set(&err, ERR_CONFIG, "there is no job to run in %s", config->job_files);
    return command_fail(&err);
}

static bool is_picked(const struct config_job **jobs, size_t n_jobs, const struct config_job *job)
{
    for (size_t i = 0; i < n_jobs; i++)
        if (jobs[i] == job)
            return true;
    return false;
}

/* All that the word names, without those that are picked already. False where it names none. */
static bool pick(const struct config *config, const char *word, const struct config_job **jobs,
                 size_t *n_jobs)
{
    bool is_known = false;

    for (size_t i = 0; i < config->n_jobs; i++) {
        if (!config_job_is_named(&config->jobs[i], word))
            continue;
        is_known = true;
        if (!is_picked(jobs, *n_jobs, &config->jobs[i]))
            jobs[(*n_jobs)++] = &config->jobs[i];
    }
    return is_known;
}

int jobs_pick(const struct config *config, int n_words, char **words, bool is_all,
              const struct config_job ***ret_jobs, size_t *ret_n_jobs)
{
    const struct config_job **jobs = mem_new_array(config->n_jobs, sizeof(*jobs));
    size_t n_jobs = 0;
    int exit_code = 0;

    for (size_t i = 0; is_all && i < config->n_jobs; i++)
        jobs[n_jobs++] = &config->jobs[i];
    for (int i = 1; i < n_words && exit_code == 0; i++)
        if (!pick(config, words[i], jobs, &n_jobs))
            exit_code = jobs_unknown(config, words[i]);
    if (exit_code == 0 && n_jobs == 0)
        exit_code = no_job(config);
    if (exit_code != 0) {
        free(jobs);
        return exit_code;
    }
    *ret_jobs = jobs;
    *ret_n_jobs = n_jobs;
    return 0;
}
