-- Notes a feed that the job has, and begins its listing in the open run where it has none yet.
-- $1 key, $2 project, $3 job, $4 endpoint, $5 table of its rows, $6 target, $7 request, $8 max_rows
WITH named AS (
    INSERT INTO linkhaul.feed (key, project, job, endpoint, facts, target, request, max_rows)
    VALUES ($1::uuid, $2, $3, $4, $5, $6, $7::json, nullif($8::bigint, 0))
    ON CONFLICT (key) DO UPDATE
    SET request = excluded.request, max_rows = excluded.max_rows, asked_at = now()
    RETURNING feed_id, request, max_rows
)
INSERT INTO linkhaul.listing (run_id, feed_id, night, request, max_rows)
SELECT r.run_id, named.feed_id, r.night, named.request, named.max_rows
FROM named, linkhaul.run AS r
WHERE r.project = $2 AND r.job = $3 AND r.state = 'open'
  AND NOT EXISTS (SELECT FROM linkhaul.listing AS l
                  WHERE l.run_id = r.run_id AND l.feed_id = named.feed_id
                    AND l.state <> 'abandoned')
