#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/lost.h"
#include "support/pg.h"
#include "support/store_calls.h"

/* A run that is made again from its memos, and what keeps it from coming back. */

#define NIGHT "2026-11-22"
#define TARGETS(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct calls c;
static struct uuid uid;
static char *memos[2];
static int64_t listing_id;
static struct store_returned returned;

static void on_memo(void *data, const char *memo, const struct err *err)
{
    memos[1] = strdup(memo);
    calls_on_done(data, err);
}

/* A run with a slice, and what the spool keeps of it; then the database loses all of it. */
static void begin_and_lose(void)
{
    const int64_t links[] = {1, 2};

    calls_begin(&c);
    listing_id = calls_start_listing(&c, NIGHT, 0);
    uid = c.run->uid;
    memos[0] = strdup(c.run->memo);
    c.is_answered = false;
    store_read_slices_memo(c.store, listing_id, on_memo, &c);
    cr_assert(calls_wait(&c), "%s", c.err.text);
    calls_land_page(&c, listing_id, 0, links, 2, 2);
    pg_execute(c.url,
               "TRUNCATE linkhaul.attempt, linkhaul.slice, linkhaul.listing, linkhaul.run, "
               "linkhaul.feed, linkhaul.backlink, linkhaul.spend RESTART IDENTITY CASCADE");
}

static void end(void)
{
    calls_end(&c);
    pg_drop_databases();
    free(memos[0]);
    free(memos[1]);
}

TestSuite(lost, .timeout = 60, .init = begin_and_lose, .fini = end);

static void on_returned(void *data, const struct store_returned *told, const struct err *err)
{
    returned = err == NULL ? *told : (struct store_returned){STORE_RETURN_FOREIGN, 0, "", ""};
    returned.job = returned.night = NULL; /* they last for the call */
    calls_on_done(data, err);
}

static enum store_return bring_back(void)
{
    c.is_answered = false;
    store_restore_run(c.store, memos, 2, on_returned, &c);
    cr_assert(calls_wait(&c), "%s", c.err.text);
    return returned.what;
}

static size_t n_lost;

static void on_lost(void *data, const struct uuid *uids, size_t n, const char *tag,
                    const struct err *err)
{
    n_lost = n;
    if (n > 0) {
        cr_expect(uuid_is_equal(&uids[0], &uid));
        cr_expect(eq(sz, strlen(tag), strlen("lh/01234567/")));
    }
    calls_on_done(data, err);
}

static size_t find_lost(void)
{
    c.is_answered = false;
    store_find_lost_runs(c.store, &uid, 1, on_lost, &c);
    cr_assert(calls_wait(&c), "%s", c.err.text);
    return n_lost;
}

static void expect_nothing_there(void)
{
    cr_expect(eq(i64, returned.run_id, 0));
    cr_expect(eq(i64, pg_int(c.url, "SELECT count(*) FROM linkhaul.slice"), 0));
}

Test(lost, comes_back_as_it_began_and_is_gone_on_with)
{
    cr_expect(eq(sz, find_lost(), 1));
    cr_assert(eq(int, bring_back(), STORE_RETURNED));
    cr_expect(eq(sz, find_lost(), 0));
    cr_assert(calls_start_run(&c, NIGHT, 0, TARGETS("example.com")), "%s", c.err.text);
    cr_expect(c.run->is_resumed);
    cr_expect(uuid_is_equal(&c.run->uid, &uid));
    cr_expect(eq(i64, c.run->run_id, returned.run_id));
    cr_assert(eq(sz, c.run->n_listings, 1));
    cr_expect(eq(i64, c.run->listings[0].listing_id, listing_id));
    cr_assert(eq(sz, c.run->listings[0].n_slices, 1));
    cr_expect(eq(int, c.run->listings[0].slices[0].walk, STORE_WALK_UNDECIDED));
    cr_expect(eq(i64, pg_int(c.url, "SELECT sum(n_items)::bigint FROM linkhaul.listing"), 0));
    cr_expect(eq(i64, pg_int(c.url, "SELECT count(*) FROM linkhaul.feed"), 1));
    cr_expect(eq(int, bring_back(), STORE_RETURN_TAKEN), "it is there already");
}

/* As its end was lost with all else: what was published is open again. */
Test(lost, gives_no_number_of_it_out_again)
{
    cr_assert(eq(int, bring_back(), STORE_RETURNED));
    pg_execute(c.url, "UPDATE linkhaul.listing SET state = 'abandoned'");
    pg_execute(c.url, "UPDATE linkhaul.run SET state = 'done'");
    cr_assert(calls_start_run(&c, NIGHT, 0, TARGETS("example.com")), "%s", c.err.text);
    cr_expect(gt(i64, c.run->run_id, returned.run_id));
    cr_expect(gt(i64, c.run->listings[0].listing_id, listing_id));
}

Test(lost, of_another_installation_stays_where_it_is)
{
    pg_execute(c.url, "UPDATE linkhaul.install SET uid = gen_random_uuid()");
    cr_expect(eq(int, bring_back(), STORE_RETURN_FOREIGN));
    expect_nothing_there();
}

/* Its numbers are kept off the sequences all the same, or they would be taken when it may come. */
Test(lost, waits_for_an_older_run_of_the_job_that_is_open)
{
    pg_execute(c.url,
               "SELECT setval('linkhaul.run_run_id_seq', 50), "
               "setval('linkhaul.listing_listing_id_seq', 50)");
    cr_assert(calls_start_run(&c, "2026-11-21", 0, TARGETS("example.com")), "%s", c.err.text);
    pg_execute(c.url,
               "SELECT setval('linkhaul.run_run_id_seq', 1, false), "
               "setval('linkhaul.listing_listing_id_seq', 1, false)");
    cr_expect(eq(int, bring_back(), STORE_RETURN_WAITS));
    expect_nothing_there();
    cr_expect(
        gt(i64, pg_int(c.url, "SELECT nextval('linkhaul.listing_listing_id_seq')"), listing_id));
    pg_execute(c.url, "UPDATE linkhaul.listing SET state = 'abandoned'");
    pg_execute(c.url, "UPDATE linkhaul.run SET state = 'done'");
    cr_expect(eq(int, bring_back(), STORE_RETURNED));
}

Test(lost, cannot_come_back_where_its_numbers_are_taken)
{
    cr_assert(calls_start_run(&c, NIGHT, 0, TARGETS("example.com")), "%s", c.err.text);
    pg_execute(c.url, "UPDATE linkhaul.run SET state = 'done'");
    cr_expect(eq(int, bring_back(), STORE_RETURN_TAKEN));
    expect_nothing_there();
}
