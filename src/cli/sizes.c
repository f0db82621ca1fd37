#include "cli/sizes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/table.h"
#include "core/text.h"
#include "core/writer.h"

/* Partitions that hold nothing and tables that are small by nature are told as one line. */
#define SMALL_BYTES 1048576

static void add_line(struct table *table, const char *kind, const char *name, int64_t n_rows,
                     uint64_t bytes)
{
    char text[TEXT_BYTES_MAX];

    table_add_row(table);
    table_add(table, "%s", kind);
    table_add(table, "%s", name);
    if (n_rows >= 0)
        table_add(table, "%" PRId64, n_rows);
    else
        table_add(table, "%s", "");
    table_add(table, "%s", text_bytes(bytes, text));
}

static const char *name_of(const struct store_size *size)
{
    return size->partition[0] != '\0' ? size->partition : size->table;
}

static uint64_t sum_of(const struct store_size *sizes, size_t n_sizes)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < n_sizes; i++)
        bytes += sizes[i].bytes;
    return bytes;
}

void sizes_print(const struct store_size *sizes, size_t n_sizes, const struct sizes_spool *spool)
{
    static const struct table_column columns[] = {
        {"OF", false}, {"TABLE", false}, {"ROWS ABOUT", true}, {"SIZE", true}};
    uint64_t rest = 0;
    struct table table;

    table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < n_sizes; i++)
        if (sizes[i].bytes >= SMALL_BYTES || strcmp(sizes[i].kind, "state") == 0)
            add_line(&table, sizes[i].kind, name_of(&sizes[i]), sizes[i].n_rows, sizes[i].bytes);
        else
            rest += sizes[i].bytes;
    add_line(&table, "", "the other tables", -1, rest);
    add_line(&table, "spool", "segments", (int64_t)spool->n_files, spool->bytes);
    add_line(&table, "all", "", -1, sum_of(sizes, n_sizes) + spool->bytes);
    command_print_table(&table);
    table_deinit(&table);
}

void sizes_write(struct writer *writer, const struct store_size *sizes, size_t n_sizes,
                 const struct sizes_spool *spool)
{
    writer_begin(writer, "sizes", '[');
    for (size_t i = 0; i < n_sizes; i++) {
        writer_begin(writer, NULL, '{');
        writer_text(writer, "of", sizes[i].kind);
        writer_text(writer, "table", sizes[i].table);
        writer_text_or_null(writer, "partition", sizes[i].partition);
        writer_int(writer, "rows_about", sizes[i].n_rows);
        writer_int(writer, "bytes", (int64_t)sizes[i].bytes);
        writer_end(writer, '}');
    }
    writer_end(writer, ']');
    writer_int(writer, "spool_bytes", (int64_t)spool->bytes);
    writer_int(writer, "bytes", (int64_t)(sum_of(sizes, n_sizes) + spool->bytes));
}
