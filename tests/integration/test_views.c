#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/nights.h"
#include "support/pg.h"

/* What analysts read of small nights, counted by hand: the sites of a project and its gap. */

static const char *url;

static void begin(void)
{
    url = nights_begin();
    pg_execute(url,
               "SELECT linkhaul.set_project('default', ARRAY['us', 'a', 'b', 'c'], "
               "ARRAY['own', 'competitor', 'competitor', 'competitor'])");
}

TestSuite(views, .timeout = 120, .init = begin, .fini = pg_drop_databases);

#define EXPECT(wanted, ...) nights_expect(pg_text(url, __VA_ARGS__), wanted, __LINE__)

/* A feed that its job has had in every run since. */
static int64_t feed_of(const char *target, const char *facts)
{
    int64_t feed = nights_feed("walk", target, facts, "{}");

    pg_execute(url, "UPDATE linkhaul.feed SET asked_at = 'infinity' WHERE feed_id = %lld",
               (long long)feed);
    return feed;
}

/* A full listing whose facts are changed by SQL (SET ...) before it is published. */
static void pass_changed(int64_t feed, const char *night, const char *links, const char *change)
{
    int64_t listing = nights_land(feed, night, "full", links, 0);

    pg_execute(url, "UPDATE linkhaul.backlink SET %s WHERE listing_id = %lld", change,
               (long long)listing);
    cr_assert_str_eq(nights_publish(listing, "complete"), "published");
}

/* --- the gap --------------------------------------------------------------------------------- */

#define GAP                                                                                        \
    "SELECT coalesce(string_agg(concat_ws(' ', domain_from, n_competitors, '[' || competitors || " \
    "']', links, url_from, anchor, target, since_night), '; ' ORDER BY domain_from), '') FROM "    \
    "linkhaul_bi.link_gap WHERE source = '%s'"

Test(views, tell_nothing_of_a_gap_while_no_own_site_is_held)
{
    nights_pass(feed_of("a", "backlink"), "2026-11-01", "complete", "1 2");
    nights_pass(feed_of("b", "backlink"), "2026-11-01", "complete", "3");
    EXPECT("", GAP, "links");
}

Test(views, tell_domains_that_link_to_two_competitors_and_not_to_us)
{
    int64_t us = feed_of("us", "backlink"), a = feed_of("a", "backlink");
    int64_t b = feed_of("b", "backlink"), c = feed_of("c", "backlink");

    nights_pass(a, "2026-11-01", "complete", "1 11 12 21 31 41");
    nights_pass(b, "2026-11-01", "complete", "2 13 22~");
    nights_pass(c, "2026-11-01", "complete", "14~");
    pass_changed(us, "2026-11-01", "3 42", "domain_from = 'www.' || domain_from");
    EXPECT("d1 3 [a, b, c] 4 13 anchor 1 b 2026-11-01; d2 2 [a, b] 2 21 anchor 0 a 2026-11-01", GAP,
           "links");

    /* Won by us; lost by a, of which one complete listing is not enough; won by c; and changed. */
    pass_changed(us, "2026-11-02", "3 42 15", "domain_from = 'www.' || domain_from");
    nights_pass(a, "2026-11-02", "complete", "1 11 12 31 41");
    nights_pass(c, "2026-11-02", "complete", "14~ 32 23@90");
    EXPECT("d2 3 [a, b, c] 2 23 anchor 2 c 2026-11-01; d3 2 [a, c] 2 32 anchor 2 c 2026-11-02", GAP,
           "links");
    nights_pass(a, "2026-11-03", "complete", "1 11 12 31 41");
    EXPECT("d2 2 [b, c] 2 23 anchor 2 c 2026-11-01; d3 2 [a, c] 2 32 anchor 2 c 2026-11-02", GAP,
           "links");
    nights_pass(b, "2026-11-03", "complete", "2 13 22!");
    EXPECT("d3 2 [a, c] 2 32 anchor 2 c 2026-11-02", GAP, "links");

    /* Another project's, and competitors that are none any more. */
    pg_execute(url,
               "SELECT linkhaul.set_project('default', ARRAY['us', 'a', 'b'], "
               "ARRAY['own', 'competitor', 'competitor'])");
    EXPECT("", GAP, "links");
}

Test(views, count_a_gap_as_a_whole_where_much_has_changed_as_where_little_has)
{
    nights_pass(feed_of("us", "backlink"), "2026-11-01", "complete", "3");
    nights_pass(feed_of("a", "backlink"), "2026-11-01", "complete", "1 11 12 21 31 41");
    nights_pass(feed_of("b", "backlink"), "2026-11-01", "complete", "2 13 22 35");
    pg_execute(url,
               "CREATE TABLE was AS SELECT * FROM linkhaul.gap_domain;"
               "SELECT linkhaul.keep_gap('default', NULL, NULL, '2026-11-01');"
               "SELECT linkhaul.keep_gap('default', 2, '2026-11-01', '2026-11-01')");
    EXPECT("3",
           "SELECT count(*) FROM (SELECT * FROM was INTERSECT SELECT * FROM "
           "linkhaul.gap_domain) AS same");
}

Test(views, tell_the_gap_of_an_intersection_beside_that_of_links)
{
    int64_t us = feed_of("us", "backlink"), gap = feed_of("1 and 2", "domain_intersection");

    nights_pass(us, "2026-11-01", "complete", "31");
    nights_pass(gap, "2026-11-01", "complete", "1 2@7 3");
    EXPECT(
        "d1 2 [target 1, target 2] 6 1 and 2 2026-11-01; "
        "d2 2 [target 1, target 2] 6 1 and 2 2026-11-01",
        GAP, "intersection");
    EXPECT("7", "SELECT domain_from_rank FROM linkhaul_bi.link_gap WHERE domain_from = 'd2'");

    /* What is not in a listing that was cut off is still there; the vendor's word ends it. */
    nights_pass(gap, "2026-11-02", "limited", "2@8 4");
    EXPECT("d1, d2, d4",
           "SELECT string_agg(domain_from, ', ' ORDER BY 1) FROM linkhaul_bi.link_gap");
    nights_pass(gap, "2026-11-03", "complete", "2@8 4");
    nights_pass(gap, "2026-11-04", "complete", "2@8 4");
    EXPECT("d2, d4", "SELECT string_agg(domain_from, ', ' ORDER BY 1) FROM linkhaul_bi.link_gap");
    pg_execute(url, "SELECT linkhaul.set_project('default', ARRAY['target 1'], ARRAY['own'])");
    nights_pass(gap, "2026-11-05", "complete", "2@8 4");
    EXPECT("0", "SELECT count(*) FROM linkhaul_bi.link_gap");
}

Test(views, tell_pages_that_link_to_competitors_and_not_to_us)
{
    int64_t us = feed_of("us", "backlink"), pages = feed_of("1 and 2", "page_intersection"),
            listing;

    nights_pass(us, "2026-11-01", "complete", "3");
    listing = nights_land(pages, "2026-11-01", "full", "1 2~ 3", 0);
    pg_execute(url,
               "UPDATE linkhaul.page_intersection SET link_key = md5(url_from || target)::uuid, "
               "url_to = target, anchor = 'to ' || target_key, dofollow = target_key = '2'");
    pg_execute(url,
               "DELETE FROM linkhaul.page_intersection WHERE url_from = '2' AND target_key = '2'");
    nights_publish(listing, "complete");
    EXPECT(
        "1 and 2 2026-11-01 complete 1 2 [target 1, target 2] 2 to 2; "
        "1 and 2 2026-11-01 complete 2 1 [target 1] 1 to 1",
        "SELECT string_agg(concat_ws(' ', target, night, completeness, url_from, n_competitors, "
        "'[' || competitors || ']', links, anchor), '; ' ORDER BY url_from) FROM "
        "linkhaul_bi.page_gap");
}

/* --- sites ----------------------------------------------------------------------------------- */

#define SITE                                                                                        \
    "SELECT string_agg(concat_ws(' ', night, role, completeness, links, referring_domains, '+' || " \
    "new_links, '-' || lost_links, 'r' || returned_links, round(follow_share::numeric, 2), "        \
    "average_rank, spam_low, spam_medium, spam_high, vendor_new, vendor_lost, vendor_since, "       \
    "CASE WHEN is_unmoved THEN 'unmoved' END), '; ' ORDER BY night) FROM linkhaul_bi.site_daily"

Test(views, tell_what_a_site_was_night_by_night)
{
    int64_t us = feed_of("us", "backlink"), bulk = feed_of("us and a", "bulk_new_lost_backlinks");
    int64_t listing;

    pass_changed(us, "2026-11-01", "1 2~ 11", "backlink_spam_score = ordinal * 30");
    pass_changed(us, "2026-11-02", "1! 11 12", "backlink_spam_score = 5");
    nights_pass(us, "2026-11-03", "complete", "1 11 12");
    for (int day = 2; day <= 5; day++) {
        char night[11];

        snprintf(night, sizeof(night), "2026-11-%02d", day);
        listing = nights_land(bulk, night, "full", "", 0);
        pg_execute(
            url,
            "UPDATE linkhaul.listing SET request = '{\"date_from\": \"2026-10-30\"}' WHERE "
            "listing_id = %lld; INSERT INTO linkhaul.bulk_new_lost_backlinks (night, run_id, "
            "listing_id, slice_no, ordinal, link_key, loaded_at, target, new_backlinks, "
            "lost_backlinks) SELECT night, run_id, listing_id, 0, 1, md5('us')::uuid, now(), "
            "'us', %d, 0 FROM linkhaul.listing WHERE listing_id = %lld",
            (long long)listing, day == 2 ? 7 : 0, (long long)listing);
        nights_publish(listing, "complete");
    }
    /* Of 2026-11-05 nobody has said that the feed stands for it. */
    pg_execute(url, "UPDATE linkhaul.feed SET synced_night = '2026-11-04' WHERE feed_id = %lld",
               (long long)us);
    EXPECT(
        "2026-11-01 own complete 3 2 +0 -0 r0 0.67 0.5 0 1 1; "
        "2026-11-02 own complete 2 1 +1 -1 r0 1.00 1 1 0 0 7 0 2026-10-30; "
        "2026-11-03 own complete 3 2 +0 -1 r1 1.00 0.5 0 1 0 0 0 2026-10-30; "
        "2026-11-04 own complete 3 2 +0 -0 r0 1.00 0.5 0 1 0 0 0 2026-10-30 unmoved",
        SITE);
    EXPECT("2026-11-04", "SELECT DISTINCT night FROM linkhaul_bi.links");
}

Test(views, add_up_the_listings_of_a_night)
{
    int64_t us = feed_of("us", "backlink");

    nights_pass(us, "2026-11-01", "complete", "1 2 11");
    nights_publish(nights_land(us, "2026-11-02", "new", "12 13", 0), "complete");
    nights_publish(nights_land(us, "2026-11-02", "lost", "1!", 0), "complete");
    nights_publish(nights_land(us, "2026-11-02", "count", "2", 0), "complete");
    EXPECT(
        "2026-11-01 own complete 3 2 +0 -0 r0 1.00 0.5 0 0 0; "
        "2026-11-02 own complete 4 2 +2 -1 r0 1.00 0.5 0 0 0",
        SITE);
    EXPECT("4",
           "SELECT sum(links) FROM linkhaul_bi.daily_dimension WHERE dimension = 'page' AND "
           "night = '2026-11-02'");
}

Test(views, tell_how_whole_the_listing_was)
{
    int64_t us = feed_of("us", "backlink");

    nights_pass(us, "2026-11-01", "complete", "1 2");
    nights_pass(us, "2026-11-02", "limited", "1");
    EXPECT(
        "2026-11-01 complete 2, 2026-11-02 limited 2",
        "SELECT string_agg(concat_ws(' ', night, completeness, links), ', ' ORDER BY night) FROM "
        "linkhaul_bi.site_daily");
    EXPECT("limited limited limited",
           "SELECT concat_ws(' ', (SELECT min(completeness) FROM linkhaul_bi.links), (SELECT "
           "min(completeness) FROM linkhaul_bi.referring_domains), (SELECT completeness FROM "
           "linkhaul_bi.freshness))");
}

/* --- by what they are ------------------------------------------------------------------------ */

Test(views, keep_a_thousand_values_of_a_dimension_and_all_others_as_one)
{
    int64_t us = feed_of("us", "backlink");
    char *links =
        pg_text(url, "SELECT string_agg(n::text, ' ') FROM generate_series(1, 1205) AS n");

    pass_changed(
        us, "2026-11-01", links,
        "anchor = 'a ' || greatest(url_from::int, 3), tld_from = 'de', domain_from_country = "
        "CASE WHEN domain_from < 'd5' THEN 'DE' END, domain_from_ip = '192.0.' || "
        "url_from::int / 610 || '.' || url_from::int % 200, domain_from_platform_type = "
        "CASE WHEN domain_from = 'd0' THEN ARRAY['cms', 'news'] ELSE ARRAY['cms'] END");
    free(links);
    EXPECT(
        "1 a 3 3 1 1",
        "SELECT string_agg(concat_ws(' ', position, value, links, referring_domains, n_values), "
        "', ' ORDER BY position) FROM linkhaul_bi.daily_dimension WHERE dimension = 'anchor' AND "
        "position = 1");
    EXPECT("other 203 203 t",
           "SELECT concat_ws(' ', value, links, n_values, is_other) FROM "
           "linkhaul_bi.daily_dimension WHERE dimension = 'anchor' AND position = 0");
    EXPECT(
        "anchor 1001 1205, country 2 1205, network 2 1205, page 1 1205, platform 2 1214, tld 1 1205",
        "SELECT string_agg(concat_ws(' ', dimension, n, links), ', ' ORDER BY dimension) FROM "
        "(SELECT dimension, count(*) AS n, sum(links) AS links FROM linkhaul_bi.daily_dimension "
        "WHERE project = 'default' AND night = '2026-11-01' GROUP BY dimension) AS d");
    EXPECT("cms 1205 121 complete, news 9 1 complete",
           "SELECT string_agg(concat_ws(' ', value, links, referring_domains, completeness), ', ' "
           "ORDER BY value) FROM linkhaul_bi.daily_dimension WHERE dimension = 'platform'");
    EXPECT("192.0.0.0/24 609, 192.0.1.0/24 596",
           "SELECT string_agg(concat_ws(' ', value, links), ', ' ORDER BY value) FROM "
           "linkhaul_bi.daily_dimension WHERE dimension = 'network'");
}

Test(views, count_no_dimension_again_where_nothing_has_changed)
{
    int64_t us = feed_of("us", "backlink");

    nights_pass(us, "2026-11-01", "complete", "1 2");
    nights_pass(us, "2026-11-02", "complete", "1 2");
    nights_pass(us, "2026-11-03", "complete", "1 2~");
    EXPECT("2026-11-01, 2026-11-03",
           "SELECT string_agg(DISTINCT night::text, ', ') FROM linkhaul_bi.daily_dimension");
    EXPECT("3", "SELECT count(*) FROM linkhaul_bi.site_daily");
}

Test(views, tell_broken_pages_of_ours_that_are_linked_to)
{
    pass_changed(feed_of("us", "backlink"), "2026-11-01", "1 12 23 34!",
                 "is_broken = url_from <> '12', url_to = 'gone'");
    pass_changed(feed_of("a", "backlink"), "2026-11-01", "5", "is_broken = true");
    EXPECT(
        "us gone 23 2, us gone 1 0",
        "SELECT string_agg(concat_ws(' ', target, url_to, url_from, domain_from_rank), ', ' ORDER BY "
        "domain_from_rank DESC) FROM linkhaul_bi.broken_to_reclaim");
}

Test(views, tell_links_of_now_with_what_only_the_listing_has)
{
    int64_t us = feed_of("us", "backlink");

    nights_pass(us, "2026-11-01", "complete", "1 2 3");
    pass_changed(us, "2026-11-02", "1! 2",
                 "page_from_title = 'title ' || url_from, attributes = ARRAY['ugc']");
    EXPECT(
        "1 lost 2026-11-02 the vendor says so title 1, 2 live title 2, 3 missing",
        "SELECT string_agg(concat_ws(' ', url_from, state, gone_night, reason, page_from_title), "
        "', ' ORDER BY url_from) FROM linkhaul_bi.links");
    EXPECT("3 own 2026-11-01",
           "SELECT concat_ws(' ', count(*), min(role), min(first_night)) FROM "
           "linkhaul_bi.links");
    EXPECT("1 attribute ugc lost",
           "SELECT concat_ws(' ', url_from, kind, value, state) FROM "
           "linkhaul_bi.link_values WHERE url_from = '1'");
    EXPECT("2", "SELECT count(*) FROM linkhaul_bi.backlinks");
    EXPECT("d0 live 1 own",
           "SELECT concat_ws(' ', domain_from, state, links, role) FROM "
           "linkhaul_bi.referring_domains");
}

Test(views, look_into_the_facts_only_for_what_they_alone_have)
{
    nights_pass(feed_of("us", "backlink"), "2026-11-01", "complete", "1 2 3");
    pg_execute(url,
               "CREATE FUNCTION plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$ DECLARE "
               "line text; plan text := ''; BEGIN FOR line IN EXECUTE 'EXPLAIN ' || query LOOP "
               "plan := plan || line; END LOOP; RETURN plan; END $$");
    EXPECT("f t",
           "SELECT concat_ws(' ', plan_of('SELECT target, night, url_from, state, rank FROM "
           "linkhaul_bi.links') LIKE '%%backlink\\_2026%%', plan_of('SELECT text_pre FROM "
           "linkhaul_bi.links') LIKE '%%backlink\\_2026%%')");
}

Test(views, tell_open_maps_a_row_per_value)
{
    int64_t domains = feed_of("us", "referring_domain_metrics");
    int64_t listing = nights_land(domains, "2026-11-01", "full", "1", 0);

    pg_execute(url,
               "UPDATE linkhaul.referring_domain_metrics SET referring_links_tld = "
               "'{\"de\": 3, \"com\": 1, \"odd\": \"x\"}', referring_links_types = 'null'");
    nights_publish(listing, "complete");
    EXPECT(
        "us d1 tld com 1, us d1 tld de 3",
        "SELECT string_agg(concat_ws(' ', target, domain_from, breakdown, value, links), ', ' ORDER "
        "BY value) FROM linkhaul_bi.domain_breakdown");
}

/* --- how fresh it is ------------------------------------------------------------------------- */

#define FRESH                                                                                      \
    "SELECT concat_ws(' ', last_good_night, completeness, status, is_current, reason) FROM "       \
    "linkhaul_bi.freshness WHERE target = 'us'"

Test(views, tell_why_a_feed_is_not_newer)
{
    int64_t us = feed_of("us", "backlink"), listing;

    EXPECT("never f no listing of it has begun", FRESH);
    nights_pass(us, "2026-11-01", "complete", "1 2 3 4 5 6");
    EXPECT("2026-11-01 complete ok t ", FRESH);
    listing = nights_land(us, "2026-11-02", "full", "1", 0);
    EXPECT("2026-11-01 complete running f the night of 2026-11-02 is under way", FRESH);
    pg_execute(url,
               "UPDATE linkhaul.listing SET completeness = 'budget', reason = 'no money' WHERE "
               "listing_id = %lld",
               (long long)listing);
    EXPECT("2026-11-01 complete budget f no money", FRESH);
    pg_execute(url,
               "UPDATE linkhaul.listing SET completeness = 'error', reason = 'no sense' WHERE "
               "listing_id = %lld",
               (long long)listing);
    EXPECT("2026-11-01 complete error f no sense", FRESH);
    cr_assert_str_eq(nights_publish(listing, "complete"), "held");
    EXPECT("2026-11-01 complete held f it has 1 rows ", "SELECT substr((%s), 1, 41)", FRESH);
    pg_execute(url,
               "UPDATE linkhaul.listing SET state = 'abandoned', reason = 'too old' WHERE "
               "listing_id = %lld",
               (long long)listing);
    EXPECT("2026-11-01 complete abandoned f too old", FRESH);
    pg_execute(url, "UPDATE linkhaul.feed SET synced_night = '2026-11-03'");
    EXPECT("2026-11-03 complete unmoved t nothing moved since 2026-11-01, the vendor says", FRESH);
    pg_execute(url,
               "UPDATE linkhaul.feed SET synced_night = NULL; UPDATE linkhaul.listing SET night = "
               "'2026-11-01' WHERE state = 'abandoned'");
    nights_pass(feed_of("a", "backlink"), "2026-11-02", "complete", "1");
    EXPECT("2026-11-01 complete behind f the night of 2026-11-02 has no listing of it", FRESH);
    pg_execute(url, "UPDATE linkhaul.feed SET asked_at = 'yesterday'");
    EXPECT("2026-11-01 complete not_asked f the job no longer has this feed", FRESH);
    EXPECT("t",
           "SELECT days_old = (now() AT TIME ZONE 'UTC')::date - '2026-11-01'::date FROM "
           "linkhaul_bi.freshness WHERE target = 'us'");
}

/* What came of the changes shows; it stands for no night. */
Test(views, tell_that_what_changed_did_not_come_whole)
{
    int64_t us = feed_of("us", "backlink"), listing;

    nights_pass(us, "2026-11-01", "complete", "1 2 3 4 5 6");
    listing = nights_land(us, "2026-11-02", "new", "7>2026-11-02", 0);
    cr_assert_str_eq(nights_publish(listing, "short"), "published");
    pg_execute(
        url, "UPDATE linkhaul.run SET state = 'open', ended_at = NULL WHERE night = '2026-11-02'");
    EXPECT("2026-11-01 complete running f the night of 2026-11-02 is under way", FRESH);
    pg_execute(url, "UPDATE linkhaul.run SET state = 'done', ended_at = now()");
    EXPECT(
        "2026-11-01 complete incomplete f what changed did not come whole in the night of "
        "2026-11-02",
        FRESH);
    pg_execute(url, "UPDATE linkhaul.feed SET synced_night = '2026-11-02'");
    EXPECT("2026-11-02 complete ok t ", FRESH);
}
