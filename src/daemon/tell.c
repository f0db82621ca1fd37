#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/money.h"
#include "daemon/engine_private.h"

/*
 * Lines of the log about what has ended: a listing, and a run, of which this is the one that sums
 * it up. Rows, dollars and calls are of all its starts, as the database has them; where that is
 * away they are missing.
 */

struct log_fields engine_run_fields(const struct engine_run *run)
{
    return (struct log_fields){.job = run->job->title, .run = run->run->run_id};
}

struct log_fields engine_fields(const struct engine *engine)
{
    return LOG_JOB(engine->settings.n_jobs == 1 ? engine->settings.jobs[0]->title : NULL);
}

/* --- a listing ------------------------------------------------------------------------------- */

static const char *kind_of(const struct crawl_listing *listing)
{
    const struct engine_run *run = listing->run->data;

    return run->run->listings[listing - listing->run->listings].kind;
}

/* What a listing of that kind is called, before "published as"; "" for all of a feed. */
static const char *words_of(const char *kind)
{
    static const char *const words[][2] = {
        {"new", "what is new, "}, {"lost", "what is lost, "}, {"refresh", "a part anew, "}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(kind, words[i][0]) == 0)
            return words[i][1];
    return "";
}

static void tell_count(const struct crawl_listing *listing)
{
    const struct engine_run *run = listing->run->data;
    int64_t n_items = listing->slices[0]->pager.total_count;
    struct log_fields fields = crawl_listing_fields(listing);

    fields.numbers = LOG_NUMBERS({"items", n_items});
    log_event(LOG_INFO, fields,
              run->engine->settings.counted != NULL ? "%" PRId64 " items"
                                                    : "the vendor counts %" PRId64,
              n_items);
}

static void tell_published(const struct crawl_listing *listing, struct log_fields fields,
                           const struct store_sums *sums)
{
    const struct engine_run *run = listing->run->data;
    const struct store_published *published = &run->published[listing - listing->run->listings];
    bool is_whole = strcmp(published->completeness, "complete") == 0;
    char spent[MONEY_TEXT_MAX], more[128] = "";

    if (sums != NULL)
        snprintf(more, sizeof(more), ", %" PRId64 " new, %" PRId64 " lost, %s", sums->n_new,
                 sums->n_lost, money_format(sums->booked_nanousd, spent));
    if (published->is_held)
        log_event(LOG_WARNING, fields, "held, not published: %s", published->reason);
    else
        log_event(is_whole ? LOG_INFO : LOG_WARNING, fields,
                  "%spublished as %s: %" PRId64 " rows, %" PRId64 " repeats taken out, %" PRId64
                  " of total_count missing%s",
                  words_of(kind_of(listing)), published->completeness, published->n_rows,
                  published->n_duplicates, published->n_missing, more);
}

void engine_tell_listing(const struct crawl_listing *listing, const struct store_sums *sums)
{
    const struct engine_run *run = listing->run->data;
    const struct store_published *published = &run->published[listing - listing->run->listings];
    const struct log_number numbers[] = {
        {"items", published->n_items},
        {"rows", published->n_rows},
        {"duplicates", published->n_duplicates},
        {"missing", published->n_missing},
        {sums != NULL ? "new" : NULL, sums != NULL ? sums->n_new : 0},
        {"lost", sums != NULL ? sums->n_lost : 0},
        {NULL, 0}};
    struct log_fields fields = crawl_listing_fields(listing);

    if (run->engine->is_bulk)
        return;
    if (strcmp(kind_of(listing), "count") == 0) {
        tell_count(listing);
        return;
    }
    fields.result = published->is_held ? "held" : published->completeness;
    fields.nanousd = sums != NULL ? &sums->booked_nanousd : NULL;
    fields.numbers = numbers;
    tell_published(listing, fields, sums);
}

/* --- a run ----------------------------------------------------------------------------------- */

/* The worst that became of its listings: done, stopped, held, budget, error. */
static const char *result_of(const struct crawl_run *run)
{
    static const char *const words[] = {"done", "stopped", "held", "budget", "error"};
    size_t worst = 0;

    for (size_t i = 0; i < run->n_listings; i++) {
        const struct crawl_listing *listing = &run->listings[i];
        const char *word = listing->is_published           ? "done"
                           : listing->is_held              ? "held"
                           : listing->completeness != NULL ? listing->completeness
                                                           : "stopped";

        for (size_t j = worst + 1; j < sizeof(words) / sizeof(words[0]); j++)
            if (strcmp(words[j], word) == 0)
                worst = j;
    }
    return words[worst];
}

/* Feeds that nothing was asked for, since nothing has moved. */
static int64_t n_unmoved(const struct engine_run *run)
{
    const struct engine *engine = run->engine;
    int64_t n = 0;

    for (size_t i = 0; i < engine->n_nights; i++)
        for (size_t j = 0; engine->jobs[i] == run->job && j < engine->nights[i].n_feeds; j++)
            n += engine->nights[i].feeds[j].decision.way == SYNC_UNMOVED;
    return n;
}

static void tell_sums(const struct engine_run *run, struct log_fields fields,
                      const struct store_sums *sums)
{
    int64_t seconds = (clock_mono_ms() - run->begun->at_ms + 500) / 1000, unmoved = n_unmoved(run);
    bool is_done = strcmp(fields.result, "done") == 0;
    char spent[MONEY_TEXT_MAX], cap[MONEY_TEXT_MAX] = "any amount", quiet[64] = "";

    if (run->job->budget_nanousd > 0)
        fields.cap_nanousd = &run->job->budget_nanousd;
    if (run->job->budget_nanousd > 0)
        money_format(run->job->budget_nanousd, cap);
    if (unmoved > 0)
        snprintf(quiet, sizeof(quiet), ", nothing moved in %" PRId64 " feeds", unmoved);
    fields.nanousd = &sums->booked_nanousd;
    fields.numbers = LOG_NUMBERS(
        {"listings", sums->n_listings}, {"published", sums->n_published}, {"unmoved", unmoved},
        {"items", sums->n_items}, {"rows", sums->n_rows}, {"duplicates", sums->n_duplicates},
        {"missing", sums->n_missing}, {"new", sums->n_new}, {"lost", sums->n_lost},
        {"calls", sums->n_calls}, {"seconds", seconds});
    log_event(
        is_done ? LOG_INFO : LOG_WARNING, fields,
        "the run of %s has ended: %s: %" PRId64 " of %" PRId64 " listings published%s; %" PRId64
        " rows, %" PRId64 " repeats, %" PRId64 " missing, %" PRId64 " new, %" PRId64
        " lost; %" PRId64 " call%s, %s of %s, %" PRId64 " s",
        run->run->night, fields.result, sums->n_published, sums->n_listings, quiet, sums->n_rows,
        sums->n_duplicates, sums->n_missing, sums->n_new, sums->n_lost, sums->n_calls,
        sums->n_calls == 1 ? "" : "s", money_format(sums->booked_nanousd, spent), cap, seconds);
}

void engine_tell_run(const struct engine_run *run, const struct store_sums *sums)
{
    struct log_fields fields = engine_run_fields(run);

    if (run->engine->is_landing || run->engine->settings.counted != NULL)
        return; /* it was not begun to be ended */
    log_flush(run->job->title);
    fields.result = result_of(run->crawl_run);
    if (sums != NULL)
        tell_sums(run, fields, sums);
    else
        log_event(LOG_WARNING, fields, "the run of %s has ended: %s", run->run->night,
                  fields.result);
}
