#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/books.h"
#include "support/pg.h"
#include "support/story.h"

/*
 * A listing of what is lost ends behind a thousand links in a row that are no news to the feed's
 * state, wherever the process dies on the way. The sandbox's target has 3,000 lost links, asked for
 * in pages of 100; the feed has the latest of them as live, as many as the test says.
 */

/* A minute of the API is a second. */
static void make_haste(void)
{
    setenv("LINKHAUL_HASTE", "60", 1);
}

TestSuite(known, .timeout = 280, .init = make_haste, .fini = pg_drop_databases);

static struct story story;

/* Live links are none behind this filter, so that the run's full listing is one empty page. */
static void write_job(const char *budget)
{
    story_file(&story, "jobs.d/walk.yaml",
               "job: walk\nendpoint: backlinks\ntargets: [example.com]\nbudget: %s\n"
               "request: { filters: [is_lost, \"=\", true], limit: 100 }\n",
               budget);
}

/* The feed's state: the `n` links that were lost last are live, every tenth of them missing. */
static void make_news(int64_t n)
{
    cr_assert(
        eq(i64,
           story_int(&story,
                     "with made as (insert into linkhaul.link (feed_id, link_key, state, "
                     "first_night, missing_since, changed_night, domain_from, url_from, url_to) "
                     "select f.feed_id, b.link_key, case t.n %% 10 when 0 then 'missing' else "
                     "'live' end, '2020-01-01', case t.n %% 10 when 0 then current_date end, "
                     "current_date, b.domain_from, b.url_from, b.url_to "
                     "from (select link_key, row_number() over (order by last_seen desc nulls "
                     "last, url_from) "
                     "      as n from linkhaul.backlink) as t "
                     "join linkhaul.backlink as b using (link_key), linkhaul.feed as f "
                     "where f.job = 'walk' and t.n <= %" PRId64 " returning 1) "
                     "select count(*) from made",
                     n),
           n));
}

/* A run of the job is open, with no call made, and has a listing of what is lost, too. */
static void begin(int64_t n_news)
{
    story_begin(&story, pg_fresh_database());
    story_sandbox(&story, "--items", "example.com=60000", "--latency", "1-5");
    story_config(&story, "");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    story_file(&story, "jobs.d/gone.yaml",
               "job: gone\nendpoint: backlinks\ntargets: [example.com]\nbudget: 5\n"
               "request: { backlinks_status_type: lost }\n");
    cr_assert(eq(int, story_run(&story, "run", "gone"), 0), "%s", story.err);
    write_job("0.01");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 2), "%s", story.err);
    make_news(n_news);
    cr_assert(eq(i64,
                 story_int(&story,
                           "with lost as (insert into linkhaul.listing (run_id, feed_id, night, "
                           "kind, request) select run_id, feed_id, night, 'lost', "
                           "'{\"backlinks_status_type\":\"lost\",\"limit\":100,\"order_by\":"
                           "[\"last_seen,desc\",\"url_from,asc\"]}' from linkhaul.listing where "
                           "listing_id = 2 returning listing_id) select listing_id from lost"),
                 3));
    write_job("5");
}

/* Of the listing: published, so many pages, each bought once; and the state has what it says. */
static void expect_lost(int64_t n_news, int64_t n_pages)
{
    struct books books = {.target = "example.com", .limit = 100, .budget_dollars = 5};

    story_expect_text(&story, "published complete 0",
                      "select concat_ws(' ', state, completeness, n_missing) from linkhaul.listing "
                      "where listing_id = 3");
    cr_expect(eq(i64, story_int(&story, "select n_rows from linkhaul.listing where listing_id = 3"),
                 n_pages * 100));
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.attempt where listing_id = 3 and "
                           "is_page"),
                 n_pages));
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.attempt where listing_id = 3 and "
                           "state = 'settled'"),
                 n_pages),
              "what was received is bought again");
    cr_expect(
        eq(i64,
           story_int(&story,
                     "select count(*) from linkhaul.link_event where listing_id = 3 and event "
                     "= 'lost' and link_key in (select link_key from linkhaul.link where "
                     "first_night = '2020-01-01')"),
           n_news));
    cr_expect(
        eq(i64, story_int(&story, "select count(*) from linkhaul.link where state <> 'lost'"), 0));
    books_expect_money(&story, &books);
}

static void expect_pages(int64_t n_news, int64_t n_pages)
{
    begin(n_news);
    cr_expect(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    expect_lost(n_news, n_pages);
    story_end(&story);
}

Test(known, ends_a_thousand_behind_the_last_news)
{
    expect_pages(0, 10);
    expect_pages(100, 11);
    expect_pages(101, 12);
}

Test(known, is_taken_to_its_end_where_all_of_it_is_news)
{
    expect_pages(2500, 30);
}

/* The death of each passing of a point, as long as there is one; then started again to the end. */
static void expect_whole_after(const char *point)
{
    int64_t nth = 1;
    int code;

    for (;; nth += books_is_long() ? 4 : 20) {
        char text[64];

        begin(120);
        snprintf(text, sizeof(text), "%s:%" PRId64, point, nth);
        setenv("LINKHAUL_DIE_AT", text, 1);
        code = story_run(&story, "run", "walk");
        unsetenv("LINKHAUL_DIE_AT");
        if (code == 128 + SIGKILL)
            books_run_to_end(&story, 10);
        expect_lost(120, 12);
        if (nth > 1) /* before that both listings are under way */
            cr_expect(eq(i64,
                         story_int(&story,
                                   "select count(*) from linkhaul.attempt where listing_id = 3 and "
                                   "state = 'undelivered'"),
                         0),
                      "%s", text);
        story_end(&story);
        if (code != 128 + SIGKILL)
            break;
    }
    cr_expect(eq(int, code, 0));
    cr_expect(gt(i64, nth, 12), "it dies behind the last page as well");
}

Test(known, survives_a_death_before_a_page_is_in)
{
    expect_whole_after("before-commit");
}

Test(known, survives_a_death_behind_the_end)
{
    expect_whole_after("after-commit");
}

Test(known, survives_a_death_with_an_answer_in_the_spool)
{
    expect_whole_after("after-spool");
}
