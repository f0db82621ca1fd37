#include "core/buf.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

TestSuite(buf, .timeout = 10);

Test(buf, grows_and_is_always_a_string)
{
    struct buf buf = BUF_WITH_CEILING(1000);

    cr_expect_str_eq(buf_text(&buf), "");
    cr_expect(buf_append(&buf, "ab", 2));
    cr_expect(buf_append_string(&buf, "cd"));
    cr_expect(buf_append_char(&buf, 'e'));
    cr_expect(buf_printf(&buf, "%d", 12345));
    cr_expect_str_eq(buf_text(&buf), "abcde12345");
    cr_expect(eq(sz, buf.size, 10));
    buf_deinit(&buf);
}

Test(buf, holds_bytes_that_are_no_text)
{
    struct buf buf = BUF_WITH_CEILING(10);

    cr_expect(buf_append(&buf, "a\0b", 3));
    cr_expect(eq(sz, buf.size, 3));
    cr_expect(eq(int, memcmp(buf.data, "a\0b\0", 4), 0));
    buf_deinit(&buf);
}

Test(buf, takes_its_ceiling_and_not_a_byte_more)
{
    struct buf buf = BUF_WITH_CEILING(8);

    cr_expect(buf_append_string(&buf, "12345678"));
    cr_expect(not(buf_append_char(&buf, '9')));
    cr_expect(buf.is_overfull);
    cr_expect_str_eq(buf_text(&buf), "12345678");
    cr_expect(lt(sz, buf.capacity, 10));
    buf_deinit(&buf);
}

/* Otherwise a short piece behind a long one would make a text with a hole. */
Test(buf, takes_nothing_more_once_something_did_not_fit)
{
    struct buf buf = BUF_WITH_CEILING(8);

    cr_expect(not(buf_append_string(&buf, "123456789")));
    cr_expect(not(buf_append_char(&buf, '1')));
    cr_expect(not(buf_printf(&buf, "%d", 1)));
    cr_expect(not(buf_append(&buf, "", 0)));
    cr_expect(eq(ptr, buf_reserve(&buf, 1), NULL));
    cr_expect(eq(sz, buf.size, 0));

    buf_clear(&buf);
    cr_expect(buf_append_string(&buf, "again"));
    cr_expect_str_eq(buf_text(&buf), "again");
    buf_deinit(&buf);
}

Test(buf, is_not_fooled_by_a_size_that_wraps)
{
    struct buf buf = BUF_WITH_CEILING(8);

    cr_expect(buf_append_string(&buf, "1234"));
    cr_expect(eq(ptr, buf_reserve(&buf, SIZE_MAX), NULL));
    cr_expect(eq(ptr, buf_reserve(&buf, SIZE_MAX - 3), NULL));
    cr_expect(buf.is_overfull);
    buf_deinit(&buf);
}

Test(buf, prints_exactly_up_to_its_ceiling)
{
    struct buf buf = BUF_WITH_CEILING(5);

    cr_expect(buf_printf(&buf, "%05d", 42));
    cr_expect_str_eq(buf_text(&buf), "00042");
    buf_clear(&buf);
    cr_expect(not(buf_printf(&buf, "%06d", 42)));
    cr_expect_str_eq(buf_text(&buf), "");
    buf_deinit(&buf);
}

Test(buf, lends_room_that_the_caller_fills)
{
    struct buf buf = BUF_WITH_CEILING(100);
    char *room = buf_reserve(&buf, 100);

    cr_assert(ne(ptr, room, NULL));
    memset(room, 'x', 100);
    buf.size += 100;
    cr_expect(eq(ptr, buf_reserve(&buf, 1), NULL));
    buf_deinit(&buf);
}

Test(buf, keeps_its_memory_when_it_is_emptied_and_not_when_it_is_given_away)
{
    struct buf buf = BUF_WITH_CEILING(1000);
    char *data, *taken;

    buf_append_string(&buf, "first");
    data = buf.data;
    buf_clear(&buf);
    cr_expect_str_eq(buf_text(&buf), "");
    buf_append_string(&buf, "second");
    cr_expect(eq(ptr, buf.data, data));

    taken = buf_take(&buf);
    cr_expect_str_eq(taken, "second");
    cr_expect(eq(sz, buf.size, 0));
    cr_expect(eq(sz, buf.size_max, 1000));
    free(taken);

    taken = buf_take(&buf);
    cr_expect_str_eq(taken, "");
    free(taken);
}

Test(buf, grows_to_a_large_text_piece_by_piece)
{
    struct buf buf = BUF_WITH_CEILING(1000000);

    for (unsigned i = 0; i < 1000000; i++)
        cr_assert(buf_append_char(&buf, (char)('a' + i % 26)));
    cr_expect(eq(sz, strlen(buf.data), 1000000));
    cr_expect(eq(chr, buf.data[999999], (char)('a' + 999999 % 26)));
    cr_expect(not(buf_append_char(&buf, 'x')));
    buf_deinit(&buf);
}
