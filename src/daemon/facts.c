#include "daemon/facts.h"

#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "daemon/service_private.h"
#include "spool/archive.h"

/*
 *   accounts ─▶ caps ─▶ jobs       one statement each; and a worker sums up the spool meanwhile
 *
 * A statement that fails leaves what was known before, and is told once. That the connection is
 * lost is for the service to find out.
 */

#define ASK_EVERY_MS 15000

struct facts *facts_new(struct service *service)
{
    struct facts *facts = mem_new(sizeof(*facts));

    facts->service = service;
    facts->spool_bytes = -1;
    facts->work.data = facts;
    return facts;
}

static void free_accounts(struct facts *facts)
{
    for (size_t i = 0; i < facts->n_accounts; i++)
        free(facts->accounts[i].name);
    free(facts->accounts);
}

static void free_caps(struct facts *facts)
{
    for (size_t i = 0; i < facts->n_caps; i++) {
        free(facts->caps[i].scope);
        free(facts->caps[i].per);
    }
    free(facts->caps);
}

static void free_jobs(struct facts_job *jobs, size_t n_jobs)
{
    for (size_t i = 0; i < n_jobs; i++) {
        free(jobs[i].project);
        free(jobs[i].name);
    }
    free(jobs);
}

void facts_destroy(struct facts *facts)
{
    free_accounts(facts);
    free_caps(facts);
    free_jobs(facts->jobs, facts->n_jobs);
    free(facts->spool);
    free(facts);
}

const struct facts_account *facts_of_account(const struct facts *facts, const char *name)
{
    for (size_t i = 0; i < facts->n_accounts; i++)
        if (strcmp(facts->accounts[i].name, name) == 0)
            return &facts->accounts[i];
    return NULL;
}

const struct facts_job *facts_of_job(const struct facts *facts, const char *project,
                                     const char *name)
{
    for (size_t i = 0; i < facts->n_jobs; i++)
        if (strcmp(facts->jobs[i].project, project) == 0 && strcmp(facts->jobs[i].name, name) == 0)
            return &facts->jobs[i];
    return NULL;
}

/* --- the disk -------------------------------------------------------------------------------- */

/* In a worker: nothing but the facts' spool and found_bytes is touched. */
static void work(uv_work_t *request)
{
    struct facts *facts = request->data;
    struct spool_file *files;
    size_t n_files;
    struct err err;

    facts->found_bytes = -1;
    if (!spool_list(facts->spool, &files, &n_files, &err))
        return; /* whoever writes there tells */
    facts->found_bytes = 0;
    for (size_t i = 0; i < n_files; i++)
        facts->found_bytes += (int64_t)files[i].bytes;
    free(files);
}

static void on_measured(uv_work_t *request, int status)
{
    struct facts *facts = request->data;

    (void)status; /* work requests are never cancelled */
    facts->is_measuring = false;
    facts->spool_bytes = facts->found_bytes;
}

static void measure_spool(struct facts *facts)
{
    if (facts->is_measuring)
        return;
    free(facts->spool);
    facts->spool = mem_strdup(facts->service->now->config->spool);
    facts->is_measuring = true;
    uv_queue_work(facts->service->loop, &facts->work, work, on_measured);
}

/* --- the database ---------------------------------------------------------------------------- */

static void ask_caps(struct facts *facts);
static void ask_jobs(struct facts *facts);

/* True where the statement has failed, or nobody wants to know any more. */
static bool is_over(struct facts *facts, const struct err *err)
{
    if (err == NULL && !facts->service->is_closed && facts->service->is_open)
        return false;
    facts->is_asking = false;
    if (err != NULL && err->kind != ERR_CANCELED && !facts->is_failing) {
        log_warning("the status port goes by what it knew before: %s", err->text);
        facts->is_failing = true;
    }
    return true;
}

static void on_accounts(void *data, const struct store_account_fact *found, size_t n,
                        const struct err *err)
{
    struct facts *facts = data;

    if (is_over(facts, err))
        return;
    free_accounts(facts);
    facts->accounts = mem_new_array(n, sizeof(*facts->accounts));
    facts->n_accounts = n;
    for (size_t i = 0; i < n; i++) {
        facts->accounts[i] = (struct facts_account){mem_strdup(found[i].name), found[i]};
        facts->accounts[i].fact.name = NULL;
    }
    ask_caps(facts);
}

static void ask_accounts(struct facts *facts)
{
    const struct config *config = facts->service->now->config;
    size_t n = config->n_accounts;
    const char **names = mem_new_array(n, sizeof(*names));
    const char **zones = mem_new_array(n, sizeof(*zones));

    for (size_t i = 0; i < n; i++) {
        names[i] = config->accounts[i].name;
        zones[i] = config->accounts[i].timezone;
    }
    store_read_account_facts(facts->service->store, names, zones, n, on_accounts, facts);
    free(names);
    free(zones);
}

static void on_caps(void *data, const struct store_cap_fact *found, size_t n, const struct err *err)
{
    struct facts *facts = data;

    if (is_over(facts, err))
        return;
    free_caps(facts);
    facts->caps = mem_new_array(n, sizeof(*facts->caps));
    facts->n_caps = n;
    for (size_t i = 0; i < n; i++)
        facts->caps[i] = (struct facts_cap){.scope = mem_strdup(found[i].scope),
                                            .per = mem_strdup(found[i].per),
                                            .nanousd = found[i].nanousd,
                                            .spent_nanousd = found[i].spent_nanousd};
    ask_jobs(facts);
}

/* Each account has days of its own; those of the first one serve where several may spend. */
static void ask_caps(struct facts *facts)
{
    const struct config *config = facts->service->now->config;
    size_t n = 0, n_max = 1 + config->n_accounts + config->n_projects + config->n_jobs;
    char **scopes = mem_new_array(n_max, sizeof(*scopes));
    const char **zones = mem_new_array(n_max, sizeof(*zones));

    zones[n] = config->accounts[0].timezone;
    scopes[n++] = mem_strdup("all");
    for (size_t i = 0; i < config->n_accounts; i++) {
        zones[n] = config->accounts[i].timezone;
        scopes[n++] = mem_printf("account:%s", config->accounts[i].name);
    }
    for (size_t i = 0; i < config->n_projects; i++) {
        zones[n] = config->accounts[0].timezone;
        scopes[n++] = mem_printf("project:%s", config->projects[i].name);
    }
    for (size_t i = 0; i < config->n_jobs; i++) {
        zones[n] = config->jobs[i].account->timezone;
        scopes[n++] = mem_printf("job:%s/%s", config->jobs[i].project, config->jobs[i].name);
    }
    store_read_cap_facts(facts->service->store, (const char *const *)scopes, zones, n, on_caps,
                         facts);
    for (size_t i = 0; i < n; i++)
        free(scopes[i]);
    free(scopes);
    free(zones);
}

static void on_jobs(void *data, const struct store_job_fact *found, size_t n, const struct err *err)
{
    struct facts *facts = data;
    struct facts_job *jobs;

    if (is_over(facts, err))
        return;
    jobs = mem_new_array(n, sizeof(*jobs));
    for (size_t i = 0; i < n; i++) {
        const struct facts_job *before = facts_of_job(facts, found[i].project, found[i].name);

        jobs[i] = (struct facts_job){.project = mem_strdup(found[i].project),
                                     .name = mem_strdup(found[i].name),
                                     .fact = found[i],
                                     .since_s = before != NULL ? before->since_s
                                                               : service_wall_ms(NULL) / 1000};
        jobs[i].fact.project = jobs[i].fact.name = NULL;
    }
    free_jobs(facts->jobs, facts->n_jobs);
    facts->jobs = jobs;
    facts->n_jobs = n;
    facts->is_asking = facts->is_failing = false;
}

static void ask_jobs(struct facts *facts)
{
    const struct config *config = facts->service->now->config;
    const char **projects = mem_new_array(config->n_jobs, sizeof(*projects));
    const char **names = mem_new_array(config->n_jobs, sizeof(*names));

    for (size_t i = 0; i < config->n_jobs; i++) {
        projects[i] = config->jobs[i].project;
        names[i] = config->jobs[i].name;
    }
    store_read_job_facts(facts->service->store, projects, names, config->n_jobs, on_jobs, facts);
    free(projects);
    free(names);
}

void facts_ask(struct facts *facts)
{
    int64_t now_ms = clock_mono_ms();

    if (facts->is_asking ||
        (facts->asked_ms > 0 && now_ms - facts->asked_ms < clock_api_ms(ASK_EVERY_MS)))
        return;
    facts->asked_ms = now_ms;
    facts->is_asking = true;
    ask_accounts(facts);
    measure_spool(facts);
}
