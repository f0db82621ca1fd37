#include "config/listen.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "config/host.h"
#include "core/text.h"

#define PORT_MAX 65535

static bool is_address(const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];

    return inet_pton(strchr(host, ':') != NULL ? AF_INET6 : AF_INET, host, address) == 1;
}

bool listen_parse(const char *text, struct listen_address *ret_address, struct err *err)
{
    const char *colon = strrchr(text, ':');
    size_t length = colon != NULL ? (size_t)(colon - text) : 0;
    bool is_bracketed = length >= 2 && text[0] == '[' && text[length - 1] == ']';
    int64_t port;

    *ret_address = (struct listen_address){.port = 0};
    if (length == 0 || !text_parse_int64(colon + 1, strlen(colon + 1), &port) || port < 0 ||
        port > PORT_MAX)
        return err_set(err, ERR_CONFIG, "is no address and port such as 127.0.0.1:9464");
    snprintf(ret_address->host, sizeof(ret_address->host), "%.*s",
             (int)(is_bracketed ? length - 2 : length), is_bracketed ? text + 1 : text);
    ret_address->port = (unsigned)port;
    ret_address->is_loopback = host_is_loopback(text, length);
    if (strcmp(ret_address->host, "localhost") == 0)
        snprintf(ret_address->host, sizeof(ret_address->host), "127.0.0.1");
    if ((strchr(ret_address->host, ':') != NULL) != is_bracketed || !is_address(ret_address->host))
        return err_set(err, ERR_CONFIG,
                       "has no address of this machine in front of the port: write one such as "
                       "127.0.0.1 or [::1], no name");
    return true;
}
