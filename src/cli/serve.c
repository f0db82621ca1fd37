#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include <uv.h>

#include "cli/command.h"
#include "config/config.h"
#include "core/log.h"
#include "daemon/service.h"

/* `serve`: the service, its signals and its exit code. */

struct serving {
    uv_loop_t loop;
    uv_signal_t term, interrupt, hangup;
    struct service *service;
    bool is_stopping;
    struct err err; /* ERR_NONE */
};

static void end_at_once(void)
{
    log_warning("stopped at once; the next start goes on from the spool");
    log_flush(NULL);
    _exit(err_exit_code(ERR_CANCELED));
}

static void on_stop(uv_signal_t *handle, int signal_no)
{
    struct serving *serving = handle->data;

    (void)signal_no;
    if (serving->is_stopping)
        end_at_once();
    serving->is_stopping = true;
    log_info("stopping: no new calls, what is paid for lands (once more: stop at once)");
    service_stop(serving->service);
}

static void on_hangup(uv_signal_t *handle, int signal_no)
{
    struct serving *serving = handle->data;

    (void)signal_no;
    service_reload(serving->service);
}

static void on_overdue(void *data)
{
    (void)data;
    log_warning("what is paid for has not landed within `drain`");
    end_at_once();
}

static void on_done(void *data, const struct err *err)
{
    struct serving *serving = data;

    if (err != NULL)
        serving->err = *err;
    uv_close((uv_handle_t *)&serving->term, NULL);
    uv_close((uv_handle_t *)&serving->interrupt, NULL);
    uv_close((uv_handle_t *)&serving->hangup, NULL);
}

static void watch(struct serving *serving, uv_signal_t *handle, uv_signal_cb on_signal,
                  int signal_no)
{
    uv_signal_init(&serving->loop, handle);
    handle->data = serving;
    uv_signal_start(handle, on_signal, signal_no);
}

static int serve(const char *file, struct config *config, struct config_kept *kept)
{
    struct serving serving = {.is_stopping = false};

    uv_loop_init(&serving.loop);
    watch(&serving, &serving.term, on_stop, SIGTERM);
    watch(&serving, &serving.interrupt, on_stop, SIGINT);
    watch(&serving, &serving.hangup, on_hangup, SIGHUP);
    serving.service = service_new(&serving.loop, &(struct service_settings){.file = file,
                                                                            .config = config,
                                                                            .kept = kept,
                                                                            .done = on_done,
                                                                            .overdue = on_overdue,
                                                                            .data = &serving});
    uv_run(&serving.loop, UV_RUN_DEFAULT);
    service_destroy(serving.service);
    uv_loop_close(&serving.loop);
    if (serving.err.kind != ERR_NONE)
        return command_fail(&serving.err);
    log_info("stopped");
    return 0;
}

int command_serve(const char *file, int argc, char **argv)
{
    static const struct command_switch none[] = {{NULL}};
    struct config *config;
    struct config_kept *kept;
    struct err err;
    int exit_code;

    if (command_read(argc, argv, none, false) == 0)
        return err_exit_code(ERR_USAGE);
    kept = config_kept_new();
    if (config_reload(file, kept, &config, &err)) {
        log_configure(config->log, config->log_level);
        config_log_complaints(config);
        exit_code = serve(file, config, kept);
    } else {
        config_print_complaints(config, stderr);
        config_destroy(config);
        exit_code = command_fail(&err);
    }
    config_kept_destroy(kept);
    return exit_code;
}
