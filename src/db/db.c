#include "db/db_private.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"

/*
 * The connection and its queue.
 *
 *   CONNECTING ──▶ OPEN ◀──▶ COPYING         CLOSING: from anywhere, by db_close()
 *        │           │          │
 *        └───────────┴──────────┴──▶ LOST    all requests, waiting and later ones, end with ERR_DB
 *
 * A request is put behind the others and the timer is started with zero: all work is done from the
 * loop, in db_pump(), so that no callback is ever called from inside the function it was given to.
 * db_pump() carries on with the first request until it waits for the socket; then the socket is
 * watched: always for reading, since that is how a lost connection shows, and for writing while
 * libpq holds bytes.
 *
 * - A request that the server refuses ends with the server's message; the next one goes on.
 * - A connection that ends, or a socket that fails, loses the connection.
 * - db_close() may come at any time, from inside a callback too; memory goes when the timer's close
 *   callback has come.
 */

static struct request *enqueue(struct db *db, enum request_kind kind, const char *sql,
                               db_done_fn *done, void *data)
{
    struct request *request = mem_new(sizeof(*request));

    request->kind = kind;
    request->sql = mem_strdup(sql);
    request->done = done;
    request->data = data;
    if (db->first == NULL)
        db->first = request;
    else
        db->last->next = request;
    db->last = request;
    if (db->state != DB_CONNECTING && db->state != DB_CLOSING)
        db_wake_in(db, 0);
    return request;
}

static struct request *dequeue(struct db *db)
{
    struct request *request = db->first;

    db->first = request->next;
    return request;
}

/* While connecting, the timer ends the patience; later it only brings the next turn. */
static void on_timer(uv_timer_t *timer)
{
    struct db *db = timer->data;

    if (db->state == DB_CONNECTING)
        db_lose(db, ERR_DB, "cannot connect to the database: no answer in time");
    db_pump(db);
}

struct db *db_connect(uv_loop_t *loop, const char *url, const char *application_name,
                      db_done_fn *done, void *data)
{
    struct db *db = mem_new(sizeof(*db));

    db->loop = loop;
    uv_timer_init(loop, &db->timer);
    db->timer.data = db;
    db->state = DB_CONNECTING;
    enqueue(db, REQUEST_CONNECT, NULL, done, data);
    db_begin_connecting(db, url, application_name);
    return db;
}

void db_query(struct db *db, const char *sql, int n_params, const char *const params[],
              db_done_fn *done, void *data)
{
    struct request *request = enqueue(db, REQUEST_QUERY, sql, done, data);

    request->n_params = n_params;
    request->params = mem_new_array((size_t)n_params, sizeof(char *));
    for (int i = 0; i < n_params; i++)
        request->params[i] = mem_strdup(params[i]);
}

void db_script(struct db *db, const char *sql, db_done_fn *done, void *data)
{
    enqueue(db, REQUEST_SCRIPT, sql, done, data);
}

void db_copy_begin(struct db *db, const char *statement, db_done_fn *done, void *data)
{
    enqueue(db, REQUEST_COPY_BEGIN, statement, done, data);
}

void db_copy_data(struct db *db, const void *chunk, size_t size, db_done_fn *done, void *data)
{
    struct request *request = enqueue(db, REQUEST_COPY_DATA, NULL, done, data);

    request->chunk = chunk;
    request->chunk_size = size;
}

void db_copy_end(struct db *db, const char *reason, db_done_fn *done, void *data)
{
    enqueue(db, REQUEST_COPY_END, reason, done, data);
}

bool db_is_lost(const struct db *db)
{
    return db->state == DB_LOST;
}

void db_on_notify(struct db *db, void (*notified)(void *data), void *data)
{
    db->notified = notified;
    db->notified_data = data;
}

const char *db_last_sqlstate(const struct db *db)
{
    return db->sqlstate;
}

/* --- the socket ------------------------------------------------------------------------------ */

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

void db_watch(struct db *db, int events, uv_poll_cb on_event)
{
    int status = 0;

    if (events == db->watched)
        return;
    db->watched = events;
    if (events == 0) {
        uv_close((uv_handle_t *)db->watch, free_handle);
        db->watch = NULL;
        return;
    }
    if (db->watch == NULL) {
        db->watch = mem_new(sizeof(*db->watch));
        status = uv_poll_init(db->loop, db->watch, PQsocket(db->conn));
        db->watch->data = db;
        if (status != 0) { /* a handle that was never begun is not closed */
            free(db->watch);
            db->watch = NULL;
            db->watched = 0;
        }
    }
    if (status == 0)
        status = uv_poll_start(db->watch, events, on_event);
    if (status != 0) {
        db_lose(db, ERR_DB, "the connection to the database cannot be watched: %s",
                uv_strerror(status));
        db_wake_in(db, 0);
    }
}

/* What the server said before it hung up is still worth reading, also where the socket failed. */
static void on_hung_up(struct db *db)
{
    char text[ERR_TEXT_MAX];

    if (db->first != NULL && db->first->is_sent && db_request_carry_on(db, db->first))
        db_finish_first(db);
    if (db->parting.kind == ERR_NONE && db->first != NULL)
        db->parting = db->first->err;
    if (db->parting.kind == ERR_NONE && db->conn != NULL)
        err_set(&db->parting, ERR_DB, "%s", db_error_of_connection(db, text));
    db_lose(db, ERR_DB, "the connection to the database is lost: %s", db->parting.text);
}

/* Whatever is done with the rows that came with them may have closed the connection. */
static void tell_notified(struct db *db)
{
    PGnotify *notify;
    bool is_notified = false;

    while (db->conn != NULL && (notify = PQnotifies(db->conn)) != NULL) {
        PQfreemem(notify);
        is_notified = true;
    }
    if (is_notified && db->notified != NULL)
        db->notified(db->notified_data);
}

static void on_event(uv_poll_t *watch, int status, int events)
{
    struct db *db = watch->data;
    bool is_read = (events & UV_READABLE) || status < 0 ? PQconsumeInput(db->conn) == 1 : true;

    (void)PQisBusy(db->conn); /* reads what belongs to no request: the server's last words, too */
    if (status < 0 || !is_read)
        on_hung_up(db);
    db_pump(db);
    tell_notified(db);
}

void db_lose(struct db *db, enum err_kind kind, const char *format, ...)
{
    va_list arguments;

    if (db->state == DB_LOST || db->state == DB_CLOSING)
        return;
    db->state = DB_LOST;
    db->lost.kind = kind;
    va_start(arguments, format);
    vsnprintf(db->lost.text, sizeof(db->lost.text), format, arguments);
    va_end(arguments);
    db_watch(db, 0, NULL);
}

/* --- the queue at work ----------------------------------------------------------------------- */

void db_finish_first(struct db *db)
{
    struct request *request = dequeue(db);
    struct db_result result = {request->result};

    if (request->err.kind != ERR_NONE)
        request->done(request->data, NULL, &request->err);
    else
        request->done(request->data, result.pg == NULL ? NULL : &result, NULL);
    db_request_free(request);
}

void db_wake_in(struct db *db, uint64_t ms)
{
    uv_timer_start(&db->timer, on_timer, ms, 0);
}

void db_pump(struct db *db)
{
    while ((db->state == DB_OPEN || db->state == DB_COPYING) && db->first != NULL &&
           db_request_carry_on(db, db->first))
        db_finish_first(db);

    while (db->state == DB_LOST && db->first != NULL) {
        db->first->err = db->lost;
        db_finish_first(db);
    }
    if (db->state == DB_OPEN || db->state == DB_COPYING)
        db_watch(db, UV_READABLE | (db->is_flushing ? UV_WRITABLE : 0), on_event);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct db *db = handle->data;

    while (db->first != NULL) {
        err_set(&db->first->err, ERR_CANCELED, "the connection to the database was closed");
        db_finish_first(db);
    }
    free(db);
}

void db_close(struct db *db)
{
    assert(db->state != DB_CLOSING);
    db_watch(db, 0, NULL);
    db->state = DB_CLOSING;
    PQfinish(db->conn);
    db->conn = NULL;
    uv_close((uv_handle_t *)&db->timer, on_timer_closed);
}

/* --- results --------------------------------------------------------------------------------- */

int db_n_rows(const struct db_result *result)
{
    return PQntuples(result->pg);
}

bool db_is_null(const struct db_result *result, int row, int column)
{
    return PQgetisnull(result->pg, row, column) != 0;
}

const char *db_text(const struct db_result *result, int row, int column)
{
    return PQgetvalue(result->pg, row, column);
}

int64_t db_int64(const struct db_result *result, int row, int column)
{
    const char *text = db_text(result, row, column);
    int64_t value = 0;

    if (*text != '\0' && !text_parse_int64(text, strlen(text), &value))
        assert(!"the statement does not give an integer here");
    return value;
}

bool db_bool(const struct db_result *result, int row, int column)
{
    return db_text(result, row, column)[0] == 't';
}

int64_t db_n_affected(const struct db_result *result)
{
    const char *text = PQcmdTuples(result->pg);
    int64_t value = 0;

    text_parse_int64(text, strlen(text), &value);
    return value;
}
