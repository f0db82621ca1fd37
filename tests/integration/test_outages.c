#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/books.h"
#include "support/pg.h"
#include "support/server.h"

/*
 * PostgreSQL away: killed, put back to what it was some pages ago, full, read-only, locked, its
 * sessions ended. A run goes on by itself or is started again; the rows are exact, the books agree,
 * and what had been received is not bought again.
 */

#define STARTS_MAX 60
#define PATIENCE_MS 60000

/* A minute of the API is a second. */
static void make_haste(void)
{
    setenv("LINKHAUL_HASTE", "60", 1);
}

static struct server server;

static void end_servers(void)
{
    server_end(&server);
    pg_drop_databases();
}

TestSuite(outages, .timeout = 1200, .init = make_haste, .fini = end_servers);

static struct story story;
static struct books books;

static void begin(const char *url)
{
    books = books_of_form();
    story_begin(&story, url);
    story_sandbox(&story, "--items", books_items(&books), "--latency", "20-60");
    story_config_account(&story, "in_flight: 5", "");
    books_write_job(&story, &books);
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
}

static size_t n_billed(void)
{
    struct ledger ledger = {.n_calls = 0};
    size_t n;

    story_ledger(&story, &ledger);
    n = ledger.n_billed;
    ledger_deinit(&ledger);
    return n;
}

static size_t awaited;

static bool has_awaited_or_ended(void *data)
{
    (void)data;
    return !process_is_running(&story.linkhaul) || n_billed() >= awaited;
}

/* Until so many more calls are billed, or linkhaul has ended; the database is not asked for it. */
static void wait_for_billed(size_t n_more)
{
    awaited = n_billed() + n_more;
    cr_assert(wait_until(has_awaited_or_ended, NULL, PATIENCE_MS));
}

/* What has ended, ended as it may. */
static void expect_fair_end(void)
{
    int code = story_wait(&story);

    if (code != 0 && code != 69 && code != 1 && code != 2)
        cr_fatal("ended with %d: %s", code, story.err);
}

/* A run is under way: that of before, or a new start. */
static void keep_running(void)
{
    if (process_is_running(&story.linkhaul))
        return;
    if (story.linkhaul.name != NULL)
        expect_fair_end();
    story_start(&story, "run", "walk");
}

static void end_and_expect_whole(void)
{
    expect_fair_end();
    if (story.linkhaul.exit_code != 0)
        books_run_to_end(&story, STARTS_MAX);
    books_expect_rows(&story, &books);
    books_expect_money(&story, &books);
}

static int64_t n_pages(void)
{
    return (books.n_items + books.limit - 1) / books.limit;
}

/* For a story of one run: every page was bought once, but for calls that were never received. */
static void expect_nothing_twice(void)
{
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.run"), 1));
    cr_expect(eq(i64, (int64_t)n_billed(), n_pages() + books_n_undelivered(&story)));
}

static uint64_t random_state;

/* From 1 to `most`; the sequence hangs on the seed alone. */
static size_t draw(size_t most)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return 1 + (size_t)((random_state >> 33) % most);
}

/* LINKHAUL_KILLS_SEED gives other moments. */
static void seed(uint64_t nth)
{
    const char *text = getenv("LINKHAUL_KILLS_SEED");
    uint64_t of_test = text != NULL ? strtoull(text, NULL, 10) : 1;

    cr_log_info("seed %" PRIu64 ", LINKHAUL_KILLS_SEED changes it", of_test);
    random_state = of_test * 16 + nth;
}

/* --- the server ------------------------------------------------------------------------------ */

static void kill_server_at_random(uint64_t nth)
{
    char name[16];

    snprintf(name, sizeof(name), "kills-%" PRIu64, nth);
    server_begin(&server, name);
    begin(server.url);
    seed(nth);
    for (int i = books_is_long() ? 10 : 2; i > 0; i--) {
        keep_running();
        wait_for_billed(draw(12));
        server_kill(&server);
        server_restart(&server);
    }
    end_and_expect_whole();
    cr_expect(eq(i64, (int64_t)n_billed(),
                 story_int(&story,
                           "select count(*) from linkhaul.attempt where is_page or "
                           "state = 'undelivered'")),
              "a page that was received was bought again");
    story_end(&story);
}

Test(outages, the_server_is_killed_at_random)
{
    kill_server_at_random(1);
}

Test(outages, the_server_is_killed_at_random_again)
{
    kill_server_at_random(2);
}

/* A copy of the database as it is after some pages. */
static void save_on_the_way(const char *name)
{
    server_begin(&server, name);
    begin(server.url);
    keep_running();
    wait_for_billed(8);
    server_kill(&server);
    server_save(&server);
    server_restart(&server);
}

static void lose_the_last_commits(void)
{
    server_kill(&server);
    server_put_back(&server);
    server_restart(&server);
}

/* As a fail-over to a standby that was behind. */
Test(outages, a_fail_over_loses_the_last_commits)
{

    save_on_the_way("failover");
    keep_running();
    wait_for_billed(15);
    lose_the_last_commits();
    end_and_expect_whole();
    expect_nothing_twice();
    story_end(&story);
}

/* Even the publish is lost: everything is in the spool, and no call is made. */
Test(outages, a_fail_over_loses_the_end_of_a_run)
{
    size_t n;

    save_on_the_way("end");
    end_and_expect_whole();
    n = n_billed();
    lose_the_last_commits();
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 0));
    books_run_to_end(&story, STARTS_MAX);
    cr_expect(ne(ptr, strstr(story.err, "(a fail-over?)"), NULL), "%s", story.err);
    books_expect_rows(&story, &books);
    books_expect_money(&story, &books);
    cr_expect(eq(sz, n_billed(), n), "what was received is bought again");
    expect_nothing_twice();
    story_end(&story);
}

/* A copy of the database as it is before the run begins. */
static void save_before_the_run(const char *name)
{
    server_begin(&server, name);
    begin(server.url);
    server_kill(&server);
    server_save(&server);
    server_restart(&server);
}

/* Run, feed and listing are gone with the rest: they come back from the spool. */
Test(outages, a_fail_over_loses_the_run_itself)
{
    save_before_the_run("run");
    keep_running();
    wait_for_billed(20);
    lose_the_last_commits();
    end_and_expect_whole();
    expect_nothing_twice();
    story_end(&story);
}

/* The run, and all that came of it: no call is made. */
Test(outages, a_fail_over_loses_a_run_from_its_beginning_to_its_end)
{
    size_t n;

    save_before_the_run("all");
    keep_running();
    end_and_expect_whole();
    n = n_billed();
    lose_the_last_commits();
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.run"), 0));
    cr_expect(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    cr_expect(ne(ptr, strstr(story.err, "brought back from the spool"), NULL), "%s", story.err);
    books_expect_rows(&story, &books);
    books_expect_money(&story, &books);
    cr_expect(eq(sz, n_billed(), n), "what was received is bought again");
    expect_nothing_twice();
    story_end(&story);
}

/* Nobody takes up another installation's run, though its segment lies in the same folder. */
Test(outages, a_database_made_anew_takes_up_nothing_of_the_one_before)
{
    save_before_the_run("anew");
    keep_running();
    end_and_expect_whole();
    lose_the_last_commits();
    pg_execute(story.database_url, "update linkhaul.install set uid = gen_random_uuid()");
    cr_expect(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    cr_expect(eq(ptr, strstr(story.err, "has lost"), NULL), "%s", story.err);
    cr_expect(eq(i64, (int64_t)n_billed(), 2 * n_pages()));
    books_expect_rows(&story, &books);
    story_end(&story);
}

/* --- its moods ------------------------------------------------------------------------------- */

static void execute(const char *sql)
{
    pg_execute(story.database_url, "%s", sql);
}

static void run_until_billed(size_t n)
{
    begin(pg_fresh_database());
    keep_running();
    wait_for_billed(n);
}

/* It says what is the matter, waits, and goes on as soon as that is over. */
static bool is_waiting_or_ended(void *data)
{
    char *err = process_err(&story.linkhaul);
    bool is_so = strstr(err, "waiting for the database") != NULL;

    (void)data;
    free(err);
    return is_so || !process_is_running(&story.linkhaul);
}

static void wait_for_waiting(void)
{
    cr_assert(wait_until(is_waiting_or_ended, NULL, PATIENCE_MS));
}

static void expect_all_well_again(const char *said)
{
    char *err = process_err(&story.linkhaul);

    cr_expect(ne(ptr, strstr(err, said), NULL), "not said: %s; but: %s", said, err);
    free(err);
    end_and_expect_whole();
    expect_nothing_twice();
    story_end(&story);
}

Test(outages, its_disk_is_full_for_a_while)
{
    run_until_billed(8);
    execute(
        "create function full_disk() returns trigger language plpgsql as $f$ begin raise "
        "exception using errcode = '53100', message = 'no space left on device'; end $f$; "
        "create trigger full_disk before insert on linkhaul.backlink for each statement "
        "execute function full_disk()");
    wait_for_waiting();
    execute("drop trigger full_disk on linkhaul.backlink");
    expect_all_well_again("no space left on device");
}

Test(outages, it_is_read_only_for_a_while)
{
    char *name;

    run_until_billed(8);
    name = story_text(&story, "select current_database()");
    pg_execute(story.database_url,
               "alter database %s set default_transaction_read_only = on; select "
               "pg_terminate_backend(pid) from pg_stat_activity where datname = '%s' and "
               "application_name like 'linkhaul%%'",
               name, name);
    wait_for_waiting();
    pg_execute(story.database_url,
               "begin read write; alter database %s reset default_transaction_read_only; commit",
               name);
    free(name);
    expect_all_well_again("waiting for the database");
}

static bool has_ended(void *data)
{
    (void)data;
    return !process_is_running(&story.linkhaul);
}

/* Nothing can be reserved or booked for some seconds; whatever is answered meanwhile is kept. */
Test(outages, its_ledger_is_locked_for_a_while)
{
    PGconn *conn;
    PGresult *result;

    run_until_billed(8);
    conn = PQconnectdb(story.database_url);
    result = PQexec(conn, "begin; lock table linkhaul.attempt in access exclusive mode");
    cr_assert(eq(int, (int)PQresultStatus(result), (int)PGRES_COMMAND_OK), "%s",
              PQerrorMessage(conn));
    PQclear(result);
    wait_until(has_ended, NULL, 3000);
    PQfinish(conn);
    end_and_expect_whole();
    expect_nothing_twice();
    story_end(&story);
}

Test(outages, its_sessions_are_ended_at_random)
{
    begin(pg_fresh_database());
    seed(3);
    for (int i = books_is_long() ? 20 : 3; i > 0; i--) {
        keep_running();
        wait_for_billed(draw(10));
        story_int(&story,
                  "select count(pg_terminate_backend(pid)) from (select pid from "
                  "pg_stat_activity where datname = current_database() and "
                  "application_name like 'linkhaul%%' order by random() limit 1) x");
    }
    end_and_expect_whole();
    story_end(&story);
}
