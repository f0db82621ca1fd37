#include <stdlib.h>

#include "core/mem.h"
#include "store/array.h"
#include "store/sql.h"
#include "store/store_private.h"

/*
 * Calls that we cannot tell the charge of: reading them, and holding them against the vendor's list
 * of tasks, which is one statement (reconcile.sql); those that only the spool remembers; and what
 * the server may still count of earlier calls.
 */

/* A question whose answer is rows; `done` is the asker's, by its own type. */
struct question {
    struct store *store;
    union {
        store_unknowns_fn *unknowns;
        store_open_attempts_fn *open_attempts;
        store_uuids_fn *uuids;
        store_resolved_fn *resolved;
        store_recents_fn *recents;
    } done;
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
    question->done.unknowns(question->data, unknowns, (size_t)n, err);
    free(unknowns);
    question_end(question);
}

void store_read_unknowns(struct store *store, const char *account, store_unknowns_fn *done,
                         void *data)
{
    const char *const params[] = {account};
    struct question *question = question_new(store, data);

    question->done.unknowns = done;
    db_query(store->connections[CONTROL], sql_read_unknown, 1, params, on_unknowns, question);
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
        };
        uuid_parse(db_text(result, row, 0), &attempts[row].attempt);
    }
    question->done.open_attempts(question->data, attempts, (size_t)n, err);
    free(attempts);
    question_end(question);
}

void store_read_open_attempts(struct store *store, int64_t run_id, store_open_attempts_fn *done,
                              void *data)
{
    struct question *question = question_new(store, data);
    struct params params = {0};

    question->done.open_attempts = done;
    params_int(&params, run_id);
    db_query(store->connections[CONTROL], sql_read_open_attempts, params.n, params.values,
             on_open_attempts, question);
}

static void on_uuids(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int n = err == NULL ? db_n_rows(result) : 0;
    struct uuid *uuids = mem_new_array((size_t)n, sizeof(*uuids));

    for (int row = 0; row < n; row++)
        uuid_parse(db_text(result, row, 0), &uuids[row]);
    question->done.uuids(question->data, uuids, (size_t)n, err);
    free(uuids);
    question_end(question);
}

void store_read_attempt_ids(struct store *store, int64_t run_id, store_uuids_fn *done, void *data)
{
    struct question *question = question_new(store, data);
    struct params params = {0};

    question->done.uuids = done;
    params_int(&params, run_id);
    db_query(store->connections[CONTROL], sql_read_attempt_ids, params.n, params.values, on_uuids,
             question);
}

void store_read_over_runs(struct store *store, store_uuids_fn *done, void *data)
{
    struct question *question = question_new(store, data);

    question->done.uuids = done;
    db_query(store->connections[CONTROL], sql_read_over_runs, 0, NULL, on_uuids, question);
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
    }
    question->done.resolved(question->data, resolved, (size_t)n, err);
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
        array_int(&arrays[4], list->tasks[i].nanousd);
        array_int(&arrays[5], list->tasks[i].posted_ms);
    }
}

void store_reconcile(struct store *store, const char *account, const struct store_list *list,
                     store_resolved_fn *done, void *data)
{
    struct question *question = question_new(store, data);
    struct params params = {0};
    struct buf arrays[N_TASK_ARRAYS];

    question->done.resolved = done;
    fill_tasks(arrays, list);
    params_text(&params, account);
    for (int i = 0; i < N_TASK_ARRAYS; i++)
        params_text(&params, array_end(&arrays[i]));
    params_int(&params, list->from_ms);
    params_int(&params, list->to_ms);
    params_int(&params, list->age_ms);
    params_int(&params, list->listed_after_ms);
    db_query(store->connections[CONTROL], sql_reconcile, params.n, params.values, on_resolved,
             question);
    for (int i = 0; i < N_TASK_ARRAYS; i++)
        buf_deinit(&arrays[i]);
}

/* --- what only the spool remembers ----------------------------------------------------------- */

#define N_RESTORED_ARRAYS 9

void store_restore_attempts(struct store *store, const struct store_attempt *attempts,
                            const int64_t sent_ms[], size_t n, store_done_fn *done, void *data)
{
    struct params params = {0};
    struct buf arrays[N_RESTORED_ARRAYS];

    for (int i = 0; i < N_RESTORED_ARRAYS; i++)
        array_init(&arrays[i]);
    for (size_t i = 0; i < n; i++) {
        array_uuid(&arrays[0], &attempts[i].attempt);
        array_int(&arrays[1], attempts[i].listing_id);
        array_int(&arrays[2], attempts[i].slice_no);
        array_int(&arrays[3], attempts[i].position);
        array_text(&arrays[4], attempts[i].token);
        array_int(&arrays[5], attempts[i].limit);
        array_text(&arrays[6], attempts[i].tag);
        array_int(&arrays[7], attempts[i].reserved_nanousd);
        array_int(&arrays[8], sent_ms[i]);
    }
    params_text(&params, array_end(&arrays[0]));
    params_int(&params, n > 0 ? attempts[0].run_id : 0);
    for (int i = 1; i < N_RESTORED_ARRAYS; i++)
        params_text(&params, array_end(&arrays[i]));
    store_change(store, CONTROL, sql_restore_attempts, &params, NULL, done, data);
    for (int i = 0; i < N_RESTORED_ARRAYS; i++)
        buf_deinit(&arrays[i]);
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
    question->done.recents(question->data, recents, (size_t)n, err);
    free(recents);
    question_end(question);
}

void store_read_recents(struct store *store, const char *account, int64_t minute_ms,
                        int64_t longest_ms, store_recents_fn *done, void *data)
{
    struct question *question = question_new(store, data);
    struct params params = {0};

    question->done.recents = done;
    params_text(&params, account);
    params_int(&params, minute_ms);
    params_int(&params, longest_ms);
    db_query(store->connections[CONTROL], sql_recent_calls, params.n, params.values, on_recents,
             question);
}
