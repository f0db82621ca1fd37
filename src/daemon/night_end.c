#include "daemon/night_end.h"

#include "daemon/scheduler.h"

int64_t night_end_first_open(const struct scheduler *scheduler, const int64_t starts[], size_t n)
{
    int64_t first = scheduler_first_night(scheduler);

    for (size_t i = 0; i < n; i++)
        if (starts[i] < first)
            first = starts[i];
    return first;
}
