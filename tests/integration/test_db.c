#include "db/db.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "core/mem.h"
#include "support/pg.h"

/*
 * The connection against a real server: what is asked, what comes back, and what is left when the
 * server goes away, stops reading, or never speaks.
 */

static struct {
    uv_loop_t loop;
    const char *url;
    struct db *db;
    bool is_inside;  /* one of db's functions */
    unsigned n_done; /* answers so far */
} f;

struct answer {
    bool is_there;
    unsigned nth; /* the order in which it came */
    struct err err;
    int n_rows;
    char text[128]; /* the first value */
    bool is_null;
};

static void on_answer(void *data, const struct db_result *result, const struct err *err)
{
    struct answer *answer = data;

    cr_assert(not(f.is_inside), "a callback came from inside the call");
    cr_assert(not(answer->is_there), "an answer came twice");
    answer->is_there = true;
    uv_stop(&f.loop);
    answer->nth = ++f.n_done;
    if (err != NULL)
        answer->err = *err;
    else if (result != NULL && (answer->n_rows = db_n_rows(result)) > 0) {
        snprintf(answer->text, sizeof(answer->text), "%s", db_text(result, 0, 0));
        answer->is_null = db_is_null(result, 0, 0);
    }
}

static void wait_for(struct answer *answer)
{
    while (!answer->is_there)
        uv_run(&f.loop, UV_RUN_DEFAULT);
}

static void begin(void)
{
    uv_loop_init(&f.loop);
    f.url = pg_fresh_database();
}

static struct err connect_to(const char *url)
{
    struct answer answer = {0};

    f.is_inside = true;
    f.db = db_connect(&f.loop, url, "test", on_answer, &answer);
    f.is_inside = false;
    wait_for(&answer);
    return answer.err;
}

static void connect_well(void)
{
    struct err err = connect_to(f.url);

    cr_assert(eq(int, err.kind, ERR_NONE), "%s", err.text);
}

static void end(void)
{
    db_close(f.db);
    while (uv_run(&f.loop, UV_RUN_DEFAULT) != 0)
        continue;
    cr_assert(eq(int, uv_loop_close(&f.loop), 0), "a handle was left open");
}

static void query(const char *sql, struct answer *answer)
{
    f.is_inside = true;
    db_query(f.db, sql, 0, NULL, on_answer, answer);
    f.is_inside = false;
}

static struct answer ask(const char *sql)
{
    struct answer answer = {0};

    query(sql, &answer);
    wait_for(&answer);
    return answer;
}

static struct answer ask_script(const char *sql)
{
    struct answer answer = {0};

    db_script(f.db, sql, on_answer, &answer);
    wait_for(&answer);
    return answer;
}

static struct answer copy_begin(const char *statement)
{
    struct answer answer = {0};

    db_copy_begin(f.db, statement, on_answer, &answer);
    wait_for(&answer);
    return answer;
}

static struct answer copy_data(const char *data, size_t size)
{
    struct answer answer = {0};

    db_copy_data(f.db, data, size, on_answer, &answer);
    wait_for(&answer);
    return answer;
}

static struct answer copy_end(const char *reason)
{
    struct answer answer = {0};

    db_copy_end(f.db, reason, on_answer, &answer);
    wait_for(&answer);
    return answer;
}

static int64_t backend(void)
{
    return pg_backend(f.url, "test");
}

TestSuite(db, .timeout = 60, .init = begin, .fini = pg_drop_databases);

/* --- connecting --------------------------------------------------------------------------------
 */

Test(db, pins_its_settings_against_the_defaults_of_a_database_and_the_url)
{
    static const struct {
        const char *name, *wanted;
    } pinned[] = {
        {"statement_timeout", "0"},
        {"lock_timeout", "0"},
        {"idle_in_transaction_session_timeout", "0"},
        {"synchronous_commit", "on"},
        {"TimeZone", "UTC"},
        {"search_path", "linkhaul,pg_temp"},
        {"DateStyle", "ISO, MDY"},
        {"client_encoding", "UTF8"},
        {"standard_conforming_strings", "on"},
        {"default_transaction_isolation", "read committed"},
        {"application_name", "test"},
        {"work_mem", "1MB"}, /* what the URL asks for and we do not care about stays */
    };
    char *name = pg_text(f.url, "SELECT current_database()");
    char *url = mem_printf(
        "%s&options=-c%%20statement_timeout%%3D1%%20-c%%20work_mem%%3D1MB"
        "&application_name=other",
        f.url);
    char sql[128];

    pg_execute(f.url,
               "ALTER DATABASE %s SET statement_timeout = '1ms';"
               "ALTER DATABASE %s SET synchronous_commit = off;"
               "ALTER DATABASE %s SET idle_in_transaction_session_timeout = '1ms';"
               "ALTER DATABASE %s SET \"TimeZone\" = 'Asia/Tokyo';"
               "ALTER DATABASE %s SET \"DateStyle\" = 'German';"
               "ALTER DATABASE %s SET default_transaction_isolation = 'serializable';"
               "ALTER DATABASE %s SET client_encoding = 'LATIN1'",
               name, name, name, name, name, name, name);
    cr_assert(eq(int, connect_to(url).kind, ERR_NONE));
    for (size_t i = 0; i < sizeof(pinned) / sizeof(pinned[0]); i++) {
        snprintf(sql, sizeof(sql), "SELECT current_setting('%s')", pinned[i].name);
        cr_expect_str_eq(ask(sql).text, pinned[i].wanted, "%s", pinned[i].name);
    }
    free(name);
    free(url);
    end();
}

Test(db, refuses_a_database_that_is_not_utf8)
{
    struct err err = connect_to(pg_fresh_database_encoded("LATIN1"));

    cr_expect(eq(int, err.kind, ERR_CONFIG));
    cr_expect(ne(ptr, strstr(err.text, "LATIN1"), NULL), "%s", err.text);
    cr_expect(db_is_lost(f.db));
    end();
}

Test(db, tells_no_password)
{
    static const char *const urls[] = {
        "postgresql://me:sec%ZZret@127.0.0.1:1/x",
        "host=/nowhere password=sesame open sec",
        "postgresql://me:sesame@127.0.0.1:1/sesame",
        "postgresql:///sesame?host=/nowhere/sesame&password=sesame",
        "postgresql://me:sesame@127.0.0.1:1/x?sesame=1",
    };

    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct err err = connect_to(urls[i]);

        cr_expect(ne(int, err.kind, ERR_NONE));
        cr_expect(eq(ptr, strstr(err.text, "sesame"), NULL), "%s", err.text);
        cr_expect(eq(ptr, strstr(err.text, "sec"), NULL), "%s", err.text);
        cr_expect(eq(ptr, strchr(err.text, '\n'), NULL), "%s", err.text);
        db_close(f.db);
    }
    while (uv_run(&f.loop, UV_RUN_DEFAULT) != 0)
        continue;
    cr_assert(eq(int, uv_loop_close(&f.loop), 0));
}

Test(db, says_that_nobody_is_there)
{
    struct err err = connect_to("postgresql:///x?host=/nowhere");
    struct answer later;

    cr_expect(eq(int, err.kind, ERR_DB));
    cr_expect(ne(ptr, strstr(err.text, "cannot connect"), NULL), "%s", err.text);
    later = ask("SELECT 1");
    cr_expect(eq(int, later.err.kind, ERR_DB));
    end();
}

/* A server that takes the connection and never says a word. */
static int listen_and_be_silent(int *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    cr_assert(eq(int, bind(fd, (struct sockaddr *)&address, size), 0));
    cr_assert(eq(int, listen(fd, 1), 0));
    getsockname(fd, (struct sockaddr *)&address, &size);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

Test(db, loses_patience_with_a_server_that_never_answers)
{
    uint64_t begun_ns = uv_hrtime();
    char url[128];
    struct err err;
    int port, fd = listen_and_be_silent(&port);

    snprintf(url, sizeof(url), "postgresql://me@127.0.0.1:%d/x?connect_timeout=1", port);
    err = connect_to(url);
    cr_expect(eq(int, err.kind, ERR_DB));
    cr_expect(ne(ptr, strstr(err.text, "in time"), NULL), "%s", err.text);
    cr_expect(lt(u64, uv_hrtime() - begun_ns, UINT64_C(10000000000)));
    close(fd);
    end();
}

/* --- asking ------------------------------------------------------------------------------------
 */

Test(db, answers_in_the_order_of_the_questions_also_those_before_the_connection)
{
    struct answer connected = {0}, answers[100] = {{0}};

    f.is_inside = true;
    f.db = db_connect(&f.loop, f.url, "test", on_answer, &connected);
    f.is_inside = false;
    for (size_t i = 0; i < 100; i++)
        query("SELECT 'same'", &answers[i]);
    wait_for(&answers[99]);
    cr_expect(eq(uint, connected.nth, 1));
    for (unsigned i = 0; i < 100; i++) {
        cr_expect(eq(uint, answers[i].nth, i + 2));
        cr_expect_str_eq(answers[i].text, "same");
    }
    end();
}

Test(db, carries_parameters_as_they_are)
{
    const char *const params[] = {"it's \\ \"quoted\"; DROP TABLE x; -- \xc3\xa4", NULL};
    struct answer answer = {0}, null = {0};
    const char *const swapped[] = {NULL, "x"};

    connect_well();
    db_query(f.db, "SELECT $1::text, $2::text", 2, params, on_answer, &answer);
    db_query(f.db, "SELECT $1::text, $2::text", 2, swapped, on_answer, &null);
    wait_for(&null);
    cr_expect_str_eq(answer.text, params[0]);
    cr_expect(null.is_null);
    end();
}

Test(db, sends_a_statement_larger_than_every_buffer)
{
    size_t size = 20 * 1024 * 1024;
    char *large = mem_new(size + 1);
    const char *const params[] = {large};
    struct answer answer = {0};

    memset(large, 'x', size);
    connect_well();
    db_query(f.db, "SELECT length($1)", 1, params, on_answer, &answer);
    wait_for(&answer);
    cr_expect_str_eq(answer.text, "20971520");
    free(large);
    end();
}

Test(db, goes_on_after_a_refusal_and_tells_its_kind)
{
    struct answer answer;

    connect_well();
    answer = ask("SELECT 1 / 0");
    cr_expect(eq(int, answer.err.kind, ERR_DATA));
    cr_expect_str_eq(answer.err.text, "division by zero (SQLSTATE 22012)");
    cr_expect_str_eq(db_last_sqlstate(f.db), "22012");
    cr_expect(eq(int, ask("SELECT * FROM missing").err.kind, ERR_DB));
    cr_expect(eq(int, ask("SELECT repeat('((', 100000)::jsonb").err.kind, ERR_DATA));
    cr_expect(eq(int, ask("no sql").err.kind, ERR_DB));
    answer = ask("DO $$ BEGIN RAISE 'no\nmore' USING errcode = 'LH001'; END $$");
    cr_expect(eq(int, answer.err.kind, ERR_BUDGET));
    cr_expect_str_eq(answer.err.text, "no more");
    cr_expect_str_eq(ask("SELECT 'alive'").text, "alive");
    end();
}

Test(db, gives_the_last_result_of_a_script_or_its_first_error)
{
    struct answer answer;

    connect_well();
    cr_expect_str_eq(ask_script("SELECT 'a'; SELECT 'b'; SELECT 'c'").text, "c");
    answer = ask_script("CREATE TABLE t (); SELECT 1 / 0; SELECT 'c'");
    cr_expect(eq(int, answer.err.kind, ERR_DATA));
    cr_expect(eq(int, ask("SELECT * FROM t").err.kind, ERR_DB), "the script was one transaction");
    cr_expect(eq(int, ask_script("").err.kind, ERR_NONE));
    cr_expect(eq(int, ask_script("DO $$ BEGIN RAISE WARNING 'hear'; END $$").err.kind, ERR_NONE));
    end();
}

/* --- COPY --------------------------------------------------------------------------------------
 */

Test(db, copies_chunks_of_every_size)
{
    size_t size = 10 * 1024 * 1024;
    char *lines = mem_new(size);
    struct answer answer;

    memset(lines, 'x', size);
    for (size_t at = 999; at < size; at += 1000)
        lines[at] = '\n';
    lines[size - 1] = '\n';
    connect_well();
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
    end();
}

Test(db, tells_at_the_end_of_a_copy_which_line_was_refused)
{
    struct answer answer;

    connect_well();
    ask("CREATE TABLE public.t (x text)");
    copy_begin("COPY public.t FROM STDIN");
    cr_expect(eq(int, copy_data("good\nbad \xff\n", 11).err.kind, ERR_NONE));
    cr_expect(eq(int, copy_data("more\n", 5).err.kind, ERR_NONE));
    answer = copy_end(NULL);
    cr_expect(eq(int, answer.err.kind, ERR_DATA));
    cr_expect_str_eq(db_last_sqlstate(f.db), "22021");
    cr_expect(ne(ptr, strstr(answer.err.text, "COPY t, line 2"), NULL), "%s", answer.err.text);
    cr_expect_str_eq(ask("SELECT count(*) FROM public.t").text, "0");
    end();
}

Test(db, gives_a_copy_up)
{
    connect_well();
    ask("CREATE TABLE public.t (x text)");
    copy_begin("COPY public.t FROM STDIN");
    copy_data("good\n", 5);
    cr_expect(eq(int, copy_end("changed our mind").err.kind, ERR_DB));
    cr_expect_str_eq(db_last_sqlstate(f.db), "57014");
    cr_expect_str_eq(ask("SELECT count(*) FROM public.t").text, "0");
    end();
}

Test(db, refuses_data_where_no_copy_is_under_way)
{
    connect_well();
    cr_expect(eq(int, copy_begin("SELECT 1").err.kind, ERR_INTERNAL));
    cr_expect(eq(int, copy_begin("COPY missing FROM STDIN").err.kind, ERR_DB));
    cr_expect(eq(int, copy_data("x\n", 2).err.kind, ERR_DB));
    cr_expect(eq(int, copy_end(NULL).err.kind, ERR_DB));
    cr_expect_str_eq(ask("SELECT 'alive'").text, "alive");
    end();
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

    uv_timer_init(&f.loop, &timer);
    timer.data = &is_over;
    uv_timer_start(&timer, on_time_over, ms, 0);
    while (!is_over)
        uv_run(&f.loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&f.loop, UV_RUN_NOWAIT);
}

Test(db, holds_no_more_than_a_slice_for_a_server_that_has_stopped_reading)
{
    size_t size = 64 * 1024 * 1024;
    char *chunk = mem_new(size);
    struct answer answer = {0};
    int64_t before_bytes;
    pid_t pid;

    memset(chunk, 'x', size);
    for (size_t at = 9999; at < size; at += 10000)
        chunk[at] = '\n';
    connect_well();
    ask("CREATE TABLE public.t (x text)");
    pid = (pid_t)backend();
    copy_begin("COPY public.t FROM STDIN");
    if (kill(pid, SIGSTOP) != 0)
        cr_skip("the server is another user's: it cannot be stopped");
    before_bytes = rss_anon_bytes();
    db_copy_data(f.db, chunk, size, on_answer, &answer);
    run_for_ms(500);
    cr_expect(not(answer.is_there), "64 MiB were taken by nobody");
    cr_expect(lt(i64, rss_anon_bytes() - before_bytes, 4 * 1024 * 1024));
    kill(pid, SIGCONT);
    wait_for(&answer);
    cr_expect(eq(int, answer.err.kind, ERR_NONE));
    cr_expect(eq(int, copy_end(NULL).err.kind, ERR_NONE));
    cr_expect_str_eq(ask("SELECT sum(length(x) + 1) FROM public.t").text, "67108865");
    free(chunk);
    end();
}

/* --- the end -----------------------------------------------------------------------------------
 */

Test(db, ends_everything_that_waits_when_the_server_ends_the_connection)
{
    struct answer answers[3] = {{0}}, later = {0};

    connect_well();
    query("SELECT pg_sleep(60)", &answers[0]);
    query("SELECT 1", &answers[1]);
    query("SELECT 2", &answers[2]);
    do
        uv_run(&f.loop, UV_RUN_NOWAIT);
    while (pg_int(f.url,
                  "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                  "AND query = 'SELECT pg_sleep(60)' AND state = 'active'") == 0);
    pg_execute(f.url, "SELECT pg_terminate_backend(%" PRId64 ")", backend());
    wait_for(&answers[2]);
    for (unsigned i = 0; i < 3; i++) {
        cr_expect(eq(int, answers[i].err.kind, ERR_DB));
        cr_expect(eq(uint, answers[i].nth, i + 2));
        cr_expect(ne(ptr, strstr(answers[i].err.text, "administrator command"), NULL), "%s",
                  answers[i].err.text);
    }
    cr_expect(db_is_lost(f.db));
    query("SELECT 3", &later);
    cr_expect(not(later.is_there));
    wait_for(&later);
    cr_expect(eq(int, later.err.kind, ERR_DB));
    end();
}

Test(db, notices_an_end_while_nothing_is_asked)
{
    connect_well();
    pg_execute(f.url, "SELECT pg_terminate_backend(%" PRId64 ")", backend());
    while (!db_is_lost(f.db))
        uv_run(&f.loop, UV_RUN_ONCE);
    cr_expect(ne(ptr, strstr(ask("SELECT 1").err.text, "administrator command"), NULL));
    end();
}

Test(db, ends_a_copy_when_the_server_ends_the_connection)
{
    struct answer answer;

    connect_well();
    ask("CREATE TABLE public.t (x text)");
    copy_begin("COPY public.t FROM STDIN");
    copy_data("x\n", 2);
    pg_execute(f.url, "SELECT pg_terminate_backend(%" PRId64 ")", backend());
    do
        answer = copy_data("y\n", 2);
    while (answer.err.kind == ERR_NONE);
    cr_expect(eq(int, answer.err.kind, ERR_DB));
    cr_expect(db_is_lost(f.db));
    cr_expect(eq(int, copy_end(NULL).err.kind, ERR_DB));
    cr_expect(eq(i64, pg_int(f.url, "SELECT count(*) FROM public.t"), 0));
    end();
}

static void close_db(void *data, const struct db_result *result, const struct err *err)
{
    (void)result;
    (void)err;
    db_close(f.db);
    *(bool *)data = true;
}

Test(db, cancels_what_waits_when_it_is_closed_also_from_a_callback)
{
    struct answer answers[2] = {{0}};
    bool is_closed = false;

    connect_well();
    query("SELECT 1", &answers[0]);
    db_query(f.db, "SELECT 1", 0, NULL, close_db, &is_closed);
    query("SELECT 2", &answers[1]);
    while (uv_run(&f.loop, UV_RUN_DEFAULT) != 0)
        continue;
    cr_expect(is_closed);
    cr_expect(eq(int, answers[0].err.kind, ERR_NONE));
    cr_expect(eq(int, answers[1].err.kind, ERR_CANCELED));
    cr_assert(eq(int, uv_loop_close(&f.loop), 0));
}

Test(db, cancels_connecting_when_it_is_closed)
{
    struct answer connected = {0}, asked = {0};

    f.db = db_connect(&f.loop, f.url, "test", on_answer, &connected);
    query("SELECT 1", &asked);
    db_close(f.db);
    cr_expect(not(connected.is_there));
    while (uv_run(&f.loop, UV_RUN_DEFAULT) != 0)
        continue;
    cr_expect(eq(int, connected.err.kind, ERR_CANCELED));
    cr_expect(eq(int, asked.err.kind, ERR_CANCELED));
    cr_assert(eq(int, uv_loop_close(&f.loop), 0));
}

Test(db, may_be_closed_in_the_middle_of_a_copy)
{
    char *chunk = mem_new(8 * 1024 * 1024);
    struct answer answer = {0};

    connect_well();
    ask("CREATE TABLE public.t (x text)");
    copy_begin("COPY public.t FROM STDIN");
    memset(chunk, '\n', 8 * 1024 * 1024);
    db_copy_data(f.db, chunk, 8 * 1024 * 1024, on_answer, &answer);
    uv_run(&f.loop, UV_RUN_NOWAIT);
    end();
    cr_expect(answer.is_there);
    cr_expect(eq(i64, pg_int(f.url, "SELECT count(*) FROM public.t"), 0));
    free(chunk);
}
