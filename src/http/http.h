/*
 * HTTP requests on the event loop.
 *
 * One `struct http` carries all requests over libcurl's multi socket interface, driven by libuv: no
 * thread, no blocking call. Bodies are handed on as they come off the wire, compressed as they are;
 * nothing is collected here. Retrying, pacing and counting are not done here: an answer is handed
 * over as it is, and no request is ever repeated beneath us (src/README.md, "One call, one
 * charge").
 *
 * Ownership: the caller owns every `struct http_request` and keeps it and its texts in place until
 * its `done` has been called.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct http;
struct http_request;
struct http_transfer;
struct uv_loop_s;

struct http_settings {
    const char *base_url; /* https://…, or http:// to loopback only */
    /* Basic, or Bearer; NULL: none. Never in a URL, a log line or an error. */
    const char *user, *password, *token;
    const char *header; /* one of the answer's that the caller wants to see; NULL: none */
    uint64_t connect_timeout_ms;
    uint64_t total_timeout_ms; /* of one request, from its start to its last byte; pauses that
                                  HTTP_FULL made do not count */
    uint64_t body_bytes_max;   /* of a body on the wire; a longer one ends with ERR_DATA */
};

struct http_answer {
    unsigned status;
    bool is_gzip;           /* Content-Encoding; the body was handed over as it came */
    const char *header;     /* what the one that was asked for says; NULL: it is not there */
    uint32_t retry_after_s; /* 0 where the server named none */
    uint64_t body_bytes;    /* on the wire */
    uint64_t elapsed_ms;
};

enum http_taken {
    HTTP_TAKEN,
    HTTP_FULL, /* nothing was taken: the same bytes come again after http_resume(), perhaps cut into
                  other pieces */
};

/* A piece of the body, in order, during which http may not be called for this request. */
typedef enum http_taken http_body_fn(struct http_request *request, const void *data, size_t size);

/*
 * The end of a request, called exactly once and never from inside http_send() or http_cancel().
 * `err` is NULL where a whole answer came, of whatever status. Otherwise it is ERR_NETWORK,
 * ERR_DATA (too long a body or header) or ERR_CANCELED, and `was_sent` says whether a byte of the
 * request may have reached the server: if so, the call may have been carried out and charged.
 * `answer` is never NULL and lasts for the call; where `err` is set it holds what had come by then.
 */
typedef void http_done_fn(struct http_request *request, const struct http_answer *answer,
                          bool was_sent, const struct err *err);

struct http_request {
    const char *path; /* behind the base URL, with its leading slash */
    const char *body; /* NULL: a GET; otherwise JSON for a POST */
    size_t body_size;
    http_body_fn *on_body;
    http_done_fn *done;
    void *data; /* the caller's own */

    struct http_transfer *transfer; /* private */
};

/*
 * False where libcurl cannot be set up or the base URL is refused (ERR_CONFIG). The settings are
 * copied. The certificate authorities are the system's, or those of SSL_CERT_FILE and SSL_CERT_DIR;
 * a proxy is taken from the environment as libcurl does it, but never for loopback.
 */
bool http_new(struct uv_loop_s *loop, const struct http_settings *settings, struct http **ret_http,
              struct err *err);

/* Starts `request`. Cannot fail: what goes wrong is told to `done`. */
void http_send(struct http *http, struct http_request *request);

/* Lets a request that answered HTTP_FULL go on. Harmless for any other. */
void http_resume(struct http *http, struct http_request *request);

/* Ends `request` with ERR_CANCELED on a later turn of the loop. Harmless where it has ended. */
void http_cancel(struct http *http, struct http_request *request);

/*
 * Closes all handles and frees `http` when the loop next runs; no request may be under way. May be
 * called from the last `done`. NULL is fine.
 */
void http_destroy(struct http *http);
