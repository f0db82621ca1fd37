#include "daemon/service.h"

#include <stdlib.h>
#include <string.h>

#include "config/listen.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/money.h"
#include "daemon/facts.h"
#include "daemon/handover.h"
#include "daemon/history.h"
#include "daemon/on_night.h"
#include "daemon/service_private.h"
#include "daemon/standing.h"
#include "status/port.h"

/*
 *   begin ─▶ first attempt at the database ─▶ ready ─▶ draining ─▶ closed
 *
 * Each configuration that was ever good stays until the last engine that began with it has ended.
 */

#define PULSE_MS 5000
#define DAY_MS INT64_C(86400000)
#define CLOSE_MS 30000 /* what the end may take beyond `drain`, at the most */

/* --- configurations -------------------------------------------------------------------------- */

static struct generation *new_generation(struct config *config)
{
    struct generation *generation = mem_new(sizeof(*generation));

    generation->config = config;
    generation->n_users = 1;
    return generation;
}

void service_use(struct generation *generation)
{
    generation->n_users++;
}

void service_drop(struct generation *generation)
{
    if (--generation->n_users > 0)
        return;
    config_destroy(generation->config);
    free(generation);
}

const struct config_job *service_find_job(const struct service *service, const char *title)
{
    const struct config *config = service->now->config;

    for (size_t i = 0; i < config->n_jobs; i++)
        if (strcmp(config->jobs[i].title, title) == 0)
            return &config->jobs[i];
    return NULL;
}

static void tell_bad_files(const struct config *config)
{
    for (size_t i = 0; i < config->n_bad_files; i++)
        log_error("%s has mistakes, named above: %s", config->bad_files[i].file,
                  config->bad_files[i].n_jobs > 0 ? "its jobs go on with their last good definition"
                                                  : "its jobs do not run until they are mended");
}

static struct scheduler_job scheduler_job(const struct config_job *job)
{
    struct scheduler_job wanted = {
        .name = job->title,
        .timezone = job->timezone,
        .cron = job->cron,
        .jitter_s = job->jitter_s,
        .catch_up_until = job->catch_up != NULL ? (int)job->catch_up_until : SCHEDULER_NO_CATCH_UP,
        .max_duration_s = job->max_duration_s,
    };
    struct err err;

    if (job->schedule != NULL)
        wanted.tz = tz_load(job->timezone, &err);
    if (job->schedule != NULL && wanted.tz == NULL)
        log_event(LOG_ERROR, LOG_JOB(job->title), "%s; it runs only by hand", err.text);
    return wanted;
}

static void set_jobs(struct service *service)
{
    const struct config *config = service->now->config;
    struct scheduler_job *jobs = mem_new_array(config->n_jobs, sizeof(*jobs));

    for (size_t i = 0; i < config->n_jobs; i++)
        jobs[i] = scheduler_job(&config->jobs[i]);
    scheduler_set_jobs(service->scheduler, jobs, config->n_jobs);
    free(jobs);
}

/* --- the scheduler's ports ------------------------------------------------------------------- */

/* In a rehearsal a day goes by in less than one, from its midnight in UTC on: the same for all
 * processes of that day. */
int64_t service_wall_ms(void *data)
{
    int64_t now_ms = clock_wall_ms(), midnight_ms = now_ms - now_ms % DAY_MS;

    (void)data;
    return midnight_ms + (now_ms - midnight_ms) * clock_haste();
}

static int64_t mono_ms(void *data)
{
    (void)data;
    return clock_mono_ms() * clock_haste();
}

static void on_clock(uv_timer_t *timer)
{
    struct service *service = timer->data;

    scheduler_on_time(service->scheduler);
}

static void wake_in(void *data, int64_t ms)
{
    struct service *service = data;

    if (!service->is_draining)
        uv_timer_start(&service->clock, on_clock, (uint64_t)(ms / clock_haste() + (ms > 0)), 0);
}

static void look_up(void *data, const char *job)
{
    desk_look_up(data, job);
}

static void start(void *data, const struct scheduler_fire *fire)
{
    starts_ask(data, fire);
}

static void stop(void *data, const char *job)
{
    starts_stop_job(data, job);
}

static void record(void *data, const struct scheduler_fire *fire, const char *reason)
{
    log_event(LOG_WARNING, log_folded(LOG_JOB(fire->job)), "a start was not made: %s", reason);
    desk_record(data, fire->job, fire, reason);
}

static const struct scheduler_ports ports = {.wall_ms = service_wall_ms,
                                             .mono_ms = mono_ms,
                                             .wake_in = wake_in,
                                             .look_up = look_up,
                                             .start = start,
                                             .stop = stop,
                                             .record = record};

/* --- what is told ---------------------------------------------------------------------------- */

static void tell_status(struct service *service)
{
    char dollars[MONEY_TEXT_MAX] = "?";
    size_t n_blocked = starts_count(service, START_AGAIN);

    if (service->spent_nanousd >= 0)
        money_format(service->spent_nanousd, dollars);
    if (service->is_draining)
        herald_status(&service->herald, "ending: %zu runs, %zu calls in flight",
                      starts_count(service, START_RUNNING), starts_in_flight(service));
    else if (service->away.kind != ERR_NONE)
        herald_status(&service->herald, "waiting for the database: %s", service->away.text);
    else
        herald_status(&service->herald,
                      "%zu jobs, %zu running, %zu blocked, %zu calls in flight, %s today",
                      service->now->config->n_jobs, starts_count(service, START_RUNNING), n_blocked,
                      starts_in_flight(service), dollars);
}

static void on_pulse(uv_timer_t *timer)
{
    struct service *service = timer->data;

    tell_status(service);
    log_tick();
    if (service->is_draining)
        return;
    desk_pulse(service);
    starts_wake(service);
}

void service_ready(struct service *service)
{
    tell_status(service);
    if (service->is_ready)
        return;
    service->is_ready = true;
    herald_ready(&service->herald);
    if (service->is_reload_due)
        service_reload(service);
}

/* --- the status port ------------------------------------------------------------------------- */

static void open_port(struct service *service)
{
    const char *http = service->now->config->http;
    struct listen_address address;
    struct err err;

    service->http = mem_strdup(http);
    if (strcmp(http, LISTEN_OFF) == 0)
        return;
    if (listen_parse(http, &address, &err))
        service->port = port_open(service->loop,
                                  &(struct port_settings){.host = address.host,
                                                          .port = address.port,
                                                          .is_loopback = address.is_loopback,
                                                          .look = standing_look,
                                                          .data = service->standing},
                                  &err);
    if (service->port == NULL) {
        service_fail(service, &err);
        return;
    }
    if (address.is_loopback)
        log_info("status port: %s/", port_url(service->port));
    else
        log_warning("status port: %s/, which has no password and is open to other machines",
                    port_url(service->port));
}

/* --- begin ----------------------------------------------------------------------------------- */

static void init_timer(struct service *service, uv_timer_t *timer)
{
    uv_timer_init(service->loop, timer);
    timer->data = service;
}

struct service *service_new(uv_loop_t *loop, const struct service_settings *settings)
{
    struct service *service = mem_new(sizeof(*service));

    service->loop = loop;
    service->settings = *settings;
    service->now = new_generation(settings->config);
    service->commons = commons_new(/* is_shared= */ true);
    service->spent_nanousd = -1;
    service->night_looked = INT64_MIN;
    herald_begin(&service->herald, loop);
    init_timer(service, &service->clock);
    init_timer(service, &service->turn);
    init_timer(service, &service->pulse);
    init_timer(service, &service->drain);
    init_timer(service, &service->desk_timer);
    handover_begin(service);
    service->scheduler = scheduler_new(&ports, service);
    service->started_s = service_wall_ms(NULL) / 1000;
    service->facts = facts_new(service);
    service->history = history_new(service);
    service->standing = standing_new(service);
    tell_bad_files(settings->config);
    set_jobs(service);
    open_port(service);
    if (service->is_draining)
        return service;
    desk_open(service);
    uv_timer_start(&service->pulse, on_pulse, (uint64_t)clock_api_ms(PULSE_MS),
                   (uint64_t)clock_api_ms(PULSE_MS));
    return service;
}

/* --- reload ---------------------------------------------------------------------------------- */

/* Why the service cannot go on with that configuration. */
static bool is_usable(const struct service *service, const struct config *config, struct err *err)
{
    if (strcmp(config->database_url, service->now->config->database_url) != 0)
        return err_set(err, ERR_CONFIG, "%s: another database takes a restart of the service",
                       config->file);
    return true;
}

void service_reload(struct service *service)
{
    struct config *config;
    struct err err;
    bool is_fine;

    if (service->is_draining)
        return;
    service->is_reload_due = !service->is_ready;
    if (service->is_reload_due)
        return;
    herald_reloading(&service->herald);
    is_fine = config_reload(service->settings.file, service->settings.kept, &config, &err);
    is_fine = is_fine && is_usable(service, config, &err);
    if (is_fine)
        log_configure(config->log, config->log_level);
    config_log_complaints(config);
    if (is_fine) {
        tell_bad_files(config);
        service_drop(service->now);
        service->now = new_generation(config);
        set_jobs(service);
        log_info("the configuration has been read again: %zu jobs", config->n_jobs);
        if (strcmp(config->http, service->http) != 0)
            log_warning(
                "http: %s: another address of the status port takes a restart of the "
                "service; it stays at %s",
                config->http, service->http);
    } else {
        log_error("%s; the configuration stays as it was", err.text);
        config_destroy(config);
    }
    tell_status(service);
    herald_ready(&service->herald);
    starts_wake(service);
}

/* --- the end --------------------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
    struct service *service = handle->data;

    service->settings.done(service->settings.data,
                           service->err.kind != ERR_NONE ? &service->err : NULL);
}

static void close_all(struct service *service)
{
    service->is_closed = true;
    herald_end(&service->herald);
    desk_close(service);
    handover_close(service);
    port_close(service->port);
    uv_close((uv_handle_t *)&service->clock, NULL);
    uv_close((uv_handle_t *)&service->pulse, NULL);
    uv_close((uv_handle_t *)&service->drain, NULL);
    uv_close((uv_handle_t *)&service->turn, on_closed);
}

void service_end_if_over(struct service *service)
{
    bool is_busy = (service->is_open && service->unmade != NULL) || handover_is_busy(service) ||
                   on_night_is_busy(service);

    if (service->is_draining && !service->is_closed && service->starts == NULL && !is_busy)
        close_all(service);
}

static void on_overdue(uv_timer_t *timer)
{
    struct service *service = timer->data;

    service->settings.overdue(service->settings.data);
}

void service_stop(struct service *service)
{
    int64_t drain_ms = clock_api_ms(service->now->config->drain_s * 1000);

    if (service->is_draining)
        return;
    service->is_draining = true;
    herald_stopping(&service->herald, drain_ms + CLOSE_MS);
    uv_timer_stop(&service->clock);
    uv_timer_stop(&service->desk_timer);
    uv_timer_start(&service->drain, on_overdue, (uint64_t)drain_ms, 0);
    starts_stop(service);
    on_night_stop(service, drain_ms);
    tell_status(service);
    service_end_if_over(service);
}

void service_fail(struct service *service, const struct err *err)
{
    service->err = *err;
    service_stop(service);
}

void service_destroy(struct service *service)
{
    desk_destroy(service);
    handover_destroy(service);
    standing_destroy(service->standing);
    facts_destroy(service->facts);
    history_destroy(service->history);
    free(service->http);
    scheduler_destroy(service->scheduler);
    commons_destroy(service->commons);
    service_drop(service->now);
    free(service);
}
