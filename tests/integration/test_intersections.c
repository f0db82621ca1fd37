/* Intersections from a job to published rows: each item once, whatever the API repeats and skips.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "support/ledger.h"
#include "support/pg.h"
#include "support/story.h"

TestSuite(intersections, .timeout = 600);

#define TARGETS "request: { targets: { \"1\": moz.com, \"2\": ahrefs.com }"

#define MANY 25000 /* more than offsets reach */

static int some(void)
{
    return getenv("LINKHAUL_LONG") != NULL ? MANY : 4000;
}

static void begin(struct story *story, const char *endpoint, const char *more, const char *odd,
                  int n_items)
{
    CLEANUP(mem_free_string)
    char *items = mem_printf("moz.com+ahrefs.com=%d", n_items);

    story_begin(story, pg_fresh_database());
    story_sandbox(story, "--seed", "5", "--items", items, odd != NULL ? "--odd" : "--seed",
                  odd != NULL ? odd : "5");
    story_config(story, "budget: 10.00\n");
    story_file(story, "jobs.d/gap.yaml", "job: gap\nendpoint: %s\n" TARGETS "%s }\n", endpoint,
               more);
    cr_assert(eq(int, story_run(story, "migrate"), 0), "%s", story->err);
}

/* What the sandbox has billed is what the ledger has. */
static void expect_equal_ledgers(struct story *story)
{
    struct ledger ledger;

    story_ledger(story, &ledger);
    cr_expect(eq(i64,
                 story_int(story, "select coalesce(sum(charged_nanousd), 0) from linkhaul.attempt"),
                 ledger.billed_nanousd));
    ledger_deinit(&ledger);
}

Test(intersections, of_domains_have_a_row_per_target)
{
    struct story story;

    begin(&story, "domain_intersection", "", NULL, MANY);
    cr_assert(eq(int, story_run(&story, "run", "gap"), 0), "%s", story.err);
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(distinct domain_from) from "
                           "linkhaul_bi.domain_intersections where completeness = "
                           "'complete'"),
                 MANY));
    story_expect_text(&story, "1 moz.com, 2 ahrefs.com",
                      "select string_agg(key || ' ' || target, ', ' order by key) from (select "
                      "target_key as key, target, count(*) as n from linkhaul_bi."
                      "domain_intersections group by 1, 2) as t where n = %d",
                      MANY);
    story_expect_text(&story, "null",
                      "select string_agg(d::text, ', ') from linkhaul.domain_intersection as d "
                      "where link_key is distinct from md5(domain_from)::uuid "
                      "or intersections_count is null");
    story_expect_text(&story, "moz.com + ahrefs.com", "select target from linkhaul.feed");
    expect_equal_ledgers(&story);
    story_end(&story);
}

/* One item at a page's edge comes twice and another not at all: the first is there once, the second
 * is counted as missing, in items. */
static void expect_no_repeats(const char *endpoint, const char *view, const char *key)
{
    struct story story;

    begin(&story, endpoint, ", limit: 500", "ties", some());
    cr_assert(eq(int, story_run(&story, "run", "gap"), 0), "%s", story.err);
    cr_expect(gt(i64, story_int(&story, "select n_duplicates from linkhaul.listing"), 0));
    cr_expect(gt(i64, story_int(&story, "select n_missing from linkhaul.listing"), 0));
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from (select from linkhaul_bi.%s group by "
                           "target_key, %s having count(*) > 1) as twice",
                           view, key),
                 0));
    cr_expect(eq(i64,
                 story_int(&story,
                           "select (select count(distinct %s) from linkhaul_bi.%s) + (select "
                           "n_missing from linkhaul.listing)",
                           strcmp(key, "domain_from") == 0 ? key : "url_from", view),
                 some()));
    expect_equal_ledgers(&story);
    story_end(&story);
}

Test(intersections, of_domains_are_there_once)
{
    expect_no_repeats("domain_intersection", "domain_intersections", "domain_from");
}

Test(intersections, of_pages_are_there_once)
{
    expect_no_repeats("page_intersection", "page_intersections", "url_from, url_to, link_no");
}

/* A repeat is a later item; several links of one item under one key all stay. */
Test(intersections, links_of_one_item_all_stay)
{
    struct story story;

    begin(&story, "page_intersection", "", NULL, MANY);
    cr_assert(eq(int, story_run(&story, "run", "gap"), 0), "%s", story.err);
    cr_expect(gt(i64,
                 story_int(&story,
                           "select count(*) from linkhaul_bi.page_intersections where "
                           "link_no > 1"),
                 0));
    cr_expect(
        eq(i64, story_int(&story, "select n_duplicates + n_missing from linkhaul.listing"), 0));
    cr_expect(
        eq(i64,
           story_int(&story,
                     "select count(*) from (select from linkhaul.page_intersection "
                     "group by slice_no, ordinal, target_key having max(link_no) <> count(*)) "
                     "as gap"),
           0));
    story_end(&story);
}

/* A replay makes the same rows again, targets and all, at no charge. */
Test(intersections, are_loaded_again_from_the_archive)
{
    struct story story;

    begin(&story, "page_intersection", ", limit: 1000", "ties", some());
    cr_assert(eq(int, story_run(&story, "run", "gap"), 0), "%s", story.err);
    cr_assert(eq(int, story_run(&story, "replay", "1", "--into", "scratch"), 0), "%s", story.err);
    cr_expect(gt(i64, story_int(&story, "select count(*) from scratch.page_intersection"), 1000));
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from (select to_jsonb(a) - 'loaded_at' from "
                           "linkhaul.page_intersection as a except all select to_jsonb(b) - "
                           "'loaded_at' from scratch.page_intersection as b) as t"),
                 0));
    cr_expect(eq(i64,
                 story_int(&story,
                           "select (select count(*) from linkhaul.page_intersection) - "
                           "(select count(*) from scratch.page_intersection)"),
                 0));
    expect_equal_ledgers(&story);
    story_end(&story);
}

static size_t n_times(const char *text, const char *what)
{
    size_t n = 0;

    for (; (text = strstr(text, what)) != NULL; text += strlen(what))
        n++;
    return n;
}

/* Told once a run, whatever the number of pages and items; and nothing of it is dropped. */
Test(intersections, what_the_api_changes_is_told_once)
{
    struct story story;

    story_begin(&story, pg_fresh_database());
    story_sandbox(&story, "--items", "moz.com=3000", "--odd", "new_field", "--odd",
                  "field_type:rank", "--odd", "field_gone:anchor");
    story_config(&story, "budget: 10.00\n");
    story_file(&story, "jobs.d/a.yaml", "job: a\nendpoint: backlinks\ntargets: [moz.com]\n");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    cr_assert(eq(int, story_run(&story, "run", "a"), 0), "%s", story.err);
    cr_expect(eq(sz, n_times(story.err, "this version does not know"), 1), "%s", story.err);
    cr_expect(eq(sz, n_times(story.err, "page_from_topics ([\"news\""), 1), "%s", story.err);
    cr_expect(eq(sz, n_times(story.err, "values do not fit the type of their columns"), 1), "%s",
              story.err);
    cr_expect(eq(sz, n_times(story.err, "columns are empty: anchor"), 1), "%s", story.err);
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.backlink where anchor is null and "
                           "(rank is null) = (extra ? 'rank')"),
                 3000));
    story_end(&story);
}
