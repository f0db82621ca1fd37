/* Identities that we make ourselves, so that no fail-over can hand one out twice (RFC 9562, v7). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct uuid {
    uint8_t bytes[16];
};

#define UUID_TEXT_MAX 37

/* A new one: milliseconds since 1970, then random bits of the kernel; so they sort by time. */
struct uuid uuid_new(void);

/* The usual 36 characters. Returns `text`. */
const char *uuid_format(const struct uuid *uuid, char text[UUID_TEXT_MAX]);

bool uuid_parse(const char *text, struct uuid *ret_uuid);

bool uuid_is_equal(const struct uuid *a, const struct uuid *b);
