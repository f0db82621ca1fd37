#include "cli/summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/table.h"
#include "core/money.h"
#include "daemon/engine.h"

/* What helps a listing that is not published; why it is not has been logged above. */
static const char *what_helps(const struct engine_listing *listing)
{
    if (listing->is_held)
        return listing->reason;
    if (listing->completeness == NULL)
        return "run again to go on";
    if (strcmp(listing->completeness, "budget") == 0)
        return "raise `budget`, then run again to go on";
    return "see its error; run again to go on";
}

static void add_listing(struct table *table, const struct engine_listing *listing)
{
    bool is_full = strcmp(listing->kind, "full") == 0;
    bool is_counted = strcmp(listing->kind, "count") == 0 && listing->is_published;

    table_add_row(table);
    table_add(table, "%s", listing->job);
    table_add(table, "%s", listing->target);
    table_add(table, "%s%s%s", is_full ? "" : listing->kind, is_full || is_counted ? "" : ", ",
              listing->is_held                ? "held"
              : is_counted                    ? ""
              : listing->completeness != NULL ? listing->completeness
                                              : "stopped");
    if (!listing->is_published) {
        table_add_note(table, "not published: %s", what_helps(listing));
        return;
    }
    table_add(table, "%" PRId64, listing->n_items);
    table_add(table, "%" PRId64, listing->n_rows);
    table_add(table, "%" PRId64, listing->n_duplicates);
    table_add(table, "%" PRId64, listing->n_missing);
}

void summary_print(const struct engine_progress *progress, summary_listing_fn *listing_at,
                   const void *from)
{
    static const struct table_column columns[] = {
        {"JOB", false}, {"TARGET", false}, {"LISTING", false}, {"ITEMS", true},
        {"ROWS", true}, {"REPEATS", true}, {"MISSING", true}};
    struct engine_listing listing;
    struct table table;
    char booked[MONEY_TEXT_MAX], budget[MONEY_TEXT_MAX];

    if (progress->n_listings + progress->n_unmoved == 0)
        return;
    table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; listing_at(from, i, &listing); i++)
        add_listing(&table, &listing);
    if (progress->n_listings > 0)
        command_print_table(&table);
    if (progress->n_unmoved > 0)
        printf("nothing has moved in %zu feed%s: not asked for\n", progress->n_unmoved,
               progress->n_unmoved == 1 ? "" : "s");
    table_deinit(&table);
    /* Dollars are of whole runs, with listings that an earlier start of theirs has published. */
    printf("%" PRId64 " call%s now; booked in all: %s of %s\n", progress->n_calls,
           progress->n_calls == 1 ? "" : "s", money_format(progress->booked_nanousd, booked),
           progress->budget_nanousd > 0 ? money_format(progress->budget_nanousd, budget)
                                        : "any amount");
    if (progress->n_undelivered > 0)
        printf("%" PRId64 " call%s billed, and %s answer%s never came: %s (undelivered)\n",
               progress->n_undelivered, progress->n_undelivered == 1 ? " was" : "s were",
               progress->n_undelivered == 1 ? "its" : "their",
               progress->n_undelivered == 1 ? "" : "s",
               money_format(progress->undelivered_nanousd, booked));
}
