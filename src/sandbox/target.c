#include "sandbox/target.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#define HOST_SIZE_MAX 253
#define LABEL_SIZE_MAX 63

static bool is_label(const char *label, size_t size)
{
    if (size == 0 || size > LABEL_SIZE_MAX || label[0] == '-' || label[size - 1] == '-')
        return false;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)label[i];

        /* A name in its own script counts as well: letters beyond ASCII are not looked at. */
        if (!isalnum(c) && c != '-' && c != '_' && c < 0x80)
            return false;
    }
    return true;
}

/*
 * Two labels at least, the last of them no number, nor "invalid", under which nothing can be
 * registered (RFC 2606).
 */
static bool is_host(const char *host, size_t size)
{
    size_t begin = 0, n_labels = 0;

    if (size == 0 || size > HOST_SIZE_MAX)
        return false;
    for (size_t i = 0; i <= size; i++) {
        if (i < size && host[i] != '.')
            continue;
        if (!is_label(host + begin, i - begin))
            return false;
        n_labels++;
        if (i < size)
            begin = i + 1;
    }
    if (size - begin == 7 && memcmp(host + begin, "invalid", 7) == 0)
        return false;
    return n_labels >= 2 && !isdigit((unsigned char)host[begin]) && size - begin >= 2;
}

bool target_is_valid(const char *target)
{
    const char *host = strstr(target, "://");
    size_t size;

    if (host == NULL)
        return strncmp(target, "www.", 4) != 0 && is_host(target, strlen(target));
    if (strncmp(target, "http://", 7) != 0 && strncmp(target, "https://", 8) != 0)
        return false;
    host += 3;
    for (const char *at = host; *at != '\0'; at++)
        if ((unsigned char)*at <= ' ' || *at == '"' || *at == '\\')
            return false;
    size = strcspn(host, "/?#:");
    return is_host(host, size);
}
