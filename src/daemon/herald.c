#include "daemon/herald.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

/* The watchdog is fed so many times as often as it has to be. */
#define FED_TIMES 3

#define US_PER_MS 1000

static void on_worker_back(uv_work_t *work, int status)
{
    struct herald *herald = work->data;

    (void)status; /* work requests are never cancelled */
    herald->is_asking = false;
    if (!herald->is_ended)
        sd_notify(0, "WATCHDOG=1");
}

/* In a worker. */
static void do_nothing(uv_work_t *work)
{
    (void)work;
}

/* Where all workers are stuck this one never comes back, and nothing is fed. */
static void on_timer(uv_timer_t *timer)
{
    struct herald *herald = timer->data;

    if (herald->is_asking)
        return;
    herald->is_asking = true;
    herald->work.data = herald;
    uv_queue_work(herald->loop, &herald->work, do_nothing, on_worker_back);
}

void herald_begin(struct herald *herald, uv_loop_t *loop)
{
    uint64_t watchdog_us = 0;
    uint64_t every_ms;

    *herald = (struct herald){.loop = loop};
    herald->has_watchdog = sd_watchdog_enabled(0, &watchdog_us) > 0;
    if (!herald->has_watchdog)
        return;
    every_ms = watchdog_us / US_PER_MS / FED_TIMES;
    uv_timer_init(loop, &herald->timer);
    herald->timer.data = herald;
    uv_timer_start(&herald->timer, on_timer, 0, every_ms > 0 ? every_ms : 1);
}

void herald_end(struct herald *herald)
{
    herald->is_ended = true;
    if (herald->has_watchdog)
        uv_close((uv_handle_t *)&herald->timer, NULL);
}

void herald_status(struct herald *herald, const char *format, ...)
{
    char status[HERALD_STATUS_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(status, sizeof(status), format, arguments);
    va_end(arguments);
    for (char *c = status; *c != '\0'; c++) /* each line would be a message of its own */
        if (*c == '\n')
            *c = ' ';
    if (strcmp(status, herald->status) == 0)
        return;
    snprintf(herald->status, sizeof(herald->status), "%s", status);
    sd_notifyf(0, "STATUS=%s", status);
}

void herald_ready(struct herald *herald)
{
    sd_notifyf(0, "READY=1\nSTATUS=%s", herald->status);
}

void herald_reloading(struct herald *herald)
{
    (void)herald;
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, uv_hrtime() / US_PER_MS);
}

void herald_stopping(struct herald *herald, int64_t within_ms)
{
    (void)herald;
    sd_notifyf(0, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRId64, within_ms * US_PER_MS);
}
