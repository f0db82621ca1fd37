#include "cli/paper.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

/* Runs on paper, by hand: a page of 1,000 items costs $0.06, an item of it $0.000036. */

#define USD(cents) (INT64_C(10000000) * (cents))

static struct paper_feed feeds[3];
static struct paper_cap caps[3];
static struct paper_job jobs[2];
static size_t n_feeds, n_caps;

static void feed(size_t job, int64_t n_items)
{
    feeds[n_feeds++] = (struct paper_feed){
        .job = job,
        .price = PRICE_LISTED,
        .limit = 1000,
        .n_items = n_items,
        .n_calls = n_items / 1000 + (n_items % 1000 > 0 || n_items == 0),
    };
}

static void cap(size_t job, int64_t left_nanousd)
{
    caps[n_caps++] = (struct paper_cap){.job = job, .left_nanousd = left_nanousd};
}

static void walk(void)
{
    paper_walk(feeds, n_feeds, caps, n_caps, jobs);
}

static void expect_job(size_t job, bool is_stopped, int64_t n_items, int64_t nanousd)
{
    cr_expect(eq(int, jobs[job].is_stopped, is_stopped));
    cr_expect(eq(i64, jobs[job].n_items, n_items));
    cr_expect(eq(i64, jobs[job].nanousd, nanousd));
}

TestSuite(paper, .timeout = 10);

Test(paper, without_caps_all_is_bought)
{
    feed(0, 2500);
    feed(1, 0);
    walk();
    expect_job(0, false, 2500, INT64_C(162000000));
    expect_job(1, false, 0, INT64_C(24000000));
}

Test(paper, a_job_ends_where_its_cap_has_no_full_page_left)
{
    feed(0, 120000);
    cap(0, USD(300));
    walk();
    expect_job(0, true, 50000, USD(300));
    cr_expect(eq(sz, jobs[0].cap, 0));
}

/* 2,100 items cost $0.1476; the last page is reserved at $0.06 all the same. */
Test(paper, the_last_page_needs_the_worst_case_too)
{
    feed(0, 2100);
    cap(0, USD(18) - 1);
    walk();
    expect_job(0, true, 2000, USD(12));
    n_feeds = n_caps = 0;
    jobs[0] = (struct paper_job){.is_stopped = false};
    feed(0, 2100);
    cap(0, USD(18));
    walk();
    expect_job(0, false, 2100, INT64_C(147600000));
}

Test(paper, feeds_take_turns)
{
    feed(0, 10000);
    feed(0, 500);
    cap(0, USD(20));
    walk();
    /* $0.06 and $0.042, then one page more; $0.038 is left. */
    expect_job(0, true, 2500, INT64_C(162000000));
    cr_expect(eq(i64, feeds[0].n_items, 8000));
    cr_expect(eq(i64, feeds[1].n_items, 0));
}

Test(paper, jobs_share_a_cap_and_each_has_its_own)
{
    feed(0, 10000);
    feed(1, 10000);
    cap(0, USD(12));
    cap(PAPER_ALL_JOBS, USD(60));
    walk();
    expect_job(0, true, 2000, USD(12));
    expect_job(1, true, 8000, USD(48));
    cr_expect(eq(sz, jobs[0].cap, 0));
    cr_expect(eq(sz, jobs[1].cap, 1));
}

Test(paper, a_cap_that_is_passed_already_lets_nothing_through)
{
    feed(0, 10);
    cap(0, -1);
    walk();
    expect_job(0, true, 0, 0);
}

Test(paper, the_tightest_cap_is_named)
{
    feed(0, 10000);
    cap(PAPER_ALL_JOBS, USD(5));
    cap(0, USD(3));
    walk();
    cr_expect(eq(sz, jobs[0].cap, 1));
}

Test(paper, a_cap_of_a_group_holds_its_own_feeds_alone)
{
    feed(0, 10000);
    feeds[0].groups[0] = 1;
    feed(1, 10000);
    feeds[1].groups[1] = 2;
    cap(PAPER_ALL_JOBS, USD(10));
    caps[0].group = 2;
    walk();
    cr_expect(not(jobs[0].is_stopped));
    cr_expect(jobs[1].is_stopped);
    cr_expect(eq(i64, jobs[1].n_items, 1000));
}

Test(paper, what_nobody_knows_goes_on_to_the_cap_however_far_that_is)
{
    feed(0, PAPER_ENDLESS);
    feed(0, 1500);
    cap(0, INT64_C(9000000000000000000));
    walk();
    cr_expect(jobs[0].is_stopped);
    cr_expect(not(jobs[0].is_endless));
    cr_expect(gt(i64, jobs[0].nanousd, INT64_C(9000000000000000000) - USD(6)));
    cr_expect(eq(i64, feeds[1].n_items, 0));
}

Test(paper, what_nobody_knows_and_no_cap_bounds_has_no_end)
{
    feed(0, PAPER_ENDLESS);
    feed(1, 1000);
    cap(1, USD(100));
    walk();
    cr_expect(jobs[0].is_endless);
    expect_job(1, false, 1000, USD(6));
}
