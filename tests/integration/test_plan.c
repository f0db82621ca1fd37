/* `plan`: what it promises is held against what a run then costs. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "support/pg.h"
#include "support/store_calls.h"
#include "support/story.h"

static struct story story;
static const char *url;
static struct json_object *tree; /* of the last plan() */

/* One job of two targets, 2,500 and 700 items. */
static void begin(void)
{
    url = pg_fresh_database();
    story_begin(&story, url);
    story_sandbox(&story, "--items", "big.com=2500", "--items", "small.com=700");
    story_config(&story, "");
    story_file(&story, "jobs.d/job.yaml",
               "job: a\nendpoint: backlinks\ntargets: [big.com, small.com]\n");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
}

static void end(void)
{
    story_end(&story);
    pg_drop_databases();
}

TestSuite(plan, .timeout = 120, .init = begin, .fini = end);

static void job(const char *more)
{
    story_file(&story, "jobs.d/job.yaml",
               "job: a\nendpoint: backlinks\ntargets: [big.com, small.com]\n%s", more);
}

static void run(int exit_code)
{
    cr_assert(eq(int, story_run(&story, "run", "a"), exit_code), "%s", story.err);
}

static void plan_as(const char *const arguments[])
{
    cr_assert(eq(int, story_run_argv(&story, arguments), 0), "%s", story.err);
    if (tree != NULL)
        json_object_put(tree);
    tree = json_tokener_parse(story.out);
    cr_assert(ne(ptr, tree, NULL), "no JSON: %s", story.out);
}

static void plan(void)
{
    plan_as((const char *const[]){"plan", "a", "--json", NULL});
}

/* "jobs/0/feeds/1/run/rows" of the plan; NULL for null. */
static struct json_object *at(const char *path)
{
    CLEANUP(mem_free_string) char *words = mem_strdup(path);
    struct json_object *value = tree;

    for (char *rest = words, *word; (word = strtok_r(rest, "/", &rest)) != NULL;)
        if (json_object_is_type(value, json_type_array))
            value = json_object_array_get_idx(value, (size_t)(word[0] - '0'));
        else
            cr_assert(json_object_object_get_ex(value, word, &value), "no %s in %s", path,
                      story.out);
    return value;
}

static void expect_text(const char *path, const char *text)
{
    struct json_object *value = at(path);

    if (text == NULL || value == NULL)
        cr_expect(text == NULL && value == NULL, "%s is %s", path, json_object_get_string(value));
    else
        cr_expect_str_eq(json_object_get_string(value), text, "%s is %s", path,
                         json_object_get_string(value));
}

static void expect_number(const char *path, double number)
{
    cr_expect(json_object_is_type(at(path), json_type_int) ||
                  json_object_is_type(at(path), json_type_double),
              "%s is no number", path);
    cr_expect(fabs(json_object_get_double(at(path)) - number) < 1e-9, "%s is %s", path,
              json_object_get_string(at(path)));
}

static void expect_said(const char *text, const char *words)
{
    cr_expect(ne(ptr, strstr(text, words), NULL), "%s is not in: %s", words, text);
}

/* What all calls have cost so far, as the plan writes it. */
static char *charged(void)
{
    return pg_text(url, "SELECT trim_scale(sum(charged_nanousd) / 1e9) FROM linkhaul.attempt");
}

Test(plan, the_next_run_costs_what_was_planned_by_the_last_one)
{
    CLEANUP(mem_free_string) char *first = NULL;
    CLEANUP(mem_free_string) char *second = NULL;
    struct ledger ledger;
    size_t n_calls;

    run(0);
    story_ledger(&story, &ledger);
    n_calls = ledger.n_calls;
    ledger_deinit(&ledger);
    plan();
    story_ledger(&story, &ledger);
    cr_expect(eq(sz, ledger.n_calls, n_calls), "a plan makes no call");
    ledger_deinit(&ledger);
    expect_text("jobs/0/feeds/0/basis", "last run");
    expect_number("jobs/0/feeds/0/run/rows", 2500);
    expect_number("jobs/0/feeds/0/run/calls", 3);
    expect_number("jobs/0/feeds/1/run/rows", 700);
    expect_number("run/calls", 4);
    first = charged();
    expect_text("run/dollars", first);
    expect_text("jobs/0/prices/source", "account");
    pg_execute(url, "UPDATE linkhaul.attempt SET charged_nanousd = 0 WHERE state = 'settled'");
    run(0);
    second = charged();
    expect_text("run/dollars", second);
}

Test(plan, of_an_open_run_only_the_rest_counts)
{
    CLEANUP(mem_free_string) char *rest = NULL;

    job("budget: 0.13\n"); /* page 1 of both: $0.1092 */
    run(2);
    job("budget: 5\n");
    plan();
    expect_text("jobs/0/open_run", "1");
    expect_number("jobs/0/feeds/0/run/rows", 1500);
    expect_number("jobs/0/feeds/0/run/calls", 2);
    expect_number("jobs/0/feeds/1/run/rows", 0);
    expect_number("jobs/0/feeds/1/run/calls", 0);
    expect_number("jobs/0/feeds/0/month/rows", 76093);
    pg_execute(url, "UPDATE linkhaul.attempt SET charged_nanousd = 0 WHERE state = 'settled'");
    run(0);
    rest = charged();
    expect_text("run/dollars", rest);
    plan();
    expect_text("jobs/0/open_run", NULL);
    expect_number("jobs/0/feeds/0/run/rows", 2500);
}

Test(plan, of_an_open_chain_only_the_rest_counts)
{
    story_sandbox(&story, "--items", "long.com=21500");
    story_config(&story, "");
    story_file(&story, "jobs.d/job.yaml",
               "job: a\nendpoint: backlinks\ntargets: [long.com]\nbudget: 0.60\n"
               "request: { " STORY_CHAIN " }\n");
    run(2);
    plan();
    expect_number("run/rows", 11500);
    expect_number("run/calls", 12);
    expect_number("caps/0/after_rows", 0);
    expect_number("caps/1/after_rows", 10000); /* of a whole one */
    expect_number("caps/1/of_rows", 21500);
    story_file(&story, "jobs.d/job.yaml",
               "job: a\nendpoint: backlinks\ntargets: [long.com]\nbudget: 5\n"
               "request: { " STORY_CHAIN " }\n");
    pg_execute(url, "UPDATE linkhaul.attempt SET elapsed_ms = 60000");
    plan();
    expect_number("run/minutes", 12); /* one call after the other */
    run(0);
    cr_expect(eq(i64, pg_int(url, "SELECT count(*) FROM linkhaul.attempt WHERE is_page"), 22));
}

Test(plan, a_run_that_a_start_would_not_go_on_with_does_not_count)
{
    job("budget: 0.13\n");
    run(2);
    job("budget: 5\nresume_within: 7d\n");
    plan();
    expect_text("jobs/0/open_run", "1");
    pg_execute(url, "UPDATE linkhaul.run SET started_at = now() - interval '7 days 1 second'");
    plan();
    expect_text("jobs/0/open_run", NULL);
    expect_number("run/rows", 3200);
}

/* A start that found all of it done, and died before it could end the run. */
Test(plan, a_run_that_is_all_over_counts_in_its_own_night_alone)
{
    run(0);
    pg_execute(url, "UPDATE linkhaul.run SET state = 'open', ended_at = NULL");
    plan();
    expect_text("jobs/0/open_run", "1");
    expect_number("run/rows", 0);
    expect_text("run/dollars", "0.00");
    pg_execute(url, "UPDATE linkhaul.run SET budget_night = budget_night - 1");
    plan();
    expect_text("jobs/0/open_run", NULL);
    expect_number("run/rows", 3200);
}

Test(plan, what_is_spent_of_a_runs_cap_counts_for_the_same_run)
{
    job("budget: 0.13\n");
    run(2);
    job("budget: 0.20\n");
    plan();
    expect_text("caps/0/in", "run");
    expect_text("caps/0/spent", "0.1092");
    expect_number("caps/0/after_rows", 1000);
    expect_number("caps/0/of_rows", 1500);
    cr_expect(eq(int, story_run(&story, "plan", "a"), 0));
    expect_said(story.out,
                "this run: $0.20 per run (budget of job a), $0.1092 of it spent, ends "
                "job a after 1,000 of 1,500 rows");
}

Test(plan, an_unknown_feed_costs_at_most_what_max_rows_or_a_cap_allows)
{
    story_config(&story, "budget: { per_month: 100 }\n");
    job("max_rows: 2500\n");
    plan();
    expect_text("jobs/0/feeds/0/basis", "unknown");
    expect_text("run/rows", NULL);
    expect_number("run/rows_max", 6000);
    expect_text("run/dollars", NULL);
    expect_text("run/dollars_max", "0.36");
    job("budget: 3\n");
    plan();
    expect_text("run/rows_max", NULL);
    expect_text("run/dollars_max", "3.00");
    expect_text("jobs/0/feeds/0/run/dollars_max", "3.00");
    expect_text("month/dollars_max", "91.3125");
    job("");
    plan();
    expect_text("run/dollars_max", "99.96"); /* whole pages of it */
    cr_expect(eq(int, story_run(&story, "plan", "a"), 0));
    expect_said(story.out, "unknown  unknown      ?  <= $99.96");
}

Test(plan, prices_are_the_configured_or_listed_ones_until_the_account_has_told_its_own)
{
    job("max_rows: 1000\n");
    plan();
    expect_text("jobs/0/prices/source", "list");
    expect_text("jobs/0/prices/per_call", "0.024");
    story_file(&story, "linkhaul.yaml",
               "api: { provider: dataforseo, base_url: \"%s\", login: sandbox, password: sandbox, "
               "prices: { per_call: 1, per_item: 0.01 } }\ndatabase: { url: \"%s\" }\n"
               "spool: %s/spool\njobs: jobs.d/*.yaml\nbudget: 100\n",
               story.sandbox_url, url, story.folder);
    plan();
    expect_text("jobs/0/prices/source", "configuration");
    expect_text("run/dollars_max", "22.00");
}

Test(plan, says_which_cap_ends_a_run_and_where)
{
    run(0);
    pg_execute(url, "DELETE FROM linkhaul.spend");
    story_config(&story, "budget: { per_run: 0.17, per_day: 0.12, per_month: 1.00 }\n");
    job("budget: { per_day: 5 }\n");
    cr_expect(eq(int, story_run(&story, "plan", "a"), 0), "%s", story.err);
    /* $0.0492 and $0.06 are taken; $0.0108 is left of the day. */
    expect_said(story.out,
                "this run: $0.12 per day (budget of the configuration) ends job a after "
                "1,700 of 3,200 rows");
    expect_said(story.out,
                "a month: $0.17 per run (budget of the configuration) ends each run of "
                "job a after 2,700 of 3,200 rows; its next run goes on there");
    expect_said(story.out,
                "a month: $0.12 per day (budget of the configuration) is less than the $0.1692");
    /* A night costs $0.1692 of the dollar. */
    expect_said(story.out,
                "a month: $1.00 per month (budget of the configuration) is reached on "
                "night 6; this month, with $0.00 spent, it pays for 5 more");
}

/* A project's caps hold what all its jobs spend, and nobody else's. */
Test(plan, holds_the_jobs_of_a_project_against_its_caps)
{
    static const char projects[] =
        "budget: { per_run: 5 }\nprojects:\n"
        "  globex: {own: [small.com]}\n  acme:\n    own: [big.com]\n";
    CLEANUP(mem_free_string)
    char *capped =
        mem_printf("%s    budget: {per_run: 0.15, per_day: 0.25, per_month: 1}\n", projects);

    story_file(&story, "jobs.d/job.yaml",
               "job: a\nendpoint: backlinks\ntargets: [$own]\nprojects: [acme, globex]\n---\n"
               "job: b\nendpoint: backlinks\ntargets: [small.com]\nproject: acme\n");
    story_config(&story, projects);
    cr_assert(eq(int, story_run(&story, "run", "a", "b"), 0), "%s", story.err);
    story_config(&story, capped);
    cr_expect(eq(int, story_run(&story, "plan", "a", "b"), 0), "%s", story.err);
    expect_said(story.out,
                "this run: $0.25 per day (budget of project acme), $0.2112 of it spent, ends job "
                "acme/a before its first page");
    expect_said(story.out,
                "this run: $0.25 per day (budget of project acme), $0.2112 of it spent, ends job "
                "acme/b before its first page");
    expect_said(story.out,
                "a month: $0.15 per run (budget of project acme) ends each run of job acme/a after "
                "2,000 of 2,500 rows");
    expect_said(story.out,
                "a month: $1.00 per month (budget of project acme) is reached on night 6; this "
                "month, with $0.2112 spent, it pays for 4 more");
    cr_expect(eq(ptr, strstr(story.out, "ends job globex/a"), NULL), "%s", story.out);
    plan();
    expect_text("caps/0/of", "project");
    expect_text("jobs/0/run/dollars_max", "0.00");
    expect_text("jobs/1/run/dollars_max", "0.0492");
}

Test(plan, counts_what_this_month_has_spent_already)
{
    run(0);
    pg_execute(url,
               "UPDATE linkhaul.spend SET settled_nanousd = 700000000 WHERE scope = 'all' AND "
               "length(period) = 7");
    story_config(&story, "budget: { per_run: 5, per_month: 1.00 }\n");
    cr_expect(eq(int, story_run(&story, "plan", "a"), 0), "%s", story.err);
    expect_said(story.out,
                "is reached on night 5; this month, with $0.70 spent, it pays for 1 "
                "more");
    pg_execute(url,
               "UPDATE linkhaul.spend SET settled_nanousd = 1000000000 WHERE scope = 'all' "
               "AND length(period) = 7");
    cr_expect(eq(int, story_run(&story, "plan", "a"), 0), "%s", story.err);
    expect_said(story.out,
                "this run: $1.00 per month (budget of the configuration), $1.00 of it "
                "spent, ends job a before its first page");
}

Test(plan, keeps_off_the_balance)
{
    run(0);
    pg_execute(url, "UPDATE linkhaul.balance SET left_nanousd = 50100000000");
    story_file(&story, "linkhaul.yaml",
               "api: { provider: dataforseo, base_url: \"%s\", login: sandbox, password: sandbox, "
               "keep_balance: 50 }\ndatabase: { url: \"%s\" }\n"
               "spool: %s/spool\njobs: jobs.d/*.yaml\nbudget: 100\n",
               story.sandbox_url, url, story.folder);
    cr_expect(eq(int, story_run(&story, "plan", "a"), 0), "%s", story.err);
    expect_said(story.out,
                "this run: keep_balance $50.00 of account default, with a balance of "
                "$50.10, ends job a after 1,000 of 3,200 rows");
}

Test(plan, max_is_held_against_what_the_run_can_cost)
{
    cr_expect(eq(int, story_run(&story, "plan", "a", "--max", "99.96"), 0), "%s", story.err);
    cr_expect(eq(int, story_run(&story, "plan", "a", "--max=99.95"), 2));
    expect_said(story.err, "this run can cost $99.96, more than $99.95");
    expect_said(story.out, "This run\n");
    run(0);
    cr_expect(eq(int, story_run(&story, "plan", "--max", "0.2112", "a"), 0), "%s", story.err);
    cr_expect(eq(int, story_run(&story, "plan", "--max", "0.2111", "a"), 2));
    story_config(&story, "budget: { per_run: 0.12 }\n");
    cr_expect(eq(int, story_run(&story, "plan", "--max", "0.2111", "a"), 0), "a cap is in front");
}

Test(plan, a_month_goes_by_the_schedule)
{
    run(0);
    job("schedule: \"0 3 * * mon\"\n");
    plan();
    expect_number("jobs/0/runs_a_month", 4.34);
    expect_number("month/rows", 3200 * 1461 / 336 - 1); /* rounded down feed by feed */
    expect_text("jobs/0/schedule", "0 3 * * mon");
    job("");
    plan();
    expect_number("jobs/0/runs_a_month", 30.43);
    cr_expect(eq(int, story_run(&story, "plan", "a"), 0));
    expect_said(story.out, "job a: has no schedule; its month is one of a run every night");
}

Test(plan, measures_time_and_space_of_the_last_calls)
{
    double bytes;
    int64_t row_bytes, body_bytes;

    run(0);
    pg_execute(url,
               "ANALYZE linkhaul.backlink; UPDATE linkhaul.attempt SET elapsed_ms = 60000, "
               "body_bytes = 450 * n_items");
    row_bytes = pg_int(url,
                       "SELECT (sum(pg_total_relation_size(c.oid)) / sum(reltuples))::bigint "
                       "FROM pg_inherits JOIN pg_class AS c ON c.oid = inhrelid WHERE "
                       "inhparent = 'linkhaul.backlink'::regclass AND reltuples > 0");
    body_bytes = 450;
    plan();
    bytes = 3200.0 * (double)(row_bytes + body_bytes);
    cr_expect(fabs(json_object_get_double(at("run/gigabytes")) - bytes / 1e9) < 2e-6, "%s, %g",
              json_object_get_string(at("run/gigabytes")), bytes);
    expect_number("run/minutes", 2.0);
}

Test(plan, works_beside_a_process_that_has_the_lock)
{
    struct calls holder;

    run(0);
    cr_assert(calls_open(&holder, url, true), "%s", holder.err.text);
    plan();
    expect_number("run/rows", 3200);
    calls_end(&holder);
}

static size_t n_billed(int64_t *ret_nanousd)
{
    struct ledger ledger = {.n_calls = 0};
    size_t n;

    story_ledger(&story, &ledger);
    n = ledger.n_billed;
    *ret_nanousd = ledger.billed_nanousd;
    ledger_deinit(&ledger);
    return n;
}

static void probe(int exit_code)
{
    cr_assert(eq(int, story_run(&story, "plan", "a", "--probe", "--json"), exit_code), "%s",
              story.err);
    if (tree != NULL)
        json_object_put(tree);
    tree = json_tokener_parse(story.out);
}

/* A call for one item of each, in the ledger as any other; what stands in the views stays. */
Test(plan, probes_what_nobody_knows_after_naming_the_price)
{
    int64_t nanousd;

    probe(0);
    expect_said(story.err, "probing 2 feeds costs $0.048072");
    cr_expect(eq(sz, n_billed(&nanousd), 2));
    cr_expect(eq(i64, nanousd, 48072000));
    cr_expect(eq(i64,
                 story_int(&story, "select sum(charged_nanousd)::bigint from linkhaul.attempt"),
                 48072000));
    expect_number("run/rows", 3200);
    expect_number("run/calls", 4);
    cr_expect_str_eq(json_object_get_string(at("jobs/0/feeds/1/basis")), "probe");
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 0));
    cr_expect(
        eq(i64, story_int(&story, "select count(*) from linkhaul.run where state = 'open'"), 0));

    probe(0);
    cr_expect(eq(sz, n_billed(&nanousd), 2), "what is known is not asked for");
    run(0);
    cr_expect(eq(sz, n_billed(&nanousd), 6));
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 3200));
    plan();
    cr_expect_str_eq(json_object_get_string(at("jobs/0/feeds/1/basis")), "last run");
}

Test(plan, probes_beside_an_open_run_and_under_its_cap)
{
    int64_t nanousd;

    job("budget: 0.07\n");
    run(2); /* a page of one feed is in; the other may be known or not */
    story_file(
        &story, "jobs.d/job.yaml",
        "job: a\nendpoint: backlinks\ntargets: [big.com, small.com, new.com]\nbudget: 0.07\n");
    (void)n_billed(&nanousd);
    probe(2);
    cr_expect(le(i64, (n_billed(&nanousd), nanousd), 70000000), "a probe passed the cap");
    job("budget: 90\n");
    run(0);
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 3200));
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.run"), 1));
    cr_expect(eq(
        i64, story_int(&story, "select count(*) from linkhaul.listing where state = 'open'"), 0));
}

Test(plan, refuses_what_it_does_not_know)
{
    cr_expect(eq(int, story_run(&story, "plan", "a", "--max", "much"), 64));
    expect_said(story.err, "--max much: is no amount of US dollars");
    cr_expect(eq(int, story_run(&story, "plan", "a", "aa"), 64));
    expect_said(story.err, "aa: no such job in jobs.d/*.yaml");
    cr_expect(eq(int, story_run(&story, "plan"), 64));
}
