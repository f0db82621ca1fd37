#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "core/log.h"
#include "unit/crawl/rig.h"

/* Answers of an earlier process of which there are more than the listing wants; and a database that
 * takes its time to reserve. */

TestSuite(crawl_adopted, .timeout = 60);

static enum rig_fault first_fault;

static enum rig_fault of_first(const struct rig_attempt *attempt)
{
    return attempt->number == 1 ? first_fault : RIG_OK;
}

/* A process that dies with the answer for the first page in the spool. */
static struct rig_listing *leave_received(enum rig_fault fault, int64_t n_items, uint64_t seed)
{
    struct rig_listing *listing;

    rig_begin(seed);
    first_fault = fault;
    rig.fault = of_first;
    listing = rig_add_listing(rig_add_run(0), n_items, 0);
    rig_start();
    while (rig.n_attempts == 0 || rig.attempts[0].state != RIG_RECEIVED)
        cr_assert(rig_step());
    rig.kill_at = rig.n_events + 1;
    while (rig_step())
        ;
    cr_assert(not(rig_end()));
    rig.kill_at = 0;
    return listing;
}

/* Another call for the same page, whose answer has come too. */
static struct rig_attempt *add_twin(enum rig_fault fault)
{
    struct rig_attempt *twin = &rig.attempts[rig.n_attempts++];

    *twin = rig.attempts[0];
    twin->id = uuid_new();
    twin->fault = fault;
    twin->number = ++rig.n_sent;
    rig.runs[0].booked_nanousd += twin->reserved_nanousd;
    return twin;
}

Test(crawl_adopted, books_a_second_answer_for_a_page_and_lands_the_first)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct rig_listing *listing = leave_received(RIG_OK, 250, seed);
        struct rig_attempt *twin = add_twin(RIG_OK);

        cr_assert(rig_play());
        rig_expect_published(listing);
        cr_expect(eq(int, rig.attempts[0].state, RIG_BOOKED));
        cr_expect(eq(int, twin->state, RIG_BOOKED));
        cr_expect(not(twin->is_unknown));
        cr_expect(ne(int, rig.attempts[0].is_landed, twin->is_landed), "one of the two lands");
        cr_expect(eq(i64, twin->charged_nanousd, rig.attempts[0].charged_nanousd));
        cr_expect(eq(sz, rig.n_sent, 4), "the two, and two pages more");
    }
}

Test(crawl_adopted, takes_the_second_answer_where_the_first_brought_no_page)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct rig_listing *listing = leave_received(RIG_RETRY, 250, seed);
        struct rig_attempt *twin = add_twin(RIG_OK);

        cr_assert(rig_play());
        rig_expect_published(listing);
        cr_expect(twin->is_landed);
        cr_expect(eq(sz, rig.n_sent, 4), "the page is not asked for again");
    }
}

Test(crawl_adopted, says_once_that_the_database_is_slow_to_reserve)
{
    struct rig_listing *listing;
    size_t n_slow = 0;

    rig_begin(0);
    listing = rig_add_listing(rig_add_run(0), 1000, 0);
    log_set_level(LOG_WARNING);
    rig_start();
    do {
        const struct rig_event *next = &rig.events[0];

        if (rig.n_waiting > 0 && next->kind == RIG_EV_RESERVE && next->is_committed && n_slow < 5) {
            rig.now_ms += CRAWL_RESERVE_MS + 1;
            n_slow++;
        }
    } while (rig_step());
    cr_assert(rig_end());
    rig_expect_published(listing);
    cr_expect(eq(sz, n_slow, 5));
    cr_expect(eq(sz, rig.n_log_lines, 1));
}
