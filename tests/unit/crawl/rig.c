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

/* --- a process begins --------------------------------------------------------------------------
 */

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

/* --- events ------------------------------------------------------------------------------------
 */

/* The attempt is over in the ledger. */
static void book(struct rig_attempt *attempt, const struct crawl_page *page)
{
    struct rig_run *run = &rig.runs[rig.listings[attempt->listing].run];
    bool was_sent = attempt->state != RIG_RESERVED;
    enum verdict_charge charge = !was_sent || !rig_fault_was_sent(attempt->fault)
                                     ? VERDICT_CHARGE_FREE
                                 : rig_fault_is_unknown(attempt->fault) ? VERDICT_CHARGE_UNKNOWN
                                 : attempt->fault == RIG_TOO_MANY       ? VERDICT_CHARGE_FREE
                                                                        : VERDICT_CHARGE_KNOWN;

    cr_assert(eq(int, page->charge, charge), "fault %d", attempt->fault);
    attempt->is_unknown = charge == VERDICT_CHARGE_UNKNOWN;
    if (!attempt->is_unknown) {
        int64_t charged = was_sent ? rig_charge(attempt) : 0;

        cr_assert(eq(i64, page->charged_nanousd, charged));
        run->booked_nanousd += charged - attempt->reserved_nanousd;
    }
    attempt->state = RIG_BOOKED;
}

static void commit_landing(struct rig_event *event, struct rig_attempt *attempt)
{
    struct rig_listing *listing = &rig.listings[attempt->listing];
    struct crawl_answer answer = rig_answer(attempt, (char[24]){0});

    for (size_t i = 0; i < listing->n_landed; i++)
        cr_assert(ne(i64, listing->landed[i], attempt->position), "landed twice");
    cr_assert(lt(sz, listing->n_landed, RIG_PAGES_MAX));
    listing->landed[listing->n_landed] = attempt->position;
    listing->landed_items[listing->n_landed++] = answer.n_items;
    listing->walk = event->checkpoint.walk;
    listing->position = event->checkpoint.position;
    listing->total_count = event->checkpoint.total_count;
    listing->is_ended = event->checkpoint.is_ended;
    memcpy(listing->token, event->token, sizeof(listing->token));
    book(attempt, event->what);
    attempt->is_landed = true;
}

/* The database does it. */
static void commit(struct rig_event *event)
{
    struct crawl_page *page = event->what;
    struct rig_attempt *attempt = page->data;
    struct rig_run *run = &rig.runs[rig.listings[attempt->listing].run];

    event->is_committed = true;
    if (rig.is_dead)
        return;
    if (event->kind == RIG_EV_LAND) {
        commit_landing(event, attempt);
    } else if (event->kind == RIG_EV_SETTLE) {
        book(attempt, page);
    } else {
        event->is_refused = run->cap_nanousd > 0 &&
                            run->booked_nanousd + attempt->reserved_nanousd > run->cap_nanousd;
        if (event->is_refused)
            return;
        attempt->state = RIG_RESERVED;
        run->booked_nanousd += attempt->reserved_nanousd;
    }
}

static void arrive(struct crawl_page *page)
{
    struct rig_attempt *attempt = page->data;
    bool was_sent = rig_fault_was_sent(attempt->fault);
    bool is_whole = rig_fault_is_whole(attempt->fault) && !rig.is_dead;
    struct crawl_answer answer = rig_answer(attempt, (char[24]){0});

    attempt->over_ms = is_whole ? rig.now_ms : rig.now_ms + rig.settings.hold_ms;
    if (!was_sent)
        attempt->sent_ms = attempt->over_ms = -1;
    if (is_whole)
        attempt->state = RIG_RECEIVED;
    crawl_on_arrived(page, was_sent, is_whole);
    if (is_whole) {
        rig.events[rig.n_waiting++] = (struct rig_event){.kind = RIG_EV_ANSWER, .what = page};
        return;
    }
    crawl_on_answer(page, &answer); /* there is nothing to wait for */
}

/* The crawl hears of it; afterwards `event->what` may be gone. */
static void tell(const struct rig_event *event)
{
    struct err lost = {.kind = ERR_DB, .text = "the database is gone"};
    struct err refusal = {.kind = ERR_BUDGET, .text = "the cap of the ledger"};
    const struct err *err = rig.is_dead ? &lost : NULL;
    struct crawl_page *page = event->what;
    const struct rig_attempt *attempt;
    char token[24];

    switch (event->kind) {
    case RIG_EV_RESERVE:
        crawl_on_reserved(page, event->is_refused ? &refusal : err);
        return;
    case RIG_EV_ARRIVE:
        arrive(page);
        return;
    case RIG_EV_ANSWER: {
        struct crawl_answer answer = rig_answer(page->data, token);

        crawl_on_answer(page, &answer);
        return;
    }
    case RIG_EV_LAND:
        crawl_on_landed(page, err);
        return;
    case RIG_EV_SETTLE:
        attempt = page->data;
        if (err == NULL && attempt->sent_ms >= 0 &&
            rig.now_ms + rig_fault_wait_ms(attempt->fault) > rig.paused_until_ms)
            rig.paused_until_ms = rig_fault_wait_ms(attempt->fault) > 0
                                      ? rig.now_ms + rig_fault_wait_ms(attempt->fault)
                                      : rig.paused_until_ms;
        crawl_on_settled(page, err);
        return;
    default:
        cr_fatal("not a page's event");
    }
}

static void tell_of_slice(struct crawl_slice *slice)
{
    struct rig_listing *listing = slice->listing->data;
    struct err err = {.kind = ERR_DB, .text = "the slice cannot be recorded"};

    if (!rig.is_dead && !rig.fails_begin_slice) {
        listing->is_begun = true;
        listing->limit = slice->limit;
        listing->total_count = -1;
    }
    crawl_on_slice_begun(slice, rig.is_dead || rig.fails_begin_slice ? &err : NULL);
}

static void tell_of_listing(const struct rig_event *event)
{
    struct crawl_listing *listing = event->what;
    struct rig_listing *owner = listing->data;
    struct err err = {.kind = ERR_DB, .text = "the database is gone"};

    if (event->kind == RIG_EV_PUBLISH) {
        owner->is_published = !rig.is_dead;
        crawl_on_published(listing, rig.is_dead ? &err : NULL);
    } else {
        crawl_on_suspended(listing, rig.is_dead ? &err : NULL);
    }
}

static void play(struct rig_event event)
{
    struct rig_run *run;

    switch (event.kind) {
    case RIG_EV_SLICE:
        tell_of_slice(event.what);
        break;
    case RIG_EV_PUBLISH:
    case RIG_EV_SUSPEND:
        tell_of_listing(&event);
        break;
    case RIG_EV_END_RUN:
        run = ((struct crawl_run *)event.what)->data;
        run->is_ended = true;
        crawl_on_run_ended(event.what, NULL);
        break;
    case RIG_EV_RESERVE:
    case RIG_EV_LAND:
    case RIG_EV_SETTLE:
        if (!event.is_committed) {
            commit(&event);
            rig.events[rig.n_waiting++] = event;
            break;
        }
        tell(&event);
        break;
    default:
        tell(&event);
    }
}

/* Landings are committed in the order in which they were asked for. */
static bool may_play(size_t i)
{
    if (rig.events[i].kind != RIG_EV_LAND || rig.events[i].is_committed)
        return true;
    for (size_t j = 0; j < i; j++)
        if (rig.events[j].kind == RIG_EV_LAND && !rig.events[j].is_committed)
            return false;
    return true;
}

static void play_next(void)
{
    size_t i = 0;
    struct rig_event event;

    while (rig.is_random && !may_play(i = rig_random(rig.n_waiting)))
        ;
    event = rig.events[i];
    memmove(&rig.events[i], &rig.events[i + 1], (--rig.n_waiting - i) * sizeof(event));
    play(event);
}

static void wake(void)
{
    if (rig.now_ms < rig.wake_ms)
        rig.now_ms = rig.wake_ms;
    rig.wake_ms = -1;
    crawl_on_time(rig.crawl);
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
    if (rig.n_waiting == 0)
        cr_assert(ge(i64, rig.wake_ms, 0), "nothing will wake it");
    if (rig.n_waiting == 0 ||
        (rig.wake_ms >= 0 && rig.wake_ms <= rig.now_ms && (!rig.is_random || rig_random(2) == 0)))
        wake();
    else
        play_next();
    check_counts();
    return !rig.is_done;
}

/* --- the end -----------------------------------------------------------------------------------
 */

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
