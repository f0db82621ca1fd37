/*
 * The crawl decides: which call comes next, whether it may go, and what its answer means.
 *
 * One `struct crawl` serves an account: all its runs share the slots and the minute. Several may
 * work side by side, also of one account: what they share is told by `pace` and `peers`. It knows
 * neither HTTP nor SQL; `struct crawl_ports` is how calls go out and rows land, and each request to
 * a port is answered once, later, by the crawl_on_…() of its name, never from inside the port.
 * Tests drive the same code with a script and a clock of their own.
 *
 * A page is asked for in this order: reserve (the database says whether the money is there), send,
 * arrive (its slot is free), answer (judged), then land (rows, checkpoint and charge in one
 * transaction) or settle (no rows). Only then is the next decision about it taken.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/price.h"
#include "api/request.h"
#include "api/verdict.h"
#include "core/err.h"
#include "core/log.h"
#include "core/uuid.h"
#include "crawl/pace.h"
#include "crawl/pager.h"

/* The longest that the money of a call may take to be reserved: then it is given back, unsent. */
#define CRAWL_RESERVE_MS 60000

/* No value of the walk is known: crawl_on_landed(). */
#define CRAWL_NO_VALUE INT64_MIN

struct crawl;
struct crawl_run;
struct crawl_listing;
struct crawl_page;
struct endpoint;

enum crawl_page_state {
    CRAWL_PAGE_RESERVING,
    CRAWL_PAGE_IN_FLIGHT,
    CRAWL_PAGE_ARRIVED, /* its last byte is in, or it broke off; not judged yet */
    CRAWL_PAGE_LANDING,
    CRAWL_PAGE_SETTLING,
    CRAWL_PAGE_WAITING, /* to be asked for again, not before `not_before_ms` */
    CRAWL_PAGE_UNKNOWN, /* it may have been charged: waits for what the vendor's list says */
};

struct crawl_slice {
    struct crawl_listing *listing;
    int32_t slice_no;
    int64_t limit;
    char *order_by; /* JSON, or NULL */
    struct request_range range;
    struct pager pager;
    int64_t seen_to_s; /* the walk's last value in its pages; CRAWL_NO_VALUE: not known */
    bool is_begun;     /* it is recorded */
    bool is_probe;     /* its page 1 goes before the others' pages: how long is it? */
    bool is_cutting;   /* its cut is being recorded */
    int64_t *points_s; /* where it is being cut, ascending; the slices behind it begin there */
    size_t n_points, first_piece; /* and the place of the first of those in the listing */
    struct crawl_page *waiting;   /* a list by `next` */
    struct crawl_page *unknown;   /* likewise */
    struct crawl_page *early; /* likewise, of an earlier process: the pager has yet to want them */
    struct crawl_page *adopted; /* answers of an earlier process that nobody has asked for yet */
    size_t n_landing;
    int64_t restart_limit;    /* it is to be gone on with by a slice with that page size; 0: no */
    struct crawl_slice *next; /* while that one is being recorded */
};

/* One call and what it is for. Freed by the crawl once it has landed or is given up. */
struct crawl_page {
    struct crawl_slice *slice;
    struct uuid attempt; /* new for each call */
    int64_t position;
    char *token; /* NULL: by offset */
    enum crawl_page_state state;
    unsigned n_tries;
    unsigned n_timeouts; /* of these, ran into the API's own time limit */
    unsigned n_unknown;  /* calls for it whose charge is unknown */
    bool is_surplus;     /* another call has brought it: its answer is booked, and does not land */
    bool is_hopeless;    /* and the vendor's list does not tell */
    int64_t asked_ms;    /* when its money was asked for */
    int64_t sent_ms;     /* the last of them; not later than that */
    int64_t took_ms;     /* from then to its last byte, or until it broke off; 0: not known */
    int64_t held_until_ms; /* its slot is taken until then; 0: it is not */
    int64_t not_before_ms;
    int64_t reserved_nanousd;
    size_t n_booked, n_booked_all; /* by the run and by all, when the money was asked for */
    enum verdict_charge charge;
    int64_t charged_nanousd;
    struct verdict verdict;
    char message[256]; /* what the API said */
    int code;          /* the API's; 0: none */
    int http_status;   /* 0: none */
    void *data;        /* the owner's */
    struct crawl_page *next;
};

enum crawl_listing_state {
    CRAWL_LISTING_BEGINNING, /* its slices are being recorded */
    CRAWL_LISTING_WALKING,
    CRAWL_LISTING_PUBLISHING,
    CRAWL_LISTING_FAILING, /* asks for nothing more; what is under way still lands */
    CRAWL_LISTING_SUSPENDING,
    CRAWL_LISTING_OVER,
};

/* How many items lie between a value of the walk and that of the next part. */
struct crawl_part {
    int64_t from_s; /* REQUEST_FROM_OPEN: the first */
    int64_t n_items;
};

struct crawl_listing {
    struct crawl_run *run;
    int64_t listing_id;
    char *target, *request; /* the request as JSON */
    int64_t max_rows;
    int64_t last_total_count; /* of the feed's listing before; -1: there is none */
    int64_t newest_s;         /* its request asks for nothing newer; 0: it does not say */
    bool ends_when_known;     /* the newest first, up to what brings no news: see the settings */
    int64_t whole_count;      /* items of all slices, as page 1 of slice 0 told; -1: not known */
    struct crawl_part *parts; /* of the feed's last listing that was cut */
    size_t n_parts;
    enum crawl_listing_state state;
    struct crawl_slice **slices; /* in the order of their numbers, which may have gaps */
    size_t n_slices;
    int32_t next_slice_no;
    size_t first_live;  /* slices before it are over */
    size_t next_probe;  /* and before this, no probe waits to be asked for */
    size_t n_beginning; /* beginnings, restarts and cuts that are not recorded yet */
    bool is_cut;
    size_t n_busy; /* pages reserving, in flight, arrived, landing or settling */
    bool is_published;
    bool is_held;             /* it was to be published, and a guard held it */
    const char *completeness; /* published: its word; suspended: budget or error; NULL: stopped */
    char reason[512];         /* why it is not published, for people; "" */
    void *data;               /* the owner's */
};

enum crawl_run_state { CRAWL_RUN_WALKING, CRAWL_RUN_ENDING, CRAWL_RUN_OVER };

struct crawl_run {
    struct crawl *crawl;
    int64_t run_id;
    const char *job; /* the owner's */
    const struct endpoint *endpoint;
    struct price price;
    enum crawl_run_state state;
    struct crawl_listing *listings;
    size_t n_listings;
    size_t n_busy;          /* over its listings */
    size_t n_unknown;       /* pages in that state, over its listings */
    bool is_refused;        /* a reserve did not fit; again when a charge has been booked */
    bool is_refused_shared; /* by a cap that other runs share: any run's charge counts */
    bool is_stopping;       /* somebody asked for no more calls of it */
    char refusal[256];      /* how the database put it */
    size_t n_booked;        /* charges that were booked */
    enum verdict_stop stop; /* why the account stopped it */
    int64_t booked_nanousd; /* tonight: settled, unknown and reserved, as far as we know */
    /* Of this process. */
    int64_t n_calls;
    int64_t n_answered; /* of these, with a whole answer of whatever kind */
    int64_t n_items;
    int64_t n_undelivered, undelivered_nanousd; /* billed, and their answers never came */
    void *data;                                 /* the owner's */
};

/* Why a call may not be made: a cap, or somebody's word. */
enum crawl_scope {
    CRAWL_SCOPE_RUN,     /* only charges of the run itself can make room */
    CRAWL_SCOPE_SHARED,  /* charges of other runs can, too */
    CRAWL_SCOPE_STOPPED, /* no cap: no more calls of this run are wanted */
};

struct crawl_refusal {
    enum crawl_scope scope;
    const char *text; /* for people: the cap and what is reached */
};

/* What an answer said; from the envelope where there is one. */
struct crawl_answer {
    struct verdict_facts facts;
    bool was_sent;        /* false: known never to have left */
    int64_t cost_nanousd; /* -1: not named */
    int64_t n_items;
    int64_t total_count; /* -1: not named */
    const char *token;   /* NULL: none */
};

/* Where a slice stands once a page has landed. */
struct crawl_checkpoint {
    enum pager_walk walk;
    int64_t position;
    const char *token;
    int64_t total_count; /* of the slice; -1: not told */
    int64_t whole_count; /* of its listing, where this page is the one that tells; -1: it is not */
    bool is_ended;
};

struct crawl_ports {
    int64_t (*now_ms)(void *data);
    /* Calls crawl_on_time() at `at_ms`; a later call replaces an earlier one. */
    void (*wake_at)(void *data, int64_t at_ms);
    void (*begin_slice)(void *data, struct crawl_slice *slice);
    void (*reserve)(void *data, struct crawl_page *page);
    void (*send)(void *data, struct crawl_page *page);
    /* The answer of an adopted page: crawl_on_answer() follows, no crawl_on_arrived(). */
    void (*replay)(void *data, struct crawl_page *page);
    void (*land)(void *data, struct crawl_page *page, const struct crawl_checkpoint *checkpoint);
    void (*settle)(void *data, struct crawl_page *page);
    /*
     * Asks the vendor which calls of the account it has executed: crawl_on_resolved() for each
     * unknown one that this settles, of whichever run, then crawl_on_looked().
     */
    void (*look)(void *data);
    /*
     * Narrows the slice to what lies before its first point, and records a slice from each point to
     * the next, the last one to where the slice ended: at once or not at all. They are numbered
     * from `new_slice_no` on. `is_whole`: the slice is at its end with that. crawl_on_cut().
     */
    void (*cut)(void *data, struct crawl_slice *slice, int32_t new_slice_no, bool is_whole);
    /*
     * Ends the slice where it stands and records the next one, with pages of `limit` items, for
     * what lies behind by `column`: crawl_on_restarted().
     */
    void (*restart)(void *data, struct crawl_slice *slice, int32_t new_slice_no, int64_t limit,
                    const char *column);
    void (*publish)(void *data, struct crawl_listing *listing);
    void (*suspend)(void *data, struct crawl_listing *listing);
    void (*end_run)(void *data, struct crawl_run *run);
    /* The page is given up and freed; the owner lets go of its `data`. */
    void (*drop)(void *data, struct crawl_page *page);
    /* Everything has ended; the crawl may be destroyed. Called once, never from crawl_start(). */
    void (*done)(void *data);
};

/* Crawls whose runs share caps, in one process; the owner's, all zeros at first. */
struct crawl_peers {
    struct crawl *first;
};

struct crawl_settings {
    struct pace *pace; /* the account's, where several crawls share it; NULL: one of its own */
    struct crawl_peers *peers; /* NULL: no other crawl's charges count under the same caps */
    size_t in_flight;          /* of a pace of its own */
    size_t calls_per_minute;   /* likewise */
    size_t backlog_max;      /* pages that arrived and have not landed; above it no call goes out */
    unsigned tries_max;      /* of a page whose error may pass */
    int64_t hold_ms;         /* how long the server may go on with a call that broke off */
    bool has_list;           /* the vendor can be asked which calls it has executed */
    int64_t listed_after_ms; /* an executed call is on that list so long after its sending */
    unsigned unknown_retries; /* of a page whose charge stays unknown, list or not */
    int64_t newest_s;         /* no item is expected to be newer, in seconds since 1970 */
    uint64_t jitter_seed;
};

/* What a run is made from. The texts are copied, `job` excepted. */
struct crawl_run_settings {
    int64_t run_id;
    const char *job;
    const struct endpoint *endpoint;
    struct price price;
    int64_t booked_nanousd;
    size_t n_listings;
    bool is_stopping; /* from the beginning: what was adopted lands, and nothing is asked for */
    void *data;
};

struct crawl_listing_settings {
    int64_t listing_id;
    const char *target, *request;
    int64_t max_rows, last_total_count;
    int64_t whole_count;            /* -1: not known */
    int64_t newest_s;               /* its request asks for what is before this; 0: not known */
    const struct crawl_part *parts; /* ascending; copied */
    size_t n_parts;
    /*
     * It is walked in the order of its request, a page at a time, each asked for when the one
     * before has landed; whoever lands them tells when SYNC_KNOWN items in a row have brought
     * no news, and what lies behind is not asked for. Not with max_rows.
     */
    bool ends_when_known;
    void *data;
};

/* A slice that was begun by an earlier process. Its pages by offset follow by pager_restore_page().
 */
struct crawl_slice_settings {
    int32_t slice_no;
    int64_t limit;
    const char *order_by;
    struct request_range range;
    enum pager_walk walk;
    int64_t position;
    const char *token;
    int64_t total_count;
    bool is_ended;
};

struct crawl *crawl_new(const struct crawl_settings *settings, const struct crawl_ports *ports,
                        void *data);
void crawl_destroy(struct crawl *crawl);

/* Before crawl_start(): runs, then `n_listings` listings of each, then what is known of slices. */
struct crawl_run *crawl_add_run(struct crawl *crawl, const struct crawl_run_settings *settings);
struct crawl_listing *crawl_add_listing(struct crawl_run *run,
                                        const struct crawl_listing_settings *settings);
struct crawl_slice *crawl_add_slice(struct crawl_listing *listing,
                                    const struct crawl_slice_settings *settings);

/* An earlier process has made calls for a slice of that number, whatever the database knows: no new
 * slice is given it, since its answers would be taken for the new one's. */
void crawl_pass_slice_no(struct crawl_listing *listing, int32_t slice_no);

/*
 * An answer that is in the spool and has not landed, with what was reserved for its call; `data`
 * becomes its page's. Where the crawl ends before its turn comes there is neither a replay nor a
 * drop: it stays in the spool.
 */
void crawl_adopt(struct crawl_slice *slice, const struct uuid *attempt, int64_t position,
                 int64_t reserved_nanousd, void *data);

/*
 * A call of an earlier process for the page at `position` whose charge is unknown, sent so long
 * ago; again for each such call. When its turn comes the page waits for the vendor's list; where
 * the slice never wants such a page nothing comes of it.
 */
void crawl_adopt_unknown(struct crawl_slice *slice, int64_t position, int64_t age_ms);

/* There may be calls whose charge is unknown and that no slice here waits for: they are looked for
 * as well, since their room under a cap may be wanted. */
void crawl_expect_look(struct crawl *crawl);

/* The account's calls of an earlier process: ended so long ago, or (-1) perhaps still running, sent
 * so long ago. Before crawl_start(). */
void crawl_count_earlier(struct crawl *crawl, int64_t sent_ago_ms, int64_t ended_ago_ms);

void crawl_start(struct crawl *crawl);

/* No new calls; what is paid for lands; then done. */
void crawl_stop(struct crawl *crawl);

/* The same of one run alone; `why` is told, once. */
void crawl_stop_run(struct crawl_run *run, const char *why);

/* As crawl_stop(), but nothing can land any more: the database or the spool is gone. */
void crawl_fail(struct crawl *crawl, const struct err *err);

/* Another reason than time to look again: there is room in the spool. */
void crawl_on_time(struct crawl *crawl);

/* Room in the spool ended, or came back: no call goes out while it is full. */
void crawl_set_full(struct crawl *crawl, bool is_full);

/* The part of the listing that the page is asked for: page 1 of slice 0 for the whole, whose count
 * it tells, the others for their slice. */
struct request_range crawl_page_range(const struct crawl_page *page);

/* The answers of the ports. `err` is NULL on success. ERR_DATA or ERR_INTERNAL of a landing fails
 * its listing, and a look is tried again unless ERR_DB ended it; any other error is a crawl_fail().
 */
void crawl_on_slice_begun(struct crawl_slice *slice, const struct err *err);
void crawl_on_reserved(struct crawl_page *page, const struct crawl_refusal *refusal,
                       const struct err *err);
void crawl_on_arrived(struct crawl_page *page, bool was_sent, bool is_whole);
void crawl_on_answer(struct crawl_page *page, const struct crawl_answer *answer);
/* `newest_s` is the largest value of the walk among its items, or CRAWL_NO_VALUE. `is_end`: of a
 * listing that `ends_when_known`, with this page it does, and the checkpoint says so. */
void crawl_on_landed(struct crawl_page *page, int64_t newest_s, bool is_end, const struct err *err);
void crawl_on_settled(struct crawl_page *page, const struct err *err);
void crawl_on_resolved(struct crawl *crawl, int64_t listing_id, int32_t slice_no, int64_t position,
                       bool is_billed, int64_t charged_nanousd);
void crawl_on_looked(struct crawl *crawl, const struct err *err);
void crawl_on_cut(struct crawl_slice *slice, const struct err *err);
/* The new slice begins at `from_s`, and ends where the old one did; `is_begun` is false where there
 * is no value to go on from. */
void crawl_on_restarted(struct crawl_slice *slice, bool is_begun, int64_t from_s,
                        const struct err *err);
void crawl_on_published(struct crawl_listing *listing, bool is_held, const struct err *err);
void crawl_on_suspended(struct crawl_listing *listing, const struct err *err);
void crawl_on_run_ended(struct crawl_run *run, const struct err *err);

/* What is known of it, for a line of the log; valid as long as it is. Of a page also what its last
 * call has brought and cost. */
struct log_fields crawl_fields(const struct crawl *crawl); /* of its only run, if it is that */
struct log_fields crawl_run_fields(const struct crawl_run *run);
struct log_fields crawl_listing_fields(const struct crawl_listing *listing);
struct log_fields crawl_page_fields(const struct crawl_page *page);

/* For progress and summaries. */
/* Items of a listing as its slices have them, and in all as it was told (-1: not known). */
int64_t crawl_items_in_slices(const struct crawl_listing *listing);
int64_t crawl_items_expected(const struct crawl_listing *listing);
size_t crawl_n_in_flight(const struct crawl *crawl);
size_t crawl_n_runs(const struct crawl *crawl);
struct crawl_run *crawl_run_at(struct crawl *crawl, size_t i);
/* Why the crawl failed as a whole; ERR_NONE where it did not. */
const struct err *crawl_failure(const struct crawl *crawl);
