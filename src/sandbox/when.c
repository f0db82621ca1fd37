#include "sandbox/when.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Days from 1970-01-01, counted in years that begin in March. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t era, year_of_era, day_of_year;

    year -= month <= 2;
    era = year / 400;
    year_of_era = year - era * 400;
    day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

static bool read_date(const char *text, int64_t *ret_seconds)
{
    static const int days_in[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day, length = 0;

    if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &length) != 3 || length != 10)
        return false;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in[month - 1])
        return false;
    *ret_seconds = days_of(year, month, day) * 86400;
    return true;
}

bool when_parse(const char *text, int64_t *ret_seconds)
{
    int hour, minute, second, zone_hour, zone_minute, length = 0;
    char sign;
    int64_t seconds, zone;

    if (!read_date(text, &seconds))
        return false;
    if (text[10] == '\0') {
        *ret_seconds = seconds;
        return true;
    }
    if ((text[10] != ' ' && text[10] != 'T') ||
        sscanf(text + 11, "%2d:%2d:%2d %c%2d:%2d%n", &hour, &minute, &second, &sign, &zone_hour,
               &zone_minute, &length) != 6 ||
        text[11 + length] != '\0')
        return false;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 ||
        (sign != '+' && sign != '-') || zone_hour < 0 || zone_minute < 0 || zone_minute > 59)
        return false;
    zone = zone_hour * 3600 + zone_minute * 60;
    *ret_seconds = seconds + hour * 3600 + minute * 60 + second + (sign == '+' ? -zone : zone);
    return true;
}
