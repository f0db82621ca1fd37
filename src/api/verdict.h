/*
 * What an answer of the API means for us: whether it is one, what may be done next, and whether it
 * was charged. A table with a line per code (docs.dataforseo.com/v3/appendix/errors).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What may be done next. */
enum verdict_class {
    VERDICT_OK,      /* items, or none: the page is in */
    VERDICT_RETRY,   /* ask again soon, with back-off, a bounded number of times */
    VERDICT_WAIT,    /* the whole account pauses for wait_s; no attempt is counted */
    VERDICT_LISTING, /* nothing more of this listing can be had */
    VERDICT_JOB,     /* the same defect will meet every request of the job */
    VERDICT_ACCOUNT, /* no job of this account can go on */
};

/* Why an account is stopped, for the exit code: a login is refused, or it is too early. */
enum verdict_stop {
    VERDICT_STOP_NONE,
    VERDICT_STOP_LOGIN, /* the credentials, or what the account may do */
    VERDICT_STOP_LATER, /* balance, daily limit */
};

struct verdict {
    enum verdict_class class;
    enum verdict_stop stop; /* VERDICT_ACCOUNT only */
    uint32_t wait_s;        /* VERDICT_WAIT only */
    bool names_token;       /* a field is invalid, and it is search_after_token */
    const char *meaning;    /* for people; a constant */
    const char *remedy;     /* what to do; a constant. NULL: VERDICT_OK */
};

/* What came back from one call. */
struct verdict_facts {
    int http_status;          /* 0: no whole answer came */
    uint32_t retry_after_s;   /* 0: not named */
    bool has_envelope;        /* the body is the vendor's envelope */
    bool has_charge;          /* a header says what it cost, whatever the body is */
    int status_code;          /* of the envelope; 0: none */
    int task_status_code;     /* of its task; 0: none */
    bool has_result;          /* its task has a result; an empty listing has one, too */
    const char *message;      /* of the task, else of the envelope, else of the gateway's error */
    const char *gateway_code; /* the body is a gateway's error, with this code or "" ; NULL: not */
};

/*
 * The task's code where the envelope itself is fine, else the envelope's; without an envelope
 * a gateway's error, else HTTP's status. A code that names a field (40501) is judged by the field:
 * the target's fault is the listing's, anything else the job's.
 */
struct verdict verdict_of(const struct verdict_facts *facts);

/* The code that verdict_of() judged: the task's, the envelope's, or 0. */
int verdict_code(const struct verdict_facts *facts);

enum verdict_charge {
    VERDICT_CHARGE_KNOWN, /* the answer names it, be it 0 */
    VERDICT_CHARGE_FREE,
    VERDICT_CHARGE_UNKNOWN,
};

/*
 * Whether a call was charged; `cost_nanousd` is what the answer says, -1: nothing. Free for sure: a
 * failure before the first byte of the request, and HTTP 401, 402, 403, 404 and 429, a gateway's as
 * well. Known: an answer that names its cost, also on a failed task. Everything else may have been
 * charged.
 */
enum verdict_charge verdict_charge(const struct verdict_facts *facts, bool was_sent,
                                   int64_t cost_nanousd);
