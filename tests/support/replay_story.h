/*
 * What stories of replays share: a job, its run, and what a replay must not have changed. Whatever
 * is not as it should be fails the test.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "support/story.h"

/* A sandbox whose example.com has so many items and example.org 1,500, and a job `walk` of those
 * targets; nothing has run yet. `items` is an argument of --items. */
void replay_set_up(struct story *story, const char *items, const char *latency_ms,
                   const char *targets);

/* A run of the job, to its end. */
void replay_run_job(struct story *story);

/* Between these two nothing may be asked of the API, and no sum of the ledger may move. */
void replay_watch(struct story *story);
void replay_expect_free(struct story *story);

/* Schema `scratch` has the rows and rejects of run 1, equal in all but loaded_at. */
void replay_expect_scratch(struct story *story);

/* The rows of two runs are equal in all but what tells runs apart. */
void replay_expect_same(struct story *story, int64_t one, int64_t other);

/* Run 1 is the only one that has left anything, and there is no schema `scratch`. */
void replay_expect_nothing(struct story *story);

/* linkhaul has said this on standard error. */
void replay_expect_said(struct story *story, const char *text);

size_t replay_n_calls(struct story *story);    /* that the sandbox has counted */
int64_t replay_n_settled(struct story *story); /* that linkhaul has booked */
