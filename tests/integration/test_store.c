#include "store/store.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/pg.h"
#include "support/store_calls.h"

/* Runs, their listings and the holder's lock. Money: test_ledger.c. Landing and publishing:
 * test_landing.c. */

static struct calls c;

#define TARGETS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NIGHT "2026-11-22"

static void begin(void)
{
    calls_begin(&c);
}

TestSuite(store, .timeout = 60, .init = begin, .fini = pg_drop_databases);

static void start(const char *night, int64_t budget_nanousd, const char *const targets[])
{
    cr_assert(calls_start_run(&c, night, budget_nanousd, targets), "%s", c.err.text);
}

static struct store_open_attempt open_attempts[8];
static size_t n_open_attempts;

static void on_open_attempts(void *data, const struct store_open_attempt *attempts, size_t n,
                             const struct err *err)
{
    n_open_attempts = n;
    cr_assert(le(sz, n, 8));
    if (n > 0)
        memcpy(open_attempts, attempts, n * sizeof(*attempts));
    calls_on_done(data, err);
}

static void expect_open_attempts(size_t n)
{
    c.is_answered = false;
    store_read_open_attempts(c.store, c.run->run_id, on_open_attempts, &c);
    cr_assert(calls_wait(&c), "%s", c.err.text);
    cr_assert(eq(sz, n_open_attempts, n));
}

/* --- runs ------------------------------------------------------------------------------------ */

Test(store, begins_a_run_with_a_listing_per_feed)
{
    start(NIGHT, 5, TARGETS("a.com", "b.com"));
    cr_expect(not(c.run->is_resumed));
    cr_expect_str_eq(c.run->night, NIGHT);
    cr_expect(eq(int, c.run->night_days, 9822));
    cr_expect(eq(sz, strlen(c.run->install), 8));
    cr_expect(eq(i64, c.run->booked_nanousd, 0));
    cr_assert(eq(sz, c.run->n_listings, 2));
    cr_expect_str_eq(c.run->listings[0].target, "a.com");
    cr_expect_str_eq(c.run->listings[1].target, "b.com");
    cr_expect_str_eq(c.run->listings[0].request, "{\"mode\": \"as_is\"}");
    cr_expect(eq(i64, c.run->listings[0].max_rows, 0));
    cr_expect(eq(i64, c.run->listings[0].last_total_count, -1));
    cr_expect(eq(sz, c.run->listings[0].n_slices, 0));
    expect_open_attempts(0);
    cr_expect(eq(i64,
                 pg_int(c.url,
                        "SELECT count(*) FROM pg_inherits WHERE inhparent = "
                        "'linkhaul.backlink'::regclass"),
                 2));
    calls_end(&c);
}

Test(store, takes_the_night_from_the_clock_where_the_job_is)
{
    char *today;

    start(NULL, 0, TARGETS("a.com"));
    today = pg_text(c.url, "SELECT (now() AT TIME ZONE 'Europe/Berlin')::date");
    cr_expect_str_eq(c.run->night, today);
    free(today);
    calls_end(&c);
}

Test(store, goes_on_with_an_open_run_and_keeps_its_night)
{
    struct uuid uid;
    int64_t run_id;

    start(NIGHT, 5, TARGETS("a.com"));
    run_id = c.run->run_id;
    uid = c.run->uid;
    start("2026-11-23", 7, TARGETS("a.com"));
    cr_expect(c.run->is_resumed);
    cr_expect(eq(i64, c.run->run_id, run_id));
    cr_expect(uuid_is_equal(&uid, &c.run->uid));
    cr_expect_str_eq(c.run->night, NIGHT);
    cr_expect(eq(i64, pg_int(c.url, "SELECT budget_nanousd FROM linkhaul.run"), 7));
    cr_expect(eq(i64, pg_int(c.url, "SELECT count(*) FROM linkhaul.listing"), 1));
    calls_end(&c);
}

Test(store, abandons_feeds_that_the_job_lost_and_begins_those_it_gained)
{
    start(NIGHT, 0, TARGETS("a.com", "b.com"));
    start(NIGHT, 0, TARGETS("b.com", "c.com"));
    cr_assert(eq(sz, c.run->n_listings, 2));
    cr_expect_str_eq(c.run->listings[0].target, "b.com");
    cr_expect_str_eq(c.run->listings[1].target, "c.com");
    cr_expect(eq(i64,
                 pg_int(c.url,
                        "SELECT count(*) FROM linkhaul.listing WHERE state = "
                        "'abandoned'"),
                 1));
    start(NIGHT, 0, TARGETS("a.com", "b.com", "c.com"));
    cr_expect(eq(sz, c.run->n_listings, 3), "a feed that came back has a new listing");
    calls_end(&c);
}

Test(store, does_not_list_a_feed_twice_in_a_run)
{
    start(NIGHT, 0, TARGETS("a.com", "b.com"));
    cr_assert(calls_publish(&c, c.run->listings[0].listing_id, "complete"), "%s", c.err.text);
    start(NIGHT, 0, TARGETS("a.com", "b.com"));
    cr_assert(eq(sz, c.run->n_listings, 1));
    cr_expect_str_eq(c.run->listings[0].target, "b.com");
    calls_end(&c);
}

Test(store, begins_another_run_when_the_one_before_has_ended)
{
    int64_t run_id;

    start(NIGHT, 0, TARGETS("a.com"));
    run_id = c.run->run_id;
    c.is_answered = false;
    store_end_run(c.store, run_id, calls_on_run_ended, &c);
    cr_assert(calls_wait(&c));
    cr_expect(eq(i64, pg_int(c.url, "SELECT count(*) FROM linkhaul.run WHERE state = 'open'"), 1),
              "a run with an open listing stays open");
    cr_assert(calls_publish(&c, c.run->listings[0].listing_id, "complete"));
    c.is_answered = false;
    store_end_run(c.store, run_id, calls_on_run_ended, &c);
    cr_assert(calls_wait(&c));
    start(NIGHT, 0, TARGETS("a.com"));
    cr_expect(not(c.run->is_resumed));
    cr_expect(ne(i64, c.run->run_id, run_id));
    calls_end(&c);
}

Test(store, refuses_a_night_or_zone_that_there_is_not)
{
    cr_expect(not(calls_start_run(&c, "2026-02-30", 0, TARGETS("a.com"))));
    cr_expect(eq(int, c.err.kind, ERR_DATA));
    cr_expect(eq(i64, pg_int(c.url, "SELECT count(*) FROM linkhaul.run"), 0));
    cr_expect(eq(i64, pg_int(c.url, "SELECT count(*) FROM linkhaul.feed"), 0));
    start(NIGHT, 0, TARGETS("a.com"));
    calls_end(&c);
}

Test(store, begins_another_run_where_the_one_before_was_broken_off_at_its_very_end)
{
    int64_t run_id;

    start(NIGHT, 0, TARGETS("a.com"));
    run_id = c.run->run_id;
    cr_assert(calls_publish(&c, c.run->listings[0].listing_id, "complete"));
    start("2026-11-23", 0, TARGETS("a.com"));
    cr_expect(not(c.run->is_resumed));
    cr_expect(ne(i64, c.run->run_id, run_id));
    cr_expect(eq(sz, c.run->n_listings, 1));
    cr_expect(eq(i64, pg_int(c.url, "SELECT count(*) FROM linkhaul.run WHERE state = 'done'"), 1));
    calls_end(&c);
}

Test(store, does_not_begin_a_run_twice_in_the_night_that_broke_it_off_at_its_very_end)
{
    int64_t run_id;

    start("2026-11-21", 0, TARGETS("a.com", "b.com"));
    run_id = c.run->run_id;
    cr_assert(calls_publish(&c, c.run->listings[0].listing_id, "complete"));
    start(NIGHT, 0, TARGETS("a.com", "b.com"));
    cr_assert(calls_publish(&c, c.run->listings[0].listing_id, "complete"));
    start(NIGHT, 0, TARGETS("a.com", "b.com"));
    cr_expect(c.run->is_resumed);
    cr_expect(eq(i64, c.run->run_id, run_id));
    cr_expect(eq(sz, c.run->n_listings, 0));
    calls_end(&c);
}

Test(store, gives_back_what_was_committed_and_only_that)
{
    const int64_t links[] = {1, 2, 3};
    const struct store_slice *slice;
    struct uuid open, booked, free_of_charge, unknown;
    int64_t listing_id = calls_start_listing(&c, NIGHT, 0);

    calls_land_page(&c, listing_id, 1000, links, 3, 3003);
    calls_land_page(&c, listing_id, 0, links, 2, 3003);
    cr_assert(calls_reserve(&c, listing_id, 2000, 60000000, &open));
    cr_assert(calls_reserve(&c, listing_id, 3000, 60000000, &booked));
    cr_assert(calls_settle(&c, &booked, STORE_SETTLED, 1));
    cr_assert(calls_reserve(&c, listing_id, 3000, 60000000, &free_of_charge));
    cr_assert(calls_settle(&c, &free_of_charge, STORE_VOID, 0));
    cr_assert(calls_reserve(&c, listing_id, 4000, 7, &unknown));
    cr_assert(calls_settle(&c, &unknown, STORE_UNKNOWN, 0));
    calls_end(&c);

    cr_assert(calls_open(&c, c.url, true), "%s", c.err.text);
    start(NIGHT, 0, TARGETS("example.com"));
    cr_expect(c.run->is_resumed);
    cr_expect(eq(i64, c.run->booked_nanousd, 2 * 30000000 + 60000000 + 1 + 7));
    cr_assert(eq(sz, c.run->n_listings, 1));
    cr_assert(eq(sz, c.run->listings[0].n_slices, 1));
    slice = &c.run->listings[0].slices[0];
    cr_expect(eq(i64, slice->limit, 1000));
    cr_expect_str_eq(slice->order_by, "[\"first_seen,asc\"]");
    cr_expect(eq(int, slice->walk, STORE_WALK_OFFSET));
    cr_expect(eq(i64, slice->total_count, 3003));
    cr_expect(not(slice->is_ended));
    cr_expect(eq(ptr, (void *)(uintptr_t)slice->token, NULL));
    cr_assert(eq(sz, slice->n_settled, 2));
    cr_expect(eq(i64, slice->settled[0], 0));
    cr_expect(eq(i64, slice->settled_items[0], 2));
    cr_expect(eq(i64, slice->settled[1], 1000));
    cr_expect(eq(i64, slice->settled_items[1], 3));
    expect_open_attempts(2);
    cr_expect(uuid_is_equal(&open_attempts[0].attempt, &open));
    cr_expect(eq(i64, open_attempts[0].position, 2000));
    cr_expect(eq(i64, open_attempts[0].listing_id, listing_id));
    cr_expect(not(open_attempts[0].is_unknown));
    cr_expect(uuid_is_equal(&open_attempts[1].attempt, &unknown));
    cr_expect(open_attempts[1].is_unknown);
    cr_expect(lt(i64, open_attempts[1].age_ms, 60000));
    calls_end(&c);
}

Test(store, hangs_slices_and_pages_where_they_belong)
{
    const int64_t links[] = {1, 2, 3};

    start(NIGHT, 0, TARGETS("a.com", "b.com", "c.com", "d.com"));
    for (size_t i = 0; i < 4; i++) {
        if (i == 1) /* one listing has no slice yet */
            continue;
        cr_assert(calls_begin_slice(&c, c.run->listings[i].listing_id, (int64_t)(i + 1)));
        for (size_t page = 0; page < i; page++)
            calls_land_page(&c, c.run->listings[i].listing_id, (int64_t)page, links, page + 1, -1);
    }
    start(NIGHT, 0, TARGETS("a.com", "b.com", "c.com", "d.com"));
    cr_assert(eq(sz, c.run->n_listings, 4));
    for (size_t i = 0; i < 4; i++) {
        const struct store_listing *listing = &c.run->listings[i];

        cr_assert(eq(sz, listing->n_slices, i == 1 ? 0 : 1));
        if (i == 1)
            continue;
        cr_expect(eq(i64, listing->slices[0].limit, (int64_t)(i + 1)));
        cr_expect(eq(i64, listing->slices[0].total_count, -1));
        cr_assert(eq(sz, listing->slices[0].n_settled, i));
        for (size_t page = 0; page < i; page++) {
            cr_expect(eq(i64, listing->slices[0].settled[page], (int64_t)page));
            cr_expect(eq(i64, listing->slices[0].settled_items[page], (int64_t)page + 1));
        }
    }
    calls_end(&c);
}

Test(store, tells_the_total_of_the_listing_before)
{
    int64_t listing_id = calls_start_listing(&c, NIGHT, 0);
    const int64_t link = 1;

    calls_land_page(&c, listing_id, 0, &link, 1, 1);
    cr_assert(calls_publish(&c, listing_id, "complete"));
    c.is_answered = false;
    store_end_run(c.store, c.run->run_id, calls_on_run_ended, &c);
    cr_assert(calls_wait(&c));
    start("2026-11-23", 0, TARGETS("example.com"));
    cr_expect(eq(i64, c.run->listings[0].last_total_count, 1));
    calls_end(&c);
}

Test(store, notes_why_a_listing_could_not_end_and_forgets_it_when_it_goes_on)
{
    int64_t listing_id = calls_start_listing(&c, NIGHT, 0);

    c.is_answered = false;
    store_suspend(c.store, listing_id, "budget", "the cap is reached", calls_on_done, &c);
    cr_assert(calls_wait(&c));
    cr_expect(eq(i64,
                 pg_int(c.url,
                        "SELECT count(*) FROM linkhaul.listing WHERE state = 'open' AND "
                        "completeness = 'budget' AND reason = 'the cap is reached'"),
                 1));
    calls_start_listing(&c, NIGHT, 0);
    cr_expect(eq(i64,
                 pg_int(c.url,
                        "SELECT count(*) FROM linkhaul.listing WHERE state = 'open' AND "
                        "completeness IS NULL AND reason = ''"),
                 1));
    calls_end(&c);
}

/* --- the holder ------------------------------------------------------------------------------ */

Test(store, has_one_holder_and_names_it)
{
    struct calls second, reader;
    char name[64];

    snprintf(name, sizeof(name), "linkhaul[%ld] control", (long)getpid());
    cr_expect(not(calls_open(&second, c.url, true)));
    cr_expect(eq(int, second.err.kind, ERR_BUSY));
    cr_expect(ne(ptr, strstr(second.err.text, name), NULL), "%s", second.err.text);
    cr_expect(ne(ptr, strstr(second.err.text, "server process"), NULL), "%s", second.err.text);
    calls_end(&second);
    cr_expect(calls_open(&reader, c.url, false), "%s", reader.err.text);
    calls_end(&reader);
    calls_end(&c);
    cr_expect(calls_open(&c, c.url, true), "%s", c.err.text);
    calls_end(&c);
}

Test(store, waits_for_the_loader_of_a_process_that_is_gone)
{
    struct calls second;
    int64_t pid = pg_backend(c.url, "%control");

    /* As after kill -9: the control connection is over, the loader's server process is not yet. */
    pg_execute(c.url, "SELECT pg_terminate_backend(%" PRId64 ", 5000)", pid);
    cr_expect(not(calls_open(&second, c.url, true)));
    cr_expect(eq(int, second.err.kind, ERR_BUSY));
    cr_expect(ne(ptr, strstr(second.err.text, "loader"), NULL), "%s", second.err.text);
    calls_end(&second);
    calls_end(&c);
}

Test(store, cancels_what_waits_when_it_is_closed)
{
    struct store_account account = {0};
    struct calls closing;
    const char *url = c.url;

    c.is_answered = false;
    store_put_account(c.store, "main", "backlinks", &account, calls_on_done, &c);
    calls_end(&c);
    cr_expect(c.is_answered);
    cr_expect(eq(int, c.err.kind, ERR_CANCELED));

    closing = (struct calls){.url = url};
    uv_loop_init(&closing.loop);
    closing.store = store_open(&closing.loop, url, true, calls_on_done, &closing);
    calls_end(&closing);
    cr_expect(closing.is_answered);
    cr_expect(eq(int, closing.err.kind, ERR_CANCELED));
}

Test(store, ends_everything_with_a_lost_connection)
{
    struct store_account account = {0};
    int64_t pid = pg_backend(c.url, "%control");

    pg_execute(c.url, "SELECT pg_terminate_backend(%" PRId64 ", 5000)", pid);
    cr_expect(not(calls_start_run(&c, NIGHT, 0, TARGETS("a.com", "b.com"))));
    cr_expect(eq(int, c.err.kind, ERR_DB));
    c.is_answered = false;
    store_put_account(c.store, "main", "backlinks", &account, calls_on_done, &c);
    cr_expect(not(calls_wait(&c)));
    cr_expect(eq(int, c.err.kind, ERR_DB));
    calls_end(&c);
}
