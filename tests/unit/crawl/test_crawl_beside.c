#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/log.h"
#include "crawl/crawl.h"

/*
 * Crawls that work side by side: they share slots and minute and take turns, and a cap that they
 * share ends none of them while another's call may make room.
 *
 * The ports here know no faults; what they are asked for is answered by play(), one at a time. The
 * server looks at its own books: how many calls run, and how many were seen in a minute.
 */

#define N_CRAWLS_MAX 5
#define EVENTS_MAX 512
#define CALL_MS 1000 /* how long the server takes */
#define PAGE_ITEMS 100

TestSuite(crawl_beside, .timeout = 60);

enum kind { SLICE, RESERVE, ANSWER, LAND, SETTLE, PUBLISH, SUSPEND, END_RUN };

struct event {
    enum kind kind;
    void *what;
    struct side *side;
    int64_t at_ms;
};

struct side {
    struct crawl *crawl;
    int64_t n_items;
    int64_t wake_ms; /* -1: not at all */
    size_t n_sent;
    int64_t ended_ms;
    bool is_done;
    const char *completeness; /* as it was suspended; NULL: published */
};

static struct {
    struct side sides[N_CRAWLS_MAX];
    size_t n;
    struct pace pace;
    struct crawl_peers peers;
    struct event events[EVENTS_MAX];
    size_t n_events;
    int64_t now_ms;
    int64_t sent_ms[20000];
    size_t n_sent, n_running, n_running_max;
    int64_t cap, booked; /* shared; 0: none */
} f;

static void add(enum kind kind, void *data, void *what, int64_t in_ms)
{
    cr_assert(lt(sz, f.n_events, EVENTS_MAX));
    f.events[f.n_events++] = (struct event){kind, what, data, f.now_ms + in_ms};
}

static int64_t now_ms(void *data)
{
    (void)data;
    return f.now_ms;
}

static void wake_at(void *data, int64_t at_ms)
{
    struct side *side = data;

    cr_assert(not(side->is_done), "woken behind its end");
    side->wake_ms = at_ms;
}

static void begin_slice(void *data, struct crawl_slice *slice)
{
    add(SLICE, data, slice, 0);
}

static void reserve(void *data, struct crawl_page *page)
{
    add(RESERVE, data, page, 0);
}

static void send(void *data, struct crawl_page *page)
{
    struct side *side = data;
    size_t n_in_minute = 1;

    side->n_sent++;
    f.sent_ms[f.n_sent++] = f.now_ms;
    for (size_t i = f.n_sent - 1; i-- > 0 && f.sent_ms[i] > f.now_ms - 60000;)
        n_in_minute++;
    cr_assert(le(sz, n_in_minute, f.pace.per_minute_max));
    f.n_running++;
    f.n_running_max = f.n_running > f.n_running_max ? f.n_running : f.n_running_max;
    cr_assert(le(sz, f.n_running, f.pace.in_flight_max));
    add(ANSWER, data, page, CALL_MS);
}

static void land(void *data, struct crawl_page *page, const struct crawl_checkpoint *checkpoint)
{
    (void)checkpoint;
    add(LAND, data, page, 0);
}

static void settle(void *data, struct crawl_page *page)
{
    add(SETTLE, data, page, 0);
}

static void publish(void *data, struct crawl_listing *listing)
{
    add(PUBLISH, data, listing, 0);
}

static void suspend(void *data, struct crawl_listing *listing)
{
    struct side *side = data;

    side->completeness = listing->completeness;
    add(SUSPEND, data, listing, 0);
}

static void end_run(void *data, struct crawl_run *run)
{
    add(END_RUN, data, run, 0);
}

static void drop(void *data, struct crawl_page *page)
{
    (void)data;
    (void)page;
}

static void done(void *data)
{
    struct side *side = data;

    side->is_done = true;
    side->wake_ms = -1;
    side->ended_ms = f.now_ms;
}

static const struct crawl_ports ports = {.now_ms = now_ms,
                                         .wake_at = wake_at,
                                         .begin_slice = begin_slice,
                                         .reserve = reserve,
                                         .send = send,
                                         .land = land,
                                         .settle = settle,
                                         .publish = publish,
                                         .suspend = suspend,
                                         .end_run = end_run,
                                         .drop = drop,
                                         .done = done};

static void begin(size_t in_flight, size_t per_minute)
{
    memset(&f, 0, sizeof(f));
    log_set_level(LOG_ERROR);
    pace_init(&f.pace, in_flight, per_minute);
}

/* A crawl with a run of one listing of so many items. */
static struct side *add_side(int64_t n_items)
{
    struct side *side = &f.sides[f.n++];
    struct crawl_settings settings = {.pace = &f.pace,
                                      .peers = &f.peers,
                                      .backlog_max = 50,
                                      .tries_max = 5,
                                      .hold_ms = 120000,
                                      .newest_s = 1700000000};
    struct crawl_run *run;

    *side = (struct side){.n_items = n_items, .wake_ms = -1};
    side->crawl = crawl_new(&settings, &ports, side);
    run = crawl_add_run(side->crawl,
                        &(struct crawl_run_settings){.run_id = (int64_t)f.n,
                                                     .job = "job",
                                                     .endpoint = endpoint_find("backlinks"),
                                                     .price = {1000, 10},
                                                     .n_listings = 1});
    crawl_add_listing(run, &(struct crawl_listing_settings){.listing_id = (int64_t)f.n,
                                                            .target = "example.com",
                                                            .request = "{\"limit\":100}",
                                                            .last_total_count = -1,
                                                            .whole_count = -1});
    crawl_start(side->crawl);
    return side;
}

static void play_reserve(struct crawl_page *page)
{
    struct crawl_refusal refusal = {CRAWL_SCOPE_SHARED, "the cap of all"};
    bool is_refused = f.cap > 0 && f.booked + page->reserved_nanousd > f.cap;

    if (!is_refused)
        f.booked += page->reserved_nanousd;
    crawl_on_reserved(page, is_refused ? &refusal : NULL, NULL);
}

/* At half of what was reserved for it. */
static void play_answer(struct side *side, struct crawl_page *page)
{
    int64_t left = side->n_items - page->position;
    struct crawl_answer answer = {
        .facts = {.http_status = 200,
                  .has_envelope = true,
                  .has_result = true,
                  .status_code = 20000,
                  .task_status_code = 20000,
                  .message = "Ok."},
        .was_sent = true,
        .cost_nanousd = page->reserved_nanousd / 2,
        .n_items = left > PAGE_ITEMS ? PAGE_ITEMS : left,
        .total_count = side->n_items,
    };

    f.n_running--;
    f.booked -= page->reserved_nanousd / 2;
    crawl_on_arrived(page, true, true);
    crawl_on_answer(page, &answer);
}

static void play(const struct event *event)
{
    switch (event->kind) {
    case SLICE:
        crawl_on_slice_begun(event->what, NULL);
        break;
    case RESERVE:
        play_reserve(event->what);
        break;
    case ANSWER:
        play_answer(event->side, event->what);
        break;
    case LAND:
        crawl_on_landed(event->what, CRAWL_NO_VALUE, false, NULL);
        break;
    case SETTLE:
        crawl_on_settled(event->what, NULL);
        break;
    case PUBLISH:
        crawl_on_published(event->what, false, NULL);
        break;
    case SUSPEND:
        crawl_on_suspended(event->what, NULL);
        break;
    case END_RUN:
        crawl_on_run_ended(event->what, NULL);
        break;
    }
}

/* The next event or wake; false where there is none. */
static bool step(void)
{
    size_t first = 0;
    struct side *woken = NULL;
    struct event event;

    for (size_t i = 1; i < f.n_events; i++)
        if (f.events[i].at_ms < f.events[first].at_ms)
            first = i;
    for (size_t i = 0; i < f.n; i++)
        if (f.sides[i].wake_ms >= 0 && (woken == NULL || f.sides[i].wake_ms < woken->wake_ms))
            woken = &f.sides[i];
    if (woken != NULL && (f.n_events == 0 || woken->wake_ms <= f.events[first].at_ms)) {
        f.now_ms = woken->wake_ms > f.now_ms ? woken->wake_ms : f.now_ms;
        woken->wake_ms = -1;
        crawl_on_time(woken->crawl);
        return true;
    }
    if (f.n_events == 0)
        return false;
    event = f.events[first];
    memmove(&f.events[first], &f.events[first + 1], (--f.n_events - first) * sizeof(f.events[0]));
    f.now_ms = event.at_ms;
    play(&event);
    return true;
}

static void play_to_end(void)
{
    size_t n_steps = 0;

    while (step())
        cr_assert(lt(sz, n_steps++, 400000), "they wake each other for ever");
    for (size_t i = 0; i < f.n; i++) {
        cr_assert(f.sides[i].is_done, "crawl %zu waits for ever", i);
        crawl_destroy(f.sides[i].crawl);
    }
    cr_expect(eq(sz, f.pace.n_in_flight, 0));
    cr_expect(f.pace.line == NULL);
    cr_expect(f.peers.first == NULL);
    pace_deinit(&f.pace);
}

Test(crawl_beside, slots_are_shared_and_none_stays_free)
{
    begin(4, 1000);
    for (size_t i = 0; i < 3; i++)
        add_side(4000);
    play_to_end();
    cr_expect(eq(sz, f.n_running_max, 4));
    /* 120 calls of a second by 4; the first pages of each go alone. */
    cr_expect(le(i64, f.now_ms, 33000));
    for (size_t i = 0; i < 3; i++)
        cr_expect(eq(sz, f.sides[i].n_sent, 40));
}

Test(crawl_beside, a_small_one_is_not_held_back_by_a_big_one)
{
    struct side *small;

    begin(4, 1000);
    add_side(15000);
    while (f.sides[0].n_sent < 20)
        cr_assert(step());
    small = add_side(2000); /* 20 pages at a half of the slots: 10 s, and page 1 before */
    play_to_end();
    cr_expect(le(i64, small->ended_ms, 5000 + 13000));
    cr_expect(ge(i64, f.sides[0].ended_ms, small->ended_ms));
}

Test(crawl_beside, the_minute_is_shared)
{
    begin(20, 50);
    for (size_t i = 0; i < 5; i++)
        add_side(4000); /* 200 calls: four minutes, behind the last of which nobody waits */
    play_to_end();
    cr_expect(eq(sz, f.n_sent, 200));
    cr_expect(le(i64, f.now_ms, 3 * 62000 + 5000));
}

Test(crawl_beside, who_stops_leaves_its_slots_to_the_others)
{
    begin(2, 1000);
    add_side(4000);
    add_side(4000);
    while (f.n_sent < 10)
        cr_assert(step());
    crawl_stop(f.sides[0].crawl);
    play_to_end();
    cr_expect(eq(sz, f.sides[1].n_sent, 40));
}

/* Whoever is refused waits for what the others' calls turn out to cost: half of their reserve. */
Test(crawl_beside, a_shared_cap_ends_nobody_while_a_call_of_another_is_open)
{
    begin(8, 1000);
    f.cap = 41 * 2000 / 2 + 2000; /* a page is reserved at 2,000, and costs half */
    add_side(2000);
    add_side(2000);
    play_to_end();
    cr_expect(f.sides[0].completeness == NULL);
    cr_expect(f.sides[1].completeness == NULL);

    begin(8, 1000);
    f.cap = 20 * 1000 + 2000;
    add_side(2000);
    add_side(2000);
    play_to_end();
    cr_expect(ge(sz, f.n_sent, 21), "the cap is not used up");
    cr_expect(eq(int, (f.sides[0].completeness != NULL) + (f.sides[1].completeness != NULL), 2));
}

Test(crawl_beside, limits_that_change_hold_at_once)
{
    begin(2, 1000);
    add_side(4000);
    add_side(4000);
    while (f.n_sent < 10)
        cr_assert(step());
    pace_set_limits(&f.pace, 6, 1200);
    play_to_end();
    cr_expect(eq(sz, f.n_running_max, 6));
    cr_expect(eq(sz, f.n_sent, 80));
}
