/* What a crash, or a disk that flips bits, may leave of a segment. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>
#include <sys/stat.h>

#include "core/log.h"
#include "core/mem.h"
#include "fixture.h"

TestSuite(torn, .timeout = 100);

enum { N = 3, BODY_SIZE = 60 };

static struct buf whole = BUF_WITH_CEILING((size_t)1024 * 1024);
static size_t ends[N]; /* where the segment ended when each answer was on disk */

/* Three answers, a part of a fourth in between; small, so that every byte can be tried. */
static void make_segment(void)
{
    log_set_level(LOG_ERROR);
    fixture_start();
    for (unsigned n = 0; n < N; n++) {
        put_answer(n, BODY_SIZE);
        ends[n] = (size_t)spool_size(f.spool);
        if (n == 1)
            put_body(begin(9), 9, 0, 20);
    }
    fixture_close();
    read_segment(&whole);
    cr_assert(eq(sz, whole.size, ends[N - 1]));
}

/* How many of the answers are whole in the first `size` bytes. */
static unsigned n_whole(size_t size)
{
    unsigned n = 0;

    while (n < N && ends[n] <= size)
        n++;
    return n;
}

static unsigned n_received;

static void count_received(struct spool_answer *answer, void *data)
{
    (void)data;
    n_received += answer->is_received;
}

/* Opens what is there: exactly the first `n` answers are received, and it can go on. */
static void expect_good_to_go_on(unsigned n, const char *what, size_t at)
{
    struct err err = {.kind = ERR_NONE};
    struct stat stat_of;

    cr_assert(fixture_open(&err), "%s %zu: %s", what, at, err.text);
    cr_assert(eq(int, stat(f.path, &stat_of), 0));
    cr_assert(eq(u64, (uint64_t)stat_of.st_size, spool_size(f.spool)), "%s %zu", what, at);
    n_received = 0;
    spool_each(f.spool, count_received, NULL);
    cr_assert(eq(uint, n_received, n), "%s %zu", what, at);
    put_answer(20, 33);
    fixture_close();

    cr_assert(fixture_open(&err), "%s %zu: %s", what, at, err.text);
    for (unsigned i = 0; i < n; i++)
        expect_body(find(i), i, BODY_SIZE);
    expect_body(find(20), 20, 33);
    fixture_close();
}

Test(torn, at_any_byte_keeps_what_was_received_before)
{
    make_segment();
    for (size_t size = 0; size <= whole.size; size++) {
        write_segment(whole.data, size);
        expect_good_to_go_on(n_whole(size), "cut at", size);
    }
    fixture_finish();
    buf_deinit(&whole);
}

Test(torn, and_filled_with_zeros_keeps_what_was_received_before)
{
    make_segment();
    for (size_t size = SEGMENT_HEAD_SIZE; size < whole.size; size += 7) {
        CLEANUP(mem_free_string) char *bytes = mem_new(whole.size + 5000);

        size_t same = 0; /* where a frame ends on zeros they change nothing */

        memcpy(bytes, whole.data, size);
        while (same < whole.size && bytes[same] == whole.data[same])
            same++;
        write_segment(bytes, whole.size + 5000);
        expect_good_to_go_on(n_whole(same), "zeros from", size);
    }
    fixture_finish();
    buf_deinit(&whole);
}

Test(torn, by_a_flipped_bit_trusts_nothing_behind_it)
{
    make_segment();
    for (size_t at = SEGMENT_HEAD_SIZE; at < whole.size; at++) {
        whole.data[at] = (char)(whole.data[at] ^ (1 << at % 8));
        write_segment(whole.data, whole.size);
        whole.data[at] = (char)(whole.data[at] ^ (1 << at % 8));
        expect_good_to_go_on(n_whole(at), "flipped at", at);
    }
    fixture_finish();
    buf_deinit(&whole);
}

Test(torn, in_its_head_is_left_as_it_is)
{
    struct buf after = BUF_WITH_CEILING((size_t)1024 * 1024);

    make_segment();
    for (size_t at = 0; at < SEGMENT_HEAD_SIZE; at++) {
        struct err err = {.kind = ERR_NONE};

        whole.data[at] = (char)(whole.data[at] ^ (1 << at % 8));
        write_segment(whole.data, whole.size);
        cr_assert(not(fixture_open(&err)), "flipped at %zu", at);
        cr_assert(eq(int, err.kind, ERR_IO));
        read_segment(&after);
        cr_assert(eq(sz, after.size, whole.size));
        cr_assert(eq(int, memcmp(after.data, whole.data, whole.size), 0));
        whole.data[at] = (char)(whole.data[at] ^ (1 << at % 8));
    }
    fixture_finish();
    buf_deinit(&whole);
    buf_deinit(&after);
}

static void expect_left_alone(const char *text)
{
    struct buf after = BUF_WITH_CEILING((size_t)1024 * 1024);
    struct err err = {.kind = ERR_NONE};

    write_segment(text, strlen(text));
    cr_expect(not(fixture_open(&err)), "%s", text);
    cr_expect(eq(int, err.kind, ERR_IO));
    read_segment(&after);
    cr_expect_str_eq(buf_text(&after), text);
    buf_deinit(&after);
}

Test(torn, is_not_what_a_file_of_something_else_is)
{
    make_segment();
    f.spool = NULL;
    expect_left_alone("x");
    expect_left_alone("somebody's letters, which nobody wants to see cut off at byte 32");
    fixture_finish();
    buf_deinit(&whole);
}

/* Frames with right checksums that cannot follow each other: nothing of ours writes them. */
static void expect_nonsense_cut(enum frame_kind kind, unsigned n)
{
    struct buf bytes = BUF_WITH_CEILING((size_t)1024 * 1024);
    struct frame frame = {.kind = kind, .attempt = {.bytes = {(uint8_t)n, 0, 0xaa}}};
    uint8_t head[FRAME_HEAD_SIZE];

    frame_put(head, &frame, 0);
    buf_append(&bytes, whole.data, whole.size);
    buf_append(&bytes, head, sizeof(head));
    write_segment(bytes.data, bytes.size);
    expect_good_to_go_on(N, "nonsense of kind", kind);
    buf_deinit(&bytes);
}

Test(torn, frames_that_cannot_follow_are_cut_too)
{
    make_segment();
    expect_nonsense_cut(FRAME_BODY, 77);   /* never began */
    expect_nonsense_cut(FRAME_BODY, 0);    /* has ended */
    expect_nonsense_cut(FRAME_ABANDON, 1); /* has ended */
    expect_nonsense_cut(FRAME_END, 9);     /* too short */
    expect_nonsense_cut(FRAME_BEGIN, 78);  /* too short */
    expect_nonsense_cut(FRAME_KINDS_END, 9);
    fixture_finish();
    buf_deinit(&whole);
}

Test(torn, a_frame_that_claims_gigabytes_is_cut)
{
    struct buf bytes = BUF_WITH_CEILING((size_t)1024 * 1024);
    struct frame frame = {
        .kind = FRAME_BODY, .size = UINT32_MAX, .attempt = {.bytes = {9, 0, 0xaa}}};
    uint8_t head[FRAME_HEAD_SIZE];

    make_segment();
    frame_put(head, &frame, 0);
    buf_append(&bytes, whole.data, whole.size);
    buf_append(&bytes, head, sizeof(head));
    write_segment(bytes.data, bytes.size);
    expect_good_to_go_on(N, "size", UINT32_MAX);
    fixture_finish();
    buf_deinit(&whole);
    buf_deinit(&bytes);
}
