#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/text.h"
#include "unit/crawl/rig_private.h"

/* What the crawl asks of its ports becomes an event, after a look at whether it may ask for it. */

static size_t listing_of(const struct crawl_page *page)
{
    for (size_t i = 0; i < rig.n_listings; i++)
        if (rig.listings[i].listing == page->slice->listing)
            return i;
    cr_fatal("a page of a listing that nobody added");
}

static struct rig_event *add_event(int kind, void *what)
{
    struct rig_event *event = &rig.events[rig.n_waiting++];

    cr_assert(lt(sz, rig.n_waiting, RIG_EVENTS_MAX));
    *event = (struct rig_event){.what = what};
    event->kind = (unsigned)kind;
    return event;
}

static int64_t now_ms(void *data)
{
    (void)data;
    return rig.now_ms;
}

static void wake_at(void *data, int64_t at_ms)
{
    (void)data;
    rig.wake_ms = at_ms;
}

static void begin_slice(void *data, struct crawl_slice *slice)
{
    (void)data;
    add_event(RIG_EV_SLICE, slice);
}

static void reserve(void *data, struct crawl_page *page)
{
    struct rig_attempt *attempt = &rig.attempts[rig.n_attempts++];

    (void)data;
    cr_assert(lt(sz, rig.n_attempts, RIG_ATTEMPTS_MAX), "it asks for ever");
    cr_assert(not(rig.is_stopped), "a reserve behind a stop");
    cr_assert(not(rig.runs[rig.listings[listing_of(page)].run].is_stopped),
              "a reserve of a run that was stopped");
    for (size_t i = 0; i + 1 < rig.n_attempts; i++)
        cr_assert(not(uuid_is_equal(&rig.attempts[i].id, &page->attempt)), "an attempt twice");
    *attempt = (struct rig_attempt){.id = page->attempt,
                                    .listing = listing_of(page),
                                    .slice_no = page->slice->slice_no,
                                    .position = page->position,
                                    .range = crawl_page_range(page),
                                    .reserved_nanousd = page->reserved_nanousd,
                                    .sent_ms = -1,
                                    .over_ms = -1,
                                    .process = rig.process};
    snprintf(attempt->token, sizeof(attempt->token), "%s", page->token != NULL ? page->token : "");
    rig.listings[attempt->listing].n_busy++;
    page->data = attempt;
    add_event(RIG_EV_RESERVE, page);
}

/* Nobody will ever tell what it cost: there is no list, or it has been seen without the call. */
static bool is_hopeless(const struct rig_attempt *attempt)
{
    return attempt->is_unknown &&
           (!rig.settings.has_list || rig_since_ms(attempt) < rig.blind_for_ms);
}

/* Nothing else of the page is open, it has not landed, and it has not been charged unknown to us.
 */
static void check_asked_once(const struct rig_attempt *attempt)
{
    size_t n_hopeless = 0;

    for (size_t i = 0; i < rig.n_attempts; i++) {
        const struct rig_attempt *other = &rig.attempts[i];

        if (other == attempt || rig_slice_of(other) != rig_slice_of(attempt) ||
            other->position != attempt->position || other->state == RIG_REFUSED)
            continue;
        cr_assert(eq(int, other->state, RIG_BOOKED), "page at %" PRId64 " is open twice",
                  attempt->position);
        cr_assert(not(other->is_landed), "page at %" PRId64 " is bought again", attempt->position);
        cr_assert(is_hopeless(other) || (!other->is_unknown && !other->is_untold),
                  "page at %" PRId64 " may have been charged", attempt->position);
        n_hopeless += is_hopeless(other);
    }
    cr_assert(le(sz, n_hopeless, rig.settings.unknown_retries));
}

static void check_limits(void)
{
    size_t n_busy = 0, n_in_minute = 0;

    for (size_t i = 0; i < rig.n_attempts; i++) {
        const struct rig_attempt *attempt = &rig.attempts[i];

        if (attempt->sent_ms < 0)
            continue;
        n_busy += attempt->over_ms > rig.now_ms;
        n_in_minute += attempt->over_ms >= rig.now_ms - 60000;
    }
    cr_assert(le(sz, n_busy, rig.settings.in_flight));
    cr_assert(le(sz, n_in_minute, rig.settings.calls_per_minute));
}

/* Of a listing that ends when all is known, what was asked for before has landed. */
static void check_alone(const struct rig_attempt *attempt)
{
    for (size_t i = 0; i < rig.n_attempts && rig.listings[attempt->listing].is_news != NULL; i++) {
        const struct rig_attempt *other = &rig.attempts[i];

        if (other != attempt && other->listing == attempt->listing)
            cr_assert(other->state == RIG_BOOKED || other->state == RIG_REFUSED,
                      "a call while the page at %" PRId64 " is open", other->position);
    }
}

static void send(void *data, struct crawl_page *page)
{
    struct rig_attempt *attempt = page->data;

    (void)data;
    cr_assert(eq(int, attempt->state, RIG_RESERVED));
    cr_assert(not(rig.is_stopped), "a call behind a stop");
    cr_assert(not(rig.is_full), "a call with no room for its answer");
    cr_assert(ge(i64, rig.now_ms, rig.paused_until_ms), "a call in a pause");
    if (attempt->token[0] != '\0')
        cr_assert(eq(i64, strtoll(attempt->token + 1, NULL, 10), attempt->position));
    else
        cr_assert(
            le(i64, attempt->position + rig_slice_of(attempt)->limit, rig.endpoint->offset_reach));
    cr_assert(not(rig_slice_of(attempt)->is_ended), "a call for a slice that has ended");
    check_asked_once(attempt);
    check_alone(attempt);
    rig_serve(attempt);
    check_limits();
    add_event(RIG_EV_ARRIVE, page);
}

static void replay(void *data, struct crawl_page *page)
{
    struct rig_attempt *attempt = page->data;

    (void)data;
    cr_assert(eq(int, attempt->state, RIG_RECEIVED));
    cr_assert(eq(sz, listing_of(page), attempt->listing));
    rig.listings[attempt->listing].n_busy++;
    add_event(RIG_EV_ANSWER, page);
}

static void land(void *data, struct crawl_page *page, const struct crawl_checkpoint *checkpoint)
{
    struct rig_event *event = add_event(RIG_EV_LAND, page);

    (void)data;
    event->checkpoint = *checkpoint;
    snprintf(event->token, sizeof(event->token), "%s",
             checkpoint->token != NULL ? checkpoint->token : "");
}

/* The database takes no half characters. */
static void check_text(const char *text)
{
    cr_assert(eq(sz, text_utf8_valid(text, strlen(text)), strlen(text)), "torn: %s", text);
}

static void settle(void *data, struct crawl_page *page)
{
    (void)data;
    check_text(page->message);
    add_event(RIG_EV_SETTLE, page);
}

/* The vendor takes ten such calls a minute, and a look can be several. */
static void look(void *data)
{
    (void)data;
    cr_assert(rig.settings.has_list, "a look where there is no list");
    cr_assert(not(rig.is_stopped), "a look behind a stop");
    cr_assert(rig.looked_ms < 0 || rig.now_ms >= rig.looked_ms + 10000, "too many looks");
    for (size_t i = 0; i < rig.n_waiting; i++)
        cr_assert(ne(int, rig.events[i].kind, RIG_EV_LOOK), "two looks at once");
    rig.n_looks++;
    add_event(RIG_EV_LOOK, data)->began_ms = rig.now_ms;
}

/* Nothing of the slice is under way, and all that was received has landed. */
static int64_t check_at_rest(const struct rig_slice *on_disk, const struct crawl_slice *slice)
{
    int64_t n_items = 0;

    cr_assert(not(rig.is_stopped), "gone on with behind a stop");
    for (size_t i = 0; i < rig.n_attempts; i++)
        if (rig_slice_of(&rig.attempts[i]) == on_disk)
            cr_assert(rig.attempts[i].state == RIG_BOOKED || rig.attempts[i].state == RIG_REFUSED,
                      "gone on with while the page at %" PRId64 " is open",
                      rig.attempts[i].position);
    for (size_t i = 0; i < on_disk->n_landed; i++)
        n_items += on_disk->landed_items[i];
    cr_assert(not(on_disk->is_ended));
    cr_assert(eq(i64, n_items, slice->pager.n_items));
    return n_items;
}

/* The points lie in the slice, in their order, and one at its beginning only where that ends it. */
static void cut(void *data, struct crawl_slice *slice, int32_t new_slice_no, bool is_whole)
{
    struct rig_listing *listing = slice->listing->data;
    const struct rig_slice *on_disk = &listing->slices[slice->slice_no];
    int64_t before_s = on_disk->range.from_s;
    struct rig_event *event = add_event(RIG_EV_CUT, slice);

    (void)data;
    check_at_rest(on_disk, slice);
    cr_assert(gt(sz, slice->n_points, 0));
    for (size_t i = 0; i < slice->n_points; i++) {
        cr_assert(slice->points_s[i] > before_s ||
                  (i == 0 && is_whole && slice->points_s[i] == before_s));
        before_s = slice->points_s[i];
    }
    cr_assert(lt(i64, before_s, on_disk->range.to_s));
    cr_assert(ge(sz, (size_t)new_slice_no, listing->n_slices));
    event->new_slice_no = new_slice_no;
    event->is_whole = is_whole;
    rig.n_cuts++;
}

static void restart(void *data, struct crawl_slice *slice, int32_t new_slice_no, int64_t limit,
                    const char *column)
{
    struct rig_listing *listing = slice->listing->data;
    const struct rig_slice *on_disk = &listing->slices[slice->slice_no];
    int64_t n_items = check_at_rest(on_disk, slice);
    struct rig_event *event = add_event(RIG_EV_RESTART, slice);

    (void)data;
    cr_assert(limit == on_disk->limit || limit == on_disk->limit / 2);
    if (n_items > 0)
        cr_assert(not(zero(ptr, (void *)(uintptr_t)column)), "nothing to go on from");
    rig.n_restarts++;
    event->limit = limit;
    event->new_slice_no = new_slice_no;
}

static struct rig_listing *owner_of(const struct crawl_listing *listing)
{
    struct rig_listing *owner = listing->data;

    cr_assert(eq(ptr, owner->listing, (void *)listing));
    cr_assert(eq(sz, owner->n_busy, 0), "a listing ends with a page under way");
    return owner;
}

static void publish(void *data, struct crawl_listing *listing)
{
    const struct rig_listing *owner = owner_of(listing);

    (void)data;
    for (size_t i = 0; i < rig.n_attempts; i++)
        if (&rig.listings[rig.attempts[i].listing] == owner)
            cr_assert(rig.attempts[i].state == RIG_BOOKED || rig.attempts[i].state == RIG_REFUSED,
                      "published with the call at %" PRId64 " open", rig.attempts[i].position);
    rig_check_rows(owner);
    add_event(RIG_EV_PUBLISH, listing);
}

static void suspend(void *data, struct crawl_listing *listing)
{
    struct rig_listing *owner = owner_of(listing);

    (void)data;
    cr_assert(not(zero(ptr, (void *)listing->completeness)));
    cr_assert(ne(int, listing->reason[0], '\0'), "suspended without a reason");
    check_text(listing->reason);
    owner->completeness = listing->completeness;
    snprintf(owner->reason, sizeof(owner->reason), "%s", listing->reason);
    add_event(RIG_EV_SUSPEND, listing);
}

static void end_run(void *data, struct crawl_run *run)
{
    (void)data;
    cr_assert(eq(sz, run->n_busy, 0));
    add_event(RIG_EV_END_RUN, run);
}

static void drop(void *data, struct crawl_page *page)
{
    struct rig_attempt *attempt = page->data;

    (void)data;
    rig.listings[attempt->listing].n_busy--;
    page->data = NULL;
}

static void done(void *data)
{
    (void)data;
    cr_assert(not(rig.is_done), "done twice");
    rig.is_done = true;
    for (size_t i = 0; i < rig.n_waiting; i++) /* a look ends with the crawl */
        if (rig.events[i].kind == RIG_EV_LOOK)
            rig.events[i--] = rig.events[--rig.n_waiting];
}

const struct crawl_ports rig_ports = {
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
