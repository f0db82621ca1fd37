#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/mem.h"
#include "support/pg.h"
#include "support/story.h"

/*
 * The command that is run when a night is over. A minute is a second (a day is 24 minutes), and the
 * jobs' fire of one or two hours ago was missed and is caught up, so that a night is over soon and
 * no other comes.
 */

#define PATIENCE_MS 90000
#define DAY_MS INT64_C(86400000)

static void make_haste(void)
{
    setenv("LINKHAUL_HASTE", "60", 1);
    setenv("DATAFORSEO_PASSWORD", "hunter2", 1);
}

TestSuite(on_night, .timeout = 300, .init = make_haste, .fini = pg_drop_databases);

static struct story story;

/* As the service has it. */
static int64_t wall_s(void)
{
    int64_t now_ms = clock_wall_ms(), midnight_ms = now_ms - now_ms % DAY_MS;

    return (midnight_ms + (now_ms - midnight_ms) * 60) / 1000;
}

static int hour_before(int hours)
{
    return (int)((wall_s() / 3600 - hours) % 24);
}

/* It was started in time yesterday. */
static void write_job(const char *job, const char *more)
{
    CLEANUP(mem_free_string) char *file = mem_printf("jobs.d/%s.yaml", job), *sql = NULL;

    story_file(&story, file,
               "job: %s\nendpoint: backlinks\ntargets: [example.com]\nschedule: \"0 %d * * *\"\n"
               "catch_up: until %02d:00\nbudget: 90\n%s",
               job, hour_before(1), hour_before(2), more);
    sql = mem_printf(
        "insert into linkhaul.missed_start (project, job, scheduled_at, night, reason) "
        "select 'default', '%s', at, '2000-01-01', 'skipped: by this test' "
        "from to_timestamp(%" PRId64 ") as at",
        job, wall_s() - 4 * 3600);
    pg_execute(story.database_url, "%s", sql);
}

/* What the command does, as a script that appends to out. */
static void begin(const char *script)
{
    CLEANUP(mem_free_string) char *more = NULL, *path = NULL, *out = NULL;

    story_begin(&story, pg_fresh_database());
    story_sandbox(&story, "--items", "example.com=300");
    path = story_path(&story, "night.sh");
    out = story_path(&story, "out");
    more = mem_printf("budget: 90\non_night: [/bin/sh, %s, %s]\n", path, out);
    story_config(&story, more);
    story_file(&story, "night.sh", "%s\n", script);
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
}

static char *read_out(void)
{
    CLEANUP(mem_free_string) char *path = story_path(&story, "out");
    FILE *file = fopen(path, "r");
    char *text = mem_new(65536);

    cr_assert(file != NULL, "the command has not run");
    cr_assert(lt(sz, fread(text, 1, 65535, file), 65535));
    fclose(file);
    return text;
}

static bool is_said(void *text)
{
    CLEANUP(mem_free_string) char *said = process_err(&story.linkhaul);

    return strstr(said, text) != NULL || !process_is_running(&story.linkhaul);
}

static void wait_until_said(const char *text)
{
    CLEANUP(mem_free_string) char *awaited = mem_strdup(text);
    CLEANUP(mem_free_string) char *said = NULL;

    wait_until(is_said, awaited, PATIENCE_MS);
    said = process_err(&story.linkhaul);
    cr_assert_not_null(strstr(said, text), "%s", said);
}

static void stop(void)
{
    process_signal(&story.linkhaul, SIGTERM);
    cr_expect(eq(int, story_wait(&story), 0), "%s", story.err);
}

static void expect_json(const char *expected, const char *json, const char *expression)
{
    story_expect_text(&story, expected, "select (%s)::text from (select $$%s$$::jsonb as j) as s",
                      expression, json);
}

Test(on_night, is_run_once_behind_the_last_run)
{
    CLEANUP(mem_free_string) char *out = NULL, *night = NULL;

    begin("cat >> $1; echo built; echo but slowly >&2; printf 'and more' >&2");
    write_job("a", "");
    write_job("b", "request: { limit: 10 }\n"); /* thirty calls */
    story_start(&story, "serve");
    wait_until_said("on_night: for the night of ");
    stop();
    cr_expect_not_null(strstr(story.err, "on_night: built\n"), "%s", story.err);
    cr_expect_not_null(strstr(story.err, "warning: on_night: but slowly\n"), "%s", story.err);
    cr_expect_not_null(strstr(story.err, "warning: on_night: and more\n"), "%s", story.err);
    cr_expect_not_null(strstr(story.err, ", ended well"), "%s", story.err);

    out = read_out();
    night = story_text(&story, "select max(budget_night) from linkhaul.run");
    expect_json(night, out, "j ->> 'night'");
    expect_json("a complete 300, b complete 300", out,
                "select string_agg(format('%s %s %s', e ->> 'job', e ->> 'result', e ->> 'rows'), "
                "', ' order by e ->> 'job') from jsonb_array_elements(j -> 'jobs') as e");
    expect_json("600", out, "j -> 'totals' -> 'rows'");
    expect_json("true", out,
                "(j -> 'totals' -> 'dollars')::numeric = (select sum(charged_nanousd) / "
                "1000000000 from linkhaul.attempt)");
    expect_json("[]", out, "j -> 'missed'");
    expect_json("default", out, "j -> 'accounts' -> 0 ->> 'account'");
    story_end(&story);
}

static bool has_place(void *data)
{
    (void)data;
    return story_int(&story,
                     "select count(*) from pg_locks join pg_stat_activity using (pid) "
                     "where datname = current_database() and locktype = 'advisory' and granted "
                     "and application_name like '%% service'") > 0;
}

/* A run by hand is of the same night, so it is over once more. */
Test(on_night, is_not_run_again_by_the_next_service)
{
    CLEANUP(mem_free_string) char *out = NULL, *said = NULL;
    struct process service;

    begin("echo told $LINKHAUL_NIGHT >> $1; cat > /dev/null");
    write_job("a", "");
    story_start(&story, "serve");
    wait_until_said(", ended well");
    stop();
    story_start(&story, "serve");
    service = story.linkhaul;
    story.linkhaul = (struct process){.pid = 0};
    cr_assert(wait_until(has_place, NULL, PATIENCE_MS));
    cr_expect(eq(int, story_run(&story, "run", "a"), 0), "%s", story.err);
    process_signal(&service, SIGTERM);
    cr_expect(eq(int, process_wait(&service, PATIENCE_MS), 0));
    said = process_err(&service);
    process_deinit(&service);
    cr_expect_not_null(strstr(said, "by hand"), "%s", said);
    cr_expect_null(strstr(said, "on_night"), "%s", said);
    out = read_out();
    cr_expect(eq(ptr, strstr(out + 1, "told"), NULL), "%s", out);
    story_end(&story);
}

Test(on_night, has_a_clean_environment)
{
    CLEANUP(mem_free_string) char *out = NULL;

    begin("cat > /dev/null; env > $1; exit 3");
    write_job("a", "");
    story_start(&story, "serve");
    wait_until_said("ended with 3");
    stop();
    out = read_out();
    cr_expect_not_null(strstr(out, "LINKHAUL_NIGHT="), "%s", out);
    cr_expect_not_null(strstr(out, "PATH="), "%s", out);
    cr_expect_null(strstr(out, "hunter2"), "%s", out);
    cr_expect_null(strstr(out, "HASTE"), "%s", out);
    story_end(&story);
}

static bool has_line(const char *path, const char *text)
{
    char line[512];
    bool is_there = false;
    FILE *file = fopen(path, "r");

    while (file != NULL && !is_there && fgets(line, sizeof(line), file) != NULL)
        is_there = strstr(line, text) != NULL;
    if (file != NULL)
        fclose(file);
    return is_there;
}

/* A connection, or a file, that a program would inherit; 0, 1 and 2 it has others for. */
static void expect_not_inherited(const char *fd)
{
    CLEANUP(mem_free_string)
    char *link = mem_printf("/proc/%d/fd/%s", (int)story.linkhaul.pid, fd);
    CLEANUP(mem_free_string)
    char *info = mem_printf("/proc/%d/fdinfo/%s", (int)story.linkhaul.pid, fd);
    char what[256] = "", inode[64] = "";
    bool is_ours;

    if (readlink(link, what, sizeof(what) - 1) <= 0 || strtol(fd, NULL, 10) < 3)
        return;
    is_ours = strstr(what, story.folder) != NULL ||
              (sscanf(what, "socket:[%50[0-9]", inode) == 1 && has_line("/proc/net/tcp", inode));
    cr_expect(not(is_ours && !has_line(info, ":\t02")), "%s is %s", fd, what);
}

static bool has_called(void *data)
{
    (void)data;
    return story_int(&story, "select count(*) from linkhaul.attempt where is_page") > 3;
}

Test(on_night, what_it_runs_inherits_nothing)
{
    CLEANUP(mem_free_string) char *folder = NULL;
    struct dirent *entry;
    size_t n = 0;
    DIR *fds;

    begin("");
    write_job("a", "request: { limit: 1 }\n");
    story_start(&story, "run", "a");
    cr_assert(wait_until(has_called, NULL, PATIENCE_MS));
    folder = mem_printf("/proc/%d/fd", (int)story.linkhaul.pid);
    fds = opendir(folder);
    for (; fds != NULL && (entry = readdir(fds)) != NULL; n++)
        expect_not_inherited(entry->d_name);
    closedir(fds);
    cr_expect(gt(sz, n, 12));
    process_kill(&story.linkhaul);
    story_end(&story);
}

/* It does not read its input, leaves somebody behind, and is stubborn. */
Test(on_night, does_not_hold_up_the_end_of_the_service)
{
    begin("trap '' TERM; echo stubborn; sleep 600 & sleep 600; sleep 600");
    write_job("a", "");
    story_start(&story, "serve");
    wait_until_said("on_night: stubborn");
    stop();
    cr_expect_not_null(strstr(story.err, "has not ended in time"), "%s", story.err);
    story_end(&story);
}

Test(on_night, that_cannot_be_run_is_a_line_in_the_log)
{
    begin("");
    story_config(&story, "budget: 90\non_night: [/nowhere/to/be/found]\n");
    write_job("a", "");
    story_start(&story, "serve");
    wait_until_said("/nowhere/to/be/found cannot be run for the night of ");
    stop();
    story_end(&story);
}

/* A start of its night that waits for money is to be tried again; the night is not over. */
Test(on_night, waits_for_a_start_that_is_tried_again)
{
    CLEANUP(mem_free_string) char *out = NULL;

    begin("cat >> $1");
    story_sandbox(&story, "--items", "example.com=300", "--balance", "0.0001");
    write_job("a", "");
    story_start(&story, "serve");
    wait_until_said("is tried again every 10 minutes");
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.told_night"), 0));
    story_sandbox(&story, "--items", "example.com=300");
    wait_until_said("ended well");
    wait_until_said("on_night: for the night of ");
    stop();
    out = read_out();
    expect_json("complete", out, "j -> 'jobs' -> 0 ->> 'result'");
    story_end(&story);
}
