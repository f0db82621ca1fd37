/*
 * The status port: HTTP by libmicrohttpd on the loop, without a thread of its own.
 *
 *     /          the page           /metrics   for Prometheus        /status    JSON
 *     /healthz   200 while the loop turns
 *     /readyz    200 where the database can be worked with, else 503 and why
 *
 * GET and HEAD alone. Each answer is made from a snapshot of that moment and is whole in memory; so
 * connections are few, requests small, and who takes too long is cut off. It has no password. On a
 * loopback address it answers only requests for this machine, by their Host header: else a page of
 * the web could have a browser here read it, under a name of its own that leads here.
 */
#pragma once

#include <stdbool.h>

#include "core/err.h"
#include "status/snapshot.h"

struct port;
struct uv_loop_s;

struct port_settings {
    const char *host; /* an address, IPv6 without brackets */
    unsigned port;    /* 0: any that is free */
    bool is_loopback;
    /* What the service is now; valid until the port returns to the loop. */
    const struct snapshot *(*look)(void *data);
    void *data;
};

/* Listens from now on. NULL with ERR_IO where it cannot, which says what to do. The settings' texts
 * are copied. */
struct port *port_open(struct uv_loop_s *loop, const struct port_settings *settings,
                       struct err *err);

/* "http://127.0.0.1:9464", with the port that it has. */
const char *port_url(const struct port *port);

/* Cuts all connections off, and frees it on a later turn. NULL is fine. */
void port_close(struct port *port);
