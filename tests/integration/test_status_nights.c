/*
 * What the status port of a real service tells of past nights, as the database has them: last runs,
 * starts that were not made, nights and errors. A minute is a second.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "support/browse.h"
#include "support/pg.h"
#include "support/story.h"

#define PATIENCE_MS 60000

static struct story story;
static const char *database;
static char *url; /* of the port */

static void begin(void)
{
    setenv("LINKHAUL_HASTE", "60", 1);
    database = pg_fresh_database();
    story_begin(&story, database);
    story_sandbox(&story, "--fault", "50000=@1");
    story_config(&story, "http: 127.0.0.1:0\nprojects: { acme: { own: [example.org] } }\n");
    story_file(&story, "jobs.d/job.yaml",
               "job: walk\nendpoint: backlinks\ntargets: [example.com]\nmax_rows: 5\nbudget: 3\n"
               "---\njob: sample\nproject: acme\nendpoint: backlinks\ntargets: [example.org]\n"
               "max_rows: 5\n");
}

static void end(void)
{
    process_signal(&story.linkhaul, SIGTERM);
    cr_expect(eq(int, story_wait(&story), 0), "%s", story.err);
    free(url);
    story_end(&story);
    pg_drop_databases();
}

TestSuite(status_nights, .timeout = 300, .init = begin, .fini = end);

static bool has_said_where(void *data)
{
    CLEANUP(mem_free_string) char *said = process_err(&story.linkhaul);
    const char *at = strstr(said, "http://127.0.0.1:");

    (void)data;
    if (at == NULL || strchr(at, '\n') == NULL)
        return false;
    url = mem_strndup(at, strcspn(at, "\n") - 1);
    return true;
}

static void serve(void)
{
    story_start(&story, "serve");
    cr_assert(wait_until(has_said_where, NULL, PATIENCE_MS));
}

static bool is_told(void *data)
{
    struct browsed answer = browse_get(url, "/status");
    bool is_so = strstr(answer.body, data) != NULL;

    browsed_deinit(&answer);
    return is_so;
}

static void await(const char *part)
{
    CLEANUP(mem_free_string) char *text = mem_strdup(part);
    struct browsed answer;

    if (wait_until(is_told, text, PATIENCE_MS))
        return;
    answer = browse_get(url, "/status");
    cr_fatal("never: %s\nbut: %s", part, answer.body);
}

static void run_two_nights(void)
{
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    cr_assert(eq(int, story_run(&story, "run", "--all", "--night", "2026-03-01"), 0), "%s",
              story.err);
    cr_assert(eq(int, story_run(&story, "run", "walk", "--night", "2026-03-03"), 0), "%s",
              story.err);
}

Test(status_nights, are_what_the_database_has)
{
    run_two_nights();
    pg_execute(database,
               "update linkhaul.listing set n_new = 3, n_lost = 2 where night = "
               "'2026-03-03'");
    serve();
    await("\"last\":{\"run\":3,\"night\":\"2026-03-03\",");
    await(
        "\"result\":\"limited\",\"reason\":null,\"rows\":5,\"new\":3,\"lost\":2,"
        "\"dollars\":\"0.02418\",\"cap\":\"3.00\"},\"nights\":["
        "{\"night\":\"2026-03-01\",\"rows\":5,\"new\":0,\"lost\":0,\"dollars\":\"0.02418\"},"
        "{\"night\":\"2026-03-03\",\"rows\":5,\"new\":3,\"lost\":2,\"dollars\":\"0.02418\"}]}");
    await("\"project\":\"acme\",\"job\":\"sample\",");
    await(
        "\"nights\":[{\"night\":\"2026-03-01\",\"rows\":5,\"new\":0,\"lost\":0,"
        "\"dollars\":\"0.02418\"}]}]");
    await(": a call: 50000 Internal Error.\"}]");
}

Test(status_nights, tell_what_is_held_until_it_is_not)
{
    run_two_nights();
    pg_execute(database,
               "update linkhaul.listing set state = 'held', published_at = null, "
               "reason = 'it has shrunk' where night = '2026-03-03'");
    serve();
    await("\"result\":\"held\",\"reason\":\"it has shrunk\",");
    await("\"job\":\"walk\",\"text\":\"example.com: it has shrunk\"},");
    pg_execute(database,
               "update linkhaul.listing set state = 'published', published_at = now(), "
               "reason = '' where night = '2026-03-03'");
    await(
        "\"result\":\"limited\",\"reason\":null,\"rows\":5,\"new\":0,\"lost\":0,"
        "\"dollars\":\"0.02418\",\"cap\":\"3.00\"}"); /* it is asked for again */
}

Test(status_nights, tell_a_start_that_was_not_made)
{
    run_two_nights();
    pg_execute(database,
               "insert into linkhaul.missed_start (project, job, scheduled_at, night, reason) "
               "values ('acme', 'sample', now() + interval '1 day', '2026-03-09', "
               "'blocked: balance: 40210 Payment Required')");
    serve();
    await("\"last\":{\"run\":null,\"night\":\"2026-03-09\",");
    await(
        "\"ended_at\":null,\"result\":\"blocked\",\"reason\":\"balance: 40210 Payment "
        "Required\",\"rows\":null,\"new\":null,\"lost\":null,\"dollars\":null,\"cap\":null}");
    await("\"job\":\"acme/sample\",\"text\":\"blocked: balance: 40210 Payment Required\"}");
}

Test(status_nights, are_none_of_a_job_that_has_never_run)
{
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    serve();
    await("\"progress\":null,\"last\":null,\"nights\":[]},");
    await("\"errors\":[]}");
}
