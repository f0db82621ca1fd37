/* Base64 (RFC 4648, with padding). */
#pragma once

#include <stdbool.h>

#include "core/buf.h"

/* Appends the encoded bytes. */
bool base64_encode(struct buf *buf, const void *bytes, size_t size);

/* Appends the decoded bytes; false where `text` is no base64, or passes the ceiling. */
bool base64_decode(struct buf *buf, const char *text, size_t size);
