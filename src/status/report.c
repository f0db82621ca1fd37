#include "status/report.h"

#include "core/writer.h"

static void dollars_or_null(struct writer *writer, const char *name, int64_t nanousd)
{
    if (nanousd < 0)
        writer_null(writer, name);
    else
        writer_dollars(writer, name, nanousd);
}

static void write_last(struct writer *writer, const struct snapshot_run *run)
{
    if (run->night[0] == '\0') {
        writer_null(writer, "last");
        return;
    }
    writer_begin(writer, "last", '{');
    writer_int_or_null(writer, "run", run->run_id > 0 ? run->run_id : -1);
    writer_text(writer, "night", run->night);
    writer_int_or_null(writer, "started_at", run->started_s);
    writer_int_or_null(writer, "ended_at", run->ended_s);
    writer_text(writer, "result", run->result);
    writer_text_or_null(writer, "reason", run->reason);
    writer_int_or_null(writer, "rows", run->n_rows);
    writer_int_or_null(writer, "new", run->n_new);
    writer_int_or_null(writer, "lost", run->n_lost);
    dollars_or_null(writer, "dollars", run->nanousd);
    dollars_or_null(writer, "cap", run->cap_nanousd);
    writer_end(writer, '}');
}

static void write_progress(struct writer *writer, const struct snapshot_job *job)
{
    const struct snapshot_progress *progress = &job->progress;

    if (job->state != SNAPSHOT_RUNNING) {
        writer_null(writer, "progress");
        return;
    }
    writer_begin(writer, "progress", '{');
    writer_int_or_null(writer, "started_at", progress->started_s);
    writer_int(writer, "items", progress->n_items);
    writer_int_or_null(writer, "items_expected", progress->n_items_expected);
    writer_int(writer, "calls", progress->n_calls);
    writer_int(writer, "in_flight", progress->n_in_flight);
    dollars_or_null(writer, "dollars", progress->nanousd);
    dollars_or_null(writer, "cap", progress->budget_nanousd);
    writer_int(writer, "listings", progress->n_listings);
    writer_int(writer, "listings_over", progress->n_over);
    writer_end(writer, '}');
}

static void write_nights(struct writer *writer, const struct snapshot_job *job)
{
    writer_begin(writer, "nights", '[');
    for (size_t i = 0; i < job->n_nights; i++) {
        const struct snapshot_night *night = &job->nights[i];

        writer_begin(writer, NULL, '{');
        writer_text(writer, "night", night->night);
        writer_int_or_null(writer, "rows", night->n_rows);
        writer_int_or_null(writer, "new", night->n_new);
        writer_int_or_null(writer, "lost", night->n_lost);
        dollars_or_null(writer, "dollars", night->nanousd);
        writer_end(writer, '}');
    }
    writer_end(writer, ']');
}

static void write_job(struct writer *writer, const struct snapshot_job *job)
{
    writer_begin(writer, NULL, '{');
    writer_text(writer, "project", job->project);
    writer_text(writer, "job", job->name);
    writer_text(writer, "account", job->account);
    writer_text_or_null(writer, "schedule", job->schedule);
    writer_text(writer, "timezone", job->timezone);
    writer_text(writer, "state", snapshot_state_word(job->state));
    writer_text_or_null(writer, "reason", job->reason);
    writer_int_or_null(writer, "next_at", job->next_s);
    writer_int_or_null(writer, "last_success_at", job->last_success_s);
    writer_int_or_null(writer, "held_listings", job->n_held);
    writer_text(writer, "file", job->file);
    writer_bool(writer, "file_ok", job->is_file_ok);
    write_progress(writer, job);
    write_last(writer, &job->last);
    write_nights(writer, job);
    writer_end(writer, '}');
}

static void write_account(struct writer *writer, const struct snapshot_account *account)
{
    writer_begin(writer, NULL, '{');
    writer_text(writer, "account", account->name);
    writer_text_or_null(writer, "reason", account->reason);
    dollars_or_null(writer, "balance", account->balance_nanousd);
    writer_int_or_null(writer, "balance_asked_at", account->asked_at_s);
    if (account->nights_left < 0)
        writer_null(writer, "balance_nights");
    else
        writer_decimal(writer, "balance_nights", (int64_t)(account->nights_left * 10), 1);
    writer_int_or_null(writer, "in_flight", account->n_in_flight);
    writer_int_or_null(writer, "slots", account->n_slots);
    writer_int_or_null(writer, "calls_per_minute", account->n_per_minute);
    writer_int_or_null(writer, "unknown_charges", account->n_unknown);
    dollars_or_null(writer, "unknown_dollars", account->unknown_nanousd);
    writer_int_or_null(writer, "undelivered_charges", account->n_undelivered);
    dollars_or_null(writer, "undelivered_dollars", account->undelivered_nanousd);
    writer_end(writer, '}');
}

static void write_service(struct writer *writer, const struct snapshot *snapshot)
{
    writer_text(writer, "version", snapshot->version);
    writer_text(writer, "config", snapshot->config_file);
    writer_int(writer, "now", snapshot->now_s);
    writer_int(writer, "started_at", snapshot->started_s);
    writer_bool(writer, "draining", snapshot->is_draining);
    writer_bool(writer, "database_up", snapshot->has_database);
    writer_text_or_null(writer, "database_away", snapshot->database_away);
    dollars_or_null(writer, "spent_today", snapshot->spent_today_nanousd);
    writer_int_or_null(writer, "spool_bytes", snapshot->spool_bytes);
}

static void write_caps(struct writer *writer, const struct snapshot *snapshot)
{
    writer_begin(writer, "caps", '[');
    for (size_t i = 0; i < snapshot->n_caps; i++) {
        const struct snapshot_cap *cap = &snapshot->caps[i];

        writer_begin(writer, NULL, '{');
        writer_text(writer, "scope", cap->scope);
        writer_text_or_null(writer, "name", cap->name);
        writer_text(writer, "per", cap->per);
        dollars_or_null(writer, "dollars", cap->nanousd);
        dollars_or_null(writer, "left", cap->left_nanousd > 0 ? cap->left_nanousd : 0);
        writer_end(writer, '}');
    }
    writer_end(writer, ']');
}

static void write_troubles(struct writer *writer, const struct snapshot *snapshot)
{
    writer_begin(writer, "bad_files", '[');
    for (size_t i = 0; i < snapshot->n_bad_files; i++) {
        writer_begin(writer, NULL, '{');
        writer_text(writer, "file", snapshot->bad_files[i].file);
        writer_int(writer, "jobs_kept", snapshot->bad_files[i].n_jobs);
        writer_end(writer, '}');
    }
    writer_end(writer, ']');
    writer_begin(writer, "errors", '[');
    for (size_t i = 0; i < snapshot->n_errors; i++) {
        writer_begin(writer, NULL, '{');
        writer_int_or_null(writer, "at", snapshot->errors[i].at_s);
        writer_text_or_null(writer, "job", snapshot->errors[i].job);
        writer_text(writer, "text", snapshot->errors[i].text);
        writer_end(writer, '}');
    }
    writer_end(writer, ']');
}

void report_write(struct buf *out, const struct snapshot *snapshot)
{
    struct writer writer;

    writer_init(&writer);
    writer_begin(&writer, NULL, '{');
    write_service(&writer, snapshot);
    writer_begin(&writer, "accounts", '[');
    for (size_t i = 0; i < snapshot->n_accounts; i++)
        write_account(&writer, &snapshot->accounts[i]);
    writer_end(&writer, ']');
    write_caps(&writer, snapshot);
    writer_begin(&writer, "jobs", '[');
    for (size_t i = 0; i < snapshot->n_jobs; i++)
        write_job(&writer, &snapshot->jobs[i]);
    writer_end(&writer, ']');
    write_troubles(&writer, snapshot);
    writer_end(&writer, '}');
    buf_append(out, writer.text.data, writer.text.size);
    buf_append_char(out, '\n');
    writer_deinit(&writer);
}
