#include "core/log.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char text[16384];

/* Turns stderr into a file that written() reads. */
static void catch_stderr(void)
{
    char path[] = "/tmp/linkhaul-log.XXXXXX";
    int fd = mkstemp(path);

    cr_assert(ge(int, fd, 0));
    unlink(path);
    fflush(stderr);
    dup2(fd, STDERR_FILENO);
    close(fd);
}

static const char *written(void)
{
    ssize_t size;

    fflush(stderr);
    size = pread(STDERR_FILENO, text, sizeof(text) - 1, 0);
    text[size > 0 ? size : 0] = '\0';
    return text;
}

TestSuite(log, .init = catch_stderr, .timeout = 10);

Test(log, writes_a_line_an_event_and_names_what_is_not_usual)
{
    log_info("page %d stored", 3);
    log_warning("slow");
    log_error("gone");
    cr_expect_str_eq(written(), "page 3 stored\nwarning: slow\nerror: gone\n");
}

Test(log, keeps_quiet_above_its_level)
{
    log_debug("not seen");
    log_set_level(LOG_ERROR);
    log_warning("not seen");
    log_error("seen");
    log_set_level(LOG_DEBUG);
    log_debug("seen too");
    cr_expect_str_eq(written(), "error: seen\ndebug: seen too\n");
}

/* A vendor's message may hold anything, and must not be able to write a line of its own. */
Test(log, stays_on_one_line_whatever_a_text_holds)
{
    log_info("%s", "a\nerror: forged\r\x1b[31m\tb");
    cr_expect_str_eq(written(), "a error: forged  [31m b\n");
}

Test(log, cuts_a_line_that_is_too_long)
{
    char long_text[8192];

    memset(long_text, 'x', sizeof(long_text));
    long_text[sizeof(long_text) - 1] = '\0';
    log_info("%s", long_text);
    cr_expect(eq(sz, strlen(written()), 4096));
    cr_expect(eq(chr, text[4095], '\n'));
}

static void draw(bool is_before, void *data)
{
    fprintf(stderr, "%s%s", is_before ? "<" : ">", (const char *)data);
}

Test(log, makes_room_for_a_line_in_a_progress_display)
{
    static char mark[] = "!";

    log_set_interlude(draw, mark);
    log_info("line");
    log_debug("nothing, so nothing is drawn");
    log_set_interlude(NULL, NULL);
    log_info("alone");
    cr_expect_str_eq(written(), "<!line\n>!alone\n");
}
