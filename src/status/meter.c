#include "status/meter.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

/* An answer takes a second or two, and the API gives up at 120. */
static const int64_t call_bounds_us[] = {100000,   250000,   500000,   1000000,   2500000, 5000000,
                                         10000000, 30000000, 60000000, 120000000, 0};
static const int64_t commit_bounds_us[] = {1000,   2500,   5000,    10000,   25000,   50000, 100000,
                                           250000, 500000, 1000000, 2500000, 5000000, 0};

struct meter *meter_new(void)
{
    struct meter *meter = mem_new(sizeof(*meter));

    meter->commits.bounds_us = commit_bounds_us;
    return meter;
}

static void free_job(struct meter_job *job)
{
    free(job->project);
    free(job->name);
    free(job);
}

void meter_destroy(struct meter *meter)
{
    for (size_t i = 0; i < meter->n_calls; i++) {
        free(meter->calls[i].account);
        free(meter->calls[i].endpoint);
    }
    for (size_t i = 0; i < meter->n_latencies; i++) {
        free(meter->latencies[i].account);
        free(meter->latencies[i].endpoint);
    }
    for (size_t i = 0; i < meter->n_jobs; i++)
        free_job(meter->jobs[i]);
    free(meter->calls);
    free(meter->latencies);
    free(meter->jobs);
    free(meter);
}

static bool is_of(const char *account, const char *endpoint, const char *other_account,
                  const char *other_endpoint)
{
    return strcmp(account, other_account) == 0 && strcmp(endpoint, other_endpoint) == 0;
}

/* What the server sends must not make series without end. */
void meter_count_call(struct meter *meter, const char *account, const char *endpoint, int code)
{
    size_t n_codes = 0;

    for (size_t i = 0; i < meter->n_calls; i++) {
        struct meter_calls *calls = &meter->calls[i];

        if (!is_of(calls->account, calls->endpoint, account, endpoint))
            continue;
        if (calls->code == code) {
            calls->n++;
            return;
        }
        n_codes++;
    }
    if (n_codes >= METER_CODES_MAX && code != METER_CODE_OTHER) {
        meter_count_call(meter, account, endpoint, METER_CODE_OTHER);
        return;
    }
    meter->calls = mem_resize(meter->calls, meter->n_calls + 1, sizeof(*meter->calls));
    meter->calls[meter->n_calls++] = (struct meter_calls){
        .account = mem_strdup(account), .endpoint = mem_strdup(endpoint), .code = code, .n = 1};
}

static void add_time(struct meter_times *times, int64_t us)
{
    size_t i = 0;

    while (times->bounds_us[i] > 0 && us > times->bounds_us[i])
        i++;
    times->counts[i]++;
    times->sum_us += us;
}

void meter_time_call(struct meter *meter, const char *account, const char *endpoint, int64_t us)
{
    for (size_t i = 0; i < meter->n_latencies; i++)
        if (is_of(meter->latencies[i].account, meter->latencies[i].endpoint, account, endpoint)) {
            add_time(&meter->latencies[i].times, us);
            return;
        }
    meter->latencies =
        mem_resize(meter->latencies, meter->n_latencies + 1, sizeof(*meter->latencies));
    meter->latencies[meter->n_latencies] =
        (struct meter_latency){.account = mem_strdup(account),
                               .endpoint = mem_strdup(endpoint),
                               .times = {.bounds_us = call_bounds_us}};
    add_time(&meter->latencies[meter->n_latencies++].times, us);
}

void meter_time_commit(struct meter *meter, int64_t us)
{
    add_time(&meter->commits, us);
}

struct meter_job *meter_job(struct meter *meter, const char *project, const char *name)
{
    struct meter_job *job;

    for (size_t i = 0; i < meter->n_jobs; i++)
        if (is_of(meter->jobs[i]->project, meter->jobs[i]->name, project, name))
            return meter->jobs[i];
    job = mem_new(sizeof(*job));
    *job = (struct meter_job){.project = mem_strdup(project), .name = mem_strdup(name)};
    meter->jobs = mem_resize(meter->jobs, meter->n_jobs + 1, sizeof(struct meter_job *));
    meter->jobs[meter->n_jobs++] = job;
    return job;
}
