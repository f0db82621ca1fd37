#include "daemon/schedule.h"

#include <stdbool.h>

#include "core/date.h"

#define DAY_S 86400
#define MINUTES_IN_A_DAY 1440
#define EVERY_HOUR 0xffffffu
/* The 29ths of February of one weekday lie up to 40 years apart: around 2100, which has none. */
#define HORIZON_S (INT64_C(41) * 366 * DAY_S)

static int64_t day_of(int64_t s)
{
    return s >= 0 ? s / DAY_S : -((-s + DAY_S - 1) / DAY_S);
}

/* The first minute of a day, not before that one; MINUTES_IN_A_DAY where there is none. */
static int64_t first_in_day(const struct cron *cron, int64_t minute)
{
    while (minute < MINUTES_IN_A_DAY &&
           ((cron->hours >> minute / 60 & 1) == 0 || (cron->minutes >> minute % 60 & 1) == 0))
        minute++;
    return minute;
}

/* The first time that the line names, `from_s` or later and before `to_s`, as a wall clock shows
 * them; else SCHEDULE_NEVER. */
static int64_t first_on_wall(const struct cron *cron, int64_t from_s, int64_t to_s)
{
    int64_t day = day_of(from_s);
    int64_t minute = (from_s - day * DAY_S + 59) / 60;

    for (; day * DAY_S < to_s; day++, minute = 0) {
        struct date date = date_of(day);

        if (!cron_is_due_on(cron, date.month, date.day, date_weekday(day)))
            continue;
        minute = first_in_day(cron, minute);
        if (minute < MINUTES_IN_A_DAY) {
            int64_t due_s = day * DAY_S + minute * 60;

            return due_s < to_s ? due_s : SCHEDULE_NEVER;
        }
    }
    return SCHEDULE_NEVER;
}

/* The first fire within a span, `from_s` or later and before `to_s`. */
static struct schedule_fire first_in_span(const struct cron *cron, const struct tz *tz,
                                          const struct tz_span *span, int64_t from_s, int64_t to_s)
{
    const struct schedule_fire never = {.at_s = SCHEDULE_NEVER};
    int64_t wall_s = from_s + span->offset_s, due_s;

    if (cron->hours != EVERY_HOUR && span->from_s != INT64_MIN) {
        int64_t before_s = span->from_s + tz_span(tz, span->from_s - 1).offset_s;
        int64_t after_s = span->from_s + span->offset_s;

        if (from_s == span->from_s && after_s - before_s < DAY_S) {
            due_s = first_on_wall(cron, before_s, after_s);
            if (due_s != SCHEDULE_NEVER)
                return (struct schedule_fire){.at_s = from_s, .night = day_of(due_s)};
        }
        if (wall_s < before_s)
            wall_s = before_s; /* what lies before has been there once */
    }
    due_s = first_on_wall(cron, wall_s, to_s + span->offset_s);
    if (due_s == SCHEDULE_NEVER)
        return never;
    return (struct schedule_fire){.at_s = due_s - span->offset_s, .night = day_of(due_s)};
}

struct schedule_fire schedule_next(const struct cron *cron, const struct tz *tz, int64_t after_s)
{
    struct schedule_fire fire = {.at_s = SCHEDULE_NEVER};
    int64_t end_s = after_s + HORIZON_S;

    for (int64_t from_s = after_s + 1; from_s < end_s && fire.at_s == SCHEDULE_NEVER;) {
        struct tz_span span = tz_span(tz, from_s);
        int64_t to_s = span.to_s < end_s ? span.to_s : end_s;

        fire = first_in_span(cron, tz, &span, from_s, to_s);
        from_s = to_s;
    }
    return fire;
}
