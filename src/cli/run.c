#include <assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "cli/command.h"
#include "cli/jobs.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "config/config.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/money.h"
#include "daemon/engine.h"

/*
 * `run`: the jobs of the command line on one engine, with progress while it works and a table of
 * the listings at its end. The first signal drains; the second ends the process at once, which
 * loses nothing either: the next start goes on from the spool.
 */

struct running {
    uv_loop_t loop;
    uv_signal_t signals[2];
    struct progress progress;
    struct engine *engine;
    bool is_stopping;
    bool is_done;
    struct err err; /* ERR_NONE */
};

static void on_signal(uv_signal_t *handle, int signal_no)
{
    struct running *running = handle->data;

    (void)signal_no;
    if (running->is_stopping) {
        log_warning("stopped at once; the next start goes on from the spool");
        _exit(err_exit_code(ERR_CANCELED));
    }
    running->is_stopping = true;
    log_info("stopping: no new calls, what is paid for lands (once more: stop at once)");
    engine_stop(running->engine);
}

static void on_done(void *data, const struct err *err)
{
    struct running *running = data;

    running->is_done = true;
    if (err != NULL)
        running->err = *err;
    progress_stop(&running->progress);
    for (size_t i = 0; i < 2; i++)
        uv_close((uv_handle_t *)&running->signals[i], NULL);
}

/* What helps a listing that is not published; why it is not has been logged above. */
static const char *what_helps(const struct engine_listing *listing)
{
    if (listing->is_held)
        return listing->reason;
    if (listing->completeness == NULL)
        return "run again to go on";
    if (strcmp(listing->completeness, "budget") == 0)
        return "raise `budget`, then run again to go on";
    return "see its error; run again to go on";
}

static void add_listing(struct table *table, const struct engine_listing *listing)
{
    table_add_row(table);
    table_add(table, "%s", listing->job);
    table_add(table, "%s", listing->target);
    table_add(table, "%s",
              listing->is_held                ? "held"
              : listing->completeness != NULL ? listing->completeness
                                              : "stopped");
    if (!listing->is_published) {
        table_add_note(table, "not published: %s", what_helps(listing));
        return;
    }
    table_add(table, "%" PRId64, listing->n_items);
    table_add(table, "%" PRId64, listing->n_rows);
    table_add(table, "%" PRId64, listing->n_duplicates);
    table_add(table, "%" PRId64, listing->n_missing);
}

static void print_summary(const struct engine *engine)
{
    static const struct table_column columns[] = {
        {"JOB", false}, {"TARGET", false}, {"LISTING", false}, {"ITEMS", true},
        {"ROWS", true}, {"REPEATS", true}, {"MISSING", true}};
    struct engine_progress progress;
    struct engine_listing listing;
    struct table table;
    char booked[MONEY_TEXT_MAX], budget[MONEY_TEXT_MAX];

    engine_progress(engine, &progress);
    if (progress.n_listings == 0)
        return;
    table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; engine_listing_at(engine, i, &listing); i++)
        add_listing(&table, &listing);
    command_print_table(&table);
    table_deinit(&table);
    /* Dollars are of whole runs, with listings that an earlier start of theirs has published. */
    printf("%" PRId64 " call%s now; booked in all: %s of %s\n", progress.n_calls,
           progress.n_calls == 1 ? "" : "s", money_format(progress.booked_nanousd, booked),
           progress.budget_nanousd > 0 ? money_format(progress.budget_nanousd, budget)
                                       : "any amount");
    if (progress.n_undelivered > 0)
        printf("%" PRId64 " call%s billed, and %s answer%s never came: %s (undelivered)\n",
               progress.n_undelivered, progress.n_undelivered == 1 ? " was" : "s were",
               progress.n_undelivered == 1 ? "its" : "their",
               progress.n_undelivered == 1 ? "" : "s",
               money_format(progress.undelivered_nanousd, booked));
}

static int run_jobs(const struct config *config, const struct config_job **jobs, size_t n_jobs,
                    bool is_fresh)
{
    struct running running = {.is_done = false};
    static const int signal_nos[2] = {SIGINT, SIGTERM};
    struct engine_settings settings = {.config = config,
                                       .jobs = jobs,
                                       .n_jobs = n_jobs,
                                       .is_fresh = is_fresh,
                                       .done = on_done,
                                       .data = &running};
    int exit_code;

    uv_loop_init(&running.loop);
    for (size_t i = 0; i < 2; i++) {
        uv_signal_init(&running.loop, &running.signals[i]);
        running.signals[i].data = &running;
        uv_signal_start(&running.signals[i], on_signal, signal_nos[i]);
    }
    running.engine = engine_new(&running.loop, &settings);
    progress_start(&running.progress, &running.loop, running.engine);
    uv_run(&running.loop, UV_RUN_DEFAULT);
    assert(running.is_done);
    if (running.err.kind != ERR_NONE)
        log_error("%s", running.err.text);
    print_summary(running.engine);
    exit_code = engine_exit_code(running.engine);
    engine_destroy(running.engine);
    uv_loop_close(&running.loop);
    return exit_code;
}

int command_run(const char *file, int argc, char **argv)
{
    bool is_all = false, is_fresh = false;
    const struct command_switch switches[] = {
        {"--all", &is_all}, {"--fresh", &is_fresh}, {"--night", NULL}, {NULL, NULL}};
    CLEANUP(config_free) struct config *config = NULL;
    const struct config_job **jobs;
    size_t n_jobs = 0;
    int n_words = command_read(argc, argv, switches, true), exit_code = 0;

    if (n_words == 0)
        return err_exit_code(ERR_USAGE);
    if (is_all == (n_words > 1)) {
        log_error("run takes job names, or --all");
        return err_exit_code(ERR_USAGE);
    }
    config = command_load(file, &exit_code);
    if (config == NULL)
        return exit_code;
    exit_code = jobs_pick(config, n_words, argv, is_all, &jobs, &n_jobs);
    if (exit_code != 0)
        return exit_code;
    exit_code = run_jobs(config, jobs, n_jobs, is_fresh);
    free(jobs);
    return exit_code;
}
