#include <stdlib.h>

#include "core/mem.h"
#include "store/array.h"
#include "store/sql.h"
#include "store/store_private.h"

/* Beginning, cutting and restarting slices: a statement each, so a transaction each. */

void store_begin_slice(struct store *store, int64_t listing_id, const struct store_slice *slice,
                       store_done_fn *done, void *data)
{
    struct params params = {0};

    params_int(&params, listing_id);
    params_int(&params, slice->slice_no);
    params_int(&params, slice->limit);
    params_text(&params, slice->order_by);
    store_change(store, CONTROL, sql_begin_slice, &params, NULL, done, data);
}

void store_cut_slice(struct store *store, int64_t listing_id, int32_t slice_no,
                     int32_t new_slice_no, const int64_t points_s[], size_t n_points, bool is_whole,
                     store_done_fn *done, void *data)
{
    struct params params = {0};
    struct buf points;

    array_init(&points);
    for (size_t i = 0; i < n_points; i++)
        array_int(&points, points_s[i]);
    params_int(&params, listing_id);
    params_int(&params, slice_no);
    params_int(&params, new_slice_no);
    params_text(&params, array_end(&points));
    params_text(&params, is_whole ? "t" : "f");
    store_change(store, CONTROL, sql_cut_slice, &params, NULL, done, data);
    buf_deinit(&points);
}

struct restarting {
    struct store *store;
    store_restarted_fn *done;
    void *data;
};

static void on_restarted(void *data, const struct db_result *result, const struct err *err)
{
    struct restarting *restarting = data;
    bool is_begun = err == NULL && db_n_rows(result) == 1;
    bool is_bounded = is_begun && !db_is_null(result, 0, 0);

    restarting->done(restarting->data, is_begun,
                     is_bounded ? db_int64(result, 0, 0) : STORE_FROM_OPEN, err);
    store_verb_end(restarting->store);
    free(restarting);
}

void store_restart_slice(struct store *store, int64_t listing_id, int32_t slice_no,
                         int32_t new_slice_no, int64_t limit, const char *column,
                         store_restarted_fn *done, void *data)
{
    struct restarting *restarting = mem_new(sizeof(*restarting));
    struct params params = {0};

    *restarting = (struct restarting){store, done, data};
    store_verb_begin(store);
    params_int(&params, listing_id);
    params_int(&params, slice_no);
    params_int(&params, new_slice_no);
    params_int(&params, limit);
    params_text(&params, column);
    db_query(store->connections[PUBLISHER], sql_restart_slice, params.n, params.values,
             on_restarted, restarting);
}
