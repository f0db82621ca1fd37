-- The service has its place at the database, again or at first. What a process before it had taken, or it
-- itself without hearing so, goes on where its run has begun and is open; all else of it is over. So is, at
-- first, what was asked of one before. Gives what goes on. $1 those that it has, $2 whether it is at first
WITH earlier AS (
    SELECT w.start_id,
           CASE WHEN w.taken_at IS NULL THEN 'the service that was asked has ended before it began: run it again'
                WHEN w.run_id IS NULL THEN 'the service ended, or lost the database, before the run began: run it again'
                WHEN r.state = 'open' AND r.stop_asked_at IS NOT NULL THEN 'stopped by hand (linkhaul stop)'
                WHEN r.state = 'done' AND held.is_so THEN 'a listing is held back: see `linkhaul status`'
                WHEN r.state = 'done' THEN '' END AS reason,
           CASE WHEN w.run_id IS NULL THEN 75 WHEN r.state = 'open' THEN 1 WHEN held.is_so THEN 2 ELSE 0 END AS code
    FROM linkhaul.wanted_start AS w
    LEFT JOIN linkhaul.run AS r USING (run_id)
    LEFT JOIN LATERAL (SELECT EXISTS (SELECT FROM linkhaul.listing AS l
                                      WHERE l.run_id = w.run_id AND l.state = 'held') AS is_so) AS held ON true
    WHERE w.ended_at IS NULL AND w.start_id <> ALL ($1::bigint[])
      AND CASE WHEN w.taken_at IS NULL
               THEN $2::boolean AND w.asked_at < (SELECT a.backend_start FROM pg_stat_activity AS a
                                                  WHERE a.pid = pg_backend_pid())
               ELSE true END
), over AS (
    UPDATE linkhaul.wanted_start AS w
    SET ended_at = now(), exit_code = e.code, reason = e.reason
    FROM earlier AS e
    WHERE e.start_id = w.start_id AND e.reason IS NOT NULL
)
SELECT w.start_id, w.project, w.job, w.night, false
FROM linkhaul.wanted_start AS w
JOIN earlier AS e USING (start_id)
WHERE e.reason IS NULL
ORDER BY w.start_id
