#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "api/provider.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/point.h"
#include "daemon/engine_private.h"

/*
 *   account by account: recent calls ─▶ unknown calls ─▶ book what was lost ─▶ the crawls work
 *
 * Each account has a crawl of its own, made from its runs as the database has them. Of their calls
 * that are not settled, those whose answers are in the spool are adopted; the others are unknown,
 * and their pages wait for what the vendor's list says. What the server may still count of earlier
 * calls counts on.
 *
 * An error on this way ends the life.
 */

#define TRIES_MAX 5
#define MINUTE_MS 60000
#define DAY_S 86400

static void on_recents(void *data, const struct store_recent *recents, size_t n,
                       const struct err *err);
static void on_unknowns(void *data, const struct store_unknown *unknowns, size_t n,
                        const struct err *err);
static void read_next_account(struct engine *engine);
static void settle_all_lost(struct engine *engine);
static void settle_lost(struct engine *engine, struct engine_run *run);
static void start_crawls(struct engine *engine);

/* Bounds that are none are the same to both. */
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
                                            .range = {slice->from_s, slice->to_s},
                                            .walk = walks[slice->walk],
                                            .position = slice->position,
                                            .token = slice->token,
                                            .total_count = slice->total_count,
                                            .is_ended = slice->is_ended};
    struct crawl_slice *added = crawl_add_slice(listing, &settings);

    for (size_t i = 0; slice->walk == STORE_WALK_OFFSET && i < slice->n_settled; i++)
        pager_restore_page(&added->pager, slice->settled[i], slice->settled_items[i]);
}

static struct crawl_listing *add_listing(struct crawl_run *run, const struct store_listing *listing)
{
    struct crawl_part *parts = mem_new_array(listing->n_parts, sizeof(*parts));
    struct crawl_listing_settings settings = {.listing_id = listing->listing_id,
                                              .target = listing->target,
                                              .request = listing->request,
                                              .max_rows = listing->max_rows,
                                              .last_total_count = listing->last_total_count,
                                              .whole_count = listing->whole_count,
                                              .parts = parts,
                                              .n_parts = listing->n_parts,
                                              .newest_s = listing->newest_s,
                                              .ends_when_known =
                                                  strcmp(listing->kind, "lost") == 0};
    struct crawl_listing *added;

    for (size_t i = 0; i < listing->n_parts; i++)
        parts[i] = (struct crawl_part){listing->parts[i].from_s, listing->parts[i].n_items};
    added = crawl_add_listing(run, &settings);
    free(parts);
    return added;
}

static void add_run(struct engine_run *run)
{
    struct crawl_run_settings settings = {.run_id = run->run->run_id,
                                          .job = run->job->title,
                                          .endpoint = run->job->endpoint,
                                          .price =
                                              run->account->prices[endpoint_no(run->job->endpoint)],
                                          .booked_nanousd = run->run->booked_nanousd,
                                          .n_listings = run->run->n_listings,
                                          .is_stopping = run->engine->is_landing,
                                          .data = run};

    run->crawl_run = crawl_add_run(run->account->crawl, &settings);
    for (size_t i = 0; i < run->run->n_listings; i++) {
        const struct store_listing *listing = &run->run->listings[i];
        struct crawl_listing *added = add_listing(run->crawl_run, listing);

        for (size_t j = 0; j < listing->n_slices; j++)
            add_slice(added, &listing->slices[j]);
    }
}

static void make_crawl(struct engine_account *account)
{
    const struct config_account *config = account->config;
    struct crawl_settings settings = {
        .pace = &account->shared->pace,
        .peers = &account->engine->commons->peers,
        .backlog_max = (size_t)config->in_flight,
        .tries_max = TRIES_MAX,
        .hold_ms = CALL_RUNS_MS,
        .has_list = config->provider->has_list,
        .listed_after_ms = engine_listed_after_ms(account),
        .unknown_retries = (unsigned)config->unknown_retries,
        .newest_s = clock_wall_ms() / 1000 + DAY_S,
        .jitter_seed = (uint64_t)clock_mono_ms(),
    };

    account->crawl = crawl_new(&settings, &engine_ports, account);
}

void engine_adopt(struct engine *engine)
{
    uint64_t free_bytes;
    struct err err;

    if (engine->n_runs > 0 &&
        !spool_has_room(engine->settings.config->spool,
                        (uint64_t)engine->settings.config->spool_free_min_bytes, &free_bytes,
                        &err)) {
        engine_close(engine, &err);
        return;
    }
    for (size_t i = 0; i < engine->n_accounts; i++)
        if (engine->accounts[i].err.kind == ERR_NONE)
            make_crawl(&engine->accounts[i]);
    for (size_t i = 0; i < engine->n_runs; i++)
        add_run(&engine->runs[i]);
    engine->n_accounts_seen = 0;
    read_next_account(engine);
}

/* What each account's server may still know of; behind the last one the crawls work. */
static void read_next_account(struct engine *engine)
{
    struct engine_account *account;

    while (engine->n_accounts_seen < engine->n_accounts &&
           engine->accounts[engine->n_accounts_seen].crawl == NULL)
        engine->n_accounts_seen++;
    if (engine->n_accounts_seen == engine->n_accounts) {
        settle_all_lost(engine);
        return;
    }
    account = &engine->accounts[engine->n_accounts_seen++];
    store_read_recents(engine->store, account->config->name, clock_api_ms(MINUTE_MS),
                       clock_api_ms(CALL_RUNS_MS), on_recents, account);
}

/* NULL where it is in none of the spools. */
static struct spool_answer *find_answer(const struct engine *engine, const struct uuid *attempt)
{
    for (size_t i = 0; i < engine->n_runs; i++) {
        struct spool_answer *answer = spool_find(engine->runs[i].spool, attempt);

        if (answer != NULL && answer->is_received)
            return answer;
    }
    return NULL;
}

/* What the server may still count, once in a process: then the pace knows. A call whose answer is
 * in the spool has ended, if only just. */
static void on_recents(void *data, const struct store_recent *recents, size_t n,
                       const struct err *err)
{
    struct engine_account *account = data;
    struct engine *engine = account->engine;

    if (err != NULL) {
        engine_close(engine, err);
        return;
    }
    for (size_t i = 0; i < n && !account->shared->is_counted; i++) {
        int64_t ended_ms = recents[i].ended_ms;

        if (ended_ms < 0 && find_answer(engine, &recents[i].attempt) != NULL)
            ended_ms = 0;
        crawl_count_earlier(account->crawl, recents[i].sent_ms * clock_haste(),
                            ended_ms < 0 ? -1 : ended_ms * clock_haste());
    }
    account->shared->is_counted = true;
    engine_leave_others_alone(engine);
    store_read_unknowns(engine->store, account->config->name, on_unknowns, account);
}

static void on_unknowns(void *data, const struct store_unknown *unknowns, size_t n,
                        const struct err *err)
{
    struct engine_account *account = data;
    struct engine *engine = account->engine;

    (void)unknowns;
    if (err != NULL) {
        engine_close(engine, err);
        return;
    }
    if (n > 0)
        crawl_expect_look(account->crawl);
    read_next_account(engine);
}

static void settle_all_lost(struct engine *engine)
{
    engine->n_settling = 1;
    for (size_t i = 0; i < engine->n_runs; i++)
        settle_lost(engine, &engine->runs[i]);
    if (--engine->n_settling == 0)
        start_crawls(engine);
}

/* A fail-over may have lost a cut, whose slices had been asked for: the listing is cut anew, and
 * other slices need other numbers. */
static void pass_slice_no(struct spool_answer *answer, void *data)
{
    struct crawl_run *run = data;

    for (size_t i = 0; i < run->n_listings; i++)
        if (run->listings[i].listing_id == answer->listing_id)
            crawl_pass_slice_no(&run->listings[i], answer->slice_no);
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

    if (err != NULL && engine->err.kind == ERR_NONE)
        engine->err = *err;
    if (--engine->n_settling > 0)
        return;
    if (engine->err.kind != ERR_NONE)
        engine_close(engine, NULL);
    else
        start_crawls(engine);
}

static void tell_begin(struct engine *engine)
{
    if (engine->has_told_begin || engine->is_landing || engine->is_bulk || engine->n_runs == 0)
        return;
    engine->has_told_begin = true;
    if (engine->settings.began != NULL)
        engine->settings.began(engine->settings.data);
}

static void start_crawls(struct engine *engine)
{
    engine->is_ready = true;
    if (!engine->is_bulk) /* of whose job there is one for all engines */
        engine_taken_up(engine);
    tell_begin(engine);
    for (size_t i = 0; i < engine->n_accounts; i++)
        if (engine->accounts[i].crawl != NULL)
            crawl_start(engine->accounts[i].crawl);
    engine_watch_disk(engine);
    engine_watch_wishes(engine);
    if (engine->is_stopping)
        engine_stop_crawls(engine);
}

static struct crawl_slice *find_slice(struct crawl_run *run, int64_t listing_id, int32_t slice_no)
{
    for (size_t i = 0; i < run->n_listings; i++)
        for (size_t j = 0; j < run->listings[i].n_slices; j++)
            if (run->listings[i].listing_id == listing_id &&
                run->listings[i].slices[j]->slice_no == slice_no)
                return run->listings[i].slices[j];
    return NULL;
}

/* Its answer never came, as far as anybody can tell now. */
static void settle_as_unknown(struct engine *engine, const struct store_open_attempt *open)
{
    point("before-book-unknown");
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

/* Those whose answers are adopted. */
static void take_up(struct engine *engine, const struct uuid attempts[], size_t n)
{
    if (n == 0)
        return;
    engine->n_settling++;
    store_take_up(engine->store, attempts, n, on_lost_settled, engine);
}

/*
 * Every call that is not settled: its answer is adopted, or its page waits for the vendor's list.
 * Answers come first, since a page whose answer is there waits for nothing. The spool then forgets
 * the others, of which a long run has ten thousands.
 */
static void settle_lost(struct engine *engine, struct engine_run *run)
{
    bool *is_adopted = mem_new_array(run->n_open_attempts, sizeof(*is_adopted));
    struct uuid *adopted = mem_new_array(run->n_open_attempts, sizeof(*adopted));
    size_t n_adopted = 0, n_lost = 0;

    for (size_t i = 0; i < run->n_open_attempts; i++) {
        const struct store_open_attempt *open = &run->open_attempts[i];
        struct crawl_slice *slice = find_slice(run->crawl_run, open->listing_id, open->slice_no);
        struct spool_answer *answer = slice != NULL ? find_answer(engine, &open->attempt) : NULL;

        if (answer == NULL)
            continue;
        answer->data = slice;
        crawl_adopt(slice, &open->attempt, open->position, open->reserved_nanousd, answer);
        is_adopted[i] = true;
        adopted[n_adopted++] = open->attempt;
    }
    for (size_t i = 0; i < run->n_open_attempts; i++) {
        const struct store_open_attempt *open = &run->open_attempts[i];
        struct crawl_slice *slice = find_slice(run->crawl_run, open->listing_id, open->slice_no);

        if (is_adopted[i])
            continue;
        n_lost++;
        if (!open->is_unknown)
            settle_as_unknown(engine, open);
        if (slice != NULL)
            crawl_adopt_unknown(slice, open->position, open->age_ms * clock_haste());
        crawl_expect_look(run->account->crawl);
    }
    take_up(engine, adopted, n_adopted);
    free(adopted);
    free(is_adopted);
    spool_each(run->spool, pass_slice_no, run->crawl_run);
    spool_each(run->spool, forget_landed, NULL);
    if (n_adopted > 0)
        log_event(LOG_INFO, engine_run_fields(run),
                  "%zu answer%s of an earlier start %s in the spool and will be landed", n_adopted,
                  n_adopted == 1 ? "" : "s", n_adopted == 1 ? "is" : "are");
    if (n_lost > 0)
        log_event(LOG_WARNING, engine_run_fields(run),
                  "%zu call%s of an earlier start got no answer: charged or not, %s", n_lost,
                  n_lost == 1 ? "" : "s",
                  run->account->config->provider->has_list
                      ? "the vendor's list will tell"
                      : "nobody tells; they stay booked as unknown");
}
