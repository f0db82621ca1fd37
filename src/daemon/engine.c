#include "daemon/engine.h"

#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/point.h"
#include "daemon/engine_private.h"

/*
 *      ┌─▶ store_open ─▶ take up (takeup.c) ─▶ crawl ─▶ close spools ─▶ prune ─▶ close store ─▶
 * done │                                                                          │ └────────────
 * wait ◀── the database was lost, and it may come back ◀───────┘
 *
 * Pruning is of the archive and of facts. From opening the database to closing it is a life. A
 * database that is lost ends it as a death of the process would: no new calls, what is on its way
 * still goes to the spool, nothing lands. The next life begins as a process does, from the spool
 * and the checkpoints, so there is one recovery and not two. That goes on for as long as something
 * lands; where nothing has for DATABASE_WAIT_MS the engine ends with the error.
 *
 * A life that only landed what is to be closed, or brought slices back (takeup.c), that made the
 * bulk calls of the night or found that they are wanted (night.c), or whose runs are to take feeds
 * whole after all, is followed by another on the same connections.
 *
 * Any other error on this way ends everything and is told to `done`.
 */

#define DATABASE_WAIT_MS 60000
#define DATABASE_PAUSE_MS 1000

static void on_opened(void *data, const struct err *err);
static void close_store(struct engine *engine);

static void begin_life(struct engine *engine)
{
    engine->is_waiting = false;
    engine->is_closing = false;
    engine->is_ready = false;
    engine->is_landing = engine->has_restored = false;
    engine->err = (struct err){.kind = ERR_NONE};
    if (!engine->has_only) /* else the job is one of those that are not tried again */
        engine->job_err = (struct err){.kind = ERR_NONE};
    engine->n_runs = engine->n_jobs_seen = engine->n_accounts_seen = 0;
    engine->is_falling_back = engine->wants_bulk = false;
    for (size_t i = 0; i < engine->settings.n_jobs; i++)
        engine->falls_back[i] = false;
}

static void open_life(struct engine *engine)
{
    const char *url = engine->settings.config->database_url;

    begin_life(engine);
    engine->store =
        engine->commons->is_shared
            ? store_open_beside(engine->loop, url, &engine->commons->place, on_opened, engine)
            : store_open(engine->loop, url, /* is_holder= */ true, on_opened, engine);
}

static void add_account(struct engine *engine, const struct config_account *config)
{
    struct engine_account *account;

    for (size_t i = 0; i < engine->n_accounts; i++)
        if (engine->accounts[i].config == config)
            return;
    account = &engine->accounts[engine->n_accounts++];
    account->engine = engine;
    account->config = config;
    account->shared = commons_account(engine->commons, config);
    account->prices = mem_new_array(endpoint_count(), sizeof(*account->prices));
    uv_timer_init(engine->loop, &account->timer);
    account->timer.data = account;
}

struct engine_account *engine_account_of(const struct engine *engine, const struct config_job *job)
{
    size_t i = 0;

    while (engine->accounts[i].config != job->account)
        i++;
    return &engine->accounts[i];
}

/* Its turn has come. */
static void take_up(void *data)
{
    engine_take_up(data);
}

void engine_taken_up(struct engine *engine)
{
    commons_leave(engine->commons, &engine->turn);
}

static void leave_commons(struct engine *engine)
{
    struct engine **at = &engine->commons->engines;

    while (*at != engine)
        at = &(*at)->next_beside;
    *at = engine->next_beside;
}

void engine_leave_others_alone(struct engine *engine)
{
    int64_t *run_ids = NULL;
    size_t n = 0;

    for (const struct engine *other = engine->commons->engines; other != NULL;
         other = other->next_beside)
        for (size_t i = 0; other != engine && i < other->n_runs; i++) {
            run_ids = mem_resize(run_ids, n + 1, sizeof(*run_ids));
            run_ids[n++] = other->runs[i].run->run_id;
        }
    store_leave_alone(engine->store, run_ids, n);
    free(run_ids);
}

struct engine *engine_new(uv_loop_t *loop, const struct engine_settings *settings)
{
    struct engine *engine = mem_new(sizeof(*engine));

    engine->loop = loop;
    engine->settings = *settings;
    engine->commons = settings->commons;
    engine->owns_commons = settings->commons == NULL;
    if (engine->owns_commons)
        engine->commons = commons_new(/* is_shared= */ false);
    engine->next_beside = engine->commons->engines;
    engine->commons->engines = engine;
    engine->turn = (struct commons_turn){.go = take_up, .data = engine};
    engine->away_since_ms = -1;
    engine->runs = mem_new_array(settings->n_jobs, sizeof(*engine->runs));
    engine->is_closed_next = mem_new_array(settings->n_jobs, sizeof(*engine->is_closed_next));
    engine->begun = mem_new_array(2 * settings->n_jobs, sizeof(*engine->begun));
    engine->only = mem_new_array(settings->n_jobs, sizeof(*engine->only));
    engine->falls_back = mem_new_array(settings->n_jobs, sizeof(*engine->falls_back));
    engine->nights = mem_new_array(settings->n_jobs, sizeof(*engine->nights));
    engine->jobs = settings->jobs;
    engine->n_jobs = settings->n_jobs;
    engine->accounts = mem_new_array(settings->n_jobs, sizeof(*engine->accounts));
    for (size_t i = 0; i < settings->n_jobs; i++)
        add_account(engine, settings->jobs[i]->account);
    uv_timer_init(loop, &engine->timer);
    engine->timer.data = engine;
    uv_timer_init(loop, &engine->disk_timer);
    engine->disk_timer.data = engine;
    uv_timer_init(loop, &engine->wish_timer);
    engine->wish_timer.data = engine;
    open_life(engine);
    return engine;
}

static void on_opened(void *data, const struct err *err)
{
    struct engine *engine = data;

    if (err != NULL) {
        engine_close(engine, err);
        return;
    }
    commons_enter(engine->commons, &engine->turn);
}

void engine_database_works(struct engine *engine)
{
    if (engine->away_since_ms >= 0)
        log_event(LOG_INFO, engine_fields(engine), "the database is back");
    engine->away_since_ms = -1;
}

void engine_stop(struct engine *engine)
{
    struct err err;

    engine->is_stopping = true;
    if (engine->is_waiting) {
        uv_timer_stop(&engine->timer);
        engine->is_waiting = false;
        err_set(&err, ERR_CANCELED, "stopped while waiting for the database: %s", engine->err.text);
        engine->err = err;
        close_store(engine);
        return;
    }
    for (size_t i = 0; i < engine->n_accounts; i++)
        if (engine->accounts[i].asking != NULL)
            http_cancel(engine->accounts[i].http, engine->accounts[i].asking);
    if (engine->is_ready)
        engine_stop_crawls(engine);
}

void engine_stop_crawls(struct engine *engine)
{
    for (size_t i = 0; i < engine->n_accounts; i++)
        if (engine->accounts[i].crawl != NULL)
            crawl_stop(engine->accounts[i].crawl);
}

/* What one crawl cannot go on without, no other can. */
static void fail_others(struct engine *engine, const struct err *err)
{
    for (size_t i = 0; i < engine->n_accounts; i++)
        if (engine->accounts[i].crawl != NULL && !engine->accounts[i].is_over)
            crawl_fail(engine->accounts[i].crawl, err);
}

void engine_account_over(struct engine_account *account)
{
    struct engine *engine = account->engine;
    const struct err *failure = crawl_failure(account->crawl);

    account->is_over = true;
    uv_timer_stop(&account->timer);
    if (failure->kind != ERR_NONE) {
        if (engine->err.kind == ERR_NONE)
            engine->err = *failure;
        fail_others(engine, failure);
    }
    for (size_t i = 0; i < engine->n_accounts; i++)
        if (engine->accounts[i].crawl != NULL && !engine->accounts[i].is_over)
            return;
    engine_close(engine, NULL);
}

/* --- the end of a life ----------------------------------------------------------------------- */

static void end_life(struct engine *engine)
{
    for (size_t i = 0; i < engine->n_accounts; i++) {
        crawl_destroy(engine->accounts[i].crawl);
        engine->accounts[i].crawl = NULL;
        engine->accounts[i].is_over = false;
    }
    for (size_t i = 0; i < engine->n_runs; i++) {
        free(engine->runs[i].published);
        drift_deinit(&engine->runs[i].drift);
        free(engine->runs[i].open_attempts);
        store_run_free(engine->runs[i].run);
        engine->runs[i] = (struct engine_run){.engine = NULL};
    }
    engine->n_runs = 0;
    engine_forget_night(engine);
}

/* It has done its part, and another one is to follow on the same connections. */
static bool is_to_be_followed(const struct engine *engine)
{
    return engine->err.kind == ERR_NONE &&
           (engine->is_landing || engine->has_restored || engine->wants_bulk || engine->is_bulk ||
            engine->is_falling_back);
}

/* To the next life; what is left of this one is its runs. */
static void pass_over(struct engine *engine)
{
    if (engine->has_restored)
        return;
    if (engine->is_landing) {
        engine->has_landed = true;
    } else if (engine->wants_bulk) {
        engine_begin_bulk(engine);
    } else if (engine->is_bulk) {
        engine_end_bulk(engine);
    } else {
        point("before-fall-back");
        engine_keep_results(engine);
        engine->has_only = true;
        memcpy(engine->only, engine->falls_back, engine->settings.n_jobs * sizeof(*engine->only));
    }
}

static bool may_come_back(struct engine *engine)
{
    int64_t now_ms = clock_mono_ms();
    /* The server may hold our own locks until it knows that we have lost it. */
    bool is_away =
        engine->err.kind == ERR_DB || (engine->err.kind == ERR_BUSY && engine->away_since_ms >= 0);

    if (!is_away || engine->is_stopping)
        return false;
    if (engine->away_since_ms >= 0)
        return now_ms - engine->away_since_ms < clock_api_ms(DATABASE_WAIT_MS);
    engine->away_since_ms = now_ms;
    log_event(LOG_WARNING, engine_fields(engine),
              "%s; no new calls, what is paid for waits in the spool; waiting for the database, "
              "up to %d s",
              engine->err.text, DATABASE_WAIT_MS / 1000);
    return true;
}

static void on_pause_over(uv_timer_t *timer)
{
    open_life(timer->data);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct engine *engine = handle->data;

    engine->settings.done(engine->settings.data,
                          engine->err.kind == ERR_NONE ? NULL : &engine->err);
}

static void close_store(struct engine *engine)
{
    lander_destroy(engine->lander);
    engine->lander = NULL;
    engine_taken_up(engine);
    if (is_to_be_followed(engine) && !engine->is_stopping) {
        pass_over(engine);
        end_life(engine);
        begin_life(engine);
        commons_enter(engine->commons, &engine->turn);
        return;
    }
    if (is_to_be_followed(engine) && !engine->is_landing)
        err_set(&engine->err, ERR_CANCELED, "stopped before the end; run again to go on");
    if (engine->store != NULL)
        store_close(engine->store);
    engine->store = NULL;
    if (may_come_back(engine)) {
        engine_keep_results(engine);
        end_life(engine);
        engine->is_waiting = true;
        uv_timer_start(&engine->timer, on_pause_over, (uint64_t)clock_api_ms(DATABASE_PAUSE_MS), 0);
        return;
    }
    for (size_t i = 0; i < engine->n_accounts; i++) {
        http_destroy(engine->accounts[i].http);
        uv_close((uv_handle_t *)&engine->accounts[i].timer, NULL);
    }
    uv_close((uv_handle_t *)&engine->disk_timer, NULL);
    uv_close((uv_handle_t *)&engine->wish_timer, NULL);
    uv_close((uv_handle_t *)&engine->timer, on_timer_closed);
}

/* Nobody waits for that who asked for an end. */
static void retire(struct engine *engine)
{
    if (engine->is_stopping || is_to_be_followed(engine))
        close_store(engine);
    else
        engine_retire(engine, close_store);
}

void engine_part_closed(struct engine *engine)
{
    if (--engine->n_closing > 0)
        return;
    if (engine->err.kind == ERR_NONE)
        engine_prune(engine, retire);
    else
        close_store(engine);
}

static void on_spool_closed(void *data)
{
    engine_part_closed(data);
}

void engine_close(struct engine *engine, const struct err *err)
{
    if (engine->is_closing)
        return;
    engine->is_closing = true;
    if (!engine->is_bulk)
        engine_taken_up(engine);
    if (err != NULL && engine->err.kind == ERR_NONE)
        engine->err = *err;
    uv_timer_stop(&engine->timer);
    uv_timer_stop(&engine->disk_timer);
    uv_timer_stop(&engine->wish_timer);
    engine->n_closing = 1u + engine->is_disk_busy + engine->is_asking_wishes;
    for (size_t i = 0; i < engine->n_accounts; i++) {
        uv_timer_stop(&engine->accounts[i].timer);
        look_cancel(&engine->accounts[i]);
    }
    for (size_t i = 0; i < engine->n_runs; i++)
        if (engine->runs[i].spool != NULL) {
            engine->n_closing++;
            spool_close(engine->runs[i].spool, on_spool_closed, engine);
            engine->runs[i].spool = NULL;
        }
    engine_part_closed(engine);
}

void engine_destroy(struct engine *engine)
{
    if (engine == NULL)
        return;
    end_life(engine);
    for (size_t i = 0; i < engine->n_results; i++) {
        free(engine->results[i].job);
        free(engine->results[i].kind);
        free(engine->results[i].target);
        free(engine->results[i].reason);
        free(engine->results[i].completeness);
    }
    free(engine->results);
    for (size_t i = 0; i < engine->n_accounts; i++)
        free(engine->accounts[i].prices);
    leave_commons(engine);
    if (engine->owns_commons)
        commons_destroy(engine->commons);
    free(engine->accounts);
    engine_free_bulk(engine);
    free(engine->begun);
    free(engine->only);
    free(engine->falls_back);
    free(engine->nights);
    free(engine->is_closed_next);
    free(engine->runs);
    free(engine);
}
