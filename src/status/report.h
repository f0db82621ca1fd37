/*
 * /status: the snapshot as one JSON object, for scripts. Times are seconds since 1970, dollars are
 * decimal texts, and what is not known is null.
 */
#pragma once

#include "core/buf.h"
#include "status/snapshot.h"

void report_write(struct buf *out, const struct snapshot *snapshot);
