#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/status.h"
#include "cli/table.h"
#include "config/config.h"
#include "core/mem.h"
#include "core/money.h"
#include "core/when.h"

/* Money first: what an account has left, for how many nights, and what its caps still allow. */

#define NO_CAP INT64_MAX

const struct config_account **status_accounts(const struct status *status, size_t *ret_n)
{
    const struct config *config = status->config;
    const struct config_account **accounts = mem_new_array(config->n_accounts, sizeof(*accounts));

    *ret_n = 0;
    for (size_t i = 0; i < config->n_accounts; i++)
        for (size_t j = 0; j < status->n_jobs; j++)
            if (status->jobs[j]->account == &config->accounts[i]) {
                accounts[(*ret_n)++] = &config->accounts[i];
                break;
            }
    return accounts;
}

/* What a cap of 0, which is none, still allows. */
static int64_t left_of(int64_t cap_nanousd, int64_t spent_nanousd)
{
    if (cap_nanousd == 0)
        return NO_CAP;
    return cap_nanousd > spent_nanousd ? cap_nanousd - spent_nanousd : 0;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

struct left {
    int64_t today, month; /* NO_CAP */
    int64_t n_nights;     /* -1: not known */
};

static struct left left_to(const struct status *status, const struct config_account *account,
                           const struct store_account_row *row)
{
    const struct config_budget *own = &account->budget, *all = &status->config->budget;

    return (struct left){
        .today = smaller(left_of(own->per_day_nanousd, row->today_nanousd),
                         left_of(all->per_day_nanousd, row->all_today_nanousd)),
        .month = smaller(left_of(own->per_month_nanousd, row->month_nanousd),
                         left_of(all->per_month_nanousd, row->all_month_nanousd)),
        .n_nights = store_nights_covered(row, account->keep_balance_nanousd),
    };
}

/* --- for people ------------------------------------------------------------------------------ */

static void add_money(struct table *table, int64_t nanousd, bool is_there)
{
    char text[MONEY_TEXT_MAX];

    table_add(table, "%s", is_there ? money_format_cents(nanousd, text) : "-");
}

static void add_account(const struct status *status, struct table *table,
                        const struct config_account *account, const struct store_account_row *row)
{
    struct left left = left_to(status, account, row);
    char text[WHEN_TEXT_MAX], keep[MONEY_TEXT_MAX];

    table_add_row(table);
    table_add(table, "%s", account->name);
    if (row->has_told)
        add_money(table, row->left_nanousd, true);
    else
        table_add(table, "not known");
    if (left.n_nights >= 0)
        table_add(table, "%" PRId64, left.n_nights);
    else
        table_add(table, "-");
    add_money(table, row->night_nanousd, row->night_nanousd > 0);
    if (row->has_told)
        table_add(table, "%s ago", when_span(status->now_s - row->told_at_s, text));
    else
        table_add(table, "never");
    add_money(table, left.today, left.today != NO_CAP);
    add_money(table, left.month, left.month != NO_CAP);
    if (account->keep_balance_nanousd > 0)
        table_add_note(table, "%s of it is kept",
                       money_format_cents(account->keep_balance_nanousd, keep));
}

static void print(const struct status *status, const struct config_account **accounts,
                  const struct store_account_row *rows, size_t n)
{
    static const struct table_column columns[] = {
        {"ACCOUNT", false}, {"BALANCE", true},    {"NIGHTS", true},         {"A NIGHT", true},
        {"ASKED", true},    {"LEFT TODAY", true}, {"LEFT THIS MONTH", true}};
    struct table table;

    table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < n; i++)
        add_account(status, &table, accounts[i], &rows[i]);
    command_print_table(&table);
    table_deinit(&table);
    putchar('\n');
}

/* --- for programs ---------------------------------------------------------------------------- */

static void write_money(struct writer *writer, const char *name, int64_t nanousd, bool is_there)
{
    if (is_there)
        writer_dollars(writer, name, nanousd);
    else
        writer_null(writer, name);
}

static void write_account(struct status *status, const struct config_account *account,
                          const struct store_account_row *row)
{
    struct left left = left_to(status, account, row);
    struct writer *writer = &status->writer;
    char text[WHEN_TEXT_MAX];

    writer_begin(writer, NULL, '{');
    writer_text(writer, "account", account->name);
    write_money(writer, "balance", row->left_nanousd, row->has_told);
    writer_text_or_null(writer, "asked_at", row->has_told ? when_utc(row->told_at_s, text) : "");
    write_money(writer, "keep_balance", account->keep_balance_nanousd,
                account->keep_balance_nanousd > 0);
    writer_int_or_null(writer, "nights", left.n_nights);
    write_money(writer, "a_night", row->night_nanousd, row->night_nanousd > 0);
    writer_dollars(writer, "spent_today", row->today_nanousd);
    writer_dollars(writer, "spent_this_month", row->month_nanousd);
    write_money(writer, "left_today", left.today, left.today != NO_CAP);
    write_money(writer, "left_this_month", left.month, left.month != NO_CAP);
    writer_end(writer, '}');
}

/* --- both ------------------------------------------------------------------------------------ */

void status_tell_accounts(struct status *status, const struct store_account_row *rows,
                          size_t n_rows)
{
    const struct config_account **accounts;
    size_t n;

    accounts = status_accounts(status, &n);
    if (n > n_rows)
        n = n_rows;
    writer_begin(&status->writer, "accounts", '[');
    for (size_t i = 0; i < n; i++)
        write_account(status, accounts[i], &rows[i]);
    writer_end(&status->writer, ']');
    if (!status->is_json && n > 0)
        print(status, accounts, rows, n);
    free(accounts);
}
