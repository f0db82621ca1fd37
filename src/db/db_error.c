#include "db/db_private.h"

#include <stdio.h>
#include <string.h>

#include "core/buf.h"

/*
 * What went wrong, in one line for people, and its kind for the code.
 *
 * The server's primary message and its SQLSTATE are told; its detail is not, since that quotes
 * rows. A COPY's context is told as far as the line's number: it says which row was refused.
 */

static enum err_kind kind_of(const char *sqlstate)
{
    if (strcmp(sqlstate, "LH001") == 0)
        return ERR_BUDGET;
    if (strncmp(sqlstate, "22", 2) == 0 || strncmp(sqlstate, "54", 2) == 0)
        return ERR_DATA;
    return ERR_DB;
}

/* "COPY backlink, line 5" of "COPY backlink, line 5, column anchor: ..."; "" of anything else. */
static void copy_place(const char *context, char *place, size_t size)
{
    const char *line = context == NULL ? NULL : strstr(context, ", line ");

    place[0] = '\0';
    if (line == NULL || strncmp(context, "COPY ", 5) != 0)
        return;
    line += strlen(", line ");
    line += strspn(line, "0123456789");
    snprintf(place, size, ", %.*s", (int)(line - context), context);
}

void db_error_of_result(struct db *db, const PGresult *result, struct err *err)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    char place[128];

    if (message == NULL)
        message = PQresultErrorMessage(result);
    if (sqlstate == NULL) { /* libpq's own */
        err_set(err, ERR_DB, "%s", message);
    } else {
        snprintf(db->sqlstate, sizeof(db->sqlstate), "%s", sqlstate);
        copy_place(PQresultErrorField(result, PG_DIAG_CONTEXT), place, sizeof(place));
        if (kind_of(sqlstate) == ERR_BUDGET)
            err_set(err, ERR_BUDGET, "%s", message);
        else
            err_set(err, kind_of(sqlstate), "%s (SQLSTATE %s%s)", message, sqlstate, place);
    }
    db_clean_message(db->conn, err->text);
}

const char *db_error_of_connection(const struct db *db, char *text)
{
    const char *message = db->conn == NULL ? "out of memory" : PQerrorMessage(db->conn);

    snprintf(text, ERR_TEXT_MAX, "%s", *message == '\0' ? "no reason is known" : message);
    db_clean_message(db->conn, text);
    return text;
}

static void put_in_one_line(char *text)
{
    char *to = text;

    for (const char *from = text; *from != '\0'; from++) {
        bool is_blank = *from == ' ' || *from == '\n' || *from == '\t' || *from == '\r';

        if (!is_blank)
            *to++ = *from;
        else if (to > text && to[-1] != ' ')
            *to++ = ' ';
    }
    if (to > text && to[-1] == ' ')
        to--;
    *to = '\0';
}

void db_clean_message(const PGconn *conn, char *text)
{
    struct buf clean = BUF_WITH_CEILING(3 * ERR_TEXT_MAX);
    const char *password = conn == NULL ? NULL : PQpass(conn);
    const char *from = text;

    put_in_one_line(text);
    if (password == NULL || *password == '\0')
        return;
    for (const char *at; (at = strstr(from, password)) != NULL; from = at + strlen(password)) {
        buf_append(&clean, from, (size_t)(at - from));
        buf_append_string(&clean, "***");
    }
    buf_append_string(&clean, from);
    snprintf(text, ERR_TEXT_MAX, "%s", buf_text(&clean));
    buf_deinit(&clean);
}
