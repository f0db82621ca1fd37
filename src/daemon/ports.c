#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/request.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/point.h"
#include "daemon/engine_private.h"
#include "status/meter.h"
#include "store/lost.h"
#include "store/sums.h"
#include "store/sync.h"

/*
 * The crawl's ports on the database and the clock. Each hands the crawl's object to the store as
 * the callback's data, and gives the answer back by the crawl_on_…() of the same name.
 */

/* From nanoseconds, so that a hasty millisecond is as exact as another. */
int64_t engine_api_now_ms(void)
{
    return (int64_t)(uv_hrtime() / 1000) * clock_haste() / 1000;
}

int64_t engine_listed_after_ms(const struct engine_account *account)
{
    return CRAWL_RESERVE_MS + CALL_RUNS_MS + account->config->list_lag_s * 1000;
}

static int64_t now_ms(void *data)
{
    (void)data;
    return engine_api_now_ms();
}

static void on_timer(uv_timer_t *timer)
{
    struct engine_account *account = timer->data;

    crawl_on_time(account->crawl);
}

static void wake_at(void *data, int64_t at_ms)
{
    struct engine_account *account = data;
    int64_t in_ms = (at_ms - engine_api_now_ms() + clock_haste() - 1) / clock_haste();

    uv_timer_start(&account->timer, on_timer, in_ms > 0 ? (uint64_t)in_ms : 0, 0);
}

/* A slice's first call is in the segment only behind what makes the slice again. */
static void note_slices(struct crawl_slice *slice, store_memo_fn *noted)
{
    const struct engine_run *run = slice->listing->run->data;

    store_read_slices_memo(run->engine->store, slice->listing->listing_id, noted, slice);
}

static void keep_note(const struct crawl_slice *slice, const char *memo, const struct err *err)
{
    if (err == NULL)
        engine_note(slice->listing->run->data, memo);
}

static void on_begin_noted(void *data, const char *memo, const struct err *err)
{
    keep_note(data, memo, err);
    crawl_on_slice_begun(data, err);
}

static void on_slice_begun(void *data, const struct err *err)
{
    if (err != NULL)
        crawl_on_slice_begun(data, err);
    else
        note_slices(data, on_begin_noted);
}

static void begin_slice(void *data, struct crawl_slice *slice)
{
    const struct engine_account *account = data;
    struct store_slice begun = {
        .slice_no = slice->slice_no, .limit = slice->limit, .order_by = slice->order_by};

    store_begin_slice(account->engine->store, slice->listing->listing_id, &begun, on_slice_begun,
                      slice);
}

static void on_reserved(void *data, const struct store_refusal *refusal, const struct err *err)
{
    static const enum crawl_scope scopes[] = {
        [STORE_SCOPE_RUN] = CRAWL_SCOPE_RUN,
        [STORE_SCOPE_SHARED] = CRAWL_SCOPE_SHARED,
        [STORE_SCOPE_STOPPED] = CRAWL_SCOPE_STOPPED,
    };
    struct crawl_refusal refused;

    if (refusal == NULL && err == NULL)
        point("after-reserve");
    if (refusal != NULL)
        refused = (struct crawl_refusal){scopes[refusal->scope], refusal->text};
    crawl_on_reserved(data, refusal != NULL ? &refused : NULL, err);
}

static void reserve(void *data, struct crawl_page *page)
{
    const struct engine_account *account = data;
    const struct crawl_listing *listing = page->slice->listing;
    const struct engine_run *run = listing->run->data;
    CLEANUP(mem_free_string)
    char *tag = request_tag(listing->request, run->run->install, &run->run->uid,
                            listing->listing_id, page->slice->slice_no);
    struct store_attempt attempt = {.attempt = page->attempt,
                                    .run_id = listing->run->run_id,
                                    .listing_id = listing->listing_id,
                                    .slice_no = page->slice->slice_no,
                                    .position = page->position,
                                    .token = page->token,
                                    .limit = page->slice->limit,
                                    .tag = tag,
                                    .reserved_nanousd = page->reserved_nanousd};

    store_reserve(account->engine->store, &attempt, on_reserved, page);
}

static void on_settled(void *data, const struct err *err)
{
    const struct crawl_page *page = data;
    const struct engine_run *run = page->slice->listing->run->data;

    if (err == NULL) {
        call_count(page);
        engine_database_works(run->engine);
        point("after-settle");
    }
    crawl_on_settled(data, err);
}

static void settle(void *data, struct crawl_page *page)
{
    const struct engine_account *account = data;
    struct store_outcome outcome;

    call_outcome(page, &outcome);
    store_settle(account->engine->store, &outcome, on_settled, page);
}

static void on_cut_noted(void *data, const char *memo, const struct err *err)
{
    keep_note(data, memo, err);
    crawl_on_cut(data, err);
}

static void on_cut(void *data, const struct err *err)
{
    if (err == NULL)
        point("after-cut");
    if (err != NULL)
        crawl_on_cut(data, err);
    else
        note_slices(data, on_cut_noted);
}

static void cut(void *data, struct crawl_slice *slice, int32_t new_slice_no, bool is_whole)
{
    const struct engine_account *account = data;

    point("before-cut");
    store_cut_slice(account->engine->store, slice->listing->listing_id, slice->slice_no,
                    new_slice_no, slice->points_s, slice->n_points, is_whole, on_cut, slice);
}

static void on_restarted(void *data, bool is_begun, int64_t from_s, const struct err *err)
{
    crawl_on_restarted(data, is_begun, from_s, err);
}

static void restart(void *data, struct crawl_slice *slice, int32_t new_slice_no, int64_t limit,
                    const char *column)
{
    const struct engine_account *account = data;

    store_restart_slice(account->engine->store, slice->listing->listing_id, slice->slice_no,
                        new_slice_no, limit, column, on_restarted, slice);
}

/* Where the sums cannot be had the database is away, which the next verb tells. */
static void on_listing_summed(void *data, const struct store_sums *sums, const struct err *err)
{
    struct crawl_listing *listing = data;
    const struct engine_run *run = listing->run->data;

    (void)err;
    engine_tell_listing(listing, sums);
    crawl_on_published(listing, run->published[listing - listing->run->listings].is_held, NULL);
}

static void count_published(const struct engine_run *run, const struct store_published *published)
{
    struct meter_job *job =
        meter_job(run->engine->commons->meter, run->job->project, run->job->name);

    if (published->is_held)
        return;
    job->n_published++;
    job->n_duplicates += published->n_duplicates;
    job->n_missing += published->n_missing;
}

static void on_published(void *data, const struct store_published *published, const struct err *err)
{
    struct crawl_listing *listing = data;
    const struct engine_run *run = listing->run->data;

    if (err != NULL) {
        crawl_on_published(listing, /* is_held= */ false, err);
        return;
    }
    point("after-publish");
    engine_database_works(run->engine);
    run->published[listing - listing->run->listings] = *published;
    count_published(run, published);
    store_sum_up(run->engine->store, listing->run->run_id, listing->listing_id, on_listing_summed,
                 listing);
}

/* What has no value in the field that it is cut by is in no slice. */
static void say_what_slices_lack(const struct crawl_listing *listing, int64_t missing_ok_ppm)
{
    int64_t n_items = crawl_items_in_slices(listing), n_missing = listing->whole_count - n_items;

    if (listing->whole_count < 0 || n_missing <= 10 ||
        (double)n_missing * 1e6 <= (double)listing->whole_count * (double)missing_ok_ppm)
        return;
    log_event(LOG_WARNING, crawl_listing_fields(listing),
              "the slices hold %" PRId64 " of %" PRId64
              " items; the others have no date that they could be cut by",
              n_items, listing->whole_count);
}

static void publish(void *data, struct crawl_listing *listing)
{
    const struct engine_account *account = data;

    const struct engine_run *run = listing->run->data;
    struct store_tolerance tolerance = {.missing_ok = run->job->missing_ok_ppm,
                                        .max_shrink = run->job->max_shrink_ppm};

    say_what_slices_lack(listing, tolerance.missing_ok);
    store_publish(account->engine->store, listing->listing_id, listing->completeness, &tolerance,
                  on_published, listing);
    point("in-publish");
}

static void on_suspended(void *data, const struct err *err)
{
    crawl_on_suspended(data, err);
}

static void suspend(void *data, struct crawl_listing *listing)
{
    const struct engine_account *account = data;

    store_suspend(account->engine->store, listing->listing_id, listing->completeness,
                  listing->reason, on_suspended, listing);
}

static void fall_back(struct engine_run *run)
{
    struct engine *engine = run->engine;

    engine->is_falling_back = true;
    for (size_t i = 0; i < engine->n_jobs; i++)
        if (engine->jobs[i] == run->job)
            engine->falls_back[i] = true;
}

/* None of its listings is still open. */
static bool has_ended_all(const struct crawl_run *run)
{
    for (size_t i = 0; i < run->n_listings; i++)
        if (!run->listings[i].is_published && !run->listings[i].is_held)
            return false;
    return true;
}

static void on_run_summed(void *data, const struct store_sums *sums, const struct err *err)
{
    struct crawl_run *run = data;

    (void)err;
    engine_tell_run(run->data, sums);
    crawl_on_run_ended(run, NULL);
}

static void on_run_ended(void *data, const struct store_fallback *fallbacks, size_t n,
                         const struct err *err)
{
    struct crawl_run *run = data;
    struct engine_run *engine_run = run->data;

    engine_run->is_over = err == NULL && n == 0 && has_ended_all(run);
    for (size_t i = 0; i < n; i++)
        log_event(
            LOG_WARNING,
            (struct log_fields){.job = run->job, .run = run->run_id, .target = fallbacks[i].target},
            "is taken whole after all: %s", fallbacks[i].why);
    if (n > 0)
        fall_back(engine_run);
    if (err == NULL && n == 0)
        store_sum_up(engine_run->engine->store, run->run_id, 0, on_run_summed, run);
    else
        crawl_on_run_ended(run, err);
}

static void end_run(void *data, struct crawl_run *run)
{
    const struct engine_account *account = data;

    engine_tell_drift(run->data);
    point("before-end-run");
    store_end_run(account->engine->store, run->run_id, on_run_ended, run);
}

static void done(void *data)
{
    engine_account_over(data);
}

const struct crawl_ports engine_ports = {
    .now_ms = now_ms,
    .wake_at = wake_at,
    .begin_slice = begin_slice,
    .reserve = reserve,
    .send = call_send,
    .replay = call_replay,
    .land = call_land,
    .settle = settle,
    .look = look_begin,
    .cut = cut,
    .restart = restart,
    .publish = publish,
    .suspend = suspend,
    .end_run = end_run,
    .drop = call_drop,
    .done = done,
};
