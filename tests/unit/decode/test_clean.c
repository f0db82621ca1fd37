#include "decode/clean.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "core/text.h"
#include "decode/scan.h"

TestSuite(clean, .timeout = 20);

#define FFFD "\xef\xbf\xbd"

/* Each in a buffer of exactly the promised size, from text of exactly its size. */
static char *run(size_t (*clean)(const char *, size_t, char *, bool *), const char *text,
                 size_t size, bool *is_changed)
{
    char *exact = mem_resize(mem_strndup(text, size), size, 1);
    char *into = mem_resize(NULL, CLEAN_SIZE(size), 1);
    char *result;

    *is_changed = false;
    result = mem_strndup(into, clean(exact, size, into, is_changed));
    free(exact);
    free(into);
    return result;
}

static char *run_json(const char *text, bool *is_changed)
{
    char *padded = mem_printf("%s ", text);
    const char *at = padded;
    struct raw raw;
    char *into, *result;

    cr_assert(eq(int, scan_value(&at, padded + strlen(padded), &raw), SCAN_OK), "%s", text);
    into = mem_resize(NULL, CLEAN_SIZE(raw.size), 1);
    *is_changed = false;
    result = mem_strndup(into, clean_json(&raw, into, is_changed));
    free(padded);
    free(into);
    return result;
}

struct clean_case {
    const char *text, *wanted;
    bool is_changed;
};

static const struct clean_case strings[] = {
    {"", "", false},
    {"plain", "plain", false},
    {"Stra\xc3\x9f"
     "e \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80",
     "Stra\xc3\x9f"
     "e \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80",
     false},
    {"\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t", false},
    {"\\u0041\\u00e9\\u20AC\\uFFFF", "A\xc3\xa9\xe2\x82\xac\xef\xbf\xbf", false},
    {"\\ud83d\\ude00", "\xf0\x9f\x98\x80", false},
    {"\\uDBFF\\uDFFF", "\xf4\x8f\xbf\xbf", false},
    {"a\\u0000b", "a" FFFD "b", true},
    {"\\ud83d", FFFD, true},
    {"\\ude00", FFFD, true},
    {"\\ud83dx", FFFD "x", true},
    {"\\ud83d\\u0041", FFFD "A", true},
    {"\\ud83d\\ud83d\\ude00", FFFD "\xf0\x9f\x98\x80", true},
    {"\\ud83d\\n", FFFD "\n", true},
    {"\\ude00\\ud83d", FFFD FFFD, true},
    {"a\xff"
     "b",
     "a" FFFD "b", true},
    {"\xc3", FFFD, true},
    {"\xc0\x80", FFFD FFFD, true},
    {"\xed\xa0\x80", FFFD FFFD FFFD, true},
    {"\xf5\x80\x80\x80", FFFD FFFD FFFD FFFD, true},
    {"seven..\xe2\x82", "seven.." FFFD FFFD, true},
};

Test(clean, makes_of_a_json_string_the_text_it_means)
{
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
        bool is_changed;
        char *text = run(clean_string, strings[i].text, strlen(strings[i].text), &is_changed);

        cr_expect_str_eq(text, strings[i].wanted, "%s: %s", strings[i].text, text);
        cr_expect(eq(int, is_changed, strings[i].is_changed), "%s", strings[i].text);
        free(text);
    }
}

Test(clean, leaves_only_valid_utf8_without_nul_of_any_bytes)
{
    bool is_changed;
    char *text = run(clean_text, "a\0b\x80\n\xc3\xa9\\u0000", 13, &is_changed);

    cr_expect_str_eq(text, "a" FFFD "b" FFFD "\n\xc3\xa9\\u0000");
    cr_expect(is_changed);
    free(text);

    srand(20261122);
    for (unsigned i = 0; i < 20000; i++) {
        char bytes[24];
        size_t size = (size_t)rand() % sizeof bytes;

        for (size_t j = 0; j < size; j++)
            bytes[j] = (char)(rand() % 3 == 0 ? rand() : "\xe2\x82\xac\xed\xf0\x9f"[rand() % 6]);
        text = run(clean_text, bytes, size, &is_changed);
        cr_assert(eq(sz, text_utf8_valid(text, strlen(text)), strlen(text)));
        cr_assert(eq(int, is_changed,
                     memchr(bytes, '\0', size) != NULL || text_utf8_valid(bytes, size) != size));
        free(text);
    }
}

static const struct clean_case values[] = {
    {"{\"a\" : [1, true, null, \"x\"]}", "{\"a\" : [1, true, null, \"x\"]}", false},
    {"\"\\u0041\\ud83d\\ude00\\n\\\"\"", "\"\\u0041\\ud83d\\ude00\\n\\\"\"", false},
    {"{\"k\\u0000\":\"\\ud800\"}", "{\"k" FFFD "\":\"" FFFD "\"}", true},
    {"[\"\xff\"]", "[\"" FFFD "\"]", true},
    {"[\"\\ud83d\\\"\", 1]", "[\"" FFFD "\\\"\", 1]", true},
    {"1e131071", "1e131071", false},
    {"1e131072", "\"1e131072\"", true},
    {"-9.9e131071", "-9.9e131071", false},
    {"0.001e131074", "0.001e131074", false},
    {"0.001e131075", "\"0.001e131075\"", true},
    {"0e131072", "0e131072", false},
    {"1e-16383", "1e-16383", false},
    {"1e-16384", "\"1e-16384\"", true},
    {"1.5e-16383", "\"1.5e-16383\"", true},
    {"0e-16384", "\"0e-16384\"", true},
    {"[1,1e999999999999999999999,-2]", "[1,\"1e999999999999999999999\",-2]", true},
    {"{\"n\":-1E-999999999999999999999}", "{\"n\":\"-1E-999999999999999999999\"}", true},
    {"[\"1e999999\",0.10]", "[\"1e999999\",0.10]", false},
};

Test(clean, makes_of_a_json_value_what_jsonb_takes)
{
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        bool is_changed;
        char *text = run_json(values[i].text, &is_changed);

        cr_expect_str_eq(text, values[i].wanted, "%s: %s", values[i].text, text);
        cr_expect(eq(int, is_changed, values[i].is_changed), "%s", values[i].text);
        free(text);
    }
}

Test(clean, makes_a_string_of_a_number_with_more_digits_than_numeric_has)
{
    static const size_t n_digits[] = {131072, 131073};

    for (unsigned i = 0; i < 2; i++) {
        char *number = mem_new(n_digits[i] + 1);
        bool is_changed;
        char *text;

        memset(number, '7', n_digits[i]);
        text = run_json(number, &is_changed);
        cr_expect(eq(int, is_changed, i == 1));
        cr_expect(eq(sz, strlen(text), n_digits[i] + 2 * i));
        free(text);
        free(number);
    }
}

Test(clean, makes_a_string_of_a_value_that_is_nested_too_deep)
{
    struct buf json = BUF_WITH_CEILING(1 << 20), wanted = BUF_WITH_CEILING(1 << 20);
    bool is_changed;
    char *text;

    buf_append_string(&wanted, "\"");
    for (unsigned i = 0; i < 501; i++) {
        buf_append_string(&json, "[");
        buf_append_string(&wanted, "[");
    }
    buf_append_string(&json, "\"\\\\\", \n\"\xff\"");
    buf_append_string(&wanted, "\\\"\\\\\\\\\\\", \\n\\\"" FFFD "\\\"");
    for (unsigned i = 0; i < 501; i++) {
        buf_append_string(&json, "]");
        buf_append_string(&wanted, "]");
    }
    buf_append_string(&wanted, "\"");
    text = run_json(json.data, &is_changed);
    cr_expect_str_eq(text, wanted.data);
    cr_expect(is_changed);
    free(text);
    buf_deinit(&json);
    buf_deinit(&wanted);
}

Test(clean, quotes_text_as_a_json_string)
{
    char into[2 + 6 * 12];
    size_t size = clean_quote("a\"\\\n\t\x01\x1f\xc3\xa9", 9, into);

    into[size] = '\0';
    cr_expect_str_eq(into, "\"a\\\"\\\\\\n\\t\\u0001\\u001f\xc3\xa9\"");
}
