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

/* Whether its links are grouped (mode, custom_mode), and whether it has filters. */
bool request_is_grouped(const char *request);
bool request_is_filtered(const char *request);

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
 * Whether what is new and what is lost can be asked for apart from the rest; `ret_why` says why
 * not, for people, in words that go on from "it cannot be synced by its changes: ". It takes links
 * that are alive and not grouped, and room for three conditions beside those of the filters. An
 * order_by is no hindrance: it matters only where max_rows cuts, which the request does not say.
 *
 * The requests below are for those that can, and keep all of their other parameters. Each is a JSON
 * object; free() it. Source of the fields: docs.dataforseo.com/v3/backlinks/backlinks/live.
 */
bool request_can_change(const struct endpoint *endpoint, const char *request, const char **ret_why);

/* What the vendor first saw at `since_s` or later, and what returned since: it is new to the vendor
 * again then, with its old first_seen. Three conditions. */
char *request_new(const char *request, int64_t since_s);

/* What the vendor has lost, the latest first; all of it, so it is for the walk to end. It counts on
 * its own order: request_order() with `is_cut`. */
char *request_lost(const char *request);

/* What was first seen in [from_s, to_s), either of which may be open (as of request_range): a
 * condition per bound. Slices cut it further where there is room for theirs, too. */
char *request_in_range(const char *request, int64_t from_s, int64_t to_s);

/* Of bulk_new_lost_backlinks: counted from the day of `since_s` on, in UTC. Not part of what a feed
 * means: its key is made of the request that this is put into. */
char *request_since(const char *request, int64_t since_s);

/*
 * "lh/<install>/<run>-<listing>.<slice>", and the user's own tag behind a space. <run> is the end
 * of the run's uid: a fail-over may give a lost listing's number out again. free() it.
 */
char *request_tag(const char *request, const char *install, const struct uuid *run_uid,
                  int64_t listing_id, int slice_no);
