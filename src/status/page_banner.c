#include <inttypes.h>
#include <string.h>

#include "status/html.h"
#include "status/page_private.h"

/* What somebody should know before all else: found in a fixed order, the whole service first. */

#define NIGHTS_FEW 3
#define LISTED_MAX 20

enum weight { FINE, WARN, BAD };

struct banner {
    struct buf *out; /* NULL: they are only counted */
    size_t n;
    enum weight worst;
};

/* Begins the line of a problem; false where it is not to be written. */
static bool begin(struct banner *banner, enum weight weight)
{
    banner->n++;
    if (weight > banner->worst)
        banner->worst = weight;
    if (banner->out == NULL || banner->n > LISTED_MAX)
        return false;
    buf_append_string(banner->out, "<li>");
    return true;
}

static void put(struct banner *banner, enum weight weight, const char *who, const char *what,
                const char *why)
{
    if (!begin(banner, weight))
        return;
    buf_append_string(banner->out, "<b>");
    html_text(banner->out, who);
    buf_append_string(banner->out, "</b> ");
    html_text(banner->out, what);
    if (why[0] != '\0') {
        buf_append_string(banner->out, ": ");
        html_text(banner->out, why);
    }
    buf_append_string(banner->out, "</li>");
}

static void look_at_account(struct banner *banner, const struct snapshot_account *account)
{
    if (account->reason[0] != '\0')
        put(banner, BAD, account->name, "does not run", account->reason);
    if (account->nights_left >= 0 && account->nights_left < NIGHTS_FEW &&
        begin(banner, account->nights_left < 1 ? BAD : WARN)) {
        buf_append_string(banner->out, "<b>");
        html_text(banner->out, account->name);
        buf_append_string(banner->out, "</b> has money for ");
        html_plural(banner->out, (int64_t)account->nights_left, "night", "nights");
        buf_append_string(banner->out, "</li>");
    }
    if (account->n_undelivered > 0 && begin(banner, WARN)) {
        buf_append_string(banner->out, "<b>");
        html_text(banner->out, account->name);
        buf_append_string(banner->out, "</b> was billed ");
        html_dollars(banner->out, account->undelivered_nanousd);
        buf_append_string(banner->out, " for ");
        html_plural(banner->out, account->n_undelivered, "answer that never came",
                    "answers that never came");
        buf_append_string(banner->out, "</li>");
    }
}

/* Last runs that did not go well, and starts that were not made. */
static const struct misfortune {
    const char *result, *text;
    enum weight weight;
} misfortunes[] = {
    {"error", "stopped by an error", BAD},
    {"budget", "stopped at its budget", BAD},
    {"missed", "missed a start", BAD},
    {"blocked", "could not start", BAD},
    {"failed", "could not start", BAD},
    {"skipped", "skipped a start", WARN},
    {"abandoned", "was closed unfinished", WARN},
};

static const struct misfortune *find_misfortune(const char *result)
{
    for (size_t i = 0; i < sizeof(misfortunes) / sizeof(misfortunes[0]); i++)
        if (strcmp(misfortunes[i].result, result) == 0)
            return &misfortunes[i];
    return NULL;
}

static void look_at_job(struct banner *banner, const struct snapshot_job *job)
{
    const struct misfortune *misfortune = find_misfortune(job->last.result);

    if (job->state == SNAPSHOT_BLOCKED)
        put(banner, BAD, job->title, "waits, and is tried again", job->reason);
    else if (misfortune != NULL && job->state != SNAPSHOT_RUNNING)
        put(banner, misfortune->weight, job->title, misfortune->text, job->last.reason);
    if (job->n_held > 0 && begin(banner, WARN)) {
        buf_append_string(banner->out, "<b>");
        html_text(banner->out, job->title);
        buf_append_string(banner->out, "</b> has ");
        html_plural(banner->out, job->n_held, "listing that is held back",
                    "listings that are held back");
        buf_append_string(banner->out, ": <code>linkhaul status</code> says why</li>");
    }
}

static void look_at_all(struct banner *banner, const struct snapshot *snapshot)
{
    if (!snapshot->has_database)
        put(banner, BAD, "The database", "is away; nothing starts until it is back",
            snapshot->database_away);
    if (snapshot->is_draining)
        put(banner, WARN, "The service", "is ending: no new calls, what is paid for lands", "");
    for (size_t i = 0; i < snapshot->n_accounts; i++)
        look_at_account(banner, &snapshot->accounts[i]);
    for (size_t i = 0; i < snapshot->n_jobs; i++)
        look_at_job(banner, &snapshot->jobs[i]);
    for (size_t i = 0; i < snapshot->n_bad_files; i++)
        put(banner, WARN, snapshot->bad_files[i].file,
            snapshot->bad_files[i].n_jobs > 0 ? "has mistakes; its jobs go on as they were"
                                              : "has mistakes; it has no jobs",
            "");
}

size_t page_count_problems(const struct snapshot *snapshot)
{
    struct banner banner = {.out = NULL};

    look_at_all(&banner, snapshot);
    return banner.n;
}

static void put_calm(struct buf *out, const struct snapshot *snapshot)
{
    size_t n_running = 0;

    for (size_t i = 0; i < snapshot->n_jobs; i++)
        n_running += snapshot->jobs[i].state == SNAPSHOT_RUNNING;
    buf_append_string(out, "<div class=\"banner\" role=\"status\"><p>All is well</p><ul><li>");
    if (n_running > 0)
        html_plural(out, (int64_t)n_running, "job is running", "jobs are running");
    else
        buf_append_string(out, "Nothing is running now");
    if (snapshot->spent_today_nanousd >= 0) {
        buf_append_string(out, "; ");
        html_dollars(out, snapshot->spent_today_nanousd);
        buf_append_string(out, " spent today");
    }
    buf_append_string(out, "</li></ul></div>\n");
}

size_t page_put_banner(struct buf *out, const struct snapshot *snapshot)
{
    struct banner counted = {.out = NULL}, banner = {.out = out};

    look_at_all(&counted, snapshot);
    if (counted.n == 0) {
        put_calm(out, snapshot);
        return 0;
    }
    buf_printf(out, "<div class=\"banner %s\" role=\"status\"><p>",
               counted.worst == BAD ? "bad" : "warn");
    html_plural(out, (int64_t)counted.n, "thing needs attention", "things need attention");
    buf_append_string(out, "</p><ul>");
    look_at_all(&banner, snapshot);
    if (banner.n > LISTED_MAX)
        buf_printf(out, "<li>and %zu more</li>", banner.n - LISTED_MAX);
    buf_append_string(out, "</ul></div>\n");
    return counted.n;
}

void page_put_word(struct buf *out, const char *word)
{
    static const char *const doubtful[] = {"held", "short", "stopped", "waiting", "open"};
    const struct misfortune *misfortune = find_misfortune(word);
    const char *style = misfortune == NULL ? "" : misfortune->weight == BAD ? " bad" : " warn";

    for (size_t i = 0; i < sizeof(doubtful) / sizeof(doubtful[0]); i++)
        if (strcmp(word, doubtful[i]) == 0)
            style = " warn";
    buf_printf(out, "<span class=\"word%s\">", style);
    html_text(out, word);
    buf_append_string(out, "</span>");
}
