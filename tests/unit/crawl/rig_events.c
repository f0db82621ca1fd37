#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "unit/crawl/rig_private.h"

/* What the ledger and the disk make of an event, and how the crawl hears of it. */

/* The attempt is over in the ledger. */
static void book(struct rig_attempt *attempt, const struct crawl_page *page)
{
    struct rig_run *run = &rig.runs[rig.listings[attempt->listing].run];
    bool was_sent = attempt->state != RIG_RESERVED;
    enum verdict_charge charge = !was_sent || !rig_fault_was_sent(attempt->fault)
                                     ? VERDICT_CHARGE_FREE
                                 : rig_fault_is_unknown(attempt->fault) ? VERDICT_CHARGE_UNKNOWN
                                 : attempt->fault == RIG_TOO_MANY       ? VERDICT_CHARGE_FREE
                                                                        : VERDICT_CHARGE_KNOWN;

    cr_assert(eq(int, page->charge, charge), "fault %d", attempt->fault);
    attempt->is_unknown = charge == VERDICT_CHARGE_UNKNOWN;
    if (!attempt->is_unknown) {
        int64_t charged = was_sent ? rig_charge(attempt) : 0;

        cr_assert(eq(i64, page->charged_nanousd, charged));
        run->booked_nanousd += charged - attempt->reserved_nanousd;
    }
    attempt->state = RIG_BOOKED;
}

static void commit_landing(struct rig_event *event, struct rig_attempt *attempt)
{
    struct rig_listing *listing = &rig.listings[attempt->listing];
    struct crawl_answer answer = rig_answer(attempt, (char[24]){0});

    for (size_t i = 0; i < listing->n_landed; i++)
        cr_assert(ne(i64, listing->landed[i], attempt->position), "landed twice");
    cr_assert(lt(sz, listing->n_landed, RIG_PAGES_MAX));
    listing->landed[listing->n_landed] = attempt->position;
    listing->landed_items[listing->n_landed++] = answer.n_items;
    listing->walk = event->checkpoint.walk;
    listing->position = event->checkpoint.position;
    listing->total_count = event->checkpoint.total_count;
    listing->is_ended = event->checkpoint.is_ended;
    memcpy(listing->token, event->token, sizeof(listing->token));
    book(attempt, event->what);
    attempt->is_landed = true;
}

/* The database does it. */
static void commit(struct rig_event *event)
{
    struct crawl_page *page = event->what;
    struct rig_attempt *attempt = page->data;
    struct rig_run *run = &rig.runs[rig.listings[attempt->listing].run];

    event->is_committed = true;
    if (rig.is_dead)
        return;
    if (event->kind == RIG_EV_LAND) {
        commit_landing(event, attempt);
    } else if (event->kind == RIG_EV_SETTLE) {
        book(attempt, page);
    } else {
        event->is_refused = run->cap_nanousd > 0 &&
                            run->booked_nanousd + attempt->reserved_nanousd > run->cap_nanousd;
        if (event->is_refused)
            return;
        attempt->state = RIG_RESERVED;
        run->booked_nanousd += attempt->reserved_nanousd;
    }
}

static void arrive(struct crawl_page *page)
{
    struct rig_attempt *attempt = page->data;
    bool was_sent = rig_fault_was_sent(attempt->fault);
    bool is_whole = rig_fault_is_whole(attempt->fault) && !rig.is_dead;
    struct crawl_answer answer = rig_answer(attempt, (char[24]){0});

    attempt->over_ms = is_whole ? rig.now_ms : rig.now_ms + rig.settings.hold_ms;
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

/* The crawl hears of it; afterwards `event->what` may be gone. */
static void tell(const struct rig_event *event)
{
    struct err lost = {.kind = ERR_DB, .text = "the database is gone"};
    struct crawl_refusal refusal = {.scope = CRAWL_SCOPE_RUN, .text = "the cap of the ledger"};
    const struct err *err = rig.is_dead ? &lost : NULL;
    struct crawl_page *page = event->what;
    const struct rig_attempt *attempt;
    char token[24];

    switch (event->kind) {
    case RIG_EV_RESERVE:
        crawl_on_reserved(page, event->is_refused ? &refusal : NULL, err);
        return;
    case RIG_EV_ARRIVE:
        arrive(page);
        return;
    case RIG_EV_ANSWER: {
        struct crawl_answer answer = rig_answer(page->data, token);

        crawl_on_answer(page, &answer);
        return;
    }
    case RIG_EV_LAND:
        crawl_on_landed(page, err);
        return;
    case RIG_EV_SETTLE:
        attempt = page->data;
        if (err == NULL && attempt->sent_ms >= 0 &&
            rig.now_ms + rig_fault_wait_ms(attempt->fault) > rig.paused_until_ms)
            rig.paused_until_ms = rig_fault_wait_ms(attempt->fault) > 0
                                      ? rig.now_ms + rig_fault_wait_ms(attempt->fault)
                                      : rig.paused_until_ms;
        crawl_on_settled(page, err);
        return;
    default:
        cr_fatal("not a page's event");
    }
}

static void tell_of_slice(struct crawl_slice *slice)
{
    struct rig_listing *listing = slice->listing->data;
    struct err err = {.kind = ERR_DB, .text = "the slice cannot be recorded"};

    if (!rig.is_dead && !rig.fails_begin_slice) {
        listing->is_begun = true;
        listing->limit = slice->limit;
        listing->total_count = -1;
    }
    crawl_on_slice_begun(slice, rig.is_dead || rig.fails_begin_slice ? &err : NULL);
}

static void tell_of_listing(const struct rig_event *event)
{
    struct crawl_listing *listing = event->what;
    struct rig_listing *owner = listing->data;
    struct err err = {.kind = ERR_DB, .text = "the database is gone"};

    if (event->kind == RIG_EV_PUBLISH) {
        owner->is_published = !rig.is_dead;
        crawl_on_published(listing, /* is_held= */ false, rig.is_dead ? &err : NULL);
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
