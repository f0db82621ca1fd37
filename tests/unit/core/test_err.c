#include "core/err.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

TestSuite(err, .timeout = 10);

Test(err, says_what_happened_and_returns_false)
{
    struct err err;

    cr_expect(not(err_set(&err, ERR_DATA, "item %d is no %s", 17, "object")));
    cr_expect(eq(int, err.kind, ERR_DATA));
    cr_expect_str_eq(err.text, "item 17 is no object");
}

Test(err, gets_context_in_front_and_keeps_its_kind)
{
    struct err err;

    err_set(&err, ERR_IO, "disk full");
    cr_expect(not(err_wrap(&err, "page %d", 3)));
    cr_expect(not(err_wrap(&err, "listing %s", "a.com")));
    cr_expect(eq(int, err.kind, ERR_IO));
    cr_expect_str_eq(err.text, "listing a.com: page 3: disk full");
}

Test(err, cuts_the_tail_of_what_is_too_long_and_stays_a_string)
{
    char text[2 * ERR_TEXT_MAX];
    struct err err;

    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    err_set(&err, ERR_API, "%s", text);
    cr_expect(eq(sz, strlen(err.text), ERR_TEXT_MAX - 1));

    err_wrap(&err, "page 3");
    cr_expect(eq(sz, strlen(err.text), ERR_TEXT_MAX - 1));
    cr_expect(eq(int, strncmp(err.text, "page 3: xxx", 11), 0));

    err_wrap(&err, "%s", text);
    cr_expect(eq(sz, strlen(err.text), ERR_TEXT_MAX - 1));
}

Test(err, may_quote_its_own_text)
{
    struct err err;

    err_set(&err, ERR_DB, "gone");
    err_wrap(&err, "was \"%.10s\" before", "it");
    cr_expect_str_eq(err.text, "was \"it\" before: gone");
}

Test(err, says_what_to_do_where_a_text_cannot)
{
    cr_expect_not_null(strstr(err_advice(ERR_DB), "PostgreSQL's own log"));
    cr_expect_not_null(strstr(err_advice(ERR_INTERNAL), "report it"));
    cr_expect_str_eq(err_advice(ERR_CONFIG), "");
}

/* The codes are the command line's contract: docs and scripts know them. */
Test(err, ends_a_command_with_the_code_that_was_promised)
{
    static const struct {
        enum err_kind kind;
        int code;
    } promises[] = {
        {ERR_NONE, 0},   {ERR_USAGE, 64},   {ERR_CONFIG, 78},   {ERR_NETWORK, 69}, {ERR_LOGIN, 77},
        {ERR_API, 1},    {ERR_DATA, 1},     {ERR_DB, 69},       {ERR_IO, 1},       {ERR_BUSY, 75},
        {ERR_BUDGET, 2}, {ERR_CANCELED, 1}, {ERR_INTERNAL, 70},
    };

    for (size_t i = 0; i < sizeof(promises) / sizeof(promises[0]); i++)
        cr_expect(eq(int, err_exit_code(promises[i].kind), promises[i].code), "kind %d",
                  (int)promises[i].kind);
}
