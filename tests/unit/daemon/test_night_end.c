/* Which nights are over, by a scripted clock. */
#include "daemon/night_end.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "core/date.h"
#include "core/mem.h"
#include "unit/daemon/scheduler_rig.h"

TestSuite(night_end, .timeout = 60);

#define JOBS(...)                                                                                  \
    (const struct rig_job[])                                                                       \
    {                                                                                              \
        __VA_ARGS__,                                                                               \
        {                                                                                          \
            .name = NULL                                                                           \
        }                                                                                          \
    }
#define JOB(job, cron, zone)                                                                       \
    {                                                                                              \
        .name = job, .line = cron, .timezone = zone                                                \
    }

#define day(month, day_no) date_days(2026, month, day_no)

/* The last night that is over, with a start at work for the night `busy`; 0: none. */
static int64_t last_over(struct rig *rig, int64_t busy)
{
    int64_t first_open = night_end_first_open(rig->scheduler, &busy, busy != 0);

    return first_open == INT64_MIN || first_open == INT64_MAX ? first_open : first_open - 1;
}

Test(night_end, is_when_the_last_start_is_over)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 12:00");

    rig_set(rig, JOBS(JOB("a", "15 2 * * *", "UTC"), JOB("b", "0 5 * * *", "UTC")));
    rig_pass_to(rig, "2026-11-25 02:14");
    cr_expect(eq(i64, last_over(rig, 0), day(11, 24)));
    rig_pass_to(rig, "2026-11-25 02:15");
    cr_expect(eq(i64, last_over(rig, 0), day(11, 24)), "b is to come");
    rig_pass_to(rig, "2026-11-25 05:00");
    cr_expect(eq(i64, last_over(rig, day(11, 25)), day(11, 24)), "b is at work");
    cr_expect(eq(i64, last_over(rig, 0), day(11, 25)));
}

/* One that has been tried again and again since is of its own night. */
Test(night_end, waits_for_a_start_of_an_earlier_night)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 12:00");

    rig_set(rig, JOBS(JOB("a", "15 2 * * *", "UTC")));
    rig_pass_to(rig, "2026-11-28 02:15");
    cr_expect(eq(i64, last_over(rig, day(11, 26)), day(11, 25)));
    cr_expect(eq(i64, last_over(rig, 0), day(11, 28)));
}

Test(night_end, is_the_days_end_of_a_job_that_starts_all_day)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 12:00");

    rig_set(rig, JOBS(JOB("a", "0 */6 * * *", "UTC")));
    rig_pass_to(rig, "2026-11-25 12:30");
    cr_expect(eq(i64, last_over(rig, 0), day(11, 24)));
    rig_pass_to(rig, "2026-11-25 18:00");
    cr_expect(eq(i64, last_over(rig, 0), day(11, 25)));
}

/* The night of one has begun where the other's before is not over. */
Test(night_end, goes_by_each_jobs_own_calendar)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 12:00");

    rig_set(rig, JOBS(JOB("a", "0 1 * * *", "Pacific/Auckland"),
                      JOB("b", "0 22 * * *", "America/Los_Angeles")));
    rig_pass_to(rig, "2026-11-25 12:00"); /* the 26th in Auckland, 01:00; the 25th in Los Angeles */
    cr_expect(eq(i64, last_over(rig, 0), day(11, 24)));
    rig_pass_to(rig, "2026-11-26 06:00"); /* 22:00 in Los Angeles */
    cr_expect(eq(i64, last_over(rig, 0), day(11, 25)));
    cr_expect(eq(i64, last_over(rig, day(11, 26)), day(11, 25)));
}

Test(night_end, a_start_that_is_put_off_is_to_come)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 12:00");

    rig_set(rig, JOBS({.name = "a", .line = "0 2 * * *", .timezone = "UTC", .jitter_s = 10800}));
    rig_pass_to(rig, "2026-11-25 02:00");
    rig_expect_no_more(rig);
    cr_expect(eq(i64, last_over(rig, 0), day(11, 24)));
    rig_pass_to(rig, "2026-11-25 05:01");
    cr_expect(eq(i64, last_over(rig, 0), day(11, 25)));
}

/* The change to summer time leaves 02:15 out: it is due at the change, and the night is the same.
 */
Test(night_end, keeps_its_night_where_summer_time_begins)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-03-28 12:00");

    rig_set(rig, JOBS(JOB("a", "15 2 * * *", "Europe/Berlin")));
    rig_pass_to(rig, "2026-03-29 00:59");
    cr_expect(eq(i64, last_over(rig, 0), day(3, 28)));
    rig_pass_to(rig, "2026-03-29 01:00");
    cr_expect(eq(i64, last_over(rig, 0), day(3, 29)));
}

Test(night_end, is_not_known_before_each_job_is)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 12:00");

    rig->is_database_away = true;
    rig_set(rig, JOBS(JOB("a", "15 2 * * *", "UTC")));
    cr_expect(eq(i64, last_over(rig, 0), INT64_MIN));
    cr_expect(eq(i64, last_over(rig, day(11, 24)), INT64_MIN));
    rig->is_database_away = false;
    rig_pass(rig, 60);
    cr_expect(eq(i64, last_over(rig, 0), day(11, 24)));
}

/* Without a schedule, and no longer there. */
Test(night_end, asks_nothing_of_jobs_that_do_not_come_due)
{
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-11-24 12:00");

    rig_set(rig, JOBS({.name = "hand", .timezone = "UTC"}, JOB("a", "0 23 * * *", "UTC")));
    cr_expect(eq(i64, last_over(rig, 0), day(11, 23)));
    rig_set(rig, JOBS({.name = "hand", .timezone = "UTC"}));
    cr_expect(eq(i64, last_over(rig, 0), INT64_MAX));
    cr_expect(eq(i64, last_over(rig, day(11, 24)), day(11, 23)));
}
