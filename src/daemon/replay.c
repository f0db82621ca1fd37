#include "daemon/replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "api/endpoint.h"
#include "api/request.h"
#include "config/config.h"
#include "core/log.h"
#include "core/mem.h"
#include "daemon/lander.h"
#include "decode/page.h"
#include "spool/spool.h"
#include "store/replay.h"

/*
 *   store ─▶ the run and its pages ─▶ its segment: is every answer there?
 *                                        │
 *     ┌──────────────────────────────────┘
 *     ▼
 *   begin a listing ─▶ a page: envelope ─▶ rows ─▶ its savepoint is released ─▶ … ─▶ publish ─┐
 *     ▲                                                                                        │
 *     └────────────────────────────────────────────────────────────────────────────────────────┘
 *
 * Into a schema there is one beginning, before the first listing, and one end, behind the last. One
 * page is in memory at a time, a chunk of its rows; of the others only where they are.
 *
 * - An answer is missing: told before anything is begun.
 * - Whatever else goes wrong closes the store, and the server takes the transaction back. So does a
 *   death of the process.
 */

#define NAME_MAX_BYTES 63     /* PostgreSQL cuts a longer one off */
#define MAX_SHRINK_PPM 500000 /* of a job that is no longer there: the default */
#define BODY_TEXT_MAX (UINT64_C(512) * 1024 * 1024)

struct replay {
    uv_loop_t *loop;
    struct replay_settings settings;
    struct store *store;
    struct spool *spool;
    struct lander *lander;
    const struct endpoint *endpoint;
    struct store_replay *run;
    struct uuid new_uid; /* of the run that it becomes */

    /* what is being loaded */
    size_t at_listing, at_page;
    int64_t run_id, listing_id; /* as they stand in its rows */
    struct spool_answer *answer;
    struct page_source source;
    struct page *decoder;
    struct envelope envelope;
    bool has_envelope;
    struct landing landing;
    struct request_targets targets; /* the landing's */
    uv_work_t work;

    struct replay_progress progress;
    struct err err; /* why it broke off; ERR_NONE */
};

static void on_opened(void *data, const struct err *err);
static void on_run(void *data, struct store_replay *run, const struct err *err);
static void begin_listing(struct replay *replay);
static void on_begun(void *data, int64_t run_id, int64_t listing_id, const struct err *err);
static void on_scratch(void *data, const struct err *err);
static void load_page(struct replay *replay);
static void work(uv_work_t *request);
static void on_envelope(uv_work_t *request, int status);
static void on_landed(struct landing *landing, const struct err *err);
static void end_listing(struct replay *replay);
static void on_published(void *data, const struct store_published *published, bool is_shown,
                         const struct err *err);
static void on_scratch_ended(void *data, int64_t n_repeats, const struct err *err);
static void close_all(struct replay *replay, const struct err *err);
static void on_spool_closed(void *data);

bool replay_may_fill(const char *schema, struct err *err)
{
    static const char *const taken[] = {"linkhaul", "linkhaul_bi", "information_schema"};
    size_t length = strspn(schema, "abcdefghijklmnopqrstuvwxyz0123456789_");

    if (length == 0 || schema[length] != '\0' || length > NAME_MAX_BYTES ||
        (schema[0] >= '0' && schema[0] <= '9'))
        return err_set(err, ERR_USAGE,
                       "--into %s: a schema's name is made of small letters, digits and _, at most "
                       "%d, the first no digit",
                       schema, NAME_MAX_BYTES);
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        if (strcmp(schema, taken[i]) == 0)
            return err_set(err, ERR_USAGE, "--into %s: that schema is not for replays", schema);
    if (strncmp(schema, "pg_", 3) == 0)
        return err_set(err, ERR_USAGE, "--into %s: pg_ is for PostgreSQL's own schemas", schema);
    return true;
}

struct replay *replay_new(uv_loop_t *loop, const struct replay_settings *settings)
{
    struct replay *replay = mem_new(sizeof(*replay));

    replay->loop = loop;
    replay->settings = *settings;
    replay->new_uid = uuid_new();
    replay->work.data = replay;
    replay->store = store_open_replay(loop, settings->config->database_url, on_opened, replay);
    return replay;
}

/* --- what there is --------------------------------------------------------------------------- */

static void on_opened(void *data, const struct err *err)
{
    struct replay *replay = data;

    if (err != NULL)
        close_all(replay, err);
    else
        store_read_replay(replay->store, replay->settings.run_id, on_run, replay);
}

/* Whether the listing is one that is loaded. */
static bool is_wanted(const struct replay *replay, size_t at)
{
    return replay->settings.into != NULL || replay->run->listings[at].is_published;
}

static struct spool_answer *find_answer(const struct replay *replay,
                                        const struct store_replay_page *page)
{
    struct spool_answer *answer = spool_find(replay->spool, &page->attempt);

    return answer != NULL && answer->is_received ? answer : NULL;
}

/* Opens the segment; every answer has to be there before the first is loaded. */
static bool open_answers(struct replay *replay, struct err *err)
{
    const struct store_replay *run = replay->run;
    const char *dir = replay->settings.config->spool;
    char uid[UUID_TEXT_MAX];
    size_t n_found = 0;

    if (replay->progress.n_pages == 0)
        return true;
    if (!spool_open_archived(replay->loop, dir, &run->uid, &replay->spool, err))
        return err_wrap(err, "none of the %zu answers of run %" PRId64 " can be read",
                        replay->progress.n_pages, run->run_id);
    for (size_t i = 0; i < run->n_listings; i++)
        for (size_t j = 0; is_wanted(replay, i) && j < run->listings[i].n_pages; j++)
            n_found += find_answer(replay, &run->listings[i].pages[j]) != NULL;
    if (n_found < replay->progress.n_pages)
        return err_set(
            err, ERR_IO,
            "%s/run-%s.segment has %zu of the %zu answers of run %" PRId64 ": nothing was loaded",
            dir, uuid_format(&run->uid, uid), n_found, replay->progress.n_pages, run->run_id);
    return true;
}

static bool may_load(struct replay *replay, struct err *err)
{
    const struct store_replay *run = replay->run;

    replay->endpoint = endpoint_find(run->endpoint);
    if (replay->endpoint == NULL)
        return err_set(err, ERR_USAGE, "run %" PRId64 ": endpoint %s is not in this version",
                       run->run_id, run->endpoint);
    for (size_t i = 0; i < run->n_listings; i++)
        if (is_wanted(replay, i)) {
            replay->progress.n_listings++;
            replay->progress.n_pages += run->listings[i].n_pages;
        }
    if (replay->progress.n_listings == 0)
        return err_set(err, ERR_USAGE, "run %" PRId64 " has no %s", run->run_id,
                       replay->settings.into != NULL
                           ? "listing"
                           : "published listing; --into loads what it has");
    return open_answers(replay, err);
}

/* How a page ends in linkhaul's own tables, and in others. */
static void book_page(struct store *store, const struct landing *landing, store_done_fn *done,
                      void *data)
{
    const struct replay *replay = landing->data;

    store_replay_page_book(store, replay->listing_id, &landing->outcome, done, data);
}

static void keep_page(struct store *store, const struct landing *landing, store_done_fn *done,
                      void *data)
{
    (void)landing;
    store_replay_page_keep(store, done, data);
}

static void on_run(void *data, struct store_replay *run, const struct err *err)
{
    struct replay *replay = data;
    bool is_run = replay->settings.into == NULL;
    struct lander_books books = {.schema = is_run ? "linkhaul" : replay->settings.into,
                                 .begin = store_replay_page_begin,
                                 .commit = is_run ? book_page : keep_page,
                                 .abort = store_replay_page_abort};
    struct err refused;

    replay->run = run;
    if (err == NULL && !may_load(replay, &refused))
        err = &refused;
    if (err != NULL) {
        close_all(replay, err);
        return;
    }
    replay->lander = lander_new_with(replay->loop, replay->store, &books);
    if (is_run)
        begin_listing(replay);
    else
        store_begin_scratch(replay->store, replay->settings.into, replay->endpoint->table,
                            on_scratch, replay);
}

/* --- a listing ------------------------------------------------------------------------------- */

static void on_scratch(void *data, const struct err *err)
{
    struct replay *replay = data;

    if (err != NULL)
        close_all(replay, err);
    else
        begin_listing(replay);
}

/* The next one that is wanted, or the end. */
static void begin_listing(struct replay *replay)
{
    const struct store_replay *run = replay->run;

    while (replay->at_listing < run->n_listings && !is_wanted(replay, replay->at_listing))
        replay->at_listing++;
    replay->at_page = 0;
    if (replay->at_listing < run->n_listings && replay->settings.into == NULL)
        store_replay_begin_listing(replay->store, &replay->new_uid,
                                   run->listings[replay->at_listing].listing_id, on_begun, replay);
    else if (replay->at_listing < run->n_listings)
        on_begun(replay, run->run_id, run->listings[replay->at_listing].listing_id, NULL);
    else if (replay->settings.into != NULL)
        store_end_scratch(replay->store, replay->settings.into, run->run_id, on_scratch_ended,
                          replay);
    else
        close_all(replay, NULL);
}

static void on_begun(void *data, int64_t run_id, int64_t listing_id, const struct err *err)
{
    struct replay *replay = data;

    if (err != NULL) {
        close_all(replay, err);
        return;
    }
    replay->run_id = run_id;
    replay->listing_id = listing_id;
    load_page(replay);
}

/* --- a page ---------------------------------------------------------------------------------- */

/* The listing's next page, or its end. */
static void load_page(struct replay *replay)
{
    const struct store_replay_listing *listing = &replay->run->listings[replay->at_listing];

    if (replay->at_page == listing->n_pages) {
        end_listing(replay);
        return;
    }
    replay->answer = find_answer(replay, &listing->pages[replay->at_page]);
    replay->source = (struct page_source){.read = spool_read, .data = replay->answer};
    replay->decoder = page_new(replay->endpoint, &replay->source);
    uv_queue_work(replay->loop, &replay->work, work, on_envelope);
}

/* In a worker: nothing but the decoder, the envelope and err is touched. */
static void work(uv_work_t *request)
{
    struct replay *replay = request->data;

    replay->has_envelope =
        page_envelope(replay->decoder, BODY_TEXT_MAX, &replay->envelope, &replay->err);
}

static void on_envelope(uv_work_t *request, int status)
{
    struct replay *replay = request->data;
    const struct store_replay_listing *listing = &replay->run->listings[replay->at_listing];
    const struct store_replay_page *page = &listing->pages[replay->at_page];

    (void)status; /* work requests are never cancelled */
    if (!replay->has_envelope) {
        struct err err = replay->err;

        err_wrap(&err, "%s: page at %" PRId64, listing->target, page->position);
        close_all(replay, &err);
        return;
    }
    request_targets_read(listing->request, &replay->targets);
    replay->landing = (struct landing){
        .page = replay->decoder,
        .endpoint = replay->endpoint,
        .fields = {.run = replay->run_id, .listing = replay->listing_id},
        .front = {.night = replay->run->night_days,
                  .run_id = replay->run_id,
                  .listing_id = replay->listing_id,
                  .slice_no = page->slice_no,
                  .items_before = page->position,
                  .target = listing->target,
                  .targets = &replay->targets},
        .n_items = replay->envelope.n_items,
        .outcome = {.attempt = page->attempt},
        .landed = on_landed,
        .data = replay,
    };
    lander_add(replay->lander, &replay->landing);
}

static void drop_page(struct replay *replay)
{
    page_destroy(replay->decoder);
    replay->decoder = NULL;
    envelope_deinit(&replay->envelope);
    request_targets_deinit(&replay->targets);
    replay->envelope = (struct envelope){0};
}

static void on_landed(struct landing *landing, const struct err *err)
{
    struct replay *replay = landing->data;

    drop_page(replay);
    if (err != NULL) {
        struct err named = *err;

        err_wrap(&named, "%s: page at %" PRId64 " cannot land", landing->front.target,
                 landing->front.items_before);
        close_all(replay, &named);
        return;
    }
    spool_forget(replay->answer);
    replay->progress.n_landed++;
    replay->progress.n_rows += landing->outcome.n_rows;
    replay->at_page++;
    load_page(replay);
}

/* --- its end --------------------------------------------------------------------------------- */

static int64_t max_shrink_of(const struct replay *replay)
{
    const struct config_job *job =
        config_job_find(replay->settings.config, replay->run->project, replay->run->job);

    return job == NULL ? MAX_SHRINK_PPM : job->max_shrink_ppm;
}

static void end_listing(struct replay *replay)
{
    const struct store_replay_listing *listing = &replay->run->listings[replay->at_listing];

    if (replay->settings.into == NULL) {
        store_publish_replay(replay->store, replay->listing_id, listing->completeness,
                             max_shrink_of(replay), on_published, replay);
        return;
    }
    replay->progress.n_over++;
    replay->at_listing++;
    begin_listing(replay);
}

static void on_published(void *data, const struct store_published *published, bool is_shown,
                         const struct err *err)
{
    struct replay *replay = data;
    struct log_fields fields = {.target = replay->run->listings[replay->at_listing].target,
                                .run = replay->run_id,
                                .listing = replay->listing_id};

    if (err != NULL) {
        close_all(replay, err);
        return;
    }
    fields.result = published->is_held ? "held" : published->completeness;
    fields.numbers =
        LOG_NUMBERS({"rows", published->n_rows}, {"duplicates", published->n_duplicates});
    if (published->is_held)
        log_event(LOG_WARNING, fields, "held: %s", published->reason);
    else
        log_event(LOG_INFO, fields,
                  "published as %s%s: %" PRId64 " rows, %" PRId64 " repeats taken out",
                  published->completeness,
                  is_shown ? "" : ", behind a newer listing, which stays what analysts see",
                  published->n_rows, published->n_duplicates);
    replay->progress.new_run_id = replay->run_id;
    replay->progress.n_held += published->is_held;
    replay->progress.n_rows -= published->n_duplicates;
    replay->progress.n_over++;
    replay->at_listing++;
    begin_listing(replay);
}

static void on_scratch_ended(void *data, int64_t n_repeats, const struct err *err)
{
    struct replay *replay = data;

    replay->progress.n_rows -= n_repeats;
    close_all(replay, err);
}

static void close_all(struct replay *replay, const struct err *err)
{
    if (err != NULL)
        replay->err = *err;
    drop_page(replay);
    lander_destroy(replay->lander);
    store_close(replay->store);
    spool_close(replay->spool, on_spool_closed, replay);
}

static void on_spool_closed(void *data)
{
    struct replay *replay = data;

    replay->settings.done(replay->settings.data,
                          replay->err.kind == ERR_NONE ? NULL : &replay->err);
}

void replay_progress(const struct replay *replay, struct replay_progress *ret_progress)
{
    *ret_progress = replay->progress;
}

void replay_destroy(struct replay *replay)
{
    if (replay == NULL)
        return;
    store_replay_free(replay->run);
    free(replay);
}
