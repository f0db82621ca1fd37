/* Compressing an answer, fast rather than small. */
#pragma once

#include "core/buf.h"

/* Appends all of `plain` as one gzip stream; false where the ceiling of `packed` is passed. */
bool gzip_append(struct buf *packed, const struct buf *plain);
