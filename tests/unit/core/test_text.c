#include "core/text.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

TestSuite(text, .timeout = 60);

/* Decodes by arithmetic, without looking at how text.c does it; 0 where it is no character. */
static size_t length_by_definition(const unsigned char *at, size_t size)
{
    static const unsigned long smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = at[0] < 0x80       ? 1
                    : at[0] >> 5 == 6  ? 2
                    : at[0] >> 4 == 14 ? 3
                    : at[0] >> 3 == 30 ? 4
                                       : 0;
    unsigned long code;

    if (length == 0 || length > size)
        return 0;
    code = length == 1 ? at[0] : at[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if (at[i] >> 6 != 2)
            return 0;
        code = code << 6 | (at[i] & 0x3f);
    }
    if (code < smallest[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    return length;
}

/* Every lead byte with every second byte, and the edges of the third and fourth, cut at each size.
 */
Test(text, tells_utf8_from_what_is_none)
{
    static const unsigned char edges[] = {0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xff};
    size_t n_wrong = 0;

    for (unsigned i = 0; i < 256 * 256 * sizeof(edges) * sizeof(edges); i++) {
        unsigned char bytes[4] = {(unsigned char)(i & 255), (unsigned char)(i >> 8 & 255),
                                  edges[(i >> 16) % sizeof(edges)],
                                  edges[(i >> 16) / sizeof(edges)]};

        for (size_t size = 1; size <= 4; size++)
            n_wrong +=
                text_utf8_length((const char *)bytes, size) != length_by_definition(bytes, size);
    }
    cr_expect(eq(sz, n_wrong, 0));
    cr_expect(eq(sz, text_utf8_length("", 0), 0));
}

Test(text, finds_the_first_byte_that_is_no_utf8)
{
    cr_expect(eq(sz, text_utf8_valid("", 0), 0));
    cr_expect(eq(sz, text_utf8_valid("gr\xc3\xbc\xc3\x9f", 6), 6));
    cr_expect(eq(sz, text_utf8_valid("a\0b", 3), 3));
    cr_expect(eq(sz,
                 text_utf8_valid("ab\xff"
                                 "c",
                                 4),
                 2));
    cr_expect(eq(sz, text_utf8_valid("ab\xed\xa0\x80", 5), 2));
    cr_expect(eq(sz, text_utf8_valid("ab\xf0\x9f\x98", 5), 2));
}

Test(text, ends_a_text_in_front_of_a_torn_character)
{
    static const char whole[] = "a\xc3\xbc\xf0\x9f\x98\x80";
    static const size_t kept[] = {0, 1, 1, 3, 3, 3, 3, 7};

    for (size_t size = 0; size < sizeof(whole); size++) {
        char text[sizeof(whole)] = "";

        memcpy(text, whole, size);
        text_end_torn(text);
        cr_expect(eq(sz, strlen(text), kept[size]), "cut to %zu bytes", size);
    }
}

/* The memory ends where it was said to: the sanitizer sees a look behind it. */
Test(text, does_not_look_behind_the_end)
{
    char *bytes = malloc(3);

    cr_assert(ne(ptr, bytes, NULL));
    memcpy(bytes, "\xf0\x9f\x98", 3);
    for (size_t size = 0; size <= 3; size++)
        cr_expect(eq(sz, text_utf8_length(bytes + 3 - size, size), 0));
    free(bytes);
}

static const char *near_miss(const char *word)
{
    static const char *const names[] = {"targets", "filters", "max_rows", "limit", "tag"};
    const char *found = text_near_miss(word, names, sizeof(names) / sizeof(names[0]));

    return found == NULL ? "(none)" : found;
}

Test(text, guesses_the_name_that_was_meant)
{
    cr_expect_str_eq(near_miss("target"), "targets");
    cr_expect_str_eq(near_miss("maxrows"), "max_rows");
    cr_expect_str_eq(near_miss("filtres"), "filters");
    cr_expect_str_eq(near_miss("limits"), "limit");
    cr_expect_str_eq(near_miss("targets"), "targets");
}

Test(text, does_not_guess_wildly)
{
    cr_expect_str_eq(near_miss(""), "(none)");
    cr_expect_str_eq(near_miss("x"), "(none)");
    cr_expect_str_eq(near_miss("it"), "(none)");
    cr_expect_str_eq(near_miss("tx"), "(none)");
    cr_expect_str_eq(near_miss("schedule"), "(none)");
    cr_expect_str_eq(near_miss("xxxfilters"), "(none)");
    cr_expect_str_eq(near_miss("targetstargetstargetstargetstargetstargetstargetstargetstargets__"
                               "targetstargetstargetstargetstargets"),
                     "(none)");
}

/* -1 and 1 in `is_number`'s place would do as well: it tells a refusal from the value 0. */
static void expect_int64(const char *text, bool is_number, int64_t expected)
{
    int64_t value = 7;

    cr_expect(eq(int, text_parse_int64(text, strlen(text), &value), is_number), "\"%s\"", text);
    cr_expect(eq(i64, value, is_number ? expected : 7), "\"%s\"", text);
}

Test(text, reads_integers_to_both_ends_of_their_range)
{
    expect_int64("0", true, 0);
    expect_int64("-0", true, 0);
    expect_int64("+5", true, 5);
    expect_int64("007", true, 7);
    expect_int64("9223372036854775807", true, INT64_MAX);
    expect_int64("-9223372036854775808", true, INT64_MIN);
    expect_int64("-9223372036854775807", true, -INT64_MAX);
}

Test(text, refuses_what_is_no_integer_or_out_of_range)
{
    static const char *const texts[] = {
        "",
        "-",
        "+",
        "--1",
        "1 ",
        " 1",
        "1.0",
        "1e3",
        "0x10",
        "a",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551616",
        "99999999999999999999999999",
        "1_000",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        expect_int64(texts[i], false, 0);
}

Test(text, reads_no_further_than_it_is_told)
{
    int64_t value = 0;

    cr_expect(text_parse_int64("123456", 3, &value));
    cr_expect(eq(i64, value, 123));
    cr_expect(
        not(text_parse_int64("12\0"
                             "34",
                             5, &value)));
}

Test(text, of_bytes_is_short_and_never_says_more_than_there_is)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {
        {0, "0 B"},
        {1023, "1023 B"},
        {1024, "1.0 KiB"},
        {1535, "1.4 KiB"},
        {1536, "1.5 KiB"},
        {10239, "9.9 KiB"},
        {10240, "10 KiB"},
        {UINT64_C(1048575), "1023 KiB"},
        {UINT64_C(1048576), "1.0 MiB"},
        {UINT64_C(536870912), "512 MiB"},
        {UINT64_C(1610612736), "1.5 GiB"},
        {UINT64_MAX, "15 EiB"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[TEXT_BYTES_MAX];

        cr_expect_str_eq(text_bytes(cases[i].bytes, text), cases[i].text);
    }
}
