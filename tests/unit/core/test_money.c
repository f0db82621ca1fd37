#include "core/money.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

TestSuite(money, .timeout = 10);

static int64_t parse(const char *text)
{
    int64_t value = -1;

    return money_parse(text, strlen(text), &value) ? value : -1;
}

Test(money, reads_what_json_and_yaml_write)
{
    cr_expect(eq(i64, parse("0.02015"), INT64_C(20150000)));
    cr_expect(eq(i64, parse("3.6e-05"), INT64_C(36000)));
    cr_expect(eq(i64, parse("5"), INT64_C(5000000000)));
    cr_expect(eq(i64, parse("0"), 0));
    cr_expect(eq(i64, parse("0.000"), 0));
    cr_expect(eq(i64, parse("1E3"), INT64_C(1000000000000)));
    cr_expect(eq(i64, parse(".5"), INT64_C(500000000)));
    cr_expect(eq(i64, parse("100.10"), INT64_C(100100000000)));
}

Test(money, rounds_up_below_a_nano_dollar)
{
    cr_expect(eq(i64, parse("0.0000000001"), 1));
    cr_expect(eq(i64, parse("0.0000000010"), 1));
    cr_expect(eq(i64, parse("0.0000000011"), 2));
    cr_expect(eq(i64, parse("1e-300"), 1));
}

Test(money, refuses_what_is_no_amount)
{
    cr_expect(eq(i64, parse(""), -1));
    cr_expect(eq(i64, parse("-1"), -1));
    cr_expect(eq(i64, parse("."), -1));
    cr_expect(eq(i64, parse("1e"), -1));
    cr_expect(eq(i64, parse("1.2.3"), -1));
    cr_expect(eq(i64, parse("nan"), -1));
    cr_expect(eq(i64, parse("1e300"), -1));
    cr_expect(eq(i64, parse("99999999999"), -1));
}

Test(money, writes_at_least_two_decimals)
{
    char text[MONEY_TEXT_MAX];

    cr_expect_str_eq(money_format(INT64_C(20150000), text), "$0.02015");
    cr_expect_str_eq(money_format(INT64_C(5000000000), text), "$5.00");
    cr_expect_str_eq(money_format(1, text), "$0.000000001");
    cr_expect_str_eq(money_format(-INT64_C(1500000000), text), "-$1.50");
    cr_expect_str_eq(money_format(0, text), "$0.00");
}

Test(money, is_written_without_its_sign_for_other_programs)
{
    char text[MONEY_TEXT_MAX];

    cr_expect_str_eq(money_format_plain(INT64_C(24036000), text), "0.024036");
    cr_expect_str_eq(money_format_plain(0, text), "0.00");
    cr_expect_str_eq(money_format_plain(INT64_C(-1500000000), text), "-1.50");
}

Test(money, is_rounded_to_cents_for_a_glance)
{
    static const struct {
        int64_t nanousd;
        const char *text;
    } cases[] = {{0, "$0.00"},          {1, "<$0.01"},
                 {4999999, "<$0.01"},   {5000000, "$0.01"},
                 {24180000, "$0.02"},   {1995000000, "$2.00"},
                 {-24180000, "-$0.02"}, {9999471640000, "$9999.47"}};
    char text[MONEY_TEXT_MAX];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        cr_expect_str_eq(money_format_cents(cases[i].nanousd, text), cases[i].text);
}
