#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/pg.h"
#include "support/story.h"

/*
 * Listings of every size that changes how they are walked, from a job file to what analysts see.
 * The sandbox repeats nothing, so every item is one row and every ordinal is there once.
 */

TestSuite(walks, .timeout = 280);

#define IN_FLIGHT 25

static struct story story;

static void begin(const char *items)
{
    const char *url = pg_fresh_database();

    story_begin(&story, url);
    story_sandbox(&story, "--items", items);
    story_config(&story, "");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
}

static void walk_job(const char *more)
{
    story_file(&story, "jobs.d/walk.yaml",
               "job: walk\nendpoint: backlinks\nsync: full\ntargets: [example.com]\nbudget: 90\n%s",
               more);
}

/* Every item once, its ordinal without holes, all of it visible, and nothing asked for in vain. */
static void expect_whole(int64_t n_items, size_t n_calls)
{
    struct ledger ledger = {.n_calls = 0};

    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), n_items));
    cr_expect(eq(i64, story_int(&story, "select count(distinct link_key) from linkhaul.backlink"),
                 n_items));
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from (select distinct ordinal from "
                           "linkhaul.backlink where ordinal between 1 and %lld) o",
                           (long long)n_items),
                 n_items));
    cr_expect(eq(i64, story_int(&story, "select coalesce(max(ordinal), 0) from linkhaul.backlink"),
                 n_items));
    story_ledger(&story, &ledger);
    cr_expect(eq(sz, ledger.n_billed, n_calls));
    cr_expect(eq(i64, ledger.n_items_billed, n_items));
    cr_expect(le(i64, ledger.in_flight_max, IN_FLIGHT));
    for (size_t i = 0; i < ledger.n_calls; i++) {
        cr_expect(le(i64, ledger.calls[i].offset + ledger.calls[i].limit, 20000));
        cr_expect(not(ledger.calls[i].has_token && ledger.calls[i].offset > 0));
    }
    cr_expect(eq(i64,
                 story_int(&story, "select sum(charged_nanousd)::bigint from linkhaul.attempt"),
                 ledger.billed_nanousd),
              "our ledger and the vendor's differ");
    ledger_deinit(&ledger);
}

static void walk(const char *items, int64_t n_items, size_t n_calls)
{
    begin(items);
    walk_job("request: { " STORY_CHAIN " }\n");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    expect_whole(n_items, n_calls);
    story_end(&story);
}

Test(walks, a_listing_of_no_item_is_published)
{
    begin("example.com=100");
    walk_job("request: { filters: [[rank, \">\", 2000]] }\n");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 0));
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.listing where state = "
                           "'published' and completeness = 'complete'"),
                 1));
    story_end(&story);
}

Test(walks, _999_items_are_one_page)
{
    walk("example.com=999", 999, 1);
}

Test(walks, _1000_items_are_one_page)
{
    walk("example.com=1000", 1000, 1);
}

Test(walks, _1001_items_are_two_pages)
{
    walk("example.com=1001", 1001, 2);
}

Test(walks, _20000_items_go_by_offset)
{
    walk("example.com=20000", 20000, 20);
}

Test(walks, _20001_items_go_by_token)
{
    walk("example.com=20001", 20001, 21);
}

/* A full last page has a token, and only an empty page tells that it leads nowhere. */
Test(walks, _45000_items_go_by_token)
{
    walk("example.com=45000", 45000, 46);
}

Test(walks, max_rows_cuts_at_a_whole_page_and_says_limited)
{
    begin("example.com=9000");
    walk_job("max_rows: 2500\nrequest: { order_by: [\"rank,desc\"] }\n");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 3000));
    story_expect_text(&story, "limited", "select distinct completeness from linkhaul_bi.backlinks");
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.backlink a join "
                           "linkhaul.backlink b on b.ordinal = a.ordinal + 1 where "
                           "b.rank > a.rank"),
                 0),
              "the user's order does not hold");
    story_end(&story);
}

/* The feed's last listing says that max_rows will not cut, so the second is walked in our order. */
Test(walks, the_users_order_counts_only_where_max_rows_cuts)
{
    begin("example.com=1500");
    walk_job("max_rows: 5000\nrequest: { order_by: [\"rank,desc\"] }\n");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    story_expect_text(&story,
                      "[\"rank,desc\",\"url_from,asc\"] / [\"first_seen,asc\",\"url_from,asc\"]",
                      "select string_agg(order_by::text, ' / ' order by listing_id) from "
                      "linkhaul.slice");
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 1500));
    story_end(&story);
}

/* Release builds, since sanitizers keep what is freed. */
static void expect_little_memory(const char *items, int64_t n_items, size_t n_calls)
{
    const char *url = pg_fresh_database();

    story_begin(&story, url);
    story_use_release(&story);
    story.timeout_ms = 240000;
    story_sandbox(&story, "--items", items);
    story_config(&story, "");
    walk_job("request: { " STORY_CHAIN " }\n");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    expect_whole(n_items, n_calls);
    fprintf(stderr, "%s: RssAnon at most %lld KiB\n", items,
            (long long)story.linkhaul.anon_peak_kib);
    cr_expect(lt(i64, story.linkhaul.anon_peak_kib, 64 * 1024));
    story_end(&story);
}

Test(walks, memory_stays_small_with_all_slots_busy)
{
    expect_little_memory("example.com=20000", 20000, 20);
}

Test(walks, memory_does_not_grow_with_300000_items)
{
    expect_little_memory("example.com=300000", 300000, 301);
}
