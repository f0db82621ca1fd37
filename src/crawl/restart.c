#include <inttypes.h>
#include <string.h>

#include "api/endpoint.h"
#include "api/request.h"
#include "core/log.h"
#include "core/text.h"
#include "crawl/crawl_private.h"

/*
 * A chain that cannot be followed any further: its token is no longer taken, or its pages are too
 * large for the API's time limit (a page size never changes within a chain). Once what was received
 * has landed the slice ends where it stands, and a new one asks for what lies behind by the value
 * that the chain was walked by. Only items of that same value are bought again.
 *
 * - That would bring other items than the chain (an order of the job's own, grouping): the listing
 *   fails, and only `run --fresh` helps.
 * - The new slice would begin where the old one did, so many items share the value: it would buy
 * the same pages again and again. The listing fails likewise.
 */

#define CODE_TIMEOUT 50401
#define CODE_EXPIRED 40403
#define TIMEOUTS_MAX 2 /* of a page, before its size is halved */
#define LIMIT_LEAST                                                                                \
    250 /* each call has its price: an item of smaller pages costs more than double */

static bool is_token_refused(const struct crawl_page *page)
{
    return page->token != NULL && (page->verdict.names_token || page->code == CODE_EXPIRED);
}

/* By offset a smaller page would leave holes; page 1, with nothing behind it, may be made smaller.
 */
static bool is_too_large(struct crawl_page *page)
{
    if (page->code != CODE_TIMEOUT)
        return false;
    page->n_timeouts++;
    return page->n_timeouts >= TIMEOUTS_MAX && page->slice->limit / 2 >= LIMIT_LEAST &&
           page->slice->pager.walk != PAGER_OFFSET;
}

bool crawl_page_breaks_chain(struct crawl_page *page, const char *what)
{
    struct crawl_slice *slice = page->slice;
    struct crawl_listing *listing = slice->listing;
    bool is_refused = is_token_refused(page), is_behind = page->token != NULL;
    const char *why = NULL;

    if (!is_refused && !is_too_large(page))
        return false;
    if (page->charge == VERDICT_CHARGE_UNKNOWN) { /* what it says can wait until that is known */
        crawl_page_is_unknown(page, what);
        return true;
    }
    if (listing->state != CRAWL_LISTING_WALKING) { /* no fault of its job, whatever the code says */
        crawl_page_drop(page);
        return true;
    }
    if (is_behind && request_walk_column(listing->run->endpoint, listing->request, slice->order_by,
                                         &why) == NULL) {
        if (!is_refused)
            return false; /* it may come in time after all */
        crawl_fail_listing(listing, "error",
                           "page at %" PRId64
                           ": %s; the chain cannot be gone on with, since %s: "
                           "`linkhaul run --fresh` begins anew",
                           page->position, what, why);
        crawl_page_drop(page);
        return true;
    }
    slice->restart_limit = is_refused ? slice->limit : slice->limit / 2;
    log_event(LOG_WARNING, crawl_page_fields(page), "%s; going on behind it with pages of %" PRId64,
              what, slice->restart_limit);
    pager_end(&slice->pager);
    crawl_page_drop(page);
    return true;
}

void crawl_restart(struct crawl_listing *listing)
{
    struct crawl *crawl = listing->run->crawl;
    const char *why;

    for (size_t i = listing->first_live; i < listing->n_slices; i++) {
        struct crawl_slice *slice = listing->slices[i];

        if (slice->restart_limit == 0 || slice->next != NULL || slice->n_landing > 0 ||
            crawl->is_stopping)
            continue;
        slice->next =
            crawl_slice_new(listing, slice->restart_limit, slice->order_by, &slice->range);
        listing->n_beginning++;
        crawl->ports->restart(
            crawl->data, slice, slice->next->slice_no, slice->restart_limit,
            request_walk_column(listing->run->endpoint, listing->request, slice->order_by, &why));
    }
}

/* With smaller pages the same beginning may get further. */
static bool is_no_further(const struct crawl_slice *slice, int64_t from_s)
{
    return slice->next->limit == slice->limit && from_s != REQUEST_FROM_OPEN &&
           from_s == slice->range.from_s;
}

void crawl_on_restarted(struct crawl_slice *slice, bool is_begun, int64_t from_s,
                        const struct err *err)
{
    struct crawl_listing *listing = slice->listing;
    struct crawl *crawl = listing->run->crawl;
    bool is_in_vain = is_begun && is_no_further(slice, from_s);

    listing->n_beginning--;
    slice->restart_limit = 0;
    if (err != NULL) {
        crawl_fail(crawl, err);
        return;
    }
    if (!is_begun || is_in_vain)
        crawl_fail_listing(listing, "error", "%s: `linkhaul run --fresh` begins anew",
                           is_in_vain ? "more rows than a token is good for share one value, so "
                                        "that its chain gets no further"
                                      : "no row of its chain has a value to go on from");
    slice->next->range.from_s = from_s;
    slice->next->pager.settings.may_be_cut &= crawl_range_is_wide(&slice->next->range);
    slice->next->is_begun = slice->next->is_probe = is_begun;
    slice->next = NULL;
    crawl_pump(crawl);
}
