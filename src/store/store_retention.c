#include "store/retention.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "store/sql.h"
#include "store/store_private.h"

/*
 *   lock ─▶ what is over, with its statements ─▶ statement ─▶ … ─▶ unlock ─▶ done
 *
 * Each statement is a transaction of its own: DETACH CONCURRENTLY has to be.
 *
 * - The lock is taken: a run is being loaded again. Nothing is done.
 * - A statement fails: its partition is left where it stands, the others go on.
 */

struct step {
    size_t part; /* its place among the partitions */
    const char *sql;
};

struct retiring {
    struct store *store;
    struct store_retired *parts;
    size_t n_parts;
    struct step *steps;
    size_t n_steps, at_step;
    char **texts; /* of both */
    size_t n_texts;
    struct err err; /* why it broke off; ERR_NONE */
    store_retired_fn *done;
    void *data;
};

static void next_step(struct retiring *retiring);

static void ask(struct retiring *retiring, const char *sql, bool has_lock, db_done_fn *done)
{
    struct params params = {0};

    if (has_lock)
        params_int(&params, STORE_REPLAY_LOCK_KEY);
    db_query(retiring->store->connections[PUBLISHER], sql, params.n, params.values, done, retiring);
}

static void finish(struct retiring *retiring)
{
    const struct err *err = retiring->err.kind == ERR_NONE ? NULL : &retiring->err;

    retiring->done(retiring->data, retiring->parts, err == NULL ? retiring->n_parts : 0, err);
    for (size_t i = 0; i < retiring->n_texts; i++)
        free(retiring->texts[i]);
    free(retiring->texts);
    free(retiring->parts);
    free(retiring->steps);
    store_verb_end(retiring->store);
    free(retiring);
}

static bool is_over(struct retiring *retiring, const struct err *err)
{
    if (err == NULL)
        return false;
    retiring->err = *err;
    finish(retiring);
    return true;
}

static void on_unlocked(void *data, const struct db_result *result, const struct err *err)
{
    (void)result;
    if (!is_over(data, err))
        finish(data);
}

static void on_step(void *data, const struct db_result *result, const struct err *err)
{
    struct retiring *retiring = data;
    size_t part = retiring->steps[retiring->at_step].part;

    (void)result;
    if (err != NULL && db_is_lost(retiring->store->connections[PUBLISHER])) {
        is_over(retiring, err);
        return;
    }
    retiring->at_step++;
    if (err != NULL) {
        retiring->parts[part].err = *err;
        while (retiring->at_step < retiring->n_steps &&
               retiring->steps[retiring->at_step].part == part)
            retiring->at_step++;
    }
    next_step(retiring);
}

static void next_step(struct retiring *retiring)
{
    if (retiring->at_step == retiring->n_steps)
        ask(retiring, sql_end_retention, true, on_unlocked);
    else
        db_script(retiring->store->connections[PUBLISHER], retiring->steps[retiring->at_step].sql,
                  on_step, retiring);
}

/* NULL for NULL. */
static const char *keep_text(struct retiring *retiring, const struct db_result *result, int row,
                             int column)
{
    char *text;

    if (db_is_null(result, row, column))
        return NULL;
    text = mem_strdup(db_text(result, row, column));
    retiring->texts[retiring->n_texts++] = text;
    return text;
}

static void add_row(struct retiring *retiring, const struct db_result *result, int row)
{
    const char *sql = keep_text(retiring, result, row, 3);

    if (row == 0 || strcmp(db_text(result, row, 0), db_text(result, row - 1, 0)) != 0)
        retiring->parts[retiring->n_parts++] =
            (struct store_retired){.part = keep_text(retiring, result, row, 0),
                                   .first_night = keep_text(retiring, result, row, 1),
                                   .last_night = keep_text(retiring, result, row, 2),
                                   .hangs = keep_text(retiring, result, row, 4),
                                   .shows = keep_text(retiring, result, row, 5)};
    if (sql != NULL)
        retiring->steps[retiring->n_steps++] = (struct step){retiring->n_parts - 1, sql};
}

static void on_over(void *data, const struct db_result *result, const struct err *err)
{
    struct retiring *retiring = data;
    size_t n;

    if (is_over(retiring, err))
        return;
    n = (size_t)db_n_rows(result);
    retiring->parts = mem_new_array(n, sizeof(*retiring->parts));
    retiring->steps = mem_new_array(n, sizeof(*retiring->steps));
    retiring->texts = mem_new_array(6 * n, sizeof(*retiring->texts));
    for (size_t row = 0; row < n; row++)
        add_row(retiring, result, (int)row);
    next_step(retiring);
}

static void on_locked(void *data, const struct db_result *result, const struct err *err)
{
    struct retiring *retiring = data;

    if (is_over(retiring, err))
        return;
    if (db_bool(result, 0, 1))
        ask(retiring, sql_over_partitions, false, on_over);
    else
        next_step(retiring);
}

void store_retire(struct store *store, store_retired_fn *done, void *data)
{
    struct retiring *retiring = mem_new(sizeof(*retiring));

    *retiring = (struct retiring){.store = store, .done = done, .data = data};
    store_verb_begin(store);
    ask(retiring, sql_begin_retention, true, on_locked);
}
