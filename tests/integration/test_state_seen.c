#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "support/nights.h"
#include "support/pg.h"

/* What a feed is where its endpoint lists no backlinks, and what analysts see of all of them. */

static const char *url;
static int64_t feed;

static void begin(void)
{
    url = nights_begin();
    feed = nights_feed("walk", "example.com", "backlink", "{}");
}

TestSuite(state_seen, .timeout = 120, .init = begin, .fini = pg_drop_databases);

/* --- other endpoints ------------------------------------------------------------------------- */

Test(state_seen, keeps_domains_where_domains_are_listed)
{
    static const char *const tables[] = {"domain_intersection", "referring_domain_metrics"};

    for (int i = 0; i < 2; i++) {
        int64_t gap = nights_feed("gap", "a and b", tables[i], "{}");

        EXPECT_EVENTS(nights_pass(gap, "2026-11-01", "complete", "1 2 3"), "baseline of 3");
        EXPECT_EVENTS(nights_pass(gap, "2026-11-02", "complete", "1 2@9 4"), "d4 new");
        EXPECT_EVENTS(nights_pass(gap, "2026-11-03", "complete", "1 2@9 4"), "d3 lost");
        EXPECT_EVENTS(nights_pass(gap, "2026-11-04", "complete", "1 2@9 3"), "d3 returned");
        EXPECT_DOMAINS(gap, "d1 live, d2 live, d3 live, d4 missing");
        EXPECT_STATE(gap, "");
        cr_expect(eq(i64,
                     pg_int(url,
                            "SELECT sum(links) FROM linkhaul.referring_domain WHERE feed_id = %lld "
                            "AND rank = 9",
                            (long long)gap),
                     i == 0 ? 6 : 3));
    }
}

Test(state_seen, believes_the_vendor_about_domains)
{
    int64_t domains = nights_feed("domains", "example.com", "referring_domain_metrics", "{}");

    nights_pass(domains, "2026-11-01", "complete", "1 2");
    EXPECT_EVENTS(nights_pass(domains, "2026-11-02", "complete", "1! 2"), "d1 lost");
}

Test(state_seen, keeps_links_of_pages_that_link_to_several_targets)
{
    int64_t pages = nights_feed("pages", "a and b", "page_intersection", "{}");

    nights_pass(pages, "2026-11-01", "complete", "1 2 3");
    EXPECT_EVENTS(nights_pass(pages, "2026-11-02", "complete", "1 2 4"), "4 new");
    EXPECT_EVENTS(nights_pass(pages, "2026-11-03", "complete", "1 2 4"), "3 lost");
    EXPECT_STATE(pages, "1 live, 2 live, 3 lost, 4 live");
    cr_expect(eq(i64,
                 pg_int(url,
                        "SELECT count(*) FROM linkhaul_bi.new_links WHERE target = 'target 1' "
                        "AND domain_from = 'd0'"),
                 1));
}

Test(state_seen, keeps_none_where_targets_are_counted)
{
    int64_t bulk = nights_feed("bulk", "a and b", "bulk_new_lost_backlinks", "{}");

    nights_pass(bulk, "2026-11-01", "complete", "");
    cr_expect(eq(i64, pg_int(url, "SELECT count(*) FROM linkhaul.link_event"), 0));
}

/* --- what analysts see ----------------------------------------------------------------------- */

Test(state_seen, shows_analysts_what_was_new_and_what_was_lost)
{
    int64_t gap = nights_feed("gap", "a and b", "domain_intersection", "{}");

    nights_pass(feed, "2026-11-01", "complete", "1 2");
    nights_pass(gap, "2026-11-01", "complete", "1");
    nights_pass(gap, "2026-11-02", "complete", "1 2");
    nights_pass(feed, "2026-11-02", "complete", "1! 2 3");
    nights_expect(
        pg_text(url,
                "SELECT string_agg(concat_ws(' ', project, target, night, feed_id, "
                "completeness, url_from, anchor, state, job), '; ') FROM linkhaul_bi.new_links"),
        "default example.com 2026-11-02 1 complete 3 anchor 0 live walk", __LINE__);
    nights_expect(
        pg_text(url,
                "SELECT string_agg(concat_ws(' ', target, night, reason, url_from), '; ') FROM "
                "linkhaul_bi.lost_links"),
        "example.com 2026-11-02 the vendor says so 1", __LINE__);
    nights_expect(
        pg_text(url,
                "SELECT string_agg(concat_ws(' ', target, night, event, n_links, domain_from, "
                "url_from), '; ' ORDER BY night, feed_id, event, url_from) FROM "
                "linkhaul_bi.link_events"),
        "example.com 2026-11-01 baseline 2; a and b 2026-11-01 baseline 1; "
        "example.com 2026-11-02 lost d0 1; example.com 2026-11-02 new d0 3; "
        "a and b 2026-11-02 new d2",
        __LINE__);
}

Test(state_seen, shows_analysts_commented_columns_of_plain_types)
{
    nights_expect(
        pg_text(
            url,
            "SELECT coalesce(string_agg(attrelid::regclass || '.' || attname, ' '), '') FROM pg_attribute "
            "JOIN pg_type AS t ON t.oid = atttypid WHERE attrelid IN "
            "('linkhaul_bi.link_events'::regclass, 'linkhaul_bi.new_links'::regclass, "
            "'linkhaul_bi.lost_links'::regclass) AND attnum > 0 AND "
            "(col_description(attrelid, attnum) IS NULL OR typcategory NOT IN ('S', 'N', "
            "'D', 'B') OR attnum <= 5 AND attname <> (ARRAY['project', 'target', 'night', "
            "'feed_id', 'completeness'])[attnum])"),
        "", __LINE__);
}
