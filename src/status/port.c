#include "status/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "core/mem.h"
#include "status/metrics.h"
#include "status/page.h"
#include "status/report.h"

/*
 * libmicrohttpd keeps its sockets in an epoll set of its own, which is one descriptor that becomes
 * readable; so one uv_poll and one timer drive all of it.
 */

#define CONNECTIONS_MAX 64
#define REQUEST_BYTES_MAX ((size_t)16 * 1024) /* request line and headers */
#define IDLE_S 15
#define ANSWER_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define BACKLOG 64

#define HTML_TYPE "text/html; charset=utf-8"
#define JSON_TYPE "application/json"
#define TEXT_TYPE "text/plain; charset=utf-8"

/* The page brings all that it needs. */
#define CONTENT_POLICY                                                                                    \
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; " \
    "frame-ancestors 'none'"

struct port {
    struct port_settings settings;
    char *host;
    char url[INET6_ADDRSTRLEN + 32];
    struct MHD_Daemon *daemon;
    uv_poll_t poll;
    uv_timer_t timer;
    unsigned n_open; /* handles */
};

struct answer {
    unsigned status;
    const char *type;
    struct buf body;
};

/* --- what is answered ------------------------------------------------------------------------ */

static void say(struct answer *answer, unsigned status, const char *text)
{
    answer->status = status;
    answer->type = TEXT_TYPE;
    buf_printf(&answer->body, "%s\n", text);
}

static void write_page(struct answer *answer, const struct snapshot *snapshot)
{
    answer->type = HTML_TYPE;
    page_write(&answer->body, snapshot);
}

static void write_metrics(struct answer *answer, const struct snapshot *snapshot)
{
    answer->type = METRICS_TYPE;
    metrics_write(&answer->body, snapshot);
}

static void write_report(struct answer *answer, const struct snapshot *snapshot)
{
    answer->type = JSON_TYPE;
    report_write(&answer->body, snapshot);
}

static void write_health(struct answer *answer, const struct snapshot *snapshot)
{
    (void)snapshot;
    say(answer, MHD_HTTP_OK, "ok");
}

static void write_readiness(struct answer *answer, const struct snapshot *snapshot)
{
    if (snapshot->is_draining)
        say(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "the service is ending");
    else if (snapshot->has_database)
        say(answer, MHD_HTTP_OK, "ready");
    else
        say(answer, MHD_HTTP_SERVICE_UNAVAILABLE, snapshot->database_away);
}

static const struct {
    const char *path;
    void (*write)(struct answer *answer, const struct snapshot *snapshot);
} routes[] = {
    {"/", write_page},          {"/metrics", write_metrics},  {"/status", write_report},
    {"/healthz", write_health}, {"/readyz", write_readiness},
};

/* Whether `host`, which may have a port behind it, names what the port listens on. */
static bool is_host(const char *host, const char *name)
{
    size_t length = strlen(name);

    if (strncasecmp(host, name, length) != 0)
        return false;
    host += length;
    if (*host == ':')
        host += 1 + strspn(host + 1, "0123456789");
    return *host == '\0';
}

static bool is_for_us(const struct port *port, const char *host)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};

    if (!port->settings.is_loopback || host == NULL || is_host(host, port->host))
        return true;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (is_host(host, names[i]))
            return true;
    return false;
}

static bool is_read_only(const char *method)
{
    return strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
}

static void answer_request(const struct port *port, const char *path, const char *method,
                           const char *host, struct answer *answer)
{
    if (!is_for_us(port, host)) {
        say(answer, MHD_HTTP_MISDIRECTED_REQUEST,
            "this port answers requests for this machine alone: localhost or 127.0.0.1");
        return;
    }
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (strcmp(path, routes[i].path) != 0)
            continue;
        if (is_read_only(method))
            routes[i].write(answer, port->settings.look(port->settings.data));
        else
            say(answer, MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD alone");
        return;
    }
    say(answer, MHD_HTTP_NOT_FOUND, "there are /, /metrics, /status, /healthz and /readyz");
}

/* --- how ------------------------------------------------------------------------------------- */

static enum MHD_Result send_answer(struct MHD_Connection *connection, struct answer *answer,
                                   bool is_last)
{
    static const char *const headers[][2] = {
        {MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
        {"Content-Security-Policy", CONTENT_POLICY},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
    };
    size_t size = answer->body.size;
    struct MHD_Response *response;
    enum MHD_Result result;

    response =
        MHD_create_response_from_buffer(size, buf_take(&answer->body), MHD_RESPMEM_MUST_FREE);
    if (response == NULL)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
    if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    if (is_last)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        MHD_add_response_header(response, headers[i][0], headers[i][1]);
    result = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    return result;
}

/* The library's callback: with the headers, with each piece of a body, and at its end. What would
 * change something is answered at once, and its body is not read. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_size, void **data_of_request)
{
    static int seen;
    struct answer answer = {.status = MHD_HTTP_OK, .body = BUF_WITH_CEILING(ANSWER_BYTES_MAX)};
    bool is_first = *data_of_request == NULL;

    (void)version;
    (void)data;
    *data_of_request = &seen;
    if (is_read_only(method) && (is_first || *data_size > 0)) {
        *data_size = 0;
        return MHD_YES;
    }
    answer_request(cls, path, method,
                   MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST),
                   &answer);
    if (answer.body.is_overfull) {
        buf_deinit(&answer.body);
        buf_init(&answer.body, ANSWER_BYTES_MAX);
        say(&answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "the answer is too large");
    }
    return send_answer(connection, &answer, !is_read_only(method));
}

/* --- on the loop ----------------------------------------------------------------------------- */

static void turn(struct port *port);

static void on_timer(uv_timer_t *timer)
{
    turn(timer->data);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    turn(poll->data);
}

static unsigned count_connections(const struct port *port)
{
    return MHD_get_daemon_info(port->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections;
}

/* The timer is for the library's own timeouts, and for what it could not do at once. Where there
 * were as many connections as may be, it takes up listening again only when it is next called. */
static void turn(struct port *port)
{
    MHD_UNSIGNED_LONG_LONG in_ms;
    unsigned n_before, n = count_connections(port);

    do {
        n_before = n;
        MHD_run(port->daemon);
        n = count_connections(port);
    } while (n < n_before);
    if (MHD_get_timeout(port->daemon, &in_ms) == MHD_YES)
        uv_timer_start(&port->timer, on_timer, in_ms, 0);
    else
        uv_timer_stop(&port->timer);
}

/* --- its beginning and end ------------------------------------------------------------------- */

static bool is_ipv6(const struct port_settings *settings)
{
    return strchr(settings->host, ':') != NULL;
}

static bool bind_to(int fd, const struct port_settings *settings)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)settings->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons((uint16_t)settings->port)};
    int on = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (is_ipv6(settings)) {
        inet_pton(AF_INET6, settings->host, &v6.sin6_addr);
        return bind(fd, (const struct sockaddr *)&v6, sizeof(v6)) == 0;
    }
    inet_pton(AF_INET, settings->host, &v4.sin_addr);
    return bind(fd, (const struct sockaddr *)&v4, sizeof(v4)) == 0;
}

/* -1 and errno where it cannot. */
static int listen_on(const struct port_settings *settings)
{
    int fd = socket(is_ipv6(settings) ? AF_INET6 : AF_INET,
                    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd >= 0 && bind_to(fd, settings) && listen(fd, BACKLOG) == 0)
        return fd;
    if (fd >= 0) {
        int error = errno;

        close(fd);
        errno = error;
    }
    return -1;
}

static unsigned port_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address;
    socklen_t size = sizeof(address);

    if (getsockname(fd, &address.any, &size) != 0)
        return 0;
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

/* What clients do wrong is nobody's business here. */
static void log_nothing(void *data, const char *format, va_list arguments)
{
    (void)data;
    (void)format;
    (void)arguments;
}

static struct MHD_Daemon *start(struct port *port, int fd)
{
    return MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, port,
                            MHD_OPTION_EXTERNAL_LOGGER, log_nothing, NULL, MHD_OPTION_LISTEN_SOCKET,
                            fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, REQUEST_BYTES_MAX,
                            MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S, MHD_OPTION_END);
}

static void watch(struct port *port, uv_loop_t *loop)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(port->daemon, MHD_DAEMON_INFO_EPOLL_FD);

    uv_poll_init(loop, &port->poll, info->epoll_fd);
    uv_timer_init(loop, &port->timer);
    port->poll.data = port->timer.data = port;
    port->n_open = 2;
    uv_poll_start(&port->poll, UV_READABLE, on_readable);
}

static void destroy(struct port *port)
{
    free(port->host);
    free(port);
}

struct port *port_open(uv_loop_t *loop, const struct port_settings *settings, struct err *err)
{
    struct port *port = mem_new(sizeof(*port));
    int fd = listen_on(settings), error = errno;

    port->settings = *settings;
    port->settings.host = NULL;
    port->host = mem_printf(is_ipv6(settings) ? "[%s]" : "%s", settings->host);
    if (fd < 0) {
        err_set(err, ERR_IO, "the status port cannot listen on %s:%u: %s%s", port->host,
                settings->port, strerror(error),
                error == EADDRINUSE ? "; who has it? http: takes another port, or off" : "");
        destroy(port);
        return NULL;
    }
    snprintf(port->url, sizeof(port->url), "http://%s:%u", port->host, port_of(fd));
    port->daemon = start(port, fd);
    if (port->daemon == NULL) {
        err_set(err, ERR_INTERNAL, "the status port on %s cannot be started: %s", port->url,
                strerror(errno));
        close(fd);
        destroy(port);
        return NULL;
    }
    watch(port, loop);
    return port;
}

const char *port_url(const struct port *port)
{
    return port->url;
}

static void on_closed(uv_handle_t *handle)
{
    struct port *port = handle->data;

    if (--port->n_open == 0)
        destroy(port);
}

void port_close(struct port *port)
{
    if (port == NULL)
        return;
    uv_close((uv_handle_t *)&port->poll, on_closed);
    uv_close((uv_handle_t *)&port->timer, on_closed);
    MHD_stop_daemon(port->daemon);
}
