/*
 * The log: one line per event on stderr. Only the place that decides what happens next writes one.
 *
 * A progress line that stands on the terminal is taken away before a log line and drawn again
 * behind it, by the function given to log_set_interlude.
 */
#pragma once

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* Lines above `level` are not written; LOG_INFO at first. */
void log_set_level(enum log_level level);

/* Called with true before each line and with false behind it; NULL takes it away. */
void log_set_interlude(void (*interlude)(bool is_before, void *data), void *data);

void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_WARNING, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)
