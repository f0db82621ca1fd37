#include "db/db_private.h"

#include <assert.h>
#include <stdlib.h>

#include "core/mem.h"

/*
 * One request and libpq: hand it over, flush it, read its results until there are no more.
 *
 * A COPY takes three kinds of requests. Its begin ends when the server answers COPY_IN. Data is
 * handed to libpq a slice at a time, each when the one before has gone to the socket: libpq would
 * otherwise keep all of it, without a ceiling. The end brings the COPY's one result, good or bad;
 * libpq does not look at what the server says while data is being sent.
 *
 * - The server refuses: its first error is kept, the results behind it are read away, and the
 *   request ends with it.
 * - libpq refuses to take it: the request ends with libpq's message; where the connection went bad
 *   with it, the connection is lost.
 */

/* Small enough that libpq's buffer stays small, large enough that the system calls do not count. */
#define SLICE_SIZE ((size_t)256 * 1024)

void db_request_free(struct request *request)
{
    for (int i = 0; i < request->n_params; i++)
        free(request->params[i]);
    free(request->params);
    free(request->sql);
    PQclear(request->result);
    free(request);
}

/* The request ends here with `kind`, or everything does where the connection is bad. */
static bool fail(struct db *db, struct request *request, const char *what)
{
    char text[ERR_TEXT_MAX];

    db_error_of_connection(db, text);
    if (PQstatus(db->conn) == CONNECTION_BAD) {
        db_lose(db, ERR_DB, "the connection to the database is lost: %s", text);
        return false;
    }
    err_set(&request->err, ERR_DB, "%s: %s", what, text);
    return true;
}

static bool hand_over(struct db *db, struct request *request)
{
    switch (request->kind) {
    case REQUEST_QUERY:
        return PQsendQueryParams(db->conn, request->sql, request->n_params, NULL,
                                 (const char *const *)request->params, NULL, NULL, 0) == 1;
    case REQUEST_SCRIPT:
    case REQUEST_COPY_BEGIN:
        return PQsendQuery(db->conn, request->sql) == 1;
    case REQUEST_CONNECT:
    case REQUEST_COPY_DATA:
    case REQUEST_COPY_END:
        break;
    }
    assert(!"is not handed over this way");
    return false;
}

static bool flush(struct db *db, bool *ret_is_failed)
{
    int state = PQflush(db->conn);

    db->is_flushing = state == 1;
    *ret_is_failed = state < 0;
    return state == 0;
}

/* True at the end of the results. */
static bool read_results(struct db *db, struct request *request)
{
    while (!PQisBusy(db->conn)) {
        PGresult *result = PQgetResult(db->conn);
        ExecStatusType status = PQresultStatus(result);

        if (result == NULL)
            return true;
        if (status == PGRES_COPY_IN) {
            assert(request->kind == REQUEST_COPY_BEGIN);
            PQclear(result);
            db->state = DB_COPYING;
            return true;
        }
        if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
            status == PGRES_EMPTY_QUERY) {
            PQclear(request->result);
            request->result = result;
            continue;
        }
        assert(status != PGRES_COPY_OUT && status != PGRES_COPY_BOTH);
        if (request->err.kind == ERR_NONE)
            db_error_of_result(db, result, &request->err);
        PQclear(result);
        if (PQstatus(db->conn) == CONNECTION_BAD) {
            db_lose(db, ERR_DB, "the connection to the database is lost: %s", request->err.text);
            return false;
        }
    }
    return false;
}

static bool carry_on_statement(struct db *db, struct request *request)
{
    bool is_failed;

    assert(db->state == DB_OPEN);
    if (!request->is_sent && !hand_over(db, request))
        return fail(db, request, "a statement cannot be sent");
    request->is_sent = true;
    if (!flush(db, &is_failed))
        return is_failed ? fail(db, request, "a statement cannot be sent") : false;
    if (!read_results(db, request))
        return false;
    if (request->kind == REQUEST_COPY_BEGIN && db->state != DB_COPYING &&
        request->err.kind == ERR_NONE)
        err_set(&request->err, ERR_INTERNAL, "the statement does not end in a COPY: %s",
                request->sql);
    return true;
}

static bool carry_on_data(struct db *db, struct request *request)
{
    bool is_failed;

    while (flush(db, &is_failed)) {
        size_t n = request->chunk_size - request->n_handed;
        int state;

        if (n == 0)
            return true;
        n = n < SLICE_SIZE ? n : SLICE_SIZE;
        state = PQputCopyData(db->conn, request->chunk + request->n_handed, (int)n);
        if (state < 0)
            return fail(db, request, "COPY");
        if (state == 0) { /* libpq has no room until the socket takes what is there */
            db->is_flushing = true;
            return false;
        }
        request->n_handed += n;
    }
    return is_failed ? fail(db, request, "COPY") : false;
}

static bool carry_on_end(struct db *db, struct request *request)
{
    bool is_failed;

    if (!request->is_sent) {
        int state = PQputCopyEnd(db->conn, request->sql);

        if (state < 0)
            return fail(db, request, "COPY");
        db->is_flushing = true;
        if (state == 0)
            return false;
        request->is_sent = true;
    }
    if (!flush(db, &is_failed))
        return is_failed ? fail(db, request, "COPY") : false;
    if (!read_results(db, request))
        return false;
    db->state = DB_OPEN;
    return true;
}

bool db_request_carry_on(struct db *db, struct request *request)
{
    switch (request->kind) {
    case REQUEST_QUERY:
    case REQUEST_SCRIPT:
    case REQUEST_COPY_BEGIN:
        return carry_on_statement(db, request);
    case REQUEST_COPY_DATA:
    case REQUEST_COPY_END:
        if (db->state != DB_COPYING) {
            err_set(&request->err, ERR_DB, "no COPY is under way");
            return true;
        }
        return request->kind == REQUEST_COPY_DATA ? carry_on_data(db, request)
                                                  : carry_on_end(db, request);
    case REQUEST_CONNECT:
        break;
    }
    assert(!"connecting has its own callbacks");
    return true;
}
