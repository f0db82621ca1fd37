#include "daemon/engine.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "daemon/account_ask.h"
#include "daemon/engine_private.h"

/*
 *   store_open ─▶ prices ─▶ start run, open spool (job by job) ─▶ book what was lost ─▶ crawl ─▶
 * close
 *
 * Prices come from the account (asked at most every ten minutes, since the vendor allows six such
 * calls a minute), and a login that is refused ends it here, before any money is at stake. Where
 * the account cannot be asked for another reason, the last known prices serve, or the listed ones.
 *
 * A run that was open before is gone on with: answers in its spool that have not landed are adopted
 * by the crawl; calls that were reserved and are not in the spool are booked as unknown.
 *
 * An error on this way closes everything that is open and is told to `done`. Only a segment that
 * cannot be opened is the trouble of one job alone: it is left out, and the others run.
 */

#define CONNECT_TIMEOUT_MS 30000
#define TOTAL_TIMEOUT_MS 150000 /* the API's own limit is 120 s */
#define HOLD_MS 120000          /* a call that broke off may run on at the server for this long */
#define BODY_MAX (UINT64_C(256) * 1024 * 1024)
#define TRIES_MAX 5
#define PRICES_FRESH_S 600
#define ACCOUNT_NAME "default"

static void on_opened(void *data, const struct err *err);
static void on_known_prices(void *data, const struct store_account *account, const struct err *err);
static void on_asked(void *data, const struct account *account, const struct err *err);
static void on_prices_put(void *data, const struct err *err);
static void start_next_run(struct engine *engine);
static void on_run(void *data, struct store_run *run, const struct err *err);
static void settle_lost(struct engine *engine, struct engine_run *run);
static void begin_crawl(struct engine *engine);

/* --- start ----------------------------------------------------------------------------------- */

static void break_off(struct engine *engine, const struct err *err)
{
    if (engine->err.kind == ERR_NONE)
        engine->err = *err;
    engine_close(engine);
}

/* A stop before the crawl has begun; true where there was one. */
static bool is_stopped(struct engine *engine)
{
    struct err err;

    if (!engine->is_stopping)
        return false;
    err_set(&err, ERR_CANCELED, "stopped before the first call");
    break_off(engine, &err);
    return true;
}

struct engine *engine_new(uv_loop_t *loop, const struct engine_settings *settings)
{
    struct engine *engine = mem_new(sizeof(*engine));

    engine->loop = loop;
    engine->settings = *settings;
    engine->price = PRICE_LISTED;
    engine->runs = mem_new_array(settings->n_jobs, sizeof(*engine->runs));
    uv_timer_init(loop, &engine->timer);
    engine->timer.data = engine;
    engine->store =
        store_open(loop, settings->config->database_url, /* is_holder= */ true, on_opened, engine);
    return engine;
}

static void on_opened(void *data, const struct err *err)
{
    struct engine *engine = data;
    const struct config_api *api = &engine->settings.config->api;
    struct http_settings http = {.base_url = api->base_url,
                                 .user = api->login,
                                 .password = api->password,
                                 .connect_timeout_ms = CONNECT_TIMEOUT_MS,
                                 .total_timeout_ms = TOTAL_TIMEOUT_MS,
                                 .body_bytes_max = BODY_MAX};
    struct err http_err;

    if (err != NULL) {
        break_off(engine, err);
        return;
    }
    if (is_stopped(engine))
        return;
    if (!http_new(engine->loop, &http, &engine->http, &http_err)) {
        break_off(engine, &http_err);
        return;
    }
    engine->lander = lander_new(engine->loop, engine->store);
    store_get_account(engine->store, ACCOUNT_NAME, engine->settings.jobs[0]->endpoint->name,
                      on_known_prices, engine);
}

static void on_known_prices(void *data, const struct store_account *account, const struct err *err)
{
    struct engine *engine = data;

    if (err != NULL) {
        break_off(engine, err);
        return;
    }
    if (is_stopped(engine))
        return;
    if (account->is_known && account->per_call_nanousd >= 0 && account->per_item_nanousd >= 0)
        engine->price = (struct price){account->per_call_nanousd, account->per_item_nanousd};
    if (account->is_known && account->age_s < PRICES_FRESH_S)
        start_next_run(engine);
    else
        engine->asking =
            account_ask(engine->http, engine->settings.jobs[0]->endpoint, on_asked, engine);
}

static void on_asked(void *data, const struct account *account, const struct err *err)
{
    struct engine *engine = data;
    struct store_account known = {.is_known = true};

    engine->asking = NULL;
    if (err != NULL && (err->kind == ERR_LOGIN || err->kind == ERR_BUSY)) {
        break_off(engine, err);
        return;
    }
    if (is_stopped(engine))
        return;
    if (err != NULL) {
        log_warning("the account's prices cannot be asked for (%s); going by the last known ones",
                    err->text);
        start_next_run(engine);
        return;
    }
    if (account->per_call_nanousd >= 0 && account->per_item_nanousd >= 0)
        engine->price = (struct price){account->per_call_nanousd, account->per_item_nanousd};
    known.per_call_nanousd = engine->price.per_call_nanousd;
    known.per_item_nanousd = engine->price.per_item_nanousd;
    known.balance_nanousd = account->balance_nanousd;
    store_put_account(engine->store, ACCOUNT_NAME, engine->settings.jobs[0]->endpoint->name, &known,
                      on_prices_put, engine);
}

static void on_prices_put(void *data, const struct err *err)
{
    struct engine *engine = data;

    if (err != NULL)
        break_off(engine, err);
    else
        start_next_run(engine);
}

static void start_next_run(struct engine *engine)
{
    const struct config_job *job;
    struct store_run_request request;
    struct store_feed *feeds;

    if (is_stopped(engine))
        return;
    if (engine->n_jobs_seen == engine->settings.n_jobs) {
        begin_crawl(engine);
        return;
    }
    job = engine->settings.jobs[engine->n_jobs_seen++];
    feeds = mem_new_array(job->n_feeds, sizeof(*feeds));
    for (size_t i = 0; i < job->n_feeds; i++)
        feeds[i] = (struct store_feed){.key = job->feeds[i].key,
                                       .target = job->feeds[i].target,
                                       .request = job->feeds[i].request,
                                       .max_rows = job->max_rows};
    request = (struct store_run_request){.job = job->name,
                                         .project = job->project,
                                         .endpoint = job->endpoint->name,
                                         .timezone = job->timezone,
                                         .table = job->endpoint->table,
                                         .labels = job->labels,
                                         .budget_nanousd = job->budget_nanousd,
                                         .feeds = feeds,
                                         .n_feeds = job->n_feeds};
    store_start_run(engine->store, &request, on_run, engine);
    free(feeds);
}

static void on_room(void *data)
{
    struct engine_run *run = data;
    struct engine *engine = run->engine;
    bool is_full = false;

    call_resume_all(engine);
    for (size_t i = 0; i < engine->n_runs; i++)
        is_full = is_full || spool_is_full(engine->runs[i].spool);
    crawl_set_full(engine->crawl, is_full);
}

static void on_spool_failed(void *data, const struct err *err)
{
    struct engine_run *run = data;

    if (run->engine->crawl != NULL) /* else nothing was in it that could be lost */
        crawl_fail(run->engine->crawl, err);
}

static void leave_out(struct engine *engine, const struct config_job *job, const struct err *err)
{
    log_error("%s: %s", job->name, err->text);
    if (engine->job_err.kind == ERR_NONE)
        engine->job_err = *err;
}

static void on_run(void *data, struct store_run *run, const struct err *err)
{
    struct engine *engine = data;
    struct engine_run *engine_run = &engine->runs[engine->n_runs];
    const struct config_job *job = engine->settings.jobs[engine->n_jobs_seen - 1];
    struct spool_events events = {
        .on_room = on_room, .on_failed = on_spool_failed, .data = engine_run};
    struct err spool_err;

    if (err != NULL) {
        struct err named = *err;

        err_wrap(&named, "%s", job->name);
        break_off(engine, &named);
        return;
    }
    *engine_run = (struct engine_run){.engine = engine, .job = job, .run = run};
    if (!spool_open(engine->loop, engine->settings.config->spool, &run->uid, &events,
                    &engine_run->spool, &spool_err)) {
        store_run_free(run);
        leave_out(engine, job, &spool_err);
        start_next_run(engine);
        return;
    }
    engine_run->published = mem_new_array(run->n_listings, sizeof(*engine_run->published));
    engine->n_runs++;
    if (run->is_resumed)
        log_info("%s: going on with the run of %s", job->name, run->night);
    start_next_run(engine);
}

/* --- taking up what an earlier process left -------------------------------------------------- */

/* The open attempt whose answer this is. */
struct search {
    const struct uuid *attempt;
    struct spool_answer *found;
};

static void look_at(struct spool_answer *answer, void *data)
{
    struct search *search = data;

    if (answer->is_received && uuid_is_equal(&answer->attempt, search->attempt))
        search->found = answer;
}

static void forget_landed(struct spool_answer *answer, void *data)
{
    (void)data;
    if (answer->data == NULL)
        spool_forget(answer);
}

static void on_lost_settled(void *data, const struct err *err)
{
    struct engine *engine = data;

    engine->n_settling--;
    if (err != NULL && engine->err.kind == ERR_NONE)
        engine->err = *err;
    if (engine->n_settling > 0)
        return;
    if (engine->err.kind != ERR_NONE) {
        engine_close(engine);
        return;
    }
    crawl_start(engine->crawl);
    if (engine->is_stopping)
        crawl_stop(engine->crawl);
}

static struct crawl_slice *find_slice(struct crawl_run *run, int64_t listing_id, int32_t slice_no)
{
    for (size_t i = 0; i < run->n_listings; i++)
        for (size_t j = 0; j < run->listings[i].n_slices; j++)
            if (run->listings[i].listing_id == listing_id &&
                run->listings[i].slices[j].slice_no == slice_no)
                return &run->listings[i].slices[j];
    return NULL;
}

/*
 * Every call that was reserved and not booked: its answer is adopted, or it is lost. The spool then
 * forgets the other answers, of which a long run has ten thousands.
 */
static void settle_lost(struct engine *engine, struct engine_run *run)
{
    size_t n_adopted = 0, n_lost = 0;

    for (size_t i = 0; i < run->run->n_open_attempts; i++) {
        const struct store_open_attempt *open = &run->run->open_attempts[i];
        struct crawl_slice *slice = find_slice(run->crawl_run, open->listing_id, open->slice_no);
        struct search search = {.attempt = &open->attempt};

        spool_each(run->spool, look_at, &search);
        if (search.found != NULL && slice != NULL) {
            search.found->data = slice;
            crawl_adopt(slice, &open->attempt, open->position, search.found);
            n_adopted++;
            continue;
        }
        n_lost++;
        engine->n_settling++;
        store_settle(engine->store,
                     &(struct store_outcome){
                         .attempt = open->attempt,
                         .charge = STORE_UNKNOWN,
                         .task_id = "",
                         .message = "the process ended before an answer had come",
                     },
                     on_lost_settled, engine);
    }
    spool_each(run->spool, forget_landed, NULL);
    if (n_adopted > 0)
        log_info("%s: %zu answer%s of an earlier start %s in the spool and will be landed",
                 run->job->name, n_adopted, n_adopted == 1 ? "" : "s",
                 n_adopted == 1 ? "is" : "are");
    if (n_lost > 0)
        log_warning(
            "%s: %zu call%s of an earlier start got no answer: charged or not, %s at the reserve",
            run->job->name, n_lost, n_lost == 1 ? "" : "s",
            n_lost == 1 ? "it counts" : "they count");
}

static void add_slice(struct crawl_listing *listing, const struct store_slice *slice)
{
    static const enum pager_walk walks[] = {
        [STORE_WALK_UNDECIDED] = PAGER_UNDECIDED,
        [STORE_WALK_OFFSET] = PAGER_OFFSET,
        [STORE_WALK_CHAIN] = PAGER_CHAIN,
    };
    struct crawl_slice_settings settings = {.slice_no = slice->slice_no,
                                            .limit = slice->limit,
                                            .order_by = slice->order_by,
                                            .walk = walks[slice->walk],
                                            .position = slice->position,
                                            .token = slice->token,
                                            .total_count = slice->total_count,
                                            .is_ended = slice->is_ended};
    struct crawl_slice *added = crawl_add_slice(listing, &settings);

    for (size_t i = 0; slice->walk == STORE_WALK_OFFSET && i < slice->n_settled; i++)
        pager_restore_page(&added->pager, slice->settled[i], slice->settled_items[i]);
}

static void add_run(struct engine *engine, struct engine_run *run)
{
    struct crawl_run_settings settings = {.run_id = run->run->run_id,
                                          .job = run->job->name,
                                          .endpoint = run->job->endpoint,
                                          .price = engine->price,
                                          .booked_nanousd = run->run->booked_nanousd,
                                          .n_listings = run->run->n_listings,
                                          .data = run};

    run->crawl_run = crawl_add_run(engine->crawl, &settings);
    for (size_t i = 0; i < run->run->n_listings; i++) {
        const struct store_listing *listing = &run->run->listings[i];
        struct crawl_listing *added =
            crawl_add_listing(run->crawl_run, &(struct crawl_listing_settings){
                                                  .listing_id = listing->listing_id,
                                                  .target = listing->target,
                                                  .request = listing->request,
                                                  .max_rows = listing->max_rows,
                                                  .last_total_count = listing->last_total_count,
                                              });

        for (size_t j = 0; j < listing->n_slices; j++)
            add_slice(added, &listing->slices[j]);
    }
}

static void begin_crawl(struct engine *engine)
{
    const struct config_api *api = &engine->settings.config->api;
    struct crawl_settings settings = {.in_flight = (size_t)api->in_flight,
                                      .calls_per_minute = (size_t)api->calls_per_minute,
                                      .backlog_max = (size_t)api->in_flight,
                                      .tries_max = TRIES_MAX,
                                      .hold_ms = HOLD_MS,
                                      .jitter_seed = (uint64_t)clock_mono_ms()};

    engine->crawl = crawl_new(&settings, &engine_ports, engine);
    for (size_t i = 0; i < engine->n_runs; i++)
        add_run(engine, &engine->runs[i]);
    for (size_t i = 0; i < engine->n_runs; i++)
        settle_lost(engine, &engine->runs[i]);
    if (engine->n_settling == 0)
        crawl_start(engine->crawl);
}

void engine_stop(struct engine *engine)
{
    engine->is_stopping = true;
    if (engine->asking != NULL)
        http_cancel(engine->http, engine->asking);
    if (engine->crawl != NULL && engine->n_settling == 0)
        crawl_stop(engine->crawl);
}

/* --- end ------------------------------------------------------------------------------------- */

static void on_timer_closed(uv_handle_t *handle)
{
    struct engine *engine = handle->data;

    engine->settings.done(engine->settings.data,
                          engine->err.kind == ERR_NONE ? NULL : &engine->err);
}

static void on_spool_closed(void *data)
{
    struct engine *engine = data;

    if (--engine->n_closing > 0)
        return;
    lander_destroy(engine->lander);
    http_destroy(engine->http);
    store_close(engine->store);
    uv_close((uv_handle_t *)&engine->timer, on_timer_closed);
}

void engine_close(struct engine *engine)
{
    if (engine->is_closing)
        return;
    engine->is_closing = true;
    if (engine->crawl != NULL && engine->err.kind == ERR_NONE)
        engine->err = *crawl_failure(engine->crawl);
    engine->n_closing = 1;
    for (size_t i = 0; i < engine->n_runs; i++)
        if (engine->runs[i].spool != NULL) {
            engine->n_closing++;
            spool_close(engine->runs[i].spool, on_spool_closed, engine);
            engine->runs[i].spool = NULL;
        }
    on_spool_closed(engine);
}

void engine_destroy(struct engine *engine)
{
    if (engine == NULL)
        return;
    crawl_destroy(engine->crawl);
    for (size_t i = 0; i < engine->n_runs; i++) {
        free(engine->runs[i].published);
        store_run_free(engine->runs[i].run);
    }
    free(engine->runs);
    free(engine);
}
