#include "decode/scan.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "decode/lex.h"

TestSuite(scan, .timeout = 20);

/* Scans exactly these bytes, in memory of their own so that a byte too far is seen. */
static enum scan_result scan(const char *text, size_t size, struct raw *raw, size_t *n_read)
{
    char *copy = mem_strndup(text, size);
    char *exact = mem_resize(copy, size, 1);
    const char *at = exact;
    enum scan_result result = scan_value(&at, exact + size, raw);

    *n_read = (size_t)(at - exact);
    free(exact);
    return result;
}

Test(scan, tells_the_type_and_the_end_of_every_kind_of_value)
{
    static const struct {
        const char *text;
        enum raw_type type;
        bool is_plain;
    } cases[] = {
        {"null,", RAW_NULL, true},
        {"true ", RAW_TRUE, true},
        {"false]", RAW_FALSE, true},
        {"0,", RAW_NUMBER, true},
        {"-0,", RAW_NUMBER, true},
        {"-12.50}", RAW_NUMBER, true},
        {"1e5,", RAW_NUMBER, false},
        {"1.25E-7,", RAW_NUMBER, false},
        {"\"\",", RAW_STRING, true},
        {"\"plain text, [with] {brackets}\",", RAW_STRING, true},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\",", RAW_STRING, false},
        {"\"Stra\xc3\x9f"
         "e\",",
         RAW_STRING, false},
        {"[],", RAW_ARRAY, true},
        {"[ ],", RAW_ARRAY, true},
        {"[1, [2, {\"a\": [3]}], null],", RAW_ARRAY, true},
        {"{},", RAW_OBJECT, true},
        {"{ \"a\" : 1 , \"b\" : { } },", RAW_OBJECT, true},
        {"{\"a\":\"\\u0000\"},", RAW_OBJECT, false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct raw raw;
        size_t n_read, size = strlen(cases[i].text);

        cr_assert(eq(int, scan(cases[i].text, size, &raw, &n_read), SCAN_OK), "%s", cases[i].text);
        cr_expect(eq(int, raw.type, cases[i].type), "%s", cases[i].text);
        cr_expect(eq(int, raw.is_plain, cases[i].is_plain), "%s", cases[i].text);
        cr_expect(eq(sz, raw.size, size - 1), "%s", cases[i].text);
        cr_expect(eq(sz, n_read, size - 1), "%s", cases[i].text);
    }
}

Test(scan, calls_every_beginning_of_a_value_cut)
{
    static const char text[] =
        "{\"a\\u00e9\\n\": [1.5e+10, -0, true, {\"b\" : null}, \"x\xc3\xa9\"]"
        " , \"c\":{},\"d\":[ ],\"long enough for a word\":false}";

    for (size_t size = 0; size < strlen(text); size++) {
        struct raw raw;
        size_t n_read;

        cr_expect(eq(int, scan(text, size, &raw, &n_read), SCAN_CUT), "%zu bytes", size);
    }
}

Test(scan, refuses_what_the_grammar_does_not_know)
{
    static const char *const cases[] = {
        "nul ",
        "True ",
        "NaN ",
        "Infinity ",
        "+1 ",
        "[01]",
        ".5 ",
        "1. ",
        "1.e5 ",
        "1e ",
        "1e+ ",
        "- ",
        "--1 ",
        "-a ",
        "'a' ",
        "\"\\x\" ",
        "\"\\u12g4\" ",
        "\"\n\" ",
        "\"tab\t\" ",
        "\"a long text\x01\" ",
        "[,] ",
        "[1,] ",
        "[1 2] ",
        "[1}",
        "{,} ",
        "{\"a\"} ",
        "{\"a\":} ",
        "{\"a\":1,} ",
        "{\"a\" 1} ",
        "{a:1} ",
        "{1:2} ",
        "{\"a\":1]",
        "/**/ ",
        "] ",
        "} ",
        ", ",
        "\x00",
        ("\xef\xbb\xbf"
         "1 "),
        "{\"a\":1 \"b\":2} ",
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct raw raw;
        size_t n_read, size = cases[i][0] == '\0' ? 1 : strlen(cases[i]);

        cr_expect(eq(int, scan(cases[i], size, &raw, &n_read), SCAN_BAD), "%s", cases[i]);
    }
}

static char *nested(size_t depth, char open, char close)
{
    char *text = mem_new(2 * depth + 2);

    memset(text, open, depth);
    memset(text + depth, close, depth);
    text[2 * depth] = ' ';
    return text;
}

Test(scan, reads_deep_nesting_without_recursion_up_to_its_limit)
{
    static const struct {
        size_t depth;
        enum scan_result result;
        bool is_plain;
    } cases[] = {
        {500, SCAN_OK, true},     {501, SCAN_OK, false},      {10000, SCAN_OK, false},
        {10001, SCAN_BAD, false}, {2000000, SCAN_BAD, false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = nested(cases[i].depth, '[', ']');
        struct raw raw = {.is_plain = false};
        size_t n_read;

        cr_expect(eq(int, scan(text, 2 * cases[i].depth + 1, &raw, &n_read), cases[i].result));
        cr_expect(eq(int, raw.is_plain, cases[i].is_plain), "%zu", cases[i].depth);
        free(text);
    }
}

Test(scan, keeps_apart_brackets_and_braces_at_every_depth)
{
    for (size_t depth = 1; depth < 200; depth++) {
        char *text = nested(depth, '[', ']');
        struct raw raw;
        size_t n_read;

        text[2 * depth - 1] = '}';
        cr_expect(eq(int, scan(text, 2 * depth + 1, &raw, &n_read), SCAN_BAD), "%zu", depth);
        free(text);
    }
}

/* --- lex: where an element ends, by balance -------------------------------------------------- */

Test(scan, finds_the_end_of_an_element_by_balance_however_it_is_cut)
{
    static const struct {
        const char *text;
        size_t end;
    } cases[] = {
        {"1,2", 1},
        {"]", 0},
        {"{\"a\":[1,2],\"b\":\"},]\"} ,", 22},
        {"\"\\\\\",", 4},
        {"\"\\\"\\\\\\\",]}{[\" ]", 14},
        {"not json at all]", 15},
        {"\"a text that is longer than two words of eight \\\" bytes\",", 56},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size = strlen(cases[i].text);

        for (size_t cut = 0; cut <= size; cut++) {
            struct lex lex = {.depth = 0};
            size_t end = lex_to_separator(&lex, cases[i].text, cut);

            if (end == cut)
                end += lex_to_separator(&lex, cases[i].text + cut, size - cut);
            cr_expect(eq(sz, end, cases[i].end), "%s cut at %zu", cases[i].text, cut);
        }
    }
}
