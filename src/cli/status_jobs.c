#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/status.h"
#include "cli/table.h"
#include "config/config.h"
#include "core/mem.h"
#include "core/money.h"
#include "core/tz.h"
#include "core/when.h"
#include "daemon/schedule.h"

/*
 * A line per job: its last run and its next start. Those that are no longer in the configuration
 * show only where something of them is not over.
 */

#define NOTE_MAX 4096

/* A job of the configuration, or what the database has of one that is not there; one of the two may
 * be NULL. */
struct line {
    const struct config_job *job;
    const struct store_job_row *row;
    bool is_at_work;
    struct tz *tz;  /* of the job; else UTC. NULL where the machine has no such file */
    int64_t next_s; /* SCHEDULE_NEVER */
};

static bool has_run(const struct line *line)
{
    return line->row != NULL && line->row->run_id > 0;
}

static bool has_missed(const struct line *line)
{
    return line->row != NULL && line->row->missed_s != STORE_NEVER;
}

static const char *result_of(const struct line *line)
{
    return line->is_at_work ? "running" : has_run(line) ? line->row->result : "never run";
}

/* --- for people ------------------------------------------------------------------------------ */

static void note(struct buf *notes, const char *text)
{
    buf_printf(notes, "%s%s", notes->size > 0 ? "; " : "", text);
}

static void note_progress(struct buf *notes, const struct store_job_row *row)
{
    if (row->n_items_expected > 0)
        buf_printf(notes, "%" PRId64 " of %" PRId64 " items (%d %%)", row->n_items,
                   row->n_items_expected,
                   (int)((double)row->n_items * 100 / (double)row->n_items_expected));
    else
        buf_printf(notes, "%" PRId64 " items so far", row->n_items);
    if (row->n_reserved > 0)
        buf_printf(notes, "; %" PRId64 " call%s under way", row->n_reserved,
                   row->n_reserved == 1 ? "" : "s");
}

static void note_missed(struct buf *notes, const struct status *status, const struct line *line)
{
    char text[WHEN_TEXT_MAX];

    note(notes, line->row->missed_reason);
    if (line->tz != NULL)
        buf_printf(notes, " (%s%s)", when_local(line->tz, line->row->missed_s, status->now_s, text),
                   line->row->n_missed > 1 ? ", and before" : "");
}

static void collect_notes(struct buf *notes, const struct status *status, const struct line *line)
{
    const struct store_job_row *row = line->row;

    if (line->is_at_work)
        note_progress(notes, row);
    if (has_run(line) && row->n_done < row->n_feeds)
        buf_printf(notes, "%s%" PRId64 " of %" PRId64 " feed%s published",
                   notes->size > 0 ? "; " : "", row->n_done, row->n_feeds,
                   row->n_feeds == 1 ? "" : "s");
    if (has_missed(line))
        note_missed(notes, status, line);
}

static void add_count(struct table *table, const struct line *line, int64_t n)
{
    if (has_run(line))
        table_add(table, "%" PRId64, n);
    else
        table_add(table, "-");
}

static void add_money(struct table *table, const struct line *line)
{
    const struct store_job_row *row = line->row;
    char spent[MONEY_TEXT_MAX], cap[MONEY_TEXT_MAX];

    if (!has_run(line)) {
        table_add(table, "-");
        return;
    }
    money_format_cents(row->settled_nanousd + row->unknown_nanousd + row->reserved_nanousd, spent);
    if (row->budget_nanousd == 0)
        table_add(table, "%s", spent);
    else
        table_add(table, "%s of %s", spent, money_format_cents(row->budget_nanousd, cap));
}

static void add_next(struct table *table, const struct status *status, const struct line *line)
{
    char text[WHEN_TEXT_MAX];

    if (line->job == NULL)
        table_add(table, "not in the configuration");
    else if (line->job->schedule == NULL)
        table_add(table, "by hand");
    else if (line->tz == NULL || line->next_s == SCHEDULE_NEVER)
        table_add(table, "never");
    else
        table_add(table, "%s", when_local(line->tz, line->next_s, status->now_s, text));
}

static void add_line(struct table *table, const struct status *status, const struct line *line)
{
    const struct store_job_row *row = line->row;
    CLEANUP(mem_free_string)
    char *title =
        line->job != NULL ? mem_strdup(line->job->title) : status_title(row->project, row->job);
    struct buf notes = BUF_WITH_CEILING(NOTE_MAX);

    table_add_row(table);
    table_add(table, "%s", title);
    table_add(table, "%s", has_run(line) ? row->night : "-");
    table_add(table, "%s", result_of(line));
    add_count(table, line, has_run(line) ? row->n_rows : 0);
    add_count(table, line, has_run(line) ? row->n_new : 0);
    add_count(table, line, has_run(line) ? row->n_lost : 0);
    add_money(table, line);
    add_next(table, status, line);
    collect_notes(&notes, status, line);
    if (notes.size > 0)
        table_add_note(table, "%s", buf_text(&notes));
    buf_deinit(&notes);
}

static void print(const struct status *status, const struct line *lines, size_t n)
{
    static const struct table_column columns[] = {
        {"JOB", false}, {"NIGHT", false}, {"RESULT", false}, {"ROWS", true},
        {"NEW", true},  {"LOST", true},   {"SPENT", true},   {"NEXT", false}};
    struct table table;

    if (n == 0) {
        printf("there is no job in %s\n", status->config->job_files);
        return;
    }
    table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < n; i++)
        add_line(&table, status, &lines[i]);
    command_print_table(&table);
    table_deinit(&table);
}

/* --- for programs ---------------------------------------------------------------------------- */

static void write_time(struct writer *writer, const char *name, int64_t at_s, bool is_there)
{
    char text[WHEN_TEXT_MAX];

    writer_text_or_null(writer, name, is_there ? when_utc(at_s, text) : "");
}

static void write_run(struct writer *writer, const struct line *line)
{
    const struct store_job_row *row = line->row;

    writer_begin(writer, "last", '{');
    writer_int(writer, "run", row->run_id);
    writer_text(writer, "night", row->night);
    writer_text(writer, "account", row->account);
    writer_text(writer, "result", result_of(line));
    writer_text_or_null(writer, "reason", row->reason);
    write_time(writer, "started_at", row->started_s, row->started_s != STORE_NEVER);
    write_time(writer, "ended_at", row->ended_s, row->ended_s != STORE_NEVER);
    writer_int(writer, "feeds", row->n_feeds);
    writer_int(writer, "feeds_published", row->n_done);
    writer_int(writer, "items", row->n_items);
    writer_int_or_null(writer, "items_expected", row->n_items_expected);
    writer_int(writer, "rows", row->n_rows);
    writer_int(writer, "missing", row->n_missing);
    writer_int(writer, "new", row->n_new);
    writer_int(writer, "lost", row->n_lost);
    writer_int(writer, "calls_under_way", row->n_reserved);
    if (row->budget_nanousd > 0)
        writer_dollars(writer, "budget", row->budget_nanousd);
    else
        writer_null(writer, "budget");
    writer_dollars(writer, "settled", row->settled_nanousd);
    writer_dollars(writer, "undelivered", row->undelivered_nanousd);
    writer_dollars(writer, "unknown", row->unknown_nanousd);
    writer_dollars(writer, "reserved", row->reserved_nanousd);
    writer_end(writer, '}');
}

static void write_missed(struct writer *writer, const struct store_job_row *row)
{
    writer_begin(writer, "missed", '{');
    write_time(writer, "scheduled_at", row->missed_s, true);
    writer_int(writer, "starts", row->n_missed);
    writer_text(writer, "reason", row->missed_reason);
    writer_end(writer, '}');
}

static void write_line(struct writer *writer, const struct line *line)
{
    const struct config_job *job = line->job;

    writer_begin(writer, NULL, '{');
    writer_text(writer, "project", job != NULL ? job->project : line->row->project);
    writer_text(writer, "job", job != NULL ? job->name : line->row->job);
    writer_text_or_null(writer, "schedule",
                        job != NULL && job->schedule != NULL ? job->schedule : "");
    writer_text_or_null(writer, "timezone", job != NULL ? job->timezone : "");
    write_time(writer, "next", line->next_s, line->next_s != SCHEDULE_NEVER);
    if (has_run(line))
        write_run(writer, line);
    else
        writer_null(writer, "last");
    if (has_missed(line))
        write_missed(writer, line->row);
    else
        writer_null(writer, "missed");
    writer_end(writer, '}');
}

/* --- both ------------------------------------------------------------------------------------ */

static void note_work(struct status *status, struct line *line)
{
    line->is_at_work = line->row != NULL && status->is_held && store_is_at_work(line->row);
    if (!line->is_at_work)
        return;
    status->at_work = mem_resize(status->at_work, status->n_at_work + 1, sizeof(*status->at_work));
    status->at_work[status->n_at_work++] = line->row->run_id;
}

static void begin_line(struct status *status, struct line *line)
{
    struct err err;

    line->next_s = SCHEDULE_NEVER;
    line->tz = tz_load(line->job != NULL ? line->job->timezone : "UTC", &err);
    if (line->job != NULL && line->job->schedule != NULL && line->tz != NULL)
        line->next_s = schedule_next(&line->job->cron, line->tz, status->now_s).at_s;
    note_work(status, line);
}

static bool is_told(const struct line *lines, size_t n, const struct store_job_row *row)
{
    for (size_t i = 0; i < n; i++)
        if (lines[i].row == row)
            return true;
    return false;
}

/* Of a job that is gone, or of the bulk calls, which are no job of anybody's. */
static bool is_unfinished(const struct line *line)
{
    return line->row->is_open ? !line->is_at_work : strcmp(line->row->result, "held") == 0;
}

void status_tell_jobs(struct status *status, const struct store_job_row *rows, size_t n_rows)
{
    struct line *lines = mem_new_array(status->n_jobs + n_rows, sizeof(*lines));
    size_t n = 0;

    for (; n < status->n_jobs; n++) {
        const struct config_job *job = status->jobs[n];
        struct store_job names = {.project = job->project,
                                  .name = job->name,
                                  .former_names = (const char *const *)job->formerly.items,
                                  .n_former_names = job->formerly.n};

        lines[n] = (struct line){.job = job, .row = store_find_job_row(rows, n_rows, &names)};
        begin_line(status, &lines[n]);
    }
    for (size_t i = 0; i < n_rows && !status->is_asked_for; i++) {
        if (is_told(lines, n, &rows[i]))
            continue;
        lines[n] = (struct line){.row = &rows[i]};
        begin_line(status, &lines[n]);
        if (is_unfinished(&lines[n]))
            n++;
        else
            tz_free(lines[n].tz);
    }
    writer_begin(&status->writer, "jobs", '[');
    for (size_t i = 0; i < n; i++)
        write_line(&status->writer, &lines[i]);
    writer_end(&status->writer, ']');
    if (!status->is_json)
        print(status, lines, n);
    for (size_t i = 0; i < n; i++)
        tz_free(lines[i].tz);
    free(lines);
}
