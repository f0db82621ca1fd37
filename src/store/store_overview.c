#include "store/overview.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "store/array.h"
#include "store/sql.h"
#include "store/store_private.h"

/* A job whose last call was so long ago, with none under way, waits for something. */
#define AT_WORK_S 600

static int n_rows_of(const struct db_result *result, const struct err *err)
{
    return err == NULL ? db_n_rows(result) : 0;
}

static int64_t seconds_at(const struct db_result *result, int row, int column)
{
    return db_is_null(result, row, column) ? STORE_NEVER : db_int64(result, row, column);
}

/* --- jobs ------------------------------------------------------------------------------------ */

static struct store_job_row job_at(const struct db_result *result, int row)
{
    return (struct store_job_row){
        .project = db_text(result, row, 0),
        .job = db_text(result, row, 1),
        .run_id = db_int64(result, row, 2),
        .is_open = strcmp(db_text(result, row, 3), "open") == 0,
        .night = db_text(result, row, 4),
        .account = db_text(result, row, 5),
        .started_s = seconds_at(result, row, 6),
        .ended_s = seconds_at(result, row, 7),
        .result = db_text(result, row, 8),
        .n_feeds = db_int64(result, row, 9),
        .n_done = db_int64(result, row, 10),
        .n_unended = db_int64(result, row, 11),
        .n_items = db_int64(result, row, 12),
        .n_items_expected = db_int64(result, row, 13),
        .n_rows = db_int64(result, row, 14),
        .n_new = db_int64(result, row, 15),
        .n_lost = db_int64(result, row, 16),
        .n_missing = db_int64(result, row, 17),
        .reason = db_text(result, row, 18),
        .budget_nanousd = db_int64(result, row, 19),
        .settled_nanousd = db_int64(result, row, 20),
        .unknown_nanousd = db_int64(result, row, 21),
        .reserved_nanousd = db_int64(result, row, 22),
        .undelivered_nanousd = db_int64(result, row, 23),
        .n_reserved = db_int64(result, row, 24),
        .idle_s = db_int64(result, row, 25),
        .missed_s = seconds_at(result, row, 26),
        .n_missed = db_int64(result, row, 27),
        .missed_reason = db_text(result, row, 28),
        .missed_night = db_text(result, row, 29),
    };
}

static void on_jobs(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int n = n_rows_of(result, err);
    struct store_job_row *rows = mem_new_array((size_t)n, sizeof(*rows));

    for (int row = 0; row < n; row++)
        rows[row] = job_at(result, row);
    ((store_job_rows_fn *)question->done)(question->data, rows, (size_t)n, err);
    free(rows);
    question_end(question);
}

void store_read_job_rows(struct store *store, const char *const busy[], size_t n_busy,
                         store_job_rows_fn *done, void *data)
{
    struct params params = {0};
    struct buf array;

    array_init(&array);
    for (size_t i = 0; i < n_busy; i++)
        array_text(&array, busy[i]);
    params_text(&params, array_end(&array));
    question_put(store, sql_read_jobs, &params, on_jobs, (void (*)(void))done, data);
    buf_deinit(&array);
}

bool store_is_at_work(const struct store_job_row *row)
{
    return row->is_open && (row->n_reserved > 0 || (row->n_unended > 0 && row->idle_s < AT_WORK_S));
}

static const struct store_job_row *find_name(const struct store_job_row *rows, size_t n_rows,
                                             const char *project, const char *name)
{
    for (size_t i = 0; i < n_rows; i++)
        if (strcmp(rows[i].project, project) == 0 && strcmp(rows[i].job, name) == 0)
            return &rows[i];
    return NULL;
}

const struct store_job_row *store_find_job_row(const struct store_job_row *rows, size_t n_rows,
                                               const struct store_job *job)
{
    const struct store_job_row *row = find_name(rows, n_rows, job->project, job->name);

    for (size_t i = job->n_former_names; i > 0 && (row == NULL || row->run_id == 0); i--) {
        const struct store_job_row *former =
            find_name(rows, n_rows, job->project, job->former_names[i - 1]);

        row = former != NULL ? former : row;
    }
    return row;
}

/* --- nights ---------------------------------------------------------------------------------- */

static void on_nights(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int n = n_rows_of(result, err);
    struct store_night_row *rows = mem_new_array((size_t)n, sizeof(*rows));

    for (int row = 0; row < n; row++)
        rows[row] = (struct store_night_row){
            .project = db_text(result, row, 0),
            .job = db_text(result, row, 1),
            .night = db_text(result, row, 2),
            .n_rows = db_int64(result, row, 3),
            .n_new = db_int64(result, row, 4),
            .n_lost = db_int64(result, row, 5),
            .nanousd = db_int64(result, row, 6),
        };
    ((store_night_rows_fn *)question->done)(question->data, rows, (size_t)n, err);
    free(rows);
    question_end(question);
}

void store_read_night_rows(struct store *store, store_night_rows_fn *done, void *data)
{
    question_put(store, sql_read_nights, &(struct params){0}, on_nights, (void (*)(void))done,
                 data);
}

/* --- troubles -------------------------------------------------------------------------------- */

static void on_troubles(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int n = n_rows_of(result, err);
    struct store_trouble *troubles = mem_new_array((size_t)n, sizeof(*troubles));

    for (int row = 0; row < n; row++)
        troubles[row] = (struct store_trouble){
            .at_s = db_int64(result, row, 0),
            .project = db_text(result, row, 1),
            .job = db_text(result, row, 2),
            .text = db_text(result, row, 3),
        };
    ((store_troubles_fn *)question->done)(question->data, troubles, (size_t)n, err);
    free(troubles);
    question_end(question);
}

void store_read_troubles(struct store *store, size_t n_max, store_troubles_fn *done, void *data)
{
    struct params params = {0};

    params_int(&params, (int64_t)n_max);
    question_put(store, sql_read_troubles, &params, on_troubles, (void (*)(void))done, data);
}
