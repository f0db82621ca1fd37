#include "decode/timestamp.h"

/*
 * Fixed places up to the seconds, then an optional fraction, an optional space and an offset.
 * Whatever is out of its range (a 30th of February, hour 24, second 60) is no timestamp.
 */

#define EPOCH_DAYS 730119 /* 2000-01-01, counted from 0001-01-01 */

struct reader {
    const char *at, *end;
};

static bool read_digits(struct reader *reader, int n, int *ret_value)
{
    int value = 0;

    if (reader->end - reader->at < n)
        return false;
    for (int i = 0; i < n; i++) {
        char c = *reader->at++;

        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (c - '0');
    }
    *ret_value = value;
    return true;
}

static bool read_one(struct reader *reader, char a, char b)
{
    if (reader->at == reader->end || (*reader->at != a && *reader->at != b))
        return false;
    reader->at++;
    return true;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days since 0001-01-01. */
static int days_before(int year, int month, int day)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int years = year - 1;

    return years * 365 + years / 4 - years / 100 + years / 400 + before[month - 1] +
           (month > 2 && is_leap(year)) + day - 1;
}

static bool read_date(struct reader *reader, int *ret_days)
{
    int year, month, day;

    if (!read_digits(reader, 4, &year) || !read_one(reader, '-', '-') ||
        !read_digits(reader, 2, &month) || !read_one(reader, '-', '-') ||
        !read_digits(reader, 2, &day))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_of_month(year, month))
        return false;
    *ret_days = days_before(year, month, day) - EPOCH_DAYS;
    return true;
}

static bool read_clock(struct reader *reader, int *ret_seconds)
{
    int hour, minute, second;

    if (!read_digits(reader, 2, &hour) || !read_one(reader, ':', ':') ||
        !read_digits(reader, 2, &minute) || !read_one(reader, ':', ':') ||
        !read_digits(reader, 2, &second))
        return false;
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    *ret_seconds = (hour * 60 + minute) * 60 + second;
    return true;
}

static bool read_fraction(struct reader *reader, int *ret_us)
{
    int us = 0, unit = 100000;
    const char *first;

    *ret_us = 0;
    if (!read_one(reader, '.', '.'))
        return true;
    first = reader->at;
    for (; reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9'; reader->at++) {
        us += (*reader->at - '0') * unit;
        unit /= 10;
    }
    *ret_us = us;
    return reader->at > first;
}

/* "Z", "+hh", "+hhmm" or "+hh:mm", and nothing behind it. */
static bool read_offset(struct reader *reader, int *ret_seconds)
{
    int hour, minute = 0;
    bool is_west;

    *ret_seconds = 0;
    (void)read_one(reader, ' ', ' ');
    if (read_one(reader, 'Z', 'z'))
        return reader->at == reader->end;
    is_west = reader->at < reader->end && *reader->at == '-';
    if (!read_one(reader, '+', '-') || !read_digits(reader, 2, &hour))
        return false;
    if (reader->at < reader->end) {
        (void)read_one(reader, ':', ':');
        if (!read_digits(reader, 2, &minute))
            return false;
    }
    if (hour > 15 || minute > 59 || reader->at != reader->end)
        return false;
    *ret_seconds = (hour * 60 + minute) * (is_west ? -60 : 60);
    return true;
}

bool timestamp_parse(const char *text, size_t size, int64_t *ret_us)
{
    struct reader reader = {text, text + size};
    int days, seconds, us, offset;

    if (!read_date(&reader, &days) || !read_one(&reader, ' ', 'T') ||
        !read_clock(&reader, &seconds) || !read_fraction(&reader, &us) ||
        !read_offset(&reader, &offset))
        return false;
    *ret_us = ((int64_t)days * 86400 + seconds - offset) * 1000000 + us;
    return true;
}
