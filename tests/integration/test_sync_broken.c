#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "support/books.h"
#include "support/oracle.h"
#include "support/pg.h"
#include "support/server.h"

/*
 * A night that goes by what changed, with the database lost on its way: what each job takes is
 * decided once, and bought once.
 */

/* A minute of the API is a second. */
static void make_haste(void)
{
    setenv("LINKHAUL_HASTE", "60", 1);
}

static struct server server;

static void end_servers(void)
{
    server_end(&server);
    pg_drop_databases();
}

TestSuite(sync_broken, .timeout = 280, .init = make_haste, .fini = end_servers);

#define TARGET "example.com"
#define FIRST 4 /* so that the overlap ends behind the world's beginning */
#define PATIENCE_MS 60000

static struct story story;
static struct oracle oracle;

static int run(void)
{
    return story_run(&story, "run", "--all", "--night", oracle.date);
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

static size_t n_first_night; /* calls of it */

/* Up to the end of the first night. */
static void begin(const char *url, const char *jobs)
{
    static const char *const arguments[] = {
        "--items", TARGET "=6000", "--items",   "quiet.org=1500", "--move", "quiet.org=0",
        "--items", "small.org=10", "--latency", "200-200",        NULL};

    story_begin(&story, url);
    oracle_begin(&oracle, &story, arguments);
    oracle_go_to(&oracle, FIRST);
    story_config_account(&story, "in_flight: 2", "");
    story_file(&story, "jobs.d/jobs.yaml", "%s", jobs);
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    cr_assert(eq(int, run(), 0), "%s", story.err);
    n_first_night = n_billed();
}

#define BOTH "job: walk\nendpoint: backlinks\nsync: changes\ntargets: [" TARGET ", quiet.org]\n"

/* Links that are alive are taken for lost, so that the count is off. */
static void spoil_state(void)
{
    pg_execute(story.database_url,
               "update linkhaul.link as k set state = 'lost', gone_night = first_night from "
               "linkhaul.feed as f where f.feed_id = k.feed_id and f.target = '" TARGET
               "' and k.first_seen < '2025-01-01' and md5(k.url_from) < '1'");
}

/* So many calls of this night, each of them in our ledger. */
static void expect_books(size_t n_calls)
{
    cr_expect(eq(sz, n_billed() - n_first_night,
                 n_calls + (size_t)story_int(&story,
                                             "select count(*) from linkhaul.attempt where state = "
                                             "'undelivered'")));
    cr_expect(
        eq(i64, (int64_t)n_billed(),
           story_int(&story, "select count(*) from linkhaul.attempt where charged_nanousd > 0")));
}

static const char *awaited; /* a condition in SQL */

static bool is_so_or_over(void *data)
{
    (void)data;
    return !process_is_running(&story.linkhaul) ||
           story_int(&story, "select (%s)::int", awaited) != 0;
}

/* Runs the night, and ends the sessions once `condition` holds; it has to end well by itself. */
static void run_and_lose_sessions(const char *condition)
{
    awaited = condition;
    story_start(&story, "run", "--all", "--night", oracle.date);
    cr_assert(wait_until(is_so_or_over, NULL, PATIENCE_MS));
    cr_assert(process_is_running(&story.linkhaul), "too late: %s", condition);
    story_int(&story,
              "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = "
              "current_database() and application_name like 'linkhaul%%'");
    cr_assert(eq(int, story_wait(&story), 0), "%s: %s", condition, story.err);
    cr_expect(ne(ptr, strstr(story.err, "the database is back"), NULL), "%s: %s", condition,
              story.err);
}

static void expect_kinds(const char *kinds)
{
    story_expect_text(&story, kinds,
                      "select coalesce(string_agg(kind, ' ' order by listing_id), '') from "
                      "linkhaul.listing join linkhaul.run using (run_id) where job = 'walk' and "
                      "linkhaul.listing.night = '%s' and linkhaul.listing.state = 'published'",
                      oracle.date);
}

static void expect_synced(void)
{
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.feed where job = 'walk' and "
                           "synced_night is distinct from '%s'",
                           oracle.date),
                 0));
}

/* --- sessions that end ----------------------------------------------------------------------- */

/* Its night is done: the life after the database was lost begins no second run of it. */
Test(sync_broken, a_job_that_is_over_is_not_begun_again)
{
    begin(pg_fresh_database(),
          "job: small\nendpoint: backlinks\nsync: full\ntargets: [small.org]\n---\n"
          "job: walk\nendpoint: backlinks\nsync: full\ntargets: [" TARGET "]\n");
    oracle_go_to(&oracle, FIRST + 1);
    run_and_lose_sessions(
        "exists (select from linkhaul.run where job = 'small' and state = 'done' having count(*) "
        "= 2) and exists (select from linkhaul.run where job = 'walk' and state = 'open')");
    cr_expect(
        eq(i64, story_int(&story, "select count(*) from linkhaul.run where job = 'small'"), 2));
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.run"), 4));
    cr_expect(ne(ptr, strstr(story.out, "small"), NULL), "%s", story.out);
    expect_books(1 + 7);
    story_end(&story);
}

/* One job is to take all after all, another still walks: the next life takes up both. */
Test(sync_broken, a_job_that_still_walks_goes_on_beside_a_fall_back)
{
    begin(pg_fresh_database(), BOTH
          "---\njob: long\nendpoint: backlinks\nsync: full\n"
          "targets: [" TARGET "]\nrequest: {limit: 100}\n");
    spoil_state();
    oracle_go_to(&oracle, FIRST + 1);
    run_and_lose_sessions(
        "exists (select from linkhaul.listing where why like '%known to be live%') and exists "
        "(select from linkhaul.listing join linkhaul.run using (run_id) where job = 'long' and "
        "listing.state = 'open')");
    expect_kinds("new lost count full");
    expect_synced();
    cr_expect(
        eq(i64, story_int(&story, "select count(*) from linkhaul.run where job = 'long'"), 2));
    story_end(&story);
}

/* In the bulk call, behind it, with its changes, at the fall-back and in it. */
Test(sync_broken, a_night_loses_the_database_on_its_way)
{
    static const char *const moments[] = {
        "exists (select from linkhaul.attempt join linkhaul.run using (run_id) where job like "
        "'bulk:%' and attempt.state = 'reserved')",
        "exists (select from linkhaul.run where job like 'bulk:%' and state = 'done')",
        "exists (select from linkhaul.listing where kind = 'new' and state = 'open')",
        "exists (select from linkhaul.listing where kind = 'new' and state = 'published')",
        "exists (select from linkhaul.listing where kind = 'full' and why like '%known to be live%')",
        "exists (select from linkhaul.attempt join linkhaul.listing using (listing_id) where "
        "kind = 'full' and why like '%known to be live%' and is_page)",
    };

    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i += books_is_long() ? 1 : 3) {
        begin(pg_fresh_database(), BOTH);
        spoil_state();
        oracle_go_to(&oracle, FIRST + 1);
        run_and_lose_sessions(moments[i]);
        expect_kinds("new lost count full");
        expect_synced();
        expect_books(4 + 7);
        cr_expect(ne(ptr, strstr(story.out, "1 feed: not asked for"), NULL), "%s", story.out);
        oracle_expect_state(&oracle, TARGET, ORACLE_TOLD);
        oracle_expect_state(&oracle, "quiet.org", ORACLE_TOLD);
        story_end(&story);
    }
}

/* --- a job beside a fall-back ---------------------------------------------------------------- */

/* It could not start, and is not tried again when the other takes all after all: the end tells. */
Test(sync_broken, a_job_that_cannot_start_fails_the_run_though_another_falls_back)
{
    CLEANUP(mem_free_string) char *name = NULL, *path = NULL, *uid = NULL;

    begin(pg_fresh_database(), BOTH);
    story_file(&story, "jobs.d/small.yaml",
               "job: small\nendpoint: backlinks\ntargets: [small.org]\nbudget: 0.001\n");
    cr_assert(eq(int, story_run(&story, "run", "small", "--night", oracle.date), 2), "%s",
              story.err);
    uid = story_text(&story, "select uid from linkhaul.run where job = 'small'");
    name = mem_printf("spool/run-%s.segment", uid);
    path = story_path(&story, name);
    cr_assert(eq(int, unlink(path), 0), "%s", path);
    cr_assert(eq(int, mkdir(path, 0700), 0), "%s", path);
    spoil_state();
    oracle_go_to(&oracle, FIRST + 1);
    cr_expect(ne(int, run(), 0), "%s", story.err);
    cr_expect(ne(ptr, strstr(story.err, "small: "), NULL), "%s", story.err);
    expect_kinds("new lost count full");
    expect_synced();
    story_end(&story);
}

/* --- commits that are lost ------------------------------------------------------------------- */

static void save(void)
{
    server_kill(&server);
    server_save(&server);
    server_restart(&server);
}

/* As a fail-over to a standby that was behind; numbers are given out as they come. */
static void put_back(void)
{
    server_kill(&server);
    server_put_back(&server);
    server_restart(&server);
}

Test(sync_broken, a_fail_over_loses_a_night_in_which_nothing_moved)
{
    size_t n;

    server_begin(&server, "unmoved");
    begin(server.url, "job: walk\nendpoint: backlinks\nsync: changes\ntargets: [quiet.org]\n");
    oracle_go_to(&oracle, FIRST + 1);
    save();
    cr_assert(eq(int, run(), 0), "%s", story.err);
    expect_kinds("");
    expect_synced();
    n = n_billed();
    put_back();
    cr_assert(eq(int, run(), 0), "%s", story.err);
    expect_kinds("");
    expect_synced();
    cr_expect(eq(sz, n_billed(), n), "%s", story.err);
    oracle_expect_state(&oracle, "quiet.org", ORACLE_TOLD);
    story_end(&story);
}

/* The listing of all that the end of the changes had begun comes back with its pages, under its
 * number, although others are next. */
Test(sync_broken, a_fail_over_loses_a_fall_back)
{
    size_t n;

    server_begin(&server, "fallback");
    begin(server.url, BOTH);
    spoil_state();
    oracle_go_to(&oracle, FIRST + 1);
    setenv("LINKHAUL_DIE_AT", "before-end-run:2", 1);
    cr_assert(eq(int, run(), 128 + SIGKILL), "%s", story.err);
    unsetenv("LINKHAUL_DIE_AT");
    save();
    cr_assert(eq(int, run(), 0), "%s", story.err);
    expect_kinds("new lost count full");
    n = n_billed();
    put_back();
    pg_execute(story.database_url,
               "select setval(pg_get_serial_sequence('linkhaul.listing', 'listing_id'), "
               "max(listing_id) + 5) from linkhaul.listing");
    cr_assert(eq(int, run(), 0), "%s", story.err);
    cr_expect(eq(sz, n_billed(), n), "%s", story.err);
    expect_kinds("new lost count full");
    expect_synced();
    expect_books(4 + 7);
    oracle_expect_state(&oracle, TARGET, ORACLE_TOLD);
    story_end(&story);
}
