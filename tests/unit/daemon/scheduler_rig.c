#include "unit/daemon/scheduler_rig.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "core/mem.h"

#define MS 1000

int64_t rig_utc(const char *text)
{
    int year, month, day, hour, minute;

    cr_assert(eq(int, sscanf(text, "%d-%d-%d %d:%d", &year, &month, &day, &hour, &minute), 5));
    return date_days(year, month, day) * 86400 + hour * 3600 + minute * 60;
}

size_t rig_index(struct rig *rig, const char *name)
{
    size_t i = 0;

    while (i < RIG_JOBS && rig->names[i][0] != '\0' && strcmp(rig->names[i], name) != 0)
        i++;
    cr_assert(lt(sz, i, (size_t)RIG_JOBS));
    if (rig->names[i][0] == '\0') {
        snprintf(rig->names[i], sizeof(rig->names[i]), "%s", name);
        rig->last_s[i] = SCHEDULER_NO_FIRE;
    }
    return i;
}

static struct rig_event *add_event(struct rig *rig, char what, const char *job)
{
    struct rig_event *event = &rig->events[rig->n_events++];

    cr_assert(lt(sz, rig->n_events, (size_t)RIG_EVENTS_MAX));
    *event = (struct rig_event){
        .what = what, .job = rig->names[rig_index(rig, job)], .wall_s = rig->wall_ms / MS};
    return event;
}

static void add_fire(struct rig *rig, char what, const struct scheduler_fire *fire,
                     const char *reason)
{
    size_t i = rig_index(rig, fire->job);
    struct rig_event *event = add_event(rig, what, fire->job);

    event->at_s = fire->at_s;
    event->night = fire->night;
    event->n = fire->n;
    event->is_caught_up = fire->is_caught_up;
    snprintf(event->reason, sizeof(event->reason), "%s", reason);
    if (fire->at_s > rig->last_s[i])
        rig->last_s[i] = fire->at_s;
}

static int64_t port_wall_ms(void *data)
{
    return ((struct rig *)data)->wall_ms;
}

static int64_t port_mono_ms(void *data)
{
    return ((struct rig *)data)->mono_ms;
}

static void port_wake_in(void *data, int64_t ms)
{
    struct rig *rig = data;

    cr_assert(ms >= 0 && ms <= SCHEDULER_NAP_MS);
    rig->wake_ms = rig->mono_ms + ms;
}

static void port_look_up(void *data, const char *job)
{
    struct rig *rig = data;

    rig->is_asked[rig_index(rig, job)] = true;
}

/* The ones that waited are in the database from here on. */
void rig_hurry(struct rig *rig)
{
    rig->is_slow = false;
    for (size_t i = 0; i < RIG_JOBS; i++)
        if (rig->is_started[i] && rig->refusal == NULL)
            add_fire(rig, '+', &rig->starting[i], "");
}

static void port_start(void *data, const struct scheduler_fire *fire)
{
    struct rig *rig = data;
    size_t i = rig_index(rig, fire->job);

    cr_assert(eq(i64, rig->ends_ms[i], 0), "%s runs beside itself", fire->job);
    cr_assert(not(rig->is_started[i]));
    rig->is_started[i] = true;
    rig->starting[i] = *fire;
    if (rig->refusal == NULL && !rig->is_slow)
        add_fire(rig, '+', fire, "");
}

static void port_stop(void *data, const char *job)
{
    add_event(data, 's', job);
}

static void port_record(void *data, const struct scheduler_fire *fire, const char *reason)
{
    add_fire(data, '-', fire, reason);
}

/* Gives the answers that are due. */
static void answer(struct rig *rig)
{
    for (size_t i = 0; i < RIG_JOBS && rig->scheduler != NULL; i++) {
        if (rig->is_asked[i] && !rig->is_database_away) {
            rig->is_asked[i] = false;
            scheduler_on_looked_up(rig->scheduler, rig->names[i], rig->last_s[i]);
        }
        if (rig->is_started[i] && !rig->is_slow) {
            rig->is_started[i] = false;
            if (rig->refusal != NULL)
                scheduler_on_refused(rig->scheduler, rig->names[i], rig->refusal);
            else
                rig_begin(rig, rig->names[i]);
        }
        if (rig->ends_ms[i] != 0 && rig->mono_ms >= rig->ends_ms[i])
            rig_end(rig, rig->names[i]);
    }
}

struct rig *rig_new(const char *utc)
{
    struct rig *rig = mem_new(sizeof(*rig));

    rig->events = mem_new_array(RIG_EVENTS_MAX, sizeof(*rig->events));
    rig->wall_ms = rig_utc(utc) * MS;
    rig->mono_ms = 1000000;
    return rig;
}

void rig_destroy(struct rig **rig)
{
    if ((*rig)->scheduler != NULL)
        scheduler_destroy((*rig)->scheduler);
    free((*rig)->events);
    free(*rig);
}

static int read_until(const char *until)
{
    int hour, minute;

    if (until == NULL)
        return SCHEDULER_NO_CATCH_UP;
    cr_assert(eq(int, sscanf(until, "%d:%d", &hour, &minute), 2));
    return hour * 60 + minute;
}

void rig_set(struct rig *rig, const struct rig_job *jobs)
{
    static const struct scheduler_ports ports = {
        .wall_ms = port_wall_ms,
        .mono_ms = port_mono_ms,
        .wake_in = port_wake_in,
        .look_up = port_look_up,
        .start = port_start,
        .stop = port_stop,
        .record = port_record,
    };
    struct scheduler_job wanted[RIG_JOBS];
    size_t n = 0;
    struct err err = {.text = ""};

    for (; jobs[n].name != NULL; n++) {
        wanted[n] = (struct scheduler_job){
            .name = jobs[n].name,
            .timezone = jobs[n].timezone,
            .jitter_s = jobs[n].jitter_s,
            .catch_up_until = read_until(jobs[n].until),
            .max_duration_s = jobs[n].max_duration_s,
        };
        if (jobs[n].line == NULL)
            continue;
        cr_assert(cron_parse(jobs[n].line, &wanted[n].cron, &err), "%s", err.text);
        wanted[n].tz = tz_load(jobs[n].timezone, &err);
        cr_assert(ne(ptr, wanted[n].tz, NULL), "%s", err.text);
    }
    if (rig->scheduler == NULL)
        rig->scheduler = scheduler_new(&ports, rig);
    scheduler_set_jobs(rig->scheduler, wanted, n);
    answer(rig);
}

void rig_kill(struct rig *rig)
{
    scheduler_destroy(rig->scheduler);
    rig->scheduler = NULL;
    for (size_t i = 0; i < RIG_JOBS; i++) {
        rig->is_asked[i] = rig->is_started[i] = false;
        rig->ends_ms[i] = 0;
    }
}

/* When the next thing happens, but not after `to_ms`. */
static int64_t next_ms(const struct rig *rig, int64_t to_ms)
{
    if (rig->wake_ms < to_ms)
        to_ms = rig->wake_ms;
    for (size_t i = 0; i < RIG_JOBS; i++)
        if (rig->ends_ms[i] != 0 && rig->ends_ms[i] < to_ms)
            to_ms = rig->ends_ms[i];
    return to_ms > rig->mono_ms ? to_ms : rig->mono_ms;
}

void rig_pass(struct rig *rig, int64_t seconds)
{
    int64_t to_ms = rig->mono_ms + seconds * MS;

    if (rig->scheduler == NULL) {
        rig->wall_ms += to_ms - rig->mono_ms;
        rig->mono_ms = to_ms;
        return;
    }
    answer(rig);
    while (rig->mono_ms < to_ms) {
        int64_t at_ms = next_ms(rig, to_ms);

        rig->wall_ms += at_ms - rig->mono_ms;
        rig->mono_ms = at_ms;
        answer(rig);
        if (rig->mono_ms >= rig->wake_ms)
            scheduler_on_time(rig->scheduler);
        answer(rig);
    }
}

void rig_pass_to(struct rig *rig, const char *utc)
{
    cr_assert(ge(i64, rig_utc(utc), rig->wall_ms / MS), "it is later than %s", utc);
    rig_pass(rig, rig_utc(utc) - rig->wall_ms / MS);
}

void rig_jump(struct rig *rig, int64_t seconds)
{
    rig->wall_ms += seconds * MS;
}

void rig_begin(struct rig *rig, const char *job)
{
    size_t i = rig_index(rig, job);

    rig->ends_ms[i] = rig->takes_s[i] < 0 ? INT64_MAX : rig->mono_ms + rig->takes_s[i] * MS + 1;
    scheduler_on_started(rig->scheduler, job);
}

void rig_end(struct rig *rig, const char *job)
{
    rig->ends_ms[rig_index(rig, job)] = 0;
    scheduler_on_finished(rig->scheduler, job);
}

static void write_event(const struct rig_event *event, char *text, size_t size)
{
    char day[DATE_TEXT_MAX];
    int length;

    if (event->what == 's') {
        snprintf(text, size, "stop");
        return;
    }
    length = snprintf(text, size, "%c %s %02d:%02d",
                      event->what == '+' && event->is_caught_up ? '!' : event->what,
                      date_text(event->at_s / 86400, day), (int)(event->at_s % 86400 / 3600),
                      (int)(event->at_s % 3600 / 60));
    if (event->n != 1)
        length += snprintf(text + length, size - (size_t)length, " x%" PRId64, event->n);
    if (event->reason[0] != '\0')
        snprintf(text + length, size - (size_t)length, " %s", event->reason);
}

void rig_expect(struct rig *rig, const char *job, const char *expected)
{
    char text[160];

    cr_assert(gt(sz, rig->n_events, 0), "nothing has happened; expected %s: %s", job, expected);
    write_event(&rig->events[0], text, sizeof(text));
    cr_expect(eq(int, strcmp(text, expected), 0), "%s, expected %s", text, expected);
    cr_expect_str_eq(rig->events[0].job, job);
    rig->n_events--;
    memmove(&rig->events[0], &rig->events[1], rig->n_events * sizeof(rig->events[0]));
}

void rig_expect_no_more(struct rig *rig)
{
    char text[160] = "";

    if (rig->n_events > 0)
        write_event(&rig->events[0], text, sizeof(text));
    cr_assert(eq(sz, rig->n_events, 0), "%s", text);
}
