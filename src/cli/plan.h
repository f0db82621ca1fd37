/*
 * A plan: what a run of some jobs takes, and a month of their nights, before a dollar is spent.
 * plan.c asks the database and adds up, plan_probe.c asks the API, plan_caps.c holds it against the
 * caps, plan_print.c and plan_write.c show it to people and to programs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/price.h"
#include "cli/compare.h"
#include "cli/estimate.h"
#include "config/config.h"

struct writer;

/* Of a whole: this run's (or a feed's or job's part of it), and a month's. */
enum plan_span { PLAN_RUN, PLAN_MONTH, N_PLAN_SPANS };

/* What is planned; where something of it is unknown, also the most that it can cost. */
struct plan_part {
    struct estimate estimate;
    int64_t most_nanousd; /* with the caps that there are; -1: nothing bounds it */
};

struct plan_feed {
    const char *target;
    bool is_known; /* how big it is, by its last run or a probe */
    bool is_probed;
    int64_t limit;         /* items of a page in this run */
    struct estimate whole; /* a listing from its beginning */
    struct plan_part parts[N_PLAN_SPANS];
    struct shape shapes[N_SHAPES];
    size_t n_shapes; /* 0: they were not asked for */
};

enum plan_prices { PLAN_PRICES_TOLD, PLAN_PRICES_GIVEN, PLAN_PRICES_LISTED };

struct plan_job {
    const struct config_job *job;
    struct price price;
    enum plan_prices prices; /* where they are from */
    int64_t in_a_day;        /* runs, on a day that has one */
    int64_t in_28_years;     /* runs: CRON_28_YEARS_MONTHS times those of a month */
    bool has_balance;        /* its account's: */
    int64_t balance_nanousd; /* as it last told, less what was spent since */
    int64_t run_id;          /* the open one that is gone on with; 0: none */
    int64_t run_nanousd;     /* what counts of it tonight */
    struct plan_feed *feeds;
    size_t n_feeds;
    struct plan_part parts[N_PLAN_SPANS];
};

enum plan_per { PLAN_PER_RUN, PLAN_PER_DAY, PLAN_PER_MONTH, PLAN_KEEP };
enum plan_level { PLAN_OF_JOB, PLAN_OF_PROJECT, PLAN_OF_ACCOUNT, PLAN_OF_ALL };

#define PLAN_ALL_JOBS SIZE_MAX

/* A cap, and what counts against it already. */
struct plan_cap {
    enum plan_per per;
    enum plan_level level;
    size_t job;            /* whose calls it holds; or PLAN_ALL_JOBS */
    size_t owner;          /* whose jobs: of an account or a project, by place; else 0 */
    int64_t cap_nanousd;   /* PLAN_KEEP: what is to be left */
    int64_t spent_nanousd; /* PLAN_KEEP: less than nothing, the balance */
};

/* Where a cap ends a job, in this run or in a month. */
struct plan_bite {
    enum plan_span span;
    const struct plan_cap *cap;
    size_t job;              /* that it ends; PLAN_ALL_JOBS: all that it holds */
    int64_t n_rows, of_rows; /* it ends a run after so many; of_rows -1: nobody knows */
    int64_t wanted_nanousd;  /* PLAN_PER_DAY of a month: of a day */
    int64_t night;           /* PLAN_PER_MONTH of a month: on which it is reached */
    int64_t nights_left;     /* likewise: of this month, with what is spent of it */
};

struct plan {
    const struct config *config;
    struct plan_job *jobs;
    size_t n_jobs;
    const struct config_account **accounts; /* of the jobs */
    size_t n_accounts;
    const struct config_job **projects; /* of each project that a job is for, the first of them */
    size_t n_projects;
    struct plan_cap *caps;
    size_t n_caps;
    struct plan_bite *bites;
    size_t n_bites;
    struct plan_part parts[N_PLAN_SPANS];
};

/* What counts against a level's caps per day and month. */
struct plan_spent {
    int64_t day_nanousd, month_nanousd;
};

/*
 * Fills caps, bites and what each part can cost at most. `spent` is of the configuration, the
 * accounts, the projects, and then of each job.
 */
void plan_hold_against_caps(struct plan *plan, const struct plan_spent *spent);

/*
 * Asks the API how big the feeds are that nobody knows of: a call for one item each, which is
 * reserved, paid for and landed as any other, as a listing that only counts. Its price is named
 * before. Gives an exit code.
 */
int plan_probe(const struct plan *plan, const struct config_job **jobs);

/* last run, probe or unknown */
const char *plan_basis(const struct plan_feed *feed);

/* Runs a month, in hundredths. */
int64_t plan_runs_in_month(const struct plan_job *job);

/* How long a part of a job takes; and all jobs, where each account goes at its own pace. */
int64_t plan_ms(const struct plan_job *job, const struct estimate *estimate);
int64_t plan_ms_of_all(const struct plan *plan, enum plan_span span);

/* Its account's and its project's place among those of the plan. */
size_t plan_account_no(const struct plan *plan, size_t job);
size_t plan_project_no(const struct plan *plan, size_t job);

/* "$3.00 per run (budget of job x) ends it after 48,000 of 120,000 rows"; free() it. */
char *plan_bite_text(const struct plan *plan, const struct plan_bite *bite);

/* 1,234,567 */
#define COUNT_TEXT_MAX 32
const char *plan_count(int64_t n, char text[COUNT_TEXT_MAX]);

void plan_print(const struct plan *plan);
void plan_write(const struct plan *plan, struct writer *writer);
