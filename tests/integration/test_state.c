#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

#include "support/nights.h"
#include "support/pg.h"

/*
 * What a feed is, night after night: each way in which a link comes and goes, and what says nothing
 * about that. The nights are those of November 2026.
 */

static const char *url;
static int64_t feed;

static void begin(void)
{
    url = nights_begin();
    feed = nights_feed("walk", "example.com", "backlink", "{}");
}

TestSuite(state, .timeout = 120, .init = begin, .fini = pg_drop_databases);

/* --- coming ---------------------------------------------------------------------------------- */

Test(state, begins_with_a_baseline_that_has_no_news)
{
    int64_t listing = nights_pass(feed, "2026-11-01", "complete", "1 2 13!");

    EXPECT_STATE(feed, "1 live, 2 live, 13 lost");
    EXPECT_EVENTS(listing, "baseline of 3");
    EXPECT_DOMAINS(feed, "d0 live, d1 lost");
}

Test(state, tells_what_is_new)
{
    int64_t listing;

    nights_pass(feed, "2026-11-01", "complete", "1 2");
    listing = nights_pass(feed, "2026-11-02", "complete", "1 2 3 14 15!");
    EXPECT_STATE(feed, "1 live, 2 live, 3 live, 14 live, 15 lost");
    EXPECT_EVENTS(listing, "3 new, 14 new, 15 lost");
    EXPECT_DOMAINS(feed, "d0 live, d1 live");
    cr_expect(eq(
        i64, pg_int(url, "SELECT n_new * 10 + n_lost FROM linkhaul.listing WHERE listing_id = 2"),
        21));
    cr_expect(eq(i64,
                 pg_int(url,
                        "SELECT count(*) FROM linkhaul.link WHERE first_night = '2026-11-02' AND "
                        "changed_night = '2026-11-02'"),
                 3));
}

Test(state, calls_new_only_what_was_not_cut_off_before)
{
    int64_t second, third;

    nights_pass(feed, "2026-11-01", "limited", "1 2 3");
    second = nights_pass(feed, "2026-11-02", "limited", "1 4 5>2026-11-02");
    EXPECT_EVENTS(second, "5 new");
    EXPECT_STATE(feed, "1 live, 2 live, 3 live, 4 live, 5 live");
    third = nights_pass(feed, "2026-11-03", "complete", "1 2 3 4 5 6");
    EXPECT_EVENTS(third, "");
    EXPECT_EVENTS(nights_pass(feed, "2026-11-04", "limited", "1 2 7"), "7 new");
}

/* --- going ----------------------------------------------------------------------------------- */

Test(state, calls_lost_what_two_complete_listings_do_not_have)
{
    int64_t listing;

    nights_pass(feed, "2026-11-01", "complete", "1 2 3 14");
    listing = nights_pass(feed, "2026-11-02", "complete", "1 2");
    EXPECT_EVENTS(listing, "");
    EXPECT_GONE(feed, "3 missing, 14 missing");
    EXPECT_DOMAINS(feed, "d0 live, d1 missing");
    listing = nights_pass(feed, "2026-11-04", "complete", "1 2 14");
    EXPECT_EVENTS(listing, "3 lost");
    EXPECT_GONE(feed, "3 lost");
    EXPECT_DOMAINS(feed, "d0 live, d1 live");
    cr_expect(eq(i64,
                 pg_int(url,
                        "SELECT count(*) FROM linkhaul.link WHERE missing_since = '2026-11-02' AND "
                        "gone_night = '2026-11-04' AND reason = 'not in the listing'"),
                 1));
    EXPECT_EVENTS(nights_pass(feed, "2026-11-05", "complete", "1 2"), "");
    EXPECT_EVENTS(nights_pass(feed, "2026-11-06", "complete", "1 2"), "14 lost");
}

Test(state, counts_two_listings_of_a_night_as_one)
{
    nights_pass(feed, "2026-11-01", "complete", "1 2 3");
    nights_pass(feed, "2026-11-02", "complete", "1 2");
    nights_pass(feed, "2026-11-02", "complete", "1 2");
    EXPECT_GONE(feed, "3 missing");
}

Test(state, believes_the_vendor_at_once)
{
    int64_t listing;

    nights_pass(feed, "2026-11-01", "complete", "1 2 3");
    listing = nights_pass(feed, "2026-11-02", "limited", "1! 2");
    EXPECT_EVENTS(listing, "1 lost");
    EXPECT_GONE(feed, "1 lost");
    EXPECT_EVENTS(nights_pass(feed, "2026-11-03", "complete", "1!@7 2 3"), "");
    cr_expect(eq(i64,
                 pg_int(url,
                        "SELECT count(*) FROM linkhaul.link WHERE gone_night = '2026-11-02' AND "
                        "reason = 'the vendor says so' AND rank = 7"),
                 1));
    EXPECT_EVENTS(nights_pass(feed, "2026-11-04", "complete", "1 2 3"), "1 returned");
    EXPECT_GONE(feed, "");
    cr_expect(eq(i64,
                 pg_int(url,
                        "SELECT count(*) FROM linkhaul.link WHERE gone_night IS NOT NULL OR reason "
                        "IS NOT NULL OR missing_since IS NOT NULL"),
                 0));
}

Test(state, sees_what_was_lost_return)
{
    nights_pass(feed, "2026-11-01", "complete", "1 2 3");
    nights_pass(feed, "2026-11-02", "complete", "1 2");
    nights_pass(feed, "2026-11-03", "complete", "1 2");
    EXPECT_EVENTS(nights_pass(feed, "2026-11-04", "short", "1 3"), "3 returned");
    EXPECT_STATE(feed, "1 live, 2 live, 3 live");
}

Test(state, learns_of_no_loss_from_a_listing_that_is_not_whole)
{
    static const char *const words[] = {"short", "limited", "capped", "budget", "error"};
    char night[] = "2026-11-11";

    nights_pass(feed, "2026-11-01", "complete", "1 2 3 4");
    for (int i = 0; i < 5; i++) {
        night[9] = (char)('1' + i);
        EXPECT_EVENTS(nights_pass(feed, night, words[i], "1 2@9"), "");
    }
    EXPECT_GONE(feed, "");
    cr_expect(eq(i64, pg_int(url, "SELECT count(*) FROM linkhaul.link WHERE rank = 9"), 1));
    /* Nor does it come between two that are. */
    nights_pass(feed, "2026-11-20", "complete", "1 2");
    nights_pass(feed, "2026-11-21", "short", "1 2");
    EXPECT_GONE(feed, "3 missing, 4 missing");
    EXPECT_EVENTS(nights_pass(feed, "2026-11-22", "complete", "1 2"), "3 lost, 4 lost");
}

Test(state, calls_nothing_lost_that_was_short_at_publish)
{
    int64_t listing;

    nights_pass(feed, "2026-11-01", "complete", "1 2 3");
    listing = nights_land(feed, "2026-11-02", "full", "1 2", 0);
    pg_execute(url,
               "INSERT INTO linkhaul.slice (listing_id, slice_no, page_limit, total_count) VALUES "
               "(%lld, 0, 1000, 20)",
               (long long)listing);
    nights_publish(listing, "complete");
    EXPECT_GONE(feed, "");
}

Test(state, takes_a_listing_of_the_lost_at_its_word)
{
    int64_t listing;

    nights_pass(feed, "2026-11-01", "complete", "1 2 3");
    listing = nights_land(feed, "2026-11-02", "lost", "2 9", 0);
    nights_publish(listing, "complete");
    EXPECT_EVENTS(listing, "2 lost");
    EXPECT_STATE(feed, "1 live, 2 lost, 3 live"); /* 9 never was the feed's */
    listing = nights_land(feed, "2026-11-03", "refresh", "2", 0);
    nights_publish(listing, "short");
    EXPECT_EVENTS(listing, "2 returned");
    listing = nights_land(feed, "2026-11-03", "count", "5", 0);
    nights_publish(listing, "complete");
    EXPECT_EVENTS(listing, "");
    EXPECT_GONE(feed, "");
}

/* --- out of scope ---------------------------------------------------------------------------- */

#define FOLLOWED "{\"filters\": [\"dofollow\", \"=\", true]}"

Test(state, calls_out_of_scope_what_lives_on_beside_the_filter)
{
    int64_t filtered = nights_feed("followed", "example.com", "backlink", FOLLOWED);
    int64_t listing;

    nights_pass(feed, "2026-11-01", "complete", "1 2 3 4~");
    nights_pass(filtered, "2026-11-01", "complete", "1 2 3");
    nights_pass(feed, "2026-11-02", "complete", "1 2~ 4~");
    EXPECT_EVENTS(nights_pass(filtered, "2026-11-02", "complete", "1 7"), "7 new");
    EXPECT_GONE(filtered, "2 missing, 3 missing");
    listing = nights_pass(filtered, "2026-11-03", "complete", "1 7");
    EXPECT_EVENTS(listing, "2 out_of_scope, 3 lost");
    nights_expect(
        pg_text(url,
                "SELECT string_agg(reason, '; ' ORDER BY reason) FROM linkhaul.link_event WHERE "
                "listing_id = %lld",
                (long long)listing),
        "alive in feed 1, of job walk; not in the listing", __LINE__);
    EXPECT_EVENTS(nights_pass(filtered, "2026-11-04", "complete", "1 7"), "");
    EXPECT_EVENTS(nights_pass(filtered, "2026-11-05", "complete", "1 2"), "2 returned");
}

Test(state, calls_lost_what_no_fresh_listing_has_alive)
{
    int64_t filtered = nights_feed("followed", "example.com", "backlink", FOLLOWED);
    int64_t other = nights_feed("other", "example.org", "backlink", "{}");

    nights_pass(feed, "2026-11-01", "complete", "1 2 3 4");  /* before it went missing */
    nights_pass(other, "2026-11-03", "complete", "1 2 3 4"); /* of another target */
    nights_pass(filtered, "2026-11-01", "complete", "1 2 3 4");
    nights_pass(filtered, "2026-11-02", "complete", "1 2 3");
    EXPECT_EVENTS(nights_pass(filtered, "2026-11-03", "complete", "1 2"), "4 lost");
    nights_pass(feed, "2026-11-03", "limited", "1 2 3");
    EXPECT_EVENTS(nights_pass(filtered, "2026-11-04", "complete", "1 2"), "3 lost");
}

Test(state, calls_lost_what_a_feed_without_filters_does_not_have)
{
    int64_t filtered = nights_feed("followed", "example.com", "backlink", FOLLOWED);

    nights_pass(feed, "2026-11-01", "complete", "1 2");
    nights_pass(filtered, "2026-11-03", "complete", "1 2");
    nights_pass(feed, "2026-11-02", "complete", "1");
    EXPECT_EVENTS(nights_pass(feed, "2026-11-03", "complete", "1"), "2 lost");
}

Test(state, tells_a_link_that_another_one_stands_for_from_a_lost_one)
{
    int64_t best = nights_feed("best", "example.com", "backlink", "{\"mode\": \"one_per_domain\"}");
    int64_t listing;

    nights_pass(best, "2026-11-01", "complete", "1 11 21");
    EXPECT_EVENTS(nights_pass(best, "2026-11-02", "complete", "2 11 31>2026-11-02"), "31 new");
    EXPECT_GONE(best, "1 missing, 21 missing");
    listing = nights_pass(best, "2026-11-03", "complete", "2 11 31>2026-11-02");
    EXPECT_EVENTS(listing, "1 out_of_scope, 21 lost");
    EXPECT_DOMAINS(best, "d0 live, d1 live, d2 lost, d3 live");
}

Test(state, learns_of_no_loss_where_links_are_grouped_otherwise)
{
    int64_t groups[] = {
        nights_feed("a", "example.com", "backlink", "{\"mode\": \"one_per_anchor\"}"),
        nights_feed("b", "example.com", "backlink",
                    "{\"custom_mode\": {\"field\": \"tld_from\", \"value\": 5}}"),
    };

    for (int i = 0; i < 2; i++) {
        nights_pass(groups[i], "2026-11-01", "complete", "1 2");
        nights_pass(groups[i], "2026-11-02", "complete", "1 3");
        EXPECT_EVENTS(nights_pass(groups[i], "2026-11-03", "complete", "1 3"), "");
        EXPECT_GONE(groups[i], "");
    }
}

/* --- late, held, again ----------------------------------------------------------------------- */

Test(state, does_not_go_back_to_an_older_night)
{
    int64_t late;

    nights_pass(feed, "2026-11-01", "complete", "1 2 3");
    nights_pass(feed, "2026-11-05", "complete", "1 2 3@8");
    late = nights_pass(feed, "2026-11-03", "complete", "1@5 9");
    EXPECT_EVENTS(late, "");
    EXPECT_STATE(feed, "1 live, 2 live, 3 live");
    cr_expect(eq(i64, pg_int(url, "SELECT sum(rank) FROM linkhaul.link"), 1 + 2 + 8));
}

Test(state, stays_while_a_listing_is_held_and_follows_once_it_is_accepted)
{
    int64_t held;

    nights_pass(feed, "2026-11-01", "complete", "1 2 3 4");
    held = nights_land(feed, "2026-11-02", "full", "1", 0);
    cr_expect_str_eq(nights_publish(held, "complete"), "held");
    EXPECT_GONE(feed, "");
    nights_accept(held);
    EXPECT_GONE(feed, "2 missing, 3 missing, 4 missing");
    nights_accept(held);
    EXPECT_GONE(feed, "2 missing, 3 missing, 4 missing");
}

Test(state, stays_where_what_was_held_is_accepted_late)
{
    int64_t held;

    nights_pass(feed, "2026-11-01", "complete", "1 2 3 4");
    held = nights_land(feed, "2026-11-02", "full", "1", 0);
    nights_publish(held, "complete");
    nights_pass(feed, "2026-11-03", "complete", "1 2 3 4");
    nights_accept(held);
    EXPECT_GONE(feed, "");
    EXPECT_EVENTS(held, "");
}

/* The run's publish is not committed yet when somebody accepts what an earlier one held. */
Test(state, is_changed_by_one_listing_after_the_other)
{
    PGconn *run = PQconnectdb(url), *person = PQconnectdb(url);
    int64_t held, newer;
    char sql[256];

    nights_pass(feed, "2026-11-01", "complete", "1 2 3 4");
    held = nights_land(feed, "2026-11-02", "full", "1", 0);
    nights_publish(held, "complete");
    newer = nights_land(feed, "2026-11-03", "full", "1 2 3 4", 0);
    snprintf(sql, sizeof(sql),
             "BEGIN; SELECT linkhaul.publish(%lld, 'complete', 1000, 500000, false)",
             (long long)newer);
    PQclear(PQexec(run, sql));
    snprintf(sql, sizeof(sql), "SELECT linkhaul.publish(%lld, 'complete', 1000, 500000, true)",
             (long long)held);
    PQsendQuery(person, sql);
    while (pg_int(url, "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = %d",
                  PQbackendPID(person)) == 0)
        cr_assert(PQconsumeInput(person) == 1 && PQisBusy(person), "it did not wait");
    PQclear(PQexec(run, "COMMIT"));
    PQclear(PQgetResult(person));
    PQfinish(run);
    PQfinish(person);
    EXPECT_GONE(feed, "");
    EXPECT_EVENTS(held, "");
}

Test(state, holds_a_target_that_vanished_and_then_counts_two_nights)
{
    int64_t none;

    nights_pass(feed, "2026-11-01", "complete", "1 2");
    none = nights_land(feed, "2026-11-02", "full", "", 0);
    cr_expect_str_eq(nights_publish(none, "complete"), "held");
    nights_accept(none);
    EXPECT_GONE(feed, "1 missing, 2 missing");
    EXPECT_EVENTS(nights_pass(feed, "2026-11-03", "complete", ""), "1 lost, 2 lost");
    EXPECT_DOMAINS(feed, "d0 lost");
}

Test(state, follows_a_replay_of_the_newest_listing)
{
    int64_t listing, replay;

    nights_pass(feed, "2026-11-01", "complete", "1 2 3");
    listing = nights_pass(feed, "2026-11-02", "complete", "1 2");
    replay = nights_land(feed, "2026-11-02", "full", "1 2@7", listing);
    nights_publish(replay, "complete");
    EXPECT_EVENTS(replay, "");
    EXPECT_GONE(feed, "3 missing");
    replay = nights_land(feed, "2026-11-02", "full", "1 2 3 4", listing);
    nights_publish(replay, "complete");
    EXPECT_EVENTS(replay, "4 new");
    EXPECT_GONE(feed, "");
    replay = nights_land(feed, "2026-11-01", "full", "1", 1);
    nights_publish(replay, "complete");
    EXPECT_STATE(feed, "1 live, 2 live, 3 live, 4 live");
}

Test(state, has_no_news_in_a_replay_of_the_baseline)
{
    int64_t listing = nights_pass(feed, "2026-11-01", "complete", "1 2");
    int64_t replay = nights_land(feed, "2026-11-01", "full", "1 2 3", listing);

    nights_publish(replay, "complete");
    EXPECT_EVENTS(replay, "");
    EXPECT_STATE(feed, "1 live, 2 live, 3 live");
    EXPECT_EVENTS(nights_pass(feed, "2026-11-02", "complete", "1 2 3 4"), "4 new");
}

Test(state, begins_anew_where_a_feed_means_something_else)
{
    int64_t renamed;

    nights_pass(feed, "2026-11-01", "complete", "1 2");
    renamed = nights_feed("renamed", "example.com", "backlink", "{}");
    EXPECT_EVENTS(nights_pass(renamed, "2026-11-02", "complete", "1 2 3"), "baseline of 3");
    EXPECT_STATE(feed, "1 live, 2 live");
}

/* --- what is touched ------------------------------------------------------------------------- */

static char *versions(const char *table)
{
    return pg_text(url,
                   "SELECT string_agg(ctid::text, ' ' ORDER BY feed_id, link_key) FROM "
                   "linkhaul.%s",
                   table);
}

Test(state, touches_no_row_that_does_not_differ)
{
    char *links, *domains;

    nights_pass(feed, "2026-11-01", "complete", "1 2 3 11");
    links = versions("link");
    domains = versions("referring_domain");
    nights_pass(feed, "2026-11-02", "complete", "1 2 3 11");
    nights_expect(versions("link"), links, __LINE__);
    nights_expect(versions("referring_domain"), domains, __LINE__);
    nights_pass(feed, "2026-11-03", "complete", "1 2@50 3 11");
    cr_expect(eq(i64,
                 pg_int(url,
                        "SELECT count(*) FROM linkhaul.link WHERE rank = 50 AND last_seen = "
                        "'2026-11-03' AND changed_night = '2026-11-03'"),
                 1));
    nights_expect(versions("referring_domain"), domains, __LINE__);
    nights_pass(feed, "2026-11-04", "complete", "1 2@50 3~ 11");
    cr_expect(eq(i64,
                 pg_int(url,
                        "SELECT count(*) FROM linkhaul.referring_domain WHERE changed_night = "
                        "'2026-11-04' AND links = 3 AND dofollow_links = 2"),
                 1));
    free(links);
    free(domains);
}

/* A host's name has 253 characters; what is longer fits no index. */
Test(state, takes_a_domain_of_any_length)
{
    int64_t listing = nights_land(feed, "2026-11-01", "full", "1 2", 0);

    pg_execute(url,
               "UPDATE linkhaul.backlink SET domain_from = (SELECT string_agg(md5(n::text), "
               "'') FROM generate_series(1, 1000) AS n)");
    cr_expect(eq(int, strcmp(nights_publish(listing, "complete"), "published"), 0));
    cr_expect(
        eq(i64, pg_int(url, "SELECT max(length(domain_from)) FROM linkhaul.backlink"), 32000));
    cr_expect(eq(i64, pg_int(url, "SELECT max(length(domain_from)) FROM linkhaul.link"), 253));
    cr_expect(eq(i64, pg_int(url, "SELECT max(length(domain_from)) FROM linkhaul.referring_domain"),
                 253));
}
