#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/books.h"
#include "support/pg.h"

/*
 * The fault matrix: whatever goes wrong with calls, at 5 % and at 50 %, half of it billed where
 * that can be; started again until it has ended. Then every row is there once, and the books agree
 * with the sandbox's to the nano-dollar.
 */

#define STARTS_MAX 60

/* A minute of the API is a second. */
static void make_haste(void)
{
    setenv("LINKHAUL_HASTE", "60", 1);
}

TestSuite(faults, .timeout = 1200, .init = make_haste, .fini = pg_drop_databases);

/* Kinds of the sandbox that go together, each with half of the rate. */
static const char *const kinds[][2] = {
    {"http500", "http500_billed"},
    {"http502html", "http502html_billed"},
    {"http503html", "http503html_billed"},
    {"http504html", "http504html_billed"},
    {"50000", "50000_billed"},
    {"50401", "50401_billed"},
    {"40101", "40101_billed"},
    {"40202", "40202"},
    {"40209", "40209"},
    {"drop_before", "drop_after"},
    {"reset", "reset_billed"},
    {"reset_reused", "reset_reused_billed"},
    {"hang", "hang_billed"},
    {"truncate", "truncate_free"},
    {"gzip_cut", "gzip_cut_free"},
    {"garbage", "garbage_free"},
    {"tasks_null", "tasks_null_free"},
    {"result_null", "result_null_free"},
    {"slow", "drip"},
    {"exponent", "exponent"},
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static struct story story;

/* `faults` as arguments of the sandbox. */
static void expect_whole(const struct books *books, const char *const faults[], size_t n_faults)
{
    const char *arguments[2 * N_KINDS + 5] = {"--items", books_items(books), "--latency", "1-5"};

    for (size_t i = 0; i < n_faults; i++)
        arguments[4 + i] = faults[i];
    story_begin(&story, pg_fresh_database());
    story_sandbox_argv(&story, arguments);
    story_config(&story, "");
    books_write_job(&story, books);
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    books_run_to_end(&story, STARTS_MAX);
    books_expect_rows(&story, books);
    books_expect_money(&story, books);
    story_end(&story);
}

static void expect_whole_with(size_t kind, double rate)
{
    struct books books = books_of_form();
    char first[64], second[64];

    snprintf(first, sizeof(first), "--fault=%s=%g", kinds[kind][0], rate / 2);
    snprintf(second, sizeof(second), "--fault=%s=%g", kinds[kind][1], rate / 2);
    expect_whole(&books, (const char *const[]){first, second}, 2);
}

/* Indices into `kinds`: what a parameter points to is gone in the process that it reaches. */
static size_t kind_numbers[N_KINDS];

static struct criterion_test_params every_nth_kind(size_t nth)
{
    size_t n = 0;

    for (size_t i = 0; i < N_KINDS; i += nth)
        kind_numbers[n++] = i;
    return cr_make_param_array(size_t, kind_numbers, n);
}

ParameterizedTestParameters(faults, of_each_kind_now_and_then)
{
    return every_nth_kind(books_is_long() ? 1 : 5);
}

ParameterizedTest(size_t *kind, faults, of_each_kind_now_and_then)
{
    expect_whole_with(*kind, 0.05);
}

ParameterizedTestParameters(faults, of_each_kind_half_of_the_time)
{
    return every_nth_kind(books_is_long() ? 1 : 2);
}

ParameterizedTest(size_t *kind, faults, of_each_kind_half_of_the_time)
{
    expect_whole_with(*kind, 0.5);
}

/* All but 40501, which says that the job is at fault. */
static void expect_whole_with_all(const struct books *books, double rate)
{
    char texts[2 * N_KINDS][64];
    const char *faults[2 * N_KINDS];

    for (size_t i = 0; i < 2 * N_KINDS; i++) {
        snprintf(texts[i], sizeof(texts[i]), "--fault=%s=%g", kinds[i / 2][i % 2],
                 rate / (double)(2 * N_KINDS));
        faults[i] = texts[i];
    }
    expect_whole(books, faults, 2 * N_KINDS);
}

Test(faults, of_all_kinds_together)
{
    struct books books = books_of_form();

    expect_whole_with_all(&books, 0.03);
}

Test(faults, of_all_kinds_together_and_many)
{
    struct books books = books_of_form();

    expect_whole_with_all(&books, 0.3);
}

Test(faults, of_all_kinds_on_the_way_along_a_chain)
{
    struct books books = {"example.com", 20500, 500, 20, .is_in_slices = false};

    expect_whole_with_all(&books, 0.1);
}

Test(faults, of_all_kinds_with_slices_side_by_side)
{
    struct books books = {"example.com", 20500, 500, 20, .is_in_slices = true};

    expect_whole_with_all(&books, 0.1);
}
