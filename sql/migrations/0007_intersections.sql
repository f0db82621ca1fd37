-- Facts of the intersections: a row per item and target key, and per link where there are several.
-- docs.dataforseo.com/v3/backlinks/domain_intersection/live and page_intersection/live

CREATE TABLE linkhaul.domain_intersection (
    night                              date NOT NULL,
    run_id                             bigint NOT NULL,
    listing_id                         bigint NOT NULL,
    slice_no                           integer NOT NULL,
    ordinal                            bigint NOT NULL,
    target                             text NOT NULL,
    target_key                         text NOT NULL,
    link_key                           uuid NOT NULL,
    loaded_at                          timestamptz NOT NULL,
    intersections_count                bigint,
    type                               text,
    domain_from                        text,
    rank                               bigint,
    backlinks                          bigint,
    first_seen                         timestamptz,
    lost_date                          timestamptz,
    backlinks_spam_score               bigint,
    broken_backlinks                   bigint,
    broken_pages                       bigint,
    referring_domains                  bigint,
    referring_domains_nofollow         bigint,
    referring_main_domains             bigint,
    referring_main_domains_nofollow    bigint,
    referring_ips                      bigint,
    referring_subnets                  bigint,
    referring_pages                    bigint,
    referring_links_tld                jsonb,
    referring_links_types              jsonb,
    referring_links_attributes         jsonb,
    referring_links_platform_types     jsonb,
    referring_links_semantic_locations jsonb,
    referring_links_countries          jsonb,
    referring_pages_nofollow           bigint,
    extra                              jsonb
) PARTITION BY RANGE (night);
CREATE INDEX domain_intersection_listing ON linkhaul.domain_intersection (listing_id);

COMMENT ON TABLE linkhaul.domain_intersection IS 'Referring domains that link to several targets, one row per domain and target; append-only, partitioned by month of night';
COMMENT ON COLUMN linkhaul.domain_intersection.night IS 'night of the run, and the key of the partitions';
COMMENT ON COLUMN linkhaul.domain_intersection.run_id IS 'run that fetched it';
COMMENT ON COLUMN linkhaul.domain_intersection.listing_id IS 'listing it belongs to';
COMMENT ON COLUMN linkhaul.domain_intersection.slice_no IS 'part of the listing';
COMMENT ON COLUMN linkhaul.domain_intersection.ordinal IS 'place of the item in its slice as received, from 1; all rows of an item have it';
COMMENT ON COLUMN linkhaul.domain_intersection.target IS 'what the job asked for under this key; empty where the key was not asked for';
COMMENT ON COLUMN linkhaul.domain_intersection.target_key IS 'key of the target in the request';
COMMENT ON COLUMN linkhaul.domain_intersection.link_key IS 'md5(domain_from): the referring domain''s name';
COMMENT ON COLUMN linkhaul.domain_intersection.loaded_at IS 'when it was decoded';
COMMENT ON COLUMN linkhaul.domain_intersection.intersections_count IS 'targets that the item belongs to; null where the API does not tell';
COMMENT ON COLUMN linkhaul.domain_intersection.type IS 'always backlinks_domain_intersection';
COMMENT ON COLUMN linkhaul.domain_intersection.domain_from IS 'referring domain, with www. where it has it; the API calls it target';
COMMENT ON COLUMN linkhaul.domain_intersection.rank IS 'of the referring domain, 0 to 1000 or 0 to 100 by rank_scale';
COMMENT ON COLUMN linkhaul.domain_intersection.backlinks IS 'links from the referring domain';
COMMENT ON COLUMN linkhaul.domain_intersection.first_seen IS 'when the vendor first saw one of them';
COMMENT ON COLUMN linkhaul.domain_intersection.lost_date IS 'when the last of them was lost';
COMMENT ON COLUMN linkhaul.domain_intersection.backlinks_spam_score IS 'average of the links, 0 to 100';
COMMENT ON COLUMN linkhaul.domain_intersection.broken_backlinks IS 'links to pages that answer 4xx or 5xx';
COMMENT ON COLUMN linkhaul.domain_intersection.broken_pages IS 'pages linked to that answer 4xx or 5xx';
COMMENT ON COLUMN linkhaul.domain_intersection.referring_domains IS 'domains and subdomains with links';
COMMENT ON COLUMN linkhaul.domain_intersection.referring_domains_nofollow IS 'of these, with a nofollow link';
COMMENT ON COLUMN linkhaul.domain_intersection.referring_main_domains IS 'main domains with links';
COMMENT ON COLUMN linkhaul.domain_intersection.referring_main_domains_nofollow IS 'of these, with a nofollow link';
COMMENT ON COLUMN linkhaul.domain_intersection.referring_ips IS 'addresses with links';
COMMENT ON COLUMN linkhaul.domain_intersection.referring_subnets IS 'networks with links';
COMMENT ON COLUMN linkhaul.domain_intersection.referring_pages IS 'pages with links';
COMMENT ON COLUMN linkhaul.domain_intersection.referring_links_tld IS 'links by top-level domain';
COMMENT ON COLUMN linkhaul.domain_intersection.referring_links_types IS 'links by type: anchor, image, redirect, ...';
COMMENT ON COLUMN linkhaul.domain_intersection.referring_links_attributes IS 'links by rel value; null where none has one';
COMMENT ON COLUMN linkhaul.domain_intersection.referring_links_platform_types IS 'links by platform: cms, blogs, news, ...';
COMMENT ON COLUMN linkhaul.domain_intersection.referring_links_semantic_locations IS 'links by HTML element around them; the empty key: none';
COMMENT ON COLUMN linkhaul.domain_intersection.referring_links_countries IS 'links by country';
COMMENT ON COLUMN linkhaul.domain_intersection.referring_pages_nofollow IS 'pages with a nofollow link; since 2023';
COMMENT ON COLUMN linkhaul.domain_intersection.extra IS 'what the API sent and no column takes, as it came; of the item itself in its first row';

CREATE TABLE linkhaul.page_intersection (
    night                     date NOT NULL,
    run_id                    bigint NOT NULL,
    listing_id                bigint NOT NULL,
    slice_no                  integer NOT NULL,
    ordinal                   bigint NOT NULL,
    target                    text NOT NULL,
    target_key                text NOT NULL,
    link_key                  uuid NOT NULL,
    link_no                   integer NOT NULL,
    loaded_at                 timestamptz NOT NULL,
    intersections_count       bigint,
    type                      text,
    domain_from               text,
    url_from                  text,
    url_from_https            boolean,
    domain_to                 text,
    url_to                    text,
    url_to_https              boolean,
    tld_from                  text,
    is_new                    boolean,
    is_lost                   boolean,
    backlink_spam_score       bigint,
    rank                      bigint,
    page_from_rank            bigint,
    domain_from_rank          bigint,
    domain_from_platform_type text[],
    domain_from_is_ip         boolean,
    domain_from_ip            text,
    domain_from_country       text,
    page_from_external_links  bigint,
    page_from_internal_links  bigint,
    page_from_size            bigint,
    page_from_encoding        text,
    page_from_language        text,
    page_from_title           text,
    page_from_status_code     bigint,
    first_seen                timestamptz,
    prev_seen                 timestamptz,
    last_seen                 timestamptz,
    item_type                 text,
    attributes                text[],
    dofollow                  boolean,
    original                  boolean,
    alt                       text,
    anchor                    text,
    text_pre                  text,
    text_post                 text,
    semantic_location         text,
    links_count               bigint,
    group_count               bigint,
    is_broken                 boolean,
    url_to_status_code        bigint,
    url_to_spam_score         bigint,
    url_to_redirect_target    text,
    is_indirect_link          boolean,
    indirect_link_path        jsonb,
    extra                     jsonb
) PARTITION BY RANGE (night);
CREATE INDEX page_intersection_listing ON linkhaul.page_intersection (listing_id);

COMMENT ON TABLE linkhaul.page_intersection IS 'Pages that link to several targets, one row per link; append-only, partitioned by month of night';
COMMENT ON COLUMN linkhaul.page_intersection.night IS 'night of the run, and the key of the partitions';
COMMENT ON COLUMN linkhaul.page_intersection.run_id IS 'run that fetched it';
COMMENT ON COLUMN linkhaul.page_intersection.listing_id IS 'listing it belongs to';
COMMENT ON COLUMN linkhaul.page_intersection.slice_no IS 'part of the listing';
COMMENT ON COLUMN linkhaul.page_intersection.ordinal IS 'place of the item in its slice as received, from 1; all rows of an item have it';
COMMENT ON COLUMN linkhaul.page_intersection.target IS 'what the job asked for under this key; empty where the key was not asked for';
COMMENT ON COLUMN linkhaul.page_intersection.target_key IS 'key of the target in the request';
COMMENT ON COLUMN linkhaul.page_intersection.link_key IS 'md5(url_from || E''\n'' || url_to): the link''s name';
COMMENT ON COLUMN linkhaul.page_intersection.link_no IS 'place of the link among those of the item to this target, from 1';
COMMENT ON COLUMN linkhaul.page_intersection.loaded_at IS 'when it was decoded';
COMMENT ON COLUMN linkhaul.page_intersection.intersections_count IS 'targets that the item belongs to; null where the API does not tell';
COMMENT ON COLUMN linkhaul.page_intersection.type IS 'always backlinks_page_intersection';
COMMENT ON COLUMN linkhaul.page_intersection.domain_from IS 'referring host, with www. where it has it';
COMMENT ON COLUMN linkhaul.page_intersection.url_from IS 'referring page';
COMMENT ON COLUMN linkhaul.page_intersection.url_from_https IS 'the referring page is https';
COMMENT ON COLUMN linkhaul.page_intersection.domain_to IS 'host that is linked to';
COMMENT ON COLUMN linkhaul.page_intersection.url_to IS 'page that is linked to';
COMMENT ON COLUMN linkhaul.page_intersection.url_to_https IS 'the page linked to is https';
COMMENT ON COLUMN linkhaul.page_intersection.tld_from IS 'top-level domain of the referring host';
COMMENT ON COLUMN linkhaul.page_intersection.is_new IS 'the vendor found it at its last visit';
COMMENT ON COLUMN linkhaul.page_intersection.is_lost IS 'the vendor no longer found it';
COMMENT ON COLUMN linkhaul.page_intersection.backlink_spam_score IS '0 to 100';
COMMENT ON COLUMN linkhaul.page_intersection.rank IS 'of the link, 0 to 1000 or 0 to 100 by rank_scale';
COMMENT ON COLUMN linkhaul.page_intersection.page_from_rank IS 'of the referring page, same scale';
COMMENT ON COLUMN linkhaul.page_intersection.domain_from_rank IS 'of the referring domain, same scale';
COMMENT ON COLUMN linkhaul.page_intersection.domain_from_platform_type IS 'cms, blogs, ecommerce, news, ..., also unknown';
COMMENT ON COLUMN linkhaul.page_intersection.domain_from_is_ip IS 'the referring host is an address';
COMMENT ON COLUMN linkhaul.page_intersection.domain_from_ip IS 'address of the referring host';
COMMENT ON COLUMN linkhaul.page_intersection.domain_from_country IS 'ISO code, WW where unknown';
COMMENT ON COLUMN linkhaul.page_intersection.page_from_external_links IS 'links to other sites on the page';
COMMENT ON COLUMN linkhaul.page_intersection.page_from_internal_links IS 'links within the site on the page';
COMMENT ON COLUMN linkhaul.page_intersection.page_from_size IS 'bytes, 0 for redirects';
COMMENT ON COLUMN linkhaul.page_intersection.page_from_encoding IS 'character encoding';
COMMENT ON COLUMN linkhaul.page_intersection.page_from_language IS 'ISO 639-1';
COMMENT ON COLUMN linkhaul.page_intersection.page_from_title IS 'title of the referring page';
COMMENT ON COLUMN linkhaul.page_intersection.page_from_status_code IS 'HTTP status of the referring page';
COMMENT ON COLUMN linkhaul.page_intersection.first_seen IS 'when the vendor first saw the link';
COMMENT ON COLUMN linkhaul.page_intersection.prev_seen IS 'the visit before the last; null where new';
COMMENT ON COLUMN linkhaul.page_intersection.last_seen IS 'when the vendor last saw the link';
COMMENT ON COLUMN linkhaul.page_intersection.item_type IS 'anchor, image, meta, canonical, alternate, redirect';
COMMENT ON COLUMN linkhaul.page_intersection.attributes IS 'rel values such as nofollow';
COMMENT ON COLUMN linkhaul.page_intersection.dofollow IS 'passes rank';
COMMENT ON COLUMN linkhaul.page_intersection.original IS 'was there when the page was first seen';
COMMENT ON COLUMN linkhaul.page_intersection.alt IS 'alternative text of an image';
COMMENT ON COLUMN linkhaul.page_intersection.anchor IS 'anchor text';
COMMENT ON COLUMN linkhaul.page_intersection.text_pre IS 'text before the anchor';
COMMENT ON COLUMN linkhaul.page_intersection.text_post IS 'text behind the anchor';
COMMENT ON COLUMN linkhaul.page_intersection.semantic_location IS 'HTML element around the link';
COMMENT ON COLUMN linkhaul.page_intersection.links_count IS 'equal links on the page';
COMMENT ON COLUMN linkhaul.page_intersection.group_count IS 'links of the group, 0 for mode as_is';
COMMENT ON COLUMN linkhaul.page_intersection.is_broken IS 'the page linked to answers 4xx or 5xx';
COMMENT ON COLUMN linkhaul.page_intersection.url_to_status_code IS 'HTTP status of the page linked to';
COMMENT ON COLUMN linkhaul.page_intersection.url_to_spam_score IS '0 to 100';
COMMENT ON COLUMN linkhaul.page_intersection.url_to_redirect_target IS 'where the page linked to redirects';
COMMENT ON COLUMN linkhaul.page_intersection.is_indirect_link IS 'through redirects or canonicals';
COMMENT ON COLUMN linkhaul.page_intersection.indirect_link_path IS 'the steps in between: type, status_code, url';
COMMENT ON COLUMN linkhaul.page_intersection.extra IS 'what the API sent and no column takes, as it came; of the item itself in its first row';

-- What analysts read of them: only what is published, and of each feed only the newest. OFFSET 0 as in
-- linkhaul_bi.links.

CREATE VIEW linkhaul_bi.domain_intersections AS
SELECT f.project,
       b.target,
       l.night,
       f.feed_id,
       l.completeness,
       b.target_key,
       b.intersections_count,
       b.type,
       b.domain_from,
       b.rank,
       b.backlinks,
       b.first_seen,
       b.lost_date,
       b.backlinks_spam_score,
       b.broken_backlinks,
       b.broken_pages,
       b.referring_domains,
       b.referring_domains_nofollow,
       b.referring_main_domains,
       b.referring_main_domains_nofollow,
       b.referring_ips,
       b.referring_subnets,
       b.referring_pages,
       b.referring_pages_nofollow,
       f.job
FROM linkhaul.feed AS f
JOIN linkhaul.listing AS l ON l.listing_id = f.published_listing_id AND l.state = 'published'
CROSS JOIN LATERAL (
    SELECT *
    FROM linkhaul.domain_intersection AS facts
    WHERE facts.listing_id = l.listing_id AND facts.night = l.night
    OFFSET 0
) AS b;

COMMENT ON VIEW linkhaul_bi.domain_intersections IS 'Referring domains of the newest published listing of each intersection, a row per target';
COMMENT ON COLUMN linkhaul_bi.domain_intersections.project IS 'who the data is for';
COMMENT ON COLUMN linkhaul_bi.domain_intersections.target IS 'what the job asked for under target_key';
COMMENT ON COLUMN linkhaul_bi.domain_intersections.night IS 'night of the listing';
COMMENT ON COLUMN linkhaul_bi.domain_intersections.feed_id IS 'targets with their parameters';
COMMENT ON COLUMN linkhaul_bi.domain_intersections.completeness IS 'complete; limited: cut at max_rows; capped: cut by the API; short: items are missing';
COMMENT ON COLUMN linkhaul_bi.domain_intersections.target_key IS 'key of the target in the request';
COMMENT ON COLUMN linkhaul_bi.domain_intersections.intersections_count IS 'targets that the item belongs to; null where the API does not tell';
COMMENT ON COLUMN linkhaul_bi.domain_intersections.type IS 'always backlinks_domain_intersection';
COMMENT ON COLUMN linkhaul_bi.domain_intersections.domain_from IS 'referring domain, with www. where it has it; the API calls it target';
COMMENT ON COLUMN linkhaul_bi.domain_intersections.rank IS 'of the referring domain, 0 to 1000 or 0 to 100 by rank_scale';
COMMENT ON COLUMN linkhaul_bi.domain_intersections.backlinks IS 'links from the referring domain';
COMMENT ON COLUMN linkhaul_bi.domain_intersections.first_seen IS 'when the vendor first saw one of them';
COMMENT ON COLUMN linkhaul_bi.domain_intersections.lost_date IS 'when the last of them was lost';
COMMENT ON COLUMN linkhaul_bi.domain_intersections.backlinks_spam_score IS 'average of the links, 0 to 100';
COMMENT ON COLUMN linkhaul_bi.domain_intersections.broken_backlinks IS 'links to pages that answer 4xx or 5xx';
COMMENT ON COLUMN linkhaul_bi.domain_intersections.broken_pages IS 'pages linked to that answer 4xx or 5xx';
COMMENT ON COLUMN linkhaul_bi.domain_intersections.referring_domains IS 'domains and subdomains with links';
COMMENT ON COLUMN linkhaul_bi.domain_intersections.referring_domains_nofollow IS 'of these, with a nofollow link';
COMMENT ON COLUMN linkhaul_bi.domain_intersections.referring_main_domains IS 'main domains with links';
COMMENT ON COLUMN linkhaul_bi.domain_intersections.referring_main_domains_nofollow IS 'of these, with a nofollow link';
COMMENT ON COLUMN linkhaul_bi.domain_intersections.referring_ips IS 'addresses with links';
COMMENT ON COLUMN linkhaul_bi.domain_intersections.referring_subnets IS 'networks with links';
COMMENT ON COLUMN linkhaul_bi.domain_intersections.referring_pages IS 'pages with links';
COMMENT ON COLUMN linkhaul_bi.domain_intersections.referring_pages_nofollow IS 'pages with a nofollow link; since 2023';
COMMENT ON COLUMN linkhaul_bi.domain_intersections.job IS 'job that keeps it: the same targets can stand in several';

CREATE VIEW linkhaul_bi.page_intersections AS
SELECT f.project,
       b.target,
       l.night,
       f.feed_id,
       l.completeness,
       b.target_key,
       b.intersections_count,
       b.type,
       b.link_no,
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
       b.is_indirect_link,
       f.job
FROM linkhaul.feed AS f
JOIN linkhaul.listing AS l ON l.listing_id = f.published_listing_id AND l.state = 'published'
CROSS JOIN LATERAL (
    SELECT *
    FROM linkhaul.page_intersection AS facts
    WHERE facts.listing_id = l.listing_id AND facts.night = l.night
    OFFSET 0
) AS b;

COMMENT ON VIEW linkhaul_bi.page_intersections IS 'Links of the newest published listing of each page intersection';
COMMENT ON COLUMN linkhaul_bi.page_intersections.project IS 'who the data is for';
COMMENT ON COLUMN linkhaul_bi.page_intersections.target IS 'what the job asked for under target_key';
COMMENT ON COLUMN linkhaul_bi.page_intersections.night IS 'night of the listing';
COMMENT ON COLUMN linkhaul_bi.page_intersections.feed_id IS 'targets with their parameters';
COMMENT ON COLUMN linkhaul_bi.page_intersections.completeness IS 'complete; limited: cut at max_rows; capped: cut by the API; short: items are missing';
COMMENT ON COLUMN linkhaul_bi.page_intersections.target_key IS 'key of the target in the request';
COMMENT ON COLUMN linkhaul_bi.page_intersections.intersections_count IS 'targets that the item belongs to; null where the API does not tell';
COMMENT ON COLUMN linkhaul_bi.page_intersections.type IS 'always backlinks_page_intersection';
COMMENT ON COLUMN linkhaul_bi.page_intersections.link_no IS 'place of the link among those of the page to this target, from 1';
COMMENT ON COLUMN linkhaul_bi.page_intersections.domain_from IS 'referring host, with www. where it has it';
COMMENT ON COLUMN linkhaul_bi.page_intersections.url_from IS 'referring page';
COMMENT ON COLUMN linkhaul_bi.page_intersections.url_from_https IS 'the referring page is https';
COMMENT ON COLUMN linkhaul_bi.page_intersections.domain_to IS 'host that is linked to';
COMMENT ON COLUMN linkhaul_bi.page_intersections.url_to IS 'page that is linked to';
COMMENT ON COLUMN linkhaul_bi.page_intersections.url_to_https IS 'the page linked to is https';
COMMENT ON COLUMN linkhaul_bi.page_intersections.tld_from IS 'top-level domain of the referring host';
COMMENT ON COLUMN linkhaul_bi.page_intersections.is_new IS 'the vendor found it at its last visit';
COMMENT ON COLUMN linkhaul_bi.page_intersections.is_lost IS 'the vendor no longer found it';
COMMENT ON COLUMN linkhaul_bi.page_intersections.backlink_spam_score IS '0 to 100';
COMMENT ON COLUMN linkhaul_bi.page_intersections.rank IS 'of the link, 0 to 1000 or 0 to 100 by rank_scale';
COMMENT ON COLUMN linkhaul_bi.page_intersections.page_from_rank IS 'of the referring page, same scale';
COMMENT ON COLUMN linkhaul_bi.page_intersections.domain_from_rank IS 'of the referring domain, same scale';
COMMENT ON COLUMN linkhaul_bi.page_intersections.domain_from_is_ip IS 'the referring host is an address';
COMMENT ON COLUMN linkhaul_bi.page_intersections.domain_from_ip IS 'address of the referring host';
COMMENT ON COLUMN linkhaul_bi.page_intersections.domain_from_country IS 'ISO code, WW where unknown';
COMMENT ON COLUMN linkhaul_bi.page_intersections.page_from_external_links IS 'links to other sites on the page';
COMMENT ON COLUMN linkhaul_bi.page_intersections.page_from_internal_links IS 'links within the site on the page';
COMMENT ON COLUMN linkhaul_bi.page_intersections.page_from_size IS 'bytes, 0 for redirects';
COMMENT ON COLUMN linkhaul_bi.page_intersections.page_from_encoding IS 'character encoding';
COMMENT ON COLUMN linkhaul_bi.page_intersections.page_from_language IS 'ISO 639-1';
COMMENT ON COLUMN linkhaul_bi.page_intersections.page_from_title IS 'title of the referring page';
COMMENT ON COLUMN linkhaul_bi.page_intersections.page_from_status_code IS 'HTTP status of the referring page';
COMMENT ON COLUMN linkhaul_bi.page_intersections.first_seen IS 'when the vendor first saw the link';
COMMENT ON COLUMN linkhaul_bi.page_intersections.prev_seen IS 'the visit before the last; null where new';
COMMENT ON COLUMN linkhaul_bi.page_intersections.last_seen IS 'when the vendor last saw the link';
COMMENT ON COLUMN linkhaul_bi.page_intersections.item_type IS 'anchor, image, meta, canonical, alternate, redirect';
COMMENT ON COLUMN linkhaul_bi.page_intersections.dofollow IS 'passes rank';
COMMENT ON COLUMN linkhaul_bi.page_intersections.original IS 'was there when the page was first seen';
COMMENT ON COLUMN linkhaul_bi.page_intersections.alt IS 'alternative text of an image';
COMMENT ON COLUMN linkhaul_bi.page_intersections.anchor IS 'anchor text';
COMMENT ON COLUMN linkhaul_bi.page_intersections.text_pre IS 'text before the anchor';
COMMENT ON COLUMN linkhaul_bi.page_intersections.text_post IS 'text behind the anchor';
COMMENT ON COLUMN linkhaul_bi.page_intersections.semantic_location IS 'HTML element around the link';
COMMENT ON COLUMN linkhaul_bi.page_intersections.links_count IS 'equal links on the page';
COMMENT ON COLUMN linkhaul_bi.page_intersections.group_count IS 'links of the group, 0 for mode as_is';
COMMENT ON COLUMN linkhaul_bi.page_intersections.is_broken IS 'the page linked to answers 4xx or 5xx';
COMMENT ON COLUMN linkhaul_bi.page_intersections.url_to_status_code IS 'HTTP status of the page linked to';
COMMENT ON COLUMN linkhaul_bi.page_intersections.url_to_spam_score IS '0 to 100';
COMMENT ON COLUMN linkhaul_bi.page_intersections.url_to_redirect_target IS 'where the page linked to redirects';
COMMENT ON COLUMN linkhaul_bi.page_intersections.is_indirect_link IS 'through redirects or canonicals';
COMMENT ON COLUMN linkhaul_bi.page_intersections.job IS 'job that keeps it: the same targets can stand in several';

DROP FUNCTION linkhaul.take_out_repeats(bigint, text);

-- Takes a listing's repeats out: the API repeats items at the edges of pages. The item received
-- first stays, with all of its rows. `place` is the schema of the rows. Gives the rows that stand and
-- those that went, and how many items went with all of theirs: total_count counts items.
CREATE FUNCTION linkhaul.take_out_repeats(listing bigint, place text, OUT n_rows bigint,
                                          OUT n_repeats bigint, OUT n_items bigint)
    LANGUAGE plpgsql AS
$$
DECLARE
    facts   text;
    night   date;
    is_many boolean; -- an item may have several rows
    ranked  text;
BEGIN
    SELECT f.facts, l.night INTO STRICT facts, night
    FROM linkhaul.listing AS l JOIN linkhaul.feed AS f USING (feed_id)
    WHERE l.listing_id = listing;
    is_many := EXISTS (SELECT FROM pg_attribute AS a
                       WHERE a.attrelid = format('%I.%I', place, facts)::regclass
                         AND a.attname = 'target_key' AND NOT a.attisdropped);

    ranked := format(
        'SELECT ctid AS place, slice_no, ordinal,
                rank() OVER (PARTITION BY %s ORDER BY slice_no, ordinal) AS nth
         FROM %I.%I
         WHERE night = $1 AND listing_id = $2',
        CASE WHEN is_many THEN 'link_key, target_key' ELSE 'link_key' END, place, facts);
    IF is_many THEN
        EXECUTE format('SELECT count(*) FROM (SELECT FROM (%s) AS received
                                              GROUP BY slice_no, ordinal
                                              HAVING bool_and(nth > 1)) AS repeated', ranked)
            INTO n_items USING night, listing;
    END IF;
    EXECUTE format('DELETE FROM %I.%I
                    WHERE night = $1 AND listing_id = $2 AND ctid = ANY (ARRAY(
                        SELECT place FROM (%s) AS received WHERE nth > 1))', place, facts, ranked)
        USING night, listing;
    GET DIAGNOSTICS n_repeats = ROW_COUNT;
    n_items := coalesce(n_items, n_repeats);

    EXECUTE format('SELECT count(*) FROM %I.%I WHERE night = $1 AND listing_id = $2', place, facts)
        INTO n_rows USING night, listing;
END
$$;
COMMENT ON FUNCTION linkhaul.take_out_repeats IS 'Takes a listing''s repeated links out; tells how many rows stand, how many went, and how many items with them';

-- Ends a listing: takes its repeats out and makes it what analysts see of its feed, unless a newer
-- one is. Where it has shrunk by more than max_shrink (parts in a million) since the published one
-- it is held instead, until somebody accepts it.
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
    SELECT b.* INTO before
    FROM linkhaul.feed AS f JOIN linkhaul.listing AS b ON b.listing_id = f.published_listing_id
    WHERE f.feed_id = l.feed_id;
    is_late := before.listing_id IS NOT NULL AND linkhaul.is_newer(before, l);

    n_items := l.n_items;
    -- What was held has had its repeats taken out, and what is missing counted, when it was.
    n_missing := CASE WHEN l.state = 'held' THEN l.n_missing
                      WHEN word = 'limited' THEN 0
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
    IF publish.state = 'published' AND l.kind = 'full' THEN
        UPDATE linkhaul.feed AS f
        SET published_listing_id = listing
        WHERE f.feed_id = l.feed_id
          AND NOT EXISTS (SELECT FROM linkhaul.listing AS newer
                          WHERE newer.listing_id = f.published_listing_id
                            AND linkhaul.is_newer(newer, l));
    END IF;
    RETURN NEXT;
END
$$;
