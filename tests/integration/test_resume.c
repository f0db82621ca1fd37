#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "support/pg.h"
#include "support/story.h"

/*
 * A run that is broken off goes on where it stopped: killed, out of money, told to stop, or without
 * its database. What was received is not bought again.
 */

/* A minute of the API is a second. */
static void make_haste(void)
{
    setenv("LINKHAUL_HASTE", "60", 1);
}

TestSuite(resume, .timeout = 280, .init = make_haste);

static struct story story;

static void begin(const char *items, const char *latency_ms)
{
    const char *url = pg_fresh_database();

    story_begin(&story, url);
    story_sandbox(&story, "--items", items, "--latency", latency_ms);
    story_config(&story, "");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
}

static void walk_job(const char *budget)
{
    story_file(&story, "jobs.d/walk.yaml",
               "job: walk\nendpoint: backlinks\nsync: full\ntargets: [example.com]\nbudget: %s\n"
               "request: { " STORY_CHAIN " }\n",
               budget);
}

static int64_t n_settled(void)
{
    return story_int(&story, "select count(*) from linkhaul.attempt where state = 'settled'");
}

static bool has_a_third_settled(struct story *of)
{
    (void)of;
    return n_settled() >= 15;
}

static bool has_some_settled(struct story *of)
{
    (void)of;
    return n_settled() >= 3;
}

static int64_t awaited;

static bool has_awaited_or_ended(void *data)
{
    (void)data;
    return !process_is_running(&story.linkhaul) || n_settled() >= awaited;
}

/* Until that many calls are settled, or linkhaul has ended. */
static void wait_for_settled(int64_t n)
{
    awaited = n;
    cr_assert(wait_until(has_awaited_or_ended, NULL, 60000));
}

static char *fingerprint(void)
{
    return story_text(&story,
                      "select md5(string_agg(link_key::text || ordinal, '' order by "
                      "ordinal)) from linkhaul.backlink");
}

/* Every row once, whole, visible; and no call for a page that had been received. */
static void expect_whole(int64_t n_items, size_t n_pages)
{
    struct ledger ledger = {.n_calls = 0};

    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), n_items));
    cr_expect(eq(i64, story_int(&story, "select count(distinct ordinal) from linkhaul.backlink"),
                 n_items));
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.attempt where is_page"),
                 (int64_t)n_pages));
    story_ledger(&story, &ledger);
    cr_expect(eq(i64, (int64_t)ledger.n_billed,
                 (int64_t)n_pages + story_int(&story,
                                              "select count(*) from linkhaul.attempt where "
                                              "state = 'undelivered'")),
              "a page that was received was bought again");
    cr_expect(eq(i64, ledger.billed_nanousd,
                 story_int(&story, "select sum(charged_nanousd)::bigint from linkhaul.attempt")));
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.attempt where state in "
                           "('reserved', 'unknown')"),
                 0));
    ledger_deinit(&ledger);
}

static void kill_and_go_on(const char *items, int64_t n_items, size_t n_pages,
                           bool (*when)(struct story *story))
{
    char *killed, *whole;
    const char *url = pg_fresh_database();

    begin(items, "20");
    walk_job("90");
    story_start(&story, "run", "walk");
    cr_assert(story_kill_when(&story, when), "it ended before it could be killed");
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 0),
              "half a listing can be seen");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    expect_whole(n_items, n_pages);
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.run"), 1));
    killed = fingerprint();
    story_end(&story);

    story_begin(&story, url);
    story_sandbox(&story, "--items", items);
    story_config(&story, "");
    walk_job("90");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    whole = fingerprint();
    cr_expect_str_eq(killed, whole, "the rows differ from those of a run without a kill");
    free(killed);
    free(whole);
    story_end(&story);
}

Test(resume, a_kill_in_the_middle_of_a_chain_loses_and_doubles_nothing)
{
    kill_and_go_on("example.com=45000", 45000, 46, has_a_third_settled);
}

Test(resume, a_kill_among_offsets_loses_and_doubles_nothing)
{
    kill_and_go_on("example.com=19500", 19500, 20, has_some_settled);
}

Test(resume, kills_again_and_again_still_end_in_the_same_rows)
{
    int n_kills = 0;

    begin("example.com=30000", "5");
    walk_job("90");
    for (int64_t mark = 1; mark < 30; mark += 4) {
        int64_t before = n_settled();

        story_start(&story, "run", "walk");
        wait_for_settled(before + 3);
        if (process_is_running(&story.linkhaul))
            n_kills++;
        process_kill(&story.linkhaul);
    }
    cr_assert(gt(int, n_kills, 2));
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    expect_whole(30000, 31);
    story_end(&story);
}

Test(resume, a_budget_is_never_passed_and_a_higher_one_goes_on)
{
    struct ledger ledger = {.n_calls = 0};
    size_t n_before;

    begin("example.com=45000", "5");
    walk_job("0.50");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 2), "%s", story.err);
    story_ledger(&story, &ledger);
    cr_expect(le(i64, ledger.billed_nanousd, INT64_C(500000000)));
    cr_expect(eq(i64, ledger.billed_nanousd, INT64_C(480000000)), "it stopped too early");
    n_before = ledger.n_billed;
    ledger_deinit(&ledger);
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.backlink"), 8000));
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 0));
    story_expect_text(&story, "open budget",
                      "select state || ' ' || completeness from "
                      "linkhaul.listing");
    cr_expect(ne(ptr, strstr(story.err, "$0.50"), NULL), "the cap is not named: %s", story.err);

    cr_assert(eq(int, story_run(&story, "run", "walk"), 2), "the night's cap counted anew");
    walk_job("90");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    expect_whole(45000, 46);
    story_ledger(&story, &ledger);
    cr_expect(eq(sz, ledger.n_billed, 46), "%zu before, %zu in all", n_before, ledger.n_billed);
    ledger_deinit(&ledger);
    story_end(&story);
}

/* Side by side each call is reserved at its worst; that must not end a run while calls are open. */
Test(resume, a_small_budget_is_used_up_to_its_last_call_by_offset)
{
    struct ledger ledger = {.n_calls = 0};

    begin("example.com=19500", "20");
    walk_job("1.00");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 2), "%s", story.err);
    story_ledger(&story, &ledger);
    cr_expect(eq(i64, ledger.billed_nanousd, INT64_C(960000000)));
    ledger_deinit(&ledger);
    story_end(&story);
}

Test(resume, a_signal_lets_land_what_is_paid_for)
{
    begin("example.com=45000", "20");
    walk_job("90");
    story_start(&story, "run", "walk");
    wait_for_settled(5);
    process_signal(&story.linkhaul, SIGTERM);
    cr_assert(eq(int, story_wait(&story), 1), "%s", story.err);
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.attempt where state not "
                           "in ('settled', 'void')"),
                 0),
              "a call was paid for and not landed");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    expect_whole(45000, 46);
    story_end(&story);
}

Test(resume, a_lost_database_is_waited_for_and_nothing_is_bought_twice)
{
    begin("example.com=45000", "20");
    walk_job("90");
    story_start(&story, "run", "walk");
    wait_for_settled(5);
    story_int(&story,
              "select count(pg_terminate_backend(pid)) from pg_stat_activity where "
              "datname = current_database() and pid <> pg_backend_pid()");
    cr_assert(eq(int, story_wait(&story), 0), "%s", story.err);
    cr_expect(ne(ptr, strstr(story.err, "waiting for the database"), NULL), "%s", story.err);
    cr_expect(ne(ptr, strstr(story.err, "the database is back"), NULL), "%s", story.err);
    expect_whole(45000, 46);
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.attempt where state = "
                           "'undelivered'"),
                 0),
              "what was in flight was not kept in the spool");
    story_end(&story);
}

/*
 * Page 2 of a chain waits behind page 1 when that cannot be landed. Landed all the same, its
 * checkpoint would pass over page 1 for ever.
 */
Test(resume, a_page_that_cannot_be_landed_holds_up_those_behind_it)
{
    begin("example.com=21500", "1");
    walk_job("90");
    free(story_text(&story,
                    "create function fail() returns trigger language plpgsql as $f$ begin if "
                    "new.ordinal = 1 then perform pg_sleep(1.5); raise exception using errcode "
                    "= '57014', message = 'not now'; end if; return new; end $f$; create trigger "
                    "fail before insert on linkhaul.backlink for each row execute function "
                    "fail(); select ''"));
    cr_assert(eq(int, story_run(&story, "run", "walk"), 69), "%s", story.err);
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.backlink"), 0));
    cr_expect(gt(i64, story_int(&story, "select count(*) from linkhaul.attempt"), 1),
              "no page waited behind the one that could not be landed");
    free(story_text(&story, "drop trigger fail on linkhaul.backlink; select ''"));
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    expect_whole(21500, 22);
    story_end(&story);
}

/* Broken off between its last publish and its own end: nothing of it is bought again that night. */
Test(resume, a_run_whose_listings_are_over_ends_without_a_call)
{
    struct ledger ledger = {.n_calls = 0};

    begin("example.com=1500", "1");
    walk_job("5");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    free(story_text(&story,
                    "update linkhaul.run set state = 'open', ended_at = null returning "
                    "job"));
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.run"), 1));
    cr_expect(
        eq(i64, story_int(&story, "select count(*) from linkhaul.run where state = 'done'"), 1));
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 1500));
    story_ledger(&story, &ledger);
    cr_expect(eq(sz, ledger.n_billed, 2));
    ledger_deinit(&ledger);
    story_end(&story);
}

/* One target is done, one ran out of money: only that one goes on. */
Test(resume, a_published_listing_of_an_open_run_is_not_bought_again)
{
    static const char job[] =
        "job: walk\nendpoint: backlinks\nsync: full\n"
        "targets: [example.com, forbes.com]\n"
        "request: { limit: 5, filters: [[dofollow, \"=\", true]] }\n"
        "max_rows: 5\n";
    struct ledger ledger = {.n_calls = 0};

    begin("example.com=45000", "1");
    story_file(&story, "jobs.d/walk.yaml", "%sbudget: 0.041\n", job);
    cr_assert(eq(int, story_run(&story, "run", "walk"), 2), "%s", story.err);
    cr_expect(
        eq(i64, story_int(&story, "select count(distinct target) from linkhaul_bi.backlinks"), 1));
    story_file(&story, "jobs.d/walk.yaml", "%sbudget: 0.90\n", job);
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    cr_expect(
        eq(i64, story_int(&story, "select count(distinct target) from linkhaul_bi.backlinks"), 2));
    story_ledger(&story, &ledger);
    cr_expect(eq(sz, ledger.n_billed, 2));
    ledger_deinit(&ledger);
    story_end(&story);
}

/*
 * The page behind the one that fails waits to land already: were it to land, the checkpoint would
 * pass over a hole that no later start looks into.
 */
Test(resume, a_page_that_fails_to_land_in_a_chain_leaves_no_hole)
{
    begin("example.com=30000", "1");
    walk_job("90");
    free(story_text(&story,
                    "create sequence once; create function fail_once() returns trigger "
                    "language plpgsql as $f$ begin if new.ordinal = 5500 and "
                    "nextval('once') = 1 then perform pg_sleep(0.5); raise exception using "
                    "errcode = '53100', message = 'disk full'; end if; return new; end "
                    "$f$; create trigger fail_once before insert on linkhaul.backlink for "
                    "each row execute function fail_once(); select ''"));
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    cr_expect(ne(ptr, strstr(story.err, "disk full"), NULL), "%s", story.err);
    expect_whole(30000, 31);
    story_end(&story);
}

/* One listing's answer cannot land, at no fault of database or disk: the others go on. */
Test(resume, a_page_that_cannot_land_stops_its_listing_alone)
{
    begin("example.com=2500", "1");
    story_file(&story, "jobs.d/walk.yaml",
               "job: walk\nendpoint: backlinks\nsync: full\ntargets: [example.com, example.org]\n"
               "budget: 90\n");
    free(story_text(&story,
                    "create function refuse() returns trigger language plpgsql as $f$ "
                    "begin if new.n_items > 0 and exists (select from linkhaul.listing l "
                    "join linkhaul.feed f using (feed_id) where l.listing_id = "
                    "new.listing_id and f.target = 'example.org') then raise exception "
                    "using errcode = '22000', message = 'not bookable'; end if; return "
                    "new; end $f$; create trigger refuse before update on "
                    "linkhaul.attempt for each row execute function refuse(); select ''"));
    cr_assert(eq(int, story_run(&story, "run", "walk"), 2), "%s", story.err);
    cr_expect(ne(ptr, strstr(story.err, "example.org: page at 0 cannot land: "), NULL), "%s",
              story.err);
    story_expect_text(&story, "example.com", "select distinct target from linkhaul_bi.backlinks");
    free(story_text(&story, "drop trigger refuse on linkhaul.attempt; select ''"));
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    cr_expect(
        eq(i64, story_int(&story, "select count(distinct target) from linkhaul_bi.backlinks"), 2));
    story_end(&story);
}
