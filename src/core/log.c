#include "core/log.h"

#include <stdarg.h>
#include <stdio.h>

static enum log_level level_max = LOG_INFO;
static void (*interlude_fn)(bool is_before, void *data);
static void *interlude_data;

void log_set_level(enum log_level level)
{
    level_max = level;
}

void log_set_interlude(void (*interlude)(bool is_before, void *data), void *data)
{
    interlude_fn = interlude;
    interlude_data = data;
}

void log_write(enum log_level level, const char *format, ...)
{
    static const char *const prefixes[] = {"error: ", "warning: ", "", "debug: "};
    char line[4096];
    va_list arguments;

    if (level > level_max)
        return;
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    for (char *c = line; *c != '\0'; c++) /* one event, one line, whatever the API's texts hold */
        if ((unsigned char)*c < ' ')
            *c = ' ';
    if (interlude_fn != NULL)
        interlude_fn(true, interlude_data);
    fprintf(stderr, "%s%s\n", prefixes[level], line);
    if (interlude_fn != NULL)
        interlude_fn(false, interlude_data);
}
