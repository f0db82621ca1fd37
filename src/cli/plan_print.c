#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/endpoint.h"
#include "cli/command.h"
#include "cli/plan.h"
#include "cli/table.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/money.h"

/*
 * The plan for people: a table for this run, one for a month of nights, then what has to be said
 * about them. "<= 5,000": so many at most; "5,000+": these, and others that nobody knows.
 */

#define TEXT_MAX 1024

const char *plan_count(int64_t n, char text[COUNT_TEXT_MAX])
{
    char digits[COUNT_TEXT_MAX];
    size_t length, at = 0;

    snprintf(digits, sizeof(digits), "%" PRId64, n);
    length = strlen(digits);
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = '\0';
    return text;
}

/* --- tables ---------------------------------------------------------------------------------- */

/* A number of which more, or less, may be known; one that is hardly any begins with a `<`. */
static void add_bounded(struct table *table, enum estimate_kind kind, bool is_nothing,
                        const char *number)
{
    bool is_hardly_any = number[0] == '<';

    if (kind == ESTIMATE_OPEN && (is_nothing || is_hardly_any))
        table_add(table, "?");
    else
        table_add(table, "%s%s%s", kind == ESTIMATE_AT_MOST && !is_hardly_any ? "<= " : "", number,
                  kind == ESTIMATE_OPEN ? "+" : "");
}

/* Nobody knows a month closer than to the cent. */
static int64_t rounded(int64_t nanousd, enum plan_span span)
{
    const int64_t cent = NANOUSD_PER_USD / 100;

    return span == PLAN_RUN || nanousd > INT64_MAX - cent ? nanousd
                                                          : (nanousd + cent - 1) / cent * cent;
}

static void add_dollars(struct table *table, const struct plan_part *part, enum plan_span span)
{
    enum estimate_kind kind = part->estimate.kind;
    const char *planned;
    char text[MONEY_TEXT_MAX];

    if (kind != ESTIMATE_KNOWN && part->most_nanousd >= 0) {
        table_add(table, "<= %s", money_format(rounded(part->most_nanousd, span), text));
        return;
    }
    planned = money_format(rounded(part->estimate.nanousd, span), text);
    if (kind == ESTIMATE_OPEN && part->estimate.nanousd == 0)
        table_add(table, "unknown");
    else
        add_bounded(table, kind, false, planned);
}

static const char *format_minutes(int64_t ms, char text[COUNT_TEXT_MAX])
{
    return ms < 60000 && ms > 0 ? "<1" : plan_count(ms / 60000 + (ms % 60000 > 0), text);
}

static const char *format_gigabytes(int64_t bytes, char text[COUNT_TEXT_MAX])
{
    int64_t hundredths = bytes / 10000000;
    char whole[COUNT_TEXT_MAX];

    if (hundredths == 0 && bytes > 0)
        return "<0.01";
    snprintf(text, COUNT_TEXT_MAX, "%s.%02" PRId64, plan_count(hundredths / 100, whole),
             hundredths % 100);
    return text;
}

static void add_part(struct table *table, const struct plan_part *part, enum plan_span span,
                     int64_t ms)
{
    const struct estimate *estimate = &part->estimate;
    bool is_nothing = estimate->n_calls == 0;
    char text[COUNT_TEXT_MAX];

    if (estimate->kind == ESTIMATE_OPEN && is_nothing)
        table_add(table, "unknown");
    else
        add_bounded(table, estimate->kind, false, plan_count(estimate->n_rows, text));
    add_bounded(table, estimate->kind, is_nothing, plan_count(estimate->n_calls, text));
    add_dollars(table, part, span);
    add_bounded(table, estimate->kind, is_nothing, format_minutes(ms, text));
    add_bounded(table, estimate->kind, is_nothing, format_gigabytes(estimate->bytes, text));
}

static void add_feed(struct table *table, const struct plan_job *job, const struct plan_feed *feed,
                     enum plan_span span)
{
    int64_t runs = plan_runs_in_month(job);

    table_add_row(table);
    table_add(table, "%s", job->job->title);
    table_add(table, "%s", feed->target);
    if (span == PLAN_RUN)
        table_add(table, "%s", plan_basis(feed));
    else
        table_add(table, "%" PRId64 ".%" PRId64, runs / 100, runs / 10 % 10);
    add_part(table, &feed->parts[span], span, plan_ms(job, &feed->parts[span].estimate));
}

static void print_span(const struct plan *plan, enum plan_span span)
{
    static const char *const titles[] = {"This run", "A month of nights"};
    const struct table_column columns[] = {
        {"JOB", false}, {"TARGET", false}, {span == PLAN_RUN ? "BASIS" : "RUNS", span != PLAN_RUN},
        {"ROWS", true}, {"CALLS", true},   {"DOLLARS", true},
        {"MIN", true},  {"GB", true}};
    struct table table;

    table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < plan->n_jobs; i++)
        for (size_t j = 0; j < plan->jobs[i].n_feeds; j++)
            add_feed(&table, &plan->jobs[i], &plan->jobs[i].feeds[j], span);
    table_add_row(&table);
    table_add(&table, "total");
    table_add(&table, "%s", "");
    table_add(&table, "%s", "");
    add_part(&table, &plan->parts[span], span, plan_ms_of_all(plan, span));
    printf("%s%s\n", span == PLAN_RUN ? "" : "\n", titles[span]);
    command_print_table(&table);
    table_deinit(&table);
}

/* --- what has to be said --------------------------------------------------------------------- */

static void print_prices(const struct plan *plan)
{
    static const char *const sources[] = {[PLAN_PRICES_TOLD] = "as the account told",
                                          [PLAN_PRICES_GIVEN] = "of the configuration's `prices`",
                                          [PLAN_PRICES_LISTED] = "list price"};
    char per_call[MONEY_TEXT_MAX], per_item[MONEY_TEXT_MAX];

    for (size_t i = 0; i < plan->n_jobs; i++) {
        const struct plan_job *job = &plan->jobs[i];
        bool is_first = true;

        for (size_t j = 0; j < i; j++)
            is_first = is_first && (plan->jobs[j].job->endpoint != job->job->endpoint ||
                                    plan->jobs[j].job->account != job->job->account);
        if (is_first)
            printf("prices of %s%s%s: a call %s, an item %s (%s)\n", job->job->endpoint->name,
                   plan->n_accounts > 1 ? " with account " : "",
                   plan->n_accounts > 1 ? job->job->account->name : "",
                   money_format(job->price.per_call_nanousd, per_call),
                   money_format(job->price.per_item_nanousd, per_item), sources[job->prices]);
    }
}

static void print_runs(const struct plan *plan)
{
    for (size_t i = 0; i < plan->n_jobs; i++) {
        const struct plan_job *job = &plan->jobs[i];

        if (job->run_id != 0)
            printf("job %s: goes on with its open run %" PRId64 ", of which the rest counts\n",
                   job->job->title, job->run_id);
        if (job->job->schedule == NULL)
            printf("job %s: has no schedule; its month is one of a run every night\n",
                   job->job->title);
    }
}

/* "$3.00 per run (budget of job x), $1.00 of it spent," */
static void append_cap(struct buf *out, const struct plan *plan, const struct plan_bite *bite)
{
    static const char *const pers[] = {"run", "day", "month"};
    const struct plan_cap *cap = bite->cap;
    char limit[MONEY_TEXT_MAX], spent[MONEY_TEXT_MAX];

    if (cap->per == PLAN_KEEP) {
        buf_printf(out, "keep_balance %s of account %s, with a balance of %s,",
                   money_format(cap->cap_nanousd, limit), plan->accounts[cap->owner]->name,
                   money_format(-cap->spent_nanousd, spent));
        return;
    }
    buf_printf(out, "%s per %s (budget of ", money_format(cap->cap_nanousd, limit), pers[cap->per]);
    if (cap->level == PLAN_OF_JOB)
        buf_printf(out, "job %s)", plan->jobs[cap->job].job->title);
    else if (cap->level == PLAN_OF_ALL)
        buf_append_string(out, "the configuration)");
    else if (cap->level == PLAN_OF_PROJECT)
        buf_printf(out, "project %s)", plan->projects[cap->owner]->project);
    else
        buf_printf(out, "account %s)", plan->accounts[cap->owner]->name);
    if (bite->span == PLAN_RUN && cap->spent_nanousd > 0)
        buf_printf(out, ", %s of it spent,", money_format(cap->spent_nanousd, spent));
}

static void append_end(struct buf *out, const struct plan *plan, const struct plan_bite *bite)
{
    char rows[COUNT_TEXT_MAX], of[COUNT_TEXT_MAX];

    buf_printf(out, " ends %sjob %s ", bite->span == PLAN_MONTH ? "each run of " : "",
               plan->jobs[bite->job].job->title);
    if (bite->n_rows == 0)
        buf_append_string(out, "before its first page");
    else if (bite->of_rows < 0)
        buf_printf(out, "after %s rows, should there be so many", plan_count(bite->n_rows, rows));
    else
        buf_printf(out, "after %s of %s rows", plan_count(bite->n_rows, rows),
                   plan_count(bite->of_rows, of));
    if (bite->n_rows > 0)
        buf_append_string(out, "; its next run goes on there");
}

char *plan_bite_text(const struct plan *plan, const struct plan_bite *bite)
{
    struct buf out = BUF_WITH_CEILING(TEXT_MAX);
    char money[MONEY_TEXT_MAX];

    append_cap(&out, plan, bite);
    if (bite->night > 0)
        buf_printf(&out,
                   " is reached on night %" PRId64
                   "; this month, with %s spent, it pays for "
                   "%" PRId64 " more",
                   bite->night, money_format(bite->cap->spent_nanousd, money), bite->nights_left);
    else if (bite->wanted_nanousd > 0)
        buf_printf(&out, " is less than the %s of a day",
                   money_format(bite->wanted_nanousd, money));
    else
        append_end(&out, plan, bite);
    return buf_take(&out);
}

/* What ends this run will end the others of the month as well; it is said once. */
static bool is_said(const struct plan *plan, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (plan->bites[j].cap == plan->bites[i].cap && plan->bites[j].job == plan->bites[i].job &&
            plan->bites[i].cap->per == PLAN_PER_RUN)
            return true;
    return false;
}

static void print_bites(const struct plan *plan)
{
    static const char *const spans[] = {"this run", "a month"};

    for (size_t i = 0; i < plan->n_bites; i++) {
        CLEANUP(mem_free_string) char *text = plan_bite_text(plan, &plan->bites[i]);

        if (!is_said(plan, i))
            printf("%s: %s\n", spans[plan->bites[i].span], text);
    }
}

void plan_print(const struct plan *plan)
{
    print_span(plan, PLAN_RUN);
    print_span(plan, PLAN_MONTH);
    putchar('\n');
    print_prices(plan);
    print_runs(plan);
    print_bites(plan);
}
