/*
 * A scheduler in a world of its own: two clocks that move when the test says so, a database that
 * remembers the last fire of each job, and a list of all that was started and recorded.
 */
#pragma once

#include "daemon/scheduler.h"

#define RIG_JOBS 6
#define RIG_EVENTS_MAX 20000

struct rig_event {
    char what;       /* + started, s to be stopped, - recorded */
    const char *job; /* one of rig.names */
    int64_t at_s, night, n;
    int64_t wall_s; /* when it happened */
    bool is_caught_up;
    char reason[64];
};

/* A job as a test writes it. */
struct rig_job {
    const char *name, *line, *timezone;
    int64_t jitter_s;
    const char *until; /* hh:mm; NULL: no catch_up */
    int64_t max_duration_s;
};

struct rig {
    struct scheduler *scheduler; /* NULL: the service is down */
    int64_t wall_ms, mono_ms, wake_ms;
    char names[RIG_JOBS][32];
    int64_t last_s[RIG_JOBS];  /* as the database has it */
    int64_t takes_s[RIG_JOBS]; /* how long a run takes; -1: until the test ends it */
    int64_t ends_ms[RIG_JOBS]; /* monotonic; 0: none is running */
    bool is_asked[RIG_JOBS], is_started[RIG_JOBS]; /* answers that are due */
    const char *refusal;                           /* of all starts; NULL: none */
    struct scheduler_fire starting[RIG_JOBS];      /* what is_started is for */
    bool is_slow;                                  /* starts wait, and leave no trace yet */
    bool is_database_away;
    struct rig_event *events;
    size_t n_events;
};

/* The wall clock at "yyyy-mm-dd hh:mm" UTC; nothing runs. */
struct rig *rig_new(const char *utc);
void rig_destroy(struct rig **rig);

/* Starts the service with these jobs; for one that runs, a reload. The list ends with a name of
 * NULL. */
void rig_set(struct rig *rig, const struct rig_job *jobs);

/* The service ends, its runs with it. */
void rig_kill(struct rig *rig);

/* Time passes: on both clocks, up to a wall time. */
void rig_pass(struct rig *rig, int64_t seconds);
void rig_pass_to(struct rig *rig, const char *utc);

/* The wall clock alone is set. */
void rig_jump(struct rig *rig, int64_t seconds);

/* Starts that wait, is_slow, wait no longer. */
void rig_hurry(struct rig *rig);

/* A run by hand begins; a run ends. */
void rig_begin(struct rig *rig, const char *job);
void rig_end(struct rig *rig, const char *job);

/* The place of a job in the rig's lists. */
size_t rig_index(struct rig *rig, const char *name);

/* The next event must be that, "+ 2026-03-29 01:00" or "- 2026-03-29 01:00 x2 missed: ...", said of
 * the job at that time; "!" in place of the "+": caught up. */
void rig_expect(struct rig *rig, const char *job, const char *event);

/* And no more has happened. */
void rig_expect_no_more(struct rig *rig);

int64_t rig_utc(const char *text);
