#include <stdlib.h>

#include "core/mem.h"
#include "store/sql.h"
#include "store/store_private.h"

/*
 * Landing a page: BEGIN, COPY, the books, COMMIT, on `loader`.
 *
 * The books are one statement: the attempt, the slice's checkpoint, the listing's counts. It is
 * looked at before COMMIT is sent: where it found no open attempt, the page was landed before (by a
 * process that died behind its COMMIT), and everything is rolled back.
 *
 * - Rows that PostgreSQL refuses: copy_end gives ERR_DATA; back to the savepoint, or abort.
 * - Any other failure: the caller aborts, and the database is as it was.
 */

struct step {
    struct store *store;
    struct err err; /* kept over the rollback */
    store_done_fn *done;
    void *data;
};

static void end_step(struct step *step, const struct err *err)
{
    step->done(step->data, err);
    store_verb_end(step->store);
    free(step);
}

static void on_step(void *data, const struct db_result *result, const struct err *err)
{
    (void)result;
    end_step(data, err);
}

static struct step *step_new(struct store *store, store_done_fn *done, void *data)
{
    struct step *step = mem_new(sizeof(*step));

    *step = (struct step){.store = store, .done = done, .data = data};
    store_verb_begin(store);
    return step;
}

void store_load_say(struct store *store, const char *sql, store_done_fn *done, void *data)
{
    db_script(store->connections[LOADER], sql, on_step, step_new(store, done, data));
}

void store_load_begin(struct store *store, store_done_fn *done, void *data)
{
    store->has_savepoint = false;
    store_load_say(store, "BEGIN", done, data);
}

static void on_copy_begun(void *data, const struct db_result *result, const struct err *err)
{
    struct step *step = data;

    (void)result;
    step->store->is_copying = err == NULL;
    end_step(step, err);
}

void store_copy_begin(struct store *store, const char *statement, store_done_fn *done, void *data)
{
    db_copy_begin(store->connections[LOADER], statement, on_copy_begun,
                  step_new(store, done, data));
}

void store_copy_chunk(struct store *store, const void *chunk, size_t size, store_done_fn *done,
                      void *data)
{
    db_copy_data(store->connections[LOADER], chunk, size, on_step, step_new(store, done, data));
}

void store_copy_end(struct store *store, store_done_fn *done, void *data)
{
    store->is_copying = false;
    db_copy_end(store->connections[LOADER], NULL, on_step, step_new(store, done, data));
}

/* One savepoint at a time: the transaction of a bisected page would else carry dozens. */
void store_savepoint(struct store *store, store_done_fn *done, void *data)
{
    store_load_say(
        store, store->has_savepoint ? "RELEASE SAVEPOINT part; SAVEPOINT part" : "SAVEPOINT part",
        done, data);
    store->has_savepoint = true;
}

void store_rollback_to_savepoint(struct store *store, store_done_fn *done, void *data)
{
    store_load_say(store, "ROLLBACK TO SAVEPOINT part", done, data);
}

struct counting {
    struct store *store;
    store_known_fn *done;
    void *data;
};

static void on_known(void *data, const struct db_result *result, const struct err *err)
{
    struct counting *counting = data;

    counting->done(counting->data, err == NULL ? db_int64(result, 0, 0) : 0, err);
    store_verb_end(counting->store);
    free(counting);
}

void store_count_known(struct store *store, int64_t listing_id, int32_t slice_no, int64_t n_max,
                       store_known_fn *done, void *data)
{
    struct counting *counting = mem_new(sizeof(*counting));
    struct params params = {0};

    *counting = (struct counting){store, done, data};
    store_verb_begin(store);
    params_int(&params, listing_id);
    params_int(&params, slice_no);
    params_int(&params, n_max);
    db_query(store->connections[LOADER], sql_count_known, params.n, params.values, on_known,
             counting);
}

static void on_rolled_back(void *data, const struct db_result *result, const struct err *err)
{
    struct step *step = data;

    (void)result;
    (void)err; /* the reason for the rollback tells more */
    end_step(step, &step->err);
}

static void on_booked(void *data, const struct db_result *result, const struct err *err)
{
    struct step *step = data;
    struct db *loader = step->store->connections[LOADER];

    if (err == NULL && db_int64(result, 0, 0) == 1) {
        db_script(loader, "COMMIT", on_step, step);
        return;
    }
    if (err != NULL)
        step->err = *err;
    else
        err_set(
            &step->err, ERR_INTERNAL,
            "a page cannot be booked: its call was never reserved or was booked before, or the page "
            "before it has not landed");
    if (step->store->is_closing)
        end_step(step, &step->err);
    else
        db_script(loader, "ROLLBACK", on_rolled_back, step);
}

void store_load_commit(struct store *store, const struct store_outcome *outcome,
                       const struct store_checkpoint *checkpoint, store_done_fn *done, void *data)
{
    static const char *const walks[] = {[STORE_WALK_UNDECIDED] = "undecided",
                                        [STORE_WALK_OFFSET] = "offset",
                                        [STORE_WALK_CHAIN] = "chain"};
    struct params params = {0};

    store_outcome_params(&params, outcome);
    params_int(&params, outcome->n_items);
    params_int(&params, outcome->n_rows);
    params_int(&params, outcome->n_rejects);
    params_int(&params, outcome->n_extra);
    params_int(&params, outcome->n_cleaned);
    params_int(&params, checkpoint->listing_id);
    params_int(&params, checkpoint->slice_no);
    params_text(&params, walks[checkpoint->walk]);
    params_int(&params, checkpoint->position);
    params_text(&params, checkpoint->token);
    params_int_or_null(&params, checkpoint->total_count, checkpoint->total_count < 0);
    params_text(&params, checkpoint->is_ended ? "true" : "false");
    params_int_or_null(&params, checkpoint->whole_count, checkpoint->whole_count < 0);
    db_query(store->connections[LOADER], sql_book_page, params.n, params.values, on_booked,
             step_new(store, done, data));
}

static void ignore(void *data, const struct db_result *result, const struct err *err)
{
    (void)data;
    (void)result;
    (void)err;
}

void store_load_give_up_copy(struct store *store)
{
    if (store->is_copying)
        db_copy_end(store->connections[LOADER], "the page is given up", ignore, NULL);
    store->is_copying = false;
}

void store_load_abort(struct store *store, store_done_fn *done, void *data)
{
    store_load_give_up_copy(store);
    store_load_say(store, "ROLLBACK", done, data);
}
