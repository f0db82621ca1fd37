/* What crawl.c (the whole) and page.c (one page's way) share. */
#pragma once

#include "crawl/crawl.h"

struct crawl {
    struct crawl_settings settings;
    const struct crawl_ports *ports;
    void *data;
    struct pace pace;
    struct crawl_run **runs;
    size_t n_runs;
    size_t n_listings; /* over all runs */
    size_t cursor;     /* the listing that is next in turn */
    size_t n_backlog;  /* pages that arrived and have not landed */
    bool is_started, is_stopping, is_full, is_done;
    struct err failure;
    uint64_t jitter;
};

/* A page of `slice` at `ask`, with an attempt of its own, not in any state yet. */
struct crawl_page *crawl_page_new(struct crawl_slice *slice, const struct pager_ask *ask);
void crawl_page_free(struct crawl_page *page);

/* Takes a slot and asks for the money. */
void crawl_page_reserve(struct crawl_page *page);

/* An adopted page's turn has come. */
void crawl_page_replay(struct crawl_page *page);

/* The page is over: counts it out of its listing and frees it. */
void crawl_page_drop(struct crawl_page *page);

/* Nothing more is asked of the listing; `completeness` is "error" or "budget". Logs it. */
void crawl_fail_listing(struct crawl_listing *listing, const char *completeness, const char *format,
                        ...) __attribute__((format(printf, 3, 4)));

/* The i-th listing over all runs. */
struct crawl_listing *crawl_listing_at(struct crawl *crawl, size_t i);

/* Asks for every page that may be asked for now. */
void crawl_ask(struct crawl *crawl);

/* Looks at everything again: what can be asked for, what is over. Every event ends in it. */
void crawl_pump(struct crawl *crawl);
