#include "daemon/handover.h"

#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "core/mem.h"
#include "core/text.h"
#include "core/tz.h"
#include "daemon/service_private.h"
#include "store/handover.h"

/*
 *   taken ─▶ begun (its run is noted) ─▶ over (its end is noted) ─▶ freed
 *
 * A wish joins the start of its job that is there, whoever wanted that, or makes one. Of all that
 * there is to note one statement is under way at a time, and it is put again after a lost database.
 */

#define DAY_S 86400
#define TELL_MS 1000 /* so often whoever follows is told how far it is; of our time */

struct wish {
    struct service *service;
    int64_t start_id;
    char *job; /* its title */
    bool is_joined;
    bool has_begun, is_begun_noted;
    bool is_being_told; /* how far it is */
    bool is_over;
    int exit_code;
    char *reason;
    bool has_progress;
    struct store_progress progress;
    struct wish *next;
};

static void note_next(struct service *service);

static void free_wish(struct wish *wish)
{
    struct wish **at = &wish->service->wishes;

    while (*at != wish)
        at = &(*at)->next;
    *at = wish->next;
    free(wish->job);
    free(wish->reason);
    free(wish);
}

/* --- what is noted --------------------------------------------------------------------------- */

static void on_begun_noted(void *data, const struct err *err)
{
    struct wish *wish = data;

    wish->service->is_noting = false;
    wish->is_begun_noted = err == NULL;
    if (err != NULL)
        desk_lose(wish->service, err);
    else
        note_next(wish->service);
}

static void on_end_noted(void *data, const struct err *err)
{
    struct wish *wish = data;
    struct service *service = wish->service;

    service->is_noting = false;
    if (err != NULL) {
        desk_lose(service, err); /* and it is put again when the database is back */
    } else {
        free_wish(wish);
        note_next(service);
    }
    service_end_if_over(service);
}

static void note_next(struct service *service)
{
    struct wish *wish = service->wishes;

    while (wish != NULL && !wish->is_over && (!wish->has_begun || wish->is_begun_noted))
        wish = wish->next;
    if (wish == NULL || !service->is_open || service->is_noting)
        return;
    service->is_noting = true;
    if (wish->has_begun && !wish->is_begun_noted)
        store_begin_start(service->store, wish->start_id,
                          wish->is_joined ? "it is running already: that run is followed" : "",
                          on_begun_noted, wish);
    else
        store_end_start(service->store, wish->start_id, wish->exit_code, wish->reason,
                        wish->has_progress ? &wish->progress : NULL, on_end_noted, wish);
}

static struct store_progress progress_of(const struct engine *engine)
{
    struct engine_progress progress;

    engine_progress(engine, &progress);
    return (struct store_progress){.n_items = progress.n_items,
                                   .n_items_expected = progress.n_items_expected,
                                   .n_in_flight = (int64_t)progress.n_in_flight,
                                   .n_calls = progress.n_calls,
                                   .n_items_here = progress.n_items_here,
                                   .n_undelivered = progress.n_undelivered,
                                   .undelivered_nanousd = progress.undelivered_nanousd,
                                   .booked_nanousd = progress.booked_nanousd,
                                   .budget_nanousd = progress.budget_nanousd,
                                   .n_listings = (int64_t)progress.n_listings,
                                   .n_over = (int64_t)progress.n_over,
                                   .n_unmoved = (int64_t)progress.n_unmoved};
}

/* A note that is lost is made up for by the next. */
static void on_told(void *data, const struct err *err)
{
    struct wish *wish = data;

    (void)err;
    wish->is_being_told = false;
}

static void on_tell(uv_timer_t *timer)
{
    struct service *service = timer->data;

    if (service->wishes == NULL)
        uv_timer_stop(timer);
    for (struct wish *wish = service->wishes; wish != NULL && service->is_open; wish = wish->next) {
        const struct engine *engine = starts_engine(service, wish->job);
        struct store_progress progress;

        if (engine == NULL || wish->is_over || wish->is_being_told)
            continue;
        progress = progress_of(engine);
        wish->is_being_told = true;
        store_note_start(service->store, wish->start_id, &progress, on_told, wish);
    }
}

/* --- what is asked for ----------------------------------------------------------------------- */

static void end(struct wish *wish, int exit_code, const char *reason)
{
    wish->is_over = true;
    wish->exit_code = exit_code;
    free(wish->reason);
    wish->reason = mem_strdup(reason);
}

/* Today where the job is. */
static int64_t today_of(const struct config_job *job)
{
    int64_t now_s = service_wall_ms(NULL) / 1000;
    struct err err;
    struct tz *tz = tz_load(job->timezone, &err);

    if (tz != NULL) /* else its run says so */
        now_s += tz_span(tz, now_s).offset_s;
    tz_free(tz);
    return now_s / DAY_S;
}

/* Of yyyy-mm-dd. */
static int64_t day_of(const char *night)
{
    int64_t year = 0, month = 0, day = 0;

    text_parse_int64(night, 4, &year);
    text_parse_int64(night + 5, 2, &month);
    text_parse_int64(night + 8, 2, &day);
    return date_days(year, (int)month, (int)day);
}

static void refuse_unknown(struct wish *wish)
{
    CLEANUP(mem_free_string)
    char *reason = mem_printf(
        "the service has no job %s, or it has mistakes there: `systemctl reload linkhaul`, and see "
        "its log",
        wish->job);

    end(wish, err_exit_code(ERR_CONFIG), reason);
}

static void begin(struct wish *wish, const struct store_wanted *wanted)
{
    struct service *service = wish->service;
    const struct config_job *job =
        config_job_find(service->now->config, wanted->project, wanted->job);
    int64_t day;

    if (job == NULL) {
        refuse_unknown(wish);
        return;
    }
    day = wanted->night[0] != '\0' ? day_of(wanted->night) : today_of(job);
    switch (starts_by_hand(service, job, wanted->night, day, wanted->is_fresh)) {
    case STARTS_MADE:
        break;
    case STARTS_JOINED:
        wish->is_joined = true;
        wish->has_begun = starts_is_at_work(service, job->title);
        break;
    case STARTS_REFUSED:
        end(wish, err_exit_code(ERR_BUSY),
            "the job is running already, and --fresh and --night need a start of their own: wait "
            "for its end, or stop it (linkhaul stop)");
        break;
    case STARTS_DRAINING:
        end(wish, err_exit_code(ERR_BUSY), "the service is ending: run it again once it is back");
        break;
    }
}

static void add(struct service *service, const struct store_wanted *wanted)
{
    struct wish **at = &service->wishes, *wish = mem_new(sizeof(*wish));
    bool is_of_project = strcmp(wanted->project, PROJECT_DEFAULT) != 0;

    while (*at != NULL)
        at = &(*at)->next;
    *at = wish;
    wish->service = service;
    wish->start_id = wanted->start_id;
    wish->job = mem_printf("%s%s%s", is_of_project ? wanted->project : "", is_of_project ? "/" : "",
                           wanted->job);
    begin(wish, wanted);
}

static void take(struct service *service, const struct store_wanted *wanted, size_t n)
{
    for (size_t i = 0; i < n; i++)
        add(service, &wanted[i]);
    if (n == 0 || service->is_closed)
        return;
    uv_timer_start(&service->tell, on_tell, TELL_MS, TELL_MS);
    note_next(service);
}

static void on_taken(void *data, const struct store_wanted *wanted, size_t n, const struct err *err)
{
    struct service *service = data;

    service->is_taking = false;
    if (err != NULL)
        desk_lose(service, err);
    else
        take(service, wanted, n);
}

void handover_look(struct service *service)
{
    if (!service->is_open || service->is_taking || service->is_draining)
        return;
    service->is_taking = true;
    store_take_starts(service->store, on_taken, service);
}

static void on_wake(void *data)
{
    handover_look(data);
}

static void on_listening(void *data, const struct err *err)
{
    if (err != NULL)
        desk_lose(data, err);
}

static void on_adopted(void *data, const struct store_wanted *wanted, size_t n,
                       const struct err *err)
{
    struct service *service = data;

    service->is_taking = false;
    if (err != NULL) {
        desk_lose(service, err);
        return;
    }
    service->has_adopted = true;
    take(service, wanted, n);
    handover_look(service);
}

void handover_opened(struct service *service)
{
    int64_t *ids;
    size_t n = 0;

    for (const struct wish *wish = service->wishes; wish != NULL; wish = wish->next)
        n++;
    ids = mem_new_array(n, sizeof(*ids));
    n = 0;
    for (const struct wish *wish = service->wishes; wish != NULL; wish = wish->next)
        ids[n++] = wish->start_id;
    service->is_taking = true;
    store_listen(service->store, on_wake, on_listening, service);
    store_adopt_starts(service->store, ids, n, !service->has_adopted, on_adopted, service);
    free(ids);
    note_next(service);
}

/* --- what becomes of them -------------------------------------------------------------------- */

void handover_begun(const struct start *start)
{
    for (struct wish *wish = start->service->wishes; wish != NULL; wish = wish->next)
        if (!wish->is_over && strcmp(wish->job, start->job) == 0)
            wish->has_begun = true;
    note_next(start->service);
}

void handover_ended(const struct start *start, const struct engine *engine, int exit_code,
                    const char *reason)
{
    for (struct wish *wish = start->service->wishes; wish != NULL; wish = wish->next) {
        if (wish->is_over || strcmp(wish->job, start->job) != 0)
            continue;
        end(wish, exit_code, reason);
        wish->has_progress = engine != NULL;
        if (engine != NULL)
            wish->progress = progress_of(engine);
    }
    note_next(start->service);
}

bool handover_is_busy(const struct service *service)
{
    for (const struct wish *wish = service->wishes; wish != NULL; wish = wish->next)
        if (wish->is_over)
            return service->is_open;
    return false;
}

void handover_begin(struct service *service)
{
    uv_timer_init(service->loop, &service->tell);
    service->tell.data = service;
}

void handover_close(struct service *service)
{
    uv_close((uv_handle_t *)&service->tell, NULL);
}

void handover_destroy(struct service *service)
{
    while (service->wishes != NULL)
        free_wish(service->wishes);
}
