#include "status/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/money.h"

/*
 * A family is its HELP and TYPE, and behind them all of its samples. What there is one of per job
 * or account stands in a table.
 */

#define LABELS_MAX 512
#define MS_PER_S 1000
#define US_PER_S 1000000

enum form {
    FORM_NUMBER,
    FORM_DOLLARS, /* of nano-dollars */
};

struct metric {
    const char *name, *type, *help;
    size_t offset; /* of an int64_t */
    enum form form;
};

static void family(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP linkhaul_%s %s\n# TYPE linkhaul_%s %s\n", name, help, name, type);
}

/* --- labels ---------------------------------------------------------------------------------- */

struct labels {
    struct buf text; /* "" or `a="b",c="d"` */
};

static struct labels labels_new(void)
{
    return (struct labels){BUF_WITH_CEILING(LABELS_MAX * 16)};
}

static void label(struct labels *labels, const char *name, const char *value)
{
    buf_printf(&labels->text, "%s%s=\"", labels->text.size > 0 ? "," : "", name);
    for (; *value != '\0'; value++) {
        if (*value == '\n')
            buf_append_string(&labels->text, "\\n");
        else if (*value == '"' || *value == '\\')
            buf_printf(&labels->text, "\\%c", *value);
        else
            buf_append_char(&labels->text, *value);
    }
    buf_append_char(&labels->text, '"');
}

static struct labels labels_of_job(const char *project, const char *name)
{
    struct labels labels = labels_new();

    label(&labels, "project", project);
    label(&labels, "job_name", name);
    return labels;
}

static struct labels labels_of_account(const char *account)
{
    struct labels labels = labels_new();

    label(&labels, "account", account);
    return labels;
}

static struct labels labels_of_calls(const char *account, const char *endpoint)
{
    struct labels labels = labels_of_account(account);

    label(&labels, "endpoint", endpoint);
    return labels;
}

/* Its name and labels, up to the value. */
static void begin_sample(struct buf *out, const char *name, const char *suffix,
                         const struct labels *labels)
{
    buf_printf(out, "linkhaul_%s%s", name, suffix);
    if (labels != NULL && labels->text.size > 0)
        buf_printf(out, "{%s}", buf_text(&labels->text));
    buf_append_char(out, ' ');
}

static void sample(struct buf *out, const char *name, struct labels labels, int64_t value)
{
    begin_sample(out, name, "", &labels);
    buf_printf(out, "%" PRId64 "\n", value);
    buf_deinit(&labels.text);
}

static void sample_dollars(struct buf *out, const char *name, struct labels labels, int64_t nanousd)
{
    char dollars[MONEY_TEXT_MAX];

    begin_sample(out, name, "", &labels);
    buf_printf(out, "%s\n", money_format_plain(nanousd, dollars));
    buf_deinit(&labels.text);
}

static void sample_ratio(struct buf *out, const char *name, struct labels labels, double value)
{
    begin_sample(out, name, "", &labels);
    buf_printf(out, "%.4f\n", value);
    buf_deinit(&labels.text);
}

static void sample_of(struct buf *out, const struct metric *metric, struct labels labels,
                      const void *base)
{
    int64_t value = *(const int64_t *)(const void *)((const char *)base + metric->offset);

    if (value < 0)
        buf_deinit(&labels.text);
    else if (metric->form == FORM_DOLLARS)
        sample_dollars(out, metric->name, labels, value);
    else
        sample(out, metric->name, labels, value);
}

static void single(struct buf *out, const char *name, const char *help, int64_t value)
{
    if (value < 0)
        return;
    family(out, name, "gauge", help);
    sample(out, name, labels_new(), value);
}

/* --- times ----------------------------------------------------------------------------------- */

static void histogram(struct buf *out, const char *name, struct labels labels,
                      const struct meter_times *times)
{
    int64_t n = 0;

    for (size_t i = 0;; i++) {
        bool is_last = times->bounds_us[i] == 0;

        n += times->counts[i];
        buf_printf(out, "linkhaul_%s_bucket{%s%sle=\"", name, buf_text(&labels.text),
                   labels.text.size > 0 ? "," : "");
        if (is_last)
            buf_printf(out, "+Inf\"} %" PRId64 "\n", n);
        else
            buf_printf(out, "%g\"} %" PRId64 "\n", (double)times->bounds_us[i] / US_PER_S, n);
        if (is_last)
            break;
    }
    begin_sample(out, name, "_sum", &labels);
    buf_printf(out, "%" PRId64 ".%06" PRId64 "\n", times->sum_us / US_PER_S,
               times->sum_us % US_PER_S);
    begin_sample(out, name, "_count", &labels);
    buf_printf(out, "%" PRId64 "\n", n);
    buf_deinit(&labels.text);
}

/* --- the process ----------------------------------------------------------------------------- */

/* Their names are those of every program's. */
static void process_metric(struct buf *out, const char *name, const char *help, int64_t value)
{
    if (value >= 0)
        buf_printf(out, "# HELP process_%s %s\n# TYPE process_%s gauge\nprocess_%s %" PRId64 "\n",
                   name, help, name, name, value);
}

static void write_process(struct buf *out, const struct snapshot *snapshot)
{
    struct labels version = labels_new();

    family(out, "build_info", "gauge", "The version that runs, as a label; always 1.");
    label(&version, "version", snapshot->version);
    sample(out, "build_info", version, 1);
    process_metric(out, "start_time_seconds", "When the service was started, since 1970.",
                   snapshot->started_s);
    process_metric(out, "open_fds", "File descriptors that are open.", snapshot->n_open_files);
    process_metric(out, "max_fds", "File descriptors that may be open.",
                   snapshot->n_open_files_max);
    process_metric(out, "resident_memory_bytes", "Memory that is in use.",
                   snapshot->resident_bytes);
    single(out, "database_up", "Whether the database can be worked with.", snapshot->has_database);
    single(out, "spool_bytes", "Size of the spool: answers that wait to land, and the archive.",
           snapshot->spool_bytes);
}

/* --- accounts -------------------------------------------------------------------------------- */

#define IN_ACCOUNT(field) offsetof(struct snapshot_account, field)

static const struct metric account_metrics[] = {
    {"calls_in_flight", "gauge", "Slots that calls have taken.", IN_ACCOUNT(n_in_flight),
     FORM_NUMBER},
    {"call_slots", "gauge", "Calls that may be under way at once, fewer where the API complained.",
     IN_ACCOUNT(n_slots), FORM_NUMBER},
    {"minute_calls_max", "gauge", "Calls that may be made in a minute, likewise.",
     IN_ACCOUNT(n_per_minute), FORM_NUMBER},
    {"account_balance_dollars", "gauge",
     "What the account has left, as it last told, less what was spent since.",
     IN_ACCOUNT(balance_nanousd), FORM_DOLLARS},
    {"account_balance_asked_timestamp_seconds", "gauge", "When the account told its balance.",
     IN_ACCOUNT(asked_at_s), FORM_NUMBER},
    {"unknown_charges", "gauge", "Calls that may have been charged, without an answer so far.",
     IN_ACCOUNT(n_unknown), FORM_NUMBER},
    {"unknown_charges_dollars", "gauge", "What these calls may have cost at the most.",
     IN_ACCOUNT(unknown_nanousd), FORM_DOLLARS},
    {"undelivered_charges", "gauge",
     "Calls of the last seven days that were charged and whose answers never came.",
     IN_ACCOUNT(n_undelivered), FORM_NUMBER},
    {"undelivered_charges_dollars", "gauge", "What these calls cost.",
     IN_ACCOUNT(undelivered_nanousd), FORM_DOLLARS},
};

static const char *const wait_words[] = {[SNAPSHOT_WAIT_SLOT] = "slot",
                                         [SNAPSHOT_WAIT_MINUTE] = "minute",
                                         [SNAPSHOT_WAIT_PAUSE] = "pause",
                                         [SNAPSHOT_WAIT_CAP] = "cap",
                                         [SNAPSHOT_WAIT_LANDING] = "landing"};

static void write_waits(struct buf *out, const struct snapshot *snapshot)
{
    family(out, "wait_seconds_total", "counter",
           "Time in which runs with calls to make could make none, by what they waited for.");
    for (size_t i = 0; i < snapshot->n_accounts; i++)
        for (size_t j = 0; j < SNAPSHOT_N_WAITS; j++) {
            struct labels labels = labels_of_account(snapshot->accounts[i].name);
            int64_t ms = snapshot->accounts[i].waited_ms[j];

            label(&labels, "waits_for", wait_words[j]);
            begin_sample(out, "wait_seconds_total", "", &labels);
            buf_printf(out, "%" PRId64 ".%03" PRId64 "\n", ms / MS_PER_S, ms % MS_PER_S);
            buf_deinit(&labels.text);
        }
}

static void write_accounts(struct buf *out, const struct snapshot *snapshot)
{
    for (size_t i = 0; i < sizeof(account_metrics) / sizeof(account_metrics[0]); i++) {
        const struct metric *metric = &account_metrics[i];

        family(out, metric->name, metric->type, metric->help);
        for (size_t j = 0; j < snapshot->n_accounts; j++)
            sample_of(out, metric, labels_of_account(snapshot->accounts[j].name),
                      &snapshot->accounts[j]);
    }
    family(out, "account_balance_nights", "gauge",
           "Nights that the balance covers, as the last fourteen were.");
    for (size_t i = 0; i < snapshot->n_accounts; i++)
        if (snapshot->accounts[i].nights_left >= 0)
            sample_ratio(out, "account_balance_nights",
                         labels_of_account(snapshot->accounts[i].name),
                         snapshot->accounts[i].nights_left);
    family(out, "account_blocked", "gauge", "Whether the account lets none of its jobs run.");
    for (size_t i = 0; i < snapshot->n_accounts; i++)
        sample(out, "account_blocked", labels_of_account(snapshot->accounts[i].name),
               snapshot->accounts[i].reason[0] != '\0');
    write_waits(out, snapshot);
}

static struct labels labels_of_cap(const struct snapshot_cap *cap)
{
    struct labels labels = labels_new();

    label(&labels, "scope", cap->scope);
    label(&labels, "name", cap->name);
    label(&labels, "per", cap->per);
    return labels;
}

static void write_caps(struct buf *out, const struct snapshot *snapshot)
{
    family(out, "cap_dollars", "gauge", "What may be spent in the day or month.");
    for (size_t i = 0; i < snapshot->n_caps; i++)
        sample_dollars(out, "cap_dollars", labels_of_cap(&snapshot->caps[i]),
                       snapshot->caps[i].nanousd);
    family(out, "cap_left_dollars", "gauge", "What is left of that.");
    for (size_t i = 0; i < snapshot->n_caps; i++)
        sample_dollars(out, "cap_left_dollars", labels_of_cap(&snapshot->caps[i]),
                       snapshot->caps[i].left_nanousd > 0 ? snapshot->caps[i].left_nanousd : 0);
}

/* --- calls ----------------------------------------------------------------------------------- */

static void code_label(struct labels *labels, int code)
{
    char text[16];

    snprintf(text, sizeof(text), "%d", code);
    label(labels, "code", code == 0 ? "none" : code == METER_CODE_OTHER ? "other" : text);
}

static void write_calls(struct buf *out, const struct meter *meter)
{
    family(out, "calls_total", "counter",
           "Calls whose charge is booked, by the API's status code, else that of HTTP.");
    for (size_t i = 0; i < meter->n_calls; i++) {
        struct labels labels = labels_of_calls(meter->calls[i].account, meter->calls[i].endpoint);

        code_label(&labels, meter->calls[i].code);
        sample(out, "calls_total", labels, meter->calls[i].n);
    }
    family(out, "call_duration_seconds", "histogram", "How long calls that were answered took.");
    for (size_t i = 0; i < meter->n_latencies; i++)
        histogram(out, "call_duration_seconds",
                  labels_of_calls(meter->latencies[i].account, meter->latencies[i].endpoint),
                  &meter->latencies[i].times);
    family(out, "page_commit_duration_seconds", "histogram",
           "How long the database took to book and commit a page whose rows it had.");
    histogram(out, "page_commit_duration_seconds", labels_new(), &meter->commits);
}

/* --- jobs ------------------------------------------------------------------------------------ */

#define IN_JOB(field) offsetof(struct snapshot_job, field)
#define IN_METER(field) offsetof(struct meter_job, field)

static const struct metric job_metrics[] = {
    {"held_listings", "gauge", "Listings that a guard holds back.", IN_JOB(n_held), FORM_NUMBER},
    {"job_last_success_timestamp_seconds", "gauge",
     "When the job's last run ended that took everything.", IN_JOB(last_success_s), FORM_NUMBER},
    {"job_due_timestamp_seconds", "gauge",
     "When the job was, or will be, due for the first time after that.", IN_JOB(due_s),
     FORM_NUMBER},
    {"job_next_run_timestamp_seconds", "gauge", "When the job comes due next.", IN_JOB(next_s),
     FORM_NUMBER},
};

static const struct metric running_metrics[] = {
    {"run_budget_dollars", "gauge", "What the run in progress may spend tonight.",
     IN_JOB(progress.budget_nanousd), FORM_DOLLARS},
    {"run_booked_dollars", "gauge", "What it has spent and reserved tonight.",
     IN_JOB(progress.nanousd), FORM_DOLLARS},
    {"run_calls_in_flight", "gauge", "Calls of it that are under way.",
     IN_JOB(progress.n_in_flight), FORM_NUMBER},
};

static const struct metric counters[] = {
    {"rows_committed_total", "counter", "Rows that were committed, repeats among them.",
     IN_METER(n_rows), FORM_NUMBER},
    {"rows_duplicate_total", "counter", "Repeats that were taken out when listings were published.",
     IN_METER(n_duplicates), FORM_NUMBER},
    {"items_missing_total", "counter", "Items that the API promised and published listings lack.",
     IN_METER(n_missing), FORM_NUMBER},
    {"listings_published_total", "counter", "Listings that were published.", IN_METER(n_published),
     FORM_NUMBER},
    {"spent_dollars_total", "counter", "What calls were charged, also without an answer.",
     IN_METER(nanousd), FORM_DOLLARS},
};

/* The bulk calls' jobs are bulk:ACCOUNT, which no job that somebody writes can be called. */
static bool is_there(const struct snapshot *snapshot, const struct meter_job *counted)
{
    for (size_t i = 0; i < snapshot->n_jobs; i++)
        if (strcmp(snapshot->jobs[i].name, counted->name) == 0 &&
            strcmp(snapshot->jobs[i].project, counted->project) == 0)
            return true;
    return strchr(counted->name, ':') != NULL;
}

static void write_counters(struct buf *out, const struct snapshot *snapshot)
{
    for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
        family(out, counters[i].name, counters[i].type, counters[i].help);
        for (size_t j = 0; j < snapshot->meter->n_jobs; j++) {
            const struct meter_job *job = snapshot->meter->jobs[j];

            if (is_there(snapshot, job))
                sample_of(out, &counters[i], labels_of_job(job->project, job->name), job);
        }
    }
}

static void write_of_jobs(struct buf *out, const struct snapshot *snapshot,
                          const struct metric *metrics, size_t n, bool is_of_running)
{
    for (size_t i = 0; i < n; i++) {
        family(out, metrics[i].name, metrics[i].type, metrics[i].help);
        for (size_t j = 0; j < snapshot->n_jobs; j++) {
            const struct snapshot_job *job = &snapshot->jobs[j];

            if (!is_of_running || job->state == SNAPSHOT_RUNNING)
                sample_of(out, &metrics[i], labels_of_job(job->project, job->name), job);
        }
    }
}

static void write_states(struct buf *out, const struct snapshot *snapshot)
{
    static const enum snapshot_state states[] = {SNAPSHOT_WAITING, SNAPSHOT_RUNNING,
                                                 SNAPSHOT_BLOCKED};

    family(out, "job_state", "gauge", "What the job is doing: 1 for that state; idle where none.");
    for (size_t i = 0; i < snapshot->n_jobs; i++)
        for (size_t j = 0; j < sizeof(states) / sizeof(states[0]); j++) {
            const struct snapshot_job *job = &snapshot->jobs[i];
            struct labels labels = labels_of_job(job->project, job->name);

            label(&labels, "state", snapshot_state_word(states[j]));
            sample(out, "job_state", labels, job->state == states[j]);
        }
    family(out, "run_progress_ratio", "gauge",
           "Items that the run in progress has of those it expects.");
    for (size_t i = 0; i < snapshot->n_jobs; i++) {
        const struct snapshot_job *job = &snapshot->jobs[i];

        if (job->state == SNAPSHOT_RUNNING && job->progress.n_items_expected > 0)
            sample_ratio(out, "run_progress_ratio", labels_of_job(job->project, job->name),
                         (double)job->progress.n_items / (double)job->progress.n_items_expected);
    }
}

static void file_sample(struct buf *out, const char *file, bool is_ok)
{
    struct labels labels = labels_new();

    label(&labels, "file", file);
    sample(out, "job_file_ok", labels, is_ok);
}

static void write_files(struct buf *out, const struct snapshot *snapshot)
{
    const char *last = "";

    family(out, "job_file_ok", "gauge",
           "Whether a job file is good; else its jobs go on as they last were, or do not run.");
    for (size_t i = 0; i < snapshot->n_jobs; i++) {
        const struct snapshot_job *job = &snapshot->jobs[i];

        if (job->is_file_ok && strcmp(job->file, last) != 0)
            file_sample(out, job->file, true);
        last = job->file;
    }
    for (size_t i = 0; i < snapshot->n_bad_files; i++)
        file_sample(out, snapshot->bad_files[i].file, false);
}

void metrics_write(struct buf *out, const struct snapshot *snapshot)
{
    write_process(out, snapshot);
    write_accounts(out, snapshot);
    write_caps(out, snapshot);
    write_calls(out, snapshot->meter);
    write_of_jobs(out, snapshot, job_metrics, sizeof(job_metrics) / sizeof(job_metrics[0]), false);
    write_of_jobs(out, snapshot, running_metrics,
                  sizeof(running_metrics) / sizeof(running_metrics[0]), true);
    write_states(out, snapshot);
    write_counters(out, snapshot);
    write_files(out, snapshot);
}
