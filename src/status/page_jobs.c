#include <inttypes.h>
#include <string.h>

#include "core/tz.h"
#include "core/when.h"
#include "status/chart.h"
#include "status/html.h"
#include "status/page_private.h"

/* What runs now, and each job with its last run, its nights and its next start. */

/* Roles, since a table that is laid out as cards is none to who has it read out. */
#define COLUMN(title) "<th scope=\"col\" role=\"columnheader\">" title "</th>"
#define NUMBER_COLUMN(title) "<th scope=\"col\" role=\"columnheader\" class=\"n\">" title "</th>"

/* --- running --------------------------------------------------------------------------------- */

static void put_items(struct buf *out, const struct snapshot_progress *progress)
{
    if (progress->n_items_expected <= 0) {
        buf_append_string(out, "<p class=\"figure\">");
        html_count(out, progress->n_items);
        buf_append_string(out, " <small>items so far</small></p>");
        return;
    }
    buf_printf(out, "<p class=\"figure\">%d %%</p>",
               (int)((double)progress->n_items * 100 / (double)progress->n_items_expected));
    html_bar(out, "items", "items of expected", progress->n_items, progress->n_items_expected);
    buf_append_string(out, "<p class=\"quiet\">");
    html_count(out, progress->n_items);
    buf_append_string(out, " of ");
    html_count(out, progress->n_items_expected);
    buf_append_string(out, " items</p>");
}

static void put_running(struct buf *out, const struct snapshot *snapshot,
                        const struct snapshot_job *job)
{
    const struct snapshot_progress *progress = &job->progress;

    buf_append_string(out, "<article class=\"card\"><div class=\"top\"><h3>");
    html_text(out, job->title);
    buf_append_string(out, "</h3><span class=\"quiet\">");
    if (progress->started_s >= 0) {
        buf_append_string(out, "began ");
        html_ago(out, progress->started_s, snapshot->now_s);
    }
    buf_append_string(out, "</span></div>");
    put_items(out, progress);
    buf_append_string(out, "<dl><dt>Dollars</dt><dd>");
    html_dollars(out, progress->nanousd);
    if (progress->budget_nanousd > 0) {
        buf_append_string(out, " of ");
        html_dollars(out, progress->budget_nanousd);
        buf_append_string(out, "</dd>");
        html_bar(out, "money", "dollars of the cap", progress->nanousd, progress->budget_nanousd);
    } else {
        buf_append_string(out, "</dd>");
    }
    buf_append_string(out, "<dt>Calls in flight</dt><dd>");
    html_count(out, progress->n_in_flight);
    buf_append_string(out, "</dd><dt>Calls made</dt><dd>");
    html_count(out, progress->n_calls);
    buf_append_string(out, "</dd><dt>Listings over</dt><dd>");
    html_count(out, progress->n_over);
    buf_append_string(out, " of ");
    html_count(out, progress->n_listings);
    buf_append_string(out, "</dd></dl></article>\n");
}

void page_put_running(struct buf *out, const struct snapshot *snapshot)
{
    size_t n = 0;

    for (size_t i = 0; i < snapshot->n_jobs; i++) {
        if (snapshot->jobs[i].state != SNAPSHOT_RUNNING)
            continue;
        if (n++ == 0)
            buf_append_string(out,
                              "<section aria-labelledby=\"running\"><h2 id=\"running\">"
                              "Running</h2><div class=\"cards\">\n");
        put_running(out, snapshot, &snapshot->jobs[i]);
    }
    if (n > 0)
        buf_append_string(out, "</div></section>\n");
}

/* --- nights of all --------------------------------------------------------------------------- */

static void put_sum(struct buf *out, const struct chart *chart, enum chart_of of, const char *title)
{
    const struct chart_night *last = &chart->nights[SNAPSHOT_NIGHTS_MAX - 1];

    buf_printf(out,
               "<article class=\"card\"><div class=\"top\"><h3>%s</h3>"
               "<span class=\"quiet\">last night ",
               title);
    if (of == CHART_ROWS)
        html_count(out, last->n_rows);
    else
        html_dollars(out, last->nanousd);
    buf_append_string(out, "</span></div>");
    chart_write(out, chart, of, true, "All jobs");
    buf_append_string(out, "</article>\n");
}

void page_put_nights(struct buf *out, const struct snapshot *snapshot)
{
    int64_t newest = chart_newest(snapshot);
    struct chart chart;

    if (newest < 0)
        return;
    chart_init(&chart, newest);
    for (size_t i = 0; i < snapshot->n_jobs; i++)
        chart_add(&chart, &snapshot->jobs[i]);
    put_sum(out, &chart, CHART_ROWS, "Rows per night");
    put_sum(out, &chart, CHART_DOLLARS, "Dollars per night");
}

/* --- jobs ------------------------------------------------------------------------------------ */

static void put_name(struct buf *out, const struct snapshot *snapshot,
                     const struct snapshot_job *job)
{
    buf_append_string(out, "<th scope=\"row\" role=\"rowheader\">");
    html_text(out, job->title);
    if (snapshot->n_accounts > 1) {
        buf_append_string(out, "<small>account ");
        html_text(out, job->account);
        buf_append_string(out, "</small>");
    }
    if (!job->is_file_ok) {
        buf_append_string(out, "<small>as it was before the mistakes in ");
        html_text(out, job->file);
        buf_append_string(out, "</small>");
    }
    buf_append_string(out, "</th>");
}

/* What it does now, else how its last run went. Why that was not well stands in the banner. */
static void put_last(struct buf *out, const struct snapshot_job *job)
{
    const struct snapshot_run *last = &job->last;
    bool has_run = last->night[0] != '\0', is_idle = job->state == SNAPSHOT_IDLE;

    buf_append_string(out, "<td role=\"cell\" class=\"last-run\">");
    if (!is_idle)
        page_put_word(out, snapshot_state_word(job->state));
    else if (has_run)
        page_put_word(out, last->result);
    else
        buf_append_string(out, "<span class=\"word idle\">never run</span>");
    if (job->state == SNAPSHOT_WAITING && job->reason[0] != '\0') {
        buf_append_string(out, "<small>");
        html_text(out, job->reason);
        buf_append_string(out, "</small>");
    }
    if (has_run) {
        buf_append_string(out, "<small>");
        if (!is_idle) {
            buf_append_string(out, "before: ");
            html_text(out, last->result);
            buf_append_string(out, ", ");
        }
        html_text(out, last->night);
        buf_append_string(out, "</small>");
    }
    buf_append_string(out, "</td>");
}

static void put_rows(struct buf *out, const struct snapshot_run *last)
{
    buf_append_string(out, "<td role=\"cell\" class=\"n number\" data-label=\"Rows\">");
    html_count(out, last->run_id > 0 ? last->n_rows : -1);
    if (last->run_id > 0 && (last->n_new > 0 || last->n_lost > 0)) {
        buf_append_string(out, "<small>+");
        html_count(out, last->n_new > 0 ? last->n_new : 0);
        buf_append_string(out, " new, \xe2\x88\x92");
        html_count(out, last->n_lost > 0 ? last->n_lost : 0);
        buf_append_string(out, " lost</small>");
    }
    buf_append_string(out, "</td>");
}

static void put_spent(struct buf *out, const struct snapshot_run *last)
{
    buf_append_string(out, "<td role=\"cell\" class=\"n number\" data-label=\"Spent\">");
    html_dollars(out, last->run_id > 0 ? last->nanousd : -1);
    if (last->run_id > 0 && last->cap_nanousd > 0) {
        buf_append_string(out, "<small>of ");
        html_dollars(out, last->cap_nanousd);
        buf_append_string(out, "</small>");
    }
    buf_append_string(out, "</td>");
}

static void put_spark(struct buf *out, const struct snapshot_job *job, const struct chart *chart,
                      enum chart_of of)
{
    buf_printf(out, "<td role=\"cell\" data-label=\"%s, 30 nights\">",
               of == CHART_ROWS ? "Rows" : "Dollars");
    if (chart->n_there > 0)
        chart_write(out, chart, of, false, job->title);
    else
        buf_append_string(out, "<span class=\"quiet\">\xe2\x80\x93</span>");
    buf_append_string(out, "</td>");
}

static void put_next(struct buf *out, const struct snapshot *snapshot,
                     const struct snapshot_job *job)
{
    char text[WHEN_TEXT_MAX];
    struct tz *tz = NULL;
    struct err err;

    buf_append_string(out, "<td role=\"cell\" class=\"number\" data-label=\"Next\">");
    if (job->schedule[0] == '\0') {
        buf_append_string(out, "by hand</td>");
        return;
    }
    if (job->next_s >= 0)
        tz = tz_load(job->timezone, &err);
    if (tz != NULL) {
        html_text(out, when_local(tz, job->next_s, snapshot->now_s, text));
        buf_append_string(out, "<small>");
        html_ago(out, job->next_s, snapshot->now_s);
        buf_append_string(out, "</small>");
        tz_free(tz);
    } else {
        buf_append_string(out, "\xe2\x80\x93");
    }
    buf_append_string(out, "</td>");
}

static void put_job(struct buf *out, const struct snapshot *snapshot,
                    const struct snapshot_job *job, int64_t newest)
{
    struct chart chart;

    chart_init(&chart, newest);
    chart_add(&chart, job);
    buf_append_string(out, "<tr role=\"row\">");
    put_name(out, snapshot, job);
    put_last(out, job);
    put_rows(out, &job->last);
    put_spent(out, &job->last);
    put_spark(out, job, &chart, CHART_ROWS);
    put_spark(out, job, &chart, CHART_DOLLARS);
    put_next(out, snapshot, job);
    buf_append_string(out, "</tr>\n");
}

void page_put_jobs(struct buf *out, const struct snapshot *snapshot)
{
    int64_t newest = chart_newest(snapshot);

    buf_append_string(out, "<section aria-labelledby=\"jobs\"><h2 id=\"jobs\">Jobs</h2>\n");
    if (snapshot->n_jobs == 0)
        buf_append_string(out, "<p>There is no job in the configuration.</p>");
    else
        buf_append_string(
            out,
            "<div class=\"wide\" role=\"region\" aria-labelledby=\"jobs\" tabindex=\"0\">"
            "<table role=\"table\"><thead role=\"rowgroup\"><tr role=\"row\">" COLUMN("Job")
                COLUMN("Last run") NUMBER_COLUMN("Rows") NUMBER_COLUMN("Spent")
                    COLUMN("Rows, 30 nights") COLUMN("Dollars, 30 nights")
                        COLUMN("Next") "</tr></thead><tbody role=\"rowgroup\">\n");
    for (size_t i = 0; i < snapshot->n_jobs; i++)
        put_job(out, snapshot, &snapshot->jobs[i], newest);
    if (snapshot->n_jobs > 0)
        buf_append_string(out, "</tbody></table></div>");
    buf_append_string(out, "</section>\n");
}
