/* What the files of db/ share: the connection, its queue, and who may change its state. */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "core/err.h"
#include "db/db.h"

enum db_state {
    DB_CONNECTING, /* the first request is the connecting itself */
    DB_OPEN,
    DB_COPYING, /* the server waits for data; all that may be asked are data and the end */
    DB_LOST,
    DB_CLOSING,
};

enum request_kind {
    REQUEST_CONNECT,
    REQUEST_QUERY,
    REQUEST_SCRIPT,
    REQUEST_COPY_BEGIN,
    REQUEST_COPY_DATA,
    REQUEST_COPY_END,
};

struct request {
    struct request *next;
    enum request_kind kind;
    db_done_fn *done;
    void *data;
    char *sql;     /* owned; of a COPY's end the reason, or NULL */
    char **params; /* owned, as are its texts */
    int n_params;
    const char *chunk;           /* the caller's */
    size_t chunk_size, n_handed; /* bytes, and how many of them libpq has */
    bool is_sent;
    PGresult *result; /* the last one that came */
    struct err err;   /* the first error that came; ERR_NONE while there is none */
};

struct db_result {
    PGresult *pg;
};

struct db {
    uv_loop_t *loop;
    PGconn *conn;     /* NULL where it could not even be begun */
    uv_poll_t *watch; /* of the socket; NULL while nothing is watched. Frees itself */
    int watched;      /* events, 0 for none */
    uv_timer_t timer; /* while connecting its end, later the next turn of the loop */
    enum db_state state;
    struct request *first, *last;
    struct err lost;    /* why, in state LOST */
    struct err parting; /* a FATAL of the server that belonged to no request */
    char sqlstate[DB_SQLSTATE_MAX];
    bool is_flushing;             /* libpq holds bytes that the socket has not taken */
    void (*notified)(void *data); /* NULL: nobody wants to know */
    void *notified_data;
};

/* --- db.c: the queue ------------------------------------------------------------------------- */

/* Takes the first request out of the queue and calls its callback. */
void db_finish_first(struct db *db);

/* Carries on with whatever can be done now, and watches the socket for the rest. */
void db_pump(struct db *db);

/* Carries on in `ms`, 0 for the next turn of the loop; while connecting, gives up then. */
void db_wake_in(struct db *db, uint64_t ms);

/* Ends the connection: everything that waits will be answered with this by db_pump(). */
void db_lose(struct db *db, enum err_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Watches the socket for `events`; with none, no longer. */
void db_watch(struct db *db, int events, uv_poll_cb on_event);

/* --- db_connect.c ---------------------------------------------------------------------------- */

/* Begins to connect; the end is the end of the request at the head of the queue. */
void db_begin_connecting(struct db *db, const char *url, const char *application_name);

/* --- db_request.c: one request and libpq ----------------------------------------------------- */

void db_request_free(struct request *request);

/* True where the request has come to its end; false where it waits for the socket, or all is lost.
 */
bool db_request_carry_on(struct db *db, struct request *request);

/* --- db_error.c ------------------------------------------------------------------------------ */

/* What a failed result tells; its SQLSTATE goes to the connection. */
void db_error_of_result(struct db *db, const PGresult *result, struct err *err);

/* libpq's own message, in one line and without the password. `text` has room for ERR_TEXT_MAX. */
const char *db_error_of_connection(const struct db *db, char *text);

/* Puts every run of white space as one blank, and the password as stars. */
void db_clean_message(const PGconn *conn, char *text);
