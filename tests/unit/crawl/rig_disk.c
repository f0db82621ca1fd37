#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/endpoint.h"
#include "api/request.h"
#include "core/mem.h"
#include "crawl/sync.h"
#include "unit/crawl/rig_private.h"

/* What outlives a process: slices with their checkpoints, rows, answers in the spool, the ledger.
 */

struct rig_slice *rig_slice_of(const struct rig_attempt *attempt)
{
    return &rig.listings[attempt->listing].slices[attempt->slice_no];
}

static struct rig_slice *add_slice(struct rig_listing *listing, int32_t slice_no,
                                   const struct request_range *range, int64_t limit,
                                   const char *order_by)
{
    struct rig_slice *slice = &listing->slices[slice_no];

    cr_assert(lt(int, slice_no, RIG_SLICES_MAX));
    cr_assert(zero(i64, slice->limit), "slice %d is recorded twice", slice_no);
    if ((size_t)slice_no >= listing->n_slices)
        listing->n_slices = (size_t)slice_no + 1;
    *slice = (struct rig_slice){.range = *range,
                                .first = rig_item_at(listing, range->from_s),
                                .limit = limit,
                                .total_count = -1};
    snprintf(slice->order_by, sizeof(slice->order_by), "%s", order_by != NULL ? order_by : "");
    return slice;
}

void rig_begin_slice(struct rig_listing *listing, const struct crawl_slice *slice)
{
    cr_assert(zero(int, slice->slice_no));
    add_slice(listing, slice->slice_no, &REQUEST_WHOLE, slice->limit, slice->order_by);
}

struct rig_slice *rig_leave(struct rig_listing *listing, int64_t limit)
{
    CLEANUP(mem_free_string)
    char *order_by = request_order(rig.endpoint, listing->request, /* is_cut= */ false);

    return add_slice(listing, 0, &REQUEST_WHOLE, limit, order_by);
}

/*
 * Items may come again only where they share the value at which a slice begins. A later process
 * does not know how far a cut slice's pages reach, and where the last listing tells how to cut
 * nobody does: then what page 1 brought beyond its slice comes again.
 */
static void check_bought_once(const struct rig_listing *listing, const struct rig_slice *slice,
                              int64_t item)
{
    bool is_tied = rig_value_s(listing, item) == rig_value_s(listing, slice->first);
    bool may_overlap = listing->n_slices > 1 && (rig.process > 1 || listing->n_parts > 0);

    cr_assert(listing->times[item] == 0 || is_tied || may_overlap,
              "item %" PRId64 " is bought twice", item);
}

void rig_land_page(struct rig_listing *listing, struct rig_slice *slice, int64_t position,
                   int64_t n_items)
{
    cr_assert(lt(sz, slice->n_landed, RIG_PAGES_MAX));
    for (size_t i = 0; i < slice->n_landed; i++)
        cr_assert(ne(i64, slice->landed[i], position), "landed twice");
    slice->landed[slice->n_landed] = position;
    slice->landed_items[slice->n_landed++] = n_items;
    for (int64_t i = slice->first + position; i < slice->first + position + n_items; i++) {
        check_bought_once(listing, slice, i);
        listing->times[i]++;
    }
}

bool rig_is_known(const struct rig_listing *listing, int64_t n_items)
{
    int64_t n = 0;

    if (listing->is_news == NULL)
        return false;
    while (n < n_items && !listing->is_news(n_items - n - 1))
        n++;
    return n >= SYNC_KNOWN;
}

void rig_land(struct rig_attempt *attempt, struct rig_event *event)
{
    struct rig_listing *listing = &rig.listings[attempt->listing];
    struct rig_slice *slice = rig_slice_of(attempt);
    struct crawl_answer answer = rig_answer(attempt, (char[24]){0});

    cr_assert(not(slice->is_ended), "a page lands in a slice that has ended");
    if (slice->n_items == 0) /* until then it may move with what comes before it */
        slice->first = attempt->first - attempt->position;
    cr_assert(eq(i64, attempt->first, slice->first + attempt->position));
    slice->n_items += answer.n_items;
    rig_land_page(listing, slice, attempt->position, answer.n_items);
    slice->walk = event->checkpoint.walk;
    slice->position = event->checkpoint.position;
    if (event->checkpoint.total_count >= 0)
        slice->total_count = event->checkpoint.total_count;
    if (event->checkpoint.whole_count >= 0)
        listing->whole_count = event->checkpoint.whole_count;
    slice->is_ended = event->checkpoint.is_ended;
    memcpy(slice->token, event->token, sizeof(slice->token));
    event->is_end = rig_is_known(listing, attempt->position + answer.n_items);
    if (event->is_end) { /* with the page, or not at all */
        slice->is_ended = true;
        slice->token[0] = '\0';
        slice->total_count = attempt->position + answer.n_items;
    }
    attempt->is_landed = true;
}

void rig_restart(struct rig_listing *listing, struct rig_slice *slice,
                 const struct rig_event *event)
{
    struct request_range range = slice->range;

    if (slice->position > 0)
        range.from_s = rig_value_s(listing, slice->first + slice->position - 1);
    add_slice(listing, event->new_slice_no, &range, event->limit, slice->order_by);
    slice->is_ended = true;
    slice->total_count = rig_item_at(listing, range.from_s) - slice->first;
    slice->token[0] = '\0';
}

void rig_cut(struct rig_listing *listing, const struct crawl_slice *slice,
             const struct rig_event *event)
{
    struct rig_slice *on_disk = &listing->slices[slice->slice_no];

    for (size_t i = 0; i < slice->n_points; i++) {
        struct request_range range = {slice->points_s[i], i + 1 < slice->n_points
                                                              ? slice->points_s[i + 1]
                                                              : on_disk->range.to_s};

        add_slice(listing, event->new_slice_no + (int32_t)i, &range, on_disk->limit,
                  on_disk->order_by);
    }
    if (slice->slice_no == 0 && listing->whole_count < 0)
        listing->whole_count = on_disk->total_count;
    on_disk->range.to_s = slice->points_s[0];
    on_disk->total_count = -1;
    on_disk->is_ended = event->is_whole;
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
                              .range = slice->range,
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
                                         .whole_count = listing->whole_count,
                                         .parts = listing->parts,
                                         .n_parts = listing->n_parts,
                                         .newest_s = listing->newest_s,
                                         .ends_when_known = listing->is_news != NULL,
                                         .data = listing});
    for (size_t i = 0; i < listing->n_slices; i++)
        if (listing->slices[i].limit > 0)
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
    run->run =
        crawl_add_run(rig.crawl, &(struct crawl_run_settings){.run_id = (int64_t)number,
                                                              .job = "job",
                                                              .endpoint = rig.endpoint,
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
