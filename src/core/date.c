#include "core/date.h"

#include <inttypes.h>
#include <stdio.h>

#define ERA_DAYS 146097   /* 400 years, after which the calendar repeats itself */
#define EPOCH_DAYS 719468 /* 1970-01-01, counted from 0000-03-01 */

/* Counted in years that begin in March, so that a leap day is the last of its year. */
int64_t date_days(int64_t year, int month, int day)
{
    int64_t era, year_of_era, day_of_year;

    year -= month <= 2;
    era = (year >= 0 ? year : year - 399) / 400;
    year_of_era = year - era * 400;
    day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * ERA_DAYS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           EPOCH_DAYS;
}

struct date date_of(int64_t days)
{
    int64_t era, day_of_era, year_of_era, day_of_year, march_month;
    struct date date;

    days += EPOCH_DAYS;
    era = (days >= 0 ? days : days - (ERA_DAYS - 1)) / ERA_DAYS;
    day_of_era = days - era * ERA_DAYS;
    year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    march_month = (5 * day_of_year + 2) / 153;
    date.day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1);
    date.month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
    date.year = year_of_era + era * 400 + (date.month <= 2);
    return date;
}

int date_weekday(int64_t days)
{
    int64_t weekday = (days + 4) % 7; /* 1970-01-01 was a Thursday */

    return (int)(weekday < 0 ? weekday + 7 : weekday);
}

int date_days_in_month(int64_t year, int month)
{
    int64_t next = month == 12 ? date_days(year + 1, 1, 1) : date_days(year, month + 1, 1);

    return (int)(next - date_days(year, month, 1));
}

const char *date_text(int64_t days, char text[DATE_TEXT_MAX])
{
    struct date date = date_of(days);

    snprintf(text, DATE_TEXT_MAX, "%04" PRId64 "-%02d-%02d", date.year, date.month, date.day);
    return text;
}
