#include "peer.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/mem.h"

/*
 * Reading goes on all the time. When a request is whole its script begins, one step after the
 * other, each when the one before has been written.
 */
struct peer_connection {
    uv_tcp_t tcp;
    uv_write_t write;
    struct peer *peer;
    struct peer_connection *next;
    struct buf received;
    const struct peer_step *step;
    size_t n_dripped;
    char room[65536];
};

static struct peer_connection *connections;

static void must(int rc, const char *what)
{
    if (rc == 0)
        return;
    fprintf(stderr, "peer: %s: %s\n", what, uv_strerror(rc));
    abort();
}

static void on_connection_closed(uv_handle_t *handle)
{
    struct peer_connection *connection = handle->data;
    struct peer_connection **at = &connections;

    while (*at != connection)
        at = &(*at)->next;
    *at = connection->next;
    connection->peer->n_open--;
    buf_deinit(&connection->received);
    free(connection);
}

static void close_connection(struct peer_connection *connection)
{
    if (!uv_is_closing((uv_handle_t *)&connection->tcp))
        uv_close((uv_handle_t *)&connection->tcp, on_connection_closed);
}

static void run_step(struct peer_connection *connection);

static void on_written(uv_write_t *write, int status)
{
    struct peer_connection *connection = write->data;

    if (status != 0 || uv_is_closing((uv_handle_t *)&connection->tcp))
        return;
    run_step(connection);
}

static void send_bytes(struct peer_connection *connection, const char *data, size_t size)
{
    uv_buf_t bytes = uv_buf_init((char *)(uintptr_t)data, (unsigned)size);

    connection->write.data = connection;
    must(uv_write(&connection->write, (uv_stream_t *)&connection->tcp, &bytes, 1, on_written),
         "write");
}

static void run_step(struct peer_connection *connection)
{
    const struct peer_step *step = connection->step;
    size_t size = step->size == 0 && step->data != NULL ? strlen(step->data) : step->size;

    switch (step->act) {
    case PEER_OVER:
        connection->step = NULL;
        break;
    case PEER_SEND:
        connection->step++;
        send_bytes(connection, step->data, size);
        break;
    case PEER_DRIP:
        if (connection->n_dripped + 1 == size)
            connection->step++;
        send_bytes(connection, step->data + connection->n_dripped, 1);
        connection->n_dripped = connection->n_dripped + 1 == size ? 0 : connection->n_dripped + 1;
        break;
    case PEER_CLOSE:
        close_connection(connection);
        break;
    case PEER_RESET:
        must(uv_tcp_close_reset(&connection->tcp, on_connection_closed), "reset");
        break;
    case PEER_HANG:
        break;
    }
}

/* The size of the whole request at the start of `received`, or 0 where it is not all there. */
static size_t whole_request(const struct buf *received)
{
    const char *end = strstr(buf_text(received), "\r\n\r\n");
    size_t size, body = 0;

    if (end == NULL)
        return 0;
    for (const char *line = received->data; line < end; line = strchr(line, '\n') + 1)
        if (strncasecmp(line, "Content-Length:", 15) == 0)
            body = strtoul(line + 15, NULL, 10);
    size = (size_t)(end + 4 - received->data) + body;
    return size <= received->size ? size : 0;
}

static void take_request(struct peer_connection *connection)
{
    struct peer *peer = connection->peer;
    size_t size =
        peer->answer_at_once ? connection->received.size : whole_request(&connection->received);
    size_t n = peer->n_requests < peer->n_scripts ? peer->n_requests : peer->n_scripts - 1;

    if (size == 0 || connection->step != NULL)
        return;
    buf_clear(&peer->request);
    buf_append(&peer->request, connection->received.data, size);
    memmove(connection->received.data, connection->received.data + size,
            connection->received.size - size + 1);
    connection->received.size -= size;
    peer->n_requests++;
    connection->step = peer->scripts[n];
    if (peer->on_request != NULL)
        peer->on_request(peer);
    if (!uv_is_closing((uv_handle_t *)&connection->tcp))
        run_step(connection);
}

static void on_room(uv_handle_t *handle, size_t size, uv_buf_t *bytes)
{
    struct peer_connection *connection = handle->data;

    (void)size;
    *bytes = uv_buf_init(connection->room, sizeof(connection->room));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes)
{
    struct peer_connection *connection = stream->data;
    struct peer *peer = connection->peer;

    if (n < 0) {
        close_connection(connection);
        if (peer->on_left != NULL)
            peer->on_left(peer);
        return;
    }
    peer->n_bytes += (size_t)n;
    buf_append(&connection->received, bytes->base, (size_t)n);
    take_request(connection);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct peer *peer = listener->data;
    struct peer_connection *connection = mem_new(sizeof(*connection));

    must(status, "connection");
    connection->peer = peer;
    connection->next = connections;
    connections = connection;
    buf_init(&connection->received, (size_t)64 * 1024 * 1024);
    must(uv_tcp_init(peer->loop, &connection->tcp), "tcp");
    connection->tcp.data = connection;
    must(uv_accept(listener, (uv_stream_t *)&connection->tcp), "accept");
    must(uv_tcp_nodelay(&connection->tcp, 1), "nodelay");
    must(uv_read_start((uv_stream_t *)&connection->tcp, on_room, on_read), "read");
    peer->n_connections++;
    peer->n_open++;
}

void peer_start(struct peer *peer, uv_loop_t *loop, const struct peer_step *const *scripts,
                size_t n_scripts)
{
    struct sockaddr_in address;
    int size = sizeof(address);

    peer->loop = loop;
    peer->scripts = scripts;
    peer->n_scripts = n_scripts;
    buf_init(&peer->request, (size_t)64 * 1024 * 1024);
    must(uv_tcp_init(loop, &peer->listener), "tcp");
    peer->listener.data = peer;
    must(uv_ip4_addr("127.0.0.1", 0, &address), "address");
    must(uv_tcp_bind(&peer->listener, (struct sockaddr *)&address, 0), "bind");
    must(uv_listen((uv_stream_t *)&peer->listener, 128, on_connection), "listen");
    must(uv_tcp_getsockname(&peer->listener, (struct sockaddr *)&address, &size), "name");
    peer->port = ntohs(address.sin_port);
    snprintf(peer->url, sizeof(peer->url), "http://127.0.0.1:%u", peer->port);
}

static void on_listener_closed(uv_handle_t *handle)
{
    struct peer *peer = handle->data;

    buf_deinit(&peer->request);
}

void peer_stop_listening(struct peer *peer)
{
    uv_close((uv_handle_t *)&peer->listener, on_listener_closed);
}

void peer_stop(struct peer *peer)
{
    peer_stop_listening(peer);
    for (struct peer_connection *at = connections; at != NULL; at = at->next)
        close_connection(at);
}
