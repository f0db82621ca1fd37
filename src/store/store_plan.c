#include "store/plan.h"

#include <stdlib.h>

#include "core/mem.h"
#include "store/array.h"
#include "store/sql.h"
#include "store/store_private.h"

static void on_feeds(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int n = err == NULL ? db_n_rows(result) : 0;
    struct store_plan_feed *feeds = mem_new_array((size_t)n, sizeof(*feeds));

    for (int row = 0; row < n; row++)
        feeds[row] = (struct store_plan_feed){
            .run_id = db_int64(result, row, 0),
            .run_nanousd = db_int64(result, row, 1),
            .last_total_count = db_int64(result, row, 2),
            .is_open = db_bool(result, row, 3),
            .is_over = db_bool(result, row, 4),
            .limit = db_int64(result, row, 5),
            .max_rows = db_int64(result, row, 6),
            .n_covered = db_int64(result, row, 7),
            .call_ms = db_int64(result, row, 8),
            .body_bytes = db_int64(result, row, 9),
            .row_bytes = db_int64(result, row, 10),
            .is_probed = db_bool(result, row, 11),
        };
    ((store_plan_feeds_fn *)question->done)(question->data, feeds, (size_t)n, err);
    free(feeds);
    question_end(question);
}

void store_plan_feeds(struct store *store, const struct store_plan_job *job,
                      store_plan_feeds_fn *done, void *data)
{
    struct params params = {0};
    struct buf keys, names;

    array_init(&keys);
    array_init(&names);
    for (size_t i = 0; i < job->n_former_names; i++)
        array_text(&names, job->former_names[i]);
    for (size_t i = 0; i < job->n_keys; i++)
        array_uuid(&keys, &job->keys[i]);
    params_text(&params, job->project);
    params_text(&params, job->job);
    params_text(&params, job->timezone);
    params_int(&params, job->resume_within_ms);
    params_text(&params, job->account);
    params_text(&params, job->table);
    params_text(&params, array_end(&keys));
    params_text(&params, array_end(&names));
    question_put(store, sql_plan_feeds, &params, on_feeds, (void (*)(void))done, data);
    buf_deinit(&keys);
    buf_deinit(&names);
}

static void on_compared(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int n = err == NULL ? db_n_rows(result) : 0;
    struct store_compare_feed *feeds = mem_new_array((size_t)n, sizeof(*feeds));

    for (int row = 0; row < n; row++)
        feeds[row] = (struct store_compare_feed){
            .is_narrowed = db_bool(result, row, 0),
            .n_live = db_int64(result, row, 1),
            .n_domains = db_int64(result, row, 2),
            .new_a_night = db_int64(result, row, 3),
            .lost_a_night = db_int64(result, row, 4),
            .n_nights = db_int64(result, row, 5),
            .n_unfiltered = db_int64(result, row, 6),
        };
    ((store_compare_feeds_fn *)question->done)(question->data, feeds, (size_t)n, err);
    free(feeds);
    question_end(question);
}

void store_compare_feeds(struct store *store, const struct uuid keys[], size_t n_keys,
                         store_compare_feeds_fn *done, void *data)
{
    struct params params = {0};
    struct buf array;

    array_init(&array);
    for (size_t i = 0; i < n_keys; i++)
        array_uuid(&array, &keys[i]);
    params_text(&params, array_end(&array));
    question_put(store, sql_compare_feeds, &params, on_compared, (void (*)(void))done, data);
    buf_deinit(&array);
}

static void on_spent(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int n = err == NULL ? db_n_rows(result) : 0;
    struct store_spent *spent = mem_new_array((size_t)n, sizeof(*spent));

    for (int row = 0; row < n; row++)
        spent[row] = (struct store_spent){db_int64(result, row, 0), db_int64(result, row, 1)};
    ((store_spent_fn *)question->done)(question->data, spent, (size_t)n, err);
    free(spent);
    question_end(question);
}

void store_read_spent(struct store *store, const char *const scopes[], size_t n_scopes,
                      const char *timezone, store_spent_fn *done, void *data)
{
    struct params params = {0};
    struct buf array;

    array_init(&array);
    for (size_t i = 0; i < n_scopes; i++)
        array_text(&array, scopes[i]);
    params_text(&params, array_end(&array));
    params_text(&params, timezone);
    question_put(store, sql_read_spent, &params, on_spent, (void (*)(void))done, data);
    buf_deinit(&array);
}
