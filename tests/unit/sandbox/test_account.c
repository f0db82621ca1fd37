/* The account: what stops it, and what mends it. A page of a.com's ten items costs $0.02436. */
#include "unit/sandbox/fixture.h"

#include "sandbox/codes.h"

TestSuite(account, .timeout = 30);

#define CALL "[{\"target\":\"a.com\",\"limit\":10}]"
#define USER_DATA "tasks.0.result.0"

static int code(void)
{
    return code_of(CALL, NULL, 0);
}

/* A text of user_data; six times a minute. free() it. */
static char *user_data(const char *path)
{
    struct json_object *json = ask("GET", "/v3/appendix/user_data", "");
    char *text = mem_strdup(text_at(at(json, USER_DATA), path));

    json_object_put(json);
    return text;
}

static void expect_user_data(const char *path, const char *expected)
{
    char *text = user_data(path);

    cr_expect_str_eq(text, expected, "%s: %s", path, text);
    free(text);
}

Test(account, refuses_a_call_that_the_balance_may_not_cover)
{
    struct json_object *json;

    START("--items", "a.com=10", "--balance", "0.0488");
    expect_user_data("money.balance", "0.0488");
    cr_expect(eq(int, code(), 20000));
    cr_expect(eq(int, code(), 20000));
    expect_user_data("money.balance", "0.00008");
    json = live(CALL);
    cr_expect(eq(i64, int_at(json, "status_code"), 20000));
    cr_expect(eq(i64, int_at(json, TASK_CODE), 40210));
    cr_expect_str_eq(text_at(json, "tasks.0.cost"), "0");
    cr_expect_str_eq(text_at(json, "cost"), "0");
    json_object_put(json);
    cr_expect(eq(i64, spent(), 48720000));
    stop();
}

/* For what it may cost, not for what it does. */
Test(account, asks_for_the_worst_case)
{
    START("--items", "a.com=10", "--balance", "0.05");
    cr_expect(eq(int, code_of("[{\"target\":\"a.com\",\"limit\":1000}]", NULL, 0), 40210));
    cr_expect(eq(int, code(), 20000));
    stop();
}

Test(account, sets_aside_what_the_calls_in_flight_may_cost)
{
    static const struct account_terms terms = {.balance_nanousd = 100};
    struct account account;

    account_init(&account, &terms);
    cr_expect(eq(int, account_promise(&account, 60), 0));
    cr_expect(eq(int, account_promise(&account, 60), CODE_FUNDS));
    cr_expect(eq(int, account_promise(&account, 40), 0));
    account_bill(&account, 60, 10);
    cr_expect(eq(int, account_promise(&account, 50), 0));
    account_bill(&account, 40, 40);
    account_bill(&account, 50, 50);
    cr_expect(eq(i64, account_balance(&account), 0));
    cr_expect(eq(int, account_promise(&account, 1), CODE_FUNDS));
}

Test(account, refuses_what_may_pass_the_limit_of_the_day)
{
    START("--items", "a.com=10", "--day-limit", "0.05");
    expect_user_data("money.limits.day.total", "0.05");
    cr_expect(eq(int, code(), 20000));
    cr_expect(eq(int, code(), 20000));
    cr_expect(eq(int, code(), 40203));
    expect_user_data("money.statistics.day.total", "0.04872");
    cr_expect(eq(i64, spent(), 48720000));
    sandbox_mend(sandbox);
    for (int i = 0; i < 4; i++)
        cr_expect(eq(int, code(), 20000));
    expect_user_data("money.limits.day.total", "0");
    stop();
}

Test(account, has_its_balance_again_when_it_is_mended)
{
    START("--items", "a.com=10", "--balance", "0.03");
    cr_expect(eq(int, code(), 20000));
    cr_expect(eq(int, code(), 40210));
    sandbox_mend(sandbox);
    expect_user_data("money.balance", "0.03");
    cr_expect(eq(int, code(), 20000));
    cr_expect(eq(int, code(), 40210));
    cr_expect(eq(i64, spent(), 48720000));
    stop();
}

Test(account, has_a_higher_price_from_one_call_on)
{
    static const char *const per_call = "price.backlinks.backlinks.live.priority_normal.0.cost";
    static const char *const per_item = "price.backlinks.backlinks.live.priority_normal.1.cost";

    START("--items", "a.com=10", "--price-after", "2=0.03,0.0001");
    cr_expect(eq(int, code(), 20000));
    cr_expect(eq(i64, spent(), 24360000));
    expect_user_data(per_call, "0.024");
    cr_expect(eq(int, code(), 20000));
    cr_expect(eq(i64, spent(), 24360000 + 31000000));
    expect_user_data(per_call, "0.03");
    expect_user_data(per_item, "0.0001");
    stop();
}

static int http_of(const char *method, const char *path, const char *body)
{
    struct reply reply = ask_raw(method, path, AUTHORIZATION, body);
    int http = reply.http;

    if (http == 401)
        cr_expect(strstr(buf_text(&reply.body), "\"status_code\":40100,") != NULL, "%s",
                  buf_text(&reply.body));
    buf_deinit(&reply.body);
    return http;
}

Test(account, refuses_the_password_from_one_call_on)
{
    START("--items", "a.com=10", "--refuse-after", "2");
    cr_expect(eq(int, http_of("POST", LIVE, CALL), 200));
    cr_expect(eq(int, http_of("GET", "/v3/appendix/user_data", ""), 200));
    cr_expect(eq(int, http_of("POST", LIVE, CALL), 401));
    cr_expect(eq(int, http_of("GET", "/v3/appendix/user_data", ""), 401));
    cr_expect(eq(int, http_of("POST", LIVE, CALL), 401));
    cr_expect(eq(i64, spent(), 24360000));
    cr_expect(eq(sz, sandbox->in_flight, 0));
    sandbox_mend(sandbox);
    cr_expect(eq(int, http_of("POST", LIVE, CALL), 200));
    cr_expect(eq(int, http_of("GET", "/v3/appendix/user_data", ""), 200));
    stop();
}
