/*
 * The vendor's list of the tasks that it has executed: POST /v3/backlinks/id_list, which is free
 * (docs.dataforseo.com/v3/backlinks/id_list). It tells which of the calls whose answers never came
 * were billed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define TASKS_PATH "/v3/backlinks/id_list"
#define TASKS_PER_PAGE 1000

struct tasks_task {
    char *id, *tag;
    int64_t offset;
    char *token;          /* NULL: none */
    int64_t cost_nanousd; /* -1: it is not over, and nobody knows yet */
    int64_t posted_ms;    /* since 1970 */
};

/* Pages of the list are put one behind the other. */
struct tasks {
    struct tasks_task *tasks;
    size_t n_tasks;
    size_t n_listed; /* rows of the list, those that are none of ours (no tag) among them */
};

/* The body that asks for tasks posted between two times, in milliseconds since 1970. free() it. */
char *tasks_request(int64_t from_ms, int64_t to_ms, size_t offset);

/*
 * Adds a page. ERR_DATA where it is not what the API sends, ERR_API where the API refused; then
 * nothing is added. `ret_n_listed` is how many rows it had: fewer than TASKS_PER_PAGE are the end.
 */
bool tasks_add(struct tasks *tasks, const char *text, size_t size, size_t *ret_n_listed,
               struct err *err);

void tasks_deinit(struct tasks *tasks);
