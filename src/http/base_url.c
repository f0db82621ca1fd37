#include "http/base_url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

/*
 * libcurl's own parser takes the URL apart, so that what is checked here is what is later connected
 * to. Nothing of a URL that holds a login is repeated in a message.
 */
static bool check(struct base_url *base, CURLU *url, struct err *err);

static void clean_url(CURLU **url)
{
    curl_url_cleanup(*url);
}

static void clean_part(char **part)
{
    curl_free(*part);
}

bool base_url_init(struct base_url *base, const char *text, struct err *err)
{
    CLEANUP(clean_url) CURLU *url = curl_url();
    CURLUcode code;

    *base = (struct base_url){.text = NULL};
    if (url == NULL)
        return err_set(err, ERR_INTERNAL, "libcurl cannot be set up");
    code = curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME);
    if (code != CURLUE_OK)
        return err_set(err, ERR_CONFIG, "base_url is no URL: %s", curl_url_strerror(code));
    if (!check(base, url, err)) {
        base_url_deinit(base);
        return false;
    }
    base->text = mem_strdup(text);
    for (size_t n = strlen(text); n > 0 && base->text[n - 1] == '/'; n--)
        base->text[n - 1] = '\0';
    return true;
}

void base_url_deinit(struct base_url *base)
{
    free(base->text);
    free(base->host);
    *base = (struct base_url){.text = NULL};
}

static bool is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    char bare[INET6_ADDRSTRLEN + 2] = "";
    size_t length = strlen(host);

    if (strcmp(host, "localhost") == 0) /* which libcurl never looks up anywhere */
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    if (length < 2 || host[0] != '[' || length - 2 >= sizeof(bare))
        return false;
    memcpy(bare, host + 1, length - 2);
    return inet_pton(AF_INET6, bare, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static bool has_part(CURLU *url, CURLUPart part)
{
    CLEANUP(clean_part) char *text = NULL;

    return curl_url_get(url, part, &text, 0) == CURLUE_OK;
}

static bool check(struct base_url *base, CURLU *url, struct err *err)
{
    CLEANUP(clean_part) char *scheme = NULL;
    CLEANUP(clean_part) char *host = NULL;
    CLEANUP(clean_part) char *port = NULL;

    if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD))
        return err_set(err, ERR_CONFIG,
                       "base_url holds a login: name it in `login` and `password_file`");
    if (has_part(url, CURLUPART_QUERY) || has_part(url, CURLUPART_FRAGMENT))
        return err_set(err, ERR_CONFIG, "base_url has a part from ? or # on: leave it out");
    if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        return err_set(err, ERR_CONFIG, "base_url names no host");
    base->is_loopback = is_loopback(host);
    if (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0)
        return err_set(err, ERR_CONFIG, "base_url starts with %s://, https:// would be right",
                       scheme);
    if (strcmp(scheme, "http") == 0 && !base->is_loopback)
        return err_set(err, ERR_CONFIG,
                       "base_url would send the password to %s in the clear: use https:// "
                       "(http:// is for loopback only)",
                       host);
    if (curl_url_get(url, CURLUPART_PORT, &port, 0) == CURLUE_OK)
        base->host = mem_printf("%s:%s", host, port);
    else
        base->host = mem_strdup(host);
    return true;
}
