#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "unit/crawl/sim_private.h"

/* What the crawl asks for, and what the server makes of it. */

struct sim_listing *sim_owner_of(const struct crawl_listing *listing)
{
    return listing->data;
}

void sim_add_soon(int kind, void *what)
{
    struct soon *soon = &sim_state.soon[(sim_state.first + sim_state.n_soon++) % SIM_EVENTS_MAX];

    cr_assert(lt(sz, sim_state.n_soon, SIM_EVENTS_MAX));
    *soon = (struct soon){.what = what, .newest_s = CRAWL_NO_VALUE};
    soon->kind = (unsigned)kind;
}

int64_t sim_item_at(const struct sim_listing *listing, int64_t value_s)
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

static int64_t now_ms(void *data)
{
    (void)data;
    return sim_state.now_ms;
}

static void wake_at(void *data, int64_t at_ms)
{
    (void)data;
    sim_state.wake_ms = at_ms;
}

static void begin_slice(void *data, struct crawl_slice *slice)
{
    (void)data;
    sim_add_soon(SOON_BEGUN, slice);
}

static void cut(void *data, struct crawl_slice *slice, int32_t new_slice_no, bool is_whole)
{
    (void)data;
    (void)new_slice_no;
    (void)is_whole;
    sim_add_soon(SOON_CUT, slice);
}

static void reserve(void *data, struct crawl_page *page)
{
    (void)data;
    sim_add_soon(SOON_RESERVED, page);
}

static void send(void *data, struct crawl_page *page)
{
    const struct sim_listing *listing = sim_owner_of(page->slice->listing);
    struct request_range range = crawl_page_range(page);
    struct under_way *call = &sim_state.calls[sim_state.n_calls++];
    int64_t begin = range.from_s == REQUEST_FROM_OPEN ? 0 : sim_item_at(listing, range.from_s);
    int64_t end =
        range.to_s == REQUEST_TO_OPEN ? listing->n_items : sim_item_at(listing, range.to_s);

    (void)data;
    cr_assert(le(sz, sim_state.n_calls, sim.in_flight));
    *call = (struct under_way){.page = page,
                               .due_ms = sim_state.now_ms + sim.call_ms,
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
    sim_add_soon(SOON_LANDED, page);
}

static void settle(void *data, struct crawl_page *page)
{
    (void)data;
    sim_add_soon(SOON_SETTLED, page);
}

static void look(void *data)
{
    sim_add_soon(SOON_LOOKED, data);
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
    struct sim_listing *owner = sim_owner_of(listing);
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
    struct sim_listing *owner = sim_owner_of(listing);

    (void)data;
    owner->ended_ms = sim_state.now_ms;
    cr_expect_str_eq(listing->completeness, "complete");
    cr_expect(eq(i64, owner->n_received, owner->n_items), "items are missing");
    leave_parts(listing);
    sim_add_soon(SOON_PUBLISHED, listing);
}

static void suspend(void *data, struct crawl_listing *listing)
{
    (void)data;
    cr_fatal("suspended: %s", listing->reason);
}

static void end_run(void *data, struct crawl_run *run)
{
    (void)data;
    sim_add_soon(SOON_ENDED, run);
}

static void drop(void *data, struct crawl_page *page)
{
    (void)data;
    (void)page;
}

static void done(void *data)
{
    (void)data;
    sim_state.is_done = true;
}

const struct crawl_ports sim_ports = {
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
