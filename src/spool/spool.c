#include "spool/spool.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/crc32c.h"
#include "core/mem.h"
#include "spool/spool_private.h"

/*
 * The way of an answer:
 *
 *   spool_begin, spool_body ...   frames come together in `waiting`
 *   spool_end                     its frame too; the entry joins `ends`
 *   start_group                   a worker takes all of `waiting` and `ends`, writes and syncs
 *   on_group_over                 those entries, and no others, are told that they are on disk
 *
 * One group is under way at a time; what comes meanwhile makes the next, so the more is going on
 * the more answers share a sync. Bodies without an end record are written early and not synced: a
 * later group's sync covers them.
 *
 * Failures:
 *   write or sync fails      nothing after it can be trusted (a second fdatasync may well succeed
 *                            and say nothing of the pages that were dropped): the spool is dead,
 *                            whoever waits or comes later is told the same error
 *   nobody heeds a full one  the same; a ceiling that gives way would be none
 */
static void put_frame(struct spool *spool, enum frame_kind kind, const struct uuid *attempt,
                      const void *head, size_t head_size, const void *data, size_t size);
static void put_piece(struct spool_entry *entry);
static void start_group(struct spool *spool);
static void write_group(uv_work_t *work);
static void on_group_over(uv_work_t *work, int status);
static void tell(struct spool *spool);
static void finish_closing(struct spool *spool);

static const struct spool_io kernel = {pwrite, fdatasync};

static struct spool *spool_new(struct uv_loop_s *loop)
{
    struct spool *spool = mem_new(sizeof(*spool));

    spool->loop = loop;
    spool->io = &kernel;
    spool->fd = -1;
    TAILQ_INIT(&spool->entries);
    TAILQ_INIT(&spool->ends);
    TAILQ_INIT(&spool->group.ends);
    buf_init(&spool->waiting, SPOOL_WAITING_MAX);
    buf_init(&spool->group.bytes, SPOOL_WAITING_MAX);
    spool->group.work.data = spool;
    return spool;
}

static bool open_segment(struct spool *spool, const char *dir, const struct uuid *run_uid,
                         struct spool **ret_spool, struct err *err)
{
    if (!segment_open(spool, dir, run_uid, err)) {
        finish_closing(spool);
        return false;
    }
    *ret_spool = spool;
    return true;
}

bool spool_open(struct uv_loop_s *loop, const char *dir, const struct uuid *run_uid,
                const struct spool_events *events, struct spool **ret_spool, struct err *err)
{
    struct spool *spool = spool_new(loop);

    spool->events = *events;
    return open_segment(spool, dir, run_uid, ret_spool, err);
}

bool spool_open_archived(struct uv_loop_s *loop, const char *dir, const struct uuid *run_uid,
                         struct spool **ret_spool, struct err *err)
{
    struct spool *spool = spool_new(loop);

    spool->is_read_only = true;
    return open_segment(spool, dir, run_uid, ret_spool, err);
}

static struct spool_entry *entry_of(struct spool_answer *answer)
{
    return (struct spool_entry *)answer;
}

void spool_note(struct spool *spool, const char *text)
{
    static const struct uuid none = {{0}};

    assert(!spool->is_closing && !spool->is_read_only);
    spool_note_add(spool, spool->size + FRAME_HEAD_SIZE, strlen(text));
    put_frame(spool, FRAME_NOTE, &none, NULL, 0, text, strlen(text));
    start_group(spool);
}

struct spool_answer *spool_begin(struct spool *spool, const struct spool_begin *begin)
{
    struct spool_entry *entry = spool_entry_new(spool, begin);
    uint8_t head[FRAME_BEGIN_SIZE];

    assert(!spool->is_closing && !spool->is_read_only);
    entry->request_offset = spool->size + FRAME_HEAD_SIZE + sizeof(head);
    entry->request_size = strlen(begin->request);
    frame_begin_put(head, begin);
    put_frame(spool, FRAME_BEGIN, &begin->attempt, head, sizeof(head), begin->request,
              entry->request_size);
    start_group(spool);
    return &entry->answer;
}

void spool_body(struct spool_answer *answer, const void *data, size_t size)
{
    struct spool_entry *entry = entry_of(answer);
    const char *at = data;

    assert(!entry->is_over);
    while (size > 0) {
        size_t part = size;

        if (entry->piece.size == 0 && size >= SPOOL_PIECE_SIZE) {
            part = size < SPOOL_FRAME_MAX ? size : SPOOL_FRAME_MAX;
            spool_entry_grow(entry, entry->spool->size + FRAME_HEAD_SIZE, part);
            put_frame(entry->spool, FRAME_BODY, &answer->attempt, NULL, 0, at, part);
        } else {
            if (part > SPOOL_PIECE_SIZE - entry->piece.size)
                part = SPOOL_PIECE_SIZE - entry->piece.size;
            buf_append(&entry->piece, at, part);
            if (entry->piece.size == SPOOL_PIECE_SIZE)
                put_piece(entry);
        }
        at += part;
        size -= part;
    }
    start_group(entry->spool);
}

/* Makes a frame of what was collected of a body. */
static void put_piece(struct spool_entry *entry)
{
    if (entry->piece.size == 0)
        return;
    spool_entry_grow(entry, entry->spool->size + FRAME_HEAD_SIZE, entry->piece.size);
    put_frame(entry->spool, FRAME_BODY, &entry->answer.attempt, NULL, 0, entry->piece.data,
              entry->piece.size);
    buf_clear(&entry->piece);
}

void spool_end(struct spool_answer *answer, const struct spool_end *end, spool_synced_fn *synced)
{
    struct spool_entry *entry = entry_of(answer);
    uint8_t payload[FRAME_END_SIZE];

    assert(!entry->is_over);
    put_piece(entry);
    buf_deinit(&entry->piece);
    frame_end_put(payload, end);
    put_frame(entry->spool, FRAME_END, &answer->attempt, payload, sizeof(payload), NULL, 0);
    answer->end = *end;
    entry->is_over = true;
    entry->synced = synced;
    TAILQ_INSERT_TAIL(&entry->spool->ends, entry, of_ends);
    start_group(entry->spool);
}

void spool_abandon(struct spool_answer *answer)
{
    struct spool_entry *entry = entry_of(answer);

    assert(!entry->is_over);
    put_piece(entry);
    buf_deinit(&entry->piece);
    put_frame(entry->spool, FRAME_ABANDON, &answer->attempt, NULL, 0, NULL, 0);
    answer->is_failed = true;
    entry->is_over = true;
    start_group(entry->spool);
}

bool spool_is_full(const struct spool *spool)
{
    return spool->is_full;
}

size_t spool_bytes_in_memory(const struct spool *spool)
{
    const struct spool_entry *entry;
    size_t bytes = spool->waiting.size + spool->group.bytes.size;

    TAILQ_FOREACH(entry, &spool->entries, of_spool)
    bytes += entry->piece.size;
    return bytes;
}

void spool_set_io(struct spool *spool, const struct spool_io *io)
{
    spool->io = io;
}

/* Appends a frame whose payload is `head` and then `data`. A dead spool takes it and drops it. */
static void put_frame(struct spool *spool, enum frame_kind kind, const struct uuid *attempt,
                      const void *head, size_t head_size, const void *data, size_t size)
{
    struct frame frame = {.kind = kind,
                          .form = FRAME_FORM,
                          .size = (uint32_t)(head_size + size),
                          .attempt = *attempt};
    size_t frame_size = FRAME_HEAD_SIZE + head_size + size;
    uint8_t frame_head[FRAME_HEAD_SIZE];

    if (spool->err.kind != ERR_NONE)
        return;
    frame_put(frame_head, &frame, crc32c(crc32c(0, head, head_size), data, size));
    if (buf_reserve(&spool->waiting, frame_size) == NULL) {
        err_set(&spool->err, ERR_INTERNAL,
                "%s: more than %zu MiB wait to be written, and still more came", spool->path,
                SPOOL_WAITING_MAX / 1024 / 1024);
        return;
    }
    buf_append(&spool->waiting, frame_head, sizeof(frame_head));
    buf_append(&spool->waiting, head, head_size);
    buf_append(&spool->waiting, data, size);
    spool->size += frame_size;
    if (spool->waiting.size + spool->group.bytes.size >= SPOOL_FULL_SIZE)
        spool->is_full = true;
}

/* Gives all that waits to a worker, if none is at work and there is a reason to. */
static void start_group(struct spool *spool)
{
    struct spool_group *group = &spool->group;
    bool has_news = spool->err.kind != ERR_NONE && !spool->has_told_error;
    struct buf emptied = group->bytes;
    int rc;

    if (group->is_under_way)
        return;
    group->must_write = spool->err.kind == ERR_NONE && !spool->is_read_only;
    group->must_sync = !TAILQ_EMPTY(&spool->ends) || spool->is_closing;
    if (!group->must_sync && !has_news && spool->waiting.size < SPOOL_GROUP_SIZE)
        return;
    group->is_under_way = true;
    group->error = 0;
    group->bytes = spool->waiting;
    group->offset = spool->size - group->bytes.size;
    spool->waiting = emptied;
    TAILQ_CONCAT(&group->ends, &spool->ends, of_ends);
    rc = uv_queue_work(spool->loop, &group->work, write_group, on_group_over);
    assert(rc == 0); /* it fails only without a function to call */
    (void)rc;
}

/* In a worker, where asking for the disk's free space may block too. */
static void note_failure(struct spool *spool, int error)
{
    spool->group.error = error;
    spool_reason(error, spool->path, spool->group.reason, sizeof(spool->group.reason));
}

/* In a worker. */
static void write_group(uv_work_t *work)
{
    struct spool *spool = work->data;
    struct spool_group *group = &spool->group;
    size_t done = 0;

    if (!group->must_write)
        return;
    while (done < group->bytes.size) {
        ssize_t n = spool->io->pwrite(spool->fd, group->bytes.data + done, group->bytes.size - done,
                                      (off_t)(group->offset + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            note_failure(spool, n < 0 ? errno : EIO);
            return;
        }
        done += (size_t)n;
    }
    if (group->must_sync && spool->io->fdatasync(spool->fd) != 0)
        note_failure(spool, errno);
}

static void on_group_over(uv_work_t *work, int status)
{
    struct spool *spool = work->data;
    struct spool_group *group = &spool->group;

    (void)status; /* never canceled: nobody calls uv_cancel */
    if (group->error != 0 && spool->err.kind == ERR_NONE)
        err_set(&spool->err, ERR_IO, "%s cannot be written: %s", spool->path, group->reason);
    buf_clear(&group->bytes);
    if (spool->err.kind != ERR_NONE)
        buf_clear(&spool->waiting);

    tell(spool);
    group->is_under_way = false;
    if (spool->is_closing && group->must_sync && spool->waiting.size == 0 &&
        TAILQ_EMPTY(&spool->ends))
        finish_closing(spool);
    else
        start_group(spool);
}

/*
 * What the group came to, to everyone it concerns. The group still counts as under way, so whatever
 * the callbacks do cannot start another or free the spool.
 */
static void tell(struct spool *spool)
{
    struct spool_group *group = &spool->group;
    const struct err *err = spool->err.kind == ERR_NONE ? NULL : &spool->err;
    bool is_safe = group->must_write && group->error == 0;
    struct spool_entry *entry;

    if (err != NULL && !spool->has_told_error) {
        spool->has_told_error = true;
        if (spool->events.on_failed != NULL)
            spool->events.on_failed(spool->events.data, err);
    }
    while ((entry = TAILQ_FIRST(&group->ends)) != NULL) {
        TAILQ_REMOVE(&group->ends, entry, of_ends);
        entry->answer.is_received = is_safe;
        entry->answer.is_failed = !is_safe;
        entry->synced(&entry->answer, is_safe ? NULL : err);
    }
    if (spool->is_full && spool->waiting.size <= SPOOL_FULL_SIZE / 2) {
        spool->is_full = false;
        if (spool->events.on_room != NULL && !spool->is_closing)
            spool->events.on_room(spool->events.data);
    }
}

uint64_t spool_size(const struct spool *spool)
{
    return spool->size;
}

void spool_close(struct spool *spool, void (*closed)(void *data), void *data)
{
    if (spool == NULL) {
        if (closed != NULL)
            closed(data);
        return;
    }
    assert(!spool->is_closing);
    spool->is_closing = true;
    spool->closed = closed;
    spool->closed_data = data;
    start_group(spool);
}

static void finish_closing(struct spool *spool)
{
    void (*closed)(void *data) = spool->closed;
    void *data = spool->closed_data;

    while (!TAILQ_EMPTY(&spool->entries))
        spool_entry_destroy(TAILQ_FIRST(&spool->entries));
    if (spool->fd >= 0)
        close(spool->fd); /* all that matters was synced, or told as an error */
    free(spool->index.buckets);
    free(spool->notes);
    buf_deinit(&spool->waiting);
    buf_deinit(&spool->group.bytes);
    free(spool->path);
    free(spool);
    if (closed != NULL)
        closed(data);
}
