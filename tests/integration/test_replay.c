#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "core/mem.h"
#include "core/uuid.h"
#include "spool/spool.h"
#include "support/pg.h"
#include "support/replay_story.h"
#include "support/story.h"

/*
 * A run loaded again from its answers: the same rows, no call, no dollar, and nobody harmed who
 * works beside it.
 */

static struct story story;

static void begin(void)
{
    setenv("LINKHAUL_HASTE", "60", 1); /* a minute of the API is a second */
    story_begin(&story, pg_fresh_database());
}

static void end(void)
{
    story_end(&story);
    pg_drop_databases();
}

TestSuite(replay, .timeout = 280, .init = begin, .fini = end);

static int64_t awaited;

static bool has_awaited(struct story *of)
{
    return replay_n_settled(of) >= awaited;
}

/* --- the same rows --------------------------------------------------------------------------- */

/* Kills in between, of a listing by offset (example.org) and of one by chain (example.com). */
static void run_with_kills(void)
{
    replay_set_up(&story, "example.com=21500", "20", "example.com, example.org");
    for (awaited = 2; awaited <= 14; awaited += 6) {
        story_start(&story, "run", "walk");
        cr_assert(story_kill_when(&story, has_awaited), "it ended before it could be killed");
    }
    replay_run_job(&story);
}

/* Repeats at a page's edge, which the sandbox never has: the items 1001 and 1002 are 1 and 2 again.
 */
static void make_repeats(void)
{
    free(story_text(
        &story,
        "create function again() returns trigger language plpgsql as $f$ begin if new.ordinal in "
        "(1001, 1002) then new.link_key := md5((new.ordinal - 1000)::text)::uuid; elsif new.ordinal "
        "in (1, 2) then new.link_key := md5(new.ordinal::text)::uuid; end if; return new; end $f$; "
        "create trigger again before insert on linkhaul.backlink for each row execute function "
        "again(); select ''"));
}

Test(replay, into_a_schema_gives_the_rows_of_the_run)
{
    run_with_kills();
    replay_watch(&story);
    for (int i = 0; i < 2; i++) { /* the second takes the place of the first */
        cr_assert(eq(int, story_run(&story, "replay", "1", "--into", "scratch"), 0), "%s",
                  story.err);
        replay_expect_scratch(&story);
    }
    cr_expect(ne(ptr,
                 strstr(story.out, "run 1 is in schema scratch: 2 listings, 23000 rows of 24 "),
                 NULL),
              "%s", story.out);
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.run"), 1));
    replay_expect_free(&story);
}

Test(replay, as_a_run_takes_the_place_of_the_original)
{
    run_with_kills();
    replay_watch(&story);
    cr_assert(eq(int, story_run(&story, "replay", "1"), 0), "%s", story.err);
    cr_expect(ne(ptr, strstr(story.out, "run 2 is run 1 again: 2 listings, 23000 rows of 24 pages"),
                 NULL),
              "%s", story.out);
    replay_expect_free(&story);
    replay_expect_same(&story, 1, 2);
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 23000));
    story_expect_text(&story, "2",
                      "select string_agg(distinct l.run_id::text, ' ') from linkhaul.feed f join "
                      "linkhaul.listing l on l.listing_id = f.published_listing_id");
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.listing o join linkhaul.listing r on "
                           "r.replay_of = o.listing_id and (r.night, r.state, r.completeness, "
                           "r.total_count, r.n_items, r.n_rows, r.n_rejects, r.n_extra, "
                           "r.n_cleaned, r.n_duplicates, r.n_missing) = (o.night, o.state, "
                           "o.completeness, o.total_count, o.n_items, o.n_rows, o.n_rejects, "
                           "o.n_extra, o.n_cleaned, o.n_duplicates, o.n_missing)"),
                 2));
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.attempt o join linkhaul.attempt r on "
                           "r.message like '%%' || o.attempt_id || '%%' and r.run_id = 2 and "
                           "r.state = 'void' and r.is_page and r.charged_nanousd is null and "
                           "(r.n_items, r.n_rows) = (o.n_items, o.n_rows) where o.is_page"),
                 24));
    cr_assert(eq(int, story_run(&story, "status"), 0), "%s", story.err);
}

Test(replay, takes_out_the_same_repeats_and_rejects_the_same_items)
{
    replay_set_up(&story, "example.com=2500", "1", "example.com");
    make_repeats();
    free(story_text(&story,
                    "create function refuse() returns trigger language plpgsql as $f$ begin if "
                    "new.ordinal in (700, 1700) then raise exception using errcode = '22000', "
                    "message = 'not this one'; end if; return new; end $f$; create trigger refuse "
                    "before insert on linkhaul.backlink for each row execute function refuse(); "
                    "select ''"));
    replay_run_job(&story);
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul.backlink"), 2496));
    replay_watch(&story);
    cr_assert(eq(int, story_run(&story, "replay", "1"), 0), "%s", story.err);
    replay_expect_same(&story, 1, 2);
    replay_expect_free(&story);
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 2496));
    story_expect_text(&story, "2 2, 2 2",
                      "select string_agg(n_rejects || ' ' || n_duplicates, ', ') from "
                      "linkhaul.listing where state = 'published'");
    story_expect_text(&story, "700 1700 700 1700",
                      "select string_agg(ordinal::text, ' ' order by run_id, ordinal) from "
                      "linkhaul.reject where reason like '%%not this one%%'");
}

static void on_synced(struct spool_answer *answer, const struct err *err)
{
    cr_assert(eq(ptr, (void *)err, NULL));
    (void)answer;
}

/* Puts the answer of the run's first page into its segment once more, as one of attempt `again`. */
static void spool_page_again(const struct uuid *again)
{
    CLEANUP(mem_free_string) char *dir = mem_printf("%s/spool", story.folder);
    CLEANUP(mem_free_string)
    char *first = story_text(&story,
                             "select attempt_id from linkhaul.attempt "
                             "where position = 0");
    CLEANUP(mem_free_string) char *run = story_text(&story, "select uid from linkhaul.run");
    static char body[4 * 1024 * 1024];
    struct spool_answer *original, *copy;
    struct uuid attempt, uid;
    struct spool *spool;
    struct err err;
    uv_loop_t loop;
    size_t size;

    cr_assert(uuid_parse(first, &attempt) && uuid_parse(run, &uid));
    uv_loop_init(&loop);
    cr_assert(spool_open(&loop, dir, &uid, &(struct spool_events){.data = NULL}, &spool, &err),
              "%s", err.text);
    original = spool_find(spool, &attempt);
    cr_assert(spool_read(original, 0, body, sizeof(body), &size, &err), "%s", err.text);
    copy = spool_begin(spool, &(struct spool_begin){.attempt = *again, .request = "{}"});
    spool_body(copy, body, size);
    spool_end(copy, &original->end, on_synced);
    spool_close(spool, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
}

/* The third page is the first one again: all of it is taken out, as it would have been at publish.
 */
Test(replay, takes_repeats_out_wherever_it_goes)
{
    struct uuid again = uuid_new();
    char text[UUID_TEXT_MAX];

    replay_set_up(&story, "example.com=1500", "1", "example.com");
    replay_run_job(&story);
    spool_page_again(&again);
    free(story_text(
        &story,
        "insert into linkhaul.attempt (attempt_id, run_id, listing_id, slice_no, "
        "position, page_limit, tag, night, day, state, is_page, reserved_nanousd) select "
        "'%s', run_id, listing_id, slice_no, 2000, page_limit, tag, night, day, 'void', "
        "true, 0 from linkhaul.attempt where position = 0 returning ''",
        uuid_format(&again, text)));
    cr_assert(eq(int, story_run(&story, "replay", "1", "--into", "scratch"), 0), "%s", story.err);
    cr_expect(ne(ptr, strstr(story.out, "1500 rows of 3 pages"), NULL), "%s", story.out);
    replay_expect_scratch(&story);
    cr_assert(eq(int, story_run(&story, "replay", "1"), 0), "%s", story.err);
    cr_expect(ne(ptr, strstr(story.out, "1500 rows of 3 pages"), NULL), "%s", story.out);
    replay_expect_same(&story, 1, 2);
    story_expect_text(&story, "2500 1500 1000 0",
                      "select n_items || ' ' || n_rows || ' ' || n_duplicates || ' ' || n_missing "
                      "from linkhaul.listing where run_id = 2");
}

/* --- what is shown --------------------------------------------------------------------------- */

Test(replay, stays_behind_a_newer_listing_of_the_same_night)
{
    replay_set_up(&story, "example.com=1500", "1", "example.com");
    replay_run_job(&story);
    replay_run_job(&story);
    cr_assert(eq(int, story_run(&story, "replay", "1"), 0), "%s", story.err);
    replay_expect_said(&story, "behind a newer listing");
    story_expect_text(&story, "2",
                      "select l.run_id from linkhaul.feed join linkhaul.listing l on listing_id = "
                      "published_listing_id");
    cr_assert(eq(int, story_run(&story, "replay", "2"), 0), "%s", story.err);
    cr_assert(eq(int, story_run(&story, "replay", "2"), 0), "%s", story.err);
    story_expect_text(&story, "5",
                      "select l.run_id from linkhaul.feed join linkhaul.listing l on listing_id = "
                      "published_listing_id");
    replay_run_job(&story);
    story_expect_text(&story, "6",
                      "select l.run_id from linkhaul.feed join linkhaul.listing l on listing_id = "
                      "published_listing_id");
}

Test(replay, is_held_where_rows_are_missing)
{
    replay_set_up(&story, "example.com=1500", "1", "example.com");
    replay_run_job(&story);
    free(story_text(&story, "update linkhaul.listing set n_rows = 4000 returning ''"));
    cr_expect(eq(int, story_run(&story, "replay", "1"), 2), "%s", story.err);
    replay_expect_said(&story, "beyond max_shrink; `linkhaul publish 2`");
    story_expect_text(&story, "1 held",
                      "select f.published_listing_id || ' ' || l.state from linkhaul.feed f, "
                      "linkhaul.listing l where l.run_id = 2");
}

/* --- what is refused ------------------------------------------------------------------------- */

static void expect_refused(const char *run_id, const char *into, int exit_code, const char *said)
{
    int found = into == NULL ? story_run(&story, "replay", run_id)
                             : story_run(&story, "replay", run_id, "--into", into);

    cr_expect(eq(int, found, exit_code), "%s %s: %s", run_id, into, story.err);
    replay_expect_said(&story, said);
    cr_expect_str_eq(story.out, "");
}

Test(replay, refuses_runs_that_it_cannot_load)
{
    replay_set_up(&story, "example.com=1500", "1", "example.com");
    replay_run_job(&story);
    expect_refused("2", NULL, 64, "there is no run 2");
    expect_refused("0", NULL, 64, "0: no number of a run");
    expect_refused("walk", NULL, 64, "walk: no number of a run");
    cr_expect(eq(int, story_run(&story, "replay"), 64));
    cr_expect(eq(int, story_run(&story, "replay", "1", "2"), 64));
    cr_expect(eq(int, story_run(&story, "replay", "1", "--into"), 64));
    free(story_text(&story, "update linkhaul.run set state = 'open' returning ''"));
    expect_refused("1", NULL, 75, "run 1 is not over: `linkhaul run walk`");
    free(story_text(&story, "update linkhaul.run set state = 'done' returning ''"));
    replay_expect_nothing(&story);
    cr_assert(eq(int, story_run(&story, "replay", "1"), 0), "%s", story.err);
    expect_refused("2", NULL, 64, "run 2 is a replay itself and has no answers: replay run 1");
    free(story_text(&story,
                    "update linkhaul.listing set state = 'abandoned', published_at = null where "
                    "run_id = 1 returning ''"));
    expect_refused("1", NULL, 64, "run 1 has no published listing");
}

Test(replay, refuses_schemas_that_are_not_its_own)
{
    static const char *const names[] = {"linkhaul",
                                        "linkhaul_bi",
                                        "pg_catalog",
                                        "pg_toast",
                                        "information_schema",
                                        "Scratch",
                                        "a\"; drop",
                                        "",
                                        "1st",
                                        "a_name_of_more_than_sixty_three_"
                                        "bytes_which_postgresql_would_cut_off"};

    replay_set_up(&story, "example.com=1500", "1", "example.com");
    replay_run_job(&story);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        expect_refused("1", names[i], 64, "--into ");
    replay_expect_nothing(&story);
    free(story_text(&story,
                    "create schema mine; create table mine.reject (precious int); insert into "
                    "mine.reject values (1); select ''"));
    expect_refused("1", "mine", 64, "mine.reject is there, and its comment does not say");
    cr_expect(eq(i64, story_int(&story, "select count(*) from mine.reject"), 1));
    cr_expect(
        eq(i64, story_int(&story, "select count(*) from pg_tables where schemaname = 'mine'"), 1));
}

static char *segment_path(void)
{
    CLEANUP(mem_free_string)
    char *uid = story_text(&story, "select uid from linkhaul.run where run_id = 1");

    return mem_printf("%s/spool/run-%s.segment", story.folder, uid);
}

Test(replay, says_which_answers_are_missing_and_does_nothing)
{
    CLEANUP(mem_free_string) char *path = NULL;
    CLEANUP(mem_free_string) char *away = NULL;
    struct stat stat_before;

    replay_set_up(&story, "example.com=4500", "1", "example.com");
    replay_run_job(&story);
    cr_assert(eq(int, story_run(&story, "replay", "1", "--into", "kept"), 0), "%s", story.err);
    path = segment_path();
    away = mem_printf("%s.away", path);
    cr_assert(eq(int, stat(path, &stat_before), 0));
    cr_assert(eq(int, rename(path, away), 0));
    expect_refused("1", NULL, 1, "none of the 5 answers of run 1 can be read");
    replay_expect_said(&story, path);
    expect_refused("1", "scratch", 1, "is not there");
    cr_assert(eq(int, rename(away, path), 0));
    cr_assert(eq(int, truncate(path, stat_before.st_size - 100), 0));
    expect_refused("1", NULL, 1, "has 4 of the 5 answers of run 1: nothing was loaded");
    replay_expect_said(&story, path);
    expect_refused("1", "scratch", 1, "has 4 of the 5 answers");
    expect_refused("1", "kept", 1, "has 4 of the 5 answers");
    cr_expect(eq(i64, story_int(&story, "select count(*) from kept.backlink"), 4500));
    replay_expect_nothing(&story);
}

/* A tail that is torn behind the last answer is nothing's loss, and stays as it is. */
Test(replay, passes_over_a_torn_tail)
{
    CLEANUP(mem_free_string) char *path = NULL;
    struct stat torn, after;
    int fd;

    replay_set_up(&story, "example.com=1500", "1", "example.com");
    replay_run_job(&story);
    path = segment_path();
    fd = open(path, O_WRONLY | O_APPEND);
    cr_assert(eq(sz, (size_t)write(fd, "half a frame", 12), 12));
    close(fd);
    cr_assert(eq(int, stat(path, &torn), 0));
    cr_assert(eq(int, story_run(&story, "replay", "1", "--into", "scratch"), 0), "%s", story.err);
    replay_expect_scratch(&story);
    cr_assert(eq(int, story_run(&story, "replay", "1"), 0), "%s", story.err);
    replay_expect_same(&story, 1, 2);
    cr_assert(eq(int, stat(path, &after), 0));
    cr_expect(eq(i64, after.st_size, torn.st_size));
}
