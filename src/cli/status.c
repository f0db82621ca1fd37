#include "cli/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/asking.h"
#include "cli/command.h"
#include "cli/jobs.h"
#include "cli/sizes.h"
#include "config/config.h"
#include "core/clock.h"
#include "core/mem.h"
#include "spool/archive.h"

/*
 * `status`: who works on the database, then accounts, jobs, and the feeds that somebody has to look
 * at, from what the database knows. It is one question after the other, each told as it is
 * answered.
 */

struct reporting {
    struct asking asking;
    struct status status;
    bool has_sizes;
    struct sizes_spool spool;
};

char *status_title(const char *project, const char *job)
{
    return strcmp(project, PROJECT_DEFAULT) == 0 ? mem_strdup(job)
                                                 : mem_printf("%s/%s", project, job);
}

/* --- answers --------------------------------------------------------------------------------- */

static void on_holder(void *data, const struct store_holder *holder, const struct err *err)
{
    struct reporting *reporting = data;
    struct status *status = &reporting->status;
    struct writer *writer = &status->writer;

    status->is_held = holder != NULL;
    if (!status->is_json && holder != NULL)
        printf("%s works on this database since %s\n\n", holder->name, holder->since);
    if (!status->is_json && holder == NULL && err == NULL)
        puts("no linkhaul works on this database now\n");
    if (holder == NULL) {
        writer_null(writer, "running");
    } else {
        writer_begin(writer, "running", '{');
        writer_text(writer, "name", holder->name);
        writer_text(writer, "since", holder->since);
        writer_end(writer, '}');
    }
    asking_answered(&reporting->asking, err);
}

static void on_caps(void *data, const struct store_cap_fact *facts, size_t n, const struct err *err)
{
    struct reporting *reporting = data;

    status_note_caps(&reporting->status, facts, n);
    asking_answered(&reporting->asking, err);
}

static void on_accounts(void *data, const struct store_account_fact *facts, size_t n,
                        const struct err *err)
{
    struct reporting *reporting = data;

    if (err == NULL)
        status_tell_accounts(&reporting->status, facts, n);
    asking_answered(&reporting->asking, err);
}

static void on_jobs(void *data, const struct store_job_row *rows, size_t n_rows,
                    const struct err *err)
{
    struct reporting *reporting = data;

    if (err == NULL)
        status_tell_jobs(&reporting->status, rows, n_rows);
    asking_answered(&reporting->asking, err);
}

static void on_feeds(void *data, const struct store_status_row *rows, size_t n_rows,
                     const struct err *err)
{
    struct reporting *reporting = data;

    if (err == NULL)
        status_tell_feeds(&reporting->status, rows, n_rows);
    asking_answered(&reporting->asking, err);
}

static void on_sizes(void *data, const struct store_size *sizes, size_t n_sizes,
                     const struct err *err)
{
    struct reporting *reporting = data;

    if (err == NULL)
        sizes_write(&reporting->status.writer, sizes, n_sizes, &reporting->spool);
    if (err == NULL && !reporting->status.is_json) {
        putchar('\n');
        sizes_print(sizes, n_sizes, &reporting->spool);
    }
    asking_answered(&reporting->asking, err);
}

/* --- questions ------------------------------------------------------------------------------- */

/* The caps of all are counted in the days of the first account. */
static bool ask_accounts(struct reporting *reporting)
{
    struct status *status = &reporting->status;
    size_t n = status->n_accounts;
    char **scopes = mem_new_array(n + 1, sizeof(*scopes));
    const char **names = mem_new_array(n, sizeof(*names));
    const char **zones = mem_new_array(n + 1, sizeof(*zones));
    bool is_good;

    for (size_t i = 0; i < n; i++) {
        names[i] = status->accounts[i].config->name;
        scopes[i] = mem_printf("account:%s", names[i]);
        zones[i] = status->accounts[i].config->timezone;
    }
    scopes[n] = mem_strdup("all");
    zones[n] = status->config->n_accounts > 0 ? status->config->accounts[0].timezone : "UTC";
    store_read_cap_facts(reporting->asking.store, (const char *const *)scopes, zones, n + 1,
                         on_caps, reporting);
    is_good = asking_wait(&reporting->asking);
    if (is_good) {
        store_read_account_facts(reporting->asking.store, names, zones, n, on_accounts, reporting);
        is_good = asking_wait(&reporting->asking);
    }
    for (size_t i = 0; i <= n; i++)
        free(scopes[i]);
    free(scopes);
    free(names);
    free(zones);
    return is_good;
}

static bool ask(struct reporting *reporting)
{
    struct asking *asking = &reporting->asking;

    store_who_holds(asking->store, on_holder, reporting);
    if (!asking_wait(asking))
        return false;
    if (!ask_accounts(reporting))
        return false;
    store_read_job_rows(asking->store, NULL, 0, on_jobs, reporting);
    if (!asking_wait(asking))
        return false;
    store_status(asking->store, on_feeds, reporting);
    if (!asking_wait(asking))
        return false;
    if (!reporting->has_sizes)
        return true;
    store_read_sizes(asking->store, on_sizes, reporting);
    return asking_wait(asking);
}

static bool sum_spool(const char *dir, struct sizes_spool *ret_spool, struct err *err)
{
    struct spool_file *files;

    *ret_spool = (struct sizes_spool){0};
    if (!spool_list(dir, &files, &ret_spool->n_files, err))
        return false;
    for (size_t i = 0; i < ret_spool->n_files; i++)
        ret_spool->bytes += files[i].bytes;
    free(files);
    return true;
}

static int report(struct reporting *reporting)
{
    const struct config *config = reporting->status.config;
    struct writer *writer = &reporting->status.writer;
    struct err err;

    if (!asking_open(&reporting->asking, config->database_url))
        return command_fail(&reporting->asking.err);
    if (reporting->has_sizes && !sum_spool(config->spool, &reporting->spool, &err))
        return command_fail(&err);
    writer_begin(writer, NULL, '{');
    if (!ask(reporting))
        return command_fail(&reporting->asking.err);
    writer_end(writer, '}');
    if (reporting->status.is_json)
        writer_print(writer, stdout);
    return 0;
}

/* All jobs where none is named: also where there is none. */
static int choose(struct status *status, int n_words, char **words)
{
    status->is_asked_for = n_words > 1;
    if (!status->is_asked_for && status->config->n_jobs == 0)
        return 0;
    return jobs_pick(status->config, n_words, words, !status->is_asked_for, &status->jobs,
                     &status->n_jobs);
}

int command_status(const char *file, int argc, char **argv)
{
    struct reporting reporting = {.status = {.now_s = clock_wall_ms() / 1000}};
    struct status *status = &reporting.status;
    const struct command_switch switches[] = {
        {"--size", &reporting.has_sizes}, {"--json", &status->is_json}, {NULL, NULL}};
    int n_words = command_read(argc, argv, switches, true);
    CLEANUP(config_free) struct config *config = NULL;
    int exit_code = 0;

    if (n_words == 0)
        return err_exit_code(ERR_USAGE);
    config = command_load(file, &exit_code);
    if (config == NULL)
        return exit_code;
    status->config = config;
    exit_code = choose(status, n_words, argv);
    if (exit_code == 0) {
        status_find_accounts(status);
        writer_init(&status->writer);
        exit_code = report(&reporting);
        asking_close(&reporting.asking);
        writer_deinit(&status->writer);
    }
    free(status->jobs);
    free(status->accounts);
    free(status->at_work);
    return exit_code;
}
