#include "support/replay_story.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

static size_t n_calls_before;
static char *money_before;

void replay_set_up(struct story *story, const char *items, const char *latency_ms,
                   const char *targets)
{
    story_sandbox(story, "--items", items, "--items", "example.org=1500", "--latency", latency_ms);
    story_config(story, "");
    story_file(story, "jobs.d/walk.yaml",
               "job: walk\nendpoint: backlinks\nsync: full\ntargets: [%s]\nbudget: 90\n"
               "request: { " STORY_CHAIN " }\n",
               targets);
    cr_assert(eq(int, story_run(story, "migrate"), 0), "%s", story->err);
}

void replay_run_job(struct story *story)
{
    cr_assert(eq(int, story_run(story, "run", "walk"), 0), "%s", story->err);
}

static char *money(struct story *story)
{
    return story_text(story,
                      "select md5((select string_agg(s::text, ',' order by s::text) from "
                      "linkhaul.spend s) || (select string_agg(left_nanousd::text, ',') from "
                      "linkhaul.balance) || (select sum(charged_nanousd) from linkhaul.attempt))");
}

size_t replay_n_calls(struct story *story)
{
    struct ledger ledger = {.n_calls = 0};
    size_t n;

    story_ledger(story, &ledger);
    n = ledger.n_calls;
    ledger_deinit(&ledger);
    return n;
}

void replay_watch(struct story *story)
{
    free(money_before);
    money_before = money(story);
    n_calls_before = replay_n_calls(story);
}

void replay_expect_free(struct story *story)
{
    CLEANUP(mem_free_string) char *now = money(story);

    cr_expect(eq(sz, replay_n_calls(story), n_calls_before), "a call was made");
    cr_expect_str_eq(now, money_before);
}

/* linkhaul's columns of facts and rejects without when they were decoded; of the original's run. */
#define ROWS(schema, table)                                                                        \
    "(select to_jsonb(b) - 'loaded_at' as row from " schema "." table " b where run_id = 1)"

static void expect_equal(struct story *story, const char *scratch_rows, const char *own_rows)
{
    cr_expect(eq(i64,
                 story_int(story,
                           "select count(*) from ((%s except all %s) union all (%s except all %s)) "
                           "as d",
                           scratch_rows, own_rows, own_rows, scratch_rows),
                 0));
}

void replay_expect_scratch(struct story *story)
{
    expect_equal(story, ROWS("scratch", "backlink"), ROWS("linkhaul", "backlink"));
    expect_equal(story, ROWS("scratch", "reject"), ROWS("linkhaul", "reject"));
    cr_expect(eq(i64, story_int(story, "select count(*) from scratch.backlink"),
                 story_int(story, "select count(*) from linkhaul.backlink where run_id = 1")));
}

/* Of one run, without what tells runs apart. */
static char *fingerprint(struct story *story, int64_t run_id)
{
    return story_text(
        story,
        "select md5(string_agg((to_jsonb(b) - '{run_id,listing_id,loaded_at}'::text[])"
        "::text, ',' order by target, slice_no, ordinal)) from linkhaul.backlink b "
        "where run_id = %lld",
        (long long)run_id);
}

void replay_expect_same(struct story *story, int64_t one, int64_t other)
{
    CLEANUP(mem_free_string) char *of_one = fingerprint(story, one);
    CLEANUP(mem_free_string) char *of_other = fingerprint(story, other);

    cr_assert(ne(ptr, of_one, NULL));
    cr_assert(ne(ptr, of_other, NULL));
    cr_expect_str_eq(of_one, of_other);
}

void replay_expect_said(struct story *story, const char *text)
{
    cr_expect(ne(ptr, strstr(story->err, text), NULL), "%s is not in: %s", text, story->err);
}

void replay_expect_nothing(struct story *story)
{
    cr_expect(
        eq(i64, story_int(story, "select count(*) from linkhaul.run where replay_of > 0"), 0));
    cr_expect(
        eq(i64, story_int(story, "select count(*) from linkhaul.attempt where state = 'void'"), 0));
    cr_expect(
        eq(i64, story_int(story, "select count(*) from linkhaul.backlink where run_id <> 1"), 0));
    cr_expect(eq(
        i64, story_int(story, "select count(*) from pg_namespace where nspname = 'scratch'"), 0));
}

int64_t replay_n_settled(struct story *story)
{
    return story_int(story, "select count(*) from linkhaul.attempt where state = 'settled'");
}
