#include "core/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool err_set(struct err *err, enum err_kind kind, const char *format, ...)
{
    va_list arguments;

    err->kind = kind;
    va_start(arguments, format);
    vsnprintf(err->text, sizeof(err->text), format, arguments);
    va_end(arguments);
    return false;
}

bool err_wrap(struct err *err, const char *format, ...)
{
    char inner[ERR_TEXT_MAX];
    va_list arguments;
    size_t used;

    memcpy(inner, err->text, sizeof(inner));
    va_start(arguments, format);
    vsnprintf(err->text, sizeof(err->text), format, arguments);
    va_end(arguments);
    used = strlen(err->text);
    snprintf(err->text + used, sizeof(err->text) - used, ": %s", inner);
    return false;
}

const char *err_advice(enum err_kind kind)
{
    switch (kind) {
    case ERR_DB:
        return "; look at `database.url` and at PostgreSQL's own log";
    case ERR_INTERNAL:
        return "; this is a mistake of linkhaul: report it, with the log";
    default:
        return "";
    }
}

int err_exit_code(enum err_kind kind)
{
    switch (kind) {
    case ERR_NONE:
        return 0;
    case ERR_USAGE:
        return 64;
    case ERR_NETWORK:
    case ERR_DB:
        return 69;
    case ERR_INTERNAL:
        return 70;
    case ERR_BUSY:
        return 75;
    case ERR_LOGIN:
        return 77;
    case ERR_CONFIG:
        return 78;
    case ERR_BUDGET:
        return 2;
    case ERR_API:
    case ERR_DATA:
    case ERR_IO:
    case ERR_CANCELED:
        return 1;
    }
    return 70;
}
