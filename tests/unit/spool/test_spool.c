#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "fixture.h"

TestSuite(spool, .timeout = 60);

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

Test(spool, gives_interleaved_bodies_back_byte_for_byte)
{
    enum { N = 30 };
    struct spool_answer *answers[N];
    size_t sizes[N], done[N] = {0};
    struct err err = {.kind = ERR_NONE};
    bool is_more = true;

    fixture_start();
    for (unsigned n = 0; n < N; n++) {
        answers[n] = begin(n);
        sizes[n] = (size_t)n * n * 211; /* the first is empty, the last 180 kB */
    }
    for (size_t round = 1; is_more; round++) {
        is_more = false;
        for (unsigned n = 0; n < N; n++) {
            size_t part = smaller(sizes[n] - done[n], round * (n + 1) % 40009);

            put_body(answers[n], n, done[n], part);
            done[n] += part;
            is_more |= done[n] < sizes[n];
        }
        uv_run(&f.loop, UV_RUN_NOWAIT);
    }
    for (unsigned n = N; n-- > 0;)
        end(answers[n], n);
    run_until_synced(N);

    for (unsigned n = 0; n < N; n++)
        expect_body(answers[n], n, sizes[n]);
    fixture_close();
    cr_assert(fixture_open(&err), "%s", err.text);
    for (unsigned n = 0; n < N; n++)
        expect_body(find(n), n, sizes[n]);
    fixture_finish();
}

Test(spool, takes_a_dripping_body_without_a_frame_per_byte)
{
    size_t size = 100000;
    struct spool_answer *answer;

    fixture_start();
    answer = begin(1);
    for (size_t i = 0; i < size; i++)
        put_body(answer, 1, i, 1);
    end(answer, 1);
    run_until_synced(1);

    expect_body(answer, 1, size);
    cr_expect(lt(u64, spool_size(f.spool), size + 1000));
    fixture_finish();
}

static unsigned order[8], n_order;

static void note_order(struct spool_answer *answer, void *data)
{
    (void)data;
    order[n_order++] = (unsigned)answer->slice_no;
}

Test(spool, lists_its_answers_in_the_order_in_which_they_began)
{
    struct err err = {.kind = ERR_NONE};
    struct spool_answer *first;

    fixture_start();
    first = begin(5);
    put_answer(3, 10);
    put_answer(9, 10);
    end(first, 5);
    run_until_synced(3);
    fixture_close();
    cr_assert(fixture_open(&err));
    spool_each(f.spool, note_order, NULL);

    cr_assert(eq(uint, n_order, 3));
    cr_expect(eq(uint, order[0], 5));
    cr_expect(eq(uint, order[1], 3));
    cr_expect(eq(uint, order[2], 9));
    fixture_finish();
}

Test(spool, tells_what_was_not_received_after_a_restart)
{
    struct err err = {.kind = ERR_NONE};

    fixture_start();
    put_body(begin(1), 1, 0, 70000);
    spool_abandon(begin(2));
    put_answer(3, 5);
    fixture_close();
    cr_assert(fixture_open(&err));

    cr_expect(not(find(1)->is_received));
    cr_expect(not(find(1)->is_failed));
    cr_expect(not(find(2)->is_received));
    cr_expect(find(2)->is_failed);
    expect_body(find(3), 3, 5);
    fixture_finish();
}

/* Enough for the index to grow a few times, and some of it forgotten in between. */
Test(spool, finds_each_answer_among_many_by_its_attempt)
{
    static struct uuid attempts[700];
    const size_t n = sizeof(attempts) / sizeof(attempts[0]);
    struct err err = {.kind = ERR_NONE};
    struct uuid unknown = uuid_new();

    fixture_start();
    cr_expect_null(spool_find(f.spool, &unknown));
    for (size_t i = 0; i < n; i++) {
        attempts[i] = uuid_new();
        spool_abandon(spool_begin(f.spool, &(struct spool_begin){.attempt = attempts[i],
                                                                 .position = (int64_t)i,
                                                                 .request = "{}"}));
        if (i % 3 == 1)
            spool_forget(spool_find(f.spool, &attempts[i - 1]));
    }
    for (size_t i = 0; i < n; i++)
        cr_expect(eq(int, spool_find(f.spool, &attempts[i]) == NULL, i % 3 == 0 && i + 1 < n));
    fixture_close();

    cr_assert(fixture_open(&err), "%s", err.text);
    for (size_t i = 0; i < n; i++) {
        cr_assert(ne(ptr, spool_find(f.spool, &attempts[i]), NULL));
        cr_expect(eq(i64, spool_find(f.spool, &attempts[i])->position, (int64_t)i));
    }
    cr_expect_null(spool_find(f.spool, &unknown));
    fixture_finish();
}

static void forget_all(struct spool_answer *answer, void *data)
{
    (void)data;
    spool_forget(answer);
}

Test(spool, forgets_answers_but_keeps_them_on_disk)
{
    struct err err = {.kind = ERR_NONE};

    fixture_start();
    for (unsigned n = 0; n < 5; n++)
        put_answer(n, 1000);
    spool_each(f.spool, forget_all, NULL);
    cr_expect_null(find(2));
    put_answer(5, 10);
    fixture_close();
    cr_assert(fixture_open(&err));

    for (unsigned n = 0; n < 5; n++)
        expect_body(find(n), n, 1000);
    fixture_finish();
}

static unsigned n_answers_on_disk(void)
{
    struct buf bytes = BUF_WITH_CEILING((size_t)1024 * 1024);
    unsigned n_ends = 0;
    size_t at = SEGMENT_HEAD_SIZE;
    struct frame frame;

    read_segment(&bytes);
    while (at + FRAME_HEAD_SIZE <= bytes.size && frame_get((uint8_t *)bytes.data + at, &frame)) {
        at += FRAME_HEAD_SIZE + frame.size;
        n_ends += frame.kind == FRAME_END && at <= bytes.size;
    }
    buf_deinit(&bytes);
    return n_ends;
}

static unsigned n_told;

static void on_synced_look_at_disk(struct spool_answer *answer, const struct err *err)
{
    (void)answer;
    cr_assert_null(err);
    n_told++;
    cr_assert(le(uint, n_told, n_answers_on_disk()), "told before it was on disk");
    cr_assert(ge(uint, f.n_syncs, 1));
}

Test(spool, tells_of_an_answer_only_when_its_group_is_on_disk)
{
    struct spool_end end_record = {.status = 200};

    fixture_start();
    for (unsigned n = 0; n < 20; n++) { /* the first makes a group, the others wait for theirs */
        spool_end(begin(n), &end_record, on_synced_look_at_disk);
        cr_assert(eq(uint, n_told, 0));
    }
    while (n_told < 20)
        uv_run(&f.loop, UV_RUN_ONCE);

    cr_expect(eq(uint, f.n_syncs, 2), "%u syncs for 20 answers at once", f.n_syncs);
    fixture_finish();
}

Test(spool, does_not_sync_for_what_is_no_answer_yet)
{
    struct spool_answer *answer;

    fixture_start();
    answer = begin(1);
    put_body(answer, 1, 0, (size_t)600 * 1024);
    uv_run(&f.loop, UV_RUN_DEFAULT);

    cr_expect(gt(uint, f.n_writes, 0));
    cr_expect(eq(uint, f.n_syncs, 0));
    end(answer, 1);
    run_until_synced(1);
    cr_expect(eq(uint, f.n_syncs, 1));
    fixture_finish();
}

Test(spool, holds_a_big_body_in_bounded_memory)
{
    size_t size = (size_t)50 * 1024 * 1024, done = 0, part = (size_t)64 * 1024, most = 0;
    struct spool_answer *answer;
    unsigned n_waits = 0;

    fixture_start();
    answer = begin(1);
    while (done < size) {
        while (!spool_is_full(f.spool) && done < size) {
            put_body(answer, 1, done, part);
            done += part;
            if (spool_bytes_in_memory(f.spool) > most)
                most = spool_bytes_in_memory(f.spool);
        }
        for (unsigned n_before = f.n_room; done < size && f.n_room == n_before; n_waits++)
            uv_run(&f.loop, UV_RUN_ONCE);
    }
    end(answer, 1);
    run_until_synced(1);

    cr_expect(gt(uint, n_waits, 10));
    cr_expect(eq(uint, f.n_failed, 0));
    cr_expect(le(sz, most, SPOOL_FULL_SIZE + part + 1024), "%zu bytes at once", most);
    expect_body(answer, 1, size);
    fixture_finish();
}

Test(spool, takes_one_piece_that_is_longer_than_a_frame)
{
    struct spool_answer *answer;

    fixture_start();
    answer = begin(1);
    put_body(answer, 1, 0, SPOOL_FRAME_MAX * 3 + 17);
    end(answer, 1);
    run_until_synced(1);

    expect_body(answer, 1, SPOOL_FRAME_MAX * 3 + 17);
    fixture_finish();
}

Test(spool, lets_nobody_else_in)
{
    struct err err = {.kind = ERR_NONE};
    struct spool *first;

    fixture_start();
    first = f.spool;
    put_answer(1, 100);

    cr_expect(not(fixture_open(&err)));
    cr_expect(eq(int, err.kind, ERR_BUSY));
    cr_expect_not_null(strstr(err.text, f.path), "%s", err.text);
    cr_expect(eq(ptr, f.spool, first));
    expect_body(find(1), 1, 100);
    fixture_finish();
}

Test(spool, closes_with_answers_waiting_and_tells_them_first)
{
    struct err err = {.kind = ERR_NONE};

    fixture_start();
    for (unsigned n = 0; n < 10; n++) {
        struct spool_answer *answer = begin(n);

        put_body(answer, n, 0, 5000);
        end(answer, n);
    }
    put_body(begin(10), 10, 0, 100);
    fixture_close();

    cr_expect(eq(uint, f.n_synced, 10));
    cr_expect(eq(uint, f.n_sync_errors, 0));
    cr_assert(fixture_open(&err));
    for (unsigned n = 0; n < 10; n++)
        expect_body(find(n), n, 5000);
    cr_expect_not_null(find(10));
    fixture_finish();
}

static void close_in_synced(struct spool_answer *answer, const struct err *err)
{
    (void)err;
    f.n_synced++;
    if (f.n_synced > 1)
        return;
    spool_forget(answer);
    spool_close(f.spool, NULL, NULL);
}

Test(spool, may_be_closed_from_a_callback)
{
    struct spool_end end_record = {.status = 200};

    fixture_start();
    for (unsigned n = 0; n < 4; n++)
        spool_end(begin(n), &end_record, close_in_synced);
    uv_run(&f.loop, UV_RUN_DEFAULT);

    cr_expect(eq(uint, f.n_synced, 4));
    f.spool = NULL;
    fixture_finish();
}

Test(spool, closes_nothing_where_there_is_none)
{
    spool_close(NULL, NULL, NULL);
}

Test(spool, makes_its_folder_and_file_for_its_owner_only)
{
    static const struct spool_events events = {0};
    struct err err = {.kind = ERR_NONE};
    struct spool *spool = NULL;
    char dir[300], path[400], uid[UUID_TEXT_MAX];
    struct stat stat_of;

    fixture_start();
    snprintf(dir, sizeof(dir), "%s/new", f.dir);
    snprintf(path, sizeof(path), "%s/run-%s.segment", dir, uuid_format(&f.run_uid, uid));
    cr_assert(spool_open(&f.loop, dir, &f.run_uid, &events, &spool, &err), "%s", err.text);
    cr_assert(eq(int, stat(dir, &stat_of), 0));
    cr_expect(eq(uint, stat_of.st_mode & 0777, 0700));
    cr_assert(eq(int, stat(path, &stat_of), 0));
    cr_expect(eq(uint, stat_of.st_mode & 0777, 0600));
    spool_close(spool, NULL, NULL);
    uv_run(&f.loop, UV_RUN_DEFAULT);
    unlink(path);
    rmdir(dir);
    fixture_finish();
}

Test(spool, says_which_folder_is_missing)
{
    static const struct spool_events events = {0};
    struct err err = {.kind = ERR_NONE};
    struct spool *spool = NULL;

    fixture_start();
    cr_expect(
        not(spool_open(&f.loop, "/nonexistent/deep/spool", &f.run_uid, &events, &spool, &err)));
    cr_expect(eq(int, err.kind, ERR_IO));
    cr_expect_not_null(strstr(err.text, "/nonexistent/deep/spool"), "%s", err.text);
    fixture_finish();
}

Test(spool, is_not_opened_through_a_link)
{
    struct err err = {.kind = ERR_NONE};

    fixture_start();
    fixture_close();
    unlink(f.path);
    cr_assert(eq(int, symlink("/tmp/elsewhere", f.path), 0));
    cr_expect(not(fixture_open(&err)));
    cr_expect(eq(int, err.kind, ERR_IO));
    fixture_finish();
}
