#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/request.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/money.h"
#include "daemon/engine_private.h"
#include "daemon/mending.h"
#include "spool/archive.h"
#include "store/lost.h"

/*
 * A run that the database has lost as a whole, with a fail-over's last commits or because a backup
 * was put back, is brought back from its segment, before any other run can begin:
 *
 *   segments in the spool ─▶ those of unknown runs ─▶ one by one, the oldest first:
 *   open ─▶ the run, its feeds, listings and slices as it began ─▶ its calls, as unknown ─▶ close
 *
 * From there on it is an open run like any other, whose answers wait in the spool.
 *
 * Failures:
 *   of another installation     silence: it shares the folder, or the database was made anew
 *   another run of the job is open, its numbers are taken, an older version wrote it, it cannot be
 *   read                        a warning with what it holds; pruning touches no unknown run, so
 *                               it stays
 *   the database is lost        ends the life, as everywhere
 */

#define NOTE_BYTES_MAX ((size_t)4 * 1024 * 1024)

struct restoring {
    struct engine *engine;
    void (*next)(struct engine *engine);
    struct uuid *uids; /* of the lost runs */
    size_t n, at;
    char *tag; /* what the calls of this installation begin with */
    struct spool *spool;
    char *job;
    size_t n_lost;
};

static void restore_next(struct restoring *restoring);

void engine_note(struct engine_run *run, const char *memo)
{
    if (strlen(memo) <= NOTE_BYTES_MAX)
        spool_note(run->spool, memo);
    else
        log_event(LOG_WARNING, engine_run_fields(run),
                  "it has too many targets for the spool to keep what the database knows of the "
                  "run: a fail-over that loses it would buy its pages again; split the job");
}

static void end(struct restoring *restoring, const struct err *err)
{
    struct engine *engine = restoring->engine;
    void (*next)(struct engine * engine) = restoring->next;

    spool_close(restoring->spool, NULL, NULL);
    free(restoring->uids);
    free(restoring->tag);
    free(restoring->job);
    free(restoring);
    if (err != NULL)
        engine_close(engine, err);
    else
        next(engine);
}

static void close_one(struct restoring *restoring)
{
    spool_close(restoring->spool, NULL, NULL);
    restoring->spool = NULL;
    free(restoring->job);
    restoring->job = NULL;
    restore_next(restoring);
}

/* --- what is in it, for people --------------------------------------------------------------- */

struct content {
    size_t n_calls, n_received;
    int64_t reserved_nanousd;
    struct spool_answer *first;
};

static void count(struct spool_answer *answer, void *data)
{
    struct content *content = data;

    if (content->first == NULL)
        content->first = answer;
    content->n_calls++;
    content->n_received += answer->is_received;
    if (answer->reserved_nanousd > 0)
        content->reserved_nanousd += answer->reserved_nanousd;
}

static bool is_of_this_installation(const struct restoring *restoring,
                                    const struct content *content)
{
    CLEANUP(mem_free_string) char *body = NULL;
    CLEANUP(mem_free_string) char *tag = NULL;
    CLEANUP(mem_free_string) char *token = NULL;
    struct err err;

    if (content->first == NULL || !spool_request(content->first, &body, &err))
        return false;
    request_read_body(body, &tag, &token);
    return strncmp(tag, restoring->tag, strlen(restoring->tag)) == 0;
}

static void tell_that_it_stays(const struct restoring *restoring, const char *why)
{
    struct content content = {.first = NULL};
    char uid[UUID_TEXT_MAX], dollars[MONEY_TEXT_MAX];

    spool_each(restoring->spool, count, &content);
    if (!is_of_this_installation(restoring, &content))
        return;
    log_warning(
        "%s/run-%s.segment is of a run that the database has lost: %zu calls, %zu of them "
        "answered, %s reserved for them, which no cap counts now. %s; the segment stays",
        restoring->engine->settings.config->spool,
        uuid_format(&restoring->uids[restoring->at], uid), content.n_calls, content.n_received,
        money_format(content.reserved_nanousd, dollars), why);
}

/* --- back into the database ------------------------------------------------------------------ */

static void on_calls_restored(void *data, size_t n, const struct err *err)
{
    struct restoring *restoring = data;

    if (err != NULL) {
        end(restoring, err);
        return;
    }
    log_event(LOG_WARNING, LOG_JOB(restoring->job),
              "%zu calls of it are taken up again from the spool", n);
    mending_tell_rest(restoring->job, restoring->n_lost, n);
    restoring->at++;
    close_one(restoring);
}

static void restore_calls(struct restoring *restoring, const struct store_returned *returned)
{
    struct mending mending = {.run_id = returned->run_id};

    restoring->job = mem_strdup(returned->job);
    mending.job = restoring->job;
    log_event(LOG_WARNING, (struct log_fields){.job = returned->job, .run = returned->run_id},
              "the database has lost run %" PRId64
              " of %s (a fail-over?); it is brought back from the spool, and is gone on with when "
              "the job is started",
              returned->run_id, returned->night);
    mending_collect(&mending, restoring->spool);
    restoring->n_lost = mending.n;
    store_restore_attempts(restoring->engine->store, mending.attempts, mending.sent_ms, mending.n,
                           on_calls_restored, restoring);
    mending_deinit(&mending);
}

static void on_returned(void *data, const struct store_returned *returned, const struct err *err)
{
    struct restoring *restoring = data;
    struct err why = {.kind = ERR_NONE};

    if (err != NULL && (err->kind == ERR_DB || err->kind == ERR_CANCELED)) {
        end(restoring, err);
        return;
    }
    if (err == NULL && returned->what == STORE_RETURNED) {
        restore_calls(restoring, returned);
        return;
    }
    if (err != NULL)
        err_set(&why, err->kind, "What it tells of the run does not fit this version (%s)",
                err->text);
    else if (returned->what == STORE_RETURN_WAITS)
        err_set(&why, ERR_BUSY,
                "An older run of the job %s is open and goes first: it comes back with the start "
                "after that",
                returned->job);
    else if (returned->what == STORE_RETURN_TAKEN)
        err_set(&why, ERR_DATA,
                "Runs begun since then have its numbers, so it cannot come back: its pages are "
                "bought again");
    if (why.kind != ERR_NONE)
        tell_that_it_stays(restoring, why.text);
    restoring->at++;
    close_one(restoring);
}

static void restore_next(struct restoring *restoring)
{
    const struct config *config = restoring->engine->settings.config;
    char **notes = NULL;
    size_t n = 0;
    struct err err;

    while (restoring->spool == NULL && restoring->at < restoring->n) {
        if (!spool_open_archived(restoring->engine->loop, config->spool,
                                 &restoring->uids[restoring->at], &restoring->spool, &err)) {
            if (err.kind !=
                ERR_BUSY) /* else another database's linkhaul is at work in the folder */
                log_warning("%s; the run that it is of is unknown to the database, ignoring",
                            err.text);
            restoring->at++;
        }
    }
    if (restoring->spool == NULL) {
        end(restoring, NULL);
        return;
    }
    notes = mending_read_notes(restoring->spool, &n);
    if (n > 0) {
        store_restore_run(restoring->engine->store, notes, n, on_returned, restoring);
    } else {
        tell_that_it_stays(restoring,
                           "An older version of linkhaul wrote it, so it cannot come back: its "
                           "pages are bought again");
        restoring->at++;
    }
    mending_free_notes(notes, n);
    if (n == 0)
        close_one(restoring);
}

static void on_lost_runs(void *data, const struct uuid *uids, size_t n, const char *tag,
                         const struct err *err)
{
    struct restoring *restoring = data;

    if (err != NULL) {
        end(restoring, err);
        return;
    }
    restoring->uids = mem_new_array(n, sizeof(*uids));
    if (n > 0)
        memcpy(restoring->uids, uids, n * sizeof(*uids));
    restoring->n = n;
    restoring->tag = mem_strdup(tag);
    restore_next(restoring);
}

void engine_restore_runs(struct engine *engine, void (*next)(struct engine *engine))
{
    struct restoring *restoring = mem_new(sizeof(*restoring));
    struct spool_file *files = NULL;
    struct uuid *uids;
    size_t n = 0;
    struct err err;

    restoring->engine = engine;
    restoring->next = next;
    if (!spool_list(engine->settings.config->spool, &files, &n, &err))
        log_warning("%s; whether the database has lost a run cannot be told, ignoring", err.text);
    uids = mem_new_array(n, sizeof(*uids));
    for (size_t i = 0; i < n; i++)
        uids[i] = files[i].run_uid;
    store_find_lost_runs(engine->store, uids, n, on_lost_runs, restoring);
    free(uids);
    free(files);
}
