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
#include "core/clock.h"
#include "core/mem.h"
#include "decode/page.h"
#include "support/pg.h"
#include "support/random_item.h"

TestSuite(decode_differential, .timeout = 8000, .fini = pg_drop_databases);

#define ITEMS_OF_ROUND 200

static struct {
    const struct endpoint *endpoint;
    PGconn *connection;
    char *check; /* the query that finds where the two disagree */
    int64_t n_items, n_rows, n_extra, n_cleaned;
} f;

static const struct page_front front = {.night = 9822, .target = "moz.com"};

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
               "int, ordinal bigint, target text, link_key uuid, loaded_at timestamptz",
               f.endpoint->table);
    for (size_t i = 0; i < f.endpoint->n_columns; i++)
        buf_printf(&sql, ", \"%s\" %s", f.endpoint->columns[i].name,
                   column_type_name(f.endpoint->columns[i].type));
    buf_append_string(&sql, ", extra jsonb)");
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

/* What has no column is in extra, at the top and within the object whose keys have columns. */
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
        ") AND (b.extra -> e.key) IS DISTINCT FROM e.value)),\n"
        "('nested', CASE jsonb_typeof(i.j -> 'ranked_keywords_info') WHEN 'object' THEN "
        "(b.extra #> '{ranked_keywords_info,unknown}') IS NOT DISTINCT FROM (i.j #> "
        "'{ranked_keywords_info,unknown}') WHEN 'null' THEN NOT coalesce(b.extra ? "
        "'ranked_keywords_info', false) ELSE (b.extra -> 'ranked_keywords_info') IS NOT "
        "DISTINCT FROM (i.j -> 'ranked_keywords_info') END),\n"
        "('equal keys', (SELECT count(*) FROM jsonb_object_keys(b.extra) k WHERE NOT i.j ? k) "
        "= i.n_fields - (SELECT count(*) FROM jsonb_object_keys(i.j))),\n"
        "('link_key', b.link_key = md5(b.url_from || E'\\n' || b.url_to)::uuid)");
}

/* Rows that disagree, and items that are a row or a reject and should be the other. */
static char *make_check(void)
{
    struct buf sql = BUF_WITH_CEILING(1 << 20);

    buf_printf(&sql,
               "SELECT i.ordinal, p.name FROM item i JOIN linkhaul.%s b USING (ordinal), LATERAL "
               "(VALUES ",
               f.endpoint->table);
    for (size_t i = 0; i < f.endpoint->n_columns; i++)
        add_column(&sql, &f.endpoint->columns[i]);
    add_unknown(&sql);
    buf_printf(&sql,
               ") p(name, is_fine) WHERE is_fine IS NOT TRUE UNION ALL SELECT ordinal, 'row or "
               "reject' FROM item i LEFT JOIN linkhaul.%s b USING (ordinal) LEFT JOIN "
               "linkhaul.reject r USING (ordinal) WHERE (b.ordinal IS NULL) = (r.ordinal IS NULL) "
               "OR (r.ordinal IS NULL) IS DISTINCT FROM coalesce(jsonb_typeof(j) = 'object'",
               f.endpoint->table);
    for (size_t i = 0; f.endpoint->key_columns[i] != NULL; i++)
        buf_printf(&sql, " AND coalesce(jsonb_typeof(j -> '%s') = 'string', false)",
                   f.endpoint->key_columns[i]);
    buf_append_string(&sql, ", false)");
    return buf_take(&sql);
}

/* --- a round --------------------------------------------------------------------------------- */

static void insert_item(int64_t ordinal, struct random_item *random)
{
    char number[32], n_fields[32];
    const char *values[] = {number, buf_text(&random->storable), n_fields,
                            random->is_odd ? "true" : "false"};
    PGresult *result;

    snprintf(number, sizeof number, "%" PRId64, ordinal);
    snprintf(n_fields, sizeof n_fields, "%zu", random->n_fields);
    result = PQexecParams(f.connection, "INSERT INTO item VALUES ($1, try_jsonb($2), $3, $4)", 4,
                          NULL, values, NULL, NULL, 0);
    cr_assert(PQresultStatus(result) == PGRES_COMMAND_OK, "%s", PQresultErrorMessage(result));
    PQclear(result);
}

static bool read_body(void *data, uint64_t position, void *into, size_t size, size_t *ret_size,
                      struct err *err)
{
    const struct buf *body = data;
    size_t left = body->size - (size_t)position;

    (void)err;
    *ret_size = size < left ? size : left;
    memcpy(into, body->data + position, *ret_size);
    return true;
}

static void copy_part(struct page *page, enum page_part part)
{
    char *sql = page_copy_statement(f.endpoint, part, "linkhaul");
    PGresult *result = PQexec(f.connection, sql);
    struct buf chunk = BUF_WITH_CEILING(PAGE_CHUNK_MAX);
    struct err err;
    bool is_end = false;

    cr_assert(PQresultStatus(result) == PGRES_COPY_IN, "%s", PQresultErrorMessage(result));
    PQclear(result);
    page_select(page, &front, part, 0, INT64_MAX, NULL);
    while (!is_end) {
        buf_clear(&chunk);
        cr_assert(page_next(page, &chunk, &is_end, &err), "%s", err.text);
        cr_assert(PQputCopyData(f.connection, chunk.data, (int)chunk.size) == 1);
    }
    cr_assert(PQputCopyEnd(f.connection, NULL) == 1);
    result = PQgetResult(f.connection);
    cr_expect(PQresultStatus(result) == PGRES_COMMAND_OK, "PostgreSQL refuses what we made: %s",
              PQresultErrorMessage(result));
    PQclear(result);
    PQclear(PQgetResult(f.connection));
    buf_deinit(&chunk);
    free(sql);
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

static void run_round(uint64_t seed)
{
    struct buf body = BUF_WITH_CEILING((size_t)1 << 30);
    struct page_source source = {.read = read_body, .data = &body};
    struct random_item random;
    struct page *page = page_new(f.endpoint, &source);

    random_item_init(&random, f.endpoint, seed);
    execute("BEGIN");
    buf_append_string(&body, "{\"tasks\":[{\"result\":[{\"items\":[");
    for (int64_t i = 1; i <= ITEMS_OF_ROUND; i++) {
        random_item_next(&random);
        insert_item(i, &random);
        buf_append_string(&body, i > 1 ? "," : "");
        buf_append(&body, random.sent.data, random.sent.size);
    }
    buf_append_string(&body, "]}]}]}");
    copy_part(page, PAGE_REJECTS);
    copy_part(page, PAGE_ROWS);
    check(seed);
    f.n_items += page_counts(page)->n_items;
    f.n_rows += page_counts(page)->n_rows;
    f.n_extra += page_counts(page)->n_extra;
    f.n_cleaned += page_counts(page)->n_cleaned;
    execute("ROLLBACK");
    random_item_deinit(&random);
    page_destroy(page);
    buf_deinit(&body);
}

static uint64_t number_of(const char *variable, uint64_t fallback)
{
    const char *text = getenv(variable);

    return text == NULL || *text == '\0' ? fallback : strtoull(text, NULL, 10);
}

Test(decode_differential, agrees_with_jsonb_column_by_column_or_keeps_the_value_in_extra)
{
    uint64_t first = number_of("LINKHAUL_DIFF_SEED", (uint64_t)time(NULL)), seed = first;
    int64_t end_ms = clock_mono_ms() + (int64_t)number_of("LINKHAUL_DIFF_SECONDS", 5) * 1000;

    f.endpoint = endpoint_find("backlinks");
    f.connection = PQconnectdb(pg_fresh_database());
    cr_assert(PQstatus(f.connection) == CONNECTION_OK, "%s", PQerrorMessage(f.connection));
    execute("SET TimeZone = 'UTC'; SET client_min_messages = warning");
    execute(helpers);
    create_table();
    f.check = make_check();
    do
        run_round(seed++);
    while (clock_mono_ms() < end_ms);
    cr_log_info("seeds %" PRIu64 " to %" PRIu64 ": %" PRId64 " items, %" PRId64 " rows, %" PRId64
                " values in extra, %" PRId64 " cleaned\n",
                first, seed - 1, f.n_items, f.n_rows, f.n_extra, f.n_cleaned);
    cr_expect(gt(i64, f.n_rows, f.n_items / 2), "too few rows to mean anything");
    cr_expect(gt(i64, f.n_extra, 0));
    cr_expect(gt(i64, f.n_cleaned, 0));
    PQfinish(f.connection);
    free(f.check);
}
