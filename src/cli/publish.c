#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/asking.h"
#include "cli/command.h"
#include "config/config.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"
#include "store/people.h"

/* `publish`: a person accepts what a guard held back; no call is made. */

struct accepting {
    struct asking asking;
    int64_t run_id;
    size_t n_listings; /* that were published */
    bool is_known;     /* there is such a run */
};

static void on_accepted(void *data, const struct store_accepted *listings, size_t n_listings,
                        const struct err *err)
{
    struct accepting *accepting = data;

    accepting->n_listings = n_listings;
    for (size_t i = 0; i < n_listings; i++)
        printf("published %s: %" PRId64 " rows, %s%s\n", listings[i].target, listings[i].n_rows,
               listings[i].completeness,
               listings[i].is_late ? "; a newer listing of it is what analysts see" : "");
    asking_answered(&accepting->asking, err);
}

static void on_found(void *data, const struct store_found_run *run, const struct err *err)
{
    struct accepting *accepting = data;

    if (err == NULL && run == NULL)
        log_error("%" PRId64
                  ": no such run; `linkhaul status` shows which one a listing is held in",
                  accepting->run_id);
    else if (run != NULL)
        log_error("run %" PRId64
                  " of job %s (night of %s) holds nothing back: of its listings "
                  "%" PRId64 " are published, %" PRId64 " open, %" PRId64 " abandoned",
                  run->run_id, run->job, run->night, run->n_published, run->n_open,
                  run->n_abandoned);
    accepting->is_known = run != NULL;
    asking_answered(&accepting->asking, err);
}

static int accept_run(struct accepting *accepting, const char *database_url)
{
    struct asking *asking = &accepting->asking;
    char number[24];

    if (!asking_open(asking, database_url))
        return command_fail(&asking->err);
    store_accept(asking->store, accepting->run_id, on_accepted, accepting);
    if (!asking_wait(asking))
        return command_fail(&asking->err);
    if (accepting->n_listings > 0)
        return 0;
    snprintf(number, sizeof(number), "%" PRId64, accepting->run_id);
    store_find_run(asking->store, (const char *const[]){number}, 1, on_found, accepting);
    if (!asking_wait(asking))
        return command_fail(&asking->err);
    return accepting->is_known ? 1 : err_exit_code(ERR_USAGE);
}

int command_publish(const char *file, int argc, char **argv)
{
    static const struct command_switch none[] = {{NULL}};
    CLEANUP(config_free) struct config *config = NULL;
    struct accepting accepting = {.n_listings = 0};
    int n_words = command_read(argc, argv, none, true), exit_code = 0;

    if (n_words == 0)
        return err_exit_code(ERR_USAGE);
    if (n_words != 2)
        return command_misused("publish", "publish takes one run's number");
    if (!text_parse_int64(argv[1], strlen(argv[1]), &accepting.run_id) || accepting.run_id <= 0)
        return command_misused("publish", "%s: is no run's number; `linkhaul status` shows it",
                               argv[1]);
    config = command_load(file, &exit_code);
    if (config == NULL)
        return exit_code;
    exit_code = accept_run(&accepting, config->database_url);
    asking_close(&accepting.asking);
    return exit_code;
}
