#include "store/store.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "core/mem.h"
#include "store/migrate.h"
#include "store/replay.h"
#include "store/sql.h"
#include "store/store_private.h"

/*
 * Opening and closing, and what the verbs share.
 *
 * Opening goes connection by connection. On the first: is the schema there, and is it this
 * binary's? Then each connection takes a lock of its own. A process that was killed leaves server
 * processes behind that may be in the middle of a commit; with all locks in hand none of them is
 * left, and what the database says then is how things are.
 *
 * - Cannot connect: ERR_DB. Schema missing, older, newer: ERR_CONFIG.
 * - A lock is taken, and stays so for LOCK_PATIENCE: ERR_BUSY, naming who has it.
 */

#define LOCK_PATIENCE "SET lock_timeout = '2s'"
#define LOCK_PATIENCE_OVER "SET lock_timeout = 0"

/* A connection that is opened, its name for whoever looks at the server, and its lock; 0: none. */
struct seat {
    const char *name; /* NULL: behind the last */
    enum store_connection at;
    int64_t lock;
};

static const struct seat holder_seats[] = {{"control", CONTROL, STORE_LOCK_KEY},
                                           {"loader", LOADER, STORE_LOCK_KEY + 1},
                                           {"publisher", PUBLISHER, STORE_LOCK_KEY + 2},
                                           {NULL}};
static const struct seat reader_seats[] = {{"control", CONTROL, 0}, {NULL}};
static const struct seat replay_seats[] = {{"replay", LOADER, STORE_REPLAY_LOCK_KEY}, {NULL}};

struct opening {
    struct store *store;
    uv_loop_t *loop;
    char *url;
    const struct seat *seat; /* whose connection is being opened */
    bool is_first;
    struct err err;
    store_done_fn *done;
    void *data;
};

static void connect_next(struct opening *opening);
static void on_connected(void *data, const struct db_result *result, const struct err *err);
static void on_schema_exists(void *data, const struct db_result *result, const struct err *err);
static void on_schema_version(void *data, const struct db_result *result, const struct err *err);
static void take_lock(struct opening *opening);
static void on_lock(void *data, const struct db_result *result, const struct err *err);
static void on_who_holds_lock(void *data, const struct db_result *result, const struct err *err);
static void on_lock_patience_over(void *data, const struct db_result *result,
                                  const struct err *err);

static void finish(struct opening *opening, const struct err *err)
{
    opening->done(opening->data, err);
    store_verb_end(opening->store);
    free(opening->url);
    free(opening);
}

static struct store *open_seats(uv_loop_t *loop, const char *url, const struct seat *seats,
                                store_done_fn *done, void *data)
{
    struct store *store = mem_new(sizeof(*store));
    struct opening *opening = mem_new(sizeof(*opening));

    store->reservations_end = &store->reservations;
    *opening = (struct opening){
        .store = store, .loop = loop, .seat = seats, .is_first = true, .done = done, .data = data};
    opening->url = mem_strdup(url);
    store_verb_begin(store);
    connect_next(opening);
    return store;
}

struct store *store_open(uv_loop_t *loop, const char *url, bool is_holder, store_done_fn *done,
                         void *data)
{
    return open_seats(loop, url, is_holder ? holder_seats : reader_seats, done, data);
}

struct store *store_open_replay(uv_loop_t *loop, const char *url, store_done_fn *done, void *data)
{
    return open_seats(loop, url, replay_seats, done, data);
}

static void connect_next(struct opening *opening)
{
    CLEANUP(mem_free_string)
    char *name = mem_printf("linkhaul[%ld] %s", (long)getpid(), opening->seat->name);

    opening->store->connections[opening->seat->at] =
        db_connect(opening->loop, opening->url, name, on_connected, opening);
}

static struct db *connection(const struct opening *opening)
{
    return opening->store->connections[opening->seat->at];
}

static void on_connected(void *data, const struct db_result *result, const struct err *err)
{
    struct opening *opening = data;

    (void)result;
    if (err != NULL)
        finish(opening, err);
    else if (opening->is_first)
        db_query(connection(opening), sql_schema_exists, 0, NULL, on_schema_exists, opening);
    else
        take_lock(opening);
}

static void on_schema_exists(void *data, const struct db_result *result, const struct err *err)
{
    struct opening *opening = data;

    if (err == NULL && !db_bool(result, 0, 0)) {
        err_set(&opening->err, ERR_CONFIG,
                "the database has no linkhaul schema yet: run `linkhaul migrate`");
        err = &opening->err;
    }
    if (err != NULL)
        finish(opening, err);
    else
        db_query(connection(opening), sql_schema_version, 0, NULL, on_schema_version, opening);
}

static void on_schema_version(void *data, const struct db_result *result, const struct err *err)
{
    struct opening *opening = data;

    if (err == NULL && db_int64(result, 0, 0) != migrate_version()) {
        bool is_older = db_int64(result, 0, 0) < migrate_version();

        err_set(&opening->err, ERR_CONFIG,
                "the database's schema is at migration %s, this linkhaul (" LINKHAUL_VERSION
                ") at %d: %s",
                db_text(result, 0, 0), migrate_version(),
                is_older ? "run `linkhaul migrate`" : "install a newer linkhaul");
        err = &opening->err;
    }
    if (err != NULL || opening->seat->lock == 0)
        finish(opening, err);
    else
        take_lock(opening);
}

static void ignore(void *data, const struct db_result *result, const struct err *err)
{
    (void)data;
    (void)result;
    (void)err;
}

static void ask_about_lock(struct opening *opening, const char *sql, db_done_fn *done)
{
    struct params params = {0};

    params_int(&params, opening->seat->lock);
    db_query(connection(opening), sql, params.n, params.values, done, opening);
}

static void take_lock(struct opening *opening)
{
    db_script(connection(opening), LOCK_PATIENCE, ignore, NULL);
    ask_about_lock(opening, sql_take_lock, on_lock);
}

static void on_lock(void *data, const struct db_result *result, const struct err *err)
{
    struct opening *opening = data;

    (void)result;
    if (err == NULL)
        db_script(connection(opening), LOCK_PATIENCE_OVER, on_lock_patience_over, opening);
    else if (strcmp(db_last_sqlstate(connection(opening)), "55P03") == 0)
        ask_about_lock(opening, sql_who_holds_lock, on_who_holds_lock);
    else
        finish(opening, err);
}

static void on_who_holds_lock(void *data, const struct db_result *result, const struct err *err)
{
    struct opening *opening = data;

    if (err != NULL)
        opening->err = *err;
    else if (db_n_rows(result) == 0)
        err_set(&opening->err, ERR_BUSY,
                "another linkhaul worked on this database a moment ago: try again");
    else
        err_set(&opening->err, ERR_BUSY,
                "another linkhaul works on this database: %s, connected since %s (server process "
                "%s); let it finish, or end it with SIGTERM and start again",
                db_text(result, 0, 1), db_text(result, 0, 2), db_text(result, 0, 0));
    finish(opening, &opening->err);
}

static void on_lock_patience_over(void *data, const struct db_result *result, const struct err *err)
{
    struct opening *opening = data;

    (void)result;
    opening->is_first = false;
    opening->seat++;
    if (err != NULL || opening->seat->name == NULL)
        finish(opening, err);
    else
        connect_next(opening);
}

/* --- closing --------------------------------------------------------------------------------- */

static void free_if_over(struct store *store)
{
    if (store->is_closing && store->n_verbs == 0)
        free(store);
}

void store_verb_begin(struct store *store)
{
    assert(!store->is_closing);
    store->n_verbs++;
}

void store_verb_end(struct store *store)
{
    store->n_verbs--;
    free_if_over(store);
}

void store_close(struct store *store)
{
    store->is_closing = true;
    for (int i = 0; i < N_CONNECTIONS; i++)
        if (store->connections[i] != NULL)
            db_close(store->connections[i]);
    free_if_over(store);
}

/* --- parameters ------------------------------------------------------------------------------ */

void params_text(struct params *params, const char *text)
{
    assert(params->n < PARAMS_MAX);
    params->values[params->n++] = text;
}

void params_int(struct params *params, int64_t value)
{
    char *text = params->texts[params->n];

    snprintf(text, sizeof(params->texts[0]), "%" PRId64, value);
    params_text(params, text);
}

void params_int_or_null(struct params *params, int64_t value, bool is_null)
{
    if (is_null)
        params_text(params, NULL);
    else
        params_int(params, value);
}

void params_uuid(struct params *params, const struct uuid *uuid)
{
    params_text(params, uuid_format(uuid, params->texts[params->n]));
}

void params_uuid_or_null(struct params *params, const struct uuid *uuid)
{
    if (uuid != NULL)
        params_uuid(params, uuid);
    else
        params_text(params, NULL);
}

/* --- a verb that is one statement ------------------------------------------------------------ */

struct change {
    struct store *store;
    const char *must;
    store_done_fn *done;
    void *data;
};

static void on_changed(void *data, const struct db_result *result, const struct err *err)
{
    struct change *change = data;
    struct err not_one;

    if (err == NULL && change->must != NULL && db_n_affected(result) != 1) {
        err_set(&not_one, ERR_INTERNAL, "%s", change->must);
        err = &not_one;
    }
    change->done(change->data, err);
    store_verb_end(change->store);
    free(change);
}

void store_change(struct store *store, enum store_connection where, const char *sql,
                  const struct params *params, const char *must, store_done_fn *done, void *data)
{
    struct change *change = mem_new(sizeof(*change));

    *change = (struct change){store, must, done, data};
    store_verb_begin(store);
    db_query(store->connections[where], sql, params->n, params->values, on_changed, change);
}

/* --- a verb that asks for rows --------------------------------------------------------------- */

void question_put(struct store *store, const char *sql, const struct params *params,
                  db_done_fn *answered, void (*done)(void), void *data)
{
    struct question *question = mem_new(sizeof(*question));

    *question = (struct question){store, done, data};
    store_verb_begin(store);
    db_query(store->connections[CONTROL], sql, params->n, params->values, answered, question);
}

void question_end(struct question *question)
{
    store_verb_end(question->store);
    free(question);
}
