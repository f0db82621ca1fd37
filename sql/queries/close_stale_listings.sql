-- The open listings of the job's open run, where that is too old to be gone on with, or another
-- account's than the job's is now: each is
-- published as what it is, unless a newer one is, or it is empty; then it is abandoned. What was
-- spent on them, with it. $1 project, $2 job, $3 how old a run may be, in milliseconds, $4 account,
-- $5 missing_ok and $6 max_shrink, in parts per million, $7 the night that it may be of, null: any
WITH stale AS (
    SELECT l.listing_id, l.n_items, coalesce(l.completeness, 'error') AS word, r.night, f.target,
           EXISTS (SELECT FROM linkhaul.listing AS newer
                   WHERE newer.listing_id = f.published_listing_id
                     AND linkhaul.is_newer(newer, l)) AS is_late
    FROM linkhaul.run AS r
    JOIN linkhaul.listing AS l ON l.run_id = r.run_id AND l.state = 'open'
    JOIN linkhaul.feed AS f USING (feed_id)
    WHERE r.project = $1 AND r.job = $2 AND r.state = 'open'
      AND (r.started_at <= now() - $3::bigint * interval '1 millisecond' OR r.account <> $4
           OR r.night < $7::date)
), published AS MATERIALIZED (
    SELECT s.listing_id, p.state, p.n_rows
    FROM stale AS s,
    LATERAL linkhaul.publish(s.listing_id, s.word, $5::bigint, $6::bigint, false) AS p
    WHERE s.n_items > 0 AND NOT s.is_late
), abandoned AS (
    UPDATE linkhaul.listing AS l
    SET state = 'abandoned', reason = 'closed before it was whole'
    FROM stale AS s
    WHERE l.listing_id = s.listing_id AND (s.n_items = 0 OR s.is_late)
)
SELECT s.target, s.night, coalesce(p.state, 'abandoned'), s.word, coalesce(p.n_rows, 0),
       (SELECT coalesce(sum(coalesce(a.charged_nanousd,
                                     CASE WHEN a.state IN ('reserved', 'unknown')
                                          THEN a.reserved_nanousd END)), 0)::bigint
        FROM linkhaul.attempt AS a WHERE a.listing_id = s.listing_id)
FROM stale AS s LEFT JOIN published AS p USING (listing_id)
ORDER BY s.listing_id
