/* How a line of the log is written, as text or as JSON (log_line.c), for the log (log.c). */
#pragma once

#include <stddef.h>

#include "core/buf.h"
#include "core/log.h"

/* More than the longest line of either form takes: a byte is six of JSON at the most, and a line
 * has a few texts of 4 KiB. */
#define LOG_LINE_MAX ((size_t)256 * 1024)

/* "2026-11-24T16:22:05.123Z", of milliseconds since 1970. */
void log_line_time(struct buf *line, int64_t wall_ms);

/* "warning: walk: example.com: page at 300: message" */
void log_line_text(struct buf *line, enum log_level level, const struct log_fields *fields,
                   const char *message);

/* What a text line has between its job and its message: "example.com: page at 300: ". */
void log_line_place(struct buf *line, const struct log_fields *fields);

/* {"ts":"...","level":"warning","msg":"message","job":"walk",...} */
void log_line_json(struct buf *line, enum log_level level, const struct log_fields *fields,
                   const char *message, int64_t wall_ms);
