#include "cli/follow.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "cli/asking.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "cli/summary.h"
#include "config/config.h"
#include "core/log.h"
#include "core/mem.h"
#include "daemon/engine.h"
#include "store/handover.h"
#include "store/people.h"

/*
 *   ask ─▶ look, once a second ─▶ all are over: the table, their exit code
 *                │
 *                ├─▶ a signal: the service goes on; what nobody has taken is withdrawn
 *                └─▶ the service is gone: the same
 *
 * A run is the service's, so a signal ends this command alone, with the exit code of one that was
 * stopped before its end.
 */

#define LOOK_MS 1000

/* The service is gone when it has not been there for so many looks: it comes back within a second
 * where only its connection was lost. */
#define LOOKS_AWAY 5

#define SERVICE_NAME_END " service"

struct told {
    bool has_note, is_over;
};

struct following {
    const struct follow_settings *settings;
    struct asking asking;
    uv_signal_t signals[2];
    uv_timer_t timer; /* until the next look */
    struct progress progress;
    struct engine_progress sum; /* of all starts */
    int64_t *ids;
    size_t n;
    struct told *told; /* by start */
    bool is_service;   /* who holds the database */
    bool is_signalled, is_paused;
    unsigned n_looks_away;
    size_t n_over;
    int exit_code;
};

/* --- exit codes ------------------------------------------------------------------------------ */

/* Of several runs the one that matters most, as of several jobs of one run. */
static int graver(int a, int b)
{
    static const enum err_kind order[] = {ERR_INTERNAL, ERR_DB,       ERR_LOGIN, ERR_BUSY,
                                          ERR_BUDGET,   ERR_CANCELED, ERR_CONFIG};

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        if (a == err_exit_code(order[i]) || b == err_exit_code(order[i]))
            return err_exit_code(order[i]);
    return a != 0 ? a : b;
}

/* --- what the service tells ------------------------------------------------------------------ */

static void add_progress(struct engine_progress *sum, const struct store_progress *progress)
{
    sum->n_items += progress->n_items;
    if (progress->n_items_expected < 0)
        sum->n_items_expected = -1;
    else if (sum->n_items_expected >= 0)
        sum->n_items_expected += progress->n_items_expected;
    sum->n_in_flight += (size_t)progress->n_in_flight;
    sum->n_calls += progress->n_calls;
    sum->n_items_here += progress->n_items_here;
    sum->n_undelivered += progress->n_undelivered;
    sum->undelivered_nanousd += progress->undelivered_nanousd;
    sum->booked_nanousd += progress->booked_nanousd;
    sum->budget_nanousd += progress->budget_nanousd;
    sum->n_listings += (size_t)progress->n_listings;
    sum->n_over += (size_t)progress->n_over;
    sum->n_unmoved += (size_t)progress->n_unmoved;
}

static void tell(struct following *following, const struct store_start *start, struct told *told)
{
    if (start->note[0] != '\0' && !told->has_note) {
        told->has_note = true;
        log_event(LOG_INFO, LOG_JOB(start->job), "%s", start->note);
    }
    if (!start->is_over || told->is_over)
        return;
    told->is_over = true;
    following->n_over++;
    following->exit_code = graver(following->exit_code, start->exit_code);
    if (start->exit_code != 0)
        log_event(LOG_ERROR, LOG_JOB(start->job), "%s", start->reason);
}

static void on_starts(void *data, const struct store_start *starts, size_t n, bool has_service,
                      const struct err *err)
{
    struct following *following = data;

    if (err == NULL)
        following->sum = (struct engine_progress){.n_items = 0};
    following->n_looks_away = has_service ? 0 : following->n_looks_away + 1;
    for (size_t i = 0; i < n; i++) {
        add_progress(&following->sum, &starts[i].progress);
        tell(following, &starts[i], &following->told[i]);
    }
    asking_answered(&following->asking, err);
}

static bool look(struct following *following)
{
    store_read_starts(following->asking.store, following->ids, following->n, on_starts, following);
    return asking_wait(&following->asking);
}

static void read_progress(const void *from, struct engine_progress *ret_progress)
{
    *ret_progress = *(const struct engine_progress *)from;
}

/* --- its end --------------------------------------------------------------------------------- */

struct listings {
    const struct store_start_listing *listings;
    size_t n;
};

static bool listing_at(const void *from, size_t i, struct engine_listing *ret_listing)
{
    const struct listings *all = from;
    const struct store_start_listing *listing = &all->listings[i];

    if (i >= all->n)
        return false;
    *ret_listing = (struct engine_listing){
        .job = listing->job,
        .target = listing->target,
        .kind = listing->kind,
        .is_published = listing->is_published,
        .is_held = listing->is_held,
        .completeness = listing->completeness[0] != '\0' ? listing->completeness : NULL,
        .reason = listing->reason,
        .n_items = listing->n_items,
        .n_rows = listing->n_rows,
        .n_duplicates = listing->n_duplicates,
        .n_missing = listing->n_missing};
    return true;
}

static void on_listings(void *data, const struct store_start_listing *listings, size_t n,
                        const struct err *err)
{
    struct following *following = data;

    if (err == NULL)
        summary_print(&following->sum, listing_at, &(struct listings){listings, n});
    asking_answered(&following->asking, err);
}

static bool summarize(struct following *following)
{
    store_read_start_listings(following->asking.store, following->ids, following->n, on_listings,
                              following);
    return asking_wait(&following->asking);
}

static void on_left(void *data, const struct store_start *starts, size_t n, bool has_service,
                    const struct err *err)
{
    struct following *following = data;

    (void)has_service;
    for (size_t i = 0; i < n; i++) {
        tell(following, &starts[i], &following->told[i]);
        if (starts[i].is_over)
            continue;
        if (following->is_signalled)
            log_event(LOG_INFO, LOG_JOB(starts[i].job),
                      "the service goes on with it; `linkhaul stop %s` stops it", starts[i].job);
        else
            log_event(LOG_ERROR, LOG_JOB(starts[i].job), "the service is gone; %s",
                      starts[i].run_id != 0 ? "it goes on with the run when it is back, and "
                                              "`linkhaul status` shows how it is"
                                            : "whether the run had begun, `linkhaul status` shows");
        following->exit_code = graver(
            following->exit_code, err_exit_code(following->is_signalled ? ERR_CANCELED : ERR_BUSY));
    }
    asking_answered(&following->asking, err);
}

/* What nobody has taken is withdrawn; the rest stays the service's. */
static bool leave(struct following *following)
{
    struct asking *asking = &following->asking;

    store_withdraw_starts(asking->store, following->ids, following->n,
                          following->is_signalled
                              ? "stopped before the service had taken it: nothing was started"
                              : "the service has ended and had not taken it: run it again",
                          asking_answered, asking);
    if (!asking_wait(asking))
        return false;
    store_read_starts(asking->store, following->ids, following->n, on_left, following);
    return asking_wait(asking);
}

/* --- following ------------------------------------------------------------------------------- */

static void on_signal(uv_signal_t *handle, int signal_no)
{
    struct following *following = handle->data;

    (void)signal_no;
    following->is_signalled = true;
    following->is_paused = false;
}

static void on_timer(uv_timer_t *timer)
{
    struct following *following = timer->data;

    following->is_paused = false;
}

static void pause_a_little(struct following *following)
{
    following->is_paused = !following->is_signalled;
    uv_timer_start(&following->timer, on_timer, LOOK_MS, 0);
    while (following->is_paused)
        uv_run(&following->asking.loop, UV_RUN_ONCE);
    uv_timer_stop(&following->timer);
}

static void watch(struct following *following)
{
    static const int signal_nos[2] = {SIGINT, SIGTERM};
    uv_loop_t *loop = &following->asking.loop;

    uv_timer_init(loop, &following->timer);
    following->timer.data = following;
    for (size_t i = 0; i < 2; i++) {
        uv_signal_init(loop, &following->signals[i]);
        following->signals[i].data = following;
        uv_signal_start(&following->signals[i], on_signal, signal_nos[i]);
    }
    progress_start(&following->progress, loop, read_progress, &following->sum);
}

static void unwatch(struct following *following)
{
    progress_stop(&following->progress);
    uv_close((uv_handle_t *)&following->timer, NULL);
    for (size_t i = 0; i < 2; i++)
        uv_close((uv_handle_t *)&following->signals[i], NULL);
}

/* False where the database is lost on the way. */
static bool follow_to_the_end(struct following *following)
{
    bool is_fine, is_over;

    watch(following);
    while ((is_fine = look(following)) && following->n_over < following->n &&
           !following->is_signalled && following->n_looks_away < LOOKS_AWAY)
        pause_a_little(following);
    is_over = is_fine && following->n_over == following->n;
    is_fine = is_fine && (is_over || leave(following));
    unwatch(following);
    return is_over ? summarize(following) : is_fine;
}

/* --- handing over ---------------------------------------------------------------------------- */

static void on_holder(void *data, const struct store_holder *holder, const struct err *err)
{
    struct following *following = data;
    size_t length = holder != NULL ? strlen(holder->name) : 0;

    following->is_service =
        length > strlen(SERVICE_NAME_END) &&
        strcmp(holder->name + length - strlen(SERVICE_NAME_END), SERVICE_NAME_END) == 0;
    if (following->is_service)
        log_info(
            "%s works on this database: it is asked for the run, by its definition of the job, and "
            "followed",
            holder->name);
    asking_answered(&following->asking, err);
}

static void on_asked(void *data, const int64_t ids[], size_t n, const struct err *err)
{
    struct following *following = data;

    following->ids = mem_new_array(n, sizeof(*ids));
    following->told = mem_new_array(n, sizeof(*following->told));
    following->n = n;
    if (n > 0)
        memcpy(following->ids, ids, n * sizeof(*ids));
    asking_answered(&following->asking, err);
}

static bool ask(struct following *following)
{
    const struct follow_settings *settings = following->settings;
    struct store_job_name *names = mem_new_array(settings->n_jobs, sizeof(*names));

    for (size_t i = 0; i < settings->n_jobs; i++)
        names[i] = (struct store_job_name){settings->jobs[i]->project, settings->jobs[i]->name};
    store_ask_starts(following->asking.store, names, settings->n_jobs, settings->night,
                     settings->is_fresh, on_asked, following);
    free(names);
    return asking_wait(&following->asking);
}

bool follow(const struct follow_settings *settings, int *ret_exit_code)
{
    struct following following = {.settings = settings};
    struct asking *asking = &following.asking;

    if (asking_open(asking, settings->config->database_url)) { /* else the engine says why */
        store_who_holds(asking->store, on_holder, &following);
        if (asking_wait(asking) && following.is_service) {
            if (!ask(&following) || !follow_to_the_end(&following))
                following.exit_code = command_fail(&asking->err);
            *ret_exit_code = following.exit_code;
        }
    }
    asking_close(asking);
    free(following.ids);
    free(following.told);
    return following.is_service;
}
