/*
 * The body of a call: the job's parameters, and what linkhaul sets itself.
 *
 * All texts are JSON as the job loader made it, so what cannot be read is a programming error.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct endpoint;
struct uuid;

/* How one page is asked for. */
struct request_page {
    bool is_object; /* the task itself; else an array of it */
    const char *target;
    int64_t limit;
    const char *order_by; /* JSON array; NULL: none is sent */
    const char *filters;  /* JSON array of conditions beside the request's own; NULL: none */
    int64_t position;     /* its offset; of no account where there is a token */
    const char *token;    /* search_after_token; NULL: by offset */
    const char *tag;      /* ours, with the user's behind it: request_tag() */
};

/*
 * The body as it is sent: an array of one task, or the task itself. A body never holds a token and
 * an offset, so a chain's bodies differ in their token alone. free() it.
 */
char *request_body(const char *request, const struct request_page *page);

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
 * "lh/<install>/<run>-<listing>.<slice>", and the user's own tag behind a space. <run> is the end
 * of the run's uid: a fail-over may give a lost listing's number out again. free() it.
 */
char *request_tag(const char *request, const char *install, const struct uuid *run_uid,
                  int64_t listing_id, int slice_no);
