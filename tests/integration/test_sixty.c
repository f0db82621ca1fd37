#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "support/oracle.h"
#include "support/pg.h"
#include "support/story.h"

/*
 * Night after night of targets that move, each in its way: what the state says at the end of each
 * is what there is. Fourteen nights and two targets, or with LINKHAUL_LONG sixty and five. What
 * each target's nights were, what they cost and how far its values were behind is printed at the
 * end.
 */

TestSuite(sixty, .timeout = 3000, .fini = pg_drop_databases);

/* The first two are those of a short run. By changes go usual.net, quiet.org and other.io. */
static const char *const targets[] = {"usual.net", "doubled.com", "lively.com", "quiet.org",
                                      "other.io"};
#define N_TARGETS (sizeof(targets) / sizeof(targets[0]))

static const char *const arguments[] = {"--items",  "usual.net=4000",
                                        "--move",   "usual.net=0.5",
                                        "--items",  "doubled.com=2500",
                                        "--move",   "doubled.com=0.3",
                                        "--double", "doubled.com=2026-01-08",
                                        "--items",  "lively.com=3000",
                                        "--move",   "lively.com=3",
                                        "--items",  "quiet.org=1500",
                                        "--move",   "quiet.org=0",
                                        "--items",  "other.io=9000",
                                        NULL};

static bool is_long(void)
{
    return getenv("LINKHAUL_LONG") != NULL;
}

static void begin(struct story *story, struct oracle *oracle, const char *more)
{
    story_begin(story, pg_fresh_database());
    oracle_begin(oracle, story, arguments);
    story_config(story, "");
    story_file(story, "jobs.d/walk.yaml", "job: walk\nendpoint: backlinks\ntargets: [%s]\n%s",
               is_long() ? "usual.net, doubled.com, lively.com, quiet.org, other.io"
                         : "usual.net, doubled.com",
               more);
    cr_assert(eq(int, story_run(story, "migrate"), 0), "%s", story->err);
}

/* Adds to what was seen of the target on the nights before. */
static void look(struct oracle *oracle, const char *target, enum oracle_way way,
                 struct oracle_drift *tally)
{
    struct oracle_drift drift;

    oracle_expect_state(oracle, target, way);
    drift = oracle_drift(oracle);
    tally->n_live += drift.n_live;
    tally->n_drifted += drift.n_drifted;
    tally->n_never += drift.n_never;
    tally->oldest = drift.oldest > tally->oldest ? drift.oldest : tally->oldest;
}

/* Of all nights but the first: by what they took, dollars, and values that were behind. */
static void print(struct story *story, const char *target, const struct oracle_drift *tally)
{
    CLEANUP(mem_free_string)
    char *nights = story_text(
        story,
        "WITH n AS (SELECT l.night, string_agg(l.kind, ' ' ORDER BY l.listing_id) AS kinds, "
        "(SELECT sum(a.charged_nanousd) FROM linkhaul.attempt AS a WHERE a.listing_id = "
        "any(array_agg(l.listing_id))) AS nanousd FROM linkhaul.listing AS l JOIN linkhaul.feed AS "
        "f USING (feed_id) WHERE f.target = '%s' AND l.night > '2026-01-01' GROUP BY l.night) "
        "SELECT coalesce(string_agg(format('%%sx %%s $%%s', nights, kinds, usd), ', ' ORDER BY "
        "kinds), 'none') FROM (SELECT kinds, count(*) AS nights, round(sum(nanousd) / 1e9, 2) AS "
        "usd FROM n GROUP BY kinds) AS k",
        target);

    fprintf(stderr,
            "%-12s %7.3f %% of values are of before, the oldest of %" PRId64
            " nights before; nights: %s\n",
            target, 100 * (double)tally->n_drifted / (double)tally->n_live, tally->oldest, nights);
}

/* Runs every night; values may be behind by so many nights. */
static void follow(const char *more, enum oracle_way way, int64_t oldest, int64_t n_nights)
{
    size_t n_targets = is_long() ? N_TARGETS : 2;
    struct oracle_drift tallies[N_TARGETS] = {{.n_live = 0}};
    struct oracle oracle;
    struct story story;

    begin(&story, &oracle, more);
    for (int64_t night = 0; night < n_nights; night++) {
        if (night > 0)
            oracle_go_to(&oracle, night);
        cr_assert(eq(int, story_run(&story, "run", "--night", oracle.date, "walk"), 0), "%s: %s",
                  oracle.date, story.err);
        for (size_t i = 0; i < n_targets; i++)
            look(&oracle, targets[i], way, &tallies[i]);
    }
    for (size_t i = 0; i < n_targets; i++) {
        print(&story, targets[i], &tallies[i]);
        cr_expect(le(i64, tallies[i].oldest, oldest), "%s", targets[i]);
        cr_expect(eq(i64, tallies[i].n_never, 0), "%s", targets[i]);
        cr_expect(oldest > 0 || tallies[i].n_drifted == 0, "%s", targets[i]);
    }
    story_end(&story);
}

Test(sixty, nights_of_whole_listings)
{
    follow("sync: full\n", ORACLE_LISTED, 0, is_long() ? 60 : 7);
}

/* The default. Each link is taken anew within `refresh`; a night more is for a part that is late,
 * as where the feed grows while its parts are under way. */
Test(sixty, nights_by_changes)
{
    follow(is_long() ? "refresh: 20d\n" : "refresh: 8d\n", ORACLE_EITHER, is_long() ? 21 : 9,
           is_long() ? 60 : 14);
}
