/*
 * The library asks read_pieces() for what comes next of a body that is not simply sent; each
 * connection has a thread of its own, so a piece may be waited for right there.
 */
#include "sandbox/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/clock.h"
#include "core/mem.h"
#include "sandbox/gzip.h"
#include "sandbox/sandbox_private.h"

#define BLOCK_SIZE 16384
#define DRIP_PIECES 30
#define DRIP_MS 30000 /* from the first piece to the last, in the API's time */

struct pieces {
    struct sandbox *sandbox;
    char *data; /* owned */
    size_t size;
    size_t size_sent; /* what is behind is never sent: the connection ends there */
    size_t piece_size;
    int64_t pause_ms; /* between two pieces; 0: none */
};

static ssize_t read_pieces(void *cls, uint64_t position, char *out, size_t size_max)
{
    const struct pieces *pieces = cls;
    size_t size;

    if (position >= pieces->size_sent)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (position > 0 && pieces->pause_ms > 0)
        sandbox_wait(pieces->sandbox, clock_mono_ms() + pieces->pause_ms);
    size = pieces->size_sent - (size_t)position;
    if (size > pieces->piece_size)
        size = pieces->piece_size;
    if (size > size_max)
        size = size_max;
    memcpy(out, pieces->data + position, size);
    return (ssize_t)size;
}

static void free_pieces(void *cls)
{
    struct pieces *pieces = cls;

    free(pieces->data);
    free(pieces);
}

static struct MHD_Response *response_in_pieces(struct sandbox *sandbox, struct buf *body,
                                               enum reply_way way)
{
    struct pieces *pieces = mem_new(sizeof(*pieces));

    pieces->sandbox = sandbox;
    pieces->size = body->size;
    pieces->data = buf_take(body);
    pieces->size_sent = way == REPLY_CUT ? pieces->size / 2 : pieces->size;
    pieces->piece_size = BLOCK_SIZE;
    if (way == REPLY_DRIP) {
        pieces->piece_size = pieces->size / DRIP_PIECES + 1;
        pieces->pause_ms = clock_api_ms(DRIP_MS / DRIP_PIECES);
    }
    return MHD_create_response_from_callback(pieces->size, BLOCK_SIZE, read_pieces, pieces,
                                             free_pieces);
}

static struct MHD_Response *response_of(struct sandbox *sandbox, struct buf *body,
                                        enum reply_way way)
{
    size_t size = way == REPLY_PACKED_CUT ? body->size / 2 : body->size;

    if (way == REPLY_CUT || way == REPLY_DRIP)
        return response_in_pieces(sandbox, body, way);
    return MHD_create_response_from_buffer(size, buf_take(body), MHD_RESPMEM_MUST_FREE);
}

static bool wants_gzip(struct MHD_Connection *connection)
{
    const char *accepted =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept-Encoding");

    return accepted != NULL && strstr(accepted, "gzip") != NULL &&
           strstr(accepted, "gzip;q=0") == NULL;
}

static void put_number(struct MHD_Response *response, const char *name, size_t value)
{
    char number[32];

    snprintf(number, sizeof(number), "%zu", value);
    MHD_add_response_header(response, name, number);
}

static void put_rate(struct MHD_Response *response, size_t n_most, size_t n_left)
{
    put_number(response, "X-RateLimit-Limit", n_most);
    put_number(response, "X-RateLimit-Remaining", n_left);
}

/* A socket whose peer is taken away ends in a reset, where close() would end it in good order. */
static void reset(struct MHD_Connection *connection)
{
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    if (info != NULL)
        connect(info->connect_fd, &nobody, sizeof(nobody));
}

enum MHD_Result wire_send(struct sandbox *sandbox, struct MHD_Connection *connection,
                          struct reply *reply)
{
    struct buf CLEANUP(buf_deinit) packed = BUF_WITH_CEILING(REPLY_SIZE_MAX);
    struct MHD_Response *response;
    enum MHD_Result result;
    bool is_packed;

    if (reply->way == REPLY_RESET)
        reset(connection);
    if (reply->way == REPLY_RESET || reply->way == REPLY_NONE)
        return MHD_NO; /* closes the connection without a word */
    is_packed = wants_gzip(connection) && gzip_append(&packed, &reply->body);
    response = response_of(sandbox, is_packed ? &packed : &reply->body, reply->way);
    MHD_add_response_header(response, "Content-Type", reply->content_type);
    if (is_packed)
        MHD_add_response_header(response, "Content-Encoding", "gzip");
    if (reply->http == MHD_HTTP_UNAUTHORIZED)
        MHD_add_response_header(response, "WWW-Authenticate", "Basic realm=\"sandbox\"");
    if (reply->has_rate)
        put_rate(response, sandbox->options->per_minute, reply->n_left_minute);
    if (reply->charge[0] != '\0')
        MHD_add_response_header(response, "X-AISA-Price-USD", reply->charge);
    if (reply->retry_after_s > 0)
        put_number(response, "Retry-After", reply->retry_after_s);
    result = MHD_queue_response(connection, (unsigned)reply->http, response);
    MHD_destroy_response(response);
    return result;
}
