/*
 * When a schedule comes due: a cron line on the wall clock of a time zone.
 *
 * A clock that is set forward or back (summer time, mostly) must not cost a night, and not make two
 * of one. So a line that names its hours ("15 2 * * *", also with steps) comes due once for each
 * time that it names:
 *
 *   - a time that is left out is due at the instant of the change, once for all that are left out
 *     (Europe/Berlin, last Sunday of March: 02:15 is due at 01:00 UTC, when it is 03:00);
 *   - a time that comes twice is due the first time.
 *
 * A line of every hour ("0 * * * *", "*" in place of the hour) is about what passes between two
 * fires, so it just follows the clock as it is: nothing is made up for an hour that is not there,
 * and one that comes twice is due twice. A day that a zone leaves out as a whole has no night.
 */
#pragma once

#include <stdint.h>

#include "config/cron.h"
#include "core/tz.h"

#define SCHEDULE_NEVER INT64_MAX

struct schedule_fire {
    int64_t at_s;  /* seconds since 1970; SCHEDULE_NEVER: there is none */
    int64_t night; /* the date that the line names, in days since 1970: that of its run */
};

/* The first fire strictly after `after_s`. */
struct schedule_fire schedule_next(const struct cron *cron, const struct tz *tz, int64_t after_s);
