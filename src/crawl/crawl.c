#include "crawl/crawl.h"

#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "api/request.h"
#include "core/log.h"
#include "core/mem.h"
#include "crawl/crawl_private.h"

/*
 * All goes well: every listing's slice is recorded; listings take turns in asking for pages while
 * there are slots, minutes and money (ask.c, page.c); a listing whose pages are all in is
 * published, and a run whose listings are over ends (end.c); when all runs have ended the crawl is
 * done.
 *
 * crawl_stop() lets land what is paid for and leaves the listings as they are. crawl_fail() does
 * not even land: answers stay in the spool.
 */

static void wake(void *data)
{
    struct crawl *crawl = data;

    crawl->ports->wake_at(crawl->data, crawl->ports->now_ms(crawl->data));
}

struct crawl *crawl_new(const struct crawl_settings *settings, const struct crawl_ports *ports,
                        void *data)
{
    struct crawl *crawl = mem_new(sizeof(*crawl));

    crawl->settings = *settings;
    crawl->ports = ports;
    crawl->data = data;
    crawl->jitter = settings->jitter_seed;
    crawl->look_at_ms = crawl->looked_since_ms = -1;
    crawl->strays_until_ms = crawl->told_slow_ms = -1;
    crawl->place = (struct pace_place){.wake = wake, .data = crawl};
    crawl->pace = settings->pace;
    if (crawl->pace == NULL) {
        crawl->pace = &crawl->own_pace;
        pace_init(crawl->pace, settings->in_flight, settings->calls_per_minute);
    }
    if (settings->peers != NULL) {
        crawl->next_peer = settings->peers->first;
        settings->peers->first = crawl;
    }
    return crawl;
}

static void free_listing(struct crawl_listing *listing)
{
    for (size_t i = 0; i < listing->n_slices; i++) {
        struct crawl_slice *slice = listing->slices[i];

        crawl_pages_free(slice->waiting);
        crawl_pages_free(slice->unknown);
        crawl_pages_free(slice->early);
        crawl_pages_free(slice->adopted);
        pager_deinit(&slice->pager);
        free(slice->order_by);
        free(slice->points_s);
        free(slice);
    }
    free(listing->slices);
    free(listing->parts);
    free(listing->target);
    free(listing->request);
}

static void leave_peers(struct crawl *crawl)
{
    struct crawl **at;

    if (crawl->settings.peers == NULL)
        return;
    for (at = &crawl->settings.peers->first; *at != crawl;)
        at = &(*at)->next_peer;
    *at = crawl->next_peer;
}

void crawl_destroy(struct crawl *crawl)
{
    if (crawl == NULL)
        return;
    for (size_t i = 0; i < crawl->n_runs; i++) {
        for (size_t j = 0; j < crawl->runs[i]->n_listings; j++)
            free_listing(&crawl->runs[i]->listings[j]);
        free(crawl->runs[i]->listings);
        free(crawl->runs[i]);
    }
    free(crawl->runs);
    pace_leave(crawl->pace, &crawl->place);
    if (crawl->pace == &crawl->own_pace)
        pace_deinit(crawl->pace);
    leave_peers(crawl);
    free(crawl);
}

struct crawl_run *crawl_add_run(struct crawl *crawl, const struct crawl_run_settings *settings)
{
    struct crawl_run *run = mem_new(sizeof(*run));

    run->crawl = crawl;
    run->run_id = settings->run_id;
    run->job = settings->job;
    run->endpoint = settings->endpoint;
    run->price = settings->price;
    run->booked_nanousd = settings->booked_nanousd;
    run->is_stopping = settings->is_stopping;
    run->data = settings->data;
    run->listings = mem_new_array(settings->n_listings, sizeof(*run->listings));
    crawl->runs = mem_resize(crawl->runs, crawl->n_runs + 1, sizeof(struct crawl_run *));
    crawl->runs[crawl->n_runs++] = run;
    return run;
}

struct crawl_listing *crawl_add_listing(struct crawl_run *run,
                                        const struct crawl_listing_settings *settings)
{
    struct crawl_listing *listing = &run->listings[run->n_listings++];

    listing->run = run;
    listing->listing_id = settings->listing_id;
    listing->target = mem_strdup(settings->target);
    listing->request = mem_strdup(settings->request);
    listing->max_rows = settings->max_rows;
    listing->last_total_count = settings->last_total_count;
    listing->whole_count = settings->whole_count;
    listing->newest_s = settings->newest_s;
    listing->ends_when_known = settings->ends_when_known;
    listing->n_parts = settings->n_parts;
    listing->parts = mem_new_array(settings->n_parts, sizeof(*listing->parts));
    if (settings->n_parts > 0)
        memcpy(listing->parts, settings->parts, settings->n_parts * sizeof(*listing->parts));
    listing->data = settings->data;
    run->crawl->n_listings++;
    return listing;
}

/* What max_rows leaves behind the slices that there are. A listing is cut only where it does not
 * bind. */
static int64_t rows_left(const struct crawl_listing *listing)
{
    int64_t n_items = 0;

    if (listing->max_rows == 0 || listing->is_cut)
        return 0;
    for (size_t i = 0; i < listing->n_slices; i++)
        n_items += listing->slices[i]->pager.n_items;
    return listing->max_rows > n_items ? listing->max_rows - n_items : 1;
}

struct crawl *crawl_first_peer(struct crawl *crawl)
{
    return crawl->settings.peers != NULL ? crawl->settings.peers->first : crawl;
}

void crawl_wake_peers(struct crawl *crawl)
{
    for (struct crawl *peer = crawl_first_peer(crawl); peer != NULL; peer = peer->next_peer)
        if (peer != crawl && peer->is_started && !peer->is_done)
            wake(peer);
}

bool crawl_range_is_wide(const struct request_range *range)
{
    return range->from_s == REQUEST_FROM_OPEN || range->to_s == REQUEST_TO_OPEN ||
           range->to_s - range->from_s > 1;
}

static bool may_be_cut(const struct crawl_slice *slice)
{
    const struct crawl_listing *listing = slice->listing;
    const char *why;

    return request_may_be_cut(listing->run->endpoint, listing->request, slice->order_by, &why);
}

void crawl_pass_slice_no(struct crawl_listing *listing, int32_t slice_no)
{
    if (listing->next_slice_no <= slice_no)
        listing->next_slice_no = slice_no + 1;
}

struct crawl_slice *crawl_slice_new(struct crawl_listing *listing, int64_t limit,
                                    const char *order_by, const struct request_range *range)
{
    struct crawl_slice *slice = mem_new(sizeof(*slice));
    const struct endpoint *endpoint = listing->run->endpoint;

    slice->listing = listing;
    slice->slice_no = listing->n_slices == 0 ? 0 : listing->next_slice_no;
    crawl_pass_slice_no(listing, slice->slice_no);
    slice->limit = limit;
    slice->order_by = mem_strdup(order_by);
    slice->range = *range;
    slice->seen_to_s = CRAWL_NO_VALUE;
    pager_init(&slice->pager, &(struct pager_settings){.limit = limit,
                                                       .offset_reach = endpoint->offset_reach,
                                                       .has_token = endpoint->has_token,
                                                       .max_rows = rows_left(listing),
                                                       .may_be_cut = crawl_range_is_wide(range) &&
                                                                     may_be_cut(slice),
                                                       .is_serial = listing->ends_when_known});
    listing->slices =
        mem_resize(listing->slices, listing->n_slices + 1, sizeof(struct crawl_slice *));
    listing->slices[listing->n_slices++] = slice;
    return slice;
}

/* Only a cut gives a slice an end. Page 1 of slice 0 is asked for as if it had none. */
struct crawl_slice *crawl_add_slice(struct crawl_listing *listing,
                                    const struct crawl_slice_settings *settings)
{
    struct crawl_slice *slice;

    listing->is_cut |= settings->range.to_s != REQUEST_TO_OPEN;
    crawl_pass_slice_no(listing, settings->slice_no - 1);
    slice = crawl_slice_new(listing, settings->limit, settings->order_by, &settings->range);
    slice->is_begun = slice->is_probe = true;
    slice->pager.is_narrowed = settings->slice_no == 0 && settings->range.to_s != REQUEST_TO_OPEN;
    if (settings->walk == PAGER_OFFSET) /* narrowed to a second it has still to become a chain */
        slice->pager.settings.may_be_cut = may_be_cut(slice);
    pager_restore(&slice->pager, settings->walk, settings->position, settings->token,
                  settings->total_count, settings->is_ended);
    return slice;
}

bool crawl_slice_is_over(const struct crawl_slice *slice)
{
    return slice->is_begun && !slice->is_cutting && slice->restart_limit == 0 &&
           slice->n_landing == 0 && slice->waiting == NULL && slice->unknown == NULL &&
           slice->adopted == NULL && pager_is_done(&slice->pager);
}

void crawl_adopt(struct crawl_slice *slice, const struct uuid *attempt, int64_t position,
                 int64_t reserved_nanousd, void *data)
{
    struct crawl_page *page = crawl_page_new(slice, &(struct pager_ask){.position = position});

    page->attempt = *attempt;
    page->sent_ms = slice->listing->run->crawl->ports->now_ms(slice->listing->run->crawl->data);
    page->reserved_nanousd = reserved_nanousd;
    page->data = data;
    page->next = slice->adopted;
    slice->adopted = page;
}

/* --- beginning ------------------------------------------------------------------------------- */

/* Whether max_rows will cut is known from the feed's last listing; a first one is taken as cut.
 * What ends when it is known is in its request's order, too. */
static void begin_slice(struct crawl_listing *listing)
{
    struct crawl *crawl = listing->run->crawl;
    const struct endpoint *endpoint = listing->run->endpoint;
    bool is_cut = listing->ends_when_known ||
                  (listing->max_rows > 0 && (listing->last_total_count < 0 ||
                                             listing->last_total_count > listing->max_rows));
    CLEANUP(mem_free_string) char *order_by = request_order(endpoint, listing->request, is_cut);
    int64_t limit = request_limit(endpoint, listing->request, listing->max_rows);

    listing->n_beginning++;
    crawl->ports->begin_slice(crawl->data,
                              crawl_slice_new(listing, limit, order_by, &REQUEST_WHOLE));
}

void crawl_count_earlier(struct crawl *crawl, int64_t sent_ago_ms, int64_t ended_ago_ms)
{
    int64_t now_ms = crawl->ports->now_ms(crawl->data);

    if (ended_ago_ms >= 0)
        pace_add_ended(crawl->pace, now_ms - ended_ago_ms);
    else
        pace_add_running(crawl->pace, now_ms - sent_ago_ms + crawl->settings.hold_ms);
}

void crawl_start(struct crawl *crawl)
{
    for (size_t i = 0; i < crawl->n_runs; i++)
        for (size_t j = 0; j < crawl->runs[i]->n_listings; j++) {
            struct crawl_listing *listing = &crawl->runs[i]->listings[j];

            if (listing->n_slices == 0)
                begin_slice(listing);
            else
                listing->state = CRAWL_LISTING_WALKING;
        }
    crawl->is_started = true;
    crawl->ports->wake_at(crawl->data, crawl->ports->now_ms(crawl->data));
}

void crawl_on_slice_begun(struct crawl_slice *slice, const struct err *err)
{
    struct crawl_listing *listing = slice->listing;
    struct crawl *crawl = listing->run->crawl;

    slice->is_begun = slice->is_probe = err == NULL;
    if (--listing->n_beginning == 0 && listing->state == CRAWL_LISTING_BEGINNING)
        listing->state = CRAWL_LISTING_WALKING;
    if (err != NULL)
        crawl_fail(crawl, err);
    else
        crawl_pump(crawl);
}

/* --- going on, and stopping ---------------------------------------------------------------------
 */

void crawl_pump(struct crawl *crawl)
{
    if (!crawl->is_started || crawl->is_done)
        return;
    if (!crawl->is_stopping)
        crawl_ask(crawl);
    else
        pace_leave(crawl->pace, &crawl->place);
    pace_pass_on(crawl->pace, &crawl->place);
    crawl_end_runs(crawl);
    for (size_t i = 0; i < crawl->n_runs; i++)
        if (crawl->runs[i]->state != CRAWL_RUN_OVER)
            return;
    crawl->is_done = true;
    pace_leave(crawl->pace, &crawl->place);
    pace_pass_on(crawl->pace, &crawl->place);
    crawl->ports->done(crawl->data);
}

void crawl_on_time(struct crawl *crawl)
{
    crawl_pump(crawl);
}

void crawl_set_full(struct crawl *crawl, bool is_full)
{
    crawl->is_full = is_full;
    crawl_pump(crawl);
}

void crawl_stop(struct crawl *crawl)
{
    crawl->is_stopping = true;
    crawl_pump(crawl);
}

void crawl_note_stop(struct crawl_run *run, const char *why)
{
    if (!run->is_stopping)
        log_event(LOG_WARNING, crawl_run_fields(run), "%s; what is paid for lands", why);
    run->is_stopping = true;
}

void crawl_stop_run(struct crawl_run *run, const char *why)
{
    crawl_note_stop(run, why);
    crawl_pump(run->crawl);
}

void crawl_fail(struct crawl *crawl, const struct err *err)
{
    if (crawl->failure.kind == ERR_NONE)
        crawl->failure = *err;
    crawl_stop(crawl);
}

static void listing_is_over(struct crawl_listing *listing, const struct err *err)
{
    struct crawl *crawl = listing->run->crawl;

    listing->state = CRAWL_LISTING_OVER;
    if (err != NULL)
        crawl_fail(crawl, err);
    else
        crawl_pump(crawl);
}

void crawl_on_published(struct crawl_listing *listing, bool is_held, const struct err *err)
{
    listing->is_published = err == NULL && !is_held;
    listing->is_held = err == NULL && is_held;
    listing_is_over(listing, err);
}

void crawl_on_suspended(struct crawl_listing *listing, const struct err *err)
{
    listing_is_over(listing, err);
}

void crawl_on_run_ended(struct crawl_run *run, const struct err *err)
{
    run->state = CRAWL_RUN_OVER;
    if (err != NULL)
        crawl_fail(run->crawl, err);
    else
        crawl_pump(run->crawl);
}

size_t crawl_n_in_flight(const struct crawl *crawl)
{
    return crawl->n_in_flight;
}

size_t crawl_n_runs(const struct crawl *crawl)
{
    return crawl->n_runs;
}

struct crawl_run *crawl_run_at(struct crawl *crawl, size_t i)
{
    return crawl->runs[i];
}

const struct err *crawl_failure(const struct crawl *crawl)
{
    return &crawl->failure;
}
