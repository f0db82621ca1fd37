#include <stdlib.h>

#include "core/mem.h"
#include "store/sql.h"
#include "store/store_private.h"

/*
 * Money: a call is booked; what an account told of its prices. (Reserving is store_reserve.c.)
 *
 * - A call that was booked before is not booked again: ERR_INTERNAL.
 */

void store_outcome_params(struct params *params, const struct store_outcome *outcome)
{
    static const char *const states[] = {
        [STORE_SETTLED] = "settled", [STORE_VOID] = "void", [STORE_UNKNOWN] = "unknown"};

    params_uuid(params, &outcome->attempt);
    params_text(params, states[outcome->charge]);
    params_int_or_null(params, outcome->charged_nanousd, outcome->charge != STORE_SETTLED);
    params_int(params, outcome->http_status);
    params_int(params, outcome->status_code);
    params_text(params, outcome->task_id);
    params_text(params, outcome->message);
    params_int(params, outcome->body_bytes);
    params_int(params, outcome->elapsed_ms);
}

void store_settle(struct store *store, const struct store_outcome *outcome, store_done_fn *done,
                  void *data)
{
    struct params params = {0};

    store_outcome_params(&params, outcome);
    store_change(store, CONTROL, sql_book, &params,
                 "a call cannot be booked: it was never reserved, or was booked before", done,
                 data);
}

/* --- the account ----------------------------------------------------------------------------- */

static void on_account(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    struct store_account account = {0};

    if (err == NULL && db_n_rows(result) == 1)
        account = (struct store_account){
            .is_known = true,
            .age_s = db_int64(result, 0, 0),
            .per_call_nanousd = db_int64(result, 0, 1),
            .per_item_nanousd = db_int64(result, 0, 2),
            .balance_nanousd = db_int64(result, 0, 3),
        };
    ((store_account_fn *)question->done)(question->data, err == NULL ? &account : NULL, err);
    question_end(question);
}

void store_get_account(struct store *store, const char *account, const char *endpoint,
                       store_account_fn *done, void *data)
{
    struct params params = {0};

    params_text(&params, account);
    params_text(&params, endpoint);
    question_put(store, sql_get_account, &params, on_account, (void (*)(void))done, data);
}

void store_put_account(struct store *store, const char *account, const char *endpoint,
                       const struct store_account *what, store_done_fn *done, void *data)
{
    struct params params = {0};

    params_text(&params, account);
    params_text(&params, endpoint);
    params_int(&params, what->per_call_nanousd);
    params_int(&params, what->per_item_nanousd);
    params_int(&params, what->balance_nanousd);
    store_change(store, CONTROL, sql_put_account, &params, NULL, done, data);
}
