/*
 * The body of a call: the job's parameters, and what linkhaul sets itself.
 *
 * All texts are JSON as the job loader made it, so what cannot be read is a programming error.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "api/endpoint.h"

struct uuid;

/*
 * A part of a listing: [from, to) of the value that it is walked by, in seconds since 1970.
 * REQUEST_FROM_OPEN and REQUEST_TO_OPEN: no bound on that side.
 */
struct request_range {
    int64_t from_s, to_s;
};

#define REQUEST_FROM_OPEN INT64_MIN
#define REQUEST_TO_OPEN INT64_MAX
#define REQUEST_WHOLE ((struct request_range){REQUEST_FROM_OPEN, REQUEST_TO_OPEN})

/* How one page is asked for. */
struct request_page {
    bool is_object;     /* the task itself; else an array of it */
    const char *target; /* where the endpoint takes one; the request has several itself */
    int64_t limit;
    const char *order_by;       /* JSON array; NULL: none is sent */
    struct request_range range; /* needs room for a condition per bound, beside the request's own */
    int64_t position;           /* its offset; of no account where there is a token */
    const char *token;          /* search_after_token; NULL: by offset */
    const char *tag;            /* ours, with the user's behind it: request_tag() */
};

/*
 * The body as it is sent: an array of one task, or the task itself. A body never holds a token and
 * an offset, so a chain's bodies differ in their token alone. free() it.
 */
char *request_body(const struct endpoint *endpoint, const char *request,
                   const struct request_page *page);

/* The targets of an intersection by their keys, "1" first; none where the request, which may also
 * be the body of a call, has none. */
struct request_targets {
    char *keys[TARGETS_MAX], *targets[TARGETS_MAX];
    size_t n;
};

void request_targets_read(const char *request, struct request_targets *ret_targets);
void request_targets_deinit(struct request_targets *targets);

/* What a body that was sent had as its tag and token (NULL: none); free() both. */
void request_read_body(const char *body, char **ret_tag, char **ret_token);

/*
 * The items of a page, fixed for a slice: the request's limit, else the endpoint's largest; or
 * max_rows where that is smaller (0: there is none).
 */
int64_t request_limit(const struct endpoint *endpoint, const char *request, int64_t max_rows);

/*
 * The order of a listing as a JSON array, or NULL where none is sent. A listing taken whole is
 * walked in the endpoint's own order; where max_rows cuts (`is_cut`) the user's order decides what
 * is left, with the endpoint's last rule behind it to break ties, if there is room for a rule.
 * free() it.
 */
char *request_order(const struct endpoint *endpoint, const char *request, bool is_cut);

/*
 * The column that a chain in this order can be gone on with by value where its token is no longer
 * taken: "first_seen" of "first_seen,asc". NULL where that would bring other items than the chain;
 * `ret_why` then says why, for people. Both are constants.
 *
 * It needs our own walk order, whose values never change, room for a condition more in the filters,
 * and no grouping: one link per domain of what lies behind is not what lies behind of one link per
 * domain.
 */
const char *request_walk_column(const struct endpoint *endpoint, const char *request,
                                const char *order_by, const char **ret_why);

/*
 * Whether a listing in this order may be cut into ranges of its walk's first value, to be paged
 * side by side; `ret_why` says why not, for people. It takes what request_walk_column() takes, and
 * room for two conditions.
 */
bool request_may_be_cut(const struct endpoint *endpoint, const char *request, const char *order_by,
                        const char **ret_why);

/*
 * "lh/<install>/<run>-<listing>.<slice>", and the user's own tag behind a space. <run> is the end
 * of the run's uid: a fail-over may give a lost listing's number out again. free() it.
 */
char *request_tag(const char *request, const char *install, const struct uuid *run_uid,
                  int64_t listing_id, int slice_no);
