#include "config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"

#define STEP_BYTES ((size_t)16384)

static void close_fd(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

bool file_read(const char *path, struct buf *content, bool *ret_is_world_readable, struct err *err)
{
    /* Without O_NONBLOCK a named pipe would hold us until somebody writes to it. */
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char step[STEP_BYTES];
    struct stat status;
    ssize_t n;

    if (fd < 0 || fstat(fd, &status) != 0)
        return err_set(err, ERR_CONFIG, "cannot be read: %s", strerror(errno));
    if (!S_ISREG(status.st_mode))
        return err_set(err, ERR_CONFIG, "is not a regular file");
    while ((n = read(fd, step, sizeof(step))) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, ERR_CONFIG, "cannot be read: %s", strerror(errno));
        if (!buf_append(content, step, (size_t)n))
            return err_set(err, ERR_CONFIG, "is larger than %zu KiB", content->size_max / 1024);
    }
    *ret_is_world_readable = (status.st_mode & S_IROTH) != 0;
    return true;
}
