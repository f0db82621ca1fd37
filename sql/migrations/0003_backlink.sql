-- Facts: what the API delivered, row by row, under the API's own names.
-- docs.dataforseo.com/v3/backlinks/backlinks/live

CREATE TABLE linkhaul.backlink (
    night                            date NOT NULL,
    run_id                           bigint NOT NULL,
    listing_id                       bigint NOT NULL,
    slice_no                         integer NOT NULL,
    ordinal                          bigint NOT NULL,
    target                           text NOT NULL,
    link_key                         uuid NOT NULL,
    loaded_at                        timestamptz NOT NULL,
    type                             text,
    domain_from                      text,
    url_from                         text,
    url_from_https                   boolean,
    domain_to                        text,
    url_to                           text,
    url_to_https                     boolean,
    tld_from                         text,
    is_new                           boolean,
    is_lost                          boolean,
    backlink_spam_score              bigint,
    rank                             bigint,
    page_from_rank                   bigint,
    domain_from_rank                 bigint,
    domain_from_platform_type        text[],
    domain_from_is_ip                boolean,
    domain_from_ip                   text,
    domain_from_country              text,
    page_from_external_links         bigint,
    page_from_internal_links         bigint,
    page_from_size                   bigint,
    page_from_encoding               text,
    page_from_language               text,
    page_from_title                  text,
    page_from_status_code            bigint,
    first_seen                       timestamptz,
    prev_seen                        timestamptz,
    last_seen                        timestamptz,
    item_type                        text,
    attributes                       text[],
    dofollow                         boolean,
    original                         boolean,
    alt                              text,
    image_url                        text,
    anchor                           text,
    text_pre                         text,
    text_post                        text,
    semantic_location                text,
    links_count                      bigint,
    group_count                      bigint,
    is_broken                        boolean,
    url_to_status_code               bigint,
    url_to_spam_score                bigint,
    url_to_redirect_target           text,
    page_from_keywords_count_top_3   bigint,
    page_from_keywords_count_top_10  bigint,
    page_from_keywords_count_top_100 bigint,
    is_indirect_link                 boolean,
    indirect_link_path               jsonb,
    extra                            jsonb
) PARTITION BY RANGE (night);
CREATE INDEX backlink_listing ON linkhaul.backlink (listing_id);

COMMENT ON TABLE linkhaul.backlink IS 'Links to a target, one row per item received; append-only, partitioned by month of night';
COMMENT ON COLUMN linkhaul.backlink.night IS 'night of the run, and the key of the partitions';
COMMENT ON COLUMN linkhaul.backlink.run_id IS 'run that fetched it';
COMMENT ON COLUMN linkhaul.backlink.listing_id IS 'listing it belongs to';
COMMENT ON COLUMN linkhaul.backlink.slice_no IS 'part of the listing';
COMMENT ON COLUMN linkhaul.backlink.ordinal IS 'place of the item in its slice as received, from 1';
COMMENT ON COLUMN linkhaul.backlink.target IS 'what the job asked for';
COMMENT ON COLUMN linkhaul.backlink.link_key IS 'md5(url_from || E''\n'' || url_to): the link''s name';
COMMENT ON COLUMN linkhaul.backlink.loaded_at IS 'when it was decoded';
COMMENT ON COLUMN linkhaul.backlink.type IS 'always backlink';
COMMENT ON COLUMN linkhaul.backlink.domain_from IS 'referring host, with www. where it has it';
COMMENT ON COLUMN linkhaul.backlink.url_from IS 'referring page';
COMMENT ON COLUMN linkhaul.backlink.url_from_https IS 'the referring page is https';
COMMENT ON COLUMN linkhaul.backlink.domain_to IS 'host that is linked to';
COMMENT ON COLUMN linkhaul.backlink.url_to IS 'page that is linked to';
COMMENT ON COLUMN linkhaul.backlink.url_to_https IS 'the page linked to is https';
COMMENT ON COLUMN linkhaul.backlink.tld_from IS 'top-level domain of the referring host';
COMMENT ON COLUMN linkhaul.backlink.is_new IS 'the vendor found it at its last visit';
COMMENT ON COLUMN linkhaul.backlink.is_lost IS 'the vendor no longer found it';
COMMENT ON COLUMN linkhaul.backlink.backlink_spam_score IS '0 to 100';
COMMENT ON COLUMN linkhaul.backlink.rank IS 'of the link, 0 to 1000 or 0 to 100 by rank_scale';
COMMENT ON COLUMN linkhaul.backlink.page_from_rank IS 'of the referring page, same scale';
COMMENT ON COLUMN linkhaul.backlink.domain_from_rank IS 'of the referring domain, same scale';
COMMENT ON COLUMN linkhaul.backlink.domain_from_platform_type IS 'cms, blogs, ecommerce, news, ..., also unknown';
COMMENT ON COLUMN linkhaul.backlink.domain_from_is_ip IS 'the referring host is an address';
COMMENT ON COLUMN linkhaul.backlink.domain_from_ip IS 'address of the referring host';
COMMENT ON COLUMN linkhaul.backlink.domain_from_country IS 'ISO code, WW where unknown';
COMMENT ON COLUMN linkhaul.backlink.page_from_external_links IS 'links to other sites on the page';
COMMENT ON COLUMN linkhaul.backlink.page_from_internal_links IS 'links within the site on the page';
COMMENT ON COLUMN linkhaul.backlink.page_from_size IS 'bytes, 0 for redirects';
COMMENT ON COLUMN linkhaul.backlink.page_from_encoding IS 'character encoding';
COMMENT ON COLUMN linkhaul.backlink.page_from_language IS 'ISO 639-1';
COMMENT ON COLUMN linkhaul.backlink.page_from_title IS 'title of the referring page';
COMMENT ON COLUMN linkhaul.backlink.page_from_status_code IS 'HTTP status of the referring page';
COMMENT ON COLUMN linkhaul.backlink.first_seen IS 'when the vendor first saw the link';
COMMENT ON COLUMN linkhaul.backlink.prev_seen IS 'the visit before the last; null where new';
COMMENT ON COLUMN linkhaul.backlink.last_seen IS 'when the vendor last saw the link';
COMMENT ON COLUMN linkhaul.backlink.item_type IS 'anchor, image, meta, canonical, alternate, redirect';
COMMENT ON COLUMN linkhaul.backlink.attributes IS 'rel values such as nofollow';
COMMENT ON COLUMN linkhaul.backlink.dofollow IS 'passes rank';
COMMENT ON COLUMN linkhaul.backlink.original IS 'was there when the page was first seen';
COMMENT ON COLUMN linkhaul.backlink.alt IS 'alternative text of an image';
COMMENT ON COLUMN linkhaul.backlink.image_url IS 'address of an image';
COMMENT ON COLUMN linkhaul.backlink.anchor IS 'anchor text';
COMMENT ON COLUMN linkhaul.backlink.text_pre IS 'text before the anchor';
COMMENT ON COLUMN linkhaul.backlink.text_post IS 'text behind the anchor';
COMMENT ON COLUMN linkhaul.backlink.semantic_location IS 'HTML element around the link';
COMMENT ON COLUMN linkhaul.backlink.links_count IS 'equal links on the page';
COMMENT ON COLUMN linkhaul.backlink.group_count IS 'links of the group, 0 for mode as_is';
COMMENT ON COLUMN linkhaul.backlink.is_broken IS 'the page linked to answers 4xx or 5xx';
COMMENT ON COLUMN linkhaul.backlink.url_to_status_code IS 'HTTP status of the page linked to';
COMMENT ON COLUMN linkhaul.backlink.url_to_spam_score IS '0 to 100';
COMMENT ON COLUMN linkhaul.backlink.url_to_redirect_target IS 'where the page linked to redirects';
COMMENT ON COLUMN linkhaul.backlink.page_from_keywords_count_top_3 IS 'keywords the page ranks for in the top 3';
COMMENT ON COLUMN linkhaul.backlink.page_from_keywords_count_top_10 IS 'in the top 10';
COMMENT ON COLUMN linkhaul.backlink.page_from_keywords_count_top_100 IS 'in the top 100';
COMMENT ON COLUMN linkhaul.backlink.is_indirect_link IS 'through redirects or canonicals';
COMMENT ON COLUMN linkhaul.backlink.indirect_link_path IS 'the steps in between: type, status_code, url';
COMMENT ON COLUMN linkhaul.backlink.extra IS 'what the API sent and no column takes, as it came';

CREATE TABLE linkhaul.reject (
    night      date NOT NULL,
    run_id     bigint NOT NULL,
    listing_id bigint NOT NULL,
    slice_no   integer NOT NULL,
    ordinal    bigint NOT NULL,
    target     text NOT NULL,
    reason     text NOT NULL,
    raw        text NOT NULL,
    loaded_at  timestamptz NOT NULL
);
CREATE INDEX ON linkhaul.reject (listing_id);
COMMENT ON TABLE linkhaul.reject IS 'Items that were paid for and could not become rows';
COMMENT ON COLUMN linkhaul.reject.ordinal IS 'place of the item in its slice as received, from 1';
COMMENT ON COLUMN linkhaul.reject.reason IS 'why it is not a row';
COMMENT ON COLUMN linkhaul.reject.raw IS 'the item as it came, as far as text can hold it';

-- Sees to it that the month of `night` and the one after it have a partition. A table is made by
-- itself and then attached: that waits for no reader and makes none wait, which PARTITION OF does.
CREATE FUNCTION linkhaul.make_partitions(facts text, night date) RETURNS void
    LANGUAGE plpgsql AS
$$
DECLARE
    month date;
    part  text;
BEGIN
    FOR month IN SELECT date_trunc('month', night::timestamp) + n * interval '1 month'
                 FROM generate_series(0, 1) AS n
    LOOP
        part := facts || to_char(month, '_YYYY_MM');
        CONTINUE WHEN to_regclass(format('linkhaul.%I', part)) IS NOT NULL;
        EXECUTE format('CREATE TABLE linkhaul.%I (LIKE linkhaul.%I INCLUDING ALL)', part, facts);
        EXECUTE format('ALTER TABLE linkhaul.%I ATTACH PARTITION linkhaul.%I FOR VALUES FROM (%L) TO (%L)',
                       facts, part, month, (month + interval '1 month')::date);
    END LOOP;
END
$$;
COMMENT ON FUNCTION linkhaul.make_partitions IS 'Makes the partitions for a night''s month and the next, where they are missing';

-- Takes a listing's repeats out: the API repeats items at the edges of pages. The item received
-- first stays, with all of its rows.
CREATE FUNCTION linkhaul.take_out_repeats(listing bigint, OUT n_rows bigint, OUT n_repeats bigint)
    LANGUAGE plpgsql AS
$$
DECLARE
    facts text;
    night date;
BEGIN
    SELECT f.facts, l.night INTO STRICT facts, night
    FROM linkhaul.listing AS l JOIN linkhaul.feed AS f USING (feed_id)
    WHERE l.listing_id = listing;

    EXECUTE format(
        'DELETE FROM linkhaul.%1$I
         WHERE night = $1 AND listing_id = $2 AND ctid = ANY (ARRAY(
             SELECT place
             FROM (SELECT ctid AS place,
                          rank() OVER (PARTITION BY link_key ORDER BY slice_no, ordinal) AS nth
                   FROM linkhaul.%1$I
                   WHERE night = $1 AND listing_id = $2) AS received
             WHERE nth > 1))', facts) USING night, listing;
    GET DIAGNOSTICS n_repeats = ROW_COUNT;

    EXECUTE format('SELECT count(*) FROM linkhaul.%I WHERE night = $1 AND listing_id = $2', facts)
        INTO n_rows USING night, listing;
END
$$;
COMMENT ON FUNCTION linkhaul.take_out_repeats IS 'Takes a listing''s repeated links out; tells how many rows stand and how many went';
