/*
 * The other end of a connection, by script: a server on loopback, on the test's own loop, that
 * answers the n-th request it reads with the n-th script, whatever connection it came on.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "core/buf.h"

enum peer_act {
    PEER_OVER,  /* the script ends here; the connection stays open for the next request */
    PEER_SEND,  /* these bytes */
    PEER_DRIP,  /* these bytes, one per write */
    PEER_CLOSE, /* in an orderly way */
    PEER_RESET, /* with a RST */
    PEER_HANG,  /* nothing more; whether the client leaves is noted */
};

struct peer_step {
    enum peer_act act;
    const char *data;
    size_t size; /* 0: strlen(data) */
};

struct peer {
    uv_loop_t *loop;
    uv_tcp_t listener;
    unsigned port;
    char url[64]; /* http://127.0.0.1:port */
    const struct peer_step *const *scripts;
    size_t n_scripts;    /* more requests than these are answered by the last */
    bool answer_at_once; /* the first bytes of whatever are a request */
    unsigned n_connections, n_requests, n_open;
    size_t n_bytes;     /* read, of all connections */
    struct buf request; /* the last, whole */

    /* Called when a request was read whole, before its script runs. May be NULL. */
    void (*on_request)(struct peer *peer);
    /* When a client closed a connection. May be NULL. */
    void (*on_left)(struct peer *peer);
};

void peer_start(struct peer *peer, uv_loop_t *loop, const struct peer_step *const *scripts,
                size_t n_scripts);

/* Closes the listener; connections go on until the clients close them. */
void peer_stop_listening(struct peer *peer);

/* Closes the listener and all connections. */
void peer_stop(struct peer *peer);
