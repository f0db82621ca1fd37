/* The page: what it says first, that nothing in it can become markup, and that it is well-formed.
 */
#include "status/page.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <ctype.h>
#include <string.h>

#include "core/mem.h"
#include "status/html.h"
#include "unit/status/made_up.h"

#define PAGE_MAX (1 << 20)

static struct made_up made_up;
static struct buf text = BUF_WITH_CEILING(PAGE_MAX);

static void begin(void)
{
    made_up_begin(&made_up);
}

static void end(void)
{
    made_up_end(&made_up);
    buf_deinit(&text);
}

TestSuite(page, .timeout = 20, .init = begin, .fini = end);

static const char *page(void)
{
    buf_deinit(&text);
    page_write(&text, &made_up.snapshot);
    cr_assert(not(text.is_overfull));
    return buf_text(&text);
}

static void expect_said(const char *words)
{
    cr_expect(ne(ptr, strstr(buf_text(&text), words), NULL), "%s is not in %s", words,
              buf_text(&text));
}

static void expect_unsaid(const char *words)
{
    cr_expect(eq(ptr, strstr(buf_text(&text), words), NULL), "%s is in it", words);
}

static size_t count(const char *words)
{
    size_t n = 0;

    for (const char *at = buf_text(&text); (at = strstr(at, words)) != NULL; at++)
        n++;
    return n;
}

/* All that is odd about what was made up. */
static void make_well(void)
{
    made_up.snapshot.n_bad_files = 0;
    made_up.snapshot.n_accounts = 1;
    made_up.accounts[0].n_undelivered = 0;
    made_up.accounts[0].nights_left = 3;
    made_up.jobs[1].state = SNAPSHOT_IDLE;
    made_up.jobs[1].n_held = 0;
}

/* --- what it says ---------------------------------------------------------------------------- */

Test(page, says_first_what_is_not_well)
{
    page();
    expect_said("<title>(6) linkhaul</title>");
    expect_said("<p>6 things need attention</p>");
    expect_said("<b>default</b> has money for 2 nights");
    expect_said("<b>default</b> was billed $0.02 for 2 answers that never came");
    expect_said("<b>gateway</b> does not run: no money");
    expect_said("<b>acme/gap</b> waits, and is tried again: blocked: balance: &lt;40210&gt;");
    expect_said("<b>acme/gap</b> has 2 listings that are held back");
    expect_said("<b>jobs.d/b &quot;c&quot;\\.yaml</b> has mistakes; its jobs go on as they were");
    expect_unsaid("All is well");
}

Test(page, says_that_all_is_well)
{
    make_well();
    page();
    expect_said("<title>linkhaul: all is well</title>");
    expect_said("<p>All is well</p><ul><li>1 job is running; $0.24 spent today");
    made_up.jobs[0].state = SNAPSHOT_IDLE;
    page();
    expect_said("Nothing is running now");
}

Test(page, says_that_the_database_is_away)
{
    make_well();
    made_up.snapshot.has_database = false;
    made_up.snapshot.database_away = "connection refused";
    page();
    expect_said("<p>1 thing needs attention</p>");
    expect_said("<b>The database</b> is away; nothing starts until it is back: connection refused");
}

Test(page, says_how_a_last_run_went_wrong_until_the_next_one_runs)
{
    static const struct {
        const char *result, *said;
    } cases[] = {{"budget", "stopped at its budget: why"}, {"error", "stopped by an error: why"},
                 {"missed", "missed a start: why"},        {"skipped", "skipped a start: why"},
                 {"blocked", "could not start: why"},      {"abandoned", "closed unfinished: why"}};

    make_well();
    made_up.jobs[0].last.reason = "why";
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        made_up.jobs[0].last.result = cases[i].result;
        made_up.jobs[0].state = SNAPSHOT_IDLE;
        page();
        expect_said(cases[i].said);
        made_up.jobs[0].state = SNAPSHOT_RUNNING;
        page();
        expect_said("All is well");
    }
}

Test(page, shows_how_far_a_run_is)
{
    page();
    expect_said("http-equiv=\"refresh\" content=\"5\"");
    expect_said("<p class=\"figure\">25 %</p>");
    expect_said("aria-valuenow=\"25\"><i style=\"width:25.0%\">");
    expect_said("250 of 1,000 items");
    expect_said("<dt>Dollars</dt><dd>$1.50 of $3.00</dd>");
    expect_said("<dt>Calls in flight</dt><dd>5</dd>");
    expect_said("before: complete, 2026-11-23");
    made_up.jobs[0].progress.n_items_expected = -1;
    page();
    expect_said("250 <small>items so far</small>");
    made_up.jobs[0].progress.n_items_expected = 100;
    page();
    expect_said("<i style=\"width:100.0%\">");
    made_up.jobs[0].state = SNAPSHOT_IDLE;
    page();
    expect_said("http-equiv=\"refresh\" content=\"60\"");
    expect_unsaid("id=\"running\"");
}

Test(page, draws_a_bar_for_each_night_that_there_was)
{
    page();
    /* Two nights of one job: as the sum of all and as that job's, rows and dollars. */
    cr_expect(eq(sz, count("<rect "), 8));
    cr_expect(eq(sz, count("2026-11-22: 100 rows, 1 new, 2 lost, $0.02</title>"), 4));
    expect_said("2026-11-23: 101 rows, $0.00</title>");
    expect_said(
        "aria-label=\"All jobs: rows in the 30 nights to 2026-11-23, 101 at most, last 101\"");
    made_up.jobs[0].n_nights = 0;
    page();
    expect_unsaid("<svg class");
}

Test(page, draws_only_the_last_thirty_nights)
{
    struct snapshot_night nights[] = {{"2026-10-24", 9, 0, 0, 9},
                                      {"2026-10-25", 1, 0, 0, 1},
                                      {"2026-11-23", 1, 0, 0, 1},
                                      {"nonsense", 1, 0, 0, 1}};

    made_up.jobs[0].nights = nights;
    made_up.jobs[0].n_nights = 4;
    page();
    cr_expect(eq(sz, count("<rect "), 8));
    expect_unsaid("2026-10-24: ");
}

Test(page, tells_the_next_start_on_the_clock_of_the_job)
{
    page();
    expect_said("Thu 01:16 +01:00"); /* the epoch's thousandth second, in Berlin */
    expect_said("by hand");
    made_up.jobs[0].timezone = "No/Where";
    page();
    expect_unsaid("01:16");
}

Test(page, is_there_without_a_job_or_anything_known)
{
    make_well();
    made_up.snapshot.n_jobs = made_up.snapshot.n_accounts = made_up.snapshot.n_errors = 0;
    made_up.snapshot.n_caps = 0;
    made_up.snapshot.spent_today_nanousd = -1;
    page();
    expect_said("There is no job in the configuration.");
    expect_said("None that the database knows of.");
}

/* --- markup ---------------------------------------------------------------------------------- */

Test(page, text_cannot_become_markup)
{
    buf_deinit(&text);
    html_text(&text, "<a href=\"x\">&'");
    cr_expect_str_eq(buf_text(&text), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
    made_up.jobs[0].title = made_up.jobs[1].title = "<script>\"'&";
    made_up.jobs[0].last.result = made_up.jobs[1].reason = "<script>";
    made_up.accounts[0].name = made_up.accounts[1].reason = "<script>";
    made_up.errors[0] = (struct snapshot_error){1, "<script>", "<script>"};
    made_up.snapshot.config_file = made_up.snapshot.version = "<script>";
    made_up.bad_files[0].file = "<script>";
    page();
    cr_expect(ge(sz, count("&lt;script&gt;"), 10));
    expect_unsaid("<script");
    expect_unsaid("\"'&");
}

Test(page, asks_for_nothing_from_elsewhere)
{
    page();
    expect_unsaid("src=");
    expect_unsaid("url(");
    expect_unsaid("@import");
    cr_expect(eq(sz, count("://"), 1), "but for the namespace of the icon");
}

/* Every element that is begun is ended, in its order. */
Test(page, is_well_formed)
{
    static const char *const empty[] = {"meta", "link", "!doctype", "path", "rect"};
    char open[32][16];
    size_t depth = 0;

    for (const char *at = page(); (at = strchr(at, '<')) != NULL; at++) {
        size_t length = 1 + (at[1] == '/');
        char name[16] = "";
        bool is_empty = false;

        for (; (isalnum((unsigned char)at[length]) || at[length] == '!') && length < 15; length++)
            name[strlen(name)] = at[length];
        for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++)
            is_empty = is_empty || strcmp(name, empty[i]) == 0;
        if (is_empty)
            continue;
        if (at[1] != '/') {
            cr_assert(lt(sz, depth, 32));
            memcpy(open[depth++], name, sizeof(name));
            continue;
        }
        cr_assert(gt(sz, depth, 0), "%.60s", at);
        cr_assert_str_eq(open[--depth], name, "%.60s ends %s", at, open[depth]);
    }
    cr_expect(eq(sz, depth, 0));
}
