/* What the files of store/ share. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/uuid.h"
#include "db/db.h"
#include "store/store.h"

/* "linkhaul": the lock that a holder's `control` has; the other connections' are next to it. */
#define STORE_LOCK_KEY INT64_C(0x6c696e6b6861756c)

/* The own keys of connections that work side by side begin behind it. */
#define STORE_SEAT_LOCK_KEY (STORE_LOCK_KEY + 1000)

/* Of a process that loads a run again. */
#define STORE_REPLAY_LOCK_KEY (STORE_LOCK_KEY + 3)

enum store_connection { CONTROL, LOADER, PUBLISHER, N_CONNECTIONS };

struct store {
    struct db *connections[N_CONNECTIONS]; /* those that are not needed are NULL */
    bool is_copying;                       /* between copy_begin and copy_end, on `loader` */
    bool has_savepoint;                    /* in the loader's transaction */
    struct reservation *reservations, **reservations_end; /* wait while others are being made */
    bool is_reserving;
    struct store_place *place; /* NULL: the process has no other store */
    int64_t first_seat;        /* of the place; 0: none was taken */
    char *others;              /* runs that are left alone, as an array; NULL: none */
    unsigned n_verbs;          /* calls that have not been answered */
    bool is_closing;           /* freed when the last of them is */
};

/* Every verb is counted in and out: the store stays until the last of them has been answered. */
void store_verb_begin(struct store *store);
void store_verb_end(struct store *store);

#define PARAMS_MAX 24

/* The parameters of a statement, in their order; texts stay the caller's. */
struct params {
    const char *values[PARAMS_MAX];
    char texts[PARAMS_MAX][UUID_TEXT_MAX];
    int n;
};

void params_text(struct params *params, const char *text);
void params_int(struct params *params, int64_t value);
void params_int_or_null(struct params *params, int64_t value, bool is_null);
void params_uuid(struct params *params, const struct uuid *uuid);
void params_uuid_or_null(struct params *params, const struct uuid *uuid);

/*
 * A verb that is one statement. It has to touch one row where `must` is given: otherwise it ends
 * with ERR_INTERNAL and that text.
 */
void store_change(struct store *store, enum store_connection where, const char *sql,
                  const struct params *params, const char *must, store_done_fn *done, void *data);

/* A script on `loader`, and ending a COPY that is under way there, so that others may follow. */
void store_load_say(struct store *store, const char *sql, store_done_fn *done, void *data);
void store_load_give_up_copy(struct store *store);

/* In a start's transaction: notes a feed and begins its listings, or that it needs none. Each of
 * its statements tells `done`. */
void store_put_feed(struct db *db, const struct store_run_request *request,
                    const struct store_feed *feed, db_done_fn *done, void *data);

/* What publish.sql gave; false with ERR_INTERNAL where the listing was not open. */
bool store_read_published(const struct db_result *result, struct store_published *ret_published,
                          struct err *err);

/*
 * A question whose answer is rows, from its statement to its answer. `done` is the asker's, of the
 * type that the verb's own callback knows.
 */
struct question {
    struct store *store;
    void (*done)(void);
    void *data; /* the asker's */
};

/* Puts the statement on `control`; `answered` is given the question, and ends it. */
void question_put(struct store *store, const char *sql, const struct params *params,
                  db_done_fn *answered, void (*done)(void), void *data);
void question_end(struct question *question);

/* Of an outcome, what book.sql and book_page.sql begin with. */
void store_outcome_params(struct params *params, const struct store_outcome *outcome);
