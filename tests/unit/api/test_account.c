#include "api/account.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "api/endpoint.h"

TestSuite(account, .timeout = 10);

/* The answer with this result. */
static struct account parse(const char *result)
{
    struct account account;
    struct err err;
    char text[2048];

    snprintf(text, sizeof(text),
             "{\"status_code\":20000,\"tasks\":[{\"status_code\":20000,\"result\":[%s]}]}", result);
    cr_assert(account_parse(text, strlen(text), endpoint_find("backlinks"), &account, &err), "%s",
              err.text);
    return account;
}

Test(account, tells_login_balance_and_prices)
{
    struct account account = parse(
        "{\"login\":\"me\",\"timezone\":\"Europe/Berlin\",\"money\":{\"balance\":12.345678},"
        "\"price\":{\"backlinks\":{\"backlinks\":{\"live\":{\"priority_normal\":["
        "{\"cost_type\":\"per_request\",\"cost\":0.024},"
        "{\"cost_type\":\"per_result\",\"cost\":3.6e-05}]}}}}}");

    cr_expect_str_eq(account.login, "me");
    cr_expect_str_eq(account.timezone, "Europe/Berlin");
    cr_expect(eq(i64, account.balance_nanousd, INT64_C(12345678000)));
    cr_expect(eq(i64, account.per_call_nanousd, 24000000));
    cr_expect(eq(i64, account.per_item_nanousd, 36000));
}

Test(account, tells_limits_where_there_are_some)
{
    struct account account = parse(
        "{\"rates\":{\"limits\":{\"minute\":{\"backlinks\":{\"backlinks\":2000}}}},"
        "\"money\":{\"limits\":{\"day\":{\"total\":25.5}}}}");

    cr_expect(eq(i64, account.calls_per_minute, 2000));
    cr_expect(eq(i64, account.per_day_nanousd, INT64_C(25500000000)));
    account = parse(
        "{\"rates\":{\"limits\":{\"minute\":{\"backlinks\":{\"backlinks\":"
        "{\"live\":3000}}}}}}");
    cr_expect(eq(i64, account.calls_per_minute, 3000));
    account = parse(
        "{\"rates\":{\"limits\":{\"minute\":{\"backlinks\":{\"backlinks\":"
        "{\"live\":0}}}}},\"money\":{\"limits\":{\"day\":{\"total\":0}}}}");
    cr_expect(eq(i64, account.calls_per_minute, -1));
    cr_expect(eq(i64, account.per_day_nanousd, -1));
}

Test(account, tolerates_that_anything_is_missing_or_of_another_type)
{
    static const char *const results[] = {
        "{}", "null", "[]", "{\"rates\":null,\"money\":[],\"price\":{\"backlinks\":7}}",
        "{\"rates\":{\"limits\":{\"minute\":{\"backlinks\":{\"backlinks\":{\"live\":\"x\"}}}}},"
        "\"money\":{\"balance\":\"1\",\"limits\":{\"day\":3}},\"login\":5}"};

    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
        struct account account = parse(results[i]);

        cr_expect_str_eq(account.login, "");
        cr_expect(eq(i64, account.balance_nanousd, -1));
        cr_expect(eq(i64, account.per_call_nanousd, -1));
        cr_expect(eq(i64, account.per_item_nanousd, -1));
        cr_expect(eq(i64, account.calls_per_minute, -1));
        cr_expect(eq(i64, account.per_day_nanousd, -1));
    }
}

Test(account, keeps_what_a_refusal_says)
{
    static const char text[] = "{\"status_code\":40100,\"status_message\":\"no\",\"tasks\":null}";
    struct account account;
    struct err err;

    cr_assert(account_parse(text, strlen(text), endpoint_find("backlinks"), &account, &err));
    cr_expect(eq(int, account.status_code, 40100));
    cr_expect_str_eq(account.message, "no");
    cr_expect(not(account_parse("<html>", 6, endpoint_find("backlinks"), &account, &err)));
    cr_expect(eq(int, (int)err.kind, ERR_DATA));
}
