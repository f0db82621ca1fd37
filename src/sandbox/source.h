/*
 * What a listing is taken from: the made-up items of one endpoint for one or several targets.
 *
 * An item is its number. Of an endpoint per link it is the number of a row; of one per site it is
 * the site's. Items 0 .. n_items - 1 are live or lost, or with --night not there yet; the n_partial
 * from first_partial on link to some of the targets only, and are live. With --night a site is what
 * its certain links to all the targets are: live, lost where one of them is, and not there before
 * all of them are.
 *
 * An intersection has the sites that link to all of its targets, as many as the smallest of them
 * has; --items 'a.com+b.com=N' makes it another number. The vendor's documents contradict
 * themselves about intersection_mode; the total of their sample is that of an intersection, and
 * `all` was its mode. Here `all` has those sites, and `partial` half as many again, each of which
 * links to some of the targets.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/endpoint.h"
#include "sandbox/row.h"

struct options;
struct query;

struct source {
    const struct shape *shape;
    struct row_source targets[TARGETS_MAX];
    size_t n_targets;
    uint64_t n_live; /* the first so many items are live, on the first night or on all */
    uint64_t n_items, first_partial, n_partial;
    char *names; /* what the targets are called; owned */
};

/* The links to one target, which is kept, as the command line has them. */
void source_begin_rows(struct row_source *target, const struct options *options, const char *name);

void source_init(struct source *source, const struct query *query, const struct options *options);
void source_deinit(struct source *source);

/* The state of item `number`, of n_items: of enum query_status one; 0: it is not there yet. */
unsigned source_status(const struct source *source, uint64_t number);

/* Whether item `number` links to target `key`, from 1. */
bool source_has_key(const struct source *source, uint64_t number, size_t key);

/* Whether its site links to another target, which a request wants left out; one in eight does. */
bool source_is_excluded(const struct source *source, uint64_t number, const char *target);

/* Makes one row of item `number`: what it has of target `key`, from 1, and of that the one
 * `link_no`, from 0. */
void source_row(const struct source *source, uint64_t number, size_t key, unsigned link_no,
                struct row *row);
