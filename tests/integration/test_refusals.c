#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "support/pg.h"
#include "support/story.h"

/*
 * What linkhaul says and how it ends when something is in its way, and what it does not do then:
 * ask again where a charge is unknown, publish what is not whole, or stop the others.
 */

/* A minute of the API is a second. */
static void make_haste(void)
{
    setenv("LINKHAUL_HASTE", "60", 1);
}

TestSuite(refusals, .timeout = 280, .init = make_haste);

static struct story story;

static void begin(void)
{
    const char *url = pg_fresh_database();

    story_begin(&story, url);
}

static void begin_with(const char *fault)
{
    begin();
    story_sandbox(&story, "--items", "example.com=5000", "--fault", fault);
    story_config(&story, "");
    story_file(&story, "jobs.d/walk.yaml",
               "job: walk\nendpoint: backlinks\nsync: full\ntargets: [example.com]\nbudget: 5\n");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
}

static void expect_said(const char *what)
{
    cr_expect(ne(ptr, strstr(story.err, what), NULL), "not said: %s; but: %s", what, story.err);
}

static int64_t n_attempts(const char *state)
{
    return story_int(&story, "select count(*) from linkhaul.attempt where state = '%s'", state);
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

Test(refusals, a_schema_that_is_missing_names_the_command)
{
    begin();
    story_sandbox(&story, "--seed", "1");
    story_config(&story, "");
    story_file(&story, "jobs.d/walk.yaml",
               "job: walk\nendpoint: backlinks\nsync: full\ntargets: [example.com]\nbudget: 5\n");
    cr_expect(eq(int, story_run(&story, "run", "walk"), 78));
    expect_said("linkhaul migrate");
    story_end(&story);
}

Test(refusals, words_on_the_command_line)
{
    begin();
    story_config(&story, "");
    cr_expect(eq(int, story_run(&story, "rum"), 64));
    expect_said("did you mean `run`");
    cr_expect(eq(int, story_run(&story, "run"), 64));
    cr_expect(eq(int, story_run(&story, "run", "--al"), 64));
    story_end(&story);
}

Test(refusals, a_database_that_is_away_is_69)
{
    begin();
    story_config(&story, "");
    story_file(&story, "linkhaul.yaml",
               "api: {base_url: \"http://127.0.0.1:1\", login: a, password: secret-word}\n"
               "database: {url: \"postgresql:///none?host=/nowhere&password=secret-word\"}\n"
               "budget: 5\njobs: jobs.d/*.yaml\n");
    cr_expect(eq(int, story_run(&story, "status"), 69));
    cr_expect(eq(ptr, strstr(story.err, "secret-word"), NULL), "%s", story.err);
    story_end(&story);
}

Test(refusals, a_login_that_is_refused_is_77_and_costs_nothing)
{
    begin();
    story_sandbox(&story, "--password", "another");
    story_config(&story, "");
    story_file(&story, "jobs.d/walk.yaml",
               "job: walk\nendpoint: backlinks\nsync: full\ntargets: [example.com]\nbudget: 5\n");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    cr_expect(eq(int, story_run(&story, "run", "walk"), 77), "%s", story.err);
    expect_said("login");
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.attempt"), 0));
    cr_expect(eq(int, story_run(&story, "check", "--live"), 77), "%s", story.err);
    story_end(&story);
}

Test(refusals, an_api_that_is_away_is_69_and_leaves_no_unknown_charge)
{
    begin();
    story_sandbox(&story, "--seed", "1");
    story_config(&story, "");
    story_file(&story, "jobs.d/walk.yaml",
               "job: walk\nendpoint: backlinks\nsync: full\ntargets: [example.com]\nbudget: 5\n");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    story_kill_sandbox(&story);
    cr_expect(eq(int, story_run(&story, "run", "walk"), 69), "%s", story.err);
    cr_expect(eq(i64, n_attempts("unknown"), 0));
    cr_expect(gt(i64, n_attempts("void"), 1), "it was not asked again");
    story_end(&story);
}

Test(refusals, an_error_that_passes_is_asked_again)
{
    begin_with("50000=@2");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 5000));
    cr_expect(eq(sz, n_billed(), 5));
    story_end(&story);
}

Test(refusals, too_many_at_once_is_waited_out)
{
    begin_with("40209=@3");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 5000));
    story_end(&story);
}

/* One call of five was billed and its answer never came: the list tells, and it is asked for again.
 */
static void expect_undelivered(const char *fault)
{
    begin_with(fault);
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    expect_said("which the vendor's list will tell");
    expect_said("was billed ($0.06) and its answer never came");
    cr_expect(
        ne(ptr, strstr(story.out, "1 call was billed, and its answer never came: $0.06"), NULL),
        "%s", story.out);
    cr_expect(eq(i64, n_attempts("unknown"), 0));
    cr_expect(eq(i64, n_attempts("settled"), 5));
    cr_expect(eq(i64, n_attempts("undelivered"), 1));
    cr_expect(eq(sz, n_billed(), 6));
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 5000));
    story_end(&story);
}

Test(refusals, an_answer_that_never_came_is_undelivered)
{
    expect_undelivered("drop_after=@3");
}

Test(refusals, an_answer_that_was_cut_is_undelivered)
{
    expect_undelivered("truncate=@3");
}

Test(refusals, an_answer_that_is_no_answer_is_undelivered)
{
    expect_undelivered("garbage=@3");
}

Test(refusals, a_call_that_was_not_executed_costs_nothing)
{
    begin_with("drop_before=@3");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    expect_said("was not billed; asking for it again");
    cr_expect(eq(i64, n_attempts("void"), 1));
    cr_expect(eq(sz, n_billed(), 5));
    story_end(&story);
}

/* A list that never has our calls tells nothing: the page is asked for once more, and both count.
 */
Test(refusals, a_list_without_our_calls_is_not_believed)
{
    begin();
    story_sandbox(&story, "--items", "example.com=5000", "--fault", "drop_after=@3", "--id-list",
                  "none");
    story_config(&story, "");
    story_file(&story, "jobs.d/walk.yaml",
               "job: walk\nendpoint: backlinks\nsync: full\ntargets: [example.com]\nbudget: 5\n");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    expect_said("unknown_retries");
    cr_expect(eq(i64, n_attempts("unknown"), 1));
    cr_expect(eq(i64, n_attempts("settled"), 5));
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 5000));
    story_end(&story);
}

Test(refusals, a_bad_target_does_not_stop_the_others)
{
    begin();
    story_sandbox(&story, "--items", "example.com=1500");
    story_config(&story, "");
    story_file(
        &story, "jobs.d/two.yaml",
        "job: two\nendpoint: backlinks\nsync: full\ntargets: [nobody.invalid, example.com]\nbudget: 5\n");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    cr_assert(eq(int, story_run(&story, "run", "--all"), 2), "%s", story.err);
    expect_said("two: nobody.invalid: page at 0: 40501 Invalid Field: 'target'");
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 1500));
    story_end(&story);
}

/* What the offline check cannot know: the field is the job's fault, so no target is asked again. */
Test(refusals, a_request_that_the_api_refuses_stops_its_job_alone)
{
    begin();
    story_sandbox(&story, "--items", "example.com=1500", "--fault", "40501=@1");
    story_config(&story, "");
    story_file(
        &story, "jobs.d/one.yaml",
        "job: one\nendpoint: backlinks\nsync: full\ntargets: [example.com, example.org]\nbudget: 5\n");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    cr_assert(eq(int, story_run(&story, "run", "one"), 2), "%s", story.err);
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.listing where state = "
                           "'open' and completeness = 'error'"),
                 2));
    story_end(&story);
}

static bool has_settled(struct story *of)
{
    return story_int(of, "select count(*) from linkhaul.attempt where state = 'settled'") > 0;
}

static bool holder_has_settled(void *data)
{
    return has_settled(data);
}

Test(refusals, a_second_run_names_the_holder_and_is_75)
{
    struct process holder;

    begin();
    story_sandbox(&story, "--items", "example.com=6000", "--latency", "1000");
    story_config_account(&story, "in_flight: 1\n", "");
    story_file(&story, "jobs.d/walk.yaml",
               "job: walk\nendpoint: backlinks\nsync: full\ntargets: [example.com]\nbudget: 5\n");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    story_start(&story, "run", "walk");
    cr_assert(wait_until(holder_has_settled, &story, 30000));
    holder = story.linkhaul;
    story.linkhaul = (struct process){.pid = 0};
    cr_expect(eq(int, story_run(&story, "run", "walk"), 75), "%s", story.err);
    expect_said("linkhaul");
    cr_expect(eq(int, process_wait(&holder, 60000), 0));
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 6000));
    process_deinit(&holder);
    story_end(&story);
}

static bool has_unknown(void *data)
{
    (void)data;
    return n_attempts("unknown") > 0;
}

/* Its only page waits a day until the vendor's list would have its call. */
Test(refusals, a_stop_ends_a_run_that_has_no_call_to_make)
{
    struct process run;
    CLEANUP(mem_free_string) char *said = NULL;

    begin_with("drop_before=@1");
    story_config_account(&story, "list_lag: 1d\n", "");
    story_start(&story, "run", "walk");
    cr_assert(wait_until(has_unknown, NULL, 60000));
    run = story.linkhaul;
    story.linkhaul = (struct process){.pid = 0};
    cr_expect(eq(int, story_run(&story, "stop", "walk"), 0), "%s", story.err);
    cr_expect(eq(int, process_wait(&run, 60000), 1));
    said = process_err(&run);
    cr_expect(ne(ptr, strstr(said, "walk: stopped by hand (linkhaul stop)"), NULL), "%s", said);
    cr_expect(eq(i64, n_attempts("unknown"), 1));
    process_deinit(&run);
    story_end(&story);
}

/* A trigger stands for what PostgreSQL may refuse and the decoder cannot foresee. */
Test(refusals, a_row_that_postgresql_refuses_is_set_aside_alone)
{
    begin_with("slow=@1000000");
    free(story_text(&story,
                    "create function refuse() returns trigger language plpgsql as $f$ "
                    "begin if new.ordinal in (1, 777, 778, 4999) then raise exception "
                    "using errcode = '22023', message = 'not this one'; end if; return "
                    "new; end $f$; create trigger refuse before insert on "
                    "linkhaul.backlink for each row execute function refuse(); "
                    "select ''"));
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 4996));
    story_expect_text(&story, "1 777 778 4999",
                      "select string_agg(ordinal::text, ' ' order by ordinal) "
                      "from linkhaul.reject where reason like '%%not this "
                      "one%%' and raw::jsonb ? 'url_from'");
    cr_expect(eq(i64, story_int(&story, "select sum(n_rejects)::bigint from linkhaul.attempt"), 4));
    story_end(&story);
}

Test(refusals, a_spool_that_is_damaged_stops_its_job_alone)
{
    begin_with("slow=@1000000");
    story_file(
        &story, "jobs.d/also.yaml",
        "job: also\nendpoint: backlinks\nsync: full\ntargets: [example.org]\nmax_rows: 10\n");
    story_file(
        &story, "jobs.d/walk.yaml",
        "job: walk\nendpoint: backlinks\nsync: full\ntargets: [example.com]\nbudget: 0.10\n");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 2), "%s", story.err);
    {
        char *segment = story_text(&story,
                                   "select 'spool/run-' || uid || '.segment' from "
                                   "linkhaul.run");

        story_file(&story, segment, "%s", "this was a segment once\n");
        free(segment);
    }
    cr_expect(eq(int, story_run(&story, "run", "walk"), 1), "%s", story.err);
    cr_expect(eq(int, story_run(&story, "run", "walk", "also"), 1), "%s", story.err);
    expect_said("walk: ");
    expect_said("is not a segment of this run");
    story_expect_text(&story, "example.org",
                      "select string_agg(distinct target, ' ') from linkhaul_bi.backlinks");
    story_end(&story);
}

static bool is_connected(void *data)
{
    (void)data;
    return story_int(&story,
                     "select count(*) from pg_stat_activity where datname = "
                     "current_database() and application_name like '%%publisher'") > 0;
}

/* A free call that nobody answers: there is nothing in it to wait for. */
Test(refusals, a_signal_ends_a_start_that_waits_for_the_account)
{
    begin_with("slow=@1000000");
    story.timeout_ms = 30000;
    process_signal(&story.sandbox, SIGSTOP);
    story_start(&story, "run", "walk");
    cr_assert(wait_until(is_connected, NULL, 30000));
    process_signal(&story.linkhaul, SIGTERM);
    cr_expect(eq(int, story_wait(&story), 1), "%s", story.err);
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.run"), 0));
    story_end(&story);
}

Test(refusals, repeats_are_taken_out_when_a_listing_is_published)
{
    begin_with("slow=@1000000");
    /* every row once more, as a later item */
    free(story_text(&story,
                    "create function again() returns trigger language plpgsql as $f$ begin "
                    "if pg_trigger_depth() = 1 and new.ordinal <= 100 then new.ordinal := "
                    "new.ordinal + 100000; insert into linkhaul.backlink select new.*; "
                    "new.ordinal := new.ordinal - 100000; end if; return new; end $f$; "
                    "create trigger again before insert on linkhaul.backlink for each row "
                    "execute function again(); select ''"));
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 5000));
    cr_expect(eq(i64, story_int(&story, "select max(ordinal) from linkhaul.backlink"), 5000));
    cr_expect(eq(i64, story_int(&story, "select n_duplicates from linkhaul.listing"), 100));
    story_end(&story);
}
