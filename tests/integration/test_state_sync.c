#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "support/nights.h"
#include "support/pg.h"

/*
 * What a feed's state learns from a part of its links, and how far it is known to be right.
 */

static const char *url;
static int64_t feed;

static void begin(void)
{
    url = nights_begin();
    feed = nights_feed("walk", "example.com", "backlink", "{}");
}

TestSuite(state_sync, .timeout = 280, .init = begin, .fini = pg_drop_databases);

/* --- a range taken anew ---------------------------------------------------------------------- */

static int64_t pass_range(const char *night, const char *from, const char *to, const char *word,
                          const char *links)
{
    int64_t listing = nights_land(feed, night, "refresh", links, 0);

    pg_execute(url,
               "UPDATE linkhaul.listing SET range_from = nullif('%s', '')::timestamptz, range_to = "
               "nullif('%s', '')::timestamptz WHERE listing_id = %lld",
               from, to, (long long)listing);
    nights_publish(listing, word);
    return listing;
}

/* Of 2021 to 2024, one each. */
#define FOUR "1>2021-06-01 2>2022-06-01 3>2023-06-01 4>2024-06-01"

Test(state_sync, a_range_tells_what_is_gone_within_it_alone)
{
    int64_t listing;

    nights_pass(feed, "2026-11-01", "complete", FOUR);
    pass_range("2026-11-02", "2022-06-01", "2023-06-01", "complete", "");
    EXPECT_GONE(feed, "2 missing");
    pass_range("2026-11-03", "2023-06-01", "", "short", "");
    EXPECT_GONE(feed, "2 missing");
    pass_range("2026-11-03", "2023-06-01", "", "complete", "4>2024-06-01");
    EXPECT_GONE(feed, "2 missing, 3 missing");
    listing = pass_range("2026-11-04", "", "2022-06-02", "complete", "1>2021-06-01");
    EXPECT_EVENTS(listing, "2 lost");
    EXPECT_GONE(feed, "2 lost, 3 missing");
}

/* "2022-06-02 2026-11-02": where the next range begins, and when the last one was taken. */
static void expect_cursor(const char *wanted)
{
    nights_expect(pg_text(url,
                          "SELECT coalesce(refreshed_to::date::text, '-') || ' ' || "
                          "coalesce(refreshed_night::text, '-') FROM linkhaul.feed"),
                  wanted, __LINE__);
}

Test(state_sync, the_cursor_goes_on_behind_a_range_and_to_the_beginning_behind_all)
{
    nights_pass(feed, "2026-11-01", "complete", FOUR);
    expect_cursor("- 2026-11-01");
    pass_range("2026-11-02", "", "2022-06-02", "complete", "1>2021-06-01 2>2022-06-01");
    expect_cursor("2022-06-02 2026-11-02");
    pass_range("2026-11-03", "2022-06-02", "2023-06-02", "short", "3>2023-06-01");
    expect_cursor("2022-06-02 2026-11-02");
    pass_range("2026-11-04", "2022-06-02", "", "complete", "3>2023-06-01 4>2024-06-01");
    expect_cursor("- 2026-11-04");
    pass_range("2026-11-05", "", "2022-06-02", "complete", "1>2021-06-01 2>2022-06-01");
    nights_pass(feed, "2026-11-06", "limited", FOUR);
    expect_cursor("2022-06-02 2026-11-05");
    nights_pass(feed, "2026-11-07", "complete", FOUR);
    expect_cursor("- 2026-11-07");
}

/* --- what the vendor calls lost -------------------------------------------------------------- */

Test(state_sync, what_left_the_filter_is_not_on_the_list_of_the_lost)
{
    int64_t listing, narrowed = nights_feed("narrow", "example.org", "backlink",
                                            "{\"filters\": [\"dofollow\", \"=\", true]}");

    nights_pass(narrowed, "2026-11-01", "complete", "1 2 3 4 5 6");
    nights_pass(narrowed, "2026-11-02", "complete", "1 4 5 6");
    EXPECT_GONE(narrowed, "2 missing, 3 missing");
    listing = nights_land(narrowed, "2026-11-02", "lost", "3 7", 0);
    nights_publish(listing, "complete");
    EXPECT_GONE(narrowed, "2 missing, 3 lost");
    listing = nights_pass(narrowed, "2026-11-03", "complete", "1 4 5 6");
    EXPECT_EVENTS(listing, "2 out_of_scope");
    EXPECT_GONE(narrowed, "2 out_of_scope, 3 lost");
}

/* A list of before it was missing tells nothing, nor does one that is not whole. */
Test(state_sync, an_older_list_of_the_lost_tells_nothing)
{
    int64_t listing, narrowed = nights_feed("narrow", "example.org", "backlink",
                                            "{\"filters\": [\"dofollow\", \"=\", true]}");

    nights_pass(narrowed, "2026-11-01", "complete", "1 2");
    nights_publish(nights_land(narrowed, "2026-11-01", "lost", "", 0), "complete");
    nights_pass(narrowed, "2026-11-02", "complete", "1");
    nights_publish(nights_land(narrowed, "2026-11-02", "lost", "", 0), "budget");
    listing = nights_pass(narrowed, "2026-11-03", "complete", "1");
    EXPECT_EVENTS(listing, "2 lost");
}

/* Two missing links are judged: one the vendor has lost, one only the filter. */
static void judge_in(const char *first, const char *word, const char *then, const char *gone)
{
    int64_t full, lost,
        narrowed =
            nights_feed(first, word, "backlink", "{\"filters\": [\"dofollow\", \"=\", true]}");

    nights_pass(narrowed, "2026-11-01", "complete", "1 2 3 4 5 6");
    nights_pass(narrowed, "2026-11-02", "complete", "1 4 5 6");
    full = nights_land(narrowed, "2026-11-03", "full", "1 5 6", 0);
    lost = nights_land(narrowed, "2026-11-03", "lost", "3 7", 0);
    pg_execute(url,
               "UPDATE linkhaul.listing AS l SET run_id = o.run_id FROM linkhaul.listing AS o "
               "WHERE l.listing_id = %lld AND o.listing_id = %lld",
               (long long)lost, (long long)full);
    if (strcmp(first, "full") == 0) {
        nights_publish(full, "complete");
        EXPECT_GONE(narrowed, "2 missing, 3 missing, 4 missing");
        nights_publish(lost, word);
        EXPECT_EVENTS(lost, then);
    } else {
        nights_publish(lost, word);
        EXPECT_GONE(narrowed, "2 missing, 3 lost");
        nights_publish(full, "complete");
        EXPECT_EVENTS(full, then);
    }
    EXPECT_GONE(narrowed, gone);
}

Test(state_sync, whichever_comes_last_tells_what_left_the_filter)
{
    judge_in("full", "complete", "2 out_of_scope, 3 lost", "2 out_of_scope, 3 lost, 4 missing");
    judge_in("lost", "complete", "2 out_of_scope", "2 out_of_scope, 3 lost, 4 missing");
}

Test(state_sync, a_list_of_the_lost_that_is_not_whole_leaves_it_open_what_left_the_filter)
{
    judge_in("full", "budget", "3 lost", "2 missing, 3 lost, 4 missing");
    judge_in("lost", "budget", "", "2 missing, 3 lost, 4 missing");
}

/* A part is asked for by a filter of ours, which no link can leave. */
Test(state_sync, what_is_gone_from_a_part_twice_is_lost_whatever_the_list_of_the_lost_has)
{
    int64_t listing;

    nights_pass(feed, "2026-11-01", "complete", FOUR);
    for (int i = 2; i <= 3; i++) {
        char night[] = "2026-11-02";

        night[9] = (char)('0' + i);
        nights_publish(nights_land(feed, night, "lost", "9", 0), "complete");
        listing = nights_land(feed, night, "refresh", "1>2021-06-01", 0);
        pg_execute(url,
                   "UPDATE linkhaul.listing SET range_to = '2022-06-02', request = "
                   "'{\"filters\": [\"first_seen\", \"<\", \"2022-06-02\"]}' "
                   "WHERE listing_id = %lld",
                   (long long)listing);
        nights_publish(listing, "complete");
    }
    EXPECT_EVENTS(listing, "2 lost");
    EXPECT_GONE(feed, "2 lost");
}

/* --- what the vendor calls new --------------------------------------------------------------- */

static int64_t pass_kind(const char *night, const char *kind, const char *links)
{
    int64_t listing = nights_land(feed, night, kind, links, 0);

    nights_publish(listing, "complete");
    return listing;
}

/* The lists look back over the nights before, so they bring the same links again. */
Test(state_sync, what_is_known_is_no_news_and_what_came_and_went_between_two_nights_is_none)
{
    nights_pass(feed, "2026-11-01", "complete", "1 2 3");
    EXPECT_EVENTS(pass_kind("2026-11-02", "new", "2 9>2026-11-01"), "9 new");
    EXPECT_EVENTS(pass_kind("2026-11-02", "lost", "3 8"), "3 lost"); /* 8 was never ours */
    EXPECT_EVENTS(pass_kind("2026-11-03", "new", "2 9>2026-11-01"), "");
    EXPECT_EVENTS(pass_kind("2026-11-03", "lost", "3 8"), "");
    EXPECT_EVENTS(pass_kind("2026-11-04", "new", "3"), "3 returned");
    EXPECT_STATE(feed, "1 live, 2 live, 3 live, 9 live");
}

/* Lost and found between its two calls: as the later one has it; the next night's lists agree. */
Test(state_sync, a_link_on_both_lists_is_mended_by_the_next_night)
{
    nights_pass(feed, "2026-11-01", "complete", "1 2");
    pass_kind("2026-11-02", "lost", "2 9");
    EXPECT_EVENTS(pass_kind("2026-11-02", "new", "2 9>2026-11-01"), "2 returned, 9 new");
    EXPECT_EVENTS(pass_kind("2026-11-03", "lost", "9"), "9 lost");
    EXPECT_STATE(feed, "1 live, 2 live, 9 lost");
}

/* --- a night that is late -------------------------------------------------------------------- */

Test(state_sync, a_listing_of_before_the_last_sync_changes_nothing)
{
    int64_t listing;

    nights_pass(feed, "2026-11-01", "complete", "1 2");
    listing = nights_land(feed, "2026-11-02", "full", "1 9", 0);
    pg_execute(url, "UPDATE linkhaul.feed SET synced_night = '2026-11-03'");
    nights_publish(listing, "complete");
    EXPECT_STATE(feed, "1 live, 2 live");
    EXPECT_EVENTS(listing, "");
}

/* --- the end of a run ------------------------------------------------------------------------ */

/* How many listings of all it begins. */
static int64_t end_run(int64_t listing, bool may_fall_back)
{
    return pg_int(url,
                  "SELECT count(*) FROM linkhaul.listing AS l, LATERAL linkhaul.end_run(l.run_id, "
                  "%s) AS e WHERE l.listing_id = %lld",
                  may_fall_back ? "true" : "false", (long long)listing);
}

/* An open run with changes of a feed whose count is off, and a listing of another that is open. */
static int64_t begin_changes(void)
{
    static const char *const kinds[] = {"new", "lost", "count"};
    int64_t open = nights_land(nights_feed("walk", "b.com", "backlink", "{\"limit\": 1}"),
                               "2026-11-02", "full", "1", 0);

    nights_pass(feed, "2026-11-01", "complete", "1 2 3");
    pg_execute(url,
               "UPDATE linkhaul.feed SET synced_night = '2026-11-01' WHERE feed_id = %lld; UPDATE "
               "linkhaul.run SET state = 'open' WHERE run_id = (SELECT run_id FROM "
               "linkhaul.listing WHERE listing_id = %lld)",
               (long long)feed, (long long)open);
    for (size_t i = 0; i < 3; i++) {
        int64_t listing = nights_land(feed, "2026-11-02", kinds[i], "", 0);

        pg_execute(url,
                   "UPDATE linkhaul.listing SET run_id = (SELECT run_id FROM linkhaul.listing "
                   "WHERE listing_id = %lld) WHERE listing_id = %lld; INSERT INTO linkhaul.slice "
                   "(listing_id, slice_no, page_limit, total_count) VALUES (%lld, 0, 1000, %d)",
                   (long long)open, (long long)listing, (long long)listing, i == 0 ? 0 : 5000);
        nights_publish(listing, "complete");
    }
    return open;
}

Test(state_sync, a_count_that_is_off_takes_all_only_where_nothing_is_open)
{
    int64_t open = begin_changes();

    cr_expect(eq(i64, end_run(open, true), 0));
    nights_publish(open, "complete");
    cr_expect(eq(i64, end_run(open, true), 1));
    cr_expect(eq(i64, pg_int(url, "SELECT count(*) FROM linkhaul.run WHERE state = 'open'"), 1));
    cr_expect(eq(i64, end_run(open, true), 0));
}

Test(state_sync, a_run_that_is_closed_takes_nothing_whole_and_is_no_good_sync)
{
    int64_t open = begin_changes();

    nights_publish(open, "complete");
    cr_expect(eq(i64, end_run(open, false), 0));
    cr_expect(eq(i64, pg_int(url, "SELECT count(*) FROM linkhaul.run WHERE state = 'open'"), 0));
    nights_expect(pg_text(url, "SELECT synced_night FROM linkhaul.feed WHERE feed_id = %lld",
                          (long long)feed),
                  "2026-11-01", __LINE__);
}

/* It ends where all is known, so nothing that it does not have is missing. */
Test(state_sync, a_list_of_the_lost_lacks_nothing)
{
    begin_changes();
    nights_expect(pg_text(url,
                          "SELECT completeness || ' ' || n_missing FROM linkhaul.listing "
                          "WHERE kind = 'lost'"),
                  "complete 0", __LINE__);
}
