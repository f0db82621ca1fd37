#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/endpoint.h"
#include "api/request.h"
#include "core/mem.h"
#include "unit/crawl/rig_private.h"

/* What outlives a process: slices with their checkpoints, rows, answers in the spool, the ledger.
 */

struct rig_slice *rig_slice_of(const struct rig_attempt *attempt)
{
    return &rig.listings[attempt->listing].slices[attempt->slice_no];
}

static struct rig_slice *add_slice(struct rig_listing *listing, int64_t first, int64_t limit,
                                   const char *order_by)
{
    struct rig_slice *slice = &listing->slices[listing->n_slices++];

    cr_assert(le(sz, listing->n_slices, RIG_SLICES_MAX));
    *slice = (struct rig_slice){.first = first, .limit = limit, .total_count = -1};
    snprintf(slice->order_by, sizeof(slice->order_by), "%s", order_by != NULL ? order_by : "");
    return slice;
}

void rig_begin_slice(struct rig_listing *listing, const struct crawl_slice *slice)
{
    cr_assert(eq(sz, listing->n_slices, (size_t)slice->slice_no));
    add_slice(listing, 0, slice->limit, slice->order_by);
}

struct rig_slice *rig_leave(struct rig_listing *listing, int64_t limit)
{
    CLEANUP(mem_free_string)
    char *order_by =
        request_order(endpoint_find("backlinks"), listing->request, /* is_cut= */ false);

    return add_slice(listing, 0, limit, order_by);
}

/* Items may come again only where they share the value at which a chain was gone on with. */
void rig_land_page(struct rig_listing *listing, struct rig_slice *slice, int64_t position,
                   int64_t n_items)
{
    cr_assert(lt(sz, slice->n_landed, RIG_PAGES_MAX));
    for (size_t i = 0; i < slice->n_landed; i++)
        cr_assert(ne(i64, slice->landed[i], position), "landed twice");
    slice->landed[slice->n_landed] = position;
    slice->landed_items[slice->n_landed++] = n_items;
    for (int64_t i = slice->first + position; i < slice->first + position + n_items; i++) {
        cr_assert(listing->times[i] == 0 || i / listing->n_ties == slice->first / listing->n_ties,
                  "item %" PRId64 " is bought twice", i);
        listing->times[i]++;
    }
}

void rig_land(struct rig_attempt *attempt, const struct rig_event *event)
{
    struct rig_slice *slice = rig_slice_of(attempt);
    struct crawl_answer answer = rig_answer(attempt, (char[24]){0});

    cr_assert(not(slice->is_ended), "a page lands in a slice that has ended");
    rig_land_page(&rig.listings[attempt->listing], slice, attempt->position, answer.n_items);
    slice->walk = event->checkpoint.walk;
    slice->position = event->checkpoint.position;
    slice->total_count = event->checkpoint.total_count;
    slice->is_ended = event->checkpoint.is_ended;
    memcpy(slice->token, event->token, sizeof(slice->token));
    attempt->is_landed = true;
}

void rig_restart(struct rig_listing *listing, struct rig_slice *slice, int64_t limit)
{
    int64_t first = slice->first;
    struct rig_slice *next;

    if (slice->position > 0)
        first = (slice->first + slice->position - 1) / listing->n_ties * listing->n_ties;
    if (first < slice->first)
        first = slice->first;
    slice->is_ended = true;
    slice->total_count = first - slice->first;
    slice->token[0] = '\0';
    next = add_slice(listing, first, limit, slice->order_by);
    snprintf(next->filters, sizeof(next->filters), "%s", slice->filters);
    if (slice->position > 0)
        snprintf(next->filters, sizeof(next->filters), "[[\"first_seen\",\">\",\"%" PRId64 "\"]]",
                 first);
}

/* --- a process begins ------------------------------------------------------------------------ */

static void restore_slice(struct rig_listing *listing, size_t slice_no)
{
    const struct rig_slice *slice = &listing->slices[slice_no];
    struct crawl_slice *added = crawl_add_slice(
        listing->listing, &(struct crawl_slice_settings){
                              .slice_no = (int32_t)slice_no,
                              .limit = slice->limit,
                              .order_by = slice->order_by[0] != '\0' ? slice->order_by : NULL,
                              .walk = slice->walk,
                              .position = slice->position,
                              .token = slice->token[0] != '\0' ? slice->token : NULL,
                              .total_count = slice->total_count,
                              .is_ended = slice->is_ended});

    for (size_t i = 0; slice->walk == PAGER_OFFSET && i < slice->n_landed; i++)
        pager_restore_page(&added->pager, slice->landed[i], slice->landed_items[i]);
    for (size_t i = 0; i < rig.n_attempts; i++) /* answers first */
        if (rig_slice_of(&rig.attempts[i]) == slice && rig.attempts[i].state == RIG_RECEIVED)
            crawl_adopt(added, &rig.attempts[i].id, rig.attempts[i].position,
                        rig.attempts[i].reserved_nanousd, &rig.attempts[i]);
    for (size_t i = 0; i < rig.n_attempts; i++)
        if (rig_slice_of(&rig.attempts[i]) == slice && rig.attempts[i].is_unknown &&
            !rig.attempts[i].is_landed)
            crawl_adopt_unknown(added, rig.attempts[i].position,
                                rig.now_ms - rig_since_ms(&rig.attempts[i]));
}

static void restore_listing(struct rig_listing *listing, size_t number)
{
    listing->completeness = NULL;
    listing->is_judged = false;
    listing->listing = crawl_add_listing(
        rig.runs[listing->run].run,
        &(struct crawl_listing_settings){.listing_id = (int64_t)number,
                                         .target = "example.com",
                                         .request = listing->request,
                                         .max_rows = listing->max_rows,
                                         .last_total_count = listing->last_total_count,
                                         .data = listing});
    for (size_t i = 0; i < listing->n_slices; i++)
        restore_slice(listing, i);
}

static bool is_open(const struct rig_listing *listing)
{
    return !listing->is_published && !listing->is_held;
}

static void restore_run(size_t number)
{
    struct rig_run *run = &rig.runs[number];
    size_t n_listings = 0;

    for (size_t i = 0; i < rig.n_listings; i++)
        n_listings += rig.listings[i].run == number && is_open(&rig.listings[i]);
    run->run = crawl_add_run(rig.crawl,
                             &(struct crawl_run_settings){.run_id = (int64_t)number,
                                                          .job = "job",
                                                          .endpoint = endpoint_find("backlinks"),
                                                          .price = run->price,
                                                          .booked_nanousd = run->booked_nanousd,
                                                          .n_listings = n_listings,
                                                          .data = run});
    run->is_ended = run->is_stopped = false;
    run->elsewhere_nanousd = 0;
    for (size_t i = 0; i < rig.n_listings; i++)
        if (rig.listings[i].run == number && is_open(&rig.listings[i]))
            restore_listing(&rig.listings[i], i);
}

/* What the server may still count of calls that were made before. */
static void restore_call(const struct rig_attempt *attempt)
{
    int64_t sent_ago_ms = rig.now_ms - attempt->sent_ms;

    if (attempt->is_unknown)
        crawl_expect_look(rig.crawl);
    if (attempt->sent_ms < 0)
        return;
    if (attempt->over_ms > rig.now_ms)
        crawl_count_earlier(rig.crawl, sent_ago_ms, -1);
    else if (attempt->over_ms >= rig.now_ms - 60000)
        crawl_count_earlier(rig.crawl, sent_ago_ms, rig.now_ms - attempt->over_ms);
}

void rig_restore(void)
{
    for (size_t i = 0; i < rig.n_runs; i++)
        restore_run(i);
    for (size_t i = 0; i < rig.n_attempts; i++) {
        rig.attempts[i].is_untold = false;
        restore_call(&rig.attempts[i]);
    }
}

void rig_forget_open(void)
{
    for (size_t i = 0; i < rig.n_attempts; i++) {
        struct rig_attempt *attempt = &rig.attempts[i];

        if (attempt->state != RIG_RESERVED && attempt->state != RIG_SENT)
            continue;
        attempt->state = RIG_BOOKED;
        attempt->is_unknown = true;
        if (attempt->sent_ms >= 0)
            attempt->over_ms = attempt->sent_ms + rig.settings.hold_ms;
    }
}
