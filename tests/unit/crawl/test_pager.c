#include "crawl/pager.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "unit/crawl/pager_model.h"

/* Walks from the first page to the last. */

#define N(array) (sizeof(array) / sizeof((array)[0]))

TestSuite(pager, .timeout = 60);

static int64_t divide_up(int64_t n, int64_t by)
{
    return (n + by - 1) / by;
}

/* From the rules, without a pager. */
static int64_t expected_calls(const struct model_server *server)
{
    bool is_cut = server->max_rows > 0 && server->n_items > server->max_rows;
    int64_t wanted = is_cut ? server->max_rows : server->n_items;

    if (wanted <= REACH / server->limit * server->limit)
        return wanted > 0 ? divide_up(wanted, server->limit) : 1;
    if (server->max_rows > 0 && server->n_items >= server->max_rows)
        return divide_up(server->max_rows, server->limit);
    return server->n_items / server->limit + 1; /* a token behind a full page is followed */
}

static void check_walk(struct model_server server, uint64_t seed)
{
    int64_t n_calls = expected_calls(&server);
    int64_t n_rows =
        n_calls * server.limit < server.n_items ? n_calls * server.limit : server.n_items;
    bool is_limited = server.max_rows > 0 && server.n_items > server.max_rows;
    char what[96];

    snprintf(what, sizeof(what), "%" PRId64 " items by %" PRId64 ", max_rows %" PRId64,
             server.n_items, server.limit, server.max_rows);
    model_serve(server, seed);
    model_walk_to_the_end();
    model_check_items(n_rows, what);
    cr_expect(eq(i64, (int64_t)model.n_calls, n_calls), "%s", what);
    model_expect_word(is_limited ? "limited" : "complete");
    cr_expect(eq(i64, pager_expected(&model.pager), is_limited ? server.max_rows : server.n_items),
              "%s", what);
}

static const int64_t sizes[] = {0, 1, 5, 999, 1000, 1001, 19800, 19999, 20000, 20001, 45000};
static const int64_t limits[] = {1, 7, 300, 999, 1000};
static const int64_t caps[] = {0, 1, 5, 999, 1000, 1500, 20000, 20001, 30000, 45000, 46000};

Test(pager, receives_every_item_once_in_exactly_the_calls_that_the_rules_give)
{
    for (size_t i = 0; i < N(sizes); i++)
        for (size_t j = 0; j < N(limits); j++)
            for (size_t k = 0; k < N(caps); k++) {
                struct model_server server = {sizes[i], limits[j], caps[k]};

                if (caps[k] == 0 || caps[k] >= limits[j]) /* the page is never above max_rows */
                    check_walk(server, i * 1000 + j * 100 + k);
            }
}

Test(pager, does_not_care_in_which_order_answers_come)
{
    for (uint64_t seed = 0; seed < 300; seed++)
        check_walk((struct model_server){(int64_t)(seed * 67), 1000, seed % 3 == 0 ? 7500 : 0},
                   seed);
}

Test(pager, asks_for_page_1_alone)
{
    struct pager_ask ask;

    model_serve((struct model_server){5000, 1000}, 1);
    cr_assert(pager_next(&model.pager, &ask));
    cr_expect(eq(i64, ask.position, 0));
    cr_expect(not(pager_next(&model.pager, &ask)));
    model_open(&ask);
    model_answer(0);
    for (int64_t position = 0; position < 4000; position += 1000)
        cr_assert(pager_next(&model.pager, &ask));
    cr_expect(not(pager_next(&model.pager, &ask)));
}

Test(pager, ends_a_chain_whatever_the_last_token_is)
{
    static const enum last_token tokens[] = {TOKEN_NONE, TOKEN_EMPTY, TOKEN_REPEATED};

    for (size_t i = 0; i < N(tokens); i++)
        for (int64_t n = 45000; n <= 45001; n++) {
            model_serve((struct model_server){n, 1000, .last_token = tokens[i]}, i);
            model_walk_to_the_end();
            model_check_items(n, "last token");
            cr_expect(eq(sz, model.n_calls, n == 45000 ? 45 : 46));
        }
}

Test(pager, ends_a_chain_in_the_middle_where_no_token_comes)
{
    model_serve((struct model_server){45000, 1000, .no_token_at = 7000}, 1);
    model_walk_to_the_end();
    model_check_items(8000, "no token");
    cr_expect(eq(i64, pager_expected(&model.pager), 45000), "what is missing can be told");
}

Test(pager, follows_a_chain_past_a_short_page_that_total_count_does_not_end)
{
    model_serve((struct model_server){45000, 1000, .short_at = 7000}, 1);
    model_walk(7);
    cr_assert(eq(i64, model.pager.position, 7000));
    model_walk_to_the_end();
    model_check_items(45000, "short page"); /* the item it lacked comes with the next token */
}

Test(pager, ends_a_chain_at_an_empty_page)
{
    model_serve((struct model_server){45000, 1000, .empty_from = 30000}, 1);
    model_walk_to_the_end();
    model_check_items(30000, "empty page");
    cr_expect(eq(sz, model.n_calls, 31));
}

Test(pager, goes_only_as_far_as_offsets_reach_where_there_is_no_token)
{
    model_serve((struct model_server){45000, 300, .has_no_token = true}, 1);
    model_walk_to_the_end();
    model_check_items(19800, "no token at all");
    model_expect_word("capped");
    model_serve((struct model_server){19800, 300, .has_no_token = true}, 1);
    model_walk_to_the_end();
    model_check_items(19800, "all in reach");
    model_expect_word("complete");
}

Test(pager, walks_by_offset_where_page_1_of_a_big_listing_has_no_token)
{
    model_serve((struct model_server){45000, 1000, .last_token = TOKEN_NEW}, 1);
    model.server.has_no_token = true; /* the endpoint has one, this answer does not */
    model_walk_to_the_end();
    model_check_items(20000, "null token on page 1");
    model_expect_word("capped");
}

Test(pager, ends_nothing_at_a_short_page_in_the_middle_of_offsets)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        model_serve((struct model_server){9500, 1000, .short_at = 3000}, seed);
        model_walk_to_the_end();
        cr_expect(eq(sz, model.n_calls, 10));
        cr_expect(eq(i64, model.pager.n_items, 9499));
        cr_expect(eq(int, model.times[3999], 0));
        cr_expect(eq(int, model.times[9499], 1));
    }
}

Test(pager, asks_for_nothing_behind_an_empty_page)
{
    model_serve((struct model_server){20000, 1000, .empty_from = 2000}, 1);
    for (size_t i = 0; i < 3; i++) { /* one at a time: 0, 1000, 2000 */
        struct pager_ask ask;

        cr_assert(pager_next(&model.pager, &ask));
        model_open(&ask);
        model_answer(0);
    }
    cr_expect(pager_is_done(&model.pager));
    model_check_items(2000, "empty page");
}

Test(pager, prolongs_its_plan_while_total_count_grows)
{
    for (uint64_t seed = 0; seed < 200; seed++) {
        /* 3,000 are told at first, 6,000 in the end. */
        model_serve((struct model_server){6000, 1000, .total_step = 1000}, seed);
        model.total_count = 2000;
        model_walk_to_the_end();
        model_check_items(6000, "growing");
        cr_expect(eq(sz, model.n_calls, 6));
    }
}

Test(pager, prolongs_its_plan_when_a_page_in_the_middle_tells_of_more)
{
    struct pager_ask asks[3];

    model_serve((struct model_server){4000, 1000}, 1);
    model.total_count = 3000;
    cr_assert(pager_next(&model.pager, &asks[0]));
    model_open(&asks[0]);
    model_answer(0);
    cr_assert(pager_next(&model.pager, &asks[1]));
    cr_assert(pager_next(&model.pager, &asks[2]));
    model_open(&asks[1]);
    model_open(&asks[2]);
    model_answer(1); /* the last one, full; total_count is reached */
    model.total_count = 4000;
    model_answer(0); /* the one before it has heard of another thousand */
    model_walk_to_the_end();
    model_check_items(4000, "grown behind the last page");
}

Test(pager, takes_no_harm_from_a_total_count_that_shrinks)
{
    for (uint64_t seed = 0; seed < 100; seed++) {
        model_serve((struct model_server){8000, 1000, .total_step = -700}, seed);
        model.total_count = 8700;
        model_walk_to_the_end();
        model_check_items(8000, "shrinking by offset");
        model_serve((struct model_server){45000, 1000, .total_step = -900}, seed);
        model.total_count = 45900;
        model_walk_to_the_end();
        model_check_items(45000, "shrinking in a chain");
    }
}

Test(pager, follows_full_pages_where_total_count_is_never_told)
{
    static const int64_t n[] = {0, 1, 999, 1000, 1001, 5000, 45000};

    for (size_t i = 0; i < N(n); i++) {
        model_serve((struct model_server){n[i], 1000, .tells_no_total = true}, i);
        model_walk_to_the_end();
        model_check_items(n[i], "no total_count, tokens");
        model_serve((struct model_server){n[i], 1000, .tells_no_total = true, .has_no_token = true},
                    i);
        model_walk_to_the_end();
        model_check_items(n[i] < REACH ? n[i] : REACH, "no total_count, no tokens");
        model_expect_word(n[i] < REACH ? "complete" : "capped");
        model_serve((struct model_server){n[i], 1000, 3000, .tells_no_total = true}, i);
        model_walk_to_the_end();
        model_check_items(n[i] < 3000 ? n[i] : 3000, "no total_count, max_rows");
        model_expect_word(n[i] < 3000 ? "complete" : "limited");
    }
}
