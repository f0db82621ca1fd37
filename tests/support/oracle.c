#include "support/oracle.h"

#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/mem.h"
#include "support/pg.h"
#include "support/process.h"

#define FIRST_NIGHT INT64_C(1767225600) /* 2026-01-01 */
#define PRINT_MS 60000
#define ARGUMENTS_MAX 32

/*
 * `truth` is tonight's; `seen` has every link that was live on a night that was looked at, and the
 * last one of these. A URL is too long for an index.
 */
static const char tables[] =
    "CREATE TABLE public.truth (state text, url_from text, url_to text, dofollow boolean, rank "
    "bigint, spam bigint, first_seen timestamptz, last_seen timestamptz, lost_at timestamptz, odd "
    "text, key uuid PRIMARY KEY GENERATED ALWAYS AS (md5(url_from || ' ' || url_to)::uuid) STORED);"
    "CREATE TABLE public.seen (target text, key uuid, night date, PRIMARY KEY (target, key))";

void oracle_begin(struct oracle *oracle, struct story *story, const char *const *arguments)
{
    *oracle = (struct oracle){.story = story, .arguments = arguments};
    pg_execute(story->database_url, "%s", tables);
    oracle_go_to(oracle, 0);
}

/* The sandbox's arguments behind those in `argv`, of which there are `n`. */
static void put_arguments(const struct oracle *oracle, const char **argv, size_t n)
{
    for (size_t i = 0; oracle->arguments[i] != NULL && n < ARGUMENTS_MAX; i++)
        argv[n++] = oracle->arguments[i];
    argv[n] = NULL;
}

void oracle_go_to(struct oracle *oracle, int64_t night)
{
    const char *argv[ARGUMENTS_MAX + 1] = {"--night", oracle->date};
    time_t seconds = (time_t)(FIRST_NIGHT + night * 86400);

    strftime(oracle->date, sizeof(oracle->date), "%Y-%m-%d", gmtime_r(&seconds, &(struct tm){0}));
    put_arguments(oracle, argv, 2);
    story_sandbox_argv(oracle->story, argv);
}

/* What the sandbox prints of a target, a new string. */
static char *print_truth(const struct oracle *oracle, const char *target)
{
    const char *argv[ARGUMENTS_MAX + 1] = {oracle->story->sandbox_program, "--night", oracle->date,
                                           "--print", target};
    struct process process;
    char *text;

    put_arguments(oracle, argv, 5);
    process_start(&process, argv, NULL);
    if (process_wait(&process, PRINT_MS) != 0)
        cr_assert_fail("--print %s --night %s: %s", target, oracle->date, process_err(&process));
    text = process_out(&process);
    process_deinit(&process);
    return text;
}

static void load_truth(const struct oracle *oracle, const char *target)
{
    CLEANUP(mem_free_string) char *text = print_truth(oracle, target);
    PGconn *conn = PQconnectdb(oracle->story->database_url);
    PGresult *result;
    bool is_good;

    PQclear(PQexec(conn, "TRUNCATE public.truth"));
    result = PQexec(
        conn,
        "COPY public.truth (state, url_from, url_to, dofollow, rank, spam, first_seen, last_seen, lost_at, odd) FROM STDIN (FORMAT csv, DELIMITER E'\\t', QUOTE E'\\x01')");
    is_good = PQresultStatus(result) == PGRES_COPY_IN &&
              PQputCopyData(conn, text, (int)strlen(text)) == 1 && PQputCopyEnd(conn, NULL) == 1;
    PQclear(result);
    result = PQgetResult(conn);
    if (!is_good || PQresultStatus(result) != PGRES_COMMAND_OK)
        cr_assert_fail("what the sandbox prints is no table: %s", PQerrorMessage(conn));
    PQclear(result);
    PQfinish(conn);
}

/* Links of the feed in `l` and in `t` and `s`, of which at least one is there. */
#define JOINED                                                                                     \
    " FROM (SELECT k.*, md5(k.url_from || ' ' || k.url_to)::uuid AS key FROM linkhaul.link AS k "  \
    "JOIN linkhaul.feed AS f USING (feed_id) WHERE f.target = '%s') AS l FULL JOIN public.truth "  \
    "AS t USING (key) FULL JOIN (SELECT * FROM public.seen WHERE target = '%s') AS s USING (key) " \
    "WHERE "

/* Expects that no link is so. */
static void expect_none(const struct oracle *oracle, const char *target, const char *what,
                        const char *condition)
{
    CLEANUP(mem_free_string)
    char *found = pg_text(
        oracle->story->database_url,
        "SELECT count(*) || ', such as ' || left(min(coalesce(l.url_from, t.url_from)), 200)" JOINED
        "%s HAVING count(*) > 0",
        target, target, condition);

    cr_expect(found == NULL, "%s, %s: links %s: %s", target, oracle->date, what, found);
}

void oracle_expect_state(struct oracle *oracle, const char *target, enum oracle_way way)
{
    const char *url = oracle->story->database_url;

    load_truth(oracle, target);
    expect_none(oracle, target, "are not live and should be",
                "t.state = 'live' AND l.state IS DISTINCT FROM 'live'");
    expect_none(oracle, target, "are live and should not be",
                "l.state = 'live' AND t.state IS DISTINCT FROM 'live'");
    expect_none(oracle, target, "were there and are not known",
                "s.night IS NOT NULL AND l.state IS NULL");
    expect_none(oracle, target, "never were there",
                way == ORACLE_TOLD
                    ? "l.state <> 'live' AND s.night IS NULL AND t.state IS DISTINCT FROM 'lost'"
                    : "l.state <> 'live' AND s.night IS NULL");
    if (way == ORACLE_TOLD)
        expect_none(oracle, target, "are gone and not lost",
                    "l.state NOT IN ('live', 'lost') AND t.state IS DISTINCT FROM 'live'");
    else
        expect_none(oracle, target, "are gone and not as they should be",
                    "s.night IS NOT NULL AND t.state IS DISTINCT FROM 'live' AND l.state <> CASE "
                    "s.night WHEN (SELECT max(night) FROM public.seen AS o WHERE o.target = "
                    "s.target) THEN 'missing' ELSE 'lost' END");
    pg_execute(url,
               "INSERT INTO public.seen SELECT '%s', key, '%s' FROM public.truth "
               "WHERE state = 'live' ON CONFLICT (target, key) DO UPDATE SET night = "
               "excluded.night",
               target, oracle->date);
}

void oracle_expect_values(struct oracle *oracle, const char *target)
{
    load_truth(oracle, target);
    expect_none(oracle, target, "have other values",
                "l.state = 'live' AND t.odd IS NULL AND (l.dofollow, l.rank, "
                "l.backlink_spam_score) IS DISTINCT FROM (t.dofollow, t.rank, t.spam)");
}
