/* A disk that is full or fails: nothing is taken for received that may not be there. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/log.h"
#include "fixture.h"

TestSuite(failure, .timeout = 60);

static void expect_dead(const char *words)
{
    struct spool_answer *later;

    cr_expect(eq(uint, f.n_failed, 1));
    cr_expect(eq(int, f.err.kind, ERR_IO));
    cr_expect_not_null(strstr(f.err.text, words), "%s", f.err.text);
    cr_expect_not_null(strstr(f.err.text, f.path), "%s", f.err.text);

    later = begin(100); /* what comes later gets the same error, and nothing else happens */
    put_body(later, 100, 0, (size_t)20 * 1024 * 1024);
    cr_expect(not(spool_is_full(f.spool)));
    f.n_sync_errors = 0;
    end(later, 100);
    run_until_synced(f.n_synced + 1);
    cr_expect(eq(uint, f.n_sync_errors, 1));
    cr_expect(later->is_failed);
    cr_expect(eq(uint, f.n_failed, 1));
    spool_forget(later);
}

static void expect_only_the_first_answer(void)
{
    struct err err = {.kind = ERR_NONE};

    log_set_level(LOG_ERROR);
    fixture_close();
    cr_assert(fixture_open(&err), "%s", err.text);
    expect_body(find(1), 1, 1000);
    fixture_finish();
}

/* One answer goes well; of several more the n-th write or sync fails (0: none). */
static void fail_several(unsigned nth_write, unsigned nth_sync, int error)
{
    put_answer(1, 1000);
    f.failing_write = nth_write > 0 ? f.n_writes + nth_write : 0;
    f.failing_sync = nth_sync > 0 ? f.n_syncs + nth_sync : 0;
    f.error = error;
    for (unsigned n = 2; n < 8; n++) {
        struct spool_answer *answer = begin(n);

        put_body(answer, n, 0, 1000);
        end(answer, n);
    }
    run_until_synced(7);
}

Test(failure, of_a_sync_means_that_no_later_one_is_trusted)
{
    fixture_start();
    fail_several(0, 1, EIO); /* the sync after it would do well */

    cr_expect(eq(uint, f.n_sync_errors, 6));
    cr_expect(eq(uint, f.n_syncs, 2), "synced again after a failure");
    cr_expect(find(1)->is_received);
    for (unsigned n = 2; n < 8; n++) {
        cr_expect(not(find(n)->is_received));
        cr_expect(find(n)->is_failed);
    }
    expect_dead("the disk is failing");
    expect_only_the_first_answer();
}

Test(failure, of_a_second_group_leaves_the_first_received)
{
    fixture_start();
    fail_several(0, 2, EIO);

    cr_expect(eq(uint, f.n_sync_errors, 5));
    cr_expect(find(2)->is_received);
    cr_expect(not(find(3)->is_received));
    expect_dead("the disk is failing");
    expect_only_the_first_answer();
}

Test(failure, of_a_write_names_the_file_and_what_helps)
{
    fixture_start();
    fail_several(2, 0, ENOSPC); /* the first took a part, so a torn frame is left */

    cr_expect(eq(uint, f.n_sync_errors, 6));
    expect_dead("free some space");
    expect_only_the_first_answer();
}

Test(failure, of_each_kind_says_what_helps)
{
    static const struct {
        int error;
        const char *words;
    } kinds[] = {
        {ENOSPC, " free): free some space, or let `spool` name another disk"},
        {EDQUOT, "disk quota exceeded ("},
        {EROFS, "read-only file system: the disk may be failing"},
        {EIO, "i/o error: the disk is failing"},
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        for (unsigned is_sync = 0; is_sync < 2; is_sync++) {
            f = (struct fixture){.n_synced = 0};
            fixture_start();
            fail_several(is_sync ? 0 : 2, is_sync ? 1 : 0, kinds[i].error);
            cr_expect(eq(uint, f.n_sync_errors, 6));
            expect_dead(kinds[i].words);
            f.failing_write = f.failing_sync = 0;
            expect_only_the_first_answer();
        }
}

enum { N_SWEEP = 6, SWEEP_BODY_SIZE = 300 };

/* Some answers alone in their group, then several at once, on a disk with so much room. */
static void fill_disk(size_t disk_left, bool is_told[N_SWEEP])
{
    struct spool_answer *answers[N_SWEEP];

    f.is_disk_small = true;
    f.disk_left = disk_left;
    f.n_synced = f.n_sync_errors = f.n_failed = 0;
    for (unsigned n = 0; n < N_SWEEP; n++) {
        answers[n] = begin(n);
        put_body(answers[n], n, 0, SWEEP_BODY_SIZE);
        end(answers[n], n);
        if (n < 2)
            run_until_synced(n + 1);
    }
    run_until_synced(N_SWEEP);
    for (unsigned n = 0; n < N_SWEEP; n++) {
        is_told[n] = answers[n]->is_received;
        cr_assert(eq(int, answers[n]->is_failed, !is_told[n]));
        cr_assert(n == 0 || is_told[n - 1] || !is_told[n], "a hole in front of answer %u", n);
    }
    cr_assert(eq(uint, f.n_failed, is_told[N_SWEEP - 1] ? 0 : 1));
    fixture_close();
    f.is_disk_small = false;
}

/* Whatever fits: what was told as received is there, and the segment can be gone on with. */
Test(failure, of_a_disk_that_is_full_at_any_byte_keeps_what_was_told)
{
    struct err err = {.kind = ERR_NONE};
    bool is_told[N_SWEEP] = {false};

    log_set_level(LOG_ERROR);
    fixture_start();
    for (size_t left = 0; !is_told[N_SWEEP - 1]; left += 17) {
        fill_disk(left, is_told);
        for (unsigned round = 0; round < 2; round++) {
            cr_assert(fixture_open(&err), "%zu bytes: %s", left, err.text);
            for (unsigned n = 0; n < N_SWEEP; n++)
                if (is_told[n] || (find(n) != NULL && find(n)->is_received))
                    expect_body(find(n), n, SWEEP_BODY_SIZE);
            if (round == 0)
                put_answer(20, 33);
            else
                expect_body(find(20), 20, 33);
            fixture_close();
        }
        cr_assert(eq(int, unlink(f.path), 0));
        cr_assert(fixture_open(&err));
    }
    fixture_finish();
}

Test(failure, of_a_write_that_nobody_waits_for_is_told_too)
{
    fixture_start();
    f.failing_write = 1;
    f.error = EROFS;
    put_body(begin(1), 1, 0, (size_t)3 * 1024 * 1024);
    cr_expect(spool_is_full(f.spool));
    uv_run(&f.loop, UV_RUN_DEFAULT);

    cr_expect(eq(uint, f.n_room, 1)); /* whoever paused must not sleep for ever */
    expect_dead("read-only");
    fixture_finish();
}

Test(failure, of_a_real_kernel_is_seen)
{
    struct rlimit limit = {.rlim_cur = 20000, .rlim_max = RLIM_INFINITY};

    signal(SIGXFSZ, SIG_IGN);
    fixture_start();
    put_answer(1, 1000);
    cr_assert(eq(int, setrlimit(RLIMIT_FSIZE, &limit), 0));
    for (unsigned n = 2; n < 5; n++) {
        struct spool_answer *answer = begin(n);

        put_body(answer, n, 0, 30000);
        end(answer, n);
    }
    run_until_synced(4);

    cr_expect(eq(uint, f.n_sync_errors, 3));
    expect_dead("LimitFSIZE");
    limit.rlim_cur = RLIM_INFINITY;
    setrlimit(RLIMIT_FSIZE, &limit);
    expect_only_the_first_answer();
}

Test(failure, is_what_comes_of_never_asking_whether_there_is_room)
{
    struct spool_answer *answer;

    fixture_start();
    put_answer(1, 1000);
    answer = begin(2);
    for (unsigned i = 0; i < 20; i++)
        put_body(answer, 2, 0, (size_t)1024 * 1024);
    cr_expect(le(sz, spool_bytes_in_memory(f.spool), 2 * SPOOL_WAITING_MAX));
    end(answer, 2);
    run_until_synced(2);

    cr_expect(eq(uint, f.n_sync_errors, 1));
    cr_expect(eq(uint, f.n_failed, 1));
    cr_expect(eq(int, f.err.kind, ERR_INTERNAL));
    expect_only_the_first_answer();
}

Test(failure, while_closing_is_told_before_closed)
{
    struct spool_answer *answer;

    fixture_start();
    put_answer(1, 1000);
    f.failing_sync = f.n_syncs + 1;
    f.error = EIO;
    answer = begin(2);
    end(answer, 2);
    fixture_close();

    cr_expect(eq(uint, f.n_sync_errors, 1));
    cr_expect(eq(uint, f.n_failed, 1));
    fixture_finish();
}
