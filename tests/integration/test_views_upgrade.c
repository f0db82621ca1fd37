#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "store/migrate.h"
#include "store/sql.h"
#include "support/pg.h"

/* What is promised of all views for analysts, of whatever version; who may read them; and that an
 * upgrade leaves alone what users have made on them. */

static const char *url;

static void begin(void)
{
    url = pg_fresh_database();
}

TestSuite(views_upgrade, .timeout = 120, .init = begin, .fini = pg_drop_databases);

static void migrate_well(void)
{
    struct err err;

    cr_assert(migrate_run(url, false, NULL, NULL, &err), "%s", err.text);
}

static void expect_nothing(char *text)
{
    cr_expect(eq(ptr, text, NULL), "%s", text);
    free(text);
}

/* --- columns --------------------------------------------------------------------------------- */

#define COLUMNS                                                                                    \
    "FROM pg_class AS v JOIN pg_attribute AS a ON a.attrelid = v.oid JOIN pg_type AS t ON t.oid "  \
    "= a.atttypid WHERE v.relnamespace = 'linkhaul_bi'::regnamespace AND a.attnum > 0 AND NOT "    \
    "a.attisdropped "

Test(views_upgrade, holds_every_view_to_its_promises)
{
    migrate_well();
    cr_expect(eq(i64,
                 pg_int(url,
                        "SELECT count(*) FROM pg_class WHERE relnamespace = "
                        "'linkhaul_bi'::regnamespace AND relkind <> 'v'"),
                 0));
    cr_expect(ge(i64, pg_int(url, "SELECT count(DISTINCT v.oid) " COLUMNS), 14));
    expect_nothing(pg_text(url, "SELECT string_agg(DISTINCT v.relname, ', ') " COLUMNS
                                "AND obj_description(v.oid, 'pg_class') IS NULL"));
    expect_nothing(pg_text(url, "SELECT string_agg(v.relname || '.' || a.attname, ', ') " COLUMNS
                                "AND coalesce(col_description(v.oid, a.attnum), '') = ''"));
    expect_nothing(pg_text(url, "SELECT string_agg(v.relname || '.' || a.attname, ', ') " COLUMNS
                                "AND t.typcategory NOT IN ('S', 'N', 'D', 'B')"));
    expect_nothing(pg_text(
        url, "SELECT string_agg(v.relname || '.' || a.attname, ', ') " COLUMNS
             "AND v.relname NOT IN ('costs', 'freshness') AND a.attnum <= 5 AND a.attname <> "
             "(ARRAY['project', 'target', 'night', 'feed_id', 'completeness'])[a.attnum]"));
}

/* --- users' own views ------------------------------------------------------------------------ */

/* The schema as it was at that version, made by its migrations alone, and recorded as by them. */
static void migrate_to(int version)
{
    PGconn *connection = PQconnectdb(url);

    for (const struct sql_migration *at = sql_migrations; at->number <= version; at++) {
        char number[16];
        const char *params[] = {number, at->name, at->sql};

        snprintf(number, sizeof(number), "%d", at->number);
        PQclear(PQexec(connection, at->sql));
        cr_assert_str_eq(PQerrorMessage(connection), "");
        PQclear(PQexecParams(connection, sql_record_migration, 3, NULL, params, NULL, NULL, 0));
        cr_assert_str_eq(PQerrorMessage(connection), "");
    }
    PQfinish(connection);
}

Test(views_upgrade, leaves_users_views_alone)
{
    static const int versions[] = {4, 7, 11, 12};

    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        url = pg_fresh_database();
        migrate_to(versions[i]);
        pg_execute(
            url,
            "CREATE SCHEMA mine; CREATE TABLE mine.columns AS SELECT v.relname, a.attname, "
            "a.attnum, a.atttypid " COLUMNS
            ";"
            "DO $$ DECLARE v record; BEGIN FOR v IN SELECT DISTINCT relname FROM mine.columns "
            "LOOP EXECUTE format('CREATE VIEW mine.%%1$I AS SELECT * FROM linkhaul_bi.%%1$I', "
            "v.relname); END LOOP; END $$");
        migrate_well();
        pg_execute(url,
                   "DO $$ DECLARE v record; BEGIN FOR v IN SELECT DISTINCT relname FROM "
                   "mine.columns LOOP EXECUTE format('SELECT count(x) FROM mine.%%I AS x', "
                   "v.relname); END LOOP; END $$");
        expect_nothing(
            pg_text(url,
                    "SELECT string_agg(m.relname || '.' || m.attname, ', ') FROM mine.columns AS m "
                    "WHERE NOT EXISTS (SELECT " COLUMNS "AND v.relname = m.relname AND a.attname = "
                    "m.attname AND a.attnum = m.attnum AND a.atttypid = m.atttypid)"));
    }
}

/* --- readers --------------------------------------------------------------------------------- */

static void *migrate_beside(void *data)
{
    struct err err;

    return migrate_run(data, false, NULL, NULL, &err) ? NULL : mem_strdup(err.text);
}

Test(views_upgrade, replaces_no_view_under_a_reader_and_makes_none_wait)
{
    PGconn *reader, *late_reader;
    pthread_t thread;
    void *failed;

    migrate_to(12);
    reader = PQconnectdb(url);
    late_reader = PQconnectdb(url);
    PQclear(PQexec(reader, "BEGIN; SELECT count(*) FROM linkhaul_bi.links"));
    pthread_create(&thread, NULL, migrate_beside, (void *)(uintptr_t)url);
    while (pg_int(url,
                  "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                  "AND application_name = 'linkhaul migrate' AND (wait_event = 'PgSleep' OR "
                  "wait_event_type = 'Lock')") == 0)
        ;
    PQclear(PQexec(late_reader, "SET lock_timeout = '1s'; SELECT count(*) FROM linkhaul_bi.links"));
    cr_expect_str_eq(PQerrorMessage(late_reader), "");
    PQfinish(reader);
    PQfinish(late_reader);
    pthread_join(thread, &failed);
    cr_expect(eq(ptr, failed, NULL), "%s", (char *)failed);
    free(failed);
    cr_expect(eq(i64, pg_int(url, "SELECT count(*) FROM linkhaul_bi.freshness"), 0));
}

/* --- the reader ------------------------------------------------------------------------------ */

/* The URL of somebody who may make roles; NULL: nobody on the tests' server may. */
static char *administrator(void)
{
    char *as_superuser = mem_printf("%s%cuser=postgres", url, strchr(url, '?') != NULL ? '&' : '?');
    const char *const urls[] = {url, as_superuser};
    char *found = NULL;

    for (int i = 0; i < 2 && found == NULL; i++) {
        PGconn *connection = PQconnectdb(urls[i]);
        PGresult *result = PQexec(connection,
                                  "SELECT FROM pg_roles WHERE rolname = current_user AND "
                                  "(rolsuper OR rolcreaterole)");

        if (PQntuples(result) == 1)
            found = strdup(urls[i]);
        PQclear(result);
        PQfinish(connection);
    }
    free(as_superuser);
    return found;
}

Test(views_upgrade, lets_a_reader_read_the_views_and_nothing_else)
{
    char *admin = administrator(), *reader, *refusal;
    char role[32];
    bool is_there = true;
    struct err err;

    cr_assert(ne(ptr, admin, NULL), "nobody on the tests' server may make a role");
    snprintf(role, sizeof(role), "linkhaul_reader_%d", (int)getpid());
    migrate_well();
    cr_assert(migrate_grant_reader(url, role, &is_there, &err), "%s", err.text);
    cr_expect(not(is_there));
    pg_execute(admin, "CREATE ROLE %s LOGIN", role);
    for (int i = 0; i < 2; i++) {
        cr_assert(migrate_grant_reader(url, role, &is_there, &err), "%s", err.text);
        cr_expect(is_there);
    }
    /* One that a later version makes. */
    pg_execute(url, "CREATE VIEW linkhaul_bi.later AS SELECT 1 AS one");

    reader = mem_printf("%s%cuser=%s", url, strchr(url, '?') != NULL ? '&' : '?', role);
    pg_execute(reader,
               "DO $$ DECLARE v record; BEGIN FOR v IN SELECT relname FROM pg_class WHERE "
               "relnamespace = 'linkhaul_bi'::regnamespace LOOP EXECUTE format('SELECT "
               "count(x) FROM linkhaul_bi.%%I AS x', v.relname); END LOOP; END $$");
    refusal = pg_refusal(reader, "SELECT count(*) FROM linkhaul.link");
    cr_expect_str_eq(refusal, "42501");
    free(refusal);
    refusal = pg_refusal(reader, "SELECT linkhaul.grant_reader('x')");
    cr_expect_str_eq(refusal, "42501");
    free(refusal);
    refusal = pg_refusal(reader, "CREATE VIEW linkhaul_bi.mine AS SELECT 1 AS one");
    cr_expect_str_eq(refusal, "42501");
    free(refusal);
    free(reader);
    pg_execute(admin, "DROP OWNED BY %s; DROP ROLE %s", role, role);
    free(admin);
}
