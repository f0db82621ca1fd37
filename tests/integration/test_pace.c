#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "support/books.h"
#include "support/pg.h"

/*
 * The API's limits are the only brake, and they hold as the server counts: the sandbox and linkhaul
 * are given the same limits, and the sandbox's ledger tells how near to them linkhaul came. These
 * run the release build, since a sanitizer would be the brake otherwise.
 */

#define IN_FLIGHT 10
#define PER_MINUTE 300

/* A minute of the API is six seconds. */
static void make_haste(void)
{
    setenv("LINKHAUL_HASTE", "10", 1);
}

TestSuite(pace, .timeout = 280, .init = make_haste, .fini = pg_drop_databases);

static struct story story;

static void run(const char *items, const char *latency_ms, const char *limit)
{
    story_begin(&story, pg_fresh_database());
    story_use_release(&story);
    story_sandbox(&story, "--items", items, "--latency", latency_ms, "--in-flight", "10",
                  "--per-minute", "300");
    story_config_account(&story, "in_flight: 10\ncalls_per_minute: 300", "");
    story_file(&story, "jobs.d/walk.yaml",
               "job: walk\nendpoint: backlinks\ntargets: [example.com]\nrequest: { limit: %s }\n"
               "budget: 90\n",
               limit);
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
}

/* The ledger's paid calls alone: questions about the account have a limit of their own. */
static void read_paid_calls(struct ledger *ret_ledger)
{
    size_t n = 0;

    story_ledger(&story, ret_ledger);
    for (size_t i = 0; i < ret_ledger->n_calls; i++)
        if (ret_ledger->calls[i].call_no > 0)
            ret_ledger->calls[n++] = ret_ledger->calls[i];
    ret_ledger->n_calls = n;
    cr_assert(gt(sz, n, 0));
}

/* When the first call came, and the last one. */
static void find_ends(const struct ledger *ledger, int64_t *ret_first_ms, int64_t *ret_last_ms)
{
    *ret_first_ms = *ret_last_ms = ledger->calls[0].time_ms;
    for (size_t i = 1; i < ledger->n_calls; i++) {
        int64_t time_ms = ledger->calls[i].time_ms;

        if (time_ms < *ret_first_ms)
            *ret_first_ms = time_ms;
        if (time_ms > *ret_last_ms)
            *ret_last_ms = time_ms;
    }
}

static double n_calls_between(const struct ledger *ledger, int64_t from_ms, int64_t to_ms)
{
    double n = 0;

    for (size_t i = 0; i < ledger->n_calls; i++)
        n += ledger->calls[i].time_ms >= from_ms && ledger->calls[i].time_ms < to_ms;
    return n;
}

static void expect_within_limits(const struct ledger *ledger)
{
    cr_expect(le(sz, ledger_minute_max(ledger), PER_MINUTE));
    cr_expect(le(i64, ledger->in_flight_max, IN_FLIGHT));
    for (size_t i = 0; i < ledger->n_calls; i++)
        cr_expect(ledger->calls[i].status_code != 40202 && ledger->calls[i].status_code != 40209,
                  "call %lld was refused", (long long)ledger->calls[i].call_no);
}

/* Calls are short: 1,300 of them, four minutes' worth and some. */
Test(pace, the_minute_is_used_up_and_not_passed)
{
    struct ledger ledger = {.n_calls = 0};
    int64_t minute_ms = clock_api_ms(60000), first_ms, last_ms, n_minutes;

    run("example.com=13000", "5", "10");
    read_paid_calls(&ledger);
    expect_within_limits(&ledger);
    find_ends(&ledger, &first_ms, &last_ms);
    n_minutes = (last_ms - first_ms) / minute_ms - 1; /* the first and the last one apart */
    cr_assert(ge(i64, n_minutes, 3));
    cr_expect(
        ge(dbl,
           n_calls_between(&ledger, first_ms + minute_ms, first_ms + (n_minutes + 1) * minute_ms) /
               (double)(n_minutes * PER_MINUTE),
           0.95),
        "share of the minutes' calls that was used");
    ledger_deinit(&ledger);
    story_end(&story);
}

/* Calls take half a second, so that ten of them at once are 20 a second; the minute allows 100. */
Test(pace, the_slots_are_used_up_and_not_passed)
{
    struct ledger ledger = {.n_calls = 0};
    int64_t first_ms, last_ms;

    run("example.com=20000", "500", "100");
    read_paid_calls(&ledger);
    expect_within_limits(&ledger);
    find_ends(&ledger, &first_ms, &last_ms);
    first_ms += 1000; /* page 1 goes alone */
    cr_assert(ge(i64, last_ms - first_ms, 6000));
    cr_expect(ge(dbl,
                 n_calls_between(&ledger, first_ms, last_ms) * 0.5 /
                     ((double)(last_ms - first_ms) / 1000 * IN_FLIGHT),
                 0.95),
              "share of the slots' time that was used");
    ledger_deinit(&ledger);
    story_end(&story);
}
