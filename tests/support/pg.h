/*
 * Databases for tests: a fresh one each, on the server that LINKHAUL_TEST_PG names (a URL or
 * conninfo of a database there, with a role that may create databases), and plain questions to
 * them. All of it blocks, and whatever goes wrong fails the test.
 */
#pragma once

#include <stdint.h>

/* Makes an empty database and returns its URL, which stays pg's own. */
const char *pg_fresh_database(void);

/* The same with an encoding of its own and the locale C. */
const char *pg_fresh_database_encoded(const char *encoding);

/* Drops all that this process has made, whoever is still connected. For a suite's .fini. */
void pg_drop_databases(void);

/* One statement, or several; the last one's first value as a new string, NULL for NULL or none. */
char *pg_text(const char *url, const char *format, ...) __attribute__((format(printf, 2, 3)));
int64_t pg_int(const char *url, const char *format, ...) __attribute__((format(printf, 2, 3)));
void pg_execute(const char *url, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The SQLSTATE that a statement is refused with; "" where it is not. The caller's to free. */
char *pg_refusal(const char *url, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The server process behind the one connection whose application_name is like `pattern`. */
int64_t pg_backend(const char *url, const char *pattern);
