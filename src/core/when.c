#include "core/when.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/date.h"
#include "core/tz.h"

#define DAY_S INT64_C(86400)
#define NEAR_S (6 * DAY_S)

/* The day that a time lies in, and how far into it. */
static int64_t split(int64_t at_s, int64_t *ret_of_day)
{
    int64_t of_day = at_s % DAY_S;

    if (of_day < 0)
        of_day += DAY_S;
    *ret_of_day = of_day;
    return (at_s - of_day) / DAY_S;
}

const char *when_utc(int64_t at_s, char text[WHEN_TEXT_MAX])
{
    char day[DATE_TEXT_MAX];
    int64_t of_day;

    date_text(split(at_s, &of_day), day);
    snprintf(text, WHEN_TEXT_MAX, "%sT%02d:%02d:%02dZ", day, (int)(of_day / 3600),
             (int)(of_day / 60 % 60), (int)(of_day % 60));
    return text;
}

const char *when_local(const struct tz *tz, int64_t at_s, int64_t now_s, char text[WHEN_TEXT_MAX])
{
    static const char *const weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    int64_t offset_s = tz_span(tz, at_s).offset_s, of_day;
    int64_t days = split(at_s + offset_s, &of_day);
    int offset_min = (int)((offset_s < 0 ? -offset_s : offset_s) / 60);
    char day[DATE_TEXT_MAX];

    if (at_s - now_s < NEAR_S && now_s - at_s < NEAR_S)
        snprintf(day, sizeof(day), "%s", weekdays[date_weekday(days)]);
    else
        date_text(days, day);
    snprintf(text, WHEN_TEXT_MAX, "%s %02d:%02d %c%02d:%02d", day, (int)(of_day / 3600),
             (int)(of_day / 60 % 60), offset_s < 0 ? '-' : '+', offset_min / 60, offset_min % 60);
    return text;
}

const char *when_span(int64_t seconds, char text[WHEN_TEXT_MAX])
{
    static const struct {
        int64_t s;
        const char *name;
    } units[] = {{DAY_S, "d"}, {3600, "h"}, {60, "min"}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (seconds >= units[i].s) {
            snprintf(text, WHEN_TEXT_MAX, "%" PRId64 " %s", seconds / units[i].s, units[i].name);
            return text;
        }
    snprintf(text, WHEN_TEXT_MAX, "%" PRId64 " s", seconds > 0 ? seconds : 0);
    return text;
}
