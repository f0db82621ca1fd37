#include "db/db_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"

/*
 * Connecting: start, poll until libpq says that it is done, look whether the database will do.
 *
 * The socket may be another one after every step (several addresses, TLS refused), also with the
 * number of the one before. So its watch ends before each step and begins anew behind it.
 *
 * - The URL cannot be read: ERR_CONFIG; what libpq quotes of it is starred out.
 * - No connection, or none in time: ERR_DB.
 * - A server older than 15, or a database that is not UTF8: ERR_CONFIG.
 *
 * One thing can block: libpq looks a host name up in PQconnectStart(). Connecting comes before any
 * call is made, so nothing waits for it.
 */

#define PATIENCE_S 15 /* for a URL that names no connect_timeout */

/*
 * What a role's or a database's own defaults must not change under us: a timeout that ends a
 * publish half way, a commit that is not on disk when the ledger counts on it, dates in another
 * shape.
 */
static const char pinned[] =
    " -c statement_timeout=0"
    " -c lock_timeout=0"
    " -c idle_in_transaction_session_timeout=0"
    " -c idle_session_timeout=0"
    " -c synchronous_commit=on"
    " -c default_transaction_isolation=read\\ committed"
    " -c TimeZone=UTC"
    " -c DateStyle=ISO"
    " -c IntervalStyle=postgres"
    " -c bytea_output=hex"
    " -c standard_conforming_strings=on"
    " -c search_path=linkhaul,pg_temp";

/* What of the URL we must know ourselves. */
struct url_parts {
    char *options;
    int64_t patience_s;
};

static void on_event(uv_poll_t *watch, int status, int events);

/* Everything in double quotes is a piece of the URL, and with it perhaps of the password. */
static void star_quotes(char *text)
{
    bool is_quoted = false;

    for (char *at = text; *at != '\0'; at++) {
        if (*at == '"')
            is_quoted = !is_quoted;
        else if (is_quoted)
            *at = '*';
    }
}

static void read_part(const PQconninfoOption *option, struct url_parts *parts)
{
    if (option->val == NULL)
        return;
    if (strcmp(option->keyword, "options") == 0) {
        free(parts->options);
        parts->options = mem_strdup(option->val);
    } else if (strcmp(option->keyword, "connect_timeout") == 0) {
        int64_t patience_s;

        if (text_parse_int64(option->val, strlen(option->val), &patience_s) && patience_s > 0 &&
            patience_s <= 86400)
            parts->patience_s = patience_s;
    }
}

static bool read_url(struct db *db, const char *url, struct url_parts *parts)
{
    char *message = NULL;
    PQconninfoOption *all = PQconninfoParse(url, &message);

    if (all == NULL) {
        char text[ERR_TEXT_MAX];

        snprintf(text, sizeof(text), "%s", message == NULL ? "out of memory" : message);
        PQfreemem(message);
        star_quotes(text);
        db_clean_message(NULL, text);
        db_lose(db, ERR_CONFIG,
                "the database's URL cannot be read: %s (it looks like "
                "postgresql://user@host/database)",
                text);
        return false;
    }
    for (const PQconninfoOption *option = all; option->keyword != NULL; option++)
        read_part(option, parts);
    PQconninfoFree(all);
    return true;
}

/* Warnings of the server are for whoever looks for them; its last words are kept. */
static void on_notice(void *data, const PGresult *notice)
{
    struct db *db = data;
    const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    struct err err;

    db_error_of_result(db, notice, &err);
    if (severity != NULL && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0))
        db->parting = err;
    else
        log_debug("database: %s", err.text);
}

static void start(struct db *db, const char *url, const char *application_name, const char *options)
{
    /* Of two equal keywords the later counts: the URL may change what stands before it. */
    const char *const keywords[] = {"gssencmode",       "keepalives_idle", "keepalives_interval",
                                    "keepalives_count", "dbname",          "application_name",
                                    "client_encoding",  "options",         NULL};
    const char *const values[] = {"disable",        "30",   "10",    "3", url,
                                  application_name, "UTF8", options, NULL};

    db->conn = PQconnectStartParams(keywords, values, 1);
}

void db_begin_connecting(struct db *db, const char *url, const char *application_name)
{
    struct url_parts parts = {.patience_s = PATIENCE_S};
    char *options;

    if (!read_url(db, url, &parts)) {
        db_wake_in(db, 0);
        return;
    }
    if (parts.options == NULL)
        parts.options = mem_strdup(getenv("PGOPTIONS"));
    options = mem_printf("%s%s", parts.options == NULL ? "" : parts.options, pinned);
    start(db, url, application_name, options);
    free(options);
    free(parts.options);
    if (db->conn == NULL || PQstatus(db->conn) == CONNECTION_BAD) {
        char text[ERR_TEXT_MAX];

        db_lose(db, ERR_DB, "cannot connect to the database: %s", db_error_of_connection(db, text));
        db_wake_in(db, 0);
        return;
    }
    PQsetNoticeReceiver(db->conn, on_notice, db);
    db_wake_in(db, (uint64_t)parts.patience_s * 1000);
    db_watch(db, UV_WRITABLE, on_event);
}

/* What can only be known with a connection. */
static void look_at_database(struct db *db)
{
    const char *encoding = PQparameterStatus(db->conn, "server_encoding");
    int version = PQserverVersion(db->conn);

    if (version < 150000)
        db_lose(db, ERR_CONFIG,
                "the database's server is PostgreSQL %d; linkhaul needs 15 or later",
                version / 10000);
    else if (encoding == NULL || strcmp(encoding, "UTF8") != 0)
        db_lose(db, ERR_CONFIG,
                "database %s has the encoding %s; linkhaul needs one made with ENCODING 'UTF8'",
                PQdb(db->conn), encoding == NULL ? "(unknown)" : encoding);
}

static void on_connected(struct db *db)
{
    uv_timer_stop(&db->timer);
    look_at_database(db);
    if (db->state == DB_CONNECTING && PQsetnonblocking(db->conn, 1) != 0)
        db_lose(db, ERR_DB, "cannot connect to the database: the socket stays blocking");
    if (db->state == DB_CONNECTING) {
        db->state = DB_OPEN;
        db_finish_first(db);
    }
}

static void on_event(uv_poll_t *watch, int status, int events)
{
    struct db *db = watch->data;
    char text[ERR_TEXT_MAX];

    (void)events;
    (void)status; /* whatever it is, PQconnectPoll() tells more about it */
    db_watch(db, 0, NULL);
    switch (PQconnectPoll(db->conn)) {
    case PGRES_POLLING_READING:
        db_watch(db, UV_READABLE, on_event);
        return;
    case PGRES_POLLING_WRITING:
        db_watch(db, UV_WRITABLE, on_event);
        return;
    case PGRES_POLLING_OK:
        on_connected(db);
        break;
    case PGRES_POLLING_FAILED:
    case PGRES_POLLING_ACTIVE:
        db_lose(db, ERR_DB, "cannot connect to the database: %s", db_error_of_connection(db, text));
        break;
    }
    db_pump(db);
}
