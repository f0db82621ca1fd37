#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/store.h"
#include "support/pg.h"
#include "support/store_calls.h"

/*
 * Caps on every level, held by the database: a call that fits all of them is reserved, one that
 * passes any of them is refused, and the refusal says whose cap it was.
 */

static struct calls c;

#define NIGHT "2026-11-22"

static void begin(void)
{
    calls_begin(&c);
}

TestSuite(caps, .timeout = 60, .init = begin, .fini = pg_drop_databases);

/* 100 fit, and the next one does not. */
static void expect_cap_of_100(const char *words, enum store_scope scope)
{
    int64_t listing_id = calls_start_listing(&c, NIGHT, 0);
    struct uuid attempt;

    cr_assert(calls_reserve(&c, listing_id, 0, 60, &attempt), "%s", c.err.text);
    cr_expect(not(calls_reserve(&c, listing_id, 1000, 41, &attempt)));
    cr_expect(ne(ptr, strstr(c.err.text, words), NULL), "%s", c.err.text);
    cr_expect(eq(int, c.refusal, scope));
    cr_expect(calls_reserve(&c, listing_id, 1000, 40, &attempt), "%s", c.err.text);
    cr_expect(eq(i64, pg_int(c.url, "SELECT count(*) FROM linkhaul.attempt"), 2));
    calls_end(&c);
}

Test(caps, per_run_on_the_configuration)
{
    c.all_caps.per_run_nanousd = 100;
    expect_cap_of_100("$0.0000001 per run (budget of the configuration)", STORE_SCOPE_RUN);
}

Test(caps, per_run_on_the_account)
{
    c.account_caps.per_run_nanousd = 100;
    c.all_caps.per_run_nanousd = 200;
    expect_cap_of_100("per run (budget of account default)", STORE_SCOPE_RUN);
}

Test(caps, per_day_on_the_configuration)
{
    c.all_caps.per_day_nanousd = 100;
    expect_cap_of_100("$0.0000001 per day (budget of the configuration)", STORE_SCOPE_SHARED);
}

Test(caps, per_month_on_the_configuration)
{
    c.all_caps.per_month_nanousd = 100;
    expect_cap_of_100("per month (budget of the configuration)", STORE_SCOPE_SHARED);
}

Test(caps, per_day_on_the_account)
{
    c.account_caps.per_day_nanousd = 100;
    expect_cap_of_100("per day (budget of account default)", STORE_SCOPE_SHARED);
}

Test(caps, per_month_on_the_account)
{
    c.account_caps.per_month_nanousd = 100;
    expect_cap_of_100("per month (budget of account default)", STORE_SCOPE_SHARED);
}

Test(caps, keep_balance_on_the_account)
{
    struct store_account account = {
        .per_call_nanousd = 1, .per_item_nanousd = 1, .balance_nanousd = 1100};

    c.keep_nanousd = 1000;
    c.is_answered = false;
    store_put_account(c.store, "default", "backlinks", &account, calls_on_done, &c);
    cr_assert(calls_wait(&c), "%s", c.err.text);
    expect_cap_of_100(
        "keep_balance of account default ($0.000001) would be touched: "
        "$0.00000104 is left",
        STORE_SCOPE_SHARED);
}

Test(caps, what_is_kept_of_the_balance_sinks_with_what_is_open)
{
    int64_t listing_id;
    struct uuid attempt;
    struct store_account account = {
        .per_call_nanousd = 1, .per_item_nanousd = 1, .balance_nanousd = 1100};

    c.keep_nanousd = 1000;
    listing_id = calls_start_listing(&c, NIGHT, 0);
    cr_assert(calls_reserve(&c, listing_id, 0, 70, &attempt));
    c.is_answered = false;
    store_put_account(c.store, "default", "backlinks", &account, calls_on_done, &c);
    cr_assert(calls_wait(&c));
    cr_expect(not(calls_reserve(&c, listing_id, 1000, 31, &attempt)));
    cr_expect(calls_reserve(&c, listing_id, 1000, 30, &attempt), "%s", c.err.text);
    cr_assert(calls_settle(&c, &attempt, STORE_SETTLED, 10));
    cr_expect(calls_reserve(&c, listing_id, 2000, 20, &attempt), "%s", c.err.text);
    calls_end(&c);
}

/* A later night is another run and the same day: the run's cap counts anew, the day's does not. */
Test(caps, a_day_counts_over_all_runs_of_it)
{
    int64_t listing_id;
    struct uuid attempt;

    c.all_caps.per_run_nanousd = 100;
    c.all_caps.per_day_nanousd = 150;
    listing_id = calls_start_listing(&c, NIGHT, 0);
    cr_assert(calls_reserve(&c, listing_id, 0, 100, &attempt));
    cr_expect(not(calls_reserve(&c, listing_id, 0, 1, &attempt)));
    cr_expect(eq(int, c.refusal, STORE_SCOPE_RUN));
    listing_id = calls_start_listing(&c, "2026-11-23", 0);
    pg_execute(c.url, "UPDATE linkhaul.run SET day = '" NIGHT "'");
    cr_assert(calls_reserve(&c, listing_id, 0, 50, &attempt), "%s", c.err.text);
    cr_expect(not(calls_reserve(&c, listing_id, 0, 1, &attempt)));
    cr_expect(eq(int, c.refusal, STORE_SCOPE_SHARED));
    pg_execute(c.url, "UPDATE linkhaul.attempt SET day = day - 1");
    cr_expect(calls_reserve(&c, listing_id, 0, 50, &attempt), "yesterday's money: %s", c.err.text);
    calls_end(&c);
}

static void on_many(void *data, const struct store_refusal *refusal, const struct err *err)
{
    int *n_granted = data;

    cr_expect(err == NULL);
    *n_granted += refusal == NULL ? 1 : 100;
}

/* What is asked for at once goes in one transaction; one that is refused leaves the others. */
Test(caps, decides_about_each_call_of_a_batch_by_itself)
{
    int64_t listing_id = calls_start_listing(&c, NIGHT, 100);
    int n_granted = 0;

    for (int i = 0; i < 20; i++) {
        struct store_attempt attempt = {.attempt = uuid_new(),
                                        .run_id = c.run->run_id,
                                        .listing_id = listing_id,
                                        .position = i * 1000,
                                        .token = i % 2 == 0 ? NULL : "a \"token\" \\ {,}",
                                        .limit = 1000,
                                        .tag = "lh/test/1.0 it's, \"mine\"",
                                        .reserved_nanousd = i == 3 ? 1000 : 10};

        store_reserve(c.store, &attempt, on_many, &n_granted);
    }
    while (n_granted != 10 + 10 * 100 && uv_run(&c.loop, UV_RUN_ONCE) != 0)
        continue;
    cr_expect(eq(i64, pg_int(c.url, "SELECT count(*) FROM linkhaul.attempt"), 10));
    cr_expect(
        le(i64, pg_int(c.url, "SELECT count(DISTINCT xmin::text) FROM linkhaul.attempt"), 10));
    cr_expect(eq(i64, pg_int(c.url, "SELECT count(DISTINCT reserved_at) FROM linkhaul.attempt"), 2),
              "the first by itself, the others together");
    cr_expect(eq(i64,
                 pg_int(c.url,
                        "SELECT count(*) FROM linkhaul.attempt WHERE tag = "
                        "'lh/test/1.0 it''s, \"mine\"' AND (token IS NULL OR token = "
                        "'a \"token\" \\ {,}')"),
                 10));
    calls_end(&c);
}

Test(caps, no_call_is_reserved_once_somebody_said_stop)
{
    int64_t listing_id = calls_start_listing(&c, NIGHT, 0);
    struct uuid attempt;

    cr_assert(calls_reserve(&c, listing_id, 0, 1, &attempt));
    pg_execute(c.url, "UPDATE linkhaul.run SET stop_asked_at = now()");
    cr_expect(not(calls_reserve(&c, listing_id, 0, 1, &attempt)));
    cr_expect(eq(int, c.refusal, STORE_SCOPE_STOPPED));
    cr_expect(ne(ptr, strstr(c.err.text, "stopped by hand"), NULL), "%s", c.err.text);
    listing_id = calls_start_listing(&c, NIGHT, 0);
    cr_expect(calls_reserve(&c, listing_id, 0, 1, &attempt), "the next start forgets it");
    calls_end(&c);
}

/* Beneath everything: a statement that does not ask linkhaul.reserve() is refused as well. */
Test(caps, hold_for_any_statement)
{
    int64_t listing_id = calls_start_listing(&c, NIGHT, 0);
    struct uuid attempt;
    char *state;

    cr_assert(calls_reserve(&c, listing_id, 0, 60, &attempt));
    pg_execute(c.url, "INSERT INTO linkhaul.cap VALUES ('all', 'month', 100)");
    state = pg_text(c.url,
                    "DO $$ BEGIN INSERT INTO linkhaul.attempt (attempt_id, run_id, listing_id, "
                    "slice_no, position, page_limit, tag, night, day, reserved_nanousd) SELECT "
                    "gen_random_uuid(), run_id, listing_id, 0, 0, 1, '', night, day, 41 FROM "
                    "linkhaul.attempt; RAISE 'it went in'; EXCEPTION WHEN SQLSTATE 'LH001' THEN "
                    "NULL; END $$; SELECT 'refused'");
    cr_expect_str_eq(state, "refused");
    free(state);
    calls_end(&c);
}
