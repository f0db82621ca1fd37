#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/endpoint.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/point.h"
#include "daemon/engine_private.h"
#include "store/sync.h"

/*
 * What each feed takes tonight (crawl/sync.h), before its run begins:
 *
 *   job by job: facts ─▶ decisions ─▶ is it worth to ask what has moved? ─▶ bulk.c, and once more
 *                                   └▶ the runs
 *
 * What is decided is recorded with the run's beginning, in its transaction; a run that is gone on
 * with keeps what it has. What the bulk call told is in the database, where the facts find it, so
 * after a death it is not asked for again that night.
 */

static void read_next_job(struct engine *engine);

void engine_forget_night(struct engine *engine)
{
    for (size_t i = 0; i < engine->n_nights; i++) {
        struct engine_night *night = &engine->nights[i];

        for (size_t j = 0; j < night->n_feeds; j++) {
            for (size_t k = 0; k < night->feeds[j].n_listings; k++)
                free(night->feeds[j].requests[k]);
        }
        free(night->feeds);
        *night = (struct engine_night){.n_feeds = 0};
    }
    engine->n_nights = 0;
}

/* --- one feed -------------------------------------------------------------------------------- */

static struct sync_facts facts_of(const struct config_job *job, const struct config_feed *feed,
                                  const struct store_sync_feed *known)
{
    struct sync_facts facts = {.is_narrowed = known->is_narrowed,
                               .n_live = known->n_live,
                               .n_missing = known->n_missing,
                               .max_rows = job->max_rows,
                               .is_synced = known->is_synced,
                               .nights_since = known->nights_since,
                               .synced_as_of_s = known->synced_as_of_s,
                               .nights_refreshed = known->nights_refreshed,
                               .moved_a_night = known->moved_a_night,
                               .n_refresh = known->n_refresh,
                               .n_new = known->n_new,
                               .n_lost = known->n_lost,
                               .nights_counted = known->nights_counted,
                               .is_count_night = known->is_count_night};
    const char *why;

    if (!request_can_change(job->endpoint, feed->request, &why))
        facts.why_not = why;
    return facts;
}

static struct sync_rules rules_of(const struct engine *engine, const struct config_job *job,
                                  const struct config_feed *feed)
{
    static const enum sync_mode modes[] = {[CONFIG_SYNC_AUTO] = SYNC_MODE_AUTO,
                                           [CONFIG_SYNC_FULL] = SYNC_MODE_FULL,
                                           [CONFIG_SYNC_CHANGES] = SYNC_MODE_CHANGES};

    return (struct sync_rules){
        .mode = modes[job->sync],
        .refresh_days = job->refresh_days,
        .price = engine_account_of(engine, job)->prices[endpoint_no(job->endpoint)],
        .limit = request_limit(job->endpoint, feed->request, job->max_rows)};
}

/* Takes the request. */
static void add_listing(struct engine_feed *feed, const char *kind, char *request)
{
    feed->requests[feed->n_listings] = request;
    feed->listings[feed->n_listings++] = (struct store_begun){.kind = kind, .request = request};
}

static void add_listings(struct engine_feed *feed, const char *request,
                         const struct store_sync_feed *known)
{
    const struct sync_decision *decision = &feed->decision;

    if (decision->way == SYNC_FULL)
        add_listing(feed, "full", NULL);
    if (decision->way == SYNC_CHANGES)
        add_listing(feed, "new", request_new(request, decision->since_s));
    if (decision->wants_lost)
        add_listing(feed, "lost", request_lost(request));
    if (decision->wants_refresh) {
        add_listing(feed, "refresh",
                    request_in_range(request, known->refresh_from_s, known->refresh_to_s));
        feed->listings[feed->n_listings - 1].from_s = known->refresh_from_s;
        feed->listings[feed->n_listings - 1].to_s = known->refresh_to_s;
    }
    if (decision->wants_count)
        add_listing(feed, "count", NULL);
}

static void decide(struct engine *engine, struct engine_feed *feed, const struct config_job *job,
                   const struct config_feed *of, const struct store_sync_feed *known)
{
    struct sync_facts facts = facts_of(job, of, known);
    struct sync_rules rules = rules_of(engine, job, of);

    feed->is_begun = known->is_begun;
    feed->is_quiet = job->sync == CONFIG_SYNC_FULL || facts.why_not != NULL;
    feed->decision = sync_decide(&facts, &rules);
    if (!known->is_begun && !known->is_told) {
        facts.n_new = facts.n_lost = 0;
        feed->may_be_unmoved = sync_decide(&facts, &rules).way == SYNC_UNMOVED;
    }
    feed->since_s = known->synced_as_of_s - INT64_C(86400) * SYNC_OVERLAP_DAYS;
    add_listings(feed, of->request, known);
}

/* --- for people ------------------------------------------------------------------------------ */

static void log_feed(const struct config_job *job, const char *target,
                     const struct engine_feed *feed)
{
    struct log_fields fields = {.job = job->title, .target = target};
    const struct sync_decision *decision = &feed->decision;
    time_t since = (time_t)decision->since_s;
    struct tm tm;
    char date[32];

    switch (decision->way) {
    case SYNC_FULL:
        log_event(LOG_INFO, fields, "taken whole: %s", decision->reason);
        break;
    case SYNC_CHANGES:
        strftime(date, sizeof(date), "%Y-%m-%d %H:%M", gmtime_r(&since, &tm));
        log_event(LOG_INFO, fields, "what changed since %s UTC%s: %s", date,
                  decision->wants_refresh ? ", and a part anew" : "", decision->reason);
        break;
    case SYNC_UNMOVED:
        log_event(LOG_INFO, fields, "%s", decision->reason);
    }
}

static void log_night(const struct engine *engine)
{
    size_t n[] = {[SYNC_FULL] = 0, [SYNC_CHANGES] = 0, [SYNC_UNMOVED] = 0};

    for (size_t i = 0; i < engine->n_nights; i++)
        for (size_t j = 0; j < engine->nights[i].n_feeds; j++) {
            const struct engine_feed *feed = &engine->nights[i].feeds[j];

            if (feed->is_begun || feed->is_quiet)
                continue;
            log_feed(engine->jobs[i], engine->jobs[i]->feeds[j].target, feed);
            n[feed->decision.way]++;
        }
    if (n[SYNC_FULL] + n[SYNC_CHANGES] + n[SYNC_UNMOVED] > 1)
        log_event(LOG_INFO, engine_fields(engine),
                  "tonight: %zu taken whole, %zu by what changed, %zu where nothing moved",
                  n[SYNC_FULL], n[SYNC_CHANGES], n[SYNC_UNMOVED]);
}

/* --- job by job ------------------------------------------------------------------------------ */

static void on_sync(void *data, const struct store_sync_feed *feeds, size_t n_feeds,
                    const char *account_night, const struct err *err)
{
    struct engine *engine = data;
    const struct config_job *job = engine->jobs[engine->n_nights];
    struct engine_night *night = &engine->nights[engine->n_nights];

    if (err != NULL) {
        engine_close(engine, err);
        return;
    }
    *night = (struct engine_night){.n_feeds = n_feeds};
    snprintf(night->account_night, sizeof(night->account_night), "%s", account_night);
    night->feeds = mem_new_array(n_feeds, sizeof(*night->feeds));
    for (size_t i = 0; i < n_feeds; i++)
        decide(engine, &night->feeds[i], job, &job->feeds[i], &feeds[i]);
    engine->n_nights++;
    read_next_job(engine);
}

static void ask_about_job(struct engine *engine, size_t job_no)
{
    const struct config_job *job = engine->jobs[job_no];
    struct store_run_request request = engine_run_request(engine, job_no);
    struct uuid *keys = mem_new_array(job->n_feeds, sizeof(*keys));
    CLEANUP(mem_free_string) char *bulk_job = engine_bulk_name(job->account);
    struct store_sync_job question = {.project = job->project,
                                      .job = job->name,
                                      .timezone = job->timezone,
                                      .account = job->account->name,
                                      .account_timezone = job->account->timezone,
                                      .night = request.night,
                                      .resume_within_ms = request.resume_within_ms,
                                      .refresh_days = job->refresh_days,
                                      .overlap_days = SYNC_OVERLAP_DAYS,
                                      .bulk_job = bulk_job,
                                      .taken_up = request.taken_up,
                                      .keys = keys,
                                      .n_keys = job->n_feeds};

    for (size_t i = 0; i < job->n_feeds; i++)
        keys[i] = job->feeds[i].key;
    store_read_sync(engine->store, &question, on_sync, engine);
    free(keys);
}

static void read_next_job(struct engine *engine)
{
    if (engine->n_nights < engine->n_jobs) {
        ask_about_job(engine, engine->n_nights);
        return;
    }
    if (engine_wants_bulk(engine)) {
        engine_close(engine, NULL); /* and a life begins that makes the bulk calls */
        return;
    }
    log_night(engine);
    point("after-decision");
    engine->decided(engine);
}

void engine_decide(struct engine *engine, void (*next)(struct engine *engine))
{
    engine->decided = next;
    if (engine->settings.counted != NULL || engine->is_landing || engine->is_bulk ||
        engine->has_only) {
        next(engine);
        return;
    }
    read_next_job(engine);
}
