/*
 * What a feed costs in each of its shapes: as it is, without its filters, one link per domain, by
 * its changes. Arithmetic only. What is not known is not guessed: the shape says what is missing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/price.h"
#include "cli/estimate.h"
#include "config/config.h"

struct endpoint;

/* Numbers that nobody knows are -1. */
struct compare_facts {
    const struct endpoint *endpoint;
    const char *request; /* JSON object */
    struct price price;
    int64_t limit, max_rows;      /* items of a page; of a listing, 0: all */
    const struct estimate *whole; /* a listing of it as it is */
    int64_t runs_a_month;         /* in hundredths */
    enum config_sync sync;
    int64_t refresh_days;
    bool is_narrowed;
    int64_t n_live, n_domains;         /* links of its state, live or missing; referring domains */
    int64_t new_a_night, lost_a_night; /* links that came, and that went */
    int64_t n_nights;                  /* that this is known of */
    int64_t n_unfiltered;              /* items without its filters */
};

enum shape_kind { SHAPE_AS_IS, SHAPE_UNFILTERED, SHAPE_PER_DOMAIN, SHAPE_CHANGES, N_SHAPES };

struct shape {
    enum shape_kind kind;
    bool is_known;
    bool is_at_most;                      /* so much and perhaps less */
    bool is_taken;                        /* what the job's `sync` does on most nights */
    int64_t night_nanousd, month_nanousd; /* a run's on average; a month's of the job's runs */
    char basis[200];                      /* for people: what it is reckoned by, or why not */
};

/* Those that the feed has, in the order of their kinds; gives how many. */
size_t compare_shapes(const struct compare_facts *facts, struct shape ret_shapes[N_SHAPES]);
