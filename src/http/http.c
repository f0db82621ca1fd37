#include "http/http.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "core/mem.h"
#include "http/http_private.h"

/*
 * The way of a request:
 *
 *   http_send     makes its transfer and puts it into the queue of the next turn
 *   on_turn       hands it to libcurl, and its clock starts
 *   multi.c       writes and reads as its socket allows; pieces of the body go to on_body
 *   http_finish   takes it from libcurl and tells `done`; the only end there is
 *
 * libcurl may not be called from its own callbacks, and `done` not from inside our functions. So
 * http_send, http_resume and http_cancel only leave a note; on_turn does what the notes say, when
 * nobody is in the middle of anything.
 *
 * Failures:
 *   libcurl gives up     http_finish with its result, whose meaning transfer.c knows
 *   the time is over     on_deadline; a paused transfer has no deadline
 *   canceled             on the next turn
 */
static void put_off(struct http_transfer *transfer);
static void on_turn(uv_idle_t *turn);
static void start(struct http_transfer *transfer);
static void resume(struct http_transfer *transfer);
static void on_deadline(uv_timer_t *deadline);
static void close_all(struct http *http);

static void free_http(struct http *http)
{
    curl_slist_free_all(http->get_headers);
    curl_slist_free_all(http->post_headers);
    base_url_deinit(&http->base);
    free(http->user);
    free(http->password);
    free(http->token);
    free(http->header);
    free(http->ca_file);
    free(http->ca_path);
    if (http->is_curl_global)
        curl_global_cleanup();
    free(http);
}

static bool add_header(struct curl_slist **headers, const char *line, struct err *err)
{
    struct curl_slist *longer = curl_slist_append(*headers, line);

    if (longer == NULL)
        return err_set(err, ERR_INTERNAL, "libcurl cannot be set up");
    *headers = longer;
    return true;
}

static bool set_up(struct http *http, const struct http_settings *settings, struct err *err)
{
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);

    if (code != CURLE_OK)
        return err_set(err, ERR_INTERNAL, "libcurl: %s", curl_easy_strerror(code));
    http->is_curl_global = true;
    http->user = mem_strdup(settings->user);
    http->password = mem_strdup(settings->password);
    http->token = mem_strdup(settings->token);
    http->header = mem_strdup(settings->header);
    http->ca_file = mem_strdup(getenv("SSL_CERT_FILE"));
    http->ca_path = mem_strdup(getenv("SSL_CERT_DIR"));
    http->connect_timeout_ms = settings->connect_timeout_ms;
    http->total_timeout_ms = settings->total_timeout_ms;
    http->body_bytes_max = settings->body_bytes_max;
    return base_url_init(&http->base, settings->base_url, err) &&
           add_header(&http->get_headers, "Accept-Encoding: gzip", err) &&
           add_header(&http->post_headers, "Accept-Encoding: gzip", err) &&
           add_header(&http->post_headers, "Content-Type: application/json", err) &&
           add_header(&http->post_headers,
                      "Expect:", err) && /* no 100-continue: one way, one wait */
           multi_init(http, err);
}

bool http_new(struct uv_loop_s *loop, const struct http_settings *settings, struct http **ret_http,
              struct err *err)
{
    struct http *http = mem_new(sizeof(*http));

    http->loop = loop;
    TAILQ_INIT(&http->transfers);
    TAILQ_INIT(&http->queue);
    if (!set_up(http, settings, err)) {
        curl_multi_cleanup(http->multi);
        free_http(http);
        return false;
    }
    uv_timer_init(loop, &http->timer);
    uv_idle_init(loop, &http->turn);
    http->timer.data = http->turn.data = http;
    http->n_handles = 2;
    *ret_http = http;
    return true;
}

void http_send(struct http *http, struct http_request *request)
{
    assert(!http->is_closing);
    request->transfer = transfer_new(http, request);
    TAILQ_INSERT_TAIL(&http->transfers, request->transfer, of_http);
    put_off(request->transfer);
}

void http_resume(struct http *http, struct http_request *request)
{
    (void)http;
    if (request->transfer == NULL || !request->transfer->is_paused)
        return;
    request->transfer->may_resume = true;
    put_off(request->transfer);
}

void http_cancel(struct http *http, struct http_request *request)
{
    if (request->transfer == NULL)
        return;
    if (request->transfer->err.kind == ERR_NONE)
        err_set(&request->transfer->err, ERR_CANCELED, "%s: canceled", http->base.host);
    put_off(request->transfer);
}

static void put_off(struct http_transfer *transfer)
{
    struct http *http = transfer->http;

    if (!transfer->is_queued)
        TAILQ_INSERT_TAIL(&http->queue, transfer, of_turn);
    transfer->is_queued = true;
    uv_idle_start(&http->turn, on_turn);
}

static void on_turn(uv_idle_t *turn)
{
    struct http *http = turn->data;
    struct http_transfers queue = TAILQ_HEAD_INITIALIZER(queue);
    struct http_transfer *transfer;

    uv_idle_stop(turn);
    TAILQ_CONCAT(&queue, &http->queue, of_turn); /* what comes meanwhile is for the turn after */
    while ((transfer = TAILQ_FIRST(&queue)) != NULL) {
        TAILQ_REMOVE(&queue, transfer, of_turn);
        transfer->is_queued = false;
        if (transfer->err.kind != ERR_NONE)
            http_finish(transfer, CURLE_ABORTED_BY_CALLBACK);
        else if (!transfer->is_added)
            start(transfer);
        else if (transfer->may_resume)
            resume(transfer);
    }
    if (http->is_closing)
        close_all(http);
}

static void start(struct http_transfer *transfer)
{
    struct http *http = transfer->http;
    CURLMcode code = curl_multi_add_handle(http->multi, transfer->easy);

    if (code != CURLM_OK) {
        err_set(&transfer->err, ERR_NETWORK, "%s: libcurl: %s", http->base.host,
                curl_multi_strerror(code));
        http_finish(transfer, CURLE_ABORTED_BY_CALLBACK);
        return;
    }
    transfer->is_added = true;
    uv_timer_start(&transfer->deadline, on_deadline, transfer->left_ms, 0);
}

/* libcurl hands out what it holds from inside this call, and may be told to pause again. */
static void resume(struct http_transfer *transfer)
{
    CURLcode code;

    transfer->may_resume = false;
    transfer->is_paused = false;
    uv_timer_start(&transfer->deadline, on_deadline, transfer->left_ms, 0);
    code = curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
    if (code != CURLE_OK)
        http_finish(transfer, code);
}

static void on_deadline(uv_timer_t *deadline)
{
    struct http_transfer *transfer = deadline->data;
    const struct http *http = transfer->http;

    err_set(&transfer->err, ERR_NETWORK,
            "%s: no whole answer within %" PRIu64 ".%03" PRIu64 " s (%" PRIu64 " bytes of it came)",
            http->base.host, http->total_timeout_ms / 1000, http->total_timeout_ms % 1000,
            transfer->body_bytes);
    http_finish(transfer, CURLE_OPERATION_TIMEDOUT);
}

void http_finish(struct http_transfer *transfer, CURLcode code)
{
    struct http *http = transfer->http;
    struct http_request *request = transfer->request;
    struct http_answer answer;
    bool was_sent = transfer_was_sent(transfer);

    if (transfer->is_queued) /* never in on_turn's own list: on_turn has taken it out */
        TAILQ_REMOVE(&http->queue, transfer, of_turn);
    if (transfer->is_added)
        curl_multi_remove_handle(http->multi, transfer->easy);
    if (code == CURLE_OK)
        transfer->err.kind = ERR_NONE; /* canceled, but the whole answer was faster */
    else if (transfer->err.kind == ERR_NONE)
        transfer_explain(transfer, code, &transfer->err);
    transfer_answer(transfer, &answer);
    TAILQ_REMOVE(&http->transfers, transfer, of_http);
    request->transfer = NULL;
    request->done(request, &answer, was_sent,
                  transfer->err.kind == ERR_NONE ? NULL : &transfer->err);
    transfer_destroy(transfer);
}

void http_destroy(struct http *http)
{
    if (http == NULL)
        return;
    assert(TAILQ_EMPTY(&http->transfers) && !http->is_closing);
    http->is_closing = true;
    uv_idle_start(&http->turn, on_turn);
}

static void on_closed(uv_handle_t *handle)
{
    http_handle_closed(handle->data);
}

static void close_all(struct http *http)
{
    multi_deinit(http);
    uv_close((uv_handle_t *)&http->timer, on_closed);
    uv_close((uv_handle_t *)&http->turn, on_closed);
}

void http_handle_closed(struct http *http)
{
    if (--http->n_handles == 0)
        free_http(http);
}
