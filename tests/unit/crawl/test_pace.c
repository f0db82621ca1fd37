#include "crawl/pace.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

/*
 * The model knows of each call when it was sent and when the server can no longer be busy with it;
 * the server may have counted it at any instant in between. No choice of those instants may give
 * more than `per_minute` calls in a minute, nor more than `in_flight` at once.
 */

#define MINUTE_MS 60000
#define CALLS_MAX 10000

struct call {
    int64_t sent_ms;
    int64_t over_ms; /* INT64_MAX while it is under way */
};

static struct {
    struct pace pace;
    size_t in_flight, per_minute;
    int64_t now_ms;
    struct call calls[CALLS_MAX];
    size_t n_calls;
    uint64_t random;
} f;

TestSuite(pace, .timeout = 60);

static size_t random_below(size_t n)
{
    f.random = f.random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(f.random >> 33) % n;
}

static void begin(size_t in_flight, size_t per_minute, uint64_t seed)
{
    memset(&f, 0, sizeof(f));
    f.in_flight = in_flight;
    f.per_minute = per_minute;
    f.random = seed;
    pace_init(&f.pace, in_flight, per_minute);
}

/* The new call may be counted at once, and each earlier one as late as it can be. */
static void check_limits(void)
{
    size_t n_busy = 0, n_in_minute = 0;

    for (size_t i = 0; i < f.n_calls; i++) {
        n_busy += f.calls[i].over_ms > f.now_ms;
        n_in_minute += f.calls[i].over_ms >= f.now_ms - MINUTE_MS;
    }
    cr_assert(le(sz, n_busy, f.in_flight), "at %d ms", (int)f.now_ms);
    cr_assert(le(sz, n_in_minute, f.per_minute), "at %d ms", (int)f.now_ms);
}

static void send_call(void)
{
    pace_sent(&f.pace);
    f.calls[f.n_calls++] = (struct call){f.now_ms, INT64_MAX};
    check_limits();
}

static bool may_send(void)
{
    int64_t at_ms = -1;

    return pace_may_send(&f.pace, f.now_ms, &at_ms);
}

static void end_call(size_t i)
{
    f.calls[i].over_ms = f.now_ms;
    pace_ended(&f.pace, f.now_ms);
}

Test(pace, sends_exactly_per_minute_calls_in_the_first_minute)
{
    begin(30, 2000, 1);
    for (f.now_ms = 0; f.now_ms < MINUTE_MS; f.now_ms += 10)
        while (may_send()) {
            send_call();
            end_call(f.n_calls - 1);
        }
    cr_expect(eq(sz, f.n_calls, 2000));
    f.now_ms = MINUTE_MS + 1;
    while (may_send()) {
        send_call();
        end_call(f.n_calls - 1);
    }
    cr_expect(eq(sz, f.n_calls, 4000), "the next minute has its own");
    pace_deinit(&f.pace);
}

Test(pace, fills_every_slot_and_no_more)
{
    int64_t at_ms = 7;

    begin(25, 2000, 1);
    while (may_send())
        send_call();
    cr_expect(eq(sz, f.n_calls, 25));
    cr_expect(not(pace_may_send(&f.pace, f.now_ms, &at_ms)));
    cr_expect(eq(i64, at_ms, -1), "only the end of a call helps");
    end_call(3);
    cr_expect(may_send());
    pace_deinit(&f.pace);
}

/* Some ended within the last minute, some may still run. */
static void leave_earlier_calls(void)
{
    f.now_ms = MINUTE_MS;
    for (size_t i = random_below(60); i > 0; i--) {
        int64_t over_ms = (int64_t)random_below(2 * MINUTE_MS);

        f.calls[f.n_calls++] = (struct call){.over_ms = over_ms};
        if (over_ms <= f.now_ms)
            pace_add_ended(&f.pace, over_ms);
        else
            pace_add_running(&f.pace, over_ms);
    }
}

/* Sends whenever it may; calls end, break off and fail to go out at random. */
static void run_at_random(uint64_t seed)
{
    size_t open[64], n_open = 0;

    begin(1 + seed % 8, 1 + seed % 40, seed);
    leave_earlier_calls();
    for (size_t step = 0; step < 3000 && f.n_calls < CALLS_MAX; step++) {
        f.now_ms += (int64_t)random_below(random_below(8) == 0 ? 9000 : 300);
        if (may_send()) {
            send_call();
            open[n_open++] = f.n_calls - 1;
        }
        if (n_open > 0 && random_below(3) == 0) {
            size_t which = random_below(n_open);
            size_t call = open[which];

            open[which] = open[--n_open];
            switch (random_below(10)) {
            case 0:
                f.calls[call].over_ms = f.now_ms + 20000;
                pace_broke_off(&f.pace, f.now_ms + 20000);
                break;
            case 8: /* it broke off, and was soon known to be over */
                f.calls[call].over_ms = f.now_ms;
                pace_broke_off(&f.pace, f.now_ms + 20000);
                pace_release(&f.pace, f.now_ms + 20000, f.now_ms);
                break;
            case 9: /* the server found it too much */
                end_call(call);
                if (random_below(2) == 0)
                    pace_shrink_in_flight(&f.pace, f.now_ms);
                else
                    pace_shrink_minute(&f.pace, f.now_ms);
                break;
            case 1: /* it never left */
                f.calls[call].over_ms = f.calls[call].sent_ms = -2 * MINUTE_MS;
                pace_unsent(&f.pace);
                break;
            default:
                end_call(call);
            }
        }
    }
    cr_expect(gt(sz, f.n_calls, 3), "seed %d", (int)seed);
    pace_deinit(&f.pace);
}

Test(pace, never_passes_a_limit_whatever_the_calls_do)
{
    for (uint64_t seed = 0; seed < 200; seed++)
        run_at_random(seed);
}

Test(pace, says_when_to_ask_again_and_keeps_that_word)
{
    for (uint64_t seed = 0; seed < 200; seed++) {
        begin(2 + seed % 3, 5 + seed % 7, seed);
        for (size_t n_asked = 0; f.n_calls < 60; n_asked++) {
            int64_t at_ms = -1;

            cr_assert(lt(sz, n_asked, 1000), "it never may");
            if (pace_may_send(&f.pace, f.now_ms, &at_ms)) {
                send_call();
                if (random_below(4) == 0) {
                    f.calls[f.n_calls - 1].over_ms = f.now_ms + 20000;
                    pace_broke_off(&f.pace, f.now_ms + 20000);
                } else {
                    end_call(f.n_calls - 1);
                }
                continue;
            }
            cr_assert(gt(i64, at_ms, f.now_ms), "nothing is under way, so there is a time");
            cr_assert(le(i64, at_ms, f.now_ms + 20000 + MINUTE_MS + 1));
            f.now_ms = at_ms;
        }
        pace_deinit(&f.pace);
    }
}

Test(pace, keeps_the_slot_of_a_call_that_broke_off)
{
    int64_t at_ms = -1;

    begin(1, 100, 1);
    send_call();
    pace_broke_off(&f.pace, 120000);
    f.now_ms = 119999;
    cr_expect(not(pace_may_send(&f.pace, f.now_ms, &at_ms)));
    cr_expect(eq(i64, at_ms, 120000));
    f.now_ms = 120000;
    cr_expect(may_send());
    pace_deinit(&f.pace);
}

Test(pace, counts_a_held_call_in_the_minute_behind_its_end)
{
    int64_t at_ms = -1;

    begin(5, 1, 1);
    send_call();
    pace_broke_off(&f.pace, 120000);
    cr_expect(not(pace_may_send(&f.pace, 1, &at_ms)));
    cr_expect(eq(i64, at_ms, 120000));
    cr_expect(not(pace_may_send(&f.pace, at_ms, &at_ms)));
    cr_expect(not(pace_may_send(&f.pace, 180000, &at_ms)));
    cr_expect(pace_may_send(&f.pace, 180001, &at_ms));
    pace_deinit(&f.pace);
}

Test(pace, sends_nothing_during_a_pause_and_keeps_the_longer_one)
{
    int64_t at_ms = -1;

    begin(5, 100, 1);
    pace_pause(&f.pace, 60000);
    pace_pause(&f.pace, 2000);
    cr_expect(not(pace_may_send(&f.pace, 59999, &at_ms)));
    cr_expect(eq(i64, at_ms, 60000));
    cr_expect(pace_may_send(&f.pace, 60000, &at_ms));
    pace_deinit(&f.pace);
}

Test(pace, gives_back_a_call_that_was_not_sent)
{
    begin(1, 1, 1);
    pace_sent(&f.pace);
    cr_expect(not(may_send()));
    pace_unsent(&f.pace);
    cr_expect(may_send(), "neither the slot nor the minute is used");
    pace_deinit(&f.pace);
}

/* --- earlier processes ----------------------------------------------------------------------- */

Test(pace, counts_calls_of_earlier_processes_for_the_rest_of_their_minute)
{
    int64_t at_ms = -1;

    begin(5, 3, 1);
    f.now_ms = 100000;
    pace_add_ended(&f.pace, 90000);
    pace_add_ended(&f.pace, 50000); /* in any order */
    pace_add_ended(&f.pace, 70000);
    pace_add_ended(&f.pace, 39000); /* it has left the minute */
    cr_expect(not(pace_may_send(&f.pace, f.now_ms, &at_ms)));
    cr_expect(eq(i64, at_ms, 110001));
    cr_expect(pace_may_send(&f.pace, 110001, &at_ms));
    pace_sent(&f.pace);
    cr_expect(not(pace_may_send(&f.pace, 110001, &at_ms)));
    cr_expect(eq(i64, at_ms, 130001));
    pace_deinit(&f.pace);
}

Test(pace, keeps_the_slots_of_calls_that_an_earlier_process_left_running)
{
    int64_t at_ms = -1;

    begin(2, 100, 1);
    pace_add_running(&f.pace, 120000);
    pace_add_running(&f.pace, 110000);
    pace_add_running(&f.pace, 90000); /* more than may run now: the limit was another then */
    cr_expect(not(pace_may_send(&f.pace, 0, &at_ms)));
    cr_expect(eq(i64, at_ms, 90000));
    cr_expect(not(pace_may_send(&f.pace, 90000, &at_ms)));
    cr_expect(eq(i64, at_ms, 110000));
    cr_expect(pace_may_send(&f.pace, 110000, &at_ms));
    pace_deinit(&f.pace);
}

Test(pace, takes_any_number_of_earlier_calls)
{
    int64_t at_ms = -1;

    for (size_t n = 0; n < 200; n++) {
        begin(1 + n % 3, 1 + n % 5, n);
        for (size_t i = 0; i < n; i++) {
            pace_add_ended(&f.pace, (int64_t)random_below(60000));
            pace_add_running(&f.pace, 60000 + (int64_t)random_below(60000));
        }
        f.now_ms = 60000;
        while (!pace_may_send(&f.pace, f.now_ms, &at_ms)) {
            cr_assert(gt(i64, at_ms, f.now_ms));
            f.now_ms = at_ms;
        }
        cr_expect(le(i64, f.now_ms, 180001));
        cr_expect(le(sz, f.pace.n_in_flight + f.pace.n_leaving + 1, f.per_minute));
        pace_deinit(&f.pace);
    }
}

Test(pace, releases_a_slot_early_and_counts_its_call_for_a_minute_more)
{
    int64_t at_ms = -1;

    begin(1, 1, 1);
    send_call();
    pace_broke_off(&f.pace, 120000);
    pace_release(&f.pace, 77, 10000); /* no such call */
    cr_expect(eq(sz, f.pace.n_in_flight, 1));
    pace_release(&f.pace, 120000, 10000);
    cr_expect(zero(sz, f.pace.n_in_flight));
    cr_expect(not(pace_may_send(&f.pace, 10000, &at_ms)));
    cr_expect(eq(i64, at_ms, 70001));
    cr_expect(pace_may_send(&f.pace, 70001, &at_ms));
    pace_release(&f.pace, 120000, 70001); /* once more does nothing */
    cr_expect(zero(sz, f.pace.n_in_flight));
    pace_deinit(&f.pace);
}

/* --- shrinking ------------------------------------------------------------------------------- */

Test(pace, takes_a_quarter_of_the_slots_away_and_gives_them_back)
{
    int64_t at_ms = -1;

    begin(20, 1000, 1);
    pace_shrink_in_flight(&f.pace, 0);
    cr_expect(eq(sz, f.pace.in_flight_now, 15));
    cr_expect(eq(sz, f.pace.per_minute_now, 1000));
    while (may_send())
        send_call();
    cr_expect(eq(sz, f.n_calls, 15));
    cr_expect(not(pace_may_send(&f.pace, 9999, &at_ms)));
    cr_expect(eq(i64, at_ms, 10000), "it grows then");
    for (f.now_ms = 10000; f.now_ms <= 40000; f.now_ms += 10000)
        while (may_send())
            send_call();
    cr_expect(eq(sz, f.n_calls, 20));
    f.now_ms = 10000000;
    cr_expect(not(may_send()), "never more than it began with");
    cr_expect(eq(sz, f.pace.in_flight_now, 20));
    pace_deinit(&f.pace);
}

Test(pace, halves_the_minute_and_gives_it_back)
{
    begin(1000, 100, 1);
    pace_shrink_minute(&f.pace, 0);
    cr_expect(eq(sz, f.pace.per_minute_now, 50));
    cr_expect(eq(sz, f.pace.in_flight_now, 1000));
    while (may_send())
        send_call();
    cr_expect(eq(sz, f.n_calls, 50));
    for (f.now_ms = 10000; f.now_ms <= 200000; f.now_ms += 10000)
        while (may_send())
            send_call();
    cr_expect(eq(sz, f.n_calls, 100), "none of them has ended");
    pace_deinit(&f.pace);
}

Test(pace, never_shrinks_to_nothing)
{
    begin(7, 9, 1);
    for (size_t i = 0; i < 50; i++) {
        pace_shrink_in_flight(&f.pace, 0);
        pace_shrink_minute(&f.pace, 0);
    }
    cr_expect(eq(sz, f.pace.in_flight_now, 1));
    cr_expect(eq(sz, f.pace.per_minute_now, 1));
    cr_expect(may_send());
    f.now_ms = 100000;
    cr_expect(may_send());
    cr_expect(eq(sz, f.pace.in_flight_now, 7));
    cr_expect(eq(sz, f.pace.per_minute_now, 9));
    pace_deinit(&f.pace);
}

/* --- at the limit ---------------------------------------------------------------------------- */

/* Half an hour of calls that take `least_ms` to `most_ms` each, as many as may go. */
static void saturate(int64_t least_ms, int64_t most_ms)
{
    int64_t ends_ms[16], at_ms = -1;
    size_t open[16], n_open = 0;

    begin(10, 300, 7);
    for (f.now_ms = 0; f.now_ms < 30 * MINUTE_MS; f.now_ms += 10) {
        for (size_t i = 0; i < n_open;)
            if (ends_ms[i] <= f.now_ms) {
                end_call(open[i]);
                ends_ms[i] = ends_ms[--n_open];
                open[i] = open[n_open];
            } else {
                i++;
            }
        while (pace_may_send(&f.pace, f.now_ms, &at_ms) && f.n_calls < CALLS_MAX) {
            ends_ms[n_open] =
                f.now_ms + least_ms + (int64_t)random_below((size_t)(most_ms - least_ms));
            open[n_open++] = f.n_calls;
            send_call();
        }
    }
    pace_deinit(&f.pace);
}

Test(pace, uses_the_minute_where_calls_are_quick)
{
    saturate(200, 1800);
    cr_expect(ge(sz, f.n_calls, 30 * 300 * 95 / 100), "%zu of 9000 calls", f.n_calls);
}

Test(pace, uses_the_slots_where_calls_are_slow)
{
    int64_t busy_ms = 0;

    saturate(3000, 9000);
    for (size_t i = 0; i < f.n_calls; i++) {
        int64_t over_ms = f.calls[i].over_ms < 30 * MINUTE_MS ? f.calls[i].over_ms : 30 * MINUTE_MS;

        busy_ms += over_ms - f.calls[i].sent_ms;
    }
    cr_expect(ge(i64, busy_ms, (int64_t)10 * 30 * MINUTE_MS * 95 / 100));
}

Test(pace, tells_what_a_call_waits_for)
{
    int64_t at_ms;

    begin(2, 3, 1);
    pace_sent(&f.pace);
    pace_sent(&f.pace);
    cr_assert(not(pace_may_send(&f.pace, 0, &at_ms)));
    cr_expect(eq(int, pace_why_not(&f.pace, 0), PACE_WAIT_SLOT));
    pace_ended(&f.pace, 0);
    pace_sent(&f.pace);
    pace_ended(&f.pace, 0);
    cr_assert(not(pace_may_send(&f.pace, 0, &at_ms)));
    cr_expect(eq(int, pace_why_not(&f.pace, 0), PACE_WAIT_MINUTE));
    pace_pause(&f.pace, 100);
    cr_assert(not(pace_may_send(&f.pace, 99, &at_ms)));
    cr_expect(eq(int, pace_why_not(&f.pace, 99), PACE_WAIT_PAUSE));
    pace_deinit(&f.pace);
}

Test(pace, adds_up_how_long_each_has_waited)
{
    struct pace_place first = {.is_in_line = false}, second = {.is_in_line = false};

    begin(2, 3, 1);
    pace_note(&f.pace, &first, PACE_WAIT_SLOT, 1000);
    pace_note(&f.pace, &second, PACE_WAIT_SLOT, 1200);
    pace_note(&f.pace, &first, PACE_WAIT_SLOT, 1300);
    pace_note(&f.pace, &first, PACE_WAIT_MINUTE, 1500);
    pace_note(&f.pace, &second, PACE_WAIT_NONE, 1600);
    pace_note(&f.pace, &second, PACE_WAIT_NONE, 5000);
    pace_note(&f.pace, &first, PACE_WAIT_NONE, 1501);
    cr_expect(eq(i64, f.pace.waited_ms[PACE_WAIT_SLOT], 500 + 400));
    cr_expect(eq(i64, f.pace.waited_ms[PACE_WAIT_MINUTE], 1));
    cr_expect(eq(i64, f.pace.waited_ms[PACE_WAIT_NONE], 0));
    pace_deinit(&f.pace);
}
