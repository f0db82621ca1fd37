#include "decode/timestamp.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

TestSuite(timestamp, .timeout = 20);

#define DAY_US INT64_C(86400000000)

static const struct {
    const char *text;
    int64_t us;
} good[] = {
    {"2000-01-01 00:00:00 +00:00", 0},
    {"2000-01-01T00:00:00Z", 0},
    {"2000-01-01 00:00:00Z", 0},
    {"2000-01-01T00:00:00 z", 0},
    {"2000-01-01 00:00:01.5 +00:00", 1500000},
    {"2000-01-01 00:00:00.000001 +00:00", 1},
    {"2000-01-01 00:00:00.0000019999 +00:00", 1},
    {"1999-12-31 23:59:59.999999 +00:00", -1},
    {"2000-01-01 02:00:00+02:00", 0},
    {"2000-01-01 02:00:00+02", 0},
    {"1999-12-31 18:30:00 -0530", 0},
    {"2000-01-01 15:59:00 +15:59", 0},
    {"2000-02-29 00:00:00 +00:00", 59 * DAY_US},
    {"2000-03-01 00:00:00 +00:00", 60 * DAY_US},
    {"2019-01-21 18:17:01 +00:00", INT64_C(601409821000000)},
    {"2023-03-12T15:06:53+00:00", INT64_C(731948813000000)},
    {"0001-01-01 00:00:00 +00:00", -730119 * DAY_US},
    {"9999-12-31 23:59:59 +00:00", INT64_C(252455615999000000)},
};

Test(timestamp, reads_both_forms_of_the_api_and_any_offset)
{
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t us = -7;

        cr_expect(timestamp_parse(good[i].text, strlen(good[i].text), &us), "%s", good[i].text);
        cr_expect(eq(i64, us, good[i].us), "%s", good[i].text);
    }
}

Test(timestamp, refuses_what_is_none)
{
    static const char *const bad[] = {
        "",
        "2019",
        "2019-01-21",
        "2019-01-21 18:17:01",
        "2019-01-21 18-17-01 +00:00",
        "2019-01-21 18:17:01 +00:00 ",
        " 2019-01-21 18:17:01 +00:00",
        "2019-01-21  18:17:01 +00:00",
        "2019-01-21 18:17:01. +00:00",
        "2019-01-21 18:17:01 + 00:00",
        "2019-01-21 18:17:01 +0",
        "2019-01-21 18:17:01 +00:0",
        "2019-01-21 18:17:01 +00:60",
        "2019-01-21 18:17:01 +16:00",
        "2019-01-21 18:17:01 Zulu",
        "2019-01-21 18:17:01 UTC",
        "2019-13-21 18:17:01 +00:00",
        "2019-00-21 18:17:01 +00:00",
        "2019-02-29 18:17:01 +00:00",
        "1900-02-29 18:17:01 +00:00",
        "2019-04-31 18:17:01 +00:00",
        "2019-01-00 18:17:01 +00:00",
        "2019-01-21 24:00:00 +00:00",
        "2019-01-21 18:60:01 +00:00",
        "2019-01-21 18:17:60 +00:00",
        "0000-01-01 00:00:00 +00:00",
        "-001-01-01 00:00:00 +00:00",
        "12019-01-21 18:17:01 +00:00",
        "2019-1-21 18:17:01 +00:00",
        "infinity",
        "now",
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t us = -7;

        cr_expect(not(timestamp_parse(bad[i], strlen(bad[i]), &us)), "%s", bad[i]);
        cr_expect(eq(i64, us, -7), "%s", bad[i]);
    }
}

/* Days one after the other, by a calendar written in another way. */
Test(timestamp, counts_every_day_of_four_hundred_years)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t day = 0;

    for (int year = 2000; year < 2400; year++)
        for (int month = 1; month <= 12; month++) {
            int is_leap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);
            int length = lengths[month - 1] + (month == 2 ? is_leap : 0);

            for (int of_month = 1; of_month <= length; of_month++, day++) {
                char text[64];
                int64_t us;

                snprintf(text, sizeof text, "%04d-%02d-%02d 00:00:00 +00:00", year, month,
                         of_month);
                cr_assert(timestamp_parse(text, strlen(text), &us), "%s", text);
                cr_assert(eq(i64, us, day * DAY_US), "%s", text);
            }
        }
}
