#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "store/lost.h"
#include "support/pg.h"
#include "support/store_calls.h"

/*
 * Calls whose charge is unknown, held against the vendor's list of tasks: what is listed was
 * billed, what by now would be listed was not, and nothing is counted twice.
 */

static struct calls c;
static int64_t listing_id;

#define LISTED_AFTER_MS 180000

static void begin(void)
{
    calls_begin(&c);
    listing_id = calls_start_listing(&c, "2026-11-22", 0);
}

TestSuite(reconcile, .timeout = 60, .init = begin, .fini = pg_drop_databases);

/* A call for the page at `position` whose answer never came, sent so many seconds ago. */
static struct uuid lose(int64_t position, int seconds_ago)
{
    char text[UUID_TEXT_MAX];
    struct uuid attempt;

    cr_assert(calls_reserve(&c, listing_id, position, 60000000, &attempt));
    cr_assert(calls_settle(&c, &attempt, STORE_UNKNOWN, 0));
    pg_execute(c.url,
               "UPDATE linkhaul.attempt SET reserved_at = now() - interval '%d seconds' "
               "WHERE attempt_id = '%s'",
               seconds_ago, uuid_format(&attempt, text));
    return attempt;
}

static struct store_task task(const char *id, int64_t position, const char *token, int64_t nanousd)
{
    return (struct store_task){.id = id,
                               .tag = "lh/test/1.0",
                               .position = position,
                               .token = token,
                               .nanousd = nanousd,
                               .posted_ms = clock_wall_ms() - 5000};
}

static struct store_resolved resolved[8];
static size_t n_resolved;

static void on_resolved(void *data, const struct store_resolved *told, size_t n,
                        const struct err *err)
{
    n_resolved = n;
    cr_assert(le(sz, n, 8));
    if (n > 0)
        memcpy(resolved, told, n * sizeof(*told));
    calls_on_done(data, err);
}

static void reconcile_with(const struct store_list *list)
{
    c.is_answered = false;
    store_reconcile(c.store, "default", list, on_resolved, &c);
    cr_assert(calls_wait(&c), "%s", c.err.text);
}

/* The list as it is asked for now, whole over the last ten minutes. */
static void reconcile(const struct store_task *tasks, size_t n_tasks)
{
    reconcile_with(&(struct store_list){.tasks = tasks,
                                        .n_tasks = n_tasks,
                                        .from_ms = clock_wall_ms() - 600000,
                                        .to_ms = clock_wall_ms() + 600000,
                                        .listed_after_ms = LISTED_AFTER_MS});
}

static int64_t n_in_state(const char *state)
{
    return pg_int(c.url, "SELECT count(*) FROM linkhaul.attempt WHERE state = '%s'", state);
}

static int64_t spent(const char *column)
{
    return pg_int(c.url, "SELECT %s FROM linkhaul.spend WHERE scope LIKE 'run:%%'", column);
}

Test(reconcile, books_what_is_listed_as_undelivered)
{
    struct uuid lost = lose(1000, 5);
    struct store_task listed = task("t-1", 1000, NULL, 60000000);

    cr_expect(eq(i64, spent("unknown_nanousd"), 60000000));
    reconcile(&listed, 1);
    cr_assert(eq(sz, n_resolved, 1));
    cr_expect(uuid_is_equal(&resolved[0].attempt, &lost));
    cr_expect(resolved[0].is_billed);
    cr_expect(eq(i64, resolved[0].charged_nanousd, 60000000));
    cr_expect(eq(i64, n_in_state("undelivered"), 1));
    cr_expect(eq(i64, spent("unknown_nanousd"), 0));
    cr_expect(eq(i64, spent("settled_nanousd"), 60000000));
    reconcile(&listed, 1);
    cr_expect(eq(sz, n_resolved, 0), "once only");
    calls_end(&c);
}

Test(reconcile, leaves_alone_what_is_about_to_be_judged)
{
    struct uuid here = lose(1000, 190);
    struct store_task listed = task("t-1", 1000, NULL, 60000000);

    c.is_answered = false;
    store_take_up(c.store, &here, 1, calls_on_done, &c);
    cr_assert(calls_wait(&c), "%s", c.err.text);
    reconcile(&listed, 1);
    cr_expect(eq(sz, n_resolved, 0));
    cr_expect(eq(i64, n_in_state("reserved"), 1));
    cr_expect(eq(i64, spent("reserved_nanousd"), 60000000));
    cr_expect(eq(i64, spent("unknown_nanousd"), 0));
    cr_assert(calls_settle(&c, &here, STORE_UNKNOWN, 0));
    reconcile(&listed, 1);
    cr_expect(eq(sz, n_resolved, 1));
    calls_end(&c);
}

Test(reconcile, frees_what_is_listed_at_no_charge)
{
    struct store_task listed = task("t-1", 1000, NULL, 0);

    lose(1000, 5);
    reconcile(&listed, 1);
    cr_assert(eq(sz, n_resolved, 1));
    cr_expect(not(resolved[0].is_billed));
    cr_expect(eq(i64, n_in_state("void"), 1));
    cr_expect(eq(i64, spent("unknown_nanousd") + spent("settled_nanousd"), 0));
    calls_end(&c);
}

/* A call whose answer came, under that name. */
static void settle_as(const char *id)
{
    struct uuid attempt;

    cr_assert(calls_reserve(&c, listing_id, 5000, 60000000, &attempt));
    cr_assert(calls_settle(&c, &attempt, STORE_SETTLED, 24000000));
    pg_execute(c.url, "UPDATE linkhaul.attempt SET task_id = '%s' WHERE state = 'settled'", id);
}

Test(reconcile, concludes_from_a_missing_task_only_when_it_would_be_listed)
{
    struct store_task listed = task("t-1", 5000, NULL, 24000000);

    lose(0, 170);
    reconcile(NULL, 0);
    cr_expect(eq(sz, n_resolved, 0), "it may still run, or the list lag behind");
    lose(1000, 190);
    reconcile(NULL, 0);
    cr_expect(eq(sz, n_resolved, 0), "nothing shows that the list has our calls at all");
    settle_as("t-1");
    reconcile(&listed, 1);
    cr_assert(eq(sz, n_resolved, 1));
    cr_expect(
        eq(i64, pg_int(c.url, "SELECT position FROM linkhaul.attempt WHERE state = 'void'"), 1000));
    calls_end(&c);
}

Test(reconcile, concludes_nothing_from_a_list_that_is_old_or_does_not_reach)
{
    struct store_task listed = task("t-1", 5000, NULL, 24000000);

    settle_as("t-1");
    lose(0, 190);
    reconcile_with(&(struct store_list){.tasks = &listed,
                                        .n_tasks = 1,
                                        .from_ms = clock_wall_ms() - 600000,
                                        .to_ms = clock_wall_ms(),
                                        .age_ms = 20000,
                                        .listed_after_ms = LISTED_AFTER_MS});
    cr_expect(eq(sz, n_resolved, 0), "when it was asked for the call could still come");
    reconcile_with(&(struct store_list){.tasks = &listed,
                                        .n_tasks = 1,
                                        .from_ms = clock_wall_ms() - 100000,
                                        .to_ms = clock_wall_ms(),
                                        .listed_after_ms = LISTED_AFTER_MS});
    cr_expect(eq(sz, n_resolved, 0), "it begins behind the call");
    reconcile_with(&(struct store_list){.tasks = &listed,
                                        .n_tasks = 1,
                                        .from_ms = clock_wall_ms() - 600000,
                                        .to_ms = clock_wall_ms() - 300000,
                                        .listed_after_ms = LISTED_AFTER_MS});
    cr_expect(eq(sz, n_resolved, 0), "it ends before the call");
    calls_end(&c);
}

Test(reconcile, gives_no_task_to_two_calls)
{
    struct uuid settled;
    struct store_task listed[] = {task("t-1", 0, NULL, 24000000), task("t-2", 0, NULL, 60000000)};

    cr_assert(calls_reserve(&c, listing_id, 0, 60000000, &settled));
    cr_assert(calls_settle(&c, &settled, STORE_SETTLED, 24000000));
    pg_execute(c.url, "UPDATE linkhaul.attempt SET task_id = 't-1'");
    lose(0, 20);
    lose(0, 10);
    reconcile(listed, 1);
    cr_expect(eq(sz, n_resolved, 0), "that task is booked");
    reconcile(listed, 2);
    cr_expect(eq(sz, n_resolved, 1), "there is one task for two calls");
    cr_expect(eq(i64, n_in_state("undelivered"), 1));
    cr_expect(eq(i64, n_in_state("unknown"), 1));
    calls_end(&c);
}

Test(reconcile, tells_pages_apart_by_offset_tag_and_token)
{
    struct store_task listed[] = {task("t-1", 2000, NULL, 1), task("t-2", 1000, "abc", 1),
                                  task("t-3", 1000, NULL, 1)};

    listed[2].tag = "lh/test/2.0";
    lose(1000, 10);
    reconcile(listed, 3);
    cr_expect(eq(sz, n_resolved, 0));
    pg_execute(c.url, "UPDATE linkhaul.attempt SET token = 'abc', position = 77");
    reconcile(listed, 3);
    cr_expect(eq(sz, n_resolved, 1));
    cr_expect(
        eq(i64, pg_int(c.url, "SELECT count(*) FROM linkhaul.attempt WHERE task_id = 't-2'"), 1));
    calls_end(&c);
}

Test(reconcile, does_not_take_a_task_from_long_before)
{
    struct store_task listed = task("t-1", 0, NULL, 1);

    listed.posted_ms -= 400000;
    lose(0, 10);
    reconcile(&listed, 1);
    cr_expect(eq(sz, n_resolved, 0));
    calls_end(&c);
}

Test(reconcile, learns_the_cost_of_a_page_that_came_without_one)
{
    struct store_task listed = task("t-1", 0, NULL, 24036000);
    struct uuid lost = lose(0, 300);

    (void)lost;
    pg_execute(c.url, "UPDATE linkhaul.attempt SET is_page = true, task_id = 't-1'");
    reconcile(NULL, 0);
    cr_expect(eq(sz, n_resolved, 0), "it was answered, so it was executed");
    reconcile(&listed, 1);
    cr_expect(eq(sz, n_resolved, 1));
    cr_expect(eq(i64, n_in_state("settled"), 1));
    cr_expect(eq(i64, spent("settled_nanousd"), 24036000));
    calls_end(&c);
}

static size_t n_unknowns;

static void on_unknowns(void *data, const struct store_unknown *unknowns, size_t n,
                        const struct err *err)
{
    n_unknowns = n;
    if (n == 2) {
        cr_expect(eq(i64, unknowns[0].position, 3000), "the oldest first");
        cr_expect(ge(i64, unknowns[0].age_ms, 40000));
        cr_expect(lt(i64, unknowns[0].age_ms, 60000));
        cr_expect(lt(i64, llabs(clock_wall_ms() - unknowns[1].reserved_at_ms - 10000), 5000));
    }
    calls_on_done(data, err);
}

Test(reconcile, reads_what_is_unknown)
{
    struct uuid attempt;

    lose(1000, 10);
    lose(3000, 40);
    cr_assert(calls_reserve(&c, listing_id, 0, 1, &attempt));
    c.is_answered = false;
    store_read_unknowns(c.store, "default", on_unknowns, &c);
    cr_assert(calls_wait(&c), "%s", c.err.text);
    cr_expect(eq(sz, n_unknowns, 2));
    c.is_answered = false;
    store_read_unknowns(c.store, "another", on_unknowns, &c);
    cr_assert(calls_wait(&c));
    cr_expect(eq(sz, n_unknowns, 0));
    calls_end(&c);
}

static size_t n_restored;

static void on_restored(void *data, size_t n, const struct err *err)
{
    n_restored = n;
    calls_on_done(data, err);
}

Test(reconcile, brings_back_what_only_the_spool_remembers)
{
    struct store_attempt attempts[] = {
        {.attempt = uuid_new(), .position = 1000, .limit = 1000, .tag = "lh/test/1.0"},
        {.attempt = uuid_new(), .position = 2000, .limit = 1000, .tag = "lh/test/1.0"}};
    int64_t sent_ms[] = {clock_wall_ms() - 90000, clock_wall_ms() - 80000};

    for (int i = 0; i < 2; i++) {
        attempts[i].run_id = c.run->run_id;
        attempts[i].listing_id = listing_id + i; /* the second is not known */
        attempts[i].reserved_nanousd = INT64_C(1000000000000);
    }
    pg_execute(c.url, "INSERT INTO linkhaul.cap VALUES ('all', 'month', 1)");
    for (int i = 0; i < 2; i++) {
        c.is_answered = false;
        store_restore_attempts(c.store, attempts, sent_ms, 2, on_restored, &c);
        cr_assert(calls_wait(&c), "no cap refuses what has happened: %s", c.err.text);
        cr_expect(eq(sz, n_restored, i == 0 ? 1 : 0));
        cr_expect(eq(i64, n_in_state("unknown"), 1));
    }
    cr_expect(eq(i64, spent("unknown_nanousd"), INT64_C(1000000000000)));
    cr_expect(eq(i64,
                 pg_int(c.url,
                        "SELECT round(extract(epoch FROM now() - reserved_at) / 10) FROM "
                        "linkhaul.attempt"),
                 9));
    calls_end(&c);
}

static struct store_recent recents[8];
static size_t n_recents;

static void on_recents(void *data, const struct store_recent *told, size_t n, const struct err *err)
{
    n_recents = n;
    if (n > 0 && n <= 8)
        memcpy(recents, told, n * sizeof(*told));
    calls_on_done(data, err);
}

Test(reconcile, knows_what_the_server_may_still_count)
{
    struct uuid attempt;

    lose(0, 200);    /* too long ago */
    lose(1000, 100); /* may still run */
    cr_assert(calls_reserve(&c, listing_id, 2000, 1, &attempt));
    cr_assert(calls_settle(&c, &attempt, STORE_VOID, 0)); /* given back: it was never sent */
    calls_land_page(&c, listing_id, 3000, (int64_t[]){1}, 1, 1);
    c.is_answered = false;
    store_read_recents(c.store, "default", 60000, 120000, on_recents, &c);
    cr_assert(calls_wait(&c), "%s", c.err.text);
    cr_assert(eq(sz, n_recents, 2));
    cr_expect(eq(i64, recents[0].ended_ms, -1));
    cr_expect(ge(i64, recents[0].sent_ms, 100000));
    cr_expect(ge(i64, recents[1].ended_ms, 0));
    cr_expect(lt(i64, recents[1].sent_ms, 10000));
    calls_end(&c);
}

static bool is_begun;
static int64_t begins_at_s;

static void on_restarted(void *data, bool is_so, int64_t from_s, const struct err *err)
{
    is_begun = is_so;
    begins_at_s = from_s;
    calls_on_done(data, err);
}

static void restart_slice(int32_t slice_no)
{
    c.is_answered = false;
    store_restart_slice(c.store, listing_id, slice_no, slice_no + 1, 500, "first_seen",
                        on_restarted, &c);
    cr_assert(calls_wait(&c), "%s", c.err.text);
}

/* Rows 1 to 10, two of the last second: the new slice begins with both. */
Test(reconcile, goes_on_behind_a_broken_chain_by_the_value_it_is_walked_by)
{
    calls_land_page(&c, listing_id, 0, (int64_t[]){1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 10, 50);
    pg_execute(c.url,
               "UPDATE linkhaul.backlink SET first_seen = "
               "timestamptz '2026-01-01 00:00:00+00' + least(ordinal, 9) * interval '1 min'");
    pg_execute(c.url, "UPDATE linkhaul.backlink SET first_seen = NULL WHERE ordinal = 1");
    pg_execute(c.url, "UPDATE linkhaul.slice SET position = 10, walk = 'chain'");
    restart_slice(0);
    cr_assert(is_begun);
    cr_expect(eq(i64, begins_at_s, INT64_C(1767225600) + 9 * 60), "2026-01-01 00:09:00");
    cr_expect(eq(i64,
                 pg_int(c.url,
                        "SELECT count(*) FROM linkhaul.slice a JOIN linkhaul.slice b "
                        "ON a.range_to = b.range_from WHERE a.slice_no = 0 AND b.slice_no = 1 "
                        "AND a.range_from IS NULL AND b.range_to IS NULL"),
                 1));
    cr_expect(
        eq(i64, pg_int(c.url, "SELECT total_count FROM linkhaul.slice WHERE slice_no = 0"), 8));
    cr_expect(eq(i64,
                 pg_int(c.url,
                        "SELECT count(*) FROM linkhaul.slice WHERE slice_no = 1 AND "
                        "page_limit = 500 AND walk = 'undecided' AND NOT is_ended AND "
                        "order_by IS NOT NULL"),
                 1));
    calls_end(&c);
}

Test(reconcile, begins_anew_where_nothing_had_come)
{
    restart_slice(0);
    cr_assert(is_begun);
    cr_expect(eq(i64, begins_at_s, STORE_FROM_OPEN));
    cr_expect(eq(i64, pg_int(c.url, "SELECT sum(total_count) FROM linkhaul.slice"), 0));
    pg_execute(c.url, "UPDATE linkhaul.slice SET position = 10 WHERE slice_no = 1");
    restart_slice(1);
    cr_expect(not(is_begun), "ten items, and none has a value to go on from");
    cr_expect(eq(i64, pg_int(c.url, "SELECT count(*) FROM linkhaul.slice"), 2));
    calls_end(&c);
}

Test(reconcile, concludes_nothing_of_a_task_that_is_not_over)
{
    struct store_task listed[] = {task("t-1", 5000, NULL, 24000000), task("t-2", 1000, NULL, -1)};

    settle_as("t-1");
    lose(1000, 300);
    reconcile(listed, 2);
    cr_expect(eq(sz, n_resolved, 0), "it is listed, and may cost something yet");
    listed[1].nanousd = 0;
    reconcile(listed, 2);
    cr_expect(eq(sz, n_resolved, 1));
    cr_expect(eq(i64, n_in_state("void"), 1));
    calls_end(&c);
}

Test(reconcile, waits_while_a_further_call_for_the_page_is_under_way)
{
    struct store_task listed = task("t-1", 1000, NULL, 60000000);
    struct uuid attempt;

    lose(1000, 10);
    cr_assert(calls_reserve(&c, listing_id, 1000, 60000000, &attempt));
    reconcile(&listed, 1);
    cr_expect(eq(sz, n_resolved, 0), "whose task it is nobody can tell");
    cr_assert(calls_settle(&c, &attempt, STORE_VOID, 0));
    reconcile(&listed, 1);
    cr_expect(eq(sz, n_resolved, 1));
    calls_end(&c);
}

Test(reconcile, counts_a_task_once_that_the_list_shows_twice)
{
    struct store_task listed[] = {task("t-1", 1000, NULL, 60000000),
                                  task("t-1", 1000, NULL, 60000000)};

    lose(1000, 20);
    lose(1000, 10);
    reconcile(listed, 2);
    cr_expect(eq(sz, n_resolved, 1));
    cr_expect(eq(i64, spent("settled_nanousd"), 60000000));
    calls_end(&c);
}

Test(reconcile, holds_the_slices_against_the_whole_where_a_chain_broke)
{
    calls_land_page(&c, listing_id, 0, (int64_t[]){1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 10, 500);
    pg_execute(c.url,
               "UPDATE linkhaul.backlink SET first_seen = now() + ordinal * interval '1 min'");
    pg_execute(c.url, "UPDATE linkhaul.slice SET position = 10, walk = 'chain'");
    restart_slice(0);
    pg_execute(c.url,
               "UPDATE linkhaul.slice SET total_count = 1, is_ended = true WHERE slice_no = 1");
    cr_assert(calls_publish(&c, listing_id, "complete"));
    cr_expect_str_eq(c.published.completeness, "short");
    cr_expect(eq(i64, c.published.n_missing, 490));
    calls_end(&c);
}
