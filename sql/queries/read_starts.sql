-- How starts that were asked for are doing, and whether the service is there. $1 starts, $2 key of the
-- service's lock
SELECT w.start_id, CASE WHEN w.project <> 'default' THEN w.project || '/' ELSE '' END || w.job,
       w.taken_at IS NOT NULL, coalesce(w.run_id, 0), w.note, w.exit_code, w.reason,
       EXISTS (SELECT FROM pg_locks AS k JOIN pg_stat_activity AS a USING (pid)
               WHERE k.locktype = 'advisory' AND k.granted AND k.objsubid = 1
                 AND k.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                 AND (k.classid::bigint << 32) + k.objid::bigint = $2::bigint
                 AND a.application_name LIKE '% service'),
       w.progress -> 'items', w.progress -> 'items_expected', w.progress -> 'in_flight',
       w.progress -> 'calls', w.progress -> 'items_here', w.progress -> 'undelivered',
       w.progress -> 'undelivered_nanousd', w.progress -> 'booked_nanousd', w.progress -> 'budget_nanousd',
       w.progress -> 'listings', w.progress -> 'over', w.progress -> 'unmoved'
FROM linkhaul.wanted_start AS w
WHERE w.start_id = ANY ($1::bigint[])
ORDER BY w.start_id
