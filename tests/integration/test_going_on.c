#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "support/books.h"
#include "support/pg.h"

/*
 * A listing that stopped goes on, in the cases that are not plain: its token is no longer taken, it
 * is to begin afresh, it is too old; and one that came out too small is held.
 */

/* A minute of the API is a second. */
static void make_haste(void)
{
    setenv("LINKHAUL_HASTE", "60", 1);
}

TestSuite(going_on, .timeout = 280, .init = make_haste, .fini = pg_drop_databases);

static struct story story;

/* A chain of 25 pages. */
static const struct books chain = {"example.com", 24500, 1000, 20};

#define begin(...) begin_argv((const char *const[]){__VA_ARGS__, NULL})
static void begin_argv(const char *const sandbox[])
{
    story_begin(&story, pg_fresh_database());
    story_sandbox_argv(&story, sandbox);
    story_config(&story, "");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
}

static void write_job(const char *budget, const char *more)
{
    story_file(&story, "jobs.d/walk.yaml",
               "job: walk\nendpoint: backlinks\nsync: full\ntargets: [example.com]\nbudget: %s\n"
               "%s%s",
               budget, strstr(more, "request:") == NULL ? "request: { " STORY_CHAIN " }\n" : "",
               more);
}

static void expect_said(const char *what)
{
    cr_expect(ne(ptr, strstr(story.err, what), NULL), "not said: %s; but: %s", what, story.err);
}

/* Calls of another job, so that a token of the chain grows old. */
static void let_the_token_grow_old(void)
{
    story_file(&story, "jobs.d/other.yaml",
               "job: other\nendpoint: backlinks\nsync: full\ntargets: [example.org]\nbudget: 5\n");
    cr_assert(eq(int, story_run(&story, "run", "other"), 0), "%s", story.err);
}

/*
 * The chain is gone on with by value: of what had come only the rows of one second come again.
 * (That the dollars agree with the sandbox is the books' to say.)
 */
static void expect_only_the_overlap_again(void)
{
    int64_t n_again;

    cr_expect(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    expect_said("going on behind it with pages of 1000");
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.slice s join "
                           "linkhaul.listing l using (listing_id) join "
                           "linkhaul.feed f using (feed_id) where f.target = "
                           "'example.com'"),
                 2));
    books_expect_rows(&story, &chain);
    books_expect_money(&story, &chain);
    n_again = story_int(&story,
                        "select sum(a.n_items)::bigint from linkhaul.attempt a join "
                        "linkhaul.listing l using (listing_id) join linkhaul.feed f using "
                        "(feed_id) where f.target = 'example.com' and a.is_page") -
              chain.n_items;
    cr_expect(eq(i64, n_again,
                 story_int(&story,
                           "select n_duplicates from linkhaul.listing l "
                           "join linkhaul.feed f using (feed_id) where "
                           "f.target = 'example.com'")));
    cr_expect(lt(i64, n_again, 100), "more than the overlap is bought again");
    story_end(&story);
}

Test(going_on, behind_a_token_that_a_budget_stop_let_grow_old)
{
    begin("--items", "example.com=24500", "--items", "example.org=5000", "--token-life", "3");
    write_job("0.50", "");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 2), "%s", story.err);
    let_the_token_grow_old();
    write_job("20", "");
    expect_only_the_overlap_again();
}

Test(going_on, behind_a_token_that_a_kill_let_grow_old)
{
    begin("--items", "example.com=24500", "--items", "example.org=5000", "--token-life", "3");
    write_job("20", "");
    setenv("LINKHAUL_DIE_AT", "after-commit:9", 1);
    cr_assert(eq(int, story_run(&story, "run", "walk"), 128 + SIGKILL), "%s", story.err);
    unsetenv("LINKHAUL_DIE_AT");
    let_the_token_grow_old();
    expect_only_the_overlap_again();
}

/* --- afresh, and too old --------------------------------------------------------------------- */

static void expect_begun_anew(const char *option)
{
    write_job("20", "resume_within: 2d\n");
    cr_assert(eq(int,
                 option == NULL ? story_run(&story, "run", "walk")
                                : story_run(&story, "run", "walk", option),
                 0),
              "%s", story.err);
    expect_said("example.com: the open listing of ");
    expect_said("is closed before it was whole: published (budget, 8000 rows)");
    expect_said("$0.48 had been spent on it");
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.run"), 2));
    books_expect_rows(&story, &chain);
    books_expect_money(&story, &chain);
    story_end(&story);
}

static void stop_by_budget(void)
{
    begin("--items", "example.com=24500");
    write_job("0.50", "resume_within: 2d\n");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 2), "%s", story.err);
}

Test(going_on, fresh_gives_up_what_is_open_and_names_the_dollars)
{
    stop_by_budget();
    expect_begun_anew("--fresh");
}

Test(going_on, a_run_older_than_resume_within_is_given_up)
{
    stop_by_budget();
    free(story_text(&story,
                    "update linkhaul.run set started_at = started_at - "
                    "interval '49 hours' returning job"));
    expect_begun_anew(NULL);
}

Test(going_on, a_run_within_resume_within_goes_on)
{
    stop_by_budget();
    free(story_text(&story,
                    "update linkhaul.run set started_at = started_at - "
                    "interval '47 hours' returning job"));
    write_job("20", "resume_within: 2d\n");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.run"), 1));
    books_expect_rows(&story, &chain);
    books_expect_money(&story, &chain);
    story_end(&story);
}

/* --- what was received before the listing is closed ------------------------------------------ */

#define N_RECEIVED 12

static int64_t n_pages_of_first_run(void)
{
    return story_int(&story, "select count(*) from linkhaul.attempt where run_id = 1 and is_page");
}

/* A death with the last of N_RECEIVED answers in the spool alone. */
static void die_with_answers_in_the_spool(void)
{
    begin("--items", "example.com=5000", "--items", "example.org=5000", "--latency", "5-20");
    write_job("20", "request: { limit: 100 }\n");
    setenv("LINKHAUL_DIE_AT", "after-spool:12", 1);
    cr_assert(eq(int, story_run(&story, "run", "walk"), 128 + SIGKILL), "%s", story.err);
    unsetenv("LINKHAUL_DIE_AT");
    cr_assert(lt(i64, n_pages_of_first_run(), N_RECEIVED));
}

/* What was under way at the death is told by the vendor's list, to one of the runs that follow. */
static void expect_books(const char *target)
{
    const struct books books = {target, 5000, 100, 20};

    for (int i = 0; i < 20 && story_int(&story,
                                        "select count(*) from linkhaul.attempt where "
                                        "state = 'unknown'") > 0;
         i++)
        cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    books_expect_rows(&story, &books);
    books_expect_money(&story, &books);
}

/* Rows and charges of what had come; only what never came may have been billed for nothing. */
static void expect_landed_before_closed(const char *target)
{
    int64_t n_pages = n_pages_of_first_run();

    cr_expect(ge(i64, n_pages, N_RECEIVED), "%" PRId64 " pages of what was received landed: %s",
              n_pages, story.err);
    cr_expect(eq(i64, story_int(&story, "select n_items from linkhaul.listing where run_id = 1"),
                 100 * n_pages));
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.backlink where run_id = 1"),
                 100 * n_pages));
    expect_books(target);
    story_end(&story);
}

Test(going_on, fresh_lands_what_was_received_before_it_closes)
{
    die_with_answers_in_the_spool();
    cr_expect(eq(int, story_run(&story, "run", "walk", "--fresh"), 0), "%s", story.err);
    expect_said("is closed before it was whole: published");
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.run"), 2));
    expect_landed_before_closed("example.com");
}

Test(going_on, a_run_that_is_too_old_lands_what_it_received)
{
    die_with_answers_in_the_spool();
    free(story_text(&story,
                    "update linkhaul.run set started_at = started_at - "
                    "interval '8 days' returning job"));
    cr_expect(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    expect_said("is closed before it was whole: published");
    expect_landed_before_closed("example.com");
}

/* A start that is to close the run dies while it lands. */
Test(going_on, fresh_may_die_on_the_way)
{
    die_with_answers_in_the_spool();
    setenv("LINKHAUL_DIE_AT", "after-commit:1", 1);
    cr_assert(eq(int, story_run(&story, "run", "walk", "--fresh"), 128 + SIGKILL), "%s", story.err);
    unsetenv("LINKHAUL_DIE_AT");
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.run"), 1));
    cr_expect(eq(int, story_run(&story, "run", "walk", "--fresh"), 0), "%s", story.err);
    expect_landed_before_closed("example.com");
}

Test(going_on, a_feed_that_is_taken_out_of_the_job_lands_what_it_received)
{
    die_with_answers_in_the_spool();
    story_file(&story, "jobs.d/walk.yaml",
               "job: walk\nendpoint: backlinks\nsync: full\ntargets: [example.org]\nbudget: 20\n"
               "request: { limit: 100 }\n");
    cr_expect(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    story_expect_text(&story, "abandoned",
                      "select state from linkhaul.listing l join linkhaul.feed f using (feed_id) "
                      "where target = 'example.com'");
    cr_expect(ge(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.attempt a join linkhaul.listing l using "
                           "(listing_id) join linkhaul.feed f using (feed_id) "
                           "where target = 'example.com' and a.is_page"),
                 N_RECEIVED));
    expect_books("example.org");
    story_end(&story);
}

/* --- held ------------------------------------------------------------------------------------ */

Test(going_on, a_listing_that_shrank_too_much_is_held_and_the_others_go_out)
{
    begin("--items", "example.com=3000", "--items", "example.org=2000");
    story_file(&story, "jobs.d/walk.yaml",
               "job: walk\nendpoint: backlinks\nsync: full\ntargets: [example.com, example.org]\n"
               "budget: 5\nmax_shrink: 30%%\n");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    story_sandbox(&story, "--items", "example.com=2000", "--items", "example.org=1500");
    cr_expect(eq(int, story_run(&story, "run", "walk"), 2), "%s", story.err);
    expect_said("example.com: held, not published");
    story_expect_text(&story, "example.com 3000, example.org 1500",
                      "select string_agg(target || ' ' || n, ', ' order by target) from (select "
                      "target, count(*) as n from linkhaul_bi.backlinks group by target) x");
    cr_expect(eq(int, story_run(&story, "publish", "2"), 0), "%s", story.err);
    story_expect_text(&story, "example.com 2000, example.org 1500",
                      "select string_agg(target || ' ' || n, ', ' order by target) from (select "
                      "target, count(*) as n from linkhaul_bi.backlinks group by target) x");
    story_end(&story);
}

/* Which wait for a lock in the database. */
static bool are_both_waiting(void *data)
{
    (void)data;
    return story_int(&story,
                     "select count(*) from pg_stat_activity where datname = "
                     "current_database() and wait_event_type = 'Lock'") == 2;
}

/* Two people accept it at once: one of them does, the other is told so, and it happens once. */
Test(going_on, what_is_held_is_accepted_once_by_two_at_once)
{
    struct story other;
    PGconn *holder;
    int code, other_code;

    begin("--items", "example.com=3000", "--items", "example.org=2500");
    story_file(&story, "jobs.d/walk.yaml",
               "job: walk\nendpoint: backlinks\nsync: full\ntargets: [example.com, example.org]\n"
               "budget: 5\nmax_shrink: 10%%\n");
    cr_assert(eq(int, story_run(&story, "run", "walk"), 0), "%s", story.err);
    story_sandbox(&story, "--seed", "2", "--items", "example.com=2000", "--items",
                  "example.org=1500");
    cr_expect(eq(int, story_run(&story, "run", "walk"), 2), "%s", story.err);
    holder = PQconnectdb(story.database_url);
    PQclear(PQexec(holder, "begin; select from linkhaul.listing where state = 'held' for update"));
    other = story;
    other.linkhaul = (struct process){.pid = 0, .out_fd = -1, .err_fd = -1};
    other.out = other.err = NULL;
    story_start(&story, "publish", "2");
    story_start(&other, "publish", "2");
    cr_assert(wait_until(are_both_waiting, NULL, 60000), "they do not meet");
    PQfinish(holder);
    code = story_wait(&story);
    other_code = story_wait(&other);
    cr_expect(eq(int, code + other_code, 1), "%d %s, %d %s", code, story.err, other_code,
              other.err);
    cr_expect_str_eq(code == 0 ? story.out : other.out,
                     "published example.com: 2000 rows, complete\n"
                     "published example.org: 1500 rows, complete\n");
    cr_expect_str_eq(code == 0 ? other.out : story.out, "");
    cr_expect(ne(ptr,
                 strstr(code == 0 ? other.err : story.err,
                        "holds nothing back: of its listings 2 are published"),
                 NULL),
              "%s%s", story.err, other.err);
    story_expect_text(&story, "3500 new, 3500 links",
                      "select format('%%s new, %%s links', count(*), count(distinct (feed_id, "
                      "link_key))) from linkhaul.link_event where event = 'new'");
    story_expect_text(&story, "3500 live, 5500 missing",
                      "select string_agg(n || ' ' || state, ', ' order by state) from (select "
                      "state, count(*) as n from linkhaul.link group by state) as k");
    story_expect_text(&story, "example.com 2000, example.org 1500",
                      "select string_agg(target || ' ' || n, ', ' order by target) from (select "
                      "target, count(*) as n from linkhaul_bi.backlinks group by target) x");
    process_deinit(&other.linkhaul);
    free(other.out);
    free(other.err);
    story_end(&story);
}
