-- A night in which nothing moved may have a count alone, which is held against the links as that of a
-- night by changes is.

CREATE OR REPLACE FUNCTION linkhaul.is_probe(l linkhaul.listing) RETURNS boolean
    LANGUAGE sql STABLE AS
$$
    SELECT l.kind = 'count' AND l.why IS NULL
$$;
COMMENT ON FUNCTION linkhaul.is_probe IS 'Whether a listing is only to tell how many items there are, for a plan: a night''s has a reason';

-- How far the feeds of a run are current, once what it has of them is over. A full listing that is
-- complete is a good sync; changes are where each of their listings is complete, and the count agrees
-- with the links that the state has live or missing, within 1 % or 10; so is a night in which nothing
-- moved, where its count agrees. Where it does not, the feed gets a full listing in the same run if that
-- may be, and only once: gives those, and why.
CREATE OR REPLACE FUNCTION linkhaul.end_syncs(run bigint, may_fall_back boolean)
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
               bool_and(l.kind = 'count') AND bool_or(l.why IS NOT NULL) AS is_counted,
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
            CONTINUE WHEN NOT (f.is_changed OR f.is_counted) OR f.total IS NULL;
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
