/*
 * A run on paper: its pages are taken one by one, feed by feed in turns as the crawl does it, for
 * as long as the caps allow. A page is taken where every cap that applies has its worst case left
 * (a call and a full page); it then costs what it brings. Where one has not, its job ends there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/price.h"

#define PAPER_ALL_JOBS SIZE_MAX
#define PAPER_ENDLESS INT64_MAX /* nobody knows how many items there are */

struct paper_cap {
    size_t job;           /* whose; or PAPER_ALL_JOBS */
    size_t group;         /* of all jobs: those of this group; 0: of any */
    int64_t left_nanousd; /* goes down as pages are taken */
};

#define PAPER_GROUPS 2 /* that a feed may be of */

struct paper_feed {
    size_t job, groups[PAPER_GROUPS];
    struct price price;
    int64_t limit;   /* items of a page */
    int64_t n_items; /* to be taken; goes down to 0 */
    int64_t n_calls; /* likewise: one more than the items need where there are none */
};

struct paper_job {
    bool is_stopped;
    size_t cap;      /* that stopped it */
    bool is_endless; /* nothing bounds it: neither items nor caps */
    int64_t n_items, nanousd;
};

/* `jobs` starts zeroed. */
void paper_walk(struct paper_feed *feeds, size_t n_feeds, struct paper_cap *caps, size_t n_caps,
                struct paper_job *jobs);
