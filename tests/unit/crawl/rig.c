#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/log.h"
#include "unit/crawl/rig_private.h"

#define EVENTS_MAX 20000 /* of one process; more is a loop that earns nothing */

struct rig rig;

size_t rig_random(size_t n)
{
    rig.random = rig.random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(rig.random >> 33) % n;
}

void rig_begin(uint64_t seed)
{
    memset(&rig, 0, sizeof(rig));
    rig.random = seed;
    rig.is_random = seed != 0;
    rig.settings = (struct crawl_settings){.in_flight = 4,
                                           .calls_per_minute = 1000,
                                           .backlog_max = 6,
                                           .tries_max = 5,
                                           .hold_ms = 120000,
                                           .jitter_seed = seed};
    log_set_level(LOG_ERROR);
}

size_t rig_add_run(int64_t cap_nanousd)
{
    rig.runs[rig.n_runs].cap_nanousd = cap_nanousd;
    return rig.n_runs++;
}

struct rig_listing *rig_add_listing(size_t run, int64_t n_items, int64_t max_rows)
{
    struct rig_listing *listing = &rig.listings[rig.n_listings++];

    *listing = (struct rig_listing){.run = run,
                                    .n_items = n_items,
                                    .max_rows = max_rows,
                                    .last_total_count = -1,
                                    .request = "{\"limit\": 100}"};
    return listing;
}

/* --- a process begins ------------------------------------------------------------------------ */

/* What is on the disk of a listing that was begun. */
static void restore_slice(struct rig_listing *listing)
{
    struct crawl_slice *slice = crawl_add_slice(
        listing->listing,
        &(struct crawl_slice_settings){.limit = listing->limit,
                                       .walk = listing->walk,
                                       .position = listing->position,
                                       .token = listing->token[0] != '\0' ? listing->token : NULL,
                                       .total_count = listing->total_count,
                                       .is_ended = listing->is_ended});

    for (size_t i = 0; listing->walk == PAGER_OFFSET && i < listing->n_landed; i++)
        pager_restore_page(&slice->pager, listing->landed[i], listing->landed_items[i]);
    for (size_t i = 0; i < rig.n_attempts; i++)
        if (&rig.listings[rig.attempts[i].listing] == listing &&
            rig.attempts[i].state == RIG_RECEIVED)
            crawl_adopt(slice, &rig.attempts[i].id, rig.attempts[i].position, &rig.attempts[i]);
}

static void add_run(size_t number)
{
    struct rig_run *run = &rig.runs[number];
    size_t n_listings = 0;

    for (size_t i = 0; i < rig.n_listings; i++)
        n_listings += rig.listings[i].run == number && !rig.listings[i].is_published;
    run->run = crawl_add_run(rig.crawl,
                             &(struct crawl_run_settings){.run_id = (int64_t)number,
                                                          .job = "job",
                                                          .endpoint = endpoint_find("backlinks"),
                                                          .price = PRICE_LISTED,
                                                          .booked_nanousd = run->booked_nanousd,
                                                          .n_listings = n_listings,
                                                          .data = run});
    run->is_ended = false;
    for (size_t i = 0; i < rig.n_listings; i++) {
        struct rig_listing *listing = &rig.listings[i];

        if (listing->run != number || listing->is_published)
            continue;
        listing->completeness = NULL;
        listing->listing = crawl_add_listing(
            run->run,
            &(struct crawl_listing_settings){.listing_id = (int64_t)i,
                                             .target = "example.com",
                                             .request = listing->request,
                                             .max_rows = listing->max_rows,
                                             .last_total_count = listing->last_total_count,
                                             .data = listing});
        if (listing->is_begun)
            restore_slice(listing);
    }
}

void rig_start(void)
{
    rig.process++;
    rig.is_stopped = rig.is_dead = rig.is_done = false;
    rig.n_events = 0;
    rig.wake_ms = -1;
    rig.paused_until_ms = 0;
    rig.crawl = crawl_new(&rig.settings, &rig_ports, &rig);
    for (size_t i = 0; i < rig.n_runs; i++)
        add_run(i);
    crawl_start(rig.crawl);
}

/* --- events and time ------------------------------------------------------------------------- */

/* When the answer of an event that is one can be there. */
static int64_t time_of(const struct rig_event *event)
{
    const struct crawl_page *page = event->what;
    const struct rig_attempt *attempt;

    if (event->kind != RIG_EV_ARRIVE)
        return 0;
    attempt = page->data;
    return attempt->sent_ms + rig.listings[attempt->listing].latency_ms;
}

/* Answers take their time; landings are committed in the order in which they were asked for. */
static bool may_play(size_t i)
{
    if (time_of(&rig.events[i]) > rig.now_ms)
        return false;
    if (rig.events[i].kind != RIG_EV_LAND || rig.events[i].is_committed)
        return true;
    for (size_t j = 0; j < i; j++)
        if (rig.events[j].kind == RIG_EV_LAND && !rig.events[j].is_committed)
            return false;
    return true;
}

/* False where nothing can be played before time goes on. */
static bool play_next(void)
{
    size_t first = rig.is_random && rig.n_waiting > 0 ? rig_random(rig.n_waiting) : 0, n = 0, i = 0;
    struct rig_event event;

    while (n < rig.n_waiting && !may_play(i = (first + n) % rig.n_waiting))
        n++;
    if (n == rig.n_waiting)
        return false;
    event = rig.events[i];
    memmove(&rig.events[i], &rig.events[i + 1], (--rig.n_waiting - i) * sizeof(event));
    rig_play_event(event);
    return true;
}

/* To the next thing that time brings: the crawl's own wish, or an answer. */
static void let_time_pass(void)
{
    int64_t next_ms = rig.wake_ms >= 0 ? rig.wake_ms : INT64_MAX;

    for (size_t i = 0; i < rig.n_waiting; i++)
        if (time_of(&rig.events[i]) > rig.now_ms && time_of(&rig.events[i]) < next_ms)
            next_ms = time_of(&rig.events[i]);
    cr_assert(ne(i64, next_ms, INT64_MAX), "nothing will wake it");
    if (rig.now_ms < next_ms)
        rig.now_ms = next_ms;
}

static bool wake_if_due(void)
{
    if (rig.wake_ms < 0 || rig.wake_ms > rig.now_ms || (rig.is_random && rig_random(2) == 0))
        return false;
    rig.wake_ms = -1;
    crawl_on_time(rig.crawl);
    return true;
}

/* Stops, fails or kills where it was told to. */
static void interfere(void)
{
    struct err err = {.kind = ERR_IO, .text = "the spool is gone"};

    if (rig.n_events == rig.stop_at) {
        rig.is_stopped = true;
        crawl_stop(rig.crawl);
    }
    if (rig.n_events == rig.fail_at || rig.n_events == rig.kill_at) {
        rig.is_stopped = true;
        rig.is_dead = rig.n_events == rig.kill_at || rig_random(2) == 0;
        crawl_fail(rig.crawl, &err);
    }
}

static void check_counts(void)
{
    size_t n_busy[RIG_RUNS_MAX] = {0};

    for (size_t i = 0; i < rig.n_listings; i++) {
        const struct rig_listing *listing = &rig.listings[i];

        if (listing->listing == NULL)
            continue;
        cr_assert(eq(sz, listing->listing->n_busy, listing->n_busy));
        n_busy[listing->run] += listing->n_busy;
    }
    for (size_t i = 0; i < rig.n_runs; i++)
        cr_assert(eq(sz, rig.runs[i].run->n_busy, n_busy[i]));
}

bool rig_step(void)
{
    if (rig.is_done)
        return false;
    cr_assert(lt(sz, ++rig.n_events, EVENTS_MAX), "it goes on for ever");
    interfere();
    if (rig.is_done)
        return false;
    if (rig.is_random && rig_random(2) == 0)
        rig.now_ms += (int64_t)rig_random(rig_random(10) == 0 ? 20000 : 300);
    if (!wake_if_due() && !play_next())
        let_time_pass();
    check_counts();
    return !rig.is_done;
}

/* --- the end --------------------------------------------------------------------------------- */

/* After a kill: what was neither booked nor received may have been charged. */
static void forget_what_was_open(void)
{
    for (size_t i = 0; i < rig.n_attempts; i++)
        if (rig.attempts[i].state == RIG_RESERVED || rig.attempts[i].state == RIG_SENT) {
            rig.attempts[i].state = RIG_BOOKED;
            rig.attempts[i].is_unknown = true;
        }
}

static void check_end(void)
{
    for (size_t i = 0; i < rig.n_attempts; i++)
        if (rig.attempts[i].process == rig.process)
            cr_assert(rig.attempts[i].state == RIG_BOOKED || rig.attempts[i].state == RIG_REFUSED,
                      "the call at %" PRId64 " is left", rig.attempts[i].position);
    for (size_t i = 0; i < rig.n_runs; i++) {
        cr_assert(eq(i64, rig.runs[i].run->booked_nanousd, rig.runs[i].booked_nanousd));
        cr_assert(rig.runs[i].is_ended);
    }
    for (size_t i = 0; i < rig.n_listings; i++)
        if (rig.listings[i].completeness == NULL && !rig.is_stopped)
            rig_expect_published(&rig.listings[i]);
}

bool rig_end(void)
{
    bool is_whole = crawl_failure(rig.crawl)->kind == ERR_NONE;

    cr_assert(rig.is_done);
    cr_assert(eq(sz, rig.n_waiting, 0), "done with events to come");
    for (size_t i = 0; i < rig.n_listings; i++) {
        if (rig.listings[i].listing != NULL)
            cr_assert(eq(int, rig.listings[i].listing->state, CRAWL_LISTING_OVER));
        cr_assert(eq(sz, rig.listings[i].n_busy, 0));
    }
    if (is_whole)
        check_end();
    else
        forget_what_was_open();
    for (size_t i = 0; i < rig.n_runs; i++)
        rig.runs[i].stop = rig.runs[i].run->stop;
    for (size_t i = 0; i < rig.n_listings; i++)
        rig.listings[i].listing = NULL;
    crawl_destroy(rig.crawl);
    rig.crawl = NULL;
    return is_whole;
}

bool rig_play(void)
{
    rig_start();
    while (rig_step())
        ;
    return rig_end();
}

int64_t rig_rows(const struct rig_listing *listing)
{
    int64_t n = 0;

    for (size_t i = 0; i < listing->n_landed; i++)
        n += listing->landed_items[i];
    return n;
}

size_t rig_sent(const struct rig_listing *listing, int64_t position)
{
    size_t n = 0;

    for (size_t i = 0; i < rig.n_attempts; i++)
        n += &rig.listings[rig.attempts[i].listing] == listing &&
             rig.attempts[i].position == position && rig.attempts[i].number > 0;
    return n;
}

void rig_expect_published(const struct rig_listing *listing)
{
    int64_t wanted = listing->n_items;

    if (listing->max_rows > 0 && listing->max_rows < wanted) { /* in whole pages */
        wanted = (listing->max_rows + listing->limit - 1) / listing->limit * listing->limit;
        wanted = wanted < listing->n_items ? wanted : listing->n_items;
    }
    cr_assert(listing->is_published, "suspended: %s", listing->reason);
    cr_assert(eq(i64, rig_rows(listing), wanted));
}

void rig_expect_suspended(const struct rig_listing *listing, const char *completeness,
                          const char *words)
{
    cr_assert(not(listing->is_published));
    cr_assert(not(zero(ptr, (void *)listing->completeness)), "it was not suspended");
    cr_expect(zero(int, strcmp(listing->completeness, completeness)), "as %s",
              listing->completeness);
    cr_expect(strstr(listing->reason, words) != NULL, "%s", listing->reason);
}
