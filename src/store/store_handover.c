#include "store/handover.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"
#include "store/array.h"
#include "store/sql.h"
#include "store/store_private.h"

#define PROGRESS_TEXT_MAX 512
#define NIGHT_MAX INT64_C(2932896) /* 9999-12-31 */

static int n_rows_of(const struct db_result *result, const struct err *err)
{
    return err == NULL ? db_n_rows(result) : 0;
}

static void add_ids(struct buf *array, const int64_t ids[], size_t n)
{
    array_init(array);
    for (size_t i = 0; i < n; i++)
        array_int(array, ids[i]);
}

/* --- whoever asks ---------------------------------------------------------------------------- */

static void on_asked(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int n = n_rows_of(result, err);
    int64_t *ids = mem_new_array((size_t)n, sizeof(*ids));

    for (int row = 0; row < n; row++)
        ids[row] = db_int64(result, row, 0);
    ((store_asked_fn *)question->done)(question->data, ids, (size_t)n, err);
    free(ids);
    question_end(question);
}

void store_ask_starts(struct store *store, const struct store_job_name jobs[], size_t n,
                      const char *night, bool is_fresh, store_asked_fn *done, void *data)
{
    struct params params = {0};
    struct buf projects, names;

    array_init(&projects);
    array_init(&names);
    for (size_t i = 0; i < n; i++) {
        array_text(&projects, jobs[i].project);
        array_text(&names, jobs[i].name);
    }
    params_text(&params, array_end(&projects));
    params_text(&params, array_end(&names));
    params_text(&params, night);
    params_text(&params, is_fresh ? "true" : "false");
    question_put(store, sql_ask_starts, &params, on_asked, (void (*)(void))done, data);
    buf_deinit(&projects);
    buf_deinit(&names);
}

void store_withdraw_starts(struct store *store, const int64_t ids[], size_t n, const char *why,
                           store_done_fn *done, void *data)
{
    struct params params = {0};
    struct buf array;

    add_ids(&array, ids, n);
    params_text(&params, array_end(&array));
    params_text(&params, why);
    store_change(store, CONTROL, sql_withdraw_starts, &params, NULL, done, data);
    buf_deinit(&array);
}

static struct store_progress progress_of(const struct db_result *result, int row, int column)
{
    return (struct store_progress){.n_items = db_int64(result, row, column),
                                   .n_items_expected = db_int64(result, row, column + 1),
                                   .n_in_flight = db_int64(result, row, column + 2),
                                   .n_calls = db_int64(result, row, column + 3),
                                   .n_items_here = db_int64(result, row, column + 4),
                                   .n_undelivered = db_int64(result, row, column + 5),
                                   .undelivered_nanousd = db_int64(result, row, column + 6),
                                   .booked_nanousd = db_int64(result, row, column + 7),
                                   .budget_nanousd = db_int64(result, row, column + 8),
                                   .n_listings = db_int64(result, row, column + 9),
                                   .n_over = db_int64(result, row, column + 10),
                                   .n_unmoved = db_int64(result, row, column + 11)};
}

static void on_starts(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int n = n_rows_of(result, err);
    struct store_start *starts = mem_new_array((size_t)n, sizeof(*starts));

    for (int row = 0; row < n; row++)
        starts[row] = (struct store_start){.start_id = db_int64(result, row, 0),
                                           .job = db_text(result, row, 1),
                                           .is_taken = db_bool(result, row, 2),
                                           .run_id = db_int64(result, row, 3),
                                           .note = db_text(result, row, 4),
                                           .is_over = !db_is_null(result, row, 5),
                                           .exit_code = (int)db_int64(result, row, 5),
                                           .reason = db_text(result, row, 6),
                                           .progress = progress_of(result, row, 8)};
    ((store_starts_fn *)question->done)(question->data, starts, (size_t)n,
                                        n > 0 && db_bool(result, 0, 7), err);
    free(starts);
    question_end(question);
}

void store_read_starts(struct store *store, const int64_t ids[], size_t n, store_starts_fn *done,
                       void *data)
{
    struct params params = {0};
    struct buf array;

    add_ids(&array, ids, n);
    params_text(&params, array_end(&array));
    params_int(&params, STORE_LOCK_KEY);
    question_put(store, sql_read_starts, &params, on_starts, (void (*)(void))done, data);
    buf_deinit(&array);
}

static void on_listings(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int n = n_rows_of(result, err);
    struct store_start_listing *listings = mem_new_array((size_t)n, sizeof(*listings));

    for (int row = 0; row < n; row++)
        listings[row] = (struct store_start_listing){.job = db_text(result, row, 0),
                                                     .target = db_text(result, row, 1),
                                                     .kind = db_text(result, row, 2),
                                                     .is_published = db_bool(result, row, 3),
                                                     .is_held = db_bool(result, row, 4),
                                                     .completeness = db_text(result, row, 5),
                                                     .reason = db_text(result, row, 6),
                                                     .n_items = db_int64(result, row, 7),
                                                     .n_rows = db_int64(result, row, 8),
                                                     .n_duplicates = db_int64(result, row, 9),
                                                     .n_missing = db_int64(result, row, 10)};
    ((store_start_listings_fn *)question->done)(question->data, listings, (size_t)n, err);
    free(listings);
    question_end(question);
}

void store_read_start_listings(struct store *store, const int64_t ids[], size_t n,
                               store_start_listings_fn *done, void *data)
{
    struct params params = {0};
    struct buf array;

    add_ids(&array, ids, n);
    params_text(&params, array_end(&array));
    question_put(store, sql_read_start_listings, &params, on_listings, (void (*)(void))done, data);
    buf_deinit(&array);
}

/* --- the service ----------------------------------------------------------------------------- */

void store_listen(struct store *store, void (*wake)(void *data), store_done_fn *done, void *data)
{
    db_on_notify(store->connections[CONTROL], wake, data);
    store_change(store, CONTROL, "LISTEN linkhaul_start", &(struct params){0}, NULL, done, data);
}

static void on_wanted(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int n = n_rows_of(result, err);
    struct store_wanted *wanted = mem_new_array((size_t)n, sizeof(*wanted));

    for (int row = 0; row < n; row++)
        wanted[row] = (struct store_wanted){.start_id = db_int64(result, row, 0),
                                            .project = db_text(result, row, 1),
                                            .job = db_text(result, row, 2),
                                            .night = db_text(result, row, 3),
                                            .is_fresh = db_bool(result, row, 4)};
    ((store_wanted_fn *)question->done)(question->data, wanted, (size_t)n, err);
    free(wanted);
    question_end(question);
}

void store_take_starts(struct store *store, store_wanted_fn *done, void *data)
{
    question_put(store, sql_take_starts, &(struct params){0}, on_wanted, (void (*)(void))done,
                 data);
}

void store_adopt_starts(struct store *store, const int64_t ids[], size_t n, bool is_first,
                        store_wanted_fn *done, void *data)
{
    struct params params = {0};
    struct buf array;

    add_ids(&array, ids, n);
    params_text(&params, array_end(&array));
    params_text(&params, is_first ? "true" : "false");
    question_put(store, sql_adopt_starts, &params, on_wanted, (void (*)(void))done, data);
    buf_deinit(&array);
}

void store_begin_start(struct store *store, int64_t start_id, const char *note, store_done_fn *done,
                       void *data)
{
    struct params params = {0};

    params_int(&params, start_id);
    params_text(&params, note);
    store_change(store, CONTROL, sql_begin_start, &params, NULL, done, data);
}

static const char *write_progress(const struct store_progress *progress,
                                  char text[PROGRESS_TEXT_MAX])
{
    snprintf(text, PROGRESS_TEXT_MAX,
             "{\"items\": %" PRId64 ", \"items_expected\": %" PRId64 ", \"in_flight\": %" PRId64
             ", \"calls\": %" PRId64 ", \"items_here\": %" PRId64 ", \"undelivered\": %" PRId64
             ", \"undelivered_nanousd\": %" PRId64 ", \"booked_nanousd\": %" PRId64
             ", \"budget_nanousd\": %" PRId64 ", \"listings\": %" PRId64 ", \"over\": %" PRId64
             ", \"unmoved\": %" PRId64 "}",
             progress->n_items, progress->n_items_expected, progress->n_in_flight,
             progress->n_calls, progress->n_items_here, progress->n_undelivered,
             progress->undelivered_nanousd, progress->booked_nanousd, progress->budget_nanousd,
             progress->n_listings, progress->n_over, progress->n_unmoved);
    return text;
}

void store_note_start(struct store *store, int64_t start_id, const struct store_progress *progress,
                      store_done_fn *done, void *data)
{
    struct params params = {0};
    char text[PROGRESS_TEXT_MAX];

    params_int(&params, start_id);
    params_text(&params, write_progress(progress, text));
    store_change(store, CONTROL, sql_note_start, &params, NULL, done, data);
}

void store_end_start(struct store *store, int64_t start_id, int exit_code, const char *reason,
                     const struct store_progress *progress, store_done_fn *done, void *data)
{
    struct params params = {0};
    char text[PROGRESS_TEXT_MAX];

    params_int(&params, start_id);
    params_int(&params, exit_code);
    params_text(&params, reason);
    params_text(&params, progress != NULL ? write_progress(progress, text) : NULL);
    store_change(store, CONTROL, sql_end_start, &params, NULL, done, data);
}

static void on_night(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    bool is_there = n_rows_of(result, err) > 0;

    ((store_night_fn *)question->done)(question->data, is_there ? db_text(result, 0, 0) : NULL,
                                       is_there ? db_text(result, 0, 1) : NULL, err);
    question_end(question);
}

void store_claim_night(struct store *store, int64_t first_open, store_night_fn *done, void *data)
{
    struct params params = {0};

    params_int(&params, first_open < NIGHT_MAX ? first_open : NIGHT_MAX);
    question_put(store, sql_claim_night, &params, on_night, (void (*)(void))done, data);
}
