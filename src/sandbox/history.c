#include "sandbox/history.h"

#include <stdlib.h>

#include "core/mem.h"

void history_add(struct history *history, const struct history_task *task)
{
    if (history->n < HISTORY_MAX) {
        if (history->n == history->capacity) {
            history->capacity = history->capacity == 0 ? 64 : history->capacity * 2;
            history->tasks = mem_resize(history->tasks, history->capacity, sizeof(*history->tasks));
        }
        history->tasks[history->n++] = *task;
        return;
    }
    free(history->tasks[history->oldest].metadata);
    history->tasks[history->oldest] = *task;
    history->oldest = (history->oldest + 1) % HISTORY_MAX;
}

const struct history_task *history_at(const struct history *history, size_t place)
{
    return &history->tasks[(history->oldest + place) % history->n];
}

void history_deinit(struct history *history)
{
    for (size_t i = 0; i < history->n; i++)
        free(history->tasks[i].metadata);
    free(history->tasks);
    *history = (struct history){0};
}
