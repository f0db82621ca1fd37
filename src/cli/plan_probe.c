#include <stdlib.h>

#include "cli/drive.h"
#include "cli/plan.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/money.h"
#include "daemon/engine.h"

/* `plan --probe`: one run of all that nobody knows the size of, which only counts. */

int plan_probe(const struct plan *plan, const struct config_job **jobs)
{
    bool **counted = mem_new_array(plan->n_jobs, sizeof(*counted));
    const struct config_job **wanted = mem_new_array(plan->n_jobs, sizeof(*wanted));
    size_t n_feeds = 0, n_jobs = 0;
    int64_t nanousd = 0;
    char cost[MONEY_TEXT_MAX];
    int exit_code = 0;

    for (size_t i = 0; i < plan->n_jobs; i++) {
        const struct plan_job *job = &plan->jobs[i];
        size_t n_before = n_feeds;

        counted[n_jobs] = mem_new_array(job->n_feeds, sizeof(bool));
        for (size_t j = 0; j < job->n_feeds; j++)
            if (!job->feeds[j].is_known) {
                counted[n_jobs][j] = true;
                nanousd += price_worst(job->price, 1);
                n_feeds++;
            }
        if (n_feeds > n_before)
            wanted[n_jobs++] = jobs[i];
        else
            free(counted[n_jobs]);
    }
    if (n_feeds > 0) {
        log_info("probing %zu feed%s costs %s", n_feeds, n_feeds == 1 ? "" : "s",
                 money_format(nanousd, cost));
        exit_code = drive(&(struct engine_settings){.config = plan->config,
                                                    .jobs = wanted,
                                                    .n_jobs = n_jobs,
                                                    .counted = (const bool *const *)counted},
                          NULL);
    }
    for (size_t i = 0; i < n_jobs; i++)
        free(counted[i]);
    free(counted);
    free(wanted);
    return exit_code;
}
