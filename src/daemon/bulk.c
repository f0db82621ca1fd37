#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "config/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/point.h"
#include "daemon/engine_private.h"

/*
 * The bulk calls: how much each target has won and lost since its feed's last good sync, in one
 * call for up to a thousand of an account. Where nothing moved the feed need not be asked for.
 *
 * They are a job per account that nobody has written, with runs, feeds and facts as any other, in a
 * life of its own before that of the real jobs. Without its answer the feeds go by what changed.
 *
 * A feed is a thousand targets, whichever they are tonight: neither they nor the date are part of
 * its key, and no guard minds that there are fewer than last night.
 */

#define TARGETS_PER_CALL 1000
#define NEVER_SHRUNK_PPM 1000000

char *engine_bulk_name(const struct config_account *account)
{
    return mem_printf("bulk:%s", account->name);
}

/* --- which targets --------------------------------------------------------------------------- */

struct targets {
    const char **items; /* sorted, once each */
    size_t n;
    int64_t since_s;   /* the earliest */
    const char *night; /* the account's, yyyy-mm-dd */
    bool is_worth_it;  /* one of them goes by its changes */
};

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_job(struct targets *targets, const struct config_job *job,
                    const struct engine_night *night)
{
    targets->night = night->account_night;
    targets->items =
        mem_resize(targets->items, targets->n + night->n_feeds, sizeof(*targets->items));
    for (size_t i = 0; i < night->n_feeds; i++) {
        const struct engine_feed *feed = &night->feeds[i];

        if (!feed->may_be_unmoved)
            continue;
        targets->is_worth_it = targets->is_worth_it || feed->decision.way == SYNC_CHANGES;
        if (targets->n == 0 || feed->since_s < targets->since_s)
            targets->since_s = feed->since_s;
        targets->items[targets->n++] = job->feeds[i].target;
    }
}

/* free() its items. */
static struct targets targets_of(const struct engine *engine, const struct engine_account *account)
{
    struct targets targets = {.n = 0};
    size_t n = 0;

    for (size_t i = 0; i < engine->n_nights; i++)
        if (engine->jobs[i]->account == account->config)
            add_job(&targets, engine->jobs[i], &engine->nights[i]);
    if (targets.n > 0)
        qsort(targets.items, targets.n, sizeof(*targets.items), compare);
    for (size_t i = 0; i < targets.n; i++)
        if (i == 0 || strcmp(targets.items[i], targets.items[i - 1]) != 0)
            targets.items[n++] = targets.items[i];
    targets.n = n;
    return targets;
}

/* --- the job --------------------------------------------------------------------------------- */

static char *make_request(const char *const targets[], size_t n, int64_t since_s)
{
    struct buf text = BUF_WITH_CEILING(16 * 1024 * 1024);
    char *request, *with_date;

    buf_append_string(&text, "{\"targets\":[");
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_append_char(&text, ',');
        json_append_text(&text, targets[i]);
    }
    buf_append_string(&text, "]}");
    request = buf_take(&text);
    with_date = request_since(request, since_s);
    free(request);
    return with_date;
}

static void make_job(struct config_job *job, const struct engine_account *account,
                     const struct targets *targets)
{
    *job = (struct config_job){.name = engine_bulk_name(account->config),
                               .title = engine_bulk_name(account->config),
                               .project = PROJECT_DEFAULT,
                               .endpoint = endpoint_find("bulk_new_lost_backlinks"),
                               .account = account->config,
                               .timezone = account->config->timezone,
                               .max_shrink_ppm = NEVER_SHRUNK_PPM,
                               .resume_within_s = INT64_C(86400),
                               .retention_s = INT64_C(14) * 86400,
                               .labels = mem_strdup("{}")};
    job->n_feeds = (targets->n + TARGETS_PER_CALL - 1) / TARGETS_PER_CALL;
    job->feeds = mem_new_array(job->n_feeds, sizeof(*job->feeds));
    job->requests = mem_new_array(job->n_feeds, sizeof(*job->requests));
    for (size_t i = 0; i < job->n_feeds; i++) {
        size_t first = i * TARGETS_PER_CALL, left = targets->n - first;
        struct config_feed *feed = &job->feeds[i];

        job->requests[i] =
            make_request(targets->items + first, left < TARGETS_PER_CALL ? left : TARGETS_PER_CALL,
                         targets->since_s);
        feed->request = job->requests[i];
        feed->target = mem_printf("what has moved, from target %zu on", first + 1);
        if (i == 0) {
            free(feed->target);
            feed->target = mem_strdup("what has moved");
        }
        feed->key = feed_key(job->project, job->name, job->endpoint->name, feed->target, "{}");
    }
}

static void free_job(struct config_job *job)
{
    for (size_t i = 0; i < job->n_feeds; i++) {
        free(job->feeds[i].target);
        free(job->requests[i]);
    }
    free(job->feeds);
    free(job->requests);
    free(job->name);
    free(job->labels);
    free(job->title);
}

bool engine_wants_bulk(struct engine *engine)
{
    if (engine->has_bulked)
        return false;
    engine_free_bulk(engine); /* of a life that broke off */
    engine->bulk = mem_new_array(engine->n_accounts, sizeof(*engine->bulk));
    engine->bulk_nights = mem_new_array(engine->n_accounts, sizeof(*engine->bulk_nights));
    engine->bulk_jobs = mem_new_array(engine->n_accounts, sizeof(*engine->bulk_jobs));
    for (size_t i = 0; i < engine->n_accounts; i++) {
        const struct engine_account *account = &engine->accounts[i];
        struct targets targets = targets_of(engine, account);

        if (targets.is_worth_it && account->err.kind == ERR_NONE) {
            snprintf(engine->bulk_nights[engine->n_bulk], sizeof(engine->bulk_nights[0]), "%s",
                     targets.night);
            make_job(&engine->bulk[engine->n_bulk], account, &targets);
            engine->bulk_jobs[engine->n_bulk] = &engine->bulk[engine->n_bulk];
            engine->n_bulk++;
        }
        free(targets.items);
    }
    engine->wants_bulk = engine->n_bulk > 0;
    if (!engine->wants_bulk)
        engine_free_bulk(engine);
    return engine->wants_bulk;
}

void engine_begin_bulk(struct engine *engine)
{
    point("before-bulk");
    engine->wants_bulk = false;
    engine->is_bulk = true;
    engine->has_landed = false; /* of its own */
    engine->jobs = engine->bulk_jobs;
    engine->n_jobs = engine->n_bulk;
}

void engine_end_bulk(struct engine *engine)
{
    point("after-bulk");
    engine_keep_bulk(engine);
    engine->is_bulk = false;
    engine->has_bulked = engine->has_landed = true;
    engine->jobs = engine->settings.jobs;
    engine->n_jobs = engine->settings.n_jobs;
}

void engine_free_bulk(struct engine *engine)
{
    for (size_t i = 0; i < engine->n_bulk; i++)
        free_job(&engine->bulk[i]);
    free(engine->bulk);
    free(engine->bulk_jobs);
    free(engine->bulk_nights);
    engine->bulk = NULL;
    engine->bulk_nights = NULL;
    engine->bulk_jobs = NULL;
    engine->n_bulk = 0;
}
