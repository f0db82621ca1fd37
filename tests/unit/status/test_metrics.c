/* /metrics: its form as a whole, its values, and that no value of a label can break it. */
#include "status/metrics.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "unit/status/made_up.h"

static struct made_up made_up;

static void begin(void)
{
    made_up_begin(&made_up);
}

static void end(void)
{
    made_up_end(&made_up);
}

TestSuite(metrics, .timeout = 20, .init = begin, .fini = end);

/* free() it. */
static char *metrics(void)
{
    struct buf text = BUF_WITH_CEILING(1 << 20);

    metrics_write(&text, &made_up.snapshot);
    cr_assert(not(text.is_overfull));
    return buf_take(&text);
}

static bool has_line(const char *text, const char *line)
{
    size_t length = strlen(line);

    for (const char *at = text; (at = strstr(at, line)) != NULL; at++)
        if ((at == text || at[-1] == '\n') && at[length] == '\n')
            return true;
    return false;
}

static void expect_lines(const char *const lines[])
{
    CLEANUP(mem_free_string) char *text = metrics();

    for (size_t i = 0; lines[i] != NULL; i++)
        cr_expect(has_line(text, lines[i]), "%s\nis not in\n%s", lines[i], text);
}

static void expect_none(const char *part)
{
    CLEANUP(mem_free_string) char *text = metrics();

    cr_expect_null(strstr(text, part), "%s\nis in\n%s", part, text);
}

/* Whether `name` is that of the family, or of a part of a histogram. */
static bool is_in_family(const char *name, size_t length, const char *family, size_t family_length)
{
    static const char *const suffixes[] = {"", "_bucket", "_sum", "_count"};

    if (length < family_length || memcmp(name, family, family_length) != 0)
        return false;
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
        if (length == family_length + strlen(suffixes[i]) &&
            memcmp(name + family_length, suffixes[i], length - family_length) == 0)
            return true;
    return false;
}

/* One HELP, one TYPE, its samples behind them; a counter ends in _total, and nothing else does. */
static void check_families(const char *text)
{
    char family[128] = "", help[128];

    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        size_t length = strcspn(line, "{ ");

        cr_assert_not_null(strchr(line, '\n'), "the last line has no end");
        if (strncmp(line, "# HELP ", 7) == 0) {
            cr_assert(eq(int, sscanf(line, "# HELP %127s", help), 1));
        } else if (strncmp(line, "# TYPE ", 7) == 0) {
            char type[16];
            size_t end;

            cr_assert(eq(int, sscanf(line, "# TYPE %127s %15s", family, type), 2));
            cr_expect_str_eq(family, help);
            end = strlen(family);
            cr_expect(eq(int, strcmp(type, "counter") == 0,
                         end > 6 && strcmp(family + end - 6, "_total") == 0),
                      "%s is a %s", family, type);
        } else {
            cr_expect(is_in_family(line, length, family, strlen(family)), "%.*s is in %s",
                      (int)length, line, family);
        }
    }
}

Test(metrics, are_families_with_help_and_type)
{
    CLEANUP(mem_free_string) char *text = NULL;

    meter_count_call(made_up.meter, "default", "backlinks", 20000);
    meter_time_call(made_up.meter, "default", "backlinks", 1);
    meter_job(made_up.meter, "default", "links");
    text = metrics();
    check_families(text);
}

Test(metrics, tell_what_is_known)
{
    static const char *const lines[] = {
        "linkhaul_build_info{version=\"1.2.3\"} 1",
        "process_start_time_seconds 100",
        "process_open_fds 20",
        "process_resident_memory_bytes 1048576",
        "linkhaul_database_up 1",
        "linkhaul_spool_bytes 4096",
        "linkhaul_calls_in_flight{account=\"default\"} 5",
        "linkhaul_call_slots{account=\"gateway\"} 5",
        "linkhaul_account_balance_dollars{account=\"default\"} 12.50",
        "linkhaul_account_balance_nights{account=\"default\"} 2.5000",
        "linkhaul_account_blocked{account=\"default\"} 0",
        "linkhaul_account_blocked{account=\"gateway\"} 1",
        "linkhaul_unknown_charges_dollars{account=\"default\"} 0.06",
        "linkhaul_undelivered_charges{account=\"default\"} 2",
        "linkhaul_undelivered_charges_dollars{account=\"default\"} 0.02015",
        "linkhaul_wait_seconds_total{account=\"default\",waits_for=\"slot\"} 61.005",
        "linkhaul_cap_left_dollars{scope=\"all\",name=\"\",per=\"day\"} 0.000000001",
        "linkhaul_cap_left_dollars{scope=\"job\",name=\"acme/gap\",per=\"month\"} 0.00",
        "linkhaul_job_next_run_timestamp_seconds{project=\"default\",job_name=\"links\"} 1000",
        "linkhaul_job_due_timestamp_seconds{project=\"default\",job_name=\"links\"} 900",
        "linkhaul_job_last_success_timestamp_seconds{project=\"default\",job_name=\"links\"} 800",
        "linkhaul_held_listings{project=\"acme\",job_name=\"gap\"} 2",
        "linkhaul_job_state{project=\"acme\",job_name=\"gap\",state=\"blocked\"} 1",
        "linkhaul_job_state{project=\"acme\",job_name=\"gap\",state=\"running\"} 0",
        "linkhaul_run_progress_ratio{project=\"default\",job_name=\"links\"} 0.2500",
        "linkhaul_run_budget_dollars{project=\"default\",job_name=\"links\"} 3.00",
        "linkhaul_run_booked_dollars{project=\"default\",job_name=\"links\"} 1.50",
        "linkhaul_job_file_ok{file=\"jobs.d/a.yaml\"} 1",
        "linkhaul_job_file_ok{file=\"jobs.d/b \\\"c\\\"\\\\.yaml\"} 0",
        NULL};

    expect_lines(lines);
}

Test(metrics, leave_out_what_is_not_known)
{
    expect_none("account_balance_dollars{account=\"gateway\"");
    expect_none("account_balance_nights{account=\"gateway\"");
    expect_none("unknown_charges{account=\"gateway\"");
    expect_none("next_run_timestamp_seconds{project=\"acme\"");
    expect_none("last_success_timestamp_seconds{project=\"acme\"");
    expect_none("progress_ratio{project=\"acme\"");
    expect_none("run_budget_dollars{project=\"acme\"");
    expect_none(" -1\n");
}

Test(metrics, count_calls_by_their_codes)
{
    static const char *const lines[] = {
        "linkhaul_calls_total{account=\"default\",endpoint=\"backlinks\",code=\"20000\"} 2",
        "linkhaul_calls_total{account=\"default\",endpoint=\"backlinks\",code=\"502\"} 1",
        "linkhaul_calls_total{account=\"default\",endpoint=\"backlinks\",code=\"none\"} 1",
        "linkhaul_calls_total{account=\"gateway\",endpoint=\"backlinks\",code=\"20000\"} 1", NULL};

    meter_count_call(made_up.meter, "default", "backlinks", 20000);
    meter_count_call(made_up.meter, "gateway", "backlinks", 20000);
    meter_count_call(made_up.meter, "default", "backlinks", 502);
    meter_count_call(made_up.meter, "default", "backlinks", 0);
    meter_count_call(made_up.meter, "default", "backlinks", 20000);
    expect_lines(lines);
}

Test(metrics, a_server_cannot_make_series_without_end)
{
    static const char *const lines[] = {
        "linkhaul_calls_total{account=\"a\",endpoint=\"b\",code=\"1\"} 2",
        "linkhaul_calls_total{account=\"a\",endpoint=\"b\",code=\"other\"} 960",
        "linkhaul_calls_total{account=\"a\",endpoint=\"c\",code=\"7\"} 1", NULL};

    for (int code = 1; code <= 1000; code++)
        meter_count_call(made_up.meter, "a", "b", code);
    meter_count_call(made_up.meter, "a", "b", 1);
    meter_count_call(made_up.meter, "a", "c", 7);
    expect_lines(lines);
    cr_expect(eq(sz, made_up.meter->n_calls, METER_CODES_MAX + 2));
}

Test(metrics, times_fall_into_buckets_that_add_up)
{
#define OF "linkhaul_call_duration_seconds"
#define LABELS "account=\"default\",endpoint=\"backlinks\""
    static const char *const lines[] = {
        OF "_bucket{" LABELS ",le=\"0.1\"} 2",
        OF "_bucket{" LABELS ",le=\"0.25\"} 3",
        OF "_bucket{" LABELS ",le=\"120\"} 3",
        OF "_bucket{" LABELS ",le=\"+Inf\"} 4",
        OF "_sum{" LABELS "} 1000.200002",
        OF "_count{" LABELS "} 4",
        "linkhaul_page_commit_duration_seconds_count 1",
        "linkhaul_page_commit_duration_seconds_sum 0.000500",
        "linkhaul_page_commit_duration_seconds_bucket{le=\"0.001\"} 1",
        NULL};

    meter_time_call(made_up.meter, "default", "backlinks", 1);
    meter_time_call(made_up.meter, "default", "backlinks", 100000);
    meter_time_call(made_up.meter, "default", "backlinks", 100001);
    meter_time_call(made_up.meter, "default", "backlinks", 1000000000);
    meter_time_commit(made_up.meter, 500);
    expect_lines(lines);
}

Test(metrics, counters_are_of_jobs_that_are_there_and_of_bulk_calls)
{
    static const char *const lines[] = {
        "linkhaul_spent_dollars_total{project=\"default\",job_name=\"links\"} 0.024036",
        "linkhaul_rows_committed_total{project=\"default\",job_name=\"links\"} 5",
        "linkhaul_spent_dollars_total{project=\"default\",job_name=\"bulk:default\"} 0.00", NULL};

    meter_job(made_up.meter, "default", "links")->nanousd = 24036000;
    meter_job(made_up.meter, "default", "links")->n_rows += 2;
    meter_job(made_up.meter, "default", "links")->n_rows += 3;
    meter_job(made_up.meter, "default", "bulk:default");
    meter_job(made_up.meter, "default", "gone");
    meter_job(made_up.meter, "acme", "links"); /* of another project */
    expect_lines(lines);
    expect_none("gone");
    expect_none("project=\"acme\",job_name=\"links\"");
}

Test(metrics, a_label_cannot_break_out)
{
    static const char *const lines[] = {"linkhaul_account_blocked{account=\"a\\nb\\\"} 7\\\\\"} 0",
                                        NULL};

    made_up.accounts[0].name = "a\nb\"} 7\\";
    expect_lines(lines);
}
