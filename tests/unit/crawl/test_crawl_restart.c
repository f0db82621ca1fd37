#include "crawl/crawl.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "unit/crawl/rig.h"

/*
 * Chains that cannot be followed any further. The rig fails a test where a slice is gone on with
 * while a page of it is under way or has not landed, and where an item is bought twice that does
 * not share the new slice's first value.
 */

TestSuite(crawl_restart, .timeout = 60);

/* The first `times` calls at a position of the first listing run into `fault`. */
static struct {
    enum rig_fault fault;
    int64_t position;
    size_t times;
} script;

static enum rig_fault at_position(const struct rig_attempt *attempt)
{
    if (attempt->listing != 0 || attempt->position != script.position || script.times == 0)
        return RIG_OK;
    script.times--;
    return script.fault;
}

static struct rig_listing *begin(enum rig_fault fault, int64_t position, size_t times,
                                 uint64_t seed)
{
    struct rig_listing *listing;

    rig_begin(seed);
    rig.fault = at_position;
    script.fault = fault;
    script.position = position;
    script.times = times;
    listing = rig_add_listing(rig_add_run(0), 25500, 0);
    listing->request = RIG_CHAIN;
    return listing;
}

Test(crawl_restart, goes_on_behind_a_token_that_is_refused)
{
    for (uint64_t seed = 0; seed < 30; seed++)
        for (int64_t position = 1000; position < 25500; position += 3000) {
            enum rig_fault fault = seed % 2 == 0 ? RIG_TOKEN : RIG_EXPIRED;
            struct rig_listing *listing = begin(fault, position, 1, seed);
            struct rig_listing *other = rig_add_listing(0, 1000, 0);

            rig_play();
            rig_expect_published(listing);
            rig_expect_published(other);
            cr_expect(eq(sz, rig.n_restarts, 1));
            cr_expect(eq(i64, listing->slices[1].limit, 1000));
            cr_expect(eq(i64, listing->slices[1].first, (position - 1) / RIG_TIES * RIG_TIES));
            cr_expect(le(sz, rig.n_sent, 10 + 26 + 2), "the refused call, and a page more");
        }
}

static enum rig_fault tokens_do_not_last(const struct rig_attempt *attempt)
{
    return attempt->position == 4000 ? RIG_EXPIRED : RIG_OK;
}

Test(crawl_restart, goes_on_as_often_as_it_takes)
{
    struct rig_listing *listing = begin(RIG_OK, 0, 0, 0);

    rig.fault = tokens_do_not_last;
    rig_play();
    rig_expect_published(listing);
    cr_expect(eq(sz, rig.n_restarts, 2), "offsets reach what is left then");
    cr_expect(eq(i64, listing->slices[1].position, 4000));
}

/* A kill between the answer of a page and its landing, and the refusal of the next. */
Test(crawl_restart, goes_on_after_a_kill_as_well)
{
    for (uint64_t seed = 0; seed < 4; seed++) {
        size_t last = 0;

        for (size_t n = 0; n <= last; n++) {
            struct rig_listing *listing = begin(RIG_TOKEN, 3000, SIZE_MAX, seed);

            rig.kill_at = n;
            rig_play();
            if (n == 0)
                last = rig.n_events;
            rig.kill_at = 0;
            if (n > 0)
                rig_play();
            rig_expect_published(listing);
        }
    }
}

Test(crawl_restart, does_not_publish_where_a_stop_comes_before_it)
{
    for (uint64_t seed = 0; seed < 4; seed++) {
        size_t last = 0;

        for (size_t n = 0; n <= last; n++) {
            struct rig_listing *listing = begin(RIG_TOKEN, 3000, SIZE_MAX, seed);

            rig.stop_at = n;
            cr_assert(rig_play()); /* the rig fails the test where rows are missing at a publish */
            if (n == 0)
                last = rig.n_events;
            rig.stop_at = 0;
            if (n > 0)
                rig_play();
            rig_expect_published(listing);
        }
    }
}

static void expect_no_way_on(const char *request, int64_t max_rows, const char *why)
{
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct rig_listing *listing = begin(seed % 2 == 0 ? RIG_TOKEN : RIG_EXPIRED, 5000, 1, seed);
        struct rig_listing *other = rig_add_listing(0, 1000, 0);

        listing->request = request;
        listing->max_rows = max_rows;
        rig_play();
        rig_expect_suspended(listing, "error", why);
        rig_expect_suspended(listing, "error", "`linkhaul run --fresh` begins anew");
        cr_expect(eq(i64, rig_rows(listing), 5000));
        rig_expect_published(other);
        cr_expect(zero(sz, rig.n_restarts));
    }
}

Test(crawl_restart, fails_the_listing_where_other_items_would_come)
{
    expect_no_way_on("{\"order_by\":[\"rank,desc\"]}", 24000, "an order of the job's own");
    expect_no_way_on("{\"mode\":\"one_per_domain\"}", 0, "its links are grouped (mode)");
    expect_no_way_on(
        "{\"filters\":[[\"rank\",\">\",1],\"and\",[\"rank\",\">\",2],\"and\","
        "[[\"rank\",\">\",3],\"and\",[\"rank\",\">\",4]],\"and\","
        "[\"rank\",\">\",5],\"and\",[\"rank\",\">\",6],\"and\","
        "[\"rank\",\">\",7],\"and\",[\"rank\",\">\",8]]}",
        0, "its filters have no room for one more condition");
}

Test(crawl_restart, fails_the_listing_where_there_is_nothing_to_go_on_from)
{
    struct rig_listing *listing = begin(RIG_TOKEN, 5000, 1, 0);

    listing->has_no_values = true;
    rig_play();
    rig_expect_suspended(listing, "error", "no row of its chain has a value to go on from");
}

static enum rig_fault no_token_is_taken(const struct rig_attempt *attempt)
{
    (void)attempt;
    return RIG_TOKEN;
}

Test(crawl_restart, does_not_buy_the_same_pages_for_ever)
{
    struct rig_listing *listing = begin(RIG_OK, 0, 0, 0);

    listing->n_ties = 30000; /* every item has the same value */
    rig.fault = no_token_is_taken;
    rig_play();
    rig_expect_suspended(listing, "error", "its chain gets no further");
    cr_expect(le(sz, rig.n_sent, 4));
}

Test(crawl_restart, is_no_fault_of_the_job_where_its_listing_has_failed)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct rig_listing *listing = begin(RIG_TOKEN, 6000, 1, seed);
        struct rig_listing *other = rig_add_listing(0, 4000, 0);

        listing->lost_at = 5000; /* it cannot land, while the next page is under way */
        rig_play();
        cr_expect(not(listing->is_published));
        rig_expect_published(other);
    }
}

/* --- pages that are too large ---------------------------------------------------------------- */

Test(crawl_restart, halves_the_pages_of_a_chain_that_are_too_slow_twice)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct rig_listing *listing = begin(RIG_TIMEOUT, 3000, 2, seed);

        rig_play();
        rig_expect_published(listing);
        cr_expect(eq(sz, rig.n_restarts, 1));
        cr_expect(eq(sz, rig_sent(listing, 3000), 3), "twice, and once in the new slice");
        cr_expect(eq(i64, listing->slices[1].limit, 500));
        cr_expect(eq(i64, listing->slices[1].first, 2999 / RIG_TIES * RIG_TIES));
    }
}

Test(crawl_restart, halves_page_1_and_buys_nothing_twice)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct rig_listing *listing = begin(RIG_TIMEOUT, 0, 4, seed);

        listing->n_items = 15000;
        rig_play();
        rig_expect_published(listing);
        cr_expect(eq(sz, rig.n_restarts, 2));
        cr_expect(eq(i64, listing->slices[2].limit, 250));
        cr_expect(eq(i64, listing->slices[2].first, 0));
        cr_expect(eq(sz, rig.n_sent, 4 + 60));
    }
}

Test(crawl_restart, keeps_the_size_where_a_page_was_slow_once)
{
    struct rig_listing *listing = begin(RIG_TIMEOUT, 3000, 1, 0);

    rig_play();
    rig_expect_published(listing);
    cr_expect(zero(sz, rig.n_restarts));
    cr_expect(eq(sz, rig.n_sent, 27));
}

Test(crawl_restart, asks_again_where_smaller_pages_are_no_way_out)
{
    struct rig_listing *listing = begin(RIG_TIMEOUT, 3000, 3, 0); /* by offset: holes */

    listing->n_items = 15000;
    rig_play();
    rig_expect_published(listing);
    cr_expect(zero(sz, rig.n_restarts));

    listing = begin(RIG_TIMEOUT, 3000, 3, 0); /* in the user's order */
    listing->request = "{\"order_by\":[\"rank,desc\"]}";
    listing->max_rows = 24000;
    rig_play();
    rig_expect_published(listing);
    cr_expect(zero(sz, rig.n_restarts));

    listing = begin(RIG_TIMEOUT, 0, SIZE_MAX, 0); /* they are small already */
    listing->request = "{\"limit\":499}";
    listing->n_items = 500;
    rig_play();
    rig_expect_suspended(listing, "error", "the API ran into its own time limit");
    cr_expect(zero(sz, rig.n_restarts));
}
