#include "store/migrate.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/buf.h"
#include "store/sql.h"
#include "support/pg.h"
#include "support/store_calls.h"

/* The schema: how it comes to be, and that it is what the code believes it to be. */

static const char *url;

struct counted {
    int n, last;
};

static void count(void *data, int number, const char *name, const char *sql)
{
    struct counted *counted = data;

    cr_expect(eq(int, number, counted->last + 1));
    cr_expect(ne(ptr, strstr(name, "00"), NULL));
    cr_expect(ne(chr, sql[0], '\0'));
    counted->n++;
    counted->last = number;
}

static void begin(void)
{
    url = pg_fresh_database();
}

static void migrate_well(void)
{
    struct err err = {0};

    cr_assert(migrate_run(url, false, NULL, NULL, &err), "%s", err.text);
}

static struct err migrate_in_vain(void)
{
    struct err err = {0};

    cr_assert(not(migrate_run(url, false, NULL, NULL, &err)));
    return err;
}

static bool has_text(const struct err *err, const char *text)
{
    return strstr(err->text, text) != NULL;
}

TestSuite(migrate, .timeout = 60, .init = begin, .fini = pg_drop_databases);

Test(migrate, makes_the_schema_once)
{
    struct counted first = {0}, second = {0};
    struct err err;

    cr_assert(migrate_run(url, false, count, &first, &err), "%s", err.text);
    cr_expect(eq(int, first.n, migrate_version()));
    cr_expect(gt(int, first.n, 0));
    cr_assert(migrate_run(url, false, count, &second, &err), "%s", err.text);
    cr_expect(eq(int, second.n, 0));
    cr_expect(eq(i64, pg_int(url, "SELECT count(*) FROM linkhaul.migration"), migrate_version()));
    cr_expect(eq(i64, pg_int(url, "SELECT count(*) FROM linkhaul.install"), 1));
}

Test(migrate, only_tells_in_a_dry_run)
{
    struct counted told = {0};
    struct err err;

    cr_assert(migrate_run(url, true, count, &told, &err), "%s", err.text);
    cr_expect(eq(int, told.n, migrate_version()));
    cr_expect(
        eq(i64, pg_int(url, "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'link%%'"), 0));
    migrate_well();
    told = (struct counted){0};
    cr_assert(migrate_run(url, true, count, &told, &err), "%s", err.text);
    cr_expect(eq(int, told.n, 0));
}

static void *migrate_in_thread(void *data)
{
    struct err err;

    return migrate_run(data, false, NULL, NULL, &err) ? NULL : strdup(err.text);
}

Test(migrate, may_be_started_many_times_at_once)
{
    char *address = strdup(url);
    pthread_t threads[6];
    void *complaint;

    for (int i = 0; i < 6; i++)
        pthread_create(&threads[i], NULL, migrate_in_thread, address);
    for (int i = 0; i < 6; i++) {
        pthread_join(threads[i], &complaint);
        cr_expect(eq(ptr, complaint, NULL), "%s", (char *)complaint);
        free(complaint);
    }
    cr_expect(eq(i64, pg_int(url, "SELECT count(*) FROM linkhaul.migration"), migrate_version()));
    free(address);
}

Test(migrate, refuses_a_schema_that_is_newer)
{
    struct calls calls;
    struct err err;

    migrate_well();
    pg_execute(url, "INSERT INTO linkhaul.migration VALUES (99, '0099_future', 'x')");
    err = migrate_in_vain();
    cr_expect(eq(int, err.kind, ERR_CONFIG));
    cr_expect(has_text(&err, "install a newer linkhaul"), "%s", err.text);
    cr_expect(not(calls_open(&calls, url, true)));
    cr_expect(eq(int, calls.err.kind, ERR_CONFIG));
    cr_expect(has_text(&calls.err, "install a newer linkhaul"), "%s", calls.err.text);
    calls_end(&calls);
}

Test(migrate, is_asked_for_by_a_store_whose_schema_is_missing_or_older)
{
    struct calls calls;

    cr_expect(not(calls_open(&calls, url, false)));
    cr_expect(eq(int, calls.err.kind, ERR_CONFIG));
    cr_expect(has_text(&calls.err, "run `linkhaul migrate`"), "%s", calls.err.text);
    calls_end(&calls);
    migrate_well();
    pg_execute(url, "DELETE FROM linkhaul.migration WHERE number = %d", migrate_version());
    cr_expect(not(calls_open(&calls, url, true)));
    cr_expect(eq(int, calls.err.kind, ERR_CONFIG));
    cr_expect(has_text(&calls.err, "run `linkhaul migrate`"), "%s", calls.err.text);
    calls_end(&calls);
}

Test(migrate, refuses_a_migration_that_was_applied_in_another_wording)
{
    struct err err;

    migrate_well();
    pg_execute(url, "UPDATE linkhaul.migration SET checksum = 'other' WHERE number = 2");
    err = migrate_in_vain();
    cr_expect(eq(int, err.kind, ERR_CONFIG));
    cr_expect(has_text(&err, "0002_"), "%s", err.text);
}

Test(migrate, leaves_nothing_of_a_migration_that_fails_and_goes_on_from_there)
{
    struct err err;

    pg_execute(url, "CREATE SCHEMA linkhaul; CREATE TABLE linkhaul.spend ()");
    err = migrate_in_vain();
    cr_expect(eq(int, err.kind, ERR_DB));
    cr_expect(has_text(&err, "migration 0002_"), "%s", err.text);
    cr_expect(eq(i64, pg_int(url, "SELECT max(number) FROM linkhaul.migration"), 1));
    cr_expect(eq(i64, pg_int(url, "SELECT (to_regclass('linkhaul.attempt') IS NULL)::int"), 1));
    pg_execute(url, "DROP TABLE linkhaul.spend");
    migrate_well();
}

Test(migrate, needs_no_right_to_make_schemas_where_they_are_there)
{
    pg_execute(url,
               "CREATE SCHEMA linkhaul; CREATE SCHEMA linkhaul_bi;"
               "DO $$ BEGIN EXECUTE format('REVOKE CREATE ON DATABASE %%I FROM %%I',"
               "current_database(), current_user); END $$");
    migrate_well();
}

/* What a migration does when it runs; not what its functions do when they are called. */
static char *without_functions(const char *sql)
{
    char *text = strdup(sql), *end;

    for (char *body = text; (body = strstr(body, " AS\n$$\n")) != NULL; body = end) {
        end = strstr(body, "\n$$;");
        cr_assert(ne(ptr, end, NULL));
        memset(body, ' ', (size_t)(end - body));
    }
    return text;
}

Test(migrate, drops_nothing_so_that_views_of_users_stay)
{
    static const char *const words[] = {"CASCADE", "DROP TABLE", "DROP VIEW", "DROP COLUMN",
                                        "DROP SCHEMA"};

    for (const struct sql_migration *at = sql_migrations; at->number != 0; at++) {
        char *text = without_functions(at->sql);

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
            cr_expect(eq(ptr, strstr(text, words[i]), NULL), "%s: %s", at->name, words[i]);
        free(text);
    }
}

Test(migrate, tells_that_nobody_is_there)
{
    struct err err;

    cr_assert(not(migrate_run("postgresql:///x?host=/nowhere", false, NULL, NULL, &err)));
    cr_expect(eq(int, err.kind, ERR_DB));
    cr_assert(not(migrate_run("postgresql://%zz", false, NULL, NULL, &err)));
    cr_expect(eq(int, err.kind, ERR_CONFIG));
}

/* --- the schema as the code believes it to be ------------------------------------------------ */

static char *columns_of(const char *relation)
{
    return pg_text(
        url,
        "SELECT string_agg(attname || ' ' || format_type(atttypid, NULL), ', ' ORDER BY "
        "attnum) FROM pg_attribute WHERE attrelid = '%s'::regclass AND attnum > 0 AND NOT "
        "attisdropped",
        relation);
}

Test(migrate, makes_the_columns_that_the_endpoints_tell)
{
    migrate_well();
    for (size_t i = 0; endpoints[i] != NULL; i++) {
        const struct endpoint *endpoint = endpoints[i];
        struct buf wanted = BUF_WITH_CEILING(65536);
        char name[128], *there;

        buf_printf(&wanted,
                   "night date, run_id bigint, listing_id bigint, slice_no integer, ordinal "
                   "bigint, %s%slink_key uuid, %sloaded_at timestamp with time zone%s",
                   endpoint->takes_list ? "" : "target text, ",
                   endpoint->wrapper != NULL ? "target_key text, " : "",
                   endpoint->has_link_no ? "link_no integer, " : "",
                   endpoint->wrapper != NULL ? ", intersections_count bigint" : "");
        for (size_t at = 0; at < endpoint->n_columns; at++)
            buf_printf(&wanted, ", %s %s", endpoint->columns[at].name,
                       column_type_name(endpoint->columns[at].type));
        buf_append_string(&wanted, ", extra jsonb");
        snprintf(name, sizeof(name), "linkhaul.%s", endpoint->table);
        there = columns_of(name);
        cr_expect_str_eq(there, buf_text(&wanted));
        free(there);
        buf_deinit(&wanted);
    }
}

/* Their view has the endpoint's columns but for those of no scalar type. */
static void expect_view(const char *name, const char *view)
{
    const struct endpoint *endpoint = endpoint_find(name);
    struct buf wanted = BUF_WITH_CEILING(65536);
    char *there;

    buf_printf(&wanted,
               "project text, target text, night date, feed_id bigint, completeness text%s",
               endpoint->wrapper != NULL ? ", target_key text, intersections_count bigint" : "");
    for (size_t at = 0; at < endpoint->n_columns; at++) {
        if (endpoint->columns[at].type != COLUMN_TEXT_ARRAY &&
            endpoint->columns[at].type != COLUMN_JSONB)
            buf_printf(&wanted, ", %s %s", endpoint->columns[at].name,
                       column_type_name(endpoint->columns[at].type));
        if (at == 0 && endpoint->has_link_no)
            buf_append_string(&wanted, ", link_no integer");
    }
    buf_append_string(&wanted, ", job text");
    there = columns_of(view);
    cr_expect_str_eq(there, buf_text(&wanted));
    free(there);
    buf_deinit(&wanted);
}

Test(migrate, shows_scalar_columns_to_analysts)
{
    migrate_well();
    expect_view("backlinks", "linkhaul_bi.backlinks");
    expect_view("domain_intersection", "linkhaul_bi.domain_intersections");
    expect_view("page_intersection", "linkhaul_bi.page_intersections");
}

Test(migrate, explains_every_table_and_what_analysts_and_importers_see)
{
    char *missing;

    migrate_well();
    missing = pg_text(url,
                      "SELECT string_agg(c.oid::regclass::text, ', ') FROM pg_class AS c JOIN "
                      "pg_namespace AS n ON n.oid = relnamespace WHERE nspname IN ('linkhaul', "
                      "'linkhaul_bi') AND relkind IN ('r', 'p', 'v') AND "
                      "obj_description(c.oid, 'pg_class') IS NULL");
    cr_expect(eq(ptr, missing, NULL), "%s", missing);
    missing = pg_text(
        url,
        "SELECT string_agg(attname, ', ') FROM pg_attribute WHERE attrelid IN "
        "('linkhaul.backlink'::regclass, 'linkhaul.link'::regclass, 'linkhaul.referring_domain'::regclass, 'linkhaul_bi.backlinks'::regclass) AND "
        "attnum > 0 AND col_description(attrelid, attnum) IS NULL");
    cr_expect(eq(ptr, missing, NULL), "%s", missing);
}

/* --- partitions ------------------------------------------------------------------------------ */

Test(migrate, makes_partitions_of_two_weeks_once)
{
    char *there;

    migrate_well();
    for (int i = 0; i < 2; i++)
        pg_execute(url, "SELECT linkhaul.make_partitions('backlink', '2026-12-31')");
    there = pg_text(url,
                    "SELECT string_agg(relname || ' ' || "
                    "pg_get_expr(relpartbound, inhrelid), '; ' ORDER BY 1) FROM pg_inherits "
                    "JOIN pg_class ON oid = inhrelid WHERE inhparent = "
                    "'linkhaul.backlink'::regclass");
    cr_expect_str_eq(there,
                     "backlink_2026_12_28 FOR VALUES FROM ('2026-12-28') TO "
                     "('2027-01-04'); backlink_2027_01_04 FOR VALUES FROM "
                     "('2027-01-04') TO ('2027-01-11')");
    free(there);
    cr_expect(eq(i64,
                 pg_int(url,
                        "SELECT count(*) FROM pg_index WHERE indrelid IN "
                        "('linkhaul.backlink_2026_12_28'::regclass, "
                        "'linkhaul.backlink_2027_01_04'::regclass)"),
                 2));
    cr_expect(eq(i64,
                 pg_int(url,
                        "SELECT count(col_description(attrelid, attnum)) - count(*) FROM "
                        "pg_attribute WHERE attnum > 0 AND attrelid = "
                        "'linkhaul.backlink_2026_12_28'::regclass"),
                 0));
}

Test(migrate, makes_partitions_beside_readers_and_makes_none_wait)
{
    PGconn *reader, *maker, *late_reader;

    migrate_well();
    reader = PQconnectdb(url);
    maker = PQconnectdb(url);
    late_reader = PQconnectdb(url);
    PQclear(PQexec(reader, "BEGIN; SELECT count(*) FROM linkhaul_bi.backlinks"));
    PQclear(PQexec(maker,
                   "SET lock_timeout = '1s'; BEGIN;"
                   "SELECT linkhaul.make_partitions('backlink', '2026-11-22')"));
    cr_expect_str_eq(PQerrorMessage(maker), "");
    PQclear(PQexec(late_reader,
                   "SET lock_timeout = '1s';"
                   "SELECT count(*) FROM linkhaul_bi.backlinks"));
    cr_expect_str_eq(PQerrorMessage(late_reader), "");
    PQfinish(reader);
    PQfinish(maker);
    PQfinish(late_reader);
}
