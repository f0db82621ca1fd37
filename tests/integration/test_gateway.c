#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "support/pg.h"
#include "support/story.h"

/*
 * The AIsa gateway as the provider: its paths, its key and its errors; and what a call cost is what
 * its header says, whatever stands in the vendor's envelope.
 */

/* A minute of the API is a second. */
static void make_haste(void)
{
    setenv("LINKHAUL_HASTE", "60", 1);
}

TestSuite(gateway, .timeout = 280, .init = make_haste, .fini = pg_drop_databases);

static struct story story;

#define MARKED_UP "prices: {per_call: 0.036, per_item: 0.000054}\n" /* by 50 % */
/* More than it charges: what is booked shows which of the two was gone by. */
#define ABOVE "prices: {per_call: 0.040, per_item: 0.00006}\n"
#define PAGE_NANOUSD INT64_C(90000000)

/* `account` is lines of it, each behind two spaces. */
static void write_config(const char *account)
{
    story_file(&story, "linkhaul.yaml",
               "api:\n  provider: aisa\n  token: sk-aisa-sandbox\n  base_url: %s/apis/v1\n"
               "  calls_per_minute: 3000\n%s"
               "database: {url: \"%s\"}\nspool: %s/spool\njobs: jobs.d/*.yaml\nbudget: 20\n",
               story.sandbox_url, account, story.database_url, story.folder);
}

#define begin(account, ...)                                                                        \
    begin_argv((account), (const char *const[]){"--items", "example.com=5000", __VA_ARGS__, NULL})
static void begin_argv(const char *account, const char *const arguments[])
{
    story_begin(&story, pg_fresh_database());
    story_sandbox_argv(&story, arguments);
    write_config(account);
    story_file(&story, "jobs.d/walk.yaml",
               "job: walk\nendpoint: backlinks\ntargets: [example.com]\nbudget: 5\n");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
}

static void expect_said(const char *what)
{
    cr_expect(ne(ptr, strstr(story.err, what), NULL), "not said: %s; but: %s", what, story.err);
}

static int64_t n_attempts(const char *state)
{
    return story_int(&story, "select count(*) from linkhaul.attempt where state = '%s'", state);
}

static void expect_all_rows(void)
{
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 5000));
}

static int64_t booked(void)
{
    return story_int(&story,
                     "select coalesce(sum(charged_nanousd), 0)::bigint from linkhaul.attempt "
                     "where state = 'settled'");
}

static void expect_same_money(void)
{
    struct ledger ledger = {.n_calls = 0};

    story_ledger(&story, &ledger);
    cr_expect(eq(i64, booked(), ledger.billed_nanousd));
    cr_expect(eq(i64, n_attempts("settled"), (int64_t)ledger.n_billed));
    ledger_deinit(&ledger);
}

Test(gateway, what_it_charges_is_booked_to_the_nano_dollar)
{
    begin("  " ABOVE, "--markup", "50");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    expect_all_rows();
    cr_expect(eq(i64, booked(), 5 * PAGE_NANOUSD));
    expect_same_money();
    story_end(&story);
}

/* A row per target, beyond what offsets reach, in slices. */
Test(gateway, brings_intersections_too)
{
    begin("  " ABOVE, "--items", "moz.com+ahrefs.com=21000", "--markup", "50");
    story_file(&story, "jobs.d/walk.yaml",
               "job: walk\nendpoint: domain_intersection\nrequest: { targets: { \"1\": moz.com, "
               "\"2\": ahrefs.com } }\nbudget: 5\n");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    story_expect_text(&story, "complete 42000 21000",
                      "select string_agg(distinct completeness, ' ') || ' ' || count(*) || ' ' || "
                      "count(distinct domain_from) from linkhaul_bi.domain_intersections");
    expect_same_money();
    story_end(&story);
}

Test(gateway, a_body_may_be_an_array)
{
    begin("  body: array\n", "--markup", "0");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    expect_all_rows();
    expect_same_money();
    story_end(&story);
}

Test(gateway, a_charge_that_it_does_not_say_is_booked_at_the_larger_of_price_and_cost)
{
    const char *first;

    begin("  " MARKED_UP, "--markup", "none");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    expect_all_rows();
    cr_expect(eq(i64, booked(), 5 * PAGE_NANOUSD));
    first = strstr(story.err, "without X-AISA-Price-USD");
    cr_assert(ne(ptr, (void *)first, NULL), "%s", story.err);
    cr_expect(eq(ptr, strstr(first + 1, "without X-AISA-Price-USD"), NULL), "%s", story.err);
    story_end(&story);
}

/* A refusal of the third call: how it ends, what is said of it, and how often it was asked again.
 */
static const struct refusal {
    const char *error, *says;
    int exit_code;
    bool is_all_there;
    int64_t n_unknown;
} refusals[] = {
    {"3=400,invalid_request", "the gateway cannot read the request", 2, false, 1},
    {"3=401,revoked_api_key", "the key was refused; check token_file or token", 77, false, 0},
    {"3=402,payment_required", "payment is required", 75, false, 0},
    {"3=403,insufficient_permissions", "the key may not do this", 77, false, 0},
    {"3=404,unknown_endpoint", "the gateway does not know the path", 2, false, 0},
    {"3=422,unsupported_parameter", "the gateway refused a parameter", 2, false, 1},
    {"3=429,rate_limit_exceeded", "no calls for 7 s", 0, true, 0},
    {"3=429,upstream_rate_limit", "too many calls for the API behind the gateway", 0, true, 0},
    {"3=429,quota_exceeded", "the key's spending limit is reached", 75, false, 0},
    {"3=500,gateway_error", "the API behind the gateway failed", 0, true, 1},
    {"3=502,upstream_unavailable", "the API behind the gateway failed", 0, true, 1},
    {"3=504,upstream_timeout", "the API behind the gateway failed", 0, true, 1},
};

Test(gateway, its_errors_are_judged_by_what_they_say)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const struct refusal *refusal = &refusals[i];

        begin("", "--gateway-error", refusal->error);
        cr_expect(eq(int, story_run(&story, "run", "walk"), refusal->exit_code), "%s: %s",
                  refusal->error, story.err);
        expect_said(refusal->says);
        cr_expect(eq(i64, n_attempts("unknown"), refusal->n_unknown), "%s: %s", refusal->error,
                  story.err);
        if (refusal->is_all_there)
            expect_all_rows();
        expect_same_money();
        story_end(&story);
    }
}

Test(gateway, a_page_whose_charge_is_unknown_is_asked_for_once_more)
{
    begin("", "--fault", "drop_after=@3");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    expect_all_rows();
    cr_expect(eq(i64, n_attempts("unknown"), 1));
    cr_expect(eq(i64, n_attempts("settled"), 5));
    story_end(&story);
}

Test(gateway, a_page_is_not_asked_for_more_often_than_the_configuration_says)
{
    struct ledger ledger = {.n_calls = 0};

    begin("  in_flight: 1\n", "--fault", "drop_after=@3", "--fault", "drop_after=@4");
    cr_expect(eq(int, story_run(&story, "run", "walk"), 2), "%s", story.err);
    story_ledger(&story, &ledger);
    cr_expect(eq(sz, ledger_count(&ledger, "example.com", 2000), 2));
    cr_expect(eq(i64, n_attempts("unknown"), 2));
    ledger_deinit(&ledger);
    story_end(&story);
}

Test(gateway, an_answer_from_before_a_death_is_booked_at_what_its_header_said)
{
    begin("  " ABOVE "  in_flight: 1\n", "--markup", "50");
    setenv("LINKHAUL_DIE_AT", "after-spool:3", 1);
    cr_expect(eq(int, story_run(&story, "run", "walk"), 128 + SIGKILL));
    unsetenv("LINKHAUL_DIE_AT");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    expect_said("in the spool and will be landed");
    expect_all_rows();
    cr_expect(eq(i64, booked(), 5 * PAGE_NANOUSD));
    expect_same_money();
    story_end(&story);
}

Test(gateway, a_call_from_before_a_death_stays_unknown_and_is_made_again)
{
    begin("  in_flight: 1\n", "--markup", "0");
    setenv("LINKHAUL_DIE_AT", "half-body:3", 1);
    cr_expect(eq(int, story_run(&story, "run", "walk"), 128 + SIGKILL));
    unsetenv("LINKHAUL_DIE_AT");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    expect_said("nobody tells");
    expect_all_rows();
    cr_expect(eq(i64, n_attempts("unknown"), 1));
    story_end(&story);
}

Test(gateway, a_refused_key_ends_the_run_and_is_not_printed)
{
    begin("", "--token", "sk-aisa-another");
    cr_expect(eq(int, story_run(&story, "run", "walk"), 77), "%s", story.err);
    expect_said("the key was refused");
    cr_expect(eq(ptr, strstr(story.err, "sk-aisa"), NULL), "%s", story.err);
    story_end(&story);
}
