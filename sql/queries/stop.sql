-- No more calls for the open runs of that number or job. $1 number or job, or project/job
UPDATE linkhaul.run
SET stop_asked_at = now()
WHERE state = 'open' AND $1 IN (run_id::text, job, project || '/' || job)
RETURNING run_id, CASE WHEN project <> 'default' THEN project || '/' ELSE '' END || job
