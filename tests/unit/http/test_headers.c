#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "fixture.h"

/* A token instead of a login, and the one header of an answer that the caller wants to see. */

TestSuite(headers, .timeout = 30);

Test(headers, a_token_goes_out_as_bearer)
{
    struct call call = {.n_done = 0};

    f.settings.token = "sk-aisa-4711";
    START(OK_ANSWER);
    run_call(&call);
    cr_expect_not_null(strstr(f.peer.request.data, "\r\nAuthorization: Bearer sk-aisa-4711\r\n"));
    fixture_finish();
    call_free(&call);
}

/* `lines` is a literal. */
#define EXPECT_HEADER(lines, value)                                                                \
    do {                                                                                           \
        struct call call = {.n_done = 0};                                                          \
                                                                                                   \
        f.settings.header = "X-AISA-Price-USD";                                                    \
        START(SCRIPT(ANSWER("200 OK", lines, "2", "{}")));                                         \
        run_call(&call);                                                                           \
        cr_expect_str_eq(call.header, value);                                                      \
        fixture_finish();                                                                          \
        call_free(&call);                                                                          \
    } while (false)

Test(headers, the_one_that_is_asked_for_is_handed_over)
{
    EXPECT_HEADER("X-AISA-Price-USD: 3.6e-05\r\n", "3.6e-05");
}

Test(headers, its_name_may_be_written_in_any_case)
{
    EXPECT_HEADER("x-aisa-price-usd:  0.06 \r\n", "0.06");
}

Test(headers, one_that_is_missing_is_none)
{
    EXPECT_HEADER("X-AISA-Price: 1\r\n", "");
}
