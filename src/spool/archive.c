#define _DEFAULT_SOURCE /* flock */
#include "spool/archive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"
#include "spool/spool_private.h"

/*
 * Pruning: the segments are listed, oldest first; each that is too old, or stands above the ceiling
 * while the sum of all does, is locked, as spool_open() locks it, and removed; the folder is
 * synced.
 *
 * Failures:
 *   locked by somebody    it stays, in silence: it is in use
 *   cannot be removed     it stays, the others are gone through all the same, the first error is
 * told a crash in between    the next start prunes again
 */
static bool is_too_old(const struct spool_prune *prune, const struct spool_file *file);
static bool remove_segment(const char *dir, const struct spool_file *file, bool *ret_is_gone,
                           struct err *err);

static bool fail(struct err *err, const char *path, const char *what)
{
    char reason[SPOOL_REASON_MAX];

    return err_set(err, ERR_IO, "%s %s: %s", path, what,
                   spool_reason(errno, path, reason, sizeof(reason)));
}

static char *path_of(const char *dir, const struct uuid *run_uid)
{
    char uid[UUID_TEXT_MAX];

    return mem_printf("%s/" SEGMENT_NAME, dir, uuid_format(run_uid, uid));
}

/* --- listing --------------------------------------------------------------------------------- */

struct listing {
    struct spool_file *files;
    size_t n_files, room;
};

/* False where the name is not that of a segment. */
static bool parse_name(const char *name, struct uuid *ret_run_uid)
{
    char uid[UUID_TEXT_MAX], again[UUID_TEXT_MAX + sizeof(SEGMENT_NAME)];

    if (sscanf(name, "run-%36[0-9a-f-]", uid) != 1 || !uuid_parse(uid, ret_run_uid))
        return false;
    snprintf(again, sizeof(again), SEGMENT_NAME, uid);
    return strcmp(again, name) == 0;
}

static bool add_file(struct listing *listing, const char *dir, const char *name, struct err *err)
{
    CLEANUP(mem_free_string) char *path = mem_printf("%s/%s", dir, name);
    struct spool_file file;
    struct stat stat;

    if (!parse_name(name, &file.run_uid))
        return true;
    if (lstat(path, &stat) != 0) /* it may be gone in this instant */
        return errno == ENOENT || fail(err, path, "cannot be looked at");
    if (!S_ISREG(stat.st_mode))
        return true;
    file.bytes = (uint64_t)stat.st_size;
    file.written_at_ms = (int64_t)stat.st_mtim.tv_sec * 1000 + stat.st_mtim.tv_nsec / 1000000;
    if (listing->n_files == listing->room) {
        listing->room = listing->room == 0 ? 64 : listing->room * 2;
        listing->files = mem_resize(listing->files, listing->room, sizeof(*listing->files));
    }
    listing->files[listing->n_files++] = file;
    return true;
}

static int by_age(const void *left, const void *right)
{
    const struct spool_file *a = left, *b = right;

    if (a->written_at_ms != b->written_at_ms)
        return a->written_at_ms < b->written_at_ms ? -1 : 1;
    return memcmp(a->run_uid.bytes, b->run_uid.bytes, sizeof(a->run_uid.bytes));
}

bool spool_list(const char *dir, struct spool_file **ret_files, size_t *ret_n_files,
                struct err *err)
{
    struct listing listing = {.n_files = 0};
    DIR *folder = opendir(dir);
    bool is_good = folder != NULL || errno == ENOENT || fail(err, dir, "cannot be read");
    const struct dirent *entry = NULL;

    while (is_good && folder != NULL) {
        errno = 0;
        entry = readdir(folder);
        if (entry == NULL) {
            is_good = errno == 0 || fail(err, dir, "cannot be read");
            break;
        }
        is_good = add_file(&listing, dir, entry->d_name, err);
    }
    if (folder != NULL)
        closedir(folder);
    if (!is_good) {
        free(listing.files);
        return false;
    }
    if (listing.n_files > 1)
        qsort(listing.files, listing.n_files, sizeof(*listing.files), by_age);
    *ret_files = listing.files;
    *ret_n_files = listing.n_files;
    return true;
}

/* --- pruning --------------------------------------------------------------------------------- */

bool spool_prune(const struct spool_prune *prune, struct spool_pruned *ret_pruned, struct err *err)
{
    struct err first = {.kind = ERR_NONE}, later;
    struct spool_file *files;
    uint64_t bytes_left = 0;
    size_t n_files;

    *ret_pruned = (struct spool_pruned){.n_files = 0};
    if (!spool_list(prune->dir, &files, &n_files, err))
        return false;
    for (size_t i = 0; i < n_files; i++)
        bytes_left += files[i].bytes;
    for (size_t i = 0; i < n_files; i++) {
        bool is_above = prune->bytes_max > 0 && bytes_left > prune->bytes_max, is_gone = false;

        if ((!is_above && !is_too_old(prune, &files[i])) ||
            !prune->may_go(&files[i].run_uid, prune->data))
            continue;
        remove_segment(prune->dir, &files[i], &is_gone, first.kind == ERR_NONE ? &first : &later);
        if (!is_gone)
            continue;
        bytes_left -= files[i].bytes;
        ret_pruned->bytes += files[i].bytes;
        files[ret_pruned->n_files++] = files[i]; /* what is gone moves to the front */
    }
    ret_pruned->files = files;
    if (ret_pruned->n_files > 0)
        disk_sync_directory(prune->dir, first.kind == ERR_NONE ? &first : &later);
    if (first.kind != ERR_NONE)
        *err = first;
    return first.kind == ERR_NONE;
}

/* A clock that was set back makes nothing young for ever: such a file counts as new. */
static int64_t age_s(const struct spool_file *file, int64_t now_ms)
{
    return now_ms > file->written_at_ms ? (now_ms - file->written_at_ms) / 1000 : 0;
}

static bool is_too_old(const struct spool_prune *prune, const struct spool_file *file)
{
    return age_s(file, prune->now_ms) >= prune->age_max_s;
}

static bool remove_segment(const char *dir, const struct spool_file *file, bool *ret_is_gone,
                           struct err *err)
{
    CLEANUP(mem_free_string) char *path = path_of(dir, &file->run_uid);
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    bool is_good = true;

    if (fd < 0)
        return errno == ENOENT || fail(err, path, "cannot be opened");
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        is_good = errno == EWOULDBLOCK || fail(err, path, "cannot be locked");
    else if (unlink(path) != 0)
        is_good = fail(err, path, "cannot be removed");
    else
        *ret_is_gone = true;
    close(fd);
    return is_good;
}

void spool_log_pruned(const struct spool_pruned *pruned, int64_t now_ms)
{
    for (size_t i = 0; i < pruned->n_files; i++) {
        int64_t hours = age_s(&pruned->files[i], now_ms) / 3600;
        char uid[UUID_TEXT_MAX], size[TEXT_BYTES_MAX];

        log_info("archive: removed " SEGMENT_NAME ": %s, %" PRId64 " %s old",
                 uuid_format(&pruned->files[i].run_uid, uid),
                 text_bytes(pruned->files[i].bytes, size), hours < 48 ? hours : hours / 24,
                 hours < 48 ? "h" : "d");
    }
}

void spool_pruned_deinit(struct spool_pruned *pruned)
{
    free(pruned->files);
    *pruned = (struct spool_pruned){.n_files = 0};
}
