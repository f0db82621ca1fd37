#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit/crawl/sim.h"

/*
 * How fast and how dear listings are that are cut into slices: against what could be at best, which
 * is whole pages and every slot busy from the first moment to the last.
 */

TestSuite(crawl_sim, .timeout = 600, .fini = sim_end);

#define YEAR_S 31557600
#define MONTH_S (YEAR_S / 12)

/* --- how items are distributed --------------------------------------------------------------- */

static int64_t evenly(int64_t item, int64_t n_items)
{
    return SIM_NOW_S - 8LL * YEAR_S + item * 8 * YEAR_S / n_items;
}

/* Nine of ten within one month. */
static int64_t mostly_in_a_month(int64_t item, int64_t n_items)
{
    int64_t n_before = n_items / 20, n_within = n_items / 10 * 9;
    int64_t begin_s = SIM_NOW_S - 3LL * YEAR_S;

    if (item < n_before)
        return begin_s - 5LL * YEAR_S + item * 5 * YEAR_S / n_before;
    if (item < n_before + n_within)
        return begin_s + (item - n_before) * MONTH_S / n_within;
    return begin_s + MONTH_S + (item - n_before - n_within) * 2 * YEAR_S / n_before;
}

/* Twice as many in every year as in the one before. */
static int64_t more_every_year(int64_t item, int64_t n_items)
{
    int64_t end = n_items, begin = n_items / 2, years = 0;

    while (years < 12 && item < begin) {
        end = begin;
        begin = ++years < 12 ? end / 2 : 0;
    }
    return SIM_NOW_S - years * YEAR_S - (end - item) * YEAR_S / (end - begin);
}

/* A third of all within one minute, when a network of sites was found. */
static int64_t a_third_in_a_minute(int64_t item, int64_t n_items)
{
    int64_t third = n_items / 3;

    if (item < third)
        return SIM_NOW_S - 6LL * YEAR_S + item * 3 * YEAR_S / third;
    if (item < 2 * third)
        return SIM_NOW_S - 3LL * YEAR_S + (item - third) * 60 / third;
    return SIM_NOW_S - 3LL * YEAR_S + 60 + (item - 2 * third) * 2 * YEAR_S / third;
}

static const struct {
    const char *name;
    sim_value_fn *value_s;
} distributions[] = {{"evenly", evenly},
                     {"mostly in a month", mostly_in_a_month},
                     {"more every year", more_every_year},
                     {"a third in a minute", a_third_in_a_minute}};

#define N_DISTRIBUTIONS (sizeof(distributions) / sizeof(distributions[0]))

static void say(const char *what)
{
    int64_t n_items = 0;
    size_t n_slices = 0;

    for (size_t i = 0; i < sim.n_listings; i++) {
        n_items += sim.listings[i].n_items;
        n_slices += sim.listings[i].n_slices;
    }
    fprintf(stderr,
            "%s: %" PRId64 " items in %zu slices: %zu calls, $%.2f, %.2f h, %.1f %% of the ideal\n",
            what, n_items, n_slices, sim.n_calls, (double)sim.nanousd / 1e9,
            (double)sim.ended_ms / 3600000, sim_efficiency());
}

static void expect_few_calls(void)
{
    size_t most = 0;

    for (size_t i = 0; i < sim.n_listings; i++)
        most += (size_t)(sim.listings[i].n_items / 1000) + 1 + sim.listings[i].n_slices;
    cr_expect(le(sz, sim.n_calls, most));
}

/* The first walk knows nothing, the second what the first has found. */
static void expect_efficient(const char *name)
{
    char what[64];

    sim.looks_for_idle_slots = true;
    for (int is_known = 0; is_known <= 1; is_known++) {
        sim_walk();
        snprintf(what, sizeof(what), "%s, %s", name, is_known ? "known" : "unknown");
        say(what);
        cr_expect(gt(dbl, sim_efficiency(), is_known ? 90 : 70), "%s", what);
        expect_few_calls();
    }
}

Test(crawl_sim, a_listing_of_600000_items_keeps_all_slots_busy)
{
    for (size_t i = 0; i < N_DISTRIBUTIONS; i++) {
        sim_begin();
        sim_add(600000, distributions[i].value_s);
        expect_efficient(distributions[i].name);
    }
}

Test(crawl_sim, five_listings_of_200_to_400000_items_keep_all_slots_busy)
{
    static const int64_t sizes[] = {200, 9000, 60000, 130800, 400000};

    for (size_t i = 0; i < N_DISTRIBUTIONS; i++) {
        sim_begin();
        for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++)
            sim_add(sizes[j], distributions[(i + j) % N_DISTRIBUTIONS].value_s);
        expect_efficient("five listings");
        cr_expect(le(i64, sim.listings[0].ended_ms, 3 * sim.call_ms), "one page, and a big one");
        cr_expect(le(i64, sim.listings[1].ended_ms, 6 * sim.call_ms));
    }
}

/* The small one comes last in the job, and has every other turn. */
Test(crawl_sim, a_small_listing_is_not_stuck_behind_a_big_one)
{
    for (int is_known = 0; is_known <= 1; is_known++) {
        sim_begin();
        sim_add(2000000, evenly);
        sim_add(40000, evenly);
        for (int i = 0; i <= is_known; i++)
            sim_walk();
        cr_expect(le(i64, sim.listings[1].ended_ms, 8 * sim.call_ms));
        cr_expect(ge(i64, sim.listings[0].ended_ms, 60 * sim.call_ms));
    }
}

static enum sim_fault now_and_then(size_t n)
{
    if (n % 5000 == 0)
        return SIM_BROKEN;
    if (n % 4001 == 0)
        return SIM_A_MINUTE;
    if (n % 2003 == 0)
        return SIM_AT_ONCE;
    return n % 1009 == 0 ? SIM_RETRY : SIM_OK;
}

/* 42 million items, slow calls, and limits that others use as well. */
Test(crawl_sim, a_listing_of_42_million_items_ends_in_hours)
{
    sim_begin();
    sim.call_ms = 15000;
    sim.fault = now_and_then;
    sim_add(42000000, more_every_year);
    sim_walk();
    say("unknown, 15 s a call, now and then a refusal");
    cr_expect(gt(dbl, sim_efficiency(), 85));
    expect_few_calls();
    sim_walk();
    say("known, 15 s a call, now and then a refusal");
    cr_expect(gt(dbl, sim_efficiency(), 85));
    expect_few_calls();
}
