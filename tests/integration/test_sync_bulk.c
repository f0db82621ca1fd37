#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "support/oracle.h"
#include "support/pg.h"

/*
 * The bulk call that a night begins with: whom it asks for, since when, on whose account.
 */

/* A minute of the API is a second. */
static void make_haste(void)
{
    setenv("LINKHAUL_HASTE", "60", 1);
}

TestSuite(sync_bulk, .timeout = 280, .init = make_haste, .fini = pg_drop_databases);

#define FIRST 4 /* so that the overlap ends behind the world's beginning */

static struct story story;
static struct oracle oracle;

static void begin(void)
{
    static const char *const arguments[] = {"--items", "quiet.org=1500", "--move", "quiet.org=0",
                                            NULL};

    story_begin(&story, pg_fresh_database());
    oracle_begin(&oracle, &story, arguments);
    oracle_go_to(&oracle, FIRST);
    story_config(&story, "");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
}

static void pass(int64_t night, const char *jobs)
{
    oracle_go_to(&oracle, FIRST + night);
    cr_assert(eq(int, story_run(&story, "run", jobs, "--night", oracle.date), 0), "%s", story.err);
}

/* The bulk calls of tonight: account, targets and date, a line each. */
static void expect_asked(const char *calls)
{
    story_expect_text(&story, calls,
                      "select string_agg(concat_ws(' ', r.account, l.request->>'targets', "
                      "l.request->>'date_from'), E'\\n' order by r.account) from linkhaul.listing "
                      "as l join linkhaul.run as r using (run_id) where r.job like 'bulk:%%' and "
                      "l.night = '%s' and l.state = 'published'",
                      oracle.date);
}

/* "first 2026-01-07, ...": up to when the feeds are current, and how many listings they have. */
static void expect_synced(const char *feeds)
{
    story_expect_text(&story, feeds,
                      "select string_agg(concat_ws(' ', job, synced_night, (select count(*) from "
                      "linkhaul.listing as l where l.feed_id = f.feed_id)), ', ' order by job, "
                      "target) from linkhaul.feed as f where job not like 'bulk:%%'");
}

/* A target of two jobs is asked for once, from the older of their syncs on; a page of it, too. */
Test(sync_bulk, asks_for_each_target_once_and_since_the_oldest_sync)
{
    begin();
    story_file(&story, "jobs.d/jobs.yaml",
               "job: first\nendpoint: backlinks\nsync: changes\ntargets: [quiet.org]\n---\n"
               "job: second\nendpoint: backlinks\nsync: changes\n"
               "targets: [quiet.org, \"https://quiet.org/page\"]\n"
               "request: {filters: [rank, \">\", 1]}\n");
    pass(0, "--all");
    pass(1, "first");
    expect_asked("default [\"quiet.org\"] 2026-01-02");
    pass(2, "--all");
    expect_asked("default [\"https://quiet.org/page\",\"quiet.org\"] 2026-01-02");
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.bulk_new_lost_backlinks where "
                           "night = '%s' and target = 'https://quiet.org/page'",
                           oracle.date),
                 1));
    cr_expect(ne(ptr, strstr(story.err, "first: quiet.org: nothing new and nothing lost"), NULL),
              "%s", story.err);
    cr_expect(ne(ptr, strstr(story.err, "second: quiet.org: nothing new and nothing lost"), NULL),
              "%s", story.err);
    story_end(&story);
}

/* What it does not tell of goes by its changes, and is not asked about again. */
Test(sync_bulk, a_target_that_its_answer_lacks_goes_by_its_changes)
{
    begin();
    story_file(&story, "jobs.d/jobs.yaml",
               "job: first\nendpoint: backlinks\nsync: changes\ntargets: [quiet.org]\n");
    pass(0, "--all");
    oracle_go_to(&oracle, FIRST + 1);
    setenv("LINKHAUL_DIE_AT", "after-bulk:1", 1);
    cr_assert(ne(int, story_run(&story, "run", "first", "--night", oracle.date), 0));
    unsetenv("LINKHAUL_DIE_AT");
    pg_execute(story.database_url, "delete from linkhaul.bulk_new_lost_backlinks");
    cr_assert(eq(int, story_run(&story, "run", "first", "--night", oracle.date), 0), "%s",
              story.err);
    expect_asked("default [\"quiet.org\"] 2026-01-02");
    expect_synced("first 2026-01-06 4");
    story_end(&story);
}

/* Each account asks for its own, on its own money. */
Test(sync_bulk, each_account_asks_for_its_own_targets)
{
    begin();
    story_file(&story, "linkhaul.yaml",
               "accounts:\n"
               "  north: {base_url: \"%s\", login: sandbox, password: sandbox}\n"
               "  south: {base_url: \"%s\", login: sandbox, password: sandbox}\n"
               "database: {url: \"%s\"}\nspool: %s/spool\njobs: jobs.d/*.yaml\nbudget: 20\n",
               story.sandbox_url, story.sandbox_url, story.database_url, story.folder);
    story_file(&story, "jobs.d/jobs.yaml",
               "job: first\nendpoint: backlinks\nsync: changes\naccount: north\n"
               "targets: [quiet.org]\n---\n"
               "job: second\nendpoint: backlinks\nsync: changes\naccount: south\n"
               "targets: [quiet.org]\nrequest: {filters: [rank, \">\", 1]}\n");
    pass(0, "--all");
    pass(1, "--all");
    expect_asked("north [\"quiet.org\"] 2026-01-02\nsouth [\"quiet.org\"] 2026-01-02");
    expect_synced("first 2026-01-06 1, second 2026-01-06 1");
    story_end(&story);
}
