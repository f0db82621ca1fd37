#include "daemon/standing.h"

#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/mem.h"
#include "daemon/facts.h"
#include "daemon/history.h"
#include "daemon/service_private.h"
#include "status/process.h"
#include "status/snapshot.h"

/*
 * A snapshot points into the configuration, the starts and the facts; only what it is made of is
 * its own, and is made anew for each.
 */

struct standing {
    struct service *service;
    struct snapshot snapshot;
    struct snapshot_job *jobs;
    struct snapshot_account *accounts;
    struct snapshot_cap *caps;
    struct snapshot_file *bad_files;
};

struct standing *standing_new(struct service *service)
{
    struct standing *standing = mem_new(sizeof(*standing));

    standing->service = service;
    return standing;
}

static void forget(struct standing *standing)
{
    free(standing->jobs);
    free(standing->accounts);
    free(standing->caps);
    free(standing->bad_files);
}

void standing_destroy(struct standing *standing)
{
    forget(standing);
    free(standing);
}

/* --- jobs ------------------------------------------------------------------------------------ */

static bool is_file_ok(const struct config *config, const struct config_job *job)
{
    for (size_t i = 0; i < config->n_bad_files; i++)
        if (config->bad_files[i].file == job->file)
            return false;
    return true;
}

static void set_progress(const struct start *start, struct snapshot_progress *progress)
{
    struct engine_progress now;

    engine_progress(start->engine, &now);
    *progress = (struct snapshot_progress){
        .started_s = start->begun_s,
        .n_items = now.n_items,
        .n_items_expected = now.n_listings > 0 ? now.n_items_expected : -1,
        .n_in_flight = (int64_t)now.n_in_flight,
        .n_calls = now.n_calls,
        .nanousd = now.booked_nanousd,
        .budget_nanousd = now.budget_nanousd > 0 ? now.budget_nanousd : -1,
        .n_listings = (int64_t)now.n_listings,
        .n_over = (int64_t)now.n_over,
    };
}

static void set_state(const struct service *service, struct snapshot_job *job)
{
    const struct start *start = starts_find(service, job->title);

    job->state = SNAPSHOT_IDLE;
    if (start == NULL || start->state == START_OVER)
        return;
    if (start->engine != NULL) {
        job->state = SNAPSHOT_RUNNING;
        set_progress(start, &job->progress);
    } else if (start->state == START_AGAIN && start->again_ms > 0) {
        job->state = SNAPSHOT_BLOCKED;
        job->reason = start->reason;
    } else {
        job->state = SNAPSHOT_WAITING;
        job->reason = service->is_open ? "other jobs have to end first" : "the database is away";
    }
}

static int64_t known_s(int64_t at_s)
{
    return at_s == SCHEDULE_NEVER ? -1 : at_s;
}

static void set_job(const struct service *service, const struct config_job *of,
                    struct snapshot_job *job)
{
    const struct facts_job *known = facts_of_job(service->facts, of->project, of->name);

    *job = (struct snapshot_job){
        .title = of->title,
        .project = of->project,
        .name = of->name,
        .account = of->account->name,
        .schedule = of->schedule != NULL ? of->schedule : "",
        .timezone = of->timezone,
        .next_s = known_s(scheduler_next_s(service->scheduler, of->title)),
        .due_s = -1,
        .last_success_s = known != NULL ? known->fact.last_success_s : -1,
        .reason = "",
        .is_file_ok = is_file_ok(service->now->config, of),
        .file = of->file,
        .n_held = known != NULL ? known->fact.n_held : -1,
        .last = {.night = "",
                 .result = "",
                 .reason = "",
                 .ended_s = -1,
                 .started_s = -1,
                 .n_rows = -1,
                 .n_new = -1,
                 .n_lost = -1,
                 .nanousd = -1,
                 .cap_nanousd = -1},
    };
    set_state(service, job);
    history_of_job(service->history, of->project, of->name, job);
    if (known != NULL)
        job->due_s =
            known_s(scheduler_due_s(service->scheduler, of->title,
                                    known->fact.last_success_s >= 0 ? known->fact.last_success_s
                                    : known->fact.first_s >= 0      ? known->fact.first_s
                                                                    : known->since_s));
    meter_job(service->commons->meter, of->project, of->name); /* it begins at 0 */
}

/* --- accounts and caps ----------------------------------------------------------------------- */

static void set_pace(const struct commons_account *shared, struct snapshot_account *account)
{
    static const enum pace_wait waits[] = {[SNAPSHOT_WAIT_SLOT] = PACE_WAIT_SLOT,
                                           [SNAPSHOT_WAIT_MINUTE] = PACE_WAIT_MINUTE,
                                           [SNAPSHOT_WAIT_PAUSE] = PACE_WAIT_PAUSE,
                                           [SNAPSHOT_WAIT_CAP] = PACE_WAIT_CAP,
                                           [SNAPSHOT_WAIT_LANDING] = PACE_WAIT_LANDING};

    account->n_in_flight = (int64_t)shared->pace.n_in_flight;
    account->n_slots = (int64_t)shared->pace.in_flight_now;
    account->n_per_minute = (int64_t)shared->pace.per_minute_now;
    for (size_t i = 0; i < SNAPSHOT_N_WAITS; i++)
        account->waited_ms[i] = shared->pace.waited_ms[waits[i]] / clock_haste();
    if (shared->err.kind != ERR_NONE)
        account->reason = shared->err.text;
}

static void set_fact(const struct store_account_fact *fact, int64_t keep_nanousd,
                     struct snapshot_account *account)
{
    account->balance_nanousd = fact->balance_nanousd;
    account->asked_at_s = fact->asked_at_s;
    account->nights_left = store_nights_covered(fact, keep_nanousd);
    account->n_unknown = fact->n_unknown;
    account->unknown_nanousd = fact->unknown_nanousd;
    account->n_undelivered = fact->n_undelivered;
    account->undelivered_nanousd = fact->undelivered_nanousd;
}

static void set_account(const struct service *service, const struct config_account *of,
                        struct snapshot_account *account)
{
    const struct facts_account *known = facts_of_account(service->facts, of->name);
    const struct commons_account *shared = commons_find(service->commons, of->name);

    *account = (struct snapshot_account){.name = of->name,
                                         .reason = "",
                                         .balance_nanousd = -1,
                                         .asked_at_s = -1,
                                         .nights_left = -1,
                                         .n_slots = of->in_flight,
                                         .n_per_minute = of->calls_per_minute,
                                         .n_unknown = -1,
                                         .unknown_nanousd = -1,
                                         .n_undelivered = -1,
                                         .undelivered_nanousd = -1};
    if (shared != NULL)
        set_pace(shared, account);
    if (known != NULL)
        set_fact(&known->fact, of->keep_balance_nanousd, account);
}

static void set_cap(const struct facts_cap *of, struct snapshot_cap *cap)
{
    static const char *const scopes[] = {"all", "account", "project", "job"};
    const char *colon = strchr(of->scope, ':');

    *cap = (struct snapshot_cap){.scope = "",
                                 .name = colon != NULL ? colon + 1 : "",
                                 .per = of->per,
                                 .nanousd = of->nanousd,
                                 .left_nanousd = of->nanousd - of->spent_nanousd};
    for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++)
        if (strncmp(of->scope, scopes[i], strcspn(of->scope, ":")) == 0)
            cap->scope = scopes[i];
}

/* --- the whole ------------------------------------------------------------------------------- */

static void set_lists(struct standing *standing)
{
    const struct service *service = standing->service;
    const struct config *config = service->now->config;
    struct snapshot *snapshot = &standing->snapshot;

    snapshot->n_jobs = config->n_jobs;
    snapshot->jobs = standing->jobs = mem_new_array(config->n_jobs, sizeof(*standing->jobs));
    for (size_t i = 0; i < config->n_jobs; i++)
        set_job(service, &config->jobs[i], &standing->jobs[i]);
    snapshot->n_accounts = config->n_accounts;
    snapshot->accounts = standing->accounts =
        mem_new_array(config->n_accounts, sizeof(*standing->accounts));
    for (size_t i = 0; i < config->n_accounts; i++)
        set_account(service, &config->accounts[i], &standing->accounts[i]);
    snapshot->n_caps = service->facts->n_caps;
    snapshot->caps = standing->caps = mem_new_array(snapshot->n_caps, sizeof(*standing->caps));
    for (size_t i = 0; i < snapshot->n_caps; i++)
        set_cap(&service->facts->caps[i], &standing->caps[i]);
    snapshot->errors = history_errors(service->history, &snapshot->n_errors);
    snapshot->n_bad_files = config->n_bad_files;
    snapshot->bad_files = standing->bad_files =
        mem_new_array(config->n_bad_files, sizeof(*standing->bad_files));
    for (size_t i = 0; i < config->n_bad_files; i++)
        standing->bad_files[i] = (struct snapshot_file){
            .file = config->bad_files[i].file, .n_jobs = (int64_t)config->bad_files[i].n_jobs};
}

const struct snapshot *standing_look(void *data)
{
    struct standing *standing = data;
    const struct service *service = standing->service;

    forget(standing);
    standing->snapshot = (struct snapshot){
        .version = LINKHAUL_VERSION,
        .config_file = service->settings.file,
        .now_s = service_wall_ms(NULL) / 1000,
        .started_s = service->started_s,
        .is_draining = service->is_draining,
        .has_database = service->is_open,
        .database_away = service->is_open                 ? ""
                         : service->away.kind != ERR_NONE ? service->away.text
                                                          : "the database has not answered yet",
        .spent_today_nanousd = service->spent_nanousd,
        .spool_bytes = service->facts->spool_bytes,
        .meter = service->commons->meter,
    };
    process_measure(&standing->snapshot);
    set_lists(standing);
    return &standing->snapshot;
}
