#include "daemon/on_night.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/mem.h"
#include "daemon/night_end.h"
#include "daemon/service_private.h"
#include "store/handover.h"

/*
 *   running ─▶ ended by itself, or after its time: TERM ─▶ KILL ─▶ its last lines ─▶ closed
 *
 * It leads a process group, so that what it has started ends with it.
 */

#define LASTS_MS 600000
#define DRAIN_MS 8000    /* of the ten seconds; the rest is... */
#define PATIENCE_MS 2000 /* ...between TERM and KILL, */
#define REST_MS 500      /* and for what still holds its output when it has ended */

#define LINE_MAX_BYTES 1024

struct output {
    struct command *command;
    uv_pipe_t pipe;
    enum log_level level;
    char line[LINE_MAX_BYTES];
    size_t size;
    bool is_over;
};

struct command {
    struct service *service;
    struct generation *generation; /* whose words they are */
    char *night, *summary;
    uv_process_t process;
    uv_pipe_t input;
    uv_write_t write;
    struct output outputs[2];
    uv_timer_t timer;
    int64_t patience_ms; /* between TERM and KILL */
    bool is_late, has_ended;
    unsigned n_open; /* handles */
};

/* --- its end --------------------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
    struct command *command = handle->data;

    if (--command->n_open > 0)
        return;
    service_drop(command->generation);
    free(command->night);
    free(command->summary);
    free(command);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

static void say(struct output *output)
{
    if (output->size > 0)
        log_event(output->level, LOG_PLAIN, "on_night: %.*s", (int)output->size, output->line);
    output->size = 0;
}

/* All of it is over, or as much of it as is waited for. */
static void close_command(struct command *command)
{
    struct service *service = command->service;

    for (size_t i = 0; i < 2; i++) {
        say(&command->outputs[i]);
        close_handle((uv_handle_t *)&command->outputs[i].pipe);
    }
    close_handle((uv_handle_t *)&command->input);
    close_handle((uv_handle_t *)&command->timer);
    close_handle((uv_handle_t *)&command->process);
    service->command = NULL;
    service_end_if_over(service);
}

static void close_if_over(struct command *command)
{
    if (command->has_ended && command->outputs[0].is_over && command->outputs[1].is_over)
        close_command(command);
}

static void on_time(uv_timer_t *timer)
{
    struct command *command = timer->data;

    if (command->has_ended) {
        close_command(command);
        return;
    }
    uv_kill(-command->process.pid, command->is_late ? SIGKILL : SIGTERM);
    command->is_late = true;
    uv_timer_start(timer, on_time, (uint64_t)command->patience_ms, 0);
}

static void on_exit_of(uv_process_t *process, int64_t status, int signal_no)
{
    struct command *command = process->data;

    command->has_ended = true;
    if (command->is_late)
        log_warning("on_night: has not ended in time for the night of %s, and was ended",
                    command->night);
    else if (signal_no != 0)
        log_warning("on_night: for the night of %s, was ended by signal %d", command->night,
                    signal_no);
    else if (status != 0)
        log_warning("on_night: for the night of %s, ended with %" PRId64, command->night, status);
    else
        log_info("on_night: for the night of %s, ended well", command->night);
    uv_timer_start(&command->timer, on_time, REST_MS, 0);
    close_if_over(command);
}

/* --- what it says ---------------------------------------------------------------------------- */

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buf)
{
    struct output *output =
        (struct output *)(void *)((char *)handle - offsetof(struct output, pipe));

    (void)suggested;
    if (output->size == LINE_MAX_BYTES)
        say(output); /* a long one, in pieces */
    *ret_buf = uv_buf_init(output->line + output->size, (unsigned)(LINE_MAX_BYTES - output->size));
}

static void on_said(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct output *output =
        (struct output *)(void *)((char *)stream - offsetof(struct output, pipe));
    const char *newline;

    (void)buf;
    if (n < 0) {
        uv_read_stop(stream);
        output->is_over = true;
        close_if_over(output->command);
        return;
    }
    output->size += (size_t)n;
    while ((newline = memchr(output->line, '\n', output->size)) != NULL) {
        size_t length = (size_t)(newline - output->line), rest = output->size - length - 1;

        output->size = length;
        say(output);
        memmove(output->line, newline + 1, rest);
        output->size = rest;
    }
}

/* --- its beginning --------------------------------------------------------------------------- */

static void on_written(uv_write_t *write, int status)
{
    struct command *command = write->data;

    (void)status; /* it need not read it */
    close_handle((uv_handle_t *)&command->input);
}

#define ENVIRONMENT_MAX 6

/* Secrets may be in the rest of it. */
static void fill_environment(char *environment[ENVIRONMENT_MAX], const char *night)
{
    static const char *const kept[] = {"PATH", "HOME", "LANG", "TZ"};
    size_t n = 0;

    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        const char *value = getenv(kept[i]);

        if (value != NULL)
            environment[n++] = mem_printf("%s=%s", kept[i], value);
    }
    environment[n++] = mem_printf("LINKHAUL_NIGHT=%s", night);
    environment[n] = NULL;
}

static int spawn(struct command *command)
{
    const struct config_texts *words = &command->generation->config->on_night;
    char **arguments = mem_new_array(words->n + 1, sizeof(*arguments));
    char *environment[ENVIRONMENT_MAX];
    uv_stdio_container_t stdio[3] = {
        {UV_CREATE_PIPE | UV_READABLE_PIPE, {(uv_stream_t *)&command->input}},
        {UV_CREATE_PIPE | UV_WRITABLE_PIPE, {(uv_stream_t *)&command->outputs[0].pipe}},
        {UV_CREATE_PIPE | UV_WRITABLE_PIPE, {(uv_stream_t *)&command->outputs[1].pipe}}};
    uv_process_options_t options = {.exit_cb = on_exit_of,
                                    .file = words->items[0],
                                    .args = arguments,
                                    .env = environment,
                                    .flags = UV_PROCESS_DETACHED,
                                    .stdio_count = 3,
                                    .stdio = stdio};
    int status;

    memcpy(arguments, words->items, words->n * sizeof(*arguments));
    fill_environment(environment, command->night);
    status = uv_spawn(command->service->loop, &command->process, &options);
    for (size_t i = 0; environment[i] != NULL; i++)
        free(environment[i]);
    free(arguments);
    return status;
}

static void init_handles(struct command *command)
{
    static const enum log_level levels[] = {LOG_INFO, LOG_WARNING};
    uv_loop_t *loop = command->service->loop;

    uv_pipe_init(loop, &command->input, 0);
    uv_timer_init(loop, &command->timer);
    command->input.data = command->timer.data = command->process.data = command->write.data =
        command;
    for (size_t i = 0; i < 2; i++) {
        command->outputs[i].command = command;
        command->outputs[i].level = levels[i];
        uv_pipe_init(loop, &command->outputs[i].pipe, 0);
        command->outputs[i].pipe.data = command;
    }
    command->n_open = 5; /* uv_spawn() makes a handle of the process, well or ill */
}

static void run(struct service *service, const char *night, const char *summary)
{
    struct command *command = mem_new(sizeof(*command));
    uv_buf_t text;
    int status;

    *command = (struct command){
        .service = service, .generation = service->now, .patience_ms = PATIENCE_MS};
    service_use(command->generation);
    service->command = command;
    command->night = mem_strdup(night);
    command->summary = mem_printf("%s\n", summary);
    text = uv_buf_init(command->summary, (unsigned)strlen(command->summary));
    init_handles(command);
    status = spawn(command);
    if (status != 0) {
        log_warning("on_night: %s cannot be run for the night of %s: %s",
                    command->generation->config->on_night.items[0], night, uv_strerror(status));
        close_command(command);
        return;
    }
    log_info("the night of %s is over: on_night is run", night);
    uv_timer_start(&command->timer, on_time, LASTS_MS, 0);
    uv_write(&command->write, (uv_stream_t *)&command->input, &text, 1, on_written);
    for (size_t i = 0; i < 2; i++)
        uv_read_start((uv_stream_t *)&command->outputs[i].pipe, on_room, on_said);
}

/* --- whether a night is over ----------------------------------------------------------------- */

static void on_claimed(void *data, const char *night, const char *summary, const struct err *err)
{
    struct service *service = data;

    service->is_claiming = false;
    if (err != NULL) {
        service->night_looked = INT64_MIN;
        desk_lose(service, err);
        return;
    }
    if (night == NULL)
        return;
    if (service->is_draining || service->now->config->on_night.n == 0)
        log_warning("on_night: is not run for the night of %s: the service ends, or it is gone",
                    night);
    else
        run(service, night, summary);
}

void on_night_look(struct service *service)
{
    int64_t first_open;

    if (service->now->config->on_night.n == 0 || !service->is_open || service->is_draining ||
        service->is_claiming || service->command != NULL || service->unmade != NULL)
        return;
    first_open = starts_first_open_night(service);
    if (first_open == service->night_looked || first_open == INT64_MIN)
        return;
    service->night_looked = first_open;
    service->is_claiming = true;
    store_claim_night(service->store, first_open, on_claimed, service);
}

void on_night_stop(struct service *service, int64_t drain_ms)
{
    struct command *command = service->command;

    if (command == NULL || command->has_ended || command->is_late)
        return;
    if (command->patience_ms > drain_ms / 4)
        command->patience_ms = drain_ms / 4;
    uv_timer_start(&command->timer, on_time,
                   (uint64_t)(drain_ms / 2 < DRAIN_MS ? drain_ms / 2 : DRAIN_MS), 0);
}

bool on_night_is_busy(const struct service *service)
{
    return service->command != NULL;
}
