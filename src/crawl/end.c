#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "core/money.h"
#include "core/text.h"
#include "crawl/crawl_private.h"

/*
 * How listings and runs end.
 *
 *   WALKING ──▶ PUBLISHING ──▶ OVER    all pages are in
 *   WALKING ─────────────────▶ OVER    a stop: the listing stays open, as it is
 *   WALKING ──▶ FAILING ──▶ SUSPENDING ──▶ OVER
 *
 * A listing that fails asks for nothing more, lets land what is under way, and is suspended with
 * the reason: it stays open, and the run's next start goes on with it. A run is out of money only
 * when a reserve does not fit while no call of it is open, since each open one is reserved at its
 * worst, and nothing is unknown that the vendor's list may yet tell.
 */

bool crawl_listing_may_fail(const struct crawl_listing *listing)
{
    return listing->state == CRAWL_LISTING_WALKING || listing->state == CRAWL_LISTING_BEGINNING;
}

void crawl_fail_told_listing(struct crawl_listing *listing, const char *completeness,
                             const char *reason)
{
    if (!crawl_listing_may_fail(listing))
        return;
    snprintf(listing->reason, sizeof(listing->reason), "%s", reason);
    text_end_torn(listing->reason);
    listing->completeness = completeness;
    listing->state = CRAWL_LISTING_FAILING;
}

void crawl_fail_listing(struct crawl_listing *listing, const char *completeness, const char *format,
                        ...)
{
    char reason[sizeof(listing->reason)];
    va_list arguments;

    if (!crawl_listing_may_fail(listing))
        return;
    va_start(arguments, format);
    vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    crawl_fail_told_listing(listing, completeness, reason);
    log_event(LOG_ERROR, crawl_listing_fields(listing), "%s", listing->reason);
}

static void drop_waiting(struct crawl_listing *listing)
{
    for (size_t i = 0; i < listing->n_slices; i++) {
        struct crawl_slice *slice = listing->slices[i];

        crawl_drop_unknown(slice);
        crawl_pages_free(slice->waiting);
        slice->waiting = NULL;
    }
}

/* The worst word of its slices. */
static const char *completeness_of(const struct crawl_listing *listing)
{
    const char *word = "complete";

    for (size_t i = 0; i < listing->n_slices; i++) {
        const char *of_slice = pager_completeness(&listing->slices[i]->pager);

        if (strcmp(of_slice, "capped") == 0 || strcmp(word, "complete") == 0)
            word = of_slice;
    }
    return word;
}

/* All slices done: 1. Some cannot go on and none has work: -1. Otherwise 0. */
static int progress_of(const struct crawl_listing *listing)
{
    bool is_done = true, is_stuck = false;

    for (size_t i = 0; i < listing->n_slices; i++) {
        const struct pager *pager = &listing->slices[i]->pager;

        if (listing->slices[i]->restart_limit > 0)
            return 0;
        if (pager_is_done(pager))
            continue;
        is_done = false;
        if (!pager_is_stuck(pager))
            return 0;
        is_stuck = true;
    }
    return is_done ? 1 : is_stuck ? -1 : 0;
}

static size_t n_stuck(const struct crawl_listing *listing)
{
    size_t n = 0;

    for (size_t i = 0; i < listing->n_slices; i++)
        n += listing->slices[i]->pager.n_stuck;
    return n;
}

static void end_walking(struct crawl *crawl, struct crawl_listing *listing)
{
    if (listing->n_busy > 0)
        return;
    switch (progress_of(listing)) {
    case 1:
        if (crawl_book_surplus(listing))
            return;
        drop_waiting(listing); /* pages that it turned out not to want */
        listing->completeness = completeness_of(listing);
        listing->state = CRAWL_LISTING_PUBLISHING;
        crawl->ports->publish(crawl->data, listing);
        return;
    case -1:
        listing->completeness = "error"; /* the reason has been told when it came */
        listing->state = CRAWL_LISTING_FAILING;
        log_event(LOG_ERROR, crawl_listing_fields(listing),
                  "%zu of its pages may have been charged and never came: %s", n_stuck(listing),
                  listing->reason);
        return;
    default:
        if (crawl->is_stopping || listing->run->is_stopping) {
            drop_waiting(listing);
            listing->state = CRAWL_LISTING_OVER;
        }
    }
}

static void end_listing(struct crawl *crawl, struct crawl_listing *listing)
{
    bool is_lost = crawl->failure.kind != ERR_NONE;

    if (listing->n_beginning > 0)
        return;
    if (listing->state == CRAWL_LISTING_WALKING && !is_lost)
        crawl_restart(listing);
    if (listing->n_beginning > 0)
        return;
    if (is_lost && listing->n_busy == 0 &&
        (listing->state == CRAWL_LISTING_WALKING || listing->state == CRAWL_LISTING_FAILING)) {
        drop_waiting(listing);
        listing->state = CRAWL_LISTING_OVER;
        return;
    }
    if (listing->state == CRAWL_LISTING_WALKING)
        end_walking(crawl, listing);
    if (listing->state == CRAWL_LISTING_FAILING && listing->n_busy == 0) {
        drop_waiting(listing);
        listing->state = CRAWL_LISTING_SUSPENDING;
        crawl->ports->suspend(crawl->data, listing);
    }
}

int64_t crawl_items_in_slices(const struct crawl_listing *listing)
{
    int64_t n_items = 0;

    for (size_t i = 0; i < listing->n_slices; i++) {
        const struct pager *pager = &listing->slices[i]->pager;

        n_items += pager->total_count < 0 ? pager->n_items : pager->total_count;
    }
    return n_items;
}

/* A slice that was cut does not know its own part before its next page. */
int64_t crawl_items_expected(const struct crawl_listing *listing)
{
    int64_t n_items = 0;

    for (size_t i = 0; i < listing->n_slices; i++) {
        int64_t expected = pager_expected(&listing->slices[i]->pager);

        if (expected < 0)
            return listing->whole_count;
        n_items += expected;
    }
    return listing->n_slices > 0 ? n_items : -1;
}

static bool is_each_known(const struct crawl_listing *listing)
{
    for (size_t i = 0; i < listing->n_slices; i++)
        if (!listing->slices[i]->pager.is_ended && pager_expected(&listing->slices[i]->pager) < 0)
            return false;
    return true;
}

/* What its missing items would cost at the least; -1: nobody knows how many there are. */
static int64_t cost_to_finish(const struct crawl_listing *listing)
{
    const struct price *price = &listing->run->price;
    int64_t nanousd = 0, n_items = 0, missing, limit = 1;

    for (size_t i = 0; i < listing->n_slices; i++) {
        const struct crawl_slice *slice = listing->slices[i];

        missing = pager_expected(&slice->pager) - slice->pager.n_items;
        limit = slice->limit;
        n_items += slice->pager.n_items;
        if (missing > 0 && !slice->pager.is_ended)
            nanousd += (missing + slice->limit - 1) / slice->limit * price->per_call_nanousd +
                       missing * price->per_item_nanousd;
    }
    if (listing->n_slices > 0 && is_each_known(listing))
        return nanousd;
    missing = listing->whole_count - n_items;
    if (listing->whole_count < 0)
        return -1;
    return missing <= 0 ? 0
                        : (missing + limit - 1) / limit * price->per_call_nanousd +
                              missing * price->per_item_nanousd;
}

/* A refusal that no open call can lift: the message is the database's, naming the cap. */
static void end_refused(struct crawl_run *run)
{
    for (size_t i = 0; i < run->n_listings; i++) {
        int64_t rest_nanousd = cost_to_finish(&run->listings[i]);
        char rest[MONEY_TEXT_MAX] = "an amount that is not known yet";

        if (rest_nanousd >= 0)
            money_format(rest_nanousd, rest);
        crawl_fail_listing(&run->listings[i], "budget",
                           "%s; to finish it takes %s more; what has come is kept: raise the cap "
                           "and run again, or the next night goes on",
                           run->refusal, rest);
    }
}

static size_t n_busy_of(const struct crawl *crawl)
{
    size_t n_busy = 0;

    for (size_t i = 0; i < crawl->n_runs; i++)
        n_busy += crawl->runs[i]->n_busy;
    return n_busy;
}

/* Nothing is open whose charge could still make room, and no list is to be looked at that could. */
static bool is_refused_for_good(struct crawl *crawl, const struct crawl_run *run)
{
    size_t n_busy = run->n_busy;

    if (!run->is_refused || crawl_is_to_look(crawl) || crawl->failure.kind != ERR_NONE)
        return false;
    if (run->is_refused_shared)
        for (struct crawl *peer = crawl_first_peer(crawl); peer != NULL; peer = peer->next_peer)
            n_busy += n_busy_of(peer);
    return n_busy == 0;
}

/* The last of its open calls is over: what a shared cap refuses to others may be refused for good.
 */
static void tell_peers(struct crawl *crawl)
{
    bool was_busy = crawl->is_busy;

    crawl->is_busy = n_busy_of(crawl) > 0;
    if (was_busy && !crawl->is_busy)
        crawl_wake_peers(crawl);
}

void crawl_end_runs(struct crawl *crawl)
{
    tell_peers(crawl);
    for (size_t i = 0; i < crawl->n_runs; i++) {
        struct crawl_run *run = crawl->runs[i];
        bool is_over = true;

        if (is_refused_for_good(crawl, run))
            end_refused(run);
        for (size_t j = 0; j < run->n_listings; j++) {
            end_listing(crawl, &run->listings[j]);
            is_over = is_over && run->listings[j].state == CRAWL_LISTING_OVER;
        }
        if (!is_over || run->state != CRAWL_RUN_WALKING)
            continue;
        run->state = crawl->failure.kind != ERR_NONE ? CRAWL_RUN_OVER : CRAWL_RUN_ENDING;
        if (run->state == CRAWL_RUN_ENDING)
            crawl->ports->end_run(crawl->data, run);
    }
}
