#include "config/cron.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "core/date.h"

#define FIELDS 5
#define WORD_MAX 256 /* every minute by itself takes 169 */

struct field {
    const char *name;
    const char *expected;
    unsigned min, max;
    const char *names; /* three letters each, the first is `names_from` */
    unsigned names_from;
};

static const struct field fields[FIELDS] = {
    {"minute", "0 to 59", 0, 59, "", 0},
    {"hour", "0 to 23", 0, 23, "", 0},
    {"day of month", "1 to 31", 1, 31, "", 0},
    {"month", "1 to 12 or jan to dec", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec", 1},
    {"day of week", "0 to 7 (0 and 7 are Sunday) or sun to sat", 0, 7, "sunmontuewedthufrisat", 0},
};

/* Reads a number or a name, and steps over it. */
static bool read_value(const struct field *field, const char **at, unsigned *ret_value)
{
    unsigned value = 0;

    if (isdigit((unsigned char)**at)) {
        for (; isdigit((unsigned char)**at) && value < 1000; (*at)++)
            value = value * 10 + (unsigned)(**at - '0');
        *ret_value = value;
        return value >= field->min && value <= field->max;
    }
    for (unsigned i = 0; field->names[3 * (size_t)i] != '\0'; i++)
        if (strncasecmp(*at, field->names + 3 * (size_t)i, 3) == 0) {
            *at += 3;
            *ret_value = field->names_from + i;
            return true;
        }
    return false;
}

/* One item of a list: `*`, a value or a range, with or without a step. */
static bool read_item(const struct field *field, const char **at, uint64_t *set)
{
    unsigned from = field->min, to = field->max, step = 1;
    bool is_range = true;

    if (**at == '*') {
        (*at)++;
        if (field->max == 7)
            to = 6; /* Sunday once, so that steps count seven days */
    } else {
        if (!read_value(field, at, &from))
            return false;
        to = from;
        is_range = **at == '-';
        if (is_range) {
            (*at)++;
            if (!read_value(field, at, &to) || to < from)
                return false;
        }
    }
    if (**at == '/') {
        (*at)++;
        if (!is_range || !isdigit((unsigned char)**at))
            return false;
        for (step = 0; isdigit((unsigned char)**at) && step < 1000; (*at)++)
            step = step * 10 + (unsigned)(**at - '0');
        if (step == 0)
            return false;
    }
    for (unsigned value = from; value <= to; value += step)
        *set |= UINT64_C(1) << value;
    return true;
}

static bool read_field(const struct field *field, const char *word, uint64_t *ret_set)
{
    *ret_set = 0;
    for (;;) {
        if (!read_item(field, &word, ret_set))
            return false;
        if (*word == '\0')
            return true;
        if (*word++ != ',')
            return false;
    }
}

/* Whether one of the months has one of the days; no February has a 30th. */
static bool has_a_day(const struct cron *cron)
{
    static const unsigned lengths[] = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (!cron->any_weekday)
        return true;
    for (unsigned month = 1; month <= 12; month++)
        for (unsigned day = 1; day <= lengths[month]; day++)
            if ((cron->months >> month & 1) != 0 && (cron->days >> day & 1) != 0)
                return true;
    return false;
}

static const char *without_nickname(const char *text)
{
    static const char *const names[][2] = {
        {"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
        {"@weekly", "0 0 * * 0"},   {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
        {"@annually", "0 0 1 1 *"},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(text, names[i][0]) == 0)
            return names[i][1];
    return text;
}

/* What other crons have in a field of days, and no field of ours. */
static bool is_foreign(const struct field *field, const char *word)
{
    return (field->max == 31 && strpbrk(word, "LlWw") != NULL) ||
           (field->max == 7 && strpbrk(word, "Ll#") != NULL);
}

/* Cuts the text into words at blanks; the number of them, also where there are too many. */
static unsigned cut(const char *text, char words[FIELDS][WORD_MAX])
{
    unsigned n = 0;

    for (;;) {
        size_t length;

        text += strspn(text, " \t");
        if (*text == '\0')
            return n;
        length = strcspn(text, " \t");
        if (n < FIELDS) {
            size_t kept = length < WORD_MAX ? length : WORD_MAX - 1;

            memcpy(words[n], text, kept);
            words[n][kept] = '\0';
            if (kept < length)
                words[n][0] = '?'; /* fits no field, so what was cut is refused */
        }
        n++;
        text += length;
    }
}

bool cron_parse(const char *text, struct cron *ret_cron, struct err *err)
{
    char words[FIELDS][WORD_MAX];
    uint64_t sets[FIELDS];
    struct cron cron;
    unsigned n;

    if (text[0] == '@' && without_nickname(text) == text)
        return err_set(err, ERR_CONFIG,
                       "%.40s is none of @hourly, @daily, @weekly, @monthly, @yearly", text);
    n = cut(without_nickname(text), words);
    if (n != FIELDS)
        return err_set(err, ERR_CONFIG,
                       "found %u field%s, expected five: minute, hour, day of month, month, day of "
                       "week, as in \"15 2 * * *\"",
                       n, n == 1 ? "" : "s");
    for (unsigned i = 0; i < FIELDS; i++)
        if (!read_field(&fields[i], words[i], &sets[i]))
            return err_set(
                err, ERR_CONFIG,
                "%s: found %s, expected %s; also *, ranges a-b, lists a,b and steps */n%s",
                fields[i].name, words[i], fields[i].expected,
                is_foreign(&fields[i], words[i]) ? "; L, W and # of other crons are not understood"
                                                 : "");
    cron = (struct cron){
        .minutes = sets[0],
        .hours = (uint32_t)sets[1],
        .days = (uint32_t)sets[2],
        .months = (uint16_t)sets[3],
        .weekdays = (uint8_t)((sets[4] | sets[4] >> 7) & 0x7f),
        .any_day = words[2][0] == '*',
        .any_weekday = words[4][0] == '*',
    };
    if (!has_a_day(&cron))
        return err_set(err, ERR_CONFIG, "names no day that exists");
    *ret_cron = cron;
    return true;
}

/* Where both fields are restricted either may match, else both have to. */
bool cron_is_due_on(const struct cron *cron, int month, int day, int weekday)
{
    bool is_day = (cron->days >> day & 1) != 0;
    bool is_weekday = (cron->weekdays >> weekday & 1) != 0;

    if ((cron->months >> month & 1) == 0)
        return false;
    return cron->any_day || cron->any_weekday ? is_day && is_weekday : is_day || is_weekday;
}

static int64_t count(uint64_t set)
{
    int64_t n = 0;

    for (; set != 0; set &= set - 1)
        n++;
    return n;
}

int64_t cron_in_a_day(const struct cron *cron)
{
    return count(cron->minutes) * count(cron->hours);
}

int64_t cron_in_28_years(const struct cron *cron)
{
    int64_t from = date_days(2001, 1, 1), n_days = 0;

    for (int64_t days = from; days < from + CRON_28_YEARS_DAYS; days++) {
        struct date date = date_of(days);

        n_days += cron_is_due_on(cron, date.month, date.day, date_weekday(days));
    }
    return n_days * cron_in_a_day(cron);
}
