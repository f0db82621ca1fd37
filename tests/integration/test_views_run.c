/* The views for analysts after real runs of a project's jobs. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/pg.h"
#include "support/story.h"

static struct story story;

static void configure(const char *competitors)
{
    char text[256];

    snprintf(text, sizeof(text),
             "budget: {per_run: 5, per_day: 50}\n"
             "projects:\n  acme: {own: [acme.de], competitors: [%s]}\n",
             competitors);
    story_config(&story, text);
}

static void begin(void)
{
    story_begin(&story, pg_fresh_database());
    story_sandbox(&story, "--items", "acme.de=300", "--items", "zalando.de=900", "--items",
                  "otto.de=700");
    configure("zalando.de, otto.de");
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
}

static void end(void)
{
    story_end(&story);
    pg_drop_databases();
}

TestSuite(views_run, .timeout = 120, .init = begin, .fini = end);

static void expect_none(const char *query)
{
    cr_expect(eq(i64, story_int(&story, "SELECT count(*) FROM (%s) AS differing", query), 0), "%s",
              query);
}

static const char sites[] =
    "job: sites\nendpoint: backlinks\ntargets: [$own, $competitors]\n"
    "project: acme\nlabels: {team: north, area: seo}\n";

Test(views_run, tell_the_gap_and_what_it_cost)
{
    /* By the facts, and in another way than publish counts it. */
    static const char gap[] =
        "SELECT domain_from, count(DISTINCT target) AS n, string_agg(DISTINCT target, ', ') AS "
        "which, count(*) AS links FROM (SELECT regexp_replace(domain_from, '^www[.]', '') AS "
        "domain_from, target FROM linkhaul.backlink) AS b GROUP BY domain_from HAVING count(DISTINCT "
        "target) = 2 AND NOT bool_or(target = 'acme.de')";
    char query[1024];

    story_file(&story, "jobs.d/sites.yaml", "%s", sites);
    story_file(
        &story, "jobs.d/gap.yaml",
        "job: gap\nendpoint: domain_intersection\nproject: acme\n"
        "request: {targets: {\"1\": zalando.de, \"2\": otto.de}, exclude_targets: [$own]}\n");
    cr_assert(eq(int, story_run(&story, "run", "--all"), 0), "%s", story.err);

    cr_expect(gt(i64, story_int(&story, "SELECT count(*) FROM (%s) AS g", gap), 10));
    snprintf(query, sizeof(query),
             "SELECT * FROM (%s) AS a FULL JOIN (SELECT domain_from, n_competitors, competitors, "
             "links, url_from FROM linkhaul_bi.link_gap WHERE source = 'links') AS b USING "
             "(domain_from) WHERE (a.n, a.which, a.links) IS DISTINCT FROM (b.n_competitors, "
             "b.competitors, b.links) OR b.url_from IS NULL",
             gap);
    expect_none(query);
    cr_expect(gt(i64,
                 story_int(&story,
                           "SELECT count(*) FROM linkhaul_bi.link_gap WHERE source = "
                           "'intersection' AND n_competitors = 2"),
                 10));

    /* Each call, item, row and nano-dollar of the ledger. */
    expect_none(
        "SELECT * FROM (SELECT a.day, f.target, f.endpoint, r.account, count(*) AS calls, "
        "sum(a.n_rows) AS rows, sum(a.n_items) AS items, sum(a.charged_nanousd) / 1e9 AS usd "
        "FROM linkhaul.attempt AS a JOIN linkhaul.run AS r USING (run_id) JOIN "
        "linkhaul.listing AS l USING (listing_id) JOIN linkhaul.feed AS f USING (feed_id) "
        "GROUP BY 1, 2, 3, 4) AS a FULL JOIN linkhaul_bi.costs AS c USING (day, target, "
        "endpoint, account) WHERE (a.calls, a.rows, a.items, a.usd) IS DISTINCT FROM "
        "(c.calls, c.rows, c.items, c.usd) OR c.reserved <> 0 OR c.unknown <> 0");
    story_expect_text(&story, "area=seo, team=north",
                      "SELECT DISTINCT labels FROM linkhaul_bi.costs WHERE job = 'sites'");

    story_expect_text(
        &story, "acme.de own 300, otto.de competitor 700, zalando.de competitor 900",
        "SELECT string_agg(concat_ws(' ', target, role, links), ', ' ORDER BY target) "
        "FROM linkhaul_bi.site_daily");
    expect_none(
        "SELECT FROM linkhaul_bi.site_daily AS s WHERE links <> (SELECT sum(links) FROM "
        "linkhaul_bi.daily_dimension AS d WHERE d.feed_id = s.feed_id AND dimension = "
        "'country')");
    expect_none("SELECT FROM linkhaul_bi.freshness WHERE status <> 'ok' OR days_old > 1");
}

Test(views_run, follow_the_sites_of_the_project)
{
    story_file(&story, "jobs.d/sites.yaml", "%s", sites);
    cr_assert(eq(int, story_run(&story, "run", "--all"), 0), "%s", story.err);
    cr_expect(gt(i64, story_int(&story, "SELECT count(*) FROM linkhaul_bi.link_gap"), 10));
    configure("zalando.de");
    cr_assert(eq(int, story_run(&story, "run", "--all"), 0), "%s", story.err);
    story_expect_text(&story, "acme.de own, zalando.de competitor",
                      "SELECT string_agg(concat_ws(' ', target, role), ', ' ORDER BY target) FROM "
                      "linkhaul.project_target");
    cr_expect(eq(i64, story_int(&story, "SELECT count(*) FROM linkhaul_bi.link_gap"), 0));
    story_expect_text(&story, "otto.de not_asked",
                      "SELECT string_agg(target || ' ' || status, ', ') FROM linkhaul_bi.freshness "
                      "WHERE status <> 'ok'");
}

Test(views_run, tell_that_the_budget_was_too_small)
{
    story_file(&story, "jobs.d/sites.yaml", "%srequest: {limit: 100}\nbudget: 0.03\n", sites);
    cr_expect(eq(int, story_run(&story, "run", "--all"), 2), "%s", story.err);
    cr_expect(gt(i64,
                 story_int(&story,
                           "SELECT count(*) FROM linkhaul_bi.freshness WHERE status = "
                           "'budget' AND reason LIKE '%%$0.03%%' AND NOT is_current "
                           "AND last_good_night IS NULL"),
                 0));
}

Test(views_run, begin_with_a_reader_whom_an_administrator_makes)
{
    cr_assert(eq(int, story_run(&story, "migrate"), 0), "%s", story.err);
    cr_expect(ne(ptr, (void *)strstr(story.err, "CREATE ROLE linkhaul_reader LOGIN;"), NULL), "%s",
              story.err);
}
