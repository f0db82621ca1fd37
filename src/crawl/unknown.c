#include <inttypes.h>
#include <stdio.h>

#include "core/log.h"
#include "core/money.h"
#include "core/text.h"
#include "crawl/crawl_private.h"

/*
 * Pages whose last call may have been charged, and the vendor's list that tells.
 *
 *   UNKNOWN ──▶ WAITING
 *      │
 *      └──────▶ (freed), and stuck
 *
 * The list has the call: billed, and its answer is lost. Or it would have it by now and has not:
 * never executed. Either way the page is asked for again. It is stuck, until the next start, where
 * nobody can tell and unknown_retries are used up.
 *
 * All wait together: a look is for every unknown call of the account, also those that no slice here
 * waits for. The first is soon, since what was executed is listed after some seconds; further ones
 * follow until all is known, which the last of them, when a call would be listed, brings about.
 *
 * - A page is asked for tries_max times in all, then its listing fails.
 * - A look fails: it is tried again; after a number of failures the pages are given up.
 * - There is no such list, or it turns out not to have our calls: the page is asked for again all
 *   the same, but only unknown_retries times, each of them counted at its worst.
 * - A stop does not wait: the next start takes it up again.
 */

#define LOOK_FIRST_MS 10000
#define LOOK_EVERY_MS 20000 /* the vendor allows ten such calls a minute; a look can be several */
#define LOOK_FAILED_MS 60000
#define LOOKS_FAILED_MAX 5

static const char list_is_away[] = "the vendor's list that would tell is away: run again later";

static struct crawl *crawl_of(const struct crawl_slice *slice)
{
    return slice->listing->run->crawl;
}

static int64_t now_of(const struct crawl *crawl)
{
    return crawl->ports->now_ms(crawl->data);
}

static void plan_look(struct crawl *crawl, int64_t at_ms)
{
    if (crawl->settings.has_list && (crawl->look_at_ms < 0 || at_ms < crawl->look_at_ms))
        crawl->look_at_ms = at_ms;
}

static void add(struct crawl_page *page, struct crawl_page **list)
{
    page->state = CRAWL_PAGE_UNKNOWN;
    page->next = *list;
    *list = page;
    page->slice->listing->run->n_unknown += !page->is_hopeless;
}

static void take_out(struct crawl_page *page, struct crawl_page **list)
{
    while (*list != page)
        list = &(*list)->next;
    *list = page->next;
    page->next = NULL;
    page->slice->listing->run->n_unknown -= !page->is_hopeless;
}

/* The pager goes on taking it as open. */
static void ask_again(struct crawl_page *page, int64_t not_before_ms)
{
    page->state = CRAWL_PAGE_WAITING;
    page->not_before_ms = not_before_ms;
    page->next = page->slice->waiting;
    page->slice->waiting = page;
}

/* It stays missing until the next start; the other pages go on, and the listing ends with it. */
static void give_up(struct crawl_page *page, const char *why)
{
    struct crawl_listing *listing = page->slice->listing;

    if (listing->state == CRAWL_LISTING_WALKING) {
        snprintf(listing->reason, sizeof(listing->reason),
                 "page at %" PRId64 " may have been charged, and %s", page->position, why);
        text_end_torn(listing->reason);
        log_event(LOG_WARNING, log_folded(crawl_listing_fields(listing)), "%s", listing->reason);
    }
    pager_put_back(&page->slice->pager, page->position, /* is_stuck= */ true);
    crawl_page_free(page);
}

/* It was asked for in vain once more; false where that was the last time, and its listing fails. */
static bool may_try_again(struct crawl_page *page, const char *why)
{
    if (++page->n_tries < crawl_of(page->slice)->settings.tries_max)
        return true;
    crawl_fail_listing(page->slice->listing, "error", "page at %" PRId64 ": %s (asked %u times)",
                       page->position, why, page->n_tries);
    return false;
}

/* Nobody will ever tell what it cost. */
static void retry_or_give_up(struct crawl_page *page)
{
    struct crawl *crawl = crawl_of(page->slice);

    if (page->n_unknown > crawl->settings.unknown_retries) {
        give_up(page,
                "nobody can tell; unknown_retries allows no further try: raise it and run "
                "again, or `linkhaul run --fresh`");
        return;
    }
    if (!may_try_again(page, "it may have been charged, and nobody can tell")) {
        crawl_page_free(page);
        return;
    }
    log_event(LOG_WARNING, log_folded(crawl_page_fields(page)),
              "it may have been charged, and nobody can tell; asking for it again "
              "(unknown_retries)");
    ask_again(page, now_of(crawl) + crawl_backoff_ms(crawl, page->n_unknown));
}

void crawl_page_is_unknown(struct crawl_page *page, const char *what)
{
    struct crawl_listing *listing = page->slice->listing;
    struct crawl *crawl = listing->run->crawl;

    if (crawl->is_stopping || listing->run->is_stopping ||
        listing->state != CRAWL_LISTING_WALKING) {
        crawl_look_for_stray(crawl, page->sent_ms);
        crawl_page_drop(page);
        return;
    }
    crawl_page_let_go(page);
    page->n_unknown++;
    log_event(LOG_WARNING, log_folded(crawl_page_fields(page)), "%s; it may have been charged%s",
              what, crawl->settings.has_list ? ", which the vendor's list will tell" : "");
    if (!crawl->settings.has_list) {
        retry_or_give_up(page);
        return;
    }
    add(page, &page->slice->unknown);
    plan_look(crawl, now_of(crawl) + LOOK_FIRST_MS);
}

/* --- from an earlier process ----------------------------------------------------------------- */

static struct crawl_page *find_at(struct crawl_page *page, int64_t position)
{
    while (page != NULL && page->position != position)
        page = page->next;
    return page;
}

/*
 * The page before it may have been received and not landed, so that the pager cannot want this one
 * yet, nor know its token. Or another call for it was answered: with a refusal, it may be.
 */
void crawl_adopt_unknown(struct crawl_slice *slice, int64_t position, int64_t age_ms)
{
    struct crawl *crawl = crawl_of(slice);
    struct crawl_page *page = find_at(slice->early, position);
    int64_t sent_ms = now_of(crawl) - age_ms;

    if (page == NULL) {
        page = crawl_page_new(slice, &(struct pager_ask){.position = position});
        page->reserved_nanousd = price_worst(slice->listing->run->price, slice->limit);
        page->is_hopeless = !crawl->settings.has_list;
        page->sent_ms = sent_ms;
        add(page, &slice->early);
        plan_look(crawl, now_of(crawl));
    }
    page->n_unknown++;
    if (page->sent_ms < sent_ms)
        page->sent_ms = sent_ms;
}

struct crawl_page *crawl_page_wanted(struct crawl_page *page)
{
    struct crawl_slice *slice = page->slice;
    struct crawl_page *early = find_at(slice->early, page->position);
    bool is_hopeless;

    if (early == NULL)
        return page;
    take_out(early, &slice->early);
    is_hopeless = early->is_hopeless;
    page->n_unknown += early->n_unknown;
    page->sent_ms = early->sent_ms;
    crawl_page_free(early);
    if (!is_hopeless)
        add(page, &slice->unknown);
    else if (crawl_of(slice)->n_failed_looks >= LOOKS_FAILED_MAX)
        give_up(page, list_is_away);
    else
        retry_or_give_up(page);
    return NULL;
}

void crawl_look_for_stray(struct crawl *crawl, int64_t sent_ms)
{
    if (crawl->strays_until_ms < sent_ms + crawl->settings.listed_after_ms)
        crawl->strays_until_ms = sent_ms + crawl->settings.listed_after_ms;
    plan_look(crawl, now_of(crawl) + LOOK_FIRST_MS);
}

static void drop_all(struct crawl_page **list)
{
    while (*list != NULL) {
        struct crawl_page *page = *list;

        if (!page->is_hopeless)
            crawl_look_for_stray(crawl_of(page->slice), page->sent_ms);
        take_out(page, list);
        crawl_page_free(page);
    }
}

void crawl_drop_unknown(struct crawl_slice *slice)
{
    drop_all(&slice->unknown);
    drop_all(&slice->early);
}

void crawl_expect_look(struct crawl *crawl)
{
    crawl_look_for_stray(crawl, now_of(crawl));
    plan_look(crawl, now_of(crawl));
}

/* --- looks ----------------------------------------------------------------------------------- */

bool crawl_is_to_look(const struct crawl *crawl)
{
    return crawl->look_at_ms >= 0 || crawl->looked_since_ms >= 0;
}

int64_t crawl_look(struct crawl *crawl, int64_t now_ms)
{
    if (crawl->look_at_ms < 0 || crawl->looked_since_ms >= 0)
        return -1;
    if (crawl->look_at_ms > now_ms)
        return crawl->look_at_ms;
    crawl->looked_since_ms = now_ms;
    crawl->ports->look(crawl->data);
    return -1;
}

static struct crawl_slice *find_slice(struct crawl *crawl, int64_t listing_id, int32_t slice_no)
{
    for (size_t i = 0; i < crawl->n_listings; i++) {
        const struct crawl_listing *listing = crawl_listing_at(crawl, i);

        for (size_t j = 0; listing->listing_id == listing_id && j < listing->n_slices; j++)
            if (listing->slices[j]->slice_no == slice_no)
                return listing->slices[j];
    }
    return NULL;
}

static void say_what_became(const struct crawl_page *page, bool is_billed, int64_t charged_nanousd)
{
    struct log_fields fields = log_folded(crawl_page_fields(page));
    char charged[MONEY_TEXT_MAX];

    fields.charge = is_billed ? "undelivered" : "void";
    fields.nanousd = &charged_nanousd;
    if (is_billed)
        log_event(LOG_WARNING, fields,
                  "its call was billed (%s) and its answer never came: undelivered; asking for it "
                  "again",
                  money_format(charged_nanousd, charged));
    else
        log_event(LOG_INFO, fields, "its call was not billed; asking for it again");
}

/* All is known of a page that waited: it is asked for again. */
static void end_waiting(struct crawl_page *page)
{
    struct crawl *crawl = crawl_of(page->slice);

    if (page->held_until_ms > 0)
        pace_release(crawl->pace, page->held_until_ms, now_of(crawl));
    page->held_until_ms = 0;
    if (!may_try_again(page, "its answers do not come"))
        crawl_page_free(page);
    else
        ask_again(page, 0);
}

void crawl_on_resolved(struct crawl *crawl, int64_t listing_id, int32_t slice_no, int64_t position,
                       bool is_billed, int64_t charged_nanousd)
{
    struct crawl_slice *slice = find_slice(crawl, listing_id, slice_no);
    struct crawl_page *page, **list;
    struct crawl_run *run;

    if (slice == NULL) { /* of a listing that is over, be it a run's here or another's */
        for (size_t i = 0; i < crawl->n_runs; i++)
            crawl_booked(crawl->runs[i]);
        return;
    }
    run = slice->listing->run;
    run->booked_nanousd += charged_nanousd - price_worst(run->price, slice->limit);
    crawl_booked(run);
    list = find_at(slice->unknown, position) != NULL ? &slice->unknown : &slice->early;
    page = find_at(*list, position);
    if (page == NULL)
        return; /* no page waits for it */
    if (is_billed) {
        run->n_undelivered++;
        run->undelivered_nanousd += charged_nanousd;
    }
    if (--page->n_unknown > 0)
        return;
    say_what_became(page, is_billed, charged_nanousd);
    take_out(page, list);
    if (list == &slice->early)
        crawl_page_free(page); /* the pager has not asked for it */
    else
        end_waiting(page);
}

/* The list should have settled it by now and has not; or it is away. */
static void settle_unheard(struct crawl_page *page, bool is_away)
{
    take_out(page, &page->slice->unknown);
    if (is_away)
        give_up(page, list_is_away);
    else
        retry_or_give_up(page);
}

static void settle_rest_of(struct crawl_slice *slice, int64_t sent_before_ms, bool is_away)
{
    for (struct crawl_page *page = slice->unknown, *next; page != NULL; page = next) {
        next = page->next;
        if (is_away || page->sent_ms < sent_before_ms)
            settle_unheard(page, is_away);
    }
    for (struct crawl_page *page = slice->early; page != NULL; page = page->next)
        if (!page->is_hopeless && (is_away || page->sent_ms < sent_before_ms)) {
            page->is_hopeless = true; /* decided when it is wanted */
            slice->listing->run->n_unknown--;
        }
}

static void settle_the_rest(struct crawl *crawl, int64_t looked_since_ms, bool is_away)
{
    int64_t sent_before_ms = looked_since_ms - crawl->settings.listed_after_ms;

    for (size_t i = 0; i < crawl->n_listings; i++) {
        const struct crawl_listing *listing = crawl_listing_at(crawl, i);

        for (size_t j = 0; j < listing->n_slices; j++)
            settle_rest_of(listing->slices[j], sent_before_ms, is_away);
    }
}

static bool is_any_unknown(const struct crawl *crawl)
{
    for (size_t i = 0; i < crawl->n_runs; i++)
        if (crawl->runs[i]->n_unknown > 0)
            return true;
    return false;
}

void crawl_on_looked(struct crawl *crawl, const struct err *err)
{
    int64_t looked_since_ms = crawl->looked_since_ms, now_ms = now_of(crawl);
    bool is_away;

    if (err != NULL && err->kind == ERR_DB) { /* not the list: nothing can be booked any more */
        crawl->looked_since_ms = -1;
        crawl_fail(crawl, err);
        return;
    }
    crawl->looked_since_ms = crawl->look_at_ms = -1;
    crawl->n_failed_looks = err == NULL ? 0 : crawl->n_failed_looks + 1;
    is_away = crawl->n_failed_looks >= LOOKS_FAILED_MAX;
    if (err != NULL)
        log_event(LOG_WARNING, log_folded(crawl_fields(crawl)),
                  "the vendor's list of calls cannot be had, asking again in %d s: %s",
                  LOOK_FAILED_MS / 1000, err->text);
    if (err == NULL || is_away)
        settle_the_rest(crawl, looked_since_ms, is_away);
    if (is_away || (err == NULL && looked_since_ms > crawl->strays_until_ms))
        crawl->strays_until_ms = -1;
    if (is_any_unknown(crawl) || crawl->strays_until_ms >= 0)
        plan_look(crawl, now_ms + (err == NULL ? LOOK_EVERY_MS : LOOK_FAILED_MS));
    crawl_pump(crawl);
}
