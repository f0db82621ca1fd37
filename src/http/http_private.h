/* What the files of this folder share. */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "core/err.h"
#include "http/base_url.h"
#include "http/http.h"

/* All headers of one answer together. */
#define HTTP_HEADER_BYTES_MAX ((size_t)256 * 1024)

/* Connections kept open between requests: more than the API's 30 calls at once ever need. */
#define HTTP_CONNECTIONS_KEPT 32L

struct http_transfer {
    struct http *http;
    struct http_request *request; /* the caller's */
    CURL *easy;
    uv_timer_t deadline; /* runs while the request is under way and not paused */
    uint64_t left_ms;    /* of the total timeout, while it is paused */
    int64_t started_ms;
    size_t n_sent;       /* bytes of the request's body that libcurl has taken */
    size_t header_bytes; /* of the answer */
    uint64_t body_bytes;
    struct err err;  /* why we ended it ourselves; ERR_NONE: ask libcurl */
    bool is_added;   /* to the multi handle */
    bool is_issued;  /* it had a connection, and libcurl began to write the request to it */
    bool is_paused;  /* on_body said HTTP_FULL */
    bool may_resume; /* http_resume() was called */
    bool is_queued;  /* for the next turn */
    char curl_text[CURL_ERROR_SIZE];
    TAILQ_ENTRY(http_transfer) of_http;
    TAILQ_ENTRY(http_transfer) of_turn;
};

TAILQ_HEAD(http_transfers, http_transfer);

struct http {
    uv_loop_t *loop;
    struct base_url base;
    char *user, *password, *token, *header;
    char *ca_file, *ca_path; /* NULL: the system's */
    uint64_t connect_timeout_ms, total_timeout_ms, body_bytes_max;
    CURLM *multi;
    struct curl_slist *get_headers, *post_headers;
    uv_timer_t timer; /* when libcurl wants to be called */
    uv_idle_t turn;   /* runs while something is put off to the next turn of the loop */
    struct http_transfers transfers;
    struct http_transfers queue; /* those with something to do in the next turn */
    unsigned n_handles;          /* of libuv, not yet closed */
    bool is_curl_global;
    bool is_closing;
};

/* --- transfer.c: one request as libcurl wants it --------------------------------------------- */

/* A transfer with its easy handle; where that fails it has none and `err` tells why. */
struct http_transfer *transfer_new(struct http *http, struct http_request *request);

/* Frees it when its timer has closed. */
void transfer_destroy(struct http_transfer *transfer);

/* Whether a byte of the request may have left. */
bool transfer_was_sent(const struct http_transfer *transfer);

void transfer_answer(const struct http_transfer *transfer, struct http_answer *ret_answer);

/* What a result of libcurl means to people. */
void transfer_explain(const struct http_transfer *transfer, CURLcode code, struct err *ret_err);

/* --- multi.c: libcurl's sockets and timer on libuv ------------------------------------------- */

bool multi_init(struct http *http, struct err *err);
void multi_deinit(struct http *http);

/* Ends what libcurl has finished. */
void multi_collect(struct http *http);

/* --- http.c ---------------------------------------------------------------------------------- */

/* The one end of every transfer: tells `done` and frees it. */
void http_finish(struct http_transfer *transfer, CURLcode code);

/* Called for every handle of libuv's that has closed; the last one frees `http`. */
void http_handle_closed(struct http *http);
