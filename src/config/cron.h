/*
 * Schedules as cron writes them: minute, hour, day of month, month, day of week.
 *
 * Each field is `*`, a number, a range `1-5`, a list `1,15`, or a step such as `0-30/10`; months
 * and days of the week also by their English names (jan, mon); Sunday is 0 or 7. @hourly, @daily,
 * @midnight, @weekly, @monthly and @yearly are understood. Where both day fields are restricted,
 * either may match, as in every cron since Version 7.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

/* Sets of values, bit n for value n. */
struct cron {
    uint64_t minutes; /* 0..59 */
    uint32_t hours;   /* 0..23 */
    uint32_t days;    /* 1..31 */
    uint16_t months;  /* 1..12 */
    uint8_t weekdays; /* 0 (Sunday)..6 */
    bool any_day;     /* the field began with `*` */
    bool any_weekday;
};

/* False with ERR_CONFIG, naming the field and what it may hold. */
bool cron_parse(const char *text, struct cron *ret_cron, struct err *err);

/* Whether it comes due on a day; `weekday` 0 is Sunday. */
bool cron_is_due_on(const struct cron *cron, int month, int day, int weekday);

/*
 * How often it comes due in 28 years, after which the calendar repeats itself (from 1901 to 2099);
 * a 336th of it is a month's worth.
 */
#define CRON_28_YEARS_DAYS 10227
#define CRON_28_YEARS_MONTHS 336
int64_t cron_in_28_years(const struct cron *cron);

/* How often on a day on which it comes due. */
int64_t cron_in_a_day(const struct cron *cron);
