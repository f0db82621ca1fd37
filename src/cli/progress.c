#include "cli/progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/money.h"
#include "daemon/engine.h"

#define TERMINAL_MS 200
#define PLAIN_MS 10000
#define GAP "   "

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

/* Puts a part behind the line; one that would pass the terminal's edge is left out. */
static void add_part(struct progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add_part(struct progress *progress, const char *format, ...)
{
    size_t columns = progress->is_terminal ? command_columns(STDERR_FILENO) : 0;
    size_t used = strlen(progress->line);
    char part[96];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(part, sizeof(part), format, arguments);
    va_end(arguments);
    if (columns > 0 && used + strlen(GAP) + strlen(part) >= columns)
        return;
    snprintf(progress->line + used, sizeof(progress->line) - used, "%s%s", used > 0 ? GAP : "",
             part);
}

/* Cents are enough for a glance; what stands in the ledger is in the summary. */
static const char *format_cents(int64_t nanousd, char text[MONEY_TEXT_MAX])
{
    const int64_t cent = NANOUSD_PER_USD / 100;

    return money_format((nanousd + cent / 2) / cent * cent, text);
}

/*
 * "12000 of 45000 items   $0.72 of $3.00   3 s left   9800/s   12 calls in flight   0 of 2
 * listings": on a narrow terminal the last ones are missing, and never does a line wrap, since only
 * the part behind the edge would be taken away with it.
 */
static void describe(struct progress *progress)
{
    struct engine_progress now;
    char total[32] = "?", booked[MONEY_TEXT_MAX], budget[MONEY_TEXT_MAX];
    int64_t elapsed_ms = clock_mono_ms() - progress->started_ms;
    int64_t rate;

    progress->read(progress->from, &now);
    progress->line[0] = '\0';
    if (now.n_listings == 0)
        return;
    rate = elapsed_ms > 0 ? now.n_items_here * 1000 / elapsed_ms : 0;
    if (now.n_items_expected >= 0)
        snprintf(total, sizeof(total), "%" PRId64, now.n_items_expected);
    add_part(progress, "%" PRId64 " of %s items", now.n_items, total);
    add_part(progress, "%s of %s", format_cents(now.booked_nanousd, booked),
             now.budget_nanousd > 0 ? money_format(now.budget_nanousd, budget) : "any amount");
    if (now.n_items_expected >= now.n_items && rate > 0)
        add_part(progress, "%" PRId64 " s left",
                 (now.n_items_expected - now.n_items + rate - 1) / rate);
    add_part(progress, "%" PRId64 "/s", rate);
    add_part(progress, "%zu call%s in flight", now.n_in_flight, now.n_in_flight == 1 ? "" : "s");
    add_part(progress, "%zu of %zu listing%s", now.n_over, now.n_listings,
             now.n_listings == 1 ? "" : "s");
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

void progress_start(struct progress *progress, uv_loop_t *loop,
                    void (*read)(const void *from, struct engine_progress *ret_progress),
                    const void *from)
{
    uint64_t every_ms;

    *progress = (struct progress){.read = read, .from = from};
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
