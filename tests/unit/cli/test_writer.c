#include "core/writer.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "cli/plan.h"

TestSuite(writer, .timeout = 10);

static struct writer writer;

static void expect_written(const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    writer_print(&writer, out);
    fclose(out);
    cr_expect_str_eq(text, expected, "gives %s", text);
    free(text);
    writer_deinit(&writer);
}

Test(writer, writes_nested_values_with_commas_between_them)
{
    writer_init(&writer);
    writer_begin(&writer, NULL, '{');
    writer_begin(&writer, "none", '[');
    writer_end(&writer, ']');
    writer_begin(&writer, "two", '[');
    writer_int(&writer, NULL, 1);
    writer_begin(&writer, NULL, '{');
    writer_end(&writer, '}');
    writer_end(&writer, ']');
    writer_text(&writer, "last", "x");
    writer_end(&writer, '}');
    expect_written("{\"none\":[],\"two\":[1,{}],\"last\":\"x\"}\n");
}

Test(writer, texts_are_escaped_and_money_is_no_floating_point)
{
    writer_init(&writer);
    writer_begin(&writer, NULL, '[');
    writer_text(&writer, NULL, "a \"b\" \\ \n \xc3\xbc");
    writer_text_or_null(&writer, NULL, "");
    writer_int_or_null(&writer, NULL, -1);
    writer_int_or_null(&writer, NULL, 0);
    writer_dollars(&writer, NULL, INT64_C(24036000));
    writer_decimal(&writer, NULL, 1205, 2);
    writer_decimal(&writer, NULL, 7, 6);
    writer_end(&writer, ']');
    expect_written(
        "[\"a \\\"b\\\" \\\\ \\u000a \xc3\xbc\",null,null,0,\"0.024036\",12.05,0.000007]\n");
}

Test(writer, counts_are_grouped_for_people)
{
    static const struct {
        int64_t n;
        const char *text;
    } counts[] = {{0, "0"},
                  {999, "999"},
                  {1000, "1,000"},
                  {123456, "123,456"},
                  {42671699, "42,671,699"},
                  {INT64_MAX, "9,223,372,036,854,775,807"}};
    char text[COUNT_TEXT_MAX];

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        cr_expect_str_eq(plan_count(counts[i].n, text), counts[i].text);
}
