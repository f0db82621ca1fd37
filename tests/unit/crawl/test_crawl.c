#include "crawl/crawl.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "unit/crawl/rig.h"

/* Whole runs: what is asked for, in which order, and what an earlier process left behind. */

TestSuite(crawl, .timeout = 60);

Test(crawl, publishes_listings_of_every_size)
{
    static const int64_t sizes[] = {0, 1, 99, 100, 101, 4000};

    for (uint64_t seed = 0; seed < 20; seed++)
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            struct rig_listing *listing;

            rig_begin(seed);
            listing = rig_add_listing(rig_add_run(0), sizes[i], 0);
            rig_play();
            rig_expect_published(listing);
            cr_expect(eq(sz, rig.n_sent, sizes[i] == 0 ? 1 : (size_t)(sizes[i] + 99) / 100));
        }
}

Test(crawl, follows_the_chain_beyond_what_offsets_reach)
{
    struct rig_listing *listing;

    rig_begin(0);
    listing = rig_add_listing(rig_add_run(0), 25500, 0);
    listing->request = RIG_CHAIN;
    rig_play();
    rig_expect_published(listing);
    cr_expect(eq(sz, rig.n_sent, 26));
    cr_expect(eq(int, listing->slices[0].walk, PAGER_CHAIN));
}

Test(crawl, uses_every_slot_by_offset)
{
    size_t most = 0;

    rig_begin(0);
    rig_add_listing(rig_add_run(0), 2000, 0);
    rig_start();
    while (rig_step())
        most = crawl_n_in_flight(rig.crawl) > most ? crawl_n_in_flight(rig.crawl) : most;
    rig_end();
    cr_expect(eq(sz, most, 4));
}

Test(crawl, gives_each_listing_its_turn)
{
    size_t n_of[3] = {0};

    rig_begin(0);
    rig.settings.in_flight = 3;
    rig_add_listing(rig_add_run(0), 4000, 0);
    rig_add_listing(0, 4000, 0);
    rig_add_listing(rig_add_run(0), 4000, 0);
    rig_start();
    while (rig_step() && rig.n_sent < 31)
        ;
    for (size_t i = 0; i < rig.n_attempts; i++)
        n_of[rig.attempts[i].listing] += rig.attempts[i].number > 0;
    while (rig_step())
        ;
    rig_end();
    for (size_t i = 0; i < 3; i++)
        cr_expect(ge(sz, n_of[i], 9), "listing %zu had %zu of 31 calls", i, n_of[i]);
}

Test(crawl, stops_at_max_rows_and_says_so)
{
    struct rig_listing *listing;

    rig_begin(0);
    listing = rig_add_listing(rig_add_run(0), 4000, 250);
    rig_play();
    rig_expect_published(listing);
    cr_expect(eq(i64, rig_rows(listing), 300));
}

Test(crawl, ends_a_run_whose_listing_is_held)
{
    struct rig_listing *held, *other;

    rig_begin(0);
    held = rig_add_listing(rig_add_run(0), 500, 0);
    other = rig_add_listing(0, 300, 0);
    held->is_guarded = true;
    rig_start();
    while (rig_step())
        ;
    cr_expect(rig.runs[0].run->listings[0].is_held);
    cr_expect(not(rig.runs[0].run->listings[0].is_published));
    cr_expect(not(rig.runs[0].run->listings[1].is_held));
    cr_expect(rig.runs[0].run->listings[1].is_published);
    rig_end(); /* it expects the run to have ended */
    rig_expect_published(other);
    cr_expect(zero(ptr, (void *)(uintptr_t)held->completeness), "nor was it suspended");
}

Test(crawl, ends_without_runs_and_without_listings)
{
    rig_begin(0);
    rig_play();
    cr_expect(eq(sz, rig.n_sent, 0));
    rig_begin(0);
    rig_add_run(0);
    rig_play();
    cr_expect(rig.runs[0].is_ended);
}

Test(crawl, fails_as_a_whole_where_a_slice_cannot_be_recorded)
{
    rig_begin(0);
    rig_add_listing(rig_add_run(0), 1000, 0);
    rig_add_listing(0, 1000, 0);
    rig.fails_begin_slice = true;
    rig_start();
    while (rig_step())
        ;
    cr_expect(eq(int, crawl_failure(rig.crawl)->kind, ERR_DB));
    cr_expect(not(rig_end()));
    cr_expect(eq(sz, rig.n_sent, 0));
}

Test(crawl, sends_nothing_while_the_spool_is_full)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct rig_listing *listing;

        rig_begin(seed);
        listing = rig_add_listing(rig_add_run(0), 3000, 0);
        rig_start();
        for (size_t i = 0; i < 20 + seed && rig_step(); i++)
            ;
        rig.is_full = true; /* the rig refuses calls from here on */
        crawl_set_full(rig.crawl, true);
        while (rig.n_waiting > 0)
            rig_step();
        cr_assert(not(rig.is_done));
        rig.is_full = false;
        crawl_set_full(rig.crawl, false);
        while (rig_step())
            ;
        rig_end();
        rig_expect_published(listing);
    }
}

Test(crawl, keeps_no_more_answers_than_it_may_have_behind_it)
{
    size_t most = 0;

    rig_begin(0);
    rig.settings.in_flight = 2;
    rig.settings.backlog_max = 3;
    rig_add_listing(rig_add_run(0), 3000, 0);
    rig_start();
    while (rig_step()) {
        size_t n = 0;

        for (size_t i = 0; i < rig.n_attempts; i++)
            n += rig.attempts[i].state == RIG_RECEIVED;
        most = n > most ? n : most;
    }
    rig_end();
    cr_expect(le(sz, most, 3 + 2), "what was out when the third came may still come");
}

/* --- what an earlier process left ------------------------------------------------------------ */

/* The disk as it is with pages 0 to `n_landed` in, and those of `received` in the spool. */
static struct rig_listing *leave(int64_t n_items, size_t n_landed, unsigned received)
{
    struct rig_listing *listing;
    struct rig_slice *slice;

    rig_begin(0);
    listing = rig_add_listing(rig_add_run(0), n_items, 0);
    listing->request = n_items > 20000 ? RIG_CHAIN : "{\"limit\": 100}";
    slice = rig_leave(listing, n_items > 20000 ? 1000 : 100);
    if (n_landed > 0) {
        slice->total_count = n_items;
        slice->walk = n_items > 20000 ? PAGER_CHAIN : PAGER_OFFSET;
    }
    for (size_t k = 0; k < n_landed; k++)
        rig_land_page(listing, slice, (int64_t)k * slice->limit, slice->limit);
    if (slice->walk == PAGER_CHAIN) {
        slice->position = (int64_t)n_landed * slice->limit;
        snprintf(slice->token, sizeof(slice->token), "t%d", (int)slice->position);
    }
    for (size_t k = 0; k < 16; k++)
        if ((received >> k) & 1) {
            struct rig_attempt *attempt = &rig.attempts[rig.n_attempts++];

            attempt->id = uuid_new();
            attempt->position = (int64_t)k * slice->limit;
            attempt->state = RIG_RECEIVED;
            attempt->reserved_nanousd = price_worst(PRICE_LISTED, slice->limit);
            rig_look_up(attempt);
            rig.runs[0].booked_nanousd += attempt->reserved_nanousd;
        }
    rig.random = received + 1;
    rig.is_random = received % 3 != 0;
    return listing;
}

Test(crawl, lands_every_combination_of_received_answers_without_buying_one_again)
{
    for (unsigned received = 0; received < 256; received++) {
        struct rig_listing *listing = leave(800, 0, received | 1);

        rig_play(); /* page 1 is received too: without it no other page was asked for */
        rig_expect_published(listing);
        cr_expect(eq(sz, rig.n_sent, 8 - (size_t)__builtin_popcount(received | 1)));
        if (received % 8 != 0)
            continue;
        listing = leave(800, 3, received);
        rig_play();
        rig_expect_published(listing);
        cr_expect(eq(sz, rig.n_sent, 5 - (size_t)__builtin_popcount(received)));
    }
}

Test(crawl, lands_received_answers_of_a_chain_in_its_order)
{
    for (size_t n_landed = 0; n_landed < 10; n_landed++)
        for (size_t n_received = 0; n_received < 3; n_received++) {
            unsigned received = ((1u << n_received) - 1) << n_landed;
            struct rig_listing *listing = leave(20500, n_landed, received);

            rig_play();
            rig_expect_published(listing);
            cr_expect(eq(sz, rig.n_sent, 21 - n_landed - n_received));
        }
}

Test(crawl, asks_again_for_a_received_answer_that_was_a_refusal)
{
    struct rig_listing *listing = leave(800, 1, 1u << 3);

    rig.attempts[0].fault = RIG_RETRY;
    rig_play();
    rig_expect_published(listing);
    cr_expect(eq(sz, rig_sent(listing, 300), 1));
}

Test(crawl, asks_for_nothing_where_all_pages_had_landed)
{
    struct rig_listing *listing = leave(800, 8, 0);

    rig_play();
    rig_expect_published(listing);
    cr_expect(eq(sz, rig.n_sent, 0));
}
