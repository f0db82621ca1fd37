#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "store/array.h"
#include "store/sql.h"
#include "store/store_private.h"

/*
 * Reserving: one statement at a time is under way, and what is asked for meanwhile goes into the
 * next. So a call waits for two commits at most, and a thousand cost as many as the disk allows.
 *
 * The database decides about each call by itself: a refusal of one leaves the others reserved. An
 * error (a lost connection, a run that is not open) is told to all of the batch, of which none is
 * then reserved.
 */

struct reservation {
    struct store_attempt attempt;
    char *token, *tag; /* its texts */
    store_reserved_fn *done;
    void *data;
    struct reservation *next;
};

/* One statement's worth, with the parameters that are arrays, in the order of reserve.sql. */
#define N_ARRAYS 9

struct batch {
    struct store *store;
    struct reservation *reservations;
};

static void send_next(struct store *store);

static void reservation_free(struct reservation *reservation)
{
    free(reservation->token);
    free(reservation->tag);
    free(reservation);
}

static enum store_scope scope_of(const char *name)
{
    if (strcmp(name, "stop") == 0)
        return STORE_SCOPE_STOPPED;
    /* A job has one run at a time, so its day and month wait for no other run. */
    return strcmp(name, "run") == 0 || strcmp(name, "job") == 0 ? STORE_SCOPE_RUN
                                                                : STORE_SCOPE_SHARED;
}

/* `result` is NULL where `err` is set. */
static void answer(struct store *store, struct reservation *reservation,
                   const struct db_result *result, const struct err *err)
{
    struct reservation *next;

    for (int row = 0; reservation != NULL; row++, reservation = next) {
        struct store_refusal refusal;
        bool is_refused = err == NULL && !db_is_null(result, row, 1);

        next = reservation->next;
        if (is_refused)
            refusal =
                (struct store_refusal){scope_of(db_text(result, row, 0)), db_text(result, row, 1)};
        reservation->done(reservation->data, is_refused ? &refusal : NULL, err);
        reservation_free(reservation);
        store_verb_end(store);
    }
}

static struct reservation *take_waiting(struct store *store)
{
    struct reservation *waiting = store->reservations;

    store->reservations = NULL;
    store->reservations_end = &store->reservations;
    return waiting;
}

static void on_reserved(void *data, const struct db_result *result, const struct err *err)
{
    struct batch *batch = data;
    struct store *store = batch->store;
    struct reservation *reservations = batch->reservations;

    free(batch);
    store->is_reserving = false;
    if (store->is_closing) /* `err` is that of the closed connection */
        answer(store, take_waiting(store), NULL, err);
    else
        send_next(store);
    answer(store, reservations, result, err);
}

static void fill(struct buf arrays[N_ARRAYS], const struct store_attempt *attempt)
{
    array_uuid(&arrays[0], &attempt->attempt);
    array_int(&arrays[1], attempt->run_id);
    array_int(&arrays[2], attempt->listing_id);
    array_int(&arrays[3], attempt->slice_no);
    array_int(&arrays[4], attempt->position);
    array_text(&arrays[5], attempt->token);
    array_int(&arrays[6], attempt->limit);
    array_text(&arrays[7], attempt->tag);
    array_int(&arrays[8], attempt->reserved_nanousd);
}

static void send_next(struct store *store)
{
    struct batch *batch;
    struct buf arrays[N_ARRAYS];
    const char *params[N_ARRAYS];

    if (store->is_reserving || store->reservations == NULL)
        return;
    store->is_reserving = true;
    batch = mem_new(sizeof(*batch));
    *batch = (struct batch){store, take_waiting(store)};
    for (int i = 0; i < N_ARRAYS; i++)
        array_init(&arrays[i]);
    for (struct reservation *one = batch->reservations; one != NULL; one = one->next)
        fill(arrays, &one->attempt);
    for (int i = 0; i < N_ARRAYS; i++)
        params[i] = array_end(&arrays[i]);
    db_query(store->connections[CONTROL], sql_reserve, N_ARRAYS, params, on_reserved, batch);
    for (int i = 0; i < N_ARRAYS; i++)
        buf_deinit(&arrays[i]);
}

void store_reserve(struct store *store, const struct store_attempt *attempt,
                   store_reserved_fn *done, void *data)
{
    struct reservation *reservation = mem_new(sizeof(*reservation));

    *reservation = (struct reservation){.attempt = *attempt, .done = done, .data = data};
    reservation->attempt.token = reservation->token = mem_strdup(attempt->token);
    reservation->attempt.tag = reservation->tag = mem_strdup(attempt->tag);
    store_verb_begin(store);
    *store->reservations_end = reservation;
    store->reservations_end = &reservation->next;
    send_next(store);
}
