#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "support/pg.h"
#include "support/story.h"

/* Several accounts in one process: each has its login, its calls and its money. */

/* A minute of the API is a second. */
static void make_haste(void)
{
    setenv("LINKHAUL_HASTE", "60", 1);
}

TestSuite(accounts, .timeout = 280, .init = make_haste, .fini = pg_drop_databases);

static struct story story;

/* The accounts north (`password` is that of north) and gateway; a job of each. */
static void begin_with(const char *password, const char *budget)
{
    story_begin(&story, pg_fresh_database());
    story_sandbox(&story, "--items", "example.com=5000", "--items", "example.org=3000");
    story_file(&story, "linkhaul.yaml",
               "accounts:\n"
               "  north: {base_url: \"%s\", login: sandbox, password: %s, in_flight: 1}\n"
               "  gateway: {provider: aisa, base_url: \"%s/apis/v1\", token: sk-aisa-sandbox%s}\n"
               "database: {url: \"%s\"}\nspool: %s/spool\njobs: jobs.d/*.yaml\nbudget: 20\n",
               story.sandbox_url, password, story.sandbox_url, budget, story.database_url,
               story.folder);
    story_file(
        &story, "jobs.d/jobs.yaml",
        "job: first\nendpoint: backlinks\nsync: full\naccount: north\ntargets: [example.com]\n---\n"
        "job: second\nendpoint: backlinks\nsync: full\naccount: gateway\ntargets: [example.org]\n");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
}

static void expect_said(const char *what)
{
    cr_expect(ne(ptr, strstr(story.err, what), NULL), "not said: %s; but: %s", what, story.err);
}

static int64_t n_links(const char *target)
{
    return story_int(&story, "select count(*) from linkhaul_bi.backlinks where target = '%s'",
                     target);
}

Test(accounts, work_at_once_each_on_its_own_calls)
{
    begin_with("sandbox", "");
    cr_assert(eq(int, story_run(&story, "run", "--all"), 0), "%s", story.err);
    cr_expect(eq(i64, n_links("example.com"), 5000));
    cr_expect(eq(i64, n_links("example.org"), 3000));
    story_expect_text(&story, "first north 5,second gateway 3",
                      "select string_agg(format('%%s %%s %%s', job, account, n), ',' order by job) "
                      "from (select r.job, r.account, count(*) as n from linkhaul.run r join "
                      "linkhaul.attempt a using (run_id) group by 1, 2) as t");
    story_end(&story);
}

Test(accounts, a_login_that_is_refused_stops_its_own_jobs_alone)
{
    begin_with("wrong", "");
    cr_expect(eq(int, story_run(&story, "run", "--all"), 77), "%s", story.err);
    expect_said("account north: ");
    expect_said("its jobs do not run");
    cr_expect(eq(i64, n_links("example.com"), 0));
    cr_expect(eq(i64, n_links("example.org"), 3000));
    story_end(&story);
}

Test(accounts, that_are_all_refused_end_the_run)
{
    begin_with("wrong", "");
    story_file(&story, "linkhaul.yaml",
               "accounts:\n"
               "  north: {base_url: \"%s\", login: a, password: b}\n"
               "  gateway: {base_url: \"%s\", login: c, password: d}\n"
               "database: {url: \"%s\"}\nspool: %s/spool\njobs: jobs.d/*.yaml\nbudget: 20\n",
               story.sandbox_url, story.sandbox_url, story.database_url, story.folder);
    cr_expect(eq(int, story_run(&story, "run", "--all"), 77), "%s", story.err);
    expect_said("account north: ");
    expect_said("account gateway: ");
    expect_said("there is no account whose jobs may run");
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.run"), 0));
    story_end(&story);
}

Test(accounts, one_that_is_stopped_on_the_way_stops_its_own_jobs_alone)
{
    begin_with("sandbox", "");
    story_sandbox(&story, "--items", "example.com=5000", "--items", "example.org=3000",
                  "--gateway-error", "2=429,quota_exceeded");
    cr_expect(eq(int, story_run(&story, "run", "--all"), 75), "%s", story.err);
    cr_expect(eq(i64, n_links("example.com"), 5000));
    cr_expect(eq(i64, n_links("example.org"), 0));
    story_end(&story);
}

Test(accounts, have_caps_of_their_own)
{
    begin_with("sandbox", ", budget: {per_day: 0.10}");
    cr_expect(eq(int, story_run(&story, "run", "--all"), 2), "%s", story.err);
    cr_expect(eq(i64, n_links("example.com"), 5000));
    cr_expect(le(i64,
                 story_int(&story,
                           "select sum(charged_nanousd)::bigint from linkhaul.attempt join "
                           "linkhaul.run using (run_id) where account = 'gateway'"),
                 100000000));
    story_end(&story);
}

Test(accounts, are_each_asked_by_check)
{
    begin_with("sandbox", "");
    cr_expect(eq(int, story_run(&story, "check", "--live"), 0), "%s", story.err);
    cr_expect(ne(ptr, strstr(story.out, "API, account north: login sandbox"), NULL), "%s",
              story.out);
    cr_expect(
        ne(ptr, strstr(story.out, "API, account gateway: not asked: aisa has no free call"), NULL),
        "%s", story.out);
    story_end(&story);
}

/* What was received for the old account is booked as that is charged, though the job now has one of
 * another provider. */
Test(accounts, what_one_has_bought_is_booked_as_its_own)
{
    begin_with("sandbox", "");
    setenv("LINKHAUL_DIE_AT", "after-spool:3", 1);
    cr_expect(eq(int, story_run(&story, "run", "first"), 128 + SIGKILL), "%s", story.err);
    unsetenv("LINKHAUL_DIE_AT");
    story_file(
        &story, "jobs.d/jobs.yaml",
        "job: first\nendpoint: backlinks\nsync: full\naccount: gateway\ntargets: [example.com]\n");
    cr_expect(eq(int, story_run(&story, "run", "first"), 0), "%s", story.err);
    cr_expect(eq(ptr, strstr(story.err, "which says its charge"), NULL), "%s", story.err);
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.attempt join linkhaul.run using "
                           "(run_id) where account = 'north' and attempt.state = 'settled' and "
                           "charged_nanousd <> 60000000"),
                 0));
    cr_expect(ge(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.attempt join linkhaul.run using "
                           "(run_id) where account = 'north' and attempt.state = 'settled'"),
                 3));
    story_end(&story);
}

/* A probe of a job whose open run is another account's would close that before its answers land. */
Test(accounts, a_probe_leaves_the_open_run_of_another_alone)
{
    begin_with("sandbox", "");
    setenv("LINKHAUL_DIE_AT", "after-spool:3", 1);
    cr_expect(eq(int, story_run(&story, "run", "first"), 128 + SIGKILL), "%s", story.err);
    unsetenv("LINKHAUL_DIE_AT");
    story_file(&story, "jobs.d/jobs.yaml",
               "job: first\nendpoint: backlinks\naccount: gateway\n"
               "targets: [example.com, example.org]\n---\n"
               "job: third\nendpoint: backlinks\naccount: gateway\ntargets: [example.net]\n");
    cr_expect(eq(int, story_run(&story, "plan", "first", "third", "--probe"), 75), "%s", story.err);
    expect_said("first: not probed: its open run is another account's");
    story_expect_text(&story, "first north open,third gateway done",
                      "select string_agg(format('%%s %%s %%s', job, account, state), ',' order by "
                      "run_id) from linkhaul.run");
    cr_expect(eq(int, story_run(&story, "run", "first"), 0), "%s", story.err);
    cr_expect(ge(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.attempt join linkhaul.run using "
                           "(run_id) where account = 'north' and attempt.state = 'settled'"),
                 3));
    story_end(&story);
}

Test(accounts, a_job_that_changes_its_account_begins_a_new_run)
{
    begin_with("sandbox", "");
    setenv("LINKHAUL_DIE_AT", "after-commit:2", 1);
    cr_expect(eq(int, story_run(&story, "run", "first"), 128 + SIGKILL), "%s", story.err);
    unsetenv("LINKHAUL_DIE_AT");
    story_file(
        &story, "jobs.d/jobs.yaml",
        "job: first\nendpoint: backlinks\nsync: full\naccount: gateway\ntargets: [example.com]\n");
    cr_expect(eq(int, story_run(&story, "run", "first"), 0), "%s", story.err);
    expect_said("is closed before it was whole");
    cr_expect(eq(i64, n_links("example.com"), 5000));
    story_expect_text(&story, "north,gateway",
                      "select string_agg(account, ',' order by run_id) from linkhaul.run");
    cr_expect(eq(int, story_run(&story, "cost", "--by", "account"), 0), "%s", story.err);
    cr_expect(ne(ptr, strstr(story.out, "north"), NULL), "%s", story.out);
    cr_expect(ne(ptr, strstr(story.out, "gateway"), NULL), "[%s]", story.out);
    story_end(&story);
}

Test(accounts, are_named_by_status_and_plan_where_there_are_several)
{
    begin_with("sandbox", ", budget: {per_day: 0.10}");
    story_run(&story, "run", "--all");
    cr_expect(eq(int, story_run(&story, "status", "first", "second"), 0), "%s", story.err);
    cr_expect(ne(ptr, strstr(story.out, "account north"), NULL), "%s", story.out);
    cr_expect(ne(ptr, strstr(story.out, "account gateway"), NULL), "%s", story.out);
    cr_expect(eq(int, story_run(&story, "plan", "first", "second"), 0), "%s", story.err);
    cr_expect(ne(ptr, strstr(story.out, "prices of backlinks with account north"), NULL), "%s",
              story.out);
    cr_expect(ne(ptr, strstr(story.out, "$0.10 per day (budget of account gateway)"), NULL), "%s",
              story.out);
    story_end(&story);
}
