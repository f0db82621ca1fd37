#include "api/endpoint.h"
#include "daemon/engine_private.h"

/* What the engine tells people: progress, how each listing ended, and the exit code. */

static void add_listing(const struct crawl_listing *listing, struct engine_progress *progress)
{
    progress->n_listings++;
    if (listing->state == CRAWL_LISTING_OVER)
        progress->n_over++;
    if (listing->n_slices == 0)
        progress->n_items_expected = -1;
    for (size_t i = 0; i < listing->n_slices; i++) {
        const struct pager *pager = &listing->slices[i].pager;
        int64_t expected = pager_expected(pager);

        progress->n_items += pager->n_items;
        if (progress->n_items_expected >= 0)
            progress->n_items_expected = expected < 0 ? -1 : progress->n_items_expected + expected;
    }
}

void engine_progress(const struct engine *engine, struct engine_progress *ret_progress)
{
    *ret_progress = (struct engine_progress){.n_items = 0};
    if (engine->crawl == NULL)
        return;
    ret_progress->n_in_flight = crawl_n_in_flight(engine->crawl);
    for (size_t i = 0; i < crawl_n_runs(engine->crawl); i++) {
        const struct crawl_run *run = crawl_run_at(engine->crawl, i);

        ret_progress->n_calls += run->n_calls;
        ret_progress->n_items_here += run->n_items;
        ret_progress->booked_nanousd += run->booked_nanousd;
        ret_progress->budget_nanousd += engine->runs[i].job->budget_nanousd;
        for (size_t j = 0; j < run->n_listings; j++)
            add_listing(&run->listings[j], ret_progress);
    }
}

bool engine_listing_at(const struct engine *engine, size_t i, struct engine_listing *ret_listing)
{
    size_t n_runs = engine->crawl != NULL ? crawl_n_runs(engine->crawl) : 0;

    for (size_t j = 0; j < n_runs; j++) {
        const struct crawl_run *run = crawl_run_at(engine->crawl, j);
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
            .target = listing->target,
            .is_published = listing->is_published,
            .completeness = listing->is_published ? published->completeness : listing->completeness,
            .reason = listing->reason,
            .n_items = published->n_items,
            .n_rows = published->n_rows,
            .n_duplicates = published->n_duplicates,
            .n_missing = published->n_missing};
        return true;
    }
    return false;
}

/* Calls were made, and nobody answered one. */
static bool is_api_away(const struct engine *engine)
{
    int64_t n_calls = 0, n_answered = 0;

    for (size_t i = 0; i < engine->n_runs; i++) {
        n_calls += crawl_run_at(engine->crawl, i)->n_calls;
        n_answered += crawl_run_at(engine->crawl, i)->n_answered;
    }
    return n_calls > 0 && n_answered == 0;
}

int engine_exit_code(const struct engine *engine)
{
    struct engine_listing listing;
    int code = 0;

    if (engine->err.kind != ERR_NONE)
        return err_exit_code(engine->err.kind);
    for (size_t i = 0; i < engine->n_runs; i++)
        switch (crawl_run_at(engine->crawl, i)->stop) {
        case VERDICT_STOP_LOGIN:
            return err_exit_code(ERR_LOGIN);
        case VERDICT_STOP_LATER:
            return err_exit_code(ERR_BUSY);
        case VERDICT_STOP_NONE:
            break;
        }
    for (size_t i = 0; engine_listing_at(engine, i, &listing); i++)
        if (!listing.is_published) {
            if (listing.completeness != NULL)
                return err_exit_code(is_api_away(engine) ? ERR_NETWORK : ERR_BUDGET);
            code = err_exit_code(ERR_CANCELED);
        }
    if (code == 0 && engine->job_err.kind != ERR_NONE)
        code = err_exit_code(engine->job_err.kind);
    return code;
}
