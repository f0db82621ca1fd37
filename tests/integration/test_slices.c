#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/books.h"
#include "support/pg.h"
#include "support/replay_story.h"

/*
 * Listings that are cut into slices, from a job file to what analysts see; and kill -9 around the
 * cut. The sandbox repeats nothing of its own.
 */

/* A minute of the API is a second. */
static void make_haste(void)
{
    setenv("LINKHAUL_HASTE", "60", 1);
}

/* Little has to be waited for: calls have time, also on a busy machine. */
static void take_time(void)
{
    setenv("LINKHAUL_HASTE", "15", 1);
}

TestSuite(slices, .timeout = 1200, .init = make_haste, .fini = pg_drop_databases);

#define STARTS_MAX 60

static struct story story;

static void begin(const struct books *books, const char *latency_ms)
{
    story_begin(&story, pg_fresh_database());
    story_sandbox(&story, "--items", books_items(books), "--latency", latency_ms);
    story_config(&story, "");
    books_write_job(&story, books);
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
}

/* Of the newest run. */
#define OF_NEWEST "listing_id = (select max(listing_id) from linkhaul.listing)"

static int64_t n_slices(void)
{
    return story_int(&story, "select count(*) from linkhaul.slice where " OF_NEWEST);
}

/* The slices are disjoint and leave nothing out. */
static void expect_disjoint(void)
{
    cr_expect(eq(i64,
                 story_int(&story, "select count(*) from linkhaul.slice a where " OF_NEWEST
                                   " and range_to is not null and not exists (select from "
                                   "linkhaul.slice b where b.listing_id = a.listing_id and "
                                   "b.range_from = a.range_to)"),
                 0),
              "a slice ends where none begins");
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) - count(distinct coalesce(range_from, "
                           "'-infinity')) from linkhaul.slice where " OF_NEWEST
                           " and range_from is distinct from range_to"),
                 0),
              "two slices begin together");
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.backlink join linkhaul.slice "
                           "using (listing_id, slice_no) where " OF_NEWEST
                           " and (first_seen < range_from or first_seen >= range_to)"),
                 0),
              "an item stands in a slice that is not its own");
}

static void expect_side_by_side(const struct books *books)
{
    struct ledger ledger = {.n_calls = 0};

    cr_expect(eq(i64,
                 story_int(&story, "select count(*) from linkhaul.slice where " OF_NEWEST
                                   " and walk <> 'offset'"),
                 0));
    cr_expect(eq(i64,
                 story_int(&story, "select whole_count from linkhaul.listing where " OF_NEWEST),
                 books->n_items));
    cr_expect(eq(
        i64,
        story_int(&story, "select sum(total_count)::bigint from linkhaul.slice where " OF_NEWEST),
        books->n_items));
    cr_expect(
        le(i64,
           story_int(&story, "select count(*) from linkhaul.attempt where is_page and " OF_NEWEST),
           books->n_items / books->limit + 1 + n_slices()));
    story_ledger(&story, &ledger);
    for (size_t i = 0; i < ledger.n_calls; i++) {
        cr_expect(le(i64, ledger.calls[i].offset + ledger.calls[i].limit, 20000));
        cr_expect(not(ledger.calls[i].has_token));
    }
    ledger_deinit(&ledger);
}

static void expect_said(const char *what)
{
    cr_expect(ne(ptr, strstr(story.err, what), NULL), "not said: %s; but: %s", what, story.err);
}

Test(slices, are_cut_by_guess_first_and_then_as_the_last_listing_was)
{
    struct books books = {"example.com", 45000, 1000, 20, .is_in_slices = true};

    take_time();
    begin(&books, "5");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    expect_said("45000 items: walked in slices, side by side");
    books_expect_rows(&story, &books);
    books_expect_money(&story, &books);
    expect_disjoint();
    expect_side_by_side(&books);

    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    expect_said("slices, side by side, as the last listing was distributed");
    books_expect_rows(&story, &books);
    books_expect_money(&story, &books);
    expect_disjoint();
    expect_side_by_side(&books);
    cr_expect(eq(i64, n_slices(), 3), "of 18,000 items at most");
    cr_expect(eq(i64,
                 story_int(&story, "select count(*) from linkhaul.slice where " OF_NEWEST
                                   " and total_count > 18000"),
                 0));
    story_end(&story);
}

Test(slices, are_the_same_rows_in_a_replay)
{
    struct books books = {"example.com", 21500, 1000, 20, .is_in_slices = true};

    take_time();
    begin(&books, "1");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    replay_watch(&story);
    cr_assert(eq(int, story_run(&story, "replay", "1"), 0), "%s", story.err);
    replay_expect_free(&story);
    replay_expect_same(&story, 1, 2);
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(distinct (total_count, n_missing)) from "
                           "linkhaul.listing"),
                 1));
    story_end(&story);
}

/* The listing that a budget has stopped goes on, and says what it takes to end. */
Test(slices, go_on_where_a_budget_has_stopped_them)
{
    struct books books = {"example.com", 30000, 1000, 1, .is_in_slices = true};

    take_time();
    begin(&books, "5");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 2), "%s", story.err);
    expect_said("to finish it takes $");
    books.budget_dollars = 20;
    books_write_job(&story, &books);
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    books_expect_rows(&story, &books);
    books_expect_money(&story, &books);
    story_end(&story);
}

/* --- kill -9 --------------------------------------------------------------------------------- */

/* False where it ended without. */
static bool die_at(const char *point, int64_t nth)
{
    char text[64];
    int code;

    snprintf(text, sizeof(text), "%s:%" PRId64, point, nth);
    setenv("LINKHAUL_DIE_AT", text, 1);
    code = story_run(&story, "run", "walk");
    unsetenv("LINKHAUL_DIE_AT");
    if (code != 128 + SIGKILL && code != 0 && code != 1 && code != 2 && code != 69)
        cr_fatal("%s: ended with %d: %s", text, code, story.err);
    return code == 128 + SIGKILL;
}

/* Twice: the first run cuts by guess, the second as the first has found it. */
static void expect_whole_after(const char *point, int64_t nth, bool is_sure)
{
    struct books books = {"example.com", 21500, 1000, 20, .is_in_slices = true};

    begin(&books, "1-5");
    for (int i = 0; i < 2; i++) {
        bool is_dead = die_at(point, nth);

        cr_assert(is_dead || !is_sure, "it never came to %s:%" PRId64, point, nth);
        books_run_to_end(&story, STARTS_MAX);
        books_expect_rows(&story, &books);
        books_expect_money(&story, &books);
        cr_expect(ge(i64, n_slices(), 2));
        cr_expect(eq(i64,
                     story_int(&story, "select count(*) from linkhaul.slice where " OF_NEWEST
                                       " and walk <> 'offset'"),
                     0));
    }
    story_end(&story);
}

Test(slices, lose_nothing_to_a_kill_before_the_cut)
{
    expect_whole_after("before-cut", 1, true);
}

Test(slices, lose_nothing_to_a_kill_behind_the_cut)
{
    expect_whole_after("after-cut", 1, true);
}

Test(slices, lose_nothing_to_a_kill_behind_page_1)
{
    expect_whole_after("after-commit", 1, true);
}

Test(slices, lose_nothing_to_a_kill_while_they_are_walked)
{
    expect_whole_after("after-spool", 5, true);
}

Test(slices, lose_nothing_to_a_kill_anywhere)
{
    for (int64_t nth = books_is_long() ? 7 : 53; nth < 320; nth += books_is_long() ? 31 : 320)
        expect_whole_after("any", nth, false);
}

/* --- a fail-over ----------------------------------------------------------------------------- */

/* The database as it was behind the first page, before the cut. */
static void lose_the_cut(void)
{
    pg_execute(story.database_url,
               "delete from linkhaul.attempt where slice_no > 0 or position > 0;"
               "delete from linkhaul.backlink where slice_no > 0 or ordinal > 1000;"
               "delete from linkhaul.slice where slice_no > 0;"
               "update linkhaul.slice set range_to = null, total_count = 45000, is_ended = false;"
               "update linkhaul.listing set n_items = 1000, n_rows = 1000, whole_count = null");
}

Test(slices, come_back_from_the_spool_where_their_cut_is_lost)
{
    struct books books = {"example.com", 45000, 1000, 20, .is_in_slices = true};
    struct ledger ledger = {.n_calls = 0};
    int64_t n_before;

    take_time();
    begin(&books, "1-5");
    cr_assert(die_at("after-commit", 20), "it never came so far");
    story_ledger(&story, &ledger);
    n_before = (int64_t)ledger.n_billed;
    lose_the_cut();
    books_run_to_end(&story, STARTS_MAX);
    books_expect_rows(&story, &books);
    books_expect_money(&story, &books);
    ledger_deinit(&ledger);
    ledger = (struct ledger){.n_calls = 0};
    story_ledger(&story, &ledger);
    /* 45 pages, one more for each slice, and what was under way when it died. */
    cr_expect(le(i64, (int64_t)ledger.n_billed, 45 + n_slices() + books_n_undelivered(&story)),
              "%zu calls are billed, %" PRId64 " of them before", ledger.n_billed, n_before);
    cr_expect(gt(i64, n_before, 19));
    ledger_deinit(&ledger);
    story_end(&story);
}
