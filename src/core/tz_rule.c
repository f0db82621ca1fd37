#include "core/tz_rule.h"

#include <ctype.h>
#include <stddef.h>

#include "core/date.h"

#define DAY_S 86400
#define SUMMER_S 3600 /* unless the rule says otherwise */

static bool read_number(const char **at, int min, int max, int *ret_value)
{
    int value = 0;

    if (!isdigit((unsigned char)**at))
        return false;
    for (; isdigit((unsigned char)**at) && value <= max; (*at)++)
        value = value * 10 + (**at - '0');
    *ret_value = value;
    return value >= min && value <= max;
}

static bool read_char(const char **at, char c)
{
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

/* [+-]hh[:mm[:ss]] */
static bool read_time(const char **at, int64_t *ret_time_s)
{
    bool is_negative = read_char(at, '-');
    int hours, minutes = 0, seconds = 0;

    if (!is_negative)
        read_char(at, '+');
    if (!read_number(at, 0, 167, &hours))
        return false;
    if (read_char(at, ':') && !read_number(at, 0, 59, &minutes))
        return false;
    if (read_char(at, ':') && !read_number(at, 0, 59, &seconds))
        return false;
    *ret_time_s = (int64_t)hours * 3600 + minutes * 60 + seconds;
    if (is_negative)
        *ret_time_s = -*ret_time_s;
    return true;
}

/* A name is passed over: nobody asks for it. */
static bool skip_name(const char **at)
{
    const char *start = *at;

    if (read_char(at, '<')) {
        while (**at != '\0' && **at != '>')
            (*at)++;
        return read_char(at, '>');
    }
    while (isalpha((unsigned char)**at))
        (*at)++;
    return *at - start >= 3;
}

static bool read_day(const char **at, struct tz_day *day)
{
    *day = (struct tz_day){.kind = TZ_DAY_OF_YEAR, .time_s = 2 * 3600};
    if (!read_char(at, ','))
        return false;
    if (read_char(at, 'M')) {
        day->kind = TZ_DAY_OF_WEEK;
        if (!read_number(at, 1, 12, &day->month) || !read_char(at, '.') ||
            !read_number(at, 1, 5, &day->week) || !read_char(at, '.') ||
            !read_number(at, 0, 6, &day->day))
            return false;
    } else if (read_char(at, 'J')) {
        day->kind = TZ_DAY_BUT_LEAP;
        if (!read_number(at, 1, 365, &day->day))
            return false;
    } else if (!read_number(at, 0, 365, &day->day)) {
        return false;
    }
    return !read_char(at, '/') || read_time(at, &day->time_s);
}

bool tz_rule_parse(const char *text, struct tz_rule *ret_rule)
{
    struct tz_rule rule = {.has_summer = false};

    if (!skip_name(&text) || !read_time(&text, &rule.offset_s))
        return false;
    rule.offset_s = -rule.offset_s; /* POSIX counts to the west */
    if (*text != '\0') {
        rule.has_summer = true;
        rule.summer_offset_s = rule.offset_s + SUMMER_S;
        if (!skip_name(&text))
            return false;
        if (*text != ',') {
            if (!read_time(&text, &rule.summer_offset_s))
                return false;
            rule.summer_offset_s = -rule.summer_offset_s;
        }
        if (!read_day(&text, &rule.begins) || !read_day(&text, &rule.ends) || *text != '\0')
            return false;
    }
    *ret_rule = rule;
    return true;
}

/* The instant of a change in a year, on a clock with that offset. */
static int64_t change_s(const struct tz_day *change, int64_t year, int64_t offset_s)
{
    int64_t first = date_days(year, 1, 1), days = first;

    switch (change->kind) {
    case TZ_DAY_OF_YEAR:
        days += change->day;
        break;
    case TZ_DAY_BUT_LEAP:
        days += change->day - 1 + (change->day > 59 && date_days_in_month(year, 2) == 29);
        break;
    case TZ_DAY_OF_WEEK:
        first = date_days(year, change->month, 1);
        days = first + (change->day - date_weekday(first) + 7) % 7 + 7 * (change->week - 1);
        if (days >= first + date_days_in_month(year, change->month))
            days -= 7;
        break;
    }
    return days * DAY_S + change->time_s - offset_s;
}

static void narrow(int64_t change, int64_t at_s, int64_t *from_s, int64_t *to_s)
{
    if (change <= at_s && change > *from_s)
        *from_s = change;
    if (change > at_s && change < *to_s)
        *to_s = change;
}

int64_t tz_rule_at(const struct tz_rule *rule, int64_t at_s, int64_t *ret_from_s, int64_t *ret_to_s)
{
    int64_t year = date_of(at_s / DAY_S).year;
    bool is_summer = false;

    *ret_from_s = INT64_MIN;
    *ret_to_s = INT64_MAX;
    if (!rule->has_summer)
        return rule->offset_s;
    for (int64_t y = year - 2; y <= year + 2; y++) {
        int64_t begins = change_s(&rule->begins, y, rule->offset_s);
        int64_t ends = change_s(&rule->ends, y, rule->summer_offset_s);

        narrow(begins, at_s, ret_from_s, ret_to_s);
        narrow(ends, at_s, ret_from_s, ret_to_s);
        if (ends <= begins) /* it lasts over the new year */
            ends = change_s(&rule->ends, y + 1, rule->summer_offset_s);
        is_summer = is_summer || (begins <= at_s && at_s < ends);
    }
    return is_summer ? rule->summer_offset_s : rule->offset_s;
}
