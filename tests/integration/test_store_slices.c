#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "store/sql.h"
#include "store/store.h"
#include "support/pg.h"
#include "support/store_calls.h"

/* Slices in the database: cutting them, what a start reads of them, and those of an older schema.
 */

static struct calls c;

#define NIGHT "2026-11-22"
#define AT(n) (INT64_C(1767225600) + (n)*60) /* minutes of 2026-01-01 */

static void begin(void)
{
    calls_begin(&c);
}

TestSuite(store_slices, .timeout = 60, .init = begin, .fini = pg_drop_databases);

#define cut(listing_id, slice_no, new_slice_no, is_whole, ...)                                     \
    cut_at((listing_id), (slice_no), (new_slice_no), (is_whole), (const int64_t[]){__VA_ARGS__},   \
           sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

static void cut_at(int64_t listing_id, int32_t slice_no, int32_t new_slice_no, bool is_whole,
                   const int64_t points_s[], size_t n_points)
{
    c.is_answered = false;
    store_cut_slice(c.store, listing_id, slice_no, new_slice_no, points_s, n_points, is_whole,
                    calls_on_done, &c);
    cr_assert(calls_wait(&c), "%s", c.err.text);
}

static void expect_slice(size_t n, int64_t from_s, int64_t to_s, int64_t total_count, bool is_ended)
{
    const struct store_slice *slice = &c.run->listings[0].slices[n];

    cr_expect(eq(int, slice->slice_no, (int)n));
    cr_expect(eq(i64, slice->from_s, from_s));
    cr_expect(eq(i64, slice->to_s, to_s));
    cr_expect(eq(i64, slice->total_count, total_count));
    cr_expect(eq(i64, slice->limit, 1000));
    cr_expect_str_eq(slice->order_by, "[\"first_seen,asc\"]");
    cr_expect(eq(int, slice->is_ended, is_ended), "slice %zu", n);
}

Test(store_slices, are_narrowed_and_begun_together)
{
    const int64_t links[] = {1, 2, 3};
    int64_t listing_id = calls_start_listing(&c, NIGHT, 0);

    calls_land_page(&c, listing_id, 0, links, 3, 45000);
    cut(listing_id, 0, 1, false, AT(10), AT(20), AT(30));
    cut(listing_id, 2, 4, true, AT(20), AT(25));
    calls_start_listing(&c, NIGHT, 0);
    cr_assert(eq(sz, c.run->listings[0].n_slices, 6));
    expect_slice(0, STORE_FROM_OPEN, AT(10), -1, false);
    expect_slice(1, AT(10), AT(20), -1, false);
    expect_slice(2, AT(20), AT(20), -1, true);
    expect_slice(3, AT(30), STORE_TO_OPEN, -1, false);
    expect_slice(4, AT(20), AT(25), -1, false);
    expect_slice(5, AT(25), AT(30), -1, false);
    cr_expect(eq(i64, c.run->listings[0].whole_count, 45000));
    cr_assert(eq(sz, c.run->listings[0].slices[0].n_settled, 1), "its page stays");
    calls_end(&c);
}

Test(store_slices, are_restarted_to_where_they_ended)
{
    const int64_t links[] = {1, 2, 3};
    int64_t listing_id = calls_start_listing(&c, NIGHT, 0);

    cut(listing_id, 0, 1, false, AT(10));
    calls_land_page(&c, listing_id, 0, links, 3, 500);
    pg_execute(c.url, "UPDATE linkhaul.slice SET position = 3, walk = 'chain' WHERE slice_no = 0");
    pg_execute(c.url,
               "UPDATE linkhaul.backlink SET first_seen = "
               "timestamptz '2026-01-01 00:00:00.5+00' + ordinal * interval '1 min'");
    pg_execute(c.url,
               "SELECT linkhaul.restart_slice(listing_id, 0, 2, 1000, 'first_seen') "
               "FROM linkhaul.listing");
    calls_start_listing(&c, NIGHT, 0);
    cr_assert(eq(sz, c.run->listings[0].n_slices, 3));
    expect_slice(0, STORE_FROM_OPEN, AT(3), 2, true);
    expect_slice(1, AT(10), STORE_TO_OPEN, -1, false);
    expect_slice(2, AT(3), AT(10), -1, false);
    calls_end(&c);
}

/* Counts as a walk leaves them; a broken chain and its successor begin together. */
Test(store_slices, tell_the_next_listing_how_items_are_distributed)
{
    int64_t listing_id = calls_start_listing(&c, NIGHT, 0);

    cr_expect(zero(sz, c.run->listings[0].n_parts), "nothing is known yet");
    cut(listing_id, 0, 1, false, AT(10), AT(20));
    cut(listing_id, 1, 3, true, AT(10));
    pg_execute(c.url,
               "UPDATE linkhaul.slice SET total_count = 100 * (slice_no + 1) "
               "WHERE slice_no <> 1");
    cr_assert(calls_publish(&c, listing_id, "complete"));
    calls_end_run(&c);

    listing_id = calls_start_listing(&c, "2026-11-23", 0);
    cr_assert(eq(sz, c.run->listings[0].n_parts, 3));
    cr_expect(eq(i64, c.run->listings[0].parts[0].from_s, STORE_FROM_OPEN));
    cr_expect(eq(i64, c.run->listings[0].parts[0].n_items, 100));
    cr_expect(eq(i64, c.run->listings[0].parts[1].from_s, AT(10)));
    cr_expect(eq(i64, c.run->listings[0].parts[1].n_items, 400));
    cr_expect(eq(i64, c.run->listings[0].parts[2].from_s, AT(20)));
    cr_expect(eq(i64, c.run->listings[0].parts[2].n_items, 300));
    cr_expect(eq(i64, c.run->listings[0].last_total_count, 800));

    cut(listing_id, 0, 1, false, AT(10)); /* it is cut, and needs no advice any more */
    calls_start_listing(&c, "2026-11-23", 0);
    cr_expect(zero(sz, c.run->listings[0].n_parts));
    calls_end(&c);
}

/* Nulls are in no slice: they are missing. */
Test(store_slices, are_held_against_the_whole)
{
    const int64_t links[] = {1, 2, 3};
    int64_t listing_id = calls_start_listing(&c, NIGHT, 0);

    calls_land_page(&c, listing_id, 0, links, 3, 50);
    cut(listing_id, 0, 1, false, AT(10));
    pg_execute(c.url, "UPDATE linkhaul.slice SET total_count = 3 - 3 * slice_no");
    cr_assert(calls_publish(&c, listing_id, "complete"));
    cr_expect_str_eq(c.published.completeness, "short");
    cr_expect(eq(i64, c.published.n_missing, 47));
    calls_end(&c);
}

/* Before there were ranges a broken chain's second slice had a filter. */
Test(store_slices, of_an_older_schema_keep_their_meaning)
{
    const char *url = pg_fresh_database();
    const struct sql_migration *at = sql_migrations;

    for (; strcmp(at->name + 4, "_slices") != 0; at++)
        pg_execute(url, "%s", at->sql);
    pg_execute(url,
               "INSERT INTO linkhaul.feed (key, project, job, endpoint, facts, target, request) "
               "VALUES (gen_random_uuid(), 'p', 'j', 'backlinks', 'backlink', 't', '{}');"
               "INSERT INTO linkhaul.run (uid, project, job, endpoint, night, timezone, "
               "budget_night) VALUES (gen_random_uuid(), 'p', 'j', 'backlinks', '2026-11-22', "
               "'UTC', '2026-11-22');"
               "INSERT INTO linkhaul.listing (run_id, feed_id, night, request) "
               "SELECT run_id, feed_id, '2026-11-22', '{}' FROM linkhaul.run, linkhaul.feed;"
               "INSERT INTO linkhaul.slice (listing_id, slice_no, page_limit, filters) "
               "SELECT listing_id, 0, 1000, NULL::json FROM linkhaul.listing UNION ALL "
               "SELECT listing_id, 1, 1000, "
               "'[[\"first_seen\", \">\", \"2026-01-01 00:08:59 +00:00\"]]' FROM linkhaul.listing");
    pg_execute(url, "%s", at->sql);
    cr_expect(eq(i64,
                 pg_int(url,
                        "SELECT count(*) FROM linkhaul.slice WHERE slice_no = 1 AND "
                        "range_from = '2026-01-01 00:09:00+00' AND range_to IS NULL"),
                 1));
    cr_expect(eq(i64,
                 pg_int(url,
                        "SELECT count(*) FROM linkhaul.slice WHERE slice_no = 0 AND "
                        "range_from IS NULL AND range_to IS NULL"),
                 1));
    calls_end(&c);
}
