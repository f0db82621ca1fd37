#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/log.h"
#include "core/mem.h"
#include "unit/crawl/sim_private.h"

#define PAGE_ITEMS 1000

struct sim sim;
struct sim_state sim_state;

/* --- answers --------------------------------------------------------------------------------- */

static void receive(const struct under_way *call)
{
    struct sim_listing *listing = sim_owner_of(call->page->slice->listing);

    for (int64_t i = call->first; i < call->first + call->n_items; i++)
        listing->n_received += listing->times[i]++ == 0;
    listing->n_bought += call->n_items;
    sim.nanousd += price_worst(PRICE_LISTED, call->n_items);
}

static void answer(const struct under_way *call)
{
    static const int codes[] = {
        [SIM_OK] = 20000, [SIM_RETRY] = 50000, [SIM_AT_ONCE] = 40209, [SIM_A_MINUTE] = 40202};
    struct crawl_answer answer = {.was_sent = true, .cost_nanousd = -1, .total_count = -1};

    if (call->fault != SIM_BROKEN) {
        answer.facts = (struct verdict_facts){.http_status = 200,
                                              .has_envelope = true,
                                              .status_code = 20000,
                                              .task_status_code = codes[call->fault],
                                              .has_result = call->fault == SIM_OK};
        answer.cost_nanousd = 0;
    }
    if (call->fault == SIM_OK) {
        receive(call);
        answer.cost_nanousd = price_worst(PRICE_LISTED, call->n_items);
        answer.n_items = call->n_items;
        answer.total_count = call->total_count;
        answer.token = mem_printf("t%" PRId64, call->page->position + call->n_items);
    } else if (call->fault == SIM_BROKEN) {
        sim_state.unknown[sim_state.n_unknown++] = call->page;
    }
    crawl_on_answer(call->page, &answer);
    free((char *)(uintptr_t)answer.token);
}

static void arrive(size_t i)
{
    struct under_way call = sim_state.calls[i];
    bool is_whole = call.fault != SIM_BROKEN;

    memmove(&sim_state.calls[i], &sim_state.calls[i + 1], (--sim_state.n_calls - i) * sizeof(call));
    crawl_on_arrived(call.page, /* was_sent= */ true, is_whole);
    if (!is_whole) {
        answer(&call);
        return;
    }
    sim_state.answered[sim_state.n_answered++] = call;
    sim_add_soon(SOON_ANSWER, call.page);
}

static void answer_page(const struct crawl_page *page)
{
    size_t i = 0;
    struct under_way call;

    while (sim_state.answered[i].page != page)
        i++;
    call = sim_state.answered[i];
    sim_state.answered[i] = sim_state.answered[--sim_state.n_answered];
    answer(&call);
}

/* The list tells that none of them was executed. */
static void tell_of_look(void)
{
    while (sim_state.n_unknown > 0) {
        const struct crawl_page *page = sim_state.unknown[--sim_state.n_unknown];

        crawl_on_resolved(sim_state.crawl, page->slice->listing->listing_id, page->slice->slice_no,
                          page->position, /* is_billed= */ false, 0);
    }
    crawl_on_looked(sim_state.crawl, NULL);
}

static int64_t newest_of(const struct crawl_page *page)
{
    const struct sim_listing *listing = sim_owner_of(page->slice->listing);
    struct request_range range = crawl_page_range(page);
    int64_t begin = range.from_s == REQUEST_FROM_OPEN ? 0 : sim_item_at(listing, range.from_s);
    int64_t end =
        range.to_s == REQUEST_TO_OPEN ? listing->n_items : sim_item_at(listing, range.to_s);
    int64_t last = begin + page->position + page->slice->limit;

    last = (last < end ? last : end) - 1;
    return last < begin + page->position ? CRAWL_NO_VALUE
                                         : listing->value_s(last, listing->n_items);
}

static void play(const struct soon *soon)
{
    switch (soon->kind) {
    case SOON_BEGUN:
        crawl_on_slice_begun(soon->what, NULL);
        break;
    case SOON_CUT:
        crawl_on_cut(soon->what, NULL);
        break;
    case SOON_RESERVED:
        crawl_on_reserved(soon->what, NULL, NULL);
        break;
    case SOON_ANSWER:
        answer_page(soon->what);
        break;
    case SOON_LANDED:
        crawl_on_landed(soon->what, newest_of(soon->what), false, NULL);
        break;
    case SOON_SETTLED:
        crawl_on_settled(soon->what, NULL);
        break;
    case SOON_LOOKED:
        tell_of_look();
        break;
    case SOON_PUBLISHED:
        crawl_on_published(soon->what, /* is_held= */ false, NULL);
        break;
    case SOON_ENDED:
        crawl_on_run_ended(soon->what, NULL);
        break;
    }
}

/* --- time ------------------------------------------------------------------------------------ */

/* With a slot free there is no page that could be asked for. */
static void check_no_slot_is_idle(const struct crawl_run *run)
{
    if (!sim.looks_for_idle_slots || sim_state.n_calls == sim.in_flight || sim_state.is_done)
        return;
    for (size_t i = 0; i < run->n_listings; i++)
        for (size_t j = 0; j < run->listings[i].n_slices; j++) {
            struct crawl_slice *slice = run->listings[i].slices[j];
            struct pager_ask ask;

            cr_assert(not(pager_next(&slice->pager, &ask)), "a slot is idle");
        }
}

static void let_time_pass(void)
{
    int64_t next_ms = sim_state.wake_ms >= 0 ? sim_state.wake_ms : INT64_MAX;

    for (size_t i = 0; i < sim_state.n_calls; i++)
        if (sim_state.calls[i].due_ms < next_ms)
            next_ms = sim_state.calls[i].due_ms;
    cr_assert(ne(i64, next_ms, INT64_MAX), "nothing will wake it");
    if (next_ms > sim_state.now_ms)
        sim_state.now_ms = next_ms;
    if (sim_state.wake_ms >= 0 && sim_state.wake_ms <= sim_state.now_ms) {
        sim_state.wake_ms = -1;
        crawl_on_time(sim_state.crawl);
    }
    for (size_t i = 0; i < sim_state.n_calls;)
        if (sim_state.calls[i].due_ms <= sim_state.now_ms)
            arrive(i);
        else
            i++;
}

void sim_begin(void)
{
    sim_end();
    memset(&sim, 0, sizeof(sim));
    log_set_level(LOG_ERROR);
    sim.in_flight = 30;
    sim.calls_per_minute = 2000;
    sim.call_ms = 2000;
}

struct sim_listing *sim_add(int64_t n_items, sim_value_fn *value_s)
{
    struct sim_listing *listing = &sim.listings[sim.n_listings++];

    listing->n_items = n_items;
    listing->value_s = value_s;
    return listing;
}

static struct crawl_run *add_run(void)
{
    struct crawl_run *run = crawl_add_run(
        sim_state.crawl, &(struct crawl_run_settings){.job = "job",
                                                      .endpoint = endpoint_find("backlinks"),
                                                      .price = PRICE_LISTED,
                                                      .n_listings = sim.n_listings});

    for (size_t i = 0; i < sim.n_listings; i++) {
        struct sim_listing *listing = &sim.listings[i];

        free(listing->times);
        listing->times = mem_new_array((size_t)listing->n_items + 1, 1);
        listing->n_received = listing->n_bought = 0;
        crawl_add_listing(run, &(struct crawl_listing_settings){.listing_id = (int64_t)i,
                                                                .target = "example.com",
                                                                .request = "{}",
                                                                .last_total_count = -1,
                                                                .whole_count = -1,
                                                                .parts = listing->parts,
                                                                .n_parts = listing->n_parts,
                                                                .data = listing});
    }
    return run;
}

void sim_walk(void)
{
    struct crawl_settings settings = {.in_flight = sim.in_flight,
                                      .calls_per_minute = sim.calls_per_minute,
                                      .backlog_max = sim.in_flight,
                                      .tries_max = 5,
                                      .hold_ms = 120000,
                                      .has_list = true,
                                      .listed_after_ms = 150000,
                                      .unknown_retries = 1,
                                      .newest_s = SIM_NOW_S};
    struct crawl_run *run;

    memset(&sim_state, 0, sizeof(sim_state));
    sim.n_calls = 0;
    sim.nanousd = 0;
    sim_state.wake_ms = -1;
    sim_state.crawl = crawl_new(&settings, &sim_ports, NULL);
    run = add_run();
    crawl_start(sim_state.crawl);
    while (!sim_state.is_done) {
        while (sim_state.n_soon > 0 && !sim_state.is_done) {
            struct soon soon = sim_state.soon[sim_state.first];

            sim_state.first = (sim_state.first + 1) % SIM_EVENTS_MAX;
            sim_state.n_soon--;
            play(&soon);
        }
        check_no_slot_is_idle(run);
        if (!sim_state.is_done)
            let_time_pass();
    }
    sim.ended_ms = sim_state.now_ms;
    crawl_destroy(sim_state.crawl);
}

double sim_efficiency(void)
{
    int64_t n_pages = 0;

    for (size_t i = 0; i < sim.n_listings; i++)
        n_pages += (sim.listings[i].n_items + PAGE_ITEMS - 1) / PAGE_ITEMS;
    return 100.0 * (double)n_pages * (double)sim.call_ms /
           ((double)sim.in_flight * (double)sim.ended_ms);
}

void sim_end(void)
{
    for (size_t i = 0; i < sim.n_listings; i++) {
        free(sim.listings[i].times);
        free(sim.listings[i].parts);
    }
}
