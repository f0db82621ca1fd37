#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "unit/crawl/rig.h"

/* Listings of what is lost, the newest first: they end behind a thousand items in a row that bring
 * no news. That a page is asked for only when the one before has landed, and none behind the end,
 * is held by the rig at each call. */

TestSuite(crawl_known, .timeout = 60);

static int64_t n_news, late_news;

/* The first ones, and perhaps one far behind. */
static bool is_news(int64_t item)
{
    return item < n_news || item == late_news;
}

static struct rig_listing *begin(uint64_t seed, int64_t n_items, int64_t n_first, int64_t at_late)
{
    struct rig_listing *listing;

    rig_begin(seed);
    n_news = n_first;
    late_news = at_late;
    listing = rig_add_listing(rig_add_run(0), n_items, 0);
    listing->is_news = is_news;
    return listing;
}

Test(crawl_known, ends_behind_a_thousand_without_news)
{
    static const struct {
        int64_t n_items, n_news, late, n_calls; /* in pages of 100 */
    } cases[] = {
        {0, 0, -1, 1},         {50, 0, -1, 1},        {999, 0, -1, 10},    {1000, 0, -1, 10},
        {5000, 0, -1, 10},     {5000, 1, -1, 11},     {5000, 100, -1, 11}, {5000, 101, -1, 12},
        {5000, 5000, -1, 50},  {5000, 200, 1100, 22}, {5000, 0, 1000, 10}, {5000, 0, 999, 20},
        {5000, 200, 4999, 12}, {1150, 100, -1, 11},   {1150, 150, -1, 12},
    };

    for (uint64_t seed = 0; seed < 10; seed++)
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            struct rig_listing *listing =
                begin(seed, cases[i].n_items, cases[i].n_news, cases[i].late);

            rig_play();
            rig_expect_published(listing);
            cr_expect(eq(sz, rig.n_sent, (size_t)cases[i].n_calls), "%zu", i);
        }
}

Test(crawl_known, leaves_other_listings_side_by_side)
{
    size_t most = 0;

    begin(0, 3000, 2000, -1);
    rig_add_listing(0, 2000, 0);
    rig_start();
    while (rig_step())
        most = crawl_n_in_flight(rig.crawl) > most ? crawl_n_in_flight(rig.crawl) : most;
    cr_assert(rig_end());
    for (size_t i = 0; i < 2; i++)
        rig_expect_published(&rig.listings[i]);
    cr_expect(eq(sz, most, 4));
    cr_expect(eq(sz, rig.n_sent, 50));
}

/* Beyond the reach of offsets. It is not cut, and its order is its request's. */
Test(crawl_known, follows_the_chain_to_where_all_is_known)
{
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct rig_listing *listing = begin(seed, 25500, 3100, -1);

        listing->request = "{\"order_by\":[\"last_seen,desc\"]}";
        rig_play();
        rig_expect_published(listing);
        cr_expect(eq(sz, rig.n_sent, 5));
        cr_expect(eq(int, listing->slices[0].walk, PAGER_CHAIN));
        cr_expect_str_eq(listing->slices[0].order_by, "[\"last_seen,desc\",\"url_from,asc\"]");
        cr_expect(eq(sz, rig.n_log_lines, 0));
    }
}

/* Wherever the process dies: no page is bought again, none behind the end is asked for. */
static void play_with_deaths(int64_t n_items, const char *request,
                             enum rig_fault (*fault)(const struct rig_attempt *))
{
    for (uint64_t seed = 0; seed < 5; seed++)
        for (size_t kill_at = 1;; kill_at++) {
            struct rig_listing *listing = begin(seed, n_items, 250, -1);
            bool is_killed;

            if (request != NULL)
                listing->request = request;
            rig.fault = fault;
            rig.lag_ms = 1000;
            rig.kill_at = kill_at;
            is_killed = !rig_play();
            rig.kill_at = 0;
            if (is_killed && !listing->is_published)
                cr_assert(rig_play());
            rig_expect_published(listing);
            if (!is_killed)
                break;
        }
}

Test(crawl_known, survives_a_death_at_every_instant, .timeout = 300)
{
    play_with_deaths(3000, NULL, NULL);
    play_with_deaths(25500, "{\"limit\":1000}", NULL);
}

static enum rig_fault of_every_third(const struct rig_attempt *attempt)
{
    static const enum rig_fault kinds[] = {RIG_RETRY, RIG_BROKEN, RIG_UNSENT, RIG_NO_COST};

    return attempt->number % 3 == 0 ? kinds[attempt->number / 3 % 4] : RIG_OK;
}

Test(crawl_known, survives_it_with_calls_that_fail, .timeout = 300)
{
    play_with_deaths(2000, NULL, of_every_third);
}

/* A page that may have been charged and never comes: the rest waits for the next start. */
static enum rig_fault of_the_third(const struct rig_attempt *attempt)
{
    return attempt->position == 200 && attempt->process == 1 ? RIG_HTML : RIG_OK;
}

Test(crawl_known, does_not_pass_over_a_page_that_is_stuck)
{
    struct rig_listing *listing = begin(0, 3000, 250, -1);

    rig.settings.unknown_retries = 0;
    rig.list = RIG_LIST_BLIND;
    rig.fault = of_the_third;
    rig_play();
    rig_expect_suspended(listing, "error", "");
    cr_expect(eq(i64, rig_rows(listing), 200));
    rig.settings.unknown_retries = 1;
    rig_play();
    rig_expect_published(listing);
    cr_expect(eq(i64, rig_rows(listing), 1300));
}
