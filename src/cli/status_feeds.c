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

/*
 * A line per feed. A listing that is published is told by its completeness, any other by its state;
 * what is out of the ordinary about it, and what helps, stands in its note.
 */

#define NOTE_MAX 4096

/* --- for people ------------------------------------------------------------------------------ */

static void note(struct buf *notes, const char *text)
{
    if (text[0] != '\0')
        buf_printf(notes, "%s%s", notes->size > 0 ? "; " : "", text);
}

static void note_number(struct buf *notes, int64_t n, const char *what)
{
    if (n > 0)
        buf_printf(notes, "%s%" PRId64 " %s", notes->size > 0 ? "; " : "", n, what);
}

static void note_money(struct buf *notes, int64_t nanousd, const char *what)
{
    char text[MONEY_TEXT_MAX];

    if (nanousd > 0)
        buf_printf(notes, "%s%s %s", notes->size > 0 ? "; " : "", money_format(nanousd, text),
                   what);
}

static void collect_notes(struct buf *notes, const struct store_status_row *row, bool has_accounts)
{
    bool is_open = strcmp(row->state, "open") == 0;
    bool is_cut = row->max_rows > 0 && row->max_rows < row->total_count;

    if (is_open && row->total_count >= 0)
        buf_printf(notes, "%" PRId64 " of %" PRId64 " items", row->n_items,
                   is_cut ? row->max_rows : row->total_count);
    note_number(notes, row->n_new, "new");
    note_number(notes, row->n_lost, "lost");
    note_number(notes, row->n_missing, "missing");
    note_money(notes, row->unknown_nanousd, "unknown");
    note_money(notes, row->undelivered_nanousd, "undelivered");
    note_money(notes, row->reserved_nanousd, "reserved");
    if (is_open && row->completeness[0] != '\0')
        note(notes, row->completeness);
    note(notes, row->reason);
    if (has_accounts && row->account[0] != '\0')
        buf_printf(notes, "%saccount %s", notes->size > 0 ? "; " : "", row->account);
}

static void add_row(struct table *table, const struct store_status_row *row, bool has_accounts)
{
    CLEANUP(mem_free_string) char *title = status_title(row->project, row->job);
    bool is_published = strcmp(row->state, "published") == 0;
    struct buf notes = BUF_WITH_CEILING(NOTE_MAX);
    char charged[MONEY_TEXT_MAX];

    table_add_row(table);
    table_add(table, "%s", title);
    table_add(table, "%s", row->target);
    table_add(table, "%s", row->visible_night[0] != '\0' ? row->visible_night : "-");
    table_add(table, "%" PRId64, row->run_id);
    table_add(table, "%s",
              !is_published                   ? row->state
              : strcmp(row->way, "full") == 0 ? row->completeness
                                              : row->way);
    table_add(table, "%" PRId64, row->n_rows);
    table_add(table, "%s", money_format(row->settled_nanousd + row->undelivered_nanousd, charged));
    collect_notes(&notes, row, has_accounts);
    if (notes.size > 0)
        table_add_note(table, "%s", buf_text(&notes));
    buf_deinit(&notes);
}

/* Whether they are of more than one. */
static bool has_accounts(const struct store_status_row *rows, size_t n_rows)
{
    const char *first = "";

    for (size_t i = 0; i < n_rows; i++) {
        if (first[0] == '\0')
            first = rows[i].account;
        if (rows[i].account[0] != '\0' && strcmp(rows[i].account, first) != 0)
            return true;
    }
    return false;
}

static bool is_one_of(const struct status *status, const struct store_status_row *row)
{
    bool is_so = false;

    for (size_t i = 0; i < status->n_jobs && !is_so; i++) {
        const struct config_job *job = status->jobs[i];

        if (strcmp(job->project, row->project) != 0)
            continue;
        is_so = strcmp(job->name, row->job) == 0;
        for (size_t j = 0; j < job->formerly.n && !is_so; j++)
            is_so = strcmp(job->formerly.items[j], row->job) == 0;
    }
    return is_so;
}

static bool is_at_work(const struct status *status, const struct store_status_row *row)
{
    for (size_t i = 0; i < status->n_at_work; i++)
        if (status->at_work[i] == row->run_id)
            return true;
    return false;
}

/* Somebody may have to do something, or should know. */
static bool needs_attention(const struct status *status, const struct store_status_row *row)
{
    if (row->undelivered_nanousd > 0 || row->unknown_nanousd > 0)
        return true;
    if (strcmp(row->state, "published") == 0)
        return strcmp(row->completeness, "short") == 0;
    return row->run_id > 0 && (row->completeness[0] != '\0' || !is_at_work(status, row));
}

static bool is_shown(const struct status *status, const struct store_status_row *row)
{
    return status->is_asked_for ? is_one_of(status, row) : needs_attention(status, row);
}

static void print(const struct status *status, const struct store_status_row *rows, size_t n_rows)
{
    static const struct table_column columns[] = {
        {"JOB", false},  {"TARGET", false}, {"PUBLISHED", false}, {"RUN", true},
        {"LAST", false}, {"ROWS", true},    {"COST", true}};
    struct table table;

    table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < n_rows; i++)
        if (is_shown(status, &rows[i]))
            add_row(&table, &rows[i], has_accounts(rows, n_rows));
    if (table.n_rows > 0) {
        puts(status->is_asked_for ? "" : "\nWhat needs attention:");
        command_print_table(&table);
    }
    table_deinit(&table);
}

/* --- for programs ---------------------------------------------------------------------------- */

static void write_row(struct writer *writer, const struct store_status_row *row)
{
    writer_begin(writer, NULL, '{');
    writer_text(writer, "project", row->project);
    writer_text(writer, "job", row->job);
    writer_text(writer, "target", row->target);
    writer_text(writer, "endpoint", row->endpoint);
    writer_text_or_null(writer, "published_night", row->visible_night);
    writer_begin(writer, "last", '{');
    writer_int(writer, "run", row->run_id);
    writer_text_or_null(writer, "run_state", row->run_state);
    writer_text_or_null(writer, "account", row->account);
    writer_text_or_null(writer, "night", row->night);
    writer_text(writer, "way", row->way);
    writer_text_or_null(writer, "state", row->state);
    writer_text_or_null(writer, "completeness", row->completeness);
    writer_text_or_null(writer, "reason", row->reason);
    writer_text_or_null(writer, "published_at", row->published_at);
    writer_int_or_null(writer, "total_count", row->total_count);
    writer_int_or_null(writer, "max_rows", row->max_rows > 0 ? row->max_rows : -1);
    writer_int(writer, "items", row->n_items);
    writer_int(writer, "rows", row->n_rows);
    writer_int(writer, "repeats", row->n_duplicates);
    writer_int(writer, "missing", row->n_missing);
    writer_int(writer, "new", row->n_new);
    writer_int(writer, "lost", row->n_lost);
    writer_dollars(writer, "settled", row->settled_nanousd);
    writer_dollars(writer, "undelivered", row->undelivered_nanousd);
    writer_dollars(writer, "unknown", row->unknown_nanousd);
    writer_dollars(writer, "reserved", row->reserved_nanousd);
    writer_end(writer, '}');
    writer_end(writer, '}');
}

/* --- both ------------------------------------------------------------------------------------ */

void status_tell_feeds(struct status *status, const struct store_status_row *rows, size_t n_rows)
{
    writer_begin(&status->writer, "feeds", '[');
    for (size_t i = 0; i < n_rows; i++)
        if (!status->is_asked_for || is_one_of(status, &rows[i]))
            write_row(&status->writer, &rows[i]);
    writer_end(&status->writer, ']');
    if (!status->is_json)
        print(status, rows, n_rows);
}
