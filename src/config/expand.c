#include "config/expand.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "core/text.h"

#define VARIABLE_NAME_MAX 128

static bool is_name(const char *name, size_t length)
{
    if (length == 0 || length >= VARIABLE_NAME_MAX || isdigit((unsigned char)name[0]))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)name[i]) && name[i] != '_')
            return false;
    return true;
}

/* Expands one variable; `at` stands behind its `${` and then behind its `}`. */
static bool expand_one(const char **at, struct buf *out, struct err *err)
{
    const char *end = strchr(*at, '}');
    size_t name_length = strcspn(*at, ":}");
    const char *fallback = NULL, *value;
    char name[VARIABLE_NAME_MAX];

    if (end == NULL)
        return err_set(err, ERR_CONFIG, "`${` without a `}`; for a literal `${` write `$${`");
    if ((*at)[name_length] == ':') {
        if ((*at)[name_length + 1] != '-')
            return err_set(err, ERR_CONFIG,
                           "`${` holds a ':' that is not `:-`; write "
                           "${VAR:-default}");
        fallback = *at + name_length + 2;
        if (memchr(fallback, '$', (size_t)(end - fallback)) != NULL)
            return err_set(err, ERR_CONFIG, "the default in `${...}` cannot hold a '$'");
    }
    if (!is_name(*at, name_length))
        return err_set(err, ERR_CONFIG,
                       "`${` is not followed by the name of a variable; write ${VAR} or "
                       "${VAR:-default}, and `$${` for a literal `${`");
    memcpy(name, *at, name_length);
    name[name_length] = '\0';
    *at = end + 1;
    value = getenv(name);
    if (fallback != NULL && (value == NULL || value[0] == '\0')) {
        buf_append(out, fallback, (size_t)(end - fallback));
        return true;
    }
    if (value == NULL)
        return err_set(err, ERR_CONFIG,
                       "the variable %s is not set; set it, or write ${%s:-default}", name, name);
    if (text_utf8_valid(value, strlen(value)) != strlen(value))
        return err_set(err, ERR_CONFIG, "the value of the variable %s is not UTF-8", name);
    buf_append_string(out, value);
    return true;
}

bool expand(const char *text, char **ret_text, struct err *err)
{
    CLEANUP(buf_deinit) struct buf out = BUF_WITH_CEILING(EXPANDED_BYTES_MAX);
    const char *at = text, *dollar;

    if (strstr(text, "${") == NULL) {
        *ret_text = NULL;
        return true;
    }
    while ((dollar = strstr(at, "${")) != NULL) {
        bool is_literal = dollar > at && dollar[-1] == '$';

        buf_append(&out, at, (size_t)(dollar - at));
        at = dollar + 2;
        if (is_literal)
            buf_append_char(&out, '{');
        else if (!expand_one(&at, &out, err))
            return false;
    }
    if (!buf_append_string(&out, at))
        return err_set(err, ERR_CONFIG, "is longer than 64 KiB when its variables are expanded");
    *ret_text = buf_take(&out);
    return true;
}
