#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/asking.h"
#include "cli/command.h"
#include "cli/table.h"
#include "config/config.h"
#include "core/mem.h"
#include "core/money.h"
#include "core/text.h"
#include "store/people.h"

/*
 * `cost`: a month of the ledger, as a table for people or as CSV (RFC 4180) for a spreadsheet. The
 * CSV has no line for the total: whoever sums a column would count it twice.
 */

static const char *const groups[] = {[STORE_BY_JOB] = "job",
                                     [STORE_BY_ENDPOINT] = "endpoint",
                                     [STORE_BY_TARGET] = "target",
                                     [STORE_BY_LABEL] = "label",
                                     [STORE_BY_ACCOUNT] = "account"};
#define N_GROUPS (sizeof(groups) / sizeof(groups[0]))

struct summing {
    struct asking asking;
    const char *timezone;
    enum store_sum_by by;
    bool is_csv;
};

/* --- CSV ------------------------------------------------------------------------------------- */

/* A field is quoted where it has to be. */
static void print_field(const char *text)
{
    bool is_quoted = strpbrk(text, ",\"\r\n") != NULL;

    if (is_quoted)
        putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    if (is_quoted)
        putchar('"');
}

static void print_csv(const struct summing *summing, const char *month,
                      const struct store_cost *rows, size_t n_rows)
{
    printf("month,%s,calls,items,settled_usd,undelivered_usd,unknown_usd,reserved_usd\r\n",
           groups[summing->by]);
    for (size_t i = 0; i < n_rows; i++) {
        const int64_t sums[] = {rows[i].settled_nanousd, rows[i].undelivered_nanousd,
                                rows[i].unknown_nanousd, rows[i].reserved_nanousd};
        char text[MONEY_TEXT_MAX];

        printf("%s,", month);
        print_field(rows[i].name);
        printf(",%" PRId64 ",%" PRId64, rows[i].n_calls, rows[i].n_items);
        for (size_t j = 0; j < sizeof(sums) / sizeof(sums[0]); j++)
            printf(",%s", money_format_plain(sums[j], text));
        fputs("\r\n", stdout);
    }
}

/* --- the table ------------------------------------------------------------------------------- */

static void add_dollars(struct table *table, int64_t nanousd)
{
    char text[MONEY_TEXT_MAX];

    table_add(table, "%s", nanousd == 0 ? "-" : money_format(nanousd, text));
}

static void add_row(struct table *table, const char *name, const struct store_cost *cost)
{
    char text[MONEY_TEXT_MAX];

    table_add_row(table);
    table_add(table, "%s", name);
    table_add(table, "%" PRId64, cost->n_calls);
    table_add(table, "%" PRId64, cost->n_items);
    table_add(table, "%s", money_format(cost->settled_nanousd, text));
    add_dollars(table, cost->undelivered_nanousd);
    add_dollars(table, cost->unknown_nanousd);
    add_dollars(table, cost->reserved_nanousd);
}

/* What the columns mean, where somebody may ask. */
static void explain(int64_t n_calls, int64_t nanousd, const char *what)
{
    char text[MONEY_TEXT_MAX];

    if (n_calls > 0)
        printf("%" PRId64 " call%s, %s: %s\n", n_calls, n_calls == 1 ? "" : "s",
               money_format(nanousd, text), what);
}

static void print_table(const struct summing *summing, const struct store_cost *rows, size_t n_rows,
                        const struct store_cost *total)
{
    static const char *const titles[] = {"JOB", "ENDPOINT", "TARGET", "LABEL", "ACCOUNT"};
    const struct table_column columns[] = {
        {titles[summing->by], false}, {"CALLS", true},   {"ITEMS", true},   {"SETTLED", true},
        {"UNDELIVERED", true},        {"UNKNOWN", true}, {"RESERVED", true}};
    struct table table;

    if (total->n_calls == 0) {
        printf("no call in %s\n", total->name);
        return;
    }
    table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < n_rows; i++)
        add_row(&table, rows[i].name[0] != '\0' ? rows[i].name : "(none)", &rows[i]);
    add_row(&table, "total", total);
    command_print_table(&table);
    table_deinit(&table);
    printf("\n%s, in the days of %s%s\n", total->name, summing->timezone,
           summing->by == STORE_BY_LABEL ? "; a call counts for each label of its run, and in the "
                                           "total once"
                                         : "");
    explain(total->n_undelivered, total->undelivered_nanousd,
            "undelivered, billed by the vendor and never received");
    explain(total->n_unknown, total->unknown_nanousd,
            "unknown, nobody can tell yet whether they were billed; they count at the most they "
            "can cost");
    explain(total->n_reserved, total->reserved_nanousd,
            "reserved, under way, or broken off and booked at the job's next start");
}

/* --- the command ----------------------------------------------------------------------------- */

static void on_costs(void *data, const struct store_cost *rows, size_t n_rows,
                     const struct store_cost *total, const struct err *err)
{
    struct summing *summing = data;

    if (err == NULL && summing->is_csv)
        print_csv(summing, total->name, rows, n_rows);
    else if (err == NULL)
        print_table(summing, rows, n_rows, total);
    asking_answered(&summing->asking, err);
}

/* "2026-11", of years that a ledger can have. */
static bool is_month(const char *text)
{
    int64_t year, month;

    return strlen(text) == 7 && text[4] == '-' && strspn(text, "0123456789-") == 7 &&
           text_parse_int64(text, 4, &year) && text_parse_int64(text + 5, 2, &month) &&
           year >= 1970 && month >= 1 && month <= 12;
}

static bool read_group(const char *text, enum store_sum_by *ret_by)
{
    for (size_t i = 0; i < N_GROUPS; i++)
        if (strcmp(text, groups[i]) == 0) {
            *ret_by = (enum store_sum_by)i;
            return true;
        }
    return false;
}

int command_cost(const char *file, int argc, char **argv)
{
    struct summing summing = {.by = STORE_BY_JOB};
    const char *month = NULL, *by = groups[STORE_BY_JOB];
    const struct command_switch switches[] = {
        {"--month", NULL, &month}, {"--by", NULL, &by}, {"--csv", &summing.is_csv}, {NULL}};
    CLEANUP(config_free) struct config *config = NULL;
    int exit_code = 0;

    if (command_read(argc, argv, switches, false) == 0)
        return err_exit_code(ERR_USAGE);
    if (month != NULL && !is_month(month))
        return command_misused("cost", "--month %s: is no month; write it as 2026-11", month);
    if (!read_group(by, &summing.by))
        return command_misused("cost", "--by %s: is none of job, endpoint, target, account, label",
                               by);
    config = command_load(file, &exit_code);
    if (config == NULL)
        return exit_code;
    summing.timezone = config->accounts[0].timezone; /* of which month this one is */
    if (asking_open(&summing.asking, config->database_url)) {
        store_sum_costs(summing.asking.store, month, summing.timezone, summing.by, on_costs,
                        &summing);
        asking_wait(&summing.asking);
    }
    if (summing.asking.err.kind != ERR_NONE)
        exit_code = command_fail(&summing.asking.err);
    asking_close(&summing.asking);
    return exit_code;
}
