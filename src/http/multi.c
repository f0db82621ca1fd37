#include <assert.h>
#include <stdlib.h>

#include "core/mem.h"
#include "http/http_private.h"

/*
 * libcurl tells on_socket what to watch and on_timer when it wants to be called; libuv does both
 * and calls libcurl back through act(). A socket's watch is closed when libcurl is through with it.
 *
 * Failures: a socket that cannot be watched ends libcurl's whole multi handle, and with it every
 * transfer, each with an error; so does anything else that libcurl cannot go on after.
 */
struct socket_watch {
    uv_poll_t poll;
    struct http *http;
    curl_socket_t socket;
};

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *data, void *socket_data);
static int on_timer(CURLM *multi, long timeout_ms, void *data);
static void act(struct http *http, curl_socket_t socket, int events);

bool multi_init(struct http *http, struct err *err)
{
    CURLMcode code = CURLM_OK;

    http->multi = curl_multi_init();
    if (http->multi == NULL)
        return err_set(err, ERR_INTERNAL, "libcurl cannot be set up");
#define SET(option, value)                                                                         \
    if (code == CURLM_OK)                                                                          \
    code = curl_multi_setopt(http->multi, option, value)
    SET(CURLMOPT_SOCKETFUNCTION, on_socket);
    SET(CURLMOPT_SOCKETDATA, http);
    SET(CURLMOPT_TIMERFUNCTION, on_timer);
    SET(CURLMOPT_TIMERDATA, http);
    SET(CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    SET(CURLMOPT_MAXCONNECTS, HTTP_CONNECTIONS_KEPT);
#undef SET
    if (code != CURLM_OK)
        return err_set(err, ERR_INTERNAL, "libcurl: %s", curl_multi_strerror(code));
    return true;
}

void multi_deinit(struct http *http)
{
    CURLMcode code = curl_multi_cleanup(http->multi);

    assert(code == CURLM_OK);
    (void)code;
    http->multi = NULL;
}

static void on_watch_closed(uv_handle_t *handle)
{
    struct socket_watch *watch = handle->data;

    http_handle_closed(watch->http);
    free(watch);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    const struct socket_watch *watch = poll->data;
    int curl_events = 0;

    if (status < 0)
        curl_events |= CURL_CSELECT_ERR;
    if (events & UV_READABLE)
        curl_events |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        curl_events |= CURL_CSELECT_OUT;
    act(watch->http, watch->socket, curl_events);
}

static struct socket_watch *watch_new(struct http *http, curl_socket_t socket)
{
    struct socket_watch *watch = mem_new(sizeof(*watch));

    watch->http = http;
    watch->socket = socket;
    watch->poll.data = watch;
    if (uv_poll_init_socket(http->loop, &watch->poll, socket) != 0) {
        free(watch);
        return NULL;
    }
    http->n_handles++;
    return watch;
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *data, void *socket_data)
{
    struct http *http = data;
    struct socket_watch *watch = socket_data;
    int events = 0;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watch != NULL) {
            curl_multi_assign(http->multi, socket, NULL);
            uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
        }
        return 0;
    }
    if (watch == NULL) {
        watch = watch_new(http, socket);
        if (watch == NULL)
            return -1;
        curl_multi_assign(http->multi, socket, watch);
    }
    if (what & CURL_POLL_IN)
        events |= UV_READABLE;
    if (what & CURL_POLL_OUT)
        events |= UV_WRITABLE;
    return uv_poll_start(&watch->poll, events, on_ready);
}

static void on_time(uv_timer_t *timer)
{
    act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

/* Never acts at once: libcurl may be in the middle of something. */
static int on_timer(CURLM *multi, long timeout_ms, void *data)
{
    struct http *http = data;

    (void)multi;
    if (timeout_ms < 0)
        return uv_timer_stop(&http->timer);
    return uv_timer_start(&http->timer, on_time, (uint64_t)timeout_ms, 0);
}

static void act(struct http *http, curl_socket_t socket, int events)
{
    int n_running;
    CURLMcode code = curl_multi_socket_action(http->multi, socket, events, &n_running);

    multi_collect(http);
    if (code == CURLM_OK)
        return;
    for (struct http_transfer *transfer = TAILQ_FIRST(&http->transfers), *next; transfer != NULL;
         transfer = next) {
        next = TAILQ_NEXT(transfer, of_http);
        if (!transfer->is_added)
            continue;
        err_set(&transfer->err, ERR_NETWORK, "%s: libcurl cannot go on: %s", http->base.host,
                curl_multi_strerror(code));
        http_finish(transfer, CURLE_ABORTED_BY_CALLBACK);
    }
}

void multi_collect(struct http *http)
{
    struct CURLMsg *message;
    int n_left;

    while ((message = curl_multi_info_read(http->multi, &n_left)) != NULL) {
        CURLcode code = message->data.result;
        char *transfer = NULL;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        http_finish((struct http_transfer *)(void *)transfer, code);
    }
}
