/* Segments of other versions: what older ones wrote is read, what later ones wrote is left alone.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "core/crc32c.h"
#include "core/log.h"
#include "core/mem.h"
#include "fixture.h"

TestSuite(forms, .timeout = 60);

static const struct uuid attempt = {.bytes = {7, 7, 7}};

static void append_frame(struct buf *out, enum frame_kind kind, uint8_t form, const void *payload,
                         size_t size)
{
    struct frame frame = {.kind = kind, .form = form, .size = (uint32_t)size, .attempt = attempt};
    uint8_t head[FRAME_HEAD_SIZE];

    frame_put(head, &frame, crc32c(0, payload, size));
    buf_append(out, head, sizeof(head));
    buf_append(out, payload, size);
}

/* A received answer as version 0.1 wrote it. */
static void append_old_answer(struct buf *out)
{
    static const char begin_record[] =
        "\x05\0\0\0\0\0\0\0"
        "\xd0\x07\0\0\0\0\0\0"
        "\x03\0\0\0"
        "[{\"limit\":1000}]";
    static const char end_record[] =
        "\xc8\0\0\0"
        "\x09\0\0\0"
        "\x2c\x01\0\0\0\0\0\0";

    append_frame(out, FRAME_BEGIN, 0, begin_record, sizeof(begin_record) - 1);
    append_frame(out, FRAME_BODY, 0, "body", 4);
    append_frame(out, FRAME_END, 0, end_record, sizeof(end_record) - 1);
}

static struct spool_answer *first;

static void note_first(struct spool_answer *answer, void *data)
{
    (void)data;
    if (first == NULL)
        first = answer;
}

static void expect_old_answer(void)
{
    CLEANUP(mem_free_string) char *request = NULL;
    struct err err = {.kind = ERR_NONE};
    char body[8] = "";
    size_t size;

    first = NULL;
    spool_each(f.spool, note_first, NULL);
    cr_assert_not_null(first);
    cr_assert(first->is_received);
    cr_expect(uuid_is_equal(&first->attempt, &attempt));
    cr_expect(eq(i64, first->listing_id, 5));
    cr_expect(eq(i64, first->position, 2000));
    cr_expect(eq(i32, first->slice_no, 3));
    cr_expect(eq(i64, first->limit, -1));
    cr_expect(eq(i64, first->reserved_nanousd, -1));
    cr_expect(eq(i64, first->sent_at_ms, -1));
    cr_expect(eq(u32, first->end.status, 200));
    cr_expect(eq(u32, first->end.retry_after_s, 9));
    cr_expect(eq(u64, first->end.elapsed_ms, 300));
    cr_expect(eq(i64, first->end.charge_nanousd, -1));
    cr_assert(spool_read(first, 0, body, sizeof(body), &size, &err));
    cr_expect(eq(sz, size, 4));
    cr_expect_str_eq(body, "body");
    cr_assert(spool_request(first, &request, &err));
    cr_expect_str_eq(request, "[{\"limit\":1000}]");
}

Test(forms, of_an_older_version_are_read_and_gone_on_with)
{
    struct buf bytes = BUF_WITH_CEILING((size_t)1024 * 1024);
    struct err err = {.kind = ERR_NONE};

    fixture_start();
    fixture_close();
    read_segment(&bytes);
    append_old_answer(&bytes);
    write_segment(bytes.data, bytes.size);
    cr_assert(fixture_open(&err), "%s", err.text);
    expect_old_answer();
    put_answer(1, 5000);
    fixture_close();

    cr_assert(fixture_open(&err), "%s", err.text);
    expect_old_answer();
    expect_body(find(1), 1, 5000);
    fixture_finish();
    buf_deinit(&bytes);
}

Test(forms, of_a_later_version_are_left_as_they_are)
{
    struct buf bytes = BUF_WITH_CEILING((size_t)1024 * 1024), after = bytes;

    fixture_start();
    put_answer(1, 100);
    fixture_close();
    read_segment(&bytes);
    for (unsigned kind = FRAME_BEGIN; kind < FRAME_KINDS_END + 3u; kind++) {
        struct err err = {.kind = ERR_NONE};
        size_t size = bytes.size;

        append_frame(&bytes, (enum frame_kind)kind, FRAME_FORM + 1, "?", 1);
        write_segment(bytes.data, bytes.size);
        cr_assert(not(fixture_open(&err)), "kind %u", kind);
        cr_expect(eq(int, err.kind, ERR_IO));
        cr_expect_not_null(strstr(err.text, "later version"), "%s", err.text);
        read_segment(&after);
        cr_assert(eq(sz, after.size, bytes.size), "kind %u: it was cut", kind);
        bytes.size = size;
    }
    fixture_finish();
    buf_deinit(&bytes);
    buf_deinit(&after);
}

Test(forms, that_only_look_like_a_later_version_are_a_torn_tail)
{
    struct buf bytes = BUF_WITH_CEILING((size_t)1024 * 1024);
    struct err err = {.kind = ERR_NONE};
    size_t size;

    log_set_level(LOG_ERROR);
    fixture_start();
    put_answer(1, 100);
    fixture_close();
    read_segment(&bytes);
    size = bytes.size;
    append_frame(&bytes, FRAME_BODY, FRAME_FORM + 1, "?", 1);
    bytes.data[bytes.size - 1] = '!';
    write_segment(bytes.data, bytes.size);

    cr_assert(fixture_open(&err), "%s", err.text);
    cr_expect(eq(u64, spool_size(f.spool), size));
    expect_body(find(1), 1, 100);
    fixture_finish();
    buf_deinit(&bytes);
}

/* --- notes about the run --------------------------------------------------------------------- */

static void expect_notes(size_t n)
{
    struct err err = {.kind = ERR_NONE};

    cr_assert(eq(sz, spool_n_notes(f.spool), n));
    for (size_t i = 0; i < n; i++) {
        CLEANUP(mem_free_string) char *text = NULL;

        cr_assert(spool_read_note(f.spool, i, &text, &err), "%s", err.text);
        cr_expect_str_eq(text, i == 0 ? "{\"run\":1}" : i == 1 ? "" : "{\"slices\":[]}");
    }
}

Test(forms, of_notes_stand_in_their_order_between_the_answers)
{
    struct buf bytes = BUF_WITH_CEILING((size_t)1024 * 1024);
    struct err err = {.kind = ERR_NONE};

    fixture_start();
    spool_note(f.spool, "{\"run\":1}");
    put_answer(1, 100);
    spool_note(f.spool, "");
    spool_note(f.spool, "{\"slices\":[]}");
    put_answer(2, 100);
    expect_notes(3);
    fixture_close();
    cr_assert(fixture_open(&err), "%s", err.text);
    expect_notes(3);
    expect_body(find(1), 1, 100);
    expect_body(find(2), 2, 100);
    fixture_close();

    read_segment(&bytes);
    write_segment(bytes.data, bytes.size - 1); /* what is torn takes no note with it */
    log_set_level(LOG_ERROR);
    cr_assert(fixture_open(&err), "%s", err.text);
    expect_notes(3);
    fixture_finish();
    buf_deinit(&bytes);
}
