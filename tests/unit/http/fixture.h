/*
 * What the tests of http share: a loop, an http over a scripted peer, and calls that remember what
 * became of them. Criterion runs each test in a process of its own, so one of each will do.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "core/buf.h"
#include "http/http.h"
#include "peer.h"

/* Of tests that wait for it to pass: enough for a busy machine to connect and send before. */
#define SHORT_TIMEOUT_MS 800

struct call {
    struct http_request request;
    struct buf body;
    unsigned n_pieces;
    struct http_answer answer; /* its header is NULL */
    char header[64];           /* what that was; "": there was none */
    bool was_sent;
    struct err err; /* ERR_NONE: a whole answer */
    unsigned n_done;
    unsigned n_full; /* how often on_body is still to say HTTP_FULL */
    unsigned n_fulls_said;
};

struct fixture {
    uv_loop_t loop;
    struct peer peer;
    struct http_settings settings;
    struct http *http;
    unsigned n_done;     /* of all calls */
    unsigned n_received; /* pieces of bodies, of all calls */
    bool is_inside;      /* one of http's functions is being called */
    void (*on_done)(struct call *call);
};

extern struct fixture f;

#define SCRIPT(...)                                                                                \
    (const struct peer_step[])                                                                     \
    {                                                                                              \
        __VA_ARGS__,                                                                               \
        {                                                                                          \
            PEER_OVER                                                                              \
        }                                                                                          \
    }
#define START(...)                                                                                 \
    fixture_start((const struct peer_step *const[]){__VA_ARGS__},                                  \
                  sizeof((const struct peer_step *const[]){__VA_ARGS__}) / sizeof(void *))

/* A step that sends a whole answer with this body and these headers more. */
#define ANSWER(status, headers, length, body)                                                      \
    {                                                                                              \
        PEER_SEND, "HTTP/1.1 " status "\r\n" headers "Content-Length: " length "\r\n\r\n" body     \
    }
#define OK_ANSWER SCRIPT(ANSWER("200 OK", "", "2", "{}"))

/* Starts the peer, and http towards it unless f.settings.base_url is set. */
void fixture_start(const struct peer_step *const *scripts, size_t n_scripts);

/* A POST of `body`; NULL: a GET. */
void call_send(struct call *call, const char *body);

/* Turns the loop until so many calls of all have ended. */
void run_until_done(unsigned n_done);

/* One POST from its beginning to its end. */
void run_call(struct call *call);

/* Closes everything and checks that the loop has no handle left. */
void fixture_finish(void);

void call_free(struct call *call);
