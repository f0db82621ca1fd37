/*
 * A crawl against a server that answers each call after the same time, with any number of items:
 * how long listings take, what they cost, whether a slot is ever idle. The database and the disk
 * take no time, and nothing is ever lost; for that there is the rig.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crawl/crawl.h"

#define SIM_LISTINGS_MAX 8
#define SIM_NOW_S 1790000000 /* no item is newer */

/* The value of an item of a listing of `n_items`; it ascends. */
typedef int64_t sim_value_fn(int64_t item, int64_t n_items);

struct sim_listing {
    int64_t n_items;
    sim_value_fn *value_s;
    struct crawl_part *parts; /* what the walk before has left for this one */
    size_t n_parts;

    /* of the walk */
    int64_t ended_ms;
    size_t n_slices;
    int64_t n_received, n_bought; /* items, once each; as often as they came */
    unsigned char *times;
};

/* What is wrong with the n-th call, from 1. */
enum sim_fault { SIM_OK, SIM_RETRY, SIM_AT_ONCE, SIM_A_MINUTE, SIM_BROKEN };

struct sim {
    size_t in_flight, calls_per_minute;
    int64_t call_ms;
    enum sim_fault (*fault)(size_t n); /* NULL: nothing */
    bool looks_for_idle_slots;

    /* of the walk */
    struct sim_listing listings[SIM_LISTINGS_MAX];
    size_t n_listings;
    size_t n_calls;
    int64_t nanousd, ended_ms;
};

/* A global is fine here: Criterion runs each test in a process of its own. */
extern struct sim sim;

/* 30 slots, 2,000 calls a minute, 2 s a call, no listing. */
void sim_begin(void);
struct sim_listing *sim_add(int64_t n_items, sim_value_fn *value_s);

/* Walks all listings to their end, and checks that every item came. Walked again, each is cut as
 * the walk before has found it. */
void sim_walk(void);

/* How near it came to what could be at best, in percent: whole pages, and every slot busy. */
double sim_efficiency(void);

void sim_end(void);
