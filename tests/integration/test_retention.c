#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "store/retention.h"
#include "support/nights.h"
#include "support/pg.h"
#include "support/store_calls.h"
#include "support/story.h"

/*
 * Which partitions go and which stay, beside readers and users' views. The nights are past, so the
 * newest one of a test says what is over. The week behind the first night's is made ahead and
 * empty.
 */

static const char *url;
static int64_t feed;
static struct calls c;
static struct buf told = BUF_WITH_CEILING(65536);

static void begin(void)
{
    url = nights_begin();
    feed = nights_feed("walk", "example.com", "backlink", "{}");
}

TestSuite(retention, .timeout = 120, .init = begin, .fini = pg_drop_databases);

static void on_retired(void *data, const struct store_retired *parts, size_t n_parts,
                       const struct err *err)
{
    for (size_t i = 0; i < n_parts; i++)
        buf_printf(&told, "%s%s%s%s%s", told.size > 0 ? "; " : "", parts[i].part,
                   parts[i].hangs != NULL          ? " hangs on "
                   : parts[i].shows != NULL        ? " shows "
                   : parts[i].err.kind == ERR_NONE ? " gone"
                                                   : " cannot",
                   parts[i].hangs != NULL ? parts[i].hangs : "",
                   parts[i].hangs == NULL && parts[i].shows != NULL ? parts[i].shows : "");
    calls_on_done(data, err);
}

/* What store_retire() tells: "PART gone; PART hangs on VIEW; ...". */
static const char *retire(void)
{
    buf_clear(&told);
    cr_assert(calls_open(&c, url, true), "%s", c.err.text);
    c.is_answered = false;
    store_retire(c.store, on_retired, &c);
    cr_assert(calls_wait(&c), "%s", c.err.text);
    calls_end(&c);
    return buf_text(&told);
}

static void expect_told(const char *wanted, int line)
{
    const char *got = retire();

    cr_expect(eq(int, strcmp(got, wanted), 0), "line %d: got \"%s\", wanted \"%s\"", line, got,
              wanted);
}

#define EXPECT_RETIRED(wanted) expect_told(wanted, __LINE__)

static int64_t n_rows(void)
{
    return pg_int(url, "SELECT count(*) FROM linkhaul.backlink");
}

Test(retention, drops_a_week_when_the_last_of_its_nights_is_over)
{
    nights_pass(feed, "2026-08-03", "complete", "1 2 3");
    nights_pass(feed, "2026-08-09", "complete", "1 2 3");
    nights_pass(feed, "2026-08-23", "complete", "1 2 3");
    EXPECT_RETIRED("backlink_2026_08_10 gone"); /* no listing has ever had it */
    nights_pass(feed, "2026-08-24", "complete", "1 2 3");
    cr_expect(eq(i64, n_rows(), 12));
    EXPECT_RETIRED("backlink_2026_08_03 gone");
    cr_expect(eq(i64, n_rows(), 6));
    EXPECT_RETIRED("");
    cr_expect(eq(i64, pg_int(url, "SELECT count(*) FROM linkhaul.link"), 3));
    cr_expect(eq(i64, pg_int(url, "SELECT count(*) FROM linkhaul.link_event"), 1));
    nights_pass(feed, "2026-08-04", "complete", "1 2 3");
    cr_expect(eq(i64, n_rows(), 9));
}

Test(retention, keeps_a_week_for_the_feed_that_keeps_its_rows_longest)
{
    int64_t other = nights_feed("other", "example.org", "backlink", "{}");

    nights_pass(feed, "2026-08-03", "complete", "1");
    nights_pass(other, "2026-08-03", "complete", "1");
    nights_pass(feed, "2026-09-14", "complete", "1");
    nights_pass(other, "2026-09-14", "complete", "1");
    pg_execute(url, "UPDATE linkhaul.feed SET retention_days = 60 WHERE feed_id = %lld",
               (long long)other);
    EXPECT_RETIRED("backlink_2026_08_10 gone");
    pg_execute(url, "UPDATE linkhaul.feed SET retention_days = 30");
    EXPECT_RETIRED("backlink_2026_08_03 gone");
}

Test(retention, keeps_what_is_open_or_held)
{
    int64_t held;

    nights_pass(feed, "2026-08-03", "complete", "1 2 3 4");
    held = nights_land(feed, "2026-08-10", "full", "1", 0);
    nights_publish(held, "complete");
    nights_pass(feed, "2026-10-05", "complete", "1 2 3 4");
    EXPECT_RETIRED("backlink_2026_08_03 gone; backlink_2026_08_17 gone");
    nights_accept(held);
    EXPECT_RETIRED("backlink_2026_08_10 gone");
}

Test(retention, keeps_what_analysts_see)
{
    int64_t other = nights_feed("other", "example.org", "backlink", "{}");

    nights_pass(feed, "2026-08-03", "complete", "1 2");
    nights_pass(other, "2026-10-05", "complete", "1");
    pg_execute(url, "UPDATE linkhaul.feed SET asked_at = now()");
    EXPECT_RETIRED(
        "backlink_2026_08_03 shows example.com, job walk, of 2026-08-03; "
        "backlink_2026_08_10 gone");
    cr_expect(eq(i64, pg_int(url, "SELECT count(*) FROM linkhaul_bi.backlinks"), 3));
    /* Of a feed that its job no longer has nobody asks. */
    pg_execute(url, "UPDATE linkhaul.feed SET asked_at = '2026-01-01' WHERE feed_id = %lld",
               (long long)feed);
    EXPECT_RETIRED("backlink_2026_08_03 gone");
}

Test(retention, is_not_deceived_by_a_night_in_the_future)
{
    nights_pass(feed, "2026-11-20", "complete", "1 2");
    nights_pass(feed, "2999-01-01", "complete", "1 2");
    cr_expect(eq(i64,
                 pg_int(url,
                        "SELECT count(*) FROM linkhaul.over_partitions() WHERE from_night > "
                        "current_date - 22"),
                 0));
}

Test(retention, leaves_users_their_views)
{
    nights_pass(feed, "2026-08-03", "complete", "1 2 3");
    nights_pass(feed, "2026-10-05", "complete", "1 2");
    pg_execute(url,
               "CREATE VIEW public.mine AS SELECT * FROM linkhaul.backlink_2026_08_03;"
               "CREATE VIEW public.all_of_it AS SELECT url_from FROM linkhaul.backlink");
    EXPECT_RETIRED("backlink_2026_08_03 hangs on public.mine; backlink_2026_08_10 gone");
    cr_expect(eq(i64, pg_int(url, "SELECT count(*) FROM public.mine"), 3));
    pg_execute(url, "DROP VIEW public.mine");
    EXPECT_RETIRED("backlink_2026_08_03 gone");
    cr_expect(eq(i64, pg_int(url, "SELECT count(*) FROM public.all_of_it"), 2));
}

Test(retention, leaves_tables_that_it_did_not_take_out)
{
    nights_pass(feed, "2026-08-03", "complete", "1 2 3");
    nights_pass(feed, "2026-10-05", "complete", "1 2");
    pg_execute(url, "ALTER TABLE linkhaul.backlink DETACH PARTITION linkhaul.backlink_2026_08_03");
    EXPECT_RETIRED("backlink_2026_08_10 gone");
    cr_expect(eq(i64, pg_int(url, "SELECT count(*) FROM linkhaul.backlink_2026_08_03"), 3));
}

static struct {
    atomic_bool is_over;
    unsigned n_answers, n_refusals;
} late;

/* Reads whatever there is, and waits for nobody. */
static void *read_all_the_time(void *data)
{
    PGconn *reader = PQconnectdb(data);

    PQclear(PQexec(reader, "SET lock_timeout = '500ms'"));
    while (!atomic_load(&late.is_over)) {
        PGresult *result = PQexec(reader, "SELECT count(*) FROM linkhaul.backlink");

        if (PQntuples(result) == 1)
            late.n_answers++;
        else
            late.n_refusals++;
        PQclear(result);
    }
    PQfinish(reader);
    return NULL;
}

/* A reader in a transaction keeps the old rows for as long as it lasts; others never wait. */
Test(retention, makes_no_reader_wait_and_finishes_the_next_time)
{
    PGconn *reader;
    PGresult *result;
    pthread_t thread;
    char *copy = mem_strdup(url);

    nights_pass(feed, "2026-08-03", "complete", "1 2 3");
    nights_pass(feed, "2026-10-05", "complete", "1 2");
    reader = PQconnectdb(url);
    PQclear(PQexec(reader,
                   "BEGIN ISOLATION LEVEL REPEATABLE READ;"
                   "SELECT count(*) FROM linkhaul.backlink"));
    pthread_create(&thread, NULL, read_all_the_time, copy);
    EXPECT_RETIRED("backlink_2026_08_03 cannot; backlink_2026_08_10 cannot");
    atomic_store(&late.is_over, true);
    pthread_join(thread, NULL);
    cr_expect(gt(uint, late.n_answers, 0));
    cr_expect(eq(uint, late.n_refusals, 0));
    result = PQexec(reader, "SELECT count(*) FROM linkhaul.backlink");
    cr_expect_str_eq(PQgetvalue(result, 0, 0), "5", "%s", PQresultErrorMessage(result));
    PQclear(result);
    PQclear(PQexec(reader, "COMMIT"));
    EXPECT_RETIRED("backlink_2026_08_03 gone; backlink_2026_08_10 gone");
    cr_expect(eq(i64, n_rows(), 2));
    PQfinish(reader);
    free(copy);
}

Test(retention, finishes_what_was_taken_out_and_not_dropped)
{
    nights_pass(feed, "2026-08-03", "complete", "1 2 3");
    nights_pass(feed, "2026-10-05", "complete", "1 2");
    pg_execute(url,
               "DO $$ DECLARE o record; BEGIN FOR o IN SELECT * FROM "
               "linkhaul.over_partitions() LOOP EXECUTE o.steps[1]; EXECUTE replace(o.steps[2], "
               "'CONCURRENTLY', ''); END LOOP; END $$");
    EXPECT_RETIRED("backlink_2026_08_03 gone; backlink_2026_08_10 gone");
    cr_expect(eq(i64, pg_int(url, "SELECT count(to_regclass('linkhaul.backlink_2026_08_03'))"), 0));
}

Test(retention, brings_back_what_was_taken_out_where_a_night_of_it_is_asked_for)
{
    nights_pass(feed, "2026-08-03", "complete", "1 2 3");
    nights_pass(feed, "2026-10-05", "complete", "1 2");
    pg_execute(url, "ALTER TABLE linkhaul.backlink DETACH PARTITION linkhaul.backlink_2026_08_03");
    nights_pass(feed, "2026-08-05", "complete", "1 2 3");
    cr_expect(eq(i64, n_rows(), 8));
}

Test(retention, does_nothing_while_a_run_is_loaded_again)
{
    PGconn *replay = PQconnectdb(url);

    nights_pass(feed, "2026-08-03", "complete", "1 2 3");
    nights_pass(feed, "2026-10-05", "complete", "1 2");
    PQclear(PQexec(replay, "SELECT pg_advisory_lock(7811896436242609519)"));
    EXPECT_RETIRED("");
    PQfinish(replay);
    EXPECT_RETIRED("backlink_2026_08_03 gone; backlink_2026_08_10 gone");
}

/* Where there are months from before, weeks fill what is between them. */
Test(retention, goes_on_behind_partitions_of_months)
{
    char *there;

    pg_execute(url,
               "CREATE TABLE linkhaul.backlink_2026_09 PARTITION OF linkhaul.backlink FOR VALUES "
               "FROM ('2026-09-01') TO ('2026-10-01')");
    for (int day = 1; day <= 9; day++)
        pg_execute(url,
                   "SELECT linkhaul.make_partitions('backlink', '2026-10-0%d'), "
                   "linkhaul.make_partitions('backlink', '2026-08-2%d')",
                   day, day);
    pg_execute(url, "SELECT linkhaul.make_partitions('backlink', '2026-08-31')");
    there = pg_text(url,
                    "SELECT string_agg(part || ' ' || to_night - from_night, ' ' ORDER BY "
                    "from_night) FROM linkhaul.partitions()");
    cr_expect_str_eq(there,
                     "backlink_2026_08_17 7 backlink_2026_08_24 7 "
                     "backlink_2026_08_31 1 backlink_2026_09 30 "
                     "backlink_2026_10_01 4 backlink_2026_10_05 7 "
                     "backlink_2026_10_12 7");
    free(there);
}

Test(retention, happens_at_the_end_of_a_run)
{
    struct story story;

    story_begin(&story, url);
    story_sandbox(&story, "--items", "example.com=5");
    story_config(&story, "budget: 5.00\n");
    story_file(
        &story, "jobs.d/job.yaml",
        "job: walk\nendpoint: backlinks\nsync: full\ntargets: [example.com]\nretention: 30d\n");
    pg_execute(url, "SELECT linkhaul.make_partitions('backlink', '2026-01-07')");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    cr_expect(ne(ptr,
                 strstr(story.err,
                        "backlink_2026_01_05: dropped, the retention of its nights 2026-01-05 to "
                        "2026-01-11 is over"),
                 NULL),
              "%s", story.err);
    cr_expect(eq(i64,
                 pg_int(url, "SELECT count(*) FROM linkhaul.partitions() WHERE facts = 'backlink'"),
                 2));
    cr_expect(eq(i64,
                 pg_int(url,
                        "SELECT n_links FROM linkhaul.link_event AS e JOIN linkhaul.feed AS f "
                        "USING (feed_id) WHERE retention_days = 30"),
                 5));
    story_end(&story);
}
