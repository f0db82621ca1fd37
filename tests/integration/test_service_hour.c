#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/mem.h"
#include "support/books.h"
#include "support/pg.h"
#include "support/server.h"

/*
 * An hour of the service: jobs of every minute, a share of the calls goes wrong, the configuration
 * is read again every two minutes, PostgreSQL dies twice in the middle of a run. What the service
 * holds is in the end what it was at first, each scheduled start is accounted for, and the ledger
 * is the sandbox's.
 *
 * The short form is of a few minutes that go by in seconds each. The long one (LINKHAUL_LONG) is a
 * real hour of the release build, with its memory; LINKHAUL_HOUR_MINUTES makes it another number of
 * minutes.
 */

#define HASTE "60"
#define MINUTES_SHORT 6
#define MINUTES_LONG 60
#define PATIENCE_MS (books_is_long() ? 600000 : 120000)
#define STARTS_MAX 60

static void make_haste(void)
{
    if (!books_is_long())
        setenv("LINKHAUL_HASTE", HASTE, 1);
}

static struct server server;

static void end_servers(void)
{
    server_end(&server);
    pg_drop_databases();
}

TestSuite(service_hour, .timeout = 7200, .init = make_haste, .fini = end_servers);

static struct story story;

/* --- what it works with ---------------------------------------------------------------------- */

/* Kinds of a passing trouble; half of them are billed. */
static const char *const kinds[] = {
    "http500",       "http502html_billed",
    "http503html",   "50000",
    "50401_billed",  "40101",
    "40202",         "40209",
    "drop_before",   "drop_after",
    "reset",         "reset_billed",
    "reset_reused",  "hang",
    "hang_billed",   "truncate",
    "gzip_cut_free", "garbage",
    "tasks_null",    "result_null_free",
    "slow",          "drip",
    "exponent",
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))
#define FAULT_RATE 0.03

static const struct {
    const char *name, *what;
    int64_t n_rows; /* of its listings together */
} jobs[] = {
    {"links", "endpoint: backlinks\ntargets: [example.com]\nrequest: { limit: 100 }\n", 700},
    {"rivals", "endpoint: backlinks\ntargets: [a.example, b.example]\nrequest: { limit: 50 }\n",
     450},
    {"gap",
     "endpoint: domain_intersection\n"
     "request: { targets: { \"1\": example.com, \"2\": a.example }, limit: 20 }\n",
     160},
};

#define N_JOBS (sizeof(jobs) / sizeof(jobs[0]))

#define EVERY_MINUTE "* * * * *"
#define ONCE_A_YEAR "0 0 1 1 *"

static void write_jobs(const char *schedule, unsigned nth)
{
    for (size_t i = 0; i < N_JOBS; i++) {
        CLEANUP(mem_free_string) char *file = mem_printf("jobs.d/%s.yaml", jobs[i].name);

        story_file(&story, file, "job: %s\nschedule: \"%s\"\nbudget: 90\nlabels: { nth: n%u }\n%s",
                   jobs[i].name, schedule, nth, jobs[i].what);
    }
}

/* A start that goes on with a run takes the place of the one before in its row: both are kept. */
static const char keep_starts[] =
    "create schema test; create table test.start (job text, at timestamptz, run_id bigint, "
    "unique (job, at, run_id)); "
    "create function test.keep() returns trigger language plpgsql security definer as $f$ begin "
    "insert into test.start values (new.job, new.scheduled_at, new.run_id) "
    "on conflict do nothing; return null; end $f$; "
    "create trigger keep after insert or update of scheduled_at on linkhaul.run for each row "
    "when (new.scheduled_at is not null) execute function test.keep()";

static void begin(void)
{
    char texts[N_KINDS][64];
    const char *arguments[N_KINDS + 11] = {
        "--items",   "example.com=700", "--items", "a.example=300",
        "--items",   "b.example=150",   "--items", "example.com+a.example=80",
        "--latency", "20-60",
    };

    for (size_t i = 0; i < N_KINDS; i++) {
        snprintf(texts[i], sizeof(texts[i]), "--fault=%s=%g", kinds[i],
                 FAULT_RATE / (double)N_KINDS);
        arguments[10 + i] = texts[i];
    }
    server_begin(&server, "hour");
    story_begin(&story, server.url);
    if (books_is_long())
        story_use_release(&story);
    story.timeout_ms = PATIENCE_MS;
    story_sandbox_argv(&story, arguments);
    story_config_account(&story, "in_flight: 5", "");
    write_jobs(ONCE_A_YEAR, 0);
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    pg_execute(story.database_url, "%s", keep_starts);
}

/* --- what it holds --------------------------------------------------------------------------- */

static int64_t count_fds(void)
{
    CLEANUP(mem_free_string) char *path = mem_printf("/proc/%ld/fd", (long)story.linkhaul.pid);
    DIR *folder = opendir(path);
    int64_t n = -2; /* . and .. */

    cr_assert(ne(ptr, folder, NULL), "the service is gone");
    while (readdir(folder) != NULL)
        n++;
    closedir(folder);
    return n;
}

static int64_t read_anon_kib(void)
{
    CLEANUP(mem_free_string) char *path = mem_printf("/proc/%ld/status", (long)story.linkhaul.pid);
    FILE *file = fopen(path, "r");
    char line[256];
    int64_t kib = 0;

    cr_assert(ne(ptr, file, NULL), "the service is gone");
    while (kib == 0 && fgets(line, sizeof(line), file) != NULL)
        if (sscanf(line, "RssAnon: %" SCNd64 " kB", &kib) != 1)
            kib = 0;
    fclose(file);
    return kib;
}

static int64_t n_fds_at_first;

static bool is_only_the_service(void *data)
{
    (void)data;
    return story_int(&story,
                     "select count(*) from pg_stat_activity where application_name like "
                     "'linkhaul%%'") == 1;
}

static bool holds_what_it_did(void *data)
{
    return count_fds() <= n_fds_at_first && is_only_the_service(data);
}

/* The least memory that it had in each quarter of its time, KiB. */
static int64_t least_kib[4];

static void expect_flat_memory(void)
{
    cr_log_info("least memory by quarter: %" PRId64 ", %" PRId64 ", %" PRId64 ", %" PRId64 " KiB",
                least_kib[0], least_kib[1], least_kib[2], least_kib[3]);
    cr_expect(le(i64, least_kib[3], least_kib[0] + least_kib[0] / 4 + 512));
}

/* --- its hour -------------------------------------------------------------------------------- */

#define MINUTE_MS INT64_C(60000)
#define SAMPLE_MS 1000

static int64_t began_ms, until_ms, sampled_ms; /* monotonic */
static unsigned n_minutes;

/* Of the first quarter the second half: before, it warms up. */
static void sample(int64_t now_ms)
{
    int64_t eighth = (now_ms - began_ms) * 8 / clock_api_ms(n_minutes * MINUTE_MS);
    int64_t kib = read_anon_kib();

    sampled_ms = now_ms;
    if (eighth > 0 && eighth < 8 && (least_kib[eighth / 2] == 0 || kib < least_kib[eighth / 2]))
        least_kib[eighth / 2] = kib;
}

static bool is_until(void *data)
{
    int64_t now_ms = clock_mono_ms();

    (void)data;
    cr_assert(process_is_running(&story.linkhaul), "the service has ended");
    if (now_ms >= sampled_ms + SAMPLE_MS)
        sample(now_ms);
    return now_ms >= until_ms;
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

static size_t awaited;

static bool is_billed(void *data)
{
    (void)data;
    return n_billed() >= awaited;
}

static void restart_database(void)
{
    awaited = n_billed() + 5;
    cr_assert(wait_until(is_billed, NULL, PATIENCE_MS));
    server_kill(&server);
    server_restart(&server);
}

static unsigned n_reloads;

static void reload(const char *schedule)
{
    write_jobs(schedule, ++n_reloads);
    process_signal(&story.linkhaul, SIGHUP);
}

static unsigned minutes_of_form(void)
{
    const char *text = getenv("LINKHAUL_HOUR_MINUTES");

    return text != NULL      ? (unsigned)strtoul(text, NULL, 10)
           : books_is_long() ? MINUTES_LONG
                             : MINUTES_SHORT;
}

static void live(void)
{
    story_start(&story, "serve");
    cr_assert(wait_until(is_only_the_service, NULL, PATIENCE_MS));
    n_fds_at_first = count_fds();
    n_minutes = minutes_of_form();
    reload(EVERY_MINUTE);
    began_ms = clock_mono_ms();
    for (unsigned minute = 1; minute <= n_minutes; minute++) {
        until_ms = began_ms + clock_api_ms(minute * MINUTE_MS);
        cr_assert(wait_until(is_until, NULL, until_ms - clock_mono_ms() + PATIENCE_MS));
        if (minute % 2 == 0 && minute < n_minutes) /* two signals at once are one */
            reload(EVERY_MINUTE);
        if (minute == n_minutes / 3 || minute == n_minutes * 2 / 3)
            restart_database();
    }
    /* No job is due any more; those that are at work end. */
    reload(ONCE_A_YEAR);
    cr_expect(wait_until(holds_what_it_did, NULL, PATIENCE_MS),
              "it holds %" PRId64 " file descriptors, %" PRId64 " at first", count_fds(),
              n_fds_at_first);
}

/* --- what came of it ------------------------------------------------------------------------- */

/* Each scheduled time that a start was made for, and each that none was made for. */
#define ACCOUNTED                                                                                  \
    "(select job, at from test.start union all select job, at from linkhaul.missed_start, "        \
    "generate_series(scheduled_at - (starts - 1) * interval '1 minute', scheduled_at, "            \
    "'1 minute') at) accounted"

static size_t count_said(const char *text)
{
    size_t n = 0;

    for (const char *at = story.err; (at = strstr(at, text)) != NULL; at++)
        n++;
    return n;
}

static void expect_all_accounted_for(void)
{
    story_expect_text(&story, "",
                      "select coalesce(string_agg(job || ' ' || at, ', '), '') from (select job, "
                      "at from " ACCOUNTED " group by 1, 2 having count(*) > 1) twice");
    story_expect_text(
        &story, "",
        "select coalesce(string_agg(job || ' ' || at, ', '), '') from (select job, at from (select "
        "job, min(at) as first, max(at) as last from " ACCOUNTED
        " group by 1) span, "
        "generate_series(first, last, '1 minute') at except select job, at from " ACCOUNTED
        ") missing");
    for (size_t i = 0; i < N_JOBS; i++)
        cr_expect(ge(
            i64,
            story_int(&story, "select count(*) from " ACCOUNTED " where job = '%s'", jobs[i].name),
            n_minutes - 1));
}

/* What the account may be asked for free is limited, and all jobs share it. */
static void expect_no_free_call_refused(void)
{
    struct ledger ledger = {.n_calls = 0};

    story_ledger(&story, &ledger);
    for (size_t i = 0; i < ledger.n_calls; i++)
        if (strstr(ledger.calls[i].path, "/live") == NULL)
            cr_expect(eq(i64, ledger.calls[i].status_code, 20000), "%s", ledger.calls[i].path);
    ledger_deinit(&ledger);
}

/* What was left open or unknown is gone on with until nothing is. */
static void run_to_end(void)
{
    for (unsigned n = 1; story_run(&story, "run", "--all") != 0; n++)
        cr_assert(n < STARTS_MAX, "it has not ended after %u starts; the last one said: %s", n,
                  story.err);
}

static void expect_rows(void)
{
    for (size_t i = 0; i < N_JOBS; i++)
        story_expect_text(
            &story, "",
            "select coalesce(string_agg(run_id || ': ' || n, ', '), '') from (select run_id, "
            "sum(n_rows)::bigint as n, count(*) filter (where listing.state <> 'published' "
            "or completeness <> 'complete') as n_bad from linkhaul.listing join linkhaul.run "
            "using (run_id) where job = '%s' and run.state = 'done' group by 1) x where n <> %" PRId64
            " or n_bad > 0",
            jobs[i].name, jobs[i].n_rows);
}

Test(service_hour, loses_nothing_and_holds_in_the_end_what_it_did_at_first)
{
    begin();
    live();
    process_signal(&story.linkhaul, SIGTERM);
    cr_expect(eq(int, story_wait(&story), 0), "%s", story.err);
    cr_expect(eq(sz, count_said("the configuration has been read again"), n_reloads));
    expect_all_accounted_for();
    expect_no_free_call_refused();
    if (books_is_long())
        expect_flat_memory();
    run_to_end();
    expect_rows();
    books_expect_money(&story, &(struct books){.budget_dollars = 90});
    story_end(&story);
}

/* --- a gap in it ----------------------------------------------------------------------------- */

static bool is_true(void *data)
{
    const char *sql = data;

    return story_int(&story, "select (%s)::int", sql) == 1;
}

static void wait_for(char *sql)
{
    cr_assert(wait_until(is_true, sql, PATIENCE_MS), "never: %s", sql);
}

static bool is_past(void *data)
{
    (void)data;
    return clock_mono_ms() >= until_ms;
}

static char one_is_at_work[] =
    "select count(*) > 4 from linkhaul.attempt a join linkhaul.run r using (run_id) "
    "where r.state = 'open'";
static char one_is_held_up[] = "select count(*) > 0 from pg_locks where not granted";
static char all_are_behind_it[] =
    "select count(distinct job) = 3 from " ACCOUNTED
    " where at > (select max(at) + interval '3 minutes' from test.before)";

/* No start is taken for the one that is on its way to go on with a run. */
Test(service_hour, has_no_gap_while_a_run_is_taken_up_again)
{
    PGconn *conn;

    begin();
    write_jobs(EVERY_MINUTE, 1);
    do { /* the run may end before it is killed */
        story_start(&story, "serve");
        wait_for(one_is_at_work);
        process_kill(&story.linkhaul);
    } while (story_int(&story, "select count(*) from linkhaul.run where state = 'open'") == 0);
    pg_execute(story.database_url, "create table test.before as select at from test.start");
    conn = PQconnectdb(story.database_url);
    /* A start writes its caps first; what the service itself asks only reads. */
    PQclear(PQexec(conn, "begin; lock table linkhaul.cap in share mode"));
    story_start(&story, "serve");
    wait_for(one_is_held_up);
    until_ms = clock_mono_ms() + clock_api_ms(4 * MINUTE_MS);
    cr_assert(wait_until(is_past, NULL, PATIENCE_MS));
    PQfinish(conn);
    wait_for(all_are_behind_it);
    process_signal(&story.linkhaul, SIGTERM);
    cr_expect(eq(int, story_wait(&story), 0), "%s", story.err);
    n_minutes = 1;
    expect_all_accounted_for();
    story_end(&story);
}
