#include "config/yaml.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "config/json.h"
#include "core/mem.h"

TestSuite(yaml, .timeout = 20);

/* The documents as JSON, a line each; NULL where there is a complaint. */
static char *as_json(const char *text)
{
    struct complaints complaints = {.n_items = 0};
    struct source source = {.file = "f", .complaints = &complaints};
    CLEANUP(yaml_file_deinit) struct yaml_file file;
    struct buf out = BUF_WITH_CEILING(1 << 20);

    yaml_parse(text, strlen(text), &source, &file);
    for (size_t i = 0; i < file.n_documents; i++) {
        json_append_node(&out, &file.documents[i]);
        buf_append_char(&out, '\n');
    }
    if (complaints.n_items > 0) {
        buf_deinit(&out);
        complaints_deinit(&complaints);
        return NULL;
    }
    return buf_take(&out);
}

static void expect_json(const char *text, const char *expected)
{
    CLEANUP(mem_free_string) char *json = as_json(text);

    cr_assert(ne(ptr, json, NULL), "%s", text);
    cr_expect_str_eq(json, expected, "%s gives %s", text, json);
}

Test(yaml, has_the_types_of_yaml_1_2)
{
    expect_json("[true, false, True, yes, no, on, off, y, NO]",
                "[true,false,\"True\",\"yes\",\"no\",\"on\",\"off\",\"y\",\"NO\"]\n");
    expect_json("[\"true\", '5', \"null\"]", "[\"true\",\"5\",\"null\"]\n");
}

Test(yaml, makes_one_form_of_every_number)
{
    expect_json("[5, +5, -5, 007, -0, 0, 1.50, .5, 5., 1e3, -1.5E-7, 00.5]",
                "[5,5,-5,7,0,0,1.50,0.5,5,1e3,-1.5E-7,0.5]\n");
    expect_json("[0x1f, 0o17, 1_000, 1.2.3, ., +, -, 1e, e5, .e5, .inf, 12:30, 2026-01-31]",
                "[\"0x1f\",\"0o17\",\"1_000\",\"1.2.3\",\".\",\"+\",\"-\",\"1e\",\"e5\",\".e5\","
                "\".inf\",\"12:30\",\"2026-01-31\"]\n");
    expect_json("99999999999999999999999999", "99999999999999999999999999\n");
}

Test(yaml, takes_nothing_as_null)
{
    expect_json("{a: , b: ~, c: null, d: NULL, e: ''}",
                "{\"a\":null,\"b\":null,\"c\":null,\"d\":\"NULL\",\"e\":\"\"}\n");
}

Test(yaml, sorts_keys_and_escapes_texts)
{
    expect_json("{b: 1, a: {d: 1, c: 2}, B: 3}", "{\"B\":3,\"a\":{\"c\":2,\"d\":1},\"b\":1}\n");
    expect_json("\"\\\" \\\\ \\t \\e \xc3\xa4 \\u20ac\"",
                "\"\\\" \\\\ \\u0009 \\u001b \xc3\xa4 \xe2\x82\xac\"\n");
}

Test(yaml, reads_several_documents_and_block_texts)
{
    expect_json("a: |\n  x\n  y\n---\n- 1\n...\n---\nb",
                "{\"a\":\"x\\u000ay\\u000a\"}\n[1]\n\"b\"\n");
}

Test(yaml, expands_variables_behind_the_parser)
{
    setenv("LH_A", "x: y # z", 1);
    setenv("LH_N", "5", 1);
    setenv("LH_EMPTY", "", 1);
    unsetenv("LH_NONE");
    expect_json("${LH_A}", "\"x: y # z\"\n");
    expect_json("[\"a ${LH_A} b\", '${LH_N}', \"${LH_N}\", '-${LH_N}-${LH_N}-']",
                "[\"a x: y # z b\",\"5\",\"5\",\"-5-5-\"]\n");
    expect_json("a: ${LH_N}", "{\"a\":5}\n");
    expect_json("a: ${LH_NONE:-7}", "{\"a\":7}\n");
    expect_json("a: ${LH_EMPTY:-7}", "{\"a\":7}\n");
    expect_json("a: ${LH_EMPTY}", "{\"a\":null}\n");
    expect_json("a: ${LH_NONE:-}", "{\"a\":null}\n");
    expect_json("a: ${LH_NONE:-http://x:1/y}", "{\"a\":\"http://x:1/y\"}\n");
    expect_json("a: $${LH_N}", "{\"a\":\"${LH_N}\"}\n");
    expect_json("a: $own $ $$ $LH_N", "{\"a\":\"$own $ $$ $LH_N\"}\n");
    expect_json("\"${LH_N}\": a", "{\"${LH_N}\":\"a\"}\n");
}

static void expect_complaint(const char *text, const char *expected)
{
    struct complaints complaints = {.n_items = 0};
    struct source source = {.file = "f", .complaints = &complaints};
    struct yaml_file file;

    yaml_parse(text, strlen(text), &source, &file);
    yaml_file_deinit(&file);
    cr_assert(eq(sz, complaints.n_items, 1), "%s", text);
    cr_expect_str_eq(complaints.items[0].text, expected);
    complaints_deinit(&complaints);
}

Test(yaml, refuses_variables_that_it_cannot_expand)
{
    setenv("LH_BAD", "\xff", 1);
    unsetenv("LH_NONE");
    expect_complaint("a: ${LH_NONE}",
                     "the variable LH_NONE is not set; set it, or write "
                     "${LH_NONE:-default}");
    expect_complaint("a: ${LH_BAD}", "the value of the variable LH_BAD is not UTF-8");
    expect_complaint("a: ${LH_NONE", "`${` without a `}`; for a literal `${` write `$${`");
    expect_complaint("a: ${1A}",
                     "`${` is not followed by the name of a variable; write ${VAR} or "
                     "${VAR:-default}, and `$${` for a literal `${`");
    expect_complaint("a: \"${}\"",
                     "`${` is not followed by the name of a variable; write ${VAR} or "
                     "${VAR:-default}, and `$${` for a literal `${`");
    expect_complaint("a: ${A:b}", "`${` holds a ':' that is not `:-`; write ${VAR:-default}");
    expect_complaint("a: ${LH_NONE:-${B}}", "the default in `${...}` cannot hold a '$'");
}

Test(yaml, gives_up_where_variables_make_a_text_huge)
{
    char *value = mem_new(40001);

    memset(value, 'x', 40000);
    setenv("LH_LONG", value, 1);
    free(value);
    expect_complaint("a: ${LH_LONG}${LH_LONG}",
                     "is longer than 64 KiB when its variables are expanded");
}

Test(yaml, refuses_what_is_nested_too_deep)
{
    CLEANUP(mem_free_string) char *brackets = mem_new(200002);
    struct complaints complaints = {.n_items = 0};
    struct source source = {.file = "f", .complaints = &complaints};
    struct yaml_file file;

    memset(brackets, '[', 100000);
    cr_expect(not(yaml_parse(brackets, 100000, &source, &file)));
    yaml_file_deinit(&file);
    cr_assert(eq(sz, complaints.n_items, 1));
    cr_expect_str_eq(complaints.items[0].text, "is nested more than 64 levels deep");
    complaints_deinit(&complaints);

    memset(brackets, '[', 64);
    memset(brackets + 64, ']', 64);
    cr_expect(yaml_parse(brackets, 128, &source, &file));
    cr_expect(eq(sz, complaints.n_items, 0));
    yaml_file_deinit(&file);
}

Test(yaml, refuses_ten_megabytes_at_once)
{
    size_t size = (size_t)10 << 20;
    CLEANUP(mem_free_string) char *text = mem_new(size);
    struct complaints complaints = {.n_items = 0};
    struct source source = {.file = "f", .complaints = &complaints};
    struct yaml_file file;

    memset(text, 'a', size);
    cr_expect(not(yaml_parse(text, size, &source, &file)));
    yaml_file_deinit(&file);
    cr_assert(eq(sz, complaints.n_items, 1));
    cr_expect_str_eq(complaints.items[0].text,
                     "is larger than 1 MiB; is this a configuration or job file?");
    complaints_deinit(&complaints);
}

/* A map of as many keys as fit in a megabyte, every one of them twice: nothing here is quadratic.
 */
Test(yaml, is_quick_with_many_keys)
{
    struct complaints complaints = {.n_items = 0};
    struct source source = {.file = "f", .complaints = &complaints};
    struct buf text = BUF_WITH_CEILING(YAML_BYTES_MAX);
    struct yaml_file file;

    for (unsigned i = 0; i < 80000; i++)
        buf_printf(&text, "k%u: 1\n", i % 40000);
    cr_assert(not(text.is_overfull));
    cr_expect(yaml_parse(text.data, text.size, &source, &file));
    cr_assert(eq(sz, file.n_documents, 1));
    cr_expect(eq(sz, file.documents[0].n_items, 40000));
    cr_expect_str_eq(file.documents[0].items[39999].key, "k39999");
    yaml_file_deinit(&file);
    buf_deinit(&text);
    complaints_deinit(&complaints);
}

Test(yaml, keeps_the_documents_in_front_of_a_syntax_error)
{
    static const char text[] = "a: 1\n---\nb: [\n";
    struct complaints complaints = {.n_items = 0};
    struct source source = {.file = "f", .complaints = &complaints};
    CLEANUP(yaml_file_deinit) struct yaml_file file;

    cr_expect(not(yaml_parse(text, strlen(text), &source, &file)));
    cr_expect(eq(sz, file.n_documents, 1));
    cr_expect(eq(sz, complaints.n_errors, 1));
    cr_expect(eq(uint, complaints.items[0].line, 4));
    complaints_deinit(&complaints);
}
