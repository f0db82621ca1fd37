#include "crawl/crawl.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "unit/crawl/rig.h"

/*
 * Calls that may have been charged: their pages wait for what the vendor's list tells, and nothing
 * else does. The rig fails a test at a call for a page before that.
 */

#define PAGE INT64_C(27600000) /* a call for 100 items */
#define LISTED_MS 150000       /* the list is whole so long after a call */

TestSuite(crawl_unknown, .timeout = 60);

static const enum rig_fault faults[] = {RIG_BROKEN, RIG_GATEWAY, RIG_HTML};

/* The first `times` calls for a page of the first listing run into `fault`. */
static struct {
    enum rig_fault fault;
    int64_t position;
    size_t times;
    bool is_billed;
} script;

static enum rig_fault at_position(const struct rig_attempt *attempt)
{
    if (attempt->listing != 0 || attempt->position != script.position || script.times == 0)
        return RIG_OK;
    script.times--;
    return script.fault;
}

static bool as_the_script_says(const struct rig_attempt *attempt)
{
    (void)attempt;
    return script.is_billed;
}

static struct rig_listing *begin(enum rig_fault fault, int64_t position, size_t times,
                                 bool is_billed, uint64_t seed)
{
    rig_begin(seed);
    rig.fault = at_position;
    rig.bills = as_the_script_says;
    script.fault = fault;
    script.position = position;
    script.times = times;
    script.is_billed = is_billed;
    return rig_add_listing(rig_add_run(0), 1000, 0);
}

Test(crawl_unknown, asks_again_once_the_list_has_told)
{
    for (size_t i = 0; i < 3; i++)
        for (int64_t position = 0; position < 1000; position += 100) {
            bool is_billed = position % 200 == 0;
            struct rig_listing *listing =
                begin(faults[i], position, 1, is_billed, (uint64_t)position);

            rig_start();
            while (rig_step())
                ;
            cr_expect(eq(i64, rig.runs[0].run->n_undelivered, is_billed));
            cr_expect(eq(i64, rig.runs[0].run->undelivered_nanousd, is_billed ? PAGE : 0));
            rig_end();
            rig_expect_published(listing);
            cr_expect(eq(sz, rig_sent(listing, position), 2));
            cr_expect(eq(sz, rig.n_sent, 11), "no other page is asked for again");
            cr_expect(eq(i64, rig.runs[0].booked_nanousd, (10 + is_billed) * PAGE));
            if (is_billed)
                cr_expect(ge(i64, rig_try(listing, position, 2)->sent_ms,
                             rig_try(listing, position, 1)->listed_ms));
            else
                cr_expect(ge(i64, rig_try(listing, position, 2)->sent_ms, LISTED_MS));
        }
}

Test(crawl_unknown, lets_everything_else_go_on)
{
    for (size_t i = 0; i < 3; i++) {
        struct rig_listing *listing = begin(faults[i], 300, 1, false, 0);
        struct rig_listing *chain = rig_add_listing(0, 25500, 0);
        int64_t again_ms;

        chain->request = RIG_CHAIN;
        rig_play();
        rig_expect_published(listing);
        rig_expect_published(chain);
        again_ms = rig_try(listing, 300, 2)->sent_ms;
        for (size_t n = 0; n < rig.n_attempts; n++)
            cr_expect(rig.attempts[n].sent_ms < LISTED_MS / 2 ||
                      rig.attempts[n].sent_ms == again_ms);
    }
}

Test(crawl_unknown, makes_a_chain_wait_and_no_other_listing)
{
    struct rig_listing *chain = begin(RIG_HTML, 5000, 1, false, 0);
    struct rig_listing *other = rig_add_listing(0, 1000, 0);

    chain->n_items = 25500;
    chain->request = RIG_CHAIN;
    rig_play();
    rig_expect_published(chain);
    rig_expect_published(other);
    cr_expect(lt(i64, rig_try(other, 900, 1)->sent_ms, 1000));
    cr_expect(ge(i64, rig_try(chain, 5000, 2)->sent_ms, LISTED_MS));
    cr_expect(ge(i64, rig_try(chain, 6000, 1)->sent_ms, LISTED_MS));
}

Test(crawl_unknown, looks_soon_and_then_now_and_then_until_all_is_known)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        begin(RIG_HTML, 300, 1, true, seed);
        rig.lag_ms = 3000;
        rig_play(); /* the rig fails the test at too many looks */
        cr_expect(eq(sz, rig.n_looks, 1));
        begin(RIG_HTML, 300, 1, false, seed);
        rig_play();
        cr_expect(ge(sz, rig.n_looks, 2));
        cr_expect(le(sz, rig.n_looks, 9));
    }
    begin(RIG_OK, 0, 0, false, 0);
    rig_play();
    cr_expect(zero(sz, rig.n_looks), "nothing is unknown");
}

Test(crawl_unknown, holds_the_slot_of_a_call_that_broke_off)
{
    struct rig_listing *listing = begin(RIG_BROKEN, 100, 1, false, 0);

    rig.settings.in_flight = 1;
    rig_play();
    rig_expect_published(listing);
    cr_expect(ge(i64, rig_try(listing, 200, 1)->sent_ms, 120000));

    listing = begin(RIG_BROKEN, 100, 1, true, 0);
    rig.settings.in_flight = 1;
    rig.lag_ms = 3000;
    rig_play();
    rig_expect_published(listing);
    cr_expect(lt(i64, rig_try(listing, 200, 1)->sent_ms, 60000), "it is listed, so it is over");
}

Test(crawl_unknown, counts_each_try)
{
    for (int is_billed = 0; is_billed <= 1; is_billed++) {
        struct rig_listing *listing = begin(RIG_BROKEN, 300, SIZE_MAX, is_billed, 0);

        rig_play();
        rig_expect_suspended(listing, "error", "its answers do not come (asked 5 times)");
        cr_expect(eq(sz, rig_sent(listing, 300), 5));
        cr_expect(eq(i64, rig_rows(listing), 900));
        cr_expect(eq(i64, rig.runs[0].booked_nanousd, (9 + 5 * is_billed) * PAGE));
    }
}

/* --- money ----------------------------------------------------------------------------------- */

Test(crawl_unknown, is_not_out_of_budget_before_it_is_known)
{
    for (uint64_t seed = 0; seed < 50; seed++)
        for (int64_t position = 0; position < 1000; position += 300) {
            struct rig_listing *listing = begin(faults[seed % 3], position, 1, false, seed);

            rig.runs[0].cap_nanousd = 10 * PAGE; /* enough, once the call is known to be free */
            rig_play();
            rig_expect_published(listing);
            listing = begin(faults[seed % 3], position, 1, true, seed);
            rig.runs[0].cap_nanousd = 10 * PAGE;
            rig_play();
            rig_expect_suspended(listing, "budget", "the cap of the ledger");
            cr_expect(eq(i64, rig.runs[0].booked_nanousd, 10 * PAGE));
        }
}

static enum rig_fault failing_and_unknown(const struct rig_attempt *attempt)
{
    if (attempt->listing != 0 || attempt->position == 0)
        return RIG_OK;
    return attempt->position == 100 ? RIG_LISTING : RIG_HTML;
}

Test(crawl_unknown, may_make_room_though_no_page_waits_for_it)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct rig_listing *failing = begin(RIG_OK, 0, 0, false, seed);
        struct rig_listing *other = rig_add_listing(0, 1000, 0);

        rig.fault = failing_and_unknown;
        rig.runs[0].cap_nanousd = 12 * PAGE;
        rig_play();
        rig_expect_suspended(failing, "error", "");
        rig_expect_published(other);
    }
}

Test(crawl_unknown, counts_what_landed_without_a_cost_at_what_the_list_says)
{
    struct rig_listing *short_one = begin(RIG_NO_COST, 0, 1, true, 0);
    struct rig_listing *other = rig_add_listing(0, 1000, 0);

    short_one->n_items = 1; /* reserved for 100 items */
    rig.runs[0].cap_nanousd = INT64_C(24036000) + 10 * PAGE;
    rig_play();
    rig_expect_published(short_one);
    rig_expect_published(other);
    cr_expect(eq(i64, rig.runs[0].booked_nanousd, INT64_C(24036000) + 10 * PAGE));
}

/* --- a list that does not tell --------------------------------------------------------------- */

Test(crawl_unknown, gives_up_where_the_list_is_away)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct rig_listing *listing = begin(faults[seed % 3], 300, 1, seed % 2 == 0, seed);

        rig.n_failing_looks = 5;
        rig_play();
        rig_expect_suspended(listing, "error", "the vendor's list that would tell is away");
        cr_expect(eq(sz, rig.n_looks, 5));
        cr_expect(eq(sz, rig_sent(listing, 300), 1));
        cr_expect(eq(i64, rig_rows(listing), 900));
        rig_play(); /* the next start looks again, and asks then */
        rig_expect_published(listing);
        cr_expect(eq(sz, rig_sent(listing, 300), 2));
        listing = begin(faults[seed % 3], 300, 1, seed % 2 == 0, seed);
        rig.n_failing_looks = 4;
        rig_play();
        rig_expect_published(listing);
    }
}

/* `is_blind`: there is a list, and it never has calls of ours. */
static struct rig_listing *begin_untold(bool is_blind, unsigned retries, size_t times,
                                        uint64_t seed)
{
    struct rig_listing *listing = begin(RIG_HTML, 300, times, true, seed);

    rig.list = RIG_LIST_BLIND;
    rig.settings.has_list = is_blind;
    rig.settings.unknown_retries = retries;
    return listing;
}

Test(crawl_unknown, asks_again_as_often_as_it_may_where_nobody_tells)
{
    for (int is_blind = 0; is_blind <= 1; is_blind++)
        for (unsigned retries = 0; retries < 4; retries++) {
            struct rig_listing *listing = begin_untold(is_blind, retries, SIZE_MAX, retries);

            rig_play();
            rig_expect_suspended(listing, "error", "nobody can tell; unknown_retries allows");
            cr_expect(eq(sz, rig_sent(listing, 300), 1 + retries));
            cr_expect(eq(i64, rig_rows(listing), 900));
            cr_expect(eq(i64, rig.runs[0].booked_nanousd, (10 + retries) * PAGE), "all counted");
            rig_play(); /* the next start may no more than this one */
            rig_expect_suspended(listing, "error", "nobody can tell; unknown_retries allows");
            cr_expect(eq(sz, rig_sent(listing, 300), 1 + retries));

            listing = begin_untold(is_blind, retries, retries, retries);
            rig_play();
            rig_expect_published(listing);
            cr_expect(eq(sz, rig_sent(listing, 300), 1 + retries));
            cr_expect(eq(i64, rig.runs[0].booked_nanousd, (10 + retries) * PAGE));
        }
}

Test(crawl_unknown, waits_for_a_list_but_not_where_there_is_none)
{
    struct rig_listing *listing = begin_untold(true, 1, 1, 0);

    rig_play();
    cr_expect(ge(i64, rig_try(listing, 300, 2)->sent_ms, LISTED_MS));
    listing = begin_untold(false, 1, 1, 0);
    rig_play();
    cr_expect(lt(i64, rig_try(listing, 300, 2)->sent_ms, 2000));
    cr_expect(zero(sz, rig.n_looks));
}

Test(crawl_unknown, asks_no_more_often_than_any_page_may_be_asked_for)
{
    for (int is_blind = 0; is_blind <= 1; is_blind++) {
        struct rig_listing *listing = begin_untold(is_blind, 10, SIZE_MAX, 0);

        rig_play();
        rig_expect_suspended(listing, "error", "nobody can tell (asked 5 times)");
        cr_expect(eq(sz, rig_sent(listing, 300), 5));
    }
}

/* --- what an earlier process left ------------------------------------------------------------ */

Test(crawl_unknown, does_not_wait_for_the_list_behind_a_stop)
{
    struct rig_listing *listing = begin(RIG_HTML, 300, 1, false, 0);

    rig_start();
    while (rig_step() && rig.runs[0].run->n_unknown == 0)
        ;
    rig.is_stopped = true;
    crawl_stop(rig.crawl);
    while (rig_step())
        ;
    cr_expect(lt(i64, rig.now_ms, 1000));
    rig_end();
    cr_expect(not(listing->is_published));
    rig_play();
    rig_expect_published(listing);
    cr_expect(eq(sz, rig_sent(listing, 300), 2));
}

/* A chain of which some pages have landed; the next was received, the one behind was sent. */
static struct rig_listing *leave_chain(int64_t age_ms, bool is_billed)
{
    struct rig_listing *listing = begin(RIG_OK, 0, 0, is_billed, 0);
    struct rig_slice *slice;

    listing->n_items = 25500;
    listing->request = RIG_CHAIN;
    slice = rig_leave(listing, 1000);
    slice->walk = PAGER_CHAIN;
    slice->total_count = 25500;
    slice->position = 5000;
    snprintf(slice->token, sizeof(slice->token), "t5000");
    for (int64_t position = 0; position < 5000; position += 1000)
        rig_land_page(listing, slice, position, 1000);
    rig.now_ms = age_ms;
    for (int64_t position = 5000; position <= 6000; position += 1000) {
        struct rig_attempt *attempt = &rig.attempts[rig.n_attempts++];

        *attempt = (struct rig_attempt){.id = uuid_new(),
                                        .position = position,
                                        .state = position == 5000 ? RIG_RECEIVED : RIG_BOOKED,
                                        .is_unknown = position == 6000,
                                        .number = ++rig.n_sent,
                                        .reserved_nanousd = price_worst(PRICE_LISTED, 1000),
                                        .over_ms = position == 5000 ? 0 : rig.settings.hold_ms,
                                        .is_billed = is_billed,
                                        .listed_ms = 20000};
        rig_look_up(attempt);
        rig.runs[0].booked_nanousd += attempt->reserved_nanousd;
    }
    return listing;
}

Test(crawl_unknown, waits_with_a_page_whose_turn_comes_only_behind_a_received_one)
{
    for (int64_t age_ms = 0; age_ms <= 400000; age_ms += 50000)
        for (int is_billed = 0; is_billed <= 1; is_billed++) {
            struct rig_listing *listing = leave_chain(age_ms, is_billed);

            rig_play();
            rig_expect_published(listing);
            cr_expect(eq(sz, rig_sent(listing, 5000), 1), "it was received");
            cr_expect(eq(sz, rig_sent(listing, 6000), 2));
            cr_expect(gt(i64, rig_try(listing, 6000, 2)->sent_ms, is_billed ? 20000 : LISTED_MS));
            if (age_ms > LISTED_MS)
                cr_expect(eq(i64, rig_try(listing, 6000, 2)->sent_ms, age_ms), "told at once");
        }
}

/* The page had been asked for again, and that call was answered: refused. */
Test(crawl_unknown, waits_though_another_call_for_the_page_was_answered)
{
    for (int is_billed = 0; is_billed <= 1; is_billed++) {
        struct rig_listing *listing = leave_chain(0, is_billed);

        rig.attempts[1].position = 5000;
        rig.attempts[0].fault = RIG_RETRY;
        rig_play();
        rig_expect_published(listing);
        cr_expect(eq(sz, rig_sent(listing, 5000), 3));
        cr_expect(gt(i64, rig_try(listing, 5000, 3)->sent_ms, is_billed ? 20000 : LISTED_MS));
    }
}

Test(crawl_unknown, keeps_to_its_tries_where_an_earlier_process_has_used_them)
{
    struct rig_listing *listing = leave_chain(0, true);

    rig.list = RIG_LIST_BLIND;
    rig.settings.unknown_retries = 0;
    rig_play();
    rig_expect_suspended(listing, "error", "nobody can tell; unknown_retries allows");
    cr_expect(eq(sz, rig_sent(listing, 6000), 1));
    cr_expect(eq(i64, rig_rows(listing), 6000));
    rig.settings.has_list = false;
    rig_play();
    rig_expect_suspended(listing, "error", "nobody can tell; unknown_retries allows");
    rig.settings.unknown_retries = 1;
    rig_play();
    rig_expect_published(listing);
    cr_expect(eq(sz, rig_sent(listing, 6000), 2));
}

Test(crawl_unknown, leaves_alone_what_the_slice_never_wants)
{
    for (int is_billed = 0; is_billed <= 1; is_billed++) {
        struct rig_listing *listing = leave_chain(0, is_billed);

        listing->n_items = 5999; /* what was received is the last page */
        rig_look_up(&rig.attempts[0]);
        rig_look_up(&rig.attempts[1]);
        rig_play();
        rig_expect_published(listing);
        cr_expect(eq(sz, rig.n_sent, 2), "nothing was sent but what had been");
    }
}

Test(crawl_unknown, looks_for_strays_where_their_room_is_wanted)
{
    for (int n = 0; n < 4; n++) {
        struct rig_listing *listing = begin(RIG_OK, 0, 0, false, 0);
        bool is_expected = n % 2 == 1, is_shared = n / 2 == 1;
        struct rig_listing *over = rig_add_listing(0, 100, 0);

        over->is_published = true;
        rig_leave(over, 100);
        rig_land_page(over, &over->slices[0], 0, 100);
        rig.attempts[rig.n_attempts++] = (struct rig_attempt){.id = uuid_new(),
                                                              .listing = 1,
                                                              .state = RIG_BOOKED,
                                                              .is_unknown = is_expected,
                                                              .reserved_nanousd = PAGE,
                                                              .sent_ms = -1};
        rig.runs[0].booked_nanousd = is_expected ? PAGE : 0;
        rig.shared_cap_nanousd = is_shared ? 10 * PAGE : 0;
        rig.runs[0].cap_nanousd = is_shared ? 0 : 10 * PAGE;
        rig_play();
        rig_expect_published(listing);
        cr_expect(eq(int, rig.n_looks > 0, is_expected));
    }
}
