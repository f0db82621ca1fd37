-- What a feed is now: its links and referring domains, kept at publish, and what became of them.
--
-- A row is touched only where it differs: a night changes a few links in a hundred, and to write all
-- of them anew costs twice the time and four times the log. So nothing here says when a link was last
-- in a listing.

CREATE TABLE linkhaul.link (
    feed_id                   bigint NOT NULL, -- no foreign key: a million checks of one row
    link_key                  uuid NOT NULL,
    state                     text NOT NULL
                              CHECK (state IN ('live', 'missing', 'lost', 'out_of_scope')),
    first_night               date NOT NULL,
    missing_since             date,
    gone_night                date,
    reason                    text,
    changed_night             date NOT NULL,
    target                    text,
    domain_from               text,
    url_from                  text,
    domain_to                 text,
    url_to                    text,
    tld_from                  text,
    item_type                 text,
    attributes                text[],
    dofollow                  boolean,
    anchor                    text,
    semantic_location         text,
    is_broken                 boolean,
    rank                      bigint,
    page_from_rank            bigint,
    domain_from_rank          bigint,
    backlink_spam_score       bigint,
    domain_from_country       text,
    domain_from_platform_type text[],
    page_from_language        text,
    links_count               bigint,
    first_seen                timestamptz,
    last_seen                 timestamptz,
    PRIMARY KEY (feed_id, link_key)
) WITH (fillfactor = 90); -- room beside a row for its next version: no index is touched then

COMMENT ON TABLE linkhaul.link IS 'Links of a feed as they were last told, the lost ones too; of backlinks and page_intersection';
COMMENT ON COLUMN linkhaul.link.link_key IS 'the link''s name, as in the facts';
COMMENT ON COLUMN linkhaul.link.state IS 'live; missing: not in the last complete listing; lost: the vendor says so, or not in two complete listings in a row; out_of_scope: alive, and no longer what the feed asks for';
COMMENT ON COLUMN linkhaul.link.first_night IS 'night of the first listing that had it';
COMMENT ON COLUMN linkhaul.link.missing_since IS 'night of the first complete listing that did not have it; null: it is there';
COMMENT ON COLUMN linkhaul.link.gone_night IS 'night on which it was found to be lost or out of scope; null: it is neither';
COMMENT ON COLUMN linkhaul.link.reason IS 'why it is lost or out of scope';
COMMENT ON COLUMN linkhaul.link.changed_night IS 'night that last changed anything here';
COMMENT ON COLUMN linkhaul.link.target IS 'what the job asked for; of an intersection under the first key that has the link';
COMMENT ON COLUMN linkhaul.link.last_seen IS 'when the vendor last saw the link, as of changed_night: a visit that changed nothing is not noted';

CREATE TABLE linkhaul.referring_domain (
    feed_id             bigint NOT NULL,
    link_key            uuid NOT NULL,
    state               text NOT NULL
                        CHECK (state IN ('live', 'missing', 'lost', 'out_of_scope')),
    first_night         date NOT NULL,
    missing_since       date,
    gone_night          date,
    reason              text,
    changed_night       date NOT NULL,
    domain_from         text NOT NULL,
    links               bigint,
    dofollow_links      bigint,
    rank                bigint,
    backlink_spam_score bigint,
    intersections_count bigint,
    tld_from            text,
    domain_from_country text,
    first_seen          timestamptz,
    PRIMARY KEY (feed_id, link_key)
) WITH (fillfactor = 90);

COMMENT ON TABLE linkhaul.referring_domain IS 'Referring domains of a feed as they were last told, the lost ones too: summed over its links, or those that domain_intersection and referring_domains list';
COMMENT ON COLUMN linkhaul.referring_domain.link_key IS 'md5(domain_from): a name of any length fits an index';
COMMENT ON COLUMN linkhaul.referring_domain.state IS 'as of a link; where summed over links: live while one of them is';
COMMENT ON COLUMN linkhaul.referring_domain.first_night IS 'night of the first listing that had it';
COMMENT ON COLUMN linkhaul.referring_domain.missing_since IS 'night of the first complete listing that did not have it; null: it is there';
COMMENT ON COLUMN linkhaul.referring_domain.gone_night IS 'night on which it was found to be lost or out of scope; null: it is neither';
COMMENT ON COLUMN linkhaul.referring_domain.reason IS 'why it is lost or out of scope';
COMMENT ON COLUMN linkhaul.referring_domain.changed_night IS 'night that last changed anything here';
COMMENT ON COLUMN linkhaul.referring_domain.links IS 'live links; of a listing of domains as the vendor counts them, over all its targets';
COMMENT ON COLUMN linkhaul.referring_domain.dofollow_links IS 'of these, those that pass rank; null where domains are listed';
COMMENT ON COLUMN linkhaul.referring_domain.rank IS 'the best that was told of the domain';
COMMENT ON COLUMN linkhaul.referring_domain.backlink_spam_score IS 'the worst of its links, 0 to 100; of a listing of domains the vendor''s average';
COMMENT ON COLUMN linkhaul.referring_domain.intersections_count IS 'targets that it links to, of an intersection';

-- What has the API's name is what the facts say it is.
DO $$
DECLARE
    c record;
BEGIN
    FOR c IN
        SELECT a.attrelid::regclass AS place, a.attname, col_description(f.attrelid, f.attnum) AS text
        FROM pg_attribute AS a
        JOIN pg_attribute AS f ON f.attrelid = 'linkhaul.backlink'::regclass AND f.attname = a.attname
        WHERE a.attrelid IN ('linkhaul.link'::regclass, 'linkhaul.referring_domain'::regclass)
          AND a.attnum > 0 AND col_description(a.attrelid, a.attnum) IS NULL
    LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', c.place, c.attname, c.text);
    END LOOP;
END
$$;
COMMENT ON COLUMN linkhaul.link.feed_id IS 'whose it is';
COMMENT ON COLUMN linkhaul.referring_domain.feed_id IS 'whose it is';

-- Nothing of it is ever dropped, so partitions would bring no more than their planning.
CREATE TABLE linkhaul.link_event (
    event_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    feed_id    bigint NOT NULL REFERENCES linkhaul.feed,
    night      date NOT NULL,
    listing_id bigint NOT NULL REFERENCES linkhaul.listing,
    event      text NOT NULL
               CHECK (event IN ('baseline', 'new', 'lost', 'returned', 'out_of_scope')),
    link_key   uuid,
    n_links    bigint,
    reason     text,
    CHECK ((event = 'baseline') = (link_key IS NULL)),
    CHECK ((event = 'baseline') = (n_links IS NOT NULL))
);
CREATE INDEX ON linkhaul.link_event (feed_id, night);
COMMENT ON TABLE linkhaul.link_event IS 'What became of links, and of domains where domains are listed; append-only';
COMMENT ON COLUMN linkhaul.link_event.feed_id IS 'whose it is';
COMMENT ON COLUMN linkhaul.link_event.night IS 'night of the listing that showed it';
COMMENT ON COLUMN linkhaul.link_event.listing_id IS 'that listing';
COMMENT ON COLUMN linkhaul.link_event.event IS 'baseline: the feed''s first listing, once for all its links; new, lost, returned, out_of_scope';
COMMENT ON COLUMN linkhaul.link_event.link_key IS 'which link, or which domain; null: baseline';
COMMENT ON COLUMN linkhaul.link_event.n_links IS 'baseline: how many there were';
COMMENT ON COLUMN linkhaul.link_event.reason IS 'how it is known that it is lost or out of scope';

ALTER TABLE linkhaul.feed
    ADD baseline_listing_id bigint REFERENCES linkhaul.listing,
    ADD whole_listing_id    bigint REFERENCES linkhaul.listing;
COMMENT ON COLUMN linkhaul.feed.baseline_listing_id IS 'The first listing that its state was made of';
COMMENT ON COLUMN linkhaul.feed.whole_listing_id IS 'The first complete one: what is not known after it is new';

ALTER TABLE linkhaul.listing
    ADD n_new  bigint NOT NULL DEFAULT 0,
    ADD n_lost bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN linkhaul.listing.n_new IS 'Links, or domains, that it brought as new';
COMMENT ON COLUMN linkhaul.listing.n_lost IS 'Links, or domains, that it showed to be lost';

-- The state that a feed's endpoint has: link, referring_domain, or null where its rows are neither.
CREATE FUNCTION linkhaul.state_of(facts text) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN facts IN ('backlink', 'page_intersection') THEN 'link'
                WHEN facts IN ('domain_intersection', 'referring_domain_metrics')
                THEN 'referring_domain' END;

-- What a request's mode groups links by: domain_from, or anything else; null: it lists them all.
CREATE FUNCTION linkhaul.grouped_by(request jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN jsonb_typeof(request -> 'custom_mode') = 'object'
                THEN request #>> '{custom_mode,field}'
                WHEN request ->> 'mode' = 'one_per_domain' THEN 'domain_from'
                WHEN request ->> 'mode' <> 'as_is' THEN request ->> 'mode' END;

-- Whether a request leaves out links that are alive.
CREATE FUNCTION linkhaul.is_narrowed(request jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN request ?| ARRAY['filters', 'backlinks_filters', 'include_subdomains',
                            'include_indirect_links', 'exclude_internal_backlinks',
                            'exclude_targets']
           OR linkhaul.grouped_by(request) IS NOT NULL;

-- Sums up the referring domains of a feed over its links: those named, or all where null. By ANY, with
-- a plan for these names: a feed that has just been loaded has no statistics, and a join with the names
-- would be a loop within a loop.
CREATE FUNCTION linkhaul.sum_domains(feed bigint, of_night date, domains text[]) RETURNS void
    LANGUAGE plpgsql
    SET work_mem = '64MB' SET jit = off SET plan_cache_mode = force_custom_plan AS
$$
BEGIN
    INSERT INTO linkhaul.referring_domain AS r
        (feed_id, link_key, state, first_night, missing_since, gone_night, reason, changed_night,
         domain_from, links, dofollow_links, rank, backlink_spam_score, tld_from,
         domain_from_country, first_seen)
    SELECT feed, md5(d.domain_from)::uuid, d.state, d.first_night,
           CASE WHEN d.state <> 'live' THEN d.missing_since END,
           CASE WHEN d.state IN ('lost', 'out_of_scope') THEN d.gone_night END,
           CASE WHEN d.state IN ('lost', 'out_of_scope') THEN d.reason END, of_night,
           d.domain_from, d.links, d.dofollow_links, d.rank, d.spam, d.tld, d.country,
           d.first_seen
    FROM (SELECT k.domain_from,
                 CASE WHEN bool_or(k.state = 'live') THEN 'live'
                      WHEN bool_or(k.state = 'missing') THEN 'missing'
                      WHEN bool_or(k.state = 'out_of_scope') THEN 'out_of_scope'
                      ELSE 'lost' END AS state,
                 min(k.first_night) AS first_night, max(k.missing_since) AS missing_since,
                 max(k.gone_night) AS gone_night, max(k.reason) AS reason,
                 count(*) FILTER (WHERE k.state = 'live') AS links,
                 count(*) FILTER (WHERE k.state = 'live' AND k.dofollow) AS dofollow_links,
                 coalesce(max(k.domain_from_rank) FILTER (WHERE k.state = 'live'),
                          max(k.domain_from_rank)) AS rank,
                 coalesce(max(k.backlink_spam_score) FILTER (WHERE k.state = 'live'),
                          max(k.backlink_spam_score)) AS spam,
                 min(k.tld_from) AS tld, min(k.domain_from_country) AS country,
                 min(k.first_seen) AS first_seen
          FROM linkhaul.link AS k
          WHERE k.feed_id = feed AND k.domain_from IS NOT NULL
            AND (domains IS NULL OR k.domain_from = ANY (domains))
          GROUP BY k.domain_from) AS d
    ON CONFLICT (feed_id, link_key) DO UPDATE
    SET state = excluded.state, first_night = excluded.first_night,
        missing_since = excluded.missing_since, gone_night = excluded.gone_night,
        reason = excluded.reason, changed_night = excluded.changed_night, links = excluded.links,
        dofollow_links = excluded.dofollow_links, rank = excluded.rank,
        backlink_spam_score = excluded.backlink_spam_score, tld_from = excluded.tld_from,
        domain_from_country = excluded.domain_from_country, first_seen = excluded.first_seen
    WHERE (r.state, r.missing_since, r.gone_night, r.reason, r.links, r.dofollow_links, r.rank,
           r.backlink_spam_score, r.tld_from, r.domain_from_country, r.first_seen)
          IS DISTINCT FROM
          (excluded.state, excluded.missing_since, excluded.gone_night, excluded.reason,
           excluded.links, excluded.dofollow_links, excluded.rank, excluded.backlink_spam_score,
           excluded.tld_from, excluded.domain_from_country, excluded.first_seen);
END
$$;
COMMENT ON FUNCTION linkhaul.sum_domains IS 'Keeps the referring domains of a feed whose links have changed';

-- The rows of a listing by their names, as the state has them; what the vendor calls lost is told.
-- A host's name has 253 characters at most; what is longer would fit no index, and the facts have it.
CREATE FUNCTION linkhaul.rows_for_state(facts text, columns text[]) RETURNS text
    LANGUAGE sql IMMUTABLE AS
$$
    SELECT CASE WHEN linkhaul.state_of(facts) = 'link'
                THEN format('SELECT %s link_key, coalesce(is_lost, false) AS is_lost, %s ',
                            CASE facts WHEN 'page_intersection' THEN 'DISTINCT ON (link_key)' END,
                            array_to_string(array_replace(columns, 'domain_from',
                                                          'left(domain_from, 253) AS domain_from'),
                                            ', '))
                ELSE 'SELECT link_key, bool_or(lost_date IS NOT NULL) AS is_lost,
                             min(domain_from) AS domain_from, sum(backlinks)::bigint AS links,
                             max(rank) AS rank, max(backlinks_spam_score) AS backlink_spam_score, '
                     || CASE facts WHEN 'domain_intersection'
                                   THEN 'max(intersections_count)' ELSE 'NULL::bigint' END
                     || ' AS intersections_count, min(first_seen) AS first_seen ' END
           || format('FROM linkhaul.%I WHERE night = $2 AND listing_id = $3 ', facts)
           || CASE WHEN linkhaul.state_of(facts) <> 'link' THEN 'GROUP BY link_key'
                   WHEN facts = 'page_intersection'
                   THEN 'ORDER BY link_key, is_lost, target_key, slice_no, ordinal, link_no'
                   ELSE '' END
$$;
