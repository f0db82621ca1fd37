/* A paid call on its way from its request to its answer. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sandbox/codes.h"
#include "sandbox/query.h"
#include "sandbox/sandbox_private.h"

struct fault;
struct json_object;
struct listing;

struct paid {
    struct sandbox *sandbox;
    const struct offer *offer;
    const struct endpoint *endpoint;
    const struct request *request;
    const struct fault *fault; /* NULL: none */
    char id[TASK_ID_MAX];
    uint64_t call_no;
    size_t in_flight;
    uint64_t place;           /* in the history */
    int64_t posted_s;         /* since 1970 */
    int64_t end_ms;           /* not over before */
    struct refusal refusal;   /* code 0: none */
    struct json_object *body; /* owned */
    struct json_object *task; /* the first of the body; NULL: none that could be read */
    size_t n_tasks;
    struct query query;
    bool has_query; /* as far as it could be read */
    bool is_task;   /* it became one: id_list has it */
    size_t position;
    const struct listing *listing; /* NULL: none was needed */
    size_t n_items;
    struct price price;
    int64_t worst_nanousd; /* set aside in the account */
    int64_t cost_nanousd;
};

/* Appends the result with the page that has been found (page.c). */
void page_append(struct paid *paid, struct buf *buf);

/* Appends the envelope of a call that is refused or became a task (paid_answer.c). */
void paid_put_answer(struct paid *paid, struct buf *buf);
