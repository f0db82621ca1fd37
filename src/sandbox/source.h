/*
 * What a listing is taken from: the made-up items of one endpoint for one or several targets.
 *
 * An item is its number. Of an endpoint per link it is the number of a row; of one per site it is
 * the site's. Items 0 .. n_live - 1 are live, the n_lost behind them lost, and the n_partial behind
 * those link to some of the targets only.
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
    uint64_t n_live, n_lost, n_partial;
    char *names; /* what the targets are called; owned */
};

void source_init(struct source *source, const struct query *query, const struct options *options);
void source_deinit(struct source *source);

/* Whether item `number` links to target `key`, from 1. */
bool source_has_key(const struct source *source, uint64_t number, size_t key);

/* Whether its site links to another target, which a request wants left out; one in eight does. */
bool source_is_excluded(const struct source *source, uint64_t number, const char *target);

/* Makes one row of item `number`: what it has of target `key`, from 1, and of that the one
 * `link_no`, from 0. */
void source_row(const struct source *source, uint64_t number, size_t key, unsigned link_no,
                struct row *row);
