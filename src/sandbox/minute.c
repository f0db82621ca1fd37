#include "sandbox/minute.h"

#include <stdlib.h>

#include "core/mem.h"

void minute_init(struct minute *minute, size_t n_max, int64_t window_ms)
{
    *minute = (struct minute){
        .times = mem_new_array(n_max, sizeof(int64_t)), .n_max = n_max, .window_ms = window_ms};
}

void minute_deinit(struct minute *minute)
{
    free(minute->times);
    minute->times = NULL;
}

bool minute_take(struct minute *minute, int64_t now_ms)
{
    int64_t *slot = &minute->times[minute->n_calls % minute->n_max];

    if (minute->n_calls >= minute->n_max && now_ms - *slot < minute->window_ms)
        return false;
    *slot = now_ms;
    minute->n_calls++;
    return true;
}

size_t minute_left(const struct minute *minute, int64_t now_ms)
{
    size_t n = 0;

    while (n < minute->n_max && n < minute->n_calls &&
           now_ms - minute->times[(minute->n_calls - 1 - n) % minute->n_max] < minute->window_ms)
        n++;
    return minute->n_max - n;
}
