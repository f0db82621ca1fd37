#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/log.h"
#include "core/mem.h"
#include "crawl/crawl_private.h"

/*
 * Cutting a listing into ranges of the value that it is walked by, which are walked side by side.
 *
 *   [from ............................... to)   too long: more items than offsets reach
 *   [from .. m1) [m1 .. m2) ... [mk ...... to)   after the cut; the first keeps its number and
 * pages
 *
 * The walk ascends by that value, so page 1 of [a, end) is page 1 of [a, b) for every b: no call is
 * made only to count. A slice whose pages have told that it is too long asks for nothing more until
 * none of its calls is open; then it is cut, and every new slice is asked for its own page 1.
 *
 * Where to cut: at the start as the feed's last listing was distributed, so that all slices begin
 * at once; else evenly in time behind the last item that has come, again and again, until all
 * pieces are short. That finds its way whatever the distribution, by a few calls.
 *
 * - More items share one second than offsets reach: a slice of that second alone is walked as a
 *   chain, from a page 1 of its own where that of the cut one was asked for with another bound.
 * - The same, and the endpoint has no token: the slice is taken as far as offsets reach, and the
 *   listing is capped.
 * - It has grown beyond the reach with its last pages on the way: what follows their last item is a
 *   slice of its own.
 * - A death between the page that tells and the cut: the slice is found to be too long at the next
 *   start, and cut then; only that its last item is not known any more.
 */

#define OLDEST_S INT64_C(-62135596800) /* no item is expected to be older */
#define USUAL_OLDEST_S 1325376000      /* 2012: where the search begins while nothing is known */
#define PIECES_MAX 64                  /* of a cut that makes them short at once */
#define PIECES_STEP 32                 /* of one that does not */
#define TEN_YEARS_S (INT64_C(3653) * 86400)

struct points {
    int64_t *at_s;
    size_t n;
};

static void add_point(struct points *points, int64_t at_s)
{
    points->at_s = mem_resize(points->at_s, points->n + 1, sizeof(*points->at_s));
    points->at_s[points->n++] = at_s;
}

/* Cuts [from_s, to_s) evenly, with no point before `least_s`, which is one itself where none is. */
static void add_even(struct points *points, int64_t from_s, int64_t least_s, int64_t to_s,
                     int64_t n_pieces)
{
    int64_t last_s = least_s - 1;

    for (int64_t i = 1; i < n_pieces; i++) {
        int64_t at_s = from_s + (to_s - from_s) * i / n_pieces;

        if (at_s <= last_s || at_s >= to_s)
            continue;
        add_point(points, at_s);
        last_s = at_s;
    }
    if (last_s == least_s - 1 && least_s < to_s)
        add_point(points, least_s);
}

/* Room for some growth, and for pieces that turn out uneven. */
static int64_t piece_of(const struct crawl_slice *slice)
{
    return slice->listing->run->endpoint->offset_reach / 5 * 4;
}

static int64_t lower_of(const struct crawl_slice *slice)
{
    return slice->range.from_s == REQUEST_FROM_OPEN ? OLDEST_S : slice->range.from_s;
}

static int64_t upper_of(const struct crawl_slice *slice, int64_t least_s)
{
    const struct crawl_listing *listing = slice->listing;
    int64_t newest_s =
        listing->newest_s != 0 ? listing->newest_s : listing->run->crawl->settings.newest_s;

    if (slice->range.to_s != REQUEST_TO_OPEN)
        return slice->range.to_s;
    return newest_s > least_s ? newest_s : least_s + TEN_YEARS_S;
}

/* No further page of the slice can be asked for by offset: what follows is another slice's. */
static bool is_at_reach(const struct crawl_slice *slice)
{
    const struct pager *pager = &slice->pager;

    return ((int64_t)pager->n_pages + 1) * slice->limit > pager->settings.offset_reach;
}

/*
 * Cuts a slice that is too long. Where it is known how far its pages reach it is cut behind that,
 * so that what has come is the narrowed slice's own. Where it still is too long after it was
 * narrowed its next second may be all of it: that is cut off for itself.
 */
static void cut_by_guess(const struct crawl_slice *slice, struct points *points)
{
    bool is_known = slice->seen_to_s > lower_of(slice);
    int64_t seen_s = is_known ? slice->seen_to_s : lower_of(slice);
    int64_t upper_s = upper_of(slice, seen_s + 1), begin_s = seen_s;
    int64_t n_pieces = slice->pager.total_count / piece_of(slice) + 1;

    if (is_at_reach(slice) || seen_s + 1 >= upper_s) {
        add_point(points, seen_s);
        return;
    }
    if (begin_s == OLDEST_S && upper_s > USUAL_OLDEST_S + 1)
        begin_s = USUAL_OLDEST_S;
    if (n_pieces > PIECES_MAX)
        n_pieces = PIECES_STEP;
    if (slice->pager.n_pages > 1 && seen_s + 2 < upper_s)
        add_point(points, ++seen_s);
    add_even(points, begin_s, seen_s + 1, upper_s, n_pieces < 2 ? 2 : n_pieces);
}

/* Neighbours together where they are short, and in pieces where one is too long. */
static void cut_as_last_time(const struct crawl_slice *slice, struct points *points)
{
    const struct crawl_listing *listing = slice->listing;
    int64_t most = listing->run->endpoint->offset_reach / 10 * 9, n_items = 0;

    for (size_t i = 0; i < listing->n_parts; i++) {
        const struct crawl_part *part = &listing->parts[i];
        int64_t to_s = i + 1 < listing->n_parts ? part[1].from_s : upper_of(slice, part->from_s);
        int64_t n_pieces = part->n_items > most ? part->n_items / piece_of(slice) + 1 : 1;

        if (i > 0 && n_items + part->n_items > most) {
            add_point(points, part->from_s);
            n_items = 0;
        }
        n_items += part->n_items;
        if (i == 0 || n_pieces == 1 || to_s - part->from_s <= 1)
            continue;
        add_even(points, part->from_s, part->from_s + 1, to_s, n_pieces);
        n_items = part->n_items / n_pieces;
    }
}

/* All items before the first point are in. */
static bool is_whole(const struct crawl_slice *slice)
{
    return slice->pager.walk == PAGER_OFFSET &&
           (slice->points_s[0] <= slice->seen_to_s || slice->points_s[0] <= lower_of(slice));
}

static void record(struct crawl_slice *slice, const struct points *points, bool is_probe)
{
    struct crawl_listing *listing = slice->listing;
    struct crawl *crawl = listing->run->crawl;

    if (listing->whole_count < 0 && slice->slice_no == 0)
        listing->whole_count = slice->pager.total_count;
    listing->is_cut = true;
    slice->is_cutting = true;
    slice->points_s = points->at_s;
    slice->n_points = points->n;
    slice->first_piece = listing->n_slices;
    for (size_t i = 0; i < points->n; i++) {
        struct request_range range = {points->at_s[i],
                                      i + 1 < points->n ? points->at_s[i + 1] : slice->range.to_s};

        crawl_slice_new(listing, slice->limit, slice->order_by, &range)->is_probe = is_probe;
    }
    listing->n_beginning++;
    crawl->ports->cut(crawl->data, slice, listing->slices[slice->first_piece]->slice_no,
                      is_whole(slice));
}

static void cut_long(struct crawl_slice *slice)
{
    const struct crawl_listing *listing = slice->listing;
    struct points points = {NULL, 0};

    if (listing->n_slices == 1)
        log_event(LOG_INFO, crawl_listing_fields(listing),
                  "%" PRId64 " items: walked in slices, side by side", slice->pager.total_count);
    cut_by_guess(slice, &points);
    if (points.at_s[0] == slice->range.from_s && !slice->pager.settings.has_token &&
        slice->range.to_s - slice->range.from_s <= 1) {
        free(points.at_s);
        pager_give_in(&slice->pager);
        crawl_say_why_not_cut(slice);
        return;
    }
    record(slice, &points, /* is_probe= */ true);
}

/* The feed's last listing tells how, before a page of this one has come. */
static void cut_known(struct crawl_slice *slice)
{
    const struct crawl_listing *listing = slice->listing;
    bool may_bind = listing->max_rows > 0 && (listing->last_total_count < 0 ||
                                              listing->last_total_count > listing->max_rows);
    struct points points = {NULL, 0};

    if (!slice->pager.settings.may_be_cut || may_bind)
        return;
    cut_as_last_time(slice, &points);
    if (points.n == 0)
        return;
    log_event(LOG_INFO, crawl_listing_fields(listing),
              "walked in %zu slices, side by side, as the last listing was distributed",
              points.n + 1);
    record(slice, &points, /* is_probe= */ false);
}

static bool is_untouched(const struct crawl_slice *slice)
{
    return slice->is_begun && !slice->is_cutting && slice->pager.walk == PAGER_UNDECIDED &&
           slice->pager.n_open == 0 && slice->pager.n_stuck == 0 && !slice->pager.is_ended;
}

void crawl_cut(struct crawl_listing *listing)
{
    if (listing->n_slices == 1 && listing->n_parts > 1 && is_untouched(listing->slices[0]))
        cut_known(listing->slices[0]);
    for (size_t i = listing->first_live, n = listing->n_slices; i < n; i++) {
        struct crawl_slice *slice = listing->slices[i];

        if (!slice->is_cutting && slice->n_landing == 0 && pager_is_to_be_cut(&slice->pager))
            cut_long(slice);
    }
}

void crawl_on_cut(struct crawl_slice *slice, const struct err *err)
{
    struct crawl_listing *listing = slice->listing;

    listing->n_beginning--;
    slice->is_cutting = false;
    if (err != NULL) {
        crawl_fail(listing->run->crawl, err);
        return;
    }
    for (size_t i = 0; i < slice->n_points; i++)
        listing->slices[slice->first_piece + i]->is_begun = true;
    pager_narrow(&slice->pager, is_whole(slice));
    slice->range.to_s = slice->points_s[0];
    free(slice->points_s);
    slice->points_s = NULL;
    crawl_pump(listing->run->crawl);
}

void crawl_say_why_not_cut(const struct crawl_slice *slice)
{
    const struct crawl_listing *listing = slice->listing;
    const struct pager *pager = &slice->pager;
    const char *why = NULL;

    if (pager->total_count <= pager->settings.offset_reach)
        return;
    if (request_may_be_cut(listing->run->endpoint, listing->request, slice->order_by, &why))
        why = pager->settings.may_be_cut ? "max_rows is less than that" : "they share one second";
    if (pager->walk == PAGER_CHAIN)
        log_event(LOG_INFO, crawl_listing_fields(listing),
                  "%" PRId64 " items are walked one page after the other, not in slices, since %s",
                  pager->total_count, why);
    else
        log_event(LOG_WARNING, crawl_listing_fields(listing),
                  "of %" PRId64 " items the first %" PRId64
                  " can be had: this endpoint has no token, and no slices can be made, since %s",
                  pager->total_count, pager->settings.offset_reach, why);
}
