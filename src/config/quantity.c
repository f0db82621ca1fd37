#include "config/quantity.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

/* Digits behind the point; more of them come out whole in no unit of ours. */
#define FRACTION_DIGITS_MAX 15

// clang-format off
const struct unit size_units[] = {
    { "TiB", INT64_C(1) << 40 }, { "TB", INT64_C(1000000000000) },
    { "GiB", INT64_C(1) << 30 }, { "GB", INT64_C(1000000000) },
    { "MiB", INT64_C(1) << 20 }, { "MB", INT64_C(1000000) },
    { "KiB", INT64_C(1) << 10 }, { "kB", INT64_C(1000) },
    { "B", 1 }, { "", 1 }, { NULL, 0 },
};

/* Days before weeks: nobody says 1w where the documentation says 7d. */
const struct unit duration_units[] = {
    { "d", 86400 }, { "h", 3600 }, { "m", 60 }, { "s", 1 }, { "w", 7 * 86400 }, { NULL, 0 },
};

const struct unit day_units[] = { { "d", 1 }, { "w", 7 }, { NULL, 0 } };

const struct unit percent_units[] = { { "%", 10000 }, { NULL, 0 } };
// clang-format on

/* The unit of that name; NULL where there is none. */
static const struct unit *find_unit(const struct unit *units, const char *name)
{
    for (; units->name != NULL; units++)
        if (strcmp(units->name, name) == 0)
            return units;
    return NULL;
}

/* `digits` as a number times `factor`; false where that does not fit. */
static bool scale(const char *digits, size_t n_digits, int64_t factor, int64_t *ret_value)
{
    int64_t number = 0;

    return (n_digits == 0 || text_parse_int64(digits, n_digits, &number)) &&
           !__builtin_mul_overflow(number, factor, ret_value);
}

bool quantity_parse(const char *text, const struct unit *units, int64_t *ret_value)
{
    size_t n_whole = strspn(text, "0123456789"), n_fraction = 0;
    const char *fraction = text + n_whole, *name;
    int64_t whole, part, tenths = 1, value;
    const struct unit *unit;

    if (*fraction == '.')
        n_fraction = strspn(++fraction, "0123456789");
    name = fraction + n_fraction;
    if (n_whole == 0 || (fraction[-1] == '.' && n_fraction == 0) ||
        n_fraction > FRACTION_DIGITS_MAX)
        return false;
    name += *name == ' ' && name[1] != '\0';
    unit = find_unit(units, name);
    if (unit == NULL && strcmp(text, "0") == 0)
        unit = units;
    for (size_t i = 0; i < n_fraction; i++)
        tenths *= 10;
    if (unit == NULL || !scale(text, n_whole, unit->factor, &whole) ||
        !scale(fraction, n_fraction, unit->factor, &part) || part % tenths != 0 ||
        __builtin_add_overflow(whole, part / tenths, &value))
        return false;
    *ret_value = value;
    return true;
}

/* What no unit divides are percents alone: four digits behind the point are a millionth. */
const char *quantity_format(int64_t value, const struct unit *units, char text[QUANTITY_TEXT_MAX])
{
    const struct unit *unit = units;

    if (value == 0) {
        snprintf(text, QUANTITY_TEXT_MAX, "0");
        return text;
    }
    while (unit->factor != 1 && value % unit->factor != 0 && unit[1].name != NULL)
        unit++;
    if (value % unit->factor == 0) {
        snprintf(text, QUANTITY_TEXT_MAX, "%" PRId64 "%s", value / unit->factor, unit->name);
        return text;
    }
    snprintf(text, QUANTITY_TEXT_MAX, "%" PRId64 ".%04" PRId64, value / unit->factor,
             value % unit->factor);
    for (size_t length = strlen(text); text[length - 1] == '0'; length--)
        text[length - 1] = '\0';
    snprintf(text + strlen(text), QUANTITY_TEXT_MAX - strlen(text), "%s", unit->name);
    return text;
}
