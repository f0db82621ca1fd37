/* Times and stretches of time as people and programs read them. */
#pragma once

#include <stdint.h>

struct tz;

#define WHEN_TEXT_MAX 48

/* Seconds since 1970 for programs, in UTC: "2026-11-24T01:15:00Z". Returns `text`. */
const char *when_utc(int64_t at_s, char text[WHEN_TEXT_MAX]);

/*
 * For people, on the clock of a time zone: "Wed 02:15 +01:00", or with its date where it is not
 * within six days of `now_s`: "2026-12-24 02:15 +01:00". Returns `text`.
 */
const char *when_local(const struct tz *tz, int64_t at_s, int64_t now_s, char text[WHEN_TEXT_MAX]);

/* A stretch of time in its largest unit, rounded down: "45 s", "12 min", "3 h", "5 d". */
const char *when_span(int64_t seconds, char text[WHEN_TEXT_MAX]);
