/* Our reader of zone files against the C library's, and against files that are none. */
#include "core/tz.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/date.h"
#include "core/mem.h"
#include "core/tz_rule.h"
#include "support/random_number.h"

TestSuite(tz, .timeout = 100);

static struct tz *load(const char *name)
{
    struct err err = {.text = ""};
    struct tz *tz = tz_load(name, &err);

    cr_assert(ne(ptr, tz, NULL), "%s", err.text);
    return tz;
}

static int64_t utc(int year, int month, int day, int hour, int minute)
{
    return date_days(year, month, day) * 86400 + hour * 3600 + minute * 60;
}

Test(tz, knows_spans_of_the_past_and_of_rules)
{
    CLEANUP(tz_destroy) struct tz *tz = load("Europe/Berlin");
    struct tz_span span = tz_span(tz, utc(2026, 7, 1, 0, 0));

    cr_expect(eq(i64, span.offset_s, 7200));
    cr_expect(eq(i64, span.from_s, utc(2026, 3, 29, 1, 0)));
    cr_expect(eq(i64, span.to_s, utc(2026, 10, 25, 1, 0)));
    cr_expect(eq(i64, tz_span(tz, span.to_s).offset_s, 3600));
    cr_expect(eq(i64, tz_span(tz, span.from_s).offset_s, 7200));
    cr_expect(eq(i64, tz_span(tz, span.from_s - 1).offset_s, 3600));
    span = tz_span(tz, utc(2099, 7, 1, 0, 0));
    cr_expect(eq(i64, span.offset_s, 7200));
    cr_expect(eq(i64, span.from_s, utc(2099, 3, 29, 1, 0)));
    cr_expect(eq(i64, span.to_s, utc(2099, 10, 25, 1, 0)));
    cr_expect(eq(i64, tz_local(tz, utc(2026, 7, 1, 12, 0)), utc(2026, 7, 1, 14, 0)));
}

Test(tz, has_one_span_where_nothing_changes)
{
    CLEANUP(tz_destroy) struct tz *tz = load("UTC");
    struct tz_span span = tz_span(tz, 0);

    cr_expect(eq(i64, span.offset_s, 0));
    cr_expect(eq(i64, span.from_s, INT64_MIN));
    cr_expect(eq(i64, span.to_s, INT64_MAX));
}

/* What the C library makes of TZ, as seconds of the wall clock. */
static int64_t wall_by_libc(int64_t at_s)
{
    time_t time = (time_t)at_s;
    struct tm tm;

    cr_assert(ne(ptr, localtime_r(&time, &tm), NULL));
    return (date_days(tm.tm_year + INT64_C(1900), tm.tm_mon + 1, tm.tm_mday) * 24 + tm.tm_hour) *
               3600 +
           tm.tm_min * 60 + tm.tm_sec;
}

/* At random times, and on both sides of every change, from 1900 to 2110. */
static void expect_as_libc(const char *zone, uint64_t *seed)
{
    const int64_t first = utc(1900, 1, 1, 0, 0), last = utc(2110, 1, 1, 0, 0);
    CLEANUP(tz_destroy) struct tz *tz = load(zone);
    struct tz_span span;

    setenv("TZ", zone, 1);
    tzset();
    for (int i = 0; i < 200; i++) {
        int64_t at_s = first + INT64_C(7) * random_below(seed, (unsigned)((last - first) / 7));

        cr_assert(eq(i64, tz_local(tz, at_s), wall_by_libc(at_s)), "%s at %lld", zone,
                  (long long)at_s);
    }
    for (int64_t at_s = first; at_s < last; at_s = span.to_s) {
        span = tz_span(tz, at_s);
        cr_assert(span.from_s <= at_s && at_s < span.to_s);
        cr_assert(eq(i64, tz_local(tz, at_s), wall_by_libc(at_s)), "%s at %lld", zone,
                  (long long)at_s);
        if (span.to_s < last)
            cr_assert(eq(i64, tz_local(tz, span.to_s - 1), wall_by_libc(span.to_s - 1)),
                      "%s at %lld", zone, (long long)span.to_s - 1);
    }
}

Test(tz, agrees_with_the_c_library_in_every_zone)
{
    FILE *table = fopen(TZ_DIRECTORY "/tzdata.zi", "r");
    char line[256], zone[65];
    uint64_t seed = 17;
    int n = 0;

    cr_assert(ne(ptr, table, NULL), "no " TZ_DIRECTORY "/tzdata.zi");
    while (fgets(line, sizeof(line), table) != NULL)
        if (sscanf(line, "Z %64s", zone) == 1) {
            expect_as_libc(zone, &seed);
            n++;
        }
    fclose(table);
    cr_expect(gt(int, n, 300));
}

Test(tz, reads_the_rules_that_there_are)
{
    static const struct {
        const char *text;
        int year, month, day, hour; /* UTC */
        int64_t offset_s;
    } cases[] = {
        {"<+0330>-3:30", 2026, 7, 1, 0, 12600},
        {"EST5EDT,M3.2.0,M11.1.0", 2026, 3, 8, 6, -18000},
        {"EST5EDT,M3.2.0,M11.1.0", 2026, 3, 8, 7, -14400},
        {"EST5EDT,M3.2.0,M11.1.0", 2026, 11, 1, 5, -14400},
        {"EST5EDT,M3.2.0,M11.1.0", 2026, 11, 1, 6, -18000},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", 2026, 1, 1, 0, 0},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", 2026, 7, 1, 0, 3600},
        {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 2026, 1, 1, 0, 39600},
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2026, 3, 29, 0, -7200},
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2026, 3, 29, 1, -3600},
        {"AAA3BBB,J60,J305", 2028, 3, 1, 5, -7200}, /* 1 March, leap year or not */
        {"AAA3BBB,J60,J305", 2028, 2, 29, 5, -10800},
        {"AAA3BBB,59,304", 2028, 2, 29, 5, -7200},       /* day 59 from 0 */
        {"XXX3EDT4,0/0,J365/23", 2026, 1, 1, 0, -14400}, /* summer all year */
        {"XXX3EDT4,0/0,J365/23", 2026, 12, 31, 23, -14400},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct tz_rule rule;
        int64_t from_s, to_s,
            at_s = utc(cases[i].year, cases[i].month, cases[i].day, cases[i].hour, 0);

        cr_assert(tz_rule_parse(cases[i].text, &rule), "%s", cases[i].text);
        cr_expect(eq(i64, tz_rule_at(&rule, at_s, &from_s, &to_s), cases[i].offset_s), "%zu: %s", i,
                  cases[i].text);
        cr_expect(from_s <= at_s && at_s < to_s);
    }
}

Test(tz, refuses_what_is_no_rule)
{
    static const char *const texts[] = {
        "",
        "C",
        "CET",
        "CET-",
        "CET-1CEST",
        "CET-1CEST,",
        "CET-200",
        "CET-1:99",
        "<CET-1",
        "CET-1CEST,M13.1.0,M1.1.0",
        "CET-1 ",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0",
        "CET-1CEST,M3.5.0",
        "CET-1CEST,J0,J365",
        "CET-1CEST,366,1",
        "CET-1CEST,M3.5.0,M10.5.0/3x",
    };
    struct tz_rule rule;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        cr_expect(not(tz_rule_parse(texts[i], &rule)), "\"%s\"", texts[i]);
}

static size_t read_zone(const char *name, unsigned char *bytes, size_t size)
{
    char path[128];
    FILE *file;
    size_t n;

    snprintf(path, sizeof(path), TZ_DIRECTORY "/%s", name);
    file = fopen(path, "r");
    cr_assert(ne(ptr, file, NULL));
    n = fread(bytes, 1, size, file);
    fclose(file);
    return n;
}

/* A copy of just that size, so that the sanitizer sees a read behind it. */
static struct tz *parse_copy(const unsigned char *bytes, size_t size)
{
    unsigned char *copy = mem_new(size > 0 ? size : 1);
    struct err err = {.kind = ERR_NONE};
    struct tz *tz;

    memcpy(copy, bytes, size);
    tz = tz_parse(copy, size, &err);
    cr_expect(eq(int, err.kind, tz != NULL ? ERR_NONE : ERR_CONFIG));
    free(copy);
    return tz;
}

Test(tz, refuses_a_file_that_is_cut)
{
    unsigned char bytes[8192];
    size_t size = read_zone("Europe/Berlin", bytes, sizeof(bytes));

    for (size_t i = 0; i < size; i++)
        cr_assert(eq(ptr, parse_copy(bytes, i), NULL), "cut at %zu", i);
    tz_free(parse_copy(bytes, size));
}

Test(tz, survives_a_file_with_flipped_bytes)
{
    unsigned char bytes[8192];
    size_t size = read_zone("America/New_York", bytes, sizeof(bytes));
    uint64_t seed = 4;

    for (int i = 0; i < 20000; i++) {
        size_t at = random_below(&seed, (unsigned)size);
        unsigned char was = bytes[at];
        struct tz *tz;

        bytes[at] = (unsigned char)random_below(&seed, 256);
        tz = parse_copy(bytes, size);
        if (tz != NULL)
            tz_span(tz, utc(2040, 1, 1, 0, 0));
        tz_free(tz);
        bytes[at] = was;
    }
}

Test(tz, says_which_file_is_missing)
{
    struct err err = {.kind = ERR_NONE};

    cr_expect(eq(ptr, tz_load("Europe/Atlantis", &err), NULL));
    cr_expect(eq(int, err.kind, ERR_CONFIG));
    cr_expect_str_eq(err.text,
                     "time zone Europe/Atlantis: /usr/share/zoneinfo/Europe/Atlantis: No "
                     "such file or directory; it comes with the package tzdata");
    cr_expect(eq(ptr, tz_load("../../etc/passwd", &err), NULL));
    cr_expect_str_eq(err.text, "../../etc/passwd is not the name of a time zone");
    cr_expect(eq(ptr, tz_load("Europe", &err), NULL));
    cr_expect_str_eq(err.text,
                     "time zone Europe: /usr/share/zoneinfo/Europe: is no zone file of "
                     "version 2 or later (RFC 8536)");
}
