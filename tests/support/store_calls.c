#include "support/store_calls.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "store/migrate.h"
#include "support/pg.h"

#define CALL(calls, expression)                                                                    \
    do {                                                                                           \
        (calls)->is_answered = false;                                                              \
        (calls)->is_inside = true;                                                                 \
        expression;                                                                                \
        (calls)->is_inside = false;                                                                \
    } while (0)

void calls_on_done(void *data, const struct err *err)
{
    struct calls *calls = data;

    cr_assert(not(calls->is_inside), "a callback came from inside the call");
    cr_assert(not(calls->is_answered), "an answer came twice");
    calls->is_answered = true;
    calls->err = err == NULL ? (struct err){.kind = ERR_NONE} : *err;
    uv_stop(&calls->loop);
}

bool calls_wait(struct calls *calls)
{
    while (!calls->is_answered)
        uv_run(&calls->loop, UV_RUN_DEFAULT);
    return calls->err.kind == ERR_NONE;
}

bool calls_open(struct calls *calls, const char *url, bool is_holder)
{
    *calls = (struct calls){.url = url};
    uv_loop_init(&calls->loop);
    CALL(calls, calls->store = store_open(&calls->loop, url, is_holder, calls_on_done, calls));
    return calls_wait(calls);
}

void calls_begin(struct calls *calls)
{
    const char *url = pg_fresh_database();
    struct err err;

    cr_assert(migrate_run(url, false, NULL, NULL, &err), "%s", err.text);
    cr_assert(calls_open(calls, url, true), "%s", calls->err.text);
}

void calls_end(struct calls *calls)
{
    store_run_free(calls->run);
    calls->run = NULL;
    store_close(calls->store);
    while (uv_run(&calls->loop, UV_RUN_DEFAULT) != 0)
        continue;
    cr_assert(eq(int, uv_loop_close(&calls->loop), 0), "a handle was left open");
}

static void on_run(void *data, struct store_run *run, const struct err *err)
{
    struct calls *calls = data;

    cr_assert(eq(int, run != NULL, err == NULL));
    store_run_free(calls->run);
    calls->run = run;
    calls_on_done(calls, err);
}

/* A feed's key is made of its target: the same target is the same feed. */
static struct uuid key_of(const char *target)
{
    struct uuid key = {{0}};
    size_t length = strlen(target);

    memcpy(key.bytes, target, length < sizeof(key.bytes) ? length : sizeof(key.bytes));
    return key;
}

/* What a job has by default. */
#define TOLERANCE ((struct store_tolerance){.missing_ok = 1000, .max_shrink = 500000})

void calls_on_run_ended(void *data, const struct store_fallback *fallbacks, size_t n,
                        const struct err *err)
{
    (void)fallbacks;
    cr_expect(eq(sz, n, 0), "a feed falls back");
    calls_on_done(data, err);
}

bool calls_start_run(struct calls *calls, const char *night, int64_t budget_nanousd,
                     const char *const targets[])
{
    static const struct store_begun whole = {.kind = "full"};
    struct store_feed feeds[8];
    struct store_run_request request = {
        .job = "walk",
        .project = "default",
        .endpoint = "backlinks",
        .timezone = "Europe/Berlin",
        .table = "backlink",
        .labels = "{\"team\": \"north\"}",
        .night = night,
        .account = "default",
        .account_timezone = "UTC",
        .all_caps = calls->all_caps,
        .account_caps = calls->account_caps,
        .job_caps = {.per_run_nanousd = budget_nanousd},
        .keep_nanousd = calls->keep_nanousd,
        .resume_within_ms = calls->is_fresh ? 0 : INT64_C(604800000),
        .tolerance = TOLERANCE,
        .retention_days = 14,
        .feeds = feeds,
    };

    for (; targets[request.n_feeds] != NULL; request.n_feeds++)
        feeds[request.n_feeds] = (struct store_feed){
            .key = key_of(targets[request.n_feeds]),
            .target = targets[request.n_feeds],
            .request = "{\"mode\": \"as_is\"}",
            .listings = &whole,
            .n_listings = 1,
        };
    CALL(calls, store_start_run(calls->store, &request, on_run, calls));
    return calls_wait(calls);
}

bool calls_begin_slice(struct calls *calls, int64_t listing_id, int64_t limit)
{
    struct store_slice slice = {.limit = limit, .order_by = "[\"first_seen,asc\"]"};

    CALL(calls, store_begin_slice(calls->store, listing_id, &slice, calls_on_done, calls));
    return calls_wait(calls);
}

static void on_reserved(void *data, const struct store_refusal *refusal, const struct err *err)
{
    struct calls *calls = data;
    struct err refused;

    calls->refusal = refusal == NULL ? (enum store_scope) - 1 : refusal->scope;
    if (refusal != NULL)
        err_set(&refused, ERR_BUDGET, "%s", refusal->text);
    calls_on_done(calls, refusal != NULL ? &refused : err);
}

bool calls_reserve(struct calls *calls, int64_t listing_id, int64_t position, int64_t worst_nanousd,
                   struct uuid *ret_attempt)
{
    struct store_attempt attempt = {
        .attempt = uuid_new(),
        .run_id = calls->run->run_id,
        .listing_id = listing_id,
        .position = position,
        .limit = 1000,
        .tag = "lh/test/1.0",
        .reserved_nanousd = worst_nanousd,
    };

    *ret_attempt = attempt.attempt;
    CALL(calls, store_reserve(calls->store, &attempt, on_reserved, calls));
    return calls_wait(calls);
}

bool calls_settle(struct calls *calls, const struct uuid *attempt, enum store_charge charge,
                  int64_t charged_nanousd)
{
    struct store_outcome outcome = {
        .attempt = *attempt,
        .charge = charge,
        .charged_nanousd = charged_nanousd,
        .task_id = "",
        .message = "",
    };

    CALL(calls, store_settle(calls->store, &outcome, calls_on_done, calls));
    return calls_wait(calls);
}

bool calls_copy(struct calls *calls, int64_t listing_id, int64_t position, const int64_t links[],
                size_t n_links)
{
    struct buf rows = BUF_WITH_CEILING(64 * 1024 * 1024);
    bool is_done;

    for (size_t i = 0; i < n_links; i++)
        buf_printf(&rows,
                   "%s\t%" PRId64 "\t%" PRId64 "\t0\t%" PRId64
                   "\texample.com\t00000000-0000-0000-0000-%012" PRId64
                   "\tnow\thttps://from.example/%" PRId64 "/%" PRId64 "\n",
                   calls->run->night, calls->run->run_id, listing_id, position + (int64_t)i + 1,
                   links[i], links[i], position + (int64_t)i + 1);
    CALL(calls, store_copy_begin(calls->store,
                                 "COPY linkhaul.backlink (night, run_id, listing_id, slice_no, "
                                 "ordinal, target, link_key, loaded_at, url_from) FROM STDIN",
                                 calls_on_done, calls));
    is_done = calls_wait(calls);
    if (is_done) {
        CALL(calls,
             store_copy_chunk(calls->store, buf_text(&rows), rows.size, calls_on_done, calls));
        is_done = calls_wait(calls);
    }
    buf_deinit(&rows);
    return is_done;
}

bool calls_commit(struct calls *calls, const struct uuid *attempt, int64_t listing_id,
                  int64_t position, int64_t n_items, int64_t total_count, bool is_ended)
{
    struct store_outcome outcome = {
        .attempt = *attempt,
        .charge = calls->charge,
        .charged_nanousd = 30000000,
        .http_status = 200,
        .status_code = 20000,
        .task_id = "11221322-1535-0266-0000-0123456789ab",
        .message = "",
        .n_items = n_items,
        .n_rows = n_items,
        .body_bytes = 1000,
        .elapsed_ms = 10,
    };
    struct store_checkpoint checkpoint = {
        .listing_id = listing_id,
        .walk = STORE_WALK_OFFSET,
        .position = position + n_items,
        .total_count = total_count,
        .whole_count = -1,
        .is_ended = is_ended,
    };

    CALL(calls, store_load_commit(calls->store, &outcome, &checkpoint, calls_on_done, calls));
    return calls_wait(calls);
}

void calls_land_page(struct calls *calls, int64_t listing_id, int64_t position,
                     const int64_t links[], size_t n_links, int64_t total_count)
{
    struct uuid attempt;

    cr_assert(calls_reserve(calls, listing_id, position, 60000000, &attempt), "%s",
              calls->err.text);
    CALL(calls, store_load_begin(calls->store, calls_on_done, calls));
    cr_assert(calls_wait(calls), "%s", calls->err.text);
    cr_assert(calls_copy(calls, listing_id, position, links, n_links), "%s", calls->err.text);
    CALL(calls, store_copy_end(calls->store, calls_on_done, calls));
    cr_assert(calls_wait(calls), "%s", calls->err.text);
    cr_assert(
        calls_commit(calls, &attempt, listing_id, position, (int64_t)n_links, total_count, false),
        "%s", calls->err.text);
}

static void on_published(void *data, const struct store_published *published, const struct err *err)
{
    struct calls *calls = data;

    if (published != NULL)
        calls->published = *published;
    calls_on_done(calls, err);
}

bool calls_publish(struct calls *calls, int64_t listing_id, const char *completeness)
{
    struct store_tolerance tolerance = TOLERANCE;

    CALL(calls,
         store_publish(calls->store, listing_id, completeness, &tolerance, on_published, calls));
    return calls_wait(calls);
}

int64_t calls_start_listing(struct calls *calls, const char *night, int64_t budget_nanousd)
{
    static const char *const targets[] = {"example.com", NULL};
    int64_t listing_id;

    cr_assert(calls_start_run(calls, night, budget_nanousd, targets), "%s", calls->err.text);
    cr_assert(eq(sz, calls->run->n_listings, 1));
    listing_id = calls->run->listings[0].listing_id;
    if (calls->run->listings[0].n_slices == 0)
        cr_assert(calls_begin_slice(calls, listing_id, 1000), "%s", calls->err.text);
    return listing_id;
}

void calls_end_run(struct calls *calls)
{
    calls->is_answered = false;
    store_end_run(calls->store, calls->run->run_id, calls_on_run_ended, calls);
    cr_assert(calls_wait(calls), "%s", calls->err.text);
}
