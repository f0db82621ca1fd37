/*
 * Decides when the service starts which job, and accounts for each start that was not made.
 *
 * It knows neither the loop nor the database: `struct scheduler_ports` is how time comes in and
 * starts go out, and tests drive the same code with a clock of their own. What it asks of a port is
 * answered once, later, by the scheduler_on_…() of its name, never from inside the port.
 *
 *   - A job never runs beside itself: what comes due meanwhile is recorded as skipped, behind a
 * start that waits once it has begun or was refused.
 *   - What is found to be due more than SCHEDULER_LATE_S late was missed: linkhaul was not running,
 *     the machine slept, its clock was set forward. The last of what was missed is caught up, once,
 *     where the job has `catch_up` and its hour has not come yet; all else is recorded.
 *   - Nothing that was started or skipped comes due again, wherever the clock is set. What was only
 *     missed does: a clock that ran ahead for a while costs no nights once it is right again.
 *   - Jitter puts a start off by a time that hangs on job and night alone, and never to or beyond
 *     what comes due next.
 *
 * Fires are of the wall clock and known by their instant; a run's duration is measured on the clock
 * that never goes back.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/cron.h"
#include "daemon/schedule.h"

/* Late by no more than this is on time: a restart of the service costs no run. */
#define SCHEDULER_LATE_S 300

/* It looks at the clock at least so often, so that one that was set is found out. */
#define SCHEDULER_NAP_MS 60000

/* What was missed longer ago is not accounted for. */
#define SCHEDULER_MISSED_S (INT64_C(400) * 86400)

/* The job has no catch_up. */
#define SCHEDULER_NO_CATCH_UP (-1)

/* Nothing of the job was ever started or recorded: scheduler_on_looked_up(). */
#define SCHEDULER_NO_FIRE INT64_MIN

struct scheduler;

struct scheduler_job {
    const char *name;     /* unique; copied */
    const char *timezone; /* copied */
    struct tz *tz;        /* of that name; becomes the scheduler's. NULL: only by hand */
    struct cron cron;
    int64_t jitter_s;       /* 0: none */
    int catch_up_until;     /* minute of the day: the first such time behind the fire */
    int64_t max_duration_s; /* of a run; 0: any */
};

struct scheduler_fire {
    const char *job;
    int64_t at_s; /* when it was scheduled, without jitter; of several that were missed, the last */
    int64_t night; /* days since 1970 */
    int64_t n;     /* how many of that night this stands for; 1 but where they were missed */
    bool is_caught_up;
};

struct scheduler_ports {
    int64_t (*wall_ms)(void *data); /* since 1970, as the machine believes */
    int64_t (*mono_ms)(void *data);
    /* Calls scheduler_on_time() in so many milliseconds; a later call replaces an earlier one. */
    void (*wake_in)(void *data, int64_t ms);
    /* When was the job's last fire that was started or recorded? scheduler_on_looked_up(). Nothing
     * of the job is due before that is known. */
    void (*look_up)(void *data, const char *job);
    /* scheduler_on_started(), or scheduler_on_refused(); then scheduler_on_finished(). */
    void (*start)(void *data, const struct scheduler_fire *fire);
    /* The run has lasted for max_duration: no more calls. It is over when it is. */
    void (*stop)(void *data, const char *job);
    /* A start that was not made, and why, for people: "missed: ...", "skipped: ...". */
    void (*record)(void *data, const struct scheduler_fire *fire, const char *reason);
};

struct scheduler *scheduler_new(const struct scheduler_ports *ports, void *data);
void scheduler_destroy(struct scheduler *scheduler);

/*
 * These are the jobs from now on, at first and at each reload. One that was there keeps what is
 * known of it and its run in progress; with another schedule it looks ahead only, and with another
 * max_duration its run has that. One that is gone finishes its run.
 */
void scheduler_set_jobs(struct scheduler *scheduler, const struct scheduler_job *jobs,
                        size_t n_jobs);

void scheduler_on_time(struct scheduler *scheduler);

/* `last_s`: SCHEDULER_NO_FIRE where there is none; then the job is due from when it was set on. */
void scheduler_on_looked_up(struct scheduler *scheduler, const char *job, int64_t last_s);

/* A run of the job began: the one that was asked for, or one by hand. */
void scheduler_on_started(struct scheduler *scheduler, const char *job);

/* The run that was asked for did not begin; this is recorded with the reason ("blocked: balance").
 */
void scheduler_on_refused(struct scheduler *scheduler, const char *job, const char *reason);

/* The job's run is over, however it ended. */
void scheduler_on_finished(struct scheduler *scheduler, const char *job);

/* The first night, in days since 1970, that a fire of any job may still come for; INT64_MIN where
 * that is not known yet of some job, INT64_MAX where none comes. */
int64_t scheduler_first_night(const struct scheduler *scheduler);

/* The first time behind `after_s` that the job's schedule names, in the past or not; SCHEDULE_NEVER
 * where there is none. */
int64_t scheduler_due_s(const struct scheduler *scheduler, const char *job, int64_t after_s);

/* When the job comes due next, jitter included; SCHEDULE_NEVER where it does not, or not known yet.
 */
int64_t scheduler_next_s(const struct scheduler *scheduler, const char *job);
