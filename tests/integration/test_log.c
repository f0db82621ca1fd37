#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "support/pg.h"
#include "support/story.h"
#include "support/systemd.h"

/* The log as a collector reads it: objects, a line each, held against the ledger. */

#define PATIENCE_MS 90000

static void make_haste(void)
{
    setenv("LINKHAUL_HASTE", "60", 1);
}

TestSuite(log, .timeout = 280, .init = make_haste, .fini = pg_drop_databases);

static struct story story;

static void configure(const char *more)
{
    story_config(&story, more);
}

#define PROJECT "projects: { acme: { own: [example.com] } }\n"

static void begin(const char *items)
{
    story_begin(&story, pg_fresh_database());
    story_sandbox(&story, "--items", items, "--fault", "50000=0.3", "--latency", "5-10");
    configure(PROJECT "log: json\n");
    story_file(&story, "jobs.d/walk.yaml",
               "job: walk\nproject: acme\nendpoint: backlinks\ntargets: [$own]\n"
               "schedule: \"* * * * *\"\nsync: full\nrequest: { limit: 10 }\nbudget: 90\n");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
}

/* --- lines ----------------------------------------------------------------------------------- */

static json_object *lines; /* an array of what was written */

static void add_line(const char *line, size_t size)
{
    json_tokener *tokener = json_tokener_new();
    json_object *object;

    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    object = json_tokener_parse_ex(tokener, line, (int)size);
    cr_assert(json_object_is_type(object, json_type_object), "no object: %.*s", (int)size, line);
    json_tokener_free(tokener);
    json_object_array_add(lines, object);
}

/* Every line is an object, up to where a line is being written. */
static void parse(const char *text)
{
    json_object_put(lines);
    lines = json_object_new_array();
    for (const char *end; (end = strchr(text, '\n')) != NULL; text = end + 1)
        add_line(text, (size_t)(end - text));
}

static const char *text_of(json_object *line, const char *name)
{
    json_object *value = json_object_object_get(line, name);

    return value == NULL ? "" : json_object_get_string(value);
}

static int64_t number_of(json_object *line, const char *name)
{
    json_object *value = json_object_object_get(line, name);

    cr_assert(value != NULL, "no %s in %s", name, json_object_to_json_string(line));
    return json_object_get_int64(value);
}

static json_object *line_at(size_t i)
{
    return json_object_array_get_idx(lines, i);
}

static size_t n_lines(void)
{
    return json_object_array_length(lines);
}

/* The last line with that text in its message; not one that only counts. */
static json_object *line_that_says(const char *what)
{
    for (size_t i = n_lines(); i-- > 0;)
        if (strstr(text_of(line_at(i), "msg"), what) != NULL &&
            json_object_object_get(line_at(i), "repeats") == NULL)
            return line_at(i);
    cr_fatal("nobody says: %s; but: %s", what, json_object_to_json_string(lines));
}

static size_t n_of_level(const char *level)
{
    size_t n = 0;

    for (size_t i = 0; i < n_lines(); i++)
        n += strcmp(text_of(line_at(i), "level"), level) == 0;
    return n;
}

static void expect_fields(json_object *line, const char *const names[])
{
    for (size_t i = 0; names[i] != NULL; i++)
        cr_expect(json_object_object_get(line, names[i]) != NULL, "no %s in %s", names[i],
                  json_object_to_json_string(line));
}

/* What each has, and whose run or listing it is. */
static void expect_places(void)
{
    for (size_t i = 0; i < n_lines(); i++) {
        json_object *line = line_at(i);

        expect_fields(line, (const char *const[]){"ts", "level", "msg", NULL});
        cr_expect(eq(sz, strlen(text_of(line, "ts")), strlen("2026-11-24T16:22:05.123Z")));
        cr_expect(eq(ptr, (void *)(uintptr_t)strstr(text_of(line, "msg"), "acme/walk: "), NULL),
                  "%s", text_of(line, "msg"));
        if (json_object_object_get(line, "run") == NULL)
            continue;
        cr_expect_str_eq(text_of(line, "project"), "acme");
        cr_expect_str_eq(text_of(line, "job"), "walk");
    }
}

/* --- waiting --------------------------------------------------------------------------------- */

struct wish {
    const char *sql, *said;
};

static bool is_so(void *data)
{
    const struct wish *wish = data;
    CLEANUP(mem_free_string) char *said = NULL;

    systemd_drain();
    if (wish->sql != NULL)
        return story_int(&story, "select (%s)::int", wish->sql) == 1;
    said = process_err(&story.linkhaul);
    return strstr(said, wish->said) != NULL;
}

static void await(const char *sql, const char *said)
{
    struct wish wish = {sql, said};

    cr_assert(wait_until(is_so, &wish, PATIENCE_MS), "never: %s%s", sql != NULL ? sql : "",
              said != NULL ? said : "");
}

static void parse_so_far(void)
{
    CLEANUP(mem_free_string) char *said = process_err(&story.linkhaul);

    parse(said);
}

static void reload(const char *more)
{
    configure(more);
    systemd_drain();
    process_signal(&story.linkhaul, SIGHUP);
    systemd_expect("RELOADING=1");
    systemd_expect("READY=1");
}

/* --- tests ----------------------------------------------------------------------------------- */

static void expect_a_failed_call(void)
{
    json_object *line = line_that_says("asking again in");

    expect_fields(line, (const char *const[]){"run", "listing", "target", "page", "attempt", "code",
                                              "http", "charge", "usd", "ms", NULL});
    cr_expect_str_eq(text_of(line, "level"), "warning");
    cr_expect(eq(i64, number_of(line, "code"), 50000));
    cr_expect(eq(i64, number_of(line, "http"), 200));
    cr_expect_str_eq(text_of(line, "target"), "example.com");
    cr_expect(gt(i64, number_of(line, "ms"), 0));
    story_expect_text(&story, "50000",
                      "select status_code::text from linkhaul.attempt where attempt_id = '%s' and "
                      "listing_id = %" PRId64 " and position = %" PRId64,
                      text_of(line, "attempt"), number_of(line, "listing"),
                      number_of(line, "page"));
}

static void expect_the_end_of_a_run(void)
{
    json_object *line = line_that_says("has ended: done");
    int64_t run = number_of(line, "run");

    cr_expect_str_eq(text_of(line, "level"), "info");
    cr_expect_str_eq(text_of(line, "result"), "done");
    cr_expect(eq(i64, number_of(line, "listings"), 1));
    cr_expect(eq(i64, number_of(line, "published"), 1));
    cr_expect(eq(i64, number_of(line, "rows"), 300));
    cr_expect(eq(i64, number_of(line, "cap_usd"), 90));
    expect_fields(line, (const char *const[]){"duplicates", "missing", "new", "lost", "items",
                                              "unmoved", "seconds", NULL});
    cr_expect(eq(
        i64, number_of(line, "calls"),
        story_int(&story, "select count(*) from linkhaul.attempt where run_id = %" PRId64, run)));
    cr_expect(eq(i64,
                 story_int(&story,
                           "select (sum(charged_nanousd) = %s * 1000000000::numeric)::int from "
                           "linkhaul.attempt where run_id = %" PRId64,
                           text_of(line, "usd"), run),
                 1));
    line = line_that_says("published as complete");
    cr_expect_str_eq(text_of(line, "result"), "complete");
    cr_expect(eq(i64, number_of(line, "rows"), 300));
    expect_fields(line, (const char *const[]){"run", "listing", "target", "items", "duplicates",
                                              "missing", "new", "lost", "usd", NULL});
}

Test(log, of_a_service_is_objects_and_its_level_is_changed_by_a_reload)
{
    size_t n_before;

    begin("example.com=300");
    systemd_begin(&story, 0);
    story_start(&story, "serve");
    systemd_expect("READY=1");
    await(NULL, "has ended: done");
    parse_so_far();
    expect_places();
    expect_a_failed_call();
    expect_the_end_of_a_run();
    cr_expect(eq(sz, n_of_level("debug"), 0));

    reload(PROJECT "log: json\nlog_level: debug\n");
    await(NULL, "\"msg\":\"landed, 10 items\"");
    parse_so_far();
    expect_places();
    line_that_says("the configuration has been read again");
    expect_fields(line_that_says("landed, 10 items"),
                  (const char *const[]){"run", "listing", "target", "page", "attempt", "code",
                                        "usd", "ms", NULL});

    story_file(&story, "jobs.d/wrong.yaml", "job: wrong\nendpoint: backlink\n");
    reload(PROJECT "log: json\nlog_level: error\n");
    parse_so_far();
    cr_expect_str_eq(text_of(line_that_says("wrong.yaml:2:11: endpoint: "), "level"), "error");
    n_before = n_lines();
    pg_execute(story.database_url, "update linkhaul.run set labels = '{\"before\": true}'");
    await("select count(*) > 0 from linkhaul.run where labels::text = '{}' and state = 'done'",
          NULL);
    process_signal(&story.linkhaul, SIGTERM);
    cr_expect(eq(int, story_wait(&story), 0), "%s", story.err);
    parse(story.err);
    cr_expect(eq(sz, n_lines(), n_before), "%s", story.err);
    json_object_put(lines);
    systemd_end();
    story_end(&story);
}

/* Each refusal is in a line or counted in one. */
Test(log, of_a_run_tells_of_every_refusal)
{
    int64_t n_told = 0, n_written = 0;

    begin("example.com=900");
    story_run(&story, "run", "acme/walk");
    parse(story.err);
    expect_places();
    for (size_t i = 0; i < n_lines(); i++) {
        json_object *line = line_at(i);

        if (json_object_object_get(line, "code") == NULL || number_of(line, "code") != 50000)
            continue;
        n_written++;
        n_told += json_object_object_get(line, "repeats") != NULL ? number_of(line, "repeats") : 1;
    }
    cr_expect(
        eq(i64, n_told,
           story_int(&story, "select count(*) from linkhaul.attempt where status_code = 50000")));
    cr_expect(gt(i64, n_told, 10));
    cr_expect(lt(i64, n_written, 5), "%s", story.err);
    json_object_put(lines);
    story_end(&story);
}
