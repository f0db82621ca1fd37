#include "store/sync.h"

#include <stdlib.h>

#include "core/mem.h"
#include "store/array.h"
#include "store/sql.h"
#include "store/store_private.h"

/* --- facts ----------------------------------------------------------------------------------- */

static int64_t int64_or(const struct db_result *result, int row, int column, int64_t other)
{
    return db_is_null(result, row, column) ? other : db_int64(result, row, column);
}

static void on_sync(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int n = err == NULL ? db_n_rows(result) : 0;
    struct store_sync_feed *feeds = mem_new_array((size_t)n, sizeof(*feeds));

    for (int row = 0; row < n; row++)
        feeds[row] = (struct store_sync_feed){
            .is_begun = db_bool(result, row, 0),
            .is_narrowed = db_bool(result, row, 1),
            .n_live = db_int64(result, row, 2),
            .n_missing = db_int64(result, row, 3),
            .is_synced = db_bool(result, row, 4),
            .nights_since = db_int64(result, row, 5),
            .synced_as_of_s = db_int64(result, row, 6),
            .nights_refreshed = db_int64(result, row, 7),
            .moved_a_night = db_int64(result, row, 8),
            .is_told = db_bool(result, row, 9),
            .n_new = db_int64(result, row, 10),
            .n_lost = db_int64(result, row, 11),
            .refresh_from_s = int64_or(result, row, 12, STORE_FROM_OPEN),
            .refresh_to_s = int64_or(result, row, 13, STORE_TO_OPEN),
            .n_refresh = db_int64(result, row, 14),
            .nights_counted = db_int64(result, row, 15),
            .is_count_night = db_bool(result, row, 16),
        };
    ((store_sync_fn *)question->done)(question->data, feeds, (size_t)n,
                                      n > 0 ? db_text(result, 0, 17) : "", err);
    free(feeds);
    question_end(question);
}

void store_read_sync(struct store *store, const struct store_sync_job *job, store_sync_fn *done,
                     void *data)
{
    struct params params = {0};
    struct buf keys;

    array_init(&keys);
    for (size_t i = 0; i < job->n_keys; i++)
        array_uuid(&keys, &job->keys[i]);
    params_text(&params, job->project);
    params_text(&params, job->job);
    params_text(&params, job->timezone);
    params_int(&params, job->resume_within_ms);
    params_text(&params, job->account);
    params_text(&params, array_end(&keys));
    params_text(&params, job->night);
    params_int(&params, job->refresh_days);
    params_text(&params, job->account_timezone);
    params_text(&params, job->bulk_job);
    params_int(&params, job->overlap_days);
    params_uuid_or_null(&params, job->taken_up);
    question_put(store, sql_read_sync, &params, on_sync, (void (*)(void))done, data);
    buf_deinit(&keys);
}

/* --- a feed in a run ------------------------------------------------------------------------- */

struct begun_arrays {
    struct buf kinds, requests, from, to;
};

static void add_begun(struct begun_arrays *arrays, const struct store_begun *begun)
{
    bool has_range = begun->from_s < begun->to_s; /* else it was left out */

    array_text(&arrays->kinds, begun->kind);
    array_text(&arrays->requests, begun->request);
    array_int_or_null(&arrays->from, begun->from_s, !has_range || begun->from_s == STORE_FROM_OPEN);
    array_int_or_null(&arrays->to, begun->to_s, !has_range || begun->to_s == STORE_TO_OPEN);
}

void store_put_feed(struct db *db, const struct store_run_request *request,
                    const struct store_feed *feed, db_done_fn *done, void *data)
{
    struct params params = {0};
    struct begun_arrays arrays;

    array_init(&arrays.kinds);
    array_init(&arrays.requests);
    array_init(&arrays.from);
    array_init(&arrays.to);
    for (size_t i = 0; i < feed->n_listings; i++)
        add_begun(&arrays, &feed->listings[i]);
    params_uuid(&params, &feed->key);
    params_text(&params, request->project);
    params_text(&params, request->job);
    params_text(&params, request->endpoint);
    params_text(&params, request->table);
    params_text(&params, feed->target);
    params_text(&params, feed->request);
    params_int(&params, feed->max_rows);
    params_int(&params, request->retention_days);
    params_text(&params, array_end(&arrays.kinds));
    params_text(&params, array_end(&arrays.requests));
    params_text(&params, array_end(&arrays.from));
    params_text(&params, array_end(&arrays.to));
    params_text(&params, feed->why);
    db_query(db, sql_name_feed, params.n, params.values, done, data);
    if (feed->n_listings == 0)
        db_query(db, sql_pass_feed, 3, params.values, done, data);
    buf_deinit(&arrays.kinds);
    buf_deinit(&arrays.requests);
    buf_deinit(&arrays.from);
    buf_deinit(&arrays.to);
}

/* --- the end of a run ------------------------------------------------------------------------ */

static void on_run_ended(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int n = err == NULL ? db_n_rows(result) : 0;
    struct store_fallback *fallbacks = mem_new_array((size_t)n, sizeof(*fallbacks));

    for (int row = 0; row < n; row++)
        fallbacks[row] = (struct store_fallback){db_text(result, row, 0), db_text(result, row, 1)};
    ((store_run_ended_fn *)question->done)(question->data, fallbacks, (size_t)n, err);
    free(fallbacks);
    question_end(question);
}

void store_end_run(struct store *store, int64_t run_id, store_run_ended_fn *done, void *data)
{
    struct params params = {0};

    params_int(&params, run_id);
    question_put(store, sql_end_run, &params, on_run_ended, (void (*)(void))done, data);
}
