-- Notes a feed that the job has, and begins its listing in the open run where it has none yet.
-- One that only counts ('count') asks for a single item.
-- $1 key, $2 project, $3 job, $4 endpoint, $5 table of its rows, $6 target, $7 request, $8 max_rows,
-- $9 kind of listing, $10 how many days its rows are kept
WITH named AS (
    INSERT INTO linkhaul.feed (key, project, job, endpoint, facts, target, request, max_rows,
                               retention_days)
    VALUES ($1::uuid, $2, $3, $4, $5, $6, $7::json, nullif($8::bigint, 0), $10::integer)
    ON CONFLICT (key) DO UPDATE
    SET request = excluded.request, max_rows = excluded.max_rows,
        retention_days = excluded.retention_days, asked_at = now()
    RETURNING feed_id, request, max_rows
)
INSERT INTO linkhaul.listing (run_id, feed_id, night, kind, request, max_rows)
SELECT r.run_id, named.feed_id, r.night, $9, named.request,
       CASE $9 WHEN 'count' THEN 1 ELSE named.max_rows END
FROM named, linkhaul.run AS r
WHERE r.project = $2 AND r.job = $3 AND r.state = 'open'
  AND NOT EXISTS (SELECT FROM linkhaul.listing AS l
                  WHERE l.run_id = r.run_id AND l.feed_id = named.feed_id
                    AND l.kind = $9 AND l.state <> 'abandoned')
