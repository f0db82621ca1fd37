/* JSON, as far as everybody writes it. */
#pragma once

#include "core/buf.h"

/* A quoted JSON string. */
void json_append_text(struct buf *out, const char *text);
