/*
 * A crawl between scripted ports, with a clock of its own.
 *
 * The rig plays all that is around a crawl: the server (by faults, a listing's items, tokens), the
 * ledger (which refuses what does not fit a cap, and decides before the crawl hears of it), the
 * vendor's list of calls (which shows what was billed, after a lag), the disk (checkpoints and
 * received answers, which outlive a kill) and time. What a port is asked for becomes an event;
 * events are played in the order they came, or in any order by a seed.
 *
 * What must never happen fails the test at once, at the event where it happens: two calls for a
 * page, a call for a page whose charge is not known, a call during a pause, over a limit or over a
 * cap, a page landed twice, items bought twice, a listing published with a call open or rows
 * missing, a run ended by its budget while there is money or more may come, nothing left that would
 * wake the crawl.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crawl/crawl.h"

#define RIG_RUNS_MAX 4
#define RIG_LISTINGS_MAX 8
#define RIG_SLICES_MAX 160
#define RIG_PAGES_MAX 320
#define RIG_ITEMS_MAX 26000
#define RIG_ATTEMPTS_MAX 4096
#define RIG_EVENTS_MAX 256

/* So many items in a row share the value that a chain is walked by, unless a listing says else. */
#define RIG_TIES 7
#define RIG_EPOCH_S 1600000000 /* the value of the first */

/* Room for one condition in the filters, which lets a chain be gone on with, and not for the two by
 * which a listing is cut: walked as a chain beyond 20,000 items. */
#define RIG_CHAIN                                                                                  \
    "{\"filters\":[[\"rank\",\">\",1],\"and\",[\"rank\",\">\",2],\"and\",[\"rank\",\">\",3],"      \
    "\"and\",[\"rank\",\">\",4],\"and\",[\"rank\",\">\",5],\"and\",[\"rank\",\">\",6],"            \
    "\"and\",[\"rank\",\">\",7]]}"

/* What a call runs into. */
enum rig_fault {
    RIG_OK,
    RIG_RETRY,         /* 50000, free */
    RIG_RETRY_CHARGED, /* 50301 at the price of a call */
    RIG_TIMEOUT,       /* 50401, free */
    RIG_WAIT,          /* 40202, free */
    RIG_AT_ONCE,       /* 40209, free */
    RIG_TOO_MANY,      /* HTTP 429 with nothing else */
    RIG_UNSENT,        /* the connection failed */
    RIG_TOKEN,         /* 40501 naming the token, where there is one */
    RIG_EXPIRED,       /* 40403, where there is a token */
    RIG_BROKEN,        /* it broke off: unknown */
    RIG_GATEWAY,       /* HTTP 503 of a proxy: unknown, and a pause */
    RIG_HTML,          /* HTTP 200 with no envelope: unknown */
    RIG_NO_COST,       /* items, and no cost named: unknown */
    RIG_LISTING,       /* 40504 */
    RIG_JOB,           /* 40506 */
    RIG_LOGIN,         /* 40100 */
    RIG_BALANCE,       /* 40210 */
    RIG_DEARER,        /* items, at ten times their price */
    RIG_DEAR_REFUSAL,  /* 50401 at a dollar */
    N_RIG_FAULTS,
};

enum rig_attempt_state {
    RIG_REFUSED,
    RIG_RESERVED,
    RIG_SENT,
    RIG_RECEIVED, /* its answer is in the spool */
    RIG_BOOKED,
};

struct rig_attempt {
    struct uuid id;
    size_t listing;
    int32_t slice_no;
    int64_t position;
    char token[24];
    enum rig_attempt_state state;
    enum rig_fault fault;
    size_t number; /* it was the n-th call that went out, from 1; 0: it did not */
    bool is_unknown, is_landed;
    int64_t reserved_nanousd;
    int64_t charged_nanousd; /* where it is booked and not unknown */
    int64_t reserved_ms;
    int64_t sent_ms, over_ms; /* when the server can no longer be busy with it; -1: it never was */
    unsigned process;
    struct request_range range;          /* it was asked for */
    int64_t first, n_items, total_count; /* what the server has for it, since it was sent */

    /* at the vendor's */
    bool is_billed; /* of account where its charge is unknown */
    int64_t listed_ms;
    bool is_resolved; /* the ledger has seen the list */
    bool is_untold;   /* and the crawl has not heard of it */
};

/* On the disk. */
struct rig_slice {
    struct request_range range;
    int64_t first; /* its first item, in the listing */
    int64_t limit, position, total_count;
    enum pager_walk walk;
    char token[24];
    char order_by[80]; /* "": none */
    bool is_ended;
    int64_t n_items; /* items that have landed */
    int64_t landed[RIG_PAGES_MAX], landed_items[RIG_PAGES_MAX];
    size_t n_landed;
};

struct rig_listing {
    size_t run;
    int64_t n_items, max_rows, last_total_count;
    const char *request;
    int64_t latency_ms;            /* no answer comes sooner */
    int64_t newest_s;              /* as the listing's settings */
    bool (*is_news)(int64_t item); /* it ends when all is known; NULL: it does not */
    bool is_guarded;               /* a guard holds what is to be published */
    int64_t n_ties; /* items in a row that share the value which a chain is walked by */
    int64_t (*value_s)(int64_t item); /* or that value itself; NULL: by n_ties */
    int64_t n_nulls;                  /* the last so many items have no value */
    bool is_capped;                   /* not all that there is can be had */
    const struct crawl_part *parts;
    size_t n_parts;
    int64_t lost_at;    /* the page there cannot land; -1: all can */
    bool has_no_values; /* no row has one that a chain could be gone on with by */

    /* on the disk */
    bool is_published, is_held;
    int64_t whole_count; /* -1: not told */
    struct rig_slice slices[RIG_SLICES_MAX];
    size_t n_slices; /* one without a limit is a gap: its number was never recorded */
    unsigned char times[RIG_ITEMS_MAX]; /* how often each item has landed */

    /* of this process */
    struct crawl_listing *listing;
    size_t n_busy;
    bool is_judged;           /* that its budget has ended has been checked */
    const char *completeness; /* how it was suspended; NULL: it was not */
    char reason[512];
};

struct rig_run {
    int64_t cap_nanousd; /* 0: none */
    int64_t booked_nanousd;
    struct price price;
    size_t stop_at;    /* the number of an event: from then on no more calls of it; 0: never */
    bool is_stop_told; /* at once, and not by the next reserve alone */
    struct crawl_run *run;
    enum verdict_stop stop;    /* the last process's */
    bool is_stopped;           /* the crawl has been told */
    int64_t elsewhere_nanousd; /* of listings that this process has no part in, booked meanwhile */
    bool is_ended;
};

struct rig_event {
    enum {
        RIG_EV_SLICE,
        RIG_EV_RESERVE,
        RIG_EV_ARRIVE,
        RIG_EV_ANSWER,
        RIG_EV_LAND,
        RIG_EV_SETTLE,
        RIG_EV_LOOK,
        RIG_EV_CUT,
        RIG_EV_RESTART,
        RIG_EV_PUBLISH,
        RIG_EV_SUSPEND,
        RIG_EV_END_RUN,
    } kind;
    void *what;
    bool is_committed; /* the database has done it; the crawl hears it later */
    bool is_refused;
    enum crawl_scope scope;
    struct crawl_checkpoint checkpoint;
    char token[24]; /* of the checkpoint */
    int64_t began_ms;
    bool is_end;   /* of a listing that ends when all is known */
    int64_t limit; /* of the slice that goes on */
    int32_t new_slice_no;
    bool is_whole;
};

enum rig_list {
    RIG_LIST_TRUE,
    RIG_LIST_BLIND, /* it never has calls of ours */
};

/* A global is fine here: Criterion runs each test in a process of its own. */
struct rig {
    struct crawl_settings settings;
    const struct endpoint *endpoint;
    struct rig_run runs[RIG_RUNS_MAX];
    struct rig_listing listings[RIG_LISTINGS_MAX];
    size_t n_runs, n_listings;
    int64_t shared_cap_nanousd;                                 /* over all runs; 0: none */
    enum rig_fault (*fault)(const struct rig_attempt *attempt); /* NULL: none */
    bool (*bills)(const struct rig_attempt *attempt); /* what breaks off; NULL: by the seed */
    int64_t lag_ms;                                   /* of the list; -1: by the seed */
    enum rig_list list;
    size_t n_failing_looks; /* so many looks fail */
    size_t n_failed_looks;  /* have done so, in this process */
    bool is_random;
    uint64_t random;
    size_t stop_at, fail_at, kill_at; /* the number of an event, from 1; 0: never */
    bool fails_begin_slice;

    struct crawl *crawl;
    struct rig_attempt attempts[RIG_ATTEMPTS_MAX];
    size_t n_attempts, n_sent;
    size_t n_looks, n_restarts, n_cuts, n_log_lines;
    struct rig_event events[RIG_EVENTS_MAX];
    size_t n_waiting; /* events that wait */
    size_t n_events;  /* played */
    int64_t now_ms, wake_ms, paused_until_ms;
    int64_t looked_ms;    /* when the last look was over; -1: there was none */
    int64_t blind_for_ms; /* what was sent before then is not on the list, and never will be */
    bool is_full, is_stopped, is_dead, is_done;
    unsigned process;
};

extern struct rig rig;

/* An empty rig: 4 slots, 1,000 calls a minute, a list that is whole after 150 s; events by `seed`,
 * or 0: in order. */
void rig_begin(uint64_t seed);
size_t rig_add_run(int64_t cap_nanousd);
struct rig_listing *rig_add_listing(size_t run, int64_t n_items, int64_t max_rows);

/*
 * Plays a process from its start to its end, and checks what must hold then. Played again, it goes
 * on from what is on the disk. Returns false where it was killed on the way.
 */
bool rig_play(void);

/* Its two halves, and a single event between them. */
void rig_start(void);
bool rig_step(void);
bool rig_end(void);

size_t rig_random(size_t n);

/* A listing as an earlier process left it: one slice in our own order, begun. */
struct rig_slice *rig_leave(struct rig_listing *listing, int64_t limit);

/* One of its pages, landed. */
void rig_land_page(struct rig_listing *listing, struct rig_slice *slice, int64_t position,
                   int64_t n_items);

/* The value of an item, and the first item with that value or a later one. */
int64_t rig_value_s(const struct rig_listing *listing, int64_t item);
int64_t rig_item_at(const struct rig_listing *listing, int64_t value_s);

/* Whether the first `n_items` of the listing end with so many in a row without news that the rest
 * is not wanted. */
bool rig_is_known(const struct rig_listing *listing, int64_t n_items);

/* What the server has for an attempt that a test has made up, of a slice that is the listing. */
void rig_look_up(struct rig_attempt *attempt);

/* Items of the listing that have landed. */
int64_t rig_rows(const struct rig_listing *listing);

/* The calls that were sent for a page of a listing. */
size_t rig_sent(const struct rig_listing *listing, int64_t position);

/* The n-th of them, from 1. */
struct rig_attempt *rig_try(const struct rig_listing *listing, int64_t position, size_t n);

/* The listing was published with exactly the rows that the server has for it. */
void rig_expect_published(const struct rig_listing *listing);

/* The listing was suspended as "budget" or "error", with `words` in its reason. */
void rig_expect_suspended(const struct rig_listing *listing, const char *completeness,
                          const char *words);
