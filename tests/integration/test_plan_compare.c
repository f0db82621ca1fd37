/* `plan --compare`: the shapes of a feed side by side. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "support/pg.h"
#include "support/story.h"

static struct story story;
static const char *url;
static struct json_object *tree; /* of the last plan_as() */

/* One job of two targets, 2,500 and 700 items. */
static void begin(void)
{
    url = pg_fresh_database();
    story_begin(&story, url);
    story_sandbox(&story, "--items", "big.com=2500", "--items", "small.com=700");
    story_config(&story, "");
    story_file(&story, "jobs.d/job.yaml",
               "job: a\nendpoint: backlinks\ntargets: [big.com, small.com]\n");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
}

static void end(void)
{
    story_end(&story);
    pg_drop_databases();
}

TestSuite(plan_compare, .timeout = 120, .init = begin, .fini = end);

static void job(const char *more)
{
    story_file(&story, "jobs.d/job.yaml",
               "job: a\nendpoint: backlinks\ntargets: [big.com, small.com]\n%s", more);
}

static void run(int exit_code)
{
    cr_assert(eq(int, story_run(&story, "run", "a"), exit_code), "%s", story.err);
}

static void plan_as(const char *const arguments[])
{
    cr_assert(eq(int, story_run_argv(&story, arguments), 0), "%s", story.err);
    if (tree != NULL)
        json_object_put(tree);
    tree = json_tokener_parse(story.out);
    cr_assert(ne(ptr, tree, NULL), "no JSON: %s", story.out);
}

static struct json_object *at(const char *path)
{
    CLEANUP(mem_free_string) char *words = mem_strdup(path);
    struct json_object *value = tree;

    for (char *rest = words, *word; (word = strtok_r(rest, "/", &rest)) != NULL;)
        if (json_object_is_type(value, json_type_array))
            value = json_object_array_get_idx(value, (size_t)(word[0] - '0'));
        else
            cr_assert(json_object_object_get_ex(value, word, &value), "no %s in %s", path,
                      story.out);
    return value;
}

static void expect_text(const char *path, const char *text)
{
    struct json_object *value = at(path);

    if (text == NULL || value == NULL)
        cr_expect(text == NULL && value == NULL, "%s is %s", path, json_object_get_string(value));
    else
        cr_expect_str_eq(json_object_get_string(value), text, "%s is %s", path,
                         json_object_get_string(value));
}

static void expect_said(const char *text, const char *words)
{
    cr_expect(ne(ptr, strstr(text, words), NULL), "%s is not in: %s", words, text);
}

/* A figure that hangs on what is not known yet is null; the next night has events to go by. */
Test(plan_compare, compares_the_shapes_of_a_feed)
{
    const char *const compare[] = {"plan", "a", "--compare", "--json", NULL};

    plan_as(compare);
    expect_text("jobs/0/feeds/0/shapes/0/dollars_a_run", NULL);
    run(0);
    plan_as(compare);
    expect_text("jobs/0/feeds/0/sync_takes", "as_is");
    expect_text("jobs/0/feeds/0/shapes/0/dollars_a_run", "0.162");
    expect_text("jobs/0/feeds/0/shapes/1/shape", "one_per_domain");
    expect_text("jobs/0/feeds/0/shapes/1/basis", "500 referring domains");
    expect_text("jobs/0/feeds/0/shapes/2/dollars_a_run", NULL);
    cr_assert(eq(i64,
                 story_int(&story,
                           "with listed as (update linkhaul.listing set night = night "
                           "- 1 returning 1), run as (update linkhaul.run set night = "
                           "night - 1, budget_night = budget_night - 1 returning 1) "
                           "select count(*) from listed"),
                 2));
    run(0);
    plan_as(compare);
    expect_text("jobs/0/feeds/0/shapes/2/basis",
                "0 new and 0 lost of 2,500 links a night (by 1 night)");
    expect_text("jobs/0/feeds/0/shapes/2/shape", "changes");
    job("sync: full\nmax_rows: 100\n");
    cr_expect(eq(int, story_run(&story, "plan", "a", "--compare"), 0));
    expect_said(story.out, "Shapes side by side");
    expect_said(story.out, "max_rows leaves some of it out");
}
