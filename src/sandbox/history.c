#include "sandbox/history.h"

#include <stdlib.h>

#include "core/mem.h"

uint64_t history_post(struct history *history)
{
    uint64_t place = history->n_posted++;
    struct history_task *task;

    if (place < HISTORY_MAX && place >= history->capacity) {
        history->capacity = history->capacity == 0 ? 64 : history->capacity * 2;
        if (history->capacity > HISTORY_MAX)
            history->capacity = HISTORY_MAX;
        history->tasks = mem_resize(history->tasks, history->capacity, sizeof(*history->tasks));
    }
    task = &history->tasks[place % HISTORY_MAX];
    if (place >= HISTORY_MAX)
        free(task->metadata);
    *task = (struct history_task){0};
    return place;
}

void history_fill(struct history *history, uint64_t place, const struct history_task *task)
{
    if (history->n_posted - place > HISTORY_MAX)
        free(task->metadata); /* a hundred thousand calls have begun since */
    else
        history->tasks[place % HISTORY_MAX] = *task;
}

size_t history_size(const struct history *history)
{
    return history->n_posted < HISTORY_MAX ? (size_t)history->n_posted : HISTORY_MAX;
}

const struct history_task *history_at(const struct history *history, size_t index)
{
    uint64_t oldest = history->n_posted - history_size(history);

    return &history->tasks[(oldest + index) % HISTORY_MAX];
}

void history_deinit(struct history *history)
{
    for (size_t i = 0; i < history_size(history); i++)
        free(history->tasks[i].metadata);
    free(history->tasks);
    *history = (struct history){0};
}
