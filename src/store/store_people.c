#include "store/people.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "store/array.h"
#include "store/sql.h"
#include "store/store_private.h"

/*
 * Each verb puts one statement and hands its rows out. The statements do what they promise in any
 * state of the database, so there is no failure of their own.
 */

static int n_rows_of(const struct db_result *result, const struct err *err)
{
    return err == NULL ? db_n_rows(result) : 0;
}

/* --- who works ------------------------------------------------------------------------------- */

static void on_holder(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    bool is_there = n_rows_of(result, err) > 0;
    struct store_holder holder = {"", ""};

    if (is_there)
        holder = (struct store_holder){db_text(result, 0, 1), db_text(result, 0, 2)};
    ((store_holder_fn *)question->done)(question->data, is_there ? &holder : NULL, err);
    question_end(question);
}

void store_who_holds(struct store *store, store_holder_fn *done, void *data)
{
    struct params params = {0};

    params_int(&params, STORE_LOCK_KEY + CONTROL);
    question_put(store, sql_who_holds_lock, &params, on_holder, (void (*)(void))done, data);
}

/* --- a run ----------------------------------------------------------------------------------- */

static void on_found_run(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    bool is_there = n_rows_of(result, err) > 0;
    struct store_found_run run = {0};

    if (is_there)
        run = (struct store_found_run){
            .run_id = db_int64(result, 0, 0),
            .job = db_text(result, 0, 1),
            .night = db_text(result, 0, 2),
            .is_open = strcmp(db_text(result, 0, 3), "open") == 0,
            .n_open = db_int64(result, 0, 4),
            .n_held = db_int64(result, 0, 5),
            .n_published = db_int64(result, 0, 6),
            .n_abandoned = db_int64(result, 0, 7),
        };
    ((store_found_run_fn *)question->done)(question->data, is_there ? &run : NULL, err);
    question_end(question);
}

/* A statement whose one parameter are these texts. */
static void put_texts(struct store *store, const char *sql, const char *const texts[], size_t n,
                      db_done_fn *answered, void (*done)(void), void *data)
{
    struct params params = {0};
    struct buf array;

    array_init(&array);
    for (size_t i = 0; i < n; i++)
        array_text(&array, texts[i]);
    params_text(&params, array_end(&array));
    question_put(store, sql, &params, answered, done, data);
    buf_deinit(&array);
}

void store_find_run(struct store *store, const char *const numbers_or_jobs[], size_t n,
                    store_found_run_fn *done, void *data)
{
    put_texts(store, sql_find_run, numbers_or_jobs, n, on_found_run, (void (*)(void))done, data);
}

static void on_stopped(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int n = n_rows_of(result, err);
    struct store_stopped_run *runs = mem_new_array((size_t)n, sizeof(*runs));

    for (int row = 0; row < n; row++)
        runs[row] = (struct store_stopped_run){db_int64(result, row, 0), db_text(result, row, 1)};
    ((store_stopped_fn *)question->done)(question->data, runs, (size_t)n, err);
    free(runs);
    question_end(question);
}

void store_stop(struct store *store, const char *const numbers_or_jobs[], size_t n,
                store_stopped_fn *done, void *data)
{
    put_texts(store, sql_stop, numbers_or_jobs, n, on_stopped, (void (*)(void))done, data);
}

static void on_stops(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int n = n_rows_of(result, err);
    struct store_stop *stops = mem_new_array((size_t)n, sizeof(*stops));

    for (int row = 0; row < n; row++)
        stops[row] = (struct store_stop){db_int64(result, row, 0), db_text(result, row, 1)};
    ((store_stops_fn *)question->done)(question->data, stops, (size_t)n, err);
    free(stops);
    question_end(question);
}

void store_read_stops(struct store *store, const int64_t run_ids[], size_t n_runs,
                      store_stops_fn *done, void *data)
{
    struct params params = {0};
    struct buf ids;

    array_init(&ids);
    for (size_t i = 0; i < n_runs; i++)
        array_int(&ids, run_ids[i]);
    params_text(&params, array_end(&ids));
    question_put(store, sql_read_stops, &params, on_stops, (void (*)(void))done, data);
    buf_deinit(&ids);
}

static void on_accepted(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int n = n_rows_of(result, err);
    struct store_accepted *listings = mem_new_array((size_t)n, sizeof(*listings));

    for (int row = 0; row < n; row++)
        listings[row] = (struct store_accepted){
            .target = db_text(result, row, 1),
            .n_rows = db_int64(result, row, 2),
            .completeness = db_text(result, row, 3),
            .is_late = db_bool(result, row, 4),
        };
    ((store_accepted_fn *)question->done)(question->data, listings, (size_t)n, err);
    free(listings);
    question_end(question);
}

void store_accept(struct store *store, int64_t run_id, store_accepted_fn *done, void *data)
{
    struct params params = {0};

    params_int(&params, run_id);
    question_put(store, sql_accept, &params, on_accepted, (void (*)(void))done, data);
}

/* --- reports --------------------------------------------------------------------------------- */

static void on_status(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int n = n_rows_of(result, err);
    struct store_status_row *rows = mem_new_array((size_t)n, sizeof(*rows));

    for (int row = 0; row < n; row++)
        rows[row] = (struct store_status_row){
            .job = db_text(result, row, 0),
            .project = db_text(result, row, 1),
            .target = db_text(result, row, 2),
            .endpoint = db_text(result, row, 3),
            .run_id = db_int64(result, row, 4),
            .run_state = db_text(result, row, 5),
            .night = db_text(result, row, 6),
            .visible_night = db_text(result, row, 7),
            .state = db_text(result, row, 8),
            .completeness = db_text(result, row, 9),
            .reason = db_text(result, row, 10),
            .published_at = db_text(result, row, 11),
            .n_items = db_int64(result, row, 12),
            .n_rows = db_int64(result, row, 13),
            .n_duplicates = db_int64(result, row, 14),
            .n_missing = db_int64(result, row, 15),
            .total_count = db_int64(result, row, 16),
            .settled_nanousd = db_int64(result, row, 17),
            .undelivered_nanousd = db_int64(result, row, 18),
            .unknown_nanousd = db_int64(result, row, 19),
            .reserved_nanousd = db_int64(result, row, 20),
            .max_rows = db_int64(result, row, 21),
            .account = db_text(result, row, 22),
            .n_new = db_int64(result, row, 23),
            .n_lost = db_int64(result, row, 24),
            .way = db_text(result, row, 25),
        };
    ((store_status_fn *)question->done)(question->data, rows, (size_t)n, err);
    free(rows);
    question_end(question);
}

void store_status(struct store *store, store_status_fn *done, void *data)
{

    question_put(store, sql_status, &(struct params){0}, on_status, (void (*)(void))done, data);
}

static void on_sizes(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int n = n_rows_of(result, err);
    struct store_size *sizes = mem_new_array((size_t)n, sizeof(*sizes));

    for (int row = 0; row < n; row++)
        sizes[row] = (struct store_size){.kind = db_text(result, row, 0),
                                         .table = db_text(result, row, 1),
                                         .partition = db_text(result, row, 2),
                                         .bytes = (uint64_t)db_int64(result, row, 3),
                                         .n_rows = db_int64(result, row, 4)};
    ((store_sizes_fn *)question->done)(question->data, sizes, (size_t)n, err);
    free(sizes);
    question_end(question);
}

void store_read_sizes(struct store *store, store_sizes_fn *done, void *data)
{
    question_put(store, sql_sizes, &(struct params){0}, on_sizes, (void (*)(void))done, data);
}

static void on_costs(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int n = n_rows_of(result, err);
    struct store_cost *rows = mem_new_array((size_t)n, sizeof(*rows));

    for (int row = 0; row < n; row++)
        rows[row] = (struct store_cost){
            .name = db_text(result, row, 0),
            .n_calls = db_int64(result, row, 1),
            .n_items = db_int64(result, row, 2),
            .n_undelivered = db_int64(result, row, 3),
            .n_unknown = db_int64(result, row, 4),
            .n_reserved = db_int64(result, row, 5),
            .settled_nanousd = db_int64(result, row, 6),
            .undelivered_nanousd = db_int64(result, row, 7),
            .unknown_nanousd = db_int64(result, row, 8),
            .reserved_nanousd = db_int64(result, row, 9),
        };
    if (err != NULL)
        ((store_costs_fn *)question->done)(question->data, NULL, 0, NULL, err);
    else
        ((store_costs_fn *)question->done)(question->data, rows + 1, (size_t)n - 1, rows, NULL);
    free(rows);
    question_end(question);
}

void store_sum_costs(struct store *store, const char *month, const char *timezone,
                     enum store_sum_by by, store_costs_fn *done, void *data)
{
    static const char *const names[] = {[STORE_BY_JOB] = "job",
                                        [STORE_BY_ENDPOINT] = "endpoint",
                                        [STORE_BY_TARGET] = "target",
                                        [STORE_BY_LABEL] = "label",
                                        [STORE_BY_ACCOUNT] = "account"};
    struct params params = {0};

    params_text(&params, month);
    params_text(&params, timezone);
    params_text(&params, names[by]);
    question_put(store, sql_sum_costs, &params, on_costs, (void (*)(void))done, data);
}
