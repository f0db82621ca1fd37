#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/drive.h"
#include "cli/follow.h"
#include "cli/jobs.h"
#include "cli/summary.h"
#include "config/config.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"
#include "daemon/engine.h"

/*
 * `run`: the jobs of the command line on one engine, or by the service where that is there, with
 * progress while they are at work and a table of the listings at their end.
 */

static bool listing_at(const void *from, size_t i, struct engine_listing *ret_listing)
{
    return engine_listing_at(from, i, ret_listing);
}

static void print_summary(const struct engine *engine)
{
    struct engine_progress progress;

    engine_progress(engine, &progress);
    summary_print(&progress, listing_at, engine);
}

/* yyyy-mm-dd, of a day that there is. */
static bool is_date(const char *text)
{
    static const int64_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t year, month, day;

    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-' ||
        !text_parse_int64(text, 4, &year) || !text_parse_int64(text + 5, 2, &month) ||
        !text_parse_int64(text + 8, 2, &day) || year < 1970 || month < 1 || month > 12)
        return false;
    return day >= 1 && day <= days[month - 1] &&
           (month != 2 || day < 29 || (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)));
}

int command_run(const char *file, int argc, char **argv)
{
    bool is_all = false, is_fresh = false;
    const char *night = NULL;
    const struct command_switch switches[] = {
        {"--all", &is_all}, {"--fresh", &is_fresh}, {"--night", NULL, &night}, {NULL}};
    CLEANUP(config_free) struct config *config = NULL;
    const struct config_job **jobs;
    size_t n_jobs = 0;
    int n_words = command_read(argc, argv, switches, true), exit_code = 0;

    if (n_words == 0)
        return err_exit_code(ERR_USAGE);
    if (is_all == (n_words > 1)) {
        log_error("run takes job names, or --all");
        return err_exit_code(ERR_USAGE);
    }
    if (night != NULL && !is_date(night))
        return command_misused("run", "--night %s: is no date; write it as 2026-03-14", night);
    config = command_load_logged(file, &exit_code);
    if (config == NULL)
        return exit_code;
    exit_code = jobs_pick(config, n_words, argv, is_all, &jobs, &n_jobs);
    if (exit_code != 0)
        return exit_code;
    if (follow(&(struct follow_settings){config, jobs, n_jobs, night, is_fresh}, &exit_code)) {
        free(jobs);
        return exit_code;
    }
    exit_code = drive(
        &(struct engine_settings){
            .config = config, .jobs = jobs, .n_jobs = n_jobs, .is_fresh = is_fresh, .night = night},
        print_summary);
    free(jobs);
    return exit_code;
}
