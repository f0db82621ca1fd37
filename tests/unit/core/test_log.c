#define _XOPEN_SOURCE 700 /* posix_openpt */

#include "core/log.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/uuid.h"

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

/* Forgets what was written. */
static void forget(void)
{
    fflush(stderr);
    cr_assert(eq(int, ftruncate(STDERR_FILENO, 0), 0));
    lseek(STDERR_FILENO, 0, SEEK_SET);
}

static int64_t now_ms;

static int64_t scripted_mono(void)
{
    return now_ms;
}

static int64_t scripted_wall(void)
{
    return INT64_C(1774828799999) + now_ms; /* 2026-03-29T23:59:59.999Z */
}

static void begin(void)
{
    unsetenv("JOURNAL_STREAM");
    catch_stderr();
    now_ms = 0;
    log_set_clocks(scripted_wall, scripted_mono);
}

TestSuite(log, .init = begin, .timeout = 10);

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
    log_info("%s",
             "\x7f \xc2\x9b"
             "31m \xc3\xa9 \xff \xe2\x82");
    cr_expect_str_eq(written(),
                     "a error: forged  [31m b\n"
                     "   31m \xc3\xa9 \xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd\n");
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

/* --- what is known of an event --------------------------------------------------------------- */

static const int64_t page = 300, nanousd = 20150000;
static const struct uuid attempt = {{1, 2, 3}};

static struct log_fields call_fields(void)
{
    return (struct log_fields){.job = "acme/link-gap",
                               .target = "example.com",
                               .page = &page,
                               .run = 7,
                               .listing = 8,
                               .attempt = &attempt,
                               .code = 50000,
                               .http = 200,
                               .charge = "settled",
                               .nanousd = &nanousd,
                               .ms = 1234};
}

Test(log, begins_a_line_for_people_with_its_place)
{
    struct log_fields fields = call_fields();

    log_event(LOG_WARNING, fields, "refused");
    fields.target = NULL;
    log_event(LOG_INFO, fields, "refused");
    fields.page = NULL;
    log_event(LOG_INFO, fields, "begun");
    cr_expect_str_eq(written(),
                     "warning: acme/link-gap: example.com: page at 300: refused\n"
                     "acme/link-gap: page at 300: refused\n"
                     "acme/link-gap: begun\n");
}

/* The object of a line, which ends at its newline; json_object_put() it. */
static json_object *parse(const char *line)
{
    json_tokener *tokener = json_tokener_new();
    json_object *object;

    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    object = json_tokener_parse_ex(tokener, line, (int)strcspn(line, "\n"));
    if (object == NULL && json_tokener_get_error(tokener) == json_tokener_continue)
        object = json_tokener_parse_ex(tokener, "", 1); /* its end */
    cr_expect(json_object_is_type(object, json_type_object), "no object: %s", line);
    json_tokener_free(tokener);
    return object;
}

static void expect_value(json_object *object, const char *name, const char *expected)
{
    json_object *value = json_object_object_get(object, name);
    const char *found = value == NULL ? "nothing" : json_object_to_json_string(value);

    cr_expect(strcmp(found, expected) == 0, "%s is %s, not %s", name, found, expected);
}

Test(log, writes_objects_for_collectors)
{
    struct log_fields fields = call_fields();
    json_object *object;

    log_configure("json", "info");
    fields.numbers = LOG_NUMBERS({"rows", 0}, {"missing", -1});
    fields.result = "complete";
    log_event(LOG_WARNING, fields, "refused by \"it\"");
    cr_expect_str_eq(
        written(),
        "{\"ts\":\"2026-03-29T23:59:59.999Z\",\"level\":\"warning\",\"msg\":\"refused by "
        "\\\"it\\\"\",\"project\":\"acme\",\"job\":\"link-gap\",\"run\":7,\"listing\":8,"
        "\"target\":\"example.com\",\"page\":300,"
        "\"attempt\":\"01020300-0000-0000-0000-000000000000\",\"code\":50000,\"http\":200,"
        "\"charge\":\"settled\",\"usd\":0.02015,\"ms\":1234,\"result\":\"complete\","
        "\"rows\":0,\"missing\":-1}\n");
    object = parse(text);
    expect_value(object, "usd", "0.02015");
    expect_value(object, "msg", "\"refused by \\\"it\\\"\"");
    json_object_put(object);
}

Test(log, leaves_out_what_is_not_known)
{
    log_configure("json", "info");
    log_info("plain");
    log_event(LOG_ERROR, (struct log_fields){.job = "walk"}, "gone");
    cr_expect_str_eq(written(),
                     "{\"ts\":\"2026-03-29T23:59:59.999Z\",\"level\":\"info\",\"msg\":\"plain\"}\n"
                     "{\"ts\":\"2026-03-29T23:59:59.999Z\",\"level\":\"error\",\"msg\":\"gone\","
                     "\"job\":\"walk\"}\n");
}

/* Bytes of any kind come back as they were, but for what is no UTF-8. */
Test(log, escapes_whatever_a_text_holds)
{
    char bytes[1200], target[1200];
    uint64_t random = 1;

    log_configure("json", "info");
    for (int round = 0; round < 500; round++) {
        json_object *object, *value;

        for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            bytes[i] = (char)(round % 2 == 0 ? (random >> 40) % 255 + 1 : (random >> 40) % 127 + 1);
        }
        bytes[sizeof(bytes) - 1] = '\0';
        snprintf(target, sizeof(target), "%s", bytes);
        forget();
        log_event(LOG_INFO, (struct log_fields){.target = target}, "%s", bytes);
        object = parse(written());
        cr_assert(eq(ptr, strchr(text, '\n'), text + strlen(text) - 1), "more than a line");
        value = json_object_object_get(object, "msg");
        if (round % 2 == 1)
            cr_expect_str_eq(json_object_get_string(value), bytes);
        cr_expect_not_null(
            strstr(json_object_get_string(value), round % 2 == 0 ? "\xef\xbf\xbd" : ""));
        json_object_put(object);
    }
}

Test(log, cuts_long_texts_and_stays_valid)
{
    char *long_text = mem_new(100001);
    json_object *object;

    memset(long_text, '\x01', 100000); /* six characters of JSON each */
    log_configure("json", "info");
    log_event(LOG_INFO, (struct log_fields){.job = long_text, .target = long_text}, "%s",
              long_text);
    forget();
    memset(long_text, 'x', 100000);
    memcpy(long_text + 4094, "\xc3\xa9", 2); /* cut in half */
    log_info("%s", long_text);
    object = parse(written());
    cr_expect(eq(sz, strlen(json_object_get_string(json_object_object_get(object, "msg"))), 4097));
    json_object_put(object);
    free(long_text);
}

/* --- where it goes --------------------------------------------------------------------------- */

static void pretend_journal(const char *behind)
{
    struct stat status;
    char stream[64];

    cr_assert(eq(int, fstat(STDERR_FILENO, &status), 0));
    snprintf(stream, sizeof(stream), "%ju:%ju%s", (uintmax_t)status.st_dev,
             (uintmax_t)status.st_ino, behind);
    setenv("JOURNAL_STREAM", stream, 1);
}

Test(log, tells_the_journal_how_bad_it_is)
{
    pretend_journal("");
    log_configure("text", "debug");
    log_error("gone");
    log_warning("slow");
    log_info("fine");
    log_debug("detail");
    log_configure("json", "info");
    log_info("fine");
    cr_expect_str_eq(
        written(),
        "<3>error: gone\n<4>warning: slow\n<6>fine\n<7>debug: detail\n"
        "<6>{\"ts\":\"2026-03-29T23:59:59.999Z\",\"level\":\"info\",\"msg\":\"fine\"}\n");
}

/* It is in the environment of everything that a unit starts, also where stderr goes elsewhere. */
Test(log, does_not_take_a_file_for_the_journal)
{
    pretend_journal("0");
    log_configure("text", "info");
    log_warning("slow");
    cr_expect_str_eq(written(), "2026-03-29T23:59:59.999Z warning: slow\n");
}

Test(log, has_times_only_once_it_is_configured)
{
    log_info("typed");
    log_configure("text", "warning");
    log_info("not seen");
    now_ms = 1;
    log_warning("served");
    cr_expect_str_eq(written(), "typed\n2026-03-30T00:00:00.000Z warning: served\n");
}

/* Somebody sits there: no objects, and no times either. */
Test(log, writes_for_people_on_a_terminal)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY), terminal;
    ssize_t size;

    cr_assert(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0, "no terminal");
    terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
    dup2(terminal, STDERR_FILENO);
    log_configure("json", "info");
    log_warning("slow");
    size = read(master, text, sizeof(text) - 1);
    text[size > 0 ? size : 0] = '\0';
    cr_expect_str_eq(text, "warning: slow\r\n");
    close(terminal);
    close(master);
}

/* --- repeats --------------------------------------------------------------------------------- */

static void fail(const char *job, int code, int64_t at)
{
    log_event(LOG_WARNING,
              (struct log_fields){
                  .job = job, .target = "example.com", .page = &at, .code = code, .fold_s = 60},
              "%d failed", code);
}

Test(log, folds_what_comes_again_and_again)
{
    for (int64_t i = 0; i < 1000; i++, now_ms += 30)
        fail("walk", 50000, i);
    cr_expect_str_eq(written(), "warning: walk: example.com: page at 0: 50000 failed\n");
    forget();
    now_ms = 59999;
    log_tick();
    cr_expect_str_eq(written(), "");
    now_ms = 60000;
    log_tick();
    cr_expect_str_eq(written(),
                     "warning: walk: 999 more like this in 60 s; the last: example.com: "
                     "page at 999: 50000 failed\n");
    forget();
    fail("walk", 50000, 5); /* it goes on */
    cr_expect_str_eq(written(), "");
    now_ms = 130000;
    log_info("anything"); /* an event does what the timer would */
    cr_expect_str_eq(written(),
                     "warning: walk: 1 more like this in 70 s; the last: example.com: page "
                     "at 5: 50000 failed\nanything\n");
    forget();
    now_ms = 200000;
    log_tick(); /* nothing since: the next is a first one again */
    fail("walk", 50000, 6);
    cr_expect_str_eq(written(), "warning: walk: example.com: page at 6: 50000 failed\n");
}

Test(log, folds_only_what_is_the_same)
{
    fail("walk", 50000, 0);
    fail("gap", 50000, 0);
    fail(NULL, 50000, 0);
    fail("walk", 50001, 0);
    log_event(LOG_WARNING, (struct log_fields){.job = "walk", .code = 50000, .fold_s = 60},
              "other");
    log_event(LOG_WARNING, (struct log_fields){.job = "walk"}, "not folded");
    log_event(LOG_WARNING, (struct log_fields){.job = "walk"}, "not folded");
    cr_expect_str_eq(written(),
                     "warning: walk: example.com: page at 0: 50000 failed\n"
                     "warning: gap: example.com: page at 0: 50000 failed\n"
                     "warning: example.com: page at 0: 50000 failed\n"
                     "warning: walk: example.com: page at 0: 50001 failed\n"
                     "warning: walk: other\n"
                     "warning: walk: not folded\n"
                     "warning: walk: not folded\n");
}

Test(log, loses_nothing_that_was_folded)
{
    fail("walk", 50000, 0);
    fail("walk", 50000, 1);
    fail("gap", 50000, 0);
    fail("gap", 50000, 1);
    forget();
    log_flush("walk"); /* the end of its run */
    cr_expect_str_eq(written(),
                     "warning: walk: 1 more like this in 0 s; the last: example.com: page "
                     "at 1: 50000 failed\n");
    forget();
    log_configure("json", "error"); /* a reload, to a level that it would be above */
    cr_expect_str_eq(written(),
                     "warning: gap: 1 more like this in 0 s; the last: example.com: page "
                     "at 1: 50000 failed\n");
    forget();
    log_flush(NULL);
    cr_expect_str_eq(written(), "");
}

/* Each is in a line or counted in one, whatever comes. */
Test(log, tells_of_each_where_there_are_more_kinds_than_places)
{
    int64_t n_told = 0;

    for (int i = 0; i < 2000; i++, now_ms += 100)
        fail("walk", 50000 + i * 7 % 45, i);
    log_flush(NULL);
    fflush(stderr);
    lseek(STDERR_FILENO, 0, SEEK_SET);
    for (FILE *file = fdopen(dup(STDERR_FILENO), "r"); file != NULL; fclose(file), file = NULL)
        while (fgets(text, sizeof(text), file) != NULL) {
            const char *more = strstr(text, " more like this");

            n_told += more == NULL ? 1 : strtoll(text + strlen("warning: walk: "), NULL, 10);
        }
    cr_expect(eq(i64, n_told, 2000));
}

Test(log, counts_repeats_for_collectors)
{
    json_object *object;

    log_configure("json", "info");
    fail("acme/walk", 50000, 0);
    fail("acme/walk", 50000, 1);
    forget();
    log_flush(NULL);
    object = parse(written());
    expect_value(object, "repeats", "1");
    expect_value(object, "job", "\"walk\"");
    expect_value(object, "code", "50000");
    expect_value(object, "level", "\"warning\"");
    json_object_put(object);
}
