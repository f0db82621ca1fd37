#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "store/array.h"
#include "store/sql.h"
#include "store/store_private.h"

/*
 * Starting a run, or going on with one.
 *
 * All statements of the transaction are given to the connection at once: BEGIN, the run, its feeds
 * with their listings, the partitions, five readings, COMMIT. Nothing else can come in between, and
 * none of them needs an answer of the one before, because each finds the run by its job: a job has
 * one open run at most. The readings are ordered alike, so that slices can be hung into their
 * listings, and pages into their slices, in one walk.
 *
 * - A statement fails: the server refuses the rest and rolls back at COMMIT; the first error is
 * told.
 */

/* A run with all that hangs from it. */
struct run_memory {
    struct store_run run; /* what is given out; must be the first */
    struct store_listing *listings;
    struct store_slice *slices; /* of all listings, one behind the other */
    int64_t *slice_listings;    /* whose each slice is */
    size_t n_slices;
    int64_t *pages;           /* positions, then their items */
    struct store_part *parts; /* of all listings, likewise */
    struct store_closed *closed;
    char **texts;
    size_t n_texts;
};

struct start {
    struct store *store;
    struct run_memory *memory;
    struct err err; /* the first */
    store_run_fn *done;
    void *data;
};

void store_run_free(struct store_run *run)
{
    struct run_memory *memory = (struct run_memory *)run;

    if (memory == NULL)
        return;
    for (size_t i = 0; i < memory->n_texts; i++)
        free(memory->texts[i]);
    free(memory->texts);
    free(memory->listings);
    free(memory->slices);
    free(memory->slice_listings);
    free(memory->pages);
    free(memory->parts);
    free(memory->closed);
    free(memory);
}

/* A column's text, kept as long as the run; NULL for SQL's NULL. */
static const char *keep_text(struct run_memory *memory, const struct db_result *result, int row,
                             int column)
{
    char *text;

    if (db_is_null(result, row, column))
        return NULL;
    text = mem_strdup(db_text(result, row, column));
    memory->texts = mem_resize(memory->texts, memory->n_texts + 1, sizeof(char *));
    memory->texts[memory->n_texts++] = text;
    return text;
}

static bool is_over(struct start *start, const struct err *err)
{
    if (err != NULL && start->err.kind == ERR_NONE)
        start->err = *err;
    return start->err.kind != ERR_NONE;
}

static void on_step(void *data, const struct db_result *result, const struct err *err)
{
    (void)result;
    is_over(data, err);
}

static void on_run(void *data, const struct db_result *result, const struct err *err)
{
    struct start *start = data;
    struct run_memory *memory = start->memory;
    struct store_run *run = &memory->run;

    if (is_over(start, err) || db_n_rows(result) == 0)
        return;
    run->run_id = db_int64(result, 0, 0);
    uuid_parse(db_text(result, 0, 1), &run->uid);
    snprintf(run->night, sizeof(run->night), "%s", db_text(result, 0, 2));
    run->night_days = (int32_t)db_int64(result, 0, 3);
    run->is_resumed = db_bool(result, 0, 4);
    run->booked_nanousd = db_int64(result, 0, 5);
    run->install = keep_text(memory, result, 0, 6);
    run->account = keep_text(memory, result, 0, 7);
}

static void on_memo(void *data, const struct db_result *result, const struct err *err)
{
    struct start *start = data;

    if (!is_over(start, err) && db_n_rows(result) > 0)
        start->memory->run.memo = keep_text(start->memory, result, 0, 0);
}

static void on_listings(void *data, const struct db_result *result, const struct err *err)
{
    struct start *start = data;
    struct run_memory *memory = start->memory;

    if (is_over(start, err))
        return;
    memory->run.n_listings = (size_t)db_n_rows(result);
    memory->listings = mem_new_array(memory->run.n_listings, sizeof(*memory->listings));
    memory->run.listings = memory->listings;
    for (int row = 0; row < db_n_rows(result); row++)
        memory->listings[row] = (struct store_listing){
            .listing_id = db_int64(result, row, 0),
            .feed_id = db_int64(result, row, 1),
            .target = keep_text(memory, result, row, 2),
            .request = keep_text(memory, result, row, 3),
            .max_rows = db_int64(result, row, 4),
            .last_total_count = db_int64(result, row, 5),
            .whole_count = db_int64(result, row, 6),
            .kind = keep_text(memory, result, row, 7),
            .why = keep_text(memory, result, row, 8),
            .newest_s = db_int64(result, row, 9),
        };
}

static void on_closed(void *data, const struct db_result *result, const struct err *err)
{
    struct start *start = data;
    struct run_memory *memory = start->memory;

    if (is_over(start, err))
        return;
    memory->run.n_closed = (size_t)db_n_rows(result);
    memory->closed = mem_new_array(memory->run.n_closed, sizeof(*memory->closed));
    memory->run.closed = memory->closed;
    for (int row = 0; row < db_n_rows(result); row++)
        memory->closed[row] = (struct store_closed){
            .target = keep_text(memory, result, row, 0),
            .night = keep_text(memory, result, row, 1),
            .state = keep_text(memory, result, row, 2),
            .completeness = keep_text(memory, result, row, 3),
            .n_rows = db_int64(result, row, 4),
            .spent_nanousd = db_int64(result, row, 5),
        };
}

static enum store_walk walk_of(const char *name)
{
    if (strcmp(name, "offset") == 0)
        return STORE_WALK_OFFSET;
    return strcmp(name, "chain") == 0 ? STORE_WALK_CHAIN : STORE_WALK_UNDECIDED;
}

static int64_t int64_or(const struct db_result *result, int row, int column, int64_t other)
{
    return db_is_null(result, row, column) ? other : db_int64(result, row, column);
}

static void on_slices(void *data, const struct db_result *result, const struct err *err)
{
    struct start *start = data;
    struct run_memory *memory = start->memory;
    struct store_listing *listing = memory->listings;

    if (is_over(start, err))
        return;
    memory->n_slices = (size_t)db_n_rows(result);
    memory->slices = mem_new_array(memory->n_slices, sizeof(*memory->slices));
    memory->slice_listings = mem_new_array(memory->n_slices, sizeof(int64_t));
    for (int row = 0; row < db_n_rows(result); row++) {
        memory->slice_listings[row] = db_int64(result, row, 0);
        memory->slices[row] = (struct store_slice){
            .slice_no = (int32_t)db_int64(result, row, 1),
            .limit = db_int64(result, row, 2),
            .order_by = keep_text(memory, result, row, 3),
            .from_s = int64_or(result, row, 4, STORE_FROM_OPEN),
            .to_s = int64_or(result, row, 5, STORE_TO_OPEN),
            .walk = walk_of(db_text(result, row, 6)),
            .position = db_int64(result, row, 7),
            .token = keep_text(memory, result, row, 8),
            .total_count = db_int64(result, row, 9),
            .is_ended = db_bool(result, row, 10),
        };
        while (listing->listing_id != memory->slice_listings[row])
            listing++;
        if (listing->n_slices++ == 0)
            listing->slices = &memory->slices[row];
    }
}

static void on_pages(void *data, const struct db_result *result, const struct err *err)
{
    struct start *start = data;
    struct run_memory *memory = start->memory;
    size_t n, slice = 0;

    if (is_over(start, err))
        return;
    n = (size_t)db_n_rows(result);
    memory->pages = mem_new_array(2 * n, sizeof(int64_t));
    for (size_t row = 0; row < n; row++) {
        struct store_slice *of;

        while (memory->slice_listings[slice] != db_int64(result, (int)row, 0) ||
               memory->slices[slice].slice_no != db_int64(result, (int)row, 1))
            slice++;
        of = &memory->slices[slice];
        memory->pages[row] = db_int64(result, (int)row, 2);
        memory->pages[n + row] = db_int64(result, (int)row, 3);
        if (of->n_settled++ == 0) {
            of->settled = &memory->pages[row];
            of->settled_items = &memory->pages[n + row];
        }
    }
}

static void on_parts(void *data, const struct db_result *result, const struct err *err)
{
    struct start *start = data;
    struct run_memory *memory = start->memory;
    struct store_listing *listing = memory->listings;

    if (is_over(start, err))
        return;
    memory->parts = mem_new_array((size_t)db_n_rows(result), sizeof(*memory->parts));
    for (int row = 0; row < db_n_rows(result); row++) {
        memory->parts[row] = (struct store_part){int64_or(result, row, 1, STORE_FROM_OPEN),
                                                 db_int64(result, row, 2)};
        while (listing->listing_id != db_int64(result, row, 0))
            listing++;
        if (listing->n_parts++ == 0)
            listing->parts = &memory->parts[row];
    }
}

static void on_committed(void *data, const struct db_result *result, const struct err *err)
{
    struct start *start = data;

    (void)result;
    if (is_over(start, err)) {
        store_run_free(&start->memory->run);
        start->done(start->data, NULL, &start->err);
    } else if (start->memory->run.run_id == 0) {
        store_run_free(&start->memory->run);
        start->done(start->data, NULL, NULL);
    } else {
        start->done(start->data, &start->memory->run, NULL);
    }
    store_verb_end(start->store);
    free(start);
}

/* The smallest cap of a run that applies; 0: there is none. */
static int64_t smallest_run_cap(const struct store_run_request *request)
{
    const int64_t caps[] = {
        request->all_caps.per_run_nanousd, request->account_caps.per_run_nanousd,
        request->project_caps.per_run_nanousd, request->job_caps.per_run_nanousd};
    int64_t smallest = 0;

    for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
        if (caps[i] > 0 && (smallest == 0 || caps[i] < smallest))
            smallest = caps[i];
    return smallest;
}

static void add_caps(struct buf arrays[3], const char *scope, const struct store_caps *caps)
{
    static const char *const pers[] = {"run", "day", "month"};
    const int64_t nanousd[] = {caps->per_run_nanousd, caps->per_day_nanousd,
                               caps->per_month_nanousd};

    for (size_t i = 0; i < sizeof(pers) / sizeof(pers[0]); i++) {
        array_text(&arrays[0], scope);
        array_text(&arrays[1], pers[i]);
        array_int(&arrays[2], nanousd[i]);
    }
}

static void set_caps(struct start *start, struct db *db, const struct store_run_request *request)
{
    CLEANUP(mem_free_string) char *account = mem_printf("account:%s", request->account);
    CLEANUP(mem_free_string) char *job = mem_printf("job:%s/%s", request->project, request->job);
    CLEANUP(mem_free_string) char *project = mem_printf("project:%s", request->project);
    struct buf arrays[3];
    const char *params[3];

    for (int i = 0; i < 3; i++)
        array_init(&arrays[i]);
    add_caps(arrays, "all", &request->all_caps);
    add_caps(arrays, account, &request->account_caps);
    add_caps(arrays, project, &request->project_caps);
    add_caps(arrays, job, &request->job_caps);
    array_text(&arrays[0], account);
    array_text(&arrays[1], "keep");
    array_int(&arrays[2], request->keep_nanousd);
    for (int i = 0; i < 3; i++)
        params[i] = array_end(&arrays[i]);
    db_query(db, sql_set_caps, 3, params, on_step, start);
    for (int i = 0; i < 3; i++)
        buf_deinit(&arrays[i]);
}

static void set_project(struct start *start, struct db *db, const struct store_run_request *request)
{
    const char *params[3] = {request->project, NULL, NULL};
    struct buf sites, roles;

    if (request->n_sites == 0)
        return;
    array_init(&sites);
    array_init(&roles);
    for (size_t i = 0; i < request->n_sites; i++) {
        array_text(&sites, request->sites[i].target);
        array_text(&roles, request->sites[i].is_own ? "own" : "competitor");
    }
    params[1] = array_end(&sites);
    params[2] = array_end(&roles);
    db_query(db, sql_set_project, 3, params, on_step, start);
    buf_deinit(&sites);
    buf_deinit(&roles);
}

static void close_stale(struct start *start, struct db *db, const struct store_run_request *request)
{
    struct params params = {0};

    params_text(&params, request->project);
    params_text(&params, request->job);
    params_int(&params, request->resume_within_ms);
    params_text(&params, request->account);
    params_int(&params, request->tolerance.missing_ok);
    params_int(&params, request->tolerance.max_shrink);
    params_text(&params, request->oldest_night);
    db_query(db, sql_close_stale_listings, params.n, params.values, on_closed, start);
    params.values[4] = request->oldest_night;
    db_query(db, sql_close_stale_run, 5, params.values, on_step, start);
}

static void begin_run(struct start *start, struct db *db, const struct store_run_request *request)
{
    struct params params = {0};
    struct uuid uid = uuid_new();

    params_uuid(&params, &uid);
    params_text(&params, request->project);
    params_text(&params, request->job);
    params_text(&params, request->endpoint);
    params_text(&params, request->timezone);
    params_text(&params, request->labels);
    params_text(&params, request->night);
    params_int(&params, smallest_run_cap(request));
    params_text(&params, request->account);
    params_text(&params, request->account_timezone);
    params_uuid_or_null(&params, request->taken_up);
    params_text(&params, request->scheduled_night);
    db_query(db, sql_begin_run, params.n, params.values, on_step, start);
}

static void note_scheduled(struct start *start, struct db *db,
                           const struct store_run_request *request)
{
    struct params params = {0};

    if (request->scheduled_s == 0)
        return;
    params_text(&params, request->project);
    params_text(&params, request->job);
    params_int(&params, request->scheduled_s);
    db_query(db, sql_note_scheduled, params.n, params.values, on_step, start);
}

static void add_former_names(struct buf *names, const struct store_run_request *request)
{
    array_init(names);
    for (size_t i = 0; i < request->n_former_names; i++)
        array_text(names, request->former_names[i]);
}

static void rename_job(struct start *start, struct db *db, const struct store_run_request *request)
{
    const char *params[3] = {request->project, request->job, NULL};
    struct buf names;

    if (request->n_former_names == 0)
        return;
    add_former_names(&names, request);
    params[2] = array_end(&names);
    db_query(db, sql_rename_job, 3, params, on_step, start);
    buf_deinit(&names);
}

void store_start_run(struct store *store, const struct store_run_request *request,
                     store_run_fn *done, void *data)
{
    const char *const facts[] = {request->project, request->job, request->table};
    const char *const job[] = {request->project, request->job,
                               request->is_to_count ? "count" : "full"};
    const char *const tonight[] = {request->project, request->job, request->timezone,
                                   request->night != NULL ? request->night
                                                          : request->scheduled_night};
    struct start *start = mem_new(sizeof(*start));
    struct db *db = store->connections[CONTROL];

    *start = (struct start){.store = store, .done = done, .data = data};
    start->memory = mem_new(sizeof(*start->memory));
    store_verb_begin(store);

    db_script(db, "BEGIN", on_step, start);
    rename_job(start, db, request);
    if (!request->is_to_land) {
        db_query(db, sql_close_finished_run, 4, tonight, on_step, start);
        close_stale(start, db, request);
        set_caps(start, db, request);
        set_project(start, db, request);
        begin_run(start, db, request);
        note_scheduled(start, db, request);
        for (size_t i = 0; i < request->n_feeds; i++)
            store_put_feed(db, request, &request->feeds[i], on_step, start);
        db_query(db, sql_settle_listings, 3, job, on_step, start);
    }
    db_query(db, sql_make_partitions, 3, facts, on_step, start);
    db_query(db, sql_read_run, 2, job, on_run, start);
    db_query(db, sql_read_listings, 3, job, on_listings, start);
    db_query(db, sql_read_slices, 3, job, on_slices, start);
    db_query(db, sql_read_pages, 3, job, on_pages, start);
    db_query(db, sql_read_parts, 3, job, on_parts, start);
    db_query(db, sql_memo_run, 2, job, on_memo, start);
    db_script(db, "COMMIT", on_committed, start);
}

static void on_closing(void *data, const struct db_result *result, const struct err *err)
{
    struct question *question = data;

    ((store_closing_fn *)question->done)(question->data, err == NULL && db_int64(result, 0, 0) > 0,
                                         err);
    question_end(question);
}

void store_is_closing(struct store *store, const struct store_run_request *request,
                      store_closing_fn *done, void *data)
{
    struct params params = {0};
    struct buf keys, names;

    add_former_names(&names, request);
    array_init(&keys);
    for (size_t i = 0; i < request->n_feeds; i++)
        array_uuid(&keys, &request->feeds[i].key);
    params_text(&params, request->project);
    params_text(&params, request->job);
    params_int(&params, request->resume_within_ms);
    /* One that only counts gives up no feed. */
    params_text(&params, request->is_to_count ? NULL : array_end(&keys));
    params_text(&params, request->account);
    params_text(&params, array_end(&names));
    params_text(&params, request->oldest_night);
    question_put(store, sql_find_closing, &params, on_closing, (void (*)(void))done, data);
    buf_deinit(&keys);
    buf_deinit(&names);
}
