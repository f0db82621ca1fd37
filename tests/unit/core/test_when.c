#include "core/when.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "core/mem.h"
#include "core/tz.h"

TestSuite(when, .timeout = 20);

Test(when, is_told_to_programs_in_utc)
{
    char text[WHEN_TEXT_MAX];

    cr_expect_str_eq(when_utc(0, text), "1970-01-01T00:00:00Z");
    cr_expect_str_eq(when_utc(-1, text), "1969-12-31T23:59:59Z");
    cr_expect_str_eq(when_utc(1764033300, text), "2025-11-25T01:15:00Z");
}

Test(when, is_told_to_people_on_the_clock_of_the_place)
{
    struct err err;
    CLEANUP(tz_destroy) struct tz *berlin = tz_load("Europe/Berlin", &err);
    CLEANUP(tz_destroy) struct tz *st_johns = tz_load("America/St_Johns", &err);
    char text[WHEN_TEXT_MAX];
    const int64_t at_s = 1764033300; /* a Tuesday */

    cr_assert(berlin != NULL && st_johns != NULL);
    cr_expect_str_eq(when_local(berlin, at_s, at_s - 86400, text), "Tue 02:15 +01:00");
    cr_expect_str_eq(when_local(st_johns, at_s, at_s + 86400, text), "Mon 21:45 -03:30");
    cr_expect_str_eq(when_local(berlin, at_s, at_s - 6 * 86400, text), "2025-11-25 02:15 +01:00");
    cr_expect_str_eq(when_local(berlin, at_s, at_s + 6 * 86400, text), "2025-11-25 02:15 +01:00");
}

Test(when, a_stretch_of_time_is_in_its_largest_unit)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } cases[] = {{-5, "0 s"},   {59, "59 s"},    {60, "1 min"},  {3599, "59 min"},
                 {3600, "1 h"}, {86399, "23 h"}, {86400, "1 d"}, {8640000, "100 d"}};
    char text[WHEN_TEXT_MAX];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        cr_expect_str_eq(when_span(cases[i].seconds, text), cases[i].text);
}
