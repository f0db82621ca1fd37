#include "cli/plan_compare.h"

#include <stdlib.h>

#include "api/request.h"
#include "cli/asking.h"
#include "cli/command.h"
#include "cli/plan.h"
#include "cli/table.h"
#include "core/mem.h"
#include "core/money.h"
#include "core/writer.h"
#include "store/plan.h"

/* `plan --compare`: asks what the shapes hang on, and shows them. */

struct comparing {
    struct asking *asking;
    struct plan_job *job;
};

static const char *const names[] = {[SHAPE_AS_IS] = "as is",
                                    [SHAPE_UNFILTERED] = "without its filters",
                                    [SHAPE_PER_DOMAIN] = "one per domain",
                                    [SHAPE_CHANGES] = "changes"};

static void on_feeds(void *data, const struct store_compare_feed *feeds, size_t n_feeds,
                     const struct err *err)
{
    struct comparing *comparing = data;
    struct plan_job *job = comparing->job;

    for (size_t i = 0; i < n_feeds; i++) {
        const struct config_job *config = job->job;
        struct compare_facts facts = {
            .endpoint = config->endpoint,
            .request = config->feeds[i].request,
            .price = job->price,
            .limit = request_limit(config->endpoint, config->feeds[i].request, config->max_rows),
            .max_rows = config->max_rows,
            .whole = &job->feeds[i].whole,
            .runs_a_month = plan_runs_in_month(job),
            .sync = config->sync,
            .refresh_days = config->refresh_days,
            .is_narrowed = feeds[i].is_narrowed,
            .n_live = feeds[i].n_live,
            .n_domains = feeds[i].n_domains,
            .new_a_night = feeds[i].new_a_night,
            .lost_a_night = feeds[i].lost_a_night,
            .n_nights = feeds[i].n_nights,
            .n_unfiltered = feeds[i].n_unfiltered,
        };

        job->feeds[i].n_shapes = compare_shapes(&facts, job->feeds[i].shapes);
    }
    asking_answered(comparing->asking, err);
}

bool plan_compare(struct plan *plan, struct asking *asking)
{
    for (size_t i = 0; i < plan->n_jobs; i++) {
        const struct config_job *job = plan->jobs[i].job;
        struct comparing comparing = {asking, &plan->jobs[i]};
        struct uuid *keys = mem_new_array(job->n_feeds, sizeof(*keys));

        for (size_t j = 0; j < job->n_feeds; j++)
            keys[j] = job->feeds[j].key;
        store_compare_feeds(asking->store, keys, job->n_feeds, on_feeds, &comparing);
        free(keys);
        if (!asking_wait(asking))
            return false;
    }
    return true;
}

/* --- for people ------------------------------------------------------------------------------ */

/* Nobody knows an average closer than to the hundredth of a cent. */
static void add_money(struct table *table, const struct shape *shape, int64_t nanousd,
                      int64_t unit_nanousd)
{
    char text[MONEY_TEXT_MAX];

    if (!shape->is_known)
        table_add(table, "-");
    else
        table_add(table, "%s%s", shape->is_at_most ? "<= " : "",
                  money_format(nanousd > INT64_MAX - unit_nanousd
                                   ? nanousd
                                   : (nanousd + unit_nanousd - 1) / unit_nanousd * unit_nanousd,
                               text));
}

static void add_shape(struct table *table, const struct plan_job *job, const struct plan_feed *feed,
                      const struct shape *shape)
{
    table_add_row(table);
    table_add(table, "%s", job->job->title);
    table_add(table, "%s", feed->target);
    table_add(table, "%s%s", names[shape->kind], shape->is_taken ? " *" : "");
    add_money(table, shape, shape->night_nanousd, NANOUSD_PER_USD / 10000);
    add_money(table, shape, shape->month_nanousd, NANOUSD_PER_USD / 100);
    table_add_note(table, "%s", shape->basis);
}

void plan_compare_print(const struct plan *plan)
{
    static const struct table_column columns[] = {
        {"JOB", false}, {"TARGET", false}, {"SHAPE", false}, {"A RUN", true}, {"A MONTH", true}};
    struct table table;

    table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < plan->n_jobs; i++)
        for (size_t j = 0; j < plan->jobs[i].n_feeds; j++) {
            const struct plan_feed *feed = &plan->jobs[i].feeds[j];

            for (size_t k = 0; k < feed->n_shapes; k++)
                add_shape(&table, &plan->jobs[i], feed, &feed->shapes[k]);
        }
    printf("\nShapes side by side\n");
    command_print_table(&table);
    table_deinit(&table);
    printf(
        "*: what `sync` of the job does on most nights\n"
        "changes: on average, with the part that is taken anew (refresh); beside them goes a "
        "call for all targets of an account\n");
}

/* --- for programs ---------------------------------------------------------------------------- */

static void write_dollars(struct writer *writer, const char *name, bool is_known, int64_t nanousd)
{
    if (is_known)
        writer_dollars(writer, name, nanousd);
    else
        writer_null(writer, name);
}

void plan_compare_write(struct writer *writer, const struct plan_feed *feed)
{
    static const char *const words[] = {[SHAPE_AS_IS] = "as_is",
                                        [SHAPE_UNFILTERED] = "unfiltered",
                                        [SHAPE_PER_DOMAIN] = "one_per_domain",
                                        [SHAPE_CHANGES] = "changes"};

    if (feed->n_shapes == 0)
        return;
    for (size_t i = 0; i < feed->n_shapes; i++)
        if (feed->shapes[i].is_taken)
            writer_text(writer, "sync_takes", words[feed->shapes[i].kind]);
    writer_begin(writer, "shapes", '[');
    for (size_t i = 0; i < feed->n_shapes; i++) {
        const struct shape *shape = &feed->shapes[i];
        bool is_exact = shape->is_known && !shape->is_at_most;

        writer_begin(writer, NULL, '{');
        writer_text(writer, "shape", words[shape->kind]);
        write_dollars(writer, "dollars_a_run", is_exact, shape->night_nanousd);
        write_dollars(writer, "dollars_a_run_max", shape->is_known, shape->night_nanousd);
        write_dollars(writer, "dollars_a_month", is_exact, shape->month_nanousd);
        write_dollars(writer, "dollars_a_month_max", shape->is_known, shape->month_nanousd);
        writer_text(writer, "basis", shape->basis);
        writer_end(writer, '}');
    }
    writer_end(writer, ']');
}
