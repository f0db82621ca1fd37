#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/people.h"
#include "store/store.h"
#include "support/pg.h"
#include "support/store_calls.h"

/* The money: caps held by the database, calls booked once, sums that agree; what people are shown.
 */

static struct calls c;

#define TARGETS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NIGHT "2026-11-22"

static void begin(void)
{
    calls_begin(&c);
}

TestSuite(ledger, .timeout = 60, .init = begin, .fini = pg_drop_databases);

static void start(const char *night, int64_t budget_nanousd, const char *const targets[])
{
    cr_assert(calls_start_run(&c, night, budget_nanousd, targets), "%s", c.err.text);
}

static bool is_refused(enum err_kind kind, const char *text)
{
    return c.err.kind == kind && strstr(c.err.text, text) != NULL;
}

Test(ledger, reserves_up_to_the_cap_and_not_a_nano_dollar_more)
{
    int64_t listing_id = calls_start_listing(&c, NIGHT, INT64_C(100000001));
    struct uuid attempt;

    cr_expect(calls_reserve(&c, listing_id, 0, 60000000, &attempt));
    cr_expect(not(calls_reserve(&c, listing_id, 1000, 40000002, &attempt)));
    cr_expect(is_refused(ERR_BUDGET, "the cap of $0.100000001"), "%s", c.err.text);
    cr_expect(is_refused(ERR_BUDGET, "$0.06 is reached"), "%s", c.err.text);
    cr_expect(is_refused(ERR_BUDGET, "can cost $0.040000002"), "%s", c.err.text);
    cr_expect(calls_reserve(&c, listing_id, 1000, 40000001, &attempt));
    cr_expect(not(calls_reserve(&c, listing_id, 2000, 1, &attempt)));
    cr_expect(eq(i64, pg_int(c.url, "SELECT count(*) FROM linkhaul.attempt"), 2));
    calls_end(&c);
}

Test(ledger, frees_what_a_call_did_not_cost)
{
    int64_t listing_id = calls_start_listing(&c, NIGHT, 100);
    struct uuid first, second, third, fourth;

    cr_assert(calls_reserve(&c, listing_id, 0, 100, &first));
    cr_expect(not(calls_reserve(&c, listing_id, 0, 1, &second)));
    cr_assert(calls_settle(&c, &first, STORE_SETTLED, 40));
    cr_assert(calls_reserve(&c, listing_id, 0, 60, &second));
    cr_assert(calls_settle(&c, &second, STORE_VOID, 0));
    cr_assert(calls_reserve(&c, listing_id, 0, 60, &third));
    cr_assert(calls_settle(&c, &third, STORE_UNKNOWN, 0));
    cr_expect(not(calls_reserve(&c, listing_id, 0, 1, &fourth)), "an unknown charge counts");
    cr_assert(calls_settle(&c, &third, STORE_SETTLED, 59), "%s", c.err.text);
    cr_expect(calls_reserve(&c, listing_id, 0, 1, &fourth));
    calls_end(&c);
}

Test(ledger, refuses_neither_a_booking_nor_a_lowered_cap)
{
    int64_t listing_id = calls_start_listing(&c, NIGHT, 100);
    struct uuid first, second, third;

    cr_assert(calls_reserve(&c, listing_id, 0, 50, &first));
    cr_assert(calls_reserve(&c, listing_id, 0, 50, &second));
    start(NIGHT, 10, TARGETS("example.com"));
    cr_expect(calls_settle(&c, &first, STORE_SETTLED, 5000), "dearer than its reserve");
    cr_expect(calls_settle(&c, &second, STORE_UNKNOWN, 0));
    cr_expect(not(calls_reserve(&c, listing_id, 0, 1, &third)));
    cr_expect(eq(int, c.err.kind, ERR_BUDGET));
    start(NIGHT, 0, TARGETS("example.com"));
    cr_expect(calls_reserve(&c, listing_id, 0, INT64_C(1000000000000), &third), "no cap");
    calls_end(&c);
}

Test(ledger, counts_anew_on_a_later_night_and_not_after_a_restart)
{
    int64_t listing_id = calls_start_listing(&c, NIGHT, 100);
    struct uuid attempt;

    cr_assert(calls_reserve(&c, listing_id, 0, 100, &attempt));
    start(NIGHT, 100, TARGETS("example.com"));
    cr_expect(eq(i64, c.run->booked_nanousd, 100));
    cr_expect(not(calls_reserve(&c, listing_id, 0, 1, &attempt)));
    start("2026-11-23", 100, TARGETS("example.com"));
    cr_expect(eq(i64, c.run->booked_nanousd, 0));
    cr_expect(calls_reserve(&c, listing_id, 0, 100, &attempt));
    cr_expect(not(calls_reserve(&c, listing_id, 0, 1, &attempt)));
    calls_end(&c);
}

Test(ledger, books_a_call_once)
{
    int64_t listing_id = calls_start_listing(&c, NIGHT, 0);
    struct uuid attempt, never = uuid_new();

    cr_assert(calls_reserve(&c, listing_id, 0, 100, &attempt));
    cr_assert(calls_settle(&c, &attempt, STORE_SETTLED, 70));
    cr_expect(not(calls_settle(&c, &attempt, STORE_SETTLED, 70)));
    cr_expect(eq(int, c.err.kind, ERR_INTERNAL));
    cr_expect(not(calls_settle(&c, &attempt, STORE_UNKNOWN, 0)));
    cr_expect(not(calls_settle(&c, &never, STORE_VOID, 0)));
    cr_expect(eq(i64, pg_int(c.url, "SELECT DISTINCT settled_nanousd FROM linkhaul.spend"), 70));
    cr_expect(not(calls_reserve(&c, listing_id + 1, 0, 100, &attempt)), "a listing that is not");
    calls_end(&c);
}

Test(ledger, keeps_its_sums_equal_to_the_ledger_whatever_happens_to_it)
{
    int64_t listing_id = calls_start_listing(&c, NIGHT, 0);
    struct uuid attempts[60];
    unsigned seed = (unsigned)time(NULL);
    char *wrong;

    cr_log_info("seed %u", seed);
    srand(seed);
    for (int i = 0; i < 60; i++)
        cr_assert(calls_reserve(&c, listing_id, i, rand() % 1000, &attempts[i]));
    for (int i = 0; i < 150; i++)
        calls_settle(&c, &attempts[rand() % 60], (enum store_charge)(rand() % 3), rand() % 1000);
    pg_execute(c.url,
               "DELETE FROM linkhaul.attempt WHERE position %% 7 = 0;"
               "UPDATE linkhaul.attempt SET night = night + 1 WHERE position %% 5 = 0;"
               "UPDATE linkhaul.attempt SET state = 'undelivered', charged_nanousd = 5 WHERE "
               "state = 'unknown' AND position %% 3 = 0");
    wrong = pg_text(
        c.url,
        "SELECT string_agg(s::text || ' ' || l::text, '; ') FROM linkhaul.spend AS s FULL JOIN "
        "(SELECT scope, period, coalesce(sum(reserved_nanousd) FILTER (WHERE state = 'reserved'), 0) AS reserved, "
        "coalesce(sum(charged_nanousd), 0) AS settled, "
        "coalesce(sum(reserved_nanousd) FILTER (WHERE state = 'unknown'), 0) AS unknown "
        "FROM linkhaul.attempt, LATERAL (VALUES ('run:' || run_id, night::text), "
        "('job:default/walk', day::text), ('job:default/walk', left(day::text, 7)), "
        "('account:default', day::text), ('account:default', left(day::text, 7)), "
        "('all', day::text), ('all', left(day::text, 7))) AS p (scope, period) "
        "GROUP BY 1, 2) AS l USING (scope, period) WHERE "
        "(reserved_nanousd, settled_nanousd, unknown_nanousd) IS DISTINCT FROM "
        "(l.reserved, l.settled, l.unknown)");
    cr_expect(eq(ptr, wrong, NULL), "%s", wrong);
    cr_expect(eq(i64, pg_int(c.url, "SELECT count(*) FROM linkhaul.spend"), 8));
    calls_end(&c);
}

static void on_account(void *data, const struct store_account *account, const struct err *err)
{
    if (account != NULL)
        c.account = *account;
    calls_on_done(data, err);
}

Test(ledger, remembers_an_account)
{
    struct store_account account = {
        .per_call_nanousd = 24000000, .per_item_nanousd = 36000, .balance_nanousd = -5};

    for (int i = 0; i < 3; i++) {
        c.is_answered = false;
        store_get_account(c.store, "main", "backlinks", on_account, &c);
        cr_assert(calls_wait(&c));
        cr_expect(eq(int, c.account.is_known, i > 0));
        if (i > 0) {
            cr_expect(eq(i64, c.account.per_call_nanousd, 24000000 + i - 1));
            cr_expect(eq(i64, c.account.per_item_nanousd, 36000));
            cr_expect(eq(i64, c.account.balance_nanousd, -5));
            cr_expect(lt(i64, c.account.age_s, 30));
        }
        account.per_call_nanousd = 24000000 + i;
        c.is_answered = false;
        store_put_account(c.store, "main", "backlinks", &account, calls_on_done, &c);
        cr_assert(calls_wait(&c));
    }
    calls_end(&c);
}

static void on_status(void *data, const struct store_status_row *rows, size_t n_rows,
                      const struct err *err)
{
    cr_assert(eq(sz, n_rows, 2));
    cr_expect_str_eq(rows[0].target, "a.com");
    cr_expect_str_eq(rows[0].job, "walk");
    cr_expect_str_eq(rows[0].state, "published");
    cr_expect_str_eq(rows[0].completeness, "limited");
    cr_expect_str_eq(rows[0].visible_night, NIGHT);
    cr_expect_str_eq(rows[0].run_state, "open");
    cr_expect(ne(ptr, strstr(rows[0].published_at, "Europe/Berlin"), NULL));
    cr_expect(eq(i64, rows[0].n_rows, 2));
    cr_expect(eq(i64, rows[0].total_count, 9));
    cr_expect(eq(i64, rows[0].settled_nanousd, 30000000));
    cr_expect_str_eq(rows[1].state, "open");
    cr_expect_str_eq(rows[1].visible_night, "");
    cr_expect(eq(i64, rows[1].unknown_nanousd, 77));
    calls_on_done(data, err);
}

Test(ledger, shows_a_line_per_feed)
{
    const int64_t links[] = {1, 2};
    struct uuid attempt;

    start(NIGHT, 0, TARGETS("a.com", "b.com"));
    cr_assert(calls_begin_slice(&c, c.run->listings[0].listing_id, 1000));
    cr_assert(calls_begin_slice(&c, c.run->listings[1].listing_id, 1000));
    calls_land_page(&c, c.run->listings[0].listing_id, 0, links, 2, 9);
    cr_assert(calls_publish(&c, c.run->listings[0].listing_id, "limited"));
    cr_assert(calls_reserve(&c, c.run->listings[1].listing_id, 0, 77, &attempt));
    cr_assert(calls_settle(&c, &attempt, STORE_UNKNOWN, 0));
    c.is_answered = false;
    store_status(c.store, on_status, &c);
    cr_assert(calls_wait(&c));
    calls_end(&c);
}
