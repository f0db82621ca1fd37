/*
 * A command that asks the database: opened beside whoever works on it, without the holder's lock,
 * asked one question after the other, closed. A command has nothing else to do meanwhile, so each
 * question is a call that waits for its answer.
 *
 *     store_status(asking.store, on_status, &asking);
 *     if (!asking_wait(&asking))
 *         ...
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "core/err.h"

struct store;

struct asking {
    uv_loop_t loop;
    struct store *store;
    bool is_answered;
    struct err err; /* of the last answer; ERR_NONE where it was a good one */
};

/* False where the database cannot be used; asking_close() is due either way. */
bool asking_open(struct asking *asking, const char *database_url);

/* The last thing that a verb's callback calls; itself a store_done_fn. */
void asking_answered(void *data, const struct err *err);

/* Waits for the answer to the question that was put last; false with `asking->err` set. */
bool asking_wait(struct asking *asking);

void asking_close(struct asking *asking);
