/* A segment that is read again, while or after others wrote it. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "fixture.h"

TestSuite(replay, .timeout = 60);

/* Three answers, and a fourth that did not come to its end. */
static void make_segment(void)
{
    log_set_level(LOG_ERROR);
    fixture_start();
    for (unsigned n = 0; n < 3; n++)
        put_answer(n, 70000 * n);
    put_body(begin(3), 3, 0, 20000);
    fixture_close();
}

Test(replay, gives_every_answer_as_it_was_received)
{
    struct err err = {.kind = ERR_NONE};

    make_segment();
    cr_assert(fixture_open_archived(&f.spool, &err), "%s", err.text);
    for (unsigned n = 0; n < 3; n++)
        expect_body(find(n), n, 70000 * n);
    cr_expect(not(find(3)->is_received));
    spool_forget(find(1));
    fixture_close();

    cr_assert(fixture_open(&err)); /* and it can be written again */
    expect_body(find(1), 1, 70000);
    put_answer(4, 10);
    fixture_finish();
}

Test(replay, changes_nothing_of_a_torn_segment)
{
    struct buf bytes = BUF_WITH_CEILING((size_t)1024 * 1024), after = bytes;

    make_segment();
    read_segment(&bytes);
    for (size_t cut = 1; cut < bytes.size; cut += 10007) {
        struct err err = {.kind = ERR_NONE};

        write_segment(bytes.data, bytes.size - cut);
        cr_assert(eq(int, chmod(f.path, 0400), 0));
        cr_assert(fixture_open_archived(&f.spool, &err), "%s", err.text);
        expect_body(find(0), 0, 0);
        fixture_close();
        read_segment(&after);
        cr_assert(eq(sz, after.size, bytes.size - cut));
        cr_assert(eq(int, memcmp(after.data, bytes.data, after.size), 0));
        cr_assert(eq(int, chmod(f.path, 0600), 0));
    }
    write_segment(bytes.data, SEGMENT_HEAD_SIZE / 2); /* nothing had come to it yet */
    cr_assert(fixture_open_archived(&f.spool, &(struct err){.kind = ERR_NONE}));
    cr_expect_null(find(0));
    fixture_close();
    read_segment(&after);
    cr_expect(eq(sz, after.size, SEGMENT_HEAD_SIZE / 2));
    fixture_finish();
    buf_deinit(&bytes);
    buf_deinit(&after);
}

Test(replay, goes_beside_others_that_read_and_not_beside_one_that_writes)
{
    struct err err = {.kind = ERR_NONE};
    struct spool *first, *second;

    make_segment();
    cr_assert(fixture_open_archived(&first, &err), "%s", err.text);
    cr_assert(fixture_open_archived(&second, &err), "%s", err.text);
    cr_expect(not(fixture_open(&err)));
    cr_expect(eq(int, err.kind, ERR_BUSY));
    spool_close(first, NULL, NULL);
    spool_close(second, NULL, NULL);
    uv_run(&f.loop, UV_RUN_DEFAULT);

    cr_assert(fixture_open(&err));
    cr_expect(not(fixture_open_archived(&first, &err)));
    cr_expect(eq(int, err.kind, ERR_BUSY));
    fixture_finish();
}

Test(replay, makes_nothing_where_there_is_none)
{
    struct err err = {.kind = ERR_NONE};
    struct spool *spool = NULL;
    char dir[300];

    fixture_start();
    fixture_close();
    unlink(f.path);
    cr_expect(not(fixture_open_archived(&spool, &err)));
    cr_expect(eq(int, err.kind, ERR_IO));
    cr_expect_not_null(strstr(err.text, f.path), "%s", err.text);
    cr_expect_not_null(strstr(err.text, "`archive`"), "%s", err.text);
    cr_expect(ne(int, access(f.path, F_OK), 0));
    snprintf(dir, sizeof(dir), "%s/new", f.dir);
    cr_expect(not(spool_open_archived(&f.loop, dir, &f.run_uid, &spool, &err)));
    cr_expect(ne(int, access(dir, F_OK), 0));
    cr_expect_null(spool);
    fixture_finish();
}
