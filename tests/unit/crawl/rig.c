#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
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

/* So that tests can tell how often something is said. */
static void count_log_line(bool is_before, void *data)
{
    (void)data;
    rig.n_log_lines += is_before;
}

void rig_begin(uint64_t seed)
{
    memset(&rig, 0, sizeof(rig));
    rig.random = seed;
    rig.is_random = seed != 0;
    rig.lag_ms = -1;
    rig.settings = (struct crawl_settings){.in_flight = 4,
                                           .calls_per_minute = 1000,
                                           .backlog_max = 6,
                                           .tries_max = 5,
                                           .hold_ms = 120000,
                                           .has_list = true,
                                           .listed_after_ms = 150000,
                                           .unknown_retries = 1,
                                           .jitter_seed = seed};
    rig.endpoint = endpoint_find("backlinks");
    rig.settings.newest_s = RIG_EPOCH_S + 30000000;
    log_set_level(LOG_ERROR);
    log_set_interlude(count_log_line, NULL);
}

size_t rig_add_run(int64_t cap_nanousd)
{
    rig.runs[rig.n_runs] = (struct rig_run){.cap_nanousd = cap_nanousd, .price = PRICE_LISTED};
    return rig.n_runs++;
}

struct rig_listing *rig_add_listing(size_t run, int64_t n_items, int64_t max_rows)
{
    struct rig_listing *listing = &rig.listings[rig.n_listings++];

    *listing = (struct rig_listing){.run = run,
                                    .n_items = n_items,
                                    .max_rows = max_rows,
                                    .last_total_count = -1,
                                    .whole_count = -1,
                                    .n_ties = RIG_TIES,
                                    .lost_at = -1,
                                    .request = "{\"limit\": 100}"};
    return listing;
}

/* --- a process begins ------------------------------------------------------------------------ */

void rig_start(void)
{
    rig.process++;
    rig.is_stopped = rig.is_dead = rig.is_done = false;
    rig.n_events = 0;
    rig.n_failed_looks = 0;
    rig.wake_ms = -1;
    rig.paused_until_ms = 0;
    rig.crawl = crawl_new(&rig.settings, &rig_ports, &rig);
    rig.looked_ms = rig.blind_for_ms = -1;
    rig_restore();
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
    for (size_t i = 0; i < rig.n_runs; i++)
        if (rig.runs[i].is_stop_told && rig.n_events == rig.runs[i].stop_at) {
            rig.runs[i].is_stopped = true;
            crawl_stop_run(rig.runs[i].run, "somebody's word");
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

/* At the event at which it is decided; until it is suspended other runs may go on. */
static void check_budgets(void)
{
    for (size_t i = 0; i < rig.n_listings; i++) {
        struct rig_listing *listing = &rig.listings[i];
        const char *completeness = listing->listing != NULL ? listing->listing->completeness : NULL;

        if (listing->is_judged || completeness == NULL || strcmp(completeness, "budget") != 0)
            continue;
        rig_check_out_of_budget(listing);
        listing->is_judged = true;
    }
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
    check_budgets();
    rig_check_caps();
    return !rig.is_done;
}

/* --- the end --------------------------------------------------------------------------------- */

/* What the ledger knows from the list, and the crawl had no time to hear. */
static int64_t untold_of(size_t run)
{
    int64_t nanousd = rig.runs[run].elsewhere_nanousd;

    for (size_t i = 0; i < rig.n_attempts; i++)
        if (rig.attempts[i].is_untold && rig.listings[rig.attempts[i].listing].run == run)
            nanousd += rig.attempts[i].charged_nanousd - rig.attempts[i].reserved_nanousd;
    return nanousd;
}

static void check_end(void)
{
    for (size_t i = 0; i < rig.n_attempts; i++)
        if (rig.attempts[i].process == rig.process &&
            rig.attempts[i].position != rig.listings[rig.attempts[i].listing].lost_at)
            cr_assert(rig.attempts[i].state == RIG_BOOKED || rig.attempts[i].state == RIG_REFUSED,
                      "the call at %" PRId64 " is left", rig.attempts[i].position);
    for (size_t i = 0; i < rig.n_runs; i++) {
        cr_assert(
            eq(i64, rig.runs[i].run->booked_nanousd + untold_of(i), rig.runs[i].booked_nanousd));
        cr_assert(rig.runs[i].is_ended);
    }
    for (size_t i = 0; i < rig.n_listings; i++) {
        const struct rig_listing *listing = &rig.listings[i];

        if (listing->completeness == NULL && !rig.is_stopped && !listing->is_held &&
            !rig.runs[listing->run].is_stopped)
            rig_expect_published(listing);
    }
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
        rig_forget_open();
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
