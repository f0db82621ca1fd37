/*
 * How many calls may be under way, and how many in a minute.
 *
 * A call counts towards the minute from its sending until 60 seconds after its last byte came back:
 * whatever the network does in between, the server saw it within that time, so it can never count
 * more than `calls_per_minute` in any 60 seconds. Times are the caller's monotonic milliseconds.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pace {
    size_t in_flight_max;
    size_t per_minute_max;
    size_t n_in_flight;
    int64_t *leaves_ms; /* a ring: when each ended call leaves the minute, in order */
    size_t first, n_leaving;
    int64_t paused_until_ms;
    int64_t *held_until_ms; /* slots of calls that broke off and may still run at the server */
    size_t n_held;
};

void pace_init(struct pace *pace, size_t in_flight_max, size_t per_minute_max);
void pace_deinit(struct pace *pace);

/* True where a call may be sent at `now_ms`. Otherwise `ret_at_ms` is when to ask again; -1: after
 * the next call has ended. */
bool pace_may_send(struct pace *pace, int64_t now_ms, int64_t *ret_at_ms);

void pace_sent(struct pace *pace);

/* The call was not sent after all, or broke off before its first byte left. */
void pace_unsent(struct pace *pace);

/* The call's last byte came. */
void pace_ended(struct pace *pace, int64_t now_ms);

/* The call broke off and may still run at the server: its slot stays taken until `until_ms`. */
void pace_broke_off(struct pace *pace, int64_t until_ms);

/* No call before `until_ms`; a longer pause stays. */
void pace_pause(struct pace *pace, int64_t until_ms);
