#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "support/pg.h"
#include "support/replay_story.h"

/* Replays beside a run, beside each other, and killed: nobody is harmed. */

static struct story story;

static void begin(void)
{
    story_begin(&story, pg_fresh_database());
}

static void end(void)
{
    story_end(&story);
    pg_drop_databases();
}

TestSuite(replay_beside, .timeout = 280, .init = begin, .fini = end);

static int64_t awaited;

static bool has_awaited(struct story *of)
{
    return replay_n_settled(of) >= awaited;
}

/* A second linkhaul beside the one of the story. */
static int replay_beside(const char *into)
{
    CLEANUP(mem_free_string) char *config = story_path(&story, "linkhaul.yaml");
    const char *const argv[] = {story.linkhaul_program,         "-c", config, "replay", "1",
                                into != NULL ? "--into" : NULL, into, NULL};
    CLEANUP(mem_free_string) char *said = NULL;
    struct process process;
    int exit_code;

    process_start(&process, argv, NULL);
    exit_code = process_wait(&process, 60000);
    said = process_err(&process);
    cr_expect(eq(int, exit_code, 0), "%s", said);
    process_deinit(&process);
    return exit_code;
}

static bool has_awaited_settled(void *data)
{
    (void)data;
    return replay_n_settled(&story) >= awaited;
}

Test(replay_beside, beside_a_run_of_the_same_job_harms_nothing)
{
    replay_set_up(&story, "example.com=21500", "1", "example.com");
    replay_run_job(&story);
    story_sandbox(&story, "--items", "example.com=21500", "--latency", "100");
    story_start(&story, "run", "walk");
    awaited = 22 + 2;
    cr_assert(wait_until(has_awaited_settled, NULL, 60000));
    process_signal(&story.sandbox, SIGSTOP); /* so that it does not end before it is disturbed */
    replay_beside(NULL);
    replay_beside("scratch");
    cr_expect(process_is_running(&story.linkhaul));
    cr_expect(
        eq(i64, story_int(&story, "select count(*) from linkhaul.run where state = 'open'"), 1));
    process_signal(&story.sandbox, SIGCONT);
    cr_assert(eq(int, story_wait(&story), 0), "%s", story.err);
    replay_expect_scratch(&story);
    replay_expect_same(&story, 1, 2);
    replay_expect_same(&story, 1, 3);
    story_expect_text(&story, "2",
                      "select l.run_id from linkhaul.feed join linkhaul.listing l on listing_id = "
                      "published_listing_id");
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 21500));
    cr_expect(eq(sz, replay_n_calls(&story), 44 + 1), "a call was made for a page that was there");
}

/* Killed, replayed, gone on with: the open run is the one that it was. In haste, since a call that
 * the kill has cut off waits for the vendor's list. */
Test(replay_beside, leaves_an_open_run_of_the_job_alone)
{
    setenv("LINKHAUL_HASTE", "20", 1);
    replay_set_up(&story, "example.com=21500", "400", "example.com");
    replay_run_job(&story);
    story_start(&story, "run", "walk");
    awaited = 22 + 5;
    cr_assert(story_kill_when(&story, has_awaited), "it ended before it could be killed");
    cr_assert(eq(int, story_run(&story, "replay", "1"), 0), "%s", story.err);
    replay_run_job(&story);
    story_expect_text(&story, "1 done 22, 2 done 22, 3 done 22",
                      "select string_agg(run_id || ' ' || state || ' ' || n, ', ' order by run_id) "
                      "from linkhaul.run join (select run_id, count(*) filter (where is_page) as n "
                      "from linkhaul.attempt group by 1) a using (run_id)");
    replay_expect_same(&story, 1, 2);
    replay_expect_same(&story, 1, 3);
}

static bool is_replay_in_the_middle(struct story *of)
{
    return story_int(of,
                     "select count(*) from pg_stat_activity where datname = current_database() and "
                     "application_name like '%%replay' and backend_xid is not null") > 0;
}

static bool is_there_a_replay(void *data)
{
    (void)data;
    return is_replay_in_the_middle(&story);
}

static bool is_nobody_left(void *data)
{
    (void)data;
    return story_int(&story,
                     "select count(*) from pg_stat_activity where datname = current_database() and "
                     "application_name like '%%replay'") == 0;
}

Test(replay_beside, leaves_nothing_behind_where_it_is_killed)
{
    replay_set_up(&story, "example.com=21500", "1", "example.com");
    replay_run_job(&story);
    replay_watch(&story);
    for (int i = 0; i < 2; i++) {
        if (i == 0)
            story_start(&story, "replay", "1");
        else
            story_start(&story, "replay", "1", "--into", "scratch");
        cr_assert(story_kill_when(&story, is_replay_in_the_middle), "it was too fast");
        cr_assert(wait_until(is_nobody_left, NULL, 30000));
        replay_expect_nothing(&story);
    }
    replay_expect_free(&story);
    cr_assert(eq(int, story_run(&story, "replay", "1"), 0), "%s", story.err);
    replay_expect_same(&story, 1, story_int(&story, "select max(run_id) from linkhaul.run"));
    cr_expect(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 21500));
}

Test(replay_beside, goes_one_at_a_time)
{
    CLEANUP(mem_free_string) char *config = NULL;

    replay_set_up(&story, "example.com=1500", "1", "example.com");
    replay_run_job(&story);
    free(story_text(&story,
                    "create function wait() returns trigger language plpgsql as $f$ begin perform "
                    "pg_sleep(4); return new; end $f$; create trigger wait before insert on "
                    "linkhaul.listing for each row execute function wait(); select ''"));
    config = story_path(&story, "linkhaul.yaml");
    story_start(&story, "replay", "1");
    cr_assert(wait_until(is_there_a_replay, NULL, 30000));
    {
        const char *const argv[] = {story.linkhaul_program, "-c", config, "replay", "1", NULL};
        CLEANUP(mem_free_string) char *said = NULL;
        struct process process;

        process_start(&process, argv, NULL);
        cr_expect(eq(int, process_wait(&process, 30000), 75));
        said = process_err(&process);
        cr_expect(ne(ptr, strstr(said, "another linkhaul works on this database"), NULL), "%s",
                  said);
        process_deinit(&process);
    }
    cr_assert(eq(int, story_wait(&story), 0), "%s", story.err);
}
