/* Bars of the last nights as inline SVG. A night without a run has no bar. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "status/snapshot.h"

/* A stretch of SNAPSHOT_NIGHTS_MAX nights up to the newest one there is, by days since 1970. */
struct chart_night {
    bool is_there;
    int64_t n_rows, n_new, n_lost, nanousd; /* 0 where they are not known */
};

struct chart {
    int64_t first; /* the day of nights[0]; meaningless where there is no night */
    struct chart_night nights[SNAPSHOT_NIGHTS_MAX];
    size_t n_there;
};

enum chart_of { CHART_ROWS, CHART_DOLLARS };

/* The newest night of all jobs, in days since 1970; -1: there is none. */
int64_t chart_newest(const struct snapshot *snapshot);

/* Adds a job's nights; `newest` is that of all. */
void chart_init(struct chart *chart, int64_t newest);
void chart_add(struct chart *chart, const struct snapshot_job *job);

/*
 * Draws it: small, for a line of a table, or large with its highest value and its first and last
 * night. `label` says whose it is.
 */
void chart_write(struct buf *out, const struct chart *chart, enum chart_of of, bool is_large,
                 const char *label);
