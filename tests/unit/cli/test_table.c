#include "cli/table.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "core/mem.h"

TestSuite(table, .timeout = 10);

static const struct table_column columns[] = {{"JOB", false}, {"ROWS", true}, {"ENDED", false}};
static struct table table;

static void begin(void)
{
    table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
}

static void add(const char *job, long n_rows, const char *ended)
{
    table_add_row(&table);
    table_add(&table, "%s", job);
    table_add(&table, "%ld", n_rows);
    table_add(&table, "%s", ended);
}

static void expect_printed(size_t line_max, const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    table_print(&table, line_max, out);
    fclose(out);
    cr_expect_str_eq(text, expected, "gives\n%s", text);
    free(text);
    table_deinit(&table);
}

Test(table, a_table_without_rows_is_its_titles)
{
    begin();
    expect_printed(0, "JOB  ROWS  ENDED\n");
}

Test(table, columns_are_as_wide_as_what_stands_in_them_and_lines_end_without_spaces)
{
    begin();
    add("a", 5, "complete");
    add("a-much-longer-name", 1234567, "short");
    expect_printed(0,
                   "JOB                    ROWS  ENDED\n"
                   "a                         5  complete\n"
                   "a-much-longer-name  1234567  short\n");
}

Test(table, a_note_follows_the_last_cell_of_its_row_and_widens_nothing)
{
    begin();
    add("a", 5, "complete");
    table_add_row(&table);
    table_add(&table, "b");
    table_add_note(&table, "not published: %s", "run again to go on");
    expect_printed(0,
                   "JOB  ROWS  ENDED\n"
                   "a       5  complete\n"
                   "b    not published: run again to go on\n");
}

Test(table, what_is_not_ascii_counts_by_characters)
{
    begin();
    add("m\xc3\xbcller", 1, "complete");
    add("abcdef", 2, "complete");
    expect_printed(0,
                   "JOB     ROWS  ENDED\n"
                   "m\xc3\xbcller     1  complete\n"
                   "abcdef     2  complete\n");
}

Test(table, on_a_narrow_line_long_texts_lose_their_middle)
{
    begin();
    add("https://example.com/blog/2024.html", 1, "complete");
    add("short", 2, "complete");
    expect_printed(32,
                   "JOB               ROWS  ENDED\n"
                   "https:/...4.html     1  complete\n"
                   "short                2  complete\n");
}

Test(table, a_cut_never_falls_into_a_character)
{
    begin();
    add("\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"
        "\xc3\xbc\xc3\xbc\xc3\xbc",
        1, "complete");
    expect_printed(1,
                   "JOB           ROWS  ENDED\n"
                   "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc...\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"
                   "     1  complete\n");
}

Test(table, words_of_ours_are_never_shortened)
{
    begin();
    add("a", 123456789012, "published");
    expect_printed(1,
                   "JOB          ROWS  ENDED\n"
                   "a    123456789012  published\n");
}

Test(table, a_note_that_does_not_fit_stands_below_its_row_broken_between_words)
{
    begin();
    add("a", 5, "complete");
    table_add_note(&table, "m\xc3\xbcller has not been able to go on");
    add("b", 6, "short");
    table_add_note(&table, "so");
    expect_printed(24,
                   "JOB  ROWS  ENDED\n"
                   "a       5  complete\n"
                   "    m\xc3\xbcller has not been\n"
                   "    able to go on\n"
                   "b       6  short     so\n");
}
