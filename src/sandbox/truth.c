#include "sandbox/truth.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "sandbox/options.h"
#include "sandbox/pen.h"
#include "sandbox/query.h"
#include "sandbox/source.h"

static size_t field_at(const char *path)
{
    size_t field = 0;

    while (strcmp(shape_backlinks.fields[field].path, path) != 0)
        field++;
    return field;
}

static void put_time(FILE *file, int64_t seconds)
{
    char text[32];
    struct pen pen = {text, text + sizeof(text)};

    pen_time(&pen, seconds, false);
    fwrite(text, 1, (size_t)(pen.at - text), file);
}

/* A tab in front of it. */
static void put_value(FILE *file, const struct value *value)
{
    putc('\t', file);
    switch (value->kind) {
    case VALUE_BOOL:
        fputs(value->number ? "true" : "false", file);
        break;
    case VALUE_NUM:
        fprintf(file, "%lld", (long long)value->number);
        break;
    case VALUE_TIME:
        put_time(file, value->number);
        break;
    case VALUE_TEXT:
        fwrite(value->text, 1, value->size, file);
        break;
    default:
        break;
    }
}

static void put_row(FILE *file, struct row *row, const size_t *fields, size_t n_fields)
{
    fputs(row->is_lost ? "lost" : "live", file);
    for (size_t i = 0; i < n_fields; i++) {
        struct value value = row_value(row, fields[i]);

        put_value(file, &value);
    }
    putc('\t', file);
    if (row->is_lost)
        put_time(file, row->lost_at);
    fputs(row->is_plain_shape ? "\t\n" : "\todd\n", file);
}

void truth_print(FILE *file, const struct options *options, const char *target)
{
    static const char *const paths[] = {
        "url_from", "url_to", "dofollow", "rank", "backlink_spam_score", "first_seen", "last_seen"};
    struct query query = {.shape = &shape_backlinks,
                          .targets = {target},
                          .n_targets = 1,
                          .names_size = strlen(target) + 1};
    size_t fields[sizeof(paths) / sizeof(paths[0])];
    struct source *source = mem_new(sizeof(*source));
    struct row *row = mem_new(sizeof(*row));

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        fields[i] = field_at(paths[i]);
    source_init(source, &query, options);
    for (uint64_t number = 0; number < source->n_items; number++) {
        if (source_status(source, number) == 0)
            continue;
        source_row(source, number, 1, 0, row);
        put_row(file, row, fields, sizeof(paths) / sizeof(paths[0]));
    }
    source_deinit(source);
    free(row);
    free(source);
}
