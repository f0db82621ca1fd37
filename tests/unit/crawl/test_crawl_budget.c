#include "crawl/crawl.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "unit/crawl/rig.h"

/*
 * The ledger decides whether a call may go, and when: the rig's refuses what does not fit, lets the
 * crawl hear of it later, and fails a test where a run is ended with money left for one more call.
 */

#define PAGE INT64_C(27600000) /* a call for 100 items */

TestSuite(crawl_budget, .timeout = 60);

/* Every amount up to what the listing costs, so that it ends at every page. */
Test(crawl_budget, ends_a_run_exactly_when_the_next_call_does_not_fit)
{
    for (int64_t cap = 1; cap < 11 * PAGE; cap += PAGE / 3) {
        struct rig_listing *listing;

        rig_begin((uint64_t)(cap % 7));
        listing = rig_add_listing(rig_add_run(cap), 1000, 0);
        rig_play();
        if (cap >= 10 * PAGE) {
            rig_expect_published(listing);
            continue;
        }
        rig_expect_suspended(listing, "budget", "the cap of the ledger");
        cr_expect(eq(i64, rig_rows(listing), cap / PAGE * 100));
        cr_expect(le(i64, rig.runs[0].booked_nanousd, cap));
    }
}

Test(crawl_budget, does_not_end_while_open_calls_may_turn_out_cheaper)
{
    /* Pages of 100 for which one item each comes: reserved at 27.6, charged 24.036. */
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct rig_listing *listings[4];

        rig_begin(seed);
        rig_add_run(4 * INT64_C(24036000) + PAGE - INT64_C(24036000));
        for (size_t i = 0; i < 4; i++)
            listings[i] = rig_add_listing(0, 1, 0);
        rig_play();
        for (size_t i = 0; i < 4; i++)
            rig_expect_published(listings[i]);
    }
}

Test(crawl_budget, says_what_finishing_would_cost)
{
    struct rig_listing *listing, *unasked;

    rig_begin(0);
    rig.settings.in_flight = 1;
    listing = rig_add_listing(rig_add_run(3 * PAGE), 1000, 0);
    rig_play();
    rig_expect_suspended(listing, "budget", "to finish it takes $0.1932 more"); /* 7 pages */

    rig_begin(0);
    listing = rig_add_listing(rig_add_run(2 * PAGE), 150, 0);
    unasked = rig_add_listing(0, 1000, 0);
    rig.settings.in_flight = 1;
    rig_play();
    rig_expect_suspended(listing, "budget", "to finish it takes $0.0258 more"); /* 50 items */
    rig_expect_suspended(unasked, "budget", "to finish it takes $0.2484 more");

    rig_begin(0);
    listing = rig_add_listing(rig_add_run(1), 1000, 0);
    rig_play();
    rig_expect_suspended(listing, "budget", "to finish it takes an amount that is not known yet");
}

Test(crawl_budget, goes_on_where_it_stopped_once_the_cap_is_raised)
{
    struct rig_listing *listing;

    rig_begin(0);
    listing = rig_add_listing(rig_add_run(3 * PAGE), 1000, 0);
    rig_play();
    rig_expect_suspended(listing, "budget", "the cap of the ledger");
    rig.runs[0].cap_nanousd = 10 * PAGE;
    rig_play();
    rig_expect_published(listing);
    cr_expect(eq(sz, rig.n_sent, 10), "no page was bought twice");
}

Test(crawl_budget, ends_one_run_and_lets_another_go_on)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct rig_listing *poor, *rich;

        rig_begin(seed);
        poor = rig_add_listing(rig_add_run(3 * PAGE), 2000, 0);
        rich = rig_add_listing(rig_add_run(0), 2000, 0);
        rig_play();
        rig_expect_suspended(poor, "budget", "the cap of the ledger");
        rig_expect_published(rich);
    }
}

static enum rig_fault retry_in_listing_1(const struct rig_attempt *attempt)
{
    return attempt->listing == 1 ? RIG_RETRY : RIG_OK;
}

Test(crawl_budget, names_the_cap_and_not_what_the_server_said_earlier)
{
    struct rig_listing *listing, *retrying;

    rig_begin(0); /* the money is gone while the second listing's page waits for its next try */
    rig.fault = retry_in_listing_1;
    listing = rig_add_listing(rig_add_run(3 * PAGE), 1000, 0);
    retrying = rig_add_listing(0, 1000, 0);
    rig_play();
    rig_expect_suspended(listing, "budget", "the cap of the ledger");
    rig_expect_suspended(retrying, "budget", "the cap of the ledger");
}

static enum rig_fault break_late(const struct rig_attempt *attempt)
{
    return attempt->number >= 3 ? RIG_HTML : RIG_OK;
}

Test(crawl_budget, does_not_take_an_old_refusal_for_what_the_server_said)
{
    struct rig_listing *listing;

    rig_begin(0); /* the third call is refused while two are open, then goes, and brings nonsense */
    rig.fault = break_late;
    rig.settings.has_list = false;
    rig.settings.unknown_retries = 0;
    rig_add_listing(rig_add_run(INT64_C(76000000)), 1, 0);
    rig_add_listing(0, 1, 0);
    listing = rig_add_listing(0, 1, 0);
    rig_play();
    rig_expect_suspended(listing, "error", "may have been charged, and nobody can tell");
    cr_expect(strstr(listing->reason, "the cap") == NULL, "%s", listing->reason);
}

Test(crawl_budget, counts_an_unknown_charge_at_its_reserve)
{
    struct rig_listing *listing;

    rig_begin(0);
    rig.fault = break_late;
    rig.settings.has_list = false;
    rig.settings.unknown_retries = 0;
    listing = rig_add_listing(rig_add_run(4 * PAGE), 1000, 0);
    rig_play();
    cr_expect(eq(i64, rig.runs[0].booked_nanousd, 4 * PAGE));
    rig_expect_suspended(listing, "budget", "the cap of the ledger");
    cr_expect(eq(sz, rig.n_sent, 4));
}

static bool always(const struct rig_attempt *attempt)
{
    (void)attempt;
    return true;
}

Test(crawl_budget, lands_received_answers_though_no_money_is_left)
{
    struct rig_listing *listing;

    rig_begin(0);
    rig.kill_at = 18;
    rig.bills = always;
    listing = rig_add_listing(rig_add_run(0), 1000, 0);
    cr_assert(not(rig_play()));
    rig.kill_at = 0;
    rig.runs[0].cap_nanousd = rig.runs[0].booked_nanousd;
    rig_play();
    for (size_t i = 0; i < rig.n_attempts; i++)
        cr_expect(ne(int, rig.attempts[i].state, RIG_RECEIVED));
    rig_expect_suspended(listing, "budget", "the cap of the ledger");
    cr_expect(gt(i64, rig_rows(listing), 0));
}
