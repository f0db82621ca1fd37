/* MD5, where PostgreSQL's md5() must be able to make the same value; it protects nothing. */
#pragma once

#include <stddef.h>

#include "core/uuid.h"

/* The digest as a uuid, as `md5(text)::uuid` gives it. */
struct uuid md5_uuid(const void *data, size_t size);
