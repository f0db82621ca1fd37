#include "store/store.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "core/mem.h"
#include "store/array.h"
#include "store/migrate.h"
#include "store/replay.h"
#include "store/service.h"
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
 * A process whose stores work side by side (store_open_service) takes all locks once, on a
 * connection of its own, and shares the first of them from then on: a start of another waits for
 * its last connection. The connections of its stores have a key of their own each besides. A store
 * that is opened first waits for those keys whose connections the process has let go of, so that
 * it, too, sees all that they may still have committed.
 *
 * - Cannot connect: ERR_DB. Schema missing, older, newer: ERR_CONFIG.
 * - A lock is taken, and stays so for LOCK_PATIENCE: ERR_BUSY, naming who has it.
 */

#define LOCK_PATIENCE "SET lock_timeout = '2s'"
/* Behind a start that waits for our place and will be refused. */
#define LOCK_PATIENCE_BESIDE "SET lock_timeout = '10s'"
#define LOCK_PATIENCE_OVER "SET lock_timeout = 0"

#define LOCK_TIMEOUT "55P03" /* SQLSTATE */

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
static const struct seat service_seats[] = {{"service", CONTROL, STORE_LOCK_KEY}, {NULL}};
static const struct seat replay_seats[] = {{"replay", LOADER, STORE_REPLAY_LOCK_KEY}, {NULL}};

struct opening {
    struct store *store;
    uv_loop_t *loop;
    char *url;
    const struct seat *seat; /* whose connection is being opened */
    bool is_first;
    const char *sql; /* by which its lock is taken */
    size_t n_left;   /* of the place, that are waited for */
    struct err err;
    store_done_fn *done;
    void *data;
};

static void connect_next(struct opening *opening);
static void on_connected(void *data, const struct db_result *result, const struct err *err);
static void on_schema_exists(void *data, const struct db_result *result, const struct err *err);
static void on_schema_version(void *data, const struct db_result *result, const struct err *err);
static void take_lock(struct opening *opening);
static void on_left_over(void *data, const struct db_result *result, const struct err *err);
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
                                const char *sql, struct store_place *place, store_done_fn *done,
                                void *data)
{
    struct store *store = mem_new(sizeof(*store));
    struct opening *opening = mem_new(sizeof(*opening));

    store->place = place;
    store->reservations_end = &store->reservations;
    *opening = (struct opening){.store = store,
                                .loop = loop,
                                .seat = seats,
                                .sql = sql,
                                .is_first = true,
                                .done = done,
                                .data = data};
    opening->url = mem_strdup(url);
    store_verb_begin(store);
    connect_next(opening);
    return store;
}

struct store *store_open(uv_loop_t *loop, const char *url, bool is_holder, store_done_fn *done,
                         void *data)
{
    return open_seats(loop, url, is_holder ? holder_seats : reader_seats, sql_take_lock, NULL, done,
                      data);
}

struct store *store_open_replay(uv_loop_t *loop, const char *url, store_done_fn *done, void *data)
{
    return open_seats(loop, url, replay_seats, sql_take_lock, NULL, done, data);
}

struct store *store_open_service(uv_loop_t *loop, const char *url, bool is_again,
                                 store_done_fn *done, void *data)
{
    return open_seats(loop, url, service_seats, is_again ? sql_retake_place : sql_take_place, NULL,
                      done, data);
}

struct store *store_open_beside(uv_loop_t *loop, const char *url, struct store_place *place,
                                store_done_fn *done, void *data)
{
    return open_seats(loop, url, holder_seats, sql_take_seat, place, done, data);
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

static void ask_about_lock(struct opening *opening, const char *sql, int64_t own_key,
                           db_done_fn *done)
{
    struct params params = {0};

    params_int(&params, opening->store->place != NULL ? STORE_LOCK_KEY : opening->seat->lock);
    if (own_key != 0)
        params_int(&params, own_key);
    db_query(connection(opening), sql, params.n, params.values, done, opening);
}

/* Those keys that the seats of the store have: they are left behind with it, taken or not. */
static int64_t own_key(const struct opening *opening)
{
    struct store *store = opening->store;

    if (store->place == NULL)
        return 0;
    if (store->first_seat == 0) {
        store->first_seat = STORE_SEAT_LOCK_KEY + store->place->n_seats;
        store->place->n_seats += N_CONNECTIONS;
    }
    return store->first_seat + opening->seat->at;
}

static void wait_for_left(struct opening *opening)
{
    const struct store_place *place = opening->store->place;
    struct buf keys;
    const char *params[1];

    opening->n_left = place->n_left;
    array_init(&keys);
    for (size_t i = 0; i < place->n_left; i++)
        array_int(&keys, place->left[i]);
    params[0] = array_end(&keys);
    db_query(connection(opening), sql_wait_for_left, 1, params, on_left_over, opening);
    buf_deinit(&keys);
}

static void take_lock(struct opening *opening)
{
    const struct store_place *place = opening->store->place;

    db_script(connection(opening), place != NULL ? LOCK_PATIENCE_BESIDE : LOCK_PATIENCE, ignore,
              NULL);
    if (place != NULL && opening->is_first && place->n_left > 0)
        wait_for_left(opening);
    else
        ask_about_lock(opening, opening->sql, own_key(opening), on_lock);
}

/* Others that are let go of meanwhile stand behind them. */
static void on_left_over(void *data, const struct db_result *result, const struct err *err)
{
    struct opening *opening = data;
    struct store_place *place = opening->store->place;

    (void)result;
    if (err != NULL && strcmp(db_last_sqlstate(connection(opening)), LOCK_TIMEOUT) == 0) {
        err_set(&opening->err, ERR_BUSY,
                "what a lost connection of this process was at is not over in the server yet: look "
                "at pg_stat_activity for server processes named linkhaul[%ld]",
                (long)getpid());
        err = &opening->err;
    }
    if (err != NULL) {
        finish(opening, err);
        return;
    }
    if (opening->n_left <= place->n_left) {
        place->n_left -= opening->n_left;
        memmove(place->left, place->left + opening->n_left, place->n_left * sizeof(*place->left));
    }
    ask_about_lock(opening, opening->sql, own_key(opening), on_lock);
}

static void on_lock(void *data, const struct db_result *result, const struct err *err)
{
    struct opening *opening = data;

    (void)result;
    if (err == NULL)
        db_script(connection(opening), LOCK_PATIENCE_OVER, on_lock_patience_over, opening);
    else if (strcmp(db_last_sqlstate(connection(opening)), LOCK_TIMEOUT) == 0)
        ask_about_lock(opening, sql_who_holds_lock, 0, on_who_holds_lock);
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
    if (!store->is_closing || store->n_verbs > 0)
        return;
    free(store->others);
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
    struct store_place *place = store->place;

    store->is_closing = true;
    if (store->first_seat != 0) {
        place->left = mem_resize(place->left, place->n_left + N_CONNECTIONS, sizeof(*place->left));
        for (int i = 0; i < N_CONNECTIONS; i++)
            place->left[place->n_left++] = store->first_seat + i;
    }
    for (int i = 0; i < N_CONNECTIONS; i++)
        if (store->connections[i] != NULL)
            db_close(store->connections[i]);
    free_if_over(store);
}

void store_leave_alone(struct store *store, const int64_t run_ids[], size_t n)
{
    struct buf array;

    array_init(&array);
    for (size_t i = 0; i < n; i++)
        array_int(&array, run_ids[i]);
    free(store->others);
    store->others = mem_strdup(array_end(&array));
    buf_deinit(&array);
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
