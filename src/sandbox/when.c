#include "sandbox/when.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "core/date.h"

static bool read_date(const char *text, int64_t *ret_seconds)
{
    static const int days_in[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day, length = 0;

    if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &length) != 3 || length != 10)
        return false;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in[month - 1])
        return false;
    *ret_seconds = date_days(year, month, day) * 86400;
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
