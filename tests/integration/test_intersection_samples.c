#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "api/request.h"
#include "core/buf.h"
#include "core/mem.h"
#include "store/migrate.h"
#include "support/copy_page.h"
#include "support/pg.h"

/*
 * The vendor's own samples of intersections, in the tables as migrated, compared value by value
 * with what PostgreSQL's jsonb reads from the same text: the decoder has no part in the comparison.
 */

TestSuite(intersection_samples, .timeout = 120, .fini = pg_drop_databases);

#define SAMPLE_MAX ((size_t)512 * 1024)

struct sample {
    const char *endpoint, *path, *targets;
    int64_t n_rows;
    const char *link_key; /* over a row `b`, from the table's comment */
};

static void read_sample(const char *name, struct buf *text)
{
    CLEANUP(mem_free_string) char *path = mem_printf(SOURCE_DIR "/tests/data/%s", name);
    FILE *file = fopen(path, "rb");
    char *room;

    cr_assert(file != NULL, "%s", path);
    buf_init(text, 2 * SAMPLE_MAX);
    room = buf_reserve(text, SAMPLE_MAX);
    text->size = fread(room, 1, SAMPLE_MAX, file);
    cr_assert(lt(sz, text->size, SAMPLE_MAX));
    fclose(file);
}

static void land(const char *url, const struct sample *sample, struct buf *body)
{
    CLEANUP(mem_free_string) char *request = mem_printf("{\"targets\":%s}", sample->targets);
    const struct endpoint *endpoint = endpoint_find(sample->endpoint);
    struct page_source source = buf_source(body);
    struct page *page = page_new(endpoint, &source);
    PGconn *connection = PQconnectdb(url);
    struct request_targets targets;
    struct page_front front = {.night = 9822,
                               .run_id = 7,
                               .listing_id = 9,
                               .slice_no = 3,
                               .items_before = 1000,
                               .target = "not of a row",
                               .targets = &targets};

    cr_assert(PQstatus(connection) == CONNECTION_OK, "%s", PQerrorMessage(connection));
    request_targets_read(request, &targets);
    copy_page(connection, endpoint, page, &front, PAGE_REJECTS);
    cr_expect(eq(i64, page_counts(page)->n_rejects, 0), "%s", sample->path);
    copy_page(connection, endpoint, page, &front, PAGE_ROWS);
    cr_expect(eq(i64, page_counts(page)->n_items, 5), "%s", sample->path);
    cr_expect(eq(i64, page_counts(page)->n_rows, sample->n_rows), "%s", sample->path);
    cr_expect(eq(i64, page_counts(page)->n_extra, 0), "%s", sample->path);
    request_targets_deinit(&targets);
    page_destroy(page);
    PQfinish(connection);
}

/* The parts of the sample as PostgreSQL reads them: item, key, place under the key, value. */
static void make_parts(const char *url, const struct sample *sample, const char *text)
{
    pg_execute(url,
               "CREATE TABLE part AS SELECT n + 1000 AS ordinal, item, key AS target_key, link_no,"
               " part FROM jsonb_array_elements($sample$%s$sample$::jsonb #>"
               " '{tasks,0,result,0,items}') WITH ORDINALITY AS i(item, n),"
               " jsonb_each(item -> '%s'), jsonb_array_elements(CASE jsonb_typeof(value)"
               " WHEN 'array' THEN value ELSE jsonb_build_array(value) END)"
               " WITH ORDINALITY AS p(part, link_no)",
               text, endpoint_find(sample->endpoint)->wrapper);
}

/* What the column should hold, over a row of `part`. */
static char *expected(const struct column *column)
{
    switch (column->type) {
    case COLUMN_JSONB:
        return mem_printf("nullif(part -> '%s', 'null')", column->path);
    case COLUMN_TEXT_ARRAY:
        return mem_printf(
            "CASE WHEN jsonb_typeof(part -> '%s') = 'array' THEN ARRAY(SELECT"
            " jsonb_array_elements_text(part -> '%s')) END",
            column->path, column->path);
    default:
        return mem_printf("(part ->> '%s')::%s", column->path, column_type_name(column->type));
    }
}

static void expect_rows(const char *url, const struct sample *sample, const char *condition)
{
    const struct endpoint *endpoint = endpoint_find(sample->endpoint);
    int64_t n = pg_int(url,
                       "SELECT count(*) FROM linkhaul.%s AS b JOIN part USING (ordinal, target_key)"
                       " WHERE %s AND (%s)",
                       endpoint->table, endpoint->has_link_no ? "b.link_no = part.link_no" : "true",
                       condition);

    cr_expect(eq(i64, n, sample->n_rows), "%s: %s", sample->path, condition);
}

static void expect_all(const struct sample *sample)
{
    const struct endpoint *endpoint = endpoint_find(sample->endpoint);
    CLEANUP(mem_free_string)
    char *target = mem_printf("b.target = '%s'::jsonb ->> b.target_key", sample->targets);
    const char *url = pg_fresh_database();
    struct buf text;
    struct err err;

    cr_assert(migrate_run(url, false, NULL, NULL, &err), "%s", err.text);
    pg_execute(url, "SELECT linkhaul.make_partitions('%s', '2026-11-22')", endpoint->table);
    read_sample(sample->path, &text);
    land(url, sample, &text);
    make_parts(url, sample, buf_text(&text));
    cr_expect(eq(i64, pg_int(url, "SELECT count(*) FROM part"), sample->n_rows));
    for (size_t i = 0; i < endpoint->n_columns; i++) {
        CLEANUP(mem_free_string) char *value = expected(&endpoint->columns[i]);
        CLEANUP(mem_free_string)
        char *condition =
            mem_printf("b.\"%s\" IS NOT DISTINCT FROM %s", endpoint->columns[i].name, value);

        expect_rows(url, sample, condition);
    }
    expect_rows(url, sample, target);
    expect_rows(url, sample, sample->link_key);
    expect_rows(url, sample,
                "b.intersections_count = (item #>> '{summary,intersections_count}')::bigint");
    expect_rows(url, sample,
                "b.run_id = 7 AND b.listing_id = 9 AND b.slice_no = 3 AND b.extra IS NULL AND "
                "b.night = '2026-11-22'");
    buf_deinit(&text);
}

#define DOMAIN_KEY "b.link_key = md5(part ->> 'target')::uuid"
#define PAGE_KEY "b.link_key = md5((part ->> 'url_from') || E'\\n' || (part ->> 'url_to'))::uuid"

Test(intersection_samples, every_value_of_domain_intersection_stands_in_its_column)
{
    expect_all(&(struct sample){"domain_intersection", "domain_intersection/sample.json",
                                "{\"1\":\"moz.com\",\"2\":\"ahrefs.com\"}", 10, DOMAIN_KEY});
}

/* Of 2023, when one field was not there yet. */
Test(intersection_samples, every_value_of_an_old_domain_intersection_stands_in_its_column)
{
    expect_all(&(struct sample){"domain_intersection", "domain_intersection/sample_old.json",
                                "{\"1\":\"moz.com\",\"2\":\"ahrefs.com\"}", 10, DOMAIN_KEY});
}

Test(intersection_samples, every_value_of_page_intersection_stands_in_its_column)
{
    expect_all(&(struct sample){"page_intersection", "page_intersection/sample.json",
                                "{\"1\":\"football.com\",\"2\":\"fifa.com\"}", 10, PAGE_KEY});
}
