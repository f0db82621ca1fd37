#include <stddef.h>

#include "core/mem.h"
#include "crawl/crawl_private.h"

/*
 * Whose page is next. Answers of an earlier process come first, since they are paid for. Then the
 * listings take turns, each with the first page of a slice that may be too long, a page that waits
 * to be asked again, or the next that a pager wants, while there is a slot, room in the minute, and
 * room behind us.
 *
 * Crawls that share a pace take turns in the same way.
 *
 * Where only time is in the way, the owner is told when to come back; everything else that can free
 * the way (a call ends, a page lands, money is booked) comes with an event of its own.
 */

/* The page that waits to be asked for again gives its place to an answer that is here. */
static bool take_its_place(struct crawl_page *page)
{
    for (struct crawl_page **at = &page->slice->waiting; *at != NULL; at = &(*at)->next) {
        struct crawl_page *waiting = *at;

        if (waiting->position != page->position)
            continue;
        *at = waiting->next;
        page->token = waiting->token;
        waiting->token = NULL;
        page->n_tries = waiting->n_tries;
        page->n_timeouts = waiting->n_timeouts;
        page->n_unknown = waiting->n_unknown;
        crawl_page_free(waiting);
        return true;
    }
    return false;
}

/* The page that is landing may be the last that is wanted. */
static bool is_to_land_first(const struct crawl_slice *slice)
{
    return slice->listing->ends_when_known && slice->n_landing > 0;
}

/* The answers of an earlier process come first: they are paid for. */
static void replay_adopted(struct crawl_slice *slice)
{
    struct crawl_page **at = &slice->adopted;
    struct pager_ask ask;

    if (is_to_land_first(slice))
        return;
    while (*at != NULL) {
        struct crawl_page *page = *at;

        if (pager_take(&slice->pager, page->position, &ask)) {
            page->token = mem_strdup(ask.token);
        } else if (!take_its_place(page)) {
            at = &page->next;
            continue;
        }
        *at = page->next;
        page->next = NULL;
        crawl_page_replay(page);
        at = &slice->adopted;
    }
}

bool crawl_book_surplus(struct crawl_listing *listing)
{
    bool is_any = false;

    for (size_t i = 0; i < listing->n_slices; i++)
        for (struct crawl_page *page; (page = listing->slices[i]->adopted) != NULL;) {
            listing->slices[i]->adopted = page->next;
            page->next = NULL;
            page->is_surplus = is_any = true;
            crawl_page_replay(page);
        }
    return is_any;
}

/* A long listing has thousands of slices, and most are either over or to come. */
static void replay_listing(struct crawl_listing *listing)
{
    while (listing->first_live < listing->n_slices &&
           crawl_slice_is_over(listing->slices[listing->first_live]))
        listing->first_live++;
    for (size_t i = listing->first_live; i < listing->n_slices; i++)
        if (!listing->slices[i]->is_cutting)
            replay_adopted(listing->slices[i]);
}

static struct crawl_page *take_waiting(struct crawl_slice *slice, int64_t now_ms)
{
    for (struct crawl_page **at = &slice->waiting; *at != NULL; at = &(*at)->next)
        if ((*at)->not_before_ms <= now_ms) {
            struct crawl_page *page = *at;

            *at = page->next;
            page->next = NULL;
            return page;
        }
    return NULL;
}

/* The next page of a slice that may be asked for now. */
static struct crawl_page *next_page_of_slice(struct crawl_slice *slice, int64_t now_ms)
{
    struct crawl_page *page;
    struct pager_ask ask;

    if (!slice->is_begun || slice->is_cutting)
        return NULL;
    while ((page = take_waiting(slice, now_ms)) != NULL)
        if ((page = crawl_page_wanted(page)) != NULL)
            return page;
    if (is_to_land_first(slice))
        return NULL;
    while (pager_next(&slice->pager, &ask))
        if ((page = crawl_page_wanted(crawl_page_new(slice, &ask))) != NULL)
            return page;
    return NULL;
}

/* Whether page 1 of the slice has still to tell how long it is, and nobody has asked for it. */
static bool is_to_probe(const struct crawl_slice *slice)
{
    return slice->is_probe && slice->pager.walk == PAGER_UNDECIDED && slice->pager.n_open == 0 &&
           slice->pager.n_stuck == 0 && !slice->pager.is_ended;
}

/* First pages of slices that were cut by guess, so that those that are too long are known early. */
static struct crawl_page *next_probe_of(struct crawl_listing *listing, int64_t now_ms)
{
    bool is_first = true;

    for (size_t i = listing->next_probe; i < listing->n_slices; i++) {
        struct crawl_slice *slice = listing->slices[i];
        struct crawl_page *page = is_to_probe(slice) ? next_page_of_slice(slice, now_ms) : NULL;

        if (page != NULL)
            return page;
        is_first = is_first && slice->is_begun && !is_to_probe(slice);
        listing->next_probe = is_first ? i + 1 : listing->next_probe;
    }
    return NULL;
}

static struct crawl_page *next_page_of(struct crawl_listing *listing, int64_t now_ms)
{
    struct crawl_page *page;

    if (listing->state != CRAWL_LISTING_WALKING || listing->run->is_refused ||
        listing->run->is_stopping)
        return NULL;
    page = next_probe_of(listing, now_ms);
    for (size_t i = listing->first_live; page == NULL && i < listing->n_slices; i++)
        page = next_page_of_slice(listing->slices[i], now_ms);
    return page;
}

struct crawl_listing *crawl_listing_at(struct crawl *crawl, size_t i)
{
    size_t run = 0;

    while (i >= crawl->runs[run]->n_listings)
        i -= crawl->runs[run++]->n_listings;
    return &crawl->runs[run]->listings[i];
}

/* The listings take turns, so that a small one is not stuck behind a big one. */
static struct crawl_page *next_page(struct crawl *crawl, int64_t now_ms)
{
    for (size_t i = 0; i < crawl->n_listings; i++) {
        size_t turn = (crawl->cursor + i) % crawl->n_listings;
        struct crawl_page *page = next_page_of(crawl_listing_at(crawl, turn), now_ms);

        if (page != NULL) {
            crawl->cursor = turn + 1;
            return page;
        }
    }
    return NULL;
}

/* When the next of the waiting pages may be asked for; -1: none waits for a time to come. */
static int64_t earliest_waiting(struct crawl *crawl, int64_t now_ms)
{
    int64_t earliest = -1;

    for (size_t i = 0; i < crawl->n_listings; i++) {
        struct crawl_listing *listing = crawl_listing_at(crawl, i);

        for (size_t j = listing->first_live; j < listing->n_slices; j++)
            for (struct crawl_page *page = listing->slices[j]->waiting; page != NULL;
                 page = page->next)
                if (page->not_before_ms > now_ms &&
                    (earliest < 0 || page->not_before_ms < earliest))
                    earliest = page->not_before_ms;
    }
    return earliest;
}

static int64_t sooner(int64_t a_ms, int64_t b_ms)
{
    return a_ms < 0 || (b_ms >= 0 && b_ms < a_ms) ? b_ms : a_ms;
}

/* No page could be asked for: is it money that is missing? */
static enum pace_wait wait_of_runs(const struct crawl *crawl)
{
    for (size_t i = 0; i < crawl->n_runs; i++)
        if (crawl->runs[i]->is_refused && crawl->runs[i]->state == CRAWL_RUN_WALKING)
            return PACE_WAIT_CAP;
    return PACE_WAIT_NONE;
}

/* One page after the other while there is a way, and nobody waits who comes first. Gives when time
 * alone brings the next slot; -1: it does not. */
static int64_t ask_in_turn(struct crawl *crawl, int64_t now_ms)
{
    enum pace_wait wait = PACE_WAIT_LANDING;
    int64_t at_ms = -1;

    while (!crawl->is_full && crawl->n_backlog < crawl->settings.backlog_max) {
        bool is_free = pace_may_send(crawl->pace, now_ms, &at_ms);
        struct crawl_page *page;

        if (!is_free || !pace_is_turn(crawl->pace, &crawl->place)) {
            wait = is_free ? PACE_WAIT_SLOT : pace_why_not(crawl->pace, now_ms);
            pace_note(crawl->pace, &crawl->place, wait, now_ms);
            pace_wait(crawl->pace, &crawl->place);
            return is_free ? -1 : at_ms;
        }
        page = next_page(crawl, now_ms);
        if (page == NULL) {
            wait = wait_of_runs(crawl);
            break;
        }
        crawl_page_reserve(page);
        pace_leave(crawl->pace, &crawl->place);
    }
    pace_note(crawl->pace, &crawl->place, wait, now_ms);
    pace_leave(crawl->pace, &crawl->place);
    return -1;
}

void crawl_ask(struct crawl *crawl)
{
    int64_t now_ms = crawl->ports->now_ms(crawl->data);
    int64_t at_ms;

    for (size_t i = 0; i < crawl->n_listings; i++) {
        struct crawl_listing *listing = crawl_listing_at(crawl, i);

        if (listing->state != CRAWL_LISTING_WALKING)
            continue;
        replay_listing(listing);
        crawl_cut(listing);
    }
    at_ms = ask_in_turn(crawl, now_ms);
    at_ms = sooner(at_ms, earliest_waiting(crawl, now_ms));
    at_ms = sooner(at_ms, crawl_look(crawl, now_ms));
    if (at_ms >= 0)
        crawl->ports->wake_at(crawl->data, at_ms);
}
