/* What the scheduler starts and what it records, case by case. */
#include "daemon/scheduler.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "core/mem.h"
#include "unit/daemon/scheduler_rig.h"

TestSuite(scheduler, .timeout = 60);

#define HOUR 3600
#define DAY 86400
#define JOBS(...)                                                                                  \
    (const struct rig_job[])                                                                       \
    {                                                                                              \
        __VA_ARGS__,                                                                               \
        {                                                                                          \
            .name = NULL                                                                           \
        }                                                                                          \
    }
#define NIGHTLY                                                                                    \
    {                                                                                              \
        .name = "links", .line = "15 2 * * *", .timezone = "UTC"                                   \
    }
#define CATCHING                                                                                   \
    {                                                                                              \
        .name = "links", .line = "15 2 * * *", .timezone = "UTC", .until = "09:00"                 \
    }

Test(scheduler, starts_a_job_at_its_time)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 12:00");

    rig_set(rig, JOBS(NIGHTLY));
    cr_expect(eq(i64, scheduler_next_s(rig->scheduler, "links"), rig_utc("2026-11-25 02:15")));
    rig_pass_to(rig, "2026-11-25 02:14");
    rig_pass(rig, 59);
    rig_expect_no_more(rig);
    rig_pass(rig, 1);
    rig_expect(rig, "links", "+ 2026-11-25 02:15");
    rig_pass_to(rig, "2026-11-26 02:15");
    rig_expect(rig, "links", "+ 2026-11-26 02:15");
    rig_expect_no_more(rig);
}

Test(scheduler, has_nothing_to_start_without_a_schedule)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 12:00");

    rig_set(rig, JOBS({.name = "links", .timezone = "UTC"}));
    rig_pass(rig, 3 * DAY);
    rig_expect_no_more(rig);
    cr_expect(eq(i64, scheduler_next_s(rig->scheduler, "links"), SCHEDULE_NEVER));
}

/* A restart around a fire costs no run, and makes no second one. */
Test(scheduler, loses_nothing_in_a_restart)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 12:00");

    rig_set(rig, JOBS(NIGHTLY));
    rig_pass_to(rig, "2026-11-25 02:15");
    rig_expect(rig, "links", "+ 2026-11-25 02:15");
    rig_kill(rig);
    rig_set(rig, JOBS(NIGHTLY));
    rig_pass_to(rig, "2026-11-26 02:14");
    rig_expect_no_more(rig);
    rig_kill(rig);
    rig_pass(rig, 120);
    rig_set(rig, JOBS(NIGHTLY));
    rig_expect(rig, "links", "+ 2026-11-26 02:15");
    rig_expect_no_more(rig);
}

Test(scheduler, records_what_was_missed_while_it_was_down)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 12:00");

    rig_set(rig, JOBS(NIGHTLY, {.name = "hourly", .line = "0 */6 * * *", .timezone = "UTC"}));
    rig_pass_to(rig, "2026-11-25 03:00");
    rig->n_events = 0;
    rig_kill(rig);
    rig_pass_to(rig, "2026-11-27 13:00");
    rig_set(rig, JOBS(NIGHTLY, {.name = "hourly", .line = "0 */6 * * *", .timezone = "UTC"}));
    rig_expect(rig, "links", "- 2026-11-26 02:15 missed: linkhaul was not running");
    rig_expect(rig, "links", "- 2026-11-27 02:15 missed: linkhaul was not running");
    rig_expect(rig, "hourly", "- 2026-11-25 18:00 x3 missed: linkhaul was not running");
    rig_expect(rig, "hourly", "- 2026-11-26 18:00 x4 missed: linkhaul was not running");
    rig_expect(rig, "hourly", "- 2026-11-27 12:00 x3 missed: linkhaul was not running");
    rig_expect_no_more(rig);
    rig_kill(rig);
    rig_set(rig, JOBS(NIGHTLY, {.name = "hourly", .line = "0 */6 * * *", .timezone = "UTC"}));
    rig_expect_no_more(rig);
}

Test(scheduler, catches_up_once_before_its_hour)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 12:00");

    rig_set(rig, JOBS(CATCHING));
    rig_pass_to(rig, "2026-11-25 03:00");
    rig_expect(rig, "links", "+ 2026-11-25 02:15");
    rig_kill(rig);
    rig_pass_to(rig, "2026-11-28 08:59");
    rig_set(rig, JOBS(CATCHING));
    rig_expect(rig, "links", "- 2026-11-26 02:15 missed: linkhaul was not running");
    rig_expect(rig, "links", "- 2026-11-27 02:15 missed: linkhaul was not running");
    rig_expect(rig, "links", "! 2026-11-28 02:15");
    cr_expect(eq(i64, rig->last_s[0], rig_utc("2026-11-28 02:15")));
    rig_pass_to(rig, "2026-11-29 02:15");
    rig_expect(rig, "links", "+ 2026-11-29 02:15");
    rig_kill(rig);
    rig_pass_to(rig, "2026-11-30 09:00");
    rig_set(rig, JOBS(CATCHING));
    rig_expect(rig, "links", "- 2026-11-30 02:15 missed: linkhaul was not running");
    rig_expect_no_more(rig);
}

/* The hour of catch_up is the first one behind the fire, on the clock of the job. */
Test(scheduler, catches_up_over_midnight)
{
    const struct rig_job late = {
        .name = "links", .line = "0 22 * * *", .timezone = "Europe/Berlin", .until = "05:30"};
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 12:00");

    rig_set(rig, JOBS(late));
    rig_pass_to(rig, "2026-11-24 21:00");
    rig_expect(rig, "links", "+ 2026-11-24 21:00");
    rig_kill(rig);
    rig_pass_to(rig, "2026-11-26 04:29");
    rig_set(rig, JOBS(late));
    rig_expect(rig, "links", "! 2026-11-25 21:00");
    rig_kill(rig);
    rig_pass_to(rig, "2026-11-27 04:30");
    rig_set(rig, JOBS(late));
    rig_expect(rig, "links", "- 2026-11-26 21:00 missed: linkhaul was not running");
    rig_expect_no_more(rig);
}

Test(scheduler, waits_for_the_database)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 12:00");

    rig->is_database_away = true;
    rig_set(rig, JOBS(NIGHTLY,
                      {.name = "late", .line = "0 3 * * *", .timezone = "UTC", .until = "06:00"}));
    rig_pass_to(rig, "2026-11-25 04:00");
    rig_expect_no_more(rig);
    cr_expect(eq(i64, scheduler_next_s(rig->scheduler, "links"), SCHEDULE_NEVER));
    rig->is_database_away = false;
    rig_pass(rig, 1);
    rig_expect(rig, "links", "- 2026-11-25 02:15 missed: the database was away");
    rig_expect(rig, "late", "! 2026-11-25 03:00");
    rig_expect_no_more(rig);
}

Test(scheduler, never_runs_a_job_beside_itself)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 12:00");

    rig->takes_s[rig_index(rig, "links")] = 25 * HOUR;
    rig_set(rig, JOBS(NIGHTLY, {.name = "other", .line = "0 2 * * *", .timezone = "UTC"}));
    rig_pass_to(rig, "2026-11-27 12:00");
    rig_expect(rig, "other", "+ 2026-11-25 02:00");
    rig_expect(rig, "links", "+ 2026-11-25 02:15");
    rig_expect(rig, "other", "+ 2026-11-26 02:00");
    rig_expect(rig, "links", "- 2026-11-26 02:15 skipped: still running");
    rig_expect(rig, "other", "+ 2026-11-27 02:00");
    rig_expect(rig, "links", "+ 2026-11-27 02:15");
    rig_expect_no_more(rig);
}

Test(scheduler, does_not_start_beside_a_run_by_hand)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 12:00");

    rig_set(rig, JOBS(NIGHTLY));
    rig->takes_s[0] = -1;
    rig_pass_to(rig, "2026-11-25 02:00");
    rig_begin(rig, "links");
    rig_pass_to(rig, "2026-11-25 03:00");
    rig_expect(rig, "links", "- 2026-11-25 02:15 skipped: still running");
    rig_end(rig, "links");
    rig_pass_to(rig, "2026-11-26 03:00");
    rig_expect(rig, "links", "+ 2026-11-26 02:15");
    rig_expect_no_more(rig);
}

Test(scheduler, records_a_start_that_was_refused)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 12:00");

    rig->refusal = "blocked: balance";
    rig_set(rig, JOBS(NIGHTLY));
    rig_pass_to(rig, "2026-11-25 12:00");
    rig_expect(rig, "links", "- 2026-11-25 02:15 blocked: balance");
    rig->refusal = NULL;
    rig_pass_to(rig, "2026-11-26 12:00");
    rig_expect(rig, "links", "+ 2026-11-26 02:15");
    rig_expect_no_more(rig);
}

#define HOURLY                                                                                     \
    {                                                                                              \
        .name = "links", .line = "0 * * * *", .timezone = "UTC"                                    \
    }

Test(scheduler, records_what_came_due_behind_a_start_that_waits_once_it_has_begun)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 22:30");

    rig->is_slow = true;
    rig_set(rig, JOBS(HOURLY));
    rig_pass_to(rig, "2026-11-25 02:30");
    rig_expect_no_more(rig);
    rig_hurry(rig);
    rig_pass(rig, 1);
    rig_expect(rig, "links", "+ 2026-11-24 23:00");
    rig_expect(rig, "links", "- 2026-11-25 02:00 x3 skipped: the start before waited");
    rig_pass_to(rig, "2026-11-25 03:30");
    rig_expect(rig, "links", "+ 2026-11-25 03:00");
    rig_expect_no_more(rig);
}

Test(scheduler, loses_no_start_that_waits_to_the_end_of_the_process)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 00:30");

    rig_set(rig, JOBS(HOURLY));
    rig_pass_to(rig, "2026-11-24 01:30");
    rig_expect(rig, "links", "+ 2026-11-24 01:00");
    rig->is_slow = true;
    rig_pass_to(rig, "2026-11-24 04:30");
    rig_kill(rig);
    rig->is_slow = false;
    rig_set(rig, JOBS(HOURLY));
    rig_pass(rig, 1);
    rig_expect(rig, "links", "- 2026-11-24 04:00 x3 missed: linkhaul was not running");
    rig_expect_no_more(rig);
}

Test(scheduler, stops_a_run_that_lasts_too_long)
{
    struct rig_job limited = NIGHTLY;
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 12:00");

    limited.max_duration_s = 2 * HOUR;
    rig->takes_s[rig_index(rig, "links")] = -1;
    rig_set(rig, JOBS(limited));
    rig_pass_to(rig, "2026-11-25 04:14");
    rig_expect(rig, "links", "+ 2026-11-25 02:15");
    rig_expect_no_more(rig);
    rig_jump(rig, -HOUR); /* of no account: it is measured on the other clock */
    rig_pass(rig, 60);
    rig_expect(rig, "links", "stop");
    rig_pass(rig, 6 * HOUR);
    rig_expect_no_more(rig);
    rig_jump(rig, HOUR);
    rig_pass_to(rig, "2026-11-26 02:15");
    rig_expect(rig, "links", "- 2026-11-26 02:15 skipped: still running");
    rig_end(rig, "links");
    rig_begin(rig, "links"); /* by hand: likewise */
    rig_pass(rig, 2 * HOUR + 60);
    rig_expect(rig, "links", "stop");
    rig_expect_no_more(rig);
}

Test(scheduler, takes_a_new_duration_for_the_run_in_progress)
{
    struct rig_job limited = NIGHTLY;
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 12:00");

    rig->takes_s[rig_index(rig, "links")] = -1;
    rig_set(rig, JOBS(limited));
    rig_pass_to(rig, "2026-11-25 05:00");
    rig_expect(rig, "links", "+ 2026-11-25 02:15");
    limited.max_duration_s = 3 * HOUR;
    rig_set(rig, JOBS(limited));
    rig_pass_to(rig, "2026-11-25 05:14");
    rig_expect_no_more(rig);
    rig_pass_to(rig, "2026-11-25 05:15");
    rig_expect(rig, "links", "stop");
}

Test(scheduler, looks_ahead_after_a_reload)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 12:00");

    rig->takes_s[rig_index(rig, "links")] = 12 * HOUR;
    rig_set(rig, JOBS(CATCHING));
    rig_pass_to(rig, "2026-11-25 10:00");
    rig_expect(rig, "links", "+ 2026-11-25 02:15");
    rig_set(
        rig,
        JOBS({.name = "links", .line = "0 8,12,18 * * *", .timezone = "UTC", .until = "11:00"}));
    rig_expect_no_more(rig); /* 08:00 was not its time at 08:00 */
    rig_pass_to(rig, "2026-11-25 12:00");
    rig_expect(rig, "links", "- 2026-11-25 12:00 skipped: still running");
    rig_pass_to(rig, "2026-11-25 18:00");
    rig_expect(rig, "links", "+ 2026-11-25 18:00");
    rig_expect_no_more(rig);
}

Test(scheduler, lets_a_removed_job_finish)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 12:00");

    rig->takes_s[rig_index(rig, "links")] = 40 * HOUR;
    rig_set(rig, JOBS(NIGHTLY));
    rig_pass_to(rig, "2026-11-25 03:00");
    rig_expect(rig, "links", "+ 2026-11-25 02:15");
    rig_set(rig, JOBS({.name = "other", .line = "0 4 * * *", .timezone = "UTC"}));
    rig_pass_to(rig, "2026-11-25 12:00");
    rig_expect(rig, "other", "+ 2026-11-25 04:00");
    rig_set(rig, JOBS(NIGHTLY)); /* back again, while its run goes on */
    rig_pass_to(rig, "2026-11-26 12:00");
    rig_expect(rig, "links", "- 2026-11-26 02:15 skipped: still running");
    rig_pass_to(rig, "2026-11-27 12:00");
    rig_expect(rig, "links", "+ 2026-11-27 02:15");
    rig_expect_no_more(rig);
}

/* What passed while a job was not in the configuration was not missed. */
Test(scheduler, takes_a_job_that_comes_back_as_new)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 12:00");

    rig_set(rig, JOBS(CATCHING));
    rig_set(rig, JOBS({.name = "other", .timezone = "UTC"}));
    rig_pass_to(rig, "2026-11-27 03:00");
    rig_set(rig, JOBS(CATCHING));
    rig_pass_to(rig, "2026-11-28 03:00");
    rig_expect(rig, "links", "+ 2026-11-28 02:15");
    rig_expect_no_more(rig);
}

Test(scheduler, catches_up_after_a_sleep)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 22:00");

    rig_set(rig, JOBS(CATCHING, {.name = "strict", .line = "15 2 * * *", .timezone = "UTC"}));
    rig_pass_to(rig, "2026-11-25 01:00");
    rig_jump(rig, 5 * HOUR); /* which the other clock did not see */
    rig_pass(rig, 60);
    rig_expect(rig, "links", "! 2026-11-25 02:15");
    rig_expect(rig, "strict", "- 2026-11-25 02:15 missed: the machine slept, or its clock was set");
    rig_expect_no_more(rig);
}

Test(scheduler, starts_nothing_twice_where_the_clock_is_set_back)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 12:00");

    rig_set(rig, JOBS(NIGHTLY));
    rig_pass_to(rig, "2026-11-28 03:00");
    for (int day = 25; day <= 28; day++) {
        char event[64];

        snprintf(event, sizeof(event), "+ 2026-11-%d 02:15", day);
        rig_expect(rig, "links", event);
    }
    rig_jump(rig, -3 * DAY - HOUR);
    rig_pass_to(rig, "2026-11-28 03:00");
    rig_expect_no_more(rig);
    rig_pass_to(rig, "2026-11-29 03:00");
    rig_expect(rig, "links", "+ 2026-11-29 02:15");
    rig_expect_no_more(rig);
}

/* A clock that was ten years ahead for a while costs no night of these years. */
Test(scheduler, recovers_from_a_clock_that_ran_ahead)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 12:00");

    rig_set(rig, JOBS(CATCHING));
    rig_pass_to(rig, "2026-11-25 03:00");
    rig_expect(rig, "links", "+ 2026-11-25 02:15");
    rig_jump(rig, INT64_C(3653) * DAY);
    rig_pass(rig, 60);
    cr_expect(gt(sz, rig->n_events, 300));
    cr_expect(lt(sz, rig->n_events, 403));
    cr_expect(eq(chr, rig->events[rig->n_events - 1].what, '+'));
    rig->n_events = 0;
    rig_pass(rig, DAY);
    cr_expect(eq(sz, rig->n_events, 1));
    rig->n_events = 0;
    rig_jump(rig, -INT64_C(3653) * DAY);
    rig_pass_to(rig, "2026-11-28 03:00");
    rig_expect(rig, "links", "+ 2026-11-27 02:15");
    rig_expect(rig, "links", "+ 2026-11-28 02:15");
    rig_expect_no_more(rig);
}

/* What was only missed, by a clock that was a day ahead, is due when its time really comes. */
Test(scheduler, starts_what_was_missed_when_the_clock_is_right_again)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 12:00");

    rig_set(rig, JOBS(NIGHTLY));
    rig_pass_to(rig, "2026-11-25 03:00");
    rig_expect(rig, "links", "+ 2026-11-25 02:15");
    rig_jump(rig, DAY);
    rig_pass_to(rig, "2026-11-27 03:00");
    rig_expect(rig, "links", "- 2026-11-26 02:15 missed: the machine slept, or its clock was set");
    rig_expect(rig, "links", "+ 2026-11-27 02:15");
    rig_jump(rig, -DAY - 2 * HOUR);
    rig_pass_to(rig, "2026-11-28 03:00");
    rig_expect(rig, "links", "+ 2026-11-26 02:15");
    rig_expect(rig, "links", "+ 2026-11-28 02:15");
    rig_expect_no_more(rig);
}

/* One that begins in 1970, before the time service has set it. */
Test(scheduler, waits_where_the_clock_is_behind)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 12:00");

    rig_set(rig, JOBS(NIGHTLY));
    rig_pass_to(rig, "2026-11-25 03:00");
    rig_expect(rig, "links", "+ 2026-11-25 02:15");
    rig_kill(rig);
    rig_jump(rig, -rig->wall_ms / 1000);
    rig_set(rig, JOBS(NIGHTLY));
    rig_pass(rig, 3 * DAY);
    rig_expect_no_more(rig);
    rig_jump(rig, rig_utc("2026-11-25 23:00") - rig->wall_ms / 1000);
    rig_pass_to(rig, "2026-11-26 02:15");
    rig_expect(rig, "links", "+ 2026-11-26 02:15");
    rig_expect_no_more(rig);
}
