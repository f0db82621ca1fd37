#include "crawl/crawl.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "api/endpoint.h"
#include "unit/crawl/rig.h"

/*
 * Listings that are cut into slices, in small: offsets reach 200 items, and a page has 10. The rig
 * fails a test where an item is bought twice that is not at the beginning of a slice, where a page
 * is asked for beyond the reach, and where an item is missing at a publish.
 */

TestSuite(crawl_cut, .timeout = 300);

#define REACH 200
#define LIMIT 10
#define DAY_S 86400

static struct endpoint small;

static struct rig_listing *begin(int64_t n_items, int64_t (*value_s)(int64_t item), uint64_t seed)
{
    struct rig_listing *listing;

    rig_begin(seed);
    small = *endpoint_find("backlinks");
    small.offset_reach = REACH;
    small.limit_max = LIMIT;
    rig.endpoint = &small;
    rig.settings.in_flight = 8;
    listing = rig_add_listing(rig_add_run(0), n_items, 0);
    listing->request = "{}";
    listing->value_s = value_s;
    return listing;
}

/* --- how items are distributed --------------------------------------------------------------- */

static int64_t evenly(int64_t item)
{
    return RIG_EPOCH_S + item * 3600;
}

/* Nine of ten within a month, the others over eight years. */
static int64_t mostly_in_a_month(int64_t item)
{
    int64_t month_s = 30 * DAY_S;

    if (item < 100)
        return RIG_EPOCH_S - (100 - item) * 29 * DAY_S;
    return RIG_EPOCH_S + (item - 100) * month_s / 2000;
}

/* A thousand within one minute. */
static int64_t half_in_a_minute(int64_t item)
{
    if (item < 500)
        return RIG_EPOCH_S + item * DAY_S / 10;
    if (item < 1500)
        return RIG_EPOCH_S + 50 * DAY_S + (item - 500) * 60 / 1000;
    return RIG_EPOCH_S + 60 * DAY_S + item * 3600;
}

static int64_t all_in_a_second(int64_t item)
{
    (void)item;
    return RIG_EPOCH_S;
}

/* Six hundred in one second among others. */
static int64_t many_in_a_second(int64_t item)
{
    if (item < 700)
        return RIG_EPOCH_S + item;
    return item < 1300 ? RIG_EPOCH_S + 700 : RIG_EPOCH_S + item;
}

/* Before all that is expected, and behind it. */
static int64_t at_odd_times(int64_t item)
{
    if (item < 300)
        return -3600 + item * 10;
    return item < 600 ? INT64_C(1230768000) + item : INT64_C(4102444800) + item;
}

static int64_t (*const distributions[])(int64_t) = {
    evenly, mostly_in_a_month, half_in_a_minute, all_in_a_second, many_in_a_second, at_odd_times};
#define N_DISTRIBUTIONS (sizeof(distributions) / sizeof(distributions[0]))

/* --- what holds of every listing that is over ------------------------------------------------ */

static bool is_there(const struct rig_slice *slice)
{
    return slice->limit > 0 && slice->range.from_s < slice->range.to_s;
}

/* The slices are disjoint, and together they are everything. */
static void expect_disjoint(const struct rig_listing *listing)
{
    int64_t at_s = REQUEST_FROM_OPEN;

    for (size_t n = 0; at_s != REQUEST_TO_OPEN && n <= listing->n_slices; n++) {
        const struct rig_slice *found = NULL;

        for (size_t i = 0; i < listing->n_slices; i++)
            if (is_there(&listing->slices[i]) && listing->slices[i].range.from_s == at_s) {
                cr_assert(found == NULL, "two slices begin together");
                found = &listing->slices[i];
            }
        cr_assert(found != NULL, "there is a gap");
        at_s = found->range.to_s;
    }
    cr_expect(eq(i64, at_s, REQUEST_TO_OPEN));
}

static size_t n_slices(const struct rig_listing *listing)
{
    size_t n = 0;

    for (size_t i = 0; i < listing->n_slices; i++)
        n += listing->slices[i].limit > 0;
    return n;
}

/* At most one call more than a single walk for every slice; and where all is in one second two,
 * since that shows only when the first pages are in, and its chain has a page 1 of its own. */
static void expect_few_calls(const struct rig_listing *listing)
{
    size_t n_calls = 0, n_more = listing->value_s == all_in_a_second ? 2 : 1;

    for (size_t i = 0; i < rig.n_attempts; i++)
        n_calls += &rig.listings[rig.attempts[i].listing] == listing && rig.attempts[i].number > 0;
    cr_expect(le(sz, n_calls, (size_t)(listing->n_items / LIMIT) + n_more + n_slices(listing)),
              "%zu calls for %zu slices", n_calls, n_slices(listing));
}

/* --- tests ----------------------------------------------------------------------------------- */

Test(crawl_cut, walks_every_distribution_in_slices)
{
    for (size_t d = 0; d < N_DISTRIBUTIONS; d++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            struct rig_listing *listing = begin(2100, distributions[d], seed);

            rig_play();
            rig_expect_published(listing);
            expect_disjoint(listing);
            expect_few_calls(listing);
            cr_expect(ge(sz, rig.n_cuts, 1));
            cr_expect(eq(i64, listing->whole_count, 2100));
        }
}

Test(crawl_cut, cuts_nothing_that_offsets_reach)
{
    struct rig_listing *listing = begin(REACH, evenly, 0);

    rig_play();
    rig_expect_published(listing);
    cr_expect(zero(sz, rig.n_cuts));
    cr_expect(eq(sz, rig.n_sent, REACH / LIMIT));
}

Test(crawl_cut, walks_as_a_chain_what_shares_one_second)
{
    struct rig_listing *listing = begin(2100, all_in_a_second, 0);
    size_t n_chains = 0;

    rig_play();
    rig_expect_published(listing);
    for (size_t i = 0; i < listing->n_slices; i++)
        if (listing->slices[i].walk == PAGER_CHAIN) {
            n_chains++;
            cr_expect(eq(i64, listing->slices[i].range.from_s, RIG_EPOCH_S));
            cr_expect(eq(i64, listing->slices[i].range.to_s, RIG_EPOCH_S + 1));
        }
    cr_expect(eq(sz, n_chains, 1));
}

/* An endpoint without tokens: as far as offsets reach, and not for ever. */
Test(crawl_cut, caps_what_shares_one_second_where_there_is_no_token)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct rig_listing *listing = begin(2100, many_in_a_second, seed);

        small.has_token = false;
        listing->is_capped = true;
        rig_start();
        while (rig_step())
            if (listing->listing->completeness != NULL)
                cr_expect_str_eq(listing->listing->completeness, "capped");
        rig_end();
        cr_expect(listing->is_published);
        cr_expect(eq(i64, rig_rows(listing), 2100 - 600 + REACH));
    }
}

static void expect_not_cut(const char *request, int64_t max_rows)
{
    struct rig_listing *listing = begin(900, evenly, 0);

    listing->request = request;
    listing->max_rows = max_rows;
    rig_play();
    rig_expect_published(listing);
    cr_expect(zero(sz, rig.n_cuts), "%s", request);
    cr_expect(eq(int, listing->slices[0].walk, PAGER_CHAIN));
}

Test(crawl_cut, leaves_whole_what_would_not_be_the_same_in_parts)
{
    expect_not_cut("{\"mode\":\"one_per_domain\"}", 0);
    expect_not_cut("{\"custom_mode\":{\"field\":\"anchor\",\"value\":2}}", 0);
    expect_not_cut(RIG_CHAIN, 0);
    expect_not_cut("{\"order_by\":[\"rank,desc\"]}", 850);
    expect_not_cut("{\"order_by\":[\"first_seen,asc\",\"url_from,asc\"]}", 850);
}

Test(crawl_cut, cuts_where_max_rows_does_not_bind)
{
    struct rig_listing *listing = begin(900, evenly, 0);

    listing->max_rows = 1000;
    listing->last_total_count = 800;
    rig_play();
    rig_expect_published(listing);
    cr_expect(ge(sz, rig.n_cuts, 1));
}

/* A fail-over has lost a cut: what was bought for its slices is not taken for pages of others. */
Test(crawl_cut, gives_no_number_twice)
{
    struct rig_listing *listing = begin(900, evenly, 0);

    rig_start();
    crawl_pass_slice_no(listing->listing, 40);
    while (rig_step())
        ;
    rig_end();
    rig_expect_published(listing);
    for (size_t i = 1; i <= 40; i++)
        cr_expect(zero(i64, listing->slices[i].limit));
    cr_expect(gt(i64, listing->slices[41].limit, 0));
}

/* --- as the last listing was distributed ----------------------------------------------------- */

static const struct crawl_part last_time[] = {
    {REQUEST_FROM_OPEN, 90},         {RIG_EPOCH_S + 3600 * 90, 60},   {RIG_EPOCH_S + 3600 * 150, 0},
    {RIG_EPOCH_S + 3600 * 150, 450}, {RIG_EPOCH_S + 3600 * 600, 150},
};

Test(crawl_cut, begins_all_slices_at_once_where_the_last_listing_tells_how)
{
    for (uint64_t seed = 0; seed < 30; seed++) {
        struct rig_listing *listing = begin(750, evenly, seed);

        listing->parts = last_time;
        listing->n_parts = sizeof(last_time) / sizeof(last_time[0]);
        rig_start();
        while (rig_step() && rig.n_sent == 0)
            ;
        cr_expect(eq(sz, rig.n_cuts, 1), "before the first call");
        cr_expect(eq(sz, listing->n_slices, 5), "150 together, 450 in three pieces, 150");
        while (rig_step())
            ;
        rig_end();
        rig_expect_published(listing);
        expect_disjoint(listing);
        expect_few_calls(listing);
        cr_expect(eq(sz, rig.n_cuts, 1));
        cr_expect(eq(i64, listing->whole_count, 750));
    }
}

Test(crawl_cut, cuts_again_where_it_is_not_as_it_was)
{
    for (size_t d = 0; d < N_DISTRIBUTIONS; d++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            struct rig_listing *listing = begin(2100, distributions[d], seed);

            listing->parts = last_time;
            listing->n_parts = sizeof(last_time) / sizeof(last_time[0]);
            rig_play();
            rig_expect_published(listing);
            expect_disjoint(listing);
        }
}

Test(crawl_cut, needs_no_slices_where_little_is_left)
{
    struct rig_listing *listing = begin(3, evenly, 0);

    listing->parts = last_time;
    listing->n_parts = sizeof(last_time) / sizeof(last_time[0]);
    rig_play();
    rig_expect_published(listing);
    cr_expect(le(sz, rig.n_sent, 5 + 1));
}

/* --- what has no value, and what comes while it is walked ------------------------------------ */

Test(crawl_cut, misses_only_what_has_no_value)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct rig_listing *listing = begin(1000, evenly, seed);

        listing->n_nulls = 30;
        rig_start();
        while (rig_step())
            if (listing->listing->completeness != NULL)
                cr_expect(le(i64, crawl_items_in_slices(listing->listing), 970));
        rig_end();
        cr_expect(eq(i64, rig_rows(listing), 970));
        cr_expect(eq(i64, listing->whole_count, 1000));
    }
}

/* New items are the newest, so they come at the end of the last slice. */
static void grow(int64_t n_items, int64_t to, int64_t (*value_s)(int64_t item), uint64_t seed)
{
    struct rig_listing *listing = begin(n_items, value_s, seed);

    listing->is_capped = true; /* what comes too late is no matter */
    rig_start();
    while (rig_step()) {
        if (listing->n_items < to && rig_random(3) == 0)
            listing->n_items += (int64_t)rig_random(4);
        if (listing->listing->completeness != NULL)
            cr_assert_str_eq(listing->listing->completeness, "complete", "seed %d", (int)seed);
    }
    rig_end();
    cr_expect(listing->is_published);
    for (int64_t i = 0; i < n_items; i++)
        cr_assert(ge(int, listing->times[i], 1), "seed %d: item %d is lost", (int)seed, (int)i);
}

Test(crawl_cut, loses_nothing_where_a_listing_grows)
{
    for (uint64_t seed = 1; seed < 60; seed++) {
        grow(1000, 1400, evenly, seed);
        grow(REACH - 15, REACH + 90, evenly, seed);
        grow(REACH - 2, REACH + 20, all_in_a_second, seed);
    }
}

/* --- faults, stops and kills ----------------------------------------------------------------- */

static unsigned fault_percent;

static enum rig_fault passing(const struct rig_attempt *attempt)
{
    (void)attempt;
    if (rig_random(100) >= fault_percent)
        return RIG_OK;
    return RIG_RETRY + (enum rig_fault)rig_random(RIG_NO_COST - RIG_RETRY + 1);
}

Test(crawl_cut, goes_on_after_a_kill_at_any_event)
{
    for (size_t d = 0; d < N_DISTRIBUTIONS; d++) {
        size_t last = 0;

        for (size_t n = 0; n <= last; n += 1 + n / 100) {
            struct rig_listing *listing = begin(1400, distributions[d], 7);

            rig.kill_at = n;
            rig_play();
            if (n == 0)
                last = rig.n_events;
            rig.kill_at = 0;
            if (n > 0)
                rig_play();
            rig_expect_published(listing);
            expect_disjoint(listing);
        }
    }
}

/* Page 1 of all still tells the whole's count, and no slice's. */
Test(crawl_cut, goes_on_after_a_kill_with_the_slices_that_were_known)
{
    size_t last = 0;

    for (size_t n = 1; n <= last || last == 0; n++) {
        struct rig_listing *listing = begin(750, evenly, 3);

        listing->parts = last_time;
        listing->n_parts = sizeof(last_time) / sizeof(last_time[0]);
        rig.kill_at = n > 1 ? n : 0;
        rig_play();
        last = n == 1 ? rig.n_events : last;
        rig.kill_at = 0;
        if (n > 1)
            rig_play();
        rig_expect_published(listing);
        expect_disjoint(listing);
        cr_expect(eq(i64, listing->whole_count, 750));
        cr_expect(le(sz, listing->n_slices, 6), "killed at %zu", n);
    }
}

static void soak(uint64_t seed)
{
    struct rig_listing *listing, *other;

    listing = begin(150 + (int64_t)rig_random(1500), NULL, seed);
    listing->value_s = distributions[rig_random(N_DISTRIBUTIONS)];
    listing->n_items = 150 + (int64_t)rig_random(1500);
    listing->parts = last_time;
    listing->n_parts = rig_random(3) == 0 ? sizeof(last_time) / sizeof(last_time[0]) : 0;
    listing->latency_ms = rig_random(2) == 0 ? 0 : (int64_t)rig_random(20000);
    other = rig_add_listing(0, (int64_t)rig_random(500), 0);
    other->request = rig_random(2) == 0 ? "{}" : RIG_CHAIN;
    rig.fault = passing;
    fault_percent = (unsigned)rig_random(20);
    rig.settings.in_flight = 1 + rig_random(10);
    rig.settings.unknown_retries = 2;
    rig.runs[0].cap_nanousd = rig_random(2) == 0 ? 0 : (int64_t)rig_random(5000) * 1000000;
    for (size_t process = 0; process < 4; process++) {
        size_t at = 1 + rig_random(400);

        rig.stop_at = rig.fail_at = rig.kill_at = 0;
        *(rig_random(2) == 0   ? &rig.kill_at
          : rig_random(2) == 0 ? &rig.stop_at
                               : &rig.fail_at) = at;
        rig_play();
    }
    rig.stop_at = rig.fail_at = rig.kill_at = 0;
    fault_percent = 0;
    rig.runs[0].cap_nanousd = 0;
    rig.settings.in_flight = 8;
    cr_assert(rig_play());
    cr_assert(rig_play());
    rig_expect_published(listing);
    rig_expect_published(other);
}

/* A range that is asked for anew lies years back: what it ends with bounds the search. */
Test(crawl_cut, searches_no_further_than_the_listing_reaches)
{
    size_t n_sent[2];

    for (size_t i = 0; i < 2; i++) {
        struct rig_listing *listing = begin(600, evenly, 0);

        listing->newest_s = i == 0 ? 0 : RIG_EPOCH_S + 600 * 3600;
        rig_play();
        rig_expect_published(listing);
        n_sent[i] = rig.n_sent;
    }
    cr_expect(gt(sz, n_sent[0], 66));
    cr_expect(le(sz, n_sent[1], 64), "60 pages, and the last of each slice: %zu", n_sent[1]);
}

/* Slices that were found to be short pass the reach when they are gone on with. */
Test(crawl_cut, loses_nothing_that_was_there_where_it_grows_between_kills)
{
    for (uint64_t seed = 1; seed <= 150; seed++) {
        struct rig_listing *listing = begin(100, NULL, seed);
        int64_t n_items = REACH - 60 + (int64_t)rig_random(500);

        listing->value_s = distributions[rig_random(N_DISTRIBUTIONS)];
        listing->n_items = n_items;
        listing->is_capped = true; /* what comes too late is no matter */
        for (size_t process = 0; process < 5; process++) {
            rig.kill_at = process < 4 ? 1 + rig_random(120) : 0;
            rig_play();
            if (!listing->is_published)
                listing->n_items += (int64_t)rig_random(80);
        }
        cr_expect(listing->is_published);
        for (int64_t i = 0; i < n_items; i++)
            cr_assert(ge(int, listing->times[i], 1), "seed %d: item %d is lost", (int)seed, (int)i);
    }
}

Test(crawl_cut, keeps_its_word_in_random_runs)
{
    const char *one = getenv("LINKHAUL_SOAK_SEED");
    const char *many = getenv("LINKHAUL_SOAK_SEEDS");
    uint64_t n_seeds = many != NULL ? strtoull(many, NULL, 10) : 300;

    if (one != NULL) {
        soak(strtoull(one, NULL, 10));
        return;
    }
    for (uint64_t seed = 1; seed <= n_seeds; seed++) {
        cr_log_info("seed %d", (int)seed);
        soak(seed);
    }
}
