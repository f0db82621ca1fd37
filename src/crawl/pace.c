#include "crawl/pace.h"

#include <stdlib.h>

#include "core/mem.h"

/* A call leaves the minute behind its last millisecond: our clock cuts off what is below one. */
#define MINUTE_MS 60001

void pace_init(struct pace *pace, size_t in_flight_max, size_t per_minute_max)
{
    *pace = (struct pace){.in_flight_max = in_flight_max, .per_minute_max = per_minute_max};
    pace->leaves_ms = mem_new_array(per_minute_max, sizeof(*pace->leaves_ms));
    pace->held_until_ms = mem_new_array(in_flight_max, sizeof(*pace->held_until_ms));
}

void pace_deinit(struct pace *pace)
{
    free(pace->leaves_ms);
    free(pace->held_until_ms);
    *pace = (struct pace){.in_flight_max = 0};
}

/* The call that held a slot counts on in the minute, as one whose last byte came just now. */
static void end_held(struct pace *pace, int64_t now_ms)
{
    for (size_t i = 0; i < pace->n_held;) {
        if (pace->held_until_ms[i] > now_ms) {
            i++;
            continue;
        }
        pace->held_until_ms[i] = pace->held_until_ms[--pace->n_held];
        pace_ended(pace, now_ms);
    }
}

static int64_t earliest_held(const struct pace *pace)
{
    int64_t earliest = -1;

    for (size_t i = 0; i < pace->n_held; i++)
        if (earliest < 0 || pace->held_until_ms[i] < earliest)
            earliest = pace->held_until_ms[i];
    return earliest;
}

bool pace_may_send(struct pace *pace, int64_t now_ms, int64_t *ret_at_ms)
{
    end_held(pace, now_ms);
    while (pace->n_leaving > 0 && pace->leaves_ms[pace->first] <= now_ms) {
        pace->first = (pace->first + 1) % pace->per_minute_max;
        pace->n_leaving--;
    }
    if (now_ms < pace->paused_until_ms) {
        *ret_at_ms = pace->paused_until_ms;
        return false;
    }
    if (pace->n_in_flight >= pace->in_flight_max) {
        *ret_at_ms = earliest_held(pace);
        return false;
    }
    if (pace->n_in_flight + pace->n_leaving >= pace->per_minute_max) {
        *ret_at_ms = pace->n_leaving > 0 ? pace->leaves_ms[pace->first] : earliest_held(pace);
        return false;
    }
    return true;
}

void pace_sent(struct pace *pace)
{
    pace->n_in_flight++;
}

void pace_unsent(struct pace *pace)
{
    pace->n_in_flight--;
}

void pace_ended(struct pace *pace, int64_t now_ms)
{
    size_t last = (pace->first + pace->n_leaving) % pace->per_minute_max;

    pace->leaves_ms[last] = now_ms + MINUTE_MS;
    pace->n_leaving++;
    pace->n_in_flight--;
}

void pace_broke_off(struct pace *pace, int64_t until_ms)
{
    pace->held_until_ms[pace->n_held++] = until_ms;
}

void pace_pause(struct pace *pace, int64_t until_ms)
{
    if (until_ms > pace->paused_until_ms)
        pace->paused_until_ms = until_ms;
}
