-- No more calls for the open runs of these numbers or jobs. $1 numbers or jobs, or project/job
UPDATE linkhaul.run
SET stop_asked_at = now()
WHERE state = 'open' AND $1::text[] && ARRAY[run_id::text, job, project || '/' || job]
RETURNING run_id, CASE WHEN project <> 'default' THEN project || '/' ELSE '' END || job
