/*
 * What a night of a feed takes: all of it, what changed, or nothing. Arithmetic only.
 *
 * A change that is asked for by what is new and what is lost saves nothing on a small feed, and
 * sees neither a rank that drifts nor a night that was missed for too long; so a feed goes by its
 * changes where that is possible and cheaper, and is taken whole else. `run` goes by this, and
 * `plan` prices by it.
 *
 * A link that the vendor found late stands behind the night's beginning with an earlier date, so
 * every night looks SYNC_OVERLAP_DAYS further back than the last good one began.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "api/price.h"

#define SYNC_OVERLAP_DAYS 3

/* After so many nights without a good sync the changes are not trusted to tell all. */
#define SYNC_GAP_MAX 14

/* Up to so many links, `auto` takes all. */
#define SYNC_SMALL 1000

/* A part that is taken anew has so many links at least: a page. */
#define SYNC_REFRESH_MIN 1000

/* The list of what is lost is read until so many in a row bring no news. */
#define SYNC_KNOWN 1000

/* Where nothing moves it is counted all the same when the last count was so many nights ago: a
 * week, since read_sync.sql gives each feed its weekday. */
#define SYNC_COUNT_NIGHTS 7

enum sync_mode { SYNC_MODE_AUTO, SYNC_MODE_FULL, SYNC_MODE_CHANGES }; /* as of the job's key */

enum sync_way {
    SYNC_FULL, /* one listing of kind full; where `wants_lost`, one of what is lost beside it, which
                  tells of links that are missing whether they are lost or have left the filter */
    SYNC_CHANGES, /* new, lost, count; where `wants_refresh`, a range taken anew beside them */
    SYNC_UNMOVED, /* none; where `wants_count`, the count alone */
};

/* What is known of a feed and the night. */
struct sync_facts {
    const char
        *why_not;      /* why changes cannot be asked for, as request_can_change() puts it; NULL */
    bool is_narrowed;  /* its request leaves out links that are alive */
    int64_t n_live;    /* links of its state that are live, or missing for now */
    int64_t n_missing; /* of these, those that were missing in the last complete listing */
    int64_t max_rows;  /* of the job; 0: all */
    bool is_synced;    /* there was a good sync, and this is about it: */
    int64_t nights_since;     /* from its night to tonight */
    int64_t synced_as_of_s;   /* when its run began, in seconds since 1970 */
    int64_t nights_refreshed; /* since a part, or all, was last taken anew */
    int64_t moved_a_night;    /* links found or lost in a usual night; -1: not known */
    int64_t n_refresh;        /* links of the part that is next: see sync_refresh_quota() */
    int64_t n_new, n_lost;    /* since `since`, as the vendor's bulk call tells; -1: not told */
    int64_t nights_counted;   /* since the vendor's count was last held against its links */
    bool is_count_night;      /* its weekday, or the last good sync is in doubt */
};

struct sync_rules {
    enum sync_mode mode;
    int64_t refresh_days; /* each link is taken anew within so many; 0: never */
    struct price price;
    int64_t limit; /* items of a page */
};

struct sync_decision {
    enum sync_way way;
    bool wants_lost, wants_refresh, wants_count;
    int64_t since_s;         /* of SYNC_CHANGES: what is new since, in seconds since 1970 */
    int64_t full_nanousd;    /* what all of it would cost */
    int64_t changes_nanousd; /* what its changes would; -1: they cannot be asked for */
    char reason[160];        /* for people: goes on behind "full: " and so on */
};

/* How many links, by first_seen from where the last part ended, are due to be taken anew; 0: none
 * are. With n_live or more the feed is due as a whole. */
int64_t sync_refresh_quota(const struct sync_facts *facts, int64_t refresh_days);

struct sync_decision sync_decide(const struct sync_facts *facts, const struct sync_rules *rules);
