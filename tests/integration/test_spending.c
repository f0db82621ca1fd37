#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "support/books.h"
#include "support/pg.h"

/*
 * Money end to end: caps of every kind hold at the sandbox's ledger, where what is spent is counted
 * by somebody else; the refusal names the cap; and what an account can run into: no balance, a
 * limit of its own, a password that is refused, prices that rise.
 *
 * Pages of 1,000 items cost $0.06 each.
 */

/* A minute of the API is a second. */
static void make_haste(void)
{
    setenv("LINKHAUL_HASTE", "60", 1);
}

TestSuite(spending, .timeout = 280, .init = make_haste, .fini = pg_drop_databases);

#define PAGE_NANOUSD INT64_C(60000000)

static struct story story;
static const struct books walk = {"example.com", 10000, 1000, 5};

static void write_job(const char *name, const char *target)
{
    char *file = mem_printf("jobs.d/%s.yaml", name);

    story_file(&story, file, "job: %s\nendpoint: backlinks\nsync: full\ntargets: [%s]\nbudget: 5\n",
               name, target);
    free(file);
}

/* Ten pages of example.com for the job "walk", four of example.org for "other". */
#define begin(...) begin_argv((const char *const[]){TARGETS, __VA_ARGS__, NULL})
#define TARGETS "--items", "example.com=10000", "--items", "example.org=4000"
static void begin_argv(const char *const sandbox[])
{
    story_begin(&story, pg_fresh_database());
    story_sandbox_argv(&story, sandbox);
    story_config(&story, "");
    write_job("walk", "example.com");
    write_job("other", "example.org");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
}

static void expect_said(const char *what)
{
    cr_expect(ne(ptr, strstr(story.err, what), NULL), "not said: %s; but: %s", what, story.err);
}

/* So many pages at most, and not fewer: a cap is used up to its last whole call. */
static void expect_pages_billed(int64_t n_pages)
{
    struct ledger ledger = {.n_calls = 0};

    story_ledger(&story, &ledger);
    cr_expect(eq(i64, ledger.billed_nanousd, n_pages * PAGE_NANOUSD));
    ledger_deinit(&ledger);
    books_expect_money(&story, &walk);
}

static void expect_whole(void)
{
    cr_expect(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    books_expect_rows(&story, &walk);
    books_expect_money(&story, &walk);
}

/* --- caps ------------------------------------------------------------------------------------ */

Test(spending, per_day_holds_two_jobs_together)
{
    begin("--latency", "1-20");
    story_config(&story, "budget: { per_run: 5, per_day: 0.50 }\n");
    cr_expect(eq(int, story_run(&story, "run", "--all"), 2), "%s", story.err);
    expect_said("the cap of $0.50 per day (budget of the configuration) would be passed");
    expect_pages_billed(8);
    cr_expect(eq(int, story_run(&story, "run", "--all"), 2), "%s", story.err);
    expect_pages_billed(8);
    story_config(&story, "budget: { per_run: 5, per_day: 5 }\n");
    cr_expect(eq(int, story_run(&story, "run", "--all"), 0), "%s", story.err);
    books_expect_money(&story, &walk);
    books_expect_rows(&story, &walk);
    story_end(&story);
}

Test(spending, per_month_of_the_account_holds_one_job_after_the_other)
{
    begin("--latency", "1-20");
    story_config_account(&story, "budget: { per_month: 0.40 }", "");
    cr_expect(eq(int, story_run(&story, "run", "other"), 0), "%s", story.err);
    cr_expect(eq(int, story_run(&story, "run", "walk"), 2), "%s", story.err);
    expect_said("the cap of $0.40 per month (budget of account default) would be passed");
    expect_pages_billed(6);
    story_config(&story, "");
    expect_whole();
    story_end(&story);
}

Test(spending, keep_balance_leaves_the_account_what_it_says)
{
    begin("--balance", "1.00");
    story_config_account(&story, "keep_balance: 0.70", "");
    cr_expect(eq(int, story_run(&story, "run", "walk"), 2), "%s", story.err);
    expect_said("keep_balance of account default ($0.70) would be touched");
    expect_pages_billed(5);
    story_config_account(&story, "keep_balance: 0.10", "");
    expect_whole();
    story_end(&story);
}

/* What it takes to finish is said with what was reached. */
Test(spending, a_run_that_is_out_of_budget_says_what_is_missing)
{
    begin("--latency", "1-20");
    story_file(
        &story, "jobs.d/walk.yaml",
        "job: walk\nendpoint: backlinks\nsync: full\ntargets: [example.com]\nbudget: 0.20\n");
    cr_expect(eq(int, story_run(&story, "run", "walk"), 2), "%s", story.err);
    expect_said("the cap of $0.20 per run (budget of job walk) would be passed: $0.18 is reached");
    expect_said("to finish it takes $0.42 more");
    expect_pages_billed(3);
    story_end(&story);
}

/* --- the account ----------------------------------------------------------------------------- */

/* It ends with `code` on the way, and goes on once the account is mended. */
static void expect_stopped_until_mended(int code, const char *what)
{
    cr_expect(eq(int, story_run(&story, "run", "walk"), code), "%s", story.err);
    expect_said(what);
    expect_said("no more calls to this account");
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 0));
    books_expect_money(&story, &walk);
    process_signal(&story.sandbox, SIGUSR1);
    expect_whole();
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.run"), 1));
    expect_pages_billed(10);
    story_end(&story);
}

Test(spending, a_balance_that_runs_out_is_75_and_can_be_topped_up)
{
    begin("--balance", "0.50");
    expect_stopped_until_mended(75, "40210");
}

Test(spending, the_accounts_own_limit_is_75)
{
    begin("--day-limit", "0.30");
    expect_stopped_until_mended(75, "40203");
}

Test(spending, a_password_that_is_refused_from_now_on_is_77)
{
    begin("--refuse-after", "4");
    expect_stopped_until_mended(77, "check login and password");
}

/* The answer that shows it is booked at what it did cost, and is the last one; once the account has
 * been asked again the job goes on at the new price. */
Test(spending, a_price_that_rises_stops_the_job)
{
    begin("--price-after", "4=0.05,0.0001");
    story_config_account(&story, "in_flight: 1", "");
    cr_expect(eq(int, story_run(&story, "run", "walk"), 2), "%s", story.err);
    expect_said("a call was charged $0.15 where $0.06 was the most it should cost");
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.attempt where "
                           "charged_nanousd = 150000000 and is_page"),
                 1));
    books_expect_money(&story, &walk);
    cr_expect(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.attempt where "
                           "charged_nanousd > reserved_nanousd"),
                 1),
              "it was not asked what a call costs now");
    books_expect_rows(&story, &walk);
    books_expect_money(&story, &walk);
    story_end(&story);
}
