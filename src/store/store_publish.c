#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "store/sql.h"
#include "store/store_private.h"

/*
 * The end of a listing: published, or suspended with its reason.
 *
 * Publishing has a connection of its own: taking repeats out of a million rows lasts seconds, and
 * neither reservations nor pages of other listings wait for that.
 *
 * - The listing is not open: ERR_INTERNAL.
 */

struct publishing {
    struct store *store;
    store_published_fn *done;
    void *data;
};

bool store_read_published(const struct db_result *result, struct store_published *ret_published,
                          struct err *err)
{
    if (db_n_rows(result) != 1)
        return err_set(err, ERR_INTERNAL, "a listing cannot be published: it is not open");
    *ret_published = (struct store_published){.is_held = strcmp(db_text(result, 0, 5), "held") == 0,
                                              .n_items = db_int64(result, 0, 0),
                                              .n_rows = db_int64(result, 0, 1),
                                              .n_duplicates = db_int64(result, 0, 2),
                                              .n_missing = db_int64(result, 0, 3)};
    snprintf(ret_published->completeness, sizeof(ret_published->completeness), "%s",
             db_text(result, 0, 4));
    snprintf(ret_published->reason, sizeof(ret_published->reason), "%.511s", db_text(result, 0, 6));
    return true;
}

static void on_published(void *data, const struct db_result *result, const struct err *err)
{
    struct publishing *publishing = data;
    struct store_published published = {0};
    struct err not_open;

    if (err == NULL && !store_read_published(result, &published, &not_open))
        err = &not_open;
    publishing->done(publishing->data, err == NULL ? &published : NULL, err);
    store_verb_end(publishing->store);
    free(publishing);
}

void store_publish(struct store *store, int64_t listing_id, const char *completeness,
                   const struct store_tolerance *tolerance, store_published_fn *done, void *data)
{
    struct publishing *publishing = mem_new(sizeof(*publishing));
    struct params params = {0};

    *publishing = (struct publishing){store, done, data};
    store_verb_begin(store);
    params_int(&params, listing_id);
    params_text(&params, completeness);
    params_int(&params, tolerance->missing_ok);
    params_int(&params, tolerance->max_shrink);
    db_query(store->connections[PUBLISHER], sql_publish, params.n, params.values, on_published,
             publishing);
}

void store_suspend(struct store *store, int64_t listing_id, const char *completeness,
                   const char *reason, store_done_fn *done, void *data)
{
    struct params params = {0};

    params_int(&params, listing_id);
    params_text(&params, completeness);
    params_text(&params, reason);
    store_change(store, CONTROL, sql_suspend, &params,
                 "a listing cannot be suspended: it is not open", done, data);
}
