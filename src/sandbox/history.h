/*
 * The tasks of the account in the order in which they were posted, for id_list: the newest hundred
 * thousand.
 *
 * A call gets its place when it begins and is filled in when it is over, so the order is that of
 * the posting however long each takes.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HISTORY_MAX 100000

struct history_task {
    char id[48];
    const char *path; /* constant */
    int64_t posted_s, done_s;
    int64_t listed_from_ms; /* monotonic: id_list knows it only from then on */
    int code;
    int64_t cost_nanousd;
    char *metadata; /* the task as it was sent, JSON; owned. NULL: not over, or never became one */
};

struct history {
    struct history_task *tasks; /* a ring once it is full */
    size_t capacity;
    uint64_t n_posted;
};

/* Takes a place for a call that begins. */
uint64_t history_post(struct history *history);

/* Fills the place; `task` and its metadata are taken over. */
void history_fill(struct history *history, uint64_t place, const struct history_task *task);

/* How many places there are, and the `index`th of them, the oldest first. */
size_t history_size(const struct history *history);
const struct history_task *history_at(const struct history *history, size_t index);

void history_deinit(struct history *history);
