/*
 * HTTP by libmicrohttpd: a request comes in pieces, is answered when it is whole, and its answer is
 * sent by the library from memory that it then frees.
 *
 * A body above the ceiling is refused as any other that cannot be read. A client that goes away
 * before its answer is there has its call executed and billed, as it would be by the vendor.
 */
#include "sandbox/sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/mem.h"
#include "sandbox/base64.h"
#include "sandbox/sandbox_private.h"
#include "sandbox/wire.h"

#define BODY_SIZE_MAX (1 << 20)
#define CONNECTIONS_MAX 1000

static enum MHD_Result answer(struct sandbox *sandbox, struct MHD_Connection *connection,
                              struct request *request)
{
    struct reply reply = {.body = BUF_WITH_CEILING(REPLY_SIZE_MAX)};
    enum MHD_Result result;

    request->begin_ms = clock_mono_ms();
    request->socket =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    request->authorization =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
    sandbox_answer(sandbox, request, &reply);
    result = wire_send(sandbox, connection, &reply);
    buf_deinit(&reply.body);
    return result;
}

/* Each connection keeps the number of its requests. */
static void on_connection(void *cls, struct MHD_Connection *connection, void **data_of_connection,
                          enum MHD_ConnectionNotificationCode code)
{
    (void)cls;
    (void)connection;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *data_of_connection = mem_new(sizeof(uint64_t));
        return;
    }
    free(*data_of_connection);
    *data_of_connection = NULL;
}

static uint64_t count_request(struct MHD_Connection *connection)
{
    uint64_t *n_requests =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;

    return ++*n_requests;
}

/* The library's callback: first with the headers, then with each piece of the body, then at its
 * end. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_size, void **data_of_request)
{
    struct request *request = *data_of_request;

    (void)version;
    if (request == NULL) {
        request = mem_new(sizeof(*request));
        request->is_reused = count_request(connection) > 1;
        buf_init(&request->body, BODY_SIZE_MAX);
        *data_of_request = request;
        return MHD_YES;
    }
    if (*data_size > 0) {
        buf_append(&request->body, data, *data_size);
        *data_size = 0;
        return MHD_YES;
    }
    request->method = method;
    request->path = url;
    return answer(cls, connection, request);
}

static void on_over(void *cls, struct MHD_Connection *connection, void **data_of_request,
                    enum MHD_RequestTerminationCode code)
{
    struct request *request = *data_of_request;

    (void)cls;
    (void)connection;
    (void)code;
    if (request == NULL)
        return;
    buf_deinit(&request->body);
    free(request);
    *data_of_request = NULL;
}

static char *authorization_of(const struct options *options)
{
    struct buf header = BUF_WITH_CEILING(4096);
    char *login = mem_printf("%s:%s", options->login, options->password);

    buf_append_string(&header, "Basic ");
    base64_encode(&header, login, strlen(login));
    free(login);
    return buf_take(&header);
}

static bool listen_on(struct sandbox *sandbox, struct err *err)
{
    const struct options *options = sandbox->options;
    struct sockaddr_in address4 = {.sin_family = AF_INET, .sin_port = htons(options->port)};
    struct sockaddr_in6 address6 = {.sin6_family = AF_INET6, .sin6_port = htons(options->port)};
    bool is_6 = inet_pton(AF_INET6, options->host, &address6.sin6_addr) == 1;
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION;

    inet_pton(AF_INET, options->host, &address4.sin_addr);
    errno = 0;
    sandbox->daemon = MHD_start_daemon(
        is_6 ? flags | MHD_USE_IPv6 : flags, options->port, NULL, NULL, on_request, sandbox,
        MHD_OPTION_SOCK_ADDR, is_6 ? (void *)&address6 : (void *)&address4,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_over, NULL, MHD_OPTION_END);
    if (sandbox->daemon == NULL)
        return err_set(err, ERR_IO, "cannot listen on %s, port %u: %s", options->host,
                       options->port, strerror(errno));
    snprintf(sandbox->url, sizeof(sandbox->url), is_6 ? "http://[%s]:%u" : "http://%s:%u",
             options->host, MHD_get_daemon_info(sandbox->daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    return true;
}

static void init_lock(struct sandbox *sandbox)
{
    pthread_condattr_t attributes;

    pthread_mutex_init(&sandbox->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&sandbox->stopping, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* The clock of the condition is the monotonic one. */
void sandbox_wait(struct sandbox *sandbox, int64_t until_ms)
{
    struct timespec until = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};

    if (clock_mono_ms() >= until_ms)
        return;
    pthread_mutex_lock(&sandbox->lock);
    while (!sandbox->is_stopping &&
           pthread_cond_timedwait(&sandbox->stopping, &sandbox->lock, &until) != ETIMEDOUT)
        ;
    pthread_mutex_unlock(&sandbox->lock);
}

struct sandbox *sandbox_start(const struct options *options, struct err *err)
{
    struct sandbox *sandbox = mem_new(sizeof(*sandbox));

    sandbox->options = options;
    account_init(&sandbox->account, &options->account);
    sandbox->start_ms = clock_mono_ms();
    sandbox->authorization = authorization_of(options);
    sandbox->listings = listings_new(options);
    init_lock(sandbox);
    minute_init(&sandbox->paid_minute, options->per_minute, clock_api_ms(MINUTE_MS));
    for (size_t i = 0; i < n_free_pages; i++)
        minute_init(&sandbox->free_minutes[i], free_pages[i].per_minute, clock_api_ms(MINUTE_MS));
    if (options->ledger != NULL)
        sandbox->ledger = ledger_open(options->ledger, err);
    if ((options->ledger != NULL && sandbox->ledger == NULL) || !listen_on(sandbox, err)) {
        sandbox_stop(sandbox);
        return NULL;
    }
    return sandbox;
}

void sandbox_mend(struct sandbox *sandbox)
{
    pthread_mutex_lock(&sandbox->lock);
    account_mend(&sandbox->account);
    pthread_mutex_unlock(&sandbox->lock);
}

const char *sandbox_url(const struct sandbox *sandbox)
{
    return sandbox->url;
}

void sandbox_stop(struct sandbox *sandbox)
{
    if (sandbox == NULL)
        return;
    pthread_mutex_lock(&sandbox->lock);
    sandbox->is_stopping = true;
    pthread_cond_broadcast(&sandbox->stopping);
    pthread_mutex_unlock(&sandbox->lock);
    if (sandbox->daemon != NULL)
        MHD_stop_daemon(sandbox->daemon);
    ledger_close(sandbox->ledger);
    history_deinit(&sandbox->history);
    minute_deinit(&sandbox->paid_minute);
    for (size_t i = 0; i < n_free_pages; i++)
        minute_deinit(&sandbox->free_minutes[i]);
    listings_destroy(sandbox->listings);
    pthread_cond_destroy(&sandbox->stopping);
    pthread_mutex_destroy(&sandbox->lock);
    free(sandbox->authorization);
    free(sandbox);
}
