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

-- Sums up the referring domains of a feed over its links: those named, or all where null.
CREATE FUNCTION linkhaul.sum_domains(feed bigint, of_night date, domains text[]) RETURNS void
    LANGUAGE plpgsql
    SET work_mem = '64MB' SET jit = off AS
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
            AND (domains IS NULL OR k.domain_from IN (SELECT unnest(domains)))
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
CREATE FUNCTION linkhaul.rows_for_state(facts text, columns text[]) RETURNS text
    LANGUAGE sql IMMUTABLE AS
$$
    SELECT CASE WHEN linkhaul.state_of(facts) = 'link'
                THEN format('SELECT %s link_key, coalesce(is_lost, false) AS is_lost, %s ',
                            CASE facts WHEN 'page_intersection' THEN 'DISTINCT ON (link_key)' END,
                            array_to_string(columns, ', '))
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

-- Brings a feed's state to a listing that has just been published and is its newest. All of it is
-- one join of the listing's rows with the feed's, and touches those that differ.
--
-- OFFSET 0 keeps what is looked up for a link that is gone from being looked up for each use of it.
--
-- tells_gone: what is not in it is missing, and the second night in a row lost, or out of scope where
--     it is known to be alive. Only a complete listing of all tells that, and one per domain with
--     its domain; any other grouping has other links every night.
-- tells_new: what is not known is new. Until there was a complete listing (and with groups) only what
--     the vendor has first seen since the baseline is: the rest may just have been cut off before.
CREATE FUNCTION linkhaul.keep_state(l linkhaul.listing) RETURNS void
    LANGUAGE plpgsql
    SET work_mem = '64MB' SET jit = off AS
$$
DECLARE
    f           linkhaul.feed;
    place       text;
    columns     text[]; -- of the metrics: all that the state has in common with the listing
    compared    text[];
    grouping    text := linkhaul.grouped_by(l.request::jsonb);
    is_whole    boolean := l.kind = 'full' AND l.completeness = 'complete';
    original    bigint := coalesce(l.replay_of, l.listing_id);
    tells_gone  boolean;
    tells_new   boolean;
    baseline_at timestamptz;
    others      bigint[]; -- feeds of the same target that were whole lately
    nights      date[];   -- when that was
    told        record;
BEGIN
    SELECT * INTO STRICT f FROM linkhaul.feed AS ff WHERE ff.feed_id = l.feed_id;
    place := linkhaul.state_of(f.facts);
    IF place IS NULL OR l.kind = 'count' THEN
        RETURN;
    END IF;
    tells_gone := is_whole AND (grouping IS NULL OR grouping = 'domain_from');
    tells_new := f.whole_listing_id <> original AND grouping IS NULL;
    SELECT b.started_at INTO baseline_at
    FROM linkhaul.listing AS b WHERE b.listing_id = f.baseline_listing_id;
    columns := CASE place
        WHEN 'link' THEN ARRAY[
            'target', 'domain_from', 'url_from', 'domain_to', 'url_to', 'tld_from', 'item_type',
            'attributes', 'dofollow', 'anchor', 'semantic_location', 'is_broken', 'rank',
            'page_from_rank', 'domain_from_rank', 'backlink_spam_score', 'domain_from_country',
            'domain_from_platform_type', 'page_from_language', 'links_count', 'first_seen',
            'last_seen']
        ELSE ARRAY['domain_from', 'links', 'rank', 'backlink_spam_score', 'intersections_count',
                   'first_seen'] END;
    compared := array_remove(columns, 'last_seen');
    IF linkhaul.is_narrowed(l.request::jsonb) THEN
        SELECT array_agg(o.feed_id), array_agg(whole.night) INTO others, nights
        FROM linkhaul.feed AS o
        JOIN linkhaul.listing AS whole ON whole.listing_id = o.published_listing_id
        WHERE o.target = f.target AND o.feed_id <> f.feed_id AND whole.completeness = 'complete';
    END IF;

    EXECUTE format($sql$
        WITH step AS (
            SELECT link_key, s.is_lost, was.state AS was, was.missing_since,
                   coalesce(s.domain_from, was.domain_from) AS domain, %3$s,
                   CASE WHEN s.is_lost IS NULL
                        THEN CASE was.state WHEN 'live' THEN 'missing' ELSE 'lost' END
                        WHEN s.is_lost OR $4 = 'lost' THEN 'lost'
                        ELSE 'live' END AS state
            FROM (%2$s) AS s
            FULL JOIN (SELECT * FROM linkhaul.%1$I WHERE feed_id = $1) AS was USING (link_key)
            WHERE CASE WHEN s.is_lost IS NULL
                       THEN $5 AND (was.state = 'live'
                                    OR (was.state = 'missing' AND was.missing_since < $2))
                       ELSE was.state IS DISTINCT FROM
                            CASE WHEN s.is_lost OR $4 = 'lost' THEN 'lost' ELSE 'live' END
                            OR (%4$s) IS DISTINCT FROM (%5$s) END
        ), scoped AS (
            SELECT step.*,
                   CASE WHEN is_lost IS NOT NULL OR state <> 'lost' THEN NULL
                        WHEN $6 AND domain IN (SELECT facts.domain_from FROM linkhaul.%6$I AS facts
                                               WHERE facts.night = $2 AND facts.listing_id = $3)
                        THEN 'another link stands for its domain'
                        ELSE (SELECT format('alive in feed %%s, of job %%s', e.feed_id, o.job)
                              FROM unnest($9, $10) AS at (feed_id, night)
                              JOIN linkhaul.%1$I AS e ON e.feed_id = at.feed_id
                                                     AND e.link_key = step.link_key
                              JOIN linkhaul.feed AS o ON o.feed_id = e.feed_id
                              WHERE e.state = 'live' AND at.night >= step.missing_since
                              ORDER BY e.feed_id
                              LIMIT 1) END AS alive
            FROM step
            OFFSET 0
        ), judged AS (
            SELECT scoped.*,
                   CASE WHEN alive IS NOT NULL THEN 'out_of_scope' ELSE state END AS now_is,
                   CASE WHEN state <> 'lost' THEN NULL
                        WHEN is_lost IS NULL THEN coalesce(alive, 'not in the listing')
                        ELSE 'the vendor says so' END AS why
            FROM scoped
        ), told AS MATERIALIZED (
            SELECT judged.*,
                   CASE WHEN was IS NULL
                        THEN CASE WHEN $7 OR first_seen > $8
                                  THEN CASE now_is WHEN 'lost' THEN 'lost' ELSE 'new' END END
                        WHEN now_is IN ('lost', 'out_of_scope') AND was <> now_is THEN now_is
                        WHEN now_is = 'live' AND was IN ('lost', 'out_of_scope') THEN 'returned'
                   END AS event
            FROM judged
        ), added AS (
            INSERT INTO linkhaul.%1$I (feed_id, link_key, state, first_night, gone_night, reason,
                                       changed_night, %7$s)
            SELECT $1, link_key, now_is, $2, CASE now_is WHEN 'lost' THEN $2 END, why, $2, %7$s
            FROM told WHERE was IS NULL
        ), seen AS (
            UPDATE linkhaul.%1$I AS k
            SET state = told.now_is, missing_since = NULL,
                gone_night = CASE WHEN told.now_is <> 'lost' THEN NULL
                                  WHEN told.was = 'lost' THEN k.gone_night ELSE $2 END,
                reason = CASE WHEN told.was = told.now_is THEN k.reason ELSE told.why END,
                changed_night = $2, (%7$s) = ROW(%8$s)
            FROM told
            WHERE k.feed_id = $1 AND k.link_key = told.link_key
              AND told.was IS NOT NULL AND told.is_lost IS NOT NULL
        ), gone AS (
            UPDATE linkhaul.%1$I AS k
            SET state = told.now_is, missing_since = coalesce(k.missing_since, $2),
                gone_night = CASE WHEN told.now_is <> 'missing' THEN $2 END, reason = told.why,
                changed_night = $2
            FROM told
            WHERE k.feed_id = $1 AND k.link_key = told.link_key AND told.is_lost IS NULL
        ), noted AS (
            INSERT INTO linkhaul.link_event (feed_id, night, listing_id, event, link_key, reason)
            SELECT $1, $2, $3, event, link_key, why
            FROM told WHERE event IS NOT NULL
        )
        SELECT count(*) FILTER (WHERE event = 'new') AS n_new,
               count(*) FILTER (WHERE event = 'lost') AS n_lost,
               count(*) FILTER (WHERE is_lost IS NOT NULL) AS n_seen,
               array_agg(DISTINCT domain) FILTER (WHERE $11) AS domains
        FROM told
        $sql$, place, linkhaul.rows_for_state(f.facts, columns),
        (SELECT string_agg('s.' || c, ', ') FROM unnest(columns) AS c),
        (SELECT string_agg('s.' || c, ', ') FROM unnest(compared) AS c),
        (SELECT string_agg('was.' || c, ', ') FROM unnest(compared) AS c),
        f.facts, array_to_string(columns, ', '),
        (SELECT string_agg('told.' || c, ', ') FROM unnest(columns) AS c))
        INTO told
        USING l.feed_id, l.night, l.listing_id, l.kind, tells_gone,
              coalesce(grouping = 'domain_from', false), coalesce(tells_new, false), baseline_at,
              others, nights, place = 'link' AND f.baseline_listing_id IS NOT NULL;

    IF f.baseline_listing_id IS NULL THEN
        INSERT INTO linkhaul.link_event (feed_id, night, listing_id, event, n_links)
        VALUES (l.feed_id, l.night, l.listing_id, 'baseline', told.n_seen);
    END IF;
    IF place = 'link' AND (f.baseline_listing_id IS NULL OR told.domains IS NOT NULL) THEN
        PERFORM linkhaul.sum_domains(l.feed_id, l.night, told.domains);
    END IF;
    UPDATE linkhaul.feed AS ff
    SET baseline_listing_id = coalesce(ff.baseline_listing_id, l.listing_id),
        whole_listing_id = coalesce(ff.whole_listing_id, CASE WHEN is_whole THEN original END)
    WHERE ff.feed_id = l.feed_id
      AND (ff.baseline_listing_id IS NULL OR (is_whole AND ff.whole_listing_id IS NULL));
    UPDATE linkhaul.listing AS ll SET n_new = told.n_new, n_lost = told.n_lost
    WHERE ll.listing_id = l.listing_id AND told.n_new + told.n_lost > 0;
END
$$;
COMMENT ON FUNCTION linkhaul.keep_state IS 'Brings what a feed is now, and what became of its links, to its newest listing';

-- Ends a listing: takes its repeats out, makes it what analysts see of its feed, unless a newer one
-- is, and brings the feed's state to it. Where it has shrunk by more than max_shrink (parts in a million) since the published one
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
    -- Two listings of a feed change its state one after the other (a run and `linkhaul publish`).
    PERFORM FROM linkhaul.feed AS f WHERE f.feed_id = l.feed_id FOR NO KEY UPDATE;
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
    IF publish.state = 'published' AND NOT is_late THEN
        IF l.kind = 'full' THEN
            UPDATE linkhaul.feed AS f
            SET published_listing_id = listing
            WHERE f.feed_id = l.feed_id;
        END IF;
        SELECT * INTO STRICT l FROM linkhaul.listing AS ll WHERE ll.listing_id = listing;
        PERFORM linkhaul.keep_state(l);
    END IF;
    RETURN NEXT;
END
$$;

-- What analysts read of it.

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
       f.job
FROM linkhaul.link_event AS e
JOIN linkhaul.feed AS f USING (feed_id)
JOIN linkhaul.listing AS l USING (listing_id)
LEFT JOIN linkhaul.link AS k
       ON k.feed_id = e.feed_id AND k.link_key = e.link_key
      AND linkhaul.state_of(f.facts) = 'link'
LEFT JOIN linkhaul.referring_domain AS d
       ON d.feed_id = e.feed_id AND d.link_key = e.link_key
      AND linkhaul.state_of(f.facts) = 'referring_domain';

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
       f.job
FROM linkhaul.link_event AS e
JOIN linkhaul.feed AS f USING (feed_id)
JOIN linkhaul.listing AS l USING (listing_id)
JOIN linkhaul.link AS k ON k.feed_id = e.feed_id AND k.link_key = e.link_key
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
       f.job
FROM linkhaul.link_event AS e
JOIN linkhaul.feed AS f USING (feed_id)
JOIN linkhaul.listing AS l USING (listing_id)
JOIN linkhaul.link AS k ON k.feed_id = e.feed_id AND k.link_key = e.link_key
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
COMMENT ON COLUMN linkhaul_bi.lost_links.last_seen IS 'when the vendor last saw the link, as of the last change';
COMMENT ON COLUMN linkhaul_bi.lost_links.state IS 'what it is by now: live, missing, lost, out_of_scope';
COMMENT ON COLUMN linkhaul_bi.lost_links.job IS 'job that keeps it: one target can stand in several';
