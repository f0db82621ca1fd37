#include <stdlib.h>

#include "core/mem.h"
#include "daemon/engine_private.h"
#include "store/people.h"

/*
 * What people ask of runs at work. A stop is noticed by the next reserve, which the database
 * refuses; but an account may pause for a day, and a page wait for the vendor's list. So the wishes
 * are also looked for every few seconds, of our time and not the API's.
 */

#define WISHES_EVERY_MS 5000

static struct crawl_run *find_run(const struct engine *engine, int64_t run_id)
{
    for (size_t i = 0; i < engine->n_runs; i++)
        if (engine->runs[i].run->run_id == run_id)
            return engine->runs[i].crawl_run;
    return NULL;
}

/* A database that is lost is told by whoever needs it next. */
static void on_stops(void *data, const struct store_stop *stops, size_t n_stops,
                     const struct err *err)
{
    struct engine *engine = data;

    (void)err;
    engine->is_asking_wishes = false;
    for (size_t i = 0; i < n_stops && !engine->is_closing; i++) {
        struct crawl_run *run = find_run(engine, stops[i].run_id);

        if (run != NULL)
            crawl_stop_run(run, stops[i].why);
    }
    if (engine->is_closing)
        engine_part_closed(engine);
}

static void on_wish_timer(uv_timer_t *timer)
{
    struct engine *engine = timer->data;
    int64_t *run_ids;

    if (engine->is_asking_wishes)
        return;
    run_ids = mem_new_array(engine->n_runs, sizeof(*run_ids));
    for (size_t i = 0; i < engine->n_runs; i++)
        run_ids[i] = engine->runs[i].run->run_id;
    engine->is_asking_wishes = true;
    store_read_stops(engine->store, run_ids, engine->n_runs, on_stops, engine);
    free(run_ids);
}

void engine_watch_wishes(struct engine *engine)
{
    uv_timer_start(&engine->wish_timer, on_wish_timer, WISHES_EVERY_MS, WISHES_EVERY_MS);
}
