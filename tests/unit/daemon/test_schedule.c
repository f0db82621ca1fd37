/* Fires of a cron line, by cases, by whole years of nights, and against a slow oracle. */
#include "daemon/schedule.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/date.h"
#include "core/mem.h"
#include "support/random_number.h"

TestSuite(schedule, .timeout = 110);

#define MINUTES_IN_A_YEAR (366 * 1440)

static struct tz *load(const char *name)
{
    struct err err = {.text = ""};
    struct tz *tz = tz_load(name, &err);

    cr_assert(ne(ptr, tz, NULL), "%s", err.text);
    return tz;
}

static struct cron parse(const char *text)
{
    struct cron cron;
    struct err err = {.text = ""};

    cr_assert(cron_parse(text, &cron, &err), "%s: %s", text, err.text);
    return cron;
}

/* "yyyy-mm-dd hh:mm" in UTC. */
static int64_t read_utc(const char *text)
{
    int year, month, day, hour, minute;

    cr_assert(eq(int, sscanf(text, "%d-%d-%d %d:%d", &year, &month, &day, &hour, &minute), 5));
    return date_days(year, month, day) * 86400 + hour * 3600 + minute * 60;
}

static const char *write_utc(int64_t at_s, char text[64])
{
    char day[DATE_TEXT_MAX];

    snprintf(text, 64, "%s %02d:%02d", date_text(at_s / 86400, day), (int)(at_s % 86400 / 3600),
             (int)(at_s % 3600 / 60));
    return text;
}

/* What follows after a time in UTC, up to four fires in UTC. */
static const struct {
    const char *zone, *line, *after;
    const char *fires[5];
} cases[] = {
    {"Europe/Berlin", "15 2 * * *", "2026-01-10 00:00", {"2026-01-10 01:15", "2026-01-11 01:15"}},
    {"Europe/Berlin", "15 2 * * *", "2026-01-10 01:15", {"2026-01-11 01:15"}},
    {"Europe/Berlin", "15 2 * * *", "2026-01-10 01:14", {"2026-01-10 01:15"}},
    /* Spring: 02:00 to 03:00 are left out, on 29 March at 01:00 UTC. */
    {"Europe/Berlin", "15 2 * * *", "2026-03-28 01:15", {"2026-03-29 01:00", "2026-03-30 00:15"}},
    {"Europe/Berlin",
     "*/10 2 * * *",
     "2026-03-28 01:50",
     {"2026-03-29 01:00", "2026-03-30 00:00", "2026-03-30 00:10"}},
    {"Europe/Berlin",
     "30 1,2,3 * * *",
     "2026-03-29 00:00",
     {"2026-03-29 00:30", "2026-03-29 01:00", "2026-03-29 01:30", "2026-03-29 23:30"}},
    {"Europe/Berlin", "0 2,3 * * *", "2026-03-29 00:00", {"2026-03-29 01:00", "2026-03-30 00:00"}},
    {"Europe/Berlin", "0 */2 * * *", "2026-03-28 23:00", {"2026-03-29 01:00", "2026-03-29 02:00"}},
    {"Europe/Berlin",
     "0 * * * *",
     "2026-03-28 23:30",
     {"2026-03-29 00:00", "2026-03-29 01:00", "2026-03-29 02:00"}},
    {"Europe/Berlin", "30 * * * *", "2026-03-29 00:00", {"2026-03-29 00:30", "2026-03-29 01:30"}},
    {"Europe/Berlin", "15 2 * * mon", "2026-03-28 00:00", {"2026-03-30 00:15"}},
    {"Europe/Berlin", "15 2 29 3 *", "2026-03-01 00:00", {"2026-03-29 01:00", "2027-03-29 00:15"}},
    /* Autumn: 02:00 to 03:00 come twice, the second time on 25 October at 01:00 UTC. */
    {"Europe/Berlin", "15 2 * * *", "2026-10-24 12:00", {"2026-10-25 00:15", "2026-10-26 01:15"}},
    {"Europe/Berlin", "15 2 * * *", "2026-10-25 00:15", {"2026-10-26 01:15"}},
    {"Europe/Berlin", "15 2 * * *", "2026-10-25 00:40", {"2026-10-26 01:15"}},
    {"Europe/Berlin", "0 2,3 * * *", "2026-10-24 12:00", {"2026-10-25 00:00", "2026-10-25 02:00"}},
    {"Europe/Berlin",
     "30 * * * *",
     "2026-10-25 00:00",
     {"2026-10-25 00:30", "2026-10-25 01:30", "2026-10-25 02:30"}},
    {"Europe/Berlin",
     "*/30 2 * * *",
     "2026-10-24 12:00",
     {"2026-10-25 00:00", "2026-10-25 00:30", "2026-10-26 01:00"}},
    {"America/New_York",
     "30 2 * * *",
     "2026-03-07 12:00",
     {"2026-03-08 07:00", "2026-03-09 06:30"}},
    {"America/New_York",
     "30 1 * * *",
     "2026-10-31 12:00",
     {"2026-11-01 05:30", "2026-11-02 06:30"}},
    {"America/New_York",
     "@hourly",
     "2026-11-01 04:30",
     {"2026-11-01 05:00", "2026-11-01 06:00", "2026-11-01 07:00"}},
    {"Asia/Kolkata", "15 2 * * *", "2026-03-28 00:00", {"2026-03-28 20:45", "2026-03-29 20:45"}},
    {"Asia/Kolkata", "@daily", "2026-03-28 00:00", {"2026-03-28 18:30"}},
    /* Half an hour: 02:00 becomes 02:30 on 4 October at 15:30 UTC of the day before, and on 5 April
     * 02:00 becomes 01:30 again, at 15:00 UTC of the day before. */
    {"Australia/Lord_Howe",
     "15 2 * * *",
     "2026-10-02 20:00",
     {"2026-10-03 15:30", "2026-10-04 15:15"}},
    {"Australia/Lord_Howe",
     "45 2 * * *",
     "2026-10-02 20:00",
     {"2026-10-03 15:45", "2026-10-04 15:45"}},
    {"Australia/Lord_Howe",
     "45 1 * * *",
     "2026-04-04 00:00",
     {"2026-04-04 14:45", "2026-04-05 15:15"}},
    {"Australia/Lord_Howe",
     "15,45 * * * *",
     "2026-04-04 14:30",
     {"2026-04-04 14:45", "2026-04-04 15:15", "2026-04-04 15:45", "2026-04-04 16:15"}},
    /* Summer time that begins at midnight: there is no 00:00. */
    {"Africa/Cairo", "@daily", "2026-04-22 22:00", {"2026-04-23 22:00", "2026-04-24 21:00"}},
    /* Samoa left out 30 December 2011 as a whole. */
    {"Pacific/Apia", "15 2 * * *", "2011-12-29 00:00", {"2011-12-29 12:15", "2011-12-30 12:15"}},
    {"UTC", "15 2 * * *", "2026-03-29 00:00", {"2026-03-29 02:15", "2026-03-30 02:15"}},
    {"UTC", "0 0 29 2 *", "2026-01-01 00:00", {"2028-02-29 00:00", "2032-02-29 00:00"}},
    {"UTC", "0 0 29 2 *", "2096-03-01 00:00", {"2104-02-29 00:00"}},
    {"UTC", "0 0 29 2 */7", "2072-03-01 00:00", {"2088-02-29 00:00", "2128-02-29 00:00"}},
    {"UTC", "0 0 31 * *", "2026-01-31 00:00", {"2026-03-31 00:00", "2026-05-31 00:00"}},
    {"UTC",
     "0 9 13 * fri",
     "2026-02-08 00:00",
     {"2026-02-13 09:00", "2026-02-20 09:00", "2026-02-27 09:00", "2026-03-06 09:00"}},
    {"UTC",
     "0 9 1 * mon",
     "2026-06-20 00:00",
     {"2026-06-22 09:00", "2026-06-29 09:00", "2026-07-01 09:00"}},
    {"UTC", "0 9 */2 * mon", "2026-06-01 00:00", {"2026-06-01 09:00", "2026-06-15 09:00"}},
    {"UTC", "59 23 31 12 *", "2026-12-31 23:58", {"2026-12-31 23:59", "2027-12-31 23:59"}},
    {"UTC", "@yearly", "2026-01-01 00:00", {"2027-01-01 00:00"}},
    {"UTC", "@weekly", "2026-11-24 00:00", {"2026-11-29 00:00"}},
    {"UTC", "* * * * *", "2026-11-24 00:00", {"2026-11-24 00:01", "2026-11-24 00:02"}},
};

Test(schedule, comes_due_as_the_table_says)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEANUP(tz_destroy) struct tz *tz = load(cases[i].zone);
        struct cron cron = parse(cases[i].line);
        int64_t at_s = read_utc(cases[i].after);

        for (size_t j = 0; cases[i].fires[j] != NULL; j++) {
            char text[64];

            at_s = schedule_next(&cron, tz, at_s).at_s;
            cr_expect(eq(i64, at_s, read_utc(cases[i].fires[j])), "%s, %s after %s: %s, not %s",
                      cases[i].zone, cases[i].line, cases[i].after, write_utc(at_s, text),
                      cases[i].fires[j]);
        }
    }
}

/* What is left out belongs to the date that it would have had. */
Test(schedule, has_the_night_that_the_line_names)
{
    CLEANUP(tz_destroy) struct tz *cairo = load("Africa/Cairo"), *nuuk = load("America/Nuuk");
    struct cron midnight = parse("0 0 * * *"), late = parse("30 23 * * *");
    struct schedule_fire fire = schedule_next(&midnight, cairo, read_utc("2026-04-23 12:00"));

    cr_expect(eq(i64, fire.at_s, read_utc("2026-04-23 22:00")));
    cr_expect(eq(i64, fire.night, date_days(2026, 4, 24)));
    fire = schedule_next(&late, nuuk, read_utc("2026-03-28 12:00")); /* 23:00 becomes 00:00 */
    cr_expect(eq(i64, fire.at_s, read_utc("2026-03-29 01:00")));
    cr_expect(eq(i64, fire.night, date_days(2026, 3, 28)));
}

Test(schedule, takes_seconds_between_minutes)
{
    CLEANUP(tz_destroy) struct tz *tz = load("UTC");
    struct cron cron = parse("* * * * *");

    cr_expect(eq(i64, schedule_next(&cron, tz, 119).at_s, 120));
    cr_expect(eq(i64, schedule_next(&cron, tz, 120).at_s, 180));
    cr_expect(eq(i64, schedule_next(&cron, tz, -61).at_s, -60));
    cr_expect(eq(i64, schedule_next(&cron, tz, -1).at_s, 0));
}

Test(schedule, is_never_due_on_days_that_are_not)
{
    CLEANUP(tz_destroy) struct tz *tz = load("Europe/Berlin");
    struct cron cron = parse("0 0 31 1 *");

    cron.months = 1 << 2; /* which cron_parse() refuses */
    cr_expect(eq(i64, schedule_next(&cron, tz, 0).at_s, SCHEDULE_NEVER));
}

/* Each night has one fire, whatever the clock does in it. */
Test(schedule, gives_a_year_of_nights_one_each)
{
    static const char *const zones[] = {"Europe/Berlin",       "America/New_York", "Asia/Kolkata",
                                        "Australia/Lord_Howe", "Africa/Cairo",     "America/Nuuk"};

    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
        CLEANUP(tz_destroy) struct tz *tz = load(zones[i]);

        for (int minute = 0; minute < 1440; minute += 15) {
            char line[32];
            struct cron cron;
            int64_t at_s = date_days(2026, 1, 15) * 86400;
            int64_t night = tz_local(tz, at_s) / 86400;
            struct schedule_fire fire;

            snprintf(line, sizeof(line), "%d %d * * *", minute % 60, minute / 60);
            cron = parse(line);
            fire.at_s = night * 86400 - tz_span(tz, at_s).offset_s - 1;
            for (int n = 0; n < 366; n++, night++) {
                fire = schedule_next(&cron, tz, fire.at_s);
                if (fire.night != night)
                    cr_fatal("%s, %s: night %" PRId64 ", not %" PRId64, zones[i], line, fire.night,
                             night);
            }
        }
    }
}

/*
 * The oracle: every minute of a year as the C library shows it, walked one by one.
 */
struct year {
    int64_t from_s;
    int64_t wall_s[MINUTES_IN_A_YEAR]; /* as if it were UTC */
};

static void read_year(struct year *year, const char *zone, int number)
{
    year->from_s = date_days(number, 1, 1) * 86400;
    setenv("TZ", zone, 1);
    tzset();
    for (int i = 0; i < MINUTES_IN_A_YEAR; i++) {
        time_t time = (time_t)(year->from_s + INT64_C(60) * i);
        struct tm tm;

        localtime_r(&time, &tm);
        year->wall_s[i] = date_days(tm.tm_year + INT64_C(1900), tm.tm_mon + 1, tm.tm_mday) * 86400 +
                          tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
    }
}

static bool names(const struct cron *cron, int64_t wall_s)
{
    int64_t minute = wall_s / 60 % 60, hour = wall_s / 3600 % 24;
    struct date date;

    if ((cron->minutes >> minute & 1) == 0 || (cron->hours >> hour & 1) == 0)
        return false;
    date = date_of(wall_s / 86400);
    return cron_is_due_on(cron, date.month, date.day, date_weekday(wall_s / 86400));
}

/* `n` is a minute of the year behind its first two days. */
static bool is_due(const struct year *year, const struct cron *cron, int n)
{
    int64_t wall_s = year->wall_s[n], before_s = year->wall_s[n - 1];
    int from = n > 1440 ? n - 1440 : 0;

    if (cron->hours == 0xffffff)
        return names(cron, wall_s);
    if (wall_s - before_s < 86400)
        for (int64_t left_out_s = before_s + 60; left_out_s < wall_s; left_out_s += 60)
            if (names(cron, left_out_s))
                return true;
    if (!names(cron, wall_s))
        return false;
    for (int i = from; i < n; i++)
        if (year->wall_s[i] == wall_s)
            return false;
    return true;
}

static void make_field(uint64_t *seed, unsigned min, unsigned max, char *text, size_t size)
{
    unsigned a = min + random_below(seed, max - min + 1);
    unsigned b = min + random_below(seed, max - min + 1);

    switch (random_below(seed, 6)) {
    case 0:
        snprintf(text, size, "*/%u", 1 + random_below(seed, max));
        break;
    case 1:
        snprintf(text, size, "%u-%u/%u", a < b ? a : b, a < b ? b : a, 1 + random_below(seed, 9));
        break;
    case 2:
        snprintf(text, size, "%u,%u", a, b);
        break;
    case 3:
        snprintf(text, size, "%u", a);
        break;
    default:
        snprintf(text, size, "*");
        break;
    }
}

static void make_line(uint64_t *seed, char *line, size_t size)
{
    char minute[32], hour[32], day[32] = "*", month[32] = "*", weekday[32] = "*";

    make_field(seed, 0, 59, minute, sizeof(minute));
    make_field(seed, 0, random_below(seed, 2) == 0 ? 23 : 4, hour, sizeof(hour));
    if (random_below(seed, 3) == 0)
        make_field(seed, 1, 28, day, sizeof(day));
    if (random_below(seed, 5) == 0)
        make_field(seed, 1, 12, month, sizeof(month));
    if (random_below(seed, 3) == 0)
        make_field(seed, 0, 6, weekday, sizeof(weekday));
    snprintf(line, size, "%s %s %s %s %s", minute, hour, day, month, weekday);
}

static void expect_as_oracle(const struct year *year, const struct tz *tz, const char *zone,
                             const char *line)
{
    struct cron cron = parse(line);
    int n = 2 * 1440, next;
    int64_t at_s = year->from_s + INT64_C(60) * (n - 1), due_s;
    char text[64], other[64];

    for (;; n = next + 1) {
        for (next = n; next < MINUTES_IN_A_YEAR && !is_due(year, &cron, next); next++)
            ;
        due_s = schedule_next(&cron, tz, at_s).at_s;
        if (next == MINUTES_IN_A_YEAR)
            break;
        at_s = year->from_s + INT64_C(60) * next;
        if (due_s != at_s)
            cr_fatal("%s, %s: %s, not %s", zone, line, write_utc(due_s, text),
                     write_utc(at_s, other));
    }
    cr_assert(ge(i64, due_s, year->from_s + INT64_C(60) * MINUTES_IN_A_YEAR), "%s, %s: %s", zone,
              line, write_utc(due_s, text));
}

Test(schedule, agrees_with_a_walk_minute_by_minute)
{
    static const struct {
        const char *zone;
        int year;
    } places[] = {
        {"Europe/Berlin", 2026},       {"America/New_York", 2026}, {"Asia/Kolkata", 2026},
        {"Australia/Lord_Howe", 2026}, {"Europe/Dublin", 2044},    {"Africa/Cairo", 2026},
        {"America/Nuuk", 2030},        {"Antarctica/Troll", 2026}, {"Africa/Casablanca", 2026},
        {"America/Caracas", 2016},     {"Pacific/Apia", 2011},     {"America/Sao_Paulo", 2018},
    };
    struct year *year = mem_new(sizeof(*year));
    uint64_t seed = 1;

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        CLEANUP(tz_destroy) struct tz *tz = load(places[i].zone);

        read_year(year, places[i].zone, places[i].year);
        for (int n = 0; n < 8; n++) {
            char line[160];

            make_line(&seed, line, sizeof(line));
            expect_as_oracle(year, tz, places[i].zone, line);
        }
    }
    free(year);
}
