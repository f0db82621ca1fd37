#include "crawl/sync.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

/*
 * The nights of a feed, one by one: what is taken, why, and what it costs. Pages have 1,000 items,
 * a call costs 24 million nano-dollars and an item 36,000.
 */

#define AS_OF_S INT64_C(1000000000)
#define CALL INT64_C(24000000)
#define ITEM INT64_C(36000)

TestSuite(sync, .timeout = 10);

/* 100,000 links that were synced last night, of which 500 move in a night. */
static struct sync_facts usual(void)
{
    return (struct sync_facts){.n_live = 100000,
                               .is_synced = true,
                               .nights_since = 1,
                               .synced_as_of_s = AS_OF_S,
                               .nights_refreshed = 0,
                               .moved_a_night = 500,
                               .n_refresh = 0,
                               .n_new = -1,
                               .n_lost = -1};
}

static const struct sync_rules auto_rules = {
    .mode = SYNC_MODE_AUTO, .refresh_days = 30, .price = {CALL, ITEM}, .limit = 1000};

static struct sync_decision decide(const struct sync_facts *facts, enum sync_mode mode)
{
    struct sync_rules rules = auto_rules;

    rules.mode = mode;
    return sync_decide(facts, &rules);
}

static void check_reason(const struct sync_decision *decision, const char *reason)
{
    cr_assert(eq(str, (char *)decision->reason, (char *)reason));
}

/* --- what has to be full --------------------------------------------------------------------- */

Test(sync, is_full_where_it_has_to_be)
{
    static const struct {
        enum sync_mode mode;
        struct sync_facts with; /* what differs from the usual, where it is not 0 */
        bool is_first;
        const char *reason;
    } cases[] = {
        {SYNC_MODE_FULL, {.n_live = 0}, false, "sync: full"},
        {SYNC_MODE_AUTO, {.why_not = "its mode groups"}, false, "its mode groups"},
        {SYNC_MODE_AUTO, {.n_live = 0}, true, "no complete listing yet"},
        {SYNC_MODE_CHANGES, {.n_live = 0}, true, "no complete listing yet"},
        {SYNC_MODE_AUTO, {.max_rows = 100000}, false, "max_rows leaves some of it out"},
        {SYNC_MODE_AUTO, {.nights_since = -1}, false, "a later night has been synced"},
        {SYNC_MODE_CHANGES, {.nights_since = 15}, false, "the last good sync is 15 nights ago"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sync_facts facts = usual();
        struct sync_decision decision;

        facts.why_not = cases[i].with.why_not;
        facts.max_rows = cases[i].with.max_rows;
        if (cases[i].with.nights_since != 0)
            facts.nights_since = cases[i].with.nights_since;
        facts.is_synced = !cases[i].is_first;
        facts.n_new = facts.n_lost = 0; /* it has not moved either, and is full all the same */
        decision = decide(&facts, cases[i].mode);
        cr_assert(eq(int, decision.way, SYNC_FULL), "case %zu", i);
        cr_assert(not(decision.wants_lost));
        cr_assert(eq(i64, decision.changes_nanousd, -1));
        cr_assert(eq(i64, decision.full_nanousd, 100 * CALL + 100000 * ITEM));
        check_reason(&decision, cases[i].reason);
    }
}

Test(sync, goes_by_changes_up_to_the_longest_gap_and_where_max_rows_does_not_bind)
{
    struct sync_facts facts = usual();

    facts.nights_since = 14;
    facts.max_rows = 100001;
    cr_assert(eq(int, decide(&facts, SYNC_MODE_AUTO).way, SYNC_CHANGES));
}

/* A second run of the same night. */
Test(sync, goes_by_changes_without_a_gap)
{
    struct sync_facts facts = usual();

    facts.nights_since = 0;
    cr_assert(eq(int, decide(&facts, SYNC_MODE_AUTO).way, SYNC_CHANGES));
}

/* --- what the vendor lost beside all of it --------------------------------------------------- */

Test(sync, asks_for_what_is_lost_beside_a_narrowed_listing)
{
    struct sync_facts facts = usual();
    struct sync_decision decision;

    facts.n_live = 800;
    cr_assert(not(decide(&facts, SYNC_MODE_AUTO).wants_lost));
    facts.n_missing = 1;
    cr_assert(not(decide(&facts, SYNC_MODE_AUTO).wants_lost));
    facts.n_missing = 0;
    facts.is_narrowed = true;
    decision = decide(&facts, SYNC_MODE_AUTO);
    cr_assert(not(decision.wants_lost)); /* there is nothing to judge */
    cr_assert(eq(i64, decision.full_nanousd, CALL + 800 * ITEM));
    facts.n_missing = 1;
    decision = decide(&facts, SYNC_MODE_AUTO);
    cr_assert(eq(int, decision.way, SYNC_FULL));
    cr_assert(decision.wants_lost);
    /* 2,000 moved, at the worst all of them lost, and a page that shows that this was all */
    cr_assert(eq(i64, decision.full_nanousd, CALL + 800 * ITEM + 3 * CALL + 3000 * ITEM));
    cr_assert(not(decide(&facts, SYNC_MODE_FULL).wants_lost));
    facts.is_synced = false;
    cr_assert(decide(&facts, SYNC_MODE_AUTO).wants_lost);
    facts.why_not = "it cannot be told";
    cr_assert(not(decide(&facts, SYNC_MODE_AUTO).wants_lost));
}

/* --- what is cheaper ------------------------------------------------------------------------- */

Test(sync, prices_changes_by_the_feeds_own_movement_and_the_overlap)
{
    struct sync_facts facts = usual();
    struct sync_decision decision = decide(&facts, SYNC_MODE_AUTO);

    cr_assert(eq(int, decision.way, SYNC_CHANGES));
    cr_assert(eq(i64, decision.since_s, AS_OF_S - INT64_C(3) * 86400));
    cr_assert(decision.wants_lost);
    cr_assert(not(decision.wants_refresh));
    /* 4 nights of 500: new ones by 2 pages, lost ones by 3, and the count */
    cr_assert(eq(i64, decision.changes_nanousd,
                 2 * CALL + 2000 * ITEM + 3 * CALL + 3000 * ITEM + CALL + ITEM));
    check_reason(&decision, "$0.324036 against $6.00 for all of it");
}

Test(sync, takes_half_a_percent_a_night_where_the_movement_is_not_known)
{
    struct sync_facts facts = usual(), unknown = usual();

    unknown.moved_a_night = -1;
    cr_assert(eq(i64, decide(&unknown, SYNC_MODE_AUTO).changes_nanousd,
                 decide(&facts, SYNC_MODE_AUTO).changes_nanousd));
}

Test(sync, prices_changes_by_what_the_vendor_counts)
{
    struct sync_facts facts = usual();

    facts.n_new = 10;
    facts.n_lost = 0;
    cr_assert(eq(i64, decide(&facts, SYNC_MODE_AUTO).changes_nanousd,
                 CALL + 10 * ITEM + CALL + 1000 * ITEM + CALL + ITEM));
}

Test(sync, takes_all_of_a_small_feed_and_where_that_is_cheaper)
{
    struct sync_facts facts = usual();
    struct sync_decision decision;

    facts.n_live = 1000;
    decision = decide(&facts, SYNC_MODE_AUTO);
    cr_assert(eq(int, decision.way, SYNC_FULL));
    check_reason(&decision, "1000 links are few");
    cr_assert(eq(int, decide(&facts, SYNC_MODE_CHANGES).way, SYNC_CHANGES));
    facts.n_live = 4000;
    decision = decide(&facts, SYNC_MODE_AUTO);
    cr_assert(eq(int, decision.way, SYNC_FULL));
    check_reason(&decision, "full is cheaper: $0.24 against $0.324036");
    cr_assert(eq(int, decide(&facts, SYNC_MODE_CHANGES).way, SYNC_CHANGES));
}

Test(sync, does_not_pass_the_largest_numbers)
{
    struct sync_facts facts = usual();

    facts.n_live = facts.moved_a_night = facts.n_refresh = INT64_MAX;
    facts.nights_refreshed = 3;
    cr_assert(ge(i64, decide(&facts, SYNC_MODE_AUTO).full_nanousd, INT64_C(1) << 60));
}

/* --- refresh --------------------------------------------------------------------------------- */

Test(sync, takes_a_part_anew_when_it_is_a_page)
{
    static const struct {
        int64_t n_live, nights, days, quota;
    } cases[] = {
        {100000, 1, 30, 3334},
        {100000, 0, 30, 0},
        {100000, 1, 0, 0},
        {100000, -1, 30, 0},
        {100000, 29, 30, 100000}, /* two parts would take 58 nights */
        {100000, 31, 30, 100000},
        {10000, 2, 30, 0},
        {10000, 3, 30, 1000},
        {9999, 3, 30, 1000},
        {9990, 3, 30, 0},
        {4000, 2, 14, 0},
        {4000, 3, 14,
         1000}, /* four parts in twelve nights: 3.5 times 1,143 is no end in fourteen */
        {2500, 14, 30, 0},
        {2500, 15, 30, 1250},
        {2500, 16, 30, 2500}, /* a night too late for two */
        {16000, 1, 30, 0},
        {16000, 2, 30, 1067},
        {1999, 29, 30, 0},
        {1000, 29, 30, 0},
        {500, 29, 30, 0},
        {500, 30, 30, 500},
        {500, 90, 30, 500},
        {0, 90, 30, 0},
        {INT64_MAX, 1, 30, INT64_MAX / 30 + 1},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sync_facts facts = usual();

        facts.n_live = cases[i].n_live;
        facts.nights_refreshed = cases[i].nights;
        cr_assert(eq(i64, sync_refresh_quota(&facts, cases[i].days), cases[i].quota), "case %zu",
                  i);
    }
}

Test(sync, prices_the_part_that_is_taken_anew)
{
    struct sync_facts facts = usual();
    struct sync_decision without = decide(&facts, SYNC_MODE_AUTO), with;

    facts.nights_refreshed = 1;
    facts.n_refresh = 3340;
    with = decide(&facts, SYNC_MODE_AUTO);
    cr_assert(with.wants_refresh);
    cr_assert(eq(i64, with.changes_nanousd, without.changes_nanousd + 4 * CALL + 3340 * ITEM));
}

Test(sync, takes_a_feed_whole_on_its_day_whatever_else)
{
    struct sync_facts facts = usual();
    struct sync_decision decision;

    facts.n_live = 500;
    facts.nights_refreshed = 30;
    facts.n_new = facts.n_lost = 0;
    decision = decide(&facts, SYNC_MODE_CHANGES);
    cr_assert(eq(int, decision.way, SYNC_FULL));
    check_reason(&decision, "each link is due to be taken anew (refresh)");
}

/* --- unmoved --------------------------------------------------------------------------------- */

Test(sync, takes_nothing_where_nothing_moved)
{
    struct sync_facts facts = usual();
    struct sync_decision decision;

    facts.n_live = 10; /* not even all of a small feed */
    facts.is_narrowed = true;
    facts.n_new = facts.n_lost = 0;
    decision = decide(&facts, SYNC_MODE_AUTO);
    cr_assert(eq(int, decision.way, SYNC_UNMOVED));
    cr_assert(not(decision.wants_lost));
    check_reason(&decision, "nothing new and nothing lost since the last good sync");
}

/* What is known of the count, and whether it is asked for where nothing moved. */
Test(sync, counts_what_does_not_move_on_its_weekday_and_at_the_latest_a_week_later)
{
    static const struct {
        int64_t n_live, n_missing, nights;
        bool is_its_night, is_counted;
    } cases[] = {
        {100000, 0, 1, false, false},    {100000, 0, 6, false, false},
        {100000, 0, 7, false, true},     {100000, 0, 30, false, true},
        {100000, 0, 1, true, true},      {100000, 0, 6, true, true},
        {100000, 0, 0, true, false}, /* a second run of the same night */
        {100000, 1000, 1, false, false}, {100000, 1001, 1, false, true},
        {100, 10, 1, false, false},      {100, 11, 1, false, true},
        {0, 0, 7, false, true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sync_facts facts = usual();
        struct sync_decision decision;

        facts.n_new = facts.n_lost = 0;
        facts.n_live = cases[i].n_live;
        facts.n_missing = cases[i].n_missing;
        facts.nights_counted = cases[i].nights;
        facts.is_count_night = cases[i].is_its_night;
        decision = decide(&facts, SYNC_MODE_AUTO);
        cr_assert(eq(int, decision.way, SYNC_UNMOVED), "case %zu", i);
        cr_assert(not(decision.wants_lost));
        cr_assert(eq(int, decision.wants_count, cases[i].is_counted), "case %zu", i);
        cr_assert(eq(i64, decision.changes_nanousd, cases[i].is_counted ? CALL + ITEM : 0));
        check_reason(&decision,
                     cases[i].is_counted
                         ? "nothing new and nothing lost since the last good sync; only counted"
                         : "nothing new and nothing lost since the last good sync");
    }
}

Test(sync, counts_what_moves_each_night_and_what_is_taken_whole_never)
{
    struct sync_facts facts = usual();

    cr_assert(decide(&facts, SYNC_MODE_AUTO).wants_count);
    facts.nights_counted = 7;
    facts.is_count_night = true;
    cr_assert(not(decide(&facts, SYNC_MODE_FULL).wants_count));
    facts.n_live = 1000;
    cr_assert(not(decide(&facts, SYNC_MODE_AUTO).wants_count));
}

Test(sync, is_not_unmoved_where_one_number_is_missing_or_a_part_is_due)
{
    struct sync_facts facts = usual();

    facts.n_new = 0;
    cr_assert(eq(int, decide(&facts, SYNC_MODE_AUTO).way, SYNC_CHANGES));
    facts.n_lost = 1;
    cr_assert(eq(int, decide(&facts, SYNC_MODE_AUTO).way, SYNC_CHANGES));
    facts.n_lost = 0;
    facts.nights_refreshed = 1;
    facts.n_refresh = 3334;
    cr_assert(eq(int, decide(&facts, SYNC_MODE_AUTO).way, SYNC_CHANGES));
}
