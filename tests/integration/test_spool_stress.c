#define _GNU_SOURCE /* prlimit */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <glob.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "support/books.h"
#include "support/pg.h"

/*
 * The spool's disk ends: nothing is asked for that could not be kept, what is paid for is not lost,
 * and the next start goes on once there is room.
 */

/* A minute of the API is a second. */
static void make_haste(void)
{
    setenv("LINKHAUL_HASTE", "60", 1);
}

TestSuite(spool_stress, .timeout = 280, .init = make_haste, .fini = pg_drop_databases);

#define STARTS_MAX 60

static struct story story;
static struct books books;

static void begin(const char *latency_ms)
{
    books = books_of_form();
    story_begin(&story, pg_fresh_database());
    story_sandbox(&story, "--items", books_items(&books), "--latency", latency_ms);
    story_config_account(&story, "in_flight: 5", "");
    books_write_job(&story, &books);
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
}

static void expect_said(const char *what)
{
    cr_expect(ne(ptr, strstr(story.err, what), NULL), "not said: %s; but: %s", what, story.err);
}

static size_t n_billed(void)
{
    struct ledger ledger = {.n_calls = 0};
    size_t n;

    story_ledger(&story, &ledger);
    n = ledger.n_billed;
    ledger_deinit(&ledger);
    return n;
}

/* Every page was bought once, but for calls whose answers could not be kept. */
static void expect_whole(void)
{
    books_run_to_end(&story, STARTS_MAX);
    books_expect_rows(&story, &books);
    books_expect_money(&story, &books);
    cr_expect(eq(i64, (int64_t)n_billed(),
                 (books.n_items + books.limit - 1) / books.limit + books_n_undelivered(&story)));
    story_end(&story);
}

Test(spool_stress, no_call_goes_out_below_spool_free_min)
{
    begin("1");
    story_config(&story, "spool_free_min: 1000TiB\n");
    cr_expect(eq(int, story_run(&story, "run", "walk"), 1), "%s", story.err);
    expect_said("spool_free_min");
    cr_expect(eq(sz, n_billed(), 0));
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.attempt"), 0));
    story_config(&story, "");
    expect_whole();
}

/* The segment so far, in bytes; 0 where there is none. */
static rlim_t segment_bytes(void)
{
    char *pattern = story_path(&story, "spool/run-*.segment");
    struct stat stat_of = {.st_size = 0};
    glob_t found;

    if (glob(pattern, 0, NULL, &found) == 0)
        stat(found.gl_pathv[0], &stat_of);
    globfree(&found);
    free(pattern);
    return (rlim_t)stat_of.st_size;
}

static bool has_a_segment_or_ended(void *data)
{
    (void)data;
    return segment_bytes() > 200000 || !process_is_running(&story.linkhaul);
}

/* A file may not grow any more: as on a full disk, a write is cut short and the next one fails. */
static void stop_growing(void)
{
    struct rlimit limit = {segment_bytes() + 30000, RLIM_INFINITY};

    if (prlimit(story.linkhaul.pid, RLIMIT_FSIZE, &limit, NULL) != 0)
        cr_fatal("prlimit: %s", strerror(errno));
}

/* A handler is not inherited, to be ignored is: else the signal of the limit would end it. */
Test(spool_stress, a_segment_that_cannot_grow_loses_nothing)
{
    int64_t n_undelivered;

    signal(SIGXFSZ, SIG_IGN);
    begin("20-60");
    story_start(&story, "run", "walk");
    cr_assert(wait_until(has_a_segment_or_ended, NULL, 60000));
    cr_assert(process_is_running(&story.linkhaul), "it was over too soon");
    stop_growing();
    cr_expect(eq(int, story_wait(&story), 1), "%s", story.err);
    expect_said("spool");
    expect_said("cannot be written: file too large");
    n_undelivered = books_n_undelivered(&story);
    cr_expect(eq(i64, n_undelivered, 0));
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 0));
    expect_whole();
}

Test(spool_stress, a_run_that_is_over_leaves_no_segment_without_an_archive)
{
    begin("1");
    story_config(&story, "archive: 0\n");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    cr_expect(eq(int, (int)segment_bytes(), 0));
    story_config(&story, "");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    cr_expect(ne(int, (int)segment_bytes(), 0));
    story_end(&story);
}
