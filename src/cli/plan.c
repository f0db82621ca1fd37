#include "cli/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "api/request.h"
#include "cli/asking.h"
#include "cli/command.h"
#include "cli/jobs.h"
#include "cli/plan_compare.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/money.h"
#include "core/sat.h"
#include "core/writer.h"
#include "store/plan.h"
#include "store/store.h"

/*
 * `plan`: asks the database how big the jobs' feeds were, how far their open runs are, what calls
 * take and cost, and what is spent; adds it up. It makes no call, but with --probe one for each
 * feed that nobody knows the size of.
 */

/* Where no call has been made yet. */
#define CALL_MS 2000
#define BODY_BYTES 300 /* of an item, compressed */
#define ROW_BYTES 1500 /* of an item, in the table */
#define CRON_NIGHTLY                                                                               \
    (struct cron)                                                                                  \
    {                                                                                              \
        .minutes = 1, .hours = 1, .days = UINT32_MAX, .months = 0x1ffe, .weekdays = 0x7f,          \
        .any_day = true, .any_weekday = true                                                       \
    }

struct planning {
    struct asking asking;
    bool is_comparing;
    struct plan plan;
    struct plan_job *job;             /* that is being asked about */
    struct plan_spent *spent, *asked; /* of the present question */
};

/* --- one feed -------------------------------------------------------------------------------- */

static int64_t known_or(int64_t value, int64_t fallback)
{
    return value < 0 ? fallback : value;
}

/* What of it is to be bought now: all of it, what is missing of an open listing, or nothing. */
static struct estimate estimate_now(const struct estimate_way *way,
                                    const struct store_plan_feed *facts,
                                    const struct estimate *whole)
{
    struct estimate_way open = *way;

    if (facts->is_over)
        return (struct estimate){.kind = ESTIMATE_KNOWN};
    if (!facts->is_open || facts->limit == 0)
        return *whole;
    open.limit = facts->limit;
    open.max_rows = facts->max_rows;
    return estimate_listing(&open, facts->last_total_count, facts->n_covered);
}

static void fill_feed(struct plan_feed *feed, const struct plan_job *job,
                      const struct config_feed *of, const struct store_plan_feed *facts)
{
    const struct config_job *config = job->job;
    CLEANUP(mem_free_string)
    char *order_by = request_order(config->endpoint, of->request, /* is_cut= */ false);
    const char *why;
    struct estimate_way way = {
        .endpoint = config->endpoint,
        .price = job->price,
        .limit = request_limit(config->endpoint, of->request, config->max_rows),
        .max_rows = config->max_rows,
        .call_ms = known_or(facts->call_ms, CALL_MS),
        .item_bytes =
            known_or(facts->row_bytes, ROW_BYTES) + known_or(facts->body_bytes, BODY_BYTES),
        .may_be_cut = request_may_be_cut(config->endpoint, of->request, order_by, &why),
    };

    feed->target = of->target;
    feed->is_known = facts->last_total_count >= 0;
    feed->is_probed = facts->is_probed;
    feed->limit = facts->is_open && facts->limit > 0 ? facts->limit : way.limit;
    feed->whole = estimate_listing(&way, facts->last_total_count, 0);
    feed->parts[PLAN_RUN].estimate = estimate_now(&way, facts, &feed->whole);
    feed->parts[PLAN_MONTH].estimate =
        estimate_times(&feed->whole, job->in_28_years, CRON_28_YEARS_MONTHS);
}

static void on_feeds(void *data, const struct store_plan_feed *facts, size_t n_feeds,
                     const struct err *err)
{
    struct planning *planning = data;
    struct plan_job *job = planning->job;

    for (size_t i = 0; i < n_feeds; i++) {
        struct plan_feed *feed = &job->feeds[i];

        job->run_id = facts[i].run_id;
        job->run_nanousd = facts[i].run_nanousd;
        fill_feed(feed, job, &job->job->feeds[i], &facts[i]);
        for (int span = 0; span < N_PLAN_SPANS; span++) {
            estimate_add(&job->parts[span].estimate, &feed->parts[span].estimate);
            estimate_add(&planning->plan.parts[span].estimate, &feed->parts[span].estimate);
        }
    }
    asking_answered(&planning->asking, err);
}

static bool ask_about_feeds(struct planning *planning)
{
    const struct config_job *config = planning->job->job;
    struct uuid *keys = mem_new_array(config->n_feeds, sizeof(*keys));
    struct store_plan_job question = {
        .project = config->project,
        .job = config->name,
        .former_names = (const char *const *)config->formerly.items,
        .n_former_names = config->formerly.n,
        .timezone = config->timezone,
        .account = config->account->name,
        .table = config->endpoint->table,
        .resume_within_ms = sat_mul(config->resume_within_s, 1000),
        .keys = keys,
        .n_keys = config->n_feeds,
    };

    for (size_t i = 0; i < config->n_feeds; i++)
        keys[i] = config->feeds[i].key;
    store_plan_feeds(planning->asking.store, &question, on_feeds, planning);
    free(keys);
    return asking_wait(&planning->asking);
}

/* --- prices and what is spent ---------------------------------------------------------------- */

static void on_account(void *data, const struct store_account *account, const struct err *err)
{
    struct planning *planning = data;
    const struct price *given = &planning->job->job->account->prices;
    struct plan_job *job = planning->job;

    if (err == NULL && account->is_known) {
        job->has_balance = true;
        job->balance_nanousd = account->balance_nanousd;
        job->prices = PLAN_PRICES_TOLD;
        job->price = (struct price){account->per_call_nanousd, account->per_item_nanousd};
    } else if (given->per_call_nanousd > 0 || given->per_item_nanousd > 0) {
        job->prices = PLAN_PRICES_GIVEN;
        job->price = *given;
    } else {
        job->prices = PLAN_PRICES_LISTED;
        job->price = PRICE_LISTED;
    }
    asking_answered(&planning->asking, err);
}

static void on_spent(void *data, const struct store_spent *spent, size_t n, const struct err *err)
{
    struct planning *planning = data;

    for (size_t i = 0; i < n; i++)
        planning->asked[i] = (struct plan_spent){spent[i].day_nanousd, spent[i].month_nanousd};
    asking_answered(&planning->asking, err);
}

/* One of the question's scopes, which counts for that place of `spent`. */
static void add_scope(char *scope, size_t place, char **scopes, size_t *places, size_t *n)
{
    scopes[*n] = scope;
    places[(*n)++] = place;
}

/* What counts against an account's caps and those of its jobs, under their former names as well, by
 * the account's own calendar; so also against those of the projects whose first job is the
 * account's. */
static bool ask_what_account_spent(struct planning *planning, size_t account_no)
{
    const struct plan *plan = &planning->plan;
    const struct config_account *account = plan->accounts[account_no];
    size_t n_most = 1 + plan->n_projects + plan->n_jobs, n = 0, *places;
    char **scopes;
    bool is_answered;

    for (size_t i = 0; i < plan->n_jobs; i++)
        n_most += plan->jobs[i].job->formerly.n;
    places = mem_new_array(n_most, sizeof(*places));
    scopes = mem_new_array(n_most, sizeof(*scopes));
    planning->asked = mem_new_array(n_most, sizeof(*planning->asked));
    add_scope(mem_printf("account:%s", account->name), 1 + account_no, scopes, places, &n);
    for (size_t i = 0; i < plan->n_projects; i++)
        if (plan->projects[i]->account == account)
            add_scope(mem_printf("project:%s", plan->projects[i]->project),
                      1 + plan->n_accounts + i, scopes, places, &n);
    for (size_t i = 0; i < plan->n_jobs; i++) {
        const struct config_job *job = plan->jobs[i].job;
        size_t place = 1 + plan->n_accounts + plan->n_projects + i;

        if (job->account != account)
            continue;
        add_scope(mem_printf("job:%s/%s", job->project, job->name), place, scopes, places, &n);
        for (size_t j = 0; j < job->formerly.n; j++)
            add_scope(mem_printf("job:%s/%s", job->project, job->formerly.items[j]), place, scopes,
                      places, &n);
    }
    store_read_spent(planning->asking.store, (const char *const *)scopes, n, account->timezone,
                     on_spent, planning);
    is_answered = asking_wait(&planning->asking);
    for (size_t i = 0; i < n; i++) {
        planning->spent[places[i]].day_nanousd += planning->asked[i].day_nanousd;
        planning->spent[places[i]].month_nanousd += planning->asked[i].month_nanousd;
        free(scopes[i]);
    }
    free(planning->asked);
    free(scopes);
    free(places);
    return is_answered;
}

static bool ask_what_is_spent(struct planning *planning)
{
    const struct plan *plan = &planning->plan;
    static const char *const all[] = {"all"};

    planning->spent = mem_new_array(1 + plan->n_accounts + plan->n_projects + plan->n_jobs,
                                    sizeof(*planning->spent));
    planning->asked = planning->spent;
    store_read_spent(planning->asking.store, all, 1, plan->accounts[0]->timezone, on_spent,
                     planning);
    if (!asking_wait(&planning->asking))
        return false;
    for (size_t i = 0; i < plan->n_accounts; i++)
        if (!ask_what_account_spent(planning, i))
            return false;
    return true;
}

/* --- the whole ------------------------------------------------------------------------------- */

int64_t plan_runs_in_month(const struct plan_job *job)
{
    return estimate_scale(job->in_28_years, 100, CRON_28_YEARS_MONTHS);
}

int64_t plan_ms(const struct plan_job *job, const struct estimate *estimate)
{
    return estimate_ms(estimate, job->job->account->in_flight, job->job->account->calls_per_minute);
}

int64_t plan_ms_of_all(const struct plan *plan, enum plan_span span)
{
    int64_t longest_ms = 0;

    for (size_t i = 0; i < plan->n_accounts; i++) {
        const struct config_account *account = plan->accounts[i];
        struct estimate estimate = {.kind = ESTIMATE_KNOWN};
        int64_t ms;

        for (size_t j = 0; j < plan->n_jobs; j++)
            if (plan->jobs[j].job->account == account)
                estimate_add(&estimate, &plan->jobs[j].parts[span].estimate);
        ms = estimate_ms(&estimate, account->in_flight, account->calls_per_minute);
        longest_ms = ms > longest_ms ? ms : longest_ms;
    }
    return longest_ms;
}

size_t plan_account_no(const struct plan *plan, size_t job)
{
    size_t i = 0;

    while (plan->accounts[i] != plan->jobs[job].job->account)
        i++;
    return i;
}

size_t plan_project_no(const struct plan *plan, size_t job)
{
    size_t i = 0;

    while (strcmp(plan->projects[i]->project, plan->jobs[job].job->project) != 0)
        i++;
    return i;
}

static void add_account(struct plan *plan, const struct config_account *account)
{
    for (size_t i = 0; i < plan->n_accounts; i++)
        if (plan->accounts[i] == account)
            return;
    plan->accounts[plan->n_accounts++] = account;
}

static void add_project(struct plan *plan, const struct config_job *job)
{
    for (size_t i = 0; i < plan->n_projects; i++)
        if (strcmp(plan->projects[i]->project, job->project) == 0)
            return;
    plan->projects[plan->n_projects++] = job;
}

static void plan_init(struct plan *plan, const struct config *config,
                      const struct config_job **jobs, size_t n_jobs)
{
    *plan = (struct plan){.config = config, .n_jobs = n_jobs};
    plan->jobs = mem_new_array(n_jobs, sizeof(*plan->jobs));
    plan->accounts = mem_new_array(n_jobs, sizeof(*plan->accounts));
    plan->projects = mem_new_array(n_jobs, sizeof(*plan->projects));
    for (size_t i = 0; i < n_jobs; i++) {
        add_account(plan, jobs[i]->account);
        add_project(plan, jobs[i]);
    }
    for (size_t i = 0; i < n_jobs; i++) {
        const struct cron nightly = CRON_NIGHTLY;
        const struct cron *cron = jobs[i]->schedule != NULL ? &jobs[i]->cron : &nightly;

        plan->jobs[i] = (struct plan_job){.job = jobs[i],
                                          .in_a_day = cron_in_a_day(cron),
                                          .in_28_years = cron_in_28_years(cron),
                                          .n_feeds = jobs[i]->n_feeds};
        plan->jobs[i].feeds = mem_new_array(jobs[i]->n_feeds, sizeof(struct plan_feed));
    }
}

static void plan_deinit(struct plan *plan)
{
    for (size_t i = 0; i < plan->n_jobs; i++)
        free(plan->jobs[i].feeds);
    free(plan->jobs);
    free(plan->accounts);
    free(plan->projects);
    free(plan->caps);
    free(plan->bites);
}

static bool ask(struct planning *planning)
{
    struct asking *asking = &planning->asking;
    struct plan *plan = &planning->plan;

    for (size_t i = 0; i < plan->n_jobs; i++) {
        planning->job = &plan->jobs[i];
        store_get_account(asking->store, plan->jobs[i].job->account->name,
                          plan->jobs[i].job->endpoint->name, on_account, planning);
        if (!asking_wait(asking) || !ask_about_feeds(planning))
            return false;
    }
    return ask_what_is_spent(planning) && (!planning->is_comparing || plan_compare(plan, asking));
}

static void show(const struct plan *plan, bool is_json, bool is_comparing)
{
    struct writer writer;

    if (!is_json) {
        plan_print(plan);
        if (is_comparing)
            plan_compare_print(plan);
        return;
    }
    writer_init(&writer);
    plan_write(plan, &writer);
    writer_print(&writer, stdout);
    writer_deinit(&writer);
}

/* 2 where this run can cost more than the command line allows. */
static int judge(const struct plan *plan, int64_t max_nanousd)
{
    int64_t most_nanousd = plan->parts[PLAN_RUN].most_nanousd;
    char most[MONEY_TEXT_MAX], max[MONEY_TEXT_MAX];

    if (max_nanousd < 0 || (most_nanousd >= 0 && most_nanousd <= max_nanousd))
        return 0;
    if (most_nanousd < 0)
        log_error("this run can cost any amount, and more than %s: give it a budget, or max_rows",
                  money_format(max_nanousd, max));
    else
        log_error("this run can cost %s, more than %s", money_format(most_nanousd, most),
                  money_format(max_nanousd, max));
    return err_exit_code(ERR_BUDGET);
}

const char *plan_basis(const struct plan_feed *feed)
{
    return feed->is_probed ? "probe" : feed->is_known ? "last run" : "unknown";
}

/* One round of questions; an exit code. */
static int ask_all(struct planning *planning)
{
    int exit_code = 0;

    if (!asking_open(&planning->asking, planning->plan.config->database_url) || !ask(planning))
        exit_code = command_fail(&planning->asking.err);
    asking_close(&planning->asking);
    return exit_code;
}

static void forget(struct planning *planning)
{
    plan_deinit(&planning->plan);
    free(planning->spent);
    planning->spent = NULL;
}

static int make_plan(const struct config *config, const struct config_job **jobs, size_t n_jobs,
                     int64_t max_nanousd, bool is_json, bool is_probed, bool is_comparing)
{
    struct planning planning = {.is_comparing = is_comparing};
    int exit_code;

    plan_init(&planning.plan, config, jobs, n_jobs);
    exit_code = ask_all(&planning);
    if (exit_code == 0 && is_probed)
        exit_code = plan_probe(&planning.plan, jobs);
    if (exit_code == 0 && is_probed) {
        forget(&planning);
        plan_init(&planning.plan, config, jobs, n_jobs);
        exit_code = ask_all(&planning);
    }
    if (exit_code == 0) {
        plan_hold_against_caps(&planning.plan, planning.spent);
        show(&planning.plan, is_json, is_comparing);
        exit_code = judge(&planning.plan, max_nanousd);
    }
    forget(&planning);
    return exit_code;
}

int command_plan(const char *file, int argc, char **argv)
{
    bool is_json = false, is_probed = false, is_comparing = false;
    const char *max = NULL;
    const struct command_switch switches[] = {{"--max", NULL, &max},
                                              {"--json", &is_json},
                                              {"--probe", &is_probed},
                                              {"--compare", &is_comparing},
                                              {NULL}};
    CLEANUP(config_free) struct config *config = NULL;
    const struct config_job **jobs;
    size_t n_jobs;
    int64_t max_nanousd = -1;
    int n_words = command_read(argc, argv, switches, true), exit_code = 0;

    if (n_words == 0)
        return err_exit_code(ERR_USAGE);
    if (n_words == 1)
        return command_misused("plan", "plan takes job names");
    if (max != NULL && !money_parse(max, strlen(max), &max_nanousd))
        return command_misused("plan", "--max %s: is no amount of US dollars, as 5.00", max);
    config = command_load(file, &exit_code);
    if (config == NULL)
        return exit_code;
    exit_code = jobs_pick(config, n_words, argv, false, &jobs, &n_jobs);
    if (exit_code != 0)
        return exit_code;
    exit_code = make_plan(config, jobs, n_jobs, max_nanousd, is_json, is_probed, is_comparing);
    free(jobs);
    return exit_code;
}
