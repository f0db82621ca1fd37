#include "status/page.h"

#include <inttypes.h>

#include "core/when.h"
#include "status/html.h"
#include "status/page_private.h"

/*
 * The document around the sections. It comes again by itself, faster while something runs; the
 * browser keeps its place.
 */

#define AGAIN_RUNNING_S 5
#define AGAIN_S 60

/* A drop of the accent's color, for the tab. */
static const char icon[] =
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Crect width='16' height='16' rx='4' fill='%230b6b66'/%3E%3Cpath d='M5 3v10h6' "
    "fill='none' stroke='%23fff' stroke-width='2.4'/%3E%3C/svg%3E";

static bool is_running(const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->n_jobs; i++)
        if (snapshot->jobs[i].state == SNAPSHOT_RUNNING)
            return true;
    return false;
}

static void put_head(struct buf *out, const struct snapshot *snapshot)
{
    size_t n_problems = page_count_problems(snapshot);

    buf_printf(out,
               "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
               "<meta name=\"color-scheme\" content=\"light dark\">"
               "<meta http-equiv=\"refresh\" content=\"%d\">"
               "<link rel=\"icon\" href=\"%s\"><title>",
               is_running(snapshot) ? AGAIN_RUNNING_S : AGAIN_S, icon);
    if (n_problems > 0)
        buf_printf(out, "(%zu) linkhaul", n_problems);
    else
        buf_append_string(out, "linkhaul: all is well");
    buf_append_string(out, "</title>\n<style>\n");
    for (size_t i = 0; page_style[i] != NULL; i++)
        buf_append_string(out, page_style[i]);
    buf_append_string(out, "</style></head><body>\n");
}

static void put_header(struct buf *out, const struct snapshot *snapshot)
{
    char now[WHEN_TEXT_MAX], up[WHEN_TEXT_MAX];

    when_utc(snapshot->now_s, now);
    buf_printf(out,
               "<header><h1>linkhaul</h1><p class=\"quiet\">up for %s, as of "
               "<time datetime=\"%s\">%.10s %.8s UTC</time></p></header>\n",
               when_span(snapshot->now_s - snapshot->started_s, up), now, now, now + 11);
}

/* Money, and what it bought. */
static void put_glance(struct buf *out, const struct snapshot *snapshot)
{
    buf_append_string(out,
                      "<section aria-labelledby=\"glance\"><h2 id=\"glance\">At a glance</h2>"
                      "<div class=\"cards\">\n");
    page_put_accounts(out, snapshot);
    if (snapshot->n_accounts > 1)
        buf_append_string(out, "</div><div class=\"cards\">\n");
    page_put_nights(out, snapshot);
    buf_append_string(out, "</div></section>\n");
}

static void put_errors(struct buf *out, const struct snapshot *snapshot)
{
    buf_append_string(out,
                      "<section aria-labelledby=\"errors\"><h2 id=\"errors\">Latest errors"
                      "</h2><div class=\"card\">");
    buf_append_string(out, snapshot->n_errors > 0
                               ? "<ol class=\"errors\">"
                               : "<p class=\"quiet\">None that the database knows of.</p>");
    for (size_t i = 0; i < snapshot->n_errors; i++) {
        const struct snapshot_error *error = &snapshot->errors[i];

        buf_append_string(out, "<li><span class=\"quiet\">");
        if (error->at_s >= 0)
            html_ago(out, error->at_s, snapshot->now_s);
        buf_append_string(out, "</span><b>");
        html_text(out, error->job[0] != '\0' ? error->job : "the service");
        buf_append_string(out, "</b><p>");
        html_text(out, error->text);
        buf_append_string(out, "</p></li>\n");
    }
    buf_append_string(out,
                      snapshot->n_errors > 0 ? "</ol></div></section>\n" : "</div></section>\n");
}

static void put_footer(struct buf *out, const struct snapshot *snapshot)
{
    buf_append_string(out, "<footer class=\"quiet\">linkhaul ");
    html_text(out, snapshot->version);
    buf_append_string(out, ", ");
    html_text(out, snapshot->config_file);
    buf_append_string(out,
                      " \xc2\xb7 <a href=\"status\">JSON</a> \xc2\xb7 "
                      "<a href=\"metrics\">metrics</a></footer>\n</body></html>\n");
}

void page_write(struct buf *out, const struct snapshot *snapshot)
{
    put_head(out, snapshot);
    put_header(out, snapshot);
    buf_append_string(out, "<main>\n");
    page_put_banner(out, snapshot);
    page_put_running(out, snapshot);
    put_glance(out, snapshot);
    page_put_jobs(out, snapshot);
    put_errors(out, snapshot);
    buf_append_string(out, "</main>\n");
    put_footer(out, snapshot);
}
