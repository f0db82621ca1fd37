#include "db/db.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/mem.h"
#include "support/db_rig.h"
#include "support/pg.h"

/*
 * The connection against a real server: what is asked, what comes back, and what is left when the
 * server goes away or never speaks. COPY has its own: test_db_copy.c.
 */

TestSuite(db, .timeout = 60, .init = rig_begin, .fini = pg_drop_databases);

/* --- connecting ------------------------------------------------------------------------------ */

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
    char *name = pg_text(rig.url, "SELECT current_database()");
    char *url = mem_printf(
        "%s&options=-c%%20statement_timeout%%3D1%%20-c%%20work_mem%%3D1MB"
        "&application_name=other",
        rig.url);
    char sql[128];

    pg_execute(rig.url,
               "ALTER DATABASE %s SET statement_timeout = '1ms';"
               "ALTER DATABASE %s SET synchronous_commit = off;"
               "ALTER DATABASE %s SET idle_in_transaction_session_timeout = '1ms';"
               "ALTER DATABASE %s SET \"TimeZone\" = 'Asia/Tokyo';"
               "ALTER DATABASE %s SET \"DateStyle\" = 'German';"
               "ALTER DATABASE %s SET default_transaction_isolation = 'serializable';"
               "ALTER DATABASE %s SET client_encoding = 'LATIN1'",
               name, name, name, name, name, name, name);
    cr_assert(eq(int, rig_connect_to(url).kind, ERR_NONE));
    for (size_t i = 0; i < sizeof(pinned) / sizeof(pinned[0]); i++) {
        snprintf(sql, sizeof(sql), "SELECT current_setting('%s')", pinned[i].name);
        cr_expect_str_eq(ask(sql).text, pinned[i].wanted, "%s", pinned[i].name);
    }
    free(name);
    free(url);
    rig_end();
}

Test(db, refuses_a_database_that_is_not_utf8)
{
    struct err err = rig_connect_to(pg_fresh_database_encoded("LATIN1"));

    cr_expect(eq(int, err.kind, ERR_CONFIG));
    cr_expect(ne(ptr, strstr(err.text, "LATIN1"), NULL), "%s", err.text);
    cr_expect(db_is_lost(rig.db));
    rig_end();
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
        struct err err = rig_connect_to(urls[i]);

        cr_expect(ne(int, err.kind, ERR_NONE));
        cr_expect(eq(ptr, strstr(err.text, "sesame"), NULL), "%s", err.text);
        cr_expect(eq(ptr, strstr(err.text, "sec"), NULL), "%s", err.text);
        cr_expect(eq(ptr, strchr(err.text, '\n'), NULL), "%s", err.text);
        db_close(rig.db);
    }
    rig_end_loop();
}

Test(db, says_that_nobody_is_there)
{
    struct err err = rig_connect_to("postgresql:///x?host=/nowhere");
    struct answer later;

    cr_expect(eq(int, err.kind, ERR_DB));
    cr_expect(ne(ptr, strstr(err.text, "cannot connect"), NULL), "%s", err.text);
    later = ask("SELECT 1");
    cr_expect(eq(int, later.err.kind, ERR_DB));
    rig_end();
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
    err = rig_connect_to(url);
    cr_expect(eq(int, err.kind, ERR_DB));
    cr_expect(ne(ptr, strstr(err.text, "in time"), NULL), "%s", err.text);
    cr_expect(lt(u64, uv_hrtime() - begun_ns, UINT64_C(10000000000)));
    close(fd);
    rig_end();
}

/* --- asking ---------------------------------------------------------------------------------- */

Test(db, answers_in_the_order_of_the_questions_also_those_before_the_connection)
{
    struct answer connected = {0}, answers[100] = {{0}};

    rig.is_inside = true;
    rig.db = db_connect(&rig.loop, rig.url, "test", on_answer, &connected);
    rig.is_inside = false;
    for (size_t i = 0; i < 100; i++)
        query("SELECT 'same'", &answers[i]);
    wait_for(&answers[99]);
    cr_expect(eq(uint, connected.nth, 1));
    for (unsigned i = 0; i < 100; i++) {
        cr_expect(eq(uint, answers[i].nth, i + 2));
        cr_expect_str_eq(answers[i].text, "same");
    }
    rig_end();
}

Test(db, carries_parameters_as_they_are)
{
    const char *const params[] = {"it's \\ \"quoted\"; DROP TABLE x; -- \xc3\xa4", NULL};
    struct answer answer = {0}, null = {0};
    const char *const swapped[] = {NULL, "x"};

    rig_connect();
    db_query(rig.db, "SELECT $1::text, $2::text", 2, params, on_answer, &answer);
    db_query(rig.db, "SELECT $1::text, $2::text", 2, swapped, on_answer, &null);
    wait_for(&null);
    cr_expect_str_eq(answer.text, params[0]);
    cr_expect(null.is_null);
    rig_end();
}

Test(db, sends_a_statement_larger_than_every_buffer)
{
    size_t size = 20 * 1024 * 1024;
    char *large = mem_new(size + 1);
    const char *const params[] = {large};
    struct answer answer = {0};

    memset(large, 'x', size);
    rig_connect();
    db_query(rig.db, "SELECT length($1)", 1, params, on_answer, &answer);
    wait_for(&answer);
    cr_expect_str_eq(answer.text, "20971520");
    free(large);
    rig_end();
}

Test(db, goes_on_after_a_refusal_and_tells_its_kind)
{
    struct answer answer;

    rig_connect();
    answer = ask("SELECT 1 / 0");
    cr_expect(eq(int, answer.err.kind, ERR_DATA));
    cr_expect_str_eq(answer.err.text, "division by zero (SQLSTATE 22012)");
    cr_expect_str_eq(db_last_sqlstate(rig.db), "22012");
    cr_expect(eq(int, ask("SELECT * FROM missing").err.kind, ERR_DB));
    cr_expect(eq(int, ask("SELECT repeat('((', 100000)::jsonb").err.kind, ERR_DATA));
    cr_expect(eq(int, ask("no sql").err.kind, ERR_DB));
    answer = ask("DO $$ BEGIN RAISE 'no\nmore' USING errcode = 'LH001'; END $$");
    cr_expect(eq(int, answer.err.kind, ERR_BUDGET));
    cr_expect_str_eq(answer.err.text, "no more");
    cr_expect_str_eq(ask("SELECT 'alive'").text, "alive");
    rig_end();
}

Test(db, gives_the_last_result_of_a_script_or_its_first_error)
{
    struct answer answer;

    rig_connect();
    cr_expect_str_eq(ask_script("SELECT 'a'; SELECT 'b'; SELECT 'c'").text, "c");
    answer = ask_script("CREATE TABLE t (); SELECT 1 / 0; SELECT 'c'");
    cr_expect(eq(int, answer.err.kind, ERR_DATA));
    cr_expect(eq(int, ask("SELECT * FROM t").err.kind, ERR_DB), "the script was one transaction");
    cr_expect(eq(int, ask_script("").err.kind, ERR_NONE));
    cr_expect(eq(int, ask_script("DO $$ BEGIN RAISE WARNING 'hear'; END $$").err.kind, ERR_NONE));
    rig_end();
}

/* --- the end --------------------------------------------------------------------------------- */

Test(db, ends_everything_that_waits_when_the_server_ends_the_connection)
{
    struct answer answers[3] = {{0}}, later = {0};

    rig_connect();
    query("SELECT pg_sleep(60)", &answers[0]);
    query("SELECT 1", &answers[1]);
    query("SELECT 2", &answers[2]);
    do
        uv_run(&rig.loop, UV_RUN_NOWAIT);
    while (pg_int(rig.url,
                  "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                  "AND query = 'SELECT pg_sleep(60)' AND state = 'active'") == 0);
    terminate_backend();
    wait_for(&answers[2]);
    for (unsigned i = 0; i < 3; i++) {
        cr_expect(eq(int, answers[i].err.kind, ERR_DB));
        cr_expect(eq(uint, answers[i].nth, i + 2));
        cr_expect(ne(ptr, strstr(answers[i].err.text, "administrator command"), NULL), "%s",
                  answers[i].err.text);
    }
    cr_expect(db_is_lost(rig.db));
    query("SELECT 3", &later);
    cr_expect(not(later.is_there));
    wait_for(&later);
    cr_expect(eq(int, later.err.kind, ERR_DB));
    rig_end();
}

Test(db, notices_an_end_while_nothing_is_asked)
{
    rig_connect();
    terminate_backend();
    while (!db_is_lost(rig.db))
        uv_run(&rig.loop, UV_RUN_ONCE);
    cr_expect(ne(ptr, strstr(ask("SELECT 1").err.text, "administrator command"), NULL));
    rig_end();
}

static void close_db(void *data, const struct db_result *result, const struct err *err)
{
    (void)result;
    (void)err;
    db_close(rig.db);
    *(bool *)data = true;
}

Test(db, cancels_what_waits_when_it_is_closed_also_from_a_callback)
{
    struct answer answers[2] = {{0}};
    bool is_closed = false;

    rig_connect();
    query("SELECT 1", &answers[0]);
    db_query(rig.db, "SELECT 1", 0, NULL, close_db, &is_closed);
    query("SELECT 2", &answers[1]);
    while (uv_run(&rig.loop, UV_RUN_DEFAULT) != 0)
        continue;
    cr_expect(is_closed);
    cr_expect(eq(int, answers[0].err.kind, ERR_NONE));
    cr_expect(eq(int, answers[1].err.kind, ERR_CANCELED));
    cr_assert(eq(int, uv_loop_close(&rig.loop), 0));
}

Test(db, cancels_connecting_when_it_is_closed)
{
    struct answer connected = {0}, asked = {0};

    rig.db = db_connect(&rig.loop, rig.url, "test", on_answer, &connected);
    query("SELECT 1", &asked);
    db_close(rig.db);
    cr_expect(not(connected.is_there));
    while (uv_run(&rig.loop, UV_RUN_DEFAULT) != 0)
        continue;
    cr_expect(eq(int, connected.err.kind, ERR_CANCELED));
    cr_expect(eq(int, asked.err.kind, ERR_CANCELED));
    cr_assert(eq(int, uv_loop_close(&rig.loop), 0));
}

/* --- notifications --------------------------------------------------------------------------- */

static void count(void *data)
{
    ++*(unsigned *)data;
}

/* While it has nothing else to do, and only what the session listens for. */
Test(db, tells_of_notifications)
{
    unsigned n = 0;

    rig_connect();
    db_on_notify(rig.db, count, &n);
    cr_expect(eq(int, ask("LISTEN here").err.kind, ERR_NONE));
    pg_execute(rig.url, "NOTIFY elsewhere");
    pg_execute(rig.url, "NOTIFY here");
    while (n == 0)
        uv_run(&rig.loop, UV_RUN_ONCE);
    cr_expect(eq(uint, n, 1));
    cr_expect(eq(int, ask("SELECT 1").err.kind, ERR_NONE));
    cr_expect(eq(uint, n, 1));
    rig_end();
}
