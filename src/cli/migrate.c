#include <stdio.h>

#include "cli/command.h"
#include "config/config.h"
#include "core/log.h"
#include "core/mem.h"
#include "store/migrate.h"

/* Whose right to read the views is kept. */
#define READER "linkhaul_reader"

struct migrating {
    bool is_dry_run;
    int n;
};

static void on_each(void *data, int number, const char *name, const char *sql)
{
    struct migrating *migrating = data;

    (void)number;
    migrating->n++;
    if (migrating->is_dry_run)
        printf("-- %s\n%s\n", name, sql);
    else
        log_info("applied %s", name);
}

static int grant_reader(const char *url)
{
    bool is_there;
    struct err err;

    if (!migrate_grant_reader(url, READER, &is_there, &err))
        return command_fail(&err);
    if (!is_there)
        log_info("there is no role " READER
                 ", by which dashboards read linkhaul_bi and nothing else; an administrator makes "
                 "it: CREATE ROLE " READER " LOGIN; -- then run linkhaul migrate again");
    return 0;
}

int command_migrate(const char *file, int argc, char **argv)
{
    struct migrating migrating = {.n = 0};
    const struct command_switch switches[] = {{"--dry-run", &migrating.is_dry_run}, {NULL, NULL}};
    CLEANUP(config_free) struct config *config = NULL;
    int n_words = command_read(argc, argv, switches, false), exit_code = 0;
    struct err err;

    if (n_words == 0)
        return err_exit_code(ERR_USAGE);
    config = command_load(file, &exit_code);
    if (config == NULL)
        return exit_code;
    if (!migrate_run(config->database_url, migrating.is_dry_run, on_each, &migrating, &err))
        return command_fail(&err);
    if (migrating.n == 0)
        log_info("the schema is up to date (version %d)", migrate_version());
    return migrating.is_dry_run ? 0 : grant_reader(config->database_url);
}
