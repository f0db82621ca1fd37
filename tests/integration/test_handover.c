#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "support/books.h"
#include "support/pg.h"

/*
 * `run` beside the service: it hands its jobs over and follows them. Both are linkhaul, so the
 * service stands apart here; the story's own linkhaul is the one that asks.
 */

#define PATIENCE_MS 90000

static void make_haste(void)
{
    setenv("LINKHAUL_HASTE", "60", 1);
}

TestSuite(handover, .timeout = 600, .init = make_haste, .fini = pg_drop_databases);

static struct story story;
static struct process service;
static struct books books;

/* With the time that a call takes, in milliseconds. */
static void begin_with(const char *latency)
{
    books = books_of_form();
    story_begin(&story, pg_fresh_database());
    story_sandbox(&story, "--items", books_items(&books), "--latency", latency);
    story_config_account(&story, "in_flight: 5", "");
    story_file(&story, "jobs.d/walk.yaml",
               "job: walk\nendpoint: backlinks\ntargets: [%s]\nbudget: %" PRId64
               "\nrequest: { limit: %" PRId64 " }\n",
               books.target, books.budget_dollars, books.limit);
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
}

static void begin(void)
{
    begin_with("20-60");
}

/* For what has to happen while the run is at work. */
static void begin_slow(void)
{
    begin_with("200-400");
}

static bool is_so(void *sql)
{
    return story_int(&story, "select (%s)::int", (const char *)sql) == 1;
}

static void wait_for(const char *sql)
{
    CLEANUP(mem_free_string) char *statement = mem_strdup(sql);
    CLEANUP(mem_free_string) char *said = NULL;

    if (wait_until(is_so, statement, PATIENCE_MS))
        return;
    said = service.pid != 0 ? process_err(&service) : NULL;
    cr_fatal("never: %s; the service said: %s", sql, said);
}

/* It has its place at the database. */
static void begin_service(void)
{
    story_start(&story, "serve");
    service = story.linkhaul;
    story.linkhaul = (struct process){.pid = 0};
    wait_for(
        "select count(*) > 0 from pg_locks join pg_stat_activity using (pid) "
        "where datname = current_database() and locktype = 'advisory' and granted "
        "and application_name like '% service'");
}

static void end_service(void)
{
    process_signal(&service, SIGTERM);
    cr_expect(eq(int, process_wait(&service, PATIENCE_MS), 0));
    process_deinit(&service);
}

static void kill_service(void)
{
    process_kill(&service);
    process_deinit(&service);
}

#define expect_said(text) cr_expect_not_null(strstr(story.err, text), "%s", story.err)

static void expect_ended(const char *exit_codes)
{
    story_expect_text(&story, exit_codes,
                      "select string_agg(coalesce(exit_code::text, 'open'), ' ' order by start_id) "
                      "from linkhaul.wanted_start");
}

static void wait_for_pages(void)
{
    wait_for("select count(*) > 6 from linkhaul.attempt where is_page");
}

static void expect_books(void)
{
    books_expect_rows(&story, &books);
    books_expect_money(&story, &books);
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.run"), 1));
}

Test(handover, a_run_is_followed_to_its_end)
{
    begin();
    begin_service();
    cr_expect(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    expect_said("] service works on this database");
    cr_expect_not_null(strstr(story.out, "complete"), "%s", story.out);
    cr_expect_not_null(strstr(story.out, " calls now; booked in all: $"), "%s", story.out);
    expect_ended("0");
    expect_books();
    cr_expect(eq(int, story_run(&story, "run", "--all", "--fresh", "--night", "2031-04-05"), 0),
              "%s", story.err);
    story_expect_text(&story, "2031-04-05", "select max(night) from linkhaul.run");
    end_service();
    story_end(&story);
}

Test(handover, ends_with_the_exit_code_of_its_run)
{
    begin();
    story_file(&story, "jobs.d/poor.yaml",
               "job: poor\nendpoint: backlinks\ntargets: [%s]\nbudget: 0.05\n"
               "request: { limit: 100 }\n",
               books.target);
    begin_service();
    cr_expect(eq(int, story_run(&story, "run", "poor"), 2), "%s", story.err);
    expect_said("error: poor: failed: ");
    cr_expect_not_null(strstr(story.out, "raise `budget`"), "%s", story.out);
    cr_expect(eq(int, story_run(&story, "run", "--all"), 2), "%s", story.err);
    cr_expect_not_null(strstr(story.out, "complete"), "%s", story.out);
    story_expect_text(&story, "poor 2, poor 2, walk 0",
                      "select string_agg(job || ' ' || exit_code, ', ' order by job) "
                      "from linkhaul.wanted_start");
    end_service();
    story_end(&story);
}

Test(handover, joins_a_run_that_is_under_way)
{
    struct process first;

    begin_slow();
    begin_service();
    story_start(&story, "run", "walk");
    wait_for_pages();
    first = story.linkhaul;
    story.linkhaul = (struct process){.pid = 0};
    cr_expect(eq(int, story_run(&story, "run", "walk", "--fresh"), 75), "%s", story.err);
    expect_said("need a start of their own");
    cr_expect(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    expect_said("it is running already");
    cr_expect(eq(int, process_wait(&first, PATIENCE_MS), 0));
    process_deinit(&first);
    expect_ended("0 75 0");
    expect_books();
    end_service();
    story_end(&story);
}

Test(handover, what_the_service_does_not_know_is_refused)
{
    begin();
    begin_service();
    story_file(&story, "jobs.d/new.yaml",
               "job: new\nendpoint: backlinks\ntargets: [example.com]\nbudget: 1\n");
    cr_expect(eq(int, story_run(&story, "run", "new"), 78), "%s", story.err);
    expect_said("the service has no job new");
    process_signal(&service, SIGHUP);
    cr_expect(eq(int, story_run(&story, "run", "nwe"), 64), "%s", story.err);
    end_service();
    story_end(&story);
}

Test(handover, a_signal_leaves_the_run_to_the_service)
{
    begin_slow();
    begin_service();
    story_start(&story, "run", "walk");
    wait_for_pages();
    process_signal(&story.linkhaul, SIGTERM);
    cr_expect(eq(int, story_wait(&story), 1), "%s", story.err);
    expect_said("the service goes on with it; `linkhaul stop walk` stops it");
    wait_for("select count(*) = 1 from linkhaul.wanted_start where exit_code = 0");
    end_service();
    expect_books();
    story_end(&story);
}

Test(handover, stop_ends_it)
{
    struct process asking;

    begin_slow();
    begin_service();
    story_start(&story, "run", "walk");
    wait_for_pages();
    asking = story.linkhaul;
    story.linkhaul = (struct process){.pid = 0};
    cr_expect(eq(int, story_run(&story, "stop", "walk"), 0), "%s", story.err);
    cr_expect(eq(int, process_wait(&asking, PATIENCE_MS), 1));
    process_deinit(&asking);
    end_service();
    begin_service(); /* which does not go on with it */
    end_service();
    expect_ended("1");
    story_end(&story);
}

/* It was taken, so the next service goes on with it: once. */
Test(handover, a_service_that_dies_goes_on_when_it_is_back)
{
    begin_slow();
    begin_service();
    story_start(&story, "run", "walk");
    wait_for_pages();
    kill_service();
    cr_expect(eq(int, story_wait(&story), 75), "%s", story.err);
    expect_said("the service is gone; it goes on with the run when it is back");
    begin_service();
    wait_for("select count(*) = 1 from linkhaul.wanted_start where exit_code = 0");
    end_service();
    expect_books();
    story_end(&story);
}

Test(handover, a_service_that_ends_goes_on_when_it_is_back)
{
    begin_slow();
    begin_service();
    story_start(&story, "run", "walk");
    wait_for_pages();
    end_service();
    begin_service();
    cr_expect(eq(int, story_wait(&story) % 75, 0), "%s", story.err); /* it may have been patient */
    wait_for("select count(*) = 1 from linkhaul.wanted_start where exit_code = 0");
    end_service();
    expect_books();
    story_end(&story);
}

/* The wish comes while the service cannot take it, and goes with it. */
Test(handover, a_wish_that_nobody_takes_ends_with_the_service)
{
    begin();
    begin_service();
    process_signal(&service, SIGSTOP);
    story_start(&story, "run", "walk");
    wait_for("select count(*) = 1 from linkhaul.wanted_start");
    kill_service();
    cr_expect(eq(int, story_wait(&story), 75), "%s", story.err);
    expect_said("had not taken it");
    expect_ended("75");
    begin_service();
    end_service();
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.run"), 0));
    story_end(&story);
}

Test(handover, another_run_is_no_service)
{
    struct process first;

    begin();
    story_start(&story, "run", "walk");
    wait_for_pages();
    process_signal(&story.linkhaul, SIGSTOP);
    first = story.linkhaul;
    story.linkhaul = (struct process){.pid = 0};
    cr_expect(eq(int, story_run(&story, "run", "walk"), 75), "%s", story.err);
    expect_said("another linkhaul works on this database: linkhaul[");
    process_kill(&first);
    process_deinit(&first);
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.wanted_start"), 0));
    story_end(&story);
}

/* Each second a fire, which are skipped while a start by hand is at work. */
Test(handover, a_start_by_hand_counts_as_the_job_running)
{
    begin_slow();
    begin_service();
    story_start(&story, "run", "walk");
    wait_for_pages();
    story_file(&story, "jobs.d/walk.yaml",
               "job: walk\nendpoint: backlinks\ntargets: [%s]\nbudget: %" PRId64
               "\nschedule: \"* * * * *\"\nrequest: { limit: %" PRId64 " }\n",
               books.target, books.budget_dollars, books.limit);
    process_signal(&service, SIGHUP);
    wait_for(
        "select count(*) > 1 from linkhaul.missed_start where reason = 'skipped: still running'");
    cr_expect(eq(int, story_wait(&story), 0), "%s", story.err);
    end_service();
    story_end(&story);
}
