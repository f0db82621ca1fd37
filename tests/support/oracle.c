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
 * `truth` is tonight's of one target, `joined` has it with the feed's links and with `seen`,
 * every link that was live on a night that was looked at, and the last of these. `told` has what a
 * link's values were, and on which night last. A URL is too long for an index.
 */
static const char tables[] =
    "CREATE TABLE public.truth (state text, url_from text, url_to text, dofollow text, rank text, "
    "spam text, first_seen timestamptz, last_seen timestamptz, lost_at timestamptz, odd text, key "
    "uuid GENERATED ALWAYS AS (md5(url_from || ' ' || url_to)::uuid) STORED, val text GENERATED "
    "ALWAYS AS (dofollow || ' ' || rank || ' ' || coalesce(spam, '-')) STORED);"
    "CREATE TABLE public.seen (target text, key uuid, night date, PRIMARY KEY (target, key));"
    "CREATE TABLE public.told (target text, key uuid, val text, night date, PRIMARY KEY (target, "
    "key, val));"
    "CREATE TABLE public.joined (key uuid, url text, has text, missing_since date, really text, "
    "odd text, has_val text, val text, seen date, has_val_on date)";

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

static void ask(PGconn *conn, ExecStatusType wanted, const char *sql)
{
    PGresult *result = PQexec(conn, sql);

    if (PQresultStatus(result) != wanted)
        cr_assert_fail("%s: %s", sql, PQerrorMessage(conn));
    PQclear(result);
}

static void load_truth(const struct oracle *oracle, PGconn *conn, const char *target)
{
    CLEANUP(mem_free_string) char *text = print_truth(oracle, target);
    PGresult *result;

    ask(conn, PGRES_COMMAND_OK, "TRUNCATE public.truth, public.joined");
    ask(conn, PGRES_COPY_IN,
        "COPY public.truth (state, url_from, url_to, dofollow, rank, spam, first_seen, last_seen, "
        "lost_at, odd) FROM STDIN (FORMAT csv, DELIMITER E'\\t', QUOTE E'\\x01')");
    PQputCopyData(conn, text, (int)strlen(text));
    PQputCopyEnd(conn, NULL);
    result = PQgetResult(conn);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        cr_assert_fail("what the sandbox prints is no table: %s", PQerrorMessage(conn));
    PQclear(result);
    PQclear(PQgetResult(conn));
    ask(conn, PGRES_COMMAND_OK, "ANALYZE public.truth");
}

/* Joins by hashes: the statistics of what grows every night are of a night that is past. */
void oracle_look(struct oracle *oracle, const char *target)
{
    PGconn *conn = PQconnectdb(oracle->story->database_url);
    CLEANUP(mem_free_string)
    char *join = mem_printf(
        "INSERT INTO public.joined SELECT key, coalesce(l.url_from, t.url_from), l.state, "
        "l.missing_since, t.state, t.odd, l.val, t.val, s.night, (SELECT o.night FROM public.told "
        "AS o WHERE o.target = '%s' AND o.key = l.key AND o.val = l.val) FROM (SELECT k.url_from, "
        "k.state, k.missing_since, k.dofollow || ' ' || k.rank || ' ' || "
        "coalesce(k.backlink_spam_score::text, '-') AS val, md5(k.url_from || ' ' || "
        "k.url_to)::uuid AS key FROM linkhaul.link AS k JOIN linkhaul.feed AS f USING (feed_id) "
        "WHERE f.target = '%s') AS l FULL JOIN public.truth AS t USING (key) FULL JOIN (SELECT * "
        "FROM public.seen WHERE target = '%s') AS s USING (key)",
        target, target, target);

    load_truth(oracle, conn, target);
    ask(conn, PGRES_COMMAND_OK, "SET enable_nestloop = off");
    ask(conn, PGRES_COMMAND_OK, join);
    PQfinish(conn);
}

/* Tonight is one more night that was looked at. */
static void remember(const struct oracle *oracle, const char *target)
{
    pg_execute(oracle->story->database_url,
               "INSERT INTO public.seen SELECT '%s', key, '%s' FROM public.truth WHERE state = "
               "'live' ON CONFLICT (target, key) DO UPDATE SET night = excluded.night;"
               "INSERT INTO public.told SELECT '%s', key, val, '%s' FROM public.truth WHERE state "
               "= 'live' ON CONFLICT (target, key, val) DO UPDATE SET night = excluded.night",
               target, oracle->date, target, oracle->date);
}

/* Expects that no link is so. */
static void expect_none(const struct oracle *oracle, const char *target, const char *what,
                        const char *condition)
{
    CLEANUP(mem_free_string)
    char *found = pg_text(oracle->story->database_url,
                          "SELECT count(*) || ', such as ' || left(min(url), 200) FROM "
                          "public.joined WHERE %s HAVING count(*) > 0",
                          condition);

    cr_expect(found == NULL, "%s, %s: links %s: %s", target, oracle->date, what, found);
}

/* How those that are gone have to be known. */
static void expect_gone(const struct oracle *oracle, const char *target, enum oracle_way way)
{
    CLEANUP(mem_free_string)
    char *either = mem_printf(
        "really IS DISTINCT FROM 'live' AND has NOT IN ('live', 'lost') AND (has <> 'missing' OR "
        "missing_since <> '%s')",
        oracle->date);

    switch (way) {
    case ORACLE_LISTED:
        expect_none(oracle, target, "are gone and not as they should be",
                    "seen IS NOT NULL AND really IS DISTINCT FROM 'live' AND has <> CASE WHEN seen "
                    "= (SELECT max(seen) FROM public.joined) THEN 'missing' ELSE 'lost' END");
        break;
    case ORACLE_TOLD:
        expect_none(oracle, target, "are gone and not lost",
                    "has NOT IN ('live', 'lost') AND really IS DISTINCT FROM 'live'");
        break;
    case ORACLE_EITHER:
        expect_none(oracle, target, "are gone, and neither lost nor missing since tonight", either);
        break;
    }
}

void oracle_expect_state(struct oracle *oracle, const char *target, enum oracle_way way)
{
    oracle_look(oracle, target);
    expect_none(oracle, target, "are not live and should be",
                "really = 'live' AND has IS DISTINCT FROM 'live'");
    expect_none(oracle, target, "are live and should not be",
                "has = 'live' AND really IS DISTINCT FROM 'live'");
    expect_none(oracle, target, "were there and are not known", "seen IS NOT NULL AND has IS NULL");
    expect_none(oracle, target, "never were there",
                way == ORACLE_LISTED
                    ? "has <> 'live' AND seen IS NULL"
                    : "has <> 'live' AND seen IS NULL AND really IS DISTINCT FROM 'lost'");
    expect_gone(oracle, target, way);
    remember(oracle, target);
}

struct oracle_drift oracle_drift(struct oracle *oracle)
{
    const char *url = oracle->story->database_url;
    static const char drifted[] =
        "FROM public.joined WHERE has = 'live' AND odd IS NULL AND has_val IS DISTINCT FROM val";

    return (struct oracle_drift){
        .n_live = pg_int(url, "SELECT count(*) FROM public.joined WHERE has = 'live'"),
        .n_drifted = pg_int(url, "SELECT count(*) %s", drifted),
        .n_never = pg_int(url, "SELECT count(*) %s AND has_val_on IS NULL", drifted),
        .oldest = pg_int(url, "SELECT coalesce(max('%s'::date - has_val_on), 0) %s", oracle->date,
                         drifted)};
}
