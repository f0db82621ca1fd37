#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"
#include "crawl/crawl_private.h"

/*
 * One page's way:
 *
 *   RESERVING ──▶ IN_FLIGHT ──▶ ARRIVED ──▶ LANDING ──▶ (freed)     items, or a page without any
 *     │  ▲                        │
 *     │  │                        └──▶ SETTLING ──▶ (freed)         refused for good
 *     ▼  │                               │  │
 *   WAITING ◀────────────────────────────┘  └──▶ UNKNOWN ──▶ WAITING, or (freed) and stuck
 *       may be asked for again                   see unknown.c
 *
 * A reserve that the database refuses goes to WAITING until a charge of the run has been booked.
 * One that is granted when no call may go any more (a stop, a pause, a full spool) is given back:
 * SETTLING, then WAITING. An adopted page, whose answer an earlier process received, begins as
 * ARRIVED; where its listing turned out not to want it, since another call brought the page, it is
 * settled with what it cost (is_surplus).
 *
 * What an answer without items leads to is in judge.c.
 */

#define SLOW_TOLD_EVERY_MS 600000

static struct crawl *crawl_of(const struct crawl_page *page)
{
    return page->slice->listing->run->crawl;
}

struct crawl_page *crawl_page_new(struct crawl_slice *slice, const struct pager_ask *ask)
{
    struct crawl_page *page = mem_new(sizeof(*page));

    page->slice = slice;
    page->position = ask->position;
    page->token = mem_strdup(ask->token);
    return page;
}

void crawl_page_free(struct crawl_page *page)
{
    free(page->token);
    free(page);
}

void crawl_pages_free(struct crawl_page *page)
{
    while (page != NULL) {
        struct crawl_page *next = page->next;

        crawl_page_free(page);
        page = next;
    }
}

static void count_busy(struct crawl_page *page, bool is_more)
{
    struct crawl_listing *listing = page->slice->listing;

    listing->n_busy += is_more ? 1 : (size_t)-1;
    listing->run->n_busy += is_more ? 1 : (size_t)-1;
}

void crawl_page_reserve(struct crawl_page *page)
{
    struct crawl *crawl = crawl_of(page);

    page->attempt = uuid_new();
    page->state = CRAWL_PAGE_RESERVING;
    page->n_booked = page->slice->listing->run->n_booked;
    page->n_booked_all = crawl->n_booked;
    page->held_until_ms = 0;
    page->asked_ms = crawl->ports->now_ms(crawl->data);
    page->charge = VERDICT_CHARGE_FREE; /* as long as it is not sent; nothing of an earlier try */
    page->charged_nanousd = 0;
    page->verdict = (struct verdict){.class = VERDICT_OK};
    page->code = page->http_status = 0;
    page->took_ms = 0;
    page->message[0] = '\0';
    page->reserved_nanousd = price_worst(page->slice->listing->run->price, page->slice->limit);
    pace_sent(crawl->pace);
    crawl->n_in_flight++;
    count_busy(page, true);
    crawl->ports->reserve(crawl->data, page);
}

void crawl_page_replay(struct crawl_page *page)
{
    struct crawl *crawl = crawl_of(page);

    page->state = CRAWL_PAGE_ARRIVED;
    page->sent_ms = crawl->ports->now_ms(crawl->data); /* at the latest */
    crawl->n_backlog++;
    count_busy(page, true);
    crawl->ports->replay(crawl->data, page);
}

void crawl_page_drop(struct crawl_page *page)
{
    struct crawl *crawl = crawl_of(page);

    count_busy(page, false);
    crawl->ports->drop(crawl->data, page);
    crawl_page_free(page);
}

void crawl_page_let_go(struct crawl_page *page)
{
    struct crawl *crawl = crawl_of(page);

    count_busy(page, false);
    crawl->ports->drop(crawl->data, page);
    page->data = NULL;
}

void crawl_page_wait(struct crawl_page *page, int64_t not_before_ms)
{
    crawl_page_let_go(page);
    page->state = CRAWL_PAGE_WAITING;
    page->not_before_ms = not_before_ms;
    page->next = page->slice->waiting;
    page->slice->waiting = page;
}

static void settle(struct crawl_page *page)
{
    struct crawl *crawl = crawl_of(page);

    page->state = CRAWL_PAGE_SETTLING;
    crawl->n_backlog++;
    crawl->ports->settle(crawl->data, page);
}

/*
 * There is no money for it now. Where a charge was booked since the money was asked for, the
 * database may not have seen that: then it is asked once more.
 */
static void refuse(struct crawl_page *page, const struct crawl_refusal *refusal)
{
    struct crawl_run *run = page->slice->listing->run;
    bool is_shared = refusal->scope == CRAWL_SCOPE_SHARED;

    if (refusal->scope == CRAWL_SCOPE_STOPPED) {
        crawl_note_stop(run, refusal->text);
    } else if (is_shared ? page->n_booked_all == crawl_of(page)->n_booked
                         : page->n_booked == run->n_booked) {
        run->is_refused = true;
        run->is_refused_shared = is_shared;
        snprintf(run->refusal, sizeof(run->refusal), "%.255s", refusal->text);
    }
    crawl_page_wait(page, 0);
}

/* Once per while: every call that waits behind a slow database comes by here. */
static void tell_slow(struct crawl *crawl, int64_t took_ms)
{
    int64_t now_ms = crawl->ports->now_ms(crawl->data);

    if (crawl->told_slow_ms >= 0 && now_ms - crawl->told_slow_ms < SLOW_TOLD_EVERY_MS)
        return;
    crawl->told_slow_ms = now_ms;
    log_event(LOG_WARNING, crawl_fields(crawl),
              "the database took %" PRId64
              " s to reserve the money of a call; after more than %d s a call is given back, "
              "unsent, and asked for again: look for locks on linkhaul.attempt and "
              "linkhaul.spend, and for a disk or a synchronous standby that is slow to commit",
              took_ms / 1000, CRAWL_RESERVE_MS / 1000);
}

/*
 * Whether a call whose money is there may still go. The ledger knows when the money was asked for
 * and takes that for its sending, so it goes soon or not at all.
 */
static bool may_go(const struct crawl_page *page)
{
    struct crawl *crawl = crawl_of(page);
    int64_t now_ms = crawl->ports->now_ms(crawl->data);

    if (now_ms - page->asked_ms > CRAWL_RESERVE_MS)
        tell_slow(crawl, now_ms - page->asked_ms);
    return !crawl->is_stopping && !crawl->is_full && !page->slice->listing->run->is_stopping &&
           page->slice->listing->state == CRAWL_LISTING_WALKING &&
           now_ms - page->asked_ms <= CRAWL_RESERVE_MS && now_ms >= crawl->pace->paused_until_ms;
}

static void unsent(struct crawl *crawl)
{
    crawl->n_in_flight--;
    pace_unsent(crawl->pace);
}

void crawl_on_reserved(struct crawl_page *page, const struct crawl_refusal *refusal,
                       const struct err *err)
{
    struct crawl *crawl = crawl_of(page);
    struct crawl_listing *listing = page->slice->listing;

    if (err != NULL) {
        unsent(crawl);
        crawl_page_drop(page);
        crawl_fail(crawl, err);
        return;
    }
    if (refusal != NULL) {
        unsent(crawl);
        refuse(page, refusal);
    } else if (!may_go(page)) {
        unsent(crawl);
        listing->run->booked_nanousd += page->reserved_nanousd;
        settle(page);
    } else {
        listing->run->booked_nanousd += page->reserved_nanousd;
        listing->run->n_calls++;
        page->state = CRAWL_PAGE_IN_FLIGHT;
        page->sent_ms = crawl->ports->now_ms(crawl->data);
        crawl->ports->send(crawl->data, page);
    }
    crawl_pump(crawl);
}

void crawl_on_arrived(struct crawl_page *page, bool was_sent, bool is_whole)
{
    struct crawl *crawl = crawl_of(page);
    int64_t now_ms = crawl->ports->now_ms(crawl->data);

    page->state = CRAWL_PAGE_ARRIVED;
    page->took_ms = now_ms - page->sent_ms;
    crawl->n_backlog++;
    crawl->n_in_flight--;
    if (!was_sent)
        pace_unsent(crawl->pace);
    else if (is_whole)
        pace_ended(crawl->pace, now_ms);
    else
        pace_broke_off(crawl->pace, page->held_until_ms = now_ms + crawl->settings.hold_ms);
    crawl_pump(crawl);
}

static bool is_first_of_all(const struct crawl_page *page)
{
    return page->slice->slice_no == 0 && page->position == 0;
}

struct request_range crawl_page_range(const struct crawl_page *page)
{
    return is_first_of_all(page) ? REQUEST_WHOLE : page->slice->range;
}

static void land(struct crawl_page *page, const struct crawl_answer *answer)
{
    struct crawl *crawl = crawl_of(page);
    struct crawl_listing *listing = page->slice->listing;
    struct pager *pager = &page->slice->pager;
    bool is_whole = is_first_of_all(page) && pager->is_narrowed,
         was_decided = pager->walk != PAGER_UNDECIDED;
    int64_t total_count =
        listing->run->endpoint->takes_list ? answer->n_items : answer->total_count;
    struct crawl_checkpoint checkpoint;

    pager_answer(pager, &(struct pager_answer){.position = page->position,
                                               .asked_token = page->token,
                                               .n_items = answer->n_items,
                                               .total_count = is_whole ? -1 : total_count,
                                               .token = answer->token});
    listing->run->n_items += answer->n_items;
    if (is_whole && answer->total_count >= 0)
        listing->whole_count = answer->total_count;
    if (!was_decided && !listing->ends_when_known &&
        (pager->walk == PAGER_CHAIN || pager->is_out_of_reach))
        crawl_say_why_not_cut(page->slice);
    checkpoint = (struct crawl_checkpoint){.walk = pager->walk,
                                           .position = pager->position,
                                           .token = pager->token,
                                           .total_count = pager->total_count,
                                           .whole_count = is_whole ? answer->total_count : -1,
                                           .is_ended = pager->is_ended};
    page->state = CRAWL_PAGE_LANDING;
    page->slice->n_landing++;
    crawl->ports->land(crawl->data, page, &checkpoint);
}

void crawl_on_answer(struct crawl_page *page, const struct crawl_answer *answer)
{
    struct crawl *crawl = crawl_of(page);

    if (crawl->failure.kind != ERR_NONE) { /* it stays in the spool, for the next start */
        crawl->n_backlog--;
        crawl_page_drop(page);
        crawl_pump(crawl);
        return;
    }
    if (answer->facts.http_status != 0)
        page->slice->listing->run->n_answered++;
    page->charge = verdict_charge(&answer->facts, answer->was_sent, answer->cost_nanousd);
    page->charged_nanousd = page->charge == VERDICT_CHARGE_KNOWN ? answer->cost_nanousd : 0;
    page->verdict = verdict_of(&answer->facts);
    page->code = verdict_code(&answer->facts);
    page->http_status = answer->facts.http_status;
    if (answer->facts.message != NULL)
        snprintf(page->message, sizeof(page->message), "%s", answer->facts.message);
    text_end_torn(page->message);
    if (page->is_surplus)
        snprintf(page->message, sizeof(page->message), "its page had come by another call");
    if (page->verdict.class == VERDICT_OK && !page->is_surplus) {
        land(page, answer);
    } else {
        crawl->n_backlog--;
        settle(page);
    }
    crawl_pump(crawl);
}

void crawl_booked(struct crawl_run *run)
{
    bool is_freed = false;

    run->is_refused = false;
    run->n_booked++;
    for (struct crawl *crawl = crawl_first_peer(run->crawl); crawl != NULL;
         crawl = crawl->next_peer) {
        crawl->n_booked++;
        for (size_t i = 0; i < crawl->n_runs; i++) {
            struct crawl_run *other = crawl->runs[i];

            if (!other->is_refused || !other->is_refused_shared)
                continue;
            other->is_refused = false;
            is_freed = is_freed || crawl != run->crawl;
        }
    }
    if (is_freed)
        crawl_wake_peers(run->crawl);
}

static void book(struct crawl_page *page)
{
    struct crawl_run *run = page->slice->listing->run;

    crawl_of(page)->n_backlog--;
    crawl_booked(run);
    if (page->charge != VERDICT_CHARGE_UNKNOWN)
        run->booked_nanousd += page->charged_nanousd - page->reserved_nanousd;
}

/*
 * Its answer stays in the spool, and the next start tries again. Where database and disk are sound
 * it is the page that cannot land, and that stops nobody but its listing.
 */
static void not_landed(struct crawl_page *page, const struct err *err)
{
    struct crawl *crawl = crawl_of(page);

    crawl->n_backlog--;
    if (crawl->failure.kind != ERR_NONE)
        return; /* no more than the consequence of what has been told */
    if (err->kind == ERR_DATA || err->kind == ERR_INTERNAL)
        crawl_fail_listing(page->slice->listing, "error", "page at %" PRId64 " cannot land: %s%s",
                           page->position, err->text, err_advice(err->kind));
    else
        crawl_fail(crawl, err);
}

void crawl_on_landed(struct crawl_page *page, int64_t newest_s, bool is_end, const struct err *err)
{
    struct crawl *crawl = crawl_of(page);

    page->slice->n_landing--;
    if (err == NULL) {
        if (newest_s > page->slice->seen_to_s)
            page->slice->seen_to_s = newest_s;
        if (is_end)
            pager_stop(&page->slice->pager);
        book(page);
        if (page->charge == VERDICT_CHARGE_UNKNOWN)
            crawl_look_for_stray(crawl, page->sent_ms);
        crawl_page_check_price(page);
    } else {
        not_landed(page, err);
    }
    crawl_page_drop(page);
    crawl_pump(crawl);
}

void crawl_on_settled(struct crawl_page *page, const struct err *err)
{
    struct crawl *crawl = crawl_of(page);

    book(page);
    if (err != NULL) {
        crawl_page_drop(page);
        crawl_fail(crawl, err);
        return;
    }
    crawl_page_check_price(page);
    if (!page->is_surplus) {
        crawl_page_judge(page);
    } else {
        if (page->charge == VERDICT_CHARGE_UNKNOWN)
            crawl_look_for_stray(crawl, page->sent_ms);
        crawl_page_drop(page);
    }
    crawl_pump(crawl);
}
