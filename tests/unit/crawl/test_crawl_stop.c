#include "crawl/crawl.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "unit/crawl/rig.h"

/* A stop, a failure and a kill at every single event of a run, and the same run again afterwards.
 */

TestSuite(crawl_stop, .timeout = 110);

static enum rig_fault now_and_then(const struct rig_attempt *attempt)
{
    static const enum rig_fault faults[] = {RIG_RETRY, RIG_BROKEN,        RIG_WAIT, RIG_UNSENT,
                                            RIG_TOKEN, RIG_RETRY_CHARGED, RIG_HTML, RIG_EXPIRED};

    return attempt->number % 4 == 3 ? faults[attempt->number / 4 % 8] : RIG_OK;
}

/* A listing by offset and a chain, a second run; some calls fail in passing. */
static void begin(uint64_t seed)
{
    rig_begin(seed);
    rig.fault = now_and_then;
    rig_add_listing(rig_add_run(0), 750, 0);
    rig_add_listing(0, 20001, 0)->request = RIG_CHAIN;
    rig_add_listing(rig_add_run(INT64_C(1000000000)), 300, 0);
}

/* Nothing more is interfered with: all is published, and no page is bought twice (the rig looks).
 */
static void go_on(void)
{
    rig.stop_at = rig.fail_at = rig.kill_at = 0;
    rig_play();
    for (size_t i = 0; i < rig.n_listings; i++)
        rig_expect_published(&rig.listings[i]);
}

static size_t n_events(uint64_t seed)
{
    begin(seed);
    rig_play();
    return rig.n_events;
}

Test(crawl_stop, lands_what_is_paid_for_and_sends_nothing_more)
{
    for (uint64_t seed = 0; seed < 6; seed++)
        for (size_t n = 1, last = n_events(seed); n <= last; n++) {
            begin(seed);
            rig.stop_at = n;
            cr_assert(rig_play(), "a stop is no failure");
            go_on();
        }
}

Test(crawl_stop, ends_also_when_nothing_can_land_any_more)
{
    for (uint64_t seed = 0; seed < 6; seed++)
        for (size_t n = 1, last = n_events(seed); n <= last; n++) {
            begin(seed);
            rig.fail_at = n;
            rig_play();
            go_on();
        }
}

Test(crawl_stop, has_the_same_rows_after_a_kill_at_any_event)
{
    for (uint64_t seed = 0; seed < 6; seed++)
        for (size_t n = 1, last = n_events(seed); n <= last; n++) {
            begin(seed);
            rig.kill_at = n;
            rig_play();
            go_on();
        }
}

Test(crawl_stop, survives_a_kill_after_each_kill)
{
    for (size_t every = 3; every < 60; every++) {
        begin(every);
        rig.kill_at = every;
        for (size_t n = 0; n < 300 && !rig_play(); n++)
            rig.kill_at = every + n; /* a bit later each time, so that it comes to an end */
        go_on();
    }
}

/* The rig knows of all calls, whichever process made them. */
Test(crawl_stop, keeps_to_the_minute_and_the_slots_from_one_start_to_the_next)
{
    for (size_t at = 10; at < 60; at++)
        for (int is_kill = 0; is_kill <= 1; is_kill++) {
            rig_begin(at);
            rig.settings.calls_per_minute = 4;
            rig_add_listing(rig_add_run(0), 1000, 0);
            rig.stop_at = is_kill ? 0 : at;
            rig.kill_at = is_kill ? at : 0;
            rig_play();
            go_on();
        }
}

Test(crawl_stop, reaches_its_end_when_stopped_before_it_began)
{
    begin(0);
    rig_start();
    crawl_stop(rig.crawl);
    while (rig_step())
        ;
    rig.is_stopped = true;
    cr_expect(rig_end());
    cr_expect(eq(sz, rig.n_sent, 0));
}

static enum rig_fault all_wait(const struct rig_attempt *attempt)
{
    (void)attempt;
    return RIG_WAIT;
}

Test(crawl_stop, does_not_sit_out_a_pause)
{
    begin(0);
    rig.fault = all_wait;
    rig_start();
    while (rig_step() && rig.paused_until_ms == 0)
        ;
    while (rig.n_waiting > 0)
        rig_step();
    cr_assert(not(rig.is_done));
    rig.is_stopped = true;
    crawl_stop(rig.crawl);
    while (rig.n_waiting > 0 && rig_step())
        ;
    cr_expect(rig.is_done);
    cr_expect(lt(i64, rig.now_ms, rig.paused_until_ms));
    rig_end();
}
