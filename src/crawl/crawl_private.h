/* What the files of the crawl share: crawl.c (the whole), page.c (one page's way), and the others
 * as they are named below. */
#pragma once

#include "crawl/crawl.h"

struct crawl {
    struct crawl_settings settings;
    const struct crawl_ports *ports;
    void *data;
    struct pace pace;
    struct crawl_run **runs;
    size_t n_runs;
    size_t n_listings;  /* over all runs */
    size_t cursor;      /* the listing that is next in turn */
    size_t n_backlog;   /* pages that arrived and have not landed */
    size_t n_booked;    /* charges that were booked, over all runs */
    int64_t look_at_ms; /* the next look at the vendor's list; -1: there is nothing to look for */
    int64_t looked_since_ms; /* when the look under way was begun; -1: there is none */
    int64_t strays_until_ms; /* a look begun later is the last for calls that no page waits for; -1:
                                there are none */
    unsigned n_failed_looks; /* in a row */
    int64_t shrunk_ms;       /* when the pace was last shrunk */
    int64_t told_slow_ms;    /* when it was last told that reserves are slow; -1: never */
    bool is_started, is_stopping, is_full, is_done;
    struct err failure;
    uint64_t jitter;
};

/* ask.c: what was adopted and is not wanted any more, now that all pages are in, is only booked.
 * True where there was any: the listing is busy with it. */
bool crawl_book_surplus(struct crawl_listing *listing);

/* A page of `slice` at `ask`, with an attempt of its own, not in any state yet. */
struct crawl_page *crawl_page_new(struct crawl_slice *slice, const struct pager_ask *ask);
void crawl_page_free(struct crawl_page *page);
void crawl_pages_free(struct crawl_page *first);

/* Takes a slot and asks for the money. */
void crawl_page_reserve(struct crawl_page *page);

/* An adopted page's turn has come. */
void crawl_page_replay(struct crawl_page *page);

/* The page is over: counts it out of its listing and frees it. */
void crawl_page_drop(struct crawl_page *page);

/* The owner lets go of its part in the page, which is no longer busy but stays. */
void crawl_page_let_go(struct crawl_page *page);

/* How long to wait before the n-th further try, from 1. */
int64_t crawl_backoff_ms(struct crawl *crawl, unsigned n_tries);

/* Back to the pages that wait; the pager goes on taking it as open. */
void crawl_page_wait(struct crawl_page *page, int64_t not_before_ms);

/* A charge of the run is in the books: what was refused may fit now. */
void crawl_booked(struct crawl_run *run);

/* judge.c: what comes of a page whose answer brought no items and is booked. */
void crawl_page_judge(struct crawl_page *page);

/* An answer that cost more than the dearest that its reserve allowed for stops its job: the price
 * has changed. */
void crawl_page_check_price(struct crawl_page *page);

/* unknown.c: the page's last call may have been charged; `what` came of it. It is asked for again
 * when that is known, if ever. */
void crawl_page_is_unknown(struct crawl_page *page, const char *what);

/* A page that may be asked for now; gives it back, or NULL where an earlier process has asked for
 * it and nobody knows yet what came of that. */
struct crawl_page *crawl_page_wanted(struct crawl_page *page);

/* A call sent then may have been charged, and no page waits for it: once the list tells, there may
 * be room under a cap. */
void crawl_look_for_stray(struct crawl *crawl, int64_t sent_ms);

/* Nothing waits for the slice's unknown pages any more. */
void crawl_drop_unknown(struct crawl_slice *slice);

/* A look is under way or to come. */
bool crawl_is_to_look(const struct crawl *crawl);

/* Begins a look where one is due; gives when to come back for the next, -1: never. */
int64_t crawl_look(struct crawl *crawl, int64_t now_ms);

/* restart.c: whether a refused page's chain is broken, not the page: then its slice ends there, and
 * what lies behind is asked for by a new one. True where it has been dealt with, and the page is
 * gone. */
bool crawl_page_breaks_chain(struct crawl_page *page, const char *what);

/* Records the new slice once the pages of the old one have landed. */
void crawl_restart(struct crawl_listing *listing);

/* cut.c: records cuts of slices that are too long, or known to be from the listing before. */
void crawl_cut(struct crawl_listing *listing);

/* A slice that passes the reach is walked one page after the other, or not to its end: says why. */
void crawl_say_why_not_cut(const struct crawl_slice *slice);

/* The next slice of the listing, not recorded yet; `order_by` is copied. */
struct crawl_slice *crawl_slice_new(struct crawl_listing *listing, int64_t limit,
                                    const char *order_by, const struct request_range *range);

/* Two seconds at least: a single one cannot be cut. */
bool crawl_range_is_wide(const struct request_range *range);

/* Nothing is to be done about the slice any more. */
bool crawl_slice_is_over(const struct crawl_slice *slice);

/* end.c: what is over is published, suspended or ended, and what waits for nothing else begun. */
void crawl_end_runs(struct crawl *crawl);

bool crawl_listing_may_fail(const struct crawl_listing *listing);

/* Nothing more is asked of the listing; `completeness` is "error" or "budget". Logs it, unless the
 * reason has been told for more than this one. */
void crawl_fail_listing(struct crawl_listing *listing, const char *completeness, const char *format,
                        ...) __attribute__((format(printf, 3, 4)));
void crawl_fail_told_listing(struct crawl_listing *listing, const char *completeness,
                             const char *reason);

/* The i-th listing over all runs. */
struct crawl_listing *crawl_listing_at(struct crawl *crawl, size_t i);

/* Asks for every page that may be asked for now. */
void crawl_ask(struct crawl *crawl);

/* Somebody asked for no more calls of the run: says so, once. The next pump ends it. */
void crawl_note_stop(struct crawl_run *run, const char *why);

/* Looks at everything again: what can be asked for, what is over. Every event ends in it. */
void crawl_pump(struct crawl *crawl);
