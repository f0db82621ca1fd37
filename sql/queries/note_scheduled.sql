-- For which scheduled time the job's open run was started; one that is put back in time stays.
-- $1 project, $2 job, $3 seconds since 1970
UPDATE linkhaul.run
SET scheduled_at = greatest(scheduled_at, to_timestamp($3::bigint))
WHERE project = $1 AND job = $2 AND state = 'open'
