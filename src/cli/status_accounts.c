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

void status_find_accounts(struct status *status)
{
    const struct config *config = status->config;

    status->accounts = mem_new_array(config->n_accounts, sizeof(*status->accounts));
    for (size_t i = 0; i < config->n_accounts; i++)
        for (size_t j = 0; j < status->n_jobs; j++)
            if (status->jobs[j]->account == &config->accounts[i]) {
                status->accounts[status->n_accounts++] =
                    (struct status_account){&config->accounts[i], NO_CAP, NO_CAP};
                break;
            }
}

static void note_cap(struct status_account *account, const struct store_cap_fact *cap)
{
    int64_t left = cap->nanousd > cap->spent_nanousd ? cap->nanousd - cap->spent_nanousd : 0;
    int64_t *least =
        strcmp(cap->per, "day") == 0 ? &account->left_today_nanousd : &account->left_month_nanousd;

    if (left < *least)
        *least = left;
}

void status_note_caps(struct status *status, const struct store_cap_fact *facts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < status->n_accounts; j++) {
            const char *colon = strchr(facts[i].scope, ':');

            if (colon == NULL || strcmp(colon + 1, status->accounts[j].config->name) == 0)
                note_cap(&status->accounts[j], &facts[i]);
        }
}

/* -1: not known. */
static int64_t nights_of(const struct status_account *account,
                         const struct store_account_fact *fact)
{
    return (int64_t)store_nights_covered(fact, account->config->keep_balance_nanousd);
}

/* --- for people ------------------------------------------------------------------------------ */

static void add_money(struct table *table, int64_t nanousd, bool is_there)
{
    char text[MONEY_TEXT_MAX];

    table_add(table, "%s", is_there ? money_format_cents(nanousd, text) : "-");
}

static void add_account(const struct status *status, struct table *table,
                        const struct status_account *account, const struct store_account_fact *fact)
{
    bool has_told = fact->balance_nanousd >= 0;
    int64_t n_nights = nights_of(account, fact);
    char text[WHEN_TEXT_MAX], keep[MONEY_TEXT_MAX];

    table_add_row(table);
    table_add(table, "%s", account->config->name);
    if (has_told)
        add_money(table, fact->balance_nanousd, true);
    else
        table_add(table, "not known");
    if (n_nights >= 0)
        table_add(table, "%" PRId64, n_nights);
    else
        table_add(table, "-");
    add_money(table, fact->night_nanousd, fact->night_nanousd > 0);
    if (has_told)
        table_add(table, "%s ago", when_span(status->now_s - fact->asked_at_s, text));
    else
        table_add(table, "never");
    add_money(table, account->left_today_nanousd, account->left_today_nanousd != NO_CAP);
    add_money(table, account->left_month_nanousd, account->left_month_nanousd != NO_CAP);
    if (account->config->keep_balance_nanousd > 0)
        table_add_note(table, "%s of it is kept",
                       money_format_cents(account->config->keep_balance_nanousd, keep));
}

static void print(const struct status *status, const struct store_account_fact *facts)
{
    static const struct table_column columns[] = {
        {"ACCOUNT", false}, {"BALANCE", true},    {"NIGHTS", true},         {"A NIGHT", true},
        {"ASKED", true},    {"LEFT TODAY", true}, {"LEFT THIS MONTH", true}};
    struct table table;

    table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < status->n_accounts; i++)
        add_account(status, &table, &status->accounts[i], &facts[i]);
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

static void write_account(struct status *status, const struct status_account *account,
                          const struct store_account_fact *fact)
{
    bool has_told = fact->balance_nanousd >= 0;
    int64_t n_nights = nights_of(account, fact);
    struct writer *writer = &status->writer;
    char text[WHEN_TEXT_MAX];

    writer_begin(writer, NULL, '{');
    writer_text(writer, "account", account->config->name);
    write_money(writer, "balance", fact->balance_nanousd, has_told);
    writer_text_or_null(writer, "asked_at", has_told ? when_utc(fact->asked_at_s, text) : "");
    write_money(writer, "keep_balance", account->config->keep_balance_nanousd,
                account->config->keep_balance_nanousd > 0);
    writer_int_or_null(writer, "nights", n_nights);
    write_money(writer, "a_night", fact->night_nanousd, fact->night_nanousd > 0);
    write_money(writer, "left_today", account->left_today_nanousd,
                account->left_today_nanousd != NO_CAP);
    write_money(writer, "left_this_month", account->left_month_nanousd,
                account->left_month_nanousd != NO_CAP);
    writer_end(writer, '}');
}

/* --- both ------------------------------------------------------------------------------------ */

void status_tell_accounts(struct status *status, const struct store_account_fact *facts, size_t n)
{
    if (n < status->n_accounts)
        status->n_accounts = n;
    writer_begin(&status->writer, "accounts", '[');
    for (size_t i = 0; i < status->n_accounts; i++)
        write_account(status, &status->accounts[i], &facts[i]);
    writer_end(&status->writer, ']');
    if (!status->is_json && status->n_accounts > 0)
        print(status, facts);
}
