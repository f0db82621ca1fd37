-- What analysts read of the small tables that are kept at publish, of the ledger, and of the feeds.

-- A night without a listing, of which the vendor said that nothing moved, is as the one before it.
CREATE VIEW linkhaul_bi.site_daily AS
SELECT f.project,
       f.target,
       n.night,
       f.feed_id,
       n.completeness,
       p.role,
       n.links,
       n.referring_domains,
       n.new_links,
       n.lost_links,
       n.returned_links,
       n.out_of_scope_links,
       n.dofollow_links,
       n.dofollow_links::double precision / nullif(n.links, 0) AS follow_share,
       n.spam_low,
       n.spam_medium,
       n.spam_high,
       n.average_rank,
       v.new_backlinks AS vendor_new,
       v.lost_backlinks AS vendor_lost,
       v.since AS vendor_since,
       n.is_unmoved,
       f.endpoint,
       f.job
FROM linkhaul.feed AS f
CROSS JOIN LATERAL (
    SELECT s.night, s.completeness, s.links, s.referring_domains, s.new_links, s.lost_links,
           s.returned_links, s.out_of_scope_links, s.dofollow_links, s.spam_low, s.spam_medium,
           s.spam_high, s.average_rank, false AS is_unmoved
    FROM linkhaul.site_night AS s
    WHERE s.feed_id = f.feed_id
    UNION ALL
    SELECT told.night, s.completeness, s.links, s.referring_domains, 0, 0, 0, 0, s.dofollow_links,
           s.spam_low, s.spam_medium, s.spam_high, s.average_rank, true
    FROM linkhaul.vendor_night AS told
    CROSS JOIN LATERAL (
        SELECT *
        FROM linkhaul.site_night AS earlier
        WHERE earlier.feed_id = f.feed_id AND earlier.night <= told.night
        ORDER BY earlier.night DESC
        LIMIT 1
    ) AS s
    WHERE told.target = f.target AND told.night <= f.synced_night AND s.night < told.night
      AND told.new_backlinks = 0 AND told.lost_backlinks = 0
) AS n
LEFT JOIN linkhaul.vendor_night AS v ON v.target = f.target AND v.night = n.night
LEFT JOIN linkhaul.project_target AS p ON p.project = f.project AND p.target = f.target;
COMMENT ON VIEW linkhaul_bi.site_daily IS 'A site per night: its live links, what they are worth, what came and went, and what the vendor counts';
COMMENT ON COLUMN linkhaul_bi.site_daily.night IS 'a night that had a listing, or of which the vendor said that nothing moved';
COMMENT ON COLUMN linkhaul_bi.site_daily.completeness IS 'of the newest full listing then: complete, limited, capped, short, budget, error';
COMMENT ON COLUMN linkhaul_bi.site_daily.role IS 'own: a site of the project; competitor: one it is held against; null: the project names it neither';
COMMENT ON COLUMN linkhaul_bi.site_daily.links IS 'live links at the end of the night, of those whose domain is known';
COMMENT ON COLUMN linkhaul_bi.site_daily.referring_domains IS 'domains with a live link at the end of the night';
COMMENT ON COLUMN linkhaul_bi.site_daily.new_links IS 'links that were new in the night; where domains are listed: domains';
COMMENT ON COLUMN linkhaul_bi.site_daily.lost_links IS 'links that were found to be lost in the night';
COMMENT ON COLUMN linkhaul_bi.site_daily.returned_links IS 'links that had been lost and are there again';
COMMENT ON COLUMN linkhaul_bi.site_daily.out_of_scope_links IS 'links that are alive and no longer what the feed asks for';
COMMENT ON COLUMN linkhaul_bi.site_daily.dofollow_links IS 'live links that pass rank; null where domains are listed';
COMMENT ON COLUMN linkhaul_bi.site_daily.follow_share IS 'dofollow_links of links, 0 to 1';
COMMENT ON COLUMN linkhaul_bi.site_daily.spam_low IS 'referring domains with a spam score of 0 to 30 by their worst link';
COMMENT ON COLUMN linkhaul_bi.site_daily.spam_medium IS 'of 31 to 60';
COMMENT ON COLUMN linkhaul_bi.site_daily.spam_high IS 'of 61 to 100';
COMMENT ON COLUMN linkhaul_bi.site_daily.average_rank IS 'average rank of the referring domains, 0 to 1000 or 0 to 100 by rank_scale';
COMMENT ON COLUMN linkhaul_bi.site_daily.vendor_new IS 'links won since vendor_since as the vendor counts them; null: not asked in the night';
COMMENT ON COLUMN linkhaul_bi.site_daily.vendor_lost IS 'links lost since vendor_since as the vendor counts them';
COMMENT ON COLUMN linkhaul_bi.site_daily.vendor_since IS 'the date that the vendor counted from';
COMMENT ON COLUMN linkhaul_bi.site_daily.is_unmoved IS 'no listing was needed: the vendor said that nothing moved';

CREATE VIEW linkhaul_bi.daily_dimension AS
SELECT f.project,
       f.target,
       d.night,
       f.feed_id,
       s.completeness,
       d.dimension,
       d.value,
       d.position = 0 AS is_other,
       d.position,
       d.links,
       d.referring_domains,
       d.n_values,
       p.role,
       f.job
FROM linkhaul.feed AS f
JOIN linkhaul.dimension_night AS d ON d.feed_id = f.feed_id
LEFT JOIN linkhaul.site_night AS s ON s.feed_id = d.feed_id AND s.night = d.night
LEFT JOIN linkhaul.project_target AS p ON p.project = f.project AND p.target = f.target;
COMMENT ON VIEW linkhaul_bi.daily_dimension IS 'Live links of a site per night and anchor, top-level domain, country, platform, network or page: the first thousand, and all others as one';
COMMENT ON COLUMN linkhaul_bi.daily_dimension.night IS 'a night whose listings changed something: until the next one it is as it was';
COMMENT ON COLUMN linkhaul_bi.daily_dimension.completeness IS 'of the newest full listing then';
COMMENT ON COLUMN linkhaul_bi.daily_dimension.dimension IS 'anchor, tld, country, platform, network (of the referring domain''s address), page (that is linked to)';
COMMENT ON COLUMN linkhaul_bi.daily_dimension.value IS 'which; null: not told; other: all beyond the first thousand (is_other)';
COMMENT ON COLUMN linkhaul_bi.daily_dimension.is_other IS 'all values beyond the first thousand together';
COMMENT ON COLUMN linkhaul_bi.daily_dimension.position IS 'place by links, from 1; 0: other';
COMMENT ON COLUMN linkhaul_bi.daily_dimension.links IS 'live links; a domain of two platforms counts under both';
COMMENT ON COLUMN linkhaul_bi.daily_dimension.referring_domains IS 'domains that these links come from; of other the sum over its values';
COMMENT ON COLUMN linkhaul_bi.daily_dimension.n_values IS 'values in this row: 1, or how many other stands for';

CREATE VIEW linkhaul_bi.link_gap AS
SELECT g.project,
       f.target,
       greatest(l.night, f.synced_night) AS night,
       f.feed_id,
       coalesce(whole.completeness, l.completeness) AS completeness,
       CASE g.feed_id WHEN 0 THEN 'links' ELSE 'intersection' END AS source,
       g.domain_from,
       g.n_competitors,
       g.competitors,
       g.links,
       g.rank AS domain_from_rank,
       g.spam AS backlink_spam_score,
       k.url_from,
       k.anchor,
       k.url_to,
       k.page_from_rank,
       k.dofollow,
       g.first_seen,
       g.since_night,
       g.tld_from,
       g.country AS domain_from_country,
       f.job
FROM linkhaul.gap_domain AS g
JOIN linkhaul.feed AS f ON f.feed_id = g.told_feed_id
JOIN linkhaul.listing AS l ON l.listing_id = f.state_listing_id
LEFT JOIN linkhaul.listing AS whole ON whole.listing_id = f.published_listing_id
LEFT JOIN linkhaul.link AS k ON k.feed_id = g.best_feed_id AND k.link_key = g.best_link_key;
COMMENT ON VIEW linkhaul_bi.link_gap IS 'Domains that link to at least two competitors and not to the project''s own sites, from intersections and from the links that are held';
COMMENT ON COLUMN linkhaul_bi.link_gap.target IS 'source links: the competitor that the best link goes to; intersection: the job''s targets';
COMMENT ON COLUMN linkhaul_bi.link_gap.night IS 'last night that the feed stands for';
COMMENT ON COLUMN linkhaul_bi.link_gap.feed_id IS 'feed of the best link, or of the intersection';
COMMENT ON COLUMN linkhaul_bi.link_gap.completeness IS 'of that feed''s newest full listing';
COMMENT ON COLUMN linkhaul_bi.link_gap.source IS 'links: from the live links of the project''s feeds; intersection: from a domain_intersection';
COMMENT ON COLUMN linkhaul_bi.link_gap.domain_from IS 'referring domain, without www.';
COMMENT ON COLUMN linkhaul_bi.link_gap.n_competitors IS 'how many competitors it links to, at least 2';
COMMENT ON COLUMN linkhaul_bi.link_gap.competitors IS 'which, by name, with commas between';
COMMENT ON COLUMN linkhaul_bi.link_gap.links IS 'its live links to them; of an intersection as the vendor counts them';
COMMENT ON COLUMN linkhaul_bi.link_gap.domain_from_rank IS 'of the domain, 0 to 1000 or 0 to 100 by rank_scale';
COMMENT ON COLUMN linkhaul_bi.link_gap.backlink_spam_score IS '0 to 100; links: of its worst link; intersection: the vendor''s average';
COMMENT ON COLUMN linkhaul_bi.link_gap.url_from IS 'its best page to start from; null where no link of it is held';
COMMENT ON COLUMN linkhaul_bi.link_gap.anchor IS 'anchor text on that page';
COMMENT ON COLUMN linkhaul_bi.link_gap.url_to IS 'the competitor''s page that it links to';
COMMENT ON COLUMN linkhaul_bi.link_gap.page_from_rank IS 'of that page, same scale';
COMMENT ON COLUMN linkhaul_bi.link_gap.dofollow IS 'that link passes rank';
COMMENT ON COLUMN linkhaul_bi.link_gap.first_seen IS 'when the vendor first saw a link of it to one of them';
COMMENT ON COLUMN linkhaul_bi.link_gap.since_night IS 'night since which it has been in the gap';

CREATE VIEW linkhaul_bi.page_gap AS
SELECT f.project,
       f.target,
       l.night,
       f.feed_id,
       l.completeness,
       g.domain_from,
       g.url_from,
       g.n_competitors,
       g.competitors,
       g.links,
       g.page_rank AS page_from_rank,
       g.domain_rank AS domain_from_rank,
       g.spam AS backlink_spam_score,
       g.anchor,
       g.url_to,
       g.dofollow,
       g.first_seen,
       g.since_night,
       g.tld_from,
       g.country AS domain_from_country,
       f.job
FROM linkhaul.gap_page AS g
JOIN linkhaul.feed AS f USING (feed_id)
JOIN linkhaul.listing AS l ON l.listing_id = f.published_listing_id;
COMMENT ON VIEW linkhaul_bi.page_gap IS 'Pages that link to competitors'' pages and not to the project''s own sites, from page_intersection';
COMMENT ON COLUMN linkhaul_bi.page_gap.target IS 'the job''s targets';
COMMENT ON COLUMN linkhaul_bi.page_gap.n_competitors IS 'how many of the targets it links to that are not the project''s own';
COMMENT ON COLUMN linkhaul_bi.page_gap.competitors IS 'which, by name, with commas between';
COMMENT ON COLUMN linkhaul_bi.page_gap.links IS 'its links to them';
COMMENT ON COLUMN linkhaul_bi.page_gap.anchor IS 'anchor text of its best link';
COMMENT ON COLUMN linkhaul_bi.page_gap.url_to IS 'page that its best link goes to';
COMMENT ON COLUMN linkhaul_bi.page_gap.dofollow IS 'its best link passes rank';
COMMENT ON COLUMN linkhaul_bi.page_gap.since_night IS 'night since which it has been in the gap';

CREATE VIEW linkhaul_bi.broken_to_reclaim AS
SELECT f.project,
       f.target,
       greatest(l.night, f.synced_night) AS night,
       f.feed_id,
       coalesce(whole.completeness, l.completeness) AS completeness,
       k.url_to,
       k.domain_from,
       k.url_from,
       k.anchor,
       k.dofollow,
       k.domain_from_rank,
       k.page_from_rank,
       k.rank,
       k.backlink_spam_score,
       k.links_count,
       k.item_type,
       k.first_seen,
       k.last_seen,
       k.first_night,
       f.job
FROM linkhaul.feed AS f
JOIN linkhaul.project_target AS p ON p.project = f.project AND p.target = f.target AND p.role = 'own'
JOIN linkhaul.listing AS l ON l.listing_id = f.state_listing_id
JOIN linkhaul.link AS k ON k.feed_id = f.feed_id AND k.is_broken AND k.state = 'live'
LEFT JOIN linkhaul.listing AS whole ON whole.listing_id = f.published_listing_id
WHERE f.facts = 'backlink';
COMMENT ON VIEW linkhaul_bi.broken_to_reclaim IS 'Live links to pages of the project''s own sites that answer 4xx or 5xx: mend or redirect the page and the link counts again';
COMMENT ON COLUMN linkhaul_bi.broken_to_reclaim.url_to IS 'our page that is broken';
COMMENT ON COLUMN linkhaul_bi.broken_to_reclaim.target IS 'own site that the page belongs to, as the job asked for it';

CREATE VIEW linkhaul_bi.costs AS
SELECT c.day,
       f.project,
       labels.text AS labels,
       r.account,
       f.job,
       f.endpoint,
       f.target,
       sum(c.n_calls)::bigint AS calls,
       sum(c.n_rows)::bigint AS rows,
       sum(c.settled_nanousd + c.undelivered_nanousd) / 1e9 AS usd,
       sum(c.undelivered_nanousd) / 1e9 AS undelivered,
       sum(c.n_items)::bigint AS items,
       sum(c.unknown_nanousd) / 1e9 AS unknown,
       sum(c.reserved_nanousd) / 1e9 AS reserved
FROM linkhaul.cost_day AS c
JOIN linkhaul.listing AS l USING (listing_id)
JOIN linkhaul.feed AS f USING (feed_id)
JOIN linkhaul.run AS r USING (run_id)
CROSS JOIN LATERAL (
    SELECT coalesce(string_agg(e.key || '=' || e.value, ', ' ORDER BY e.key), '') AS text
    FROM jsonb_each_text(r.labels) AS e
) AS labels
WHERE r.replay_of IS NULL
GROUP BY c.day, f.project, labels.text, r.account, f.job, f.endpoint, f.target;
COMMENT ON VIEW linkhaul_bi.costs IS 'The ledger by day: what was asked for, what came of it and what it cost';
COMMENT ON COLUMN linkhaul_bi.costs.day IS 'day in the account''s time zone';
COMMENT ON COLUMN linkhaul_bi.costs.labels IS 'of the run: team=north, with commas between';
COMMENT ON COLUMN linkhaul_bi.costs.account IS 'whose calls they are';
COMMENT ON COLUMN linkhaul_bi.costs.job IS 'job that made them';
COMMENT ON COLUMN linkhaul_bi.costs.calls IS 'calls, the free and the refused ones too';
COMMENT ON COLUMN linkhaul_bi.costs.rows IS 'rows that came of them';
COMMENT ON COLUMN linkhaul_bi.costs.usd IS 'US dollars that were billed, those for undelivered calls too';
COMMENT ON COLUMN linkhaul_bi.costs.undelivered IS 'US dollars of these for calls whose answer never came';
COMMENT ON COLUMN linkhaul_bi.costs.items IS 'items that the vendor delivered';
COMMENT ON COLUMN linkhaul_bi.costs.unknown IS 'US dollars that may have been billed: it is not known yet';
COMMENT ON COLUMN linkhaul_bi.costs.reserved IS 'US dollars set aside for calls under way';

-- Of the newest night's listings of a feed the one that is not through is told of. A night by changes
-- is a good one when its run has ended well, whatever of it is in the state before.
CREATE VIEW linkhaul_bi.freshness AS
SELECT f.project,
       f.target,
       f.feed_id,
       f.job,
       f.endpoint,
       good.night AS last_good_night,
       coalesce(whole.completeness, l.completeness) AS completeness,
       (now() AT TIME ZONE coalesce(asked.timezone, 'UTC'))::date - good.night AS days_old,
       why.status,
       CASE why.status
           WHEN 'ok' THEN ''
           WHEN 'unmoved' THEN format('nothing moved since %s, the vendor says', l.night)
           WHEN 'never' THEN 'no listing of it has begun'
           WHEN 'not_asked' THEN 'the job no longer has this feed'
           WHEN 'running' THEN format('the night of %s is under way', last.night)
           WHEN 'behind' THEN format('the night of %s has no listing of it', asked.night)
           WHEN 'incomplete' THEN format('what changed did not come whole in the night of %s', last.night)
           ELSE last.reason END AS reason,
       last.night AS last_tried_night,
       asked.night AS last_run_night,
       l.published_at,
       complete.night AS last_complete_night,
       l.n_missing,
       why.status IN ('ok', 'unmoved') AS is_current,
       p.role
FROM linkhaul.feed AS f
LEFT JOIN linkhaul.listing AS l ON l.listing_id = f.state_listing_id
LEFT JOIN linkhaul.listing AS whole ON whole.listing_id = f.published_listing_id
LEFT JOIN linkhaul.project_target AS p ON p.project = f.project AND p.target = f.target
CROSS JOIN LATERAL (SELECT greatest(whole.night, f.synced_night) AS night) AS good
LEFT JOIN LATERAL (
    SELECT tried.night, tried.state, tried.completeness, tried.reason, r.state AS run_state
    FROM linkhaul.listing AS tried
    JOIN linkhaul.run AS r USING (run_id)
    WHERE tried.feed_id = f.feed_id AND tried.replay_of IS NULL AND tried.kind <> 'count'
    ORDER BY tried.night DESC, tried.state IN ('open', 'held') DESC, tried.listing_id DESC
    LIMIT 1
) AS last ON true
LEFT JOIN LATERAL (
    SELECT max(done.night) AS night
    FROM linkhaul.listing AS done
    WHERE done.feed_id = f.feed_id AND done.state = 'published' AND done.kind = 'full'
      AND done.completeness = 'complete'
) AS complete ON true
LEFT JOIN LATERAL (
    SELECT r.night, r.timezone, r.started_at
    FROM linkhaul.run AS r
    WHERE r.project = f.project AND r.job = f.job AND r.replay_of IS NULL
      AND EXISTS (SELECT FROM linkhaul.listing AS any_one
                  WHERE any_one.run_id = r.run_id AND any_one.state <> 'abandoned'
                    AND any_one.kind <> 'count')
    ORDER BY r.night DESC, r.run_id DESC
    LIMIT 1
) AS asked ON true
CROSS JOIN LATERAL (
    SELECT CASE WHEN last.night IS NULL AND good.night IS NULL THEN 'never'
                WHEN f.asked_at < asked.started_at THEN 'not_asked'
                WHEN last.state = 'held' THEN 'held'
                WHEN last.state = 'open' AND last.completeness IS NOT NULL THEN last.completeness
                WHEN last.state = 'open' THEN 'running'
                WHEN last.state = 'abandoned' AND last.night > good.night IS NOT FALSE
                THEN 'abandoned'
                WHEN last.state = 'published' AND last.night > good.night IS NOT FALSE
                THEN CASE last.run_state WHEN 'open' THEN 'running' ELSE 'incomplete' END
                WHEN asked.night > good.night THEN 'behind'
                WHEN good.night > l.night THEN 'unmoved'
                ELSE 'ok' END AS status
) AS why
-- The jobs of the bulk calls that a night begins with are nobody's, and not run where none is worth it.
WHERE f.job NOT LIKE 'bulk:%';
COMMENT ON VIEW linkhaul_bi.freshness IS 'How fresh each feed is, and why it is not newer: for a banner';
COMMENT ON COLUMN linkhaul_bi.freshness.last_good_night IS 'last night that the views stand for; null: none yet';
COMMENT ON COLUMN linkhaul_bi.freshness.completeness IS 'of the newest full listing that shows';
COMMENT ON COLUMN linkhaul_bi.freshness.days_old IS 'days from that night to today in the job''s time zone';
COMMENT ON COLUMN linkhaul_bi.freshness.status IS 'ok; unmoved: no listing was needed; running; held: waits for a decision; budget, error: it stopped, and why is in reason; abandoned: given up; behind: a later night did not list it; incomplete: what changed did not come whole; never: no listing yet; not_asked: the job no longer has it';
COMMENT ON COLUMN linkhaul_bi.freshness.reason IS 'why it is not newer, for people; empty: it is';
COMMENT ON COLUMN linkhaul_bi.freshness.last_tried_night IS 'night of its last listing, whatever became of it';
COMMENT ON COLUMN linkhaul_bi.freshness.last_run_night IS 'night of the job''s last run';
COMMENT ON COLUMN linkhaul_bi.freshness.published_at IS 'when what shows was published';
COMMENT ON COLUMN linkhaul_bi.freshness.last_complete_night IS 'night of its last complete full listing';
COMMENT ON COLUMN linkhaul_bi.freshness.n_missing IS 'items that the vendor promised in it and that did not come';
COMMENT ON COLUMN linkhaul_bi.freshness.is_current IS 'nothing is newer than what shows: status ok or unmoved';

-- What is not explained yet: the same column elsewhere says it, first what analysts know already.
DO $$
DECLARE
    c record;
BEGIN
    FOR c IN
        SELECT a.attrelid::regclass AS place, a.attname, said.text
        FROM pg_attribute AS a
        JOIN pg_class AS v ON v.oid = a.attrelid
        CROSS JOIN LATERAL (
            SELECT col_description(o.attrelid, o.attnum) AS text
            FROM unnest(ARRAY['linkhaul_bi.new_links', 'linkhaul_bi.links', 'linkhaul.link',
                              'linkhaul.referring_domain', 'linkhaul_bi.site_daily',
                              'linkhaul_bi.link_events'])
                 WITH ORDINALITY AS known (name, n)
            JOIN pg_attribute AS o ON o.attrelid = known.name::regclass AND o.attname = a.attname
            WHERE col_description(o.attrelid, o.attnum) IS NOT NULL
            ORDER BY known.n
            LIMIT 1
        ) AS said
        WHERE v.relnamespace = 'linkhaul_bi'::regnamespace AND v.relkind = 'v' AND a.attnum > 0
          AND col_description(a.attrelid, a.attnum) IS NULL
    LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', c.place, c.attname, c.text);
    END LOOP;
END
$$;
