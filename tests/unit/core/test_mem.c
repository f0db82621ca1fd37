#include "core/mem.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

TestSuite(mem, .timeout = 10);

Test(mem, is_zeroed_where_it_is_new)
{
    char *bytes = mem_new(4096);
    int *numbers = mem_new_array(1000, sizeof(*numbers));

    for (size_t i = 0; i < 4096; i++)
        cr_assert(eq(chr, bytes[i], 0));
    for (size_t i = 0; i < 1000; i++)
        cr_assert(eq(int, numbers[i], 0));
    free(bytes);
    free(numbers);
}

Test(mem, gives_something_to_free_for_nothing)
{
    void *memory[] = {mem_new(0), mem_new_array(0, 8), mem_new_array(8, 0), mem_resize(NULL, 0, 8)};

    for (size_t i = 0; i < sizeof(memory) / sizeof(memory[0]); i++) {
        cr_expect(ne(ptr, memory[i], NULL));
        free(memory[i]);
    }
}

Test(mem, keeps_what_it_holds_when_it_grows)
{
    char *text = mem_strdup("kept");

    text = mem_resize(text, 100000, 1);
    cr_expect_str_eq(text, "kept");
    free(text);
}

Test(mem, aborts_where_a_size_overflows, .signal = SIGABRT)
{
    free(mem_resize(NULL, SIZE_MAX / 4 + 2, 4)); /* 4, where it wraps */
}

Test(mem, copies_strings_and_keeps_null)
{
    char *whole = mem_strdup("whole");
    char *start = mem_strndup("start of it", 5);
    char *empty = mem_strndup("", 0);
    char *printed = mem_printf("%s-%d", "a", 7);

    cr_expect_str_eq(whole, "whole");
    cr_expect_str_eq(start, "start");
    cr_expect_str_eq(empty, "");
    cr_expect_str_eq(printed, "a-7");
    cr_expect(eq(ptr, mem_strdup(NULL), NULL));
    free(whole);
    free(start);
    free(empty);
    free(printed);
}

/* What is behind `length` may be no string at all: a NUL, or the end of the memory. */
Test(mem, copies_no_further_than_it_is_told)
{
    char *bytes = mem_new(3);
    char *copy;

    memcpy(bytes, "abc", 3);
    copy = mem_strndup(bytes, 3);
    cr_expect_str_eq(copy, "abc");
    free(copy);
    free(bytes);
}

Test(mem, prints_what_is_long)
{
    char *text = mem_printf("%0100000d", 1);

    cr_expect(eq(sz, strlen(text), 100000));
    free(text);
}

static void free_in_a_scope(void)
{
    CLEANUP(mem_free_string) char *text = mem_strdup("a leak, if nobody frees it");
    CLEANUP(mem_free_string) char *none = NULL;

    cr_expect(eq(chr, text[0], 'a'));
    cr_expect(eq(ptr, none, NULL));
}

Test(mem, is_freed_where_its_scope_ends)
{
    free_in_a_scope();
}
