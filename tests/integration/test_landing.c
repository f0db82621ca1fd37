#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "store/store.h"
#include "support/pg.h"
#include "support/store_calls.h"

/* Pages landing, whole or not at all, and listings becoming visible, whole or not at all. */

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

/* The next run of the same feed; the one before has to be over. */
static void start(const char *night)
{
    static const char *const targets[] = {"example.com", NULL};

    cr_assert(calls_start_run(&c, night, 0, targets), "%s", c.err.text);
    cr_assert(eq(sz, c.run->n_listings, 1));
    listing_id = c.run->listings[0].listing_id;
    cr_assert(calls_begin_slice(&c, listing_id, 1000), "%s", c.err.text);
}

static void end_run(void)
{
    c.is_answered = false;
    store_end_run(c.store, c.run->run_id, calls_on_done, &c);
    cr_assert(calls_wait(&c), "%s", c.err.text);
}

static void begin(void)
{
    calls_begin(&c);
    start(NIGHT);
}

static void reserve(struct uuid *ret_attempt)
{
    cr_assert(calls_reserve(&c, listing_id, 0, 60000000, ret_attempt), "%s", c.err.text);
}

/* How much of everything is there: rows, pages booked, items counted, dollars settled. */
static char *traces(void)
{
    return pg_text(c.url,
                   "SELECT (SELECT count(*) FROM linkhaul.backlink) || ' rows, ' || (SELECT "
                   "count(*) FROM linkhaul.attempt WHERE is_page) || ' pages, ' || (SELECT "
                   "sum(n_items) FROM linkhaul.listing) || ' items, ' || (SELECT "
                   "sum(settled_nanousd) FROM linkhaul.spend) || ' settled, position ' || "
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

/* --- a page ---------------------------------------------------------------------------------- */

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

/* --- publish --------------------------------------------------------------------------------- */

static int64_t n_visible(void)
{
    return pg_int(c.url, "SELECT count(*) FROM linkhaul_bi.links");
}

Test(landing, shows_nothing_before_it_is_published)
{
    calls_land_page(&c, listing_id, 0, links, 10, 10);
    cr_expect(eq(i64, n_visible(), 0));
    cr_assert(calls_publish(&c, listing_id, "complete"), "%s", c.err.text);
    cr_expect(eq(i64, n_visible(), 10));
    cr_expect(eq(i64,
                 pg_int(c.url,
                        "SELECT count(*) FROM linkhaul_bi.links WHERE project = "
                        "'default' AND target = 'example.com' AND night = '" NIGHT
                        "' AND completeness = 'complete' AND url_from LIKE 'https%%'"),
                 10));
    calls_end(&c);
}

Test(landing, takes_repeats_out_and_keeps_the_first_received)
{
    static const int64_t second[] = {3, 11, 3, 12, 1};
    char *kept;

    calls_land_page(&c, listing_id, 10, second, 5, 12);
    calls_land_page(&c, listing_id, 0, links, 10, 12);
    cr_assert(calls_publish(&c, listing_id, "complete"), "%s", c.err.text);
    cr_expect(eq(i64, c.published.n_items, 15));
    cr_expect(eq(i64, c.published.n_rows, 12));
    cr_expect(eq(i64, c.published.n_duplicates, 3));
    cr_expect(eq(i64, c.published.n_missing, 0));
    cr_expect_str_eq(c.published.completeness, "complete");
    kept = pg_text(c.url,
                   "SELECT string_agg(ordinal::text, ' ' ORDER BY ordinal) FROM "
                   "linkhaul.backlink");
    cr_expect_str_eq(kept, "1 2 3 4 5 6 7 8 9 10 12 14");
    free(kept);
    calls_end(&c);
}

Test(landing, takes_no_repeats_out_of_other_listings)
{
    calls_land_page(&c, listing_id, 0, links, 10, 10);
    cr_assert(calls_publish(&c, listing_id, "complete"));
    end_run();
    start(NIGHT);
    calls_land_page(&c, listing_id, 0, links, 10, 10);
    cr_assert(calls_publish(&c, listing_id, "complete"));
    cr_expect(eq(i64, c.published.n_duplicates, 0));
    cr_expect(eq(i64, pg_int(c.url, "SELECT count(*) FROM linkhaul.backlink"), 20));
    cr_expect(eq(i64, n_visible(), 10));
    calls_end(&c);
}

/* Publishes with `n_links` of `total_count` there; gives the word that came out. */
static const char *publish_with(size_t n_links, int64_t total_count, const char *completeness)
{
    int64_t *many = mem_new_array(n_links, sizeof(*many));

    for (size_t i = 0; i < n_links; i++)
        many[i] = (int64_t)i;
    calls_land_page(&c, listing_id, 0, many, n_links, total_count);
    free(many);
    cr_assert(calls_publish(&c, listing_id, completeness), "%s", c.err.text);
    return c.published.completeness;
}

Test(landing, calls_complete_what_misses_ten_items)
{
    cr_expect_str_eq(publish_with(90, 100, "complete"), "complete");
    cr_expect(eq(i64, c.published.n_missing, 10));
    calls_end(&c);
}

Test(landing, calls_short_what_misses_eleven_items)
{
    cr_expect_str_eq(publish_with(89, 100, "complete"), "short");
    cr_expect(eq(i64, c.published.n_missing, 11));
    calls_end(&c);
}

Test(landing, calls_complete_what_misses_a_thousandth)
{
    cr_expect_str_eq(publish_with(19980, 20000, "complete"), "complete");
    cr_expect(eq(i64, c.published.n_missing, 20));
    calls_end(&c);
}

Test(landing, calls_short_what_misses_more_than_a_thousandth)
{
    cr_expect_str_eq(publish_with(19979, 20000, "complete"), "short");
    calls_end(&c);
}

Test(landing, publishes_whatever_total_count_was_told)
{
    cr_expect_str_eq(publish_with(5, INT64_MAX - 1, "complete"), "short");
    cr_expect(eq(i64, c.published.n_missing, INT64_MAX - 6));
    calls_end(&c);
}

Test(landing, keeps_the_word_for_what_was_cut)
{
    cr_expect_str_eq(publish_with(5, 1000000, "limited"), "limited");
    cr_expect(eq(i64, c.published.n_missing, 0));
    calls_end(&c);
}

Test(landing, misses_nothing_where_more_came_than_was_told)
{
    cr_expect_str_eq(publish_with(20, 10, "complete"), "complete");
    cr_expect(eq(i64, c.published.n_missing, 0));
    calls_end(&c);
}

Test(landing, publishes_a_listing_without_links)
{
    cr_expect_str_eq(publish_with(0, 0, "complete"), "complete");
    cr_expect(eq(i64, c.published.n_rows, 0));
    calls_end(&c);
}

Test(landing, publishes_once_and_only_what_is_open)
{
    cr_assert(calls_publish(&c, listing_id, "complete"));
    cr_expect(not(calls_publish(&c, listing_id, "complete")));
    cr_expect(eq(int, c.err.kind, ERR_INTERNAL));
    cr_expect(not(calls_publish(&c, listing_id + 1, "complete")));
    c.is_answered = false;
    store_suspend(c.store, listing_id, "error", "too late", calls_on_done, &c);
    cr_expect(not(calls_wait(&c)));
    calls_end(&c);
}

Test(landing, never_puts_an_older_night_in_place_of_a_newer)
{
    calls_land_page(&c, listing_id, 0, links, 10, 10);
    cr_assert(calls_publish(&c, listing_id, "complete"));
    end_run();
    start("2026-11-20");
    calls_land_page(&c, listing_id, 0, links, 3, 3);
    cr_assert(calls_publish(&c, listing_id, "complete"));
    cr_expect(eq(i64, n_visible(), 10));
    end_run();
    start("2026-12-01");
    calls_land_page(&c, listing_id, 0, links, 4, 4);
    cr_assert(calls_publish(&c, listing_id, "complete"));
    cr_expect(eq(i64, n_visible(), 4));
    calls_end(&c);
}

static struct {
    atomic_bool is_over;
    unsigned n_old, n_new, n_other;
} reader;

static void *read_all_the_time(void *data)
{
    PGconn *conn = PQconnectdb(data);

    while ((!atomic_load(&reader.is_over) || reader.n_new == 0) && reader.n_other == 0) {
        PGresult *result = PQexec(conn,
                                  "SELECT count(*) || ' ' || count(DISTINCT night) || ' ' || "
                                  "count(DISTINCT url_from) FROM linkhaul_bi.links");
        const char *seen = PQntuples(result) == 1 ? PQgetvalue(result, 0, 0) : "";

        if (strcmp(seen, "2000 1 2000") == 0)
            reader.n_old++;
        else if (strcmp(seen, "3000 1 3000") == 0)
            reader.n_new++;
        else
            reader.n_other++;
        PQclear(result);
    }
    PQfinish(conn);
    return NULL;
}

Test(landing, shows_readers_last_night_or_tonight_and_never_half)
{
    char *url = mem_strdup(c.url);
    pthread_t thread;
    int64_t *many = mem_new_array(3000, sizeof(*many));

    for (int i = 0; i < 3000; i++)
        many[i] = i;
    calls_land_page(&c, listing_id, 0, many, 2000, 2000);
    cr_assert(calls_publish(&c, listing_id, "complete"));
    end_run();
    start("2026-11-23");
    pthread_create(&thread, NULL, read_all_the_time, url);
    for (int page = 0; page < 3; page++)
        calls_land_page(&c, listing_id, page * 1000, many + page * 1000, 1000, 3000);
    calls_land_page(&c, listing_id, 3000, many, 1000, 3000);
    cr_assert(calls_publish(&c, listing_id, "complete"));
    cr_expect(eq(i64, c.published.n_duplicates, 1000));
    atomic_store(&reader.is_over, true);
    pthread_join(thread, NULL);
    cr_expect(gt(uint, reader.n_old, 0));
    cr_expect(eq(uint, reader.n_other, 0));
    free(many);
    free(url);
    calls_end(&c);
}

Test(landing, reads_only_the_partitions_of_published_nights)
{
    char *plan;

    calls_land_page(&c, listing_id, 0, links, 10, 10);
    cr_assert(calls_publish(&c, listing_id, "complete"));
    pg_execute(c.url, "SELECT linkhaul.make_partitions('backlink', '2027-03-01')");
    pg_execute(c.url,
               "CREATE FUNCTION public.plan(OUT text json) LANGUAGE plpgsql AS $$ BEGIN "
               "EXECUTE 'EXPLAIN (ANALYZE, FORMAT json) SELECT count(*) FROM "
               "linkhaul_bi.links' INTO text; END $$");
    plan =
        pg_text(c.url,
                "SELECT string_agg(node ->> 'Relation Name', ' ') FROM "
                "jsonb_path_query((SELECT text::jsonb FROM public.plan()), 'strict $.**') AS node "
                "WHERE jsonb_typeof(node) = 'object' AND node ->> 'Relation Name' LIKE "
                "'backlink%%' AND (node ->> 'Actual Loops')::numeric > 0");
    cr_expect_str_eq(plan == NULL ? "" : plan, "backlink_2026_11");
    free(plan);
    calls_end(&c);
}
