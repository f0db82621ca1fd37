/* One value of an item, as filters compare it and as the answer prints it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum value_kind {
    VALUE_NULL,
    VALUE_BOOL,  /* number: 0 or 1 */
    VALUE_NUM,   /* number */
    VALUE_TIME,  /* number: seconds since 1970 */
    VALUE_TEXT,  /* text, size: UTF-8, except that U+0000 and lone surrogates may stand in it */
    VALUE_TEXTS, /* texts, NULL-terminated; size: how many of them are printed, 0: all */
    VALUE_JSON,  /* text, size: JSON, printed as it is */
};

struct value {
    enum value_kind kind;
    int64_t number;
    const char *text; /* the row's, until its next value is asked for; or constant */
    size_t size;
    const char *const *texts;
};
