/*
 * What this process has counted, for /metrics: it only ever goes up, and is kept until the end.
 *
 * A call is counted when its charge is booked, and a row when it is committed; so the sums are
 * those of the ledger, as far as this process has made it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Of the codes that an API sends no more than so many are told apart, in an account and endpoint.
 */
#define METER_CODES_MAX 40

/* Any other one. */
#define METER_CODE_OTHER (-1)

struct meter_calls {
    char *account, *endpoint;
    int code; /* the API's status code; else that of HTTP; 0: no answer; METER_CODE_OTHER */
    int64_t n;
};

#define METER_BOUNDS_MAX 12

/* How long something takes. */
struct meter_times {
    const int64_t *bounds_us;             /* ascending; the last is 0 */
    int64_t counts[METER_BOUNDS_MAX + 1]; /* up to each bound, and above all of them */
    int64_t sum_us;
};

/* Of the calls that an endpoint of an account has answered: from the first byte sent to the last
 * one received. */
struct meter_latency {
    char *account, *endpoint;
    struct meter_times times;
};

struct meter_job {
    char *project, *name;
    int64_t n_rows, n_duplicates, n_missing, n_published;
    int64_t nanousd; /* settled and undelivered */
};

struct meter {
    struct meter_calls *calls;
    size_t n_calls;
    struct meter_latency *latencies;
    size_t n_latencies;
    struct meter_job **jobs;
    size_t n_jobs;
    struct meter_times commits; /* of the transactions that land a page */
};

struct meter *meter_new(void);
void meter_destroy(struct meter *meter);

void meter_count_call(struct meter *meter, const char *account, const char *endpoint, int code);
void meter_time_call(struct meter *meter, const char *account, const char *endpoint, int64_t us);
void meter_time_commit(struct meter *meter, int64_t us);

/* The job's counters, which are made where there are none, and stay where they are. */
struct meter_job *meter_job(struct meter *meter, const char *project, const char *name);
