/*
 * What `status` shows, a part each: printed for people, and written for programs as members of the
 * object that is open.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/writer.h"
#include "store/facts.h"
#include "store/overview.h"
#include "store/people.h"

struct config;
struct config_account;
struct config_job;

/* Of an account, with what its own caps and those of all still allow; INT64_MAX: no cap. */
struct status_account {
    const struct config_account *config;
    int64_t left_today_nanousd, left_month_nanousd;
};

struct status {
    const struct config *config;
    const struct config_job **jobs; /* what it is about */
    size_t n_jobs;
    struct status_account *accounts; /* of these jobs */
    size_t n_accounts;
    bool is_asked_for; /* these jobs were named: no others, and all of their feeds */
    bool is_json;
    bool is_held;     /* somebody works on the database */
    int64_t now_s;    /* since 1970 */
    int64_t *at_work; /* the runs that are being worked on */
    size_t n_at_work;
    struct writer writer;
};

/* Finds them; then the caps are noted, then all of it is told. */
void status_find_accounts(struct status *status);
void status_note_caps(struct status *status, const struct store_cap_fact *facts, size_t n);
void status_tell_accounts(struct status *status, const struct store_account_fact *facts, size_t n);

/* And notes which runs are being worked on. */
void status_tell_jobs(struct status *status, const struct store_job_row *rows, size_t n_rows);

/* Those that need somebody's attention; all of jobs that were named. */
void status_tell_feeds(struct status *status, const struct store_status_row *rows, size_t n_rows);

/* "job", or "project/job"; a new string. */
char *status_title(const char *project, const char *job);
