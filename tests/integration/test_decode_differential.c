/*
 * The decoder against PostgreSQL's own jsonb: random items go through both, and what stands in the
 * columns must be what `->>` and a cast give, or the value must be in extra.
 *
 * LINKHAUL_DIFF_SECONDS says for how long (5), LINKHAUL_DIFF_SEED where to begin.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/endpoint.h"
#include "api/request.h"
#include "core/clock.h"
#include "core/mem.h"
#include "decode/page.h"
#include "support/copy_page.h"
#include "support/pg.h"
#include "support/random_item.h"
#include "support/random_keyed.h"

TestSuite(decode_differential, .timeout = 8000, .fini = pg_drop_databases);

#define ITEMS_OF_ROUND 200

static struct {
    const struct endpoint *endpoint;
    PGconn *connection;
    char *check; /* the query that finds where the two disagree */
    int64_t n_items, n_rows, n_extra, n_cleaned;
} f;

static const struct request_targets targets = {
    .keys = {(char[]){"1"}, (char[]){"2"}},
    .targets = {(char[]){"moz.com"}, (char[]){"ahrefs.com"}},
    .n = 2};
static const struct page_front front = {.night = 9822, .target = "moz.com", .targets = &targets};

/* Casts that give NULL where PostgreSQL's own would refuse, and what a type takes without extra. */
static const char *const helpers =
    "CREATE SCHEMA linkhaul;"
    "CREATE TABLE item (ordinal bigint PRIMARY KEY, j jsonb, n_fields int, is_odd boolean);"
    "CREATE TABLE linkhaul.reject (night date, run_id bigint, listing_id bigint, slice_no int,"
    " ordinal bigint, target text, reason text, raw text, loaded_at timestamptz);"
    "CREATE FUNCTION try_jsonb(t text) RETURNS jsonb LANGUAGE plpgsql AS $$"
    " BEGIN RETURN t::jsonb; EXCEPTION WHEN data_exception OR program_limit_exceeded THEN"
    " RETURN NULL; END $$;"
    "CREATE FUNCTION as_text(j jsonb) RETURNS text LANGUAGE sql AS $$ SELECT j #>> '{}' $$;"
    "CREATE FUNCTION as_bigint(j jsonb) RETURNS bigint LANGUAGE plpgsql AS $$"
    " BEGIN RETURN (j #>> '{}')::bigint; EXCEPTION WHEN data_exception THEN RETURN NULL; END $$;"
    "CREATE FUNCTION as_boolean(j jsonb) RETURNS boolean LANGUAGE plpgsql AS $$"
    " BEGIN RETURN (j #>> '{}')::boolean; EXCEPTION WHEN data_exception THEN RETURN NULL; END $$;"
    "CREATE FUNCTION as_timestamptz(j jsonb) RETURNS timestamptz LANGUAGE plpgsql AS $$"
    " BEGIN RETURN (j #>> '{}')::timestamptz; EXCEPTION WHEN data_exception THEN RETURN NULL;"
    " END $$;"
    "CREATE FUNCTION as_text_array(j jsonb) RETURNS text[] LANGUAGE sql AS $$"
    " SELECT CASE WHEN jsonb_typeof(j) = 'array' THEN"
    " ARRAY(SELECT e FROM jsonb_array_elements_text(j) WITH ORDINALITY AS x(e, n) ORDER BY n)"
    " END $$;"
    "CREATE FUNCTION as_jsonb(j jsonb) RETURNS jsonb LANGUAGE sql AS $$"
    " SELECT CASE WHEN jsonb_typeof(j) <> 'null' THEN j END $$;"
    "CREATE FUNCTION fits_text(j jsonb) RETURNS boolean LANGUAGE sql AS $$"
    " SELECT jsonb_typeof(j) = 'string' $$;"
    "CREATE FUNCTION fits_bigint(j jsonb) RETURNS boolean LANGUAGE sql AS $$"
    " SELECT jsonb_typeof(j) = 'number' AND as_bigint(j) IS NOT NULL $$;"
    "CREATE FUNCTION fits_boolean(j jsonb) RETURNS boolean LANGUAGE sql AS $$"
    " SELECT jsonb_typeof(j) = 'boolean' $$;"
    "CREATE FUNCTION fits_timestamptz(j jsonb) RETURNS boolean LANGUAGE sql AS $$"
    " SELECT jsonb_typeof(j) = 'string' AND as_timestamptz(j) IS NOT NULL AND j #>> '{}' ~"
    " '^\\d{4}-\\d\\d-\\d\\d[T ](?!24)\\d\\d:\\d\\d:(?!60)\\d\\d(\\.\\d+)? ?(Z|[+-]\\d\\d(:?\\d\\d)?)$'"
    " $$;"
    "CREATE FUNCTION fits_text_array(j jsonb) RETURNS boolean LANGUAGE sql AS $$"
    " SELECT jsonb_typeof(j) = 'array' AND NOT EXISTS (SELECT FROM jsonb_array_elements("
    "CASE WHEN jsonb_typeof(j) = 'array' THEN j END) e"
    " WHERE jsonb_typeof(e) NOT IN ('string', 'null')) $$;"
    "CREATE FUNCTION fits_jsonb(j jsonb) RETURNS boolean LANGUAGE sql AS $$ SELECT true $$;";

static void execute(const char *sql)
{
    PGresult *result = PQexec(f.connection, sql);

    cr_assert(PQresultStatus(result) == PGRES_COMMAND_OK, "%s\n%s", sql,
              PQresultErrorMessage(result));
    PQclear(result);
}

static void create_table(void)
{
    struct buf sql = BUF_WITH_CEILING(1 << 16);

    buf_printf(&sql,
               "CREATE TABLE linkhaul.%s (night date, run_id bigint, listing_id bigint, slice_no "
               "int, ordinal bigint, %starget_key text DEFAULT '', link_key uuid, "
               "link_no int, loaded_at timestamptz, intersections_count bigint, n serial",
               f.endpoint->table, f.endpoint->takes_list ? "" : "target text, ");
    for (size_t i = 0; i < f.endpoint->n_columns; i++)
        buf_printf(&sql, ", \"%s\" %s", f.endpoint->columns[i].name,
                   column_type_name(f.endpoint->columns[i].type));
    buf_printf(&sql,
               ", extra jsonb);"
               "CREATE VIEW got AS SELECT *, row_number() OVER (PARTITION BY ordinal, target_key "
               "ORDER BY n) AS nth, n = min(n) OVER (PARTITION BY ordinal) AS is_first "
               "FROM linkhaul.%s",
               f.endpoint->table);
    execute(sql.data);
    buf_deinit(&sql);
}

/* Whether `j` has a key, in SQL: what has none is rejected. */
static void add_is_row(struct buf *sql)
{
    buf_append_string(sql, "coalesce(jsonb_typeof(j) = 'object'");
    for (size_t i = 0; f.endpoint->key_columns[i] != NULL; i++)
        buf_printf(sql, " AND coalesce(jsonb_typeof(j -> '%s') = 'string', false)",
                   f.endpoint->key_columns[i]);
    buf_append_string(sql, ", false)");
}

/*
 * What should become a row each: the items, or what stands under an intersection's keys. `nth`
 * counts those under a key that are rows, and those that are not.
 */
static void create_parts(void)
{
    struct buf sql = BUF_WITH_CEILING(1 << 16);

    buf_append_string(&sql,
                      "CREATE VIEW part AS SELECT *, row_number() OVER (PARTITION BY ordinal,"
                      " target_key, is_row ORDER BY link_no) AS nth FROM (SELECT *, ");
    add_is_row(&sql);
    buf_append_string(&sql, " AS is_row FROM (");
    if (f.endpoint->wrapper == NULL)
        buf_append_string(&sql,
                          "SELECT ordinal, j AS item, is_odd, n_fields, '' AS target_key, j,"
                          " 1 AS link_no FROM item");
    else
        buf_printf(&sql,
                   "SELECT i.ordinal, i.j AS item, i.is_odd, i.n_fields, k.key AS target_key, p.j,"
                   " row_number() OVER (PARTITION BY i.ordinal, k.key ORDER BY p.n) AS link_no"
                   " FROM item AS i, jsonb_each(CASE 'object' WHEN jsonb_typeof(i.j -> '%s') THEN"
                   " i.j -> '%s' WHEN jsonb_typeof(i.j) THEN i.j END) AS k,"
                   " jsonb_array_elements(CASE jsonb_typeof(k.value) WHEN 'array' THEN k.value"
                   " ELSE jsonb_build_array(k.value) END) WITH ORDINALITY AS p(j, n)"
                   " WHERE k.key ~ '^[0-9]{1,2}$' AND jsonb_typeof(p.j) <> 'null'",
                   f.endpoint->wrapper, f.endpoint->wrapper);
    buf_append_string(&sql, ") AS x) AS y");
    execute(sql.data);
    buf_deinit(&sql);
}

/* The suffix of the helpers of a type. */
static const char *type_word(enum column_type type)
{
    static const char *const words[] = {"text",        "bigint",     "boolean",
                                        "timestamptz", "text_array", "jsonb"};

    return words[type];
}

/* One line of the check: a name, and whether item and row agree in that column. */
static void add_column(struct buf *sql, const struct column *column)
{
    const char *dot = strchr(column->path, '.'), *word = type_word(column->type);
    char *sent, *extra;

    if (dot == NULL) {
        sent = mem_printf("i.j -> '%s'", column->path);
        extra = mem_printf("b.extra -> '%s'", column->path);
    } else {
        int n = (int)(dot - column->path);

        sent = mem_printf(
            "CASE WHEN jsonb_typeof(i.j -> '%.*s') = 'object' THEN i.j -> '%.*s' -> "
            "'%s' END",
            n, column->path, n, column->path, dot + 1);
        extra = mem_printf(
            "CASE WHEN jsonb_typeof(i.j -> '%.*s') = 'object' THEN b.extra -> "
            "'%.*s' -> '%s' END",
            n, column->path, n, column->path, dot + 1);
    }
    buf_printf(sql,
               "('%s', CASE WHEN (%s) IS NOT NULL THEN b.\"%s\" IS NULL AND (%s) = (%s) AND "
               "(i.is_odd OR fits_%s(%s) IS NOT TRUE) ELSE b.\"%s\" IS NOT DISTINCT FROM as_%s(%s) "
               "END),\n",
               column->path, extra, column->name, extra, sent, word, sent, column->name, word,
               sent);
    free(sent);
    free(extra);
}

/* What has no column is in extra. */
static void add_unknown(struct buf *sql)
{
    buf_append_string(sql,
                      "('unknown keys', NOT EXISTS (SELECT FROM jsonb_each(i.j) e WHERE e.key "
                      "NOT IN ('ranked_keywords_info'");
    for (size_t i = 0; i < f.endpoint->n_columns; i++)
        if (strchr(f.endpoint->columns[i].path, '.') == NULL)
            buf_printf(sql, ", '%s'", f.endpoint->columns[i].path);
    buf_append_string(
        sql,
        ") AND (b.extra -> e.key) IS DISTINCT FROM e.value)),\n('link_key', b.link_key = md5(");
    for (size_t i = 0; f.endpoint->key_columns[i] != NULL; i++)
        buf_printf(sql, "%sb.\"%s\"", i > 0 ? " || E'\\n' || " : "",
                   endpoint_column(f.endpoint, f.endpoint->key_columns[i])->name);
    buf_append_string(sql, ")::uuid)");
}

/* An item that is a row: equal keys, and the object whose keys have columns. */
static void add_of_item(struct buf *sql)
{
    buf_append_string(
        sql,
        ",\n('nested', CASE jsonb_typeof(i.j -> 'ranked_keywords_info') WHEN 'object' THEN "
        "(b.extra #> '{ranked_keywords_info,unknown}') IS NOT DISTINCT FROM (i.j #> "
        "'{ranked_keywords_info,unknown}') WHEN 'null' THEN NOT coalesce(b.extra ? "
        "'ranked_keywords_info', false) ELSE (b.extra -> 'ranked_keywords_info') IS NOT "
        "DISTINCT FROM (i.j -> 'ranked_keywords_info') END),\n"
        "('equal keys', (SELECT count(*) FROM jsonb_object_keys(b.extra) k WHERE NOT i.j ? k) "
        "= i.n_fields - (SELECT count(*) FROM jsonb_object_keys(i.j)))");
}

/* A row of an intersection: what it has of its key and of its item. */
static void add_of_part(struct buf *sql)
{
    const char *wrapper = f.endpoint->wrapper;

    buf_printf(
        sql,
        ",\n('target', b.target = coalesce('{\"1\":\"moz.com\",\"2\":\"ahrefs.com\"}'::jsonb ->> "
        "b.target_key, '')),\n('link_no', %s),\n"
        "('intersections_count', b.intersections_count IS NOT DISTINCT FROM coalesce("
        "CASE WHEN jsonb_typeof(item -> 'summary') = 'object' AND "
        "fits_bigint(item #> '{summary,intersections_count}') THEN "
        "as_bigint(item #> '{summary,intersections_count}') END, "
        "CASE WHEN fits_bigint(item -> 'intersections_count') THEN "
        "as_bigint(item -> 'intersections_count') END)),\n"
        "('only the first has the item''s', b.is_first OR NOT coalesce(b.extra ? 'item', false)),\n"
        "('of the item', NOT b.is_first OR i.is_odd OR NOT EXISTS (SELECT FROM jsonb_each(item) e WHERE "
        "e.key NOT IN ('%s', 'summary', 'intersections_count') AND (e.key !~ '^[0-9]{1,2}$' OR "
        "jsonb_typeof(item -> '%s') = 'object') AND "
        "(b.extra #> ARRAY['item', e.key]) IS DISTINCT FROM e.value)),\n",
        f.endpoint->has_link_no ? "b.link_no = i.link_no" : "b.link_no IS NULL", wrapper, wrapper);
    buf_printf(
        sql,
        "('of the wrapper', NOT b.is_first OR i.is_odd OR NOT EXISTS (SELECT FROM jsonb_each(CASE WHEN "
        "jsonb_typeof(item -> '%s') = 'object' THEN item -> '%s' END) e WHERE "
        "e.key !~ '^[0-9]{1,2}$' AND (b.extra #> ARRAY['item', '%s', e.key]) IS DISTINCT FROM "
        "e.value)),\n"
        "('a strange wrapper', NOT b.is_first OR i.is_odd OR coalesce(jsonb_typeof(item -> '%s'), 'null') IN "
        "('object', 'null') OR b.extra #> '{item,%s}' = item -> '%s'),\n",
        wrapper, wrapper, wrapper, wrapper, wrapper, wrapper);
    buf_append_string(
        sql,
        "('of the summary', NOT b.is_first OR i.is_odd OR NOT EXISTS (SELECT FROM jsonb_each(CASE WHEN "
        "jsonb_typeof(item -> 'summary') = 'object' THEN item -> 'summary' END) e WHERE "
        "NOT (e.key = 'intersections_count' AND (e.value = 'null' OR fits_bigint(e.value))) AND "
        "(b.extra #> ARRAY['item', 'summary', e.key]) IS DISTINCT FROM e.value)),\n"
        "('a count left over', NOT b.is_first OR i.is_odd OR "
        "coalesce(b.intersections_count IS NOT DISTINCT FROM "
        "as_bigint(item -> 'intersections_count'), true) OR "
        "coalesce(item -> 'intersections_count', 'null') = 'null' OR "
        "b.extra #> '{item,intersections_count}' = item -> 'intersections_count')");
}

/*
 * Rows that disagree, and what is a row or a reject and should be the other. A part that is no row
 * is a reject, and so is a whole item without any.
 */
static char *make_check(void)
{
    struct buf sql = BUF_WITH_CEILING(1 << 20);

    buf_append_string(&sql,
                      "SELECT i.ordinal, p.name FROM sought i JOIN gotten b USING (ordinal, "
                      "target_key, nth), LATERAL (VALUES ");
    for (size_t i = 0; i < f.endpoint->n_columns; i++)
        add_column(&sql, &f.endpoint->columns[i]);
    add_unknown(&sql);
    if (f.endpoint->wrapper == NULL)
        add_of_item(&sql);
    else
        add_of_part(&sql);
    buf_append_string(
        &sql,
        ") p(name, is_fine) WHERE is_row AND is_fine IS NOT TRUE "
        "UNION ALL SELECT ordinal, 'row or none' FROM (SELECT * FROM sought WHERE is_row) i "
        "FULL JOIN gotten b USING (ordinal, target_key, nth) WHERE i.j IS NULL OR b.n IS NULL "
        "UNION ALL SELECT ordinal, 'rejects' FROM item i, LATERAL "
        "(SELECT count(*) FILTER (WHERE is_row) AS n_rows, count(*) FILTER (WHERE NOT is_row) "
        "AS n_others FROM sought WHERE sought.ordinal = i.ordinal) p, LATERAL (SELECT count(*) AS "
        "n_rejects FROM linkhaul.reject r WHERE r.ordinal = i.ordinal) r WHERE n_rejects NOT "
        "BETWEEN greatest(n_others, (n_rows = 0)::int) AND n_others + (n_rows = 0)::int");
    return buf_take(&sql);
}

/* --- a round --------------------------------------------------------------------------------- */

static void insert_item(int64_t ordinal, struct buf *storable, bool is_odd, size_t n)
{
    char number[32], n_fields[32];
    const char *values[] = {number, buf_text(storable), n_fields, is_odd ? "true" : "false"};
    PGresult *result;

    snprintf(number, sizeof number, "%" PRId64, ordinal);
    snprintf(n_fields, sizeof n_fields, "%zu", n);
    result = PQexecParams(f.connection, "INSERT INTO item VALUES ($1, try_jsonb($2), $3, $4)", 4,
                          NULL, values, NULL, NULL, 0);
    cr_assert(PQresultStatus(result) == PGRES_COMMAND_OK, "%s", PQresultErrorMessage(result));
    PQclear(result);
}

/* The two sides of the comparison; views of them would be made again for each row. */
static void materialize(void)
{
    execute(
        "CREATE TABLE sought AS SELECT * FROM part; CREATE TABLE gotten AS SELECT * FROM got;"
        "ANALYZE sought; ANALYZE gotten; ANALYZE item; ANALYZE linkhaul.reject");
}

/* Says what each disagreement is about; the seed makes the same items again. */
static void check(uint64_t seed)
{
    PGresult *result = PQexec(f.connection, f.check);

    cr_assert(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQresultErrorMessage(result));
    for (int i = 0; i < PQntuples(result) && i < 5; i++)
        cr_expect(false, "seed %" PRIu64 ", item %s: %s", seed, PQgetvalue(result, i, 0),
                  PQgetvalue(result, i, 1));
    PQclear(result);
}

static void put_item(struct buf *body, int64_t ordinal, const struct buf *sent)
{
    buf_append_string(body, ordinal > 1 ? "," : "");
    buf_append(body, sent->data, sent->size);
}

static void make_items(struct buf *body, uint64_t seed)
{
    struct random_item random;

    random_item_init(&random, f.endpoint, seed);
    for (int64_t i = 1; i <= ITEMS_OF_ROUND; i++) {
        random_item_next(&random);
        insert_item(i, &random.storable, random.is_odd, random.n_fields);
        put_item(body, i, &random.sent);
    }
    random_item_deinit(&random);
}

static void make_keyed_items(struct buf *body, uint64_t seed)
{
    struct random_keyed random;

    random_keyed_init(&random, f.endpoint, seed);
    for (int64_t i = 1; i <= ITEMS_OF_ROUND; i++) {
        random_keyed_next(&random);
        insert_item(i, &random.storable, random.is_odd, 0);
        put_item(body, i, &random.sent);
    }
    random_keyed_deinit(&random);
}

static void run_round(uint64_t seed)
{
    struct buf body = BUF_WITH_CEILING((size_t)1 << 30);
    struct page_source source = buf_source(&body);
    struct page *page = page_new(f.endpoint, &source);

    execute("BEGIN");
    buf_append_string(&body, "{\"tasks\":[{\"result\":[{\"items\":[");
    if (f.endpoint->wrapper == NULL)
        make_items(&body, seed);
    else
        make_keyed_items(&body, seed);
    buf_append_string(&body, "]}]}]}");
    copy_page(f.connection, f.endpoint, page, &front, PAGE_REJECTS);
    copy_page(f.connection, f.endpoint, page, &front, PAGE_ROWS);
    materialize();
    check(seed);
    f.n_items += page_counts(page)->n_items;
    f.n_rows += page_counts(page)->n_rows;
    f.n_extra += page_counts(page)->n_extra;
    f.n_cleaned += page_counts(page)->n_cleaned;
    execute("ROLLBACK");
    page_destroy(page);
    buf_deinit(&body);
}

static uint64_t number_of(const char *variable, uint64_t fallback)
{
    const char *text = getenv(variable);

    return text == NULL || *text == '\0' ? fallback : strtoull(text, NULL, 10);
}

static void expect_agreement(const char *endpoint)
{
    uint64_t first = number_of("LINKHAUL_DIFF_SEED", (uint64_t)time(NULL)), seed = first;
    int64_t end_ms = clock_mono_ms() + (int64_t)number_of("LINKHAUL_DIFF_SECONDS", 5) * 1000;

    f.endpoint = endpoint_find(endpoint);
    f.connection = PQconnectdb(pg_fresh_database());
    cr_assert(PQstatus(f.connection) == CONNECTION_OK, "%s", PQerrorMessage(f.connection));
    execute("SET TimeZone = 'UTC'; SET client_min_messages = warning");
    execute(helpers);
    create_table();
    create_parts();
    f.check = make_check();
    do
        run_round(seed++);
    while (clock_mono_ms() < end_ms);
    cr_log_info("%s, seeds %" PRIu64 " to %" PRIu64 ": %" PRId64 " items, %" PRId64
                " rows, %" PRId64 " values in extra, %" PRId64 " cleaned\n",
                endpoint, first, seed - 1, f.n_items, f.n_rows, f.n_extra, f.n_cleaned);
    cr_expect(gt(i64, f.n_rows, f.n_items / 2), "too few rows to mean anything");
    cr_expect(gt(i64, f.n_extra, 0));
    cr_expect(gt(i64, f.n_cleaned, 0));
    PQfinish(f.connection);
    free(f.check);
}

Test(decode_differential, agrees_with_jsonb_column_by_column_or_keeps_the_value_in_extra)
{
    expect_agreement("backlinks");
}

Test(decode_differential, agrees_in_intersections_of_domains)
{
    expect_agreement("domain_intersection");
}

Test(decode_differential, agrees_in_intersections_of_pages)
{
    expect_agreement("page_intersection");
}

Test(decode_differential, agrees_in_referring_domains)
{
    expect_agreement("referring_domains");
}

Test(decode_differential, agrees_in_bulk_new_lost_backlinks)
{
    expect_agreement("bulk_new_lost_backlinks");
}
