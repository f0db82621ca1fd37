/* What is kept of runs that are over, and for how long. */
#include "spool/archive.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"

TestSuite(archive, .timeout = 60);

enum { N_MAX = 10 };
#define DAY_S INT64_C(86400)
#define NOW_MS INT64_C(1795000000000)

static char dir[64];
static struct spool_pruned pruned;
static bool is_open[N_MAX]; /* runs that may not go */
static struct err err;

static struct uuid uid_of(unsigned n)
{
    return (struct uuid){.bytes = {(uint8_t)n, 0x33}};
}

static const char *path_of(unsigned n)
{
    static char path[256];
    char uid[UUID_TEXT_MAX];
    struct uuid run_uid = uid_of(n);

    snprintf(path, sizeof(path), "%s/run-%s.segment", dir, uuid_format(&run_uid, uid));
    return path;
}

static void make_folder(void)
{
    snprintf(dir, sizeof(dir), "/tmp/linkhaul-archive-XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
}

static void put_file(const char *path, off_t bytes, int64_t age_s)
{
    struct timespec times[2] = {{.tv_sec = NOW_MS / 1000 - age_s},
                                {.tv_sec = NOW_MS / 1000 - age_s}};
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

    cr_assert(ge(int, fd, 0));
    cr_assert(eq(int, ftruncate(fd, bytes), 0));
    cr_assert(eq(int, futimens(fd, times), 0));
    close(fd);
}

static void put_segment(unsigned n, off_t bytes, int64_t age_s)
{
    put_file(path_of(n), bytes, age_s);
}

/* Removes the folder, and checks that exactly the segments of `left` were in it. */
static void expect_left(const char *left)
{
    char found[N_MAX + 1] = "";
    size_t n_found = 0;

    for (unsigned n = 0; n < N_MAX; n++)
        if (unlink(path_of(n)) == 0)
            found[n_found++] = (char)('0' + n);
    cr_expect_str_eq(found, left, "left are %s", found);
    cr_expect(eq(int, rmdir(dir), 0));
    spool_pruned_deinit(&pruned);
}

static bool may_go(const struct uuid *run_uid, void *data)
{
    cr_assert(eq(ptr, data, &err));
    return !is_open[run_uid->bytes[0]];
}

static bool prune(int64_t age_max_s, uint64_t bytes_max)
{
    struct spool_prune rule = {.dir = dir,
                               .now_ms = NOW_MS,
                               .age_max_s = age_max_s,
                               .bytes_max = bytes_max,
                               .may_go = may_go,
                               .data = &err};

    spool_pruned_deinit(&pruned);
    return spool_prune(&rule, &pruned, &err);
}

/* The runs that went, in the order in which they went. */
static void expect_gone(const char *gone)
{
    char found[N_MAX + 1] = "";

    for (size_t i = 0; i < pruned.n_files; i++)
        found[i] = (char)('0' + pruned.files[i].run_uid.bytes[0]);
    cr_expect_str_eq(found, gone, "gone are %s", found);
}

Test(archive, lists_segments_oldest_first_and_nothing_else)
{
    char other[128];
    struct spool_file *files;
    size_t n_files;

    make_folder();
    put_segment(1, 10, DAY_S);
    put_segment(2, 20, 3 * DAY_S);
    put_segment(3, 30, 0);
    cr_assert(eq(int, mkdir(path_of(4), 0700), 0));
    cr_assert(eq(int, symlink("/etc/passwd", path_of(5)), 0));
    snprintf(other, sizeof(other), "%s/run-x.segment", dir);
    put_file(other, 1, 0);

    cr_assert(spool_list(dir, &files, &n_files, &err), "%s", err.text);
    cr_assert(eq(sz, n_files, 3));
    for (unsigned i = 0; i < 3; i++) {
        static const unsigned order[] = {2, 1, 3};
        static const int64_t ages_s[] = {3 * DAY_S, DAY_S, 0};
        struct uuid wanted = uid_of(order[i]);

        cr_expect(uuid_is_equal(&files[i].run_uid, &wanted));
        cr_expect(eq(u64, files[i].bytes, 10 * order[i]));
        cr_expect(eq(i64, files[i].written_at_ms, NOW_MS - 1000 * ages_s[i]));
    }
    free(files);
    cr_expect(prune(0, 0));
    cr_expect(eq(int, rmdir(path_of(4)), 0));
    cr_expect(eq(int, unlink(path_of(5)), 0));
    cr_expect(eq(int, unlink(other), 0));
    expect_left("");
}

Test(archive, is_empty_where_there_is_no_folder)
{
    struct spool_file *files;
    size_t n_files = 1;

    cr_assert(spool_list("/nonexistent/spool", &files, &n_files, &err));
    cr_expect(eq(sz, n_files, 0));
    free(files);
    cr_expect(not(spool_list("/etc/passwd", &files, &n_files, &err)));
    cr_expect(eq(int, err.kind, ERR_IO));
}

Test(archive, drops_what_is_past_its_age_and_only_of_runs_that_are_over)
{
    make_folder();
    put_segment(1, 100, 29 * DAY_S);
    put_segment(2, 200, 30 * DAY_S);
    put_segment(3, 300, 31 * DAY_S);
    put_segment(4, 400, 365 * DAY_S);
    put_segment(5, 500, 30 * DAY_S - 1);
    is_open[4] = true;

    cr_assert(prune(30 * DAY_S, 0), "%s", err.text);
    expect_gone("32");
    cr_expect(eq(u64, pruned.bytes, 500));
    expect_left("145");
}

Test(archive, drops_the_oldest_beyond_its_ceiling)
{
    make_folder();
    for (unsigned n = 1; n <= 6; n++)
        put_segment(n, 100, n * DAY_S);
    is_open[5] = true; /* counts, and stays */

    cr_assert(prune(30 * DAY_S, 250), "%s", err.text);
    expect_gone("6432");
    cr_expect(eq(u64, pruned.bytes, 400));
    expect_left("15");
}

Test(archive, keeps_what_fits_its_ceiling_to_the_byte)
{
    make_folder();
    put_segment(1, 100, DAY_S);
    put_segment(2, 150, 2 * DAY_S);

    cr_assert(prune(30 * DAY_S, 250), "%s", err.text);
    expect_gone("");
    cr_assert(prune(30 * DAY_S, 249), "%s", err.text);
    expect_gone("2");
    expect_left("1");
}

Test(archive, of_no_age_drops_every_run_that_is_over)
{
    make_folder();
    put_segment(1, 100, 0);
    put_segment(2, 100, -DAY_S); /* written tomorrow */
    put_segment(3, 100, 0);
    is_open[3] = true;

    cr_assert(prune(0, 0), "%s", err.text);
    expect_gone("12");
    expect_left("3");
}

/* Somebody else is at the folder too: one file is gone by now, of another a folder was made. */
static bool may_go_and_meddle(const struct uuid *run_uid, void *data)
{
    unsigned n = run_uid->bytes[0];

    (void)data;
    if (n < 3)
        cr_assert(eq(int, unlink(path_of(n)), 0));
    if (n == 2)
        cr_assert(eq(int, mkdir(path_of(n), 0700), 0));
    return true;
}

Test(archive, goes_on_behind_what_cannot_be_removed_and_tells_it)
{
    struct spool_prune rule = {.dir = dir, .now_ms = NOW_MS, .may_go = may_go_and_meddle};

    make_folder();
    for (unsigned n = 1; n <= 4; n++)
        put_segment(n, 100, (9 - n) * DAY_S);
    cr_expect(not(spool_prune(&rule, &pruned, &err)));
    cr_expect(eq(int, err.kind, ERR_IO));
    cr_expect_not_null(strstr(err.text, path_of(2)), "%s", err.text);
    expect_gone("34");
    cr_expect(eq(u64, pruned.bytes, 200));
    cr_expect(eq(int, rmdir(path_of(2)), 0));
    expect_left("");
}

Test(archive, leaves_alone_what_somebody_has_open)
{
    struct spool *reader;

    fixture_start();
    put_answer(1, 1000);
    snprintf(dir, sizeof(dir), "%s", f.dir);
    put_segment(1, 100, 0);
    cr_assert(prune(0, 1), "%s", err.text);
    expect_gone("1");

    put_answer(2, 1000);
    fixture_close();
    cr_assert(fixture_open_archived(&reader, &err), "%s", err.text);
    cr_assert(prune(0, 1), "%s", err.text);
    cr_expect(eq(sz, pruned.n_files, 0));
    spool_close(reader, NULL, NULL);
    uv_run(&f.loop, UV_RUN_DEFAULT);

    cr_assert(fixture_open(&err), "%s", err.text);
    expect_body(find(2), 2, 1000);
    fixture_close();
    cr_assert(prune(0, 1), "%s", err.text);
    cr_expect(eq(sz, pruned.n_files, 1));
    cr_expect(ne(int, access(f.path, F_OK), 0));
    spool_pruned_deinit(&pruned);
    fixture_finish();
}
