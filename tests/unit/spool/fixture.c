#include "fixture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"

struct fixture f;

#define REQUEST_MAX 128

static ssize_t scripted_pwrite(int fd, const void *data, size_t size, off_t offset)
{
    if (++f.n_writes == f.failing_write) {
        errno = f.error;
        return -1;
    }
    if (size > 1) /* a kernel may take less; this one always does */
        size = size / 2 + 1;
    if (f.is_disk_small && f.disk_left == 0) {
        errno = ENOSPC;
        return -1;
    }
    if (f.is_disk_small && size > f.disk_left) /* as kernels do: first short, then an error */
        size = f.disk_left;
    f.disk_left -= size;
    return pwrite(fd, data, size, offset);
}

static int scripted_fdatasync(int fd)
{
    if (++f.n_syncs == f.failing_sync) {
        errno = f.error;
        return -1;
    }
    return fdatasync(fd);
}

static const struct spool_io scripted = {scripted_pwrite, scripted_fdatasync};

static void on_room(void *data)
{
    cr_assert(eq(ptr, data, &f));
    cr_assert(not(spool_is_full(f.spool)));
    f.n_room++;
}

static void on_failed(void *data, const struct err *err)
{
    cr_assert(eq(ptr, data, &f));
    f.n_failed++;
    f.err = *err;
}

bool fixture_open(struct err *err)
{
    static const struct spool_events events = {on_room, on_failed, &f};

    if (!spool_open(&f.loop, f.dir, &f.run_uid, &events, &f.spool, err))
        return false;
    spool_set_io(f.spool, &scripted);
    return true;
}

bool fixture_open_archived(struct spool **ret_spool, struct err *err)
{
    return spool_open_archived(&f.loop, f.dir, &f.run_uid, ret_spool, err);
}

void fixture_start(void)
{
    struct err err = {.kind = ERR_NONE};
    char uid[UUID_TEXT_MAX];

    snprintf(f.dir, sizeof(f.dir), "/tmp/linkhaul-spool-XXXXXX");
    cr_assert_not_null(mkdtemp(f.dir));
    f.run_uid = uuid_new();
    snprintf(f.path, sizeof(f.path), "%s/run-%s.segment", f.dir, uuid_format(&f.run_uid, uid));
    uv_loop_init(&f.loop);
    cr_assert(fixture_open(&err), "%s", err.text);
}

static void on_closed(void *data)
{
    bool *is_closed = data;

    *is_closed = true;
}

void fixture_close(void)
{
    f.is_closed = false;
    spool_close(f.spool, on_closed, &f.is_closed);
    cr_assert(not(f.is_closed), "closed came from inside spool_close");
    f.spool = NULL;
    uv_run(&f.loop, UV_RUN_DEFAULT);
    cr_assert(f.is_closed);
}

void fixture_finish(void)
{
    if (f.spool != NULL)
        fixture_close();
    cr_assert(eq(int, uv_loop_close(&f.loop), 0));
    unlink(f.path);
    cr_assert(eq(int, rmdir(f.dir), 0));
}

static struct uuid attempt_of(unsigned n)
{
    struct uuid attempt = {.bytes = {(uint8_t)n, (uint8_t)(n >> 8), 0xaa}};

    return attempt;
}

/* Of a length of its own. */
static void make_request(char request[REQUEST_MAX], unsigned n)
{
    snprintf(request, REQUEST_MAX, "[{\"target\":\"forbes.com\",\"tag\":\"%0*u\"}]",
             (int)n % 50 + 1, n);
}

struct spool_answer *begin(unsigned n)
{
    char request[REQUEST_MAX];
    struct spool_begin begin = {.attempt = attempt_of(n),
                                .listing_id = INT64_C(7000000000) + n,
                                .slice_no = (int32_t)n,
                                .position = (int64_t)n * 1000,
                                .limit = 1000 + n,
                                .reserved_nanousd = INT64_C(60000000000) + n,
                                .sent_at_ms = INT64_C(1795000000000) + n,
                                .request = request};

    make_request(request, n);
    return spool_begin(f.spool, &begin);
}

static void make_body(char *bytes, unsigned n, size_t from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)((from + i) * (2 * n + 1) + (from + i) / 256 + n);
}

void put_body(struct spool_answer *answer, unsigned n, size_t from, size_t size)
{
    CLEANUP(mem_free_string) char *bytes = mem_new(size);

    make_body(bytes, n, from, size);
    spool_body(answer, bytes, size);
}

static void on_synced(struct spool_answer *answer, const struct err *err)
{
    cr_assert(eq(int, answer->is_received, err == NULL));
    f.n_synced++;
    f.n_sync_errors += err != NULL;
}

void end(struct spool_answer *answer, unsigned n)
{
    struct spool_end end = {.status = 200 + n,
                            .retry_after_s = n,
                            .elapsed_ms = 1000 + n,
                            .charge_nanousd = INT64_C(60000000000) - n};
    unsigned n_before = f.n_synced;

    spool_end(answer, &end, on_synced);
    cr_assert(eq(uint, f.n_synced, n_before), "synced came from inside spool_end");
}

void run_until_synced(unsigned n_synced)
{
    while (f.n_synced < n_synced)
        uv_run(&f.loop, UV_RUN_ONCE);
}

struct spool_answer *put_answer(unsigned n, size_t size)
{
    struct spool_answer *answer = begin(n);

    put_body(answer, n, 0, size);
    end(answer, n);
    run_until_synced(f.n_synced + 1);
    return answer;
}

struct search {
    struct uuid attempt;
    struct spool_answer *found;
};

static void look(struct spool_answer *answer, void *data)
{
    struct search *search = data;

    if (uuid_is_equal(&answer->attempt, &search->attempt))
        search->found = answer;
}

struct spool_answer *find(unsigned n)
{
    struct search search = {.attempt = attempt_of(n)};

    spool_each(f.spool, look, &search);
    return search.found;
}

void expect_body(struct spool_answer *answer, unsigned n, size_t size)
{
    CLEANUP(mem_free_string) char *wanted = mem_new(size);
    CLEANUP(mem_free_string) char *found = mem_new(size + 1);
    CLEANUP(mem_free_string) char *request = NULL;
    char wanted_request[REQUEST_MAX];
    struct err err = {.kind = ERR_NONE};
    size_t done = 0, part = 1;

    cr_assert_not_null(answer);
    cr_assert(answer->is_received);
    cr_assert(eq(u64, answer->body_bytes, size));
    cr_expect(eq(i64, answer->listing_id, INT64_C(7000000000) + n));
    cr_expect(eq(i32, answer->slice_no, (int32_t)n));
    cr_expect(eq(i64, answer->position, (int64_t)n * 1000));
    cr_expect(eq(u32, answer->end.status, 200 + n));
    cr_expect(eq(u32, answer->end.retry_after_s, n));
    cr_expect(eq(u64, answer->end.elapsed_ms, 1000 + n));
    cr_expect(eq(i64, answer->limit, 1000 + n));
    cr_expect(eq(i64, answer->reserved_nanousd, INT64_C(60000000000) + n));
    cr_expect(eq(i64, answer->sent_at_ms, INT64_C(1795000000000) + n));
    cr_expect(eq(i64, answer->end.charge_nanousd, INT64_C(60000000000) - n));
    make_request(wanted_request, n);
    cr_assert(spool_request(answer, &request, &err), "%s", err.text);
    cr_expect_str_eq(request, wanted_request);
    make_body(wanted, n, 0, size);
    for (size_t step = 1; part > 0; step = step * 3 % 50021) { /* of all sizes */
        size_t room = size + 1 - done < step ? size + 1 - done : step;

        cr_assert(spool_read(answer, done, found + done, room, &part, &err), "%s", err.text);
        done += part;
    }
    cr_assert(eq(sz, done, size));
    cr_assert(eq(int, memcmp(found, wanted, size), 0), "the body of attempt %u is another", n);
}

void read_segment(struct buf *ret_bytes)
{
    int fd = open(f.path, O_RDONLY);
    char room[65536];
    ssize_t n;

    cr_assert(ge(int, fd, 0));
    buf_clear(ret_bytes);
    while ((n = read(fd, room, sizeof(room))) > 0)
        buf_append(ret_bytes, room, (size_t)n);
    close(fd);
}

void write_segment(const char *bytes, size_t size)
{
    int fd = open(f.path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    cr_assert(ge(int, fd, 0));
    cr_assert(eq(sz, (size_t)write(fd, bytes, size), size));
    close(fd);
}
