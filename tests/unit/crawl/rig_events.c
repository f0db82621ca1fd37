#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "unit/crawl/rig_private.h"

/* What the ledger and the disk make of an event, and how the crawl hears of it. */

static bool cannot_land(const struct crawl_page *page)
{
    const struct rig_listing *listing = page->slice->listing->data;

    return listing->lost_at == page->position;
}

/* The database does it. */
static void commit(struct rig_event *event)
{
    struct crawl_page *page = event->what;

    event->is_committed = true;
    if (rig.is_dead)
        return;
    switch (event->kind) {
    case RIG_EV_LAND:
        if (cannot_land(page))
            break;
        rig_land(page->data, event);
        rig_book(page->data, page);
        break;
    case RIG_EV_SETTLE:
        rig_book(page->data, page);
        break;
    case RIG_EV_LOOK:
        if (rig.n_failing_looks == 0)
            rig_reconcile(event);
        break;
    case RIG_EV_RESTART: {
        struct crawl_slice *slice = event->what;
        struct rig_listing *listing = slice->listing->data;

        if (!listing->has_no_values)
            rig_restart(listing, &listing->slices[slice->slice_no], event);
        break;
    }
    case RIG_EV_CUT: {
        struct crawl_slice *slice = event->what;

        rig_cut(slice->listing->data, slice, event);
        break;
    }
    default:
        rig_reserve(event, page->data);
    }
}

static void arrive(struct crawl_page *page)
{
    struct rig_attempt *attempt = page->data;
    bool was_sent = rig_fault_was_sent(attempt->fault);
    bool is_whole = rig_fault_is_whole(attempt->fault) && !rig.is_dead;
    struct crawl_answer answer = rig_answer(attempt, (char[24]){0});

    attempt->over_ms = attempt->sent_ms + rig.settings.hold_ms;
    if (is_whole || attempt->over_ms < rig.now_ms)
        attempt->over_ms = rig.now_ms;
    if (!was_sent)
        attempt->sent_ms = attempt->over_ms = -1;
    if (is_whole)
        attempt->state = RIG_RECEIVED;
    crawl_on_arrived(page, was_sent, is_whole);
    if (is_whole) {
        rig.events[rig.n_waiting++] = (struct rig_event){.kind = RIG_EV_ANSWER, .what = page};
        return;
    }
    crawl_on_answer(page, &answer); /* there is nothing to wait for */
}

/* A pause that an answer asks for. */
static void pause_for(const struct rig_attempt *attempt)
{
    int64_t wait_ms = rig_fault_wait_ms(attempt->fault);

    if (attempt->sent_ms >= 0 && wait_ms > 0 && rig.now_ms + wait_ms > rig.paused_until_ms)
        rig.paused_until_ms = rig.now_ms + wait_ms;
}

static void tell_of_reserve(const struct rig_event *event, const struct err *err)
{
    struct crawl_refusal refusal = {.scope = event->scope, .text = "the cap of the ledger"};
    struct crawl_page *page = event->what;

    if (event->is_refused && event->scope == CRAWL_SCOPE_STOPPED)
        rig.runs[((struct rig_listing *)page->slice->listing->data)->run].is_stopped = true;
    crawl_on_reserved(page, event->is_refused ? &refusal : NULL, err);
}

static void tell_of_look(const struct rig_event *event, const struct err *err)
{
    struct err away = {.kind = ERR_NETWORK, .text = "the list is away"};

    if (err == NULL && rig.n_failing_looks > 0) {
        rig.n_failing_looks--;
        rig.n_failed_looks++;
        err = &away;
    }
    for (size_t i = 0; i < rig.n_attempts && err == NULL; i++) {
        struct rig_attempt *attempt = &rig.attempts[i];

        if (!attempt->is_untold)
            continue;
        attempt->is_untold = false;
        if (rig.listings[attempt->listing].listing == NULL)
            rig.runs[rig.listings[attempt->listing].run].elsewhere_nanousd +=
                attempt->charged_nanousd - attempt->reserved_nanousd;
        crawl_on_resolved(rig.crawl, (int64_t)attempt->listing, attempt->slice_no,
                          attempt->position, attempt->is_billed, attempt->charged_nanousd);
    }
    rig.looked_ms = rig.now_ms;
    if (err == NULL)
        rig.blind_for_ms = event->began_ms - rig.settings.listed_after_ms;
    crawl_on_looked(rig.crawl, err);
}

static void tell_of_restart(const struct rig_event *event, const struct err *err)
{
    struct crawl_slice *slice = event->what;
    const struct rig_listing *listing = slice->listing->data;
    bool is_begun = err == NULL && !listing->has_no_values;

    crawl_on_restarted(slice, is_begun,
                       is_begun ? listing->slices[event->new_slice_no].range.from_s : 0, err);
}

/* What the rows of the page tell, where they have values at all. */
static int64_t newest_of(const struct rig_attempt *attempt)
{
    const struct rig_listing *listing = &rig.listings[attempt->listing];
    int64_t last = attempt->first + attempt->n_items - 1;

    if (last >= listing->n_items - listing->n_nulls)
        last = listing->n_items - listing->n_nulls - 1;
    return listing->has_no_values || attempt->n_items == 0 || last < attempt->first
               ? CRAWL_NO_VALUE
               : rig_value_s(listing, last);
}

/* The crawl hears of it; afterwards `event->what` may be gone. */
static void tell(const struct rig_event *event)
{
    struct err lost = {.kind = ERR_DB, .text = "the database is gone"};
    struct err torn = {.kind = ERR_DATA, .text = "a value that PostgreSQL does not take"};
    const struct err *err = rig.is_dead ? &lost : NULL;
    struct crawl_page *page = event->what;
    struct crawl_answer answer;
    char token[24];

    switch (event->kind) {
    case RIG_EV_RESERVE:
        tell_of_reserve(event, err);
        return;
    case RIG_EV_ARRIVE:
        arrive(page);
        return;
    case RIG_EV_ANSWER:
        answer = rig_answer(page->data, token);
        crawl_on_answer(page, &answer);
        return;
    case RIG_EV_LAND:
        crawl_on_landed(page, newest_of(page->data), err == NULL && event->is_end,
                        err == NULL && cannot_land(page) ? &torn : err);
        return;
    case RIG_EV_SETTLE:
        if (err == NULL)
            pause_for(page->data);
        crawl_on_settled(page, err);
        return;
    case RIG_EV_LOOK:
        tell_of_look(event, err);
        return;
    case RIG_EV_CUT:
        crawl_on_cut(event->what, err);
        return;
    case RIG_EV_RESTART:
        tell_of_restart(event, err);
        return;
    default:
        cr_fatal("not such an event");
    }
}

static void tell_of_slice(struct crawl_slice *slice)
{
    struct rig_listing *listing = slice->listing->data;
    struct err err = {.kind = ERR_DB, .text = "the slice cannot be recorded"};

    if (!rig.is_dead && !rig.fails_begin_slice)
        rig_begin_slice(listing, slice);
    crawl_on_slice_begun(slice, rig.is_dead || rig.fails_begin_slice ? &err : NULL);
}

static void tell_of_listing(const struct rig_event *event)
{
    struct crawl_listing *listing = event->what;
    struct rig_listing *owner = listing->data;
    struct err err = {.kind = ERR_DB, .text = "the database is gone"};

    if (event->kind == RIG_EV_PUBLISH) {
        owner->is_published = !rig.is_dead && !owner->is_guarded;
        owner->is_held = !rig.is_dead && owner->is_guarded;
        crawl_on_published(listing, owner->is_held, rig.is_dead ? &err : NULL);
    } else {
        crawl_on_suspended(listing, rig.is_dead ? &err : NULL);
    }
}

void rig_play_event(struct rig_event event)
{
    struct rig_run *run;

    switch (event.kind) {
    case RIG_EV_SLICE:
        tell_of_slice(event.what);
        break;
    case RIG_EV_PUBLISH:
    case RIG_EV_SUSPEND:
        tell_of_listing(&event);
        break;
    case RIG_EV_END_RUN:
        run = ((struct crawl_run *)event.what)->data;
        run->is_ended = true;
        crawl_on_run_ended(event.what, NULL);
        break;
    case RIG_EV_RESERVE:
    case RIG_EV_LAND:
    case RIG_EV_SETTLE:
    case RIG_EV_LOOK:
    case RIG_EV_CUT:
    case RIG_EV_RESTART:
        if (!event.is_committed) {
            commit(&event);
            rig.events[rig.n_waiting++] = event;
            break;
        }
        tell(&event);
        break;
    default:
        tell(&event);
    }
}
