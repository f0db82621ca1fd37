#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/money.h"
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
 * ARRIVED.
 *
 * A charge that is unknown is booked at its reserve, and its page is not asked for again before it
 * is known, whatever else the answer's class would allow.
 */

#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MAX_MS 60000
#define PAUSE_WORTH_SAYING_MS 1000 /* longer than the pause that is on */

#define CODE_TOO_MANY_A_MINUTE 40202
#define CODE_TOO_MANY_AT_ONCE 40209
#define CODE_TIMEOUT 50401
#define HTTP_TOO_MANY 429

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
    page->charge = VERDICT_CHARGE_FREE; /* as long as it is not sent; nothing of an earlier try */
    page->charged_nanousd = 0;
    page->verdict = (struct verdict){.class = VERDICT_OK};
    page->code = 0;
    page->message[0] = '\0';
    page->reserved_nanousd = price_worst(page->slice->listing->run->price, page->slice->limit);
    pace_sent(&crawl->pace);
    count_busy(page, true);
    crawl->ports->reserve(crawl->data, page);
}

void crawl_page_replay(struct crawl_page *page)
{
    struct crawl *crawl = crawl_of(page);

    page->state = CRAWL_PAGE_ARRIVED;
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
    page->is_adopted = false;
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
        if (!run->is_stopping)
            log_warning("%s: %s; what is paid for lands", run->job, refusal->text);
        run->is_stopping = true;
    } else if (is_shared ? page->n_booked_all == crawl_of(page)->n_booked
                         : page->n_booked == run->n_booked) {
        run->is_refused = true;
        run->is_refused_shared = is_shared;
        snprintf(run->refusal, sizeof(run->refusal), "%.255s", refusal->text);
    }
    crawl_page_wait(page, 0);
}

/* Whether a call whose money is there may still go. */
static bool may_go(const struct crawl_page *page)
{
    const struct crawl *crawl = crawl_of(page);

    return !crawl->is_stopping && !crawl->is_full && !page->slice->listing->run->is_stopping &&
           page->slice->listing->state == CRAWL_LISTING_WALKING &&
           crawl->ports->now_ms(crawl->data) >= crawl->pace.paused_until_ms;
}

void crawl_on_reserved(struct crawl_page *page, const struct crawl_refusal *refusal,
                       const struct err *err)
{
    struct crawl *crawl = crawl_of(page);
    struct crawl_listing *listing = page->slice->listing;

    if (err != NULL) {
        pace_unsent(&crawl->pace);
        crawl_page_drop(page);
        crawl_fail(crawl, err);
        return;
    }
    if (refusal != NULL) {
        pace_unsent(&crawl->pace);
        refuse(page, refusal);
    } else if (!may_go(page)) {
        pace_unsent(&crawl->pace);
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
    crawl->n_backlog++;
    if (!was_sent)
        pace_unsent(&crawl->pace);
    else if (is_whole)
        pace_ended(&crawl->pace, now_ms);
    else
        pace_broke_off(&crawl->pace, page->held_until_ms = now_ms + crawl->settings.hold_ms);
    crawl_pump(crawl);
}

static void land(struct crawl_page *page, const struct crawl_answer *answer)
{
    struct crawl *crawl = crawl_of(page);
    struct pager *pager = &page->slice->pager;
    struct crawl_checkpoint checkpoint;

    pager_answer(pager, &(struct pager_answer){.position = page->position,
                                               .asked_token = page->token,
                                               .n_items = answer->n_items,
                                               .total_count = answer->total_count,
                                               .token = answer->token});
    page->slice->listing->run->n_items += answer->n_items;
    checkpoint = (struct crawl_checkpoint){.walk = pager->walk,
                                           .position = pager->position,
                                           .token = pager->token,
                                           .total_count = pager->total_count,
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
    if (page->verdict.class == VERDICT_OK) {
        land(page, answer);
    } else {
        crawl->n_backlog--;
        settle(page);
    }
    crawl_pump(crawl);
}

void crawl_booked(struct crawl_run *run)
{
    run->is_refused = false;
    run->n_booked++;
    run->crawl->n_booked++;
    for (size_t i = 0; i < run->crawl->n_runs; i++)
        if (run->crawl->runs[i]->is_refused_shared)
            run->crawl->runs[i]->is_refused = false;
}

static void book(struct crawl_page *page)
{
    struct crawl_run *run = page->slice->listing->run;

    crawl_of(page)->n_backlog--;
    crawl_booked(run);
    if (page->charge != VERDICT_CHARGE_UNKNOWN)
        run->booked_nanousd += page->charged_nanousd - page->reserved_nanousd;
}

static bool may_fail(const struct crawl_listing *listing)
{
    return listing->state == CRAWL_LISTING_WALKING || listing->state == CRAWL_LISTING_BEGINNING;
}

/* One line for all of its listings. */
static void fail_job(struct crawl_run *run, const char *reason)
{
    bool is_told = false;

    for (size_t i = 0; i < run->n_listings; i++) {
        if (may_fail(&run->listings[i]) && !is_told)
            log_error("%s: %s", run->job, reason);
        is_told = is_told || may_fail(&run->listings[i]);
        crawl_fail_told_listing(&run->listings[i], "error", reason);
    }
}

/* The answer cost more than the dearest that its reserve allowed for: the price has changed. */
static void stop_if_dearer(struct crawl_page *page)
{
    struct crawl_run *run = page->slice->listing->run;
    char charged[MONEY_TEXT_MAX], reserved[MONEY_TEXT_MAX], reason[512];

    if (page->is_adopted || page->charged_nanousd <= page->reserved_nanousd)
        return;
    money_format(page->charged_nanousd, charged);
    money_format(page->reserved_nanousd, reserved);
    snprintf(reason, sizeof(reason),
             "a call was charged %s where %s was the most it should cost; the price has changed: "
             "look at it with `linkhaul check --live`, then run again",
             charged, reserved);
    fail_job(run, reason);
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
        crawl_fail_listing(page->slice->listing, "error", "page at %" PRId64 " cannot land: %s",
                           page->position, err->text);
    else
        crawl_fail(crawl, err);
}

void crawl_on_landed(struct crawl_page *page, const struct err *err)
{
    struct crawl *crawl = crawl_of(page);

    page->slice->n_landing--;
    if (err == NULL) {
        book(page);
        stop_if_dearer(page);
    } else {
        not_landed(page, err);
    }
    crawl_page_drop(page);
    crawl_pump(crawl);
}

/* "40501 Invalid Field: 'filters'.: a field is invalid; check the request of the job" */
static const char *describe(const struct crawl_page *page, char *text, size_t size)
{
    char code[16] = "";

    if (page->code != 0)
        snprintf(code, sizeof(code), "%d ", page->code);
    else if (page->http_status != 0)
        snprintf(code, sizeof(code), "HTTP %d: ", page->http_status);
    snprintf(text, size, "%s%s%s%s%s%s", code, page->message, page->message[0] != '\0' ? ": " : "",
             page->verdict.meaning, page->verdict.remedy != NULL ? "; " : "",
             page->verdict.remedy != NULL ? page->verdict.remedy : "");
    return text;
}

int64_t crawl_backoff_ms(struct crawl *crawl, unsigned n_tries)
{
    int64_t pause_ms = BACKOFF_FIRST_MS;

    for (unsigned i = 1; i < n_tries && pause_ms < BACKOFF_MAX_MS; i++)
        pause_ms *= 2;
    if (pause_ms > BACKOFF_MAX_MS)
        pause_ms = BACKOFF_MAX_MS;
    crawl->jitter = crawl->jitter * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return pause_ms + (int64_t)((crawl->jitter >> 33) % (uint64_t)(pause_ms / 4));
}

static void retry(struct crawl_page *page, const char *what)
{
    struct crawl *crawl = crawl_of(page);
    struct crawl_listing *listing = page->slice->listing;
    int64_t pause_ms;

    page->n_tries++;
    if (page->n_tries >= crawl->settings.tries_max) {
        crawl_fail_listing(listing, "error", "page at %" PRId64 ": %s (asked %u times)",
                           page->position, what, page->n_tries);
        crawl_page_drop(page);
        return;
    }
    pause_ms = crawl_backoff_ms(crawl, page->n_tries);
    log_warning("%s: %s: page at %" PRId64 ": %s; asking again in %.1f s", listing->run->job,
                listing->target, page->position, what, (double)pause_ms / 1000);
    crawl_page_wait(page, crawl->ports->now_ms(crawl->data) + pause_ms);
}

/* Nothing goes out for a while, whoever asks. Calls in flight may be refused with it: said once. */
static void pause_account(struct crawl_page *page, const char *what)
{
    struct crawl *crawl = crawl_of(page);
    int64_t until_ms = crawl->ports->now_ms(crawl->data) + (int64_t)page->verdict.wait_s * 1000;

    if (until_ms >= crawl->pace.paused_until_ms + PAUSE_WORTH_SAYING_MS)
        log_warning("%s: %s; no calls for %u s", page->slice->listing->run->job, what,
                    page->verdict.wait_s);
    pace_pause(&crawl->pace, until_ms);
}

/*
 * What the server finds too much, be it ours or that of others who share the account, is less from
 * here on. Of the calls that were out together the first alone counts.
 */
static void shrink_pace(struct crawl_page *page)
{
    struct crawl *crawl = crawl_of(page);
    int64_t now_ms = crawl->ports->now_ms(crawl->data);

    if (page->sent_ms <= crawl->shrunk_ms)
        return;
    if (page->code == CODE_TOO_MANY_AT_ONCE || page->code == CODE_TIMEOUT)
        pace_shrink_in_flight(&crawl->pace, now_ms);
    else if (page->code == CODE_TOO_MANY_A_MINUTE || page->http_status == HTTP_TOO_MANY)
        pace_shrink_minute(&crawl->pace, now_ms);
    else
        return;
    crawl->shrunk_ms = now_ms;
}

/* A run whose listings are all over, or about to be published, has not been stopped. */
static void stop_account(struct crawl_page *page, const char *what)
{
    struct crawl *crawl = crawl_of(page);

    if (may_fail(page->slice->listing))
        log_error("%s; no more calls to this account", what);
    page->slice->listing->run->stop = page->verdict.stop;
    for (size_t i = 0; i < crawl->n_listings; i++) {
        struct crawl_listing *listing = crawl_listing_at(crawl, i);

        if (may_fail(listing))
            listing->run->stop = page->verdict.stop;
        crawl_fail_told_listing(listing, "error", what);
    }
    crawl_page_drop(page);
}

static void ask_again(struct crawl_page *page, const char *what)
{
    struct crawl *crawl = crawl_of(page);

    if (crawl->is_stopping || page->slice->listing->run->is_stopping ||
        page->slice->listing->state != CRAWL_LISTING_WALKING)
        crawl_page_drop(page);
    else if (page->verdict.class == VERDICT_RETRY)
        retry(page, what);
    else
        crawl_page_wait(page, crawl->pace.paused_until_ms);
}

static void judge(struct crawl_page *page)
{
    struct crawl_listing *listing = page->slice->listing;
    struct crawl_run *run = listing->run;
    char what[1024];

    describe(page, what, sizeof(what));
    shrink_pace(page);
    if (crawl_page_breaks_chain(page, what))
        return;
    switch (page->verdict.class) {
    case VERDICT_OK: /* reserved, and not sent after all: later, if ever */
        crawl_page_wait(page, crawl_of(page)->pace.paused_until_ms);
        return;
    case VERDICT_ACCOUNT:
        stop_account(page, what);
        return;
    case VERDICT_JOB:
        fail_job(run, what);
        crawl_page_drop(page);
        return;
    case VERDICT_LISTING:
        crawl_fail_listing(listing, "error", "page at %" PRId64 ": %s", page->position, what);
        crawl_page_drop(page);
        return;
    case VERDICT_WAIT:
        pause_account(page, what);
        break;
    case VERDICT_RETRY:
        break;
    }
    if (page->charge == VERDICT_CHARGE_UNKNOWN)
        crawl_page_is_unknown(page, what);
    else
        ask_again(page, what);
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
    stop_if_dearer(page);
    judge(page);
    crawl_pump(crawl);
}
