#include "sandbox/pen.h"

/* Days since 1970 to a date of the Gregorian calendar, counted in years that begin in March. */
static void put_date(struct pen *pen, int64_t days)
{
    int64_t shifted = days + 719468; /* from 0000-03-01 */
    int64_t era = shifted / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_index = (5 * day_of_year + 2) / 153;
    int64_t day = day_of_year - (153 * month_index + 2) / 5 + 1;
    int64_t month = month_index < 10 ? month_index + 3 : month_index - 9;
    int64_t year = year_of_era + era * 400 + (month <= 2);

    pen_digits(pen, (uint64_t)year, 4);
    pen_char(pen, '-');
    pen_digits(pen, (uint64_t)month, 2);
    pen_char(pen, '-');
    pen_digits(pen, (uint64_t)day, 2);
}

void pen_time(struct pen *pen, int64_t seconds, int is_iso)
{
    int64_t of_day = seconds % 86400;

    put_date(pen, seconds / 86400);
    pen_char(pen, is_iso ? 'T' : ' ');
    pen_digits(pen, (uint64_t)(of_day / 3600), 2);
    pen_char(pen, ':');
    pen_digits(pen, (uint64_t)(of_day / 60 % 60), 2);
    pen_char(pen, ':');
    pen_digits(pen, (uint64_t)(of_day % 60), 2);
    pen_text(pen, is_iso ? "+00:00" : " +00:00");
}
