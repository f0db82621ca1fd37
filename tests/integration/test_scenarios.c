#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "support/oracle.h"
#include "support/pg.h"

/*
 * What befalls a target, or whoever looks after its job, from night to night: the state comes out
 * right, and the views for analysts say what happened.
 */

TestSuite(scenarios, .timeout = 280, .fini = pg_drop_databases);

#define TARGET "example.com"
#define FIRST 4 /* so that the overlap ends behind the world's beginning */

static struct story story;
static struct oracle oracle;

static void write_job(const char *target, const char *more)
{
    story_file(&story, "jobs.d/walk.yaml", "job: walk\nendpoint: backlinks\ntargets: [%s]\n%s",
               target, more);
}

static int run(void)
{
    return story_run(&story, "run", "walk", "--night", oracle.date);
}

/* A night, so many behind the first, to its end. */
static void pass(int64_t night)
{
    if (night > 0)
        oracle_go_to(&oracle, FIRST + night);
    cr_assert(eq(int, run(), 0), "%s: %s", oracle.date, story.err);
}

/* Up to the end of the first night, which takes all. `arguments` are the sandbox's, and last. */
static void begin(const char *const *arguments, const char *target, const char *more)
{
    story_begin(&story, pg_fresh_database());
    oracle_begin(&oracle, &story, arguments);
    oracle_go_to(&oracle, FIRST);
    story_config(&story, "");
    write_job(target, more);
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    pass(0);
}

static void expect_said(const char *what)
{
    cr_expect(ne(ptr, (void *)strstr(story.err, what), NULL), "not said: %s; but: %s", what,
              story.err);
}

/* The kinds of tonight's listings that stand, in their order. */
static void expect_kinds(const char *kinds)
{
    story_expect_text(&story, kinds,
                      "SELECT coalesce(string_agg(kind, ' ' ORDER BY listing_id), '') FROM "
                      "linkhaul.listing JOIN linkhaul.run USING (run_id) WHERE job <> "
                      "'bulk:default' AND linkhaul.listing.night = '%s' AND "
                      "linkhaul.listing.state = 'published'",
                      oracle.date);
}

/* What the views say: a text of a query of one. */
#define EXPECT(wanted, ...) story_expect_text(&story, wanted, __VA_ARGS__)

/* "ok 2026-01-06 2026-01-06": status, the last good night, that of the last complete listing. */
static void expect_freshness(const char *wanted)
{
    EXPECT(wanted,
           "SELECT string_agg(concat_ws(' ', status, last_good_night, last_complete_night), "
           "', ' ORDER BY feed_id) FROM linkhaul_bi.freshness WHERE job <> 'bulk:default'");
}

static int64_t count(const char *of)
{
    return story_int(&story, "SELECT count(*) FROM %s", of);
}

/* Levels and movement of each night are those of links and events. */
static void expect_days(void)
{
    cr_expect(
        eq(i64,
           count("linkhaul_bi.site_daily AS s, LATERAL (SELECT count(*) FILTER (WHERE event = "
                 "'new') AS n, count(*) FILTER (WHERE event = 'lost') AS l, count(*) FILTER "
                 "(WHERE event = 'returned') AS r, count(*) FILTER (WHERE event = "
                 "'out_of_scope') AS o FROM linkhaul_bi.link_events AS e WHERE e.feed_id = "
                 "s.feed_id AND e.night = s.night) AS t WHERE (new_links, lost_links, "
                 "returned_links, out_of_scope_links) IS DISTINCT FROM (n, l, r, o)"),
           0));
    cr_expect(eq(i64,
                 count("linkhaul_bi.site_daily AS s WHERE night = (SELECT max(night) FROM "
                       "linkhaul_bi.site_daily AS o WHERE o.feed_id = s.feed_id) AND links <> "
                       "(SELECT count(*) FROM linkhaul_bi.links AS k WHERE k.feed_id = s.feed_id "
                       "AND k.state = 'live')"),
                 0));
}

/* --- links ----------------------------------------------------------------------------------- */

static const char *const moving[] = {"--items", TARGET "=3000", "--move", TARGET "=1", NULL};

Test(scenarios, links_come_late_are_lost_and_return)
{
    begin(moving, TARGET, "sync: changes\n");
    for (int64_t night = 1; night <= 8; night++) {
        pass(night);
        expect_kinds("new lost count");
        oracle_expect_state(&oracle, TARGET, ORACLE_TOLD);
    }
    /* Late: first seen two days and more before the night that has them. */
    cr_expect(gt(i64,
                 count("linkhaul_bi.new_links WHERE first_seen < night - interval '47 hours' AND "
                       "state = 'live'"),
                 0));
    cr_expect(eq(i64,
                 count("linkhaul.link_event AS e JOIN linkhaul.listing AS l USING (listing_id) "
                       "WHERE (event = 'new' AND kind <> 'new') OR (event = 'lost' AND kind <> "
                       "'lost') OR (event = 'returned' AND kind <> 'new')"),
                 0));
    EXPECT("the vendor says so", "SELECT DISTINCT reason FROM linkhaul_bi.lost_links");
    cr_expect(gt(i64,
                 count("linkhaul_bi.link_events AS r JOIN linkhaul_bi.lost_links AS l USING "
                       "(feed_id, url_from, url_to) WHERE r.event = 'returned' AND l.night < "
                       "r.night AND r.state = 'live'"),
                 0));
    expect_freshness("ok 2026-01-13 2026-01-05");
    expect_days();
    story_end(&story);
}

static const char *const flipping[] = {"--items", TARGET "=1200", "--move", TARGET "=0.5", NULL};

/* Of a job that asks for links that pass rank; small enough to be taken whole. */
Test(scenarios, links_that_no_longer_pass_rank_are_out_of_scope)
{
    begin(flipping, TARGET, "request: {filters: [[dofollow, \"=\", true]]}\n");
    for (int64_t night = 1; night <= 6; night++)
        pass(night);
    oracle_look(&oracle, TARGET);
    cr_expect(eq(i64,
                 count("public.joined WHERE odd IS NULL AND coalesce(has = 'live', false) <> "
                       "coalesce(really = 'live' AND val LIKE 'true %', false)"),
                 0));
    cr_expect(gt(i64, count("linkhaul_bi.link_events WHERE event = 'out_of_scope'"), 3));
    EXPECT("not on the vendor's list of lost links",
           "SELECT DISTINCT reason FROM linkhaul_bi.link_events WHERE event = 'out_of_scope'");
    cr_expect(eq(i64,
                 count("public.joined WHERE has = 'out_of_scope' AND odd IS NULL AND (really <> "
                       "'live' OR val LIKE 'true %')"),
                 0),
              "they are alive and pass no rank");
    cr_expect(
        eq(i64, count("public.joined WHERE has = 'lost' AND really IS DISTINCT FROM 'lost'"), 0));
    expect_freshness("ok 2026-01-11 2026-01-11");
    expect_days();
    story_end(&story);
}

/* --- targets --------------------------------------------------------------------------------- */

static const char *const doubling[] = {"--items",  TARGET "=3000",       "--move", TARGET "=0.5",
                                       "--double", TARGET "=2026-01-07", NULL};

Test(scenarios, a_target_that_doubles_is_taken_whole_and_the_reason_is_there)
{
    begin(doubling, TARGET, "");
    pass(1);
    expect_kinds("new lost count");
    pass(2);
    expect_said(TARGET ": taken whole: full is cheaper: ");
    expect_kinds("full");
    oracle_expect_state(&oracle, TARGET, ORACLE_EITHER);
    cr_expect(gt(i64, count("linkhaul_bi.new_links WHERE night = '2026-01-07'"), 2990));
    EXPECT("true",
           "SELECT (vendor_new > 2990)::text FROM linkhaul_bi.site_daily WHERE night = "
           "'2026-01-07'");
    expect_freshness("ok 2026-01-07 2026-01-07");
    expect_days();
    story_end(&story);
}

Test(scenarios, a_target_that_doubles_comes_by_its_changes_too)
{
    begin(doubling, TARGET, "sync: changes\n");
    pass(2);
    expect_kinds("new lost count");
    oracle_expect_state(&oracle, TARGET, ORACLE_TOLD);
    expect_days();
    story_end(&story);
}

static const char *const vanishing[] = {"--items",  TARGET "=3000",       "--move", TARGET "=0.5",
                                        "--vanish", TARGET "=2026-01-07", NULL};

/* Nothing is believed at once: a person has to accept it, and it is lost when it is gone twice. */
Test(scenarios, a_target_that_vanishes_is_held_until_accepted)
{
    CLEANUP(mem_free_string) char *run_id = NULL;

    begin(vanishing, TARGET, "sync: changes\nrefresh: 3d\n");
    pass(1);
    oracle_go_to(&oracle, FIRST + 2);
    cr_expect(eq(int, run(), 2), "%s", story.err);
    expect_said("is taken whole after all: ");
    EXPECT("held 2026-01-06",
           "SELECT concat_ws(' ', status, last_good_night) FROM "
           "linkhaul_bi.freshness WHERE target = '" TARGET "'");
    EXPECT("true",
           "SELECT (reason LIKE '%%max_shrink%%')::text FROM linkhaul_bi.freshness WHERE "
           "target = '" TARGET "'");
    /* A part was taken anew; nobody calls it lost for one night. */
    cr_expect(gt(i64, count("linkhaul_bi.links WHERE state = 'live'"), 1900));
    cr_expect(eq(i64, count("linkhaul_bi.lost_links WHERE night = '2026-01-07'"), 0));
    run_id = story_text(&story, "SELECT run_id FROM linkhaul.listing WHERE state = 'held'");
    cr_expect(eq(int, story_run(&story, "publish", run_id), 0), "%s", story.err);
    cr_expect(eq(i64, count("linkhaul_bi.links WHERE state = 'live'"), 0));
    cr_expect(gt(i64, count("linkhaul_bi.links WHERE state = 'missing'"), 2900));
    pass(3);
    expect_kinds("new lost refresh count full");
    cr_expect(eq(i64, count("linkhaul_bi.links WHERE state <> 'lost'"), 0));
    cr_expect(gt(i64, count("linkhaul_bi.lost_links WHERE reason = 'not in the listing'"), 2900));
    expect_freshness("ok 2026-01-08 2026-01-08");
    expect_days();
    story_end(&story);
}

static const char *const still[] = {"--items",  TARGET "=1500",       "--move", TARGET "=0",
                                    "--vanish", TARGET "=2026-01-11", NULL};

/* Tonight's calls, of the job and of its account: "bulk 1, count 1". */
static void expect_calls(const char *wanted)
{
    EXPECT(wanted,
           "SELECT coalesce(string_agg(kind || ' ' || n, ', ' ORDER BY kind), '') FROM (SELECT "
           "CASE WHEN r.job LIKE 'bulk:%%' THEN 'bulk' ELSE l.kind END AS kind, count(*) AS n FROM "
           "linkhaul.attempt AS a JOIN linkhaul.run AS r USING (run_id) JOIN linkhaul.listing AS l "
           "USING (listing_id) WHERE r.night = '%s' AND a.charged_nanousd > 0 GROUP BY 1) AS k",
           oracle.date);
}

/*
 * The vendor says "nothing moved" of what it no longer knows, and nothing is ever taken anew. It
 * vanishes the night behind its weekday, a Saturday: the next one tells.
 */
Test(scenarios, a_still_target_that_vanishes_is_found_out_within_a_week)
{
    CLEANUP(mem_free_string) char *run_id = NULL;

    begin(still, TARGET, "sync: changes\nrefresh: never\n");
    for (int64_t night = 1; night < 12; night++) {
        pass(night);
        expect_calls(night == 5 ? "bulk 1, count 1" : "bulk 1");
    }
    oracle_go_to(&oracle, FIRST + 12);
    cr_expect(eq(int, run(), 2), "%s", story.err);
    expect_said(
        "is taken whole after all: 1500 links are known to be live where the vendor counts 0");
    expect_calls("bulk 1, count 1, full 1");
    EXPECT("held 2026-01-16",
           "SELECT concat_ws(' ', status, last_good_night) FROM linkhaul_bi.freshness WHERE target "
           "= '" TARGET "'");
    /* It is not passed as unmoved while that waits for somebody. */
    oracle_go_to(&oracle, FIRST + 13);
    cr_expect(eq(int, run(), 2), "%s", story.err);
    expect_calls("bulk 1, count 1, full 1");
    run_id = story_text(&story, "SELECT max(run_id) FROM linkhaul.listing WHERE state = 'held'");
    cr_expect(eq(int, story_run(&story, "publish", run_id), 0), "%s", story.err);
    cr_expect(eq(i64, count("linkhaul_bi.links WHERE state = 'missing'"), 1500));
    /* Nor is it before the links have been judged. */
    pass(14);
    expect_kinds("count full");
    cr_expect(eq(i64, count("linkhaul_bi.lost_links WHERE reason = 'not in the listing'"), 1500));
    pass(15);
    expect_kinds("");
    expect_freshness("unmoved 2026-01-20 2026-01-19");
    expect_days();
    story_end(&story);
}

static const char *const lively[] = {"--items",  TARGET "=3000",       "--move", TARGET "=0.5",
                                     "--vanish", TARGET "=2026-01-07", NULL};

/* That nothing is new cannot be where links are there that it has found since. */
Test(scenarios, a_lively_target_that_vanishes_is_found_out_the_same_night)
{
    begin(lively, TARGET, "sync: changes\nrefresh: never\n");
    pass(1);
    oracle_go_to(&oracle, FIRST + 2);
    cr_expect(eq(int, run(), 2), "%s", story.err);
    expect_said("is taken whole after all: ");
    expect_calls("bulk 1, count 1, full 1, lost 1, new 1");
    expect_freshness("held 2026-01-06 2026-01-05");
    expect_days();
    story_end(&story);
}

static const char *const quiet[] = {"--items", TARGET "=1500", "--move", TARGET "=0", NULL};

Test(scenarios, a_target_that_does_not_move_is_as_it_was_each_night)
{
    begin(quiet, TARGET, "sync: changes\n");
    for (int64_t night = 1; night <= 3; night++) {
        pass(night);
        expect_kinds("");
    }
    expect_freshness("unmoved 2026-01-08 2026-01-05");
    EXPECT("true",
           "SELECT is_current::text FROM linkhaul_bi.freshness WHERE target = '" TARGET "'");
    EXPECT(
        "2026-01-05 1500 false, 2026-01-06 1500 true, 2026-01-07 1500 true, "
        "2026-01-08 1500 true",
        "SELECT string_agg(concat_ws(' ', night, links, is_unmoved::text), ', ' ORDER BY night) "
        "FROM linkhaul_bi.site_daily");
    oracle_expect_state(&oracle, TARGET, ORACLE_TOLD);
    expect_days();
    story_end(&story);
}

/* --- nights ---------------------------------------------------------------------------------- */

Test(scenarios, a_night_that_was_missed_is_covered_by_the_next)
{
    begin(moving, TARGET, "sync: changes\n");
    pass(1);
    pass(3);
    expect_kinds("new lost count");
    oracle_expect_state(&oracle, TARGET, ORACLE_TOLD);
    expect_freshness("ok 2026-01-08 2026-01-05");
    EXPECT("2026-01-05, 2026-01-06, 2026-01-08",
           "SELECT string_agg(night::text, ', ' ORDER BY night) FROM linkhaul_bi.site_daily");
    expect_days();
    story_end(&story);
}

Test(scenarios, a_night_that_the_budget_stops_marks_nothing_and_the_next_covers_it)
{
    begin(moving, TARGET, "");
    oracle_go_to(&oracle, FIRST + 1);
    write_job(TARGET, "sync: full\nbudget: 0.06\n");
    cr_expect(eq(int, run(), 2), "%s", story.err);
    expect_freshness("budget 2026-01-05 2026-01-05");
    cr_expect(eq(i64, count("linkhaul_bi.link_events WHERE event <> 'baseline'"), 0));
    cr_expect(eq(i64, count("linkhaul_bi.links WHERE state <> 'live'"), 0));
    /* The next night gives it up and looks at what came since the last good one. */
    write_job(TARGET, "sync: changes\nbudget: 5\n");
    oracle_go_to(&oracle, FIRST + 2);
    cr_assert(eq(int, story_run(&story, "run", "walk", "--fresh", "--night", oracle.date), 0), "%s",
              story.err);
    expect_kinds("new lost count");
    oracle_expect_state(&oracle, TARGET, ORACLE_TOLD);
    expect_freshness("ok 2026-01-07 2026-01-05");
    expect_days();
    story_end(&story);
}

/* The vendor promises more new links than it gives: they show, and the next night covers it. */
Test(scenarios, a_night_whose_changes_are_not_whole_is_told_and_the_next_covers_it)
{
    static const char *const lacking[] = {"--items", TARGET "=3000", "--move", TARGET "=1",
                                          "--odd",   "total=1",      NULL};

    begin(moving, TARGET, "sync: changes\n");
    oracle.arguments = lacking;
    pass(1);
    expect_kinds("new lost count");
    expect_freshness("incomplete 2026-01-05 2026-01-05");
    EXPECT("what changed did not come whole in the night of 2026-01-06 false",
           "SELECT concat_ws(' ', reason, is_current::text) FROM linkhaul_bi.freshness");
    oracle.arguments = moving;
    pass(2);
    oracle_expect_state(&oracle, TARGET, ORACLE_TOLD);
    expect_freshness("ok 2026-01-07 2026-01-05");
    expect_days();
    story_end(&story);
}

/* --- jobs ------------------------------------------------------------------------------------ */

Test(scenarios, another_filter_is_another_feed_without_news)
{
    begin(moving, TARGET, "");
    pass(1);
    write_job(TARGET, "request: {filters: [[dofollow, \"=\", true]]}\n");
    pass(2);
    expect_said(TARGET ": taken whole: no complete listing yet");
    EXPECT("1 baseline, 2 lost, 2 new",
           "SELECT string_agg(DISTINCT concat_ws(' ', n, event), ', ' ORDER BY concat_ws(' ', n, "
           "event)) FROM (SELECT dense_rank() OVER (ORDER BY night) AS n, event FROM "
           "linkhaul_bi.link_events WHERE feed_id = (SELECT min(feed_id) FROM linkhaul_bi.links)) "
           "AS e");
    EXPECT("baseline",
           "SELECT string_agg(event, ', ') FROM linkhaul_bi.link_events WHERE feed_id "
           "= (SELECT max(feed_id) FROM linkhaul_bi.links)");
    expect_freshness("not_asked 2026-01-06 2026-01-05, ok 2026-01-07 2026-01-07");
    expect_days();
    story_end(&story);
}

Test(scenarios, a_job_that_got_another_name_goes_on)
{
    begin(moving, TARGET, "sync: changes\n");
    pass(1);
    story_file(&story, "jobs.d/walk.yaml",
               "job: stroll\nformerly: walk\nendpoint: backlinks\ntargets: [" TARGET
               "]\nsync: "
               "changes\n");
    oracle_go_to(&oracle, FIRST + 2);
    cr_assert(eq(int, story_run(&story, "run", "stroll", "--night", oracle.date), 0), "%s",
              story.err);
    expect_kinds("new lost count");
    oracle_expect_state(&oracle, TARGET, ORACLE_TOLD);
    expect_freshness("ok 2026-01-07 2026-01-05");
    EXPECT("stroll", "SELECT DISTINCT job FROM linkhaul_bi.site_daily");
    cr_expect(eq(i64, count("linkhaul_bi.link_events WHERE event = 'baseline'"), 1));
    expect_days();
    story_end(&story);
}
