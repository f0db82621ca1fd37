/* What the files of the simulation share: sim.c (time and answers), sim_ports.c (what is asked
 * for). */
#pragma once

#include "unit/crawl/sim.h"

#define SIM_EVENTS_MAX 65536

/* What the crawl is told next, without a delay. */
struct soon {
    enum {
        SOON_BEGUN,
        SOON_CUT,
        SOON_RESERVED,
        SOON_ANSWER,
        SOON_LANDED,
        SOON_SETTLED,
        SOON_LOOKED,
        SOON_PUBLISHED,
        SOON_ENDED
    } kind;
    void *what;
    int64_t newest_s;
};

/* A call that is under way. */
struct under_way {
    struct crawl_page *page;
    int64_t due_ms, first, n_items, total_count;
    enum sim_fault fault;
};

struct sim_state {
    struct crawl *crawl;
    struct soon soon[SIM_EVENTS_MAX];
    size_t first, n_soon;
    struct under_way calls[256], answered[256];
    size_t n_calls, n_answered;
    struct crawl_page *unknown[64];
    size_t n_unknown;
    int64_t now_ms, wake_ms;
    bool is_done;
};

extern struct sim_state sim_state;

extern const struct crawl_ports sim_ports;

struct sim_listing *sim_owner_of(const struct crawl_listing *listing);

/* The crawl hears of it next, without a delay. */
void sim_add_soon(int kind, void *what);

/* The first item with that value or a later one. */
int64_t sim_item_at(const struct sim_listing *listing, int64_t value_s);
