#include <stdlib.h>

#include "api/endpoint.h"
#include "cli/plan.h"
#include "cli/plan_compare.h"
#include "core/mem.h"
#include "core/writer.h"

/*
 * The plan for programs; `linkhaul help plan` documents the keys. What is unknown is null, and the
 * most that it can be stands beside it.
 */

static void write_part(struct writer *writer, const char *name, const struct plan_part *part,
                       int64_t ms)
{
    const struct estimate *estimate = &part->estimate;
    bool is_known = estimate->kind == ESTIMATE_KNOWN, is_open = estimate->kind == ESTIMATE_OPEN;

    writer_begin(writer, name, '{');
    writer_int_or_null(writer, "rows", is_known ? estimate->n_rows : -1);
    writer_int_or_null(writer, "rows_max", is_open ? -1 : estimate->n_rows);
    writer_int_or_null(writer, "calls", is_known ? estimate->n_calls : -1);
    writer_int_or_null(writer, "calls_max", is_open ? -1 : estimate->n_calls);
    if (is_known)
        writer_dollars(writer, "dollars", estimate->nanousd);
    else
        writer_null(writer, "dollars");
    if (part->most_nanousd >= 0)
        writer_dollars(writer, "dollars_max", part->most_nanousd);
    else
        writer_null(writer, "dollars_max");
    if (is_open) {
        writer_null(writer, "minutes");
        writer_null(writer, "gigabytes");
    } else {
        writer_decimal(writer, "minutes", ms / 600, 2);
        writer_decimal(writer, "gigabytes", estimate->bytes / 1000, 6);
    }
    writer_end(writer, '}');
}

static const char *const span_names[] = {"run", "month"};

static void write_spans(struct writer *writer, const struct plan_job *job,
                        const struct plan_part parts[N_PLAN_SPANS])
{
    for (int span = 0; span < N_PLAN_SPANS; span++)
        write_part(writer, span_names[span], &parts[span], plan_ms(job, &parts[span].estimate));
}

static void write_job(struct writer *writer, const struct plan_job *job)
{
    static const char *const sources[] = {[PLAN_PRICES_TOLD] = "account",
                                          [PLAN_PRICES_GIVEN] = "configuration",
                                          [PLAN_PRICES_LISTED] = "list"};

    writer_begin(writer, NULL, '{');
    writer_text(writer, "job", job->job->title);
    writer_text(writer, "endpoint", job->job->endpoint->name);
    writer_text(writer, "account", job->job->account->name);
    writer_text_or_null(writer, "schedule", job->job->schedule != NULL ? job->job->schedule : "");
    writer_decimal(writer, "runs_a_month", plan_runs_in_month(job), 2);
    writer_int_or_null(writer, "open_run", job->run_id > 0 ? job->run_id : -1);
    writer_begin(writer, "prices", '{');
    writer_dollars(writer, "per_call", job->price.per_call_nanousd);
    writer_dollars(writer, "per_item", job->price.per_item_nanousd);
    writer_text(writer, "source", sources[job->prices]);
    writer_end(writer, '}');
    writer_begin(writer, "feeds", '[');
    for (size_t i = 0; i < job->n_feeds; i++) {
        writer_begin(writer, NULL, '{');
        writer_text(writer, "target", job->feeds[i].target);
        writer_text(writer, "basis", plan_basis(&job->feeds[i]));
        write_spans(writer, job, job->feeds[i].parts);
        plan_compare_write(writer, &job->feeds[i]);
        writer_end(writer, '}');
    }
    writer_end(writer, ']');
    write_spans(writer, job, job->parts);
    writer_end(writer, '}');
}

static void write_bite(struct writer *writer, const struct plan *plan, const struct plan_bite *bite)
{
    static const char *const spans[] = {"run", "month"};
    static const char *const pers[] = {"run", "day", "month", "keep_balance"};
    static const char *const levels[] = {"job", "project", "account", "configuration"};
    CLEANUP(mem_free_string) char *text = plan_bite_text(plan, bite);
    bool is_keep = bite->cap->per == PLAN_KEEP,
         is_end = bite->night == 0 && bite->wanted_nanousd == 0;

    writer_begin(writer, NULL, '{');
    writer_text(writer, "in", spans[bite->span]);
    writer_text(writer, "per", pers[bite->cap->per]);
    writer_text(writer, "of", levels[bite->cap->level]);
    writer_dollars(writer, "cap", bite->cap->cap_nanousd);
    if (is_keep)
        writer_null(writer, "spent");
    else
        writer_dollars(writer, "spent", bite->cap->spent_nanousd);
    writer_text_or_null(writer, "job",
                        bite->job == PLAN_ALL_JOBS ? "" : plan->jobs[bite->job].job->title);
    writer_int_or_null(writer, "after_rows", is_end ? bite->n_rows : -1);
    writer_int_or_null(writer, "of_rows", is_end ? bite->of_rows : -1);
    writer_int_or_null(writer, "on_night", bite->night > 0 ? bite->night : -1);
    writer_text(writer, "text", text);
    writer_end(writer, '}');
}

void plan_write(const struct plan *plan, struct writer *writer)
{
    writer_begin(writer, NULL, '{');
    writer_begin(writer, "jobs", '[');
    for (size_t i = 0; i < plan->n_jobs; i++)
        write_job(writer, &plan->jobs[i]);
    writer_end(writer, ']');
    for (enum plan_span span = PLAN_RUN; span < N_PLAN_SPANS; span++)
        write_part(writer, span_names[span], &plan->parts[span], plan_ms_of_all(plan, span));
    writer_begin(writer, "caps", '[');
    for (size_t i = 0; i < plan->n_bites; i++)
        write_bite(writer, plan, &plan->bites[i]);
    writer_end(writer, ']');
    writer_end(writer, '}');
}
