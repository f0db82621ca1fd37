/*
 * Errors as values.
 *
 * A function that can fail returns bool, takes a `struct err *` as its last parameter and fills it
 * only when it returns false. Each caller puts in front what it knows ("job prices: page 3: ...")
 * and passes the error on. Only the place that decides what happens next logs it.
 */
#pragma once

#include <stdbool.h>

/* The kind decides what happens next; it is all that code may test. The text is for people. */
enum err_kind {
    ERR_NONE,
    ERR_USAGE,    /* the command line is wrong */
    ERR_CONFIG,   /* a configuration or job file is wrong */
    ERR_NETWORK,  /* no usable answer came from the API */
    ERR_LOGIN,    /* the API refused the login, or the account cannot be used */
    ERR_API,      /* the API refused the request: asking again changes nothing */
    ERR_DATA,     /* what came is not what it should be; for PostgreSQL: SQLSTATE 22xxx, 54xxx */
    ERR_DB,       /* PostgreSQL cannot be reached, or refused */
    ERR_IO,       /* a file: the spool, a configuration file that cannot be read */
    ERR_BUSY,     /* somebody else holds it, or it must be tried later */
    ERR_BUDGET,   /* the call does not fit a cap */
    ERR_CANCELED, /* we were told to stop */
    ERR_INTERNAL, /* this should not happen */
};

#define ERR_TEXT_MAX 1024

struct err {
    enum err_kind kind;
    char text[ERR_TEXT_MAX]; /* always ends in a NUL; the tail is cut where it is too long */
};

/* Fills `err`. Always returns false, so that a failing function ends in one line. */
bool err_set(struct err *err, enum err_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "context: " before the text and keeps the kind. Always returns false. */
bool err_wrap(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * What to do about an error whose text cannot say it, since it is PostgreSQL's or should not exist:
 * to stand behind the text where it is told. "" for the other kinds, whose texts say it themselves.
 */
const char *err_advice(enum err_kind kind);

/* The exit code of a command that ended with this error (sysexits; see --help). */
int err_exit_code(enum err_kind kind);
