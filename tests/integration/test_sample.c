#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "core/buf.h"
#include "core/mem.h"
#include "support/pg.h"
#include "support/story.h"

/*
 * The vendor's own sample answer, from a job to the table, compared value by value with what
 * PostgreSQL's jsonb reads from the same text. linkhaul's decoder has no part in the comparison.
 */

TestSuite(sample, .timeout = 120);

static char *read_sample(void)
{
    FILE *file = fopen(SOURCE_DIR "/tests/data/backlinks/sample.json", "rb");
    struct buf text = BUF_WITH_CEILING(1024 * 1024);
    char *room;

    cr_assert(ne(ptr, file, NULL));
    room = buf_reserve(&text, 512 * 1024);
    text.size = fread(room, 1, 512 * 1024, file);
    room[text.size] = '\0';
    fclose(file);
    return buf_take(&text);
}

/* "outer.inner" as a jsonb path: '{outer,inner}'. */
static char *path_of(const struct column *column)
{
    char *path = mem_printf("{%s}", column->path);

    for (char *c = path; *c != '\0'; c++)
        if (*c == '.')
            *c = ',';
    return path;
}

/* What the column should hold, as an SQL expression over `item`. */
static char *expected(const struct column *column)
{
    CLEANUP(mem_free_string) char *path = path_of(column);

    switch (column->type) {
    case COLUMN_JSONB:
        return mem_printf("nullif(item #> '%s', 'null')", path);
    case COLUMN_TEXT_ARRAY:
        return mem_printf(
            "case when jsonb_typeof(item #> '%s') = 'array' then "
            "array(select jsonb_array_elements_text(item #> '%s')) end",
            path, path);
    default:
        return mem_printf("(item #>> '%s')::%s", path, column_type_name(column->type));
    }
}

Test(sample, every_value_of_the_vendors_sample_stands_in_its_column)
{
    CLEANUP(mem_free_string) char *sample = read_sample();
    const char *url = pg_fresh_database();
    const struct endpoint *endpoint = endpoint_find("backlinks");
    struct story story;

    story_begin(&story, url);
    story_sandbox(&story, "--seed", "1");
    story_config(&story, "");
    story_file(&story, "jobs.d/forbes.yaml",
               "job: forbes\nendpoint: backlinks\ntargets: [forbes.com]\nbudget: 0.10\n"
               "max_rows: 5\nrequest: { limit: 5, filters: [[dofollow, \"=\", true]] }\n");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    cr_assert(eq(int, story_run(&story, "run", "forbes"), 0), "%s", story.err);
    cr_assert(eq(i64, story_int(&story, "select count(*) from linkhaul_bi.backlinks"), 5));

    for (size_t i = 0; i < endpoint->n_columns; i++) {
        CLEANUP(mem_free_string) char *value = expected(&endpoint->columns[i]);
        int64_t n_equal = story_int(
            &story,
            "select count(*) from linkhaul.backlink b join jsonb_array_elements($sample$%s$sample$"
            "::jsonb #> '{tasks,0,result,0,items}') with ordinality e(item, n) on e.n = b.ordinal "
            "where b.%s is not distinct from %s",
            sample, endpoint->columns[i].name, value);

        cr_expect(eq(i64, n_equal, 5), "%s", endpoint->columns[i].name);
    }
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.backlink where extra is not "
                           "null and extra <> '{}'"),
                 0));
    cr_expect(eq(i64,
                 story_int(&story,
                           "select count(*) from linkhaul.backlink where link_key = "
                           "md5(url_from || E'\\n' || url_to)::uuid and target = "
                           "'forbes.com' and slice_no = 0"),
                 5));
    story_expect_text(&story, "$0.02015",
                      "select string_agg(linkhaul.dollars(charged_nanousd), ' ') from "
                      "linkhaul.attempt where state = 'settled'");
    story_end(&story);
}
