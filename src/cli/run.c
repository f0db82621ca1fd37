#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/drive.h"
#include "cli/jobs.h"
#include "cli/table.h"
#include "config/config.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/money.h"
#include "core/text.h"
#include "daemon/engine.h"

/*
 * `run`: the jobs of the command line on one engine, with progress while it works and a table of
 * the listings at its end.
 */

/* What helps a listing that is not published; why it is not has been logged above. */
static const char *what_helps(const struct engine_listing *listing)
{
    if (listing->is_held)
        return listing->reason;
    if (listing->completeness == NULL)
        return "run again to go on";
    if (strcmp(listing->completeness, "budget") == 0)
        return "raise `budget`, then run again to go on";
    return "see its error; run again to go on";
}

static void add_listing(struct table *table, const struct engine_listing *listing)
{
    bool is_full = strcmp(listing->kind, "full") == 0;
    bool is_counted = strcmp(listing->kind, "count") == 0 && listing->is_published;

    table_add_row(table);
    table_add(table, "%s", listing->job);
    table_add(table, "%s", listing->target);
    table_add(table, "%s%s%s", is_full ? "" : listing->kind, is_full || is_counted ? "" : ", ",
              listing->is_held                ? "held"
              : is_counted                    ? ""
              : listing->completeness != NULL ? listing->completeness
                                              : "stopped");
    if (!listing->is_published) {
        table_add_note(table, "not published: %s", what_helps(listing));
        return;
    }
    table_add(table, "%" PRId64, listing->n_items);
    table_add(table, "%" PRId64, listing->n_rows);
    table_add(table, "%" PRId64, listing->n_duplicates);
    table_add(table, "%" PRId64, listing->n_missing);
}

static void print_summary(const struct engine *engine)
{
    static const struct table_column columns[] = {
        {"JOB", false}, {"TARGET", false}, {"LISTING", false}, {"ITEMS", true},
        {"ROWS", true}, {"REPEATS", true}, {"MISSING", true}};
    struct engine_progress progress;
    struct engine_listing listing;
    struct table table;
    char booked[MONEY_TEXT_MAX], budget[MONEY_TEXT_MAX];

    engine_progress(engine, &progress);
    if (progress.n_listings + progress.n_unmoved == 0)
        return;
    table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; engine_listing_at(engine, i, &listing); i++)
        add_listing(&table, &listing);
    if (progress.n_listings > 0)
        command_print_table(&table);
    if (progress.n_unmoved > 0)
        printf("nothing has moved in %zu feed%s: not asked for\n", progress.n_unmoved,
               progress.n_unmoved == 1 ? "" : "s");
    table_deinit(&table);
    /* Dollars are of whole runs, with listings that an earlier start of theirs has published. */
    printf("%" PRId64 " call%s now; booked in all: %s of %s\n", progress.n_calls,
           progress.n_calls == 1 ? "" : "s", money_format(progress.booked_nanousd, booked),
           progress.budget_nanousd > 0 ? money_format(progress.budget_nanousd, budget)
                                       : "any amount");
    if (progress.n_undelivered > 0)
        printf("%" PRId64 " call%s billed, and %s answer%s never came: %s (undelivered)\n",
               progress.n_undelivered, progress.n_undelivered == 1 ? " was" : "s were",
               progress.n_undelivered == 1 ? "its" : "their",
               progress.n_undelivered == 1 ? "" : "s",
               money_format(progress.undelivered_nanousd, booked));
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
    exit_code = drive(
        &(struct engine_settings){
            .config = config, .jobs = jobs, .n_jobs = n_jobs, .is_fresh = is_fresh, .night = night},
        print_summary);
    free(jobs);
    return exit_code;
}
