/*
 * What the database has of past nights, for the status port: each job's last run and nights, and
 * what last went wrong. Asked for on the service's own connection, when a run has ended and every
 * minute, and kept while that is away.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status/snapshot.h"

struct service;
struct history;

struct history *history_new(struct service *service);

/* After the loop's end. */
void history_destroy(struct history *history);

/* Asks, where it is time to. The service has a connection that can be used. */
void history_ask(struct history *history);

/* It is time to. */
void history_touch(struct history *history);

/* Sets the job's last run, not the one in progress, and its nights, where they are known. They stay
 * the history's, until the loop goes on. */
void history_of_job(const struct history *history, const char *project, const char *name,
                    struct snapshot_job *job);

const struct snapshot_error *history_errors(const struct history *history, size_t *ret_n);
