#include <assert.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/mem.h"
#include "http/http_private.h"

/*
 * One request as libcurl wants it: its options, its callbacks, and what became of it.
 *
 * No repeats: libcurl sends a request again by itself when a reused connection breaks before the
 * first byte of an answer. To do so it must rewind the body, and refuse_seek() does not let it: the
 * transfer then fails, and whoever counts the money is told that the request may have arrived. Only
 * where no byte of the body had left does libcurl still try again, and then there was no request
 * that could have been carried out.
 */
static int keep_from_children(void *data, curl_socket_t socket, curlsocktype purpose);
static size_t give_body(char *into, size_t size, size_t n, void *data);
static int refuse_seek(void *data, curl_off_t offset, int origin);
static int note_issued(void *data, char *ip, char *local_ip, int port, int local_port);
static size_t count_header(char *line, size_t size, size_t n, void *data);
static size_t take_body(char *piece, size_t size, size_t n, void *data);

/* Each of these is 30 times there at most. libcurl hands out no more than 16 KiB at once anyway. */
#define RECEIVE_BUFFER_SIZE (64L * 1024)
#define SEND_BUFFER_SIZE (16L * 1024)

/* An answer may take minutes to begin; this keeps what stands between from forgetting us. */
#define KEEPALIVE_S 30L

#define SET(option, value)                                                                         \
    do {                                                                                           \
        if (code == CURLE_OK)                                                                      \
            code = curl_easy_setopt(easy, option, value);                                          \
    } while (0)

/* What is the same for every request. */
static CURLcode set_connection(const struct http *http, CURL *easy)
{
    CURLcode code = CURLE_OK;

    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1); /* HTTP/2 has repeats of its own */
    SET(CURLOPT_HTTP09_ALLOWED, 0L);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L); /* do not wait for a resolver that was given up */
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)http->connect_timeout_ms);
    SET(CURLOPT_SOCKOPTFUNCTION, keep_from_children);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_TCP_KEEPIDLE, KEEPALIVE_S);
    SET(CURLOPT_TCP_KEEPINTVL, KEEPALIVE_S);
    SET(CURLOPT_BUFFERSIZE, RECEIVE_BUFFER_SIZE);
    SET(CURLOPT_UPLOAD_BUFFERSIZE, SEND_BUFFER_SIZE);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (http->ca_file != NULL)
        SET(CURLOPT_CAINFO, http->ca_file);
    if (http->ca_path != NULL)
        SET(CURLOPT_CAPATH, http->ca_path);
    if (http->base.is_loopback)
        SET(CURLOPT_PROXY, ""); /* none, whatever the environment says */
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_USERAGENT, "linkhaul/" LINKHAUL_VERSION);
    if (http->user != NULL) {
        SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        SET(CURLOPT_USERNAME, http->user);
        SET(CURLOPT_PASSWORD, http->password == NULL ? "" : http->password);
    }
    if (http->token != NULL) {
        SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        SET(CURLOPT_XOAUTH2_BEARER, http->token);
    }
    return code;
}

static CURLcode set_request(struct http_transfer *transfer, CURL *easy)
{
    const struct http_request *request = transfer->request;
    const struct http *http = transfer->http;
    CLEANUP(mem_free_string) char *url = mem_printf("%s%s", http->base.text, request->path);
    CURLcode code = CURLE_OK;

    SET(CURLOPT_URL, url);
    SET(CURLOPT_PRIVATE, (char *)transfer);
    SET(CURLOPT_ERRORBUFFER, transfer->curl_text);
    SET(CURLOPT_PREREQFUNCTION, note_issued);
    SET(CURLOPT_PREREQDATA, transfer);
    SET(CURLOPT_HEADERFUNCTION, count_header);
    SET(CURLOPT_HEADERDATA, transfer);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, transfer);
    SET(CURLOPT_HTTPHEADER, request->body == NULL ? http->get_headers : http->post_headers);
    if (request->body == NULL)
        return code;
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
    SET(CURLOPT_READFUNCTION, give_body);
    SET(CURLOPT_READDATA, transfer);
    SET(CURLOPT_SEEKFUNCTION, refuse_seek);
    SET(CURLOPT_SEEKDATA, transfer);
    return code;
}

#undef SET

struct http_transfer *transfer_new(struct http *http, struct http_request *request)
{
    struct http_transfer *transfer = mem_new(sizeof(*transfer));
    CURLcode code = CURLE_OUT_OF_MEMORY;

    transfer->http = http;
    transfer->request = request;
    transfer->started_ms = clock_mono_ms();
    transfer->left_ms = http->total_timeout_ms;
    uv_timer_init(http->loop, &transfer->deadline);
    transfer->deadline.data = transfer;
    http->n_handles++;
    transfer->easy = curl_easy_init();
    if (transfer->easy != NULL)
        code = set_connection(http, transfer->easy);
    if (code == CURLE_OK)
        code = set_request(transfer, transfer->easy);
    if (code != CURLE_OK)
        err_set(&transfer->err, ERR_INTERNAL, "%s: libcurl cannot be set up: %s", http->base.host,
                curl_easy_strerror(code));
    return transfer;
}

static void on_deadline_closed(uv_handle_t *handle)
{
    struct http_transfer *transfer = handle->data;

    http_handle_closed(transfer->http);
    free(transfer);
}

void transfer_destroy(struct http_transfer *transfer)
{
    curl_easy_cleanup(transfer->easy);
    transfer->easy = NULL;
    uv_close((uv_handle_t *)&transfer->deadline, on_deadline_closed);
}

/* --- what libcurl calls ---------------------------------------------------------------------- */

/* A connection would stay open for as long as a program that the service runs. */
static int keep_from_children(void *data, curl_socket_t socket, curlsocktype purpose)
{
    (void)data;
    (void)purpose;
    return fcntl(socket, F_SETFD, FD_CLOEXEC) == 0 ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ERROR;
}

static size_t give_body(char *into, size_t size, size_t n, void *data)
{
    struct http_transfer *transfer = data;
    size_t part = transfer->request->body_size - transfer->n_sent;

    if (part > size * n)
        part = size * n;
    memcpy(into, transfer->request->body + transfer->n_sent, part);
    transfer->n_sent += part;
    return part;
}

static int refuse_seek(void *data, curl_off_t offset, int origin)
{
    (void)data;
    (void)offset;
    (void)origin;
    return CURL_SEEKFUNC_FAIL;
}

/* Called before each writing of the request; a second one after some of the body is a repeat. */
static int note_issued(void *data, char *ip, char *local_ip, int port, int local_port)
{
    struct http_transfer *transfer = data;

    (void)ip;
    (void)local_ip;
    (void)port;
    (void)local_port;
    transfer->is_issued = true;
    return transfer->n_sent > 0 ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static size_t count_header(char *line, size_t size, size_t n, void *data)
{
    struct http_transfer *transfer = data;

    (void)line;
    transfer->header_bytes += size * n;
    if (transfer->header_bytes <= HTTP_HEADER_BYTES_MAX)
        return size * n;
    err_set(&transfer->err, ERR_DATA, "%s: the answer's headers are longer than %zu bytes",
            transfer->http->base.host, HTTP_HEADER_BYTES_MAX);
    return 0;
}

/* A pause that we make is not the server's time. */
static void stop_clock(struct http_transfer *transfer)
{
    transfer->is_paused = true;
    transfer->left_ms = uv_timer_get_due_in(&transfer->deadline);
    uv_timer_stop(&transfer->deadline);
}

static size_t take_body(char *piece, size_t size, size_t n, void *data)
{
    struct http_transfer *transfer = data;
    uint64_t bytes_max = transfer->http->body_bytes_max;

    size *= n;
    if (size > bytes_max - transfer->body_bytes) {
        err_set(&transfer->err, ERR_DATA, "%s: the answer is longer than %" PRIu64 " bytes",
                transfer->http->base.host, bytes_max);
        return 0;
    }
    if (size > 0 && transfer->request->on_body(transfer->request, piece, size) == HTTP_FULL) {
        stop_clock(transfer);
        return CURL_WRITEFUNC_PAUSE;
    }
    transfer->body_bytes += size;
    return size;
}

/* --- what became of it ----------------------------------------------------------------------- */

/*
 * By libcurl's count of the bytes that it wrote; with a proxy the count holds what was said to the
 * proxy, hence is_issued.
 */
bool transfer_was_sent(const struct http_transfer *transfer)
{
    long request_bytes = 0;

    if (transfer->easy == NULL || !transfer->is_issued)
        return false;
    if (curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &request_bytes) != CURLE_OK)
        return true;
    return request_bytes > 0 || transfer->n_sent > 0;
}

void transfer_answer(const struct http_transfer *transfer, struct http_answer *ret_answer)
{
    struct http_answer answer = {.body_bytes = transfer->body_bytes};
    struct curl_header *encoding, *wanted;
    curl_off_t retry_after_s = 0;
    long status = 0;

    answer.elapsed_ms = (uint64_t)(clock_mono_ms() - transfer->started_ms);
    if (transfer->easy != NULL) {
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
        if (curl_easy_header(transfer->easy, "Content-Encoding", 0, CURLH_HEADER, -1, &encoding) ==
            CURLHE_OK)
            answer.is_gzip =
                curl_strequal(encoding->value, "gzip") || curl_strequal(encoding->value, "x-gzip");
        if (transfer->http->header != NULL &&
            curl_easy_header(transfer->easy, transfer->http->header, 0, CURLH_HEADER, -1,
                             &wanted) == CURLHE_OK)
            answer.header = wanted->value;
    }
    answer.status = (unsigned)status;
    if (retry_after_s > 0) /* a date may lie in the past */
        answer.retry_after_s = retry_after_s > UINT32_MAX ? UINT32_MAX : (uint32_t)retry_after_s;
    *ret_answer = answer;
}

// clang-format off
static const struct meaning {
    CURLcode code;
    const char *what;   /* NULL: libcurl's own words are better, or there is nothing to add */
    const char *advice;
} meanings[] = {
    { CURLE_COULDNT_RESOLVE_HOST,     NULL, "check base_url and this machine's name resolution" },
    { CURLE_COULDNT_RESOLVE_PROXY,    NULL, "check the proxy that the environment names (https_proxy)" },
    { CURLE_COULDNT_CONNECT,          NULL, "check base_url, the network and its proxy (https_proxy)" },
    { CURLE_PEER_FAILED_VERIFICATION, NULL, "install ca-certificates, or name the authority's file in SSL_CERT_FILE" },
    { CURLE_SSL_CACERT_BADFILE,       NULL, "check the file that SSL_CERT_FILE names, or install ca-certificates" },
    { CURLE_SSL_CONNECT_ERROR,        NULL, "check that base_url is an https:// service, and its proxy" },
    { CURLE_SEND_FAIL_REWIND,         "the connection broke before an answer came", NULL },
    { CURLE_ABORTED_BY_CALLBACK,      "the connection broke before an answer came", NULL },
    { CURLE_GOT_NOTHING,              "the connection was closed before an answer came", NULL },
    { CURLE_PARTIAL_FILE,             "the connection was closed in the middle of the answer", NULL },
    { CURLE_UNSUPPORTED_PROTOCOL,     "what answers does not speak HTTP", "check base_url" },
    { CURLE_WEIRD_SERVER_REPLY,       "what answers does not speak HTTP", "check base_url" },
    { CURLE_OUT_OF_MEMORY,            "a header was too long for libcurl, or memory ran out", NULL },
};
// clang-format on

static const struct meaning *find_meaning(CURLcode code)
{
    static const struct meaning none = {CURLE_OK, NULL, NULL};

    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
        if (meanings[i].code == code)
            return &meanings[i];
    return &none;
}

void transfer_explain(const struct http_transfer *transfer, CURLcode code, struct err *ret_err)
{
    const struct meaning *meaning = find_meaning(code);
    const char *what = meaning->what;

    if (code == CURLE_FILESIZE_EXCEEDED) {
        err_set(ret_err, ERR_DATA, "%s: the answer is longer than %" PRIu64 " bytes",
                transfer->http->base.host, transfer->http->body_bytes_max);
        return;
    }
    if (what == NULL && strchr(transfer->curl_text, '@') == NULL) /* a proxy's URL has its login */
        what = transfer->curl_text;
    if (what == NULL || what[0] == '\0')
        what = curl_easy_strerror(code);
    err_set(ret_err, ERR_NETWORK, "%s: %s%s%s", transfer->http->base.host, what,
            meaning->advice == NULL ? "" : ": ", meaning->advice == NULL ? "" : meaning->advice);
}
