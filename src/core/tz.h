/*
 * Time zones from the machine's own files (/usr/share/zoneinfo, RFC 8536), read once and asked
 * without a look at TZ or any other state of the process: each job has a zone of its own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define TZ_DIRECTORY "/usr/share/zoneinfo"
#define TZ_NAME_MAX 64

struct tz;

/* A stretch of time in which local time is UTC and `offset_s`: `from_s` .. `to_s`, that one not in
 * it. INT64_MIN and INT64_MAX where there is no end. */
struct tz_span {
    int64_t from_s, to_s;
    int64_t offset_s;
};

/* Whether it may name a zone: letters, digits, _ + - in parts with a slash between them. */
bool tz_is_name(const char *name);

/* Reads a zone by its IANA name; free it with tz_free(). NULL with ERR_CONFIG, saying what file. */
struct tz *tz_load(const char *name, struct err *err);

/* The same from the bytes of such a file. */
struct tz *tz_parse(const void *data, size_t size, struct err *err);

void tz_free(struct tz *tz);

/* For CLEANUP. */
void tz_destroy(struct tz **tz);

/* The span that a time lies in; seconds since 1970, within a million years of it. The next one may
 * have the same offset. */
struct tz_span tz_span(const struct tz *tz, int64_t at_s);

/* What a clock on the wall shows, as seconds since its own 1970. */
int64_t tz_local(const struct tz *tz, int64_t at_s);
