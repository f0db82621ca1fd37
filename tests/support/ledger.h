/*
 * What the sandbox counted: its ledger, one line of JSON per request, read into a table. Tests hold
 * linkhaul's own books against it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ledger_call {
    int64_t time_ms; /* since the sandbox started */
    char path[128];
    char task_id[64];
    char tag[256];
    char target[256];
    int64_t offset; /* -1: none was sent */
    int64_t limit;  /* -1: none was sent */
    bool has_token;
    int64_t http; /* the status of the answer; 0 where none was given */
    int64_t status_code;
    int64_t n_items;
    int64_t cost_nanousd;
    bool is_billed;
    bool is_reused;    /* its connection had carried another request before */
    bool is_gone;      /* the client went away before it was over */
    int64_t in_flight; /* with this one */
    int64_t call_no;   /* of the paid calls, from 1; 0 for free ones */
    char fault[64];    /* "" where none was played */
};

struct ledger {
    struct ledger_call *calls; /* in the order in which they ended */
    size_t n_calls;
    size_t n_billed;
    int64_t billed_nanousd;
    int64_t n_items_billed;
    int64_t in_flight_max;
};

/*
 * Adds what a file of --ledger holds; `ledger` starts empty. A torn last line (the sandbox may be
 * writing, or was killed) is left out.
 */
void ledger_add_file(struct ledger *ledger, const char *path);

/* Calls for a listing's page of `target` with this offset (none sent is 0), or any where it is -1.
 */
size_t ledger_count(const struct ledger *ledger, const char *target, int64_t offset);

/*
 * The most calls that fell into any 60 seconds; of one sandbox, for each counts its own time. In a
 * rehearsal's haste, which the test has in its own environment, a minute is as short as there.
 */
size_t ledger_minute_max(const struct ledger *ledger);

void ledger_deinit(struct ledger *ledger);
