/* Where the status port listens, as `http:` says it. */
#pragma once

#include <stdbool.h>

#include "core/err.h"

/* In place of an address: there is no status port. */
#define LISTEN_OFF "off"

#define LISTEN_HOST_MAX 64

struct listen_address {
    char host[LISTEN_HOST_MAX]; /* an IPv4 or IPv6 address, as inet_pton() takes it */
    unsigned port;              /* 0: any that is free */
    bool is_loopback;           /* nobody else than this machine reaches it */
};

/*
 * Reads HOST:PORT. A host is an address or localhost; an IPv6 address is in brackets. Other names
 * are not taken: what they stand for may change.
 */
bool listen_parse(const char *text, struct listen_address *ret_address, struct err *err);
