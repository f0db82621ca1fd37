/*
 * The configuration: one main file and the job files it names, checked as a whole and offline.
 *
 * Everything that is wrong becomes a complaint with its place, and reading goes on, so one look
 * shows all there is to mend. A bad job never hides another: `jobs` holds the good ones, and they
 * may be used even where complaints about others exist (the service does, `run` and `check` do
 * not). The keys, their ranges, defaults and documentation stand in one table (key.h), and so the
 * sample file, the JSON Schema and `check --show` are made from what the reader itself goes by.
 *
 * Ownership: the config owns everything that hangs below it, until config_destroy().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "api/price.h"
#include "config/complaint.h"
#include "config/cron.h"
#include "core/err.h"
#include "core/uuid.h"

struct buf;
struct endpoint;
struct provider;

/* Caps on money as one level has them; 0: none. The levels add up: all of them hold at once. */
struct config_budget {
    int64_t per_run_nanousd;
    int64_t per_day_nanousd;   /* of the calendar in `config_account.timezone` */
    int64_t per_month_nanousd; /* the same */
};

/* The account under `api:`, in the ledger and in what people read. */
#define CONFIG_ACCOUNT "default"

/* One account at the API: a login or a token, with limits and caps of its own. */
struct config_account {
    char *name;
    const struct provider *provider;
    char *base_url; /* without a slash at its end; plain http only to loopback */
    char *login;    /* NULL where the provider takes a token */
    char *password; /* secret; likewise */
    char *token;    /* secret; NULL where it takes a login */
    char *body;     /* "object" or "array"; NULL: as the provider has it */
    int64_t in_flight;
    int64_t calls_per_minute;
    struct config_budget budget;  /* of all jobs of the account */
    bool has_budget;              /* it was written, right or wrong */
    char *timezone;               /* IANA name: whose days and months the caps count */
    struct price prices;          /* where the account does not tell its own; both 0: not given */
    int64_t keep_balance_nanousd; /* no call that might take the balance below this; 0: none */
    int64_t list_lag_s;           /* a call may be on the vendor's list so long after its end */
    int64_t unknown_retries;      /* of a page whose call may have been charged, in one run */
};

/* The project of jobs that name none. */
#define PROJECT_DEFAULT "default"

struct config_texts {
    char **items; /* in the order of the file */
    size_t n;
};

void config_texts_deinit(struct config_texts *texts);

/* Whom a job is for: $own and $competitors of its targets. */
struct config_project {
    char *name;
    struct config_texts own, competitors;
    struct config_budget budget; /* of all its jobs */
    bool is_flawed;              /* there was a complaint about it; none of its jobs is good */
};

/* How a feed is kept current: all of it each night, or what changed; auto: the cheaper. */
enum config_sync {
    CONFIG_SYNC_AUTO, /* where changes are not possible, full without a word */
    CONFIG_SYNC_FULL,
    CONFIG_SYNC_CHANGES, /* possible for each of the job's feeds, and it has no max_rows */
};

/* Their words, in that order; NULL-terminated. */
extern const char *const config_sync_words[];

/* What is kept current night after night: one target of a job with its parameters. */
struct config_feed {
    struct uuid key; /* over what the feed means; see feed_key() */
    char *target;
    const char *request; /* one of the job's: a JSON object of API parameters, without the target */
};

struct config_job {
    char *name;                   /* with `project` who it is, in the database too */
    struct config_texts formerly; /* its former names, the oldest first, which its keys have */
    char *title;         /* what people call it: name, or project/name where it is for a project */
    const char *file;    /* as it was opened; one of config->files */
    unsigned line;       /* of its document */
    const char *project; /* PROJECT_DEFAULT where none is named */
    const struct endpoint *endpoint;
    const struct config_account *account; /* one of config->accounts */
    char *schedule;                       /* as written; NULL: only by hand */
    struct cron cron;                     /* what `schedule` says; all empty where it is NULL */
    char *timezone;                       /* IANA name */
    char *catch_up;                       /* as written; NULL: what was missed is not caught up */
    int64_t catch_up_until;               /* what it says: a minute of the day */
    int64_t jitter_s;                     /* a start is put off by up to so much; 0: not */
    int64_t max_duration_s;               /* of a run, then it is stopped; 0: any */
    char **targets; /* as the job has them; none where they stand in the requests */
    size_t n_targets;
    char *request;   /* JSON object, keys sorted: the API parameters as the job has them */
    char **requests; /* the same, complete: with what each of `feeds` has instead */
    size_t n_requests;
    bool has_feeds;         /* it has overrides; else there is one of `requests` */
    int64_t limit;          /* items of a page, from `request`; 0: not given */
    int64_t at_least;       /* of the targets, in `requests` as a condition; 0: not given */
    int64_t max_rows;       /* items per listing; 0: all */
    int64_t budget_nanousd; /* the cap of a run: the smallest of all levels; 0: none has one */
    struct config_budget project_budget; /* its project's */
    struct config_budget own_budget;     /* as the job has it */
    int64_t missing_ok_ppm;    /* of the items promised; more missing ones make a listing short */
    int64_t max_shrink_ppm;    /* against the listing before; one that shrank by more is held */
    int64_t resume_within_s;   /* a run that was stopped is gone on with for this long */
    int64_t retention_s;       /* rows are kept for this long behind their night, at least */
    enum config_sync sync;     /* of each of its feeds */
    int64_t refresh_days;      /* each link is taken anew within so many; 0: never */
    char *labels;              /* JSON object, keys sorted; "{}" where there are none */
    struct config_feed *feeds; /* per target and request, in the order of the file */
    size_t n_feeds;
};

/* A job file with mistakes, and how many jobs of it are there all the same: config_reload(). */
struct config_bad_file {
    const char *file;
    size_t n_jobs;
};

struct config {
    char *file;
    struct config_account *accounts; /* that of `api:` comes where it stands in the file */
    size_t n_accounts;
    char *database_url;           /* secret: may hold a password */
    struct config_budget budget;  /* each job's per_run; per_day and per_month are of all jobs */
    char *spool;                  /* absolute, or relative to the working directory */
    int64_t spool_free_min_bytes; /* with less free space there no call goes out; 0: never mind */
    int64_t archive_s;            /* how long the answers of a run that is over are kept; 0: not */
    int64_t archive_max_bytes;    /* all of them together; 0: any amount */
    int64_t drain_s;              /* the service's end may take so long */
    char *log, *log_level;        /* words of core/log.h: log_configure() */
    char *http;                   /* where its status port listens, or "off": listen.h */
    int64_t missing_ok_ppm;       /* of jobs that have none of their own */
    struct config_texts on_night; /* a program and its arguments; none: nothing is run */
    struct config_project *projects; /* NULL: none */
    size_t n_projects;
    char *job_files;         /* the pattern, as written */
    struct config_job *jobs; /* the good ones, by file and line */
    size_t n_jobs;
    struct complaints complaints;      /* sorted: main file first, then by file, line, column */
    struct config_bad_file *bad_files; /* job files with mistakes */
    size_t n_bad_files;
    char **files; /* every file that was opened; what the names above point into */
    size_t n_files;
};

/*
 * Reads `path` and the job files it names. `*ret_config` is given in either case, since it holds
 * the complaints. False with ERR_CONFIG where at least one of them is an error; the text then says
 * how many there are. Warnings and notes alone are a success.
 */
bool config_load(const char *path, struct config **ret_config, struct err *err);

/*
 * For the service, at first and at each reload: job files that have mistakes stop nothing. Where
 * one was good before, its jobs are there as it then was, by the main file as it is now; else it
 * has none. False with ERR_CONFIG where the main file is wrong, and `*ret_config` holds the
 * complaints in either case.
 */
struct config_kept; /* job files as they last were good; the owner's */
struct config_kept *config_kept_new(void);
void config_kept_destroy(struct config_kept *kept);
bool config_reload(const char *path, struct config_kept *kept, struct config **ret_config,
                   struct err *err);

/*
 * The same from memory, with nothing read from disk: `main_text` as a main file, `job_text` as the
 * one job file (either may be NULL; without a main text its keys are not missed).
 */
bool config_load_text(const char *main_text, size_t main_size, const char *job_text,
                      size_t job_size, struct config **ret_config, struct err *err);

/* NULL is fine. */
void config_destroy(struct config *config);

/* For CLEANUP on a `struct config *`. */
void config_free(struct config **config);

/* The account with that name, or NULL. */
const struct config_account *config_account_find(const struct config *config, const char *name);

/* Whether a body of the account is one task, rather than an array of one. */
bool config_account_sends_object(const struct config_account *account);

/* Whether the word is the job's title, or its name: then it is that of its projects' others too. */
bool config_job_is_named(const struct config_job *job, const char *word);

/* The job of that project with that name, or NULL. */
const struct config_job *config_job_find(const struct config *config, const char *project,
                                         const char *name);

/* One line per error and warning: "file:line:column: text". */
void config_print_complaints(const struct config *config, FILE *out);

/* The same into the log, where that is read by others than who wrote the file. */
void config_log_complaints(const struct config *config);

/* What is no mistake and worth saying when somebody asks (`check`). */
void config_print_notes(const struct config *config, FILE *out);

/* The effective configuration as YAML: defaults filled in, secrets masked, jobs with their feeds.
 */
void config_show(const struct config *config, struct buf *out);

/* The commented sample of a main file. */
void config_sample(struct buf *out);

/* JSON Schemas for editors: of the main file, and of one document of a job file. */
void config_schema(struct buf *out);
void config_job_schema(struct buf *out);

/*
 * Who a feed is: md5 over the canonical JSON of [project, job, endpoint, target, request], the
 * job's by its oldest name and the request without what changes only how it is asked for (limit,
 * order_by, tag). A changed meaning is a new feed.
 */
struct uuid feed_key(const char *project, const char *job, const char *endpoint, const char *target,
                     const char *meaning);
