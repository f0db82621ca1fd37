/* What `linkhaul status` says at three in the morning, of whatever has become of a night. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "support/pg.h"
#include "support/store_calls.h"
#include "support/story.h"

#define WALK                                                                                       \
    "job: walk\nendpoint: backlinks\ntargets: [one.com, two.com]\nschedule: \"15 2 * * *\"\n"      \
    "timezone: Asia/Kolkata\nmax_rows: 5\nbudget: 3\n"
#define SAMPLE "---\njob: sample\nendpoint: backlinks\ntargets: [one.com]\nmax_rows: 5\n"

static struct story story;
static const char *url;

static void begin(void)
{
    url = pg_fresh_database();
    story_begin(&story, url);
    story_sandbox(&story, "--seed", "1");
    story_config(&story, "budget: { per_run: 5, per_day: 25, per_month: 300 }\n");
    story_file(&story, "jobs.d/job.yaml", WALK SAMPLE);
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
}

static void end(void)
{
    story_end(&story);
    pg_drop_databases();
}

TestSuite(status, .timeout = 120, .init = begin, .fini = end);

static void run_night(const char *night)
{
    cr_assert(eq(int, story_run(&story, "run", "--all", "--night", night), 0), "%s", story.err);
}

static void ask(void)
{
    cr_assert(eq(int, story_run(&story, "status"), 0), "%s", story.err);
}

static void expect_said(const char *words)
{
    cr_expect(ne(ptr, strstr(story.out, words), NULL), "%s is not in: %s", words, story.out);
}

static void expect_unsaid(const char *words)
{
    cr_expect(eq(ptr, strstr(story.out, words), NULL), "%s is in: %s", words, story.out);
}

/* The line that begins with the words, its runs of spaces as one. The caller's to free. */
static char *line_of(const char *start)
{
    const char *at = story.out;
    char *line, *to;
    size_t length;

    while (strncmp(at, start, strlen(start)) != 0) {
        at = strchr(at, '\n');
        cr_assert(ne(ptr, (void *)at, NULL), "no line with %s: %s", start, story.out);
        at++;
    }
    length = strcspn(at, "\n");
    line = to = mem_new(length + 1);
    for (size_t i = 0; i < length; i++)
        if (at[i] != ' ' || (i > 0 && at[i - 1] != ' '))
            *to++ = at[i];
    *to = '\0';
    return line;
}

static void expect_line(const char *start, const char *words)
{
    CLEANUP(mem_free_string) char *line = line_of(start);

    cr_expect(ne(ptr, strstr(line, words), NULL), "%s is not in: %s", words, line);
}

/* --- accounts -------------------------------------------------------------------------------- */

Test(status, says_never_and_not_known_before_the_first_night)
{
    CLEANUP(mem_free_string) char *next = NULL;

    ask();
    expect_said("no linkhaul works on this database now\n\nACCOUNT ");
    expect_line("default", "default not known - - never - -");
    next = pg_text(url,
                   "select to_char(date_trunc('day', local) + time '02:15' + case when local::time "
                   "< '02:15' then interval '0' else '1 day' end, 'Dy HH24:MI') from "
                   "(select now() at time zone 'Asia/Kolkata') as now_is (local)");
    expect_line("walk", "walk - never run - - - - ");
    expect_line("walk", next);
    expect_line("walk", " +05:30");
    expect_line("sample", "sample - never run - - - - by hand");
    expect_unsaid("needs attention");
}

Test(status, tells_the_balance_in_nights_as_the_last_ones_were)
{
    run_night("2026-03-01");
    run_night("2026-03-02");
    pg_execute(url,
               "update linkhaul.balance set left_nanousd = 1000000000, "
               "asked_at = now() - interval '3 hours 5 minutes'");
    ask();
    /* Three feeds of five items, $0.024 and $0.00018 each, in a night. */
    expect_line("default", "default $1.00 13 $0.07 3 h ago $25.00 $300.00");
    pg_execute(url, "update linkhaul.balance set left_nanousd = -1");
    ask();
    expect_line("default", " 0 $0.07 ");
    cr_assert(eq(int, story_run(&story, "run", "sample"), 0), "%s", story.err);
    ask();
    expect_line("default", " $24.98 $299.98");
}

Test(status, counts_tonight_in_no_mean_since_it_may_not_be_over)
{
    run_night("2026-03-01");
    cr_assert(eq(int, story_run(&story, "run", "sample"), 0), "%s", story.err);
    ask();
    expect_line("default", " $0.07 ");
}

Test(status, keeps_what_is_to_be_kept_of_a_balance)
{
    story_config_account(&story, "keep_balance: 0.30\nbudget: { per_day: 1 }", "budget: 9\n");
    run_night("2026-03-01");
    pg_execute(url, "update linkhaul.balance set left_nanousd = 1000000000");
    ask();
    expect_line("default", "default $1.00 9 $0.07 ");
    expect_line("default", " ago $1.00 - $0.30 of it is kept");
}

Test(status, tells_each_account_that_a_job_has)
{
    CLEANUP(mem_free_string)
    char *accounts = mem_printf(
        "budget: 9\naccounts:\n"
        "  north: { base_url: %s, login: sandbox, password: sandbox, budget: { per_day: 2 } }\n"
        "  gate: { provider: aisa, base_url: %s/apis/v1, token: sk-aisa-sandbox, prices: { per_call: 0.03, "
        "per_item: 0.00005 } }\n"
        "  idle: { base_url: %s, login: sandbox, password: sandbox }\n",
        story.sandbox_url, story.sandbox_url, story.sandbox_url);

    story_config(&story, accounts);
    story_file(&story, "jobs.d/job.yaml",
               WALK
               "account: north\n---\njob: other\nendpoint: backlinks\ntargets: [one.com]\n"
               "max_rows: 5\naccount: gate\n");
    run_night("2026-03-01");
    ask();
    expect_line("north", "north $9999.95 ");
    expect_line("north", " ago $2.00 -");
    expect_line("gate", "gate not known - $0.");
    expect_line("gate", " never - -");
    expect_unsaid("\ndefault");
    expect_unsaid("idle");
}

/* --- jobs ------------------------------------------------------------------------------------ */

Test(status, tells_a_night_that_went_well_in_a_line)
{
    run_night("2026-03-01");
    run_night("2026-03-02");
    pg_execute(url, "update linkhaul.listing set n_new = 2, n_lost = 1 where night = '2026-03-02'");
    ask();
    expect_line("walk", "walk 2026-03-02 limited 10 4 2 $0.05 of $3.00 ");
    expect_line("sample", "sample 2026-03-02 limited 5 2 1 $0.02 of $5.00 by hand");
    expect_unsaid("needs attention");
    expect_unsaid("one.com");
}

Test(status, takes_neither_a_count_nor_a_replay_for_a_night)
{
    CLEANUP(mem_free_string) char *number = NULL;

    cr_assert(eq(int, story_run(&story, "plan", "walk", "--probe"), 0), "%s", story.err);
    ask();
    expect_line("walk", "walk - never run ");
    run_night("2026-03-01");
    number = pg_text(url, "select run_id from linkhaul.run where job = 'sample'");
    run_night("2026-03-02");
    cr_assert(eq(int, story_run(&story, "replay", number), 0), "%s", story.err);
    ask();
    expect_line("sample", "sample 2026-03-02 limited 5 ");
    expect_line("walk", "walk 2026-03-02 limited 10 ");
}

Test(status, names_what_is_held_and_how_to_release_it)
{
    run_night("2026-03-01");
    pg_execute(url,
               "update linkhaul.listing as l set state = 'held', published_at = null, reason "
               "= 'shrunk; `linkhaul publish ' || l.run_id || '` accepts it' from "
               "linkhaul.feed as f where f.feed_id = l.feed_id and f.target = 'two.com'");
    ask();
    expect_line("walk", "walk 2026-03-01 held 10 0 0 $0.05 of $3.00 ");
    expect_line("walk", "1 of 2 feeds published");
    expect_said("\n\nWhat needs attention:\nJOB ");
    expect_said("shrunk; `linkhaul publish ");
    expect_unsaid("one.com");
}

Test(status, tells_what_ended_a_run_that_is_still_open)
{
    run_night("2026-03-01");
    pg_execute(url,
               "update linkhaul.run set state = 'open', ended_at = null where job = 'walk';"
               "update linkhaul.listing as l set state = 'open', published_at = null, "
               "completeness = 'budget', reason = 'raise it' from linkhaul.feed as f where "
               "f.feed_id = l.feed_id and f.target = 'two.com'");
    ask();
    expect_line("walk", "walk 2026-03-01 budget ");
    expect_said("budget; raise it");
    pg_execute(url, "update linkhaul.listing set completeness = null where state = 'open'");
    ask();
    expect_line("walk", "walk 2026-03-01 open ");
    pg_execute(url, "update linkhaul.run set stop_asked_at = now() where state = 'open'");
    ask();
    expect_line("walk", "walk 2026-03-01 stopped ");
}

Test(status, tells_of_money_that_was_lost)
{
    run_night("2026-03-01");
    pg_execute(url,
               "update linkhaul.attempt as a set is_page = false, state = 'undelivered' from "
               "linkhaul.listing as l join linkhaul.feed as f using (feed_id) where "
               "a.listing_id = l.listing_id and f.target = 'two.com'");
    ask();
    expect_line("walk", " limited 10 ");
    expect_said("$0.02418 undelivered");
    expect_unsaid("one.com");
}

Test(status, tells_the_last_start_that_was_not_made_until_one_was)
{
    pg_execute(url,
               "insert into linkhaul.missed_start (project, job, scheduled_at, night, starts, "
               "reason) values ('default', 'walk', '2026-03-01 20:45+00', '2026-03-02', 1, "
               "'blocked: balance: 40210'), ('default', 'walk', '2026-02-28 20:45+00', "
               "'2026-03-01', 1, 'missed: older')");
    ask();
    expect_line("walk", "walk - never run ");
    expect_said("blocked: balance: 40210 (2026-03-02 02:15 +05:30)");
    expect_unsaid("older");
    run_night("2026-03-03");
    ask();
    expect_unsaid("blocked");
    pg_execute(url,
               "insert into linkhaul.missed_start (project, job, scheduled_at, night, starts, "
               "reason) values ('default', 'walk', now() + interval '1 minute', "
               "current_date, 3, 'skipped: the run before was still going')");
    ask();
    expect_line("walk", "walk 2026-03-03 limited ");
    expect_said("skipped: the run before was still going (");
    expect_said(", and before)");
}

Test(status, finds_a_job_by_the_name_that_it_had)
{
    run_night("2026-03-01");
    story_file(&story, "jobs.d/job.yaml",
               "job: links\nformerly: [walk]\nendpoint: backlinks\ntargets: [one.com, two.com]\n"
               "max_rows: 5\n");
    ask();
    expect_line("links", "links 2026-03-01 limited 10 ");
    expect_unsaid("sample"); /* it is gone, and all of it is well */
    pg_execute(url,
               "update linkhaul.listing as l set state = 'held', published_at = null from "
               "linkhaul.run as r where r.run_id = l.run_id and r.job = 'sample'");
    ask();
    expect_line("sample", "sample 2026-03-01 held 5 0 0 $0.02 of $5.00 not in the configuration");
}

Test(status, shows_all_feeds_of_the_jobs_that_are_named)
{
    run_night("2026-03-01");
    cr_assert(eq(int, story_run(&story, "status", "walk"), 0), "%s", story.err);
    expect_said("one.com");
    expect_said("two.com");
    expect_unsaid("sample");
    cr_expect(eq(int, story_run(&story, "status", "wal"), 64));
    cr_expect(ne(ptr, strstr(story.err, "did you mean `walk`?"), NULL), "%s", story.err);
    story_file(&story, "jobs.d/job.yaml", "# none\n");
    ask();
    expect_said("there is no job in jobs.d/*.yaml\n");
}

/* --- a run in progress ----------------------------------------------------------------------- */

static bool has_pages(struct story *of)
{
    return story_int(of,
                     "select (count(*) > 5 and count(distinct listing_id) = 2)::int from "
                     "linkhaul.attempt where is_page") == 1;
}

static bool has_pages_now(void *data)
{
    return has_pages(data);
}

static void begin_to_run(void)
{
    story_sandbox(&story, "--items", "one.com=3000", "--items", "two.com=3000", "--latency", "200");
    story_config_account(&story, "in_flight: 2", "budget: 90\n");
    story_file(&story, "jobs.d/job.yaml",
               "job: walk\nendpoint: backlinks\ntargets: [one.com, two.com]\n"
               "request: { limit: 50 }\n");
    story_start(&story, "run", "walk");
}

Test(status, tells_how_far_a_run_is_while_somebody_works_on_it)
{
    struct process running;

    begin_to_run();
    cr_assert(wait_until(has_pages_now, &story, 60000));
    running = story.linkhaul;
    story.linkhaul = (struct process){.pid = 0};
    ask();
    expect_said("] control works on this database since ");
    expect_line("walk", " running ");
    expect_said(" of 6000 items (");
    expect_said("calls under way; 0 of 2 feeds published\n");
    expect_unsaid("needs attention");
    process_kill(&running);
    ask();
    expect_said("no linkhaul works on this database now\n");
    expect_line("walk", " open ");
    expect_said("What needs attention:");
    process_deinit(&running);
}

/* --- a terminal ------------------------------------------------------------------------------ */

Test(status, fits_a_hundred_columns_where_names_are_of_usual_length)
{
    story_file(&story, "jobs.d/job.yaml",
               "job: competitor-backlinks\nendpoint: backlinks\ntargets: [one.com]\nmax_rows: 5\n"
               "schedule: \"15 2 * * *\"\nbudget: 3\n");
    run_night("2026-03-01");
    pg_execute(url, "update linkhaul.listing set n_rows = 200000, n_new = 1200, n_lost = 1100");
    ask();
    for (char *rest = story.out, *line; (line = strtok_r(rest, "\n", &rest)) != NULL;)
        cr_expect(le(sz, strlen(line), 100), "%s", line);
}

/* --- for programs ---------------------------------------------------------------------------- */

static struct json_object *at(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;

    cr_assert(json_object_object_get_ex(object, name, &value), "no %s in %s", name,
              json_object_to_json_string(object));
    return value;
}

static void expect_text(struct json_object *object, const char *name, const char *expected)
{
    cr_expect_str_eq(json_object_get_string(at(object, name)), expected, "%s: %s", name,
                     json_object_get_string(at(object, name)));
}

Test(status, says_the_same_to_programs)
{
    struct json_object *tree, *account, *walk, *sample, *last;

    run_night("2026-03-01");
    pg_execute(url,
               "update linkhaul.balance set left_nanousd = 1000000000;"
               "delete from linkhaul.missed_start;"
               "insert into linkhaul.missed_start (project, job, scheduled_at, night, starts, "
               "reason) values ('default', 'walk', '2126-03-01 20:45+00', '2126-03-02', 2, "
               "'missed')");
    cr_assert(eq(int, story_run(&story, "status", "--json"), 0), "%s", story.err);
    tree = json_tokener_parse(story.out);
    account = json_object_array_get_idx(at(tree, "accounts"), 0);
    expect_text(account, "account", "default");
    expect_text(account, "balance", "1.00");
    expect_text(account, "a_night", "0.07254");
    cr_expect(eq(int, json_object_get_int(at(account, "nights")), 13));
    expect_text(account, "left_today", "25.00");
    cr_expect(eq(ptr, at(account, "keep_balance"), NULL));
    walk = json_object_array_get_idx(at(tree, "jobs"), 0);
    expect_text(walk, "job", "walk");
    expect_text(walk, "timezone", "Asia/Kolkata");
    cr_expect(ne(ptr, strstr(json_object_get_string(at(walk, "next")), "T20:45:00Z"), NULL));
    last = at(walk, "last");
    expect_text(last, "night", "2026-03-01");
    expect_text(last, "result", "limited");
    expect_text(last, "budget", "3.00");
    expect_text(last, "settled", "0.04836");
    cr_expect(eq(int, json_object_get_int(at(last, "feeds_published")), 2));
    expect_text(at(walk, "missed"), "scheduled_at", "2126-03-01T20:45:00Z");
    sample = json_object_array_get_idx(at(tree, "jobs"), 1);
    cr_expect(eq(ptr, at(sample, "next"), NULL));
    cr_expect(eq(ptr, at(sample, "missed"), NULL));
    cr_expect(eq(sz, json_object_array_length(at(tree, "feeds")), 3));
    json_object_put(tree);
}
