#include "config/quantity.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

TestSuite(quantity, .timeout = 20);

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const struct right {
    const struct unit *units;
    const char *text;
    int64_t value;
    const char *shown;
} right[] = {
    {size_units, "0", 0, "0"},
    {size_units, "1", 1, "1B"},
    {size_units, "1B", 1, "1B"},
    {size_units, "2kB", 2000, "2kB"},
    {size_units, "2 KiB", 2048, "2KiB"},
    {size_units, "3MB", 3000000, "3MB"},
    {size_units, "3MiB", 3145728, "3MiB"},
    {size_units, "1GB", 1000000000, "1GB"},
    {size_units, "1GiB", 1073741824, "1GiB"},
    {size_units, "1.5 GiB", 1610612736, "1536MiB"},
    {size_units, "0.5kB", 500, "500B"},
    {size_units, "4TB", INT64_C(4000000000000), "4TB"},
    {size_units, "1TiB", INT64_C(1099511627776), "1TiB"},
    {size_units, "9223372036854775807", INT64_MAX, "9223372036854775807B"},
    {duration_units, "0", 0, "0"},
    {duration_units, "90s", 90, "90s"},
    {duration_units, "90 m", 5400, "90m"},
    {duration_units, "48h", 172800, "2d"},
    {duration_units, "1.5h", 5400, "90m"},
    {duration_units, "30d", 2592000, "30d"},
    {duration_units, "2w", 1209600, "14d"},
    {percent_units, "0", 0, "0"},
    {percent_units, "0 %", 0, "0"},
    {percent_units, "0.1%", 1000, "0.1%"},
    {percent_units, "0.1 %", 1000, "0.1%"},
    {percent_units, "12.25%", 122500, "12.25%"},
    {percent_units, "0.0001%", 1, "0.0001%"},
    {percent_units, "100%", 1000000, "100%"},
};

Test(quantity, is_read_and_shown_in_a_unit_that_divides_it)
{
    for (size_t i = 0; i < N(right); i++) {
        char text[QUANTITY_TEXT_MAX];
        int64_t value = -1;

        cr_expect(quantity_parse(right[i].text, right[i].units, &value), "%s", right[i].text);
        cr_expect(eq(i64, value, right[i].value), "%s", right[i].text);
        cr_expect_str_eq(quantity_format(value, right[i].units, text), right[i].shown);
        cr_expect(quantity_parse(text, right[i].units, &value), "%s", text);
        cr_expect(eq(i64, value, right[i].value), "%s", text);
    }
}

static const struct {
    const struct unit *units;
    const char *text;
} wrong[] = {
    {size_units, ""},
    {size_units, " "},
    {size_units, "B"},
    {size_units, "-1B"},
    {size_units, "+1B"},
    {size_units, "1.B"},
    {size_units, ".5GiB"},
    {size_units, "1.5"},
    {size_units, "1.5B"},
    {size_units, "0.0001 kB"},
    {size_units, "1 gib"},
    {size_units, "1G"},
    {size_units, "1  GiB"},
    {size_units, "1 "},
    {size_units, "1GiB "},
    {size_units, "1e3"},
    {size_units, "0x10"},
    {size_units, "9223372036854775808"},
    {size_units, "9007199254740992KiB"},
    {size_units, "8388607.9999999999999999TiB"},
    {size_units, "99999999999999999999GB"},
    {duration_units, "30"},
    {duration_units, "30D"},
    {duration_units, "1d12h"},
    {duration_units, "1.5s"},
    {duration_units, "30 days"},
    {duration_units, "0.0"},
    {percent_units, "0.5"},
    {percent_units, "1"},
    {percent_units, "0.00001%"},
    {percent_units, "%"},
    {percent_units, "1%%"},
};

Test(quantity, that_is_none_or_does_not_come_out_whole_is_refused)
{
    for (size_t i = 0; i < N(wrong); i++) {
        int64_t value = -7;

        cr_expect(not(quantity_parse(wrong[i].text, wrong[i].units, &value)), "%s", wrong[i].text);
        cr_expect(eq(i64, value, -7), "%s", wrong[i].text);
    }
}
