#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/money.h"
#include "daemon/engine.h"

#define TERMINAL_MS 200
#define PLAIN_MS 10000

static void erase(struct progress *progress)
{
    if (progress->is_drawn)
        fputs("\r\033[K", stderr);
    progress->is_drawn = false;
}

static void draw(struct progress *progress)
{
    if (!progress->is_terminal || progress->line[0] == '\0')
        return;
    fprintf(stderr, "\r\033[K%s", progress->line);
    fflush(stderr);
    progress->is_drawn = true;
}

static void on_log(bool is_before, void *data)
{
    if (is_before)
        erase(data);
    else
        draw(data);
}

/* "12,000 of 45,000 items   9,800/s   12 calls in flight   $0.72 of $3.00   3 s left" */
static void describe(struct progress *progress)
{
    struct engine_progress now;
    char total[32] = "?", left[32] = "", booked[MONEY_TEXT_MAX], budget[MONEY_TEXT_MAX];
    int64_t elapsed_ms = clock_mono_ms() - progress->started_ms;
    int64_t rate;

    engine_progress(progress->engine, &now);
    progress->line[0] = '\0';
    if (now.n_listings == 0)
        return;
    rate = elapsed_ms > 0 ? now.n_items_here * 1000 / elapsed_ms : 0;
    if (now.n_items_expected >= 0)
        snprintf(total, sizeof(total), "%" PRId64, now.n_items_expected);
    if (now.n_items_expected >= now.n_items && rate > 0)
        snprintf(left, sizeof(left), "   %" PRId64 " s left",
                 (now.n_items_expected - now.n_items + rate - 1) / rate);
    snprintf(progress->line, sizeof(progress->line),
             "%zu of %zu listings   %" PRId64 " of %s items   %" PRId64
             "/s   %zu calls in flight   %s of %s%s",
             now.n_over, now.n_listings, now.n_items, total, rate, now.n_in_flight,
             money_format(now.booked_nanousd, booked), money_format(now.budget_nanousd, budget),
             left);
}

static void on_timer(uv_timer_t *timer)
{
    struct progress *progress = timer->data;

    describe(progress);
    if (progress->is_terminal)
        draw(progress);
    else if (progress->line[0] != '\0')
        log_info("%s", progress->line);
}

void progress_start(struct progress *progress, uv_loop_t *loop, const struct engine *engine)
{
    uint64_t every_ms;

    *progress = (struct progress){.engine = engine};
    progress->is_terminal = isatty(STDERR_FILENO) != 0;
    progress->started_ms = clock_mono_ms();
    every_ms = progress->is_terminal ? TERMINAL_MS : PLAIN_MS;
    uv_timer_init(loop, &progress->timer);
    progress->timer.data = progress;
    uv_timer_start(&progress->timer, on_timer, every_ms, every_ms);
    log_set_interlude(on_log, progress);
}

void progress_stop(struct progress *progress)
{
    erase(progress);
    log_set_interlude(NULL, NULL);
    uv_close((uv_handle_t *)&progress->timer, NULL);
}
