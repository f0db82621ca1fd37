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

-- Such a night is tried, too, and a plan that only counted is none.
CREATE OR REPLACE VIEW linkhaul_bi.freshness AS
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
    WHERE tried.feed_id = f.feed_id AND tried.replay_of IS NULL
      AND (tried.kind <> 'count' OR tried.why IS NOT NULL)
    ORDER BY tried.night DESC, tried.state IN ('open', 'held') DESC, tried.kind = 'count',
             tried.listing_id DESC
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
                    AND (any_one.kind <> 'count' OR any_one.why IS NOT NULL))
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
