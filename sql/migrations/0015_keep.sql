-- What publish keeps for the views, in its own transaction.

-- A site's night: its levels are sums over its domains, what came and went is added up by listing.
CREATE FUNCTION linkhaul.keep_site(l linkhaul.listing) RETURNS void
    LANGUAGE sql AS
$$
    INSERT INTO linkhaul.site_night AS s
        (feed_id, night, completeness, links, dofollow_links, referring_domains, spam_low,
         spam_medium, spam_high, average_rank, new_links, lost_links, returned_links,
         out_of_scope_links)
    SELECT l.feed_id, l.night,
           (SELECT whole.completeness
            FROM linkhaul.feed AS f
            JOIN linkhaul.listing AS whole ON whole.listing_id = f.published_listing_id
            WHERE f.feed_id = l.feed_id),
           level.*, moved.*
    FROM (SELECT coalesce(sum(d.links), 0), sum(d.dofollow_links), count(*),
                 count(*) FILTER (WHERE d.backlink_spam_score <= 30),
                 count(*) FILTER (WHERE d.backlink_spam_score BETWEEN 31 AND 60),
                 count(*) FILTER (WHERE d.backlink_spam_score > 60), avg(d.rank)
          FROM linkhaul.referring_domain AS d
          WHERE d.feed_id = l.feed_id AND d.state = 'live') AS level,
         (SELECT count(*) FILTER (WHERE e.event = 'new'), count(*) FILTER (WHERE e.event = 'lost'),
                 count(*) FILTER (WHERE e.event = 'returned'),
                 count(*) FILTER (WHERE e.event = 'out_of_scope')
          FROM linkhaul.link_event AS e
          WHERE e.feed_id = l.feed_id AND e.night = l.night
            AND e.listing_id = l.listing_id) AS moved
    ON CONFLICT (feed_id, night) DO UPDATE
    SET completeness = excluded.completeness, links = excluded.links,
        dofollow_links = excluded.dofollow_links, referring_domains = excluded.referring_domains,
        spam_low = excluded.spam_low, spam_medium = excluded.spam_medium,
        spam_high = excluded.spam_high, average_rank = excluded.average_rank,
        new_links = s.new_links + excluded.new_links,
        lost_links = s.lost_links + excluded.lost_links,
        returned_links = s.returned_links + excluded.returned_links,
        out_of_scope_links = s.out_of_scope_links + excluded.out_of_scope_links
$$;
COMMENT ON FUNCTION linkhaul.keep_site IS 'Keeps what a site is at the end of a night';

-- Where the referring domains of a listing are, and what they are; in one order, since two publishes
-- may have the same domains.
CREATE FUNCTION linkhaul.keep_hosts(l linkhaul.listing) RETURNS void
    LANGUAGE plpgsql
    SET work_mem = '64MB' SET jit = off AS
$$
BEGIN
    INSERT INTO linkhaul.domain_host AS h (link_key, network, platforms)
    SELECT told.link_key, told.network, told.platforms
    FROM (SELECT md5(d.domain_from)::uuid AS link_key, linkhaul.network_of(d.address) AS network,
                 d.platforms
          FROM (SELECT b.domain_from, min(b.domain_from_ip) AS address,
                       min(b.domain_from_platform_type) AS platforms
                FROM linkhaul.backlink AS b
                WHERE b.night = l.night AND b.listing_id = l.listing_id
                  AND b.domain_from IS NOT NULL
                GROUP BY b.domain_from) AS d) AS told
    LEFT JOIN linkhaul.domain_host AS was USING (link_key)
    WHERE was.link_key IS NULL
       OR (was.network, was.platforms) IS DISTINCT FROM (told.network, told.platforms)
    ORDER BY told.link_key
    ON CONFLICT (link_key) DO UPDATE
    SET network = excluded.network, platforms = excluded.platforms;
END
$$;
COMMENT ON FUNCTION linkhaul.keep_hosts IS 'Keeps the network and the kinds of the domains of a listing of links';

-- A feed's live links by what they are. What belongs to a domain is counted over the domains; anchors
-- and pages over the links, in one walk over them, by hashes, and with the place of one link of each:
-- the texts of a million links would not fit in memory.
CREATE FUNCTION linkhaul.keep_dimensions(of_feed bigint, of_night date) RETURNS void
    LANGUAGE plpgsql
    SET work_mem = '128MB' SET jit = off AS
$$
BEGIN
    DELETE FROM linkhaul.dimension_night AS d WHERE d.feed_id = of_feed AND d.night = of_night;
    INSERT INTO linkhaul.dimension_night
        (feed_id, dimension, night, position, value, links, referring_domains, n_values)
    WITH counted AS (
        SELECT v.dimension, v.value, NULL::tid AS place, sum(d.links)::bigint AS links,
               count(*) AS domains
        FROM linkhaul.referring_domain AS d
        LEFT JOIN linkhaul.domain_host AS h USING (link_key)
        CROSS JOIN LATERAL (
            SELECT 'tld' AS dimension, d.tld_from AS value
            UNION ALL SELECT 'country', d.domain_from_country
            UNION ALL SELECT 'network', h.network
            UNION ALL SELECT 'platform', p.name
                      FROM (SELECT) AS one LEFT JOIN unnest(h.platforms) AS p (name) ON true
        ) AS v
        WHERE d.feed_id = of_feed AND d.state = 'live'
        GROUP BY v.dimension, v.value
        UNION ALL
        SELECT CASE by_domain.is_page WHEN 0 THEN 'page' ELSE 'anchor' END, NULL,
               min(by_domain.place), sum(by_domain.links)::bigint, count(*)
        FROM (
            SELECT grouping(k.page) AS is_page, coalesce(k.page, k.anchor) AS hash,
                   min(k.place) AS place, count(*) AS links
            FROM (SELECT hashtextextended(url_to, 0) AS page, hashtextextended(anchor, 0) AS anchor,
                         hashtextextended(domain_from, 0) AS domain, ctid AS place
                  FROM linkhaul.link
                  WHERE feed_id = of_feed AND state = 'live' AND domain_from IS NOT NULL) AS k
            GROUP BY GROUPING SETS ((k.page, k.domain), (k.anchor, k.domain))
        ) AS by_domain
        GROUP BY by_domain.is_page, by_domain.hash
    ), ranked AS (
        SELECT r.dimension, CASE WHEN r.nth <= 1000 THEN r.nth ELSE 0 END AS position,
               min(r.value) AS value, min(r.place) AS place, sum(r.links) AS links,
               sum(r.domains) AS domains, count(*) AS n_values
        FROM (SELECT c.*, row_number() OVER (PARTITION BY c.dimension
                                             ORDER BY c.links DESC, c.domains DESC,
                                                      c.value COLLATE "C", c.place) AS nth
              FROM counted AS c) AS r
        GROUP BY 1, 2
    )
    SELECT of_feed, ranked.dimension, of_night, ranked.position,
           CASE WHEN ranked.position = 0 THEN 'other'
                WHEN ranked.place IS NULL THEN ranked.value
                ELSE (SELECT CASE ranked.dimension WHEN 'page' THEN k.url_to ELSE k.anchor END
                      FROM linkhaul.link AS k WHERE k.ctid = ranked.place) END,
           ranked.links, ranked.domains, ranked.n_values
    FROM ranked;
END
$$;
COMMENT ON FUNCTION linkhaul.keep_dimensions IS 'Keeps a feed''s live links by anchor, tld, country, platform, network and page';

-- The domains that link to a project's competitors and not to it, of what its feeds hold: anew for the
-- domains that a feed's night has changed, or for all where none is named. Nothing is said while no own
-- site is held: then nobody knows who links to it. A link that is missing is not lost yet.
CREATE FUNCTION linkhaul.keep_gap(of_project text, of_feed bigint, since date, tonight date)
    RETURNS void
    LANGUAGE plpgsql
    SET work_mem = '64MB' SET jit = off AS
$$
DECLARE
    links_of bigint[]; -- feeds of competitors' links: where the best page is found
BEGIN
    -- So many are sooner counted with all others than looked up one by one.
    IF (SELECT count(*) > 20000
        FROM linkhaul.referring_domain AS d
        WHERE d.feed_id = of_feed AND d.changed_night >= since) THEN
        of_feed := NULL;
    END IF;
    -- Of two publishes one is behind the other: they may have the same domains.
    PERFORM pg_advisory_xact_lock(hashtextextended('linkhaul gap ' || of_project, 0));
    SELECT array_agg(s.feed_id) INTO links_of
    FROM linkhaul.site_feeds(of_project) AS s
    WHERE s.role = 'competitor' AND s.facts = 'backlink';

    EXECUTE format($sql$
        WITH sites AS MATERIALIZED (
            SELECT * FROM linkhaul.site_feeds($1)
        ), touched AS MATERIALIZED (
            SELECT DISTINCT linkhaul.bare_domain(d.domain_from) AS name
            FROM linkhaul.referring_domain AS d
            WHERE d.feed_id = $2 AND d.changed_night >= $3
        ), held AS (
            SELECT linkhaul.bare_domain(d.domain_from) AS name, s.target, s.role,
                   max(d.links) AS links, max(d.rank) AS rank, max(d.backlink_spam_score) AS spam,
                   min(d.tld_from) AS tld_from, min(d.domain_from_country) AS country,
                   min(d.first_seen) AS first_seen, min(s.feed_id) AS feed_id
            FROM %s
            WHERE d.state IN ('live', 'missing')
            GROUP BY 1, s.target, s.role
        ), gap AS MATERIALIZED (
            SELECT h.name, count(*) AS n, string_agg(h.target, ', ' ORDER BY h.target) AS targets,
                   sum(h.links)::bigint AS links, max(h.rank) AS rank, max(h.spam) AS spam,
                   min(h.tld_from) AS tld_from, min(h.country) AS country,
                   min(h.first_seen) AS first_seen, min(h.feed_id) AS feed_id
            FROM held AS h
            WHERE EXISTS (SELECT FROM sites WHERE role = 'own')
            GROUP BY h.name
            HAVING count(*) >= 2 AND bool_and(h.role = 'competitor')
        ), closed AS (
            DELETE FROM linkhaul.gap_domain AS g
            WHERE g.project = $1 AND g.feed_id = 0
              AND ($2 IS NULL OR g.domain_key IN (SELECT md5(name)::uuid FROM touched))
              AND g.domain_key NOT IN (SELECT md5(name)::uuid FROM gap)
        )
        INSERT INTO linkhaul.gap_domain AS g
            (project, feed_id, domain_from, domain_key, n_competitors, competitors, links, rank,
             spam, tld_from, country, first_seen, best_feed_id, best_link_key, since_night)
        SELECT $1, 0, gap.name, md5(gap.name)::uuid, gap.n, gap.targets, gap.links, gap.rank,
               gap.spam, gap.tld_from, gap.country, gap.first_seen,
               coalesce(best.feed_id, gap.feed_id), best.link_key, $4
        FROM gap
        LEFT JOIN LATERAL linkhaul.best_link($5, gap.name) AS best ON true
        ON CONFLICT (project, feed_id, domain_key) DO UPDATE
        SET n_competitors = excluded.n_competitors, competitors = excluded.competitors,
            links = excluded.links, rank = excluded.rank, spam = excluded.spam,
            tld_from = excluded.tld_from, country = excluded.country,
            first_seen = excluded.first_seen, best_feed_id = excluded.best_feed_id,
            best_link_key = excluded.best_link_key
        WHERE (g.n_competitors, g.competitors, g.links, g.rank, g.spam, g.tld_from, g.country,
               g.first_seen, g.best_feed_id, g.best_link_key)
              IS DISTINCT FROM
              (excluded.n_competitors, excluded.competitors, excluded.links, excluded.rank,
               excluded.spam, excluded.tld_from, excluded.country, excluded.first_seen,
               excluded.best_feed_id, excluded.best_link_key)
        $sql$,
        CASE WHEN of_feed IS NULL
             THEN 'sites AS s JOIN linkhaul.referring_domain AS d ON d.feed_id = s.feed_id'
             ELSE 'touched AS t CROSS JOIN sites AS s CROSS JOIN LATERAL (
                       SELECT *
                       FROM linkhaul.referring_domain AS one
                       WHERE one.feed_id = s.feed_id
                         AND one.link_key IN (md5(t.name)::uuid, md5(''www.'' || t.name)::uuid)
                       OFFSET 0) AS d' END)
        USING of_project, of_feed, since, tonight, links_of;
END
$$;
COMMENT ON FUNCTION linkhaul.keep_gap IS 'Keeps the domains that link to a project''s competitors and not to it, from the links that are held';

-- The link of a domain that is worth the most: one that passes rank, of the best page.
CREATE FUNCTION linkhaul.best_link(feeds bigint[], domain text, OUT feed_id bigint,
                                   OUT link_key uuid)
    RETURNS SETOF record LANGUAGE sql STABLE AS
$$
    SELECT k.feed_id, k.link_key
    FROM unnest(feeds) AS f (feed_id)
    JOIN linkhaul.link AS k
      ON k.feed_id = f.feed_id AND k.domain_from IN (domain, 'www.' || domain)
    WHERE k.state IN ('live', 'missing')
    ORDER BY k.state, k.dofollow DESC NULLS LAST, k.page_from_rank DESC NULLS LAST,
             k.rank DESC NULLS LAST, k.feed_id, k.link_key
    LIMIT 1
$$;
COMMENT ON FUNCTION linkhaul.best_link IS 'The link of a domain that is worth the most, of the feeds named';

-- The same of a domain_intersection, from its newest listing. All of its targets are competitors but
-- those that the project has as its own.
CREATE FUNCTION linkhaul.keep_gap_of_domains(f linkhaul.feed, l linkhaul.listing) RETURNS void
    LANGUAGE plpgsql
    SET work_mem = '64MB' SET jit = off AS
$$
DECLARE
    links_of bigint[];
    own      bigint[];
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('linkhaul gap ' || f.project, 0));
    SELECT array_agg(s.feed_id) FILTER (WHERE s.role = 'competitor' AND s.facts = 'backlink'),
           array_agg(s.feed_id) FILTER (WHERE s.role = 'own')
    INTO links_of, own
    FROM linkhaul.site_feeds(f.project) AS s;

    -- What is no longer one, and what is not there any more; an incomplete listing says nothing of
    -- what is not in it.
    WITH told AS MATERIALIZED (
        SELECT t.name, count(DISTINCT t.target) FILTER (WHERE NOT t.is_own) AS n,
               string_agg(DISTINCT t.target, ', ' ORDER BY t.target)
                   FILTER (WHERE NOT t.is_own) AS targets,
               sum(t.backlinks) FILTER (WHERE NOT t.is_own)::bigint AS links, max(t.rank) AS rank,
               max(t.backlinks_spam_score) AS spam, min(t.first_seen) AS first_seen,
               bool_or(t.is_own) OR EXISTS (
                   SELECT FROM unnest(own) AS o (feed_id)
                   JOIN linkhaul.referring_domain AS d ON d.feed_id = o.feed_id
                    AND d.link_key IN (md5(t.name)::uuid, md5('www.' || t.name)::uuid)
                   WHERE d.state IN ('live', 'missing')) AS is_ours
        FROM (SELECT linkhaul.bare_domain(i.domain_from) AS name, i.target, i.backlinks, i.rank,
                     i.backlinks_spam_score, i.first_seen, p.role IS NOT NULL AS is_own
              FROM linkhaul.domain_intersection AS i
              LEFT JOIN linkhaul.project_target AS p
                     ON p.project = f.project AND p.target = i.target AND p.role = 'own'
              WHERE i.night = l.night AND i.listing_id = l.listing_id AND i.domain_from IS NOT NULL
                AND i.lost_date IS NULL AND i.backlinks IS DISTINCT FROM 0 AND i.target <> '') AS t
        GROUP BY t.name
    ), closed AS (
        DELETE FROM linkhaul.gap_domain AS g
        WHERE g.project = f.project AND g.feed_id = f.feed_id
          AND (EXISTS (SELECT FROM told AS t
                       WHERE md5(t.name)::uuid = g.domain_key AND (t.is_ours OR t.n < 2))
               OR NOT EXISTS (SELECT FROM linkhaul.referring_domain AS d
                              WHERE d.feed_id = f.feed_id AND d.state IN ('live', 'missing')
                                AND d.link_key IN (g.domain_key, md5('www.' || g.domain_from)::uuid)))
    )
    INSERT INTO linkhaul.gap_domain AS g
        (project, feed_id, domain_from, domain_key, n_competitors, competitors, links, rank, spam,
         first_seen, best_feed_id, best_link_key, tld_from, country, since_night)
    SELECT f.project, f.feed_id, t.name, md5(t.name)::uuid, t.n, t.targets, t.links, t.rank, t.spam,
           t.first_seen, coalesce(best.feed_id, f.feed_id), best.link_key, k.tld_from,
           k.domain_from_country, l.night
    FROM told AS t
    LEFT JOIN LATERAL linkhaul.best_link(links_of, t.name) AS best ON true
    LEFT JOIN linkhaul.link AS k ON k.feed_id = best.feed_id AND k.link_key = best.link_key
    WHERE t.n >= 2 AND NOT t.is_ours
    ON CONFLICT (project, feed_id, domain_key) DO UPDATE
    SET n_competitors = excluded.n_competitors, competitors = excluded.competitors,
        links = excluded.links, rank = excluded.rank, spam = excluded.spam,
        first_seen = excluded.first_seen, best_feed_id = excluded.best_feed_id,
        best_link_key = excluded.best_link_key, tld_from = excluded.tld_from,
        country = excluded.country
    WHERE (g.n_competitors, g.competitors, g.links, g.rank, g.spam, g.first_seen, g.best_feed_id,
           g.best_link_key, g.tld_from, g.country)
          IS DISTINCT FROM
          (excluded.n_competitors, excluded.competitors, excluded.links, excluded.rank,
           excluded.spam, excluded.first_seen, excluded.best_feed_id, excluded.best_link_key,
           excluded.tld_from, excluded.country);
END
$$;
COMMENT ON FUNCTION linkhaul.keep_gap_of_domains IS 'Keeps the domains of a domain_intersection that link to at least two competitors and not to the project''s own sites';

-- And of pages, from the links of a page_intersection as they are now.
CREATE FUNCTION linkhaul.keep_gap_of_pages(f linkhaul.feed, tonight date) RETURNS void
    LANGUAGE plpgsql
    SET work_mem = '64MB' SET jit = off AS
$$
DECLARE
    own bigint[];
BEGIN
    SELECT array_agg(s.feed_id) INTO own
    FROM linkhaul.site_feeds(f.project) AS s
    WHERE s.role = 'own' AND s.facts = 'backlink';

    WITH gap AS MATERIALIZED (
        SELECT md5(k.url_from)::uuid AS page_key, count(DISTINCT k.target) AS n,
               string_agg(DISTINCT k.target, ', ' ORDER BY k.target) AS targets, count(*) AS links,
               (array_agg(k.link_key ORDER BY k.dofollow DESC NULLS LAST, k.rank DESC NULLS LAST,
                                              k.link_key))[1] AS best
        FROM linkhaul.link AS k
        WHERE k.feed_id = f.feed_id AND k.state IN ('live', 'missing') AND k.url_from IS NOT NULL
        GROUP BY k.url_from
        HAVING NOT bool_or(EXISTS (SELECT FROM linkhaul.project_target AS p
                                   WHERE p.project = f.project AND p.target = k.target
                                     AND p.role = 'own'))
           AND NOT EXISTS (SELECT FROM unnest(own) AS o (feed_id)
                           JOIN linkhaul.link AS ours ON ours.feed_id = o.feed_id
                            AND ours.domain_from = min(k.domain_from)
                           WHERE ours.url_from = k.url_from AND ours.state IN ('live', 'missing'))
    ), closed AS (
        DELETE FROM linkhaul.gap_page AS g
        WHERE g.feed_id = f.feed_id AND g.page_key NOT IN (SELECT page_key FROM gap)
    )
    INSERT INTO linkhaul.gap_page AS g
        (feed_id, page_key, n_competitors, competitors, links, domain_from, url_from, tld_from,
         country, page_rank, domain_rank, spam, anchor, url_to, dofollow, first_seen, since_night)
    SELECT f.feed_id, gap.page_key, gap.n, gap.targets, gap.links, k.domain_from, k.url_from,
           k.tld_from, k.domain_from_country, k.page_from_rank, k.domain_from_rank,
           k.backlink_spam_score, k.anchor, k.url_to, k.dofollow, k.first_seen, tonight
    FROM gap
    JOIN linkhaul.link AS k ON k.feed_id = f.feed_id AND k.link_key = gap.best
    ON CONFLICT (feed_id, page_key) DO UPDATE
    SET n_competitors = excluded.n_competitors, competitors = excluded.competitors,
        links = excluded.links, tld_from = excluded.tld_from, country = excluded.country,
        page_rank = excluded.page_rank, domain_rank = excluded.domain_rank, spam = excluded.spam,
        anchor = excluded.anchor, url_to = excluded.url_to, dofollow = excluded.dofollow,
        first_seen = excluded.first_seen
    WHERE (g.n_competitors, g.competitors, g.links, g.tld_from, g.country, g.page_rank,
           g.domain_rank, g.spam, g.anchor, g.url_to, g.dofollow, g.first_seen)
          IS DISTINCT FROM
          (excluded.n_competitors, excluded.competitors, excluded.links, excluded.tld_from,
           excluded.country, excluded.page_rank, excluded.domain_rank, excluded.spam,
           excluded.anchor, excluded.url_to, excluded.dofollow, excluded.first_seen);
END
$$;
COMMENT ON FUNCTION linkhaul.keep_gap_of_pages IS 'Keeps the pages of a page_intersection that link to competitors and not to the project''s own sites';

-- Says which sites a project has; what is known of its gap is counted anew where they have changed.
CREATE FUNCTION linkhaul.set_project(of_project text, sites text[], roles text[]) RETURNS void
    LANGUAGE plpgsql AS
$$
BEGIN
    IF NOT EXISTS (SELECT a.target, a.role FROM unnest(sites, roles) AS a (target, role)
                   EXCEPT SELECT p.target, p.role FROM linkhaul.project_target AS p
                          WHERE p.project = of_project)
       AND NOT EXISTS (SELECT FROM linkhaul.project_target AS p
                       WHERE p.project = of_project AND p.target <> ALL (sites)) THEN
        RETURN;
    END IF;
    DELETE FROM linkhaul.project_target AS p WHERE p.project = of_project;
    INSERT INTO linkhaul.project_target (project, target, role)
    SELECT of_project, a.target, min(a.role) FROM unnest(sites, roles) AS a (target, role)
    GROUP BY a.target;
    PERFORM linkhaul.keep_gap(of_project, NULL, NULL, current_date);
END
$$;
COMMENT ON FUNCTION linkhaul.set_project IS 'Says which sites are a project''s own and which its competitors''';

-- Brings what dashboards read to a listing that its feed's state has just been brought to. A run's last
-- listing of a feed counts its links by what they are: that walks over all of them, and only where
-- something has changed.
CREATE FUNCTION linkhaul.keep_daily(l linkhaul.listing) RETURNS void
    LANGUAGE plpgsql AS
$$
DECLARE
    f linkhaul.feed;
BEGIN
    IF l.kind <> 'count' THEN
        UPDATE linkhaul.feed AS ff SET state_listing_id = l.listing_id WHERE ff.feed_id = l.feed_id;
    END IF;
    SELECT * INTO STRICT f FROM linkhaul.feed AS ff WHERE ff.feed_id = l.feed_id;
    IF f.facts = 'bulk_new_lost_backlinks' THEN
        INSERT INTO linkhaul.vendor_night AS v (target, night, since, new_backlinks, lost_backlinks)
        SELECT b.target, l.night, (l.request ->> 'date_from')::date, max(b.new_backlinks),
               max(b.lost_backlinks)
        FROM linkhaul.bulk_new_lost_backlinks AS b
        WHERE b.night = l.night AND b.listing_id = l.listing_id AND b.target IS NOT NULL
        GROUP BY b.target
        ORDER BY b.target
        ON CONFLICT (target, night) DO UPDATE
        SET since = excluded.since, new_backlinks = excluded.new_backlinks,
            lost_backlinks = excluded.lost_backlinks;
    ELSIF f.facts = 'domain_intersection' THEN
        PERFORM linkhaul.keep_gap_of_domains(f, l);
    ELSIF f.facts = 'page_intersection' THEN
        PERFORM linkhaul.keep_gap_of_pages(f, l.night);
    ELSIF f.facts IN ('backlink', 'referring_domain_metrics') THEN
        IF l.kind <> 'count' THEN
            IF f.facts = 'backlink' THEN
                PERFORM linkhaul.keep_hosts(l);
            END IF;
            PERFORM linkhaul.keep_site(l);
            IF EXISTS (SELECT FROM linkhaul.project_target AS p
                       WHERE p.project = f.project AND p.target = f.target) THEN
                PERFORM linkhaul.keep_gap(
                    f.project, CASE WHEN f.baseline_listing_id <> l.listing_id THEN f.feed_id END,
                    l.night, l.night);
            END IF;
        END IF;
        IF f.facts = 'backlink'
           AND NOT EXISTS (SELECT FROM linkhaul.listing AS other
                           WHERE other.run_id = l.run_id AND other.feed_id = l.feed_id
                             AND other.state = 'open')
           AND (EXISTS (SELECT FROM linkhaul.link AS k
                        WHERE k.feed_id = l.feed_id AND k.changed_night >= l.night)
                OR NOT EXISTS (SELECT FROM linkhaul.dimension_night AS d
                               WHERE d.feed_id = l.feed_id)) THEN
            PERFORM linkhaul.keep_dimensions(l.feed_id, l.night);
        END IF;
    END IF;
END
$$;
COMMENT ON FUNCTION linkhaul.keep_daily IS 'Brings what dashboards read to a feed''s newest listing';

-- Ends a listing: takes its repeats out, makes it what analysts see of its feed, unless a newer one
-- is, and brings the feed's state and what dashboards read to it, unless a later night has been synced.
-- Where it has shrunk by more than max_shrink (parts in a million) since the published one it is held
-- instead, until somebody accepts it.
CREATE OR REPLACE FUNCTION linkhaul.publish(
    listing bigint, word text, missing_ok bigint, max_shrink bigint, is_accepted boolean,
    OUT n_items bigint, OUT n_rows bigint, OUT n_repeats bigint, OUT n_missing bigint,
    OUT completeness text, OUT state text, OUT reason text)
    RETURNS SETOF record LANGUAGE plpgsql AS
$$
DECLARE
    l       linkhaul.listing;
    before  linkhaul.listing;
    total   bigint;
    n_repeated bigint;
    is_late boolean;
    synced_night date;
BEGIN
    SELECT * INTO l FROM linkhaul.listing AS ll
    WHERE ll.listing_id = listing
      AND (ll.state = 'open' OR (is_accepted AND ll.state = 'held'))
    FOR UPDATE;
    IF NOT found THEN
        RETURN;
    END IF;
    SELECT t.n_rows, t.n_repeats + l.n_duplicates, t.n_items INTO n_rows, n_repeats, n_repeated
    FROM linkhaul.take_out_repeats(listing, 'linkhaul') AS t;
    SELECT greatest(sum(total_count)::bigint, l.whole_count) INTO total
    FROM linkhaul.slice AS s WHERE s.listing_id = listing;
    -- Two listings of a feed change its state one after the other (a run and `linkhaul publish`).
    PERFORM FROM linkhaul.feed AS f WHERE f.feed_id = l.feed_id FOR NO KEY UPDATE;
    SELECT b.* INTO before
    FROM linkhaul.feed AS f JOIN linkhaul.listing AS b ON b.listing_id = f.published_listing_id
    WHERE f.feed_id = l.feed_id;
    SELECT f.synced_night INTO synced_night FROM linkhaul.feed AS f WHERE f.feed_id = l.feed_id;
    is_late := before.listing_id IS NOT NULL AND linkhaul.is_newer(before, l);

    n_items := l.n_items;
    -- What was held has had its repeats taken out, and what is missing counted, when it was.
    n_missing := CASE WHEN l.state = 'held' THEN l.n_missing
                      -- What is lost is read up to what is known.
                      WHEN word = 'limited' OR l.kind = 'lost' THEN 0
                      ELSE greatest(0, coalesce(total, 0) - (n_items - n_repeated)) END;
    -- Missing beyond 10 items and the tolerance of what the API promised is no longer complete.
    completeness := CASE WHEN word = 'complete' AND n_missing > 10
                              AND n_missing::numeric * 1000000 > total::numeric * missing_ok
                         THEN 'short' ELSE word END;
    state := 'published';
    reason := '';
    IF l.kind = 'full' AND NOT is_accepted AND before.listing_id IS NOT NULL AND NOT is_late
       AND n_rows::numeric * 1000000
           < least(before.n_rows, coalesce(l.max_rows, before.n_rows))::numeric
             * (1000000 - max_shrink)
    THEN
        state := 'held';
        reason := format(
            'it has %s rows where the night of %s had %s, a loss beyond max_shrink; `linkhaul publish %s` accepts it',
            n_rows, before.night, before.n_rows, l.run_id);
    END IF;

    UPDATE linkhaul.listing AS ll
    SET state = publish.state, published_at = CASE publish.state WHEN 'published' THEN now() END,
        reason = publish.reason, total_count = total, n_rows = publish.n_rows,
        n_duplicates = n_repeats, n_missing = publish.n_missing,
        completeness = publish.completeness
    WHERE ll.listing_id = listing;
    IF publish.state = 'published' AND NOT is_late THEN
        IF l.kind = 'full' THEN
            UPDATE linkhaul.feed AS f
            SET published_listing_id = listing
            WHERE f.feed_id = l.feed_id;
        END IF;
        SELECT * INTO STRICT l FROM linkhaul.listing AS ll WHERE ll.listing_id = listing;
        IF synced_night IS NULL OR synced_night <= l.night THEN
            PERFORM linkhaul.keep_state(l);
            PERFORM linkhaul.keep_daily(l);
        END IF;
    END IF;
    RETURN NEXT;
END
$$;
