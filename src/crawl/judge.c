#include <inttypes.h>
#include <stdio.h>

#include "core/log.h"
#include "core/money.h"
#include "crawl/crawl_private.h"

/*
 * What an answer leads to that brought no items, once its charge is booked: its page is asked for
 * again, now or later; or its chain is begun anew (restart.c); or its listing, its job or the whole
 * account is at an end.
 *
 * A charge that is unknown is booked at its reserve, and its page is not asked for again before it
 * is known (unknown.c), whatever else the answer's class would allow.
 */

#define PAUSE_WORTH_SAYING_MS 1000 /* longer than the pause that is on */
#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MAX_MS 60000

#define CODE_TOO_MANY_A_MINUTE 40202
#define CODE_TOO_MANY_AT_ONCE 40209
#define CODE_TIMEOUT 50401
#define HTTP_TOO_MANY 429

static struct crawl *crawl_of(const struct crawl_page *page)
{
    return page->slice->listing->run->crawl;
}

/* One line for all of its listings. */
static void fail_job(struct crawl_run *run, const char *reason)
{
    bool is_told = false;

    for (size_t i = 0; i < run->n_listings; i++) {
        if (crawl_listing_may_fail(&run->listings[i]) && !is_told)
            log_event(LOG_ERROR, crawl_run_fields(run), "%s", reason);
        is_told = is_told || crawl_listing_may_fail(&run->listings[i]);
        crawl_fail_told_listing(&run->listings[i], "error", reason);
    }
}

void crawl_page_check_price(struct crawl_page *page)
{
    struct crawl_run *run = page->slice->listing->run;
    char charged[MONEY_TEXT_MAX], reserved[MONEY_TEXT_MAX], reason[512];

    if (page->charged_nanousd <= page->reserved_nanousd)
        return;
    money_format(page->charged_nanousd, charged);
    money_format(page->reserved_nanousd, reserved);
    snprintf(
        reason, sizeof(reason),
        "a call was charged %s where %s was the most it should cost; the price has changed: "
        "look at it with `linkhaul check --live`, or raise the account's `prices`, then run again",
        charged, reserved);
    fail_job(run, reason);
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
    log_event(LOG_WARNING, log_folded(crawl_page_fields(page)), "%s; asking again in %.1f s", what,
              (double)pause_ms / 1000);
    crawl_page_wait(page, crawl->ports->now_ms(crawl->data) + pause_ms);
}

/* Nothing goes out for a while, whoever asks. Calls in flight may be refused with it: said once. */
static void pause_account(struct crawl_page *page, const char *what)
{
    struct crawl *crawl = crawl_of(page);
    int64_t until_ms = crawl->ports->now_ms(crawl->data) + (int64_t)page->verdict.wait_s * 1000;

    if (until_ms >= crawl->pace->paused_until_ms + PAUSE_WORTH_SAYING_MS)
        log_event(LOG_WARNING, log_folded(crawl_page_fields(page)), "%s; no calls for %u s", what,
                  page->verdict.wait_s);
    pace_pause(crawl->pace, until_ms);
}

/*
 * What the server finds too much, be it ours or that of others who share the account, is less from
 * here on. Of the calls that were out together the first alone counts.
 */
static void shrink_pace(struct crawl_page *page)
{
    struct crawl *crawl = crawl_of(page);
    int64_t now_ms = crawl->ports->now_ms(crawl->data);

    if (page->sent_ms <= crawl->pace->shrunk_ms)
        return;
    if (page->code == CODE_TOO_MANY_AT_ONCE || page->code == CODE_TIMEOUT)
        pace_shrink_in_flight(crawl->pace, now_ms);
    else if (page->code == CODE_TOO_MANY_A_MINUTE || page->http_status == HTTP_TOO_MANY)
        pace_shrink_minute(crawl->pace, now_ms);
}

/* A run whose listings are all over, or about to be published, has not been stopped. */
static void stop_account(struct crawl_page *page, const char *what)
{
    struct crawl *crawl = crawl_of(page);
    bool is_told = false;

    page->slice->listing->run->stop = page->verdict.stop;
    for (size_t i = 0; i < crawl->n_listings; i++) {
        struct crawl_listing *listing = crawl_listing_at(crawl, i);

        if (!crawl_listing_may_fail(listing))
            continue;
        if (!is_told)
            log_event(LOG_ERROR, crawl_page_fields(page), "%s; no more calls to this account",
                      what);
        is_told = true;
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
        crawl_page_wait(page, crawl->pace->paused_until_ms);
}

void crawl_page_judge(struct crawl_page *page)
{
    struct crawl_listing *listing = page->slice->listing;
    struct crawl_run *run = listing->run;
    char what[1024];

    describe(page, what, sizeof(what));
    shrink_pace(page);
    if (page->charge == VERDICT_CHARGE_UNKNOWN && page->verdict.class >= VERDICT_LISTING)
        crawl_look_for_stray(crawl_of(page), page->sent_ms);
    if (crawl_page_breaks_chain(page, what))
        return;
    switch (page->verdict.class) {
    case VERDICT_OK: /* reserved, and not sent after all: later, if ever */
        crawl_page_wait(page, crawl_of(page)->pace->paused_until_ms);
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
