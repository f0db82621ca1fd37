/* The command line as people type it: what it says, where it says it, and the exit code. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "support/pg.h"
#include "support/story.h"

#define JOB "endpoint: backlinks\nmax_rows: 5\nrequest: { limit: 5 }\nbudget: 1\n"
#define LONG_NAME "job-with-a-name-of-the-full-sixty-three-letters-that-one-may-have"

static struct story story;
static const char *url;

/* A story with one job, named a. */
static void begin(void)
{
    url = pg_fresh_database();
    story_begin(&story, url);
    story_sandbox(&story, "--seed", "1");
    story_config(&story, "");
    story_file(&story, "jobs.d/job.yaml", "job: a\ntargets: [example.com]\n" JOB);
}

static void end(void)
{
    story_end(&story);
    pg_drop_databases();
}

TestSuite(commands, .timeout = 120, .init = begin, .fini = end);

static void expect_refused(const char *const arguments[], const char *said)
{
    cr_expect(eq(int, story_run_argv(&story, arguments), 64), "%s", story.err);
    cr_expect(ne(ptr, strstr(story.err, said), NULL), "%s is not in: %s", said, story.err);
    cr_expect_str_eq(story.out, "");
}

Test(commands, a_word_or_option_too_many_is_refused_and_nothing_is_done)
{
    expect_refused((const char *const[]){"check", "a", NULL}, "a: `linkhaul check` takes options");
    expect_refused((const char *const[]){"migrate", "a", NULL}, "takes options only");
    expect_refused((const char *const[]){"run", "--all", "a", NULL}, "job names, or --all");
    expect_refused((const char *const[]){"run", "-c", "other.yaml", "a", NULL},
                   "-c: stands in front of the command");
    expect_refused((const char *const[]){"run", "--night", "tonight", "a", NULL},
                   "--night tonight: is no date; write it as 2026-03-14");
    expect_refused((const char *const[]){"run", "a", "--night=2026-02-29", NULL}, "is no date");
    expect_refused((const char *const[]){"--bogus", NULL}, "error: --bogus: no such option");
    expect_refused((const char *const[]){"-x", NULL}, "error: -x: no such option");
    expect_refused((const char *const[]){"-c", NULL}, "error: -c: names no file");
    cr_expect(
        eq(i64, pg_int(url, "select count(*) from pg_namespace where nspname = 'linkhaul'"), 0));
}

Test(commands, help_is_given_wherever_it_is_asked_for)
{
    const char *const *const ways[] = {
        (const char *const[]){"help", "run", NULL},
        (const char *const[]){"run", "--help", NULL},
        (const char *const[]){"run", "a", "-h", NULL},
    };

    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        cr_expect(eq(int, story_run_argv(&story, ways[i]), 0), "%s", story.err);
        cr_expect(ne(ptr, strstr(story.out, "usage: linkhaul [-c FILE] run JOB"), NULL), "%s",
                  story.out);
    }
    cr_expect(eq(int, story_run(&story, "help", "help"), 0), "%s", story.err);
    cr_expect(ne(ptr, strstr(story.out, "exit codes:"), NULL), "%s", story.out);
}

Test(commands, output_that_cannot_be_written_is_an_error)
{
    CLEANUP(mem_free_string) char *config = story_path(&story, "linkhaul.yaml");
    CLEANUP(mem_free_string)
    char *line =
        mem_printf("exec %s -c %s check --show >/dev/full", story.linkhaul_program, config);
    const char *const argv[] = {"/bin/sh", "-c", line, NULL};
    struct process shell;
    CLEANUP(mem_free_string) char *said = NULL;

    process_start(&shell, argv, NULL);
    cr_expect(eq(int, process_wait(&shell, 20000), 1));
    said = process_err(&shell);
    cr_expect(ne(ptr, strstr(said, "standard output cannot be written"), NULL), "%s", said);
    process_deinit(&shell);
}

Test(commands, a_run_without_any_job_does_not_look_like_success)
{
    CLEANUP(mem_free_string) char *job = story_path(&story, "jobs.d/job.yaml");

    cr_assert(eq(int, remove(job), 0));
    cr_expect(eq(int, story_run(&story, "check"), 0), "%s", story.err);
    cr_expect(eq(int, story_run(&story, "run", "--all"), 78), "%s", story.err);
    cr_expect(ne(ptr, strstr(story.err, "there is no job to run"), NULL), "%s", story.err);
}

/* Where `word` begins in the line that begins with `start`; -1 where it is not. */
static int column_of(const char *text, const char *start, const char *word)
{
    const char *line = text, *found;

    while (strncmp(line, start, strlen(start)) != 0) {
        line = strchr(line, '\n');
        if (line == NULL)
            return -1;
        line++;
    }
    found = strstr(line, word);
    return found == NULL ? -1 : (int)(found - line);
}

Test(commands, tables_stay_lined_up_whatever_a_job_is_called)
{
    story_file(&story, "jobs.d/long.yaml",
               "job: %.63s\ntargets: [\"https://example.com/%0*d\"]\n" JOB, LONG_NAME, 300, 7);
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    cr_assert(eq(int, story_run(&story, "run", "--all"), 0), "%s", story.err);
    cr_expect(gt(int, column_of(story.out, "JOB", "LISTING"), 363));
    cr_expect(
        eq(int, column_of(story.out, "a ", "limited"), column_of(story.out, "JOB", "LISTING")),
        "%s", story.out);
    cr_expect(eq(int, column_of(story.out, "job-with", "limited"),
                 column_of(story.out, "JOB", "LISTING")),
              "%s", story.out);
    cr_assert(eq(int, story_run(&story, "status"), 0), "%s", story.err);
    cr_expect(eq(int, column_of(story.out, "a ", "limited"), column_of(story.out, "JOB", "RESULT")),
              "%s", story.out);
    cr_expect(eq(ptr, strchr(story.out, '\033'), NULL), "%s", story.out);
}

Test(commands, a_listing_without_money_says_that_a_higher_budget_helps)
{
    story_file(&story, "jobs.d/job.yaml",
               "job: a\ntargets: [example.com]\nendpoint: backlinks\nbudget: 0.01\n");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    cr_expect(eq(int, story_run(&story, "run", "a"), 2), "%s", story.err);
    cr_expect(ne(ptr, strstr(story.out, "budget   not published: raise `budget`"), NULL), "%s",
              story.out);
}

/* The statements of the README's SQL blocks are what analysts begin with. */
Test(commands, the_sql_of_the_readme_runs)
{
    static char text[64 * 1024];
    FILE *file = fopen(SOURCE_DIR "/README.md", "r");
    unsigned n_blocks = 0;
    char *at = text;

    cr_assert(ne(ptr, file, NULL));
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    cr_assert(eq(int, story_run(&story, "run", "a"), 0), "%s", story.err);
    while ((at = strstr(at, "```sql\n")) != NULL) {
        char *block = at + strlen("```sql\n");
        char *block_end = strstr(block, "```");

        cr_assert(ne(ptr, block_end, NULL));
        *block_end = '\0';
        if (strstr(block, "ROLE") == NULL) /* roles are the server's, not this database's */
            pg_execute(url, "%s", block);
        at = block_end + 1;
        n_blocks++;
    }
    cr_expect(gt(uint, n_blocks, 0));
}

Test(commands, check_live_tells_the_account_and_asks_the_database)
{
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    story_sandbox(&story, "--per-minute", "500");
    cr_expect(eq(int, story_run(&story, "check", "--live"), 0), "%s", story.err);
    cr_expect(ne(ptr,
                 strstr(story.out,
                        "API: login sandbox, balance $10000.00, a call $0.024, "
                        "an item $0.000036, at most 500 calls a minute\n"
                        "API: fields of 4 of 5 endpoints are told, 0 of them not as this version "
                        "has them\n"
                        "database: reachable, schema up to date\n"),
                 NULL),
              "%s", story.out);
    cr_expect(ne(ptr, strstr(story.err, "api.calls_per_minute is 2000, more than the API"), NULL),
              "%s", story.err);
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.attempt"), 0));
}

Test(commands, check_live_tells_what_the_api_has_changed)
{
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    cr_assert(eq(int, story_run(&story, "run", "a"), 0), "%s", story.err);
    pg_execute(url,
               "update linkhaul.account set per_item_nanousd = 30000, asked_at = now() - "
               "interval '3 days'");
    story_sandbox(&story, "--odd", "filter_gone:dofollow", "--odd", "filter_type:links_count");
    cr_expect(eq(int, story_run(&story, "check", "--live"), 0), "%s", story.err);
    cr_expect(
        ne(ptr, strstr(story.err, "backlinks: the API no longer filters by dofollow (bool)"), NULL),
        "%s", story.err);
    cr_expect(ne(ptr, strstr(story.err, "backlinks: links_count is "), NULL), "%s", story.err);
    cr_expect(ne(ptr,
                 strstr(story.err,
                        "backlinks: a call costs $0.024 and an item $0.000036, and cost "
                        "$0.024 and $0.00003 when a run last asked, 3 days ago"),
                 NULL),
              "%s", story.err);
}

/* What a terminal of 60 columns is sent; a piece ends where the cursor goes back to the left. */
Test(commands, progress_never_wraps_on_a_narrow_terminal)
{
    CLEANUP(mem_free_string) char *config = story_path(&story, "linkhaul.yaml");
    CLEANUP(mem_free_string)
    char *line =
        mem_printf("stty cols 60; exec %s -c %s run a >/dev/null", story.linkhaul_program, config);
    const char *const argv[] = {"/usr/bin/script", "-qec", line, "/dev/null", NULL};
    CLEANUP(mem_free_string) char *sent = NULL;
    struct process terminal;
    unsigned n_drawn = 0;

    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    story_sandbox(&story, "--latency", "900");
    process_start(&terminal, argv, NULL);
    cr_expect(eq(int, process_wait(&terminal, 60000), 0));
    sent = process_out(&terminal);
    process_deinit(&terminal);
    for (char *rest = sent, *piece; (piece = strtok_r(rest, "\r\n", &rest)) != NULL;) {
        if (strncmp(piece, "\033[K", 3) != 0 || strstr(piece, " items") == NULL)
            continue; /* a line of the log */
        cr_expect(lt(sz, strlen(piece + 3), 60), "%s", piece);
        n_drawn++;
    }
    cr_expect(gt(uint, n_drawn, 1), "%s", sent);
}
