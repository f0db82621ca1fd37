/*
 * How many calls may be under way, and how many in a minute.
 *
 * A call counts towards the minute from its sending until 60 seconds after its last byte came back:
 * whatever the network does in between, the server saw it within that time, so it can never count
 * more than `per_minute` calls in any 60 seconds. Times are the caller's monotonic milliseconds.
 *
 * Where the server says that it was too much (others may share the account), both limits shrink;
 * they grow back step by step, and never beyond what they began with.
 *
 * Crawls of one account that work side by side share a pace. One that finds no slot waits in line,
 * and who has had a slot goes to its end; so each has as many as the others want, too.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What keeps calls that somebody wants to make from going. */
enum pace_wait {
    PACE_WAIT_NONE,
    PACE_WAIT_SLOT,
    PACE_WAIT_MINUTE,
    PACE_WAIT_PAUSE,   /* pace_pause() */
    PACE_WAIT_CAP,     /* the money; told by the crawl, as what follows */
    PACE_WAIT_LANDING, /* answers that have not landed */
    PACE_N_WAITS
};

/* Somebody who waits in line. */
struct pace_place {
    void (*wake)(void *data); /* may only note that the turn has come: it is not called back here */
    void *data;
    bool is_in_line;
    struct pace_place *next;
    enum pace_wait waits_for; /* since `since_ms`; pace_note() */
    int64_t since_ms;
};

struct pace {
    size_t in_flight_max, per_minute_max; /* as configured */
    size_t in_flight_now, per_minute_now; /* what holds for now */
    int64_t grows_at_ms;                  /* the next step back; of no account at the maximum */
    size_t n_in_flight;                   /* those that broke off and may still run among them */
    int64_t *leaves_ms; /* a ring: when each ended call leaves the minute, in order */
    size_t ring_size, first, n_leaving;
    int64_t paused_until_ms;
    int64_t *held_until_ms; /* slots of calls that broke off and may still run at the server */
    size_t held_size, n_held;
    int64_t shrunk_ms;               /* when a limit was last shrunk; -1: never */
    struct pace_place *line;         /* whose turn it is comes first */
    int64_t waited_ms[PACE_N_WAITS]; /* of all who waited, each for itself */
};

void pace_init(struct pace *pace, size_t in_flight_max, size_t per_minute_max);
void pace_deinit(struct pace *pace);

/* Other limits from now on; calls under way stay. */
void pace_set_limits(struct pace *pace, size_t in_flight_max, size_t per_minute_max);

/* Whether nobody else comes first. */
bool pace_is_turn(const struct pace *pace, const struct pace_place *place);

/* Goes to the end of the line, or stays where it stands in it; leaves it. Both harmless at any
 * time. */
void pace_wait(struct pace *pace, struct pace_place *place);
void pace_leave(struct pace *pace, struct pace_place *place);

/* Wakes whoever comes first, unless it is `place`. */
void pace_pass_on(struct pace *pace, const struct pace_place *place);

/* True where a call may be sent at `now_ms`. Otherwise `ret_at_ms` is when to ask again; -1: after
 * the next call has ended. */
bool pace_may_send(struct pace *pace, int64_t now_ms, int64_t *ret_at_ms);

/* What it is that pace_may_send() said no for, at the same time. */
enum pace_wait pace_why_not(const struct pace *pace, int64_t now_ms);

/* From here on `place` waits for that, until it is told otherwise. */
void pace_note(struct pace *pace, struct pace_place *place, enum pace_wait wait, int64_t now_ms);

void pace_sent(struct pace *pace);

/* The call was not sent after all, or broke off before its first byte left. */
void pace_unsent(struct pace *pace);

/* The call's last byte came. */
void pace_ended(struct pace *pace, int64_t now_ms);

/* The call broke off and may still run at the server: its slot stays taken until `until_ms`. */
void pace_broke_off(struct pace *pace, int64_t until_ms);

/* It is known that such a call is over; harmless where its slot is free already. */
void pace_release(struct pace *pace, int64_t until_ms, int64_t now_ms);

/* No call before `until_ms`; a longer pause stays. What was shrunk grows back only behind it. */
void pace_pause(struct pace *pace, int64_t until_ms);

/* The server had too many at once: a quarter fewer from here on. Too many in a minute: half of
 * them. */
void pace_shrink_in_flight(struct pace *pace, int64_t now_ms);
void pace_shrink_minute(struct pace *pace, int64_t now_ms);

/* Calls of an earlier process: one that ended at `ended_ms`, one that may run until `until_ms`. */
void pace_add_ended(struct pace *pace, int64_t ended_ms);
void pace_add_running(struct pace *pace, int64_t until_ms);
