/*
 * Faults that are asked for on the command line. Which call gets one hangs on the seed and on the
 * number of the call, so the same calls in the same order meet the same faults.
 *
 * A kind that can strike a call before it is billed as well as after has two names: "_billed"
 * stands behind one that is free as it is, "_free" behind one that is billed as it is. Both endings
 * are understood for both, so that a list of tests needs no exceptions.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "sandbox/rate.h"

/* What the client sees. */
enum fault_way {
    FAULT_HTTP,        /* an HTTP status with a body that is no envelope */
    FAULT_CODE,        /* an envelope with that status code */
    FAULT_DROP,        /* the connection is closed without an answer */
    FAULT_RESET,       /* the connection is reset without an answer */
    FAULT_HANG,        /* nothing, for longer than a client waits; then the connection is closed */
    FAULT_TRUNCATE,    /* the body ends before its length, and the connection with it */
    FAULT_GZIP_CUT,    /* a body of its length, but what was packed into it ends early */
    FAULT_GARBAGE,     /* a whole body that is no JSON */
    FAULT_TASKS_NULL,  /* a good envelope without tasks */
    FAULT_RESULT_NULL, /* a good task without a result */
    FAULT_SLOW,        /* a good answer, late */
    FAULT_DRIP,        /* a good answer, in small pieces */
    FAULT_EXPONENT,    /* a good answer whose costs are written as 6.0e-02 */
};

/* What becomes of the call itself. */
enum fault_fate {
    FATE_UNMADE, /* it never becomes a task */
    FATE_FREE,   /* a task that costs nothing */
    FATE_BILLED, /* executed and paid for as any other */
};

struct fault {
    const char *kind; /* as the command line has it */
    enum fault_way way;
    enum fault_fate fate;
    int code;           /* HTTP status or status code */
    bool is_for_reused; /* it strikes only calls on a connection that has carried one before */
};

struct fault_rule {
    const struct fault *faults; /* one, or all there are: each is then as likely as the others */
    size_t n_faults;
    struct rate rate;
};

#define FAULT_RULES_MAX 64

/* Reads "KIND=RATE" or "KIND=@N"; KIND may be "all". */
bool fault_rule_parse(struct fault_rule *rule, const char *text, struct err *err);

/*
 * What the `nth` paid call meets, which came on a connection that is new or was used before: the
 * first rule that applies; NULL: nothing.
 */
const struct fault *fault_of(const struct fault_rule *rules, size_t n_rules, uint64_t seed,
                             uint64_t nth, bool is_reused);

/* The names of all kinds, separated by ", ". Returns `text`. */
#define FAULT_KINDS_TEXT_MAX 768
const char *fault_kinds(char text[FAULT_KINDS_TEXT_MAX]);
