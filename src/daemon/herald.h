/*
 * What the service tells systemd, where it was started by it (sd_notify(3)); elsewhere nothing.
 *
 * The watchdog is fed while the loop turns and workers take what they are given; whether the
 * database or the API is there has no part in it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#define HERALD_STATUS_MAX 512

struct herald {
    uv_loop_t *loop;
    uv_timer_t timer; /* where there is a watchdog */
    uv_work_t work;   /* nothing, which a worker that is free comes back with */
    bool has_watchdog, is_asking, is_ended;
    char status[HERALD_STATUS_MAX]; /* as last told */
};

/* Stays where it is until the loop has ended. */
void herald_begin(struct herald *herald, uv_loop_t *loop);
void herald_end(struct herald *herald);

/* One line for people; told where it is another than before. */
void herald_status(struct herald *herald, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* At first, and after each herald_reloading(). */
void herald_ready(struct herald *herald);
void herald_reloading(struct herald *herald);

/* The service ends, which may take so long. */
void herald_stopping(struct herald *herald, int64_t within_ms);
