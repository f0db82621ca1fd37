#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/date.h"
#include "core/log.h"
#include "core/mem.h"
#include "daemon/handover.h"
#include "daemon/night_end.h"
#include "daemon/on_night.h"
#include "daemon/service_private.h"

/*
 * Starts of jobs: each has an engine of its own.
 *
 *   WAITING ─▶ RUNNING ─▶ OVER ─▶ (freed)
 *      ▲                   │
 *      └──── AGAIN ◀───────┘  no balance, a daily limit, another holder: after ten minutes
 *                             the database was lost: once it is back
 *
 * The run that such a start has left open is gone on with. A job that comes due while its account
 * is blocked does not start: that is recorded.
 */

/* Each has three connections to the database; a server has room for a hundred by default. */
#define ENGINES_MAX 16

#define AGAIN_MS 600000 /* so often an account may be asked for its balance: TURN_MS of it */

static void free_start(struct start *start)
{
    struct start **at = &start->service->starts;

    while (*at != start)
        at = &(*at)->next;
    *at = start->next;
    free(start->job);
    free(start);
}

static struct start *find_start(const struct service *service, const char *job)
{
    for (struct start *start = service->starts; start != NULL; start = start->next)
        if (strcmp(start->job, job) == 0)
            return start;
    return NULL;
}

const struct start *starts_find(const struct service *service, const char *job)
{
    return find_start(service, job);
}

size_t starts_count(const struct service *service, enum start_state state)
{
    size_t n = 0;

    for (const struct start *start = service->starts; start != NULL; start = start->next)
        n += start->state == state;
    return n;
}

size_t starts_in_flight(const struct service *service)
{
    struct engine_progress progress;
    size_t n = 0;

    for (const struct start *start = service->starts; start != NULL; start = start->next)
        if (start->engine != NULL) {
            engine_progress(start->engine, &progress);
            n += progress.n_in_flight;
        }
    return n;
}

int64_t starts_first_open_night(const struct service *service)
{
    int64_t *nights, first;
    size_t n = 0;

    for (const struct start *start = service->starts; start != NULL; start = start->next)
        n++;
    nights = mem_new_array(n, sizeof(*nights));
    n = 0;
    for (const struct start *start = service->starts; start != NULL; start = start->next)
        nights[n++] = start->fire.night;
    first = night_end_first_open(service->scheduler, nights, n);
    free(nights);
    return first;
}

void starts_wake(struct service *service)
{
    if (!service->is_closed)
        uv_timer_start(&service->turn, starts_on_turn, 0, 0);
}

/* --- asked for ------------------------------------------------------------------------------- */

static struct start *add_start(struct service *service, const char *job)
{
    struct start **end = &service->starts, *start = mem_new(sizeof(*start));

    while (*end != NULL)
        end = &(*end)->next;
    *end = start;
    start->service = service;
    start->job = mem_strdup(job);
    return start;
}

void starts_ask(struct service *service, const struct scheduler_fire *fire)
{
    struct start *start = find_start(service, fire->job);

    if (service->is_draining)
        return; /* the next service finds that it was not made */
    if (start == NULL)
        start = add_start(service, fire->job);
    start->fire = *fire;
    start->fire.job = start->job;
    start->is_asked = true;
    start->is_by_hand = false;
    date_text(fire->night, start->night);
    starts_wake(service);
}

void starts_go_on(struct service *service, const char *job, int64_t night)
{
    struct start *start = find_start(service, job);

    if (start != NULL)
        start->is_by_hand = false;
    if (service->is_draining || start != NULL)
        return;
    log_event(LOG_INFO, LOG_JOB(job), "its run was cut short by the end of linkhaul, and goes on");
    start = add_start(service, job);
    start->fire = (struct scheduler_fire){.job = start->job, .night = night, .n = 1};
    date_text(night, start->night);
    starts_wake(service);
}

void starts_stop_job(struct service *service, const char *job)
{
    struct start *start = find_start(service, job);

    if (start == NULL || start->engine == NULL)
        return;
    log_event(LOG_WARNING, LOG_JOB(job),
              "the run has lasted for its max_duration: no more calls, what is paid for lands; the "
              "job's next start goes on with it");
    start->is_stopped = true;
    engine_stop(start->engine);
}

/* --- what the scheduler hears ---------------------------------------------------------------- */

static void tell_begun(struct start *start)
{
    if (start->has_begun)
        return;
    start->has_begun = true;
    start->is_asked = false;
    scheduler_on_started(start->service->scheduler, start->job);
}

static void tell_over(struct start *start)
{
    if (start->has_begun)
        scheduler_on_finished(start->service->scheduler, start->job);
    else if (start->is_asked)
        scheduler_on_refused(start->service->scheduler, start->job, start->reason);
    start->has_begun = start->is_asked = false;
}

/* --- by hand --------------------------------------------------------------------------------- */

/* The scheduler takes the job as running from here on: what comes due meanwhile is skipped. */
enum starts_answer starts_by_hand(struct service *service, const struct config_job *job,
                                  const char *night, int64_t day, bool is_fresh)
{
    struct start *start = find_start(service, job->title);

    if (service->is_draining)
        return STARTS_DRAINING;
    if (start != NULL && (is_fresh || night[0] != '\0'))
        return STARTS_REFUSED;
    if (start != NULL) {
        if (start->state == START_AGAIN)
            start->again_ms = 0; /* somebody wants to know now */
        starts_wake(service);
        return STARTS_JOINED;
    }
    start = add_start(service, job->title);
    start->is_by_hand = true;
    start->is_fresh = is_fresh;
    snprintf(start->asked_night, sizeof(start->asked_night), "%s", night);
    start->fire = (struct scheduler_fire){.job = start->job, .night = day, .n = 1};
    date_text(start->fire.night, start->night);
    tell_begun(start);
    starts_wake(service);
    return STARTS_MADE;
}

const struct engine *starts_engine(const struct service *service, const char *job)
{
    const struct start *start = find_start(service, job);

    return start != NULL ? start->engine : NULL;
}

bool starts_is_at_work(const struct service *service, const char *job)
{
    const struct start *start = find_start(service, job);

    return start != NULL && start->is_at_work;
}

/* --- an engine's life ------------------------------------------------------------------------ */

static void on_began(void *data)
{
    struct start *start = data;

    tell_begun(start);
    start->is_fresh = false;
    start->is_at_work = true;
    handover_begun(start);
}

/* The engine is freed on a later turn: its own is not over. */
static void on_done(void *data, const struct err *err)
{
    struct start *start = data;

    start->state = START_OVER;
    start->err = err != NULL ? *err : (struct err){.kind = ERR_NONE};
    starts_wake(start->service);
}

static void begin(struct start *start, const struct config_job *job)
{
    struct service *service = start->service;

    start->state = START_RUNNING;
    start->begun_s = service_wall_ms(NULL) / 1000;
    start->is_stopped = false;
    if (!start->is_asked)
        tell_begun(start); /* what comes due from here on is skipped, not taken for this one */
    start->running = job;
    start->generation = service->now;
    service_use(start->generation);
    if (!start->is_told)
        log_event(LOG_INFO, LOG_JOB(start->job), "starts for the night of %s%s", start->night,
                  start->is_by_hand          ? ", by hand (linkhaul run)"
                  : start->fire.is_caught_up ? ", which was missed and is caught up"
                                             : "");
    start->engine = engine_new(
        service->loop, &(struct engine_settings){
                           .config = start->generation->config,
                           .jobs = &start->running,
                           .n_jobs = 1,
                           .scheduled_night = start->is_by_hand ? NULL : start->night,
                           .night = start->asked_night[0] != '\0' ? start->asked_night : NULL,
                           .is_fresh = start->is_fresh,
                           .commons = service->commons,
                           .scheduled_s = start->fire.at_s,
                           .began = on_began,
                           .done = on_done,
                           .data = start,
                       });
}

/* --- its end --------------------------------------------------------------------------------- */

/* Of the listings that are not published, the first's. */
static const char *reason_of_listing(const struct engine *engine)
{
    struct engine_listing listing;

    for (size_t i = 0; engine_listing_at(engine, i, &listing); i++)
        if (!listing.is_published)
            return listing.reason;
    return "";
}

static void describe(struct start *start, int code)
{
    const struct err *account_err = engine_account_err(start->engine);
    const char *text = account_err != NULL           ? account_err->text
                       : start->err.kind != ERR_NONE ? start->err.text
                                                     : reason_of_listing(start->engine);
    const char *word = account_err != NULL && account_err->kind == ERR_LOGIN ? "blocked: login"
                       : code != err_exit_code(ERR_BUSY)                     ? "failed"
                       : strstr(text, "40210") != NULL                       ? "blocked: balance"
                                                                             : "blocked";

    if (start->err.kind == ERR_DB)
        snprintf(start->reason, sizeof(start->reason), "missed: the database was away");
    else
        snprintf(start->reason, sizeof(start->reason), "%s: %s", word,
                 text[0] != '\0' ? text : "the log says why");
}

/* Whether what kept it from going on may pass by itself; then it is tried again. */
static bool is_to_try_again(struct start *start, int code)
{
    struct service *service = start->service;

    if (service->is_draining || start->is_stopped || service_find_job(service, start->job) == NULL)
        return false;
    if (start->err.kind == ERR_DB) {
        start->again_ms = 0;
        return true;
    }
    if (code != err_exit_code(ERR_BUSY) || start->is_by_hand)
        return false;
    start->again_ms = clock_mono_ms() + clock_api_ms(AGAIN_MS);
    return true;
}

static void tell_again(struct start *start)
{
    if (!start->is_told && start->again_ms > 0)
        log_event(LOG_WARNING, LOG_JOB(start->job),
                  "is tried again every 10 minutes, and goes on where it stopped");
    start->is_told = true;
}

/* Whoever follows it: what the end of the service cuts short goes on with the next one, and what
 * waits for the database is not over. */
static void tell_follower(const struct start *start, int code, bool is_again)
{
    bool is_cut_short = start->service->is_draining && code == err_exit_code(ERR_CANCELED);

    if (!is_cut_short && !(is_again && start->err.kind == ERR_DB))
        handover_ended(start, start->engine, code, code == 0 ? "" : start->reason);
}

static void end(struct start *start)
{
    int code = engine_exit_code(start->engine);
    bool is_again = is_to_try_again(start, code);

    describe(start, code);
    tell_follower(start, code, is_again);
    if (start->err.kind != ERR_NONE && (!is_again || !start->is_told))
        log_event(LOG_ERROR, LOG_JOB(start->job), "%s%s", start->err.text,
                  err_advice(start->err.kind));
    engine_destroy(start->engine);
    start->engine = NULL;
    malloc_trim(0); /* the day until the next night needs none of it */
    start->is_at_work = false;
    desk_look_again(start->service);
    service_drop(start->generation);
    start->generation = NULL;
    if (!start->service->is_draining && (!is_again || start->again_ms > 0 || start->has_begun))
        tell_over(start); /* else it just waits for the database */
    if (!is_again) {
        free_start(start);
        return;
    }
    tell_again(start);
    start->state = START_AGAIN;
}

/* --- a turn ---------------------------------------------------------------------------------- */

static bool is_due_again(const struct start *start)
{
    return start->state == START_AGAIN && clock_mono_ms() >= start->again_ms;
}

/* The job is gone from the configuration meanwhile. */
static void give_up(struct start *start)
{
    snprintf(start->reason, sizeof(start->reason),
             "skipped: the job is no longer in the configuration");
    handover_ended(start, NULL, err_exit_code(ERR_CONFIG), start->reason);
    tell_over(start);
    free_start(start);
}

static void look_at(struct start *start, size_t *n_running)
{
    struct service *service = start->service;
    const struct config_job *job;

    if (is_due_again(start) && service->is_open)
        start->state = START_WAITING;
    if (start->state == START_AGAIN && start->again_ms > 0 && start->is_asked)
        tell_over(start); /* it is blocked */
    if (start->state != START_WAITING || !service->is_open || *n_running == ENGINES_MAX)
        return;
    job = service_find_job(service, start->job);
    if (job == NULL) {
        give_up(start);
        return;
    }
    ++*n_running;
    begin(start, job);
}

void starts_on_turn(uv_timer_t *timer)
{
    struct service *service = timer->data;
    struct start *next;
    size_t n_running;

    for (struct start *start = service->starts; start != NULL; start = next) {
        next = start->next;
        if (start->state == START_OVER)
            end(start);
    }
    n_running = starts_count(service, START_RUNNING);
    for (struct start *start = service->starts; start != NULL && !service->is_draining;
         start = next) {
        next = start->next;
        look_at(start, &n_running);
    }
    on_night_look(service);
    service_end_if_over(service);
}

void starts_stop(struct service *service)
{
    struct start *next;

    for (struct start *start = service->starts; start != NULL; start = next) {
        next = start->next;
        if (start->state == START_RUNNING)
            engine_stop(start->engine);
        else if (start->state != START_OVER)
            free_start(start); /* the next service finds that it was not made */
    }
}
