#include "crawl/crawl.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "crawl/crawl_private.h"
#include "unit/crawl/rig.h"

/* What each kind of answer leads to: for its page, its listing, its run, the account. */

TestSuite(crawl_faults, .timeout = 60);

/* The first `times` calls for a page of the first listing run into `fault`. */
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
    rig_begin(seed);
    rig.fault = at_position;
    script.fault = fault;
    script.position = position;
    script.times = times;
    return rig_add_listing(rig_add_run(0), 1000, 0);
}

Test(crawl_faults, asks_again_after_an_error_that_may_pass)
{
    static const enum rig_fault faults[] = {RIG_RETRY, RIG_RETRY_CHARGED, RIG_UNSENT};

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        for (int64_t position = 0; position < 1000; position += 300) {
            struct rig_listing *listing = begin(faults[i], position, 3, (uint64_t)position);

            rig_play();
            rig_expect_published(listing);
            cr_expect(eq(sz, rig_sent(listing, position), 4));
            cr_expect(eq(sz, rig.n_sent, 13));
        }
}

Test(crawl_faults, grows_its_pauses_and_gives_up_after_the_last_try)
{
    struct rig_listing *listing = begin(RIG_RETRY, 300, SIZE_MAX, 0);
    int64_t pause_ms = 0;

    rig_play();
    rig_expect_suspended(listing, "error", "the server's words");
    cr_expect(eq(sz, rig_sent(listing, 300), 5));
    cr_expect(eq(i64, rig_rows(listing), 900), "the other pages went on");
    for (size_t n = 2; n <= 5; n++) {
        int64_t next_ms = rig_try(listing, 300, n)->sent_ms - rig_try(listing, 300, n - 1)->sent_ms;

        cr_expect(ge(i64, next_ms, 1000 << (n - 2)));
        cr_expect(lt(i64, next_ms, (1000 << (n - 2)) * 5 / 4));
        cr_expect(gt(i64, next_ms, pause_ms));
        pause_ms = next_ms;
    }
}

Test(crawl_faults, wakes_for_a_page_though_another_cannot_be_asked_for)
{
    struct rig_listing *listing = begin(RIG_RETRY, 0, 1, 0);
    size_t poor = rig_add_run(price_worst(PRICE_LISTED, 100) * 3 / 2);

    /* The other run has a page refused while its call is under way for a minute. */
    rig_add_listing(poor, 50, 0)->latency_ms = 60000;
    rig_add_listing(poor, 50, 0);
    rig_play();
    rig_expect_published(listing);
    cr_expect(le(i64, rig_try(listing, 0, 2)->sent_ms, 1250));
}

Test(crawl_faults, pauses_everything_and_asks_again_as_often_as_it_takes)
{
    static const enum rig_fault faults[] = {RIG_WAIT, RIG_TOO_MANY};

    for (size_t i = 0; i < 2; i++)
        for (uint64_t seed = 0; seed < 50; seed++) {
            struct rig_listing *listing = begin(faults[i], 400, 9, seed);
            struct rig_listing *other = rig_add_listing(0, 2000, 0);

            rig_play(); /* the rig fails the test at a call within the pause */
            rig_expect_published(listing);
            rig_expect_published(other);
            cr_expect(eq(sz, rig_sent(listing, 400), 10), "no try is counted");
            cr_expect(ge(i64, rig.now_ms, 9 * 60000));
        }
}

Test(crawl_faults, pauses_for_a_failing_proxy_though_its_page_waits_for_more)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct rig_listing *listing = begin(RIG_GATEWAY, 200, 1, seed);
        struct rig_listing *other = rig_add_listing(0, 3000, 0);

        rig_play(); /* the rig fails the test at a call within the pause */
        rig_expect_published(listing);
        rig_expect_published(other);
        cr_expect(ge(i64, rig.now_ms, 10000));
    }
}

Test(crawl_faults, lands_items_whose_cost_is_not_named)
{
    struct rig_listing *listing = begin(RIG_NO_COST, 200, 1, 0);

    rig_play();
    rig_expect_published(listing);
    cr_expect(eq(sz, rig_sent(listing, 200), 1));
}

Test(crawl_faults, ends_a_listing_and_no_other_where_only_it_cannot_be_had)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct rig_listing *listing = begin(RIG_LISTING, 100 * (int64_t)(seed % 10), 1, seed);
        struct rig_listing *other = rig_add_listing(0, 1500, 0);
        struct rig_listing *third = rig_add_listing(rig_add_run(0), 1500, 0);

        rig_play();
        rig_expect_suspended(listing, "error", "asks for too much");
        rig_expect_published(other);
        rig_expect_published(third);
    }
}

Test(crawl_faults, ends_a_job_and_no_other_where_its_request_is_wrong)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct rig_listing *listing = begin(RIG_JOB, 0, 1, seed);
        struct rig_listing *same_job = rig_add_listing(0, 4000, 0);
        struct rig_listing *other = rig_add_listing(rig_add_run(0), 1500, 0);

        rig_play();
        rig_expect_suspended(listing, "error", "a field is unknown");
        cr_expect(eq(sz, rig.n_log_lines, 1), "one line for all listings");
        if (!same_job->is_published) /* by chance it may have been done */
            rig_expect_suspended(same_job, "error", "a field is unknown");
        rig_expect_published(other);
    }
}

static void check_account(enum rig_fault fault, enum verdict_stop stop, const char *words)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct rig_listing *listing = begin(fault, 0, 1, seed);
        struct rig_listing *other = rig_add_listing(rig_add_run(0), 4000, 0);

        rig_add_listing(0, 4000, 0);
        rig_add_listing(1, 4000, 0);
        rig_play();
        rig_expect_suspended(listing, "error", words);
        cr_expect(eq(int, rig.runs[0].stop, stop));
        cr_expect(eq(sz, rig.n_log_lines, 1), "one line for all listings");
        if (other->is_published) {
            cr_expect(eq(int, rig.runs[1].stop, VERDICT_STOP_NONE), "it was over before");
            continue;
        }
        rig_expect_suspended(other, "error", words);
        cr_expect(eq(int, rig.runs[1].stop, stop));
    }
}

Test(crawl_faults, ends_all_jobs_of_an_account_that_is_refused)
{
    check_account(RIG_LOGIN, VERDICT_STOP_LOGIN, "check login and password");
    check_account(RIG_BALANCE, VERDICT_STOP_LATER, "top up the account");
}

static enum rig_fault refusal_behind_a_refusal(const struct rig_attempt *attempt)
{
    if (attempt->listing != 0 || attempt->position == 0)
        return RIG_OK;
    return attempt->position == 100 ? RIG_LISTING : RIG_LOGIN;
}

Test(crawl_faults, tells_of_an_account_though_the_call_is_of_a_listing_that_has_failed)
{
    struct rig_listing *listing = begin(RIG_OK, 0, 0, 0);
    struct rig_listing *other = rig_add_listing(rig_add_run(0), 4000, 0);

    rig.fault = refusal_behind_a_refusal;
    rig_play();
    rig_expect_suspended(listing, "error", "asks for too much");
    rig_expect_suspended(other, "error", "check login and password");
    cr_expect(eq(sz, rig.n_log_lines, 2), "one of the listing, one of the account");
}

Test(crawl_faults, leaves_alone_a_run_that_was_over_before_the_account_was_refused)
{
    struct rig_listing *listing = begin(RIG_LOGIN, 900, 1, 0);
    struct rig_listing *done = rig_add_listing(rig_add_run(0), 1, 0);

    rig_play();
    cr_expect(not(listing->is_published));
    rig_expect_published(done);
    cr_expect(eq(int, rig.runs[1].stop, VERDICT_STOP_NONE));
}

Test(crawl_faults, stops_a_job_whose_call_was_dearer_than_its_reserve)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct rig_listing *listing = begin(RIG_DEARER, 0, 1, seed);
        struct rig_listing *same_job = rig_add_listing(0, 4000, 0);
        struct rig_listing *other = rig_add_listing(rig_add_run(0), 500, 0);

        rig_play();
        rig_expect_suspended(listing, "error", "the price has changed");
        cr_expect(ge(i64, rig_rows(listing), 100), "what was paid for has landed");
        if (!same_job->is_published)
            rig_expect_suspended(same_job, "error", "the price has changed");
        rig_expect_published(other);
    }
}

Test(crawl_faults, stops_a_job_also_where_a_refusal_was_dear)
{
    struct rig_listing *listing = begin(RIG_DEAR_REFUSAL, 300, 1, 0);

    rig_play();
    rig_expect_suspended(listing, "error", "the price has changed");
    cr_expect(eq(sz, rig_sent(listing, 300), 1));
}

/* The process dies with the answer in the spool: its price is no smaller for that. */
Test(crawl_faults, stops_a_job_also_where_an_adopted_answer_was_dear)
{
    struct rig_listing *listing = begin(RIG_DEARER, 0, 1, 0);

    rig_start();
    while (rig_step() && rig.attempts[0].state != RIG_RECEIVED)
        ;
    rig.kill_at = rig.n_events + 1;
    while (rig_step())
        ;
    cr_assert(not(rig_end()));
    rig.kill_at = 0;
    rig_play();
    rig_expect_suspended(listing, "error", "the price has changed");
    cr_expect(eq(sz, rig_sent(listing, 0), 1));
}

static enum rig_fault words_then_nonsense(const struct rig_attempt *attempt)
{
    if (attempt->position != 300)
        return RIG_OK;
    return rig_sent(&rig.listings[0], 300) == 1 ? RIG_RETRY : RIG_HTML;
}

Test(crawl_faults, gives_an_answer_no_words_of_the_one_before)
{
    struct rig_listing *listing = begin(RIG_OK, 0, 0, 0);

    rig.fault = words_then_nonsense;
    rig.settings.has_list = false;
    rig.settings.unknown_retries = 0;
    rig_play();
    rig_expect_suspended(listing, "error", "may have been charged, and nobody can tell");
    cr_expect(strstr(listing->reason, "the server's words") == NULL, "%s", listing->reason);
}

Test(crawl_faults, shrinks_its_pace_where_the_server_finds_it_too_much)
{
    static const struct {
        enum rig_fault fault;
        size_t in_flight, per_minute;
    } cases[] = {{RIG_AT_ONCE, 3, 1000}, {RIG_TIMEOUT, 3, 1000}, {RIG_WAIT, 4, 500},
                 {RIG_TOO_MANY, 4, 500}, {RIG_RETRY, 4, 1000},   {RIG_UNSENT, 4, 1000}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t in_flight = 4, per_minute = 1000;

        begin(cases[i].fault, 300, 1, 0);
        rig_start();
        while (rig_step()) {
            in_flight = rig.crawl->pace->in_flight_now < in_flight ? rig.crawl->pace->in_flight_now
                                                                   : in_flight;
            per_minute = rig.crawl->pace->per_minute_now < per_minute
                             ? rig.crawl->pace->per_minute_now
                             : per_minute;
        }
        rig_end();
        cr_expect(eq(sz, in_flight, cases[i].in_flight), "fault %d", cases[i].fault);
        cr_expect(eq(sz, per_minute, cases[i].per_minute), "fault %d", cases[i].fault);
    }
}

static enum rig_fault too_many_at_first(const struct rig_attempt *attempt)
{
    return attempt->number >= 2 && attempt->number <= 5 ? RIG_AT_ONCE : RIG_OK;
}

Test(crawl_faults, shrinks_its_pace_once_for_calls_that_were_out_together)
{
    size_t in_flight = 4;

    begin(RIG_OK, 0, 0, 0);
    rig.fault = too_many_at_first;
    rig_start();
    while (rig_step())
        in_flight =
            rig.crawl->pace->in_flight_now < in_flight ? rig.crawl->pace->in_flight_now : in_flight;
    rig_end();
    cr_expect(eq(sz, in_flight, 3));
}

Test(crawl_faults, keeps_the_reason_that_came_first)
{
    struct rig_listing *listing = begin(RIG_LISTING, 0, 1, 0);

    script.position = 100; /* one call says why; another, out at the same time, brings nonsense */
    rig_start();
    while (rig_step() && !(rig_sent(listing, 100) == 1 && rig_sent(listing, 200) == 1))
        ;
    for (size_t i = 0; i < rig.n_attempts; i++)
        if (rig.attempts[i].position == 200)
            rig.attempts[i].fault = RIG_HTML;
    while (rig_step())
        ;
    rig_end();
    rig_expect_suspended(listing, "error", "asks for too much");
}
