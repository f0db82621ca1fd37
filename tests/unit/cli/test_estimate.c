#include "cli/estimate.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "api/endpoint.h"

/* What a listing takes, by hand: prices are the listed ones, $0.024 a call and $0.000036 an item.
 */

static struct endpoint endpoint = {.offset_reach = 20000, .limit_max = 1000, .has_token = true};

static struct estimate_way way(int64_t limit, int64_t max_rows)
{
    return (struct estimate_way){.endpoint = &endpoint,
                                 .price = PRICE_LISTED,
                                 .limit = limit,
                                 .max_rows = max_rows,
                                 .call_ms = 2000,
                                 .item_bytes = 1800};
}

static struct estimate estimate(int64_t limit, int64_t max_rows, int64_t total_count,
                                int64_t n_covered)
{
    struct estimate_way by = way(limit, max_rows);

    return estimate_listing(&by, total_count, n_covered);
}

static void expect(struct estimate is, int64_t n_rows, int64_t n_calls, int64_t nanousd)
{
    cr_expect(eq(i64, is.n_rows, n_rows));
    cr_expect(eq(i64, is.n_calls, n_calls));
    cr_expect(eq(i64, is.nanousd, nanousd));
}

TestSuite(estimate, .timeout = 10);

Test(estimate, counts_a_call_for_every_begun_page)
{
    expect(estimate(1000, 0, 1000, 0), 1000, 1, INT64_C(60000000));
    expect(estimate(1000, 0, 1001, 0), 1001, 2, INT64_C(84036000));
    expect(estimate(100, 0, 1000, 0), 1000, 10, INT64_C(276000000));
    expect(estimate(1000, 0, 0, 0), 0, 1, INT64_C(24000000));
}

Test(estimate, pays_for_whole_pages_where_max_rows_cuts)
{
    expect(estimate(1000, 2500, 10000, 0), 3000, 3, INT64_C(180000000));
    expect(estimate(1000, 2500, 2700, 0), 2700, 3, INT64_C(169200000));
    expect(estimate(1000, 2500, 2000, 0), 2000, 2, INT64_C(120000000));
    expect(estimate(5, 5, 10000, 0), 5, 1, INT64_C(24180000));
}

/* 45,000 items are three slices at least, whose last pages are half full; a chain is slower. */
Test(estimate, counts_slices_where_offsets_do_not_reach_all)
{
    struct estimate_way by = way(1000, 0);
    struct estimate chain = estimate_listing(&by, 45000, 0), slices;

    by.may_be_cut = true;
    slices = estimate_listing(&by, 45000, 0);
    expect(slices, 45000, 45 + 2, 45 * INT64_C(60000000) + 2 * INT64_C(24000000));
    cr_expect(eq(i64, estimate_ms(&chain, 30, 2000), 45 * 2000));
    cr_expect(eq(i64, estimate_ms(&slices, 30, 2000), 4 * 2000));
    expect(estimate_listing(&by, 45000, 45000), 0, 0, 0);
    expect(estimate_listing(&by, 20000, 0), 20000, 20, 20 * INT64_C(60000000));
    by.max_rows = 30000; /* it binds */
    cr_expect(eq(i64, estimate_listing(&by, 45000, 0).alone_ms, 30 * 2000));
    by.max_rows = 0;
    endpoint.has_token = false;
    cr_expect(eq(i64, estimate_listing(&by, 45000, 0).n_rows, 45000), "no longer capped");
}

Test(estimate, counts_only_what_is_missing_of_an_open_run)
{
    expect(estimate(1000, 0, 10500, 4000), 6500, 7, INT64_C(402000000));
    expect(estimate(1000, 0, 10500, 11000), 0, 0, 0);
    expect(estimate(1000, 2500, 10500, 2000), 1000, 1, INT64_C(60000000));
}

Test(estimate, knows_no_more_than_max_rows_of_a_feed_that_never_ran)
{
    struct estimate open = estimate(1000, 0, -1, 0), bounded = estimate(1000, 2500, -1, 0);

    cr_expect(eq(int, open.kind, ESTIMATE_OPEN));
    expect(open, 0, 0, 0);
    cr_expect(eq(int, bounded.kind, ESTIMATE_AT_MOST));
    expect(bounded, 3000, 3, INT64_C(180000000));
}

Test(estimate, ends_at_the_reach_of_offsets_where_there_is_no_token)
{
    struct estimate is;

    endpoint.has_token = false;
    is = estimate(300, 0, 50000, 0);
    endpoint.has_token = true;
    cr_expect(eq(i64, is.n_rows, 19800));
}

Test(estimate, walks_a_chain_one_call_after_the_other)
{
    struct estimate by_offset = estimate(1000, 0, 20000, 0), chain = estimate(1000, 0, 20001, 0);

    cr_expect(eq(i64, estimate_ms(&by_offset, 25, 2000), 4000), "page 1, then the others at once");
    cr_expect(eq(i64, estimate_ms(&by_offset, 5, 2000), 8000), "20 calls of 2 s in 5 slots");
    cr_expect(eq(i64, estimate_ms(&by_offset, 25, 60), 20000), "a call a second");
    cr_expect(eq(i64, estimate_ms(&chain, 25, 2000), 42000));
}

Test(estimate, feeds_go_side_by_side_and_nights_one_after_the_other)
{
    struct estimate sum = {.kind = ESTIMATE_KNOWN}, month;
    struct estimate chain = estimate(1000, 0, 30000, 0), small = estimate(1000, 0, 10000, 0);

    for (int i = 0; i < 10; i++)
        estimate_add(&sum, &small);
    estimate_add(&sum, &chain);
    expect(sum, 130000, 130, INT64_C(7800000000));
    cr_expect(eq(i64, sum.bytes, 130000 * 1800));
    cr_expect(eq(i64, estimate_ms(&sum, 25, 2000), 60000), "the chain lasts longest");
    cr_expect(eq(i64, estimate_ms(&sum, 2, 2000), 130000), "the slots last longest");
    month = estimate_times(&sum, 10227, 336);
    expect(month, INT64_C(3956875), 3956, INT64_C(237412500000));
}

Test(estimate, a_sum_of_known_and_unknown_is_unknown)
{
    struct estimate sum = estimate(1000, 0, 1000, 0), bounded = estimate(1000, 2500, -1, 0);
    struct estimate open = estimate(1000, 0, -1, 0);

    estimate_add(&sum, &bounded);
    cr_expect(eq(int, sum.kind, ESTIMATE_AT_MOST));
    estimate_add(&sum, &open);
    cr_expect(eq(int, sum.kind, ESTIMATE_OPEN));
    expect(sum, 4000, 4, INT64_C(240000000));
}

Test(estimate, stops_at_the_end_of_numbers)
{
    struct estimate sum = estimate(1, 0, INT64_MAX, 0), same = sum;

    expect(sum, INT64_MAX, INT64_MAX, INT64_MAX);
    estimate_add(&sum, &same);
    expect(sum, INT64_MAX, INT64_MAX, INT64_MAX);
    sum = estimate_times(&sum, 10227, 336);
    expect(sum, INT64_MAX, INT64_MAX, INT64_MAX);
}
