#include "config/complaint.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/mem.h"

#define COMPLAINT_TEXT_MAX 4096 /* bytes; longer texts are cut */

static void add(struct source *source, enum complaint_level level, unsigned line, unsigned column,
                char *text)
{
    struct complaints *complaints = source->complaints;
    size_t n = complaints->n_items;

    complaints->items = mem_resize(complaints->items, n + 1, sizeof(*complaints->items));
    complaints->items[n] = (struct complaint){.file = source->file,
                                              .file_no = source->file_no,
                                              .line = line,
                                              .column = column,
                                              .level = level,
                                              .order = n,
                                              .text = text};
    complaints->n_items++;
    source->n_complaints++;
}

static bool is_made(const struct source *source, unsigned line, unsigned column, const char *text)
{
    const struct complaints *complaints = source->complaints;

    for (size_t i = complaints->n_items; i > 0; i--) {
        const struct complaint *item = &complaints->items[i - 1];

        if (item->file_no == source->file_no && item->line == line && item->column == column &&
            strcmp(item->text, text) == 0)
            return true;
    }
    return false;
}

void complain(struct source *source, enum complaint_level level, unsigned line, unsigned column,
              const char *format, ...)
{
    char text[COMPLAINT_TEXT_MAX];
    va_list arguments;

    source->n_errors += level == COMPLAINT_ERROR;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (is_made(source, line, column, text))
        return;
    /* Those that are left out count too: what they are about is as wrong. */
    source->complaints->n_errors += level == COMPLAINT_ERROR;
    source->complaints->n_warnings += level == COMPLAINT_WARNING;
    if (source->n_complaints == COMPLAINTS_PER_FILE_MAX)
        add(source, COMPLAINT_ERROR, line, column,
            mem_strdup("too many complaints about this file; the rest is left out"));
    if (source->n_complaints > COMPLAINTS_PER_FILE_MAX)
        return;
    add(source, level, line, column, mem_strdup(text));
}

static int by_place(const void *left, const void *right)
{
    const struct complaint *a = left, *b = right;

    if (a->file_no != b->file_no)
        return a->file_no < b->file_no ? -1 : 1;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    if (a->column != b->column)
        return a->column < b->column ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

void complaints_sort(struct complaints *complaints)
{
    if (complaints->n_items > 1)
        qsort(complaints->items, complaints->n_items, sizeof(*complaints->items), by_place);
}

void complaints_print(const struct complaints *complaints, enum complaint_level from,
                      enum complaint_level to, FILE *out)
{
    static const char *const levels[] = {
        [COMPLAINT_ERROR] = "", [COMPLAINT_WARNING] = "warning: ", [COMPLAINT_NOTE] = "note: "};

    for (size_t i = 0; i < complaints->n_items; i++) {
        const struct complaint *item = &complaints->items[i];

        if (item->level < from || item->level > to)
            continue;
        if (item->line == 0)
            fprintf(out, "%s: %s%s\n", item->file, levels[item->level], item->text);
        else
            fprintf(out, "%s:%u:%u: %s%s\n", item->file, item->line, item->column,
                    levels[item->level], item->text);
    }
}

void complaints_log(const struct complaints *complaints)
{
    for (size_t i = 0; i < complaints->n_items; i++) {
        const struct complaint *item = &complaints->items[i];
        enum log_level level = item->level == COMPLAINT_ERROR ? LOG_ERROR : LOG_WARNING;

        if (item->level == COMPLAINT_NOTE)
            continue;
        if (item->line == 0)
            log_event(level, LOG_PLAIN, "%s: %s", item->file, item->text);
        else
            log_event(level, LOG_PLAIN, "%s:%u:%u: %s", item->file, item->line, item->column,
                      item->text);
    }
}

void complaints_deinit(struct complaints *complaints)
{
    for (size_t i = 0; i < complaints->n_items; i++)
        free(complaints->items[i].text);
    free(complaints->items);
    *complaints = (struct complaints){.n_items = 0};
}
