#include "config/host.h"

#include <ctype.h>
#include <string.h>

#include "core/text.h"

#define HOST_LENGTH_MAX 253
#define LABEL_LENGTH_MAX 63
#define URL_LENGTH_MAX 8000 /* the API names no limit; some servers take no more than this */

/* The parts of a URL, each a piece of its text. */
struct url {
    const char *scheme, *authority, *host, *port, *rest;
    size_t scheme_length, authority_length, host_length, port_length;
};

/* False where there is no "scheme://". `port` is what stands behind the colon. */
static bool split(const char *text, struct url *url)
{
    const char *scheme_end = strstr(text, "://");

    if (scheme_end == NULL)
        return false;
    url->scheme = text;
    url->scheme_length = (size_t)(scheme_end - text);
    url->authority = url->host = scheme_end + 3;
    url->authority_length = url->host_length = strcspn(url->authority, "/?#");
    url->rest = url->authority + url->authority_length;
    url->port = NULL;
    url->port_length = 0;
    for (size_t i = url->authority_length; i > 0; i--) {
        char c = url->authority[i - 1];

        if (c == ']')
            break;
        if (c == ':') {
            url->host_length = i - 1;
            url->port = url->authority + i;
            url->port_length = url->authority_length - i;
            break;
        }
    }
    return true;
}

static bool has_scheme(const struct url *url, const char *scheme)
{
    return strlen(scheme) == url->scheme_length &&
           memcmp(url->scheme, scheme, url->scheme_length) == 0;
}

static bool has_good_port(const struct url *url)
{
    int64_t port;

    return url->port == NULL ||
           (text_parse_int64(url->port, url->port_length, &port) && port >= 1 && port <= 65535);
}

static bool is_label(const char *label, size_t length)
{
    if (length == 0 || length > LABEL_LENGTH_MAX || label[0] == '-' || label[length - 1] == '-')
        return false;
    for (size_t i = 0; i < length; i++)
        if (!islower((unsigned char)label[i]) && !isdigit((unsigned char)label[i]) &&
            label[i] != '-' && label[i] != '_')
            return false;
    return true;
}

static bool is_number(const char *label, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!isdigit((unsigned char)label[i]))
            return false;
    return length > 0;
}

bool host_is_domain(const char *host, size_t length)
{
    size_t n_labels = 0, at = 0;

    if (length == 0 || length > HOST_LENGTH_MAX)
        return false;
    for (;;) {
        const char *dot = memchr(host + at, '.', length - at);
        size_t label_length = dot == NULL ? length - at : (size_t)(dot - host) - at;

        if (!is_label(host + at, label_length))
            return false;
        n_labels++;
        if (dot == NULL)
            return n_labels >= 2 && !is_number(host + at, label_length);
        at += label_length + 1;
    }
}

/* Four numbers of at most three digits, the first of them 127. */
static bool is_loopback_ipv4(const char *host, size_t length)
{
    unsigned n_parts = 0;
    size_t at = 0;

    if (length < 4 || memcmp(host, "127.", 4) != 0)
        return false;
    while (at <= length) {
        const char *dot = memchr(host + at, '.', length - at);
        size_t part = dot == NULL ? length - at : (size_t)(dot - host) - at;
        int64_t value;

        if (part > 3 || !is_number(host + at, part) || !text_parse_int64(host + at, part, &value) ||
            value > 255)
            return false;
        n_parts++;
        at += part + 1;
    }
    return n_parts == 4;
}

bool host_is_loopback(const char *host, size_t length)
{
    return (length == 9 && memcmp(host, "localhost", 9) == 0) ||
           (length == 5 && memcmp(host, "[::1]", 5) == 0) || is_loopback_ipv4(host, length);
}

bool base_url_check(const char *text, struct err *err)
{
    struct url url;
    bool is_loopback;

    if (!split(text, &url) || (!has_scheme(&url, "https") && !has_scheme(&url, "http")))
        return err_set(err, ERR_CONFIG, "is not an https:// URL");
    if (memchr(url.authority, '@', url.authority_length) != NULL)
        return err_set(err, ERR_CONFIG, "holds credentials; write them to login and password_file");
    for (const char *at = text; *at != '\0'; at++)
        if (isspace((unsigned char)*at) || iscntrl((unsigned char)*at) || *at == '\\')
            return err_set(err, ERR_CONFIG, "holds a space, a backslash or a control character");
    if (strpbrk(url.rest, "?#@") != NULL)
        return err_set(err, ERR_CONFIG,
                       "holds a '?', '#' or '@'; it ends with the path in front "
                       "of /v3");
    if (strlen(text) > URL_LENGTH_MAX)
        return err_set(err, ERR_CONFIG, "is longer than %d bytes", URL_LENGTH_MAX);
    is_loopback = host_is_loopback(url.host, url.host_length);
    if (!has_good_port(&url) || (!is_loopback && !host_is_domain(url.host, url.host_length)))
        return err_set(err, ERR_CONFIG,
                       "has no valid host and port; write it as https://api.dataforseo.com");
    if (has_scheme(&url, "http") && !is_loopback)
        return err_set(err, ERR_CONFIG,
                       "is plain http:// to another machine, which would send the password in the "
                       "open; write https://");
    return true;
}

static bool check_page(const char *target, const struct url *url, struct err *err)
{
    if (!has_scheme(url, "https") && !has_scheme(url, "http"))
        return err_set(err, ERR_CONFIG, "a page is written with http:// or https://");
    if (memchr(url->authority, '@', url->authority_length) != NULL)
        return err_set(err, ERR_CONFIG, "a page is written without credentials");
    if (strlen(target) > URL_LENGTH_MAX)
        return err_set(err, ERR_CONFIG, "is longer than %d bytes", URL_LENGTH_MAX);
    if (!host_is_domain(url->host, url->host_length) || !has_good_port(url))
        return err_set(err, ERR_CONFIG,
                       "has no valid host; a page is written as https://example.com/page, its host "
                       "in lower case");
    return true;
}

static bool check_domain(const char *target, struct err *err)
{
    size_t length = strlen(target);

    if (strpbrk(target, "/?#") != NULL)
        return err_set(err, ERR_CONFIG, "a page is written with its scheme, as https://%.200s",
                       target);
    if (strncmp(target, "www.", 4) == 0 && host_is_domain(target + 4, length - 4))
        return err_set(err, ERR_CONFIG, "a domain is written without www.: %.253s", target + 4);
    for (size_t i = 0; i < length; i++)
        if (isupper((unsigned char)target[i]))
            return err_set(err, ERR_CONFIG, "a domain is written in lower case");
        else if ((unsigned char)target[i] >= 0x80)
            return err_set(err, ERR_CONFIG,
                           "a domain with letters beyond ASCII is written in punycode (xn--...)");
    if (!host_is_domain(target, length))
        return err_set(err, ERR_CONFIG,
                       "a target is a domain such as moz.com, or a page such as "
                       "https://moz.com/blog");
    return true;
}

bool target_check(const char *target, bool *ret_is_bare, struct err *err)
{
    struct url url;

    *ret_is_bare = false;
    if (target[0] == '$')
        return err_set(err, ERR_CONFIG,
                       "$own and $competitors are lists: targets: [$own], or in a request targets: "
                       "$competitors");
    for (const char *at = target; *at != '\0'; at++)
        if (isspace((unsigned char)*at) || iscntrl((unsigned char)*at))
            return err_set(err, ERR_CONFIG, "a target holds no space and no control character");
    if (!split(target, &url))
        return check_domain(target, err);
    *ret_is_bare = url.rest[0] == '\0';
    return check_page(target, &url, err);
}
