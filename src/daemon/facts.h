/*
 * What the database and the disk last told of accounts, caps and jobs, for the status port: asked
 * for every quarter of a minute, on the service's own connection, and kept while that is away.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "store/facts.h"

struct service;

struct facts_account {
    char *name;
    struct store_account_fact fact; /* without the name */
};

struct facts_cap {
    char *scope, *per; /* as in the database: all, account:NAME, project:NAME, job:PROJECT/NAME */
    int64_t nanousd, spent_nanousd;
};

struct facts_job {
    char *project, *name;
    struct store_job_fact fact; /* without the names */
    int64_t since_s;            /* when it was asked about for the first time */
};

struct facts {
    struct service *service;
    struct facts_account *accounts;
    size_t n_accounts;
    struct facts_cap *caps;
    size_t n_caps;
    struct facts_job *jobs;
    size_t n_jobs;
    int64_t spool_bytes; /* -1: not known */
    int64_t asked_ms;    /* monotonic; 0: not yet */
    bool is_asking;      /* the database */
    bool is_failing;     /* and that has been told */
    bool is_measuring;   /* the disk */
    uv_work_t work;      /* which does that */
    char *spool;         /* the work's */
    int64_t found_bytes; /* likewise */
};

struct facts *facts_new(struct service *service);

/* After the loop's end. */
void facts_destroy(struct facts *facts);

/* Asks, where it is time to. The service has a connection that can be used. */
void facts_ask(struct facts *facts);

/* NULL: nothing is known of it. */
const struct facts_account *facts_of_account(const struct facts *facts, const char *name);
const struct facts_job *facts_of_job(const struct facts *facts, const char *project,
                                     const char *name);
