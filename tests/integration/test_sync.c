#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "support/books.h"
#include "support/oracle.h"
#include "support/pg.h"

/*
 * Nights of a feed that goes by its changes, against a sandbox whose world moves: what is asked
 * for, what the state says then, and where that cannot be, all of it.
 */

/* A minute of the API is a second. */
static void make_haste(void)
{
    setenv("LINKHAUL_HASTE", "60", 1);
}

TestSuite(sync, .timeout = 280, .init = make_haste, .fini = pg_drop_databases);

#define TARGET "example.com"
#define FIRST 4 /* so that the overlap ends behind the world's beginning */
#define ITEMS "--items", TARGET "=6000", "--items", "quiet.org=1500", "--move", "quiet.org=0"

static struct story story;
static struct oracle oracle;

static void write_job(const char *targets, const char *more)
{
    story_file(&story, "jobs.d/walk.yaml", "job: walk\nendpoint: backlinks\ntargets: [%s]\n%s",
               targets, more);
}

/* Up to the end of the first night, which takes all. */
static void begin(const char *targets, const char *more)
{
    static const char *const arguments[] = {ITEMS, NULL};

    story_begin(&story, pg_fresh_database());
    oracle_begin(&oracle, &story, arguments);
    oracle_go_to(&oracle, FIRST);
    story_config(&story, "");
    write_job(targets, more);
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    cr_assert(eq(int, story_run(&story, "run", "walk", "--night", oracle.date), 0), "%s",
              story.err);
    if (strstr(targets, TARGET) != NULL)
        oracle_expect_state(&oracle, TARGET, ORACLE_TOLD);
    if (strstr(targets, "quiet.org") != NULL)
        oracle_expect_state(&oracle, "quiet.org", ORACLE_TOLD);
}

static int run(void)
{
    return story_run(&story, "run", "walk", "--night", oracle.date);
}

/* A later night, so many behind the first, to its end. */
static void pass(int64_t night)
{
    oracle_go_to(&oracle, FIRST + night);
    cr_assert(eq(int, run(), 0), "%s", story.err);
}

static void expect_said(const char *what)
{
    cr_expect(ne(ptr, strstr(story.err, what), NULL), "not said: %s; but: %s", what, story.err);
}

/* "full new", of tonight's listings of the job that stand, in their order. */
static void expect_kinds(const char *kinds)
{
    story_expect_text(&story, kinds,
                      "select coalesce(string_agg(kind, ' ' order by listing_id), '') from "
                      "linkhaul.listing join linkhaul.run using (run_id) where job = 'walk' and "
                      "linkhaul.listing.night = '%s' and linkhaul.listing.state = 'published'",
                      oracle.date);
}

/* The night that the feed is known to be current with. */
static void expect_synced(const char *target, const char *night)
{
    story_expect_text(&story, night,
                      "select synced_night from linkhaul.feed where target = '%s' and job = 'walk'",
                      target);
}

/* All that is spent is of calls that the sandbox has billed, and of nothing else. */
static void expect_money(void)
{
    struct ledger ledger = {.n_calls = 0};
    char *open = story_text(&story,
                            "select string_agg(concat_ws(' ', listing_id, state, message), ', ') "
                            "from linkhaul.attempt where state <> 'settled'");

    story_ledger(&story, &ledger);
    cr_expect(eq(i64, ledger.billed_nanousd,
                 story_int(&story, "select sum(charged_nanousd)::bigint from linkhaul.attempt")),
              "%s", open != NULL ? open : "all are settled");
    ledger_deinit(&ledger);
    free(open);
}

/* --- nights that go well --------------------------------------------------------------------- */

Test(sync, takes_all_then_what_changed_and_where_nothing_moved_nothing)
{
    begin(TARGET ", quiet.org", "");
    expect_said(TARGET ": taken whole: no complete listing yet");
    expect_kinds("full full");
    oracle_expect_state(&oracle, TARGET, ORACLE_TOLD);
    for (int64_t night = 1; night <= 3; night++) {
        pass(night);
        expect_said(TARGET ": what changed since ");
        expect_said("quiet.org: nothing new and nothing lost since the last good sync");
        expect_said("tonight: 0 taken whole, 1 by what changed, 1 where nothing moved");
        expect_kinds("new lost count");
        oracle_expect_state(&oracle, TARGET, ORACLE_TOLD);
        oracle_expect_state(&oracle, "quiet.org", ORACLE_TOLD);
        expect_synced(TARGET, oracle.date);
        expect_synced("quiet.org", oracle.date);
    }
    cr_expect(gt(i64, story_int(&story, "select sum(n_lost)::bigint from linkhaul.listing"), 0));
    cr_expect(ne(ptr, strstr(story.out, "nothing has moved in 1 feed: not asked for"), NULL));
    expect_money();
    cr_assert(eq(int, story_run(&story, "status", "walk"), 0));
    cr_expect(ne(ptr, strstr(story.out, "changes"), NULL), "%s", story.out);
    cr_expect(ne(ptr, strstr(story.out, "unmoved"), NULL), "%s", story.out);
    cr_expect(eq(ptr, strstr(story.out, "bulk:"), NULL), "%s", story.out);
    story_expect_text(&story, TARGET " ok, quiet.org unmoved",
                      "select string_agg(target || ' ' || status, ', ' order by target) from "
                      "linkhaul_bi.freshness");
    cr_assert(eq(int, story_run(&story, "cost", "--month", "2026-01"), 0));
    cr_expect(ne(ptr, strstr(story.out, "bulk:default"), NULL), "%s", story.out);
    story_end(&story);
}

Test(sync, a_run_of_feeds_that_have_not_moved_has_no_listing_and_is_over)
{
    begin("quiet.org", "sync: changes\n");
    pass(1);
    expect_kinds("");
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.run where job = 'walk' and "
                           "state = 'done'"),
                 2));
    expect_synced("quiet.org", "2026-01-06");
    pass(1); /* behind the sync of tonight the answer of before does not count */
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.attempt join linkhaul.run "
                           "using (run_id) where job <> 'walk'"),
                 2));
    story_end(&story);
}

Test(sync, a_small_part_is_taken_anew_each_few_nights)
{
    begin(TARGET, "refresh: 6d\n");
    pass(1);
    expect_said(", and a part anew: ");
    expect_kinds("new lost refresh count");
    pass(2);
    expect_kinds("new lost refresh count");
    oracle_expect_state(&oracle, TARGET, ORACLE_TOLD);
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.listing as a join "
                           "linkhaul.listing as b on a.range_to = b.range_from and "
                           "a.feed_id = b.feed_id where a.kind = 'refresh'"),
                 1));
    story_end(&story);
}

/* Links that are alive are taken for lost; nobody will tell again that they are new. */
static void spoil_state(void)
{
    pg_execute(story.database_url,
               "update linkhaul.link as k set state = 'lost', gone_night = first_night from "
               "linkhaul.feed as f where f.feed_id = k.feed_id and f.target = '" TARGET
               "' and k.first_seen < '2025-01-01' and md5(k.url_from) < '1'");
}

/* --- all of it after all --------------------------------------------------------------------- */

Test(sync, a_count_that_is_off_takes_all_in_the_same_run_and_once)
{
    begin(TARGET, "sync: changes\n");
    spoil_state();
    pass(1);
    expect_said("is taken whole after all: ");
    expect_said(" links are known to be live where the vendor counts ");
    expect_kinds("new lost count full");
    expect_synced(TARGET, oracle.date);
    oracle_expect_state(&oracle, TARGET, ORACLE_TOLD);
    cr_expect(ne(ptr, strstr(story.out, "new, complete"), NULL), "%s", story.out);
    cr_expect(
        eq(i64, story_int(&story, "select count(*) from linkhaul.run where job = 'walk'"), 2));
    expect_money();
    pass(2);
    expect_kinds("new lost count");
    story_end(&story);
}

/* The rest of the night is told by the first start that finds the money. */
Test(sync, a_fall_back_stays_within_the_budget)
{
    begin(TARGET, "");
    spoil_state();
    write_job(TARGET, "budget: 0.20\n");
    oracle_go_to(&oracle, FIRST + 1);
    cr_expect(eq(int, run(), 2), "%s", story.err);
    expect_synced(TARGET, "2026-01-05");
    write_job(TARGET, "budget: 5\n");
    cr_expect(eq(int, run(), 0), "%s", story.err);
    expect_kinds("new lost count full");
    expect_synced(TARGET, oracle.date);
    oracle_expect_state(&oracle, TARGET, ORACLE_TOLD);
    story_end(&story);
}

Test(sync, a_gap_that_is_too_long_takes_all)
{
    begin(TARGET, "sync: changes\n");
    pass(14);
    expect_kinds("new lost refresh count");
    oracle_expect_state(&oracle, TARGET, ORACLE_TOLD);
    pass(29);
    expect_said(": taken whole: the last good sync is 15 nights ago");
    expect_kinds("full");
    story_end(&story);
}

/* All of it is asked for, and tells nothing of what is newer. */
Test(sync, a_night_that_is_past_changes_no_state)
{
    begin(TARGET, "");
    pass(1);
    pass(3);
    oracle_go_to(&oracle, FIRST + 2);
    cr_assert(eq(int, run(), 0), "%s", story.err);
    expect_said(": taken whole: a later night has been synced");
    expect_kinds("full");
    expect_synced(TARGET, "2026-01-08");
    oracle_go_to(&oracle, FIRST + 3);
    oracle_expect_state(&oracle, TARGET, ORACLE_TOLD);
    pass(3); /* once more in the same night */
    expect_kinds("new lost count new lost count");
    oracle_expect_state(&oracle, TARGET, ORACLE_TOLD);
    pass(4);
    expect_kinds("new lost count");
    oracle_expect_state(&oracle, TARGET, ORACLE_TOLD);
    story_end(&story);
}

/* --- nights that do not go well -------------------------------------------------------------- */

Test(sync, a_night_that_the_budget_ends_is_no_good_sync_and_goes_on)
{
    begin(TARGET, "");
    oracle_go_to(&oracle, FIRST + 1);
    write_job(TARGET, "budget: 0.05\n");
    cr_expect(eq(int, run(), 2), "%s", story.err);
    expect_synced(TARGET, "2026-01-05");
    write_job(TARGET, "budget: 5\n");
    cr_expect(eq(int, run(), 0), "%s", story.err);
    expect_synced(TARGET, "2026-01-06");
    oracle_expect_state(&oracle, TARGET, ORACLE_TOLD);
    pass(2);
    expect_kinds("new lost count");
    oracle_expect_state(&oracle, TARGET, ORACLE_TOLD);
    expect_money();
    story_end(&story);
}

Test(sync, without_the_bulk_call_each_feed_is_asked_for_what_changed)
{
    begin("quiet.org", "sync: changes\n");
    story_sandbox(&story, "--night", "2026-01-06", ITEMS, "--fault", "40501=@1");
    cr_expect(eq(int, story_run(&story, "run", "walk", "--night", "2026-01-06"), 0), "%s",
              story.err);
    expect_said("bulk:default: nobody tells which feeds have not moved");
    oracle_go_to(&oracle, FIRST + 1);
    expect_kinds("new lost count");
    expect_synced("quiet.org", "2026-01-06");
    cr_assert(eq(int, story_run(&story, "status"), 0));
    cr_expect(ne(ptr, strstr(story.out, "bulk:default"), NULL), "%s", story.out);
    pass(2); /* the bulk run of before is not gone on with */
    expect_kinds("");
    expect_money();
    story_end(&story);
}

/* --- deaths ---------------------------------------------------------------------------------- */

/* How many calls the sandbox was paid for in the last night. */
static size_t n_billed(void)
{
    struct ledger ledger = {.n_calls = 0};
    size_t n;

    story_ledger(&story, &ledger);
    n = ledger.n_billed;
    ledger_deinit(&ledger);
    return n;
}

/* Dies there in the second night, and ends as if it had not. */
static void die_at(const char *point, bool is_off, size_t n_calls)
{
    size_t n_before;

    begin(TARGET ", quiet.org", "");
    if (is_off)
        spoil_state();
    n_before = n_billed();
    oracle_go_to(&oracle, FIRST + 1);
    setenv("LINKHAUL_DIE_AT", point, 1);
    cr_assert(eq(int, run(), 128 + SIGKILL), "%s: %s", point, story.err);
    unsetenv("LINKHAUL_DIE_AT");
    cr_assert(eq(int, run(), 0), "%s: %s", point, story.err);
    cr_expect(eq(ptr, strstr(story.err, "cannot be read"), NULL), "%s: %s", point, story.err);
    cr_expect(eq(ptr, strstr(story.err, "no item had any more"), NULL), "%s: %s", point, story.err);
    /* What was on its way when it died was billed, and its answer never came. */
    cr_expect(eq(sz, n_billed() - n_before,
                 n_calls + (size_t)story_int(&story,
                                             "select count(*) from linkhaul.attempt where "
                                             "state = 'undelivered'")),
              "%s", point);
    expect_kinds(is_off ? "new lost count full" : "new lost count");
    expect_synced(TARGET, oracle.date);
    expect_synced("quiet.org", oracle.date);
    oracle_expect_state(&oracle, TARGET, ORACLE_TOLD);
    oracle_expect_state(&oracle, "quiet.org", ORACLE_TOLD);
    expect_money();
    story_end(&story);
}

Test(sync, a_death_changes_nothing_and_buys_nothing_twice)
{
    static const char *const points[] = {"before-bulk:1",   "after-bulk:1",     "after-decision:1",
                                         "after-commit:1",  "after-commit:2",   "after-publish:1",
                                         "after-publish:3", "before-end-run:1", "before-end-run:2"};

    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i += books_is_long() ? 1 : 4)
        die_at(points[i], false, 4);
}

/* Saturday of the first feed, which has not moved. */
static void go_to_its_weekday(void)
{
    begin("quiet.org", "sync: changes\n");
    pass(4);
    expect_kinds("");
    oracle_go_to(&oracle, FIRST + 5);
}

static void die_where_it_only_counts(const char *point)
{
    setenv("LINKHAUL_DIE_AT", point, 1);
    cr_assert(eq(int, run(), 128 + SIGKILL), "%s: %s", point, story.err);
    unsetenv("LINKHAUL_DIE_AT");
}

static void expect_counted(size_t n_before)
{
    cr_expect(
        eq(sz, n_billed() - n_before,
           2 + (size_t)story_int(
                   &story, "select count(*) from linkhaul.attempt where state = 'undelivered'")));
    expect_kinds("count");
    expect_synced("quiet.org", "2026-01-10");
    expect_money();
    cr_assert(eq(int, story_run(&story, "status"), 0));
    cr_expect(ne(ptr, strstr(story.out, "unmoved"), NULL), "%s", story.out);
    cr_expect(eq(ptr, strstr(story.out, "limited"), NULL), "%s", story.out);
    story_expect_text(&story, "unmoved", "select status from linkhaul_bi.freshness");
}

Test(sync, a_death_on_a_night_that_only_counts_changes_nothing)
{
    static const char *const points[] = {"after-decision:1", "after-reserve:2", "after-commit:2",
                                         "after-publish:2", "before-end-run:2"};
    size_t n_before;

    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i += books_is_long() ? 1 : 2) {
        go_to_its_weekday();
        n_before = n_billed();
        die_where_it_only_counts(points[i]);
        cr_assert(eq(int, run(), 0), "%s: %s", points[i], story.err);
        expect_counted(n_before);
        story_end(&story);
    }
}

/* It is not current without its count, and everybody says so. */
Test(sync, a_count_that_the_budget_ends_is_told_and_goes_on)
{
    size_t n_before;

    go_to_its_weekday();
    n_before = n_billed();
    write_job("quiet.org", "sync: changes\nbudget: 0.01\n");
    cr_expect(eq(int, run(), 2), "%s", story.err);
    expect_synced("quiet.org", "2026-01-09");
    story_expect_text(&story, "budget 2026-01-09 false",
                      "select concat_ws(' ', status, last_good_night, is_current::text) from "
                      "linkhaul_bi.freshness");
    cr_assert(eq(int, story_run(&story, "status"), 0), "%s", story.out);
    cr_expect(ne(ptr, strstr(story.out, "budget"), NULL), "%s", story.out);
    write_job("quiet.org", "sync: changes\nbudget: 1\n");
    cr_expect(eq(int, run(), 0), "%s", story.err);
    expect_counted(n_before);
    story_end(&story);
}

/* A plan that was to count it broke off in the same night: its count becomes the night's. */
Test(sync, a_count_that_a_plan_has_left_becomes_the_nights)
{
    size_t n_before;

    go_to_its_weekday();
    n_before = n_billed();
    die_where_it_only_counts("after-reserve:2");
    pg_execute(story.database_url, "update linkhaul.listing set why = null where kind = 'count'");
    cr_assert(eq(int, run(), 0), "%s", story.err);
    expect_counted(n_before);
    story_end(&story);
}

Test(sync, a_death_at_a_fall_back_changes_nothing_and_buys_nothing_twice)
{
    static const char *const points[] = {"before-fall-back:1", "after-commit:7", "after-publish:5"};

    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i += books_is_long() ? 1 : 2)
        die_at(points[i], true, 4 + 7);
}
