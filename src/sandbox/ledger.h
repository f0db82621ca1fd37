/*
 * What the sandbox was asked and what it took for it: one line of JSON per request, in the file as
 * soon as the answer is decided and before it is sent. Tests add it up.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct ledger_line {
    int64_t time_ms; /* since the start, when the request was whole */
    int64_t took_ms;
    const char *path;
    const char *task_id; /* NULL: no task was made */
    const char *tag;     /* NULL: none */
    const char *target;  /* NULL: none */
    const char *token;   /* NULL: none; only its hash is written */
    int64_t offset, limit;
    int status_code; /* of the task, or of the request where it has none; 0: no envelope */
    int http;        /* 0: no answer at all */
    int64_t n_items; /* that were sent, or paid for */
    int64_t cost_nanousd;
    bool is_billed;
    bool is_reused;    /* its connection has carried another request before */
    bool is_gone;      /* the client went away before the call was over */
    size_t in_flight;  /* paid calls at that moment, this one included; 0 for free ones */
    uint64_t call_no;  /* of the paid calls, from 1; 0 for free ones */
    const char *fault; /* NULL: none */
};

struct ledger;

/* Appends to the file at `path`; NULL with `err` set where it cannot be opened. */
struct ledger *ledger_open(const char *path, struct err *err);

/* `ledger` may be NULL: nothing is written. Not to be called by two threads at once. */
void ledger_write(struct ledger *ledger, const struct ledger_line *line);

void ledger_close(struct ledger *ledger);
