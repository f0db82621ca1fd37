#include <inttypes.h>
#include <stdio.h>
#include <uv.h>

#include "cli/command.h"
#include "config/config.h"
#include "core/mem.h"
#include "core/money.h"
#include "store/store.h"

struct asking {
    struct store *store;
    struct err err; /* ERR_NONE */
};

static void end(struct asking *asking, const struct err *err)
{
    if (err != NULL)
        asking->err = *err;
    store_close(asking->store);
}

static void print_row(const struct store_status_row *row)
{
    char charged[MONEY_TEXT_MAX], unknown[MONEY_TEXT_MAX];

    printf("%-24s %-28s %-10s %-9s %-9s %9" PRId64 " %8" PRId64 " %9s", row->job, row->target,
           row->night[0] != '\0' ? row->night : "-", row->state, row->completeness, row->n_rows,
           row->n_missing, money_format(row->charged_nanousd, charged));
    if (row->unknown_nanousd > 0)
        printf(" + %s unknown", money_format(row->unknown_nanousd, unknown));
    if (row->reason[0] != '\0')
        printf("  %s", row->reason);
    putchar('\n');
}

static void on_status(void *data, const struct store_status_row *rows, size_t n_rows,
                      const struct err *err)
{
    if (err == NULL && n_rows == 0)
        puts("no job has run yet");
    if (n_rows > 0)
        printf("%-24s %-28s %-10s %-9s %-9s %9s %8s %9s\n", "JOB", "TARGET", "PUBLISHED", "LAST",
               "LISTING", "ROWS", "MISSING", "COST");
    for (size_t i = 0; i < n_rows; i++)
        print_row(&rows[i]);
    end(data, err);
}

static void on_opened(void *data, const struct err *err)
{
    struct asking *asking = data;

    if (err != NULL)
        end(asking, err);
    else
        store_status(asking->store, on_status, asking);
}

int command_status(const char *file, int argc, char **argv)
{
    const struct command_switch switches[] = {{"--size", NULL}, {"--json", NULL}, {NULL, NULL}};
    CLEANUP(config_free) struct config *config = NULL;
    struct asking asking = {.store = NULL};
    int exit_code = 0;
    uv_loop_t loop;

    if (command_read(argc, argv, switches) == 0)
        return err_exit_code(ERR_USAGE);
    config = command_load(file, &exit_code);
    if (config == NULL)
        return exit_code;
    uv_loop_init(&loop);
    asking.store =
        store_open(&loop, config->database_url, /* is_holder= */ false, on_opened, &asking);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return asking.err.kind == ERR_NONE ? 0 : command_fail(&asking.err);
}
