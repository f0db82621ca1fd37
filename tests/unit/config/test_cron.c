#include "config/cron.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

TestSuite(cron, .timeout = 10);

#define ALL_MINUTES ((UINT64_C(1) << 60) - 1)
#define ALL_HOURS 0xffffffu
#define ALL_DAYS 0xfffffffeu
#define ALL_MONTHS 0x1ffeu
#define ALL_WEEKDAYS 0x7fu
#define BIT(n) (UINT64_C(1) << (n))

static struct cron parse(const char *text)
{
    struct cron cron = {.minutes = 0};
    struct err err = {.text = ""};

    cr_expect(cron_parse(text, &cron, &err), "%s: %s", text, err.text);
    return cron;
}

static void expect_refused(const char *text, const char *reason)
{
    struct cron cron = {.minutes = 99};
    struct err err = {.kind = ERR_NONE};

    cr_expect(not(cron_parse(text, &cron, &err)), "%s was taken", text);
    cr_expect(eq(int, err.kind, ERR_CONFIG));
    cr_expect(ne(ptr, strstr(err.text, reason), NULL), "%s: %s", text, err.text);
    cr_expect(eq(u64, cron.minutes, 99));
}

Test(cron, reads_a_nightly_schedule)
{
    struct cron cron = parse("15 2 * * *");

    cr_expect(eq(u64, cron.minutes, BIT(15)));
    cr_expect(eq(u32, cron.hours, BIT(2)));
    cr_expect(eq(u32, cron.days, ALL_DAYS));
    cr_expect(eq(u16, cron.months, ALL_MONTHS));
    cr_expect(eq(u8, cron.weekdays, ALL_WEEKDAYS));
    cr_expect(cron.any_day);
    cr_expect(cron.any_weekday);
}

Test(cron, reads_lists_ranges_steps_and_names)
{
    struct cron cron = parse("0-10/5,59 */8 1,15 jan-MAR,12 mon-fri/2");

    cr_expect(eq(u64, cron.minutes, BIT(0) | BIT(5) | BIT(10) | BIT(59)));
    cr_expect(eq(u32, cron.hours, BIT(0) | BIT(8) | BIT(16)));
    cr_expect(eq(u32, cron.days, BIT(1) | BIT(15)));
    cr_expect(eq(u16, cron.months, BIT(1) | BIT(2) | BIT(3) | BIT(12)));
    cr_expect(eq(u8, cron.weekdays, BIT(1) | BIT(3) | BIT(5)));
    cr_expect(not(cron.any_day));
    cr_expect(not(cron.any_weekday));
}

Test(cron, takes_sunday_as_0_and_as_7)
{
    cr_expect(eq(u8, parse("0 0 * * 0").weekdays, 1));
    cr_expect(eq(u8, parse("0 0 * * 7").weekdays, 1));
    cr_expect(eq(u8, parse("0 0 * * sun").weekdays, 1));
    cr_expect(eq(u8, parse("0 0 * * 5-7").weekdays, BIT(0) | BIT(5) | BIT(6)));
    cr_expect(eq(u8, parse("0 0 * * */2").weekdays, BIT(0) | BIT(2) | BIT(4) | BIT(6)));
}

Test(cron, knows_the_nicknames)
{
    cr_expect(eq(u64, parse("@hourly").minutes, 1));
    cr_expect(eq(u32, parse("@hourly").hours, ALL_HOURS));
    cr_expect(eq(u32, parse("@daily").hours, 1));
    cr_expect(eq(u8, parse("@weekly").weekdays, 1));
    cr_expect(eq(u32, parse("@monthly").days, BIT(1)));
    cr_expect(eq(u16, parse("@yearly").months, BIT(1)));
}

Test(cron, takes_any_blanks_and_the_bounds_of_each_field)
{
    cr_expect(eq(u64, parse(" \t0-59  0-23 1-31\t1-12 0-7 ").minutes, ALL_MINUTES));
    cr_expect(eq(u8, parse("* * * * 0-7").weekdays, ALL_WEEKDAYS));
}

Test(cron, takes_a_list_of_every_minute)
{
    char text[256] = "0";

    for (int i = 1; i < 60; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), ",%d", i);
    snprintf(text + strlen(text), sizeof(text) - strlen(text), " * * * *");
    cr_expect(eq(u64, parse(text).minutes, ALL_MINUTES));
}

Test(cron, refuses_and_names_the_field)
{
    expect_refused("60 * * * *", "minute: found 60, expected 0 to 59");
    expect_refused("* 24 * * *", "hour: found 24, expected 0 to 23");
    expect_refused("* * 0 * *", "day of month: found 0, expected 1 to 31");
    expect_refused("* * 32 * *", "day of month: found 32");
    expect_refused("* * * 13 *", "month: found 13, expected 1 to 12 or jan to dec");
    expect_refused("* * * 0 *", "month: found 0");
    expect_refused("* * * * 8", "day of week: found 8, expected 0 to 7");
    expect_refused("* * * foo *", "month: found foo");
    expect_refused("* * * * jan", "day of week: found jan");
    expect_refused("jan * * * *", "minute: found jan");
    expect_refused("10-5 * * * *", "minute: found 10-5");
    expect_refused("*/0 * * * *", "minute: found */0");
    expect_refused("5/10 * * * *", "minute: found 5/10");
    expect_refused("1,,2 * * * *", "minute: found 1,,2");
    expect_refused("1, * * * *", "minute: found 1,");
    expect_refused("1- * * * *", "minute: found 1-");
    expect_refused("-1 * * * *", "minute: found -1");
    expect_refused("1.5 * * * *", "minute: found 1.5");
    expect_refused("** * * * *", "minute: found **");
    expect_refused("*/ * * * *", "minute: found */");
    expect_refused("? * * * *", "minute: found ?");
    expect_refused("99999999999999999999 * * * *", "minute: found 9999");
    expect_refused("* * L * *",
                   "day of month: found L, expected 1 to 31; also *, ranges a-b, lists "
                   "a,b and steps */n; L, W and # of other crons are not understood");
    expect_refused("* * 15W * *", "; L, W and # of other crons are not understood");
    expect_refused("* * * * 5L", "; L, W and # of other crons are not understood");
    expect_refused("* * * * fri#2", "; L, W and # of other crons are not understood");
    expect_refused("* * * * monday", "day of week: found monday");
}

Test(cron, refuses_what_is_not_five_fields)
{
    expect_refused("", "found 0 fields, expected five");
    expect_refused("*", "found 1 field, expected five");
    expect_refused("* * * *", "found 4 fields");
    expect_refused("0 15 2 * * *", "found 6 fields");
    expect_refused("@noon", "@noon is none of @hourly");
    expect_refused("@reboot", "@reboot is none of @hourly");
}

Test(cron, refuses_days_that_no_month_has)
{
    expect_refused("0 0 30 2 *", "names no day that exists");
    expect_refused("0 0 31 2,4,6,9,11 *", "names no day that exists");
    parse("0 0 29 2 *");
    parse("0 0 31 2 mon"); /* the Mondays of February */
}

Test(cron, refuses_a_field_too_long_for_any_use)
{
    char text[600];

    memset(text, '0', sizeof(text) - 1);
    memcpy(text + 500, " * * * *", 9);
    expect_refused(text, "minute: found ?");
    for (size_t i = 1; i < 500; i += 2)
        text[i] = ',';
    expect_refused(text, "minute: found ?");
}

static int64_t in_28_years(const char *text)
{
    struct cron cron = parse(text);

    return cron_in_28_years(&cron);
}

Test(cron, tells_how_often_it_comes_due)
{
    const int64_t days = CRON_28_YEARS_DAYS, months = CRON_28_YEARS_MONTHS;

    cr_expect(eq(i64, in_28_years("15 2 * * *"), days));
    cr_expect(eq(i64, in_28_years("0,30 */6 * * *"), days * 8));
    cr_expect(eq(i64, in_28_years("@hourly"), days * 24));
    cr_expect(eq(i64, in_28_years("0 2 * * mon"), days / 7));
    cr_expect(eq(i64, in_28_years("0 2 * * 1-5"), days / 7 * 5));
    cr_expect(eq(i64, in_28_years("@monthly"), months));
    cr_expect(eq(i64, in_28_years("0 0 31 * *"), 28 * 7));
    cr_expect(eq(i64, in_28_years("0 0 29 2 *"), 7));
    cr_expect(eq(i64, in_28_years("0 0 13 * fri"), months + days / 7 - 48), "either matches");
    cr_expect(eq(i64, in_28_years("0 0 */2 * 0-6"), in_28_years("0 0 */2 * *")), "both have to");
}
