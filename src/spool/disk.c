#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/text.h"
#include "spool/spool_private.h"

/*
 * The disk below the spool: what is free on it, what its errors mean, and making it keep a change
 * of a folder.
 */

static uint64_t free_bytes(const struct statvfs *disk)
{
    uint64_t block = disk->f_frsize != 0 ? disk->f_frsize : disk->f_bsize;
    uint64_t bytes;

    /* What root alone may use is no room: the next one to fill it up is PostgreSQL. */
    if (__builtin_mul_overflow((uint64_t)disk->f_bavail, block, &bytes))
        return UINT64_MAX;
    return bytes;
}

bool disk_has_room(const char *dir, const struct statvfs *disk, uint64_t free_min,
                   uint64_t *ret_free, struct err *err)
{
    char reason[SPOOL_REASON_MAX], is_free[TEXT_BYTES_MAX], wanted[TEXT_BYTES_MAX];
    uint64_t bytes = free_bytes(disk);

    *ret_free = bytes;
    if ((disk->f_flag & ST_RDONLY) != 0)
        return err_set(err, ERR_IO, "%s cannot be written: %s", dir,
                       spool_reason(EROFS, dir, reason, sizeof(reason)));
    if (bytes < free_min)
        return err_set(err, ERR_IO,
                       "%s has %s free, and `spool_free_min` is %s: free some space, or let "
                       "`spool` name another disk",
                       dir, text_bytes(bytes, is_free), text_bytes(free_min, wanted));
    return true;
}

bool spool_has_room(const char *dir, uint64_t free_min, uint64_t *ret_free, struct err *err)
{
    char reason[SPOOL_REASON_MAX];
    struct statvfs disk;

    if (statvfs(dir, &disk) != 0) {
        *ret_free = 0;
        return err_set(err, ERR_IO, "%s cannot be looked at: %s", dir,
                       spool_reason(errno, dir, reason, sizeof(reason)));
    }
    return disk_has_room(dir, &disk, free_min, ret_free, err);
}

// clang-format off
static const struct {
    int error;
    const char *what; /* where libuv has no words for it */
    const char *advice;
} reasons[] = {
    { ENOSPC, NULL, "free some space, or let `spool` name another disk" },
    { EDQUOT, "disk quota exceeded", "free some space, or let `spool` name another disk" },
    { EFBIG, NULL, "raise the limit on the size of files (ulimit -f, LimitFSIZE)" },
    { EROFS, NULL, "the disk may be failing, see the kernel's log; then mount it writable" },
    { EIO, NULL, "the disk is failing, see the kernel's log" },
    { EACCES, NULL, "it must belong to the user who runs linkhaul" },
    { EPERM, NULL, "it must belong to the user who runs linkhaul" },
    { ENOENT, NULL, "make that directory, or let `spool` name another" },
    { ENOTDIR, NULL, "make that directory, or let `spool` name another" },
};
// clang-format on

const char *spool_reason(int error, const char *path, char *text, size_t size)
{
    const char *what = NULL, *advice = "";
    char what_room[64], is_free[TEXT_BYTES_MAX], how_much[TEXT_BYTES_MAX + 16] = "";
    struct statvfs disk;

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].error == error) {
            what = reasons[i].what;
            advice = reasons[i].advice;
        }
    if (what == NULL)
        what = uv_strerror_r(uv_translate_sys_error(error), what_room, sizeof(what_room));
    if ((error == ENOSPC || error == EDQUOT) && statvfs(path, &disk) == 0)
        snprintf(how_much, sizeof(how_much), " (%s free)", text_bytes(free_bytes(&disk), is_free));
    snprintf(text, size, "%s%s%s%s", what, how_much, advice[0] == '\0' ? "" : ": ", advice);
    return text;
}

bool disk_sync_directory(const char *dir, struct err *err)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_synced = fd >= 0 && fsync(fd) == 0;
    char reason[SPOOL_REASON_MAX];

    if (!is_synced)
        err_set(err, ERR_IO, "%s cannot be synced: %s", dir,
                spool_reason(errno, dir, reason, sizeof(reason)));
    if (fd >= 0)
        close(fd);
    return is_synced;
}
