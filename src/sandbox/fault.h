/*
 * Faults that are asked for on the command line. Which call gets one hangs on the seed and on the
 * number of the call, so the same calls in the same order meet the same faults.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

enum fault_way {
    FAULT_NONE,
    FAULT_HTTP,     /* an HTTP status with a body that is no envelope */
    FAULT_CODE,     /* an envelope with that status code */
    FAULT_DROP,     /* the connection ends without an answer */
    FAULT_TRUNCATE, /* the body ends early, and the connection with it */
    FAULT_GARBAGE,  /* a whole body that is no JSON */
    FAULT_SLOW,     /* a good answer, late */
};

struct fault {
    const char *kind; /* as the command line has it */
    enum fault_way way;
    int code;       /* HTTP status or status code */
    bool is_billed; /* the call is executed and paid for all the same */
};

struct fault_rule {
    const struct fault *fault;
    uint64_t rate_in_2_32; /* of 2^32 calls so many meet it */
    uint64_t nth;          /* or exactly this one, from 1; 0: by rate */
};

#define FAULT_RULES_MAX 32

/* Reads "KIND=RATE" or "KIND=@N". */
bool fault_rule_parse(struct fault_rule *rule, const char *text, struct err *err);

/* What the `nth` paid call meets: the first rule that applies; NULL: nothing. */
const struct fault *fault_of(const struct fault_rule *rules, size_t n_rules, uint64_t seed,
                             uint64_t nth);

/* The names of all kinds, separated by ", ". */
const char *fault_kinds(void);
