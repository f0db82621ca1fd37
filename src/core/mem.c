#include "core/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_abort(void *memory)
{
    if (memory == NULL) {
        fputs("linkhaul: out of memory; nothing received is lost, start again\n", stderr);
        abort();
    }
    return memory;
}

void *mem_new(size_t size)
{
    return or_abort(calloc(1, size > 0 ? size : 1));
}

void *mem_new_array(size_t n, size_t size)
{
    return or_abort(calloc(n > 0 ? n : 1, size > 0 ? size : 1));
}

void *mem_resize(void *memory, size_t n, size_t size)
{
    if (size != 0 && n > SIZE_MAX / size)
        return or_abort(NULL);
    return or_abort(realloc(memory, n * size > 0 ? n * size : 1));
}

char *mem_strdup(const char *text)
{
    return text == NULL ? NULL : mem_strndup(text, strlen(text));
}

char *mem_strndup(const char *text, size_t length)
{
    char *copy = or_abort(malloc(length + 1));

    if (length > 0)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *mem_vprintf(const char *format, va_list arguments)
{
    va_list again;
    char *text;
    int length;

    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    text = or_abort(length < 0 ? NULL : malloc((size_t)length + 1));
    vsnprintf(text, (size_t)length + 1, format, arguments);
    return text;
}

char *mem_printf(const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = mem_vprintf(format, arguments);
    va_end(arguments);
    return text;
}

void mem_free_string(char **text)
{
    free(*text);
    *text = NULL;
}
