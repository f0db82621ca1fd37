#include "crawl/pager.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "unit/crawl/pager_model.h"

/* Walks that are taken up again, pages out of turn, and pages that broke. */

TestSuite(pager_restore, .timeout = 60);

/* --- cut, and narrowed ----------------------------------------------------------------------- */

static void serve_long(int64_t n_items, uint64_t seed)
{
    model_serve((struct model_server){n_items, 1000}, seed);
    model.pager.settings.may_be_cut = true;
}

Test(pager_restore, asks_for_nothing_more_of_what_is_to_be_cut)
{
    struct pager_ask ask;

    serve_long(45000, 0);
    model_walk(1);
    cr_expect(eq(int, model.pager.walk, PAGER_OFFSET));
    cr_expect(pager_is_to_be_cut(&model.pager));
    cr_expect(not(pager_next(&model.pager, &ask)));
    cr_expect(not(pager_is_done(&model.pager)));
    cr_expect(not(pager_is_stuck(&model.pager)));
    pager_give_in(&model.pager);
    model_walk_to_the_end();
    model_check_items(20000, "as far as offsets reach");
    model_expect_word("capped");
}

/* The server then has fewer, as behind a filter; what is in stays in. */
Test(pager_restore, goes_on_behind_its_pages_where_it_is_narrowed)
{
    for (int64_t n = 1000; n <= 20000; n += 499) {
        serve_long(45000, (uint64_t)n);
        model_walk(1);
        pager_narrow(&model.pager, /* is_whole= */ false);
        model.server.n_items = model.total_count = n;
        cr_expect(eq(i64, pager_expected(&model.pager), -1));
        model_walk_to_the_end();
        model_check_items(n, "narrowed");
        model_expect_word("complete");
        cr_expect(eq(i64, pager_expected(&model.pager), n));
        cr_expect(eq(sz, model.n_calls, (size_t)(n == 1000 ? 2 : (n + 999) / 1000)));
    }
}

Test(pager_restore, is_at_its_end_where_all_of_the_narrowed_is_in)
{
    serve_long(45000, 0);
    model_walk(1);
    pager_narrow(&model.pager, /* is_whole= */ true);
    cr_expect(pager_is_done(&model.pager));
    pager_restore(&model.pager, PAGER_OFFSET, 0, NULL, -1, true);
    cr_expect(pager_is_done(&model.pager), "and stays so");
}

/* It grows beyond the reach while its pages are under way: those that were planned still come. */
Test(pager_restore, takes_what_was_planned_before_it_waits_for_a_cut)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        serve_long(19500, seed);
        model_walk(3);
        model.server.n_items = model.total_count = 20100;
        model_walk(SIZE_MAX);
        model_check_items(20000, "all that offsets reach");
        cr_expect(pager_is_to_be_cut(&model.pager));
    }
}

Test(pager_restore, is_too_long_for_a_cut_where_max_rows_binds)
{
    model_serve((struct model_server){45000, 1000, 30000}, 0);
    model.pager.settings.may_be_cut = true;
    model_walk_to_the_end();
    model_check_items(30000, "a chain");
    model_expect_word("limited");
}

/* --- taking up again ------------------------------------------------------------------------- */

/* A new pager stands where the old one's checkpoint says; pages by offset come from `is_in`. */
static void restore(const unsigned char *is_in)
{
    struct pager old = model.pager;

    pager_init(&model.pager, &old.settings);
    pager_restore(&model.pager, old.walk, old.position, old.token, old.total_count, old.is_ended);
    if (old.walk == PAGER_OFFSET)
        for (int64_t k = 0; k < (int64_t)old.n_pages; k++)
            if (is_in[k])
                pager_restore_page(&model.pager, k * old.settings.limit,
                                   model_items_at(k * old.settings.limit));
    pager_deinit(&old);
}

Test(pager_restore, goes_on_in_a_chain_after_every_prefix)
{
    for (size_t n = 0; n <= 23; n++) {
        model_serve((struct model_server){22500, 1000}, n);
        model_walk(n);
        restore(NULL);
        model_walk_to_the_end();
        model_check_items(22500, "chain");
        cr_expect(eq(sz, model.n_calls, 23), "after %zu pages", n);
    }
}

Test(pager_restore, goes_on_by_offset_with_any_pages_in)
{
    for (uint64_t seed = 0; seed < 500; seed++) {
        size_t n_pages = 1 + seed % 20;
        unsigned char is_in[32] = {0};

        model_serve((struct model_server){(int64_t)n_pages * 1000 - (int64_t)(seed % 1000), 1000},
                    seed);
        model_walk(1 + model_random(n_pages));
        for (size_t k = 0; k < n_pages; k++)
            is_in[k] = model.times[k * 1000] > 0;
        model.n_calls -= model.n_open; /* what was under way is gone, and is asked for again */
        model.n_open = 0;
        restore(is_in);
        model_walk_to_the_end();
        model_check_items((int64_t)n_pages * 1000 - (int64_t)(seed % 1000), "by offset");
        cr_expect(eq(sz, model.n_calls, n_pages), "seed %d", (int)seed);
    }
}

Test(pager_restore, has_nothing_to_ask_where_all_was_in)
{
    struct pager_ask ask;

    model_serve((struct model_server){22500, 1000}, 1);
    model_walk_to_the_end();
    restore(NULL);
    cr_expect(pager_is_done(&model.pager));
    cr_expect(not(pager_next(&model.pager, &ask)));
    model_serve((struct model_server){0, 1000}, 1);
    model_walk_to_the_end();
    restore((const unsigned char[]){1});
    cr_expect(pager_is_done(&model.pager), "a listing without items");
    cr_expect(not(pager_next(&model.pager, &ask)));
}

/* --- answers of an earlier process, pages that broke ----------------------------------------- */

Test(pager_restore, takes_a_page_out_of_turn_by_offset_but_not_in_a_chain)
{
    struct pager_ask ask;

    model_serve((struct model_server){5000, 1000}, 1);
    cr_expect(not(pager_take(&model.pager, 1000, &ask)), "page 1 has not been answered");
    cr_assert(pager_take(&model.pager, 0, &ask));
    model_open(&ask);
    model_answer(0);
    cr_assert(pager_take(&model.pager, 3000, &ask));
    cr_expect(eq(i64, ask.position, 3000));
    cr_expect(not(pager_take(&model.pager, 3000, &ask)), "it is open");
    cr_expect(not(pager_take(&model.pager, 0, &ask)), "it is in");
    model_open(&ask);
    model_walk_to_the_end();
    model_check_items(5000, "taken");
    cr_expect(eq(sz, model.n_calls, 5));

    model_serve((struct model_server){45000, 1000}, 1);
    model_walk(3);
    cr_expect(not(pager_take(&model.pager, 2000, &ask)));
    cr_expect(not(pager_take(&model.pager, 4000, &ask)));
    cr_assert(pager_take(&model.pager, 3000, &ask));
    cr_expect(zero(int, strcmp(ask.token, "3000")));
}

Test(pager_restore, takes_what_was_asked_for_behind_a_page_that_was_empty)
{
    struct pager_ask ask;

    model_serve((struct model_server){5000, 1000}, 1);
    model_walk(1);
    for (size_t k = 0; k < 2; k++) { /* 1000 is empty and in; 3000 was received before the end */
        struct pager old = model.pager;

        pager_init(&model.pager, &old.settings);
        pager_restore(&model.pager, PAGER_OFFSET, 0, NULL, 5000, false);
        pager_restore_page(&model.pager, 0, 1000);
        pager_restore_page(&model.pager, 1000, 0);
        pager_deinit(&old);
    }
    model.n_open = 0;
    cr_expect(not(pager_next(&model.pager, &ask)));
    cr_expect(pager_is_done(&model.pager));
    cr_assert(pager_take(&model.pager, 3000, &ask), "it is paid for");
    cr_expect(not(pager_is_done(&model.pager)));
    model_open(&ask);
    model_answer(0);
    cr_expect(pager_is_done(&model.pager));
}

Test(pager_restore, asks_again_for_a_page_that_was_put_back)
{
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct pager_ask ask;

        model_serve((struct model_server){seed % 2 == 0 ? 12000 : 25500, 1000}, seed);
        model_walk(model_random(8));
        if (model.n_open == 0 && pager_next(&model.pager, &ask))
            model_open(&ask);
        pager_put_back(&model.pager, model.open[model.n_open - 1].position, /* is_stuck= */ false);
        model.n_open--;
        model.n_calls--;
        model_walk_to_the_end();
        model_check_items(model.server.n_items, "put back");
        cr_expect(eq(i64, (int64_t)model.n_calls, (model.server.n_items + 999) / 1000));
    }
}

Test(pager_restore, is_stuck_only_when_all_else_is_in)
{
    for (uint64_t seed = 0; seed < 100; seed++) {
        int64_t position;
        struct pager_ask ask;

        model_serve((struct model_server){12000, 1000}, seed);
        model_walk(1 + model_random(8));
        if (model.n_open == 0 && pager_next(&model.pager, &ask))
            model_open(&ask);
        position = model.open[model.n_open - 1].position;
        pager_put_back(&model.pager, position, /* is_stuck= */ true);
        model.n_open--;
        model_walk(SIZE_MAX);
        cr_expect(pager_is_stuck(&model.pager));
        cr_expect(not(pager_is_done(&model.pager)));
        cr_expect(eq(i64, model.pager.n_items, 11000), "the other pages went on");
        cr_expect(eq(int, model.times[position], 0));
    }
}

Test(pager_restore, is_stuck_at_once_in_a_chain_and_at_page_1)
{
    struct pager_ask ask;

    for (size_t n = 0; n < 30; n += 5) {
        model_serve((struct model_server){45000, 1000}, n);
        model_walk(n);
        cr_assert(pager_next(&model.pager, &ask));
        cr_expect(not(pager_is_stuck(&model.pager)));
        pager_put_back(&model.pager, ask.position, /* is_stuck= */ true);
        cr_expect(pager_is_stuck(&model.pager));
        cr_expect(not(pager_next(&model.pager, &ask)));
        cr_expect(not(pager_is_done(&model.pager)));
    }
}

/* --- one page at a time ---------------------------------------------------------------------- */

/* Whatever has been left of it: no page comes out of turn, beside another, or behind the end. */
Test(pager_restore, takes_the_pages_of_a_serial_slice_in_turn)
{
    struct pager_answer answer = {.n_items = 100, .total_count = 250000};
    struct pager_ask ask;
    struct pager pager;

    pager_init(&pager,
               &(struct pager_settings){.limit = 100, .offset_reach = 20000, .is_serial = true});
    pager_restore(&pager, PAGER_OFFSET, 0, NULL, 250000, false);
    pager_restore_page(&pager, 0, 100);
    cr_expect(not(pager_take(&pager, 200, &ask)), "a page before it is not in");
    cr_expect(pager_take(&pager, 100, &ask));
    cr_expect(not(pager_take(&pager, 200, &ask)), "nor has it come");
    cr_expect(not(pager_next(&pager, &ask)));
    answer.position = 100;
    pager_answer(&pager, &answer);
    cr_expect(pager_next(&pager, &ask));
    cr_expect(eq(i64, ask.position, 200));
    answer.position = 200;
    pager_answer(&pager, &answer);
    cr_expect_str_eq(pager_completeness(&pager), "capped");
    pager_stop(&pager);
    cr_expect(not(pager_take(&pager, 300, &ask)));
    cr_expect(not(pager_next(&pager, &ask)));
    cr_expect(pager_is_done(&pager));
    cr_expect_str_eq(pager_completeness(&pager), "complete");
    cr_expect(eq(i64, pager_expected(&pager), 300));
    pager_deinit(&pager);
}
