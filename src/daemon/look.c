#include <stdlib.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/point.h"
#include "daemon/engine_private.h"
#include "daemon/free_call.h"
#include "decode/tasks.h"
#include "status/meter.h"

/*
 * A look at the vendor's list of tasks:
 *
 *   read what is unknown ─▶ ask for a page of the list ─▶ book what it says ─▶ tell the crawl
 *                               ▲        │                      │
 *                               ├ pause ◀┘  another page        │
 *                               └ pause ◀───────────────────────┘  another window
 *
 * The list is asked for over the times at which the unknown calls were sent, and some minutes more,
 * so that it shows calls whose answers came as well: only then does a missing one tell anything.
 * Calls of this night and of an earlier one are in windows of their own, since between the two lies
 * whatever the account did all day. The vendor allows ten such calls a minute.
 *
 * - A call or a statement fails: the crawl is told, and looks again later.
 * - The life ends: the look ends with it, and whatever is under way for it is not waited for, but
 *   for the call, which http has to see the end of.
 */

#define CALL_EVERY_MS 6000
#define PAGES_MAX 100
#define BEFORE_MS 300000 /* the vendor's clock may be another than the database's */
#define BEHIND_MS 300000
#define KEPT_MS INT64_C(2419200000) /* the vendor keeps what a call was for a month; four weeks */

/* Times at which unknown calls were sent, and around: since 1970, by the database's clock. */
struct window {
    int64_t from_ms, to_ms;
};

struct look {
    struct engine_account *account; /* NULL: its life has ended */
    struct window *windows;
    size_t n_windows, at;
    struct tasks tasks; /* of the window */
    size_t n_pages;
    int64_t began_ms; /* monotonic: the list is as old as its first page */
    struct http_request *call;
    uv_timer_t timer;
};

static void on_unknowns(void *data, const struct store_unknown *unknowns, size_t n,
                        const struct err *err);
static void begin_window(struct look *look);
static void ask(struct look *look);
static void on_page(void *data, const char *text, size_t size, int http_status,
                    const struct err *call_err);
static void on_pause_over(uv_timer_t *timer);
static void on_resolved(void *data, const struct store_resolved *resolved, size_t n,
                        const struct err *err);

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void end(struct look *look)
{
    if (look->account != NULL)
        look->account->look = NULL;
    tasks_deinit(&look->tasks);
    free(look->windows);
    uv_close((uv_handle_t *)&look->timer, on_timer_closed);
}

/* True where the life has ended meanwhile, or `err` ends the look. */
static bool is_over(struct look *look, const struct err *err)
{
    struct engine_account *account = look->account;

    if (account != NULL && err == NULL)
        return false;
    end(look);
    if (account != NULL)
        crawl_on_looked(account->crawl, err);
    return true;
}

void look_begin(void *data)
{
    struct engine_account *account = data;
    struct look *look = mem_new(sizeof(*look));

    look->account = account;
    uv_timer_init(account->engine->loop, &look->timer);
    look->timer.data = look;
    account->look = look;
    engine_leave_others_alone(account->engine);
    store_read_unknowns(account->engine->store, account->config->name, on_unknowns, look);
}

static void add_window(struct look *look, int64_t sent_ms)
{
    struct window *last = look->n_windows > 0 ? &look->windows[look->n_windows - 1] : NULL;

    if (last == NULL || sent_ms - BEFORE_MS > last->to_ms) {
        look->windows = mem_resize(look->windows, look->n_windows + 1, sizeof(*look->windows));
        last = &look->windows[look->n_windows++];
        last->from_ms = sent_ms - BEFORE_MS;
    }
    last->to_ms = sent_ms + BEHIND_MS;
}

static void on_unknowns(void *data, const struct store_unknown *unknowns, size_t n,
                        const struct err *err)
{
    struct look *look = data;
    struct engine_account *account = look->account;

    if (is_over(look, err))
        return;
    for (size_t i = 0; i < n; i++) /* the oldest comes first */
        if (unknowns[i].age_ms < KEPT_MS)
            add_window(look, unknowns[i].reserved_at_ms);
    if (look->n_windows > 0) {
        begin_window(look);
        return;
    }
    end(look);
    crawl_on_looked(account->crawl, NULL);
}

/* At once, or when the vendor allows the next call. */
static void ask_in_time(struct look *look)
{
    int64_t listed_at_ms = look->account->shared->listed_at_ms;
    int64_t pause_ms = listed_at_ms + clock_api_ms(CALL_EVERY_MS) - clock_mono_ms();

    if (listed_at_ms == 0 || pause_ms <= 0)
        ask(look);
    else
        uv_timer_start(&look->timer, on_pause_over, (uint64_t)pause_ms, 0);
}

static void begin_window(struct look *look)
{
    tasks_deinit(&look->tasks);
    look->n_pages = 0;
    ask_in_time(look);
}

static void on_pause_over(uv_timer_t *timer)
{
    ask_in_time(timer->data); /* another engine may have been first */
}

static void ask(struct look *look)
{
    const struct window *window = &look->windows[look->at];
    CLEANUP(mem_free_string)
    char *body = tasks_request(window->from_ms, window->to_ms, look->tasks.n_listed);

    look->account->shared->listed_at_ms = clock_mono_ms();
    if (look->n_pages++ == 0)
        look->began_ms = look->account->shared->listed_at_ms;
    look->call = free_call_send(look->account->http, TASKS_PATH, body, on_page, look);
    point("in-look");
}

static void book(struct look *look)
{
    size_t n = look->tasks.n_tasks;
    struct store_task *tasks = mem_new_array(n, sizeof(*tasks));
    struct store_list list = {
        .tasks = tasks,
        .n_tasks = n,
        .from_ms = look->windows[look->at].from_ms,
        .to_ms = look->windows[look->at].to_ms,
        .age_ms = clock_mono_ms() - look->began_ms,
        .listed_after_ms = clock_api_ms(engine_listed_after_ms(look->account)),
    };

    for (size_t i = 0; i < n; i++)
        tasks[i] = (struct store_task){.id = look->tasks.tasks[i].id,
                                       .tag = look->tasks.tasks[i].tag,
                                       .position = look->tasks.tasks[i].offset,
                                       .token = look->tasks.tasks[i].token,
                                       .nanousd = look->tasks.tasks[i].cost_nanousd,
                                       .posted_ms = look->tasks.tasks[i].posted_ms};
    engine_leave_others_alone(look->account->engine);
    store_reconcile(look->account->engine->store, look->account->config->name, &list, on_resolved,
                    look);
    free(tasks);
}

static void on_page(void *data, const char *text, size_t size, int http_status,
                    const struct err *call_err)
{
    struct look *look = data;
    struct engine_account *account = look->account;
    struct err err;
    size_t n_listed = 0;

    (void)http_status; /* what it means stands in the envelope, or there is none */
    look->call = NULL;
    if (account->engine->is_closing) {
        look->account = NULL;
        end(look);
        engine_part_closed(account->engine);
        return;
    }
    if (call_err != NULL)
        err = *call_err;
    if (call_err != NULL || !tasks_add(&look->tasks, text, size, &n_listed, &err)) {
        is_over(look, &err);
        return;
    }
    if (n_listed == TASKS_PER_PAGE && look->n_pages < PAGES_MAX) {
        ask_in_time(look);
        return;
    }
    if (n_listed == TASKS_PER_PAGE) /* it is whole only as far as it goes */
        look->windows[look->at].to_ms =
            look->tasks.n_tasks > 0
                ? look->tasks.tasks[look->tasks.n_tasks - 1].posted_ms - BEFORE_MS
                : look->windows[look->at].from_ms;
    book(look);
}

static void on_resolved(void *data, const struct store_resolved *resolved, size_t n,
                        const struct err *err)
{
    struct look *look = data;
    struct engine_account *account = look->account;

    if (is_over(look, err))
        return;
    for (size_t i = 0; i < n; i++) {
        meter_job(account->engine->commons->meter, resolved[i].project, resolved[i].job)->nanousd +=
            resolved[i].charged_nanousd;
        crawl_on_resolved(account->crawl, resolved[i].listing_id, resolved[i].slice_no,
                          resolved[i].position, resolved[i].is_billed, resolved[i].charged_nanousd);
    }
    if (++look->at < look->n_windows) {
        crawl_on_time(
            account->crawl); /* pages that may be asked for again do not wait for the rest */
        if (look->account != NULL)
            begin_window(look);
        else
            end(look);
        return;
    }
    end(look);
    crawl_on_looked(account->crawl, NULL);
}

void look_cancel(struct engine_account *account)
{
    struct look *look = account->look;

    if (look == NULL)
        return;
    account->look = NULL;
    if (look->call != NULL) {
        account->engine->n_closing++;
        http_cancel(account->http, look->call);
    } else if (uv_is_active((uv_handle_t *)&look->timer)) {
        uv_timer_stop(&look->timer);
        look->account = NULL;
        end(look);
    } else {
        look->account = NULL; /* the store answers with its end */
    }
}
