#include "store/lost.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "store/array.h"
#include "store/sql.h"
#include "store/store_private.h"

/* One statement each; what may come back and what may not is decided in restore_run.sql. */

/* --- runs ------------------------------------------------------------------------------------ */

static void on_lost_runs(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int n = err == NULL ? db_n_rows(result) : 0;
    struct uuid *uids = mem_new_array((size_t)n, sizeof(*uids));

    for (int row = 0; row < n; row++)
        uuid_parse(db_text(result, row, 0), &uids[row]);
    ((store_lost_runs_fn *)question->done)(question->data, uids, (size_t)n,
                                           n > 0 ? db_text(result, 0, 1) : "", err);
    free(uids);
    question_end(question);
}

void store_find_lost_runs(struct store *store, const struct uuid uids[], size_t n,
                          store_lost_runs_fn *done, void *data)
{
    struct params params = {0};
    struct buf array;

    array_init(&array);
    for (size_t i = 0; i < n; i++)
        array_uuid(&array, &uids[i]);
    params_text(&params, array_end(&array));
    question_put(store, sql_find_lost_runs, &params, on_lost_runs, (void (*)(void))done, data);
    buf_deinit(&array);
}

static void on_memo(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;

    ((store_memo_fn *)question->done)(question->data, err == NULL ? db_text(result, 0, 0) : "",
                                      err);
    question_end(question);
}

void store_read_slices_memo(struct store *store, int64_t listing_id, store_memo_fn *done,
                            void *data)
{
    struct params params = {0};

    params_int(&params, listing_id);
    question_put(store, sql_memo_slices, &params, on_memo, (void (*)(void))done, data);
}

static enum store_return return_of(const char *why)
{
    if (strcmp(why, "foreign") == 0)
        return STORE_RETURN_FOREIGN;
    return strcmp(why, "open") == 0 ? STORE_RETURN_WAITS : STORE_RETURN_TAKEN;
}

static void on_returned(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    struct store_returned returned = {STORE_RETURN_FOREIGN, 0, "", ""};

    if (err == NULL && db_n_rows(result) == 1) {
        returned = (struct store_returned){return_of(db_text(result, 0, 1)), 0,
                                           db_text(result, 0, 2), db_text(result, 0, 3)};
        if (!db_is_null(result, 0, 0)) {
            returned.what = STORE_RETURNED;
            returned.run_id = db_int64(result, 0, 0);
        }
    }
    ((store_returned_fn *)question->done)(question->data, err == NULL ? &returned : NULL, err);
    question_end(question);
}

void store_restore_run(struct store *store, char *const memos[], size_t n, store_returned_fn *done,
                       void *data)
{
    struct params params = {0};
    struct buf array;

    array_init(&array);
    for (size_t i = 0; i < n; i++)
        array_text(&array, memos[i]);
    params_text(&params, array_end(&array));
    question_put(store, sql_restore_run, &params, on_returned, (void (*)(void))done, data);
    buf_deinit(&array);
}

static void on_slices_restored(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;

    ((store_restored_fn *)question->done)(question->data,
                                          err == NULL ? (size_t)db_int64(result, 0, 0) : 0, err);
    question_end(question);
}

void store_restore_slices(struct store *store, int64_t run_id, char *const memos[], size_t n,
                          store_restored_fn *done, void *data)
{
    struct params params = {0};
    struct buf array;

    array_init(&array);
    for (size_t i = 0; i < n; i++)
        array_text(&array, memos[i]);
    params_int(&params, run_id);
    params_text(&params, array_end(&array));
    question_put(store, sql_restore_slices, &params, on_slices_restored, (void (*)(void))done,
                 data);
    buf_deinit(&array);
}

/* --- calls ----------------------------------------------------------------------------------- */

static void on_restored(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;

    ((store_restored_fn *)question->done)(question->data,
                                          err == NULL ? (size_t)db_n_rows(result) : 0, err);
    question_end(question);
}

#define N_RESTORED_ARRAYS 9

void store_restore_attempts(struct store *store, const struct store_attempt *attempts,
                            const int64_t sent_ms[], size_t n, store_restored_fn *done, void *data)
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
    question_put(store, sql_restore_attempts, &params, on_restored, (void (*)(void))done, data);
    for (int i = 0; i < N_RESTORED_ARRAYS; i++)
        buf_deinit(&arrays[i]);
}
