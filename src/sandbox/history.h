/* The tasks of the account, for id_list: the newest hundred thousand. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HISTORY_MAX 100000

struct history_task {
    char id[48];
    const char *path; /* constant */
    int64_t posted_s, done_s;
    int code;
    int64_t cost_nanousd;
    char *metadata; /* the task as it was sent, JSON; owned */
};

struct history {
    struct history_task *tasks; /* a ring once it is full */
    size_t n, capacity, oldest;
};

/* Takes `task` and its metadata over. */
void history_add(struct history *history, const struct history_task *task);

/* The `place`th, the oldest first. */
const struct history_task *history_at(const struct history *history, size_t place);

void history_deinit(struct history *history);
