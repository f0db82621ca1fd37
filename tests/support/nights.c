#include "support/nights.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "store/migrate.h"
#include "support/pg.h"

static const char *url;

/* land() reads the text of links; rows of domains have what the columns of that table are. */
static const char functions[] =
    "CREATE FUNCTION public.links(spec text) RETURNS TABLE (n bigint, is_lost boolean, dofollow "
    "boolean, rank bigint, first_seen timestamptz) LANGUAGE sql IMMUTABLE AS $$"
    " SELECT substring(t FROM '^[0-9]+')::bigint, t LIKE '%!%', t NOT LIKE '%~%',"
    "  coalesce(substring(t FROM '@([0-9]+)'), substring(t FROM '^[0-9]+'))::bigint,"
    "  coalesce(substring(t FROM '>([-0-9]+)'), '2020-01-01')::timestamptz"
    " FROM regexp_split_to_table(spec, ' +') AS t WHERE t <> '' $$;"
    "CREATE FUNCTION public.land(of_feed bigint, of_night date, of_kind text, spec text, original "
    "bigint) RETURNS bigint LANGUAGE plpgsql AS $$"
    " DECLARE f linkhaul.feed; run bigint; listing bigint;"
    " BEGIN SELECT * INTO STRICT f FROM linkhaul.feed WHERE feed_id = of_feed;"
    " PERFORM linkhaul.make_partitions(f.facts, of_night);"
    " INSERT INTO linkhaul.run (uid, project, job, endpoint, night, timezone, budget_night, state)"
    " VALUES (gen_random_uuid(), f.project, f.job, f.endpoint, of_night, 'UTC', of_night, 'done')"
    " RETURNING run_id INTO run;"
    " INSERT INTO linkhaul.listing (run_id, feed_id, night, kind, request, replay_of, started_at,"
    "  n_items) SELECT run, of_feed, of_night, of_kind, f.request, original, of_night, count(*)"
    "  FROM links(spec) RETURNING listing_id INTO listing;"
    " IF f.facts = 'backlink' THEN"
    "  INSERT INTO linkhaul.backlink (night, run_id, listing_id, slice_no, ordinal, target,"
    "   link_key, loaded_at, domain_from, url_from, url_to, is_lost, dofollow, rank,"
    "   domain_from_rank, first_seen, last_seen, anchor)"
    "  SELECT of_night, run, listing, 0, row_number() OVER (), f.target, md5('link' || n)::uuid,"
    "   now(), 'd' || n / 10, n::text, 'to', l.is_lost, l.dofollow, l.rank, n / 10, l.first_seen,"
    "   of_night, 'anchor ' || n % 3 FROM links(spec) AS l;"
    " ELSIF f.facts = 'page_intersection' THEN"
    "  INSERT INTO linkhaul.page_intersection (night, run_id, listing_id, slice_no, ordinal,"
    "   target, target_key, link_key, link_no, loaded_at, domain_from, url_from, is_lost, dofollow,"
    "   rank, first_seen)"
    "  SELECT of_night, run, listing, 0, row_number() OVER (), 'target ' || k, k,"
    "   md5('link' || n)::uuid, 1, now(), 'd' || n / 10, n::text, l.is_lost, l.dofollow, l.rank,"
    "   l.first_seen FROM links(spec) AS l, generate_series(1, 2) AS k;"
    " ELSIF f.facts = 'domain_intersection' THEN"
    "  INSERT INTO linkhaul.domain_intersection (night, run_id, listing_id, slice_no, ordinal,"
    "   target, target_key, link_key, loaded_at, intersections_count, domain_from, rank, backlinks,"
    "   first_seen) SELECT of_night, run, listing, 0, n, 'target ' || k, k, md5('d' || n)::uuid,"
    "   now(), 2, 'd' || n, l.rank, 3, l.first_seen"
    "  FROM links(spec) AS l, generate_series(1, 2) AS k;"
    " ELSIF f.facts = 'referring_domain_metrics' THEN"
    "  INSERT INTO linkhaul.referring_domain_metrics (night, run_id, listing_id, slice_no, ordinal,"
    "   target, link_key, loaded_at, domain_from, rank, backlinks, first_seen, lost_date)"
    "  SELECT of_night, run, listing, 0, n, f.target, md5('d' || n)::uuid, now(), 'd' || n, l.rank,"
    "   3, l.first_seen, CASE WHEN l.is_lost THEN of_night END FROM links(spec) AS l;"
    " END IF; RETURN listing; END $$;";

const char *nights_begin(void)
{
    struct err err;

    url = pg_fresh_database();
    cr_assert(migrate_run(url, false, NULL, NULL, &err), "%s", err.text);
    pg_execute(url, "%s", functions);
    return url;
}

int64_t nights_feed(const char *job, const char *target, const char *facts, const char *request)
{
    return pg_int(url,
                  "INSERT INTO linkhaul.feed (key, project, job, endpoint, facts, target, request) "
                  "VALUES (gen_random_uuid(), 'default', '%s', '%s', '%s', '%s', '%s') RETURNING "
                  "feed_id",
                  job, facts, facts, target, request);
}

int64_t nights_land(int64_t feed, const char *night, const char *kind, const char *links,
                    int64_t replay_of)
{
    return pg_int(url, "SELECT public.land(%lld, '%s', '%s', '%s', nullif(%lld, 0))",
                  (long long)feed, night, kind, links, (long long)replay_of);
}

const char *nights_publish(int64_t listing, const char *word)
{
    int64_t is_held = pg_int(url,
                             "SELECT (state = 'held')::int FROM linkhaul.publish(%lld, '%s', "
                             "1000, 500000, false)",
                             (long long)listing, word);

    return is_held != 0 ? "held" : "published";
}

void nights_accept(int64_t listing)
{
    pg_execute(url,
               "SELECT p.* FROM linkhaul.listing AS l, LATERAL linkhaul.publish(l.listing_id, "
               "l.completeness, 1000000, 0, true) AS p WHERE l.listing_id = %lld",
               (long long)listing);
}

int64_t nights_pass(int64_t feed, const char *night, const char *word, const char *links)
{
    int64_t listing = nights_land(feed, night, "full", links, 0);
    const char *became = nights_publish(listing, word);

    cr_assert(eq(int, strcmp(became, "published"), 0), "%s: %s", night, became);
    return listing;
}

static char *text_or_empty(char *text)
{
    return text != NULL ? text : mem_strdup("");
}

char *nights_state(int64_t feed, const char *but)
{
    return text_or_empty(pg_text(url,
                                 "SELECT string_agg(url_from || ' ' || state, ', ' ORDER BY "
                                 "url_from::int) FROM linkhaul.link WHERE feed_id = %lld AND "
                                 "state <> '%s'",
                                 (long long)feed, but == NULL ? "" : but));
}

char *nights_domains(int64_t feed)
{
    return text_or_empty(pg_text(url,
                                 "SELECT string_agg(domain_from || ' ' || state, ', ' ORDER BY "
                                 "domain_from) FROM linkhaul.referring_domain WHERE feed_id = %lld",
                                 (long long)feed));
}

char *nights_events(int64_t listing)
{
    return text_or_empty(
        pg_text(url,
                "SELECT string_agg(coalesce(coalesce(k.url_from, d.domain_from) || ' ' || event, "
                "event || ' of ' || n_links), ', ' ORDER BY k.url_from::int, d.domain_from) FROM "
                "linkhaul.link_event AS e LEFT JOIN linkhaul.link AS k USING (feed_id, link_key) "
                "LEFT JOIN linkhaul.referring_domain AS d USING (feed_id, link_key) WHERE "
                "listing_id = %lld",
                (long long)listing));
}

void nights_expect(char *text, const char *wanted, int line)
{
    cr_expect(eq(int, strcmp(text, wanted), 0), "line %d: got \"%s\", wanted \"%s\"", line, text,
              wanted);
    free(text);
}
