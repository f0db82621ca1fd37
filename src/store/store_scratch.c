#include <stdlib.h>

#include "core/mem.h"
#include "store/replay.h"
#include "store/sql.h"
#include "store/store_private.h"

/*
 * The pages of a replay, and the schema that one may go to.
 *
 * A page: SAVEPOINT, its COPYs, a row of the ledger where it goes to linkhaul's own tables,
 * RELEASE. It is given up by going back to the savepoint.
 */

/* --- the schema ------------------------------------------------------------------------------ */

struct scratch {
    struct store *store;
    struct params params;
    int64_t n_repeats;
    store_done_fn *begun; /* one of the two */
    store_scratch_fn *ended;
    void *data;
};

static void on_transaction(void *data, const struct db_result *result, const struct err *err);
static void on_made(void *data, const struct db_result *result, const struct err *err);
static void on_repeats(void *data, const struct db_result *result, const struct err *err);
static void on_committed(void *data, const struct db_result *result, const struct err *err);

static void end_scratch(struct scratch *scratch, const struct err *err)
{
    if (scratch->begun != NULL)
        scratch->begun(scratch->data, err);
    else
        scratch->ended(scratch->data, scratch->n_repeats, err);
    store_verb_end(scratch->store);
    free(scratch);
}

void store_begin_scratch(struct store *store, const char *schema, const char *facts,
                         store_done_fn *done, void *data)
{
    struct scratch *scratch = mem_new(sizeof(*scratch));

    *scratch = (struct scratch){.store = store, .begun = done, .data = data};
    params_text(&scratch->params, schema);
    params_text(&scratch->params, facts);
    store_verb_begin(store);
    db_script(store->connections[LOADER], "BEGIN", on_transaction, scratch);
}

static void on_transaction(void *data, const struct db_result *result, const struct err *err)
{
    struct scratch *scratch = data;

    (void)result;
    if (err != NULL)
        end_scratch(scratch, err);
    else
        db_query(scratch->store->connections[LOADER], sql_make_scratch, scratch->params.n,
                 scratch->params.values, on_made, scratch);
}

static void on_made(void *data, const struct db_result *result, const struct err *err)
{
    struct scratch *scratch = data;
    struct err refused;

    if (err == NULL && !db_is_null(result, 0, 0)) {
        err_set(&refused, ERR_USAGE, "%s", db_text(result, 0, 0));
        err = &refused;
    }
    end_scratch(scratch, err);
}

void store_end_scratch(struct store *store, const char *schema, int64_t run_id,
                       store_scratch_fn *done, void *data)
{
    struct scratch *scratch = mem_new(sizeof(*scratch));

    *scratch = (struct scratch){.store = store, .ended = done, .data = data};
    params_text(&scratch->params, schema);
    params_int(&scratch->params, run_id);
    store_verb_begin(store);
    db_query(store->connections[LOADER], sql_end_scratch, scratch->params.n, scratch->params.values,
             on_repeats, scratch);
}

static void on_repeats(void *data, const struct db_result *result, const struct err *err)
{
    struct scratch *scratch = data;

    if (err != NULL) {
        end_scratch(scratch, err);
        return;
    }
    scratch->n_repeats = db_int64(result, 0, 0);
    db_script(scratch->store->connections[LOADER], "COMMIT", on_committed, scratch);
}

static void on_committed(void *data, const struct db_result *result, const struct err *err)
{
    (void)result;
    end_scratch(data, err);
}

/* --- a page ---------------------------------------------------------------------------------- */

void store_replay_page_begin(struct store *store, store_done_fn *done, void *data)
{
    store->has_savepoint = false; /* of a part of a page */
    store_load_say(store, "SAVEPOINT page", done, data);
}

void store_replay_page_keep(struct store *store, store_done_fn *done, void *data)
{
    store_load_say(store, "RELEASE SAVEPOINT page", done, data);
}

void store_replay_page_abort(struct store *store, store_done_fn *done, void *data)
{
    store_load_give_up_copy(store);
    store_load_say(store, "ROLLBACK TO SAVEPOINT page; RELEASE SAVEPOINT page", done, data);
}

struct booking {
    struct store *store;
    store_done_fn *done;
    void *data;
};

static void on_booked(void *data, const struct db_result *result, const struct err *err)
{
    struct booking *booking = data;
    struct err not_one;

    if (err == NULL && db_n_affected(result) == 1) {
        store_replay_page_keep(booking->store, booking->done, booking->data);
    } else {
        if (err == NULL) {
            err_set(&not_one, ERR_INTERNAL, "a page cannot be booked: its call is not there");
            err = &not_one;
        }
        booking->done(booking->data, err);
    }
    store_verb_end(booking->store);
    free(booking);
}

void store_replay_page_book(struct store *store, int64_t listing_id,
                            const struct store_outcome *outcome, store_done_fn *done, void *data)
{
    struct booking *booking = mem_new(sizeof(*booking));
    struct uuid attempt = uuid_new();
    struct params params = {0};

    *booking = (struct booking){store, done, data};
    store_verb_begin(store);
    params_uuid(&params, &attempt);
    params_int(&params, listing_id);
    params_uuid(&params, &outcome->attempt);
    params_int(&params, outcome->n_items);
    params_int(&params, outcome->n_rows);
    params_int(&params, outcome->n_rejects);
    params_int(&params, outcome->n_extra);
    params_int(&params, outcome->n_cleaned);
    db_query(store->connections[LOADER], sql_book_replayed, params.n, params.values, on_booked,
             booking);
}
