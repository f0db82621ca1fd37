/*
 * PostgreSQL on the event loop: one `struct db` is one connection with a queue of its own.
 *
 * Everything is non-blocking libpq on uv_poll. Requests are carried out one after the other in the
 * order in which they were given; each has one callback, called exactly once and never from inside
 * the function it was given to. After a lost connection every request that waits, and every later
 * one, ends with ERR_DB: a `struct db` does not reconnect by itself, its owner makes a new one.
 *
 * COPY: db_copy_data() hands a chunk to libpq only when all before has gone to the socket, since
 * libpq itself has no ceiling (src/README.md, "Back-pressure").
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct db;
struct db_result;
struct uv_loop_s;

#define DB_SQLSTATE_MAX 6

/*
 * `result` lasts for the callback and is NULL where `err` is set. The error's kind is ERR_DATA for
 * SQLSTATE classes 22 and 54 (the data is at fault), ERR_BUDGET for our own LH001 (a cap refused),
 * else ERR_DB; its text is the server's message in one line, without parameters.
 */
typedef void db_done_fn(void *data, const struct db_result *result, const struct err *err);

/*
 * Connects and pins the session's settings (time zone, search_path, timeouts, synchronous_commit,
 * client_encoding); refuses a database that is not UTF8, a server older than 15 and a URL that
 * cannot be read (ERR_CONFIG). `done` comes with NULL as result. Requests may be given at once. The
 * URL may hold a password: it is starred out of every error.
 */
struct db *db_connect(struct uv_loop_s *loop, const char *url, const char *application_name,
                      db_done_fn *done, void *data);

/* A statement with text parameters, NULL for SQL's NULL; all texts are copied. */
void db_query(struct db *db, const char *sql, int n_params, const char *const params[],
              db_done_fn *done, void *data);

/* Several statements in one message, without parameters ("BEGIN; SET LOCAL ..."). The last result.
 */
void db_script(struct db *db, const char *sql, db_done_fn *done, void *data);

/*
 * COPY ... FROM STDIN. `statement` may be a script that ends in one COPY. `done` of db_copy_begin
 * comes when the server is ready for data; then db_copy_data() one chunk at a time, the next when
 * `done` of the one before has come (the chunk stays the caller's until then); then db_copy_end(),
 * with a `reason` to have the server give it up. Errors of the COPY come with its end.
 */
void db_copy_begin(struct db *db, const char *statement, db_done_fn *done, void *data);
void db_copy_data(struct db *db, const void *chunk, size_t size, db_done_fn *done, void *data);
void db_copy_end(struct db *db, const char *reason, db_done_fn *done, void *data);

bool db_is_lost(const struct db *db);

/* `notified` is called whenever notifications have come that the session LISTENs for, once for all
 * that came together; never after db_close(). */
void db_on_notify(struct db *db, void (*notified)(void *data), void *data);

/* Ends the connection, answers what waits with ERR_CANCELED, and frees all on a later turn. */
void db_close(struct db *db);

/* SQLSTATE of the last error on this connection, "" where there was none. */
const char *db_last_sqlstate(const struct db *db);

int db_n_rows(const struct db_result *result);
bool db_is_null(const struct db_result *result, int row, int column);
const char *db_text(const struct db_result *result, int row, int column); /* "" for NULL */
int64_t db_int64(const struct db_result *result, int row, int column);    /* 0 for NULL */
bool db_bool(const struct db_result *result, int row, int column);
int64_t db_n_affected(const struct db_result *result);
