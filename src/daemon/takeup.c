#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/money.h"
#include "daemon/engine_private.h"
#include "daemon/mending.h"

/*
 *   prune ─▶ lost runs (orphan.c) ─▶ what is to be closed ─▶ prices (accounts.c)
 *         ─▶ what each feed takes (night.c) ─▶ job by job: start run ─▶ open spool ─▶ mend the
 * ledger ─▶ open attempts ─▶ adopt.c
 *
 * A run that was open before is gone on with. What its spool knows and the ledger does not was lost
 * with a fail-over's last commits: it comes back as unknown.
 *
 * Where a start would close listings before they are whole (a run that is too old, or to begin
 * afresh; a feed that the job no longer has), their runs alone are taken up first, as if stopped:
 * what was received for them lands, no call is made. Then the life begins anew, and they are
 * closed.
 *
 * An error on this way ends the life. Only a segment that cannot be opened is the trouble of one
 * job alone: it is left out, and the others run.
 */

#define DAY_S 86400
#define FOR_EVER_MS INT64_C(3155760000000) /* a hundred years */

static void bring_back(struct engine *engine);
static void look_for_closing(struct engine *engine);
static void decide(struct engine *engine);
static void on_closing(void *data, bool is_closing, const struct err *err);
static void start_next_run(struct engine *engine);
static void on_run(void *data, struct store_run *run, const struct err *err);
static void restore_slices(struct engine_run *run);
static void on_slices_restored(void *data, size_t n, const struct err *err);
static void on_attempt_ids(void *data, const struct uuid *known, size_t n_known,
                           const struct err *err);
static void on_restored(void *data, size_t n, const struct err *err);
static void on_open_attempts(void *data, const struct store_open_attempt *attempts, size_t n,
                             const struct err *err);

/* A stop before the crawl has begun; true where there was one. */
static bool is_stopped(struct engine *engine)
{
    struct err err;

    if (!engine->is_stopping)
        return false;
    err_set(&err, ERR_CANCELED, "stopped before the first call");
    engine_close(engine, &err);
    return true;
}

void engine_take_up(struct engine *engine)
{
    struct err err;

    if (is_stopped(engine))
        return;
    if (!engine_open_accounts(engine, &err)) {
        engine_close(engine, &err);
        return;
    }
    engine->lander = lander_new(engine->loop, engine->store);
    engine_prune(engine, bring_back);
}

static void bring_back(struct engine *engine)
{
    if (!is_stopped(engine))
        engine_restore_runs(engine, look_for_closing);
}

/* --- runs ------------------------------------------------------------------------------------ */

static struct store_caps caps_of(const struct config_budget *budget)
{
    return (struct store_caps){budget->per_run_nanousd, budget->per_day_nanousd,
                               budget->per_month_nanousd};
}

/* Of a life's job, of which those that make bulk calls come behind the settings'. */
static struct engine_begun *begun_of(const struct engine *engine, size_t job_no)
{
    return &engine->begun[engine->is_bulk ? engine->settings.n_jobs + job_no : job_no];
}

struct store_run_request engine_run_request(const struct engine *engine, size_t job_no)
{
    const struct config *config = engine->settings.config;
    const struct config_job *job = engine->jobs[job_no];
    const struct engine_begun *begun = begun_of(engine, job_no);
    bool is_fresh = engine->settings.is_fresh && !engine->is_bulk && !begun->is_begun;
    bool is_resumed_whenever = engine->settings.counted != NULL || begun->is_begun;

    return (struct store_run_request){
        .job = job->name,
        .project = job->project,
        .former_names = (const char *const *)job->formerly.items,
        .n_former_names = job->formerly.n,
        .endpoint = job->endpoint->name,
        .timezone = job->timezone,
        .account = job->account->name,
        .account_timezone = job->account->timezone,
        .table = job->endpoint->table,
        .is_to_count = engine->settings.counted != NULL,
        .labels = job->labels,
        .all_caps = caps_of(&config->budget),
        .account_caps = caps_of(&job->account->budget),
        .project_caps = caps_of(&job->project_budget),
        .job_caps = caps_of(&job->own_budget),
        .keep_nanousd = job->account->keep_balance_nanousd,
        .night = engine->settings.night,
        .scheduled_s = engine->settings.scheduled_s,
        .scheduled_night = engine->settings.scheduled_night,
        .oldest_night = engine->is_bulk ? engine->bulk_nights[job_no] : NULL,
        .is_to_land = engine->is_landing,
        .taken_up = begun->is_begun ? &begun->run_uid : NULL,
        .resume_within_ms = is_fresh              ? 0
                            : is_resumed_whenever ? FOR_EVER_MS
                                                  : job->resume_within_s * 1000,
        .tolerance = {.missing_ok = job->missing_ok_ppm, .max_shrink = job->max_shrink_ppm},
        .retention_days = (job->retention_s + DAY_S - 1) / DAY_S,
    };
}

/* The sites of the job's project, for the request; free() them behind it. NULL: it has none. */
static struct store_site *add_sites(const struct engine *engine, struct store_run_request *request)
{
    const struct config *config = engine->settings.config;
    const struct config_project *project = NULL;
    struct store_site *sites;

    for (size_t i = 0; i < config->n_projects; i++)
        if (strcmp(config->projects[i].name, request->project) == 0)
            project = &config->projects[i];
    if (project == NULL)
        return NULL;
    sites = mem_new_array(project->own.n + project->competitors.n, sizeof(*sites));
    for (size_t i = 0; i < project->own.n; i++)
        sites[request->n_sites++] = (struct store_site){project->own.items[i], true};
    for (size_t i = 0; i < project->competitors.n; i++)
        sites[request->n_sites++] = (struct store_site){project->competitors.items[i], false};
    request->sites = sites;
    return sites;
}

static bool is_wanted(const struct engine *engine, size_t job_no, size_t feed_no)
{
    return engine->settings.counted == NULL || engine->settings.counted[job_no][feed_no];
}

/* What was decided of it, or else all of it. */
static void set_listings(const struct engine *engine, size_t job_no, size_t feed_no,
                         struct store_feed *feed)
{
    static const struct store_begun whole = {.kind = "full"}, count = {.kind = "count"};
    const struct engine_feed *decided;

    if (job_no >= engine->n_nights) {
        feed->listings = engine->settings.counted != NULL ? &count : &whole;
        feed->n_listings = 1;
        return;
    }
    decided = &engine->nights[job_no].feeds[feed_no];
    feed->listings = decided->listings;
    feed->n_listings = decided->n_listings;
    feed->why = decided->decision.reason;
}

/* The feeds that the request is for; free() them behind it. */
static struct store_feed *add_feeds(const struct engine *engine, size_t job_no,
                                    struct store_run_request *request)
{
    const struct config_job *job = engine->jobs[job_no];
    struct store_feed *feeds = mem_new_array(job->n_feeds, sizeof(*feeds));

    for (size_t i = 0; i < job->n_feeds; i++) {
        struct store_feed *feed = &feeds[request->n_feeds];

        if (!is_wanted(engine, job_no, i))
            continue;
        *feed = (struct store_feed){.key = job->feeds[i].key,
                                    .target = job->feeds[i].target,
                                    .request = job->feeds[i].request,
                                    .max_rows = job->max_rows};
        set_listings(engine, job_no, i, feed);
        request->n_feeds++;
    }
    request->feeds = feeds;
    return feeds;
}

/* --- what is to land before its listing is closed -------------------------------------------- */

static void look_for_closing(struct engine *engine)
{
    struct store_run_request request;
    struct store_feed *feeds;

    if (is_stopped(engine))
        return;
    if (engine->has_landed || engine->n_jobs_seen == engine->n_jobs) {
        engine->n_jobs_seen = 0;
        engine_ask_accounts(engine, decide);
        return;
    }
    request = engine_run_request(engine, engine->n_jobs_seen);
    feeds = add_feeds(engine, engine->n_jobs_seen, &request);
    store_is_closing(engine->store, &request, on_closing, engine);
    free(feeds);
}

static void leave_out(struct engine *engine, const struct config_job *job, const struct err *err)
{
    log_event(LOG_ERROR, LOG_JOB(job->title), "%s%s", err->text, err_advice(err->kind));
    if (engine->job_err.kind == ERR_NONE)
        engine->job_err = *err;
}

/* Whoever only wants to know how big feeds are has no run closed. */
static void on_closing(void *data, bool is_closing, const struct err *err)
{
    struct engine *engine = data;
    const struct config_job *job = engine->jobs[engine->n_jobs_seen];
    struct err why;

    if (err != NULL) {
        engine_close(engine, err);
        return;
    }
    engine->is_closed_next[engine->n_jobs_seen++] = is_closing;
    if (is_closing && engine->settings.counted != NULL) {
        err_set(&why, ERR_BUSY,
                "not probed: its open run is another account's, and would be closed before it is "
                "whole; `linkhaul run %s` first",
                job->title);
        leave_out(engine, job, &why);
    } else {
        engine->is_landing = engine->is_landing || is_closing;
    }
    look_for_closing(engine);
}

static void decide(struct engine *engine)
{
    if (!is_stopped(engine))
        engine_decide(engine, start_next_run);
}

/* --- job by job ------------------------------------------------------------------------------ */

/* It has nothing to land, has been ended by an earlier life, or must not be closed, or its account
 * is stopped. */
static bool is_left_out(const struct engine *engine, size_t job_no)
{
    return (engine->is_landing && !engine->is_closed_next[job_no]) ||
           (engine->settings.counted != NULL && engine->is_closed_next[job_no]) ||
           (engine->has_only && !engine->only[job_no]) ||
           engine_account_of(engine, engine->jobs[job_no])->err.kind != ERR_NONE;
}

static void start_next_run(struct engine *engine)
{
    struct store_run_request request;
    struct store_site *sites;
    struct store_feed *feeds;

    if (is_stopped(engine))
        return;
    while (engine->n_jobs_seen < engine->n_jobs && is_left_out(engine, engine->n_jobs_seen))
        engine->n_jobs_seen++;
    if (engine->n_jobs_seen == engine->n_jobs) {
        if (engine->has_restored)
            engine_close(engine, NULL); /* and the life begins anew */
        else
            engine_adopt(engine);
        return;
    }
    request = engine_run_request(engine, engine->n_jobs_seen);
    sites = add_sites(engine, &request);
    feeds = add_feeds(engine, engine->n_jobs_seen, &request);
    engine->n_jobs_seen++;
    store_start_run(engine->store, &request, on_run, engine);
    free(feeds);
    free(sites);
}

static void on_room(void *data)
{
    struct engine_run *run = data;
    struct engine *engine = run->engine;
    struct engine_account *account = run->account;
    bool is_full = false;

    call_resume_all(account);
    for (size_t i = 0; i < engine->n_runs; i++)
        if (engine->runs[i].account == account)
            is_full = is_full || spool_is_full(engine->runs[i].spool);
    if (account->crawl != NULL)
        crawl_set_full(account->crawl, is_full);
}

static void on_spool_failed(void *data, const struct err *err)
{
    struct engine_run *run = data;

    if (run->account->crawl != NULL) /* else nothing was in it that could be lost */
        crawl_fail(run->account->crawl, err);
}

static void say_what_was_closed(const struct config_job *job, const struct store_run *run)
{
    char spent[MONEY_TEXT_MAX];

    for (size_t i = 0; i < run->n_closed; i++) {
        const struct store_closed *closed = &run->closed[i];

        log_event(LOG_WARNING,
                  (struct log_fields){.job = job->title,
                                      .target = closed->target,
                                      .result = closed->completeness,
                                      .nanousd = &closed->spent_nanousd,
                                      .numbers = LOG_NUMBERS({"rows", closed->n_rows})},
                  "the open listing of %s is closed before it was whole: %s (%s, %" PRId64
                  " rows); %s had been spent on it",
                  closed->night, closed->state, closed->completeness, closed->n_rows,
                  money_format(closed->spent_nanousd, spent));
    }
}

static void tell_begun(const struct engine_run *run)
{
    struct log_fields fields = engine_run_fields(run);

    fields.numbers = LOG_NUMBERS({"listings", (int64_t)run->run->n_listings});
    if (run->run->is_resumed)
        log_event(LOG_INFO, fields, "going on with the run of %s", run->run->night);
    else if (run->engine->settings.counted == NULL)
        log_event(LOG_INFO, fields, "the run of %s begins: %zu listing%s", run->run->night,
                  run->run->n_listings, run->run->n_listings == 1 ? "" : "s");
}

static void on_run(void *data, struct store_run *run, const struct err *err)
{
    struct engine *engine = data;
    struct engine_run *engine_run = &engine->runs[engine->n_runs];
    const struct config_job *job = engine->jobs[engine->n_jobs_seen - 1];
    struct engine_begun *begun = begun_of(engine, engine->n_jobs_seen - 1);
    struct spool_events events = {
        .on_room = on_room, .on_failed = on_spool_failed, .data = engine_run};
    struct err spool_err;

    if (err != NULL) {
        struct err named = *err;

        if (err->kind == ERR_DB || err->kind == ERR_CANCELED) {
            if (engine->settings.n_jobs > 1) /* else whoever logs it names the only one */
                err_wrap(&named, "%s", job->title);
            engine_close(engine, &named);
            return;
        }
        leave_out(engine, job, err); /* its own fault: a time zone that the server does not know */
        start_next_run(engine);
        return;
    }
    if (run == NULL) { /* an earlier life has ended it */
        start_next_run(engine);
        return;
    }
    say_what_was_closed(job, run);
    *engine_run =
        (struct engine_run){.engine = engine,
                            .account = engine_account_of(engine, job),
                            .payer = config_account_find(engine->settings.config, run->account),
                            .job = job,
                            .begun = begun,
                            .run = run};
    if (engine_run->payer == NULL) /* it is no longer in the configuration */
        engine_run->payer = job->account;
    if (!spool_open(engine->loop, engine->settings.config->spool, &run->uid, &events,
                    &engine_run->spool, &spool_err)) {
        store_run_free(run);
        leave_out(engine, job, &spool_err);
        start_next_run(engine);
        return;
    }
    engine_run->published = mem_new_array(run->n_listings, sizeof(*engine_run->published));
    engine->n_runs++;
    if (!begun->is_begun && !engine->is_landing) {
        *begun = (struct engine_begun){true, run->uid, clock_mono_ms()};
        tell_begun(engine_run);
    }
    if (run->is_resumed)
        restore_slices(engine_run); /* reads what is noted: this start's memo comes behind it */
    engine_note(engine_run, run->memo);
    if (!run->is_resumed)
        start_next_run(engine);
}

/* --- what a fail-over has taken from the ledger ---------------------------------------------- */

/* A cut that was lost has slices whose calls the spool knows. It is read before more is noted: what
 * was is on disk by now, what will be is not. */
static void restore_slices(struct engine_run *run)
{
    size_t n;
    char **notes = mending_read_notes(run->spool, &n);

    store_restore_slices(run->engine->store, run->run->run_id, notes, n, on_slices_restored, run);
    mending_free_notes(notes, n);
}

static void on_slices_restored(void *data, size_t n, const struct err *err)
{
    struct engine_run *run = data;

    if (err != NULL) {
        engine_close(run->engine, err);
        return;
    }
    if (n == 0) {
        store_read_attempt_ids(run->engine->store, run->run->run_id, on_attempt_ids, run);
        return;
    }
    log_event(LOG_WARNING, engine_run_fields(run),
              "the database has lost %zu listings and slices that the spool knows of (a "
              "fail-over?); they are taken up again",
              n);
    run->engine->has_restored = true;
    start_next_run(run->engine);
}

static void on_attempt_ids(void *data, const struct uuid *known, size_t n_known,
                           const struct err *err)
{
    struct engine_run *run = data;
    struct mending mending = {.known = known, .n_known = n_known};

    if (err != NULL) {
        engine_close(run->engine, err);
        return;
    }
    mending.job = run->job->title;
    mending.run_id = run->run->run_id;
    mending_collect(&mending, run->spool);
    run->n_lost = mending.n;
    store_restore_attempts(run->engine->store, mending.attempts, mending.sent_ms, mending.n,
                           on_restored, run);
    mending_deinit(&mending);
}

static void on_restored(void *data, size_t n, const struct err *err)
{
    struct engine_run *run = data;

    if (err != NULL) {
        engine_close(run->engine, err);
        return;
    }
    if (n > 0)
        log_event(
            LOG_WARNING, engine_run_fields(run),
            "the database has lost %zu calls that the spool knows of (a fail-over?); they are "
            "taken up again",
            n);
    mending_tell_rest(run->job->title, run->n_lost, n);
    store_read_open_attempts(run->engine->store, run->run->run_id, on_open_attempts, run);
}

static void on_open_attempts(void *data, const struct store_open_attempt *attempts, size_t n,
                             const struct err *err)
{
    struct engine_run *run = data;

    if (err != NULL) {
        engine_close(run->engine, err);
        return;
    }
    run->open_attempts = mem_new_array(n, sizeof(*attempts));
    if (n > 0)
        memcpy(run->open_attempts, attempts, n * sizeof(*attempts));
    run->n_open_attempts = n;
    start_next_run(run->engine);
}
