#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/mem.h"
#include "daemon/engine_private.h"

/* What the engine tells people: progress, how each listing ended, and the exit code. */

static void add_listing(const struct crawl_listing *listing, struct engine_progress *progress)
{
    int64_t expected = crawl_items_expected(listing);

    progress->n_listings++;
    if (listing->state == CRAWL_LISTING_OVER)
        progress->n_over++;
    for (size_t i = 0; i < listing->n_slices; i++)
        progress->n_items += listing->slices[i]->pager.n_items;
    if (expected < 0)
        progress->n_items_expected = -1;
    else if (progress->n_items_expected >= 0)
        progress->n_items_expected += expected;
}

static void add_unmoved(const struct engine_night *night, struct engine_progress *progress)
{
    for (size_t i = 0; i < night->n_feeds; i++)
        if (!night->feeds[i].is_begun && night->feeds[i].decision.way == SYNC_UNMOVED &&
            !night->feeds[i].decision.wants_count)
            progress->n_unmoved++;
}

/* Those that a crawl serves; they all come at once. */
static size_t n_runs(const struct engine *engine)
{
    return engine->n_runs > 0 && engine->runs[engine->n_runs - 1].crawl_run != NULL ? engine->n_runs
                                                                                    : 0;
}

void engine_progress(const struct engine *engine, struct engine_progress *ret_progress)
{
    *ret_progress = engine->before;
    for (size_t i = 0; i < engine->n_accounts; i++)
        if (engine->accounts[i].crawl != NULL)
            ret_progress->n_in_flight += crawl_n_in_flight(engine->accounts[i].crawl);
    for (size_t i = 0; i < engine->n_nights; i++)
        if (engine->begun[i].is_begun)
            add_unmoved(&engine->nights[i], ret_progress);
    for (size_t i = 0; i < n_runs(engine); i++) {
        const struct crawl_run *run = engine->runs[i].crawl_run;

        ret_progress->n_calls += run->n_calls;
        ret_progress->n_items_here += run->n_items;
        ret_progress->n_undelivered += run->n_undelivered;
        ret_progress->undelivered_nanousd += run->undelivered_nanousd;
        ret_progress->booked_nanousd += run->booked_nanousd;
        ret_progress->budget_nanousd += engine->runs[i].job->budget_nanousd;
        for (size_t j = 0; j < run->n_listings; j++)
            add_listing(&run->listings[j], ret_progress);
    }
}

/* Of the present life. */
static bool own_listing_at(const struct engine *engine, size_t i,
                           struct engine_listing *ret_listing)
{
    for (size_t j = 0; j < n_runs(engine); j++) {
        const struct crawl_run *run = engine->runs[j].crawl_run;
        const struct store_published *published;
        const struct crawl_listing *listing;

        if (i >= run->n_listings) {
            i -= run->n_listings;
            continue;
        }
        listing = &run->listings[i];
        published = &engine->runs[j].published[i];
        *ret_listing = (struct engine_listing){
            .job = run->job,
            .kind = engine->runs[j].run->listings[i].kind,
            .target = listing->target,
            .is_published = listing->is_published,
            .is_held = listing->is_held,
            .completeness = listing->is_published ? published->completeness : listing->completeness,
            .reason = listing->is_held ? published->reason : listing->reason,
            .n_items = published->n_items,
            .n_rows = published->n_rows,
            .n_duplicates = published->n_duplicates,
            .n_missing = published->n_missing};
        return true;
    }
    return false;
}

bool engine_listing_at(const struct engine *engine, size_t i, struct engine_listing *ret_listing)
{
    if (i >= engine->n_results)
        return own_listing_at(engine, i - engine->n_results, ret_listing);
    *ret_listing = engine->results[i].listing;
    return true;
}

static void keep(struct engine *engine, const struct engine_listing *listing)
{
    struct engine_result *result;

    engine->results = mem_resize(engine->results, engine->n_results + 1, sizeof(*engine->results));
    result = &engine->results[engine->n_results++];
    *result = (struct engine_result){.listing = *listing,
                                     .job = mem_strdup(listing->job),
                                     .kind = mem_strdup(listing->kind),
                                     .target = mem_strdup(listing->target),
                                     .reason = mem_strdup(listing->reason),
                                     .completeness = mem_strdup(listing->completeness)};
    result->listing.job = result->job;
    result->listing.kind = result->kind;
    result->listing.target = result->target;
    result->listing.reason = result->reason;
    result->listing.completeness = result->completeness;
}

static void keep_sums(struct engine *engine)
{
    struct engine_progress progress;

    engine_progress(engine, &progress);
    engine->before.n_calls = progress.n_calls;
    engine->before.n_items_here = progress.n_items_here;
    engine->before.n_undelivered = progress.n_undelivered;
    engine->before.undelivered_nanousd = progress.undelivered_nanousd;
    engine->before.n_unmoved = progress.n_unmoved;
}

static void add_stop(const struct crawl_run *run, struct engine_stops *stops)
{
    stops->is_login = stops->is_login || run->stop == VERDICT_STOP_LOGIN;
    stops->is_later = stops->is_later || run->stop == VERDICT_STOP_LATER;
}

/* Whether the next life takes up the job of that run. */
static bool goes_on(const struct engine *engine, size_t run_no)
{
    if (engine->runs[run_no].is_over)
        return false;
    if (!engine->is_falling_back || engine->err.kind != ERR_NONE) /* lost: it takes up all */
        return true;
    for (size_t i = 0; i < engine->n_jobs; i++)
        if (engine->jobs[i] == engine->runs[run_no].job)
            return engine->falls_back[i];
    return false;
}

/* What a run that is not taken up again has spent counts on, and what has stopped it. */
static void keep_run(struct engine *engine, size_t run_no)
{
    if (goes_on(engine, run_no))
        return;
    add_stop(engine->runs[run_no].crawl_run, &engine->stops);
    engine->before.booked_nanousd += engine->runs[run_no].crawl_run->booked_nanousd;
    engine->before.budget_nanousd += engine->runs[run_no].job->budget_nanousd;
}

static void keep_listing(struct engine *engine, const struct engine_listing *listing)
{
    keep(engine, listing);
    engine->before.n_listings++;
    engine->before.n_over++;
    engine->before.n_items += listing->n_items;
    engine->before.n_items_expected += listing->n_items;
}

void engine_keep_results(struct engine *engine)
{
    struct engine_listing listing;
    size_t i = 0;

    keep_sums(engine);
    if (engine->is_bulk)
        return;
    for (size_t j = 0; j < n_runs(engine); j++) {
        for (size_t k = 0; k < engine->runs[j].crawl_run->n_listings; k++, i++) {
            own_listing_at(engine, i, &listing);
            /* One that is still open is taken up by the next life, as a rule. */
            if (listing.is_published || listing.is_held || !goes_on(engine, j))
                keep_listing(engine, &listing);
        }
        keep_run(engine, j);
    }
}

void engine_keep_bulk(struct engine *engine)
{
    struct engine_listing listing;

    for (size_t i = 0; own_listing_at(engine, i, &listing); i++)
        if (!listing.is_published)
            log_event(LOG_WARNING, LOG_JOB(listing.job),
                      "nobody tells which feeds have not moved: each is asked for what changed");
    for (size_t i = 0; i < n_runs(engine); i++)
        engine->before.booked_nanousd += engine->runs[i].crawl_run->booked_nanousd;
    keep_sums(engine);
}

/* Calls were made, and nobody answered one. */
static bool is_api_away(const struct engine *engine)
{
    int64_t n_calls = 0, n_answered = 0;

    for (size_t i = 0; i < n_runs(engine); i++) {
        n_calls += engine->runs[i].crawl_run->n_calls;
        n_answered += engine->runs[i].crawl_run->n_answered;
    }
    return n_calls > 0 && n_answered == 0;
}

/* Of accounts that were stopped: a login that is refused is worse than one that is too early. */
static int stop_code(const struct engine *engine)
{
    struct engine_stops stops = engine->stops;

    for (size_t i = 0; i < engine->n_accounts; i++) {
        stops.is_login = stops.is_login || engine->accounts[i].err.kind == ERR_LOGIN;
        stops.is_later = stops.is_later || engine->accounts[i].err.kind == ERR_BUSY;
    }
    for (size_t i = 0; i < n_runs(engine); i++)
        add_stop(engine->runs[i].crawl_run, &stops);
    if (stops.is_login)
        return err_exit_code(ERR_LOGIN);
    return stops.is_later ? err_exit_code(ERR_BUSY) : 0;
}

const struct err *engine_account_err(const struct engine *engine)
{
    for (size_t i = 0; i < engine->n_accounts; i++)
        if (engine->accounts[i].err.kind != ERR_NONE)
            return &engine->accounts[i].err;
    return NULL;
}

int engine_exit_code(const struct engine *engine)
{
    struct engine_listing listing;
    int code = 0;

    if (engine->err.kind != ERR_NONE)
        return err_exit_code(engine->err.kind);
    code = stop_code(engine);
    if (code != 0)
        return code;
    for (size_t i = 0; engine_listing_at(engine, i, &listing); i++)
        if (!listing.is_published) {
            if (listing.is_held || listing.completeness != NULL)
                return err_exit_code(is_api_away(engine) ? ERR_NETWORK : ERR_BUDGET);
            code = err_exit_code(ERR_CANCELED);
        }
    if (code == 0 && engine->job_err.kind != ERR_NONE)
        code = err_exit_code(engine->job_err.kind);
    return code;
}
