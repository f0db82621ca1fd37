#include "unit/crawl/sim.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/log.h"
#include "core/mem.h"

#define PAGE_ITEMS 1000
#define EVENTS_MAX 65536

struct sim sim;

/* What the crawl is told next, without a delay. */
struct soon {
    enum {
        SOON_BEGUN,
        SOON_CUT,
        SOON_RESERVED,
        SOON_ANSWER,
        SOON_LANDED,
        SOON_SETTLED,
        SOON_LOOKED,
        SOON_PUBLISHED,
        SOON_ENDED
    } kind;
    void *what;
    int64_t newest_s;
};

/* A call that is under way. */
struct under_way {
    struct crawl_page *page;
    int64_t due_ms, first, n_items, total_count;
    enum sim_fault fault;
};

static struct {
    struct crawl *crawl;
    struct soon soon[EVENTS_MAX];
    size_t first, n_soon;
    struct under_way calls[256], answered[256];
    size_t n_calls, n_answered;
    struct crawl_page *unknown[64];
    size_t n_unknown;
    int64_t now_ms, wake_ms;
    bool is_done;
} state;

static struct sim_listing *owner_of(const struct crawl_listing *listing)
{
    return listing->data;
}

static void add_soon(int kind, void *what)
{
    struct soon *soon = &state.soon[(state.first + state.n_soon++) % EVENTS_MAX];

    cr_assert(lt(sz, state.n_soon, EVENTS_MAX));
    *soon = (struct soon){.what = what, .newest_s = CRAWL_NO_VALUE};
    soon->kind = (unsigned)kind;
}

/* The first item with that value or a later one. */
static int64_t item_at(const struct sim_listing *listing, int64_t value_s)
{
    int64_t first = 0, end = listing->n_items;

    while (first < end) {
        int64_t middle = first + (end - first) / 2;

        if (listing->value_s(middle, listing->n_items) < value_s)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

/* --- ports ----------------------------------------------------------------------------------- */

static int64_t now_ms(void *data)
{
    (void)data;
    return state.now_ms;
}

static void wake_at(void *data, int64_t at_ms)
{
    (void)data;
    state.wake_ms = at_ms;
}

static void begin_slice(void *data, struct crawl_slice *slice)
{
    (void)data;
    add_soon(SOON_BEGUN, slice);
}

static void cut(void *data, struct crawl_slice *slice, int32_t new_slice_no, bool is_whole)
{
    (void)data;
    (void)new_slice_no;
    (void)is_whole;
    add_soon(SOON_CUT, slice);
}

static void reserve(void *data, struct crawl_page *page)
{
    (void)data;
    add_soon(SOON_RESERVED, page);
}

static void send(void *data, struct crawl_page *page)
{
    const struct sim_listing *listing = owner_of(page->slice->listing);
    struct request_range range = crawl_page_range(page);
    struct under_way *call = &state.calls[state.n_calls++];
    int64_t begin = range.from_s == REQUEST_FROM_OPEN ? 0 : item_at(listing, range.from_s);
    int64_t end = range.to_s == REQUEST_TO_OPEN ? listing->n_items : item_at(listing, range.to_s);

    (void)data;
    cr_assert(le(sz, state.n_calls, sim.in_flight));
    *call = (struct under_way){.page = page,
                               .due_ms = state.now_ms + sim.call_ms,
                               .first = begin + page->position,
                               .n_items = end - begin - page->position,
                               .total_count = end - begin};
    if (call->n_items > page->slice->limit)
        call->n_items = page->slice->limit;
    if (call->n_items < 0)
        call->n_items = 0;
    if (page->token == NULL)
        cr_assert(le(i64, page->position + page->slice->limit, 20000));
    sim.n_calls++;
    call->fault = sim.fault != NULL ? sim.fault(sim.n_calls) : SIM_OK;
}

static void replay(void *data, struct crawl_page *page)
{
    (void)data;
    (void)page;
    cr_fatal("there is no earlier process");
}

static void land(void *data, struct crawl_page *page, const struct crawl_checkpoint *checkpoint)
{
    (void)data;
    (void)checkpoint;
    add_soon(SOON_LANDED, page);
}

static void settle(void *data, struct crawl_page *page)
{
    (void)data;
    add_soon(SOON_SETTLED, page);
}

static void look(void *data)
{
    add_soon(SOON_LOOKED, data);
}

static void restart(void *data, struct crawl_slice *slice, int32_t new_slice_no, int64_t limit,
                    const char *column)
{
    (void)data;
    (void)slice;
    (void)new_slice_no;
    (void)limit;
    (void)column;
    cr_fatal("no token is refused");
}

/* The distribution that it leaves, as store_start_run() would read it. */
static void leave_parts(struct crawl_listing *listing)
{
    struct sim_listing *owner = owner_of(listing);
    struct crawl_part *parts = mem_new_array(listing->n_slices, sizeof(*parts));
    size_t n = 0;

    for (size_t i = 0; i < listing->n_slices; i++) {
        const struct crawl_slice *slice = listing->slices[i];
        size_t at = 0;

        while (at < n && parts[at].from_s < slice->range.from_s)
            at++;
        if (at == n || parts[at].from_s != slice->range.from_s) {
            memmove(&parts[at + 1], &parts[at], (n++ - at) * sizeof(*parts));
            parts[at] = (struct crawl_part){.from_s = slice->range.from_s};
        }
        parts[at].n_items += slice->pager.total_count > 0 ? slice->pager.total_count : 0;
    }
    free(owner->parts);
    owner->parts = parts;
    owner->n_parts = n;
    owner->n_slices = listing->n_slices;
}

static void publish(void *data, struct crawl_listing *listing)
{
    struct sim_listing *owner = owner_of(listing);

    (void)data;
    owner->ended_ms = state.now_ms;
    cr_expect_str_eq(listing->completeness, "complete");
    cr_expect(eq(i64, owner->n_received, owner->n_items), "items are missing");
    leave_parts(listing);
    add_soon(SOON_PUBLISHED, listing);
}

static void suspend(void *data, struct crawl_listing *listing)
{
    (void)data;
    cr_fatal("suspended: %s", listing->reason);
}

static void end_run(void *data, struct crawl_run *run)
{
    (void)data;
    add_soon(SOON_ENDED, run);
}

static void drop(void *data, struct crawl_page *page)
{
    (void)data;
    (void)page;
}

static void done(void *data)
{
    (void)data;
    state.is_done = true;
}

static const struct crawl_ports ports = {
    .now_ms = now_ms,
    .wake_at = wake_at,
    .begin_slice = begin_slice,
    .reserve = reserve,
    .send = send,
    .replay = replay,
    .land = land,
    .settle = settle,
    .look = look,
    .cut = cut,
    .restart = restart,
    .publish = publish,
    .suspend = suspend,
    .end_run = end_run,
    .drop = drop,
    .done = done,
};

/* --- answers --------------------------------------------------------------------------------- */

static void receive(const struct under_way *call)
{
    struct sim_listing *listing = owner_of(call->page->slice->listing);

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
        state.unknown[state.n_unknown++] = call->page;
    }
    crawl_on_answer(call->page, &answer);
    free((char *)(uintptr_t)answer.token);
}

static void arrive(size_t i)
{
    struct under_way call = state.calls[i];
    bool is_whole = call.fault != SIM_BROKEN;

    memmove(&state.calls[i], &state.calls[i + 1], (--state.n_calls - i) * sizeof(call));
    crawl_on_arrived(call.page, /* was_sent= */ true, is_whole);
    if (!is_whole) {
        answer(&call);
        return;
    }
    state.answered[state.n_answered++] = call;
    add_soon(SOON_ANSWER, call.page);
}

static void answer_page(const struct crawl_page *page)
{
    size_t i = 0;
    struct under_way call;

    while (state.answered[i].page != page)
        i++;
    call = state.answered[i];
    state.answered[i] = state.answered[--state.n_answered];
    answer(&call);
}

/* The list tells that none of them was executed. */
static void tell_of_look(void)
{
    while (state.n_unknown > 0) {
        const struct crawl_page *page = state.unknown[--state.n_unknown];

        crawl_on_resolved(state.crawl, page->slice->listing->listing_id, page->slice->slice_no,
                          page->position, /* is_billed= */ false, 0);
    }
    crawl_on_looked(state.crawl, NULL);
}

static int64_t newest_of(const struct crawl_page *page)
{
    const struct sim_listing *listing = owner_of(page->slice->listing);
    struct request_range range = crawl_page_range(page);
    int64_t begin = range.from_s == REQUEST_FROM_OPEN ? 0 : item_at(listing, range.from_s);
    int64_t end = range.to_s == REQUEST_TO_OPEN ? listing->n_items : item_at(listing, range.to_s);
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
        crawl_on_landed(soon->what, newest_of(soon->what), NULL);
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
    if (!sim.looks_for_idle_slots || state.n_calls == sim.in_flight || state.is_done)
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
    int64_t next_ms = state.wake_ms >= 0 ? state.wake_ms : INT64_MAX;

    for (size_t i = 0; i < state.n_calls; i++)
        if (state.calls[i].due_ms < next_ms)
            next_ms = state.calls[i].due_ms;
    cr_assert(ne(i64, next_ms, INT64_MAX), "nothing will wake it");
    if (next_ms > state.now_ms)
        state.now_ms = next_ms;
    if (state.wake_ms >= 0 && state.wake_ms <= state.now_ms) {
        state.wake_ms = -1;
        crawl_on_time(state.crawl);
    }
    for (size_t i = 0; i < state.n_calls;)
        if (state.calls[i].due_ms <= state.now_ms)
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
        state.crawl, &(struct crawl_run_settings){.job = "job",
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

    memset(&state, 0, sizeof(state));
    sim.n_calls = 0;
    sim.nanousd = 0;
    state.wake_ms = -1;
    state.crawl = crawl_new(&settings, &ports, NULL);
    run = add_run();
    crawl_start(state.crawl);
    while (!state.is_done) {
        while (state.n_soon > 0 && !state.is_done) {
            struct soon soon = state.soon[state.first];

            state.first = (state.first + 1) % EVENTS_MAX;
            state.n_soon--;
            play(&soon);
        }
        check_no_slot_is_idle(run);
        if (!state.is_done)
            let_time_pass();
    }
    sim.ended_ms = state.now_ms;
    crawl_destroy(state.crawl);
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
