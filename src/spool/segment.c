#define _DEFAULT_SOURCE /* flock */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/crc32c.h"
#include "core/log.h"
#include "core/mem.h"
#include "spool/spool_private.h"

/*
 * Opening a segment:
 *
 *   open the file, lock it
 *   empty, or a torn head          write the head, sync the file and its directory: a new segment
 *   a head, frames, end of file    remember every attempt and where its body stands
 *
 * To read only, nothing is made, written or cut, and others may read too.
 *
 * Failures:
 *   a frame that is torn, or does not fit its checksum or the frames before it: nothing from there
 *     on is trusted; the file is cut in front of it and goes on from there
 *   a head of something else, or of another run, or a frame of a later version: left alone, an
 * error locked by another process: ERR_BUSY
 */
static bool open_file(struct spool *spool, const char *dir, struct err *err);
static bool lock_file(struct spool *spool, struct err *err);
static bool make_directory(const char *dir, struct err *err);
static bool check_head(struct spool *spool, const char *dir, const struct uuid *run_uid,
                       uint64_t size, struct err *err);
static bool read_frames(struct spool *spool, uint64_t size, struct err *err);
static bool cut_tail(struct spool *spool, uint64_t size, struct err *err);

#define READ_SIZE ((size_t)64 * 1024)

static bool fail(struct err *err, const char *path, const char *what)
{
    char reason[SPOOL_REASON_MAX];

    return err_set(err, ERR_IO, "%s %s: %s", path, what,
                   spool_reason(errno, path, reason, sizeof(reason)));
}

bool segment_open(struct spool *spool, const char *dir, const struct uuid *run_uid, struct err *err)
{
    char uid[UUID_TEXT_MAX];
    struct stat stat;

    spool->path = mem_printf("%s/" SEGMENT_NAME, dir, uuid_format(run_uid, uid));
    do { /* again where spool_prune() took it away before it was locked: nobody would find it */
        if (spool->fd >= 0)
            close(spool->fd);
        if (!open_file(spool, dir, err) || !lock_file(spool, err))
            return false;
        if (fstat(spool->fd, &stat) != 0)
            return fail(err, spool->path, "cannot be looked at");
    } while (stat.st_nlink == 0);
    if (!S_ISREG(stat.st_mode))
        return err_set(err, ERR_IO, "%s is not a file; move it away", spool->path);
    return check_head(spool, dir, run_uid, (uint64_t)stat.st_size, err) &&
           read_frames(spool, (uint64_t)stat.st_size, err);
}

static bool open_file(struct spool *spool, const char *dir, struct err *err)
{
    int flags =
        O_CLOEXEC | O_NOFOLLOW | (spool->is_read_only ? O_RDONLY | O_NONBLOCK : O_RDWR | O_CREAT);

    spool->fd = open(spool->path, flags, 0600);
    if (spool->fd < 0 && errno == ENOENT && spool->is_read_only)
        return err_set(
            err, ERR_IO,
            "%s is not there: the answers of a run are kept for as long as `archive` and "
            "`archive_max` say",
            spool->path);
    if (spool->fd < 0 && errno == ENOENT) {
        if (!make_directory(dir, err))
            return false;
        spool->fd = open(spool->path, flags, 0600);
    }
    return spool->fd >= 0 || fail(err, spool->path, "cannot be opened");
}

static bool lock_file(struct spool *spool, struct err *err)
{
    if (flock(spool->fd, (spool->is_read_only ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0)
        return true;
    if (errno == EWOULDBLOCK)
        return err_set(err, ERR_BUSY, "%s is in use by another linkhaul: wait for it, or stop it",
                       spool->path);
    return fail(err, spool->path, "cannot be locked");
}

/* One level; a whole missing path is more likely a typing error or a disk that is not mounted. */
static bool make_directory(const char *dir, struct err *err)
{
    CLEANUP(mem_free_string) char *parent = mem_strdup(dir);
    char *slash = strrchr(parent, '/');

    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return fail(err, dir, "cannot be made");
    if (slash == NULL)
        return disk_sync_directory(".", err);
    slash[slash == parent] = '\0'; /* the parent of /spool is / */
    return disk_sync_directory(parent, err);
}

/* Reads exactly `size` bytes; false with errno 0 where the file ends before. */
static bool read_at(int fd, void *into, size_t size, uint64_t offset)
{
    size_t done = 0;

    while (done < size) {
        ssize_t n = pread(fd, (char *)into + done, size - done, (off_t)(offset + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = 0;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

static bool write_head(struct spool *spool, const uint8_t *head, const char *dir, struct err *err)
{
    ssize_t n = pwrite(spool->fd, head, SEGMENT_HEAD_SIZE, 0);

    if (n >= 0 && n < SEGMENT_HEAD_SIZE)
        errno = ENOSPC;
    if (n != SEGMENT_HEAD_SIZE || fsync(spool->fd) != 0)
        return fail(err, spool->path, "cannot be written");
    return disk_sync_directory(dir, err);
}

static bool check_head(struct spool *spool, const char *dir, const struct uuid *run_uid,
                       uint64_t size, struct err *err)
{
    uint8_t wanted[SEGMENT_HEAD_SIZE], found[SEGMENT_HEAD_SIZE];
    size_t n = size < SEGMENT_HEAD_SIZE ? (size_t)size : SEGMENT_HEAD_SIZE;

    segment_head_put(wanted, run_uid);
    if (!read_at(spool->fd, found, n, 0))
        return fail(err, spool->path, "cannot be read");
    if (memcmp(found, wanted, n) != 0)
        return err_set(err, ERR_IO,
                       "%s is not a segment of this run, or its head is damaged: it is left as it "
                       "is; look what it is and move it away",
                       spool->path);
    spool->size = SEGMENT_HEAD_SIZE;
    return n == SEGMENT_HEAD_SIZE || spool->is_read_only || write_head(spool, wanted, dir, err);
}

/* Takes a sound frame in; false where it cannot follow what came before. */
static bool take_frame(struct spool *spool, const struct frame *frame, const uint8_t *payload,
                       uint64_t payload_offset)
{
    struct spool_entry *entry = spool_entry_find(spool, &frame->attempt);
    struct spool_begin begin = {.attempt = frame->attempt};

    if (frame->kind == FRAME_NOTE) {
        spool_note_add(spool, payload_offset, frame->size);
        return true;
    }
    if ((entry == NULL) != (frame->kind == FRAME_BEGIN) || (entry != NULL && entry->is_over))
        return false;
    switch (frame->kind) {
    case FRAME_BEGIN:
        frame_begin_get(frame, payload, &begin);
        entry = spool_entry_new(spool, &begin);
        entry->request_offset = payload_offset + frame_request_offset(frame);
        entry->request_size = frame->size - frame_request_offset(frame);
        break;
    case FRAME_BODY:
        spool_entry_grow(entry, payload_offset, frame->size);
        break;
    case FRAME_END:
        frame_end_get(frame, payload, &entry->answer.end);
        entry->answer.is_received = true;
        entry->is_over = true;
        break;
    case FRAME_ABANDON:
        entry->answer.is_failed = true;
        entry->is_over = true;
        break;
    case FRAME_NOTE:
    case FRAME_KINDS_END:
        return false;
    }
    return true;
}

/*
 * Reads the frame at spool->size and takes it in. `ret_is_good` tells whether there was one; false
 * is only returned for what must not be taken for a torn tail: the disk fails, or it is a frame of
 * a later version.
 */
static bool read_frame(struct spool *spool, uint64_t size, uint8_t *room, bool *ret_is_good,
                       struct err *err)
{
    uint8_t head[FRAME_HEAD_SIZE], payload[FRAME_BEGIN_SIZE];
    uint64_t offset = spool->size + FRAME_HEAD_SIZE;
    struct frame frame;
    uint32_t crc = 0;

    *ret_is_good = false;
    if (size - spool->size < FRAME_HEAD_SIZE)
        return true;
    if (!read_at(spool->fd, head, sizeof(head), spool->size))
        return errno == 0 || fail(err, spool->path, "cannot be read");
    if (!frame_get(head, &frame) || frame.size > size - offset)
        return true;
    for (uint32_t done = 0; done < frame.size;) {
        size_t part = frame.size - done < READ_SIZE ? frame.size - done : READ_SIZE;

        if (!read_at(spool->fd, room, part, offset + done))
            return errno == 0 || fail(err, spool->path, "cannot be read");
        if (done == 0)
            memcpy(payload, room, part < sizeof(payload) ? part : sizeof(payload));
        crc = crc32c(crc, room, part);
        done += (uint32_t)part;
    }
    if (frame_is_sound(head, crc) && frame.form > FRAME_FORM)
        return err_set(err, ERR_IO,
                       "%s was written by a later version of linkhaul: it is left as it is; go on "
                       "with that version, or move the file away",
                       spool->path);
    if (!frame_is_sound(head, crc) || !take_frame(spool, &frame, payload, offset))
        return true;
    spool->size = offset + frame.size;
    *ret_is_good = true;
    return true;
}

static bool read_frames(struct spool *spool, uint64_t size, struct err *err)
{
    CLEANUP(mem_free_string) char *room = mem_new(READ_SIZE);
    bool is_good = true;

    while (is_good && spool->size < size)
        if (!read_frame(spool, size, (uint8_t *)room, &is_good, err))
            return false;
    return spool->size >= size || cut_tail(spool, size, err);
}

static bool cut_tail(struct spool *spool, uint64_t size, struct err *err)
{
    const struct spool_entry *entry;
    unsigned n_parts = 0;

    TAILQ_FOREACH(entry, &spool->entries, of_spool)
    n_parts += !entry->is_over;
    if (!spool->is_read_only &&
        (ftruncate(spool->fd, (off_t)spool->size) != 0 || fsync(spool->fd) != 0))
        return fail(err, spool->path, "cannot be cut");
    log_warning("%s: the last %" PRIu64 " of %" PRIu64
                " bytes were torn and are %s; %u calls that had begun before them have no whole "
                "answer",
                spool->path, size - spool->size, size,
                spool->is_read_only ? "passed over" : "cut off", n_parts);
    return true;
}
