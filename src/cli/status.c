#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/asking.h"
#include "cli/command.h"
#include "cli/sizes.h"
#include "cli/table.h"
#include "config/config.h"
#include "core/mem.h"
#include "core/money.h"
#include "core/writer.h"
#include "spool/archive.h"
#include "store/people.h"

/*
 * `status`: a line per feed, and who works on the database. A listing that is published is told by
 * its completeness, any other by its state; what is out of the ordinary about it, and what helps,
 * stands in its note.
 */

#define NOTE_MAX 4096

struct reporting {
    struct asking asking;
    bool is_json, has_sizes;
    struct sizes_spool spool;
    struct writer writer;
};

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
    bool is_published = strcmp(row->state, "published") == 0;
    struct buf notes = BUF_WITH_CEILING(NOTE_MAX);
    char charged[MONEY_TEXT_MAX];

    table_add_row(table);
    if (strcmp(row->project, PROJECT_DEFAULT) == 0)
        table_add(table, "%s", row->job);
    else
        table_add(table, "%s/%s", row->project, row->job);
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

static void print_rows(const struct store_status_row *rows, size_t n_rows)
{
    static const struct table_column columns[] = {
        {"JOB", false},  {"TARGET", false}, {"PUBLISHED", false}, {"RUN", true},
        {"LAST", false}, {"ROWS", true},    {"COST", true}};
    struct table table;

    if (n_rows == 0) {
        puts("no job has run yet");
        return;
    }
    table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < n_rows; i++)
        add_row(&table, &rows[i], has_accounts(rows, n_rows));
    command_print_table(&table);
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

static void on_holder(void *data, const struct store_holder *holder, const struct err *err)
{
    struct reporting *reporting = data;
    struct writer *writer = &reporting->writer;

    if (!reporting->is_json && holder != NULL)
        printf("%s works on this database since %s\n\n", holder->name, holder->since);
    if (reporting->is_json && holder == NULL)
        writer_null(writer, "running");
    if (reporting->is_json && holder != NULL) {
        writer_begin(writer, "running", '{');
        writer_text(writer, "name", holder->name);
        writer_text(writer, "since", holder->since);
        writer_end(writer, '}');
    }
    asking_answered(&reporting->asking, err);
}

static void on_status(void *data, const struct store_status_row *rows, size_t n_rows,
                      const struct err *err)
{
    struct reporting *reporting = data;

    writer_begin(&reporting->writer, "feeds", '[');
    for (size_t i = 0; i < n_rows; i++)
        write_row(&reporting->writer, &rows[i]);
    writer_end(&reporting->writer, ']');
    if (!reporting->is_json && err == NULL)
        print_rows(rows, n_rows);
    asking_answered(&reporting->asking, err);
}

static void on_sizes(void *data, const struct store_size *sizes, size_t n_sizes,
                     const struct err *err)
{
    struct reporting *reporting = data;

    if (err == NULL)
        sizes_write(&reporting->writer, sizes, n_sizes, &reporting->spool);
    if (err == NULL && !reporting->is_json) {
        putchar('\n');
        sizes_print(sizes, n_sizes, &reporting->spool);
    }
    asking_answered(&reporting->asking, err);
}

static bool sum_spool(const char *dir, struct sizes_spool *ret_spool, struct err *err)
{
    struct spool_file *files;

    *ret_spool = (struct sizes_spool){0};
    if (!spool_list(dir, &files, &ret_spool->n_files, err))
        return false;
    for (size_t i = 0; i < ret_spool->n_files; i++)
        ret_spool->bytes += files[i].bytes;
    free(files);
    return true;
}

static int report(struct reporting *reporting, const struct config *config)
{
    struct asking *asking = &reporting->asking;
    struct err err;

    if (!asking_open(asking, config->database_url))
        return command_fail(&asking->err);
    if (reporting->has_sizes && !sum_spool(config->spool, &reporting->spool, &err))
        return command_fail(&err);
    writer_begin(&reporting->writer, NULL, '{');
    store_who_holds(asking->store, on_holder, reporting);
    if (!asking_wait(asking))
        return command_fail(&asking->err);
    store_status(asking->store, on_status, reporting);
    if (!asking_wait(asking))
        return command_fail(&asking->err);
    if (reporting->has_sizes) {
        store_read_sizes(asking->store, on_sizes, reporting);
        if (!asking_wait(asking))
            return command_fail(&asking->err);
    }
    writer_end(&reporting->writer, '}');
    if (reporting->is_json)
        writer_print(&reporting->writer, stdout);
    return 0;
}

int command_status(const char *file, int argc, char **argv)
{
    struct reporting reporting = {.is_json = false};
    const struct command_switch switches[] = {
        {"--size", &reporting.has_sizes}, {"--json", &reporting.is_json}, {NULL, NULL}};
    CLEANUP(config_free) struct config *config = NULL;
    int exit_code = 0;

    if (command_read(argc, argv, switches, false) == 0)
        return err_exit_code(ERR_USAGE);
    config = command_load(file, &exit_code);
    if (config == NULL)
        return exit_code;
    writer_init(&reporting.writer);
    exit_code = report(&reporting, config);
    asking_close(&reporting.asking);
    writer_deinit(&reporting.writer);
    return exit_code;
}
