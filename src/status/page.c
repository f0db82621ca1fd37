#include "status/page.h"

#include <inttypes.h>
#include <time.h>

#include "core/money.h"

void page_append_text(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '<')
            buf_append_string(out, "&lt;");
        else if (*text == '>')
            buf_append_string(out, "&gt;");
        else if (*text == '&')
            buf_append_string(out, "&amp;");
        else if (*text == '"')
            buf_append_string(out, "&quot;");
        else if (*text == '\'')
            buf_append_string(out, "&#39;");
        else
            buf_append_char(out, *text);
    }
}

static void cell(struct buf *out, const char *text)
{
    buf_append_string(out, "<td>");
    page_append_text(out, text);
    buf_append_string(out, "</td>");
}

static void time_cell(struct buf *out, int64_t at_s)
{
    char text[32] = "-";
    time_t at = (time_t)at_s;
    struct tm utc;

    if (at_s >= 0 && gmtime_r(&at, &utc) != NULL)
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &utc);
    cell(out, text);
}

static void job_row(struct buf *out, const struct snapshot_job *job)
{
    const struct snapshot_progress *progress = &job->progress;

    buf_append_string(out, "<tr>");
    cell(out, job->title);
    cell(out, snapshot_state_word(job->state));
    cell(out, job->schedule);
    time_cell(out, job->next_s);
    time_cell(out, job->last_success_s);
    buf_append_string(out, "<td>");
    if (job->state == SNAPSHOT_RUNNING && progress->n_items_expected > 0)
        buf_printf(out, "%" PRId64 " of %" PRId64 " items; ", progress->n_items,
                   progress->n_items_expected);
    if (!job->is_file_ok) {
        page_append_text(out, job->file);
        buf_append_string(out, " has mistakes; ");
    }
    page_append_text(out, job->reason);
    buf_append_string(out, "</td></tr>\n");
}

void page_write(struct buf *out, const struct snapshot *snapshot)
{
    char dollars[MONEY_TEXT_MAX];

    buf_append_string(out,
                      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                      "<meta name=\"viewport\" content=\"width=device-width\">"
                      "<meta name=\"color-scheme\" content=\"light dark\">"
                      "<title>linkhaul</title></head><body>\n<h1>linkhaul ");
    page_append_text(out, snapshot->version);
    buf_append_string(out, "</h1>\n");
    if (!snapshot->has_database) {
        buf_append_string(out, "<p>The database is away: ");
        page_append_text(out, snapshot->database_away);
        buf_append_string(out, "</p>\n");
    }
    if (snapshot->spent_today_nanousd >= 0)
        buf_printf(out, "<p>%s spent today</p>\n",
                   money_format(snapshot->spent_today_nanousd, dollars));
    buf_append_string(out,
                      "<table><tr><th>Job<th>State<th>Schedule<th>Next<th>Last success"
                      "<th>Note</tr>\n");
    for (size_t i = 0; i < snapshot->n_jobs; i++)
        job_row(out, &snapshot->jobs[i]);
    buf_append_string(out, "</table>\n</body></html>\n");
}
