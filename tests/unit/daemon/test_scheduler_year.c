/* The scheduler over a year, in a moment: nights with both changes, jitter, faults, clocks. */
#include "daemon/scheduler.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>

#include "core/date.h"
#include "core/mem.h"
#include "support/random_number.h"
#include "unit/daemon/scheduler_rig.h"

TestSuite(scheduler_year, .timeout = 110);

#define HOUR 3600
#define DAY 86400

static int64_t fires_between(const struct rig_job *job, int64_t after_s, int64_t to_s)
{
    CLEANUP(tz_destroy) struct tz *tz = NULL;
    struct cron cron;
    struct err err = {.text = ""};
    int64_t n = 0;

    cr_assert(cron_parse(job->line, &cron, &err), "%s", err.text);
    tz = tz_load(job->timezone, &err);
    cr_assert(ne(ptr, tz, NULL), "%s", err.text);
    while ((after_s = schedule_next(&cron, tz, after_s).at_s) <= to_s)
        n++;
    return n;
}

/* Each job's nights, in their order, each once. */
static void expect_all_nights(const struct rig *rig, const char *job, int64_t first)
{
    int64_t end = first + 365;

    for (size_t i = 0; i < rig->n_events; i++) {
        const struct rig_event *event = &rig->events[i];

        if (event->job != job)
            continue;
        cr_assert(eq(chr, event->what, '+'));
        cr_assert(eq(i64, event->night, first), "%s", job);
        cr_assert(eq(i64, event->wall_s, event->at_s), "%s", job);
        first++;
    }
    cr_expect(eq(i64, first, end), "%s", job);
}

Test(scheduler_year, starts_every_night_once)
{
    static const struct rig_job jobs[] = {
        {.name = "berlin", .line = "15 2 * * *", .timezone = "Europe/Berlin"},
        {.name = "york", .line = "30 1 * * *", .timezone = "America/New_York"},
        {.name = "kolkata", .line = "@daily", .timezone = "Asia/Kolkata"},
        {.name = "howe", .line = "45 1 * * *", .timezone = "Australia/Lord_Howe"},
        {.name = "hourly", .line = "0 * * * *", .timezone = "Europe/Berlin"},
        {.name = NULL},
    };
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-01-15 18:30");
    int64_t n = 0;

    rig_set(rig, jobs);
    rig_pass_to(rig, "2027-01-15 18:30");
    expect_all_nights(rig, rig->names[0], date_days(2026, 1, 16));
    expect_all_nights(rig, rig->names[1], date_days(2026, 1, 16));
    expect_all_nights(rig, rig->names[2], date_days(2026, 1, 17));
    expect_all_nights(rig, rig->names[3], date_days(2026, 1, 17));
    for (size_t i = 0; i < rig->n_events; i++)
        n += rig->events[i].job == rig->names[4];
    cr_expect(eq(i64, n, 365 * 24), "an hour that comes twice is two");
}

/* Starts lie within the jitter, not all in one place, and where they were in the first life. */
Test(scheduler_year, puts_starts_off_by_the_same_each_time)
{
    static const struct rig_job jobs[] = {
        {.name = "a", .line = "15 2 * * *", .timezone = "UTC", .jitter_s = HOUR},
        {.name = "b", .line = "15 2 * * *", .timezone = "UTC", .jitter_s = HOUR},
        {.name = "c", .line = "*/10 * * * *", .timezone = "UTC", .jitter_s = HOUR},
        {.name = NULL},
    };
    CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-06-01 00:05");
    CLEANUP(rig_destroy) struct rig *other = rig_new("2026-06-01 00:05");
    size_t n_early = 0, n_nightly = 0;
    int64_t last[2] = {0, 0}, n_same = 0;

    rig_set(rig, jobs);
    rig_pass(rig, 60 * DAY);
    rig_set(other, jobs);
    for (int day = 0; day < 60; day++) {
        rig_pass(other, DAY);
        rig_kill(other);
        rig_set(other, jobs);
    }
    cr_assert(eq(sz, rig->n_events, other->n_events));
    for (size_t i = 0; i < rig->n_events; i++) {
        const struct rig_event *event = &rig->events[i];
        int64_t off_s = event->wall_s - event->at_s;
        size_t which = (size_t)(event->job[0] - 'a');

        cr_assert(eq(chr, event->what, '+'));
        cr_assert(eq(i64, event->wall_s, other->events[i].wall_s));
        cr_assert(off_s >= 0 && off_s <= (which == 2 ? 599 : HOUR));
        if (which == 2)
            continue;
        n_nightly++;
        n_early += off_s < HOUR / 2;
        n_same += last[1 - which] == off_s;
        last[which] = off_s;
    }
    cr_expect(eq(sz, n_nightly, 120));
    cr_expect(n_early > 35 && n_early < 85, "%zu", n_early);
    cr_expect(lt(i64, n_same, 5));
}

static const struct rig_job all_jobs[] = {
    {.name = "nightly", .line = "15 2 * * *", .timezone = "Europe/Berlin", .until = "09:00"},
    {.name = "strict", .line = "45 1 * * *", .timezone = "Australia/Lord_Howe"},
    {.name = "often", .line = "*/20 * * * *", .timezone = "America/New_York", .until = "12:00"},
    {.name = "limited", .line = "0 */3 * * *", .timezone = "UTC", .max_duration_s = HOUR},
    {.name = NULL},
};

#define N_JOBS 4

static void shake(struct rig *rig, uint64_t *seed)
{
    size_t job = random_below(seed, N_JOBS);

    switch (random_below(seed, 8)) {
    case 0:
        if (rig->scheduler != NULL)
            rig_kill(rig);
        break;
    case 1:
        rig->is_database_away = random_below(seed, 3) == 0;
        break;
    case 2:
        rig->takes_s[job] = random_below(seed, 7 * HOUR);
        break;
    case 3:
        rig->refusal = random_below(seed, 4) == 0 ? "blocked: balance" : NULL;
        break;
    case 4:
    case 5:
        if (rig->scheduler != NULL)
            rig_set(rig, all_jobs); /* a reload that changes nothing */
        break;
    default:
        if (rig->scheduler == NULL)
            rig_set(rig, all_jobs);
        break;
    }
}

/* Whatever happens but a clock that is set: each time that a job comes due is told of once. */
Test(scheduler_year, accounts_for_every_fire)
{
    for (uint64_t round = 0; round < 3; round++) {
        CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-02-01 12:34");
        uint64_t seed = round;
        int64_t n[N_JOBS] = {0}, end_s;

        for (size_t job = 0; job < N_JOBS; job++)
            rig->last_s[rig_index(rig, all_jobs[job].name)] = rig->wall_ms / 1000;
        rig_set(rig, all_jobs);
        for (int step = 0; step < 600; step++) {
            shake(rig, &seed);
            rig_pass(rig, random_below(&seed, random_below(&seed, 20) == 0 ? 60 * HOUR : 6 * HOUR));
        }
        rig->is_database_away = false;
        if (rig->scheduler == NULL)
            rig_set(rig, all_jobs);
        rig_pass(rig, 1);
        end_s = rig->wall_ms / 1000;
        for (size_t i = 0; i < rig->n_events; i++)
            for (size_t job = 0; job < N_JOBS; job++)
                n[job] += rig->events[i].job == rig->names[job] ? rig->events[i].n : 0;
        for (size_t job = 0; job < N_JOBS; job++)
            cr_expect(
                eq(i64, n[job], fires_between(&all_jobs[job], rig_utc("2026-02-01 12:34"), end_s)),
                "%s in round %" PRIu64, all_jobs[job].name, round);
    }
}

/* However the clock is set, within one life and over several, no fire is started twice. */
Test(scheduler_year, starts_nothing_twice_whatever_the_clock_does)
{
    for (uint64_t round = 0; round < 8; round++) {
        CLEANUP(rig_destroy) struct rig *rig = rig_new("2026-03-01 12:34");
        uint64_t seed = round;
        size_t n_before;

        for (size_t job = 0; job < N_JOBS; job++)
            rig_index(rig, all_jobs[job].name);
        rig_set(rig, all_jobs);
        for (int step = 0; step < 200; step++) {
            int64_t most_s = random_below(&seed, 2) == 0 ? HOUR : 9 * DAY;

            shake(rig, &seed);
            rig_pass(rig, random_below(&seed, 5 * HOUR));
            if (random_below(&seed, 3) == 0)
                rig_jump(rig, random_below(&seed, (unsigned)(2 * most_s)) - most_s);
        }
        for (size_t i = 0; i < rig->n_events; i++)
            for (size_t j = i + 1; j < rig->n_events; j++) {
                const struct rig_event *a = &rig->events[i], *b = &rig->events[j];

                if (a->what == '+' && b->what == '+' && a->job == b->job && a->at_s == b->at_s)
                    cr_fatal("round %" PRIu64 ": %s was started twice", round, a->job);
            }
        /* And it lives on: behind all that was, nights are started again. */
        rig->is_database_away = false;
        rig->refusal = NULL;
        for (size_t job = 0; job < N_JOBS; job++)
            rig->takes_s[job] = 0;
        if (rig->scheduler == NULL)
            rig_set(rig, all_jobs);
        rig_pass(rig, 90 * DAY);
        n_before = rig->n_events;
        rig_pass(rig, DAY);
        cr_expect(eq(sz, rig->n_events, n_before + 1 + 1 + 72 + 8), "round %" PRIu64, round);
    }
}
