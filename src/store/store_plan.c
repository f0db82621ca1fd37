#include "store/plan.h"

#include <stdlib.h>

#include "core/mem.h"
#include "store/array.h"
#include "store/sql.h"
#include "store/store_private.h"

struct question {
    struct store *store;
    store_plan_feeds_fn *feeds;
    store_spent_fn *spent;
    void *data;
};

static struct question *question_new(struct store *store, void *data)
{
    struct question *question = mem_new(sizeof(*question));

    question->store = store;
    question->data = data;
    store_verb_begin(store);
    return question;
}

static void question_end(struct question *question)
{
    store_verb_end(question->store);
    free(question);
}

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
        };
    question->feeds(question->data, feeds, (size_t)n, err);
    free(feeds);
    question_end(question);
}

void store_plan_feeds(struct store *store, const struct store_plan_job *job,
                      store_plan_feeds_fn *done, void *data)
{
    struct question *question = question_new(store, data);
    struct params params = {0};
    struct buf keys;

    question->feeds = done;
    array_init(&keys);
    for (size_t i = 0; i < job->n_keys; i++)
        array_uuid(&keys, &job->keys[i]);
    params_text(&params, job->project);
    params_text(&params, job->job);
    params_text(&params, job->timezone);
    params_int(&params, job->resume_within_ms);
    params_text(&params, job->account);
    params_text(&params, job->table);
    params_text(&params, array_end(&keys));
    db_query(store->connections[CONTROL], sql_plan_feeds, params.n, params.values, on_feeds,
             question);
    buf_deinit(&keys);
}

static void on_spent(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int n = err == NULL ? db_n_rows(result) : 0;
    struct store_spent *spent = mem_new_array((size_t)n, sizeof(*spent));

    for (int row = 0; row < n; row++)
        spent[row] = (struct store_spent){db_int64(result, row, 0), db_int64(result, row, 1)};
    question->spent(question->data, spent, (size_t)n, err);
    free(spent);
    question_end(question);
}

void store_read_spent(struct store *store, const char *const scopes[], size_t n_scopes,
                      const char *timezone, store_spent_fn *done, void *data)
{
    struct question *question = question_new(store, data);
    struct params params = {0};
    struct buf array;

    question->spent = done;
    array_init(&array);
    for (size_t i = 0; i < n_scopes; i++)
        array_text(&array, scopes[i]);
    params_text(&params, array_end(&array));
    params_text(&params, timezone);
    db_query(store->connections[CONTROL], sql_read_spent, params.n, params.values, on_spent,
             question);
    buf_deinit(&array);
}
