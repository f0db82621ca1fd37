/*
 * A connection of db/ and its loop, for tests: what is asked waits for its answer, and every answer
 * is held to the promise that it comes once and never from inside the call.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "core/err.h"
#include "db/db.h"

struct answer {
    bool is_there;
    unsigned nth; /* the order in which it came */
    struct err err;
    int n_rows;
    char text[128]; /* the first value */
    bool is_null;
};

struct rig {
    uv_loop_t loop;
    const char *url; /* of a fresh database */
    struct db *db;
    bool is_inside;  /* one of db's functions */
    unsigned n_done; /* answers so far */
};

extern struct rig rig;

/* Makes the database and the loop; for .init of a suite. */
void rig_begin(void);

/* Connects to `url` as application "test". */
struct err rig_connect_to(const char *url);
void rig_connect(void);

/* Runs the loop until no handle is left, and fails the test where one stays. */
void rig_end_loop(void);

/* Closes the connection, then the loop. */
void rig_end(void);

/* The callback for every request; `data` is a struct answer. */
void on_answer(void *data, const struct db_result *result, const struct err *err);
void wait_for(struct answer *answer);

/* Asks and does not wait. */
void query(const char *sql, struct answer *answer);

struct answer ask(const char *sql);
struct answer ask_script(const char *sql);
struct answer copy_begin(const char *statement);
struct answer copy_data(const char *data, size_t size);
struct answer copy_end(const char *reason);

/* Ends the server's side of the connection. */
void terminate_backend(void);
