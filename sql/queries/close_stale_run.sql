-- Behind close_stale_listings, in its transaction. Calls of it that were never booked are unknown.
-- $1 project, $2 job, $3 how old a run may be, in milliseconds, $4 account,
-- $5 the night that it may be of at the earliest, null: any
WITH closed AS (
    UPDATE linkhaul.run
    SET state = 'done', ended_at = now()
    WHERE project = $1 AND job = $2 AND state = 'open'
      AND (started_at <= now() - $3::bigint * interval '1 millisecond' OR account <> $4
           OR night < $5::date)
    RETURNING run_id
)
UPDATE linkhaul.attempt AS a
SET state = 'unknown', booked_at = now(), message = 'its run was closed before an answer had come'
FROM closed
WHERE a.run_id = closed.run_id AND a.state = 'reserved'
