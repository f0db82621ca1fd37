/*
 * How runs are doing, on stderr: on a terminal one line that is drawn again and again, else a plain
 * line every ten seconds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct engine_progress;

struct progress {
    uv_timer_t timer;
    void (*read)(const void *from, struct engine_progress *ret_progress);
    const void *from;
    bool is_terminal;
    bool is_drawn; /* the line stands on the terminal */
    int64_t started_ms;
    char line[256];
};

/* `read` tells how things stand. */
void progress_start(struct progress *progress, uv_loop_t *loop,
                    void (*read)(const void *from, struct engine_progress *ret_progress),
                    const void *from);

/* Takes the line away and closes the timer; the struct stays the caller's until the loop has run.
 */
void progress_stop(struct progress *progress);
