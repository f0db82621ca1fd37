#include <inttypes.h>
#include <stdio.h>
#include <uv.h>

#include "cli/command.h"
#include "cli/table.h"
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

static void add_row(struct table *table, const struct store_status_row *row)
{
    char charged[MONEY_TEXT_MAX], unknown[MONEY_TEXT_MAX];

    table_add_row(table);
    table_add(table, "%s", row->job);
    table_add(table, "%s", row->target);
    table_add(table, "%s", row->night[0] != '\0' ? row->night : "-");
    table_add(table, "%s", row->state);
    table_add(table, "%s", row->completeness[0] != '\0' ? row->completeness : "-");
    table_add(table, "%" PRId64, row->n_rows);
    table_add(table, "%" PRId64, row->n_missing);
    table_add(table, "%s", money_format(row->charged_nanousd, charged));
    if (row->unknown_nanousd > 0)
        table_add_note(table, "+ %s unknown%s%s", money_format(row->unknown_nanousd, unknown),
                       row->reason[0] != '\0' ? "  " : "", row->reason);
    else if (row->reason[0] != '\0')
        table_add_note(table, "%s", row->reason);
}

static void on_status(void *data, const struct store_status_row *rows, size_t n_rows,
                      const struct err *err)
{
    static const struct table_column columns[] = {
        {"JOB", false},     {"TARGET", false}, {"PUBLISHED", false}, {"LAST", false},
        {"LISTING", false}, {"ROWS", true},    {"MISSING", true},    {"COST", true}};
    struct table table;

    table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    if (err == NULL && n_rows == 0)
        puts("no job has run yet");
    for (size_t i = 0; i < n_rows; i++)
        add_row(&table, &rows[i]);
    if (n_rows > 0)
        command_print_table(&table);
    table_deinit(&table);
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

    if (command_read(argc, argv, switches, false) == 0)
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
