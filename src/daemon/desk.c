#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "daemon/facts.h"
#include "daemon/handover.h"
#include "daemon/history.h"
#include "daemon/service_private.h"

/*
 * The service's own connection: it holds the process's place, answers the scheduler's look-ups, and
 * keeps the starts that were not made.
 *
 *   away ─▶ open ─▶ look-ups and records that wait ─▶ at work ─▶ lost: away
 *     └─ every second ─┘
 *
 * A schema that is missing or another's, and another holder, end a service that has just begun; one
 * that is at work waits until they are gone.
 */

#define AGAIN_MS 1000

static void record_next(struct service *service);

static void on_opened(void *data, const struct err *err);

void desk_open(struct service *service)
{
    bool is_again = service->had_place && service->commons->engines != NULL;

    service->store = store_open_service(service->loop, service->now->config->database_url, is_again,
                                        on_opened, service);
}

void desk_on_timer(uv_timer_t *timer)
{
    desk_open(timer->data);
}

/* Told once, until it is back. */
void desk_lose(struct service *service, const struct err *err)
{
    bool was_there = service->away.kind == ERR_NONE;

    if (service->store == NULL)
        return;
    store_close(service->store);
    service->store = NULL;
    service->is_open = false;
    if (service->is_closed)
        return;
    service->away = *err;
    if (was_there)
        log_warning("%s; nothing starts until the database is back", err->text);
    uv_timer_start(&service->desk_timer, desk_on_timer, (uint64_t)clock_api_ms(AGAIN_MS), 0);
}

/* --- look-ups -------------------------------------------------------------------------------- */

static void free_look_up(struct look_up *look_up)
{
    free(look_up->job);
    free(look_up);
}

static void on_scheduled(void *data, int64_t last_s, int64_t open_night, const struct err *err)
{
    struct look_up *look_up = data;
    struct service *service = look_up->service;

    if (service->is_closed) {
        free_look_up(look_up);
        return;
    }
    if (err != NULL) {
        look_up->next = service->look_ups;
        service->look_ups = look_up;
        desk_lose(service, err);
        return;
    }
    scheduler_on_looked_up(service->scheduler, look_up->job,
                           last_s == STORE_NEVER ? SCHEDULER_NO_FIRE : last_s);
    if (open_night != STORE_NEVER)
        starts_go_on(service, look_up->job, open_night);
    free_look_up(look_up);
}

/* One that is gone meanwhile has never run. */
static void look_up_now(struct look_up *look_up)
{
    const struct config_job *job = service_find_job(look_up->service, look_up->job);
    struct store_job asked = {.project = "", .name = look_up->job};

    if (job != NULL)
        asked = (struct store_job){.project = job->project,
                                   .name = job->name,
                                   .former_names = (const char *const *)job->formerly.items,
                                   .n_former_names = job->formerly.n};
    store_read_scheduled(look_up->service->store, &asked, on_scheduled, look_up);
}

void desk_look_up(struct service *service, const char *job)
{
    struct look_up *look_up = mem_new(sizeof(*look_up));

    look_up->service = service;
    look_up->job = mem_strdup(job);
    if (service->is_open) {
        look_up_now(look_up);
        return;
    }
    look_up->next = service->look_ups;
    service->look_ups = look_up;
}

/* --- starts that were not made --------------------------------------------------------------- */

static void free_unmade(struct unmade *unmade)
{
    free(unmade->project);
    free(unmade->job);
    free(unmade->reason);
    free(unmade);
}

static void on_recorded(void *data, const struct err *err)
{
    struct service *service = data;
    struct unmade *unmade = service->unmade;

    service->is_recording = false;
    if (err != NULL) {
        desk_lose(service, err);
        service_end_if_over(service);
        return;
    }
    service->unmade = unmade->next;
    free_unmade(unmade);
    record_next(service);
    service_end_if_over(service);
}

static void record_next(struct service *service)
{
    const struct unmade *unmade = service->unmade;

    if (unmade == NULL || !service->is_open || service->is_recording)
        return;
    service->is_recording = true;
    store_record_missed(service->store,
                        &(struct store_missed){.project = unmade->project,
                                               .job = unmade->job,
                                               .scheduled_s = unmade->at_s,
                                               .night = unmade->night,
                                               .n_starts = unmade->n,
                                               .reason = unmade->reason},
                        on_recorded, service);
}

void desk_record(struct service *service, const char *title, const struct scheduler_fire *fire,
                 const char *reason)
{
    const struct config_job *job = service_find_job(service, title);
    const char *slash = strchr(title, '/');
    struct unmade **end = &service->unmade, *unmade = mem_new(sizeof(*unmade));

    while (*end != NULL)
        end = &(*end)->next;
    *end = unmade;
    *unmade = (struct unmade){
        .reason = mem_strdup(reason), .at_s = fire->at_s, .night = fire->night, .n = fire->n};
    if (job != NULL) {
        unmade->project = mem_strdup(job->project);
        unmade->job = mem_strdup(job->name);
    } else { /* it is gone: its title tells as much */
        unmade->project = slash != NULL ? mem_printf("%.*s", (int)(slash - title), title)
                                        : mem_strdup(PROJECT_DEFAULT);
        unmade->job = mem_strdup(slash != NULL ? slash + 1 : title);
    }
    record_next(service);
}

/* --- the connection -------------------------------------------------------------------------- */

static void catch_up(struct service *service)
{
    struct look_up *look_ups = service->look_ups;

    service->look_ups = NULL;
    while (look_ups != NULL) {
        struct look_up *next = look_ups->next;

        look_up_now(look_ups);
        look_ups = next;
    }
    record_next(service);
}

static void on_opened(void *data, const struct err *err)
{
    struct service *service = data;
    bool is_first = !service->is_ready;

    if (service->is_closed)
        return;
    if (err != NULL && is_first && (err->kind == ERR_CONFIG || err->kind == ERR_BUSY)) {
        service_fail(service, err);
        return;
    }
    if (err != NULL) {
        desk_lose(service, err);
        service_ready(service);
        service_end_if_over(service);
        return;
    }
    if (service->away.kind != ERR_NONE)
        log_info("the database is back");
    service->away = (struct err){.kind = ERR_NONE};
    service->is_open = service->had_place = true;
    catch_up(service);
    handover_opened(service);
    desk_pulse(service);
    service_ready(service);
    starts_wake(service);
}

static void on_spent(void *data, int64_t nanousd, const struct err *err)
{
    struct service *service = data;

    service->is_asking_spent = false;
    if (service->is_closed)
        return;
    if (err != NULL)
        desk_lose(service, err);
    else
        service->spent_nanousd = nanousd;
}

void desk_pulse(struct service *service)
{
    if (!service->is_open)
        return;
    handover_look(service);
    facts_ask(service->facts);
    history_ask(service->history);
    if (service->is_asking_spent)
        return;
    service->is_asking_spent = true;
    store_read_spent_today(service->store, on_spent, service);
}

void desk_look_again(struct service *service)
{
    service->facts->asked_ms = 0;
    history_touch(service->history);
    desk_pulse(service);
}

void desk_close(struct service *service)
{
    if (service->store != NULL)
        store_close(service->store);
    service->store = NULL;
    service->is_open = false;
    uv_close((uv_handle_t *)&service->desk_timer, NULL);
}

void desk_destroy(struct service *service)
{
    while (service->look_ups != NULL) {
        struct look_up *next = service->look_ups->next;

        free_look_up(service->look_ups);
        service->look_ups = next;
    }
    while (service->unmade != NULL) {
        struct unmade *next = service->unmade->next;

        free_unmade(service->unmade);
        service->unmade = next;
    }
}
