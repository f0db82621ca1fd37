#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "support/books.h"
#include "support/pg.h"
#include "support/server.h"
#include "support/systemd.h"

/*
 * The service as systemd, its database and its account meet it. A minute is a second, also for
 * schedules: "* * * * *" is due every second.
 */

#define PATIENCE_MS 90000

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

TestSuite(service, .timeout = 600, .init = make_haste, .fini = end_servers);

static struct story story;
static struct books books;

/* A listing of a few pages, walked in no time. */
static void write_small(const char *job, const char *target, const char *more)
{
    CLEANUP(mem_free_string) char *file = mem_printf("jobs.d/%s.yaml", job);

    story_file(&story, file,
               "job: %s\nendpoint: backlinks\ntargets: [%s]\nschedule: \"* * * * *\"\n"
               "request: { limit: 100 }\nbudget: 90\n%s",
               job, target, more);
}

/* The job of the books, by a schedule. */
static void write_walk(const char *schedule)
{
    story_file(&story, "jobs.d/walk.yaml",
               "job: walk\nendpoint: backlinks\ntargets: [%s]\nschedule: \"%s\"\nbudget: %" PRId64
               "\nrequest: { limit: %" PRId64 " }\n",
               books.target, schedule, books.budget_dollars, books.limit);
}

#define begin(url, ...) begin_argv(url, (const char *const[]){__VA_ARGS__, NULL})
static void begin_argv(const char *url, const char *const sandbox[])
{
    story_begin(&story, url);
    story_sandbox_argv(&story, sandbox);
    story_config_account(&story, "in_flight: 5", "");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
}

static void begin_books(const char *url)
{
    books = books_of_form();
    begin(url, "--items", books_items(&books), "--latency", "20-60");
    write_walk("* * * * *");
}

struct wish {
    const char *sql;
    const char *said;
};

static bool is_so(void *data)
{
    const struct wish *wish = data;
    CLEANUP(mem_free_string) char *said = NULL;

    systemd_drain(); /* who does not listen would hold it up */
    if (wish->sql != NULL)
        return story_int(&story, "select (%s)::int", wish->sql) == 1;
    said = process_err(&story.linkhaul);
    return strstr(said, wish->said) != NULL;
}

static bool is_so_or_ended(void *data)
{
    return is_so(data) || !process_is_running(&story.linkhaul);
}

static void await(struct wish *wish, const char *what)
{
    CLEANUP(mem_free_string) char *said = NULL;

    if (wait_until(is_so_or_ended, wish, PATIENCE_MS) && is_so(wish))
        return;
    said = process_err(&story.linkhaul);
    cr_fatal("never: %s; said: %s", what, said);
}

static void wait_for(const char *sql)
{
    struct wish wish = {.sql = sql};

    await(&wish, sql);
}

static void wait_until_said(const char *text)
{
    struct wish wish = {.said = text};

    await(&wish, text);
}

static void end(int code)
{
    cr_expect(eq(int, story_wait(&story), code), "%s", story.err);
}

static void stop(void)
{
    process_signal(&story.linkhaul, SIGTERM);
    end(0);
}

/* Each paid call once, and never more of them than the account may have. */
static void expect_books(void)
{
    books_expect_rows(&story, &books);
    books_expect_money(&story, &books);
}

/* One start, and nothing behind it. */
#define ONCE_A_YEAR "0 0 1 1 *"

/* --- systemd --------------------------------------------------------------------------------- */

Test(service, tells_systemd_how_it_stands)
{
    begin(pg_fresh_database(), "--items", "example.com=300");
    write_small("a", "example.com", "");
    systemd_begin(&story, 600);
    story_start(&story, "serve");
    systemd_expect("READY=1");
    cr_expect(systemd_has("STATUS=1 jobs"));
    systemd_expect("WATCHDOG=1");
    systemd_expect("WATCHDOG=1");
    wait_for("select count(*) > 0 from linkhaul.listing where state = 'published'");
    systemd_expect("STATUS=1 jobs, 0 running, 0 blocked, 0 calls in flight, $");

    process_signal(&story.linkhaul, SIGTERM);
    systemd_expect("STOPPING=1");
    cr_expect(systemd_has("EXTEND_TIMEOUT_USEC="));
    end(0);
    systemd_end();
    story_end(&story);
}

Test(service, reloads_file_by_file)
{
    begin(pg_fresh_database(), "--items", "example.com=300");
    write_small("a", "example.com", "");
    systemd_begin(&story, 0);
    story_start(&story, "serve");
    systemd_expect("READY=1");

    write_small("b", "example.com", "request2: 1\n"); /* wrong from the first: the other runs */
    process_signal(&story.linkhaul, SIGHUP);
    systemd_expect("RELOADING=1");
    cr_expect(systemd_has("MONOTONIC_USEC="));
    systemd_expect("READY=1");
    wait_until_said("jobs.d/b.yaml has mistakes, named above: its jobs do not run");

    write_small("b", "example.com", "");
    process_signal(&story.linkhaul, SIGHUP);
    systemd_expect("READY=1");
    cr_expect(systemd_has("STATUS=2 jobs"));
    wait_for("select count(*) > 0 from linkhaul.run where job = 'b' and state = 'done'");

    story_file(&story, "jobs.d/b.yaml", "job: b\nendpoint: backlink\n");
    process_signal(&story.linkhaul, SIGHUP);
    systemd_expect("READY=1");
    cr_expect(systemd_has("STATUS=2 jobs"));
    wait_until_said("jobs.d/b.yaml has mistakes, named above: its jobs go on with their last good");
    pg_execute(story.database_url, "update linkhaul.run set labels = '{\"before\": true}'");
    wait_for("select count(distinct job) = 2 from linkhaul.run where labels::text = '{}'");

    story_file(&story, "linkhaul.yaml", "api: 3\n"); /* and of a bad main file nothing is taken */
    process_signal(&story.linkhaul, SIGHUP);
    wait_until_said("the configuration stays as it was");
    pg_execute(story.database_url, "update linkhaul.run set labels = '{\"before\": true}'");
    wait_for("select count(distinct job) = 2 from linkhaul.run where labels::text = '{}'");
    stop();
    systemd_end();
    story_end(&story);
}

/* --- the end --------------------------------------------------------------------------------- */

Test(service, drains_in_the_middle_of_a_run_and_goes_on_with_it)
{
    begin_books(pg_fresh_database());
    story_start(&story, "serve");
    wait_for("select count(*) > 6 from linkhaul.attempt where is_page");
    stop();
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.attempt where state in "
                           "('reserved', 'unknown')"),
                 0),
              "what was paid for has not landed");
    write_walk(ONCE_A_YEAR);
    story_start(&story, "serve");
    wait_for("select count(*) = 1 from linkhaul.listing where state = 'published'");
    stop();
    cr_expect_not_null(strstr(story.err, "cut short"), "%s", story.err);
    cr_expect_null(strstr(story.err, "cannot be read"), "%s", story.err);
    expect_books();
    story_end(&story);
}

Test(service, a_second_signal_ends_at_once_and_loses_nothing)
{
    begin_books(pg_fresh_database());
    for (int i = 1; i < 4; i++) {
        struct wish wish = {.said = "stopping: no new calls"};

        story_start(&story, "serve");
        wait_for(i == 1   ? "select count(*) > 4 from linkhaul.attempt where is_page"
                 : i == 2 ? "select count(*) > 8 from linkhaul.attempt where is_page"
                          : "select count(*) > 12 from linkhaul.attempt where is_page");
        process_signal(&story.linkhaul, SIGTERM);
        cr_assert(wait_until(is_so, &wish, PATIENCE_MS));
        process_signal(&story.linkhaul, SIGTERM);
        cr_expect(eq(int, story_wait(&story) & ~1, 0)); /* it may have been faster */
        write_walk(ONCE_A_YEAR);
    }
    story_start(&story, "serve");
    wait_for("select count(*) = 1 from linkhaul.listing where state = 'published'");
    stop();
    expect_books();
    story_end(&story);
}

Test(service, a_kill_in_the_middle_of_runs_is_gone_on_with)
{
    begin_books(pg_fresh_database());
    story_start(&story, "serve");
    wait_for("select count(*) > 6 from linkhaul.attempt where is_page");
    process_kill(&story.linkhaul);
    write_walk(ONCE_A_YEAR);
    story_start(&story, "serve");
    wait_for("select count(*) = 1 from linkhaul.listing where state = 'published'");
    stop();
    expect_books();
    story_end(&story);
}

/* --- the database ---------------------------------------------------------------------------- */

Test(service, waits_for_a_database_that_is_away_at_first)
{
    server_begin(&server, "service-first");
    begin(server.url, "--items", "example.com=300");
    write_small("a", "example.com", "");
    server_kill(&server);
    systemd_begin(&story, 300);
    story_start(&story, "serve");
    systemd_expect("READY=1");
    cr_expect(systemd_has("STATUS=waiting for the database: "));
    systemd_expect("WATCHDOG=1");
    server_restart(&server);
    systemd_expect("STATUS=1 jobs");
    wait_for("select count(*) > 0 from linkhaul.listing where state = 'published'");
    stop();
    systemd_end();
    story_end(&story);
}

Test(service, goes_on_when_the_database_is_back)
{
    server_begin(&server, "service-between");
    begin_books(server.url);
    story_start(&story, "serve");
    wait_for("select count(*) > 6 from linkhaul.attempt where is_page");
    write_walk(ONCE_A_YEAR);
    process_signal(&story.linkhaul, SIGHUP);
    for (int i = 0; i < 3; i++) {
        server_kill(&server);
        wait_until_said("nothing starts until the database is back");
        server_restart(&server);
        wait_until_said("the database is back");
    }
    wait_for("select count(*) = 1 from linkhaul.listing where state = 'published'");
    stop();
    expect_books();
    story_end(&story);
}

/* Longer than an engine waits. */
Test(service, takes_a_run_up_again_that_has_ended_for_want_of_the_database)
{
    server_begin(&server, "service-long");
    begin_books(server.url);
    story_start(&story, "serve");
    wait_for("select count(*) > 6 from linkhaul.attempt where is_page");
    write_walk(ONCE_A_YEAR);
    process_signal(&story.linkhaul, SIGHUP);
    server_kill(&server);
    wait_until_said("error: walk: ");
    server_restart(&server);
    wait_for("select count(*) = 1 from linkhaul.listing where state = 'published'");
    stop();
    expect_books();
    story_end(&story);
}

/* --- starts ---------------------------------------------------------------------------------- */

Test(service, a_start_that_was_missed_is_caught_up_or_recorded)
{
    begin(pg_fresh_database(), "--items", "example.com=300");
    write_small("late", "example.com", "");
    write_small("soon", "example.com", "catch_up: until 00:00\n");
    story_start(&story, "serve");
    wait_for("select count(distinct job) = 2 from linkhaul.run where state = 'done'");
    stop();
    /* As if it had been down for three hours. */
    pg_execute(story.database_url,
               "delete from linkhaul.missed_start; "
               "update linkhaul.run set scheduled_at = scheduled_at - interval '3 hours', "
               "labels = '{\"before\": true}'");
    story_start(&story, "serve");
    wait_for("select count(distinct job) = 2 from linkhaul.run where labels::text = '{}'");
    stop();
    cr_expect(ge(i64,
                 story_int(&story,
                           "select sum(starts)::bigint from linkhaul.missed_start "
                           "where job = 'late' and reason = 'missed: linkhaul was not "
                           "running'"),
                 170));
    cr_expect_not_null(strstr(story.err, "soon: starts for the night of"));
    cr_expect(eq(
        i64, story_int(&story, "select count(*) from linkhaul.run where scheduled_at is null"), 0));
    story_end(&story);
}

Test(service, a_job_does_not_run_beside_itself)
{
    begin_books(pg_fresh_database());
    story_start(&story, "serve");
    wait_for(
        "select count(*) > 2 from linkhaul.missed_start where reason = 'skipped: still "
        "running'");
    stop();
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from (select min(reserved_at) < max(max(booked_at)) "
                           "over (order by run_id rows between unbounded preceding and 1 "
                           "preceding) as is_beside from linkhaul.attempt group by run_id) x "
                           "where is_beside"),
                 0));
    story_end(&story);
}

Test(service, an_account_without_money_is_asked_again_until_it_has_some)
{
    begin(pg_fresh_database(), "--items", "example.com=300", "--balance", "0.0001");
    write_small("a", "example.com", "");
    write_small("b", "example.com", "");
    story_start(&story, "serve");
    wait_for(
        "select count(distinct job) = 2 from linkhaul.missed_start "
        "where reason like 'blocked: balance%'");
    story_sandbox(&story, "--items", "example.com=300");
    wait_for("select count(distinct job) = 2 from linkhaul.run where state = 'done'");
    stop();
    cr_expect(
        eq(i64, story_int(&story, "select count(*) from linkhaul.run where state = 'open'"), 0));
    story_end(&story);
}

Test(service, a_run_that_lasts_too_long_is_stopped)
{
    begin_books(pg_fresh_database());
    story_file(&story, "jobs.d/walk.yaml",
               "job: walk\nendpoint: backlinks\ntargets: [example.com]\nschedule: \"* * * * *\"\n"
               "max_duration: 20s\nbudget: 90\nrequest: { limit: 100 }\n");
    story_start(&story, "serve");
    wait_until_said("has lasted for its max_duration");
    wait_for("select count(*) = 1 from linkhaul.listing where state = 'published'");
    stop();
    expect_books();
    story_end(&story);
}

/* --- side by side ---------------------------------------------------------------------------- */

/* More jobs than there are slots, all due in the same moment and the next. */
Test(service, jobs_side_by_side_keep_to_the_limits_of_their_account)
{
    struct ledger ledger = {.n_calls = 0};
    char job[] = "job-a";

    begin(pg_fresh_database(), "--latency", "20-60", "--in-flight", "3", "--per-minute", "90",
          "--items", "example.com=1500");
    story_config_account(&story, "in_flight: 3\ncalls_per_minute: 90", "");
    for (; job[4] < 'f'; job[4]++)
        write_small(job, "example.com", "");
    story_start(&story, "serve");
    wait_for("select count(*) >= 8 from linkhaul.run where state = 'done'");
    process_signal(&story.linkhaul, SIGHUP);
    stop();
    story_ledger(&story, &ledger);
    for (size_t i = 0; i < ledger.n_calls; i++)
        cr_assert(ne(i64, ledger.calls[i].status_code, 40202));
    for (size_t i = 0; i < ledger.n_calls; i++)
        cr_assert(ne(i64, ledger.calls[i].status_code, 40209));
    cr_expect(le(i64, ledger.in_flight_max, 3));
    cr_expect(eq(i64, ledger.billed_nanousd,
                 story_int(&story, "select sum(charged_nanousd)::bigint from linkhaul.attempt")));
    ledger_deinit(&ledger);
    story_end(&story);
}

/* The account's free calls are limited, too, and all jobs are due at once. */
Test(service, jobs_side_by_side_ask_the_account_once)
{
    struct ledger ledger = {.n_calls = 0};
    char job[] = "job-a";
    size_t n_asked = 0;

    begin(pg_fresh_database(), "--items", "example.com=300");
    for (; job[4] < 'm'; job[4]++)
        write_small(job, "example.com", "");
    story_start(&story, "serve");
    wait_for("select count(distinct job) = 12 from linkhaul.run where state = 'done'");
    stop();
    story_ledger(&story, &ledger);
    for (size_t i = 0; i < ledger.n_calls; i++)
        n_asked += strstr(ledger.calls[i].path, "user_data") != NULL;
    cr_expect(le(sz, n_asked,
                 1 + story_int(&story,
                               "select count(distinct scheduled_at) / 10 from "
                               "linkhaul.run")));
    ledger_deinit(&ledger);
    story_end(&story);
}

Test(service, has_the_database_alone)
{
    struct process service;

    begin_books(pg_fresh_database());
    story_start(&story, "serve");
    wait_for("select count(*) > 6 from linkhaul.attempt where is_page");
    service = story.linkhaul;
    story.linkhaul = (struct process){.pid = 0};
    cr_expect(eq(int, story_run(&story, "serve"), 75));
    cr_expect_not_null(strstr(story.err, "another linkhaul works on this database: linkhaul["),
                       "%s", story.err);
    cr_expect_not_null(strstr(story.err, "] service"), "%s", story.err);
    cr_expect(eq(int, story_run(&story, "status"), 0));
    cr_expect_not_null(strstr(story.out, "] service"), "%s", story.out);
    process_deinit(&story.linkhaul);
    story.linkhaul = service;
    wait_for("select count(*) = 1 from linkhaul.listing where state = 'published'");
    stop();
    story_end(&story);
}

/* --- what others are told -------------------------------------------------------------------- */

Test(service, a_publish_is_notified)
{
    PGconn *listener;
    PGnotify *notify;

    begin(pg_fresh_database(), "--items", "example.com=300");
    write_small("a", "example.com", "");
    listener = PQconnectdb(story.database_url);
    PQclear(PQexec(listener, "listen linkhaul"));
    cr_assert(eq(int, story_run(&story, "run", "a"), 0), "%s", story.err);
    PQclear(PQexec(listener, "select 1"));
    notify = PQnotifies(listener);
    cr_assert(ne(ptr, notify, NULL), "nobody is told");
    cr_expect_not_null(strstr(notify->extra, "\"job\": \"a\""), "%s", notify->extra);
    cr_expect_not_null(strstr(notify->extra, "\"kind\": \"full\""), "%s", notify->extra);
    PQfreemem(notify);
    cr_expect(eq(ptr, PQnotifies(listener), NULL), "told twice");
    PQfinish(listener);
    story_end(&story);
}
