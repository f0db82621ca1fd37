#include "support/db_rig.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "support/pg.h"

struct rig rig;

void on_answer(void *data, const struct db_result *result, const struct err *err)
{
    struct answer *answer = data;

    cr_assert(not(rig.is_inside), "a callback came from inside the call");
    cr_assert(not(answer->is_there), "an answer came twice");
    answer->is_there = true;
    uv_stop(&rig.loop);
    answer->nth = ++rig.n_done;
    if (err != NULL)
        answer->err = *err;
    else if (result != NULL && (answer->n_rows = db_n_rows(result)) > 0) {
        snprintf(answer->text, sizeof(answer->text), "%s", db_text(result, 0, 0));
        answer->is_null = db_is_null(result, 0, 0);
    }
}

void wait_for(struct answer *answer)
{
    while (!answer->is_there)
        uv_run(&rig.loop, UV_RUN_DEFAULT);
}

void rig_begin(void)
{
    uv_loop_init(&rig.loop);
    rig.url = pg_fresh_database();
}

struct err rig_connect_to(const char *url)
{
    struct answer answer = {0};

    rig.is_inside = true;
    rig.db = db_connect(&rig.loop, url, "test", on_answer, &answer);
    rig.is_inside = false;
    wait_for(&answer);
    return answer.err;
}

void rig_connect(void)
{
    struct err err = rig_connect_to(rig.url);

    cr_assert(eq(int, err.kind, ERR_NONE), "%s", err.text);
}

void rig_end_loop(void)
{
    while (uv_run(&rig.loop, UV_RUN_DEFAULT) != 0)
        continue;
    cr_assert(eq(int, uv_loop_close(&rig.loop), 0), "a handle was left open");
}

void rig_end(void)
{
    db_close(rig.db);
    rig_end_loop();
}

void query(const char *sql, struct answer *answer)
{
    rig.is_inside = true;
    db_query(rig.db, sql, 0, NULL, on_answer, answer);
    rig.is_inside = false;
}

struct answer ask(const char *sql)
{
    struct answer answer = {0};

    query(sql, &answer);
    wait_for(&answer);
    return answer;
}

struct answer ask_script(const char *sql)
{
    struct answer answer = {0};

    db_script(rig.db, sql, on_answer, &answer);
    wait_for(&answer);
    return answer;
}

struct answer copy_begin(const char *statement)
{
    struct answer answer = {0};

    db_copy_begin(rig.db, statement, on_answer, &answer);
    wait_for(&answer);
    return answer;
}

struct answer copy_data(const char *data, size_t size)
{
    struct answer answer = {0};

    db_copy_data(rig.db, data, size, on_answer, &answer);
    wait_for(&answer);
    return answer;
}

struct answer copy_end(const char *reason)
{
    struct answer answer = {0};

    db_copy_end(rig.db, reason, on_answer, &answer);
    wait_for(&answer);
    return answer;
}

void terminate_backend(void)
{
    pg_execute(rig.url, "SELECT pg_terminate_backend(%" PRId64 ")", pg_backend(rig.url, "test"));
}
