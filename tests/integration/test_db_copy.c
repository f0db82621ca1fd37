#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "support/db_rig.h"
#include "support/pg.h"

/* COPY against a real server: one that takes everything, refuses, stops reading, or goes away. */

TestSuite(db_copy, .timeout = 60, .init = rig_begin, .fini = pg_drop_databases);

Test(db_copy, copies_chunks_of_every_size)
{
    size_t size = 10 * 1024 * 1024;
    char *lines = mem_new(size);
    struct answer answer;

    memset(lines, 'x', size);
    for (size_t at = 999; at < size; at += 1000)
        lines[at] = '\n';
    lines[size - 1] = '\n';
    rig_connect();
    ask("CREATE TABLE public.t (x text)");
    answer = copy_begin("BEGIN; COPY public.t FROM STDIN");
    cr_assert(eq(int, answer.err.kind, ERR_NONE), "%s", answer.err.text);
    cr_expect(eq(int, copy_data(lines, size).err.kind, ERR_NONE));
    cr_expect(eq(int, copy_data("", 0).err.kind, ERR_NONE));
    cr_expect(eq(int, copy_data("on", 2).err.kind, ERR_NONE));
    cr_expect(eq(int, copy_data("e\n", 2).err.kind, ERR_NONE));
    cr_expect(eq(int, copy_end(NULL).err.kind, ERR_NONE));
    cr_expect(eq(int, ask_script("COMMIT").err.kind, ERR_NONE));
    cr_expect_str_eq(ask("SELECT count(*) FROM public.t WHERE x = 'one'").text, "1");
    cr_expect_str_eq(ask("SELECT count(*) FROM public.t").text, "10487");
    free(lines);
    rig_end();
}

Test(db_copy, tells_at_the_end_of_a_copy_which_line_was_refused)
{
    struct answer answer;

    rig_connect();
    ask("CREATE TABLE public.t (x text)");
    copy_begin("COPY public.t FROM STDIN");
    cr_expect(eq(int, copy_data("good\nbad \xff\n", 11).err.kind, ERR_NONE));
    cr_expect(eq(int, copy_data("more\n", 5).err.kind, ERR_NONE));
    answer = copy_end(NULL);
    cr_expect(eq(int, answer.err.kind, ERR_DATA));
    cr_expect_str_eq(db_last_sqlstate(rig.db), "22021");
    cr_expect(ne(ptr, strstr(answer.err.text, "COPY t, line 2"), NULL), "%s", answer.err.text);
    cr_expect_str_eq(ask("SELECT count(*) FROM public.t").text, "0");
    rig_end();
}

Test(db_copy, gives_a_copy_up)
{
    rig_connect();
    ask("CREATE TABLE public.t (x text)");
    copy_begin("COPY public.t FROM STDIN");
    copy_data("good\n", 5);
    cr_expect(eq(int, copy_end("changed our mind").err.kind, ERR_DB));
    cr_expect_str_eq(db_last_sqlstate(rig.db), "57014");
    cr_expect_str_eq(ask("SELECT count(*) FROM public.t").text, "0");
    rig_end();
}

Test(db_copy, refuses_data_where_no_copy_is_under_way)
{
    rig_connect();
    cr_expect(eq(int, copy_begin("SELECT 1").err.kind, ERR_INTERNAL));
    cr_expect(eq(int, copy_begin("COPY missing FROM STDIN").err.kind, ERR_DB));
    cr_expect(eq(int, copy_data("x\n", 2).err.kind, ERR_DB));
    cr_expect(eq(int, copy_end(NULL).err.kind, ERR_DB));
    cr_expect_str_eq(ask("SELECT 'alive'").text, "alive");
    rig_end();
}

static int64_t rss_anon_bytes(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    int64_t kib = -1;
    char line[256];

    while (fgets(line, sizeof(line), file) != NULL)
        if (sscanf(line, "RssAnon: %" SCNd64, &kib) == 1)
            break;
    fclose(file);
    return kib * 1024;
}

static void on_time_over(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
    uv_stop(timer->loop);
}

static void run_for_ms(uint64_t ms)
{
    bool is_over = false;
    uv_timer_t timer;

    uv_timer_init(&rig.loop, &timer);
    timer.data = &is_over;
    uv_timer_start(&timer, on_time_over, ms, 0);
    while (!is_over)
        uv_run(&rig.loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&rig.loop, UV_RUN_NOWAIT);
}

Test(db_copy, holds_no_more_than_a_slice_for_a_server_that_has_stopped_reading)
{
    size_t size = 64 * 1024 * 1024;
    char *chunk = mem_new(size);
    struct answer answer = {0};
    int64_t before_bytes;
    pid_t pid;

    memset(chunk, 'x', size);
    for (size_t at = 9999; at < size; at += 10000)
        chunk[at] = '\n';
    rig_connect();
    ask("CREATE TABLE public.t (x text)");
    pid = (pid_t)pg_backend(rig.url, "test");
    copy_begin("COPY public.t FROM STDIN");
    cr_assert(eq(int, kill(pid, SIGSTOP), 0), "the server is another user's");
    before_bytes = rss_anon_bytes();
    db_copy_data(rig.db, chunk, size, on_answer, &answer);
    run_for_ms(500);
    cr_expect(not(answer.is_there), "64 MiB were taken by nobody");
    cr_expect(lt(i64, rss_anon_bytes() - before_bytes, 4 * 1024 * 1024));
    kill(pid, SIGCONT);
    wait_for(&answer);
    cr_expect(eq(int, answer.err.kind, ERR_NONE));
    cr_expect(eq(int, copy_end(NULL).err.kind, ERR_NONE));
    cr_expect_str_eq(ask("SELECT sum(length(x) + 1) FROM public.t").text, "67108865");
    free(chunk);
    rig_end();
}

Test(db_copy, ends_a_copy_when_the_server_ends_the_connection)
{
    struct answer answer;

    rig_connect();
    ask("CREATE TABLE public.t (x text)");
    copy_begin("COPY public.t FROM STDIN");
    copy_data("x\n", 2);
    terminate_backend();
    do
        answer = copy_data("y\n", 2);
    while (answer.err.kind == ERR_NONE);
    cr_expect(eq(int, answer.err.kind, ERR_DB));
    cr_expect(db_is_lost(rig.db));
    cr_expect(eq(int, copy_end(NULL).err.kind, ERR_DB));
    cr_expect(eq(i64, pg_int(rig.url, "SELECT count(*) FROM public.t"), 0));
    rig_end();
}

Test(db_copy, may_be_closed_in_the_middle_of_a_copy)
{
    char *chunk = mem_new(8 * 1024 * 1024);
    struct answer answer = {0};

    rig_connect();
    ask("CREATE TABLE public.t (x text)");
    copy_begin("COPY public.t FROM STDIN");
    memset(chunk, '\n', 8 * 1024 * 1024);
    db_copy_data(rig.db, chunk, 8 * 1024 * 1024, on_answer, &answer);
    uv_run(&rig.loop, UV_RUN_NOWAIT);
    rig_end();
    cr_expect(answer.is_there);
    cr_expect(eq(i64, pg_int(rig.url, "SELECT count(*) FROM public.t"), 0));
    free(chunk);
}
