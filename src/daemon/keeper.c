#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "daemon/engine_private.h"
#include "spool/archive.h"
#include "store/retention.h"

/*
 * What keeps the disks usable: a look at the spool's free space every second while the crawl works,
 * and the removal of segments that the archive need not keep, both in a worker, since a disk may
 * let one wait; and of facts whose retention is over, in the database.
 *
 * - Too little is free, or it is read-only: no new call goes out, what is paid for lands, and the
 *   engine ends with the error.
 * - Pruning or retiring fails: a warning; nothing hangs on it.
 */

#define DISK_EVERY_MS 1000

/* --- room ------------------------------------------------------------------------------------ */

/* In a worker. */
static void check_disk(uv_work_t *work)
{
    struct engine *engine = work->data;
    const struct config *config = engine->settings.config;
    uint64_t free_bytes;

    engine->disk_err = (struct err){.kind = ERR_NONE};
    spool_has_room(config->spool, (uint64_t)config->spool_free_min_bytes, &free_bytes,
                   &engine->disk_err);
}

static void on_disk_checked(uv_work_t *work, int status)
{
    struct engine *engine = work->data;

    (void)status; /* work requests are never cancelled */
    engine->is_disk_busy = false;
    if (engine->is_closing) {
        engine_part_closed(engine);
        return;
    }
    if (engine->disk_err.kind == ERR_NONE || engine->err.kind != ERR_NONE)
        return;
    log_event(LOG_ERROR, engine_fields(engine), "%s; no new calls, what is paid for lands",
              engine->disk_err.text);
    engine->err = engine->disk_err;
    engine_stop_crawls(engine);
}

static void on_disk_timer(uv_timer_t *timer)
{
    struct engine *engine = timer->data;

    if (engine->is_disk_busy)
        return;
    engine->is_disk_busy = true;
    engine->disk_work.data = engine;
    uv_queue_work(engine->loop, &engine->disk_work, check_disk, on_disk_checked);
}

void engine_watch_disk(struct engine *engine)
{
    uv_timer_start(&engine->disk_timer, on_disk_timer, DISK_EVERY_MS, DISK_EVERY_MS);
}

/* --- the archive ----------------------------------------------------------------------------- */

struct pruning {
    struct engine *engine;
    uv_work_t work;
    struct uuid *over; /* runs that are, sorted */
    size_t n_over;
    struct spool_pruned pruned;
    bool is_fine;
    struct err err;
    void (*done)(struct engine *engine);
};

static void end(struct pruning *pruning)
{
    pruning->engine->commons->is_pruning = false;
    spool_pruned_deinit(&pruning->pruned);
    pruning->done(pruning->engine);
    free(pruning->over);
    free(pruning);
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct uuid));
}

static bool may_go(const struct uuid *run_uid, void *data)
{
    const struct pruning *pruning = data;

    return bsearch(run_uid, pruning->over, pruning->n_over, sizeof(*run_uid), compare) != NULL;
}

/* In a worker. */
static void prune(uv_work_t *work)
{
    struct pruning *pruning = work->data;
    const struct config *config = pruning->engine->settings.config;
    struct spool_prune rule = {.dir = config->spool,
                               .now_ms = clock_wall_ms(),
                               .age_max_s = config->archive_s,
                               .bytes_max = (uint64_t)config->archive_max_bytes,
                               .may_go = may_go,
                               .data = pruning};

    pruning->is_fine = spool_prune(&rule, &pruning->pruned, &pruning->err);
}

static void on_pruned(uv_work_t *work, int status)
{
    struct pruning *pruning = work->data;

    (void)status;
    spool_log_pruned(&pruning->pruned, clock_wall_ms());
    if (!pruning->is_fine)
        log_warning("the archive cannot be pruned, ignoring: %s", pruning->err.text);
    end(pruning);
}

static void on_over_runs(void *data, const struct uuid *uuids, size_t n, const struct err *err)
{
    struct pruning *pruning = data;

    if (err != NULL) {
        log_warning("the archive cannot be pruned, ignoring: %s", err->text);
        end(pruning);
        return;
    }
    pruning->over = mem_new_array(n, sizeof(*uuids));
    if (n > 0)
        memcpy(pruning->over, uuids, n * sizeof(*uuids));
    pruning->n_over = n;
    qsort(pruning->over, n, sizeof(*pruning->over), compare);
    pruning->work.data = pruning;
    uv_queue_work(pruning->engine->loop, &pruning->work, prune, on_pruned);
}

void engine_prune(struct engine *engine, void (*done)(struct engine *engine))
{
    struct pruning *pruning;

    if (engine->commons->is_pruning) { /* an engine beside this one is at it */
        done(engine);
        return;
    }
    engine->commons->is_pruning = true;
    pruning = mem_new(sizeof(*pruning));
    pruning->engine = engine;
    pruning->done = done;
    store_read_over_runs(engine->store, on_over_runs, pruning);
}

/* --- facts ----------------------------------------------------------------------------------- */

static void log_retired(const struct store_retired *part)
{
    if (part->err.kind != ERR_NONE)
        log_warning(
            "%s: its retention is over, and it cannot be taken out now: %s; the next run "
            "tries again",
            part->part, part->err.text);
    else if (part->hangs != NULL)
        log_warning(
            "%s: its retention is over (nights %s to %s), and it stays because of what hangs "
            "on it: %s",
            part->part, part->first_night, part->last_night, part->hangs);
    else if (part->shows != NULL)
        log_info(
            "%s: its retention is over (nights %s to %s), and it stays while analysts see it: "
            "the newest listing of %s",
            part->part, part->first_night, part->last_night, part->shows);
    else if (part->first_night[0] != '\0')
        log_info("%s: dropped, the retention of its nights %s to %s is over", part->part,
                 part->first_night, part->last_night);
}

static void on_retired(void *data, const struct store_retired *parts, size_t n_parts,
                       const struct err *err)
{
    struct engine *engine = data;

    if (err != NULL)
        log_warning("facts whose retention is over cannot be dropped, ignoring: %s", err->text);
    for (size_t i = 0; i < n_parts; i++)
        log_retired(&parts[i]);
    engine->commons->is_retiring = false;
    engine->retired(engine);
}

void engine_retire(struct engine *engine, void (*done)(struct engine *engine))
{
    if (engine->commons->is_retiring) {
        done(engine);
        return;
    }
    engine->commons->is_retiring = true;
    engine->retired = done;
    store_retire(engine->store, on_retired, engine);
}
