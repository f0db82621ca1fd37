#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/asking.h"
#include "cli/command.h"
#include "cli/jobs.h"
#include "config/config.h"
#include "core/mem.h"
#include "store/people.h"

/*
 * `stop`: marks the open runs, and says whether there is anybody to notice. The process that works
 * on a run learns of it from its next reservation, which the database refuses, or by looking for it
 * every few seconds.
 */

struct stopping {
    struct asking asking;
    const char *what;
    char **names; /* that it may have in the database */
    size_t n_names;
    bool is_job;
    size_t n_runs; /* that were marked */
    bool is_known; /* there is such a run, or such a job had one */
};

static void on_stopped(void *data, const struct store_stopped_run *runs, size_t n_runs,
                       const struct err *err)
{
    struct stopping *stopping = data;

    stopping->n_runs = n_runs;
    for (size_t i = 0; i < n_runs; i++)
        printf("run %" PRId64 " of job %s: no more calls; what was paid for lands\n",
               runs[i].run_id, runs[i].job);
    asking_answered(&stopping->asking, err);
}

static void on_holder(void *data, const struct store_holder *holder, const struct err *err)
{
    struct stopping *stopping = data;

    if (err == NULL && holder == NULL)
        puts(
            "nothing is running: no linkhaul works on this database, and the next start of the "
            "job goes on");
    asking_answered(&stopping->asking, err);
}

static void on_found(void *data, const struct store_found_run *run, const struct err *err)
{
    struct stopping *stopping = data;

    stopping->is_known = run != NULL;
    if (run != NULL)
        printf("nothing to stop: run %" PRId64 " of job %s (night of %s) is over\n", run->run_id,
               run->job, run->night);
    asking_answered(&stopping->asking, err);
}

/* No open run goes by that name: it is over, has never been, or there is no such thing. */
static int explain(struct stopping *stopping, const struct config *config)
{
    store_find_run(stopping->asking.store, (const char *const *)stopping->names, stopping->n_names,
                   on_found, stopping);
    if (!asking_wait(&stopping->asking))
        return command_fail(&stopping->asking.err);
    if (stopping->is_known)
        return 0;
    if (stopping->is_job) {
        printf("nothing to stop: job %s has not run yet\n", stopping->what);
        return 0;
    }
    if (stopping->what[0] >= '0' && stopping->what[0] <= '9')
        return command_misused("stop", "%s: no such run or job; `linkhaul status` shows them",
                               stopping->what);
    return jobs_unknown(config, stopping->what);
}

static int stop(struct stopping *stopping, const struct config *config)
{
    struct asking *asking = &stopping->asking;

    if (!asking_open(asking, config->database_url))
        return command_fail(&asking->err);
    store_stop(asking->store, (const char *const *)stopping->names, stopping->n_names, on_stopped,
               stopping);
    if (!asking_wait(asking))
        return command_fail(&asking->err);
    if (stopping->n_runs == 0)
        return explain(stopping, config);
    store_who_holds(asking->store, on_holder, stopping);
    return asking_wait(asking) ? 0 : command_fail(&asking->err);
}

int command_stop(const char *file, int argc, char **argv)
{
    static const struct command_switch none[] = {{NULL}};
    CLEANUP(config_free) struct config *config = NULL;
    struct stopping stopping = {.n_runs = 0};
    int n_words = command_read(argc, argv, none, true), exit_code = 0;

    if (n_words == 0)
        return err_exit_code(ERR_USAGE);
    if (n_words != 2)
        return command_misused("stop", "stop takes one run's number or one job's name");
    config = command_load(file, &exit_code);
    if (config == NULL)
        return exit_code;
    stopping.what = argv[1];
    stopping.names = jobs_all_names(config, stopping.what, &stopping.n_names, &stopping.is_job);
    exit_code = stop(&stopping, config);
    asking_close(&stopping.asking);
    for (size_t i = 0; i < stopping.n_names; i++)
        free(stopping.names[i]);
    free(stopping.names);
    return exit_code;
}
