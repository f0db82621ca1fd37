#include "daemon/scheduler.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/crc32c.h"
#include "core/mem.h"
#include "daemon/stretches.h"

#define MINUTES_IN_AN_HOUR 60

enum job_state {
    JOB_IDLE,
    JOB_STARTING,
    JOB_RUNNING,
    JOB_STOPPING, /* it has run for too long */
};

/* A start that was not made, to be recorded. */
struct held {
    struct scheduler_fire fire;
    const char *reason;
};

struct job {
    char *name, *timezone;
    struct tz *tz; /* NULL: no schedule, or the job is gone */
    struct cron cron;
    int64_t jitter_s;
    int catch_up_until;
    int64_t max_duration_s;

    bool is_gone;  /* from the configuration; what is known of it stays */
    bool is_known; /* what was its last fire */
    int64_t set_s; /* since when it is there */
    int64_t known_s;
    int64_t mark_s;             /* what came due until then is dealt with */
    struct schedule_fire next;  /* the first one behind that */
    int64_t due_s;              /* when that is to start */
    struct stretches done;      /* fires that were started or recorded, those missed excepted */
    struct scheduler_fire fire; /* the one that is starting */
    struct held *held;          /* behind it; what is recorded by then is all that is looked up */
    size_t n_held;
    enum job_state state;
    int64_t started_ms; /* monotonic */
};

struct scheduler {
    struct scheduler_ports ports;
    void *data;
    struct job **jobs;
    size_t n_jobs;
};

struct scheduler *scheduler_new(const struct scheduler_ports *ports, void *data)
{
    struct scheduler *scheduler = mem_new(sizeof(*scheduler));

    scheduler->ports = *ports;
    scheduler->data = data;
    return scheduler;
}

void scheduler_destroy(struct scheduler *scheduler)
{
    for (size_t i = 0; i < scheduler->n_jobs; i++) {
        tz_free(scheduler->jobs[i]->tz);
        free(scheduler->jobs[i]->timezone);
        free(scheduler->jobs[i]->name);
        free(scheduler->jobs[i]->held);
        free(scheduler->jobs[i]);
    }
    free(scheduler->jobs);
    free(scheduler);
}

static int64_t wall_s(const struct scheduler *scheduler)
{
    return scheduler->ports.wall_ms(scheduler->data) / 1000;
}

static struct job *find_job(const struct scheduler *scheduler, const char *name)
{
    for (size_t i = 0; i < scheduler->n_jobs; i++)
        if (strcmp(scheduler->jobs[i]->name, name) == 0)
            return scheduler->jobs[i];
    return NULL;
}

/* By how much a fire is put off: less than until the next one. */
static int64_t jitter_of(const struct job *job, const struct schedule_fire *fire)
{
    int64_t gap_s, jitter_s = job->jitter_s;
    uint32_t hash;

    if (jitter_s == 0)
        return 0;
    gap_s = schedule_next(&job->cron, job->tz, fire->at_s).at_s - fire->at_s;
    if (jitter_s >= gap_s)
        jitter_s = gap_s - 1;
    hash = crc32c(0, job->name, strlen(job->name));
    hash = crc32c(hash, &fire->night, sizeof(fire->night));
    return hash % (jitter_s + 1);
}

/* Finds what comes due behind the mark and is not dealt with. */
static void find_next(struct job *job)
{
    job->next = schedule_next(&job->cron, job->tz, job->mark_s);
    while (job->next.at_s != SCHEDULE_NEVER &&
           stretches_hold(&job->done, job->next.at_s, &job->mark_s))
        job->next = schedule_next(&job->cron, job->tz, job->mark_s);
    job->due_s = job->next.at_s;
    if (job->next.at_s != SCHEDULE_NEVER)
        job->due_s += jitter_of(job, &job->next);
}

static bool is_scheduled(const struct job *job)
{
    return job->tz != NULL && job->is_known;
}

/* The first time behind a fire that the clock shows catch_up's hour. */
static int64_t catch_up_until_s(const struct job *job, int64_t at_s)
{
    struct cron until = {
        .minutes = UINT64_C(1) << job->catch_up_until % MINUTES_IN_AN_HOUR,
        .hours = UINT32_C(1) << job->catch_up_until / MINUTES_IN_AN_HOUR,
        .days = UINT32_MAX,
        .months = UINT16_MAX,
        .weekdays = UINT8_MAX,
        .any_day = true,
        .any_weekday = true,
    };

    return schedule_next(&until, job->tz, at_s).at_s;
}

static const char *why_missed(const struct job *job, int64_t at_s)
{
    if (at_s < job->set_s)
        return "missed: linkhaul was not running";
    if (at_s < job->known_s)
        return "missed: the database was away";
    return "missed: the machine slept, or its clock was set";
}

static struct scheduler_fire fire_of(const struct job *job, const struct schedule_fire *fire)
{
    return (struct scheduler_fire){
        .job = job->name, .at_s = fire->at_s, .night = fire->night, .n = 1};
}

/*
 * Records a start that was not made. While one before it is on its way that waits, several of a
 * night together: a process that ended meanwhile would leave the one before without a trace, since
 * the next looks up the last that is recorded.
 */
static void record(struct scheduler *scheduler, struct job *job, const struct scheduler_fire *fire,
                   const char *reason)
{
    struct held *last = job->n_held > 0 ? &job->held[job->n_held - 1] : NULL;

    if (job->state != JOB_STARTING) {
        scheduler->ports.record(scheduler->data, fire, reason);
        return;
    }
    if (last != NULL && last->fire.night == fire->night && last->reason == reason) {
        last->fire.at_s = fire->at_s;
        last->fire.n += fire->n;
        return;
    }
    job->held = mem_resize(job->held, job->n_held + 1, sizeof(job->held[0]));
    job->held[job->n_held++] = (struct held){*fire, reason};
}

static void record_held(struct scheduler *scheduler, struct job *job)
{
    for (size_t i = 0; i < job->n_held; i++)
        scheduler->ports.record(scheduler->data, &job->held[i].fire, job->held[i].reason);
    job->n_held = 0;
}

/* Adds a fire to those that were missed, or records these, where it is NULL or of other kind. */
static void miss(struct scheduler *scheduler, struct job *job, struct scheduler_fire *missed,
                 const struct schedule_fire *fire)
{
    if (missed->n > 0) {
        const char *reason = why_missed(job, missed->at_s);

        if (fire != NULL && fire->night == missed->night && reason == why_missed(job, fire->at_s)) {
            missed->at_s = fire->at_s;
            missed->n++;
            return;
        }
        record(scheduler, job, missed, reason);
    }
    if (fire != NULL)
        *missed = fire_of(job, fire);
}

/* Starts a fire, or says why not. */
static void begin(struct scheduler *scheduler, struct job *job, const struct scheduler_fire *fire)
{
    switch (job->state) {
    case JOB_IDLE:
        job->state = JOB_STARTING;
        job->fire = *fire;
        scheduler->ports.start(scheduler->data, fire);
        break;
    case JOB_STARTING:
        record(scheduler, job, fire, "skipped: the start before waited");
        break;
    case JOB_RUNNING:
    case JOB_STOPPING:
        record(scheduler, job, fire, "skipped: still running");
        break;
    }
}

/* Takes all that is due; only the last of it can still be started. */
static void take_due(struct scheduler *scheduler, struct job *job, int64_t now_s)
{
    struct scheduler_fire missed = {.n = 0}, last;
    struct schedule_fire fire;
    int64_t due_s, before_s;

    if (job->next.at_s < now_s - SCHEDULER_MISSED_S) {
        job->mark_s = now_s - SCHEDULER_MISSED_S;
        find_next(job);
    }
    if (now_s < job->due_s)
        return;
    for (;;) {
        before_s = job->mark_s;
        fire = job->next;
        due_s = job->due_s;
        job->mark_s = fire.at_s;
        find_next(job);
        if (now_s < job->due_s)
            break;
        miss(scheduler, job, &missed, &fire);
    }
    last = fire_of(job, &fire);
    last.is_caught_up = now_s - due_s > SCHEDULER_LATE_S;
    if (last.is_caught_up && (job->catch_up_until == SCHEDULER_NO_CATCH_UP ||
                              now_s >= catch_up_until_s(job, fire.at_s))) {
        miss(scheduler, job, &missed, &fire);
        miss(scheduler, job, &missed, NULL);
        return;
    }
    miss(scheduler, job, &missed, NULL);
    stretches_add(&job->done, before_s + 1, fire.at_s);
    begin(scheduler, job, &last);
}

static void look(struct scheduler *scheduler, struct job *job, int64_t now_s, int64_t now_ms)
{
    if (is_scheduled(job)) {
        if (now_s < job->mark_s) { /* the clock was set back */
            job->mark_s = now_s;
            find_next(job);
        }
        if (now_s >= job->due_s)
            take_due(scheduler, job, now_s);
    }
    if (job->state == JOB_RUNNING && job->max_duration_s > 0 &&
        now_ms - job->started_ms >= job->max_duration_s * 1000) {
        job->state = JOB_STOPPING;
        scheduler->ports.stop(scheduler->data, job->name);
    }
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void arm(struct scheduler *scheduler)
{
    int64_t now_ms = scheduler->ports.mono_ms(scheduler->data);
    int64_t wall_ms = scheduler->ports.wall_ms(scheduler->data);
    int64_t wait_ms = SCHEDULER_NAP_MS;

    for (size_t i = 0; i < scheduler->n_jobs; i++) {
        const struct job *job = scheduler->jobs[i];

        if (is_scheduled(job) && job->due_s != SCHEDULE_NEVER)
            wait_ms = least(wait_ms, job->due_s * 1000 - wall_ms);
        if (job->state == JOB_RUNNING && job->max_duration_s > 0)
            wait_ms = least(wait_ms, job->started_ms + job->max_duration_s * 1000 - now_ms);
    }
    scheduler->ports.wake_in(scheduler->data, wait_ms > 0 ? wait_ms : 0);
}

void scheduler_on_time(struct scheduler *scheduler)
{
    int64_t now_s = wall_s(scheduler), now_ms = scheduler->ports.mono_ms(scheduler->data);

    for (size_t i = 0; i < scheduler->n_jobs; i++)
        look(scheduler, scheduler->jobs[i], now_s, now_ms);
    arm(scheduler);
}

/* The sets alone: a structure has holes. */
static bool is_same_schedule(const struct job *job, const struct scheduler_job *wanted)
{
    const struct cron *a = &job->cron, *b = &wanted->cron;

    return job->tz != NULL && wanted->tz != NULL && strcmp(job->timezone, wanted->timezone) == 0 &&
           a->minutes == b->minutes && a->hours == b->hours && a->days == b->days &&
           a->months == b->months && a->weekdays == b->weekdays && a->any_day == b->any_day &&
           a->any_weekday == b->any_weekday;
}

static struct job *add_job(struct scheduler *scheduler, const char *name)
{
    struct job *job = mem_new(sizeof(*job));

    scheduler->jobs =
        mem_resize(scheduler->jobs, scheduler->n_jobs + 1, sizeof(scheduler->jobs[0]));
    scheduler->jobs[scheduler->n_jobs++] = job;
    job->name = mem_strdup(name);
    job->is_gone = true;
    return job;
}

static void set_job(struct scheduler *scheduler, const struct scheduler_job *wanted)
{
    struct job *job = find_job(scheduler, wanted->name);
    bool is_new = job == NULL;

    if (is_new)
        job = add_job(scheduler, wanted->name);
    if (job->is_gone || !is_same_schedule(job, wanted)) {
        job->set_s = wall_s(scheduler);
        job->mark_s = job->set_s;
    }
    tz_free(job->tz);
    free(job->timezone);
    job->tz = wanted->tz;
    job->timezone = mem_strdup(wanted->timezone);
    job->cron = wanted->cron;
    job->jitter_s = wanted->jitter_s;
    job->catch_up_until = wanted->catch_up_until;
    job->max_duration_s = wanted->max_duration_s;
    job->is_gone = false;
    if (is_scheduled(job))
        find_next(job);
    if (is_new)
        scheduler->ports.look_up(scheduler->data, job->name);
}

void scheduler_set_jobs(struct scheduler *scheduler, const struct scheduler_job *jobs,
                        size_t n_jobs)
{
    for (size_t i = 0; i < n_jobs; i++)
        set_job(scheduler, &jobs[i]);
    for (size_t i = 0; i < scheduler->n_jobs; i++) {
        struct job *job = scheduler->jobs[i];
        size_t at = 0;

        while (at < n_jobs && strcmp(jobs[at].name, job->name) != 0)
            at++;
        if (at < n_jobs)
            continue;
        job->is_gone = true;
        tz_free(job->tz);
        job->tz = NULL;
    }
    arm(scheduler);
}

static struct job *known_job(const struct scheduler *scheduler, const char *name)
{
    struct job *job = find_job(scheduler, name);

    assert(job != NULL);
    return job;
}

void scheduler_on_looked_up(struct scheduler *scheduler, const char *name, int64_t last_s)
{
    struct job *job = known_job(scheduler, name);

    assert(!job->is_known);
    job->is_known = true;
    job->known_s = wall_s(scheduler);
    if (last_s != SCHEDULER_NO_FIRE) {
        stretches_add(&job->done, INT64_MIN, last_s);
        job->mark_s = last_s;
    }
    if (is_scheduled(job))
        find_next(job);
    scheduler_on_time(scheduler);
}

void scheduler_on_started(struct scheduler *scheduler, const char *name)
{
    struct job *job = known_job(scheduler, name);

    assert(job->state == JOB_IDLE || job->state == JOB_STARTING);
    job->state = JOB_RUNNING;
    job->started_ms = scheduler->ports.mono_ms(scheduler->data);
    record_held(scheduler, job);
    arm(scheduler);
}

void scheduler_on_refused(struct scheduler *scheduler, const char *name, const char *reason)
{
    struct job *job = known_job(scheduler, name);

    assert(job->state == JOB_STARTING);
    job->state = JOB_IDLE;
    record(scheduler, job, &job->fire, reason);
    record_held(scheduler, job);
}

void scheduler_on_finished(struct scheduler *scheduler, const char *name)
{
    struct job *job = known_job(scheduler, name);

    assert(job->state == JOB_RUNNING || job->state == JOB_STOPPING);
    job->state = JOB_IDLE;
}

int64_t scheduler_next_s(const struct scheduler *scheduler, const char *name)
{
    const struct job *job = find_job(scheduler, name);

    return job != NULL && is_scheduled(job) ? job->due_s : SCHEDULE_NEVER;
}

int64_t scheduler_first_night(const struct scheduler *scheduler)
{
    int64_t first = INT64_MAX;

    for (size_t i = 0; i < scheduler->n_jobs; i++) {
        const struct job *job = scheduler->jobs[i];

        if (job->tz != NULL && !job->is_known)
            return INT64_MIN;
        if (job->tz != NULL && job->next.at_s != SCHEDULE_NEVER && job->next.night < first)
            first = job->next.night;
    }
    return first;
}

int64_t scheduler_due_s(const struct scheduler *scheduler, const char *name, int64_t after_s)
{
    const struct job *job = find_job(scheduler, name);

    return job != NULL && job->tz != NULL ? schedule_next(&job->cron, job->tz, after_s).at_s
                                          : SCHEDULE_NEVER;
}
