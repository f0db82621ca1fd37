#include <stdlib.h>

#include "core/mem.h"
#include "store/array.h"
#include "store/service.h"
#include "store/sql.h"
#include "store/store_private.h"

static void on_scheduled(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;
    int64_t found[2];

    for (int i = 0; i < 2; i++)
        found[i] = err != NULL || db_is_null(result, 0, i) ? STORE_NEVER : db_int64(result, 0, i);
    ((store_scheduled_fn *)question->done)(question->data, found[0], found[1], err);
    question_end(question);
}

void store_read_scheduled(struct store *store, const struct store_job *job,
                          store_scheduled_fn *done, void *data)
{
    struct params params = {0};
    struct buf names;

    array_init(&names);
    array_text(&names, job->name);
    for (size_t i = 0; i < job->n_former_names; i++)
        array_text(&names, job->former_names[i]);
    params_text(&params, job->project);
    params_text(&params, array_end(&names));
    question_put(store, sql_last_scheduled, &params, on_scheduled, (void (*)(void))done, data);
    buf_deinit(&names);
}

void store_record_missed(struct store *store, const struct store_missed *missed,
                         store_done_fn *done, void *data)
{
    struct params params = {0};

    params_text(&params, missed->project);
    params_text(&params, missed->job);
    params_int(&params, missed->scheduled_s);
    params_int(&params, missed->night);
    params_int(&params, missed->n_starts);
    params_text(&params, missed->reason);
    store_change(store, CONTROL, sql_record_missed, &params, NULL, done, data);
}

static void on_spent(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;

    ((store_spent_fn *)question->done)(question->data, err == NULL ? db_int64(result, 0, 0) : 0,
                                       err);
    question_end(question);
}

void store_read_spent_today(struct store *store, store_spent_fn *done, void *data)
{
    question_put(store, sql_spent_today, &(struct params){0}, on_spent, (void (*)(void))done, data);
}
