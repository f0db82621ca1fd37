/* /status: all of a snapshot, and null for what is not known. */
#include "status/report.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
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

TestSuite(report, .timeout = 20, .init = begin, .fini = end);

static void expect_parts(void (*write)(struct buf *out, const struct snapshot *snapshot),
                         const char *const parts[])
{
    struct buf text = BUF_WITH_CEILING(1 << 20);

    write(&text, &made_up.snapshot);
    for (size_t i = 0; parts[i] != NULL; i++)
        cr_expect_not_null(strstr(buf_text(&text), parts[i]), "%s\nis not in\n%s", parts[i],
                           buf_text(&text));
    buf_deinit(&text);
}

Test(report, tells_everything_and_null_for_what_is_not_known)
{
    static const char *const parts[] = {
        "{\"version\":\"1.2.3\",\"config\":\"/etc/linkhaul/linkhaul.yaml\",\"now\":1000,"
        "\"started_at\":100,\"draining\":false,\"database_up\":true,\"database_away\":null,"
        "\"spent_today\":\"0.24\",\"spool_bytes\":4096,",
        "{\"account\":\"default\",\"reason\":null,\"balance\":\"12.50\",\"balance_asked_at\":600,"
        "\"balance_nights\":2.5,\"in_flight\":5,\"slots\":25,\"calls_per_minute\":2000,"
        "\"unknown_charges\":1,\"unknown_dollars\":\"0.06\",\"undelivered_charges\":2,"
        "\"undelivered_dollars\":\"0.02015\"}",
        "{\"account\":\"gateway\",\"reason\":\"no money\",\"balance\":null,"
        "\"balance_asked_at\":null,\"balance_nights\":null,",
        "{\"scope\":\"job\",\"name\":\"acme/gap\",\"per\":\"month\",\"dollars\":\"0.00000001\","
        "\"left\":\"0.00\"}",
        "\"state\":\"running\",\"reason\":null,\"next_at\":1000,\"last_success_at\":800,"
        "\"held_listings\":0,\"file\":\"jobs.d/a.yaml\",\"file_ok\":true,\"progress\":{"
        "\"started_at\":950,\"items\":250,\"items_expected\":1000,\"calls\":6,\"in_flight\":5,"
        "\"dollars\":\"1.50\",\"cap\":\"3.00\",\"listings\":2,\"listings_over\":1},\"last\":{"
        "\"run\":7,\"night\":\"2026-11-23\",\"started_at\":700,\"ended_at\":800,"
        "\"result\":\"complete\",\"reason\":null,\"rows\":101,\"new\":3,\"lost\":4,"
        "\"dollars\":\"0.03\",\"cap\":\"3.00\"}",
        "\"nights\":[{\"night\":\"2026-11-22\",\"rows\":100,\"new\":1,\"lost\":2,"
        "\"dollars\":\"0.024\"},{\"night\":\"2026-11-23\",\"rows\":101,\"new\":null,"
        "\"lost\":null,\"dollars\":null}]",
        "\"state\":\"blocked\",\"reason\":\"blocked: balance: <40210>\",\"next_at\":null,",
        "\"file_ok\":false,\"progress\":null,\"last\":null,\"nights\":[]",
        "\"bad_files\":[{\"file\":\"jobs.d/b \\\"c\\\"\\\\.yaml\",\"jobs_kept\":1}]",
        "\"errors\":[{\"at\":990,\"job\":\"acme/gap\",\"text\":\"it \\\"failed\\\"\"}]}\n",
        NULL};

    expect_parts(report_write, parts);
}

Test(report, says_that_the_database_is_away)
{
    static const char *const parts[] = {
        "\"draining\":true,\"database_up\":false,\"database_away\":\"connection refused\","
        "\"spent_today\":null,\"spool_bytes\":null,",
        NULL};

    made_up.snapshot.has_database = false;
    made_up.snapshot.is_draining = true;
    made_up.snapshot.database_away = "connection refused";
    made_up.snapshot.spent_today_nanousd = made_up.snapshot.spool_bytes = -1;
    expect_parts(report_write, parts);
}
