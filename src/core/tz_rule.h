/*
 * What goes on for ever in a zone: the rule at the end of its file, written as POSIX writes TZ
 * ("CET-1CEST,M3.5.0,M10.5.0/3"), with the hours and the <+03> of RFC 8536.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum tz_day_kind {
    TZ_DAY_OF_YEAR,  /* 0 to 365 */
    TZ_DAY_BUT_LEAP, /* 1 to 365: February has no 29th */
    TZ_DAY_OF_WEEK,  /* the week of a month, 5 being its last */
};

struct tz_day {
    enum tz_day_kind kind;
    int day; /* of the week: 0 is Sunday */
    int month, week;
    int64_t time_s; /* of that day, on the clock as it is before; may lie outside of the day */
};

struct tz_rule {
    int64_t offset_s, summer_offset_s;
    bool has_summer;
    struct tz_day begins, ends; /* summer time */
};

/* False where it is none. */
bool tz_rule_parse(const char *text, struct tz_rule *ret_rule);

/* The offset at a time, and between which changes that lies. */
int64_t tz_rule_at(const struct tz_rule *rule, int64_t at_s, int64_t *ret_from_s,
                   int64_t *ret_to_s);
