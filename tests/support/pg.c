#include "support/pg.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <libpq-fe.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/mem.h"

#define DATABASES_MAX 16

static struct {
    char name[64];
    char *url;
} databases[DATABASES_MAX];
static unsigned n_databases;

static const char *server(void)
{
    const char *url = getenv("LINKHAUL_TEST_PG");

    cr_assert(url != NULL && *url != '\0',
              "LINKHAUL_TEST_PG is not set: it names a PostgreSQL server for the tests "
              "(tests/run starts one)");
    return url;
}

static PGresult *ask(const char *url, const char *sql)
{
    PGconn *conn = PQconnectdb(url);
    PGresult *result;

    cr_assert(PQstatus(conn) == CONNECTION_OK, "%s", PQerrorMessage(conn));
    PQclear(PQexec(conn, "SET client_min_messages = warning"));
    result = PQexec(conn, sql);
    PQfinish(conn);
    return result;
}

static PGresult *ask_well(const char *url, const char *sql)
{
    PGresult *result = ask(url, sql);
    ExecStatusType status = PQresultStatus(result);

    cr_assert(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s\n%s", sql,
              PQresultErrorMessage(result));
    return result;
}

static void append_encoded(struct buf *url, const char *text)
{
    for (; *text != '\0'; text++)
        if (isalnum((unsigned char)*text))
            buf_append_char(url, *text);
        else
            buf_printf(url, "%%%02X", (unsigned)(unsigned char)*text);
}

/* The server's URL with another database. */
static char *url_of(const char *name)
{
    PQconninfoOption *options = PQconninfoParse(server(), NULL);
    struct buf url = BUF_WITH_CEILING(4096);

    cr_assert(options != NULL, "LINKHAUL_TEST_PG is neither a URL nor a conninfo string");
    buf_printf(&url, "postgresql:///%s", name);
    for (const PQconninfoOption *option = options; option->keyword != NULL; option++) {
        if (option->val == NULL || strcmp(option->keyword, "dbname") == 0)
            continue;
        buf_printf(&url, "%c%s=", strchr(buf_text(&url), '?') == NULL ? '?' : '&', option->keyword);
        append_encoded(&url, option->val);
    }
    PQconninfoFree(options);
    return buf_take(&url);
}

const char *pg_fresh_database_encoded(const char *encoding)
{
    char sql[256];

    cr_assert(n_databases < DATABASES_MAX);
    snprintf(databases[n_databases].name, sizeof(databases[0].name), "test_%ld_%u", (long)getpid(),
             n_databases);
    snprintf(sql, sizeof(sql), "DROP DATABASE IF EXISTS %s", databases[n_databases].name);
    PQclear(ask_well(server(), sql));
    snprintf(sql, sizeof(sql),
             "CREATE DATABASE %s TEMPLATE template0 ENCODING '%s' LC_COLLATE 'C' LC_CTYPE 'C'",
             databases[n_databases].name, encoding);
    PQclear(ask_well(server(), sql));
    databases[n_databases].url = url_of(databases[n_databases].name);
    return databases[n_databases++].url;
}

const char *pg_fresh_database(void)
{
    return pg_fresh_database_encoded("UTF8");
}

void pg_drop_databases(void)
{
    char sql[128];

    for (; n_databases > 0; n_databases--) {
        snprintf(sql, sizeof(sql), "DROP DATABASE IF EXISTS %s WITH (FORCE)",
                 databases[n_databases - 1].name);
        PQclear(ask(server(), sql));
        free(databases[n_databases - 1].url);
    }
}

__attribute__((format(printf, 1, 0))) static char *print(const char *format, va_list arguments)
{
    va_list again;
    int length;
    char *text;

    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    text = mem_new((size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    return text;
}

static char *first_value(const char *url, const char *sql)
{
    PGresult *result = ask_well(url, sql);
    char *value = NULL;

    if (PQntuples(result) > 0 && !PQgetisnull(result, 0, 0))
        value = mem_strdup(PQgetvalue(result, 0, 0));
    PQclear(result);
    return value;
}

char *pg_text(const char *url, const char *format, ...)
{
    va_list arguments;
    char *sql, *value;

    va_start(arguments, format);
    sql = print(format, arguments);
    va_end(arguments);
    value = first_value(url, sql);
    free(sql);
    return value;
}

int64_t pg_int(const char *url, const char *format, ...)
{
    va_list arguments;
    char *sql, *value;
    int64_t number;

    va_start(arguments, format);
    sql = print(format, arguments);
    va_end(arguments);
    value = first_value(url, sql);
    cr_assert(value != NULL, "no value: %s", sql);
    number = strtoll(value, NULL, 10);
    free(value);
    free(sql);
    return number;
}

void pg_execute(const char *url, const char *format, ...)
{
    va_list arguments;
    char *sql;

    va_start(arguments, format);
    sql = print(format, arguments);
    va_end(arguments);
    PQclear(ask_well(url, sql));
    free(sql);
}

char *pg_refusal(const char *url, const char *format, ...)
{
    va_list arguments;
    PGresult *result;
    const char *sqlstate;
    char *sql, *copy;

    va_start(arguments, format);
    sql = print(format, arguments);
    va_end(arguments);
    result = ask(url, sql);
    sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    copy = mem_strdup(sqlstate == NULL ? "" : sqlstate);
    PQclear(result);
    free(sql);
    return copy;
}

int64_t pg_backend(const char *url, const char *pattern)
{
    return pg_int(url,
                  "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND "
                  "application_name LIKE '%s'",
                  pattern);
}
