#include "cli/table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

/*
 * Rows are collected first and printed at the end, when the width of each column is known. Widths
 * are counted in characters: what is not ASCII takes more bytes than places.
 */

#define GAP "  "
#define CUT "..."
#define INDENT "    "

struct table_row {
    char **cells;
    size_t n_cells;
    char *note; /* NULL: none */
};

void table_init(struct table *table, const struct table_column *columns, size_t n_columns)
{
    *table = (struct table){.columns = columns, .n_columns = n_columns};
}

void table_deinit(struct table *table)
{
    for (size_t i = 0; i < table->n_rows; i++) {
        for (size_t j = 0; j < table->rows[i].n_cells; j++)
            free(table->rows[i].cells[j]);
        free(table->rows[i].cells);
        free(table->rows[i].note);
    }
    free(table->rows);
    *table = (struct table){.columns = table->columns, .n_columns = table->n_columns};
}

void table_add_row(struct table *table)
{
    struct table_row *row;

    table->rows = mem_resize(table->rows, table->n_rows + 1, sizeof(*table->rows));
    row = &table->rows[table->n_rows++];
    *row = (struct table_row){.cells = mem_new_array(table->n_columns, sizeof(*row->cells))};
}

void table_add(struct table *table, const char *format, ...)
{
    struct table_row *row = &table->rows[table->n_rows - 1];
    va_list arguments;

    assert(row->n_cells < table->n_columns && row->note == NULL);
    va_start(arguments, format);
    row->cells[row->n_cells++] = mem_vprintf(format, arguments);
    va_end(arguments);
}

void table_add_note(struct table *table, const char *format, ...)
{
    struct table_row *row = &table->rows[table->n_rows - 1];
    va_list arguments;

    assert(row->note == NULL);
    va_start(arguments, format);
    row->note = mem_vprintf(format, arguments);
    va_end(arguments);
}

/* The bytes of the first `n` characters; all of them where there are fewer. */
static size_t bytes_of(const char *text, size_t n)
{
    size_t at = 0;

    for (; n > 0 && text[at] != '\0'; n--)
        do
            at++;
        while (((unsigned char)text[at] & 0xC0) == 0x80);
    return at;
}

static size_t width_of_bytes(const char *text, size_t size)
{
    size_t n = 0;

    for (size_t i = 0; i < size; i++)
        n += ((unsigned char)text[i] & 0xC0) != 0x80;
    return n;
}

static size_t width_of(const char *text)
{
    return width_of_bytes(text, strlen(text));
}

/* "https://example...2024.html": the middle goes, since URLs differ at their end. */
static char *shorten(const char *text, size_t cell_max)
{
    size_t width = width_of(text), n_head, n_tail;
    size_t kept = cell_max - strlen(CUT);

    if (cell_max == 0 || width <= cell_max)
        return mem_strdup(text);
    n_tail = kept / 2;
    n_head = kept - n_tail;
    return mem_printf("%.*s" CUT "%s", (int)bytes_of(text, n_head), text,
                      text + bytes_of(text, width - n_tail));
}

static void pad(size_t n, FILE *out)
{
    for (; n > 0; n--)
        fputc(' ', out);
}

/* Nothing is padded behind the last cell: a line does not end in spaces. */
static void print_cell(const struct table *table, size_t column, size_t width, const char *text,
                       bool is_last, FILE *out)
{
    size_t n_missing = width - width_of(text);
    bool is_number = table->columns[column].is_number;

    if (column > 0)
        fputs(GAP, out);
    pad(is_number ? n_missing : 0, out);
    fputs(text, out);
    pad(is_number || is_last ? 0 : n_missing, out);
}

static void measure(const struct table *table, size_t cell_max, size_t *widths)
{
    for (size_t i = 0; i < table->n_columns; i++)
        widths[i] = strlen(table->columns[i].title);
    for (size_t i = 0; i < table->n_rows; i++)
        for (size_t j = 0; j < table->rows[i].n_cells; j++) {
            size_t width = width_of(table->rows[i].cells[j]);

            if (cell_max > 0 && width > cell_max)
                width = cell_max;
            if (width > widths[j])
                widths[j] = width;
        }
}

/* A note that does not fit behind its row stands below it, broken between words. */
static void print_note_below(const char *note, size_t line_max, FILE *out)
{
    size_t at = line_max; /* so that the first word begins a line */

    while (*note != '\0') {
        size_t length = strcspn(note, " ");
        size_t width = width_of_bytes(note, length);

        if (at + 1 + width > line_max) {
            fputs("\n" INDENT, out);
            at = strlen(INDENT);
        } else {
            fputc(' ', out);
            at++;
        }
        fprintf(out, "%.*s", (int)length, note);
        at += width;
        note += length + strspn(note + length, " ");
    }
}

static void print_row(const struct table *table, const struct table_row *row, const size_t *widths,
                      size_t cell_max, size_t line_max, FILE *out)
{
    size_t at = row->note != NULL ? strlen(GAP) + width_of(row->note) : 0;
    bool is_below;

    for (size_t i = 0; i < row->n_cells; i++)
        at += widths[i] + (i > 0 ? strlen(GAP) : 0);
    is_below = line_max > 0 && at > line_max;
    for (size_t i = 0; i < row->n_cells; i++) {
        CLEANUP(mem_free_string) char *text = shorten(row->cells[i], cell_max);
        bool is_last = i + 1 == row->n_cells && (row->note == NULL || is_below);

        print_cell(table, i, widths[i], text, is_last, out);
    }
    if (row->note != NULL && is_below)
        print_note_below(row->note, line_max, out);
    else if (row->note != NULL)
        fprintf(out, GAP "%s", row->note);
    fputc('\n', out);
}

/* The widths of all columns; returns that of a line without a note. */
static size_t measure_line(const struct table *table, size_t cell_max, size_t *widths)
{
    size_t width = 0;

    measure(table, cell_max, widths);
    for (size_t i = 0; i < table->n_columns; i++)
        width += widths[i] + (i > 0 ? strlen(GAP) : 0);
    return width;
}

void table_print(const struct table *table, size_t line_max, FILE *out)
{
    size_t *widths = mem_new_array(table->n_columns, sizeof(*widths));
    size_t cell_max = line_max > TABLE_CELL_MIN ? line_max : TABLE_CELL_MIN;

    if (line_max == 0)
        cell_max = 0;
    while (measure_line(table, cell_max, widths) > line_max && cell_max > TABLE_CELL_MIN)
        cell_max--;
    for (size_t i = 0; i < table->n_columns; i++)
        print_cell(table, i, widths[i], table->columns[i].title, i + 1 == table->n_columns, out);
    fputc('\n', out);
    for (size_t i = 0; i < table->n_rows; i++)
        print_row(table, &table->rows[i], widths, cell_max, line_max, out);
    free(widths);
}
