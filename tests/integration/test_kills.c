#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/books.h"
#include "support/pg.h"

/*
 * The kill matrix: kill -9 at every named point of a page's way, and at random ones; started again
 * until it has ended. The rows are those without a kill, the books agree, and what had been
 * received is not bought again.
 *
 * One database and one sandbox serve several runs of the same job, one after the other.
 */

#define STARTS_MAX 60

/* A minute of the API is a second. */
static void make_haste(void)
{
    setenv("LINKHAUL_HASTE", "60", 1);
}

TestSuite(kills, .timeout = 1200, .init = make_haste, .fini = pg_drop_databases);

static struct story story;
static struct books books;

static void begin(const char *fault)
{
    books = books_of_form();
    story_begin(&story, pg_fresh_database());
    story_sandbox(&story, "--items", books_items(&books), "--latency", "1-5", "--fault", fault);
    story_config(&story, "");
    books_write_job(&story, &books);
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
}

#define NO_FAULT "slow=0"

/* A start that is to die at the `nth` passing of a point; false where it ended without. */
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

static void go_on_and_expect_whole(void)
{
    books_run_to_end(&story, STARTS_MAX);
    books_expect_rows(&story, &books);
    books_expect_money(&story, &books);
}

/* How many calls of the newest run were billed, at the sandbox. */
static int64_t n_billed_of_newest(void)
{
    struct ledger ledger = {.n_calls = 0};
    char *tag = story_text(&story,
                           "select tag from linkhaul.attempt where run_id = "
                           "(select max(run_id) from linkhaul.run) limit 1");
    int64_t n = 0;

    story_ledger(&story, &ledger);
    for (size_t i = 0; i < ledger.n_calls; i++)
        n += ledger.calls[i].is_billed && strcmp(ledger.calls[i].tag, tag) == 0;
    ledger_deinit(&ledger);
    free(tag);
    return n;
}

static int64_t n_pages(void)
{
    return (books.n_items + books.limit - 1) / books.limit;
}

/* The pages of a run, the first, one early on, and the last one: then nothing else is under way. */
static void expect_whole_after(const char *point, bool is_received)
{
    int64_t n_undelivered = 0, nth = 1;

    begin(NO_FAULT);
    if (!is_received)
        books_run_to_end(&story, 1); /* so that the vendor's list is known to have our calls */
    for (int i = 0; i < 3; i++, nth = i == 1 ? 3 : n_pages()) {
        cr_assert(die_at(point, nth), "it never came to %s:%" PRId64, point, nth);
        go_on_and_expect_whole();
        /* In slices, which have a page and a tag each, others are under way by then. */
        if (is_received && nth == n_pages() && !books.is_in_slices) {
            cr_expect(eq(i64, books_n_undelivered(&story), n_undelivered),
                      "what was received is bought again");
            cr_expect(eq(i64, n_billed_of_newest(), n_pages()));
        }
        n_undelivered = books_n_undelivered(&story);
    }
    story_end(&story);
}

Test(kills, after_a_reserve)
{
    expect_whole_after("after-reserve", false);
}

/*
 * Of the first call that was ever made nobody can tell at first: a list that has shown none of ours
 * is not believed. It is asked for once more, and the next start knows.
 */
Test(kills, after_the_first_reserve_of_all)
{
    begin(NO_FAULT);
    cr_assert(die_at("after-reserve", 1));
    books_run_to_end(&story, STARTS_MAX);
    books_expect_rows(&story, &books);
    go_on_and_expect_whole();
    story_end(&story);
}

Test(kills, after_a_sending)
{
    expect_whole_after("after-send", false);
}

Test(kills, with_half_a_body)
{
    expect_whole_after("half-body", false);
}

Test(kills, with_an_answer_in_the_spool)
{
    expect_whole_after("after-spool", true);
}

Test(kills, in_a_copy)
{
    /* A page of the long form goes in several pieces: the N-th is then not that of the last page.
     */
    expect_whole_after("in-copy", !books_is_long());
}

Test(kills, before_a_commit)
{
    expect_whole_after("before-commit", true);
}

Test(kills, after_a_commit)
{
    expect_whole_after("after-commit", true);
}

/* A listing is published once, and everything of it has been received by then. */
static void expect_whole_after_publish(const char *point)
{
    begin(NO_FAULT);
    for (int i = 0; i < 3; i++) {
        cr_assert(die_at(point, 1));
        go_on_and_expect_whole();
        cr_expect(eq(i64, books_n_undelivered(&story), 0), "%s", story.err);
        if (!books.is_in_slices) /* each of which has a tag */
            cr_expect(eq(i64, n_billed_of_newest(), n_pages()));
    }
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.run"), 3));
    story_end(&story);
}

Test(kills, in_a_publish)
{
    expect_whole_after_publish("in-publish");
}

Test(kills, after_a_publish)
{
    expect_whole_after_publish("after-publish");
}

/* Calls that bring no page are booked by themselves. */
Test(kills, after_a_refusal_is_booked)
{
    begin("50000=0.2");
    for (int nth = 1; nth <= 3; nth += 2) {
        cr_assert(die_at("after-settle", nth));
        go_on_and_expect_whole();
    }
    story_end(&story);
}

Test(kills, while_the_list_is_asked_for)
{
    begin("drop_after=0.1");
    for (int i = 0; i < 3; i++) {
        cr_assert(die_at("in-look", 1));
        go_on_and_expect_whole();
    }
    story_end(&story);
}

/* The start after a kill dies in its turn, before it has noted what was lost. */
Test(kills, while_a_start_books_what_was_lost)
{
    begin(NO_FAULT);
    books_run_to_end(&story, 1);
    for (int i = 0; i < 3; i++) {
        cr_assert(die_at("half-body", 10));
        cr_assert(die_at("before-book-unknown", 1));
        if (!books_is_long()) /* in a chain there is one call at a time */
            cr_assert(die_at("before-book-unknown", 2));
        go_on_and_expect_whole();
    }
    story_end(&story);
}

/* --- anywhere -------------------------------------------------------------------------------- */

static uint64_t random_state;

/* From 1 to `most`; the sequence hangs on the seed alone. */
static int64_t draw(int64_t most)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return 1 + (int64_t)((random_state >> 33) % (uint64_t)most);
}

/* Kills at points that are drawn; every third run is killed several times on its way. */
static void kill_anywhere(uint64_t seed, const char *fault)
{
    int64_t n_kills = 0, kills_max = books_is_long() ? 50 : 2;

    random_state = seed;
    begin(fault);
    while (n_kills < kills_max) {
        for (int64_t n = draw(3) == 1 ? 3 : 1; n > 0; n--)
            n_kills += die_at("any", draw(7 * n_pages()));
        books_run_to_end(&story, STARTS_MAX);
        books_expect_rows(&story, &books);
    }
    books_expect_money(&story, &books);
    story_end(&story);
}

/* LINKHAUL_KILLS_SEED gives other moments. */
static uint64_t seed(uint64_t nth)
{
    const char *text = getenv("LINKHAUL_KILLS_SEED");
    uint64_t of_test = text != NULL ? strtoull(text, NULL, 10) : 1;

    cr_log_info("seed %" PRIu64 ", LINKHAUL_KILLS_SEED changes it", of_test);
    return of_test * 16 + nth;
}

Test(kills, anywhere_1)
{
    kill_anywhere(seed(1), NO_FAULT);
}

Test(kills, anywhere_2)
{
    kill_anywhere(seed(2), NO_FAULT);
}

Test(kills, anywhere_among_calls_that_fail)
{
    kill_anywhere(seed(3), "50000=0.1");
}

Test(kills, anywhere_among_answers_that_never_come)
{
    kill_anywhere(seed(4), "drop_after=0.1");
}
