#include <stdlib.h>

#include "core/mem.h"
#include "store/array.h"
#include "store/sql.h"
#include "store/store_private.h"

/*
 * Calls that we cannot tell the charge of: reading them, and holding them against the vendor's list
 * of tasks, which is one statement (reconcile.sql); and what the server may still count of earlier
 * calls.
 */

static void on_unknowns(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int n = err == NULL ? db_n_rows(result) : 0;
    struct store_unknown *unknowns = mem_new_array((size_t)n, sizeof(*unknowns));

    for (int row = 0; row < n; row++) {
        unknowns[row] = (struct store_unknown){
            .run_id = db_int64(result, row, 1),
            .listing_id = db_int64(result, row, 2),
            .slice_no = (int32_t)db_int64(result, row, 3),
            .position = db_int64(result, row, 4),
            .age_ms = db_int64(result, row, 5),
            .reserved_at_ms = db_int64(result, row, 6),
            .is_page = db_bool(result, row, 7),
        };
        uuid_parse(db_text(result, row, 0), &unknowns[row].attempt);
    }
    ((store_unknowns_fn *)question->done)(question->data, unknowns, (size_t)n, err);
    free(unknowns);
    question_end(question);
}

void store_read_unknowns(struct store *store, const char *account, store_unknowns_fn *done,
                         void *data)
{
    struct params params = {0};

    params_text(&params, account);
    params_text(&params, store->others != NULL ? store->others : "{}");
    question_put(store, sql_read_unknown, &params, on_unknowns, (void (*)(void))done, data);
}

static void on_open_attempts(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int n = err == NULL ? db_n_rows(result) : 0;
    struct store_open_attempt *attempts = mem_new_array((size_t)n, sizeof(*attempts));

    for (int row = 0; row < n; row++) {
        attempts[row] = (struct store_open_attempt){
            .listing_id = db_int64(result, row, 1),
            .slice_no = (int32_t)db_int64(result, row, 2),
            .position = db_int64(result, row, 3),
            .is_unknown = db_bool(result, row, 4),
            .age_ms = db_int64(result, row, 5),
            .reserved_nanousd = db_int64(result, row, 6),
        };
        uuid_parse(db_text(result, row, 0), &attempts[row].attempt);
    }
    ((store_open_attempts_fn *)question->done)(question->data, attempts, (size_t)n, err);
    free(attempts);
    question_end(question);
}

void store_read_open_attempts(struct store *store, int64_t run_id, store_open_attempts_fn *done,
                              void *data)
{
    struct params params = {0};

    params_int(&params, run_id);
    question_put(store, sql_read_open_attempts, &params, on_open_attempts, (void (*)(void))done,
                 data);
}

static void on_uuids(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int n = err == NULL ? db_n_rows(result) : 0;
    struct uuid *uuids = mem_new_array((size_t)n, sizeof(*uuids));

    for (int row = 0; row < n; row++)
        uuid_parse(db_text(result, row, 0), &uuids[row]);
    ((store_uuids_fn *)question->done)(question->data, uuids, (size_t)n, err);
    free(uuids);
    question_end(question);
}

void store_read_attempt_ids(struct store *store, int64_t run_id, store_uuids_fn *done, void *data)
{
    struct params params = {0};

    params_int(&params, run_id);
    question_put(store, sql_read_attempt_ids, &params, on_uuids, (void (*)(void))done, data);
}

void store_read_over_runs(struct store *store, store_uuids_fn *done, void *data)
{

    question_put(store, sql_read_over_runs, &(struct params){0}, on_uuids, (void (*)(void))done,
                 data);
}

/* --- the vendor's list ----------------------------------------------------------------------- */

static void on_resolved(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int n = err == NULL ? db_n_rows(result) : 0;
    struct store_resolved *resolved = mem_new_array((size_t)n, sizeof(*resolved));

    for (int row = 0; row < n; row++) {
        uuid_parse(db_text(result, row, 0), &resolved[row].attempt);
        resolved[row].listing_id = db_int64(result, row, 1);
        resolved[row].slice_no = (int32_t)db_int64(result, row, 2);
        resolved[row].position = db_int64(result, row, 3);
        resolved[row].is_billed = db_bool(result, row, 4);
        resolved[row].charged_nanousd = db_int64(result, row, 5);
        resolved[row].project = db_text(result, row, 6);
        resolved[row].job = db_text(result, row, 7);
    }
    ((store_resolved_fn *)question->done)(question->data, resolved, (size_t)n, err);
    free(resolved);
    question_end(question);
}

#define N_TASK_ARRAYS 6

static void fill_tasks(struct buf arrays[N_TASK_ARRAYS], const struct store_list *list)
{
    for (int i = 0; i < N_TASK_ARRAYS; i++)
        array_init(&arrays[i]);
    for (size_t i = 0; i < list->n_tasks; i++) {
        array_text(&arrays[0], list->tasks[i].id);
        array_text(&arrays[1], list->tasks[i].tag);
        array_int(&arrays[2], list->tasks[i].position);
        array_text(&arrays[3], list->tasks[i].token);
        array_int_or_null(&arrays[4], list->tasks[i].nanousd, list->tasks[i].nanousd < 0);
        array_int(&arrays[5], list->tasks[i].posted_ms);
    }
}

void store_reconcile(struct store *store, const char *account, const struct store_list *list,
                     store_resolved_fn *done, void *data)
{
    struct params params = {0};
    struct buf arrays[N_TASK_ARRAYS];

    fill_tasks(arrays, list);
    params_text(&params, account);
    for (int i = 0; i < N_TASK_ARRAYS; i++)
        params_text(&params, array_end(&arrays[i]));
    params_int(&params, list->from_ms);
    params_int(&params, list->to_ms);
    params_int(&params, list->age_ms);
    params_int(&params, list->listed_after_ms);
    params_text(&params, store->others != NULL ? store->others : "{}");
    question_put(store, sql_reconcile, &params, on_resolved, (void (*)(void))done, data);
    for (int i = 0; i < N_TASK_ARRAYS; i++)
        buf_deinit(&arrays[i]);
}

void store_take_up(struct store *store, const struct uuid attempts[], size_t n, store_done_fn *done,
                   void *data)
{
    struct params params = {0};
    struct buf array;

    array_init(&array);
    for (size_t i = 0; i < n; i++)
        array_uuid(&array, &attempts[i]);
    params_text(&params, array_end(&array));
    store_change(store, CONTROL, sql_take_up, &params, NULL, done, data);
    buf_deinit(&array);
}

/* --- what the server may still count --------------------------------------------------------- */

static void on_recents(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int n = err == NULL ? db_n_rows(result) : 0;
    struct store_recent *recents = mem_new_array((size_t)n, sizeof(*recents));

    for (int row = 0; row < n; row++) {
        recents[row] = (struct store_recent){
            .sent_ms = db_int64(result, row, 1),
            .ended_ms = db_is_null(result, row, 2) ? -1 : db_int64(result, row, 2),
        };
        uuid_parse(db_text(result, row, 0), &recents[row].attempt);
    }
    ((store_recents_fn *)question->done)(question->data, recents, (size_t)n, err);
    free(recents);
    question_end(question);
}

void store_read_recents(struct store *store, const char *account, int64_t minute_ms,
                        int64_t longest_ms, store_recents_fn *done, void *data)
{
    struct params params = {0};

    params_text(&params, account);
    params_int(&params, minute_ms);
    params_int(&params, longest_ms);
    question_put(store, sql_recent_calls, &params, on_recents, (void (*)(void))done, data);
}
