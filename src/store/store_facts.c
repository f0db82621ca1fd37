#include "store/facts.h"

#include <stdlib.h>

#include "core/mem.h"
#include "store/array.h"
#include "store/sql.h"
#include "store/store_private.h"

/* A statement whose two parameters are these texts, side by side. */
static void put_pairs(struct store *store, const char *sql, const char *const first[],
                      const char *const second[], size_t n, db_done_fn *answered,
                      void (*done)(void), void *data)
{
    struct params params = {0};
    struct buf arrays[2];

    for (size_t i = 0; i < 2; i++) {
        array_init(&arrays[i]);
        for (size_t j = 0; j < n; j++)
            array_text(&arrays[i], i == 0 ? first[j] : second[j]);
        params_text(&params, array_end(&arrays[i]));
    }
    question_put(store, sql, &params, answered, done, data);
    buf_deinit(&arrays[0]);
    buf_deinit(&arrays[1]);
}

static int64_t int_or_unknown(const struct db_result *result, int row, int column)
{
    return db_is_null(result, row, column) ? -1 : db_int64(result, row, column);
}

static size_t n_rows_of(const struct db_result *result, const struct err *err)
{
    return err == NULL ? (size_t)db_n_rows(result) : 0;
}

static void on_account_facts(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    size_t n = n_rows_of(result, err);
    struct store_account_fact *facts = mem_new_array(n, sizeof(*facts));

    for (size_t i = 0; i < n; i++) {
        int row = (int)i;
        int64_t balance = db_int64(result, row, 1);

        facts[i] = (struct store_account_fact){
            .name = db_text(result, row, 0),
            .balance_nanousd = db_is_null(result, row, 1) ? -1
                               : balance > 0              ? balance
                                                          : 0,
            .asked_at_s = int_or_unknown(result, row, 2),
            .night_nanousd = int_or_unknown(result, row, 3),
            .n_unknown = db_int64(result, row, 4),
            .unknown_nanousd = db_int64(result, row, 5),
            .n_undelivered = db_int64(result, row, 6),
            .undelivered_nanousd = db_int64(result, row, 7),
        };
    }
    ((store_account_facts_fn *)question->done)(question->data, facts, n, err);
    free(facts);
    question_end(question);
}

void store_read_account_facts(struct store *store, const char *const names[],
                              const char *const timezones[], size_t n, store_account_facts_fn *done,
                              void *data)
{
    put_pairs(store, sql_account_facts, names, timezones, n, on_account_facts, (void (*)(void))done,
              data);
}

double store_nights_covered(const struct store_account_fact *fact, int64_t keep_nanousd)
{
    if (fact->balance_nanousd < 0 || fact->night_nanousd <= 0)
        return -1;
    return fact->balance_nanousd > keep_nanousd
               ? (double)(fact->balance_nanousd - keep_nanousd) / (double)fact->night_nanousd
               : 0;
}

static void on_cap_facts(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    size_t n = n_rows_of(result, err);
    struct store_cap_fact *facts = mem_new_array(n, sizeof(*facts));

    for (size_t i = 0; i < n; i++) {
        int row = (int)i;

        facts[i] = (struct store_cap_fact){.scope = db_text(result, row, 0),
                                           .per = db_text(result, row, 1),
                                           .nanousd = db_int64(result, row, 2),
                                           .spent_nanousd = db_int64(result, row, 3)};
    }
    ((store_cap_facts_fn *)question->done)(question->data, facts, n, err);
    free(facts);
    question_end(question);
}

void store_read_cap_facts(struct store *store, const char *const scopes[],
                          const char *const timezones[], size_t n, store_cap_facts_fn *done,
                          void *data)
{
    put_pairs(store, sql_cap_facts, scopes, timezones, n, on_cap_facts, (void (*)(void))done, data);
}

static void on_job_facts(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    size_t n = n_rows_of(result, err);
    struct store_job_fact *facts = mem_new_array(n, sizeof(*facts));

    for (size_t i = 0; i < n; i++)
        facts[i] = (struct store_job_fact){
            .project = db_text(result, (int)i, 0),
            .name = db_text(result, (int)i, 1),
            .last_success_s = int_or_unknown(result, (int)i, 2),
            .first_s = int_or_unknown(result, (int)i, 3),
            .n_held = db_int64(result, (int)i, 4),
        };
    ((store_job_facts_fn *)question->done)(question->data, facts, n, err);
    free(facts);
    question_end(question);
}

void store_read_job_facts(struct store *store, const char *const projects[],
                          const char *const names[], size_t n, store_job_facts_fn *done, void *data)
{
    put_pairs(store, sql_job_facts, projects, names, n, on_job_facts, (void (*)(void))done, data);
}
