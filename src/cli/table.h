/*
 * A table on standard output: columns as wide as what stands in them, so that it stays lined up
 * whatever a job is called. For a person, overlong texts are shortened in their middle; a file or
 * another program gets them whole.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_CELL_MIN 12 /* enough for every word of ours */

struct table_column {
    const char *title;
    bool is_number; /* to the right */
};

struct table_row;

struct table {
    const struct table_column *columns; /* the caller's, for as long as the table is there */
    size_t n_columns;
    struct table_row *rows;
    size_t n_rows;
};

void table_init(struct table *table, const struct table_column *columns, size_t n_columns);
void table_deinit(struct table *table);

/* Begins a row; then a cell for each column, from the left. A row may end before the last one. */
void table_add_row(struct table *table);
void table_add(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * A text behind the row's last cell. It stands in no column, so it widens none; where it does not
 * fit the line, it goes below its row.
 */
void table_add_note(struct table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Prints the titles and the rows. Where a line would be longer than `line_max`, the longest cells
 * are shortened, though never to less than TABLE_CELL_MIN characters; 0: none is.
 */
void table_print(const struct table *table, size_t line_max, FILE *out);
