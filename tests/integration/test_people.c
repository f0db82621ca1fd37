/* What people ask of the database and say to it: status, cost, stop, publish. */
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

#define JOB "endpoint: backlinks\nmax_rows: 5\n"

static struct story story;
static const char *url;

/* Two jobs that have run: a with two targets and two labels, b with one and none. */
static void begin(void)
{
    url = pg_fresh_database();
    story_begin(&story, url);
    story_sandbox(&story, "--seed", "1");
    story_config(&story, "");
    story_file(
        &story, "jobs.d/job.yaml",
        "job: a\ntargets: [one.com, two.com]\nlabels: { team: north, kind: \"x,\\\"y\" }\n" JOB
        "---\njob: b\ntargets: [one.com]\n" JOB);
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    cr_assert(eq(int, story_run(&story, "run", "--all"), 0), "%s", story.err);
}

static void end(void)
{
    story_end(&story);
    pg_drop_databases();
}

TestSuite(people, .timeout = 120, .init = begin, .fini = end);

static void expect_said(const char *text, const char *words)
{
    cr_expect(ne(ptr, strstr(text, words), NULL), "%s is not in: %s", words, text);
}

/* Of the run of job b, as a guard leaves it. */
static void hold_back(void)
{
    pg_execute(url,
               "UPDATE linkhaul.feed SET published_listing_id = NULL WHERE job = 'b';"
               "UPDATE linkhaul.listing AS l SET state = 'held', published_at = NULL, "
               "reason = 'it has 5 rows where the night before had 50, a loss beyond "
               "max_shrink; `linkhaul publish ' || l.run_id || '` accepts it' "
               "FROM linkhaul.run AS r WHERE r.run_id = l.run_id AND r.job = 'b'");
}

/* The calls of a's two listings, of which the API named no charge. */
static void lose_charges(void)
{
    pg_execute(url,
               "UPDATE linkhaul.attempt AS a SET is_page = false, charged_nanousd = NULL, "
               "state = 'unknown', reserved_nanousd = 60000000 FROM linkhaul.listing AS l "
               "JOIN linkhaul.feed AS f USING (feed_id) "
               "WHERE a.listing_id = l.listing_id AND f.job = 'a' AND f.target = 'one.com';"
               "UPDATE linkhaul.attempt AS a SET is_page = false, state = 'undelivered', "
               "charged_nanousd = 70000000 FROM linkhaul.listing AS l "
               "JOIN linkhaul.feed AS f USING (feed_id) "
               "WHERE a.listing_id = l.listing_id AND f.job = 'a' AND f.target = 'two.com'");
}

/* --- status ---------------------------------------------------------------------------------- */

Test(people, status_names_what_is_out_of_the_ordinary)
{
    hold_back();
    lose_charges();
    pg_execute(url,
               "UPDATE linkhaul.listing SET n_missing = 12 FROM linkhaul.feed AS f WHERE "
               "f.feed_id = listing.feed_id AND f.target = 'two.com'");
    cr_assert(eq(int, story_run(&story, "status"), 0), "%s", story.err);
    expect_said(story.out, "$0.06 unknown");
    expect_said(story.out, "$0.07  12 missing; $0.07 undelivered");
    expect_said(story.out, "held");
    expect_said(story.out,
                "where the night before had 50, a loss beyond max_shrink; `linkhaul "
                "publish");
    cr_expect(eq(int, story_run(&story, "publish", strstr(story.out, "publish ") + 8), 64),
              "a number only: %s", story.out);
}

Test(people, status_tells_how_far_an_open_listing_is_and_what_stopped_it)
{
    pg_execute(url,
               "UPDATE linkhaul.listing SET state = 'open', published_at = NULL, n_items = 3, "
               "completeness = 'budget', reason = 'raise it' FROM linkhaul.feed AS f WHERE "
               "f.feed_id = listing.feed_id AND f.target = 'two.com'");
    cr_assert(eq(int, story_run(&story, "status", "a"), 0), "%s", story.err);
    expect_said(story.out, "open        5  $0.02418  3 of 5 items; budget; raise it\n");
}

static struct json_object *parse(const char *text)
{
    struct json_object *tree = json_tokener_parse(text);

    cr_assert(ne(ptr, tree, NULL), "no JSON: %s", text);
    return tree;
}

static const char *text_at(struct json_object *object, const char *name)
{
    return json_object_get_string(json_object_object_get(object, name));
}

Test(people, status_as_json_says_the_same_to_programs)
{
    struct json_object *tree, *feeds, *feed, *last;

    hold_back();
    lose_charges();
    cr_assert(eq(int, story_run(&story, "status", "--json"), 0), "%s", story.err);
    tree = parse(story.out);
    cr_expect(json_object_object_get_ex(tree, "running", &last) && last == NULL);
    feeds = json_object_object_get(tree, "feeds");
    cr_assert(eq(sz, json_object_array_length(feeds), 3));
    feed = json_object_array_get_idx(feeds, 0);
    cr_expect_str_eq(text_at(feed, "job"), "a");
    cr_expect_str_eq(text_at(feed, "target"), "one.com");
    last = json_object_object_get(feed, "last");
    cr_expect_str_eq(text_at(last, "state"), "published");
    cr_expect_str_eq(text_at(last, "completeness"), "limited");
    cr_expect_str_eq(text_at(last, "unknown"), "0.06");
    cr_expect_str_eq(text_at(last, "settled"), "0.00");
    cr_expect(eq(int, json_object_get_int(json_object_object_get(last, "rows")), 5));
    feed = json_object_array_get_idx(feeds, 2);
    cr_expect(eq(ptr, json_object_object_get(feed, "published_night"), NULL));
    last = json_object_object_get(feed, "last");
    cr_expect_str_eq(text_at(last, "state"), "held");
    cr_expect_str_eq(text_at(last, "settled"), "0.02418");
    json_object_put(tree);
}

Test(people, status_tells_what_takes_how_much_room)
{
    struct json_object *tree, *sizes, *first;

    cr_assert(eq(int, story_run(&story, "status", "--size"), 0), "%s", story.err);
    expect_said(story.out, "state  link ");
    expect_said(story.out, "spool  segments ");
    cr_assert(eq(int, story_run(&story, "status", "--size", "--json"), 0), "%s", story.err);
    tree = parse(story.out);
    sizes = json_object_object_get(tree, "sizes");
    first = json_object_array_get_idx(sizes, 0);
    cr_expect_str_eq(text_at(first, "of"), "facts");
    cr_expect_str_eq(text_at(first, "table"), "backlink");
    cr_expect(gt(i64, json_object_get_int64(json_object_object_get(tree, "spool_bytes")), 0));
    cr_expect(gt(i64, json_object_get_int64(json_object_object_get(tree, "bytes")),
                 json_object_get_int64(json_object_object_get(tree, "spool_bytes"))));
    json_object_put(tree);
}

/* What a terminal of `columns` places shows of `linkhaul status`; the caller's to free. */
static char *status_on_terminal(unsigned columns)
{
    CLEANUP(mem_free_string) char *config = story_path(&story, "linkhaul.yaml");
    CLEANUP(mem_free_string)
    char *line = mem_printf("stty cols %u; exec %s -c %s status 2>/dev/null", columns,
                            story.linkhaul_program, config);
    const char *const argv[] = {"/usr/bin/script", "-qec", line, "/dev/null", NULL};
    struct process terminal;
    char *shown;

    process_start(&terminal, argv, NULL);
    cr_expect(eq(int, process_wait(&terminal, 60000), 0));
    shown = process_out(&terminal);
    process_deinit(&terminal);
    return shown;
}

Test(people, status_fits_terminals_of_80_and_120_columns)
{
    static const unsigned widths[] = {80, 120};

    hold_back();
    lose_charges();
    pg_execute(url,
               "UPDATE linkhaul.feed SET job = 'competitor-backlinks-of-the-north', "
               "target = 'https://www.a-long-name.example/' || target;"
               "UPDATE linkhaul.listing SET n_rows = 42671699");
    for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
        CLEANUP(mem_free_string) char *shown = status_on_terminal(widths[i]);
        unsigned n_lines = 0;

        expect_said(shown, "publish ");
        for (char *rest = shown, *line; (line = strtok_r(rest, "\r\n", &rest)) != NULL; n_lines++)
            cr_expect(le(sz, strlen(line), widths[i]), "%s", line);
        cr_expect(ge(uint, n_lines, 4 + (widths[i] == 80)), "the reason stands below: %s", shown);
    }
}

/* --- cost ------------------------------------------------------------------------------------ */

Test(people, cost_sums_the_ledger_by_job_with_a_total)
{
    cr_assert(eq(int, story_run(&story, "cost"), 0), "%s", story.err);
    expect_said(story.out, "JOB    CALLS  ITEMS   SETTLED  UNDELIVERED  UNKNOWN  RESERVED\n");
    expect_said(story.out, "a          2     10  $0.04836            -        -         -\n");
    expect_said(story.out, "b          1      5  $0.02418            -        -         -\n");
    expect_said(story.out, "total      3     15  $0.07254            -        -         -\n");
    cr_expect(eq(ptr, strstr(story.out, "undelivered,"), NULL), "%s", story.out);
}

Test(people, cost_says_in_words_what_is_unknown_or_undelivered)
{
    lose_charges();
    cr_assert(eq(int, story_run(&story, "cost"), 0), "%s", story.err);
    expect_said(story.out, "total      3     15  $0.02418        $0.07    $0.06         -\n");
    expect_said(story.out, "\n1 call, $0.07: undelivered, billed by the vendor and never received");
    expect_said(story.out, "\n1 call, $0.06: unknown, nobody can tell yet");
}

Test(people, cost_counts_a_call_for_each_label_and_once_in_the_total)
{
    cr_assert(eq(int, story_run(&story, "cost", "--by", "label"), 0), "%s", story.err);
    expect_said(story.out, "\nteam=north      2     10  $0.04836");
    expect_said(story.out, "\nkind=x,\"y       2     10  $0.04836");
    expect_said(story.out, "\n(none)          1      5  $0.02418");
    expect_said(story.out, "\ntotal           3     15  $0.07254");
}

Test(people, cost_sums_by_target_and_endpoint_too)
{
    cr_assert(eq(int, story_run(&story, "cost", "--by=target"), 0), "%s", story.err);
    expect_said(story.out, "\none.com      2     10  $0.04836");
    expect_said(story.out, "\ntwo.com      1      5  $0.02418");
    cr_assert(eq(int, story_run(&story, "cost", "--by", "endpoint"), 0), "%s", story.err);
    expect_said(story.out, "\nbacklinks      3     15  $0.07254");
}

Test(people, cost_is_of_one_month)
{
    pg_execute(url,
               "UPDATE linkhaul.attempt SET day = '2025-02-28' WHERE run_id = (SELECT run_id "
               "FROM linkhaul.run WHERE job = 'b')");
    cr_assert(eq(int, story_run(&story, "cost"), 0), "%s", story.err);
    expect_said(story.out, "total      2     10  $0.04836");
    cr_assert(eq(int, story_run(&story, "cost", "--month", "2025-02"), 0), "%s", story.err);
    expect_said(story.out, "total      1      5  $0.02418");
    cr_assert(eq(int, story_run(&story, "cost", "--month", "2025-03"), 0), "%s", story.err);
    cr_expect_str_eq(story.out, "no call in 2025-03\n");
}

Test(people, cost_as_csv_is_for_a_spreadsheet)
{
    CLEANUP(mem_free_string) char *month = pg_text(url, "SELECT to_char(now(), 'YYYY-MM')");
    CLEANUP(mem_free_string)
    char *expected = mem_printf(
        "month,label,calls,items,settled_usd,undelivered_usd,unknown_usd,reserved_usd\r\n"
        "%s,\"kind=x,\"\"y\",2,10,0.00,0.07,0.06,0.00\r\n"
        "%s,team=north,2,10,0.00,0.07,0.06,0.00\r\n"
        "%s,,1,5,0.02418,0.00,0.00,0.00\r\n",
        month, month, month);

    lose_charges();
    cr_assert(eq(int, story_run(&story, "cost", "--by", "label", "--csv"), 0), "%s", story.err);
    cr_expect_str_eq(story.out, expected);
}

Test(people, cost_refuses_what_it_cannot_sum)
{
    static const char *const wrong[][3] = {{"--month", "2026-13", "is no month"},
                                           {"--month", "2026-1", "is no month"},
                                           {"--month", "2026-001", "is no month"},
                                           {"--by", "night", "is none of job, endpoint"},
                                           {"--csv", "--month", "its value is missing"}};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        cr_expect(eq(int, story_run(&story, "cost", wrong[i][0], wrong[i][1]), 64));
        expect_said(story.err, wrong[i][2]);
    }
}

/* --- stop ------------------------------------------------------------------------------------ */

static int64_t n_asked_to_stop(void)
{
    return pg_int(url, "SELECT count(*) FROM linkhaul.run WHERE stop_asked_at IS NOT NULL");
}

Test(people, stop_marks_an_open_run_and_says_that_nobody_works_on_it)
{
    CLEANUP(mem_free_string)
    char *number = pg_text(url,
                           "UPDATE linkhaul.run SET state = 'open', ended_at = NULL WHERE job "
                           "= 'a' RETURNING run_id");

    cr_expect(eq(int, story_run(&story, "stop", "a"), 0), "%s", story.err);
    expect_said(story.out, "of job a: no more calls; what was paid for lands\n");
    expect_said(story.out, "nothing is running");
    cr_expect(eq(i64, n_asked_to_stop(), 1));
    pg_execute(url, "UPDATE linkhaul.run SET stop_asked_at = NULL");
    cr_expect(eq(int, story_run(&story, "stop", number), 0), "%s", story.err);
    cr_expect(eq(i64, n_asked_to_stop(), 1));
}

Test(people, stop_does_not_say_so_where_somebody_does)
{
    struct calls holder;

    pg_execute(url, "UPDATE linkhaul.run SET state = 'open', ended_at = NULL WHERE job = 'a'");
    cr_assert(calls_open(&holder, url, true), "%s", holder.err.text);
    cr_expect(eq(int, story_run(&story, "stop", "a"), 0), "%s", story.err);
    cr_expect(eq(ptr, strstr(story.out, "nothing is running"), NULL), "%s", story.out);
    cr_expect(eq(int, story_run(&story, "status"), 0), "%s", story.err);
    expect_said(story.out, "] control works on this database since ");
    calls_end(&holder);
}

Test(people, stop_tells_what_is_over_from_what_there_is_not)
{
    story_file(&story, "jobs.d/new.yaml", "job: novel\ntargets: [one.com]\n" JOB);
    cr_expect(eq(int, story_run(&story, "stop", "a"), 0), "%s", story.err);
    expect_said(story.out, "nothing to stop: run");
    cr_expect(eq(int, story_run(&story, "stop", "novel"), 0), "%s", story.err);
    expect_said(story.out, "job novel has not run yet");
    cr_expect(eq(int, story_run(&story, "stop", "nove"), 64));
    expect_said(story.err, "nove: no such job in jobs.d/*.yaml; did you mean `novel`?");
    cr_expect(eq(int, story_run(&story, "stop", "4711"), 64));
    expect_said(story.err, "4711: no such run or job");
    cr_expect(eq(int, story_run(&story, "stop"), 64));
    expect_said(story.err, "stop takes one run's number or one job's name");
    cr_expect(eq(i64, n_asked_to_stop(), 0));
}

/* --- publish --------------------------------------------------------------------------------- */

Test(people, publish_makes_visible_what_a_guard_held_back)
{
    CLEANUP(mem_free_string)
    char *number = pg_text(url, "SELECT run_id FROM linkhaul.run WHERE job = 'b'");

    hold_back();
    cr_expect(
        eq(i64, pg_int(url, "SELECT count(*) FROM linkhaul_bi.backlinks WHERE job = 'b'"), 0));
    cr_expect(eq(int, story_run(&story, "publish", number), 0), "%s", story.err);
    cr_expect_str_eq(story.out, "published one.com: 5 rows, limited\n");
    cr_expect(
        eq(i64, pg_int(url, "SELECT count(*) FROM linkhaul_bi.backlinks WHERE job = 'b'"), 5));
    cr_expect(eq(int, story_run(&story, "publish", number), 1));
    expect_said(story.err, "holds nothing back: of its listings 1 are published");
}

Test(people, publish_says_where_a_newer_listing_stays_what_is_seen)
{
    CLEANUP(mem_free_string)
    char *number = pg_text(url, "SELECT run_id FROM linkhaul.run WHERE job = 'b'");

    hold_back();
    cr_assert(eq(int, story_run(&story, "run", "b"), 0), "%s", story.err);
    cr_expect(eq(int, story_run(&story, "publish", number), 0), "%s", story.err);
    expect_said(story.out, "; a newer listing of it is what analysts see");
}

Test(people, publish_takes_the_number_of_a_run)
{
    cr_expect(eq(int, story_run(&story, "publish", "4711"), 64));
    expect_said(story.err, "4711: no such run");
    cr_expect(eq(int, story_run(&story, "publish", "a"), 64));
    expect_said(story.err, "a: is no run's number");
    cr_expect(eq(int, story_run(&story, "publish"), 64));
    expect_said(story.err, "publish takes one run's number");
}
