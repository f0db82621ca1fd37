/* The calendar as it has been since 1582, whose days are counted from 1970-01-01. */
#pragma once

#include <stdint.h>

struct date {
    int64_t year;
    int month, day; /* from 1 */
};

/* The number of a day; `month` is from 1 to 12, `day` may lie beyond its month. */
int64_t date_days(int64_t year, int month, int day);

struct date date_of(int64_t days);

/* 0: Sunday. */
int date_weekday(int64_t days);

int date_days_in_month(int64_t year, int month);

#define DATE_TEXT_MAX 24

/* yyyy-mm-dd. Returns `text`. */
const char *date_text(int64_t days, char text[DATE_TEXT_MAX]);
