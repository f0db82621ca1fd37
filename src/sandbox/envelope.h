/*
 * The envelope around every answer (docs.dataforseo.com/v3): codes, cost, tasks. An answer is
 * written from front to back: envelope_open, then per task task_open, a result, task_close, then
 * envelope_close; or envelope_refuse for a request that never became a task.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

struct json_object;

struct envelope_task {
    const char *id;
    int code;
    const char *message; /* NULL: the code's own */
    int64_t took_ms;
    int64_t cost_nanousd;
    bool is_cost_exponent; /* the cost is written as 6.0e-02 */
    size_t n_results;
    const char *path;         /* "/v3/backlinks/backlinks/live" */
    const char *api;          /* echoed in data */
    const char *function;     /* the same */
    struct json_object *data; /* the task as it was sent; NULL: none was */
};

/* Time and cost of the whole are those of `first`, its first task. */
void envelope_open(struct buf *buf, const struct envelope_task *first, size_t n_tasks,
                   size_t n_errors);
void envelope_task_open(struct buf *buf, const struct envelope_task *task);
void envelope_task_close(struct buf *buf);
void envelope_close(struct buf *buf);

/* A whole answer: the request is refused with `code`, and there are no tasks. */
void envelope_refuse(struct buf *buf, int code, const char *message);

/* A whole answer with the time and cost of `task`, but null where it should stand. */
void envelope_without_tasks(struct buf *buf, const struct envelope_task *task);

/* Appends dollars exactly, as a JSON number: 0, 0.06, 0.024036. */
void envelope_cost(struct buf *buf, int64_t nanousd);
