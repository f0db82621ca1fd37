#include <inttypes.h>
#include <stdlib.h>

#include "core/mem.h"
#include "store/replay.h"
#include "store/sql.h"
#include "store/store_private.h"

/*
 * Loading a run again: all of it goes through the one connection that store_open_replay() has
 * opened as `loader`, so that the copies of store_load.c work on it.
 *
 * A page is a savepoint in the transaction of its listing, or of the whole scratch schema. What
 * PostgreSQL refuses of a page is then landed in parts within that savepoint, as in a run.
 *
 * - A statement fails: the transaction is left as it is, aborted; closing the store takes it back.
 */

/* --- what there is --------------------------------------------------------------------------- */

struct replay_memory {
    struct store_replay run; /* what is given out; must be the first */
    struct store_replay_listing *listings;
    struct store_replay_page *pages; /* of all listings, one behind the other */
    char **texts;
    size_t n_texts;
};

struct reading {
    struct store *store;
    struct replay_memory *memory;
    store_replay_fn *done;
    void *data;
};

static void on_run(void *data, const struct db_result *result, const struct err *err);
static void on_listings(void *data, const struct db_result *result, const struct err *err);
static void on_pages(void *data, const struct db_result *result, const struct err *err);

void store_replay_free(struct store_replay *run)
{
    struct replay_memory *memory = (struct replay_memory *)run;

    if (memory == NULL)
        return;
    for (size_t i = 0; i < memory->n_texts; i++)
        free(memory->texts[i]);
    free(memory->texts);
    free(memory->listings);
    free(memory->pages);
    free(memory);
}

static const char *keep_text(struct replay_memory *memory, const struct db_result *result, int row,
                             int column)
{
    char *text = mem_strdup(db_text(result, row, column));

    memory->texts = mem_resize(memory->texts, memory->n_texts + 1, sizeof(char *));
    memory->texts[memory->n_texts++] = text;
    return text;
}

static void end_reading(struct reading *reading, const struct err *err)
{
    if (err != NULL)
        store_replay_free(&reading->memory->run);
    reading->done(reading->data, err == NULL ? &reading->memory->run : NULL, err);
    store_verb_end(reading->store);
    free(reading);
}

static void ask(struct reading *reading, const char *sql, db_done_fn *done)
{
    struct params params = {0};

    params_int(&params, reading->memory->run.run_id);
    db_query(reading->store->connections[LOADER], sql, params.n, params.values, done, reading);
}

void store_read_replay(struct store *store, int64_t run_id, store_replay_fn *done, void *data)
{
    struct reading *reading = mem_new(sizeof(*reading));

    *reading = (struct reading){.store = store, .done = done, .data = data};
    reading->memory = mem_new(sizeof(*reading->memory));
    reading->memory->run.run_id = run_id;
    store_verb_begin(store);
    ask(reading, sql_read_replay, on_run);
}

/* Whether it is a run that can be loaded again, as far as its own row tells. */
static bool may_replay(const struct db_result *result, int64_t run_id, struct err *err)
{
    if (db_n_rows(result) == 0)
        return err_set(err, ERR_USAGE,
                       "there is no run %" PRId64 "; linkhaul.run has them all, with job and night",
                       run_id);
    if (db_int64(result, 0, 7) != 0)
        return err_set(err, ERR_USAGE,
                       "run %" PRId64 " is a replay itself and has no answers: replay run %s",
                       run_id, db_text(result, 0, 7));
    if (db_bool(result, 0, 6))
        return err_set(err, ERR_BUSY,
                       "run %" PRId64 " is not over: `linkhaul run %s` goes on with it", run_id,
                       db_text(result, 0, 2));
    return true;
}

static void on_run(void *data, const struct db_result *result, const struct err *err)
{
    struct reading *reading = data;
    struct store_replay *run = &reading->memory->run;
    struct err refused;

    if (err == NULL && !may_replay(result, run->run_id, &refused))
        err = &refused;
    if (err != NULL) {
        end_reading(reading, err);
        return;
    }
    uuid_parse(db_text(result, 0, 0), &run->uid);
    run->project = keep_text(reading->memory, result, 0, 1);
    run->job = keep_text(reading->memory, result, 0, 2);
    run->endpoint = keep_text(reading->memory, result, 0, 3);
    run->night_days = (int32_t)db_int64(result, 0, 5);
    ask(reading, sql_read_replay_listings, on_listings);
}

static void on_listings(void *data, const struct db_result *result, const struct err *err)
{
    struct reading *reading = data;
    struct replay_memory *memory = reading->memory;

    if (err != NULL) {
        end_reading(reading, err);
        return;
    }
    memory->run.n_listings = (size_t)db_n_rows(result);
    memory->listings = mem_new_array(memory->run.n_listings, sizeof(*memory->listings));
    memory->run.listings = memory->listings;
    for (int row = 0; row < db_n_rows(result); row++)
        memory->listings[row] = (struct store_replay_listing){
            .listing_id = db_int64(result, row, 0),
            .target = keep_text(memory, result, row, 1),
            .is_published = db_bool(result, row, 2),
            .completeness = keep_text(memory, result, row, 3),
            .request = keep_text(memory, result, row, 4),
        };
    ask(reading, sql_read_replay_pages, on_pages);
}

static void on_pages(void *data, const struct db_result *result, const struct err *err)
{
    struct reading *reading = data;
    struct replay_memory *memory = reading->memory;
    struct store_replay_listing *listing = memory->listings;

    if (err != NULL) {
        end_reading(reading, err);
        return;
    }
    memory->run.n_pages = (size_t)db_n_rows(result);
    memory->pages = mem_new_array(memory->run.n_pages, sizeof(*memory->pages));
    for (int row = 0; row < db_n_rows(result); row++) {
        struct store_replay_page *page = &memory->pages[row];

        while (listing->listing_id != db_int64(result, row, 0))
            listing++;
        if (listing->n_pages++ == 0)
            listing->pages = page;
        uuid_parse(db_text(result, row, 1), &page->attempt);
        page->slice_no = (int32_t)db_int64(result, row, 2);
        page->position = db_int64(result, row, 3);
    }
    end_reading(reading, NULL);
}

/* --- a listing of a new run ------------------------------------------------------------------ */

struct beginning {
    struct store *store;
    struct params params;
    store_replay_begun_fn *done;
    void *data;
};

static void on_partitions(void *data, const struct db_result *result, const struct err *err);
static void on_transaction(void *data, const struct db_result *result, const struct err *err);
static void on_begun(void *data, const struct db_result *result, const struct err *err);

/* Partitions in a transaction of their own: making one locks out whoever wants to make one. */
void store_replay_begin_listing(struct store *store, const struct uuid *uid, int64_t original_id,
                                store_replay_begun_fn *done, void *data)
{
    struct beginning *beginning = mem_new(sizeof(*beginning));

    *beginning = (struct beginning){.store = store, .done = done, .data = data};
    params_uuid(&beginning->params, uid);
    params_int(&beginning->params, original_id);
    store_verb_begin(store);
    db_query(store->connections[LOADER], sql_make_replay_partitions, 1,
             &beginning->params.values[1], on_partitions, beginning);
}

static void end_beginning(struct beginning *beginning, const struct db_result *result,
                          const struct err *err)
{
    beginning->done(beginning->data, err == NULL ? db_int64(result, 0, 0) : 0,
                    err == NULL ? db_int64(result, 0, 1) : 0, err);
    store_verb_end(beginning->store);
    free(beginning);
}

static void on_partitions(void *data, const struct db_result *result, const struct err *err)
{
    struct beginning *beginning = data;

    if (err != NULL)
        end_beginning(beginning, result, err);
    else
        db_script(beginning->store->connections[LOADER], "BEGIN", on_transaction, beginning);
}

static void on_transaction(void *data, const struct db_result *result, const struct err *err)
{
    struct beginning *beginning = data;

    if (err != NULL)
        end_beginning(beginning, result, err);
    else
        db_query(beginning->store->connections[LOADER], sql_begin_replay, beginning->params.n,
                 beginning->params.values, on_begun, beginning);
}

static void on_begun(void *data, const struct db_result *result, const struct err *err)
{
    end_beginning(data, result, err);
}

struct publishing {
    struct store *store;
    struct params params; /* of publish.sql; its first one is the listing */
    struct store_published published;
    bool is_shown;
    store_replayed_fn *done;
    void *data;
};

static void on_counted(void *data, const struct db_result *result, const struct err *err);
static void on_published(void *data, const struct db_result *result, const struct err *err);
static void on_ended(void *data, const struct db_result *result, const struct err *err);
static void on_committed(void *data, const struct db_result *result, const struct err *err);

/* The original's word stands: what it did not miss beyond the tolerance, this does not either. */
#define ANY_MISSING_PPM 1000000

void store_publish_replay(struct store *store, int64_t listing_id, const char *completeness,
                          int64_t max_shrink, store_replayed_fn *done, void *data)
{
    struct publishing *publishing = mem_new(sizeof(*publishing));

    *publishing = (struct publishing){.store = store, .done = done, .data = data};
    params_int(&publishing->params, listing_id);
    params_text(&publishing->params, completeness);
    params_int(&publishing->params, ANY_MISSING_PPM);
    params_int(&publishing->params, max_shrink);
    store_verb_begin(store);
    db_query(store->connections[LOADER], sql_count_replayed, 1, publishing->params.values,
             on_counted, publishing);
}

static void end_publishing(struct publishing *publishing, const struct err *err)
{
    publishing->done(publishing->data, err == NULL ? &publishing->published : NULL,
                     publishing->is_shown, err);
    store_verb_end(publishing->store);
    free(publishing);
}

static void on_counted(void *data, const struct db_result *result, const struct err *err)
{
    struct publishing *publishing = data;

    (void)result;
    if (err != NULL)
        end_publishing(publishing, err);
    else
        db_query(publishing->store->connections[LOADER], sql_publish, publishing->params.n,
                 publishing->params.values, on_published, publishing);
}

static void on_published(void *data, const struct db_result *result, const struct err *err)
{
    struct publishing *publishing = data;
    struct err not_open;

    if (err == NULL && !store_read_published(result, &publishing->published, &not_open))
        err = &not_open;
    if (err != NULL)
        end_publishing(publishing, err);
    else
        db_query(publishing->store->connections[LOADER], sql_end_replayed, 1,
                 publishing->params.values, on_ended, publishing);
}

static void on_ended(void *data, const struct db_result *result, const struct err *err)
{
    struct publishing *publishing = data;

    if (err != NULL) {
        end_publishing(publishing, err);
        return;
    }
    publishing->is_shown = db_bool(result, 0, 0);
    db_script(publishing->store->connections[LOADER], "COMMIT", on_committed, publishing);
}

static void on_committed(void *data, const struct db_result *result, const struct err *err)
{
    (void)result;
    end_publishing(data, err);
}
