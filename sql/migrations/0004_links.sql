-- What analysts read: only what is published, and of each feed only the newest.
--
-- OFFSET 0 keeps the planner from joining in another order: so it always walks from the few feeds
-- asked for to the rows of their listings, in the one partition of their night. Left to itself it
-- reads every listing there ever was where a table has not been analyzed yet.

CREATE VIEW linkhaul_bi.links AS
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

COMMENT ON VIEW linkhaul_bi.links IS 'Links of the newest published listing of each feed';
COMMENT ON COLUMN linkhaul_bi.links.project IS 'who the data is for';
COMMENT ON COLUMN linkhaul_bi.links.target IS 'what the job asked for';
COMMENT ON COLUMN linkhaul_bi.links.night IS 'night of the listing';
COMMENT ON COLUMN linkhaul_bi.links.feed_id IS 'target with its parameters: the same target can have several';
COMMENT ON COLUMN linkhaul_bi.links.completeness IS 'complete; limited: cut at max_rows; capped: cut by the API; short: items are missing';
COMMENT ON COLUMN linkhaul_bi.links.type IS 'always backlink';
COMMENT ON COLUMN linkhaul_bi.links.domain_from IS 'referring host, with www. where it has it';
COMMENT ON COLUMN linkhaul_bi.links.url_from IS 'referring page';
COMMENT ON COLUMN linkhaul_bi.links.url_from_https IS 'the referring page is https';
COMMENT ON COLUMN linkhaul_bi.links.domain_to IS 'host that is linked to';
COMMENT ON COLUMN linkhaul_bi.links.url_to IS 'page that is linked to';
COMMENT ON COLUMN linkhaul_bi.links.url_to_https IS 'the page linked to is https';
COMMENT ON COLUMN linkhaul_bi.links.tld_from IS 'top-level domain of the referring host';
COMMENT ON COLUMN linkhaul_bi.links.is_new IS 'the vendor found it at its last visit';
COMMENT ON COLUMN linkhaul_bi.links.is_lost IS 'the vendor no longer found it';
COMMENT ON COLUMN linkhaul_bi.links.backlink_spam_score IS '0 to 100';
COMMENT ON COLUMN linkhaul_bi.links.rank IS 'of the link, 0 to 1000 or 0 to 100 by rank_scale';
COMMENT ON COLUMN linkhaul_bi.links.page_from_rank IS 'of the referring page, same scale';
COMMENT ON COLUMN linkhaul_bi.links.domain_from_rank IS 'of the referring domain, same scale';
COMMENT ON COLUMN linkhaul_bi.links.domain_from_is_ip IS 'the referring host is an address';
COMMENT ON COLUMN linkhaul_bi.links.domain_from_ip IS 'address of the referring host';
COMMENT ON COLUMN linkhaul_bi.links.domain_from_country IS 'ISO code, WW where unknown';
COMMENT ON COLUMN linkhaul_bi.links.page_from_external_links IS 'links to other sites on the page';
COMMENT ON COLUMN linkhaul_bi.links.page_from_internal_links IS 'links within the site on the page';
COMMENT ON COLUMN linkhaul_bi.links.page_from_size IS 'bytes, 0 for redirects';
COMMENT ON COLUMN linkhaul_bi.links.page_from_encoding IS 'character encoding';
COMMENT ON COLUMN linkhaul_bi.links.page_from_language IS 'ISO 639-1';
COMMENT ON COLUMN linkhaul_bi.links.page_from_title IS 'title of the referring page';
COMMENT ON COLUMN linkhaul_bi.links.page_from_status_code IS 'HTTP status of the referring page';
COMMENT ON COLUMN linkhaul_bi.links.first_seen IS 'when the vendor first saw the link';
COMMENT ON COLUMN linkhaul_bi.links.prev_seen IS 'the visit before the last; null where new';
COMMENT ON COLUMN linkhaul_bi.links.last_seen IS 'when the vendor last saw the link';
COMMENT ON COLUMN linkhaul_bi.links.item_type IS 'anchor, image, meta, canonical, alternate, redirect';
COMMENT ON COLUMN linkhaul_bi.links.dofollow IS 'passes rank';
COMMENT ON COLUMN linkhaul_bi.links.original IS 'was there when the page was first seen';
COMMENT ON COLUMN linkhaul_bi.links.alt IS 'alternative text of an image';
COMMENT ON COLUMN linkhaul_bi.links.image_url IS 'address of an image';
COMMENT ON COLUMN linkhaul_bi.links.anchor IS 'anchor text';
COMMENT ON COLUMN linkhaul_bi.links.text_pre IS 'text before the anchor';
COMMENT ON COLUMN linkhaul_bi.links.text_post IS 'text behind the anchor';
COMMENT ON COLUMN linkhaul_bi.links.semantic_location IS 'HTML element around the link';
COMMENT ON COLUMN linkhaul_bi.links.links_count IS 'equal links on the page';
COMMENT ON COLUMN linkhaul_bi.links.group_count IS 'links of the group, 0 for mode as_is';
COMMENT ON COLUMN linkhaul_bi.links.is_broken IS 'the page linked to answers 4xx or 5xx';
COMMENT ON COLUMN linkhaul_bi.links.url_to_status_code IS 'HTTP status of the page linked to';
COMMENT ON COLUMN linkhaul_bi.links.url_to_spam_score IS '0 to 100';
COMMENT ON COLUMN linkhaul_bi.links.url_to_redirect_target IS 'where the page linked to redirects';
COMMENT ON COLUMN linkhaul_bi.links.page_from_keywords_count_top_3 IS 'keywords the page ranks for in the top 3';
COMMENT ON COLUMN linkhaul_bi.links.page_from_keywords_count_top_10 IS 'in the top 10';
COMMENT ON COLUMN linkhaul_bi.links.page_from_keywords_count_top_100 IS 'in the top 100';
COMMENT ON COLUMN linkhaul_bi.links.is_indirect_link IS 'through redirects or canonicals';
COMMENT ON COLUMN linkhaul_bi.links.job IS 'job that keeps it: one target can stand in several';
