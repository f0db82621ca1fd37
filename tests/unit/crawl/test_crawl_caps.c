#include "crawl/crawl.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "unit/crawl/rig.h"

/*
 * Caps of one run, caps that runs share, and somebody's word. The rig refuses what does not fit,
 * checks its sums at every event, and fails a test where a run is ended by its budget while a call
 * of it (or, under a shared cap, any call) is reserved, or unknown and to be told of.
 */

#define PAGE INT64_C(27600000) /* a call for 100 items */

TestSuite(crawl_caps, .timeout = 110);

static unsigned fault_percent;

static enum rig_fault at_random(const struct rig_attempt *attempt)
{
    static const enum rig_fault faults[] = {
        RIG_RETRY,  RIG_RETRY_CHARGED, RIG_TIMEOUT, RIG_WAIT, RIG_AT_ONCE, RIG_UNSENT,
        RIG_BROKEN, RIG_BROKEN,        RIG_GATEWAY, RIG_HTML, RIG_NO_COST, RIG_LISTING};

    (void)attempt;
    if (rig_random(100) >= fault_percent)
        return RIG_OK;
    return faults[rig_random(sizeof(faults) / sizeof(faults[0]))];
}

static void add_runs(char requests[][24])
{
    for (size_t n = 1 + rig_random(3); rig.n_runs < n;) {
        size_t run = rig_add_run(0);
        int64_t limit = 1 + (int64_t)rig_random(rig_random(2) == 0 ? 100 : 1000);

        rig.runs[run].price = (struct price){.per_call_nanousd = (int64_t)rig_random(30000000),
                                             .per_item_nanousd = 1 + (int64_t)rig_random(50000)};
        if (rig_random(3) > 0)
            rig.runs[run].cap_nanousd =
                1 + price_worst(rig.runs[run].price, limit) * (int64_t)rig_random(24) / 2;
        snprintf(requests[run], sizeof(requests[run]), "{\"limit\": %d}", (int)limit);
        for (size_t i = 1 + rig_random(2); i > 0; i--) {
            struct rig_listing *listing =
                rig_add_listing(run, (int64_t)rig_random((size_t)limit * 12), 0);

            listing->request = requests[run];
            listing->latency_ms = rig_random(2) == 0 ? 0 : (int64_t)rig_random(30000);
        }
    }
    if (rig_random(2) == 0)
        rig.shared_cap_nanousd =
            1 + price_worst(rig.runs[0].price, 500) * (int64_t)rig_random(40) / 2;
}

static void play_one(uint64_t seed)
{
    char requests[RIG_RUNS_MAX][24];

    rig_begin(seed);
    rig.fault = at_random;
    fault_percent = (unsigned)rig_random(40);
    rig.settings.in_flight = 1 + rig_random(8);
    rig.settings.backlog_max = 1 + rig_random(8);
    add_runs(requests);
    if (rig_random(4) == 0)
        rig.runs[rig_random(rig.n_runs)].stop_at = 1 + rig_random(200);
    if (rig_random(3) == 0)
        rig.kill_at = 1 + rig_random(200);
    rig_play();
    rig.kill_at = 0;
    rig_play(); /* under the same caps */
    fault_percent = 0;
    rig.shared_cap_nanousd = 0;
    for (size_t i = 0; i < rig.n_runs; i++)
        rig.runs[i].cap_nanousd = (int64_t)(rig.runs[i].stop_at = 0);
    rig_play();
    rig_play(); /* there may have been a refusal in the spool */
    for (size_t i = 0; i < rig.n_listings; i++)
        rig_expect_published(&rig.listings[i]);
}

Test(crawl_caps, are_never_passed_nor_ended_by_too_early)
{
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        cr_log_info("seed %d", (int)seed);
        play_one(seed);
    }
}

/* Each of the runs has two items to buy; reserved for a page, a call turns out cheaper. */
Test(crawl_caps, waits_for_the_charges_of_other_runs_where_they_share_a_cap)
{
    for (uint64_t seed = 0; seed < 200; seed++) {
        rig_begin(seed);
        rig.shared_cap_nanousd = 2 * INT64_C(24072000) + PAGE;
        for (size_t i = 0; i < 3; i++)
            rig_add_listing(rig_add_run(0), 2, 0)->latency_ms = (int64_t)i * 10000;
        rig_play();
        for (size_t i = 0; i < 3; i++)
            rig_expect_published(&rig.listings[i]);
    }
}

Test(crawl_caps, does_not_wait_for_other_runs_where_the_cap_is_its_own)
{
    struct rig_listing *poor, *slow;

    rig_begin(0);
    poor = rig_add_listing(rig_add_run(PAGE), 1000, 0);
    slow = rig_add_listing(rig_add_run(0), 100, 0);
    slow->latency_ms = 60000;
    rig_start();
    while (rig_step() && poor->completeness == NULL)
        ;
    cr_expect(lt(i64, rig.now_ms, 60000));
    while (rig_step())
        ;
    rig_end();
    rig_expect_suspended(poor, "budget", "the cap of the ledger");
    rig_expect_published(slow);
}

static enum rig_fault the_others_break_off(const struct rig_attempt *attempt)
{
    return attempt->listing == 1 && rig_sent(&rig.listings[1], 0) == 1 ? RIG_BROKEN : RIG_OK;
}

static bool never(const struct rig_attempt *attempt)
{
    (void)attempt;
    return false;
}

Test(crawl_caps, waits_for_what_is_unknown_of_another_run_where_they_share_a_cap)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        rig_begin(seed);
        rig.fault = the_others_break_off;
        rig.bills = never;
        rig.shared_cap_nanousd = 11 * PAGE;
        rig_add_listing(rig_add_run(0), 1000, 0);
        rig_add_listing(rig_add_run(0), 100, 0);
        rig_play();
        rig_expect_published(&rig.listings[0]);
        rig_expect_published(&rig.listings[1]);
    }
}

/* --- somebody's word ------------------------------------------------------------------------- */

static void stop_at_any_event(uint64_t seed, bool is_told)
{
    size_t last = 0;

    for (size_t n = 0; n <= last; n++) {
        struct rig_listing *stopped, *other;
        int64_t n_answered = 0;

        rig_begin(seed);
        stopped = rig_add_listing(rig_add_run(0), 1000, 0);
        other = rig_add_listing(rig_add_run(0), 500, 0);
        rig.runs[0].stop_at = n;
        rig.runs[0].is_stop_told = is_told;
        rig_play(); /* the rig fails the test at a reserve behind it */
        if (n == 0)
            last = rig.n_events;
        rig_expect_published(other);
        for (size_t i = 0; i < rig.n_attempts; i++)
            n_answered += rig.attempts[i].listing == 0 && rig.attempts[i].number > 0;
        cr_expect(eq(i64, rig_rows(stopped), n_answered * 100), "what is paid for lands");
        cr_expect(zero(ptr, (void *)(uintptr_t)stopped->completeness), "it stays as it is");
        rig.runs[0].stop_at = 0;
        rig_play();
        rig_expect_published(stopped);
    }
}

Test(crawl_caps, stops_one_run_at_any_event_and_lets_the_others_go_on)
{
    for (uint64_t seed = 0; seed < 5; seed++)
        for (int is_told = 0; is_told < 2; is_told++)
            stop_at_any_event(seed, is_told);
}

static enum rig_fault a_pause(const struct rig_attempt *attempt)
{
    (void)attempt;
    return RIG_WAIT;
}

static enum rig_fault nobody_knows(const struct rig_attempt *attempt)
{
    (void)attempt;
    return RIG_BROKEN;
}

/* A pause of the account, or a page that waits for the vendor's list, is not waited for. */
Test(crawl_caps, stops_a_run_though_no_call_is_to_go_out_for_long)
{
    enum rig_fault (*const faults[])(const struct rig_attempt *) = {a_pause, nobody_knows};

    for (size_t i = 0; i < 2; i++) {
        int64_t now_ms;

        rig_begin(0);
        rig.fault = faults[i];
        rig_add_listing(rig_add_run(0), 1000, 0);
        rig_start();
        while (rig.n_attempts == 0 || rig.attempts[0].state != RIG_BOOKED)
            cr_assert(rig_step());
        now_ms = rig.now_ms;
        rig.runs[0].stop_at = rig.n_events + 1;
        rig.runs[0].is_stop_told = true;
        while (rig_step())
            ;
        rig_end();
        cr_expect(eq(i64, rig.now_ms, now_ms));
    }
}
