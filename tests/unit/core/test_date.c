#include "core/date.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

TestSuite(date, .timeout = 20);

Test(date, counts_from_1970)
{
    cr_expect(eq(i64, date_days(1970, 1, 1), 0));
    cr_expect(eq(i64, date_days(1969, 12, 31), -1));
    cr_expect(eq(i64, date_days(2000, 1, 1), 10957));
    cr_expect(eq(i64, date_days(2026, 11, 24), 20781));
    cr_expect(eq(int, date_weekday(date_days(2026, 11, 24)), 2));
    cr_expect(eq(int, date_weekday(date_days(1969, 12, 28)), 0));
}

/* Four hundred years and more on both sides: every day follows the one before. */
Test(date, has_every_day_once)
{
    int64_t day = date_days(1500, 1, 1);
    int weekday = date_weekday(day);

    for (int64_t year = 1500; year <= 2500; year++)
        for (int month = 1; month <= 12; month++)
            for (int i = 1; i <= date_days_in_month(year, month); i++, day++) {
                struct date date = date_of(day);

                cr_assert(date.year == year && date.month == month && date.day == i);
                cr_assert(eq(i64, date_days(year, month, i), day));
                cr_assert(eq(int, date_weekday(day), weekday));
                weekday = (weekday + 1) % 7;
            }
    cr_expect(eq(int, date_days_in_month(1900, 2), 28));
    cr_expect(eq(int, date_days_in_month(2000, 2), 29));
    cr_expect(eq(int, date_days_in_month(2028, 2), 29));
}

Test(date, is_printed_as_iso_has_it)
{
    char text[DATE_TEXT_MAX];

    cr_expect_str_eq(date_text(0, text), "1970-01-01");
    cr_expect_str_eq(date_text(20781, text), "2026-11-24");
}
