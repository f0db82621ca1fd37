#include "store/sql.h"
#include "store/store_private.h"
#include "store/sums.h"

static void on_sums(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    struct store_sums sums = {0};

    if (err == NULL)
        sums = (struct store_sums){.n_listings = db_int64(result, 0, 0),
                                   .n_published = db_int64(result, 0, 1),
                                   .n_items = db_int64(result, 0, 2),
                                   .n_rows = db_int64(result, 0, 3),
                                   .n_duplicates = db_int64(result, 0, 4),
                                   .n_missing = db_int64(result, 0, 5),
                                   .n_new = db_int64(result, 0, 6),
                                   .n_lost = db_int64(result, 0, 7),
                                   .n_calls = db_int64(result, 0, 8),
                                   .booked_nanousd = db_int64(result, 0, 9)};
    ((store_sums_fn *)question->done)(question->data, err == NULL ? &sums : NULL, err);
    question_end(question);
}

void store_sum_up(struct store *store, int64_t run_id, int64_t listing_id, store_sums_fn *done,
                  void *data)
{
    struct params params = {0};

    params_int(&params, run_id);
    params_int_or_null(&params, listing_id, listing_id == 0);
    question_put(store, sql_sum_up, &params, on_sums, (void (*)(void))done, data);
}
