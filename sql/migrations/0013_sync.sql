-- The nightly sync: what changed is taken where that is cheaper than all of it. What a listing of a
-- part is of, how far a feed is current, and the end of a run, where its count tells whether it is.

ALTER TABLE linkhaul.run ADD as_of timestamptz, ADD day date;
UPDATE linkhaul.run SET as_of = started_at;
ALTER TABLE linkhaul.run ALTER as_of SET NOT NULL, ALTER as_of SET DEFAULT now();
COMMENT ON COLUMN linkhaul.run.as_of IS 'The moment that it is of: its start, or midnight of the night that `run --night` gave';
COMMENT ON COLUMN linkhaul.run.day IS 'The day that its calls are counted in, where --night gave one; null: that of the call';

ALTER TABLE linkhaul.listing
    ADD range_from timestamptz,
    ADD range_to   timestamptz,
    ADD why        text;
COMMENT ON COLUMN linkhaul.listing.range_from IS 'refresh: links first seen from here on, null: from the first on';
COMMENT ON COLUMN linkhaul.listing.range_to IS 'refresh: and before this, null: up to the last';
COMMENT ON COLUMN linkhaul.listing.why IS 'Why the feed was taken whole, or by its changes, that night';
COMMENT ON COLUMN linkhaul.listing.kind IS 'full: all of the feed; new, lost: what changed; refresh: a range of it anew; count: one item, for the total';

ALTER TABLE linkhaul.feed
    ADD synced_night    date,
    ADD synced_as_of    timestamptz,
    ADD synced_run_id   bigint REFERENCES linkhaul.run,
    ADD refreshed_night date,
    ADD refreshed_to    timestamptz;
COMMENT ON COLUMN linkhaul.feed.synced_night IS 'The last night up to which its state is known to be right';
COMMENT ON COLUMN linkhaul.feed.synced_as_of IS 'The moment that night''s run was of: what changed is asked for from there on';
COMMENT ON COLUMN linkhaul.feed.synced_run_id IS 'That run; it has no listing of the feed where nothing had moved';
COMMENT ON COLUMN linkhaul.feed.refreshed_night IS 'When a range of its links, or all, was last taken anew';
COMMENT ON COLUMN linkhaul.feed.refreshed_to IS 'Where the next range begins, by first_seen; null: at the first link';

-- A listing that only counts, of `plan --probe`: what a night's changes count is begun with them.
CREATE FUNCTION linkhaul.is_probe(l linkhaul.listing) RETURNS boolean
    LANGUAGE sql STABLE AS
$$
    SELECT l.kind = 'count'
           AND NOT EXISTS (SELECT FROM linkhaul.listing AS o
                           WHERE o.run_id = l.run_id AND o.feed_id = l.feed_id AND o.kind <> 'count'
                             AND o.started_at <= l.started_at)
$$;
COMMENT ON FUNCTION linkhaul.is_probe IS 'Whether a listing is only to tell how many items there are, for a plan';

-- Reserves the worst case of a call. Gives nothing where it is reserved; else why not, and whose cap
-- it was: run, job, account or all; or stop, where somebody asked for no more calls.
CREATE OR REPLACE FUNCTION linkhaul.reserve(attempt uuid, run bigint, listing bigint, slice integer,
                                 pos bigint, page_token text, items bigint, page_tag text,
                                 worst bigint, OUT scope text, OUT refusal text)
    LANGUAGE plpgsql AS
$$
DECLARE
    r linkhaul.run;
BEGIN
    SELECT * INTO STRICT r FROM linkhaul.run AS rr WHERE rr.run_id = run;
    IF r.state <> 'open' THEN
        RAISE EXCEPTION 'a call cannot be reserved: run % is not open', run;
    END IF;
    IF r.stop_asked_at IS NOT NULL THEN
        scope := 'stop';
        refusal := format('stopped by hand (linkhaul stop) at %s UTC',
                          to_char(r.stop_asked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'));
        RETURN;
    END IF;
    INSERT INTO linkhaul.attempt (attempt_id, run_id, listing_id, slice_no, position, token,
                                  page_limit, tag, reserved_nanousd, night, day)
    VALUES (attempt, run, listing, slice, pos, page_token, items, page_tag, worst,
            r.budget_night, coalesce(r.day, (now() AT TIME ZONE r.account_timezone)::date));
EXCEPTION WHEN SQLSTATE 'LH001' THEN
    GET STACKED DIAGNOSTICS refusal = MESSAGE_TEXT, scope = PG_EXCEPTION_DETAIL;
END
$$;

-- Brings a feed's state to a listing that has just been published and is its newest. All of it is
-- one join of the listing's rows with the feed's, and touches those that differ.
--
-- OFFSET 0 keeps what is looked up for a link that is gone from being looked up for each use of it.
--
-- tells_gone: what is not in it is missing, and the second night in a row lost, or out of scope where
--     it is known to be alive. Only a complete listing of all tells that, one of a range about what
--     was first seen in it, and one per domain with its domain; any other grouping has other links
--     every night.
-- tells_new: what is not known is new. Until there was a complete listing (and with groups) only what
--     the vendor has first seen since the baseline is: the rest may just have been cut off before.
--
-- judges: what was missing before and is absent again is gone. With a filter the vendor's list of what
--     it has lost (kind lost) tells how: what it does not have, although the feed was looked at since,
--     has left the filter and not the web. So where the run has such a list, whichever of the two is
--     published last judges; where that list is not whole, neither does.
--
-- That list says nothing of links that were never the feed's.
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
    judges      boolean;
    seen        linkhaul.listing; -- what the links are missing in, with its range
    narrowed    boolean;
    baseline_at timestamptz;
    others      bigint[]; -- feeds of the same target that were whole lately
    nights      date[];   -- when that was
    lost_night  date;     -- of the last list of what was lost
    told        record;
BEGIN
    SELECT * INTO STRICT f FROM linkhaul.feed AS ff WHERE ff.feed_id = l.feed_id;
    place := linkhaul.state_of(f.facts);
    IF place IS NULL OR l.kind = 'count' THEN
        RETURN;
    END IF;
    tells_gone := l.kind IN ('full', 'refresh') AND l.completeness = 'complete'
                  AND (grouping IS NULL OR grouping = 'domain_from');
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
    narrowed := linkhaul.is_narrowed(f.request::jsonb);
    seen := l;
    judges := tells_gone;
    IF narrowed AND l.kind = 'lost' THEN
        SELECT * INTO seen
        FROM linkhaul.listing AS o
        WHERE o.run_id = l.run_id AND o.feed_id = l.feed_id AND o.kind IN ('full', 'refresh')
          AND o.state = 'published' AND o.completeness = 'complete'
        ORDER BY o.kind
        LIMIT 1;
        judges := found AND l.completeness = 'complete';
    ELSIF narrowed AND tells_gone THEN
        judges := NOT EXISTS (SELECT FROM linkhaul.listing AS o
                              WHERE o.run_id = l.run_id AND o.feed_id = l.feed_id
                                AND o.kind = 'lost'
                                AND NOT (o.state = 'published' AND o.completeness = 'complete'));
    END IF;
    IF narrowed THEN
        SELECT array_agg(o.feed_id), array_agg(whole.night) INTO others, nights
        FROM linkhaul.feed AS o
        JOIN linkhaul.listing AS whole ON whole.listing_id = o.published_listing_id
        WHERE o.target = f.target AND o.feed_id <> f.feed_id AND whole.completeness = 'complete';
        SELECT max(told_lost.night) INTO lost_night
        FROM linkhaul.listing AS told_lost
        WHERE told_lost.feed_id = l.feed_id AND told_lost.kind = 'lost'
          AND told_lost.state = 'published' AND told_lost.completeness = 'complete';
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
                       THEN (($5 AND was.state = 'live')
                             OR ($15 AND was.state = 'missing' AND was.missing_since < $2))
                            AND ($12 IS NULL OR was.first_seen >= $12)
                            AND ($13 IS NULL OR was.first_seen < $13)
                       WHEN $4 = 'lost' AND was.state IS NULL THEN false
                       ELSE was.state IS DISTINCT FROM
                            CASE WHEN s.is_lost OR $4 = 'lost' THEN 'lost' ELSE 'live' END
                            OR (%4$s) IS DISTINCT FROM (%5$s) END
        ), scoped AS (
            SELECT step.*,
                   CASE WHEN is_lost IS NOT NULL OR state <> 'lost' THEN NULL
                        WHEN $6 AND domain IN (SELECT facts.domain_from FROM linkhaul.%6$I AS facts
                                               WHERE facts.night = $2 AND facts.listing_id = $3)
                        THEN 'another link stands for its domain'
                        ELSE coalesce(
                             (SELECT format('alive in feed %%s, of job %%s', e.feed_id, o.job)
                              FROM unnest($9, $10) AS at (feed_id, night)
                              JOIN linkhaul.%1$I AS e ON e.feed_id = at.feed_id
                                                     AND e.link_key = step.link_key
                              JOIN linkhaul.feed AS o ON o.feed_id = e.feed_id
                              WHERE e.state = 'live' AND at.night >= step.missing_since
                              ORDER BY e.feed_id
                              LIMIT 1),
                             CASE WHEN $14 >= step.missing_since
                                  THEN 'not on the vendor''s list of lost links' END) END AS alive
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
              others, nights, place = 'link' AND f.baseline_listing_id IS NOT NULL,
              seen.range_from, seen.range_to, lost_night, judges;

    IF f.baseline_listing_id IS NULL THEN
        INSERT INTO linkhaul.link_event (feed_id, night, listing_id, event, n_links)
        VALUES (l.feed_id, l.night, l.listing_id, 'baseline', told.n_seen);
    END IF;
    IF place = 'link' AND (f.baseline_listing_id IS NULL OR told.domains IS NOT NULL) THEN
        PERFORM linkhaul.sum_domains(l.feed_id, l.night, told.domains);
    END IF;
    UPDATE linkhaul.feed AS ff
    SET baseline_listing_id = coalesce(ff.baseline_listing_id, l.listing_id),
        whole_listing_id = coalesce(ff.whole_listing_id, CASE WHEN is_whole THEN original END),
        refreshed_to = CASE WHEN tells_gone THEN l.range_to ELSE ff.refreshed_to END,
        refreshed_night = CASE WHEN tells_gone THEN l.night ELSE ff.refreshed_night END
    WHERE ff.feed_id = l.feed_id AND (ff.baseline_listing_id IS NULL OR tells_gone);
    UPDATE linkhaul.listing AS ll SET n_new = told.n_new, n_lost = told.n_lost
    WHERE ll.listing_id = l.listing_id AND told.n_new + told.n_lost > 0;
END
$$;
COMMENT ON FUNCTION linkhaul.keep_state IS 'Brings what a feed is now, and what became of its links, to its newest listing';

-- How far the feeds of a run are current, once what it has of them is over. A full listing that is
-- complete is a good sync; changes are where each of their listings is complete, and the count agrees
-- with the links that the state has live or missing, within 1 % or 10. Where it does not, the feed gets
-- a full listing in the same run if that may be, and only once: gives those, and why.
CREATE FUNCTION linkhaul.end_syncs(run bigint, may_fall_back boolean)
    RETURNS TABLE (target text, why text)
    LANGUAGE plpgsql AS
$$
DECLARE
    r        linkhaul.run;
    f        record;
    n_live   bigint;
    has_open boolean;
BEGIN
    SELECT * INTO STRICT r FROM linkhaul.run AS rr WHERE rr.run_id = run;
    has_open := EXISTS (SELECT FROM linkhaul.listing AS l WHERE l.run_id = run AND l.state = 'open');
    FOR f IN
        SELECT ff.feed_id, ff.target, ff.request, ff.max_rows,
               bool_or(l.kind = 'full') AS has_full,
               bool_or(l.kind = 'full' AND l.is_whole) AS is_full,
               bool_or(l.kind = 'new') AND bool_or(l.kind = 'lost')
               AND bool_and(l.is_whole OR l.kind = 'count') AS is_changed,
               (array_agg(l.total_count ORDER BY l.listing_id DESC)
                FILTER (WHERE l.kind = 'count' AND l.state = 'published'))[1] AS total
        FROM (SELECT *, state = 'published' AND completeness = 'complete' AS is_whole
              FROM linkhaul.listing AS all_of_them
              WHERE all_of_them.run_id = run) AS l
        JOIN linkhaul.feed AS ff USING (feed_id)
        WHERE ff.synced_run_id IS DISTINCT FROM run
          AND (ff.synced_night IS NULL OR ff.synced_night <= r.night)
        GROUP BY ff.feed_id
        ORDER BY ff.feed_id
    LOOP
        IF NOT f.has_full THEN
            CONTINUE WHEN NOT f.is_changed OR f.total IS NULL;
            SELECT count(*) INTO n_live FROM linkhaul.link AS k
            WHERE k.feed_id = f.feed_id AND k.state IN ('live', 'missing');
            IF abs(f.total - n_live) > greatest(10, f.total / 100.0) THEN
                CONTINUE WHEN has_open OR NOT may_fall_back;
                target := f.target;
                why := format('%s links are known to be live where the vendor counts %s', n_live,
                              f.total);
                INSERT INTO linkhaul.listing (run_id, feed_id, night, kind, request, max_rows, why)
                VALUES (run, f.feed_id, r.night, 'full', f.request, f.max_rows, end_syncs.why);
                RETURN NEXT;
                CONTINUE;
            END IF;
        ELSIF NOT f.is_full THEN
            CONTINUE;
        END IF;
        UPDATE linkhaul.feed AS ff
        SET synced_night = r.night, synced_as_of = r.as_of, synced_run_id = run
        WHERE ff.feed_id = f.feed_id;
    END LOOP;
END
$$;
COMMENT ON FUNCTION linkhaul.end_syncs IS 'Notes up to when the feeds of a run are current; gives those that are to be taken whole after all';

-- Ends a run where none of its listings is open.
CREATE FUNCTION linkhaul.end_run(run bigint, may_fall_back boolean)
    RETURNS TABLE (target text, why text)
    LANGUAGE plpgsql AS
$$
BEGIN
    RETURN QUERY SELECT * FROM linkhaul.end_syncs(run, may_fall_back);
    UPDATE linkhaul.run AS r
    SET state = 'done', ended_at = now()
    WHERE r.run_id = run AND r.state = 'open'
      AND NOT EXISTS (SELECT FROM linkhaul.listing AS l
                      WHERE l.run_id = run AND l.state = 'open');
END
$$;
COMMENT ON FUNCTION linkhaul.end_run IS 'Ends a run that has nothing left to do';
