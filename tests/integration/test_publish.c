#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "store/store.h"
#include "support/pg.h"
#include "support/store_calls.h"

/* Listings becoming visible, whole or not at all, with every link once. */

static struct calls c;
static int64_t listing_id;

#define NIGHT "2026-11-22"

static void begin(void)
{
    calls_begin(&c);
    listing_id = calls_start_listing(&c, NIGHT, 0);
}

TestSuite(publish, .timeout = 120, .init = begin, .fini = pg_drop_databases);

static const int64_t links[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

static int64_t n_visible(void)
{
    return pg_int(c.url, "SELECT count(*) FROM linkhaul_bi.backlinks");
}

Test(publish, shows_nothing_before_it_is_published)
{
    calls_land_page(&c, listing_id, 0, links, 10, 10);
    cr_expect(eq(i64, n_visible(), 0));
    cr_assert(calls_publish(&c, listing_id, "complete"), "%s", c.err.text);
    cr_expect(eq(i64, n_visible(), 10));
    cr_expect(eq(i64,
                 pg_int(c.url,
                        "SELECT count(*) FROM linkhaul_bi.backlinks WHERE project = "
                        "'default' AND target = 'example.com' AND night = '" NIGHT
                        "' AND completeness = 'complete' AND url_from LIKE 'https%%'"),
                 10));
    calls_end(&c);
}

Test(publish, takes_repeats_out_and_keeps_the_first_received)
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

Test(publish, takes_no_repeats_out_of_other_listings)
{
    calls_land_page(&c, listing_id, 0, links, 10, 10);
    cr_assert(calls_publish(&c, listing_id, "complete"));
    calls_end_run(&c);
    listing_id = calls_start_listing(&c, NIGHT, 0);
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

Test(publish, calls_complete_what_misses_ten_items)
{
    cr_expect_str_eq(publish_with(90, 100, "complete"), "complete");
    cr_expect(eq(i64, c.published.n_missing, 10));
    calls_end(&c);
}

Test(publish, calls_short_what_misses_eleven_items)
{
    cr_expect_str_eq(publish_with(89, 100, "complete"), "short");
    cr_expect(eq(i64, c.published.n_missing, 11));
    calls_end(&c);
}

Test(publish, calls_complete_what_misses_a_thousandth)
{
    cr_expect_str_eq(publish_with(19980, 20000, "complete"), "complete");
    cr_expect(eq(i64, c.published.n_missing, 20));
    calls_end(&c);
}

Test(publish, calls_short_what_misses_more_than_a_thousandth)
{
    cr_expect_str_eq(publish_with(19979, 20000, "complete"), "short");
    calls_end(&c);
}

Test(publish, publishes_whatever_total_count_was_told)
{
    cr_expect_str_eq(publish_with(5, INT64_MAX - 1, "complete"), "short");
    cr_expect(eq(i64, c.published.n_missing, INT64_MAX - 6));
    calls_end(&c);
}

Test(publish, keeps_the_word_for_what_was_cut)
{
    cr_expect_str_eq(publish_with(5, 1000000, "limited"), "limited");
    cr_expect(eq(i64, c.published.n_missing, 0));
    calls_end(&c);
}

Test(publish, misses_nothing_where_more_came_than_was_told)
{
    cr_expect_str_eq(publish_with(20, 10, "complete"), "complete");
    cr_expect(eq(i64, c.published.n_missing, 0));
    calls_end(&c);
}

Test(publish, publishes_a_listing_without_links)
{
    cr_expect_str_eq(publish_with(0, 0, "complete"), "complete");
    cr_expect(eq(i64, c.published.n_rows, 0));
    calls_end(&c);
}

Test(publish, publishes_once_and_only_what_is_open)
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

Test(publish, never_puts_an_older_night_in_place_of_a_newer)
{
    calls_land_page(&c, listing_id, 0, links, 10, 10);
    cr_assert(calls_publish(&c, listing_id, "complete"));
    calls_end_run(&c);
    listing_id = calls_start_listing(&c, "2026-11-20", 0);
    calls_land_page(&c, listing_id, 0, links, 3, 3);
    cr_assert(calls_publish(&c, listing_id, "complete"));
    cr_expect(eq(i64, n_visible(), 10));
    calls_end_run(&c);
    listing_id = calls_start_listing(&c, "2026-12-01", 0);
    calls_land_page(&c, listing_id, 0, links, 6, 6);
    cr_assert(calls_publish(&c, listing_id, "complete"));
    cr_expect(eq(i64, n_visible(), 6));
    calls_end(&c);
}

/* The next night's listing, of so many rows. */
static void publish_night(const char *night, size_t n_links)
{
    calls_end_run(&c);
    listing_id = calls_start_listing(&c, night, 0);
    calls_land_page(&c, listing_id, 0, links, n_links, (int64_t)n_links);
    cr_assert(calls_publish(&c, listing_id, "complete"), "%s", c.err.text);
}

Test(publish, holds_a_listing_that_has_shrunk_and_shows_the_one_before)
{
    calls_land_page(&c, listing_id, 0, links, 10, 10);
    cr_assert(calls_publish(&c, listing_id, "complete"));
    publish_night("2026-11-23", 4);
    cr_expect(c.published.is_held);
    cr_expect(ne(ptr, strstr(c.published.reason, "has 4 rows where the night of 2026-11-22 had 10"),
                 NULL),
              "%s", c.published.reason);
    cr_expect(ne(ptr, strstr(c.published.reason, "linkhaul publish 2"), NULL));
    cr_expect(eq(i64, n_visible(), 10));
    cr_expect(
        eq(i64, pg_int(c.url, "SELECT count(*) FROM linkhaul.listing WHERE state = 'held'"), 1));
    publish_night("2026-11-24", 5);
    cr_expect(not(c.published.is_held), "half of it is still there");
    cr_expect(eq(i64, n_visible(), 5));
    calls_end(&c);
}

Test(publish, holds_nothing_that_max_rows_has_cut)
{
    calls_land_page(&c, listing_id, 0, links, 10, 10);
    cr_assert(calls_publish(&c, listing_id, "complete"));
    calls_end_run(&c);
    listing_id = calls_start_listing(&c, "2026-11-23", 0);
    pg_execute(c.url, "UPDATE linkhaul.listing SET max_rows = 3 WHERE state = 'open'");
    calls_land_page(&c, listing_id, 0, links, 3, 10);
    cr_assert(calls_publish(&c, listing_id, "limited"));
    cr_expect(not(c.published.is_held));
    cr_expect(eq(i64, n_visible(), 3));
    calls_end(&c);
}

Test(publish, shows_a_held_listing_once_it_is_accepted)
{
    calls_land_page(&c, listing_id, 0, links, 10, 10);
    cr_assert(calls_publish(&c, listing_id, "complete"));
    publish_night("2026-11-23", 1);
    cr_assert(c.published.is_held);
    calls_end_run(&c);
    pg_execute(c.url, "SELECT linkhaul.publish(2, 'complete', 1000, 500000, true)");
    cr_expect(eq(i64, n_visible(), 1));
    pg_execute(c.url, "SELECT linkhaul.publish(2, 'complete', 1000, 500000, true)");
    cr_expect(eq(i64, n_visible(), 1), "once only");
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
                                  "count(DISTINCT url_from) FROM linkhaul_bi.backlinks");
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

Test(publish, shows_readers_last_night_or_tonight_and_never_half)
{
    char *url = mem_strdup(c.url);
    pthread_t thread;
    int64_t *many = mem_new_array(3000, sizeof(*many));

    for (int i = 0; i < 3000; i++)
        many[i] = i;
    calls_land_page(&c, listing_id, 0, many, 2000, 2000);
    cr_assert(calls_publish(&c, listing_id, "complete"));
    calls_end_run(&c);
    listing_id = calls_start_listing(&c, "2026-11-23", 0);
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

Test(publish, reads_only_the_partitions_of_published_nights)
{
    char *plan;

    calls_land_page(&c, listing_id, 0, links, 10, 10);
    cr_assert(calls_publish(&c, listing_id, "complete"));
    pg_execute(c.url, "SELECT linkhaul.make_partitions('backlink', '2027-03-01')");
    pg_execute(c.url,
               "CREATE FUNCTION public.plan(OUT text json) LANGUAGE plpgsql AS $$ BEGIN "
               "EXECUTE 'EXPLAIN (ANALYZE, FORMAT json) SELECT count(*) FROM "
               "linkhaul_bi.backlinks' INTO text; END $$");
    plan =
        pg_text(c.url,
                "SELECT string_agg(node ->> 'Relation Name', ' ') FROM "
                "jsonb_path_query((SELECT text::jsonb FROM public.plan()), 'strict $.**') AS node "
                "WHERE jsonb_typeof(node) = 'object' AND node ->> 'Relation Name' LIKE "
                "'backlink%%' AND (node ->> 'Actual Loops')::numeric > 0");
    cr_expect_str_eq(plan == NULL ? "" : plan, "backlink_2026_11_16");
    free(plan);
    calls_end(&c);
}
