#include "status/chart.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/date.h"
#include "status/html.h"

/* All in the units of the picture, of which one is a pixel unless the page is narrow. */
struct shape {
    const char *style;
    int width, height, gap;
};

static const struct shape small = {"spark", 120, 28, 1}, large = {"chart", 600, 120, 4};

static int64_t day_of(const char *night)
{
    int year, month, day;

    return sscanf(night, "%d-%d-%d", &year, &month, &day) == 3 ? date_days(year, month, day) : -1;
}

int64_t chart_newest(const struct snapshot *snapshot)
{
    int64_t newest = -1;

    for (size_t i = 0; i < snapshot->n_jobs; i++)
        for (size_t j = 0; j < snapshot->jobs[i].n_nights; j++) {
            int64_t day = day_of(snapshot->jobs[i].nights[j].night);

            newest = day > newest ? day : newest;
        }
    return newest;
}

void chart_init(struct chart *chart, int64_t newest)
{
    *chart = (struct chart){.first = newest - SNAPSHOT_NIGHTS_MAX + 1};
}

static int64_t known(int64_t value)
{
    return value > 0 ? value : 0;
}

void chart_add(struct chart *chart, const struct snapshot_job *job)
{
    for (size_t i = 0; i < job->n_nights; i++) {
        int64_t at = day_of(job->nights[i].night) - chart->first;
        struct chart_night *night;

        if (at < 0 || at >= SNAPSHOT_NIGHTS_MAX)
            continue;
        night = &chart->nights[at];
        chart->n_there += !night->is_there;
        night->is_there = true;
        night->n_rows += known(job->nights[i].n_rows);
        night->n_new += known(job->nights[i].n_new);
        night->n_lost += known(job->nights[i].n_lost);
        night->nanousd += known(job->nights[i].nanousd);
    }
}

static int64_t value_of(const struct chart_night *night, enum chart_of of)
{
    return of == CHART_ROWS ? night->n_rows : night->nanousd;
}

static void put_value(struct buf *out, int64_t value, enum chart_of of)
{
    if (of == CHART_ROWS)
        html_count(out, value);
    else
        html_dollars(out, value);
}

static void put_tooltip(struct buf *out, int64_t day, const struct chart_night *night)
{
    char text[DATE_TEXT_MAX];

    buf_printf(out, "<title>%s: ", date_text(day, text));
    html_plural(out, night->n_rows, "row", "rows");
    if (night->n_new > 0 || night->n_lost > 0) {
        buf_append_string(out, ", ");
        html_count(out, night->n_new);
        buf_append_string(out, " new, ");
        html_count(out, night->n_lost);
        buf_append_string(out, " lost");
    }
    buf_append_string(out, ", ");
    html_dollars(out, night->nanousd);
    buf_append_string(out, "</title>");
}

/* The pointer finds a bar anywhere in its column; what is there and low still shows. */
static void put_bar(struct buf *out, const struct chart *chart, size_t i, enum chart_of of,
                    const struct shape *shape, int64_t highest)
{
    const struct chart_night *night = &chart->nights[i];
    int step = shape->width / SNAPSHOT_NIGHTS_MAX, x = (int)i * step;
    double height = highest > 0 ? (double)value_of(night, of) / (double)highest * shape->height : 0;

    buf_append_string(out, i + 1 == SNAPSHOT_NIGHTS_MAX ? "<g class=\"last\">" : "<g>");
    put_tooltip(out, chart->first + (int64_t)i, night);
    buf_printf(out, "<path class=\"hit\" d=\"M%d 0h%dv%dh-%dz\"/>", x, step, shape->height, step);
    if (height < 1.5)
        height = 1.5;
    buf_printf(out, "<rect x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" rx=\"1\"/></g>", x,
               shape->height - height, step - shape->gap, height);
}

static void put_label(struct buf *out, const struct chart *chart, enum chart_of of,
                      const char *label, int64_t highest)
{
    char text[DATE_TEXT_MAX];

    html_text(out, label);
    buf_printf(out, ": %s in the 30 nights to %s, ", of == CHART_ROWS ? "rows" : "dollars",
               date_text(chart->first + SNAPSHOT_NIGHTS_MAX - 1, text));
    put_value(out, highest, of);
    buf_append_string(out, " at most, last ");
    put_value(out, value_of(&chart->nights[SNAPSHOT_NIGHTS_MAX - 1], of), of);
}

static void put_axis(struct buf *out, const struct chart *chart)
{
    char first[DATE_TEXT_MAX], last[DATE_TEXT_MAX];

    buf_printf(out, "<div class=\"axis\" aria-hidden=\"true\"><span>%s</span><span>%s</span></div>",
               date_text(chart->first, first),
               date_text(chart->first + SNAPSHOT_NIGHTS_MAX - 1, last));
}

void chart_write(struct buf *out, const struct chart *chart, enum chart_of of, bool is_large,
                 const char *label)
{
    const struct shape *shape = is_large ? &large : &small;
    int64_t highest = 0;

    for (size_t i = 0; i < SNAPSHOT_NIGHTS_MAX; i++)
        if (value_of(&chart->nights[i], of) > highest)
            highest = value_of(&chart->nights[i], of);
    buf_printf(
        out,
        "<svg class=\"%s\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"",
        shape->style, shape->width, shape->height);
    put_label(out, chart, of, label, highest);
    buf_append_string(out, "\">");
    for (size_t i = 0; i < SNAPSHOT_NIGHTS_MAX; i++)
        if (chart->nights[i].is_there)
            put_bar(out, chart, i, of, shape, highest);
    buf_append_string(out, "</svg>");
    if (is_large)
        put_axis(out, chart);
}
