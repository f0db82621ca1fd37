#include <inttypes.h>
#include <stdlib.h>

#include "cli/paper.h"
#include "cli/plan.h"
#include "core/mem.h"
#include "core/sat.h"

/*
 * This run is walked on paper against all caps, with what is spent of them. For the month every job
 * is walked once from the beginning, against the caps of a run alone; a night costs what that
 * walk does, and the caps of a day and a month are held against so many nights.
 */

static void add_cap(struct plan *plan, enum plan_per per, enum plan_level level, size_t job,
                    size_t owner, int64_t cap_nanousd, int64_t spent_nanousd)
{
    if (cap_nanousd == 0)
        return;
    plan->caps = mem_resize(plan->caps, plan->n_caps + 1, sizeof(*plan->caps));
    plan->caps[plan->n_caps++] = (struct plan_cap){
        .per = per,
        .level = level,
        .job = job,
        .owner = owner,
        .cap_nanousd = cap_nanousd,
        .spent_nanousd = spent_nanousd,
    };
}

/* The caps of a day and a month, which hold all that a level spends. */
static void add_periods(struct plan *plan, enum plan_level level, size_t job, size_t owner,
                        const struct config_budget *budget, const struct plan_spent *spent)
{
    add_cap(plan, PLAN_PER_DAY, level, job, owner, budget->per_day_nanousd, spent->day_nanousd);
    add_cap(plan, PLAN_PER_MONTH, level, job, owner, budget->per_month_nanousd,
            spent->month_nanousd);
}

static void add_keep(struct plan *plan, size_t account_no)
{
    for (size_t i = 0; i < plan->n_jobs; i++)
        if (plan->jobs[i].has_balance && plan_account_no(plan, i) == account_no) {
            add_cap(plan, PLAN_KEEP, PLAN_OF_ACCOUNT, PLAN_ALL_JOBS, account_no,
                    plan->accounts[account_no]->keep_balance_nanousd,
                    -plan->jobs[i].balance_nanousd);
            return;
        }
}

/* The caps of a run hold each job by itself, whoever's they are. */
static void add_runs(struct plan *plan, size_t job_no)
{
    const struct plan_job *job = &plan->jobs[job_no];
    size_t account = plan_account_no(plan, job_no), project = plan_project_no(plan, job_no);

    add_cap(plan, PLAN_PER_RUN, PLAN_OF_JOB, job_no, 0, job->job->own_budget.per_run_nanousd,
            job->run_nanousd);
    add_cap(plan, PLAN_PER_RUN, PLAN_OF_PROJECT, job_no, project,
            job->job->project_budget.per_run_nanousd, job->run_nanousd);
    add_cap(plan, PLAN_PER_RUN, PLAN_OF_ACCOUNT, job_no, account,
            job->job->account->budget.per_run_nanousd, job->run_nanousd);
    add_cap(plan, PLAN_PER_RUN, PLAN_OF_ALL, job_no, 0, plan->config->budget.per_run_nanousd,
            job->run_nanousd);
}

static void collect_caps(struct plan *plan, const struct plan_spent *spent)
{
    const struct plan_spent *of_accounts = spent + 1, *of_projects = of_accounts + plan->n_accounts,
                            *of_jobs = of_projects + plan->n_projects;

    for (size_t i = 0; i < plan->n_jobs; i++) {
        add_runs(plan, i);
        add_periods(plan, PLAN_OF_JOB, i, 0, &plan->jobs[i].job->own_budget, &of_jobs[i]);
    }
    for (size_t i = 0; i < plan->n_projects; i++)
        add_periods(plan, PLAN_OF_PROJECT, PLAN_ALL_JOBS, i, &plan->projects[i]->project_budget,
                    &of_projects[i]);
    for (size_t i = 0; i < plan->n_accounts; i++)
        add_periods(plan, PLAN_OF_ACCOUNT, PLAN_ALL_JOBS, i, &plan->accounts[i]->budget,
                    &of_accounts[i]);
    add_periods(plan, PLAN_OF_ALL, PLAN_ALL_JOBS, 0, &plan->config->budget, &spent[0]);
    for (size_t i = 0; i < plan->n_accounts; i++)
        add_keep(plan, i);
}

static int64_t left_of(const struct plan_cap *cap)
{
    return cap->per == PLAN_KEEP ? -cap->spent_nanousd - cap->cap_nanousd
                                 : cap->cap_nanousd - cap->spent_nanousd;
}

static void add_bite(struct plan *plan, const struct plan_bite *bite)
{
    plan->bites = mem_resize(plan->bites, plan->n_bites + 1, sizeof(*plan->bites));
    plan->bites[plan->n_bites++] = *bite;
}

/* --- on paper -------------------------------------------------------------------------------- */

/* A walk of all jobs, with its own copy of feeds and caps. */
struct sheet {
    struct paper_feed *feeds;
    size_t n_feeds;
    struct paper_cap *caps;
    size_t *cap_of; /* of the plan's, by place */
    size_t n_caps;
    struct paper_job *jobs;
};

/* Of paper's groups: those of the accounts, then those of the projects; 0: of neither. */
static size_t group_of(const struct plan *plan, enum plan_level level, size_t owner)
{
    return level == PLAN_OF_ACCOUNT   ? 1 + owner
           : level == PLAN_OF_PROJECT ? 1 + plan->n_accounts + owner
                                      : 0;
}

static void add_feed(struct sheet *sheet, const struct plan *plan, size_t job_no,
                     const struct estimate *estimate, int64_t limit)
{
    bool is_endless = estimate->kind == ESTIMATE_OPEN;

    sheet->feeds[sheet->n_feeds++] = (struct paper_feed){
        .job = job_no,
        .groups = {group_of(plan, PLAN_OF_ACCOUNT, plan_account_no(plan, job_no)),
                   group_of(plan, PLAN_OF_PROJECT, plan_project_no(plan, job_no))},
        .price = plan->jobs[job_no].price,
        .limit = limit,
        .n_items = is_endless ? PAPER_ENDLESS : estimate->n_rows,
        .n_calls = is_endless ? 1 : estimate->n_calls,
    };
}

static void walk_on_paper(const struct plan *plan, enum plan_span span, struct sheet *sheet)
{
    size_t n_feeds = 0;

    for (size_t i = 0; i < plan->n_jobs; i++)
        n_feeds += plan->jobs[i].n_feeds;
    *sheet = (struct sheet){.feeds = mem_new_array(n_feeds, sizeof(struct paper_feed)),
                            .caps = mem_new_array(plan->n_caps, sizeof(struct paper_cap)),
                            .cap_of = mem_new_array(plan->n_caps, sizeof(size_t)),
                            .jobs = mem_new_array(plan->n_jobs, sizeof(struct paper_job))};
    for (size_t i = 0; i < plan->n_jobs; i++)
        for (size_t j = 0; j < plan->jobs[i].n_feeds; j++) {
            const struct plan_feed *feed = &plan->jobs[i].feeds[j];
            const struct estimate *estimate =
                span == PLAN_RUN ? &feed->parts[PLAN_RUN].estimate : &feed->whole;

            add_feed(sheet, plan, i, estimate, feed->limit);
        }
    for (size_t i = 0; i < plan->n_caps; i++) {
        const struct plan_cap *cap = &plan->caps[i];

        if (span == PLAN_MONTH && cap->per != PLAN_PER_RUN)
            continue;
        sheet->cap_of[sheet->n_caps] = i;
        sheet->caps[sheet->n_caps++] = (struct paper_cap){
            .job = cap->job == PLAN_ALL_JOBS ? PAPER_ALL_JOBS : cap->job,
            .group = group_of(plan, cap->level, cap->owner),
            .left_nanousd = span == PLAN_RUN ? left_of(cap) : cap->cap_nanousd,
        };
    }
    paper_walk(sheet->feeds, sheet->n_feeds, sheet->caps, sheet->n_caps, sheet->jobs);
}

static void tear_up(struct sheet *sheet)
{
    free(sheet->feeds);
    free(sheet->caps);
    free(sheet->cap_of);
    free(sheet->jobs);
}

/* The jobs that the walk could not finish. */
static void note_stops(struct plan *plan, enum plan_span span, const struct sheet *sheet)
{
    for (size_t i = 0; i < plan->n_jobs; i++) {
        struct estimate wanted = {.kind = ESTIMATE_KNOWN};

        if (!sheet->jobs[i].is_stopped)
            continue;
        for (size_t j = 0; j < plan->jobs[i].n_feeds; j++)
            estimate_add(&wanted, span == PLAN_RUN
                                      ? &plan->jobs[i].feeds[j].parts[PLAN_RUN].estimate
                                      : &plan->jobs[i].feeds[j].whole);
        add_bite(plan, &(struct plan_bite){
                           .span = span,
                           .cap = &plan->caps[sheet->cap_of[sheet->jobs[i].cap]],
                           .job = i,
                           .n_rows = sheet->jobs[i].n_items,
                           .of_rows = wanted.kind == ESTIMATE_KNOWN ? wanted.n_rows : -1,
                       });
    }
}

/* --- a month --------------------------------------------------------------------------------- */

static bool holds(const struct plan *plan, const struct plan_cap *cap, size_t job)
{
    if (cap->job != PLAN_ALL_JOBS)
        return cap->job == job;
    return cap->level == PLAN_OF_ALL ||
           cap->owner == (cap->level == PLAN_OF_ACCOUNT ? plan_account_no(plan, job)
                                                        : plan_project_no(plan, job));
}

static bool holds_all(const struct plan *plan, const struct plan_cap *cap)
{
    for (size_t i = 0; i < plan->n_jobs; i++)
        if (!holds(plan, cap, i))
            return false;
    return true;
}

/* What the jobs that a cap holds spend in a day that all of them run on, and in a month. */
static void sum_nights(const struct plan *plan, const struct sheet *sheet,
                       const struct plan_cap *cap, int64_t *ret_day, int64_t *ret_month)
{
    *ret_day = *ret_month = 0;
    for (size_t i = 0; i < plan->n_jobs; i++) {
        const struct plan_job *job = &plan->jobs[i];

        if (!holds(plan, cap, i) || sheet->jobs[i].is_endless)
            continue;
        *ret_day = sat_add(*ret_day, sat_mul(sheet->jobs[i].nanousd, job->in_a_day));
        *ret_month = sat_add(*ret_month, estimate_scale(sheet->jobs[i].nanousd, job->in_28_years,
                                                        CRON_28_YEARS_MONTHS));
    }
}

/* The nights that the money lasts for whole. */
static int64_t nights_in(int64_t nanousd, int64_t month_nanousd)
{
    return nanousd <= 0
               ? 0
               : estimate_scale(nanousd, CRON_28_YEARS_DAYS, CRON_28_YEARS_MONTHS) / month_nanousd;
}

static void hold_nights(struct plan *plan, const struct sheet *sheet)
{
    for (size_t i = 0; i < plan->n_caps; i++) {
        const struct plan_cap *cap = &plan->caps[i];
        struct plan_bite bite = {.span = PLAN_MONTH, .cap = cap, .job = cap->job};
        int64_t day, month;

        sum_nights(plan, sheet, cap, &day, &month);
        if (cap->per == PLAN_PER_DAY && day > cap->cap_nanousd) {
            bite.wanted_nanousd = day;
            add_bite(plan, &bite);
        }
        if (cap->per == PLAN_PER_MONTH && month > cap->cap_nanousd) {
            bite.night = nights_in(cap->cap_nanousd, month) + 1;
            bite.nights_left = nights_in(left_of(cap), month);
            add_bite(plan, &bite);
        }
    }
}

/* --- the most that it can cost --------------------------------------------------------------- */

static int64_t smaller_bound(int64_t a, int64_t b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* What the caps leave to a job, in this run or a month of its nights; -1: there is none. */
static int64_t bound_of(const struct plan *plan, enum plan_span span, size_t job)
{
    int64_t bound = -1;

    for (size_t i = 0; i < plan->n_caps; i++) {
        const struct plan_cap *cap = &plan->caps[i];
        int64_t left = left_of(cap) > 0 ? left_of(cap) : 0;

        if (!holds(plan, cap, job))
            continue;
        if (span == PLAN_RUN)
            bound = smaller_bound(bound, left);
        else if (cap->per == PLAN_PER_RUN)
            bound =
                smaller_bound(bound, estimate_scale(cap->cap_nanousd, plan->jobs[job].in_28_years,
                                                    CRON_28_YEARS_MONTHS));
        else if (cap->per == PLAN_PER_DAY)
            bound = smaller_bound(bound, sat_mul(cap->cap_nanousd, 31));
        else if (cap->per == PLAN_PER_MONTH)
            bound = smaller_bound(bound, cap->cap_nanousd);
    }
    return bound;
}

/* Jobs by what was spent on paper; a feed of which nothing is known can take all that its job may.
 */
static void bound_job(struct plan_job *job, enum plan_span span, int64_t paper, int64_t bound)
{
    int64_t most = smaller_bound(paper, bound);

    job->parts[span].most_nanousd = most;
    for (size_t i = 0; i < job->n_feeds; i++) {
        struct plan_part *part = &job->feeds[i].parts[span];

        part->most_nanousd = part->estimate.kind == ESTIMATE_OPEN
                                 ? most
                                 : smaller_bound(part->estimate.nanousd, bound);
    }
}

static void bound_all(struct plan *plan, enum plan_span span, const struct sheet *sheet)
{
    struct plan_part *whole = &plan->parts[span];

    whole->most_nanousd = 0;
    for (size_t i = 0; i < plan->n_jobs; i++) {
        struct plan_job *job = &plan->jobs[i];
        int64_t paper = sheet->jobs[i].nanousd, most;

        if (span == PLAN_MONTH)
            paper = estimate_scale(paper, job->in_28_years, CRON_28_YEARS_MONTHS);
        bound_job(job, span, sheet->jobs[i].is_endless ? -1 : paper, bound_of(plan, span, i));
        most = job->parts[span].most_nanousd;
        if (whole->most_nanousd >= 0)
            whole->most_nanousd = most < 0 ? -1 : sat_add(whole->most_nanousd, most);
    }
    for (size_t i = 0; i < plan->n_caps; i++)
        if (plan->caps[i].per == PLAN_PER_MONTH && span == PLAN_MONTH &&
            holds_all(plan, &plan->caps[i]))
            whole->most_nanousd = smaller_bound(whole->most_nanousd, plan->caps[i].cap_nanousd);
}

void plan_hold_against_caps(struct plan *plan, const struct plan_spent *spent)
{
    struct sheet sheet;

    collect_caps(plan, spent);
    walk_on_paper(plan, PLAN_RUN, &sheet);
    note_stops(plan, PLAN_RUN, &sheet);
    bound_all(plan, PLAN_RUN, &sheet);
    tear_up(&sheet);
    walk_on_paper(plan, PLAN_MONTH, &sheet);
    note_stops(plan, PLAN_MONTH, &sheet);
    hold_nights(plan, &sheet);
    bound_all(plan, PLAN_MONTH, &sheet);
    tear_up(&sheet);
}
