#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "cli/command.h"
#include "config/config.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"
#include "daemon/replay.h"

/*
 * `replay`: a run loaded again from the archive, with a line in the log now and then, and one on
 * standard output at its end. A signal ends it at once: the server takes back what is not
 * published.
 */

#define PROGRESS_MS 10000
#define EXIT_HELD 2

struct replaying {
    uv_loop_t loop;
    uv_timer_t timer;
    struct replay *replay;
    bool is_done;
    struct err err; /* ERR_NONE */
};

static void on_timer(uv_timer_t *timer)
{
    const struct replaying *replaying = timer->data;
    struct replay_progress now;

    replay_progress(replaying->replay, &now);
    if (now.n_pages > 0)
        log_info("%zu of %zu pages   %" PRId64 " rows   %zu of %zu listings", now.n_landed,
                 now.n_pages, now.n_rows, now.n_over, now.n_listings);
}

static void on_done(void *data, const struct err *err)
{
    struct replaying *replaying = data;

    replaying->is_done = true;
    if (err != NULL)
        replaying->err = *err;
    uv_close((uv_handle_t *)&replaying->timer, NULL);
}

static void print_summary(const struct replay *replay, const struct replay_settings *settings,
                          int64_t elapsed_ms)
{
    struct replay_progress end;

    replay_progress(replay, &end);
    if (settings->into != NULL)
        printf("run %" PRId64 " is in schema %s", settings->run_id, settings->into);
    else
        printf("run %" PRId64 " is run %" PRId64 " again", end.new_run_id, settings->run_id);
    printf(": %zu listing%s, %" PRId64 " rows of %zu pages in %" PRId64 ".%" PRId64
           " s; no call, no charge\n",
           end.n_over, end.n_over == 1 ? "" : "s", end.n_rows, end.n_landed, elapsed_ms / 1000,
           elapsed_ms % 1000 / 100);
    if (end.n_held > 0)
        log_warning("%zu of %zu listings %s held; `linkhaul publish %" PRId64 "` accepts what is",
                    end.n_held, end.n_listings, end.n_held == 1 ? "is" : "are", end.new_run_id);
}

static int replay_run(const struct replay_settings *settings)
{
    struct replaying replaying = {.is_done = false};
    struct replay_settings own = *settings;
    struct replay_progress end;
    int64_t started_ms = clock_mono_ms();
    int exit_code;

    own.done = on_done;
    own.data = &replaying;
    uv_loop_init(&replaying.loop);
    uv_timer_init(&replaying.loop, &replaying.timer);
    replaying.timer.data = &replaying;
    uv_timer_start(&replaying.timer, on_timer, PROGRESS_MS, PROGRESS_MS);
    replaying.replay = replay_new(&replaying.loop, &own);
    uv_run(&replaying.loop, UV_RUN_DEFAULT);
    assert(replaying.is_done);
    replay_progress(replaying.replay, &end);
    exit_code = end.n_held > 0 ? EXIT_HELD : 0;
    if (replaying.err.kind != ERR_NONE && end.new_run_id != 0)
        log_warning("%zu of %zu listings are published in run %" PRId64 ", and stay", end.n_over,
                    end.n_listings, end.new_run_id);
    if (replaying.err.kind != ERR_NONE)
        exit_code = command_fail(&replaying.err);
    else
        print_summary(replaying.replay, settings, clock_mono_ms() - started_ms);
    replay_destroy(replaying.replay);
    uv_loop_close(&replaying.loop);
    return exit_code;
}

int command_replay(const char *file, int argc, char **argv)
{
    struct replay_settings settings = {.into = NULL};
    const struct command_switch switches[] = {{"--into", NULL, &settings.into}, {NULL, NULL, NULL}};
    CLEANUP(config_free) struct config *config = NULL;
    int n_words = command_read(argc, argv, switches, true), exit_code = 0;
    struct err err;

    if (n_words == 0)
        return err_exit_code(ERR_USAGE);
    if (n_words != 2)
        return command_misused("replay", "replay takes the number of one run");
    if (!text_parse_int64(argv[1], strlen(argv[1]), &settings.run_id) || settings.run_id <= 0)
        return command_misused("replay", "%s: no number of a run", argv[1]);
    if (settings.into != NULL && !replay_may_fill(settings.into, &err))
        return command_fail(&err);
    config = command_load_logged(file, &exit_code);
    if (config == NULL)
        return exit_code;
    settings.config = config;
    return replay_run(&settings);
}
