#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "store/store.h"
#include "support/pg.h"
#include "support/store_calls.h"

/* Pages landing, whole or not at all. */

static struct calls c;
static int64_t listing_id;

#define NIGHT "2026-11-22"

static bool load_begin(void)
{
    c.is_answered = false;
    store_load_begin(c.store, calls_on_done, &c);
    return calls_wait(&c);
}

static bool copy_end(void)
{
    c.is_answered = false;
    store_copy_end(c.store, calls_on_done, &c);
    return calls_wait(&c);
}

static bool load_abort(void)
{
    c.is_answered = false;
    store_load_abort(c.store, calls_on_done, &c);
    return calls_wait(&c);
}

static bool savepoint(void)
{
    c.is_answered = false;
    store_savepoint(c.store, calls_on_done, &c);
    return calls_wait(&c);
}

static bool rollback_to_savepoint(void)
{
    c.is_answered = false;
    store_rollback_to_savepoint(c.store, calls_on_done, &c);
    return calls_wait(&c);
}

static void begin(void)
{
    calls_begin(&c);
    listing_id = calls_start_listing(&c, NIGHT, 0);
}

static void reserve(struct uuid *ret_attempt)
{
    cr_assert(calls_reserve(&c, listing_id, 0, 60000000, ret_attempt), "%s", c.err.text);
}

/* How much of everything is there: rows, pages booked, items counted, dollars settled. */
static char *traces(void)
{
    return pg_text(
        c.url,
        "SELECT (SELECT count(*) FROM linkhaul.backlink) || ' rows, ' || (SELECT "
        "count(*) FROM linkhaul.attempt WHERE is_page) || ' pages, ' || (SELECT "
        "sum(n_items) FROM linkhaul.listing) || ' items, ' || (SELECT "
        "sum(settled_nanousd) FROM linkhaul.spend WHERE scope LIKE 'run:%%') || ' settled, position ' || "
        "(SELECT position FROM linkhaul.slice)");
}

#define expect_traces(wanted)                                                                      \
    do {                                                                                           \
        char *there = traces();                                                                    \
        cr_expect_str_eq(there, (wanted));                                                         \
        free(there);                                                                               \
    } while (0)

#define NO_TRACES "0 rows, 0 pages, 0 items, 0 settled, position 0"

TestSuite(landing, .timeout = 120, .init = begin, .fini = pg_drop_databases);

static const int64_t links[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

Test(landing, commits_rows_checkpoint_and_charge_together)
{
    struct uuid attempt;

    reserve(&attempt);
    cr_assert(load_begin());
    cr_assert(calls_copy(&c, listing_id, 0, links, 10));
    cr_assert(copy_end());
    expect_traces(NO_TRACES);
    cr_assert(calls_commit(&c, &attempt, listing_id, 0, 10, 100, true), "%s", c.err.text);
    expect_traces("10 rows, 1 pages, 10 items, 30000000 settled, position 10");
    cr_expect(eq(i64,
                 pg_int(c.url,
                        "SELECT count(*) FROM linkhaul.slice WHERE is_ended AND walk = "
                        "'offset' AND total_count = 100"),
                 1));
    cr_expect(eq(i64,
                 pg_int(c.url,
                        "SELECT count(*) FROM linkhaul.attempt WHERE state = 'settled' "
                        "AND http_status = 200 AND status_code = 20000 AND n_rows = 10"),
                 1));
    calls_end(&c);
}

Test(landing, commits_a_page_without_items)
{
    struct uuid attempt;

    reserve(&attempt);
    cr_assert(load_begin());
    cr_assert(calls_commit(&c, &attempt, listing_id, 0, 0, 0, true), "%s", c.err.text);
    expect_traces("0 rows, 1 pages, 0 items, 30000000 settled, position 0");
    calls_end(&c);
}

/* What came is paid for, if perhaps with nothing, whether or not the answer says how much. */
Test(landing, lands_a_page_whose_charge_is_not_told)
{
    static const enum store_charge charges[] = {STORE_UNKNOWN, STORE_VOID};
    struct uuid attempt;

    for (int i = 0; i < 2; i++) {
        cr_assert(calls_reserve(&c, listing_id, 10 * i, 60000000, &attempt), "%s", c.err.text);
        c.charge = charges[i];
        cr_assert(load_begin());
        cr_assert(calls_copy(&c, listing_id, 10 * i, links, 10));
        cr_assert(copy_end());
        cr_assert(calls_commit(&c, &attempt, listing_id, 10 * i, 10, 20, i == 1), "%s", c.err.text);
    }
    expect_traces("20 rows, 2 pages, 20 items, 0 settled, position 20");
    cr_expect(eq(i64, pg_int(c.url, "SELECT unknown_nanousd FROM linkhaul.spend"), 60000000));
    cr_expect(eq(i64, pg_int(c.url, "SELECT reserved_nanousd FROM linkhaul.spend"), 0));
    calls_end(&c);
}

Test(landing, never_lands_a_page_twice)
{
    struct uuid attempt, never = uuid_new();

    reserve(&attempt);
    for (int i = 0; i < 3; i++) {
        cr_assert(load_begin());
        cr_assert(calls_copy(&c, listing_id, 0, links, 10));
        cr_assert(copy_end());
        cr_expect(eq(int,
                     calls_commit(&c, i == 2 ? &never : &attempt, listing_id, 0, 10, 100, false),
                     i == 0));
        cr_expect(eq(int, c.err.kind, i == 0 ? ERR_NONE : ERR_INTERNAL));
        expect_traces("10 rows, 1 pages, 10 items, 30000000 settled, position 10");
    }
    calls_end(&c);
}

Test(landing, leaves_nothing_of_a_page_that_is_given_up_at_any_point)
{
    struct uuid attempt;

    reserve(&attempt);
    for (int stage = 0; stage < 4; stage++) {
        cr_assert(load_begin(), "stage %d: %s", stage, c.err.text);
        if (stage >= 1)
            cr_assert(calls_copy(&c, listing_id, 0, links, 10));
        if (stage >= 2)
            cr_assert(copy_end());
        if (stage >= 3)
            cr_assert(savepoint());
        cr_expect(load_abort(), "%s", c.err.text);
        expect_traces(NO_TRACES);
    }
    calls_end(&c);
}

Test(landing, leaves_nothing_when_the_connection_dies_in_the_middle)
{
    struct uuid attempt;

    reserve(&attempt);
    cr_assert(load_begin());
    cr_assert(calls_copy(&c, listing_id, 0, links, 10));
    pg_execute(c.url, "SELECT pg_terminate_backend(%" PRId64 ", 5000)",
               pg_backend(c.url, "%loader"));
    cr_expect(not(copy_end()));
    cr_expect(eq(int, c.err.kind, ERR_DB));
    cr_expect(not(calls_commit(&c, &attempt, listing_id, 0, 10, 100, false)));
    cr_expect(eq(int, c.err.kind, ERR_DB));
    cr_expect(not(load_abort()));
    calls_end(&c);
    expect_traces(NO_TRACES);
    cr_expect(eq(i64,
                 pg_int(c.url,
                        "SELECT count(*) FROM linkhaul.attempt WHERE state = "
                        "'reserved'"),
                 1));
}

static bool copy_text(const char *text)
{
    c.is_answered = false;
    store_copy_begin(c.store,
                     "COPY linkhaul.reject (night, run_id, listing_id, slice_no, ordinal, target, "
                     "reason, raw, loaded_at) FROM STDIN",
                     calls_on_done, &c);
    cr_assert(calls_wait(&c), "%s", c.err.text);
    c.is_answered = false;
    store_copy_chunk(c.store, text, strlen(text), calls_on_done, &c);
    cr_assert(calls_wait(&c), "%s", c.err.text);
    return copy_end();
}

Test(landing, goes_back_to_the_savepoint_when_rows_are_refused)
{
    const char *good = NIGHT "\t1\t1\t0\t1\texample.com\twhy\traw\tnow\n";
    const char *bad = NIGHT "\t1\t1\t0\t2\texample.com\twhy\traw \xff\tnow\n";
    struct uuid attempt;

    reserve(&attempt);
    cr_assert(load_begin());
    for (int i = 0; i < 3; i++) {
        cr_assert(savepoint(), "%s", c.err.text);
        cr_expect(not(copy_text(bad)));
        cr_expect(eq(int, c.err.kind, ERR_DATA));
        cr_assert(rollback_to_savepoint(), "%s", c.err.text);
        cr_assert(copy_text(good), "%s", c.err.text);
    }
    cr_assert(calls_commit(&c, &attempt, listing_id, 0, 0, 0, true), "%s", c.err.text);
    cr_expect(eq(i64, pg_int(c.url, "SELECT count(*) FROM linkhaul.reject"), 3));
    calls_end(&c);
}

Test(landing, books_nothing_when_rows_were_refused_and_nobody_went_back)
{
    struct uuid attempt;

    reserve(&attempt);
    cr_assert(load_begin());
    cr_expect(not(copy_text("\xff")));
    cr_expect(not(calls_commit(&c, &attempt, listing_id, 0, 10, 100, true)));
    expect_traces(NO_TRACES);
    cr_assert(load_begin(), "the connection is fit for the next page");
    calls_end(&c);
}

Test(landing, does_not_keep_reservations_waiting_while_a_page_lands)
{
    struct uuid attempt, other;

    reserve(&attempt);
    cr_assert(load_begin());
    cr_assert(calls_copy(&c, listing_id, 0, links, 10));
    cr_expect(calls_reserve(&c, listing_id, 1000, 60000000, &other));
    cr_assert(copy_end());
    cr_assert(calls_commit(&c, &attempt, listing_id, 0, 10, 100, true));
    calls_end(&c);
}
