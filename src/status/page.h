/* The page for people: HTML without a script, or anything that would have to be fetched. */
#pragma once

#include "core/buf.h"
#include "status/snapshot.h"

/* The whole document. What does not fit the buffer's ceiling marks it as overfull. */
void page_write(struct buf *out, const struct snapshot *snapshot);
