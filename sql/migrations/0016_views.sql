-- What analysts read of the state and of the small tables: scalar columns, each explained, and of
-- what is published alone. The first columns are the same in all of them, but for costs and freshness.

-- The facts of the newest full listing, as `links` showed them before there was a state. OFFSET 0 keeps
-- the planner from reading every listing there ever was.
CREATE VIEW linkhaul_bi.backlinks AS
SELECT f.project,
       f.target,
       l.night,
       f.feed_id,
       l.completeness,
       b.type,
       b.domain_from,
       b.url_from,
       b.url_from_https,
       b.domain_to,
       b.url_to,
       b.url_to_https,
       b.tld_from,
       b.is_new,
       b.is_lost,
       b.backlink_spam_score,
       b.rank,
       b.page_from_rank,
       b.domain_from_rank,
       b.domain_from_is_ip,
       b.domain_from_ip,
       b.domain_from_country,
       b.page_from_external_links,
       b.page_from_internal_links,
       b.page_from_size,
       b.page_from_encoding,
       b.page_from_language,
       b.page_from_title,
       b.page_from_status_code,
       b.first_seen,
       b.prev_seen,
       b.last_seen,
       b.item_type,
       b.dofollow,
       b.original,
       b.alt,
       b.image_url,
       b.anchor,
       b.text_pre,
       b.text_post,
       b.semantic_location,
       b.links_count,
       b.group_count,
       b.is_broken,
       b.url_to_status_code,
       b.url_to_spam_score,
       b.url_to_redirect_target,
       b.page_from_keywords_count_top_3,
       b.page_from_keywords_count_top_10,
       b.page_from_keywords_count_top_100,
       b.is_indirect_link,
       f.job
FROM linkhaul.feed AS f
JOIN linkhaul.listing AS l ON l.listing_id = f.published_listing_id AND l.state = 'published'
CROSS JOIN LATERAL (
    SELECT *
    FROM linkhaul.backlink AS facts
    WHERE facts.listing_id = l.listing_id AND facts.night = l.night
    OFFSET 0
) AS b;
COMMENT ON VIEW linkhaul_bi.backlinks IS 'Links of the newest full listing of each feed, with all that the vendor tells of them';

-- Links as they are now. What the state does not keep is looked up in the feed's newest full listing,
-- and only where it is asked for: as the rows are told to be distinct, the planner leaves them out else.
CREATE OR REPLACE VIEW linkhaul_bi.links AS
SELECT f.project,
       f.target,
       greatest(l.night, f.synced_night) AS night,
       f.feed_id,
       coalesce(whole.completeness, l.completeness) AS completeness,
       'backlink'::text AS type,
       k.domain_from,
       k.url_from,
       k.url_from LIKE 'https:%' AS url_from_https,
       k.domain_to,
       k.url_to,
       k.url_to LIKE 'https:%' AS url_to_https,
       k.tld_from,
       b.is_new,
       k.state = 'lost' AS is_lost,
       k.backlink_spam_score,
       k.rank,
       k.page_from_rank,
       k.domain_from_rank,
       b.domain_from_is_ip,
       b.domain_from_ip,
       k.domain_from_country,
       b.page_from_external_links,
       b.page_from_internal_links,
       b.page_from_size,
       b.page_from_encoding,
       k.page_from_language,
       b.page_from_title,
       b.page_from_status_code,
       k.first_seen,
       b.prev_seen,
       k.last_seen,
       k.item_type,
       k.dofollow,
       b.original,
       b.alt,
       b.image_url,
       k.anchor,
       b.text_pre,
       b.text_post,
       k.semantic_location,
       k.links_count,
       b.group_count,
       k.is_broken,
       b.url_to_status_code,
       b.url_to_spam_score,
       b.url_to_redirect_target,
       b.page_from_keywords_count_top_3,
       b.page_from_keywords_count_top_10,
       b.page_from_keywords_count_top_100,
       b.is_indirect_link,
       f.job,
       k.state,
       k.first_night,
       k.missing_since,
       k.gone_night,
       k.reason,
       k.changed_night,
       p.role
FROM linkhaul.feed AS f
JOIN linkhaul.listing AS l ON l.listing_id = f.state_listing_id
JOIN linkhaul.link AS k ON k.feed_id = f.feed_id
LEFT JOIN linkhaul.listing AS whole ON whole.listing_id = f.published_listing_id
LEFT JOIN linkhaul.project_target AS p ON p.project = f.project AND p.target = f.target
LEFT JOIN (
    SELECT DISTINCT ON (ff.feed_id, ff.project, ff.target, facts.link_key)
           ff.feed_id, ff.project, ff.target, facts.link_key,
           facts.is_new, facts.domain_from_is_ip, facts.domain_from_ip,
           facts.page_from_external_links, facts.page_from_internal_links,
           facts.page_from_size, facts.page_from_encoding, facts.page_from_title,
           facts.page_from_status_code, facts.prev_seen, facts.original, facts.alt,
           facts.image_url, facts.text_pre, facts.text_post, facts.group_count,
           facts.url_to_status_code, facts.url_to_spam_score,
           facts.url_to_redirect_target, facts.page_from_keywords_count_top_3,
           facts.page_from_keywords_count_top_10,
           facts.page_from_keywords_count_top_100, facts.is_indirect_link
    FROM linkhaul.feed AS ff
    JOIN linkhaul.listing AS ll ON ll.listing_id = ff.published_listing_id
    CROSS JOIN LATERAL (
        SELECT *
        FROM linkhaul.backlink AS b
        WHERE b.listing_id = ll.listing_id AND b.night = ll.night
        OFFSET 0
    ) AS facts
) AS b ON b.feed_id = f.feed_id AND b.project = f.project AND b.target = f.target
      AND b.link_key = k.link_key
WHERE f.facts = 'backlink';
COMMENT ON VIEW linkhaul_bi.links IS 'Links of each feed as of the last night, the live and the lost ones; those of page_intersection are in page_intersections';
COMMENT ON COLUMN linkhaul_bi.links.night IS 'last night that the state stands for';
COMMENT ON COLUMN linkhaul_bi.links.completeness IS 'of the newest full listing: complete; limited: cut at max_rows; capped: cut by the API; short: items are missing';
COMMENT ON COLUMN linkhaul_bi.links.is_lost IS 'its state is lost';

CREATE VIEW linkhaul_bi.link_events AS
SELECT f.project,
       coalesce(k.target, f.target) AS target,
       e.night,
       f.feed_id,
       l.completeness,
       e.event,
       e.reason,
       e.n_links,
       coalesce(k.domain_from, d.domain_from) AS domain_from,
       k.url_from,
       k.url_to,
       k.anchor,
       k.dofollow,
       coalesce(k.domain_from_rank, d.rank) AS domain_from_rank,
       coalesce(k.state, d.state) AS state,
       f.endpoint,
       f.job,
       p.role
FROM linkhaul.link_event AS e
JOIN linkhaul.feed AS f USING (feed_id)
JOIN linkhaul.listing AS l USING (listing_id)
LEFT JOIN linkhaul.link AS k
       ON k.feed_id = e.feed_id AND k.link_key = e.link_key
      AND linkhaul.state_of(f.facts) = 'link'
LEFT JOIN linkhaul.referring_domain AS d
       ON d.feed_id = e.feed_id AND d.link_key = e.link_key
      AND linkhaul.state_of(f.facts) = 'referring_domain'
LEFT JOIN linkhaul.project_target AS p ON p.project = f.project AND p.target = f.target;
COMMENT ON VIEW linkhaul_bi.link_events IS 'What became of links, night by night: baseline, new, lost, returned, out_of_scope; of domains where an endpoint lists domains';
COMMENT ON COLUMN linkhaul_bi.link_events.project IS 'who the data is for';
COMMENT ON COLUMN linkhaul_bi.link_events.target IS 'what the job asked for';
COMMENT ON COLUMN linkhaul_bi.link_events.night IS 'night of the listing that showed it';
COMMENT ON COLUMN linkhaul_bi.link_events.feed_id IS 'target with its parameters: the same target can have several';
COMMENT ON COLUMN linkhaul_bi.link_events.completeness IS 'of that listing';
COMMENT ON COLUMN linkhaul_bi.link_events.event IS 'baseline: the first listing of the feed, once for all its links; new, lost, returned; out_of_scope: alive, and no longer what the feed asks for';
COMMENT ON COLUMN linkhaul_bi.link_events.reason IS 'how it is known that it is lost or out of scope';
COMMENT ON COLUMN linkhaul_bi.link_events.n_links IS 'baseline: how many links there were; null: the event is one link''s';
COMMENT ON COLUMN linkhaul_bi.link_events.domain_from IS 'referring host, with www. where it has it';
COMMENT ON COLUMN linkhaul_bi.link_events.url_from IS 'referring page; null where domains are listed';
COMMENT ON COLUMN linkhaul_bi.link_events.url_to IS 'page that is linked to; null where domains are listed';
COMMENT ON COLUMN linkhaul_bi.link_events.anchor IS 'anchor text, as last told';
COMMENT ON COLUMN linkhaul_bi.link_events.dofollow IS 'passes rank, as last told';
COMMENT ON COLUMN linkhaul_bi.link_events.domain_from_rank IS 'of the referring domain, as last told';
COMMENT ON COLUMN linkhaul_bi.link_events.state IS 'what it is by now: live, missing, lost, out_of_scope';
COMMENT ON COLUMN linkhaul_bi.link_events.endpoint IS 'kind of listing';
COMMENT ON COLUMN linkhaul_bi.link_events.job IS 'job that keeps it: one target can stand in several';

CREATE VIEW linkhaul_bi.new_links AS
SELECT f.project,
       k.target,
       e.night,
       f.feed_id,
       l.completeness,
       k.domain_from,
       k.url_from,
       k.domain_to,
       k.url_to,
       k.tld_from,
       k.item_type,
       k.dofollow,
       k.anchor,
       k.semantic_location,
       k.is_broken,
       k.rank,
       k.page_from_rank,
       k.domain_from_rank,
       k.backlink_spam_score,
       k.domain_from_country,
       k.page_from_language,
       k.links_count,
       k.first_seen,
       k.last_seen,
       k.state,
       f.job,
       p.role,
       f.endpoint
FROM linkhaul.link_event AS e
JOIN linkhaul.feed AS f USING (feed_id)
JOIN linkhaul.listing AS l USING (listing_id)
JOIN linkhaul.link AS k ON k.feed_id = e.feed_id AND k.link_key = e.link_key
LEFT JOIN linkhaul.project_target AS p ON p.project = f.project AND p.target = f.target
WHERE e.event = 'new' AND linkhaul.state_of(f.facts) = 'link';
COMMENT ON VIEW linkhaul_bi.new_links IS 'Links that were new, by night; as last told';
COMMENT ON COLUMN linkhaul_bi.new_links.project IS 'who the data is for';
COMMENT ON COLUMN linkhaul_bi.new_links.target IS 'what the job asked for';
COMMENT ON COLUMN linkhaul_bi.new_links.night IS 'night of the listing that had it first';
COMMENT ON COLUMN linkhaul_bi.new_links.feed_id IS 'target with its parameters: the same target can have several';
COMMENT ON COLUMN linkhaul_bi.new_links.completeness IS 'of that listing';
COMMENT ON COLUMN linkhaul_bi.new_links.domain_from IS 'referring host, with www. where it has it';
COMMENT ON COLUMN linkhaul_bi.new_links.url_from IS 'referring page';
COMMENT ON COLUMN linkhaul_bi.new_links.domain_to IS 'host that is linked to';
COMMENT ON COLUMN linkhaul_bi.new_links.url_to IS 'page that is linked to';
COMMENT ON COLUMN linkhaul_bi.new_links.tld_from IS 'top-level domain of the referring host';
COMMENT ON COLUMN linkhaul_bi.new_links.item_type IS 'anchor, image, meta, canonical, alternate, redirect';
COMMENT ON COLUMN linkhaul_bi.new_links.dofollow IS 'passes rank';
COMMENT ON COLUMN linkhaul_bi.new_links.anchor IS 'anchor text';
COMMENT ON COLUMN linkhaul_bi.new_links.semantic_location IS 'HTML element around the link';
COMMENT ON COLUMN linkhaul_bi.new_links.is_broken IS 'the page linked to answers 4xx or 5xx';
COMMENT ON COLUMN linkhaul_bi.new_links.rank IS 'of the link, 0 to 1000 or 0 to 100 by rank_scale';
COMMENT ON COLUMN linkhaul_bi.new_links.page_from_rank IS 'of the referring page, same scale';
COMMENT ON COLUMN linkhaul_bi.new_links.domain_from_rank IS 'of the referring domain, same scale';
COMMENT ON COLUMN linkhaul_bi.new_links.backlink_spam_score IS '0 to 100';
COMMENT ON COLUMN linkhaul_bi.new_links.domain_from_country IS 'ISO code, WW where unknown';
COMMENT ON COLUMN linkhaul_bi.new_links.page_from_language IS 'ISO 639-1';
COMMENT ON COLUMN linkhaul_bi.new_links.links_count IS 'equal links on the page';
COMMENT ON COLUMN linkhaul_bi.new_links.first_seen IS 'when the vendor first saw the link';
COMMENT ON COLUMN linkhaul_bi.new_links.last_seen IS 'when the vendor last saw the link, as of the last change';
COMMENT ON COLUMN linkhaul_bi.new_links.state IS 'what it is by now: live, missing, lost, out_of_scope';
COMMENT ON COLUMN linkhaul_bi.new_links.job IS 'job that keeps it: one target can stand in several';

CREATE VIEW linkhaul_bi.lost_links AS
SELECT f.project,
       k.target,
       e.night,
       f.feed_id,
       l.completeness,
       e.reason,
       k.domain_from,
       k.url_from,
       k.domain_to,
       k.url_to,
       k.tld_from,
       k.item_type,
       k.dofollow,
       k.anchor,
       k.semantic_location,
       k.is_broken,
       k.rank,
       k.page_from_rank,
       k.domain_from_rank,
       k.backlink_spam_score,
       k.domain_from_country,
       k.page_from_language,
       k.links_count,
       k.first_seen,
       k.last_seen,
       k.state,
       f.job,
       p.role,
       f.endpoint,
       k.first_night
FROM linkhaul.link_event AS e
JOIN linkhaul.feed AS f USING (feed_id)
JOIN linkhaul.listing AS l USING (listing_id)
JOIN linkhaul.link AS k ON k.feed_id = e.feed_id AND k.link_key = e.link_key
LEFT JOIN linkhaul.project_target AS p ON p.project = f.project AND p.target = f.target
WHERE e.event = 'lost' AND linkhaul.state_of(f.facts) = 'link';
COMMENT ON VIEW linkhaul_bi.lost_links IS 'Links that were lost, by night; as last told';
COMMENT ON COLUMN linkhaul_bi.lost_links.project IS 'who the data is for';
COMMENT ON COLUMN linkhaul_bi.lost_links.target IS 'what the job asked for';
COMMENT ON COLUMN linkhaul_bi.lost_links.night IS 'night of the listing that showed it';
COMMENT ON COLUMN linkhaul_bi.lost_links.feed_id IS 'target with its parameters: the same target can have several';
COMMENT ON COLUMN linkhaul_bi.lost_links.completeness IS 'of that listing';
COMMENT ON COLUMN linkhaul_bi.lost_links.reason IS 'how it is known: the vendor says so, or it was in none of two complete listings';
COMMENT ON COLUMN linkhaul_bi.lost_links.domain_from IS 'referring host, with www. where it has it';
COMMENT ON COLUMN linkhaul_bi.lost_links.url_from IS 'referring page';
COMMENT ON COLUMN linkhaul_bi.lost_links.domain_to IS 'host that is linked to';
COMMENT ON COLUMN linkhaul_bi.lost_links.url_to IS 'page that is linked to';
COMMENT ON COLUMN linkhaul_bi.lost_links.tld_from IS 'top-level domain of the referring host';
COMMENT ON COLUMN linkhaul_bi.lost_links.item_type IS 'anchor, image, meta, canonical, alternate, redirect';
COMMENT ON COLUMN linkhaul_bi.lost_links.dofollow IS 'passes rank';
COMMENT ON COLUMN linkhaul_bi.lost_links.anchor IS 'anchor text';
COMMENT ON COLUMN linkhaul_bi.lost_links.semantic_location IS 'HTML element around the link';
COMMENT ON COLUMN linkhaul_bi.lost_links.is_broken IS 'the page linked to answers 4xx or 5xx';
COMMENT ON COLUMN linkhaul_bi.lost_links.rank IS 'of the link, 0 to 1000 or 0 to 100 by rank_scale';
COMMENT ON COLUMN linkhaul_bi.lost_links.page_from_rank IS 'of the referring page, same scale';
COMMENT ON COLUMN linkhaul_bi.lost_links.domain_from_rank IS 'of the referring domain, same scale';
COMMENT ON COLUMN linkhaul_bi.lost_links.backlink_spam_score IS '0 to 100';
COMMENT ON COLUMN linkhaul_bi.lost_links.domain_from_country IS 'ISO code, WW where unknown';
COMMENT ON COLUMN linkhaul_bi.lost_links.page_from_language IS 'ISO 639-1';
COMMENT ON COLUMN linkhaul_bi.lost_links.links_count IS 'equal links on the page';
COMMENT ON COLUMN linkhaul_bi.lost_links.first_seen IS 'when the vendor first saw the link';
COMMENT ON COLUMN linkhaul_bi.lost_links.state IS 'what it is by now: live, missing, lost, out_of_scope';
COMMENT ON COLUMN linkhaul_bi.lost_links.job IS 'job that keeps it: one target can stand in several';
COMMENT ON COLUMN linkhaul_bi.lost_links.last_seen IS 'the vendor''s date: when it last saw the link, as of the last change';

CREATE VIEW linkhaul_bi.referring_domains AS
SELECT f.project,
       f.target,
       greatest(l.night, f.synced_night) AS night,
       f.feed_id,
       coalesce(whole.completeness, l.completeness) AS completeness,
       d.domain_from,
       d.state,
       d.first_night,
       d.missing_since,
       d.gone_night,
       d.reason,
       d.changed_night,
       d.links,
       d.dofollow_links,
       d.rank AS domain_from_rank,
       d.backlink_spam_score,
       d.intersections_count,
       d.tld_from,
       d.domain_from_country,
       d.first_seen,
       p.role,
       f.endpoint,
       f.job
FROM linkhaul.feed AS f
JOIN linkhaul.listing AS l ON l.listing_id = f.state_listing_id
JOIN linkhaul.referring_domain AS d ON d.feed_id = f.feed_id
LEFT JOIN linkhaul.listing AS whole ON whole.listing_id = f.published_listing_id
LEFT JOIN linkhaul.project_target AS p ON p.project = f.project AND p.target = f.target;
COMMENT ON VIEW linkhaul_bi.referring_domains IS 'Referring domains of each feed as of the last night, the live and the lost ones: summed over its links, or those that an endpoint lists';

CREATE VIEW linkhaul_bi.link_values AS
SELECT f.project,
       f.target,
       greatest(l.night, f.synced_night) AS night,
       f.feed_id,
       coalesce(whole.completeness, l.completeness) AS completeness,
       k.url_from,
       k.url_to,
       v.kind,
       v.value,
       k.state,
       f.job
FROM linkhaul.feed AS f
JOIN linkhaul.listing AS l ON l.listing_id = f.state_listing_id
JOIN linkhaul.link AS k ON k.feed_id = f.feed_id
LEFT JOIN linkhaul.listing AS whole ON whole.listing_id = f.published_listing_id
CROSS JOIN LATERAL (
    SELECT 'attribute' AS kind, a AS value FROM unnest(k.attributes) AS a
    UNION ALL
    SELECT 'platform', t FROM unnest(k.domain_from_platform_type) AS t
) AS v
WHERE f.facts = 'backlink';
COMMENT ON VIEW linkhaul_bi.link_values IS 'What a link has several of, a row each: rel values, and what its site is';
COMMENT ON COLUMN linkhaul_bi.link_values.kind IS 'attribute: a rel value such as nofollow; platform: what the referring site is: cms, blogs, ecommerce, news, ...';
COMMENT ON COLUMN linkhaul_bi.link_values.value IS 'one of its values';

CREATE VIEW linkhaul_bi.domain_breakdown AS
SELECT f.project,
       b.target,
       l.night,
       f.feed_id,
       l.completeness,
       b.domain_from,
       v.breakdown,
       m.key AS value,
       m.value::bigint AS links,
       f.endpoint,
       f.job
FROM linkhaul.feed AS f
JOIN linkhaul.listing AS l ON l.listing_id = f.published_listing_id AND l.state = 'published'
CROSS JOIN LATERAL (
    SELECT d.target, d.domain_from, d.referring_links_tld, d.referring_links_types,
           d.referring_links_attributes, d.referring_links_platform_types,
           d.referring_links_semantic_locations, d.referring_links_countries
    FROM linkhaul.domain_intersection AS d
    WHERE d.listing_id = l.listing_id AND d.night = l.night AND f.facts = 'domain_intersection'
    UNION ALL
    SELECT r.target, r.domain_from, r.referring_links_tld, r.referring_links_types,
           r.referring_links_attributes, r.referring_links_platform_types,
           r.referring_links_semantic_locations, r.referring_links_countries
    FROM linkhaul.referring_domain_metrics AS r
    WHERE r.listing_id = l.listing_id AND r.night = l.night AND f.facts = 'referring_domain_metrics'
) AS b
CROSS JOIN LATERAL (
    VALUES ('tld', b.referring_links_tld), ('type', b.referring_links_types),
           ('attribute', b.referring_links_attributes),
           ('platform', b.referring_links_platform_types),
           ('semantic_location', b.referring_links_semantic_locations),
           ('country', b.referring_links_countries)
) AS v (breakdown, map)
CROSS JOIN LATERAL jsonb_each_text(CASE jsonb_typeof(v.map) WHEN 'object' THEN v.map END) AS m
WHERE m.value ~ '^[0-9]{1,18}$';
COMMENT ON VIEW linkhaul_bi.domain_breakdown IS 'Links of a referring domain by what they are, a row per value: the open maps of domain_intersection and referring_domains';
COMMENT ON COLUMN linkhaul_bi.domain_breakdown.breakdown IS 'by what: tld, type, attribute (rel value), platform, semantic_location, country';
COMMENT ON COLUMN linkhaul_bi.domain_breakdown.value IS 'which; empty: none';
COMMENT ON COLUMN linkhaul_bi.domain_breakdown.links IS 'links from the domain that have it';
