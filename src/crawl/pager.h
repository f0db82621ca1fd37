/*
 * Which pages a slice still wants, and when it is at its end. Arithmetic only: no clock, no money.
 *
 * Page 1 goes alone. Its total_count decides the walk: up to the endpoint's offset reach the other
 * pages are asked for by offset, side by side. Beyond it the slice waits for being cut where it may
 * be; otherwise the chain of tokens is followed from page 1, one page after the other. The page
 * size never changes within a slice.
 *
 * Source: docs.dataforseo.com/v3/backlinks/backlinks/live (limit, offset, search_after_token).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pager_walk {
    PAGER_UNDECIDED, /* page 1 has not been answered */
    PAGER_OFFSET,
    PAGER_CHAIN,
};

struct pager_settings {
    int64_t limit;        /* items of a page */
    int64_t offset_reach; /* offset + limit may not pass it */
    bool has_token;
    int64_t max_rows; /* 0: all; pages are whole, so the last one may pass it */
    bool may_be_cut;  /* where it passes the reach, and max_rows does not bind */
    bool is_serial;   /* a page is wanted when all before it are in, by offset too */
};

enum pager_page_state {
    PAGER_PAGE_WANTED,
    PAGER_PAGE_OPEN,  /* asked for, not in yet */
    PAGER_PAGE_STUCK, /* cannot be asked for again in this run */
    PAGER_PAGE_CUT,   /* behind the end; what has been asked for there still comes in */
    PAGER_PAGE_IN,
};

struct pager {
    struct pager_settings settings;
    enum pager_walk walk;
    int64_t total_count; /* as last told; -1: never */
    int64_t n_items;     /* in pages that are in */
    size_t n_open, n_stuck;
    bool is_ended;        /* no further page is wanted */
    bool is_out_of_reach; /* by offset, and total_count passes the reach without a token */
    bool is_narrowed;     /* it ends before what its first page was asked for */

    /* by offset: a state per page; page k stands at k * limit. Page 1 alone until decided. */
    unsigned char *pages;
    size_t n_pages;    /* planned */
    size_t next_page;  /* none before it is wanted */
    bool is_last_full; /* the last page of the plan is in, and full */

    /* in a chain: the next page */
    int64_t position; /* items of the pages that were answered */
    char *token;      /* NULL before page 1 */
};

/* Where a page stands, and how it is asked for. */
struct pager_ask {
    int64_t position;
    const char *token; /* the pager's, until its next call; NULL: by offset */
};

/* What an answered page was, for pager_answer(). */
struct pager_answer {
    int64_t position;
    const char *asked_token; /* NULL: by offset */
    int64_t n_items;
    int64_t total_count; /* -1: not told */
    const char *token;   /* the next page's; NULL: none */
};

void pager_init(struct pager *pager, const struct pager_settings *settings);
void pager_deinit(struct pager *pager);

/*
 * Takes up a slice where its checkpoint stands: the walk, for a chain its position and token, and
 * total_count. Pages by offset that are in follow with pager_restore_page().
 */
void pager_restore(struct pager *pager, enum pager_walk walk, int64_t position, const char *token,
                   int64_t total_count, bool is_ended);
void pager_restore_page(struct pager *pager, int64_t position, int64_t n_items);

/* The next page that may be asked for now, marked as open; false where there is none for now. */
bool pager_next(struct pager *pager, struct pager_ask *ret_ask);

/* The page at `position`, as pager_next(); false where it is not wanted, or not yet. */
bool pager_take(struct pager *pager, int64_t position, struct pager_ask *ret_ask);

/* It passes the reach and may be cut, and all that was planned before that was known is in: no page
 * is wanted before pager_narrow(). */
bool pager_is_to_be_cut(const struct pager *pager);

/*
 * What lies behind some item is another slice's from here on: how many are left is not known, until
 * a page tells. `is_whole`: they are all in. No page may be open.
 */
void pager_narrow(struct pager *pager, bool is_whole);

/* A slice that is too long cannot be cut: it is taken as far as offsets reach. */
void pager_give_in(struct pager *pager);

/* An open page was not answered: it is wanted again, or stuck until the next run. */
void pager_put_back(struct pager *pager, int64_t position, bool is_stuck);

/* A chain's open page cannot be had: the slice ends where it stands. */
void pager_end(struct pager *pager);

/* Nothing behind what is in is wanted: the slice is at its end. No page may be open. */
void pager_stop(struct pager *pager);

/* An open page was answered: it is in, and what follows is decided. */
void pager_answer(struct pager *pager, const struct pager_answer *answer);

/* All pages are in. */
bool pager_is_done(const struct pager *pager);

/* Nothing is under way and nothing can be asked for, but pages are missing. */
bool pager_is_stuck(const struct pager *pager);

/* The contract's word for a slice that is done: complete, limited or capped. */
const char *pager_completeness(const struct pager *pager);

/* Items that are expected in all: total_count, or what max_rows leaves of it; -1: not known. */
int64_t pager_expected(const struct pager *pager);
