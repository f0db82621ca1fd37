/* What jobs are called: for projects, and after a job got another name. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/pg.h"
#include "support/story.h"

static struct story story;

static void begin(void)
{
    story_begin(&story, pg_fresh_database());
    story_sandbox(&story, "--items", "moz.com=2500", "--items", "acme.de=30", "--items",
                  "globex.de=40", "--items", "initech.de=5000");
    story_config(&story,
                 "budget: {per_run: 5, per_day: 50}\n"
                 "projects:\n  acme: {own: [acme.de], competitors: [zalando.de, otto.de]}\n"
                 "  globex: {own: [globex.de], competitors: [hooli.de, initech.de]}\n");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
}

static void end(void)
{
    story_end(&story);
    pg_drop_databases();
}

TestSuite(names, .timeout = 120, .init = begin, .fini = end);

static void job(const char *name, const char *more)
{
    story_file(&story, "jobs.d/job.yaml",
               "job: %s\nendpoint: backlinks\nsync: full\ntargets: [moz.com]\n"
               "request: {limit: 500}\nbudget: {per_day: 30}\n%s",
               name, more);
}

static void run(const char *name, int exit_code)
{
    cr_assert(eq(int, story_run(&story, "run", name), exit_code), "%s", story.err);
}

static int64_t number(const char *query)
{
    return story_int(&story, "%s", query);
}

static void expect_said(const char *text, const char *what)
{
    cr_expect(ne(ptr, (void *)strstr(text, what), NULL), "not there: %s\n%s", what, text);
}

/* The sums are those of the attempts, place for place. */
static void expect_sums(void)
{
    cr_expect(
        eq(i64,
           number("SELECT count(*) FROM (SELECT p.scope, p.period, "
                  "sum(a.charged_nanousd) AS settled FROM linkhaul.attempt AS a, "
                  "LATERAL linkhaul.spend_places(a) AS p WHERE a.state = 'settled' "
                  "GROUP BY 1, 2) AS told FULL JOIN linkhaul.spend AS s USING (scope, period) "
                  "WHERE told.settled IS DISTINCT FROM s.settled_nanousd "
                  "OR s.reserved_nanousd <> 0 OR s.unknown_nanousd <> 0"),
           0));
}

/* --- projects -------------------------------------------------------------------------------- */

Test(names, of_projects_are_what_commands_take_and_show)
{
    story_file(
        &story, "jobs.d/job.yaml",
        "job: own-links\nendpoint: backlinks\nsync: full\ntargets: [$own]\nprojects: [acme, globex]\n");
    cr_expect(eq(int, story_run(&story, "stop", "own-links"), 0), "%s", story.err);
    expect_said(story.out, "job own-links has not run yet");
    run("acme/own-links", 0);
    cr_expect(eq(i64,
                 number("SELECT count(*) FROM linkhaul.run WHERE project = 'acme' AND job = "
                        "'own-links'"),
                 1));
    run("own-links", 0);
    cr_expect(eq(i64, number("SELECT count(*) FROM linkhaul.run WHERE project = 'globex'"), 1));
    cr_expect(eq(i64, number("SELECT count(*) FROM linkhaul.feed"), 2));
    cr_expect(
        eq(i64, number("SELECT count(*) FROM linkhaul_bi.backlinks WHERE project = 'globex'"), 40));
    cr_expect(eq(int, story_run(&story, "status"), 0), "%s", story.err);
    expect_said(story.out, "acme/own-links");
    expect_said(story.out, "globex/own-links");
    cr_expect(eq(int, story_run(&story, "plan", "own-links"), 0), "%s", story.err);
    expect_said(story.out, "acme/own-links");
    cr_expect(eq(int, story_run(&story, "stop", "globex/own-links"), 0), "%s", story.err);
    expect_said(story.out, "of job globex/own-links");
    cr_expect(eq(int, story_run(&story, "run", "globex/own-link"), 64));
    expect_said(story.err, "did you mean `globex/own-links`?");
}

Test(names, link_gap_of_projects_asks_for_the_competitors_without_the_own)
{
    story_file(&story, "jobs.d/job.yaml",
               "job: link-gap\nendpoint: domain_intersection\nprojects: [acme, globex]\n"
               "request: {targets: $competitors, exclude_targets: $own}\nat_least: 2\n");
    run("link-gap", 0);
    cr_expect(
        eq(i64,
           number("SELECT count(*) FROM linkhaul.feed WHERE request::jsonb @> "
                  "'{\"exclude_targets\": [\"acme.de\"], \"targets\": {\"1\": \"zalando.de\", "
                  "\"2\": \"otto.de\"}, \"filters\": [\"intersections_count\", \">=\", 2]}'"),
           1));
    cr_expect(gt(i64, number("SELECT count(*) FROM linkhaul.domain_intersection"), 0));
}

/* One job's spending counts against the other's: the project has money for one of two pages. */
Test(names, of_projects_have_caps_that_all_their_jobs_share)
{
    story_config(&story,
                 "budget: {per_run: 5}\n"
                 "projects:\n  acme: {own: [acme.de], budget: {per_day: 0.05}}\n"
                 "  globex: {own: [initech.de]}\n");
    story_file(
        &story, "jobs.d/job.yaml",
        "job: one\nendpoint: backlinks\nsync: full\ntargets: [$own]\nprojects: [acme, globex]\n"
        "request: {limit: 500}\n---\n"
        "job: two\nendpoint: backlinks\nsync: full\ntargets: [$own]\nprojects: [acme, globex]\n"
        "request: {limit: 500}\n");
    run("one", 0);
    run("two", 2); /* the other project's ends well */
    expect_said(story.err, "the cap of $0.05 per day (budget of project acme) would be passed");
    cr_expect(eq(i64,
                 number("SELECT count(*) FROM linkhaul.run AS r JOIN linkhaul.listing AS l USING "
                        "(run_id) WHERE r.job = 'two' AND r.project = 'globex' AND l.state = "
                        "'published'"),
                 1));
    cr_expect(eq(i64,
                 number("SELECT count(*) FROM linkhaul.spend WHERE scope IN ('project:acme', "
                        "'project:globex')"),
                 4));
    cr_expect(eq(i64,
                 number("SELECT count(*) FROM linkhaul.spend WHERE scope = "
                        "'project:default'"),
                 0));
    expect_sums();
}

/* --- another name ---------------------------------------------------------------------------- */

Test(names, that_changed_keep_feed_runs_and_money)
{
    int64_t feed_id;

    job("old", "");
    run("old", 0);
    feed_id = number("SELECT feed_id FROM linkhaul.feed");
    job("new", "formerly: old\n");
    run("new", 0);
    cr_expect(eq(i64, number("SELECT count(*) FROM linkhaul.feed"), 1));
    cr_expect(eq(i64, number("SELECT feed_id FROM linkhaul.feed WHERE job = 'new'"), feed_id));
    cr_expect(eq(i64, number("SELECT count(*) FROM linkhaul.run WHERE job = 'new'"), 2));
    cr_expect(
        eq(i64, number("SELECT count(*) FROM linkhaul_bi.backlinks WHERE job = 'new'"), 2500));
    cr_expect(eq(i64, number("SELECT count(*) FROM linkhaul.cap WHERE scope LIKE '%old'"), 0));
    expect_sums();
    job("newest", "formerly: [old, new]\n");
    run("newest", 0);
    cr_expect(eq(i64, number("SELECT feed_id FROM linkhaul.feed WHERE job = 'newest'"), feed_id));
    cr_expect(eq(i64, number("SELECT count(*) FROM linkhaul.run WHERE job = 'newest'"), 3));
    expect_sums();
}

/* What the new name had spent before somebody thought of `formerly` is added. */
Test(names, that_changed_join_what_both_have_spent)
{
    job("old", "");
    run("old", 0);
    job("new", "");
    run("new", 0);
    job("new", "formerly: old\n");
    run("new", 0);
    cr_expect(eq(i64, number("SELECT count(*) FROM linkhaul.run WHERE job = 'new'"), 3));
    expect_sums();
}

/* A run that died is gone on with under the new name; no page is bought again. */
Test(names, that_changed_go_on_with_an_open_run)
{
    job("old", "");
    setenv("LINKHAUL_DIE_AT", "after-commit:2", 1);
    run("old", 128 + SIGKILL);
    unsetenv("LINKHAUL_DIE_AT");
    job("new", "formerly: old\n");
    run("new", 0);
    cr_expect(eq(i64, number("SELECT count(*) FROM linkhaul.run"), 1));
    cr_expect(
        eq(i64, number("SELECT count(*) FROM linkhaul_bi.backlinks WHERE job = 'new'"), 2500));
    cr_expect(eq(i64,
                 number("SELECT count(*) FROM linkhaul.attempt WHERE is_page AND state = "
                        "'settled'"),
                 5));
    expect_sums();
}

/* Before the first start under the new name and behind it. */
Test(names, of_a_job_that_got_another_one_are_all_known_to_stop)
{
    static const char *const words[] = {"old", "new"};

    story_config_account(&story, "in_flight: 1\n", ""); /* a page is a commit */
    job("old", "");
    setenv("LINKHAUL_DIE_AT", "after-commit:1", 1);
    run("old", 128 + SIGKILL);
    job("new", "formerly: old\n");
    for (int is_renamed = 0; is_renamed < 2; is_renamed++) {
        for (size_t i = 0; i < 2; i++) {
            free(story_text(&story, "UPDATE linkhaul.run SET stop_asked_at = NULL RETURNING 1"));
            cr_expect(eq(int, story_run(&story, "stop", words[i]), 0), "%s", story.err);
            expect_said(story.out, "no more calls; what was paid for lands");
            cr_expect(
                eq(i64, number("SELECT count(*) FROM linkhaul.run WHERE stop_asked_at IS NOT NULL"),
                   1),
                "%s", words[i]);
        }
        run("new", 128 + SIGKILL);
    }
    cr_expect(eq(i64, number("SELECT count(*) FROM linkhaul.run WHERE job = 'new'"), 1));
    unsetenv("LINKHAUL_DIE_AT");
    run("new", 0);
    cr_expect(eq(int, story_run(&story, "stop", "old"), 0), "%s", story.err);
    expect_said(story.out, "nothing to stop: run 1 of job new");
}

/* The first start under the new name goes on with the old one's run, and has spent what that has.
 */
Test(names, of_a_job_that_got_another_one_are_all_known_to_plan)
{
    static const char rest[] = "endpoint: backlinks\ntargets: [moz.com]\nrequest: {limit: 500}\n";

    story_file(&story, "jobs.d/job.yaml", "job: old\nbudget: 0.09\n%s", rest);
    run("old", 2);
    story_file(&story, "jobs.d/job.yaml", "job: new\nformerly: old\nbudget: {per_day: 0.15}\n%s",
               rest);
    cr_expect(eq(int, story_run(&story, "plan", "new"), 0), "%s", story.err);
    expect_said(story.out, "job new: goes on with its open run 1, of which the rest counts");
    expect_said(story.out,
                "this run: $0.15 per day (budget of job new), $0.084 of it spent, ends job new "
                "after 500 of 1,500 rows");
    run("new", 2);
    cr_expect(eq(i64, number("SELECT count(*) FROM linkhaul.run"), 1));
    cr_expect(
        eq(i64, number("SELECT sum(n_items)::bigint FROM linkhaul.attempt WHERE is_page"), 1500));
}

/* Two open runs are not made one: first what the new name's had received lands. */
Test(names, that_changed_wait_while_both_have_an_open_run)
{
    job("old", "");
    setenv("LINKHAUL_DIE_AT", "after-commit:2", 1);
    run("old", 128 + SIGKILL);
    job("new", "");
    run("new", 128 + SIGKILL);
    unsetenv("LINKHAUL_DIE_AT");
    job("new", "formerly: old\n");
    run("new", 0);
    cr_expect(eq(i64, number("SELECT count(*) FROM linkhaul.run WHERE job = 'old'"), 0));
    cr_expect(eq(i64, number("SELECT count(*) FROM linkhaul.run WHERE state = 'open'"), 0));
    expect_sums();
}
