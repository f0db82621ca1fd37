#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "support/oracle.h"
#include "support/pg.h"
#include "support/story.h"

/*
 * Night after night of targets that move, each in its way: what the state says at the end of each
 * is what there is. Fourteen nights and two targets, or with LINKHAUL_LONG sixty and five.
 */

TestSuite(sixty, .timeout = 3000, .fini = pg_drop_databases);

static const char *const targets[] = {"lively.com", "doubled.com", "quiet.org", "usual.net",
                                      "other.io"};

static const char *const arguments[] = {
    "--items",  "lively.com=3000",        "--move",  "lively.com=3",   "--items", "doubled.com=800",
    "--double", "doubled.com=2026-01-06", "--items", "quiet.org=1500", "--move",  "quiet.org=0",
    "--items",  "usual.net=4000",         "--items", "other.io=2500",  NULL};

static bool is_long(void)
{
    return getenv("LINKHAUL_LONG") != NULL;
}

static void follow(const char *sync)
{
    size_t n_targets = is_long() ? 5 : 2;
    int64_t n_nights = is_long() ? 60 : 14;
    struct oracle oracle;
    struct story story;

    story_begin(&story, pg_fresh_database());
    oracle_begin(&oracle, &story, arguments);
    story_config(&story, "");
    story_file(&story, "jobs.d/walk.yaml", "job: walk\nendpoint: backlinks\ntargets: [%s]\n%s",
               is_long() ? "lively.com, doubled.com, quiet.org, usual.net, other.io"
                         : "lively.com, doubled.com",
               sync);
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    for (int64_t night = 0; night < n_nights; night++) {
        if (night > 0)
            oracle_go_to(&oracle, night);
        cr_assert(eq(int, story_run(&story, "run", "--night", oracle.date, "walk"), 0), "%s: %s",
                  oracle.date, story.err);
        for (size_t i = 0; i < n_targets; i++) {
            oracle_expect_state(&oracle, targets[i], ORACLE_LISTED);
            oracle_expect_values(&oracle, targets[i]);
        }
    }
    story_end(&story);
}

Test(sixty, nights_of_whole_listings)
{
    follow("sync: full\n");
}
