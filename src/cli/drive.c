#include "cli/drive.h"

#include <assert.h>
#include <signal.h>
#include <unistd.h>
#include <uv.h>

#include "cli/progress.h"
#include "config/config.h"
#include "core/log.h"
#include "daemon/engine.h"

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
        log_flush(NULL);
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

static void read_progress(const void *engine, struct engine_progress *ret_progress)
{
    engine_progress(engine, ret_progress);
}

int drive(const struct engine_settings *settings, void (*at_end)(const struct engine *engine))
{
    struct running running = {.is_done = false};
    static const int signal_nos[2] = {SIGINT, SIGTERM};
    struct engine_settings ours = *settings;
    int exit_code;

    ours.done = on_done;
    ours.data = &running;
    uv_loop_init(&running.loop);
    for (size_t i = 0; i < 2; i++) {
        uv_signal_init(&running.loop, &running.signals[i]);
        running.signals[i].data = &running;
        uv_signal_start(&running.signals[i], on_signal, signal_nos[i]);
    }
    running.engine = engine_new(&running.loop, &ours);
    progress_start(&running.progress, &running.loop, read_progress, running.engine);
    uv_run(&running.loop, UV_RUN_DEFAULT);
    assert(running.is_done);
    if (running.err.kind != ERR_NONE)
        log_event(LOG_ERROR, LOG_JOB(settings->n_jobs == 1 ? settings->jobs[0]->title : NULL),
                  "%s%s", running.err.text, err_advice(running.err.kind));
    if (at_end != NULL)
        at_end(running.engine);
    exit_code = engine_exit_code(running.engine);
    engine_destroy(running.engine);
    uv_loop_close(&running.loop);
    return exit_code;
}
