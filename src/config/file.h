/* Small files, whole. */
#pragma once

#include <stdbool.h>

#include "core/buf.h"
#include "core/err.h"

/*
 * Appends what stands in `path`, at most as much as the buffer takes. False with ERR_CONFIG where
 * it cannot be read, is no regular file, or is larger; the caller puts the path in front.
 */
bool file_read(const char *path, struct buf *content, bool *ret_is_world_readable, struct err *err);
