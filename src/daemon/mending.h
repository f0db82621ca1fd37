/*
 * Calls that the spool knows and the ledger does not, since a fail-over lost the last commits: they
 * are collected from a segment and come back as unknown.
 */
#pragma once

#include <stddef.h>

#include "core/uuid.h"
#include "store/lost.h"

struct spool;

struct mending {
    const char *job; /* for the log */
    int64_t run_id;
    const struct uuid *known; /* the calls that the ledger has, sorted */
    size_t n_known;
    struct store_attempt *attempts; /* those that it has not */
    int64_t *sent_ms;
    char **texts; /* tags and tokens of the attempts */
    size_t n;
};

/* Fills what is behind `n_known`. Reads the requests back from the segment, and blocks. */
void mending_collect(struct mending *mending, struct spool *spool);
void mending_deinit(struct mending *mending);

/* A word in the log where fewer came back than were to. */
void mending_tell_rest(const char *job, size_t n_wanted, size_t n_restored);

/* What the segment has kept of its run, in order and as much of it as can be read; what cannot is
 * told. mending_free_notes() it. */
char **mending_read_notes(const struct spool *spool, size_t *ret_n);
void mending_free_notes(char **notes, size_t n);
