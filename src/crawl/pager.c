#include "crawl/pager.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

/*
 *   UNDECIDED ──▶ OFFSET   page 1 says that all fits the reach (or there is no token)
 *       │
 *       └───────▶ CHAIN    it does not, may not be cut, and there is a token
 *
 * By offset the pages are planned from total_count. An empty page ends the plan where it stands; a
 * full last page with total_count beyond it, be it told by a later answer, prolongs the plan. A
 * short page in the middle ends nothing: what it lacks is counted as missing.
 *
 * A slice that passes the reach and may be cut goes on with what was planned before, and then waits
 * for being narrowed. Pages are walked in the order by which it is cut, so those that are in stay
 * good: they are the first pages of the narrowed slice as well.
 *
 * In a chain a new token is followed after a full page; after a short one only while total_count
 * promises more. No items, no token, or the token just sent is the end.
 *
 * Where total_count has never been told there may be more as long as pages are full: the chain is
 * followed, or without a token the plan grows page by page, until a short page tells the count.
 */

/* A page's number is its position over the page size. */
static size_t page_no(const struct pager *pager, int64_t position)
{
    return (size_t)(position / pager->settings.limit);
}

/* Plans `n_pages` pages; never fewer than were planned before. */
static void plan(struct pager *pager, size_t n_pages)
{
    if (n_pages <= pager->n_pages)
        return;
    pager->pages = mem_resize(pager->pages, n_pages, sizeof(*pager->pages));
    memset(pager->pages + pager->n_pages, PAGER_PAGE_WANTED, n_pages - pager->n_pages);
    pager->n_pages = n_pages;
    pager->is_last_full = false;
}

/* Nothing behind page `n_pages` is wanted any more; what is open there still comes in. */
static void cut_plan(struct pager *pager, size_t n_pages)
{
    for (size_t i = n_pages; i < pager->n_pages; i++)
        if (pager->pages[i] == PAGER_PAGE_WANTED)
            pager->pages[i] = PAGER_PAGE_CUT;
}

/* The whole pages that offsets can reach. */
static int64_t reach(const struct pager *pager)
{
    return pager->settings.offset_reach / pager->settings.limit * pager->settings.limit;
}

static int64_t wanted_items(const struct pager *pager)
{
    int64_t max_rows = pager->settings.max_rows;
    int64_t total_count = pager->total_count < 0 ? INT64_MAX : pager->total_count;

    return max_rows > 0 && total_count > max_rows ? max_rows : total_count;
}

void pager_init(struct pager *pager, const struct pager_settings *settings)
{
    assert(settings->limit > 0 && settings->limit <= settings->offset_reach);
    *pager = (struct pager){.settings = *settings, .total_count = -1};
    plan(pager, 1);
}

void pager_deinit(struct pager *pager)
{
    free(pager->pages);
    free(pager->token);
    *pager = (struct pager){.total_count = -1};
}

/* It passes the reach and may be cut. */
static bool is_too_long(const struct pager *pager)
{
    int64_t max_rows = pager->settings.max_rows;

    return pager->walk == PAGER_OFFSET && pager->settings.may_be_cut && !pager->is_ended &&
           pager->total_count > reach(pager) && (max_rows == 0 || pager->total_count <= max_rows);
}

/* Plans by offset what total_count promises, else one page more, as far as offsets reach. */
static void plan_offsets(struct pager *pager)
{
    int64_t items = wanted_items(pager);
    int64_t one_more = ((int64_t)pager->n_pages + 1) * pager->settings.limit;

    if (is_too_long(pager))
        return;
    if (pager->total_count < 0 && items > one_more)
        items = one_more;
    if (items > reach(pager)) {
        items = reach(pager);
        pager->is_out_of_reach = true;
    }
    plan(pager, (size_t)((items + pager->settings.limit - 1) / pager->settings.limit));
}

/* The page number `page` has come in. */
static void take_in(struct pager *pager, size_t page, int64_t n_items)
{
    pager->pages[page] = PAGER_PAGE_IN;
    if (n_items == 0)
        cut_plan(pager, page);
    if (page + 1 == pager->n_pages)
        pager->is_last_full = n_items >= pager->settings.limit;
    if (pager->is_last_full)
        plan_offsets(pager);
}

static void set_token(struct pager *pager, const char *token)
{
    char *copy = mem_strdup(token); /* before the old one goes: it may be the same */

    free(pager->token);
    pager->token = copy;
}

void pager_restore(struct pager *pager, enum pager_walk walk, int64_t position, const char *token,
                   int64_t total_count, bool is_ended)
{
    pager->walk = walk;
    pager->total_count = total_count;
    pager->is_ended = is_ended;
    if (walk == PAGER_OFFSET) {
        if (total_count >= 0)
            plan_offsets(pager);
        return;
    }
    if (walk == PAGER_CHAIN) {
        pager->position = position;
        pager->n_items = position;
        set_token(pager, token);
    }
}

void pager_restore_page(struct pager *pager, int64_t position, int64_t n_items)
{
    plan(pager, page_no(pager, position) + 1);
    pager->n_items += n_items;
    take_in(pager, page_no(pager, position), n_items);
}

/* No page may be asked for beside the one that is, or behind one that is stuck. */
static bool waits_for_one(const struct pager *pager)
{
    return (pager->walk == PAGER_CHAIN || pager->settings.is_serial) &&
           (pager->n_open > 0 || pager->n_stuck > 0);
}

bool pager_next(struct pager *pager, struct pager_ask *ret_ask)
{
    if (pager->is_ended || waits_for_one(pager))
        return false;
    if (pager->walk == PAGER_CHAIN) {
        pager->n_open++;
        *ret_ask = (struct pager_ask){.position = pager->position, .token = pager->token};
        return true;
    }
    while (pager->next_page < pager->n_pages && pager->pages[pager->next_page] != PAGER_PAGE_WANTED)
        pager->next_page++;
    if (pager->next_page == pager->n_pages)
        return false;
    pager->pages[pager->next_page] = PAGER_PAGE_OPEN;
    pager->n_open++;
    *ret_ask = (struct pager_ask){.position = (int64_t)pager->next_page * pager->settings.limit};
    return true;
}

/* By offset, of a serial slice: all pages before it are in. */
static bool is_in_turn(const struct pager *pager, size_t page)
{
    for (size_t i = 0; i < page; i++)
        if (i >= pager->n_pages || pager->pages[i] != PAGER_PAGE_IN)
            return false;
    return !pager->is_ended && !waits_for_one(pager);
}

bool pager_take(struct pager *pager, int64_t position, struct pager_ask *ret_ask)
{
    size_t page = page_no(pager, position);

    if (pager->walk == PAGER_OFFSET && pager->settings.is_serial && !is_in_turn(pager, page))
        return false;
    if (pager->walk != PAGER_OFFSET)
        return pager->position == position && pager_next(pager, ret_ask);
    plan(pager, page + 1);
    if (pager->pages[page] != PAGER_PAGE_WANTED && pager->pages[page] != PAGER_PAGE_CUT)
        return false;
    pager->pages[page] = PAGER_PAGE_OPEN;
    pager->n_open++;
    *ret_ask = (struct pager_ask){.position = position};
    return true;
}

void pager_put_back(struct pager *pager, int64_t position, bool is_stuck)
{
    pager->n_open--;
    if (is_stuck)
        pager->n_stuck++;
    if (pager->walk == PAGER_CHAIN)
        return;
    pager->pages[page_no(pager, position)] = is_stuck ? PAGER_PAGE_STUCK : PAGER_PAGE_WANTED;
    if (page_no(pager, position) < pager->next_page)
        pager->next_page = page_no(pager, position);
}

void pager_narrow(struct pager *pager, bool is_whole)
{
    assert(pager->n_open == 0);
    pager->is_narrowed = true;
    pager->is_ended = is_whole;
    pager->total_count = -1;
    pager->settings.max_rows = 0;
    if (pager->walk == PAGER_OFFSET && !is_whole)
        plan_offsets(pager);
}

void pager_give_in(struct pager *pager)
{
    pager->settings.may_be_cut = false;
    plan_offsets(pager);
}

void pager_stop(struct pager *pager)
{
    assert(pager->n_open == 0);
    pager->is_ended = true;
    pager->is_out_of_reach = false;
    pager->total_count = pager->n_items;
    pager->next_page = pager->n_pages;
    free(pager->token);
    pager->token = NULL;
}

void pager_end(struct pager *pager)
{
    pager->n_open--;
    pager_stop(pager);
}

static bool is_full(const struct pager *pager, const struct pager_answer *answer)
{
    return answer->n_items >= pager->settings.limit;
}

static bool has_token(const struct pager_answer *answer)
{
    return answer->token != NULL && answer->token[0] != '\0';
}

/* A token of page 1 goes with what page 1 was asked for, and no longer with a narrowed slice. */
static void decide_walk(struct pager *pager, const struct pager_answer *answer)
{
    bool may_chain = pager->settings.has_token && has_token(answer) && !pager->is_narrowed;

    pager->walk = PAGER_OFFSET;
    if (may_chain && wanted_items(pager) > reach(pager) && !is_too_long(pager))
        pager->walk = PAGER_CHAIN;
}

/* The page that first tells total_count lays the plan, without it page 1. */
static void answer_by_offset(struct pager *pager, const struct pager_answer *answer,
                             bool is_first_told)
{
    if ((answer->position == 0 || is_first_told) && answer->n_items > 0)
        plan_offsets(pager);
    take_in(pager, page_no(pager, answer->position), answer->n_items);
}

static void answer_in_chain(struct pager *pager, const struct pager_answer *answer)
{
    bool is_new_token = has_token(answer) && (answer->asked_token == NULL ||
                                              strcmp(answer->token, answer->asked_token) != 0);
    bool is_more_promised;

    pager->position = answer->position + answer->n_items;
    is_more_promised = is_full(pager, answer) || pager->position < pager->total_count;
    pager->is_ended = answer->n_items == 0 || !is_new_token || !is_more_promised ||
                      (pager->settings.max_rows > 0 && pager->position >= pager->settings.max_rows);
    set_token(pager, pager->is_ended ? NULL : answer->token);
}

void pager_answer(struct pager *pager, const struct pager_answer *answer)
{
    bool is_first_told = pager->total_count < 0 && answer->total_count >= 0;

    pager->n_open--;
    pager->n_items += answer->n_items;
    if (answer->total_count >= 0)
        pager->total_count = answer->total_count;
    else if (pager->total_count < 0 && !is_full(pager, answer))
        pager->total_count = answer->position + answer->n_items; /* where it ends tells it */
    if (pager->walk == PAGER_UNDECIDED)
        decide_walk(pager, answer);
    if (pager->walk == PAGER_CHAIN)
        answer_in_chain(pager, answer);
    else
        answer_by_offset(pager, answer, is_first_told);
}

static bool is_any_wanted(const struct pager *pager)
{
    if (pager->walk == PAGER_CHAIN)
        return false;
    for (size_t i = pager->next_page; i < pager->n_pages; i++)
        if (pager->pages[i] == PAGER_PAGE_WANTED)
            return true;
    return false;
}

bool pager_is_done(const struct pager *pager)
{
    if (pager->n_open > 0 || pager->n_stuck > 0)
        return false;
    if (pager->is_ended)
        return true;
    return pager->walk == PAGER_OFFSET && !is_too_long(pager) && !is_any_wanted(pager);
}

bool pager_is_to_be_cut(const struct pager *pager)
{
    return is_too_long(pager) && pager->n_open == 0 && pager->n_stuck == 0 && !is_any_wanted(pager);
}

bool pager_is_stuck(const struct pager *pager)
{
    return pager->n_open == 0 && pager->n_stuck > 0 &&
           (pager->settings.is_serial || !is_any_wanted(pager));
}

const char *pager_completeness(const struct pager *pager)
{
    int64_t max_rows = pager->settings.max_rows;

    if (max_rows > 0 &&
        (pager->total_count > max_rows || (pager->total_count < 0 && pager->n_items >= max_rows)))
        return "limited";
    return pager->is_out_of_reach ? "capped" : "complete";
}

int64_t pager_expected(const struct pager *pager)
{
    return pager->total_count < 0 ? -1 : wanted_items(pager);
}
