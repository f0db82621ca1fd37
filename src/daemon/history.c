#include "daemon/history.h"

#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "daemon/service_private.h"
#include "store/overview.h"

/*
 *   jobs ─▶ nights ─▶ troubles       one statement each
 *
 * A statement that fails leaves what was known before, and is told once. That the connection is
 * lost is for the service to find out.
 */

#define ASK_EVERY_MS 60000
#define ERRORS_MAX 12

struct history_job {
    struct snapshot_run last; /* without a night: there is nothing to tell */
    struct snapshot_night *nights;
    size_t n_nights;
    const char *project, *name;
    struct config_texts texts, dates; /* what all of these point into; `dates` the nights */
};

struct history {
    struct service *service;
    struct history_job *jobs;
    size_t n_jobs;
    struct snapshot_error *errors;
    size_t n_errors;
    struct config_texts error_texts;
    int64_t asked_ms; /* monotonic; 0: it is time to ask */
    bool is_asking, is_failing;
};

struct history *history_new(struct service *service)
{
    struct history *history = mem_new(sizeof(*history));

    history->service = service;
    return history;
}

/* The text is theirs from here on. */
static const char *keep(struct config_texts *texts, char *text)
{
    texts->items = mem_resize(texts->items, texts->n + 1, sizeof(*texts->items));
    texts->items[texts->n++] = text;
    return text;
}

static void free_nights(struct history_job *job)
{
    config_texts_deinit(&job->dates);
    free(job->nights);
    job->dates = (struct config_texts){0};
    job->nights = NULL;
    job->n_nights = 0;
}

static void free_jobs(struct history_job *jobs, size_t n_jobs)
{
    for (size_t i = 0; i < n_jobs; i++) {
        free_nights(&jobs[i]);
        config_texts_deinit(&jobs[i].texts);
    }
    free(jobs);
}

void history_destroy(struct history *history)
{
    free_jobs(history->jobs, history->n_jobs);
    config_texts_deinit(&history->error_texts);
    free(history->errors);
    free(history);
}

static struct history_job *find_job(struct history_job *jobs, size_t n_jobs, const char *project,
                                    const char *name)
{
    for (size_t i = 0; i < n_jobs; i++)
        if (strcmp(jobs[i].project, project) == 0 && strcmp(jobs[i].name, name) == 0)
            return &jobs[i];
    return NULL;
}

/* True where the statement has failed, or nobody wants to know any more. */
static bool is_over(struct history *history, const struct err *err)
{
    if (err == NULL && !history->service->is_closed && history->service->is_open)
        return false;
    history->is_asking = false;
    if (err != NULL && err->kind != ERR_CANCELED && !history->is_failing) {
        log_warning("the status port tells of the nights as it knew them before: %s", err->text);
        history->is_failing = true;
    }
    return true;
}

/* --- troubles -------------------------------------------------------------------------------- */

static void on_troubles(void *data, const struct store_trouble *troubles, size_t n,
                        const struct err *err)
{
    struct history *history = data;

    if (is_over(history, err))
        return;
    config_texts_deinit(&history->error_texts);
    history->error_texts = (struct config_texts){0};
    free(history->errors);
    history->errors = mem_new_array(n, sizeof(*history->errors));
    history->n_errors = n;
    for (size_t i = 0; i < n; i++) {
        const struct store_trouble *trouble = &troubles[i];
        char *title = strcmp(trouble->project, PROJECT_DEFAULT) == 0
                          ? mem_strdup(trouble->job)
                          : mem_printf("%s/%s", trouble->project, trouble->job);

        history->errors[i] = (struct snapshot_error){
            .at_s = trouble->at_s,
            .job = keep(&history->error_texts, title),
            .text = keep(&history->error_texts, mem_strdup(trouble->text)),
        };
    }
    history->is_asking = history->is_failing = false;
}

/* --- nights ---------------------------------------------------------------------------------- */

static void add_night(struct history_job *job, const struct store_night_row *row)
{
    job->nights = mem_resize(job->nights, job->n_nights + 1, sizeof(*job->nights));
    job->nights[job->n_nights++] =
        (struct snapshot_night){.night = keep(&job->dates, mem_strdup(row->night)),
                                .n_rows = row->n_rows,
                                .n_new = row->n_new,
                                .n_lost = row->n_lost,
                                .nanousd = row->nanousd};
}

static void on_nights(void *data, const struct store_night_row *rows, size_t n_rows,
                      const struct err *err)
{
    struct history *history = data;

    if (is_over(history, err))
        return;
    for (size_t i = 0; i < history->n_jobs; i++)
        free_nights(&history->jobs[i]);
    for (size_t i = 0; i < n_rows; i++) {
        struct history_job *job =
            find_job(history->jobs, history->n_jobs, rows[i].project, rows[i].job);

        if (job != NULL)
            add_night(job, &rows[i]);
    }
    store_read_troubles(history->service->store, ERRORS_MAX, on_troubles, history);
}

/* --- last runs ------------------------------------------------------------------------------- */

static int64_t known_s(int64_t at_s)
{
    return at_s == STORE_NEVER ? -1 : at_s;
}

/* "blocked: balance: 40210 ..." to its word and its reason. */
static void set_missed(struct history_job *job, const struct store_job_row *row)
{
    size_t length = strcspn(row->missed_reason, ":");
    const char *reason = row->missed_reason + length;

    job->last = (struct snapshot_run){
        .night = keep(&job->texts, mem_strdup(row->missed_night)),
        .result = keep(&job->texts, mem_printf("%.*s", (int)length, row->missed_reason)),
        .reason = keep(&job->texts, mem_strdup(reason + strspn(reason, ": "))),
        .started_s = row->missed_s,
        .ended_s = -1,
        .n_rows = -1,
        .n_new = -1,
        .n_lost = -1,
        .nanousd = -1,
        .cap_nanousd = -1};
}

static void set_run(struct history_job *job, const struct store_job_row *row)
{
    job->last = (struct snapshot_run){
        .night = keep(&job->texts, mem_strdup(row->night)),
        .result = keep(&job->texts, mem_strdup(row->result)),
        .reason = keep(&job->texts, mem_strdup(row->reason)),
        .run_id = row->run_id,
        .started_s = known_s(row->started_s),
        .ended_s = known_s(row->ended_s),
        .n_rows = row->n_rows,
        .n_new = row->n_new,
        .n_lost = row->n_lost,
        .nanousd = row->settled_nanousd + row->unknown_nanousd + row->reserved_nanousd,
        .cap_nanousd = row->budget_nanousd > 0 ? row->budget_nanousd : -1,
    };
}

static void set_job(struct history_job *job, const struct config_job *of,
                    const struct store_job_row *rows, size_t n_rows)
{
    struct store_job names = {.project = of->project,
                              .name = of->name,
                              .former_names = (const char *const *)of->formerly.items,
                              .n_former_names = of->formerly.n};
    const struct store_job_row *row = store_find_job_row(rows, n_rows, &names);

    job->project = keep(&job->texts, mem_strdup(of->project));
    job->name = keep(&job->texts, mem_strdup(of->name));
    if (row != NULL && row->missed_s != STORE_NEVER)
        set_missed(job, row);
    else if (row != NULL && row->run_id > 0)
        set_run(job, row);
}

/* They show until the next answer brings them anew. */
static void take_nights(struct history_job *job, struct history_job *before, size_t n_before)
{
    struct history_job *same = find_job(before, n_before, job->project, job->name);

    if (same == NULL)
        return;
    job->nights = same->nights;
    job->n_nights = same->n_nights;
    job->dates = same->dates;
    same->nights = NULL;
    same->n_nights = 0;
    same->dates = (struct config_texts){0};
}

static void on_jobs(void *data, const struct store_job_row *rows, size_t n_rows,
                    const struct err *err)
{
    struct history *history = data;
    const struct config *config;
    struct history_job *before;
    size_t n_before;

    if (is_over(history, err))
        return;
    config = history->service->now->config;
    before = history->jobs;
    n_before = history->n_jobs;
    history->jobs = mem_new_array(config->n_jobs, sizeof(*history->jobs));
    history->n_jobs = config->n_jobs;
    for (size_t i = 0; i < config->n_jobs; i++) {
        set_job(&history->jobs[i], &config->jobs[i], rows, n_rows);
        take_nights(&history->jobs[i], before, n_before);
    }
    free_jobs(before, n_before);
    store_read_night_rows(history->service->store, on_nights, history);
}

static void ask_jobs(struct history *history)
{
    const struct service *service = history->service;
    char **busy = NULL;
    size_t n_busy = 0;

    for (const struct start *start = service->starts; start != NULL; start = start->next) {
        const struct config_job *job = start->running;

        if (start->engine == NULL)
            continue;
        busy = mem_resize(busy, n_busy + 1, sizeof(*busy));
        busy[n_busy++] = mem_printf("%s/%s", job->project, job->name);
    }
    store_read_job_rows(service->store, (const char *const *)busy, n_busy, on_jobs, history);
    for (size_t i = 0; i < n_busy; i++)
        free(busy[i]);
    free(busy);
}

/* --- from outside ---------------------------------------------------------------------------- */

void history_touch(struct history *history)
{
    history->asked_ms = 0;
}

void history_ask(struct history *history)
{
    int64_t now_ms = clock_mono_ms();

    if (history->is_asking ||
        (history->asked_ms > 0 && now_ms - history->asked_ms < clock_api_ms(ASK_EVERY_MS)))
        return;
    history->asked_ms = now_ms;
    history->is_asking = true;
    ask_jobs(history);
}

void history_of_job(const struct history *history, const char *project, const char *name,
                    struct snapshot_job *job)
{
    const struct history_job *known = find_job(history->jobs, history->n_jobs, project, name);

    if (known == NULL)
        return;
    if (known->last.night != NULL)
        job->last = known->last;
    job->nights = known->nights;
    job->n_nights = known->n_nights;
}

const struct snapshot_error *history_errors(const struct history *history, size_t *ret_n)
{
    *ret_n = history->n_errors;
    return history->errors;
}
